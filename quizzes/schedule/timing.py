"""The timing rules of a quiz: when an attempt may start, when it ends, and what is late.

All instants are milliseconds since 1970 UTC, all spans milliseconds; intervals are half-open. `Terms` are
what a quiz's `Schedule` comes to for one person with their `Accommodation` and `Override`s. The functions are
pure: none of them reads a clock.
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
    """The times of a quiz; None means never due, never closed, no limit, any number of attempts."""

    opens_at: int
    due_at: int | None = None
    closes_at: int | None = None
    limit: int | None = None
    grace: int = GRACE
    extend_close: bool = True
    attempts: int | None = 1

    def problem(self) -> str:
        """The fault in these times, as a sentence; empty if there is none."""
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
    """Extra time of a person: the limit times `multiplier`, plus `extra`."""

    multiplier: Fraction = Fraction(1)
    extra: int = 0

    def __post_init__(self) -> None:
        if self.multiplier < 1 or self.extra < 0:
            raise ValueError("an accommodation never takes time away")


@dataclass(frozen=True, slots=True)
class Override:
    """One value of a quiz for a person or a label; the person's value wins."""

    field: str  # a field of Schedule, or `multiplier` (a Fraction) or `extra` of the accommodation
    value: int | bool | Fraction | None
    personal: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """The times and limits of one student in one quiz."""

    opens_at: int
    due_at: int | None
    closes_at: int | None
    time_allowed: int | None  # the time limit with extra time
    grace: int
    attempts: int | None

    def deadline_at(self, started_at: int) -> int | None:
        """The deadline of an attempt that starts at `started_at`; None without one."""
        ends = [self.closes_at] if self.closes_at is not None else []
        if self.time_allowed is not None:
            ends.append(started_at + self.time_allowed)
        return min(ends, default=None)

    def may_start(self, now: int) -> bool:
        """Whether the quiz is open for the student."""
        return self.opens_at <= now and (self.closes_at is None or now < self.closes_at)

    def shortfall(self, slack: int = 0) -> int:
        """The milliseconds lost by a start at the opening plus `slack`; 0 if none."""
        if self.time_allowed is None or self.closes_at is None:
            return 0
        return max(0, self.opens_at + slack + self.time_allowed - self.closes_at)


def terms_for(
    schedule: Schedule, accommodation: Accommodation | None = None, overrides: Iterable[Override] = ()
) -> Terms:
    """The terms of one student: the close and the due date move by the time beyond the limit.

    A close or due date of an override stays as it is, since the instructor wrote it.
    """
    extra_time = accommodation or Accommodation()
    chosen = {
        override.field: override.value
        for override in sorted(overrides, key=lambda override: override.personal)
    }
    more = {name: chosen.pop(name) for name in ("multiplier", "extra") if name in chosen}
    extra_time = replace(extra_time, **more)  # type: ignore[arg-type]
    personal = replace(schedule, **chosen)  # type: ignore[arg-type]
    time_allowed = (
        None if personal.limit is None else ceil(personal.limit * extra_time.multiplier) + extra_time.extra
    )
    beyond = (
        extra_time.extra
        if time_allowed is None or schedule.limit is None
        else max(0, time_allowed - schedule.limit)
    )
    shift = beyond if personal.extend_close else 0

    def moved(field: str, instant: int | None) -> int | None:
        return instant if instant is None or field in chosen else instant + shift

    return Terms(
        opens_at=personal.opens_at,
        due_at=moved("due_at", personal.due_at),
        closes_at=moved("closes_at", personal.closes_at),
        time_allowed=time_allowed,
        grace=personal.grace,
        attempts=personal.attempts,
    )


class Arrival(StrEnum):
    """When a save arrived, relative to the deadline."""

    IN_TIME = "in time"
    IN_GRACE = "in grace"
    LATE = "late"


def arrival(at: int, deadline_at: int | None, grace: int) -> Arrival:
    """In time up to and including the deadline, in grace to the end of the grace, then late."""
    if deadline_at is None or at <= deadline_at:
        return Arrival.IN_TIME
    return Arrival.IN_GRACE if at <= deadline_at + grace else Arrival.LATE


def seconds_late(finished_at: int, due_at: int | None) -> int:
    """The seconds after the due date, rounded up."""
    return 0 if due_at is None else max(0, ceil((finished_at - due_at) / SECOND))


def remaining(now: int, deadline_at: int | None) -> int | None:
    """The milliseconds on the student's timer, which does not show the grace."""
    return None if deadline_at is None else max(0, deadline_at - now)
