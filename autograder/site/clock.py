"""The clock of a server: UTC in milliseconds, which neither goes backwards nor leaps.

Deadlines are stored instants, so a wall clock that is set back would lengthen every running attempt, and one
that leaps ahead would end them all. Time therefore follows the monotonic clock when the wall clock is behind
it or far ahead, and the wall clock when that is a little ahead. Where the two differ, `problem` says so to
staff, who decide: `set_right` takes over the machine's clock.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from autograder.course.local_time import span

__all__ = ["LARGEST_STEP", "Clock", "ClockState", "ServerClock"]


MILLION = 1_000_000
LARGEST_STEP = 600_000  # milliseconds; a wall clock that is further ahead is not followed
LONGEST_GAP = 400 * 86_400_000  # milliseconds; nothing is stored for so long in no course that is alive
NOTICED = 60_000  # milliseconds; staff are told of a wall clock that differs by more
log = logging.getLogger(__name__)


class Clock(Protocol):
    """A clock; tests use one that they can set."""

    def now(self) -> int:
        """The instant in milliseconds since 1970 UTC; never less than the last one returned."""
        ...


@dataclass(frozen=True, slots=True)
class ClockState:
    """The server's clock beside the machine's, in milliseconds since 1970 UTC."""

    now: int
    wall: int
    leap: int  # the furthest that the wall clock was ahead since the start, where that was not followed

    @property
    def offset(self) -> int:
        """The milliseconds by which the machine's clock is ahead; negative if it is behind."""
        return self.wall - self.now

    @property
    def problem(self) -> str:
        """What differs, for staff; empty if nothing does."""
        if abs(self.offset) > NOTICED:
            side = "ahead of" if self.offset > 0 else "behind"
            return (
                f"The machine's clock is {_coarse(abs(self.offset))} {side} the server's, which goes on at "
                "its own pace, so that no attempt ends early or late. Find out which one is right."
            )
        if self.leap:
            return (
                f"The machine's clock was {_coarse(self.leap)} ahead for a while. It was not followed, and "
                "the two agree again."
            )
        return ""


def steady_ns() -> int:
    """Nanoseconds of a clock that nobody sets; on Linux it counts the time a machine is suspended."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


class ServerClock:
    """The machine's clock with a guard against backward steps and leaps; thread-safe.

    `floor` is the latest stored instant of an attempt: after a start with a wall clock behind it, time
    continues from there. `seen` is the latest instant of anything stored: a wall clock that is years ahead of
    both at the start is not followed either.
    `wall` and `steady` return nanoseconds.
    """

    def __init__(
        self,
        floor: int = 0,
        seen: int = 0,
        *,
        wall: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = steady_ns,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        started, known = max(wall(), floor * MILLION), max(floor, seen) * MILLION
        leap = started - known if known and started - known > LONGEST_GAP * MILLION else 0
        self._offset = started - leap - steady()  # what to add to `steady`
        self._leap = leap  # nanoseconds
        if leap:
            log.warning("The machine's clock is %s s ahead of what is stored; not followed.", leap // 10**9)

    def now(self) -> int:
        """The instant in milliseconds since 1970 UTC."""
        return self._read()[0] // MILLION

    def state(self) -> ClockState:
        """This clock beside the machine's."""
        now, wall = self._read()
        return ClockState(now // MILLION, wall // MILLION, self._leap // MILLION)

    def behind(self) -> int:
        """The milliseconds by which the machine's wall clock is behind this clock."""
        return -self.state().offset

    def set_right(self) -> ClockState:
        """Take over the machine's clock, whatever it says; returns what differed before.

        Only staff decide this: time may go back by it.
        """
        before = self.state()
        with self._lock:
            self._offset, self._leap = self._wall() - self._steady(), 0
        return before

    def follow_correction(self, before: int, after: int) -> bool:
        """Move with another server of the same database, which staff set from `before` to `after` just now.

        False, and no change, if this clock is nearer to the corrected time already.
        """
        now = self.now()
        with self._lock:
            if abs(now - after) <= abs(now - before):
                return False
            self._offset, self._leap = self._offset + (after - before) * MILLION, 0
            return True

    def _read(self) -> tuple[int, int]:
        with self._lock:
            # In this order: a pause between the two makes the wall clock look late, which changes nothing;
            # in the other one it would look ahead, and this clock would be for good.
            wall, steady = self._wall(), self._steady()
            offset = wall - steady - self._offset
            if offset > LARGEST_STEP * MILLION:
                if offset > 2 * self._leap:
                    log.warning("The machine's clock leapt %s s ahead; it is not followed.", offset // 10**9)
                self._leap = max(self._leap, offset)
            else:
                self._offset += max(0, offset)
            return steady + self._offset, wall


def _coarse(milliseconds: int) -> str:
    """A span in words, in days where it has many."""
    days = milliseconds // 86_400_000
    return f"{days} days" if days > 1 else span(milliseconds // 1000 * 1000)
