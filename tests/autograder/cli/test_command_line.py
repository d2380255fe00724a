"""The `autograder` command as people type it: in a process of its own."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from command import HANDOUT, autograder, files
from tiny_course import ASSIGNMENT

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.course.csv_table import guard_formula


@pytest.fixture
def course(tiny_course: Course, tmp_path: Path) -> Path:
    """A copy of the tiny course to do things to."""
    return shutil.copytree(tiny_course.root, tmp_path / "course")


@pytest.fixture
def classroom(course: Path) -> Path:
    """A class of twelve, one submission of each kind, beside the course."""
    out = course.parent / "class"
    assert autograder("demo-class", ASSIGNMENT, "--students", 12, "--out", out, folder=course).returncode == 0
    return out


def solved(course: Path) -> bytes:
    """The handout with the reference's functions."""
    return to_bytes(filled_in(load_assignment(find_course(course), ASSIGNMENT)))


def students(out: Path) -> list[str]:
    """The students of a table of grades."""
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return [row["student"] for row in csv.DictReader(file)]


def test_a_class_is_graded_to_its_end(course: Path, classroom: Path) -> None:
    """Hanging, crashing, greedy, forging and unreadable submissions and all: every file is written."""
    out = course.parent / "out"
    completed = autograder("grade", ASSIGNMENT, classroom, "--out", out, "--seed", 1, folder=course)
    assert (completed.returncode, completed.stderr) == (0, "")
    students = [f"student-{number:03}" for number in range(1, 13)]
    assert {path.stem for path in (out / "reports").iterdir()} == set(students)
    assert {path.stem for path in (out / "feedback").iterdir()} == set(students)
    rows = list(csv.DictReader((out / "grades.csv").read_text().splitlines()))
    assert [row["student"] for row in rows] == students
    assert "index.html" in completed.stdout
    with (classroom / "expected.csv").open() as table:
        kinds = {row["student"]: row["kind"] for row in csv.DictReader(table)}
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
        completed = autograder(
            *("grade", ASSIGNMENT, classroom, "--out", out, "--seed", 1, "--workers", workers), folder=course
        )
        assert completed.returncode == 0
    assert files(course.parent / "out1") == files(course.parent / "out2")


def test_a_single_notebook(course: Path) -> None:
    """One notebook is a class of one; grading again replaces what was there."""
    handout = course / HANDOUT
    for _ in range(2):
        completed = autograder("grade", ASSIGNMENT, handout, "--out", course.parent / "out", folder=course)
        assert completed.returncode == 0
    assert len(list((course.parent / "out" / "reports").iterdir())) == 1


def test_the_same_seed_gives_the_same_files(course: Path, classroom: Path) -> None:
    """The seed that a run shows repeats it, byte for byte: reports, pages and the table."""
    (classroom / "student-006.ipynb").unlink()  # the endless loop
    first, again = course.parent / "first", course.parent / "again"
    completed = autograder("grade", ASSIGNMENT, classroom, "--out", first, folder=course)
    shown = re.search(r"Seed\s+(\d+)", completed.stdout)
    assert shown
    autograder("grade", ASSIGNMENT, classroom, "--out", again, "--seed", shown[1], folder=course)
    assert files(first) == files(again)
    assert len(files(first)) == 3 * 11 + 2


