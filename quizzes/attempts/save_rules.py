"""What becomes of a save: the rules, in the order they are asked.

A save names the revision it was made on. It is stored if the attempt is open, the time is not over, its
window holds the pen, the question can read it, nothing newer is stored, and it does not empty an answer
without saying so. Whoever loses gets the stored value back, so a page can show both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from autograder.errors import Refused
from quizzes.attempts.edit_lock import holds
from quizzes.attempts.response import Answer, is_blank, response_of
from quizzes.schedule.timing import Arrival, arrival

__all__ = ["Outcome", "Save", "SaveResult", "StoredAnswer", "Writable", "outcome_of"]


SAVE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


class Outcome(StrEnum):
    """What became of a save."""

    SAVED = "saved"
    CLOSED = "closed"  # the attempt is over
    LATE = "late"  # its time is over
    ELSEWHERE = "elsewhere"  # another window holds the pen
    INVALID = "invalid"  # the question cannot read it
    STALE = "stale"  # something newer is stored
    BLANK = "blank"  # it would empty an answer without saying so

    @property
    def status(self) -> int:
        """The HTTP status of the reply."""
        return {"saved": 200, "invalid": 422}.get(self.value, 409)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The stored answer to a question; revision 0 is none yet."""

    rev: int = 0
    raw: str = "null"
    received_at: int = 0


@dataclass(frozen=True, slots=True)
class Save:
    """One save as it arrived; `problem` is what the question says about it, `at` when it arrived."""

    at: int
    pos: int
    raw: str
    base_rev: int
    save_id: str
    pen: str
    problem: str = ""
    clear: bool = False  # the student pressed "clear my answer"
    client: str = ""  # address and browser, for the log

    def __post_init__(self) -> None:
        # PostgreSQL stores no NUL, and what a question quotes of an answer may have one.
        object.__setattr__(self, "problem", self.problem.replace("\0", "\N{REPLACEMENT CHARACTER}"))
        if not SAVE_ID.fullmatch(self.save_id) or not 0 <= self.base_rev < 2**31:
            raise Refused("This save is not one of this page's.", next_step="Reload the page.")


@dataclass(frozen=True, slots=True)
class Writable:
    """What of an attempt decides about a save."""

    open: bool
    deadline_at: int | None
    grace: int
    pen: str


@dataclass(frozen=True, slots=True)
class SaveResult:
    """The reply to a save: what became of it and what is stored now."""

    outcome: Outcome
    held: StoredAnswer
    deadline_at: int | None
    in_grace: bool = False
    replayed: bool = False  # it had been stored before; the reply was lost
    problem: str = ""

    @property
    def answer(self) -> Answer:
        """The stored answer."""
        return response_of(self.held.raw)


def outcome_of(save: Save, attempt: Writable, held: StoredAnswer) -> Outcome:
    """What becomes of a save that was not stored before."""
    if not attempt.open:
        return Outcome.CLOSED
    if arrival(save.at, attempt.deadline_at, attempt.grace) is Arrival.LATE:
        return Outcome.LATE
    if not holds(save.pen, attempt.pen):
        return Outcome.ELSEWHERE
    if save.problem:
        return Outcome.INVALID
    if save.base_rev != held.rev:
        return Outcome.STALE
    if is_blank(response_of(save.raw)) and not is_blank(response_of(held.raw)) and not save.clear:
        return Outcome.BLANK
    return Outcome.SAVED
