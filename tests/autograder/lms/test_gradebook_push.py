"""`autograder gradebook push`: scores that were graded outside, in nbgrader's gradebook."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from class_run import grade_class
from nbgrader_class import write_course_with_extra_credit
from nbgrader_commands import SEED, Taken, database, grades, run
from tiny_course import ASSIGNMENT

from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import Course, find_course
from autograder.errors import UsageError
from autograder.grading.grader import Grader
from autograder.lms.layouts import collect_submissions
from autograder.lms.nbgrader.gradebook_db import open_gradebook
from autograder.lms.nbgrader.push import Pushed, push
from autograder.report import CheckResult, Report, Status
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.results_folder import Results
from autograder.submissions.submission import Submission, read_submission

pytestmark = pytest.mark.xdist_group("nbgrader")


@pytest.fixture(scope="module")
def assignment(tmp_path_factory: pytest.TempPathFactory) -> Assignment:
    """The tiny assignment, its second task for extra credit."""
    return load_assignment(write_course_with_extra_credit(tmp_path_factory.mktemp("push")), ASSIGNMENT)


@pytest.fixture(scope="module")
def reports(assignment: Assignment) -> list[Report]:
    """A right submission and the blank one."""
    files = {"right": to_bytes(filled_in(assignment)), "blank": assignment.handout.read_bytes()}
    with Grader(assignment, SEED) as grader:
        return [grader.grade(Submission(name, "notebook.ipynb", data)) for name, data in files.items()]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new gradebook, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("empty")
    with open_gradebook(database(folder)):
        return folder / "gradebook.db"


@pytest.fixture
def folder(empty: Path, tmp_path: Path) -> Path:
    """A folder with an empty gradebook."""
    shutil.copy(empty, tmp_path / "gradebook.db")
    return tmp_path


def changed(report: Report, earned: float, possible: float, status: Status = Status.PASSED) -> Report:
    """A report whose first task has other points."""
    result = CheckResult(id="one", title="One.", status=status, earned=earned, possible=possible)
    task = report.tasks[0].model_copy(update={"earned": earned, "possible": possible, "checks": [result]})
    return report.model_copy(update={"tasks": [task, *report.tasks[1:]]})


def test_into_an_empty_gradebook(assignment: Assignment, folder: Path) -> None:
    """The command makes students, the assignment and its cells; what they are worth is in the reports."""
    results, course = folder / "results", assignment.folder.parent.parent
    (folder / "class").mkdir()
    for name, data in ("right", to_bytes(filled_in(assignment))), ("blank", assignment.handout.read_bytes()):
        (folder / "class" / f"{name}.ipynb").write_bytes(data)
    grade_class(course, ASSIGNMENT, folder / "class", results)
    command = ["gradebook", "push", results, "--db", database(folder), "--course", course]
    assert "2 submissions changed" in run("autograder", *command, folder=folder)
    assert "0 submissions changed" in run("autograder", *command, folder=folder)
    by_student = grades(database(folder), ASSIGNMENT)
    assert (
        by_student["right"]["test-double"] | {"auto": 4.0, "most": 4.0, "look": False}
        == by_student["right"]["test-double"]
    )
    assert (
        by_student["right"]["test-mean_square"]["extra"],
        by_student["right"]["test-mean_square"]["most"],
    ) == (
        2.0,
        0.0,
    )
    assert by_student["blank"]["test-double"]["auto"] == 0.0


@pytest.mark.full
def test_beside_autograde(taken: Taken, tmp_path: Path) -> None:
    """Into the gradebook of a course that nbgrader graded with the same seed, nothing changes."""
    shutil.copy(taken.folder / "gradebook.db", tmp_path / "gradebook.db")
    assignment = load_assignment(taken.course, ASSIGNMENT)
    with Grader(assignment, SEED) as grader:
        reports = [
            grader.grade(read_submission(entry.student, entry.path, ASSIGNMENT))
            for entry in collect_submissions(taken.folder, ASSIGNMENT)
        ]
    assert push(reports, database(tmp_path)) == Pushed(students=14, changed=0, by_person=0)


def test_a_persons_score_stays(reports: list[Report], folder: Path) -> None:
    """A manual score is never written over; when the engine's changes, a person is asked to look."""
    url = database(folder)
    push(reports, url)
    for cell in ("test-double", "test-mean_square"):
        with open_gradebook(url) as gradebook:
            grade = gradebook.find_grade(cell, ASSIGNMENT, ASSIGNMENT, "right")
            grade.manual_score, grade.extra_credit = 1.5, 0.5
            gradebook.db.commit()
    assert push(reports, url) == Pushed(students=2, changed=0, by_person=2)
    assert push([changed(reports[0], 2.0, 4.0)], url).changed == 1
    cells = grades(url, ASSIGNMENT)["right"]
    assert cells["test-double"] == {"auto": 2.0, "manual": 1.5, "extra": 0.5, "most": 4.0, "look": True}
    assert cells["test-mean_square"]["extra"] == 0.5


