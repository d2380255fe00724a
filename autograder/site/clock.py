"""The clock of a server: UTC in milliseconds, and it never goes backwards.

Deadlines are stored instants, so a wall clock that is set back would lengthen every running attempt.
Time therefore follows the monotonic clock when the wall clock is behind it, and the wall clock when that is
ahead, as after a machine was suspended. `behind` tells an operator that the two differ.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "ServerClock"]


MILLION = 1_000_000


class Clock(Protocol):
    """A clock; tests use one that they can set."""

    def now(self) -> int:
        """The instant in milliseconds since 1970 UTC; never less than the last one returned."""
        ...


class ServerClock:
    """The machine's clock with a guard against backward steps; thread-safe.

    `floor` is the latest stored instant: after a restart with a wrong wall clock, time continues from there.
    `wall` and `steady` return nanoseconds.
    """

    def __init__(
        self,
        floor: int = 0,
        *,
        wall: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._lock = threading.Lock()
        self._offset = max(wall(), floor * MILLION) - steady()  # what to add to `steady`

    def now(self) -> int:
        """The instant in milliseconds since 1970 UTC."""
        with self._lock:
            steady = self._steady()
            self._offset = max(self._offset, self._wall() - steady)
            return (steady + self._offset) // MILLION

    def behind(self) -> int:
        """The milliseconds by which the machine's wall clock is behind this clock."""
        return self.now() - self._wall() // MILLION
