"""The engine's calls: one per run, with a summary back, progress to an observer, and interruption."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command import autograder
from correct_notebook import SOURCE, notebook
from examples import one_in
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.course import Course
from autograder.course.roster import Roster, read_roster
from autograder.errors import SandboxError, UsageError
from autograder.lms.layouts import collect_submissions
from autograder.results.ledger import Graded, ScoreOverridden, read_ledger
from autograder.results.results_folder import Results
from autograder.runs import pool
from autograder.runs.run import RunOptions, RunSummary, grade_class, publish_class, regrade_class
from autograder.runs.worker import GradedSubmission, GradingJob, GradingWorker
from autograder.submissions.collecting import CollectedSubmission, CollectedSubmissions
from autograder.submissions.submission import Submission

HERE = RunOptions(seed=1, workers=1)
WRONG = SOURCE.replace("return 2 * x\n", "return 3 * x\n")


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A tiny course of this test's own."""
    return write_tiny_course(tmp_path / "course")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """A results directory that does not exist yet."""
    return Results(tmp_path / "out")


def collected(folder: Path, students: int, roster: Roster | None = None) -> CollectedSubmissions:
    """A class of so many students, of whom the second has a function wrong."""
    folder.mkdir()
    for number in range(1, students + 1):
        source = WRONG if number == 2 else SOURCE
        (folder / f"s{number}.ipynb").write_text(notebook(f"# {number}", source))
    return collect_submissions(folder, ASSIGNMENT, roster or Roster())


def graded(results: Results) -> list[str]:
    """The students whose submissions are in the ledger, in the order of its lines."""
    return [line.student for line in read_ledger(results.ledger)[0] if isinstance(line, Graded)]


def scores(summary: RunSummary) -> dict[str, float]:
    """Everybody's final score."""
    return {score.student: score.earned for score in summary.final_scores}


def test_a_summary_of_a_run(course: Course, results: Results, tmp_path: Path) -> None:
    """It says what was graded, the seed and the head; a second run finds everything unchanged."""
    entries = collected(tmp_path / "class", 3)
    first = grade_class(course, ASSIGNMENT, entries, results, HERE)
    assert (first.total, first.graded, first.unchanged, first.seed) == (3, 3, 0, 1)
    assert first.head == read_ledger(results.ledger)[1]
    assert list(scores(first)) == [report.student for report in first.reports] == ["s1", "s2", "s3"]
    assert scores(first)["s1"] == 6 > scores(first)["s2"]
    assert (first.changes, first.abandoned, first.lost, first.unmatched, first.broken_checks) == (
        *((),) * 4,
        [],
    )
    again = grade_class(course, ASSIGNMENT, entries, results, HERE)
    assert (again.graded, again.unchanged, again.head) == (0, 3, first.head)
    assert scores(again) == scores(first)


@pytest.mark.parametrize("workers", [1, 2])
def test_progress(course: Course, results: Results, tmp_path: Path, workers: int) -> None:
    """The observer is told at the beginning, and of each submission once, graded or not in need of it."""
    entries = collected(tmp_path / "class", 4)
    for _ in range(2):
        steps: list[tuple[int, int]] = []

        def observe(done: int, total: int, steps: list[tuple[int, int]] = steps) -> None:
            steps.append((done, total))

        grade_class(course, ASSIGNMENT, entries, results, RunOptions(seed=1, workers=workers), observe)
        assert steps == [(done, 4) for done in (0, 1, 2, 3, 4)]


@pytest.mark.parametrize("workers", one_in(2, [2, 1]))
@pytest.mark.parametrize("moment", one_in(2, [1, 3]))
def test_an_interruption(course: Course, results: Results, tmp_path: Path, workers: int, moment: int) -> None:
    """Ctrl-C at any moment keeps what was graded and unlocks the directory; the same call resumes."""
    entries = collected(tmp_path / "class", 4)
    options = RunOptions(seed=1, workers=workers)

    def interrupt(done: int, total: int) -> None:
        if done == moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_class(course, ASSIGNMENT, entries, results, options, interrupt)
    assert len(graded(results)) == moment
    summary = grade_class(course, ASSIGNMENT, entries, results, options)
    assert (summary.graded, summary.unchanged) == (4 - moment, moment)
    assert sorted(graded(results)) == ["s1", "s2", "s3", "s4"]


