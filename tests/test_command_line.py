"""The `autograder` command as people type it: in a process of its own."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import ASSIGNMENT

from autograder.course import Course

COMMAND = Path(sys.executable).with_name("autograder")


def autograder(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course to do things to."""
    return shutil.copytree(tiny_course.root, tmp_path / "course")


@pytest.fixture
def classroom(course: Path) -> Path:
    """A class of twelve, one submission of each kind, beside the course."""
    out = course.parent / "class"
    assert autograder("sample", ASSIGNMENT, "--students", 12, "--out", out, folder=course).returncode == 0
    return out


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, by path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_class_is_graded_to_its_end(course: Path, classroom: Path) -> None:
    """Hanging, crashing, greedy, forging and unreadable submissions and all: every file is written."""
    out = course.parent / "out"
    ran = autograder("grade", ASSIGNMENT, classroom, "--out", out, "--seed", 1, folder=course)
    assert (ran.returncode, ran.stderr) == (0, "")
    students = [f"student-{number:03}" for number in range(1, 13)]
    assert {path.stem for path in (out / "reports").iterdir()} == set(students)
    assert {path.stem for path in (out / "feedback").iterdir()} == set(students)
    rows = list(csv.DictReader((out / "grades.csv").read_text().splitlines()))
    assert [row["student"] for row in rows] == students
    assert "index.html" in ran.stdout
    kinds = {row["student"]: row["kind"] for row in csv.DictReader((classroom / "expected.csv").open())}
    for row in rows:
        kind, earned, possible = kinds[row["student"]], float(row["earned"]), float(row["possible"])
        if kind in ("correct", "odd"):
            assert earned == possible
        elif kind in ("blank", "unreadable"):
            assert earned == 0
        else:
            assert 0 <= earned < possible


def test_workers_make_no_difference(course: Path, classroom: Path) -> None:
    """Two processes write the same bytes as one."""
    (classroom / "student-006.ipynb").unlink()  # the endless loop: its time is another test's
    for workers in (1, 2):
        out = course.parent / f"out{workers}"
        ran = autograder(
            *("grade", ASSIGNMENT, classroom, "--out", out, "--seed", 1, "--workers", workers), folder=course
        )
        assert ran.returncode == 0
    assert files(course.parent / "out1") == files(course.parent / "out2")


def test_a_single_notebook(course: Path) -> None:
    """One notebook is a class of one; grading again replaces what was there."""
    handout = course / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    for _ in range(2):
        ran = autograder("grade", ASSIGNMENT, handout, "--out", course.parent / "out", folder=course)
        assert ran.returncode == 0
    assert len(list((course.parent / "out" / "reports").iterdir())) == 1


def test_check_in_a_terminal(course: Path) -> None:
    """`check` shows the public checks and ends with 1 while some do not pass."""
    handout = course / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    ran = autograder("check", handout, folder=course)
    assert ran.returncode == 1
    assert "is not written yet" in ran.stdout


def test_hostile_names(course: Path) -> None:
    """Names become safe file names and harmless cells; nothing is written outside the folder."""
    handout = (course / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_bytes()
    folder = course.parent / "names"
    folder.mkdir()
    for name in ("=cmd()", "-rf", "a b", "é\u202etxt", "x" * 150, ".hidden name", "[red]"):
        (folder / f"{name}.ipynb").write_bytes(handout)
    ran = autograder("grade", ASSIGNMENT, folder, "--out", course.parent / "out", folder=course)
    assert ran.returncode == 0
    rows = list(csv.reader((course.parent / "out" / "grades.csv").read_text().splitlines()))[1:]
    assert not [row for row in rows if row[0].startswith(("=", "-", "+", "@"))]
    assert "\u202e" not in ran.stdout
    assert {path.name for path in course.parent.iterdir()} == {"course", "names", "out"}


def test_a_broken_check_is_said_last(course: Path) -> None:
    """Everything is written, the broken check is named, and the command ends with 3."""
    checks = course / "solutions" / ASSIGNMENT / "checks.py"
    text = checks.read_text()
    lines = text.replace("    assert_same(", "    1 / 0\n    assert_same(", 1)
    assert lines != text
    checks.write_text(lines)
    handout = course / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    out = course.parent / "out"
    ran = autograder("grade", ASSIGNMENT, handout, "--out", out, folder=course)
    assert ran.returncode == 3
    assert "broken" in ran.stderr
    assert "ZeroDivisionError" in (out / "index.html").read_text()
    (page,) = (out / "feedback").iterdir()
    assert "ZeroDivisionError" not in page.read_text()


HANDOUT = f"assignments/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
WRONG: list[tuple[list[str], str]] = [
    (["grade", "hw99", ".", "--out", "out"], "There is no assignment 'hw99'"),
    (["grade", ASSIGNMENT, "nowhere", "--out", "out"], "nowhere does not exist"),
    (["grade", ASSIGNMENT, "empty", "--out", "out"], "empty"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "solutions"], "nothing was written"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "course.yaml"], "is a file"),
    (["grade", ASSIGNMENT, HANDOUT, "--out", "out", "--course", "/"], "not inside a course"),
    (["check", "course.yaml"], "There is no checks.py"),
    (["sample", ASSIGNMENT, "--out", "solutions"], "not empty"),
    (["calibrate", ASSIGNMENT], "no convergence check"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=str)
def test_a_mistyped_command_gets_a_sentence(course: Path, arguments: list[str], said: str) -> None:
    """What was wrong and what to do next, on standard error, with exit code 2; nothing is written."""
    (course / "empty").mkdir()
    before = files(course)
    ran = autograder(*arguments, folder=course)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout
    assert files(course) == before


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (f"assignments/{ASSIGNMENT}/assignment.yaml", "title: [", "line"),
        (f"assignments/{ASSIGNMENT}/assignment.yaml", "title: x\npoint: 3\n", "assignment.yaml"),
        (f"solutions/{ASSIGNMENT}/reference.py", "def double(x):\n    return 2 *\n", "SyntaxError"),
        (f"solutions/{ASSIGNMENT}/reference.py", "x = 1\n", "no function"),
        ("course.yaml", "title: x\ntime_zone: Mars/Base\n", "line 2: time_zone"),
    ],
)
def test_content_that_is_wrong_is_named(course: Path, file: str, text: str, said: str) -> None:
    """An author's mistake ends with 3 and a sentence that names the file."""
    (course / file).write_text(text)
    handout = course / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    ran = autograder("grade", ASSIGNMENT, handout, "--out", "out", folder=course)
    assert ran.returncode == 3
    assert Path(file).name in ran.stderr
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
