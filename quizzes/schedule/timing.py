"""When an attempt may start, when it ends, and what counts as late: plain arithmetic on instants.

All instants are milliseconds since 1970 UTC, all spans milliseconds; intervals are half-open. A `Schedule` is
the quiz's, an `Accommodation` and `Override`s are a person's, and `Terms` are what they come to for them.
Nothing here asks a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil

__all__ = [
    "SECOND",
    "Accommodation",
    "Arrival",
    "Override",
    "Schedule",
    "Terms",
    "arrival",
    "remaining",
    "seconds_late",
    "terms_for",
]


SECOND = 1000
GRACE = 20 * SECOND


@dataclass(frozen=True, slots=True)
class Schedule:
    """A quiz's times for everybody. None: never due, never closed, no limit, as many attempts as wanted."""

    opens_at: int
    due_at: int | None = None
    closes_at: int | None = None
    limit: int | None = None
    grace: int = GRACE
    extend_close: bool = True
    attempts: int | None = 1

    def problem(self) -> str:
        """What is wrong with these times, in a sentence; empty when nothing is."""
        if self.due_at is not None and self.due_at <= self.opens_at:
            return "It is due before it opens."
        if self.closes_at is not None and self.closes_at <= self.opens_at:
            return "It closes before it opens."
        if self.due_at is not None and self.closes_at is not None and self.closes_at < self.due_at:
            return "It closes before it is due."
        if self.limit is not None and self.limit < SECOND:
            return "Its time limit is shorter than a second."
        if self.grace < 0:
            return "Its grace is negative."
        if self.attempts is not None and self.attempts < 1:
            return "It allows no attempt."
        return ""


@dataclass(frozen=True, slots=True)
class Accommodation:
    """More time for a person: the limit times `multiplier`, and `extra` on top."""

    multiplier: Fraction = Fraction(1)
    extra: int = 0

    def __post_init__(self) -> None:
        if self.multiplier < 1 or self.extra < 0:
            raise ValueError("an accommodation never takes time away")


@dataclass(frozen=True, slots=True)
class Override:
    """One value set for a person, or for a label, in one quiz; a person's own wins over a label's."""

    field: str  # a field of Schedule, or `multiplier` (a Fraction) or `extra` of the accommodation
    value: int | bool | Fraction | None
    personal: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for one student in one quiz."""

    opens_at: int
    due_at: int | None
    closes_at: int | None
    allot: int | None  # the student's own time limit
    grace: int
    attempts: int | None

    def deadline_at(self, started_at: int) -> int | None:
        """When an attempt started then ends; None if nothing ends it."""
        ends = [self.closes_at] if self.closes_at is not None else []
        if self.allot is not None:
            ends.append(started_at + self.allot)
        return min(ends, default=None)

    def may_start(self, now: int) -> bool:
        """Whether the student's window is open."""
        return self.opens_at <= now and (self.closes_at is None or now < self.closes_at)

    def shortfall(self, slack: int = 0) -> int:
        """How much of the whole time is missing for a start at the opening plus `slack`; 0 if none."""
        if self.allot is None or self.closes_at is None:
            return 0
        return max(0, self.opens_at + slack + self.allot - self.closes_at)


def terms_for(
    schedule: Schedule, accommodation: Accommodation | None = None, overrides: Iterable[Override] = ()
) -> Terms:
    """One student's terms: the close and the due date move along with what they get beyond the limit.

    A close or due date set by an override is taken as it stands: it is what the instructor wrote.
    """
    given = accommodation or Accommodation()
    chosen = {one.field: one.value for one in sorted(overrides, key=lambda one: one.personal)}
    more = {name: chosen.pop(name) for name in ("multiplier", "extra") if name in chosen}
    given = replace(given, **more)  # type: ignore[arg-type]
    own = replace(schedule, **chosen)  # type: ignore[arg-type]
    allot = None if own.limit is None else ceil(own.limit * given.multiplier) + given.extra
    beyond = given.extra if allot is None or schedule.limit is None else max(0, allot - schedule.limit)
    shift = beyond if own.extend_close else 0

    def moved(field: str, instant: int | None) -> int | None:
        return instant if instant is None or field in chosen else instant + shift

    return Terms(
        opens_at=own.opens_at,
        due_at=moved("due_at", own.due_at),
        closes_at=moved("closes_at", own.closes_at),
        allot=allot,
        grace=own.grace,
        attempts=own.attempts,
    )


class Arrival(StrEnum):
    """When something arrived, seen from the deadline."""

    IN_TIME = "in time"
    IN_GRACE = "in grace"
    LATE = "late"


def arrival(at: int, deadline_at: int | None, grace: int) -> Arrival:
    """In time up to and including the deadline, then in grace up to and including its end, then late."""
    if deadline_at is None or at <= deadline_at:
        return Arrival.IN_TIME
    return Arrival.IN_GRACE if at <= deadline_at + grace else Arrival.LATE


def seconds_late(finished_at: int, due_at: int | None) -> int:
    """Started seconds after the due date."""
    return 0 if due_at is None else max(0, ceil((finished_at - due_at) / SECOND))


def remaining(now: int, deadline_at: int | None) -> int | None:
    """The time the student's timer shows; the grace is hidden from it."""
    return None if deadline_at is None else max(0, deadline_at - now)
