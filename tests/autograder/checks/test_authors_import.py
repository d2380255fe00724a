"""What an author imports: one sorted list of names in `autograder.checks`, whose `check` is the decorator."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_course import ASSIGNMENT

from autograder import checks
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.course.handout import read_handout
from autograder.errors import ContentError, UsageError

DECORATOR = "from autograder.checks import "
NOTEBOOKS = [
    "from autograder import check\n",
    "from autograder.jupyter.local import check as check\n",
    "import autograder\ncheck = autograder.check\n",
]


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Course:
    """A copy of the tiny course, to be spoilt."""
    return find_course(shutil.copytree(tiny_course.root, tmp_path / "course"))


def test_exports_are_sorted() -> None:
    """The room exports each name once, in order, and every one of them exists."""
    names = checks.__all__
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(checks, name) for name in names)


@pytest.mark.parametrize("line", NOTEBOOKS)
@pytest.mark.parametrize("folder", ["assignments", "solutions"])
def test_the_notebooks_check_in_a_checks_file(course: Course, folder: str, line: str) -> None:
    """A checks file that takes the notebook's `check` gets an error with the line and the right import."""
    path = course.root / folder / ASSIGNMENT / "checks.py"
    source = path.read_text()
    assert "check" in source.partition(DECORATOR)[2].splitlines()[0]
    path.write_text(source + line)  # the last import counts for whatever follows
    at = len(source.splitlines()) + line.count("\n")
    with pytest.raises(ContentError, match=f"checks.py, line {at}: expected the decorator") as caught:
        load_assignment(course, ASSIGNMENT)
    assert caught.value.next_step == "Write: from autograder.checks import check"
    if folder == "assignments":
        with pytest.raises(ContentError, match="expected the decorator"):
            read_handout(path.parent)


@given(st.text())
def test_the_decorator_in_a_notebook(task: str) -> None:
    """`check("relu")` with the decorator of `autograder.checks` names the notebook's import."""
    with pytest.raises(UsageError, match="in a notebook, write: from autograder import check"):
        checks.check(task)


def test_a_check_without_a_task() -> None:
    """The decorator without its parentheses, or without a task, says how it is written."""
    for misplaced in ((), (len,)):
        with pytest.raises(ContentError, match="names its task"):
            checks.check(*misplaced)
