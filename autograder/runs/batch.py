"""A batch: which submissions need grading, and what is written of them; one process writes.

A submission is done when its line is in the ledger, so a run that was interrupted is resumed by the next.
`runs.run` opens a batch, gives it submissions and the workers that grade them, and sums it up.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from types import TracebackType

from pydantic import ValidationError

from autograder.errors import SandboxError, UsageError
from autograder.report import Report, ReportSummary
from autograder.results.attempts import History, Submitted, histories_of
from autograder.results.ledger import (
    Graded,
    Ledger,
    Provenance,
    RegradeSkipped,
    RunStarted,
    SubmittedAgain,
    run_started,
)
from autograder.results.results_folder import Results
from autograder.runs.pool import GradingResults
from autograder.runs.worker import GradedSubmission, GradingJob
from autograder.submissions.submission import Submission

__all__ = ["AbandonedJob", "Batch", "Change", "change_of"]


@dataclass(frozen=True)
class AbandonedJob:
    """A submission that could not be graded, by no fault of its student."""

    student: str
    reason: str


@dataclass(frozen=True)
class Change:
    """One submission before and after it was graded again."""

    student: str
    before: float
    after: float
    checks: tuple[str, ...]  # those that ended differently, such as `values: failed → passed`
    skipped: bool  # the score would have fallen, and the earlier one stays


def change_of(job: GradingJob, graded: GradedSubmission, *, only_raise: bool) -> Change | None:
    """How a submission fared; None for a first grading, or when its score and all its checks stayed."""
    if job.earlier is None:
        return None
    old, new = _statuses(job.earlier_report), {check.id: check.status for check in graded.summary.checks}
    moved = tuple(
        f"{name}: {old.get(name, 'new')} → {new.get(name, 'gone')}"
        for name in dict.fromkeys([*old, *new])
        if old and old.get(name) != new.get(name)
    )
    before, after = job.earlier.earned, graded.summary.earned
    if not moved and abs(after - before) < 1e-9:
        return None
    return Change(job.earlier.student, before, after, moved, only_raise and after < before)


def _statuses(report: bytes) -> dict[str, str]:
    """How each check of a report ended; nothing for a report of another version of the format."""
    if not report:
        return {}
    try:
        return {result.id: result.status.value for result in Report.from_json(report).results()}
    except ValidationError:
        return {}


class Batch:
    """A run into one results directory; a context manager that keeps other runs from writing to it."""

    def __init__(self, results: Results, assignment: str, seed: int | None = None) -> None:
        """Open or create the directory; without a seed it keeps its own, and a new one draws one."""
        results.prepare()
        self.results, self.assignment, self.ledger = results, assignment, Ledger(results.ledger)
        try:
            self.seed = self._start(seed)
        except UsageError:
            self.ledger.close()
            raise
        self.summaries: dict[str, ReportSummary] = {}  # of the reports this run wrote, by file name
        self.changes: list[Change] = []
        self.abandoned: list[AbandonedJob] = []
        self.lost: list[Graded] = []  # their copies are missing or altered: they stay as they were graded
        self.graded = 0  # submissions that were graded
        self.unchanged = 0  # submissions that needed no grading
        self._lines: dict[tuple[str, str], Graded] = {}  # the latest, by student and digest
        self._provenance: dict[tuple[str, str], Provenance] = {}  # of the latest grading, written or skipped
        for line in self.ledger.lines:
            if isinstance(line, (Graded, RegradeSkipped)):
                self._provenance[line.student, line.submission] = line.basis
            if isinstance(line, Graded):
                self._lines[line.student, line.submission] = line
        self._report_names = {line.report for line in self._lines.values()}
        self._histories = histories_of(self.ledger.lines)
        self._given_out: set[tuple[str, str]] = set()  # graded in this run, or seen not to need it
        self._learnt: set[tuple[str, str]] = set()  # of whose submission more is known than their line says
        self._in_work: dict[tuple[str, str], list[Submitted]] = {}  # with what else has the same bytes

    def _start(self, seed: int | None) -> int:
        if not self.ledger.lines:
            if any(self.results.reports.iterdir()):
                raise UsageError(
                    f"{self.results.root} holds reports, but its ledger is missing.",
                    next_step="Restore the ledger from a backup, or name a new directory with --out.",
                )
            new_seed = secrets.randbits(32) if seed is None else seed
            self.ledger.append([RunStarted(at=datetime.now(UTC), assignment=self.assignment, seed=new_seed)])
            return new_seed
        first = run_started(self.ledger.lines, self.results.ledger)
        if first.assignment != self.assignment:
            raise UsageError(
                f"{self.results.root} holds results of {first.assignment}, not of {self.assignment}.",
                next_step="Name another directory with --out.",
            )
        if seed not in (None, first.seed):
            raise UsageError(
                f"{self.results.root} was graded with seed {first.seed}, not {seed}.",
                next_step="Omit --seed to resume with it, or name a new directory with --out.",
            )
        return first.seed

    def stored(self, students: set[str] | None = None) -> Iterator[Submission]:
        """All that was submitted before, from the directory's own copies; missing ones become `lost`."""
        for line in list(self._lines.values()):
            if students is None or line.student in students:
                submission = self.results.stored_submission(line, self.assignment)
                if submission is None:
                    self.lost.append(line)
                else:
                    yield submission

    def grade(
        self,
        submissions: Iterable[Submission],
        provenance: Provenance,
        workers: Callable[[Iterable[GradingJob]], GradingResults],
        *,
        collected: bool = True,
        everything: bool = False,
        only_raise: bool = False,
        dry_run: bool = False,
        progress: Callable[[int], None] = lambda done: None,
    ) -> None:
        """Grade what needs it, and write; `progress` is called with the number of submissions done.

        `collected` submissions may be new; all others are the directory's own. `everything` reuses no earlier
        result, `only_raise` keeps a higher score, `dry_run` writes nothing.
        A submission is read when a worker is free for it, so memory does not grow with the class.
        """

        self._given_out = set()

        def jobs() -> Iterator[GradingJob]:
            for submission in submissions:
                if collected:
                    self._record_attempt(submission, write=not dry_run)
                job = self._job_for(submission, reuse=not everything)
                if job is None or (job.reuse and self._is_current(job, provenance)):
                    self.unchanged += 1
                    if job is not None and not dry_run:
                        self._record_learnt(job)
                    progress(self.done)
                else:
                    yield job

        progress(self.done)
        with closing(workers(jobs())) as results:
            for job, result in results:
                if isinstance(result, SandboxError):
                    self.abandoned.append(AbandonedJob(job.submission.student, result.message))
                else:
                    self.graded += 1
                    self._keep(job, result, provenance, only_raise=only_raise, dry_run=dry_run)
                progress(self.done)

    @property
    def done(self) -> int:
        """How many submissions were graded, abandoned, or needed no grading."""
        return self.graded + self.unchanged + len(self.abandoned)

    def _record_attempt(self, submission: Submission, *, write: bool) -> None:
        """Record a collected submission, if it is new or says more than before of one that is known."""
        key = submission.student, submission.digest
        history = self._histories.setdefault(submission.student, History())
        collected = Submitted(
            submission=submission.digest,
            file=submission.file_name,
            submitted=submission.submitted,
            number=submission.number,
            marked_late=submission.marked_late,
            origin=submission.origin,
            time_problem=submission.time_problem,
        )
        known = history.find(collected)
        if known is None:
            attempt = replace(collected, attempt=self._free_number(submission.student))
            history.add(attempt)
        else:
            attempt = known.with_facts(collected)
            if attempt == known:
                return
            history.replace(known, attempt)
        if known is not None and key in self._lines and attempt.attempt == self._lines[key].attempt:
            self._learnt.add(key)  # a line on its grading says so
        elif key in self._lines:
            if write:
                self.ledger.append([_submitted_again(submission.student, attempt)])
        else:  # written with the line on its grading, which is the first of these bytes
            waiting = self._in_work.setdefault(key, [])
            if known in waiting:
                waiting[waiting.index(known)] = attempt
            else:
                waiting.append(attempt)

    def _free_number(self, student: str) -> int:
        numbers, number = self._histories[student].numbers(), 1
        while number in numbers or self._report_name(student, number) in self._report_names:
            number += 1
        return number

    def _job_for(self, submission: Submission, *, reuse: bool) -> GradingJob | None:
        """What is known of a submission; None when the same bytes are being graded already."""
        key = submission.student, submission.digest
        if key in self._given_out:
            return None
        self._given_out.add(key)
        line = self._lines.get(key)
        if line is not None:
            report = b""
            with suppress(OSError):
                report = (self.results.reports / line.report).read_bytes()
            unaltered = sha256(report).hexdigest() == line.report_digest
            earlier = report if unaltered else b""
            return GradingJob(submission, line.attempt, line, earlier, reuse, line.seed)
        attempt = self._in_work[key][0].attempt
        self._report_names.add(self._report_name(submission.student, attempt))
        return GradingJob(submission, attempt, reuse=reuse)

    def _report_name(self, student: str, attempt: int) -> str:
        return f"{self.results.name_for(student, attempt)}.json"

    def _is_current(self, job: GradingJob, provenance: Provenance) -> bool:
        """Whether grading again would change nothing."""
        line = job.earlier
        if line is None or not job.earlier_report:
            return False
        return self._provenance[line.student, line.submission] == provenance

    def _keep(
        self,
        job: GradingJob,
        graded: GradedSubmission,
        provenance: Provenance,
        *,
        only_raise: bool,
        dry_run: bool,
    ) -> None:
        submission, summary = job.submission, graded.summary
        change = change_of(job, graded, only_raise=only_raise)
        if change is not None:
            self.changes.append(change)
        if dry_run:
            return
        if only_raise and job.earlier is not None and summary.earned < job.earlier.earned:
            self.ledger.append(
                [
                    RegradeSkipped(
                        at=datetime.now(UTC),
                        student=submission.student,
                        submission=submission.digest,
                        earned=summary.earned,
                        basis=provenance,
                    )
                ]
            )
            return
        name = job.earlier.report if job.earlier else self._report_name(submission.student, job.attempt)
        report = self.results.reports / name
        self.results.write(report, graded.report)
        self.results.write(self.results.page_of(report), graded.page)
        if not submission.unreadable:
            self.results.write(self.results.submissions / submission.digest, submission.data)
        self.summaries[name] = summary.shared()
        key = submission.student, submission.digest
        first, *again = self._in_work.pop(key, None) or [self._first_submitted(job)]
        line = Graded(
            at=datetime.now(UTC),
            student=submission.student,
            submission=submission.digest,
            file=first.file,
            submitted=first.submitted,
            marked_late=first.marked_late,
            attempt=first.attempt,
            number=first.number,
            origin=first.origin,
            time_problem=first.time_problem,
            others=list(submission.other_files),
            report=name,
            report_digest=sha256(graded.report).hexdigest(),
            earned=summary.earned,
            possible=summary.possible,
            problem=summary.problem,
            sandbox=graded.sandbox,
            basis=provenance,
            written={task: (points, answer) for task, points, answer in summary.written},
            seed=job.seed,
        )
        self._lines[key] = line
        self.ledger.append([line, *(_submitted_again(submission.student, item) for item in again)])

    def _record_learnt(self, job: GradingJob) -> None:
        """Write the line of a submission again, if more is known of it than when it was graded."""
        key = job.submission.student, job.submission.digest
        if key in self._learnt:
            known = asdict(self._first_submitted(job))
            line = self._lines[key].model_copy(update={"at": datetime.now(UTC), **known})
            self._lines[key] = line
            self.ledger.append([line])

    def _first_submitted(self, job: GradingJob) -> Submitted:
        """What is known of the submission that a line on an earlier grading is about."""
        line = job.earlier
        assert line is not None  # a first grading has its own entry in `_in_work`
        known = self._histories[line.student].known(line.submission, line.attempt)
        assert known is not None  # the histories are made from the same lines
        return known

    def close(self) -> None:
        """Let other runs write to the directory."""
        self.ledger.close()

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _submitted_again(student: str, item: Submitted) -> SubmittedAgain:
    return SubmittedAgain(at=datetime.now(UTC), student=student, **asdict(item))
