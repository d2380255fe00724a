"""What the `autograder` command says to a mistake: what was wrong and what to do next, never a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command import HANDOUT, autograder, files
from tiny_course import ASSIGNMENT

from autograder.course.course import Course


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course to do things to."""
    return shutil.copytree(tiny_course.root, tmp_path / "course")


WRONG: list[tuple[list[str], str]] = [
    (["grade", "hw99", ".", "--out", "out"], "There is no assignment 'hw99'"),
    (["grade", ASSIGNMENT, "nowhere", "--out", "out"], "nowhere does not exist"),
    (["grade", ASSIGNMENT, "empty", "--out", "out"], "empty"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "solutions"], "nothing was written"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "course.yaml"], "is a file"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "out", "--course", "/"], "not inside a course"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "course.yaml/out"], "course.yaml"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "out", "--course", "nowhere"], "nowhere"),
    (["grade", ASSIGNMENT, "course.yaml", "--out", "out"], "not a notebook"),
    (["grade", ASSIGNMENT, HANDOUT], "--out"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "out", "--worker", "2"], "No such option: --worker"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "out", "--workers", "two"], "--workers"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "out", "--dataset", "cifar"], "cifar"),
    (["grades", ASSIGNMENT], "grades"),
    (["check", "course.yaml"], "contains no checks.py"),
    (["check", f"assignments/{ASSIGNMENT}/checks.py"], "not a notebook"),
    (["check", f"assignments/{ASSIGNMENT}/nowhere.ipynb"], "nowhere.ipynb"),
    (["demo-class", ASSIGNMENT, "--out", "course.yaml/out"], "course.yaml"),
    (["demo-class", ASSIGNMENT, "--out", "out", "--students", "0"], "--students"),
    (["demo-class", ASSIGNMENT, "--out", "solutions"], "not empty"),
    (["calibrate", ASSIGNMENT], "no convergence check"),
]


@pytest.mark.parametrize(("arguments", "output"), WRONG, ids=str)
def test_a_mistyped_command_gets_a_sentence(course: Path, arguments: list[str], output: str) -> None:
    """What was wrong and what to do next, on standard error, with exit code 2; nothing is written."""
    (course / "empty").mkdir()
    before = files(course)
    completed = autograder(*arguments, folder=course)
    assert completed.returncode == 2
    assert output in completed.stderr
    assert len(completed.stderr.splitlines()) > 1  # the next step
    assert "Traceback" not in completed.stderr + completed.stdout
    assert files(course) == before


def test_nothing_of_anybody_else_is_deleted(course: Path) -> None:
    """A folder called like one of ours but with other files in it is refused, and left as it is."""
    (course / "mine" / "reports").mkdir(parents=True)
    (course / "mine" / "reports" / "thesis.tex").write_text("years of work")
    completed = autograder("grade", ASSIGNMENT, HANDOUT, "--out", "mine", folder=course)
    assert completed.returncode == 2
    assert files(course / "mine") == {"reports/thesis.tex": b"years of work"}


@pytest.mark.parametrize(
    ("file", "text", "output"),
    [
        (f"assignments/{ASSIGNMENT}/assignment.yaml", "title: [", "line"),
        (f"assignments/{ASSIGNMENT}/assignment.yaml", "title: x\npoint: 3\n", "assignment.yaml"),
        (f"solutions/{ASSIGNMENT}/reference.py", "def double(x):\n    return 2 *\n", "SyntaxError"),
        (f"solutions/{ASSIGNMENT}/reference.py", "x = 1\n", "no function"),
        ("course.yaml", "title: x\ntime_zone: Mars/Base\n", "line 2: time_zone"),
    ],
)
def test_content_that_is_wrong_is_named(course: Path, file: str, text: str, output: str) -> None:
    """An author's mistake ends with 3 and a sentence that names the file."""
    (course / file).write_text(text)
    completed = autograder("grade", ASSIGNMENT, HANDOUT, "--out", "out", folder=course)
    assert completed.returncode == 3
    assert Path(file).name in completed.stderr
    assert output in completed.stderr
    assert "Traceback" not in completed.stderr


@pytest.mark.parametrize(
    "file",
    [
        *(f"assignments/{ASSIGNMENT}/{name}" for name in ("checks.py", f"{ASSIGNMENT}.ipynb")),
        *(f"solutions/{ASSIGNMENT}/{name}" for name in ("checks.py", "reference.py")),
    ],
)
def test_content_that_is_missing_is_named(course: Path, file: str) -> None:
    """Every assignment has these files; grading ends with 3 before anything is written."""
    handout = shutil.copy(course / HANDOUT, course.parent / "student.ipynb")
    (course / file).unlink()
    completed = autograder("grade", ASSIGNMENT, handout, "--out", course.parent / "out", folder=course)
    assert completed.returncode == 3
    assert file in completed.stderr
    assert "Traceback" not in completed.stderr
    assert not (course.parent / "out").exists()


@pytest.mark.full
def test_help_is_no_mistake(course: Path) -> None:
    """Every command explains itself and ends with 0."""
    for command in ("grade", "demo-class", "check", "calibrate"):
        completed = autograder(command, "--help", folder=course)
        assert (completed.returncode, completed.stderr) == (0, "")
        assert f"autograder {command}" in completed.stdout