def test_lateness_is_nbgraders_own(reports: list[Report], folder: Path) -> None:
    """What lateness costs stands where nbgrader keeps it, beside the time; scores set whole are counted."""
    url, when = database(folder), datetime(2026, 3, 8, 12, tzinfo=UTC)
    late = FinalScore("right", 5.4, 6, 6, 1, None, submitted=when, days_late=1, penalty=0.6)
    by_hand = FinalScore("blank", 3, 6, 0, 1, None, changed=True)
    final_scores = {"right": late, "blank": by_hand}
    assert push(reports, url, final_scores) == Pushed(students=2, changed=2, by_person=0, left=1)
    assert push(reports, url, final_scores).changed == 0
    with open_gradebook(url) as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "right")
        assert (submission.late_submission_penalty, submission.timestamp) == (0.6, when.replace(tzinfo=None))


@pytest.mark.parametrize(("earned", "expected"), [(99.0, 4.0), (-3.0, 0.0)])
def test_scores_keep_within_their_limits(
    reports: list[Report], folder: Path, earned: float, expected: float
) -> None:
    """Whatever a report says, a cell has from 0 to what it is worth."""
    push(reports, database(folder))
    push([changed(reports[1], earned, 99.0)], database(folder))
    assert grades(database(folder), ASSIGNMENT)["blank"]["test-double"]["auto"] == expected


@pytest.mark.full
def test_a_broken_check_asks_for_a_person(reports: list[Report], folder: Path) -> None:
    """Points that a broken check left out are nobody's; a person is asked to look."""
    push(reports, database(folder))
    push([changed(reports[0], 3.0, 3.0, Status.ERROR)], database(folder))
    cells = grades(database(folder), ASSIGNMENT)["right"]["test-double"]
    assert (cells["auto"], cells["look"]) == (3.0, True)


def test_a_cell_that_came_later(reports: list[Report], folder: Path) -> None:
    """A task that was added after a first push gets its cell, and its grades."""
    first_tasks = [report.model_copy(update={"tasks": report.tasks[:1]}) for report in reports]
    push(first_tasks, database(folder))
    push(reports, database(folder))
    assert grades(database(folder), ASSIGNMENT)["right"]["test-mean_square"]["extra"] == 2.0


@pytest.mark.parametrize("url", ["no url", "sqlite:////nowhere/at/all.db", "unknown://host/name"])
def test_a_wrong_url_gets_a_sentence(reports: list[Report], url: str) -> None:
    """A gradebook that cannot be opened is said so, with how to write one."""
    with pytest.raises(UsageError, match="cannot be opened") as problem:
        push(reports, url)
    assert "sqlite:///gradebook.db" in problem.value.next_step


def test_what_counts_is_pushed(tiny_course: Course, tmp_path: Path) -> None:
    """Of several attempts the one that counts; a folder without a ledger, and a damaged report, are named."""
    course = shutil.copytree(tiny_course.root, tmp_path / "course")
    assignment = load_assignment(find_course(course), ASSIGNMENT)
    files = {"ann": to_bytes(filled_in(assignment)), "bob": assignment.handout.read_bytes()}
    (tmp_path / "class").mkdir()
    for first, second in (("ann", "bob"), ("bob", "ann")):
        for student, kind in (("ann", first), ("bob", second)):
            (tmp_path / "class" / f"{student}.ipynb").write_bytes(files[kind])
        grade_class(course, ASSIGNMENT, tmp_path / "class", tmp_path / "out")
    results = Results(tmp_path / "out")
    graded = GradedAssignment.read(results, find_course(course))
    earned = {score.student: report.score.earned for score, report in graded.counted_reports()}
    assert earned == {"ann": 0, "bob": 6}
    with pytest.raises(UsageError, match="holds no ledger"):
        GradedAssignment.read(Results(tmp_path), find_course(course))
    (tmp_path / "out" / "reports" / "ann~2.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"ann~2\.json is not a report"):
        list(graded.counted_reports())
