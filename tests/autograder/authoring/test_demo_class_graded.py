"""A sample class of every assignment through the real grader: each outcome fits its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.authoring.demo_class import DemoSubmission, Kind, make_class
from autograder.authoring.solved_notebook import filled_in, to_bytes
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.grading.grader import Grader
from autograder.report import Report, Status, summarize_report
from autograder.submissions.submission import Submission, read_submission

COURSE = find_course(Path(__file__).parent)
STUDENTS = 26  # all twelve kinds, one of them an endless loop, which costs five seconds
TROUBLES = {
    Kind.HANGING: Status.TIMEOUT,
    Kind.CRASHING: Status.CRASHED,
    Kind.MEMORY: Status.MEMORY,
    Kind.RAISING: Status.FAILED,
}


@dataclass(frozen=True)
class Graded:
    """A class, graded, with what the checks say of one missing function."""

    assignment: Assignment
    outcomes: list[tuple[DemoSubmission, Report]]
    without: dict[str, Report]  # by function: the reference, that function left a stub

    def of(self, *kinds: Kind) -> list[tuple[DemoSubmission, Report]]:
        """The submissions of some kinds; there are always some."""
        chosen = [(sample, report) for sample, report in self.outcomes if sample.kind in kinds]
        assert chosen
        return chosen


# The tests of one class run in one process, so that it is graded once.
CLASSES = [
    pytest.param(name, marks=[pytest.mark.xdist_group(f"sample {name}"), pytest.mark.full])
    for name in COURSE.assignment_ids()
]


@pytest.fixture(scope="module", params=CLASSES)
def graded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """A class of each assignment, graded one after another by one grader."""
    assignment = load_assignment(COURSE, request.param)
    samples = make_class(assignment, STUDENTS, tmp_path_factory.mktemp("class") / "samples")
    troubled = {sample.detail for sample in samples if sample.kind in TROUBLES or sample.kind is Kind.FORGING}
    with Grader(assignment, seed=15, dataset="digits") as grader:
        outcomes = [
            (sample, grader.grade(read_submission(sample.student, sample.path))) for sample in samples
        ]
        without = {}
        for function in troubled:
            data = to_bytes(filled_in(assignment, stubs=[function]))
            without[function] = grader.grade(Submission(function, "notebook.ipynb", data))
    return Graded(assignment, outcomes, without)


def lost(report: Report) -> dict[str, Status]:
    """The checks that did not pass, and how they ended."""
    return {result.id: result.status for result in report.results() if result.status is not Status.PASSED}


def lost_tasks(report: Report) -> set[str]:
    """The tasks that did not earn all their points."""
    return {task.task for task in report.tasks if task.earned < task.possible}


def test_the_class_is_graded_to_its_end(graded: Graded) -> None:
    """Every student has a report of their own, whoever came before them, and no check is broken."""
    assert [report.student for _, report in graded.outcomes] == [f"student-{n:03}" for n in range(1, 27)]
    assert {sample.kind for sample, _ in graded.outcomes} == set(Kind)
    for _, report in graded.outcomes:
        assert Status.ERROR not in lost(report).values()
        assert report.score.possible + report.score.unmarked == graded.assignment.file.points


def test_right_ones_get_full_marks(graded: Graded) -> None:
    """Other styles and odd notebooks are as good as the reference; both answers wait for a person."""
    for sample, report in graded.of(Kind.CORRECT, Kind.ODD):
        assert [answer.task for answer in report.written if answer.blank] == [], sample.detail
        extra = sum(task.points for task in graded.assignment.file.tasks if task.extra)
        assert (report.score.earned, report.score.possible, report.score.unmarked) == (18 + extra, 18, 2)
        waits = "2 written answers wait for a person to mark."
        assert sample.expect == f"{18 + extra:g} of 18 so far: {waits}"
        assert (sample.detail, lost(report)) == (sample.detail, {})
        assert lost_tasks(report) == set()


def test_blank_ones_get_nothing(graded: Graded) -> None:
    """The handout as it was given out earns 0; every function is missing."""
    for _, report in graded.of(Kind.BLANK):
        assert report.score.earned == 0
        assert set(lost(report).values()) <= {Status.MISSING, Status.SKIPPED}
        assert report.submission.problem == ""


def test_unreadable_ones_get_nothing_and_a_reason(graded: Graded) -> None:
    """What is no notebook earns 0, and the report says what it is."""
    for _, report in graded.of(Kind.UNREADABLE):
        assert report.score.earned == 0
        assert report.submission.problem


def test_mistakes_are_named_and_cost_their_own_task(graded: Graded) -> None:
    """One mistake or several: the tasks of the functions lose points, no other does, and they are named."""
    for sample, report in graded.of(Kind.MISTAKEN, Kind.SEVERAL):
        made = sample.detail.split("; ")
        tasks = {graded.assignment.task_of(name.split(":")[0]) for name in made}
        assert (sample.detail, lost_tasks(report)) == (sample.detail, tasks)
        named = {result.mistake for result in report.results()}
        assert named & set(made), sample.detail


def test_a_started_notebook_keeps_what_is_done(graded: Graded) -> None:
    """Functions that are still stubs cost their tasks; each of the others has full marks."""
    for sample, report in graded.of(Kind.PARTLY):
        tasks = {graded.assignment.task_of(name) for name in sample.detail.split(", ")}
        assert (sample.detail, lost_tasks(report)) == (sample.detail, tasks)
        assert set(lost(report).values()) <= {Status.MISSING, Status.SKIPPED}


@pytest.mark.parametrize("kind", TROUBLES)
def test_trouble_costs_its_function_alone(graded: Graded, kind: Kind) -> None:
    """The checks that need the function are lost, as if it were missing, and say what happened instead."""
    for sample, report in graded.of(kind):
        missing = lost(graded.without[sample.detail])
        instead = {check: TROUBLES[kind] if how is Status.MISSING else how for check, how in missing.items()}
        assert (sample.detail, lost(report)) == (sample.detail, instead)


def test_a_forged_answer_earns_nothing(graded: Graded) -> None:
    """A frame written behind the runner's back is judged as an answer, and costs no other function."""
    for sample, report in graded.of(Kind.FORGING):
        assert lost_tasks(report) == {graded.assignment.task_of(sample.detail)}
        assert lost(report).keys() == lost(graded.without[sample.detail]).keys()


SHOWN = re.compile(
    r"^(student-\d+)\s+([\d.]+ / [\d.]+) so far\s+(.*) \(2 still to be marked\)$", re.MULTILINE
)


def test_the_readme_shows_these_rows(graded: Graded) -> None:
    """The lines of README's demonstration are what this class gives, student by student."""
    if graded.assignment.id != COURSE.assignment_ids()[0]:
        pytest.skip("README shows the first homework")
    rows = SHOWN.findall((COURSE.root / "README.md").read_text(encoding="utf-8"))
    assert len(rows) == 3
    reports = {sample.student: report for sample, report in graded.outcomes}
    for student, score, headline in rows:
        report = reports[student]
        assert score == f"{round(report.score.earned, 4):g} / {report.score.possible:g}"
        assert headline == summarize_report(report).headline
