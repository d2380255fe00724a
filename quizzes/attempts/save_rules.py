"""The rules for a save, in the order in which they are checked.

A save names the revision that it was made on. It is stored if the attempt is open, the time is not over, its
tab holds the edit lock, the question can read the answer, no newer revision is stored, and it does not clear
an answer without `clear`. The reply to a refused save has the stored answer, so that a page can show both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from autograder.errors import Refused
from quizzes.attempts.edit_lock import holds
from quizzes.attempts.response import answer_from, is_blank
from quizzes.content.question import Answer
from quizzes.schedule.timing import Arrival, arrival

__all__ = [
    "Outcome",
    "Save",
    "SaveResult",
    "StoredAnswer",
    "TooManySaves",
    "Writable",
    "check_budget",
    "outcome_of",
]


SAVE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
# What the log of an attempt may hold: a page that saves a full essay every second stays below it.
FIRST_BYTES = 2 * 1024 * 1024
BYTES_PER_SECOND = 64 * 1024


class TooManySaves(Refused):
    """The attempt's log is full for now; the page sends the save again."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "This page saves more than anybody can type.", next_step="The page tries again soon."
        )
        self.retry_after = seconds


class Outcome(StrEnum):
    """The outcome of a save."""

    SAVED = "saved"
    CLOSED = "closed"  # the attempt is over
    LATE = "late"  # the time is over
    ELSEWHERE = "elsewhere"  # another tab holds the edit lock
    INVALID = "invalid"  # the question cannot read the answer
    STALE = "stale"  # a newer revision is stored
    BLANK = "blank"  # it would clear the answer without `clear`

    @property
    def status(self) -> int:
        """The HTTP status of the reply."""
        return {"saved": 200, "invalid": 422}.get(self.value, 409)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The stored answer to a question; revision 0 means none yet."""

    rev: int = 0
    response: str = "null"
    received_at: int = 0


@dataclass(frozen=True, slots=True)
class Save:
    """A save whose request was complete at the instant `at`; `problem`: why the question cannot read it."""

    at: int
    pos: int
    response: str
    base_rev: int
    save_id: str
    lock: str
    problem: str = ""
    clear: bool = False  # the student pressed "clear my answer"
    client: str = ""  # address and browser, for the log
    began_at: int | None = None  # when the request began to arrive; None where that is not known

    def __post_init__(self) -> None:
        # PostgreSQL stores no NUL, and a problem may quote one from the answer.
        object.__setattr__(self, "problem", self.problem.replace("\0", "\N{REPLACEMENT CHARACTER}"))
        if not SAVE_ID.fullmatch(self.save_id) or not 0 <= self.base_rev < 2**31:
            raise Refused("This save does not come from this page.", next_step="Reload the page.")


@dataclass(frozen=True, slots=True)
class Writable:
    """The part of an attempt that decides about a save."""

    open: bool
    deadline_at: int | None
    grace: int
    lock: str


@dataclass(frozen=True, slots=True)
class SaveResult:
    """The reply to a save: its outcome and what is stored now."""

    outcome: Outcome
    stored: StoredAnswer
    deadline_at: int | None
    in_grace: bool = False
    replayed: bool = False  # it was stored before, and the reply was lost
    problem: str = ""

    @property
    def answer(self) -> Answer:
        """The stored answer."""
        return answer_from(self.stored.response)


def check_budget(save: Save, saved_bytes: int, started_at: int) -> int:
    """The bytes of a save; raises TooManySaves if the attempt's log may not hold them yet."""
    size = len(save.response.encode())
    elapsed = max(0, save.at - started_at)
    over = saved_bytes + size - FIRST_BYTES - BYTES_PER_SECOND * elapsed // 1000
    if over > 0:
        raise TooManySaves(-(-over // BYTES_PER_SECOND))
    return size


def outcome_of(save: Save, attempt: Writable, stored: StoredAnswer) -> Outcome:
    """The outcome of a save that was not stored before."""
    if not attempt.open:
        return Outcome.CLOSED
    if arrival(save.at, attempt.deadline_at, attempt.grace) is Arrival.LATE:
        return Outcome.LATE
    if not holds(save.lock, attempt.lock):
        return Outcome.ELSEWHERE
    if save.problem:
        return Outcome.INVALID
    if save.base_rev != stored.rev:
        return Outcome.STALE
    if is_blank(answer_from(save.response)) and not is_blank(answer_from(stored.response)) and not save.clear:
        return Outcome.BLANK
    return Outcome.SAVED
