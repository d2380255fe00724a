"""`autograder lint --feedback`: what is told for each function of a list of wrong ones."""

from __future__ import annotations

from pathlib import Path

from command import autograder

from autograder.course.course import Course

WRONG = """
import numpy as np

from autograder.checks import wrong


@wrong(task="double", cause="squares", true=["squared"])
def double(x):
    return x * x


@wrong(task="double", cause="cubes", true=["something else"])
def double(x):
    return x**3


@wrong(task="mean_square", cause="adds up", true=["another one"])
def mean_square(x):
    return float(np.sum(x * x))
"""


def test_what_is_told_is_listed(tiny_course: Course, tmp_path: Path) -> None:
    """A row for each function says what is wrong, what is told, how many calls agree and the judgment."""
    path = tmp_path / "wrong.py"
    path.write_text(WRONG, encoding="utf-8")
    result = autograder("lint", "--feedback", path, folder=tiny_course.root)
    assert result.returncode == 0
    rows = {line.split()[0]: line for line in result.stdout.splitlines() if line[:1].isdigit()}
    assert "double" in rows["7"]
    assert "squares" in rows["7"]
    assert "squared" in rows["7"]
    assert rows["7"].rstrip().endswith("true")
    assert "nothing" in rows["12"]
    assert rows["17"].rstrip().endswith("false")
    assert "3 wrong functions" in result.stdout
    summary = " ".join(result.stdout.split())
    assert "Judged by hand: 1 (33%) are told a true cause, 1 something false." in summary


def test_a_list_that_cannot_be_measured_is_refused(tiny_course: Course, tmp_path: Path) -> None:
    """A list without a function, or with an unknown task, is refused with its place."""
    path = tmp_path / "wrong.py"
    path.write_text("import numpy\n", encoding="utf-8")
    empty = autograder("lint", "--feedback", path, folder=tiny_course.root)
    assert empty.returncode == 3
    assert "has no wrong function" in empty.stderr
    path.write_text(WRONG.replace('task="mean_square"', 'task="cube"'), encoding="utf-8")
    unknown = autograder("lint", "--feedback", path, folder=tiny_course.root)
    assert unknown.returncode == 3
    assert "line 17: no assignment has a task 'cube'" in unknown.stderr
    missing = autograder("lint", "--feedback", tmp_path / "none.py", folder=tiny_course.root)
    assert missing.returncode != 0
