"""A run over a class: what is not graded yet is, what changed is graded again, and one process writes.

A submission is done when its line is in the ledger; a run that was stopped is continued by the next.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from types import TracebackType
from typing import Any

from autograder.errors import UsageError
from autograder.report import ReportSummary
from autograder.results.ledger import Graded, Ledger, Provenance, RegradeSkipped, RunStarted, run_started
from autograder.results.results_folder import Results
from autograder.runs.pool import AbandonedJob
from autograder.runs.regrade import Change, change_between
from autograder.runs.worker import GradedSubmission, GradingJob
from autograder.submissions.collecting import CollectedSubmission, SubmittedFile, read_submitted_file

__all__ = ["Batch", "Crew"]


Crew = Callable[[Iterable[GradingJob]], Iterator[GradedSubmission | AbandonedJob]]


@dataclass(frozen=True)
class _Planned:
    handed: SubmittedFile
    report: str  # the file's name
    attempt: int
    line: Graded | None  # how it was graded before
    before: bytes  # that report, if it is still as it was


class Batch:
    """A run into one folder; a context manager that keeps others from writing to it."""

    def __init__(self, results: Results, assignment: str, seed: int | None = None) -> None:
        """Open or begin the folder; without a seed it keeps its own, and a new one draws one."""
        results.prepare()
        self.results, self.ledger = results, Ledger(results.ledger)
        try:
            self.seed = self._opened(assignment, seed)
        except UsageError:
            self.ledger.close()
            raise
        self.outlines: dict[str, ReportSummary] = {}  # of the reports written by this run, by file name
        self.changes: list[Change] = []
        self.given_up: list[AbandonedJob] = []
        self.lost: list[Graded] = []  # their copies are gone or altered: they stay as they were graded
        self.already = 0  # submissions that needed nothing
        self._graded: dict[tuple[str, str], Graded] = {}
        self._reviewed: dict[tuple[str, str], Provenance] = {}
        for line in self.ledger.lines:
            if isinstance(line, (Graded, RegradeSkipped)):
                self._reviewed[line.student, line.submission] = line.basis
            if isinstance(line, Graded):
                self._graded[line.student, line.submission] = line
        self._names = {line.report for line in self._graded.values()}

    def _opened(self, assignment: str, seed: int | None) -> int:
        if not self.ledger.lines:
            if any(self.results.reports.iterdir()):
                raise UsageError(
                    f"{self.results.root} holds reports, but its ledger is gone.",
                    next_step="Restore the ledger from a copy, or name a new folder with --out.",
                )
            started = secrets.randbits(32) if seed is None else seed
            self.ledger.append([RunStarted(at=datetime.now(UTC), assignment=assignment, seed=started)])
            return started
        first = run_started(self.ledger.lines, self.results.ledger)
        if first.assignment != assignment:
            raise UsageError(
                f"{self.results.root} holds results of {first.assignment}, not of {assignment}.",
                next_step="Name another folder with --out.",
            )
        if seed not in (None, first.seed):
            raise UsageError(
                f"{self.results.root} was graded with seed {first.seed}, not {seed}.",
                next_step="Leave --seed away to go on with it, or name a new folder with --out.",
            )
        return first.seed

    def read(self, entries: Iterable[CollectedSubmission]) -> Iterator[SubmittedFile]:
        """The files of entries, read one at a time."""
        return map(read_submitted_file, entries)

    def stored(self, students: set[str] | None = None) -> Iterator[SubmittedFile]:
        """All that was handed in before, from the folder's own copies; those that are gone are `lost`."""
        for line in list(self._graded.values()):
            if students is None or line.student in students:
                file = self.results.submitted_file(line)
                if file is None:
                    self.lost.append(line)
                else:
                    yield SubmittedFile(line.student, file, line.submitted, line.marked_late)

    def grade(
        self,
        handed: Iterable[SubmittedFile],
        basis: Provenance,
        crew: Crew,
        *,
        everything: bool = False,
        only_raise: bool = False,
        dry: bool = False,
    ) -> Iterator[str]:
        """Grade what needs it, and write; the student's name comes as each is done.

        `everything` keeps no earlier result, `only_raise` no lower score, `dry` writes nothing.
        """
        planned: dict[int, _Planned] = {}
        waiting: list[str] = []  # students who need nothing

        def jobs() -> Iterator[GradingJob]:
            for number, one in enumerate(handed):
                plan = self._plan(one)
                if plan is None or (not everything and self._is_current(plan, basis)):
                    self.already += 1
                    waiting.append(one.student)
                    continue
                planned[number] = plan
                yield GradingJob(number, one.student, one.file, b"" if everything else plan.before)

        for done in crew(jobs()):
            yield from _emptied(waiting)
            if isinstance(done, AbandonedJob):
                self.given_up.append(done)
                yield planned.pop(done.job.number).handed.student
            else:
                plan = planned.pop(done.number)
                self._write(plan, done, basis, only_raise=only_raise, dry=dry)
                yield plan.handed.student
        yield from _emptied(waiting)

    def _plan(self, handed: SubmittedFile) -> _Planned | None:
        """What is known of a submission; None when this run has it already."""
        key = handed.student, handed.digest
        line = self._graded.get(key)
        if line is not None:
            before = b""
            with suppress(OSError):
                before = (self.results.reports / line.report).read_bytes()
            before = before if sha256(before).hexdigest() == line.report_digest else b""
            return _Planned(handed, line.report, line.attempt, line, before)
        if key in self._reviewed:
            return None
        self._reviewed[key] = Provenance(bundle="", engine="", environment="", dataset="")  # on its way
        attempt = 1
        while (name := f"{self.results.name_for(handed.student, attempt)}.json") in self._names:
            attempt += 1
        self._names.add(name)
        return _Planned(handed, name, attempt, None, b"")

    def _is_current(self, plan: _Planned, basis: Provenance) -> bool:
        """Whether a submission is graded as it would be today; its time of handing in is kept up."""
        if plan.line is None or not plan.before:
            return False
        if self._reviewed[plan.line.student, plan.line.submission] != basis:
            return False
        when = _when(plan)
        if when != {"submitted": plan.line.submitted, "marked_late": plan.line.marked_late}:
            self._record(plan.line.model_copy(update={"at": datetime.now(UTC), **when}))
        return True

    def _write(
        self, plan: _Planned, done: GradedSubmission, basis: Provenance, *, only_raise: bool, dry: bool
    ) -> None:
        handed, old = plan.handed, plan.line
        if old is not None:
            change = change_between(old, plan.before, done, kept=only_raise)
            if change is not None:
                self.changes.append(change)
        if dry:
            return
        if old is not None and only_raise and done.summary.earned < old.earned:
            self.ledger.append(
                [
                    RegradeSkipped(
                        at=datetime.now(UTC),
                        student=handed.student,
                        submission=handed.digest,
                        earned=done.summary.earned,
                        basis=basis,
                    )
                ]
            )
            return
        report = self.results.reports / plan.report
        self.results.keep(report, done.report)
        self.results.keep(self.results.page_of(report), done.page)
        if not handed.file.problem:
            self.results.keep(self.results.submissions / handed.digest, handed.file.data)
        self.outlines[plan.report] = done.summary.shared()
        self._record(
            Graded(
                at=datetime.now(UTC),
                student=handed.student,
                submission=handed.digest,
                file=handed.file.name,
                attempt=plan.attempt,
                report=plan.report,
                report_digest=sha256(done.report).hexdigest(),
                earned=done.summary.earned,
                possible=done.summary.possible,
                problem=done.summary.problem,
                sandbox=done.sandbox,
                basis=basis,
                **_when(plan),
            )
        )

    def _record(self, line: Graded) -> None:
        self.ledger.append([line])
        self._graded[line.student, line.submission] = line

    def close(self) -> None:
        """Let others write to the folder."""
        self.ledger.close()

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _when(plan: _Planned) -> dict[str, Any]:
    """What is known of the time of handing in, by now or from before."""
    handed, old = plan.handed, plan.line
    late = handed.marked_late or (old is not None and old.marked_late)
    return {"submitted": handed.submitted or (old.submitted if old else None), "marked_late": late}


def _emptied(names: list[str]) -> Iterator[str]:
    while names:
        yield names.pop(0)
