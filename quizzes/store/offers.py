"""What a start page says before the clock runs: your time, your end, and whether you may start."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from quizzes.refusal import Refused
from quizzes.store.attempts import AttemptRow, open_one, refusal_of, used_by
from quizzes.store.people import terms_of
from quizzes.timing import Terms

__all__ = ["Offer", "offer_to"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A quiz as one student may take it at one instant."""

    terms: Terms
    at: int
    used: int  # attempts so far
    running: AttemptRow | None  # the open one, to go on with
    refusal: Refused | None  # why it cannot be started now

    @property
    def deadline_at(self) -> int | None:
        """When an attempt started at this instant ends."""
        return self.terms.deadline_at(self.at)

    @property
    def cut(self) -> int:
        """By how much the close cuts the student's time, in milliseconds, if they start now."""
        if self.terms.allot is None or self.deadline_at is None:
            return 0
        return max(0, self.at + self.terms.allot - self.deadline_at)


def offer_to(connection: Connection, quiz_id: str, person: str, at: int) -> Offer:
    """The offer; raises NotFound for no such quiz and Forbidden for somebody not enrolled."""
    terms = terms_of(connection, quiz_id, person)
    used, _ = used_by(connection, quiz_id, person)
    running = open_one(connection, quiz_id, person)
    refusal = None if running is not None else refusal_of(terms, used, at)
    return Offer(terms, at, used, running, refusal)
