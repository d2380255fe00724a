"""`quizzes new`: a quiz with one item of each kind, in which lint finds nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import get_args

import pytest
from command import run_command

from autograder.site.application import site_routes
from quizzes.content.bank import load_bank
from quizzes.content.items.any_item import Item
from quizzes.content.quiz_file import TAKEN


def quizzes(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return run_command("quizzes", *words, folder=folder)


def test_it_is_proven(tmp_path: Path) -> None:
    """In an empty folder: a course, a bank and a quiz that lint accepts, with every type of item.

    Lint counts the texts that are still to be written.
    """
    assert quizzes("new", "week-1", folder=tmp_path).returncode == 0
    proven = quizzes("lint", folder=tmp_path)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert "week-1.yaml, line 5: 11 items still say TODO, and students would read it." in proven.stdout
    types = {item.type for item in load_bank(tmp_path / "quizzes/banks/week-1.yaml").items.values()}
    union = get_args(get_args(Item)[0])
    assert types == {get_args(kind.model_fields["type"].annotation)[0] for kind in union}


def test_names_of_other_pages(tmp_path: Path) -> None:
    """A quiz that other pages of the site would hide is neither written nor read; routes have the names."""
    staff = [getattr(route, "path", "").split("/") for route in site_routes()]
    names = {path[2] for path in staff if path[1] == "staff" and "{" not in path[2]}
    assert names == TAKEN
    for name in sorted(names):
        refused = quizzes("new", name, folder=tmp_path)
        assert refused.returncode == 2 and "the site has other pages of that name" in refused.stderr
    assert quizzes("new", "week-1", folder=tmp_path).returncode == 0
    (tmp_path / "quizzes/week-1.yaml").rename(tmp_path / "quizzes/homework.yaml")
    read = quizzes("lint", folder=tmp_path)
    assert read.returncode != 0 and "homework-quiz.yaml" in read.stdout + read.stderr


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A quiz or a bank of that name stays as it is, and the other one is not written either."""
    assert quizzes("new", "week-1", folder=tmp_path).returncode == 0
    (tmp_path / "quizzes/week-1.yaml").unlink()
    bank = (tmp_path / "quizzes/banks/week-1.yaml").read_text()
    done = quizzes("new", "week-1", "--title", "Other", folder=tmp_path)
    assert done.returncode == 2 and "is there already" in done.stderr
    assert (tmp_path / "quizzes/banks/week-1.yaml").read_text() == bank
    assert not (tmp_path / "quizzes/week-1.yaml").exists()


def test_names_that_cannot_be_files(tmp_path: Path) -> None:
    """A name with a path or capitals is refused with a sentence."""
    done = quizzes("new", "../Week 1", folder=tmp_path)
    assert done.returncode == 2 and "cannot be a name" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "week-1.yaml",
            "week-1/pick-one",
            "week-1/pick-on",
            "quizzes/week-1.yaml, line 12: bank 'week-1' has no item 'pick-on'. Choose one of: pick-one, ",
        ),
        (
            "week-1.yaml",
            "{item: week-1/pick-one}",
            "{bank: week-1, draw: 1, tags: [hard]}",
            "line 12: questions: 1 question is drawn from 0 items of 'week-1' with the tags hard. Correct",
        ),
        (
            "banks/week-1.yaml",
            "key: a * b\n",
            "key: a ^ b\n",
            "banks/week-1.yaml, line 57: items.5.expression: ^ is not a power in an expression; write **. ",
        ),
        (
            "banks/week-1.yaml",
            "topic: Week 1",
            "topic: Week 1\ntopic: Week 2",
            "banks/week-1.yaml, line 4: the key 'topic' is here a second time; the first is in line 3. ",
        ),
        ("banks/week-1.yaml", "tags: [quiz]", "tag: [quiz]", "items.0.choice.tag: there is no such key. "),
    ],
)
def test_a_fault_is_told_once(tmp_path: Path, file: str, old: str, new: str, sentence: str) -> None:
    """A fault of a bank is not told again for each quiz that uses it: place, what is wrong, what to do."""
    assert quizzes("new", "week-1", folder=tmp_path).returncode == 0
    path = tmp_path / "quizzes" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = quizzes("lint", folder=tmp_path)
    assert done.returncode == 3
    assert "Error: 1 fault." in done.stderr
    assert done.stdout.count(sentence) == 1, done.stdout
    assert ".:" not in done.stdout
