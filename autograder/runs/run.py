"""The engine's calls: grade a class, regrade it, or publish it again; each returns a `RunSummary`.

`grade_class` takes collected submissions, `regrade_class` those that a results directory keeps, and
`publish_class` none; all three write the ledger, reports and pages of one results directory. The command
line and the course's site call them and show the summary.

A run may be interrupted at any moment (KeyboardInterrupt passes through): what was graded is in the ledger,
and the same call resumes the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from autograder.course.assignment import load_assignment
from autograder.course.course import Course
from autograder.environment import available_cores
from autograder.errors import UsageError
from autograder.gradebook.tables import student_in_cell
from autograder.grading.cache_keys import provenance_of
from autograder.grading.grader import check_isolation, images_for
from autograder.pages.publish import publish
from autograder.report import ReportSummary
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.ledger import (
    Graded,
    Ledger,
    ScoreOverridden,
    UnmatchedFile,
    UnmatchedFiles,
    read_ledger,
    run_started,
    unmatched_files,
)
from autograder.results.results_folder import Results
from autograder.runs.batch import AbandonedJob, Batch, Change
from autograder.runs.pool import ForkedWorkers, GradingResults, grade_here, grade_on_workers
from autograder.runs.worker import GradingJob, RunConfig
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.zygote_process import ready_level
from autograder.submissions.collecting import CollectedSubmissions, Unmatched
from autograder.submissions.selection import is_undecided
from autograder.submissions.submission import Submission

__all__ = [
    "INSTALL",
    "NOT_INSTALLED",
    "RunOptions",
    "RunSummary",
    "grade_class",
    "publish_class",
    "regrade_class",
]

NOT_INSTALLED = "dask.distributed is not installed."
INSTALL = "pip install --constraint constraints.txt '.[cluster]'"

NOTHING = CollectedSubmissions(())
Progress = Callable[[int, int], None]  # called with the number of submissions done, and of all


@dataclass(frozen=True)
class RunOptions:
    """How to grade."""

    seed: int | None = None  # of the random inputs; None keeps the directory's, or draws one
    workers: int = 0  # processes; 0 for one per core
    dataset: str = ""  # overrides the assignment's choice: "auto", "mnist" or "digits"
    sandbox: str = "good"  # minimum isolation level: "full", "good" or "weak"
    scheduler: str = ""  # address of a Dask scheduler; empty to grade on this machine
    everything: bool = False  # reuse no earlier result
    only_raise: bool = False  # keep the earlier report where the score would fall
    dry_run: bool = False  # write nothing


@dataclass(frozen=True)
class RunSummary:
    """What a run did, and how the class stands after it."""

    results: Results
    seed: int
    head: str  # digest of the ledger's last line
    total: int = 0  # submissions it was asked to grade
    graded: int = 0
    unchanged: int = 0  # graded before, and grading again would change nothing
    dry_run: bool = False
    changes: tuple[Change, ...] = ()  # submissions that were regraded and ended differently
    abandoned: tuple[AbandonedJob, ...] = ()
    lost: tuple[Graded, ...] = ()  # not regraded: the directory's copy is missing or was altered
    unmatched: tuple[Unmatched, ...] = ()  # collected, and of no student
    reports: tuple[ReportSummary, ...] = ()  # everybody's counted report; none after a dry run
    final_scores: tuple[FinalScore, ...] = ()  # in the same order

    @property
    def undecided(self) -> list[FinalScore]:
        """The students of whose files none could be taken for the notebook: somebody has to choose."""
        return [score for score in self.final_scores if is_undecided(score.problem)]

    @property
    def broken_checks(self) -> list[str]:
        """The ids of checks that are broken, in alphabetical order."""
        return sorted({check for report in self.reports for check in report.broken})


def grade_class(
    course: Course,
    assignment: str,
    collected: CollectedSubmissions,
    results: Results,
    options: RunOptions | None = None,
    progress: Progress = lambda done, total: None,
) -> RunSummary:
    """Grade what was collected and is not graded yet, and write it to a results directory.

    Raises UsageError, ContentError or SandboxError for what concerns the whole run, before it grades.
    """

    def submissions(batch: Batch, functions: Sequence[str]) -> Iterable[Submission]:
        return (entry.read(assignment, functions) for entry in collected)

    return _run(
        course,
        assignment,
        results,
        options or RunOptions(),
        progress,
        submissions,
        len(collected),
        collected,
    )


def regrade_class(
    course: Course,
    results: Results,
    students: Iterable[str] = (),
    options: RunOptions | None = None,
    progress: Progress = lambda done, total: None,
) -> RunSummary:
    """Grade again what changed checks, references or limits touch: of these students, or of everybody.

    Raises UsageError for a student of whom the directory holds no submission, and as `grade_class` does.
    """
    lines, _ = read_ledger(results.ledger)
    assignment = run_started(lines, results.ledger).assignment
    graded = {(line.student, line.submission) for line in lines if isinstance(line, Graded)}
    known = {student for student, _ in graded}
    chosen = {student_in_cell(cell, known) for cell in students} or known
    if unknown := sorted(chosen - known):
        raise UsageError(
            f"{results.root} holds no submission of {unknown[0]}.",
            next_step="Write the student as grades.csv does.",
        )
    total = sum(student in chosen for student, _ in graded)
    return _run(
        course,
        assignment,
        results,
        options or RunOptions(),
        progress,
        lambda batch, functions: (
            replace(submission, functions=tuple(functions)) for submission in batch.stored(chosen)
        ),
        total,
        stored=True,
    )


def publish_class(course: Course, results: Results, override: ScoreOverridden | None = None) -> RunSummary:
    """Write pages and table again by today's rules, after recording a manual override if there is one."""
    lines, _ = read_ledger(results.ledger)
    with Batch(results, run_started(lines, results.ledger).assignment) as batch:
        if override is not None:
            batch.ledger.append([override])
        return _publish(course, batch)


