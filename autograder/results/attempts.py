"""A student's attempts: from the ledger's lines to what was submitted, when, and in which order.

A submission is a student's bytes at a time. The ledger keeps every one it was ever given, so the same
attempts follow from any order, split and repetition of runs. The bytes of the attempt before it are not
a new attempt: the first time stands. The bytes of an earlier one are. `runs.batch` asks which submissions
are new, and `results.final_scores` which attempts there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from autograder.results.ledger import Graded, Line, SubmittedAgain

__all__ = ["Attempt", "History", "Submitted", "attempts_of", "histories_of"]

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Submitted:
    """One submission: which bytes, and what is known of its time and its place of origin."""

    submission: str  # digest of the bytes
    file: str
    submitted: datetime | None = None
    number: int = 0  # the platform's, larger for a later one; 0 where it has none
    marked_late: bool = False
    origin: str = ""  # what the platform calls it
    time_problem: str = ""  # why the time is not known, where the source should say it
    attempt: int = 1  # which of the student's, in the order collected

    @property
    def undated(self) -> bool:
        """Whether neither a time nor a number says when it was submitted."""
        return self.submitted is None and not self.number

    def with_facts(self, newer: Submitted) -> Submitted:
        """With what the same submission, collected once more, says and this one did not know."""
        submitted = self.submitted or newer.submitted
        return replace(
            self,
            submitted=submitted,
            time_problem="" if submitted else self.time_problem or newer.time_problem,
            number=self.number or newer.number,
            marked_late=self.marked_late or newer.marked_late,
            origin=self.origin or newer.origin,
        )


class History:
    """All that one student submitted for an assignment, in order."""

    def __init__(self) -> None:
        self._items: list[Submitted] = []
        self._undated = ""  # the bytes of the latest submission that came without a time

    def find(self, new: Submitted) -> Submitted | None:
        """The recorded submission that a collected one is; None for a new one."""
        same = [item for item in self._items if item.submission == new.submission]
        if new.submitted is not None:
            matching = [item for item in same if item.submitted == new.submitted and _may_be_one(item, new)]
            # Or they were collected before, from a source that did not give the time.
            untimed = [item for item in same if item.submitted is None and _may_be_one(item, new)]
        elif new.number:
            matching = [item for item in same if item.number == new.number]
            untimed = [item for item in same if not item.number]
        else:
            matching = [item for item in same if not item.undated]
            untimed = same if new.submission == self._undated else []
        return next(iter([*matching[-1:], *untimed[-1:]]), None)

    def add(self, item: Submitted) -> None:
        """Record a new submission."""
        self._items.append(item)
        if item.undated:
            self._undated = item.submission

    def replace(self, old: Submitted, new: Submitted) -> None:
        """Record what became known of a submission."""
        self._items[self._items.index(old)] = new

    def known(self, submission: str, attempt: int) -> Submitted | None:
        """The submission of these bytes with this number."""
        matching = (item for item in self._items if (item.submission, item.attempt) == (submission, attempt))
        return next(matching, None)

    def numbers(self) -> set[int]:
        """The numbers of all attempts, in the order collected."""
        return {item.attempt for item in self._items}

    def in_order(self) -> list[Submitted]:
        """All submissions, oldest first: by time, the platform's number, and the order collected.

        Those whose time is not known come first.
        """
        return sorted(self._items, key=lambda item: (item.submitted or LONG_AGO, item.number, item.attempt))

    def attempts(self) -> list[Submitted]:
        """The attempts, oldest first: of the same bytes submitted again and again, the first."""
        ordered = self.in_order()
        return [
            item
            for before, item in zip([None, *ordered], ordered, strict=False)
            if before is None or before.submission != item.submission
        ]


def _may_be_one(item: Submitted, other: Submitted) -> bool:
    """Whether the platform's numbers of two submissions agree, as far as they are known."""
    return item.number == other.number or not (item.number and other.number)


def histories_of(lines: Iterable[Line]) -> dict[str, History]:
    """Every student's history, from the lines of a ledger."""
    histories: dict[str, History] = {}
    for line in lines:
        if isinstance(line, (Graded, SubmittedAgain)):
            _record(histories.setdefault(line.student, History()), line)
    return histories


def _record(history: History, line: Graded | SubmittedAgain) -> None:
    item = Submitted(
        submission=line.submission,
        file=line.file,
        submitted=line.submitted,
        number=line.number,
        marked_late=line.marked_late,
        origin=line.origin,
        time_problem=line.time_problem,
        attempt=line.attempt,
    )
    known = history.known(item.submission, item.attempt)
    if known is None:
        history.add(item)
    elif item.submitted is None or known.submitted in (None, item.submitted):
        history.replace(known, known.with_facts(item))
    elif not history.find(item):  # ledgers of the first versions: the same bytes, submitted another time
        history.add(item)


@dataclass(frozen=True)
class Attempt:
    """One attempt of a student, and how it was graded last."""

    student: str
    number: int  # in the order collected
    submitted: datetime | None
    marked_late: bool
    time_problem: str
    origin: str
    earned: float
    possible: float
    report: str  # its file name; attempts with the same bytes share one
    problem: str
    written: Mapping[str, tuple[float, str]]  # answers that a person marks: points and digest by task


def attempts_of(lines: Iterable[Line]) -> dict[str, list[Attempt]]:
    """Every student's attempts in the order of submission, each as it was graded last."""
    lines = list(lines)
    latest = {(line.student, line.submission): line for line in lines if isinstance(line, Graded)}
    by_student: dict[str, list[Attempt]] = {}
    for student, history in histories_of(lines).items():
        for item in history.attempts():
            graded = latest.get((student, item.submission))
            if graded is not None:
                attempt = Attempt(
                    student=student,
                    number=item.attempt,
                    submitted=item.submitted,
                    marked_late=item.marked_late,
                    time_problem=item.time_problem,
                    origin=item.origin,
                    earned=graded.earned,
                    possible=graded.possible,
                    report=graded.report,
                    problem=graded.problem,
                    written=graded.written,
                )
                by_student.setdefault(student, []).append(attempt)
    return by_student
