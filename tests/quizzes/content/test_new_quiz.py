"""`quizzes new`: a quiz with one item of each kind, in which lint finds nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import get_args

from command import run_command

from quizzes.content.bank import load_bank
from quizzes.content.items.any_item import Item


def quizzes(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return run_command("quizzes", *words, folder=folder)


def test_it_is_proven(tmp_path: Path) -> None:
    """In an empty folder: a course, a bank and a quiz that lint accepts, with every type of item."""
    assert quizzes("new", "week-1", folder=tmp_path).returncode == 0
    proven = quizzes("lint", folder=tmp_path)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    types = {item.type for item in load_bank(tmp_path / "quizzes/banks/week-1.yaml").items.values()}
    union = get_args(get_args(Item)[0])
    assert types == {get_args(kind.model_fields["type"].annotation)[0] for kind in union}


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