def _run(
    course: Course,
    assignment: str,
    results: Results,
    options: RunOptions,
    progress: Progress,
    submissions: Callable[[Batch, Sequence[str]], Iterable[Submission]],
    total: int,
    collected: CollectedSubmissions = NOTHING,
    *,
    stored: bool = False,
) -> RunSummary:
    loaded = load_assignment(course, assignment)
    images = images_for(loaded, options.dataset)
    dataset = images.name if images else ""
    provenance = provenance_of(loaded, dataset)
    workers = min(options.workers or available_cores(), total)
    if not options.scheduler and (refusal := check_isolation(_isolation_level(), options.sandbox)):
        raise refusal
    with (
        ForkedWorkers(loaded, 0 if options.scheduler or workers < 2 else workers) as forked,
        Batch(results, assignment, options.seed) as batch,
    ):
        if not options.dry_run:
            _record_unmatched(batch.ledger, collected)
        # Another machine may have other data sets: it is told which one was found here.
        config = RunConfig(course.root, assignment, batch.seed, dataset, options.sandbox)
        batch.grade(
            submissions(batch, loaded.functions),
            provenance,
            _workers(config, options.scheduler, workers, forked),
            collected=not stored,
            everything=options.everything,
            only_raise=options.only_raise,
            dry_run=options.dry_run,
            progress=lambda done: progress(done, total),
        )
        return _publish(course, batch, total, collected.unmatched, dry_run=options.dry_run)


def _record_unmatched(ledger: Ledger, collected: CollectedSubmissions) -> None:
    """Record what is not graded where that has changed, also where it was collected from another place."""
    if not collected.source:
        return
    known = unmatched_files(ledger.lines)
    files = [UnmatchedFile(name=file.name, reason=file.reason) for file in collected.unmatched]
    matched = {name for entry in collected for name in (entry.origin, entry.path.name)}
    changed = {collected.source: files} if files != known.get(collected.source, []) else {}
    for source, earlier in known.items():
        left = [file for file in earlier if file.name not in matched]
        if source != collected.source and left != earlier:
            changed[source] = left
    at = datetime.now(UTC)
    ledger.append([UnmatchedFiles(at=at, source=source, files=files) for source, files in changed.items()])


def _isolation_level() -> str:
    if (level := ready_level()) is not None:
        return level
    with SandboxProcess() as worker:
        return worker.level


def _workers(
    config: RunConfig, scheduler: str, workers: int, forked: ForkedWorkers
) -> Callable[[Iterable[GradingJob]], GradingResults]:
    if scheduler:
        try:
            from autograder.runs.cluster import grade_on_cluster  # its library is an extra
        except ImportError as problem:
            raise UsageError(NOT_INSTALLED, next_step=INSTALL) from problem
        return partial(grade_on_cluster, config, scheduler)
    if workers < 2:
        return partial(grade_here, config)
    return partial(grade_on_workers, config, workers, forked=forked)


def _publish(
    course: Course,
    batch: Batch,
    total: int = 0,
    unmatched: tuple[Unmatched, ...] = (),
    *,
    dry_run: bool = False,
) -> RunSummary:
    """Publish what follows from the ledger, unless nothing may be written, and sum the run up."""
    reports: list[ReportSummary] = []
    final_scores: list[FinalScore] = []
    if not dry_run:
        graded = GradedAssignment.of(batch.results, course, batch.ledger.lines)
        reports, final_scores = publish(graded, batch.summaries), [*graded.final_scores.values()]
    return RunSummary(
        results=batch.results,
        seed=batch.seed,
        head=batch.ledger.head,
        total=total,
        graded=batch.graded,
        unchanged=batch.unchanged,
        dry_run=dry_run,
        changes=tuple(batch.changes),
        abandoned=tuple(batch.abandoned),
        lost=tuple(batch.lost),
        unmatched=unmatched,
        reports=tuple(reports),
        final_scores=tuple(final_scores),
    )
