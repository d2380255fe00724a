"""Attempts that the server could not close or mark: they wait, so that they hold up nobody else's.

The exam service asks it which attempts are due; a fault in one of them is told to staff, and it is tried
again, later each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.course.local_time import counted
from autograder.site.clock import Clock

__all__ = ["HeldBack"]


FIRST_WAIT, LONGEST_WAIT = 60_000, 3_600_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Failure:
    """How often one attempt failed, and when it is tried again."""

    times: int
    again_at: int


class HeldBack:
    """The attempts at which one kind of work failed; `what` names the work, as in "closed"."""

    def __init__(self, clock: Clock, what: str) -> None:
        self._clock, self._what = clock, what
        self._failures: dict[str, Failure] = {}

    def due(self, attempts: Iterable[str]) -> list[str]:
        """Those of the attempts that need the work that do not wait; all others are forgotten."""
        listed = list(attempts)
        needed, now = set(listed), self._clock.now()
        for attempt in self._failures.keys() - needed:
            self._failures.pop(attempt, None)
        failures = dict(self._failures)
        return [attempt for attempt in listed if attempt not in failures or failures[attempt].again_at <= now]

    def add(self, attempt: str) -> None:
        """Hold an attempt back because the work failed, twice as long as the last time."""
        known = self._failures.get(attempt)
        times = known.times + 1 if known else 1
        wait = min(FIRST_WAIT * 2 ** min(times - 1, 10), LONGEST_WAIT)
        self._failures[attempt] = Failure(times, self._clock.now() + wait)

    def warning(self) -> str:
        """A sentence for staff; empty if nothing failed."""
        if not self._failures:
            return ""
        return (
            f"{counted(len(self._failures), 'attempt')} cannot be {self._what}: the server's log says why. "
            "It is tried again; all others are."
        )