def test_an_abandoned_submission(
    course: Course, results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be graded is listed with its reason and not recorded; the next run grades it."""
    entries, grade = collected(tmp_path / "class", 3), GradingWorker.grade

    def fail(worker: GradingWorker, job: GradingJob) -> GradedSubmission | SandboxError:
        return SandboxError("No memory.") if job.submission.student == "s2" else grade(worker, job)

    with monkeypatch.context() as patch:
        patch.setattr(GradingWorker, "grade", fail)
        summary = grade_class(course, ASSIGNMENT, entries, results, HERE)
    assert [(job.student, job.reason) for job in summary.abandoned] == [("s2", "No memory.")]
    assert (summary.graded, graded(results)) == (2, ["s1", "s3"])
    assert grade_class(course, ASSIGNMENT, entries, results, HERE).graded == 1


def test_who_is_not_on_the_roster(course: Course, results: Results, tmp_path: Path) -> None:
    """A submission of nobody on the roster is in the summary with the reason."""
    (tmp_path / "roster.csv").write_text("student_id,last_name,first_name\ns1,Lovelace,Ada\n")
    entries = collected(tmp_path / "class", 2, read_roster(tmp_path / "roster.csv"))
    summary = grade_class(course, ASSIGNMENT, entries, results, HERE)
    assert list(scores(summary)) == ["s1"]
    ((name, reason),) = [(unmatched.name, unmatched.reason) for unmatched in summary.unmatched]
    assert name == "s2.ipynb" and "not on the roster" in reason


def test_regrading(course: Course, results: Results, tmp_path: Path) -> None:
    """Of one student or of all; a dry run lists changes and writes nothing; an unknown student is refused."""
    grade_class(course, ASSIGNMENT, collected(tmp_path / "class", 3), results, HERE)
    checks = course.root / "solutions" / ASSIGNMENT / "checks.py"
    text = checks.read_text().replace("reference.mean_square, rng", "lambda x: 0.0, rng", 1)
    assert text != checks.read_text()
    checks.write_text(text)
    before = results.ledger.read_bytes()
    dry = regrade_class(course, results, options=RunOptions(workers=1, dry_run=True))
    assert dry.dry_run and {change.student for change in dry.changes} == {"s1", "s2", "s3"}
    assert (dry.reports, results.ledger.read_bytes()) == ((), before)
    chosen = regrade_class(course, results, ["s3"], HERE)
    assert (chosen.total, chosen.graded, [change.student for change in chosen.changes]) == (1, 1, ["s3"])
    rest = regrade_class(course, results, options=HERE)
    assert (rest.total, rest.graded, rest.unchanged) == (3, 2, 1)
    with pytest.raises(UsageError, match="no submission of s9"):
        regrade_class(course, results, ["s9"], HERE)


def test_publishing_with_an_override(course: Course, results: Results, tmp_path: Path) -> None:
    """Recording an override and publishing is one call; nothing is graded, and the score counts at once."""
    grade_class(course, ASSIGNMENT, collected(tmp_path / "class", 2), results, HERE)
    override = ScoreOverridden(at=datetime.now(UTC), student="s2", earned=5.5, who="ta", why="oral exam")
    summary = publish_class(course, results, override)
    assert (summary.graded, scores(summary)["s2"], summary.seed) == (0, 5.5, 1)
    assert "s2,5.5" in results.grades.read_text()
    assert summary.head == read_ledger(results.ledger)[1]


@pytest.mark.full
@pytest.mark.parametrize("workers", [1, 2])
def test_memory_does_not_grow_with_the_class(
    course: Course, results: Results, tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a class of any size, only the submissions that workers hold are in memory."""
    alive: weakref.WeakSet[Submission] = weakref.WeakSet()
    read = CollectedSubmission.read
    counts: list[int] = []

    def tracked(entry: CollectedSubmission, assignment: str, functions: Sequence[str]) -> Submission:
        submission = read(entry, assignment, functions)
        alive.add(submission)
        return submission

    monkeypatch.setattr(CollectedSubmission, "read", tracked)
    entries = collected(tmp_path / "class", 12)
    options = RunOptions(seed=1, workers=workers)
    grade_class(course, ASSIGNMENT, entries, results, options, lambda done, total: counts.append(len(alive)))
    assert 0 < max(counts) <= workers * pool.IN_FLIGHT + 1


def test_the_command_names_what_it_leaves_out(course: Course, results: Results, tmp_path: Path) -> None:
    """`autograder grade` says which submissions belong to nobody on the roster, and why."""
    (course.root / "roster.csv").write_text("student_id,last_name,first_name\ns1,Lovelace,Ada\n")
    (tmp_path / "class").mkdir()
    for student in ("s1", "s2"):
        (tmp_path / "class" / f"{student}.ipynb").write_text(notebook(SOURCE))
    completed = autograder("grade", ASSIGNMENT, tmp_path / "class", "--out", results.root, folder=course.root)
    assert (
        completed.returncode == 5 and "1 file could not be graded; everything else was." in completed.stderr
    )
    assert "Not graded: s2.ipynb: s2 is not on the roster." in completed.stdout
