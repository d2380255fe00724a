"""What a start page says before the clock runs: your time, your end, and whether you may start."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from quizzes.attempt import State
from quizzes.refusal import Refused
from quizzes.store.attempts import AttemptRow, attempts_at, refusal_of
from quizzes.store.people import place_of
from quizzes.timing import Terms

__all__ = ["Offer", "offer_to"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A quiz as one student may take it at one instant."""

    terms: Terms
    at: int
    attempts: list[AttemptRow]  # their own, previews too
    staff: bool  # they may preview it
    refusal: Refused | None  # why it cannot be started now

    @property
    def used(self) -> int:
        """How many attempts count against the allowed ones."""
        return sum(not one.preview for one in self.attempts)

    @property
    def running(self) -> AttemptRow | None:
        """The open one, to go on with."""
        return next((one for one in self.attempts if one.state is State.OPEN), None)

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
    terms, role = place_of(connection, quiz_id, person)
    attempts = attempts_at(connection, quiz_id, person)
    offer = Offer(terms, at, attempts, role != "student", None)
    return offer if offer.running else replace(offer, refusal=refusal_of(terms, offer.used, at))
