"""An author is sentences which function of the course's files does not end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from autograder.authoring.long_running import naming_long_running
from autograder.course.assignment import load_file

CHECKS = '''
def first(until, step):
    """Waits in a function of another name."""
    while not until():
        second(step)


def second(step):
    step()
'''


def functions_of(folder: Path) -> tuple[Path, dict[str, Callable[..., None]]]:
    """The directory of a course's file, and what the file defines."""
    folder.mkdir()
    path = folder / "checks.py"
    path.write_text(CHECKS, encoding="utf-8")
    return folder, vars(load_file(path, "course_checks"))


def test_what_does_not_end_is_named_once(tmp_path: Path) -> None:
    """By the function that was called, and the file and line where it is; and not a second time."""
    folder, functions = functions_of(tmp_path / "dropout")
    sentences: list[str] = []
    looks = 0

    def step() -> None:
        nonlocal looks
        time.sleep(0.1)
        looks += bool(sentences)

    with naming_long_running([folder], sentences.append, seconds=0.5):
        functions["first"](lambda: looks > 20, step)
    (sentence,) = sentences
    assert sentence.startswith("first has been running for 0.5 s; it is in ")
    assert "dropout/checks.py, line 9. Ctrl-C stops it." in sentence


def test_the_course_may_be_reached_by_a_link(tmp_path: Path) -> None:
    """Its files are known by either name."""
    functions_of(tmp_path / "real")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    functions = vars(load_file(link / "checks.py", "course_checks"))
    sentences: list[str] = []
    with naming_long_running([link], sentences.append, seconds=0.5):
        functions["first"](lambda: bool(sentences), lambda: time.sleep(0.1))
    assert len(sentences) == 1


def test_many_short_calls_are_not_a_long_one(tmp_path: Path) -> None:
    """Nor is what runs outside the course's files."""
    folder, functions = functions_of(tmp_path / "dropout")
    sentences: list[str] = []
    with naming_long_running([folder], sentences.append, seconds=1.0):
        for _ in range(25):
            functions["second"](lambda: time.sleep(0.1))
        time.sleep(2)
    assert sentences == []