def test_a_folder_for_each_student(course: Path) -> None:
    """As an LMS or nbgrader hands them over: the folder says whose a notebook is."""
    folder = course.parent / "class"
    names = [" spaced  out ", "+1", "-x", "@here", "a,b", 'a"b', "l\u202er", "x" * 200, "ß\tß"]
    for name in names:
        (folder / "submitted" / name / ASSIGNMENT).mkdir(parents=True)
        (folder / "submitted" / name / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").write_bytes(solved(course))
    out = course.parent / "out"
    completed = autograder("grade", ASSIGNMENT, folder, "--out", out, folder=course)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert sorted(students(out)) == sorted(map(guard_formula, names))
    assert len(list((out / "feedback").iterdir())) == len(list((out / "reports").iterdir())) == len(names)
    assert {path.name for path in course.parent.iterdir()} == {"course", "class", "out"}


def test_check_in_a_terminal(course: Path) -> None:
    """`check` shows the public checks and ends with 1 while some do not pass."""
    handout = course / HANDOUT
    completed = autograder("check", handout, folder=course)
    assert completed.returncode == 1
    assert "is not written yet" in completed.stdout
    assert "Traceback" not in completed.stdout + completed.stderr


def test_check_of_a_solved_notebook(course: Path) -> None:
    """`check` ends with 0 when every public check passes."""
    handout = course / HANDOUT
    handout.write_bytes(solved(course))
    completed = autograder("check", handout, folder=course)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert "1 of 1 checks pass" in completed.stdout


def test_check_says_what_grading_will_say(course: Path) -> None:
    """Each note of the report is in the terminal before, word for word; newer syntax names both Pythons."""
    handout = course / HANDOUT
    notebook = json.loads(solved(course))
    sources = ["from scipy import special\nimport seaborn as sns", "def bad[[T]](): pass\n\nhere = 1"]
    sources.append("def double(x):\n    sns.set()\n    return special.identity(2 * x)")
    notebook["cells"] += [{"cell_type": "code", "source": source} for source in sources]
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.99.1"}
    handout.write_text(json.dumps(notebook))
    checked = autograder("check", handout, folder=course)
    assert checked.returncode == 1
    out = course.parent / "out"
    assert autograder("grade", ASSIGNMENT, handout, "--out", out, folder=course).returncode == 0
    (report,) = (json.loads(path.read_text()) for path in (out / "reports").iterdir())
    texts = [note["text"] for note in report["submission"]["notes"]]
    assert len(texts) == 3
    for text in texts:
        assert text in checked.stdout
    assert any("run with Python 3.99 and is graded with Python 3." in text for text in texts)
    assert any(text.startswith("ModuleNotFoundError: scipy cannot be imported when graded") for text in texts)
    assert any(text.startswith("seaborn does nothing when graded") for text in texts)


def test_the_paths_that_are_shown_exist(course: Path) -> None:
    """A folder's name is shown as it is, brackets and all."""
    out = course.parent / "[red] graded"
    completed = autograder("grade", ASSIGNMENT, course / HANDOUT, "--out", out, folder=course)
    assert completed.returncode == 0
    for name in ("index.html", "grades.csv"):
        assert str(out / name) in completed.stdout
        assert (out / name).is_file()


def test_hostile_names(course: Path) -> None:
    """Names become safe file names and harmless cells; nothing is written outside the folder."""
    handout = (course / HANDOUT).read_bytes()
    folder = course.parent / "names"
    folder.mkdir()
    for name in ("=cmd()", "-rf", "a b", "é\u202etxt", "x" * 150, ".hidden name", "[red]"):
        (folder / f"{name}.ipynb").write_bytes(handout)
    completed = autograder("grade", ASSIGNMENT, folder, "--out", course.parent / "out", folder=course)
    assert completed.returncode == 0
    rows = list(csv.reader((course.parent / "out" / "grades.csv").read_text().splitlines()))[1:]
    assert not [row for row in rows if row[0].startswith(("=", "-", "+", "@"))]
    assert "\u202e" not in completed.stdout
    assert {path.name for path in course.parent.iterdir()} == {"course", "names", "out"}


def test_a_broken_check_is_said_last(course: Path) -> None:
    """Everything is written, the broken check is named, and the command ends with 3."""
    checks = course / "solutions" / ASSIGNMENT / "checks.py"
    text = checks.read_text()
    lines = text.replace("    assert_same(", "    1 / 0\n    assert_same(", 1)
    assert lines != text
    checks.write_text(lines)
    handout = course / HANDOUT
    out = course.parent / "out"
    completed = autograder("grade", ASSIGNMENT, handout, "--out", out, folder=course)
    assert completed.returncode == 3
    assert "broken" in completed.stderr
    assert "ZeroDivisionError" in (out / "index.html").read_text()
    (page,) = (out / "feedback").iterdir()
    assert "ZeroDivisionError" not in page.read_text()
