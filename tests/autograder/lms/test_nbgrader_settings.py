"""What keeps nbgrader from grading with this engine is said in a sentence, before anything is written."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader_commands import Taken, grades, nbgrader, run, scores
from tiny_course import ASSIGNMENT

from autograder.course.assignment import load_assignment
from autograder.course.course import Course, find_course
from autograder.course.roster import Person
from autograder.errors import UsageError
from autograder.lms.nbgrader.course import CONFIG, write_course, write_source

pytestmark = [pytest.mark.xdist_group("nbgrader"), pytest.mark.full]


@pytest.fixture
def again(taken: Taken, tmp_path: Path) -> Path:
    """A copy of the whole course, and of nbgrader's folder beside it, to try things on."""
    shutil.copytree(taken.folder.parent, tmp_path / "copy")
    return tmp_path / "copy" / "nbgrader"


def test_a_broken_assignment(again: Path) -> None:
    """A course that cannot be graded with stops the command at once, and nothing was changed."""
    (again.parent / "course" / "solutions" / ASSIGNMENT / "checks.py").write_text("1/0", encoding="utf-8")
    before = {str(path): path.read_bytes() for path in (again / "autograded").rglob("*.ipynb")}
    output = nbgrader("autograde", ASSIGNMENT, "--force", folder=again, fails=True)
    assert "ZeroDivisionError" in output
    assert "Traceback" not in output
    assert {str(path): path.read_bytes() for path in (again / "autograded").rglob("*.ipynb")} == before


def test_forced_for_one_student(again: Path) -> None:
    """A single submission is graded again with --force, to the same scores; others stay as they are."""
    url = f"sqlite:///{again / 'gradebook.db'}"
    before = grades(url, ASSIGNMENT)
    nbgrader("autograde", ASSIGNMENT, "--force", "--student=mistaken", folder=again)
    assert grades(url, ASSIGNMENT) == before


def resubmit(folder: Path) -> None:
    """Somebody who was graded with a mistake hands in again, in the year 2030, and has it right."""
    for step, year in (("autograded", 2029), ("submitted", 2030)):
        directory = folder / step / "mistaken" / ASSIGNMENT
        (directory / "timestamp.txt").write_text(f"{year}-01-01 12:00:00 UTC", encoding="utf-8")
    right = folder / "submitted" / "renamed" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    shutil.copy(right, folder / "submitted" / "mistaken" / ASSIGNMENT)


def test_submitted_again(again: Path) -> None:
    """What came after the graded one is graded without --force, nothing else is."""
    url = f"sqlite:///{again / 'gradebook.db'}"
    before = scores(url, ASSIGNMENT)
    resubmit(again)
    output = nbgrader("autograde", ASSIGNMENT, folder=again)
    assert output.count("Updating existing assignment") == 1
    assert scores(url, ASSIGNMENT) == {**before, "mistaken": before["renamed"]} != before


def test_submitted_again_without_a_grader(again: Path) -> None:
    """It is expected like a first submission: what keeps it from being graded is said before it begins."""
    resubmit(again)
    settings = again / CONFIG
    settings.write_text(settings.read_text(encoding="utf-8").replace("seed=", "dataset='letters', seed="))
    output = nbgrader("autograde", ASSIGNMENT, folder=again, fails=True)
    assert output.count("Unknown data set 'letters'.") == 1
    assert len(list((again / "autograded").glob("*/*/*.ipynb"))) == 14


def test_settings_that_are_there_stay(tiny_course: Course, tmp_path: Path) -> None:
    """The settings of a course that is there are not touched; the lines to add are handed out."""
    config = tmp_path / CONFIG
    config.write_text("c = get_config()\n", encoding="utf-8")
    missing = write_course(tmp_path, tiny_course, [], seed=15)
    assert config.read_text(encoding="utf-8") == "c = get_config()\n"
    config.write_text(f"c = get_config()\n{missing}\n", encoding="utf-8")
    assert write_course(tmp_path, tiny_course, [], seed=16) == ""
    nbgrader("db", "student", "list", folder=tmp_path)  # the lines are Python, and nbgrader reads them


def test_an_edited_source_is_not_replaced(tiny_course: Course, tmp_path: Path) -> None:
    """A source notebook that was changed by hand is replaced only when forced."""
    assignment = load_assignment(find_course(tiny_course.root), ASSIGNMENT)
    write_source(tmp_path, tiny_course, assignment)
    write_source(tmp_path, tiny_course, assignment)  # the same again is fine
    notebook = tmp_path / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="exists and differs"):
        write_source(tmp_path, tiny_course, assignment)
    write_source(tmp_path, tiny_course, assignment, force=True)
    assert "BEGIN SOLUTION" in notebook.read_text(encoding="utf-8")


def test_a_student_that_cannot_be_a_folder(tiny_course: Course, tmp_path: Path) -> None:
    """A name that leads elsewhere is refused before anything is written."""
    with pytest.raises(UsageError, match="cannot be the name of a directory"):
        write_course(tmp_path / "new", tiny_course, [Person("../ada")], 1)
    assert not (tmp_path / "new").exists()


def test_an_unknown_assignment_gets_a_sentence(tiny_course: Course, tmp_path: Path) -> None:
    """The command names the assignments there are."""
    command = ["nbgrader", "init", tmp_path / "new", "--assignment", "none"]
    output = run("autograder", *command, folder=tiny_course.root, fails=True)
    assert f"Choose one of: {ASSIGNMENT}" in output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("student", ["*", "mistaken"])
def test_what_no_grader_can_be_made_with(again: Path, student: str) -> None:
    """A data set that does not exist is said once, for a class and for one student, and nothing changed."""
    settings = again / CONFIG
    settings.write_text(settings.read_text(encoding="utf-8").replace("seed=", "dataset='letters', seed="))
    output = nbgrader("autograde", ASSIGNMENT, "--force", f"--student={student}", folder=again, fails=True)
    assert output.count("Unknown data set 'letters'.") == 1
    assert "Traceback" not in output
    assert len(list((again / "autograded").glob("*/*/*.ipynb"))) == 14
