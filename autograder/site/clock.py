"""The one clock of a server: UTC in milliseconds, and it never goes back.

Deadlines are stored instants, so a wall clock that is set back would lengthen every running attempt.
Time therefore runs on by the monotonic clock when the wall is behind it, and follows the wall when the
wall is ahead, as after a machine was suspended. `behind` tells an operator that the two differ.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "ServerClock"]


MILLION = 1_000_000


class Clock(Protocol):
    """Whatever tells the time; tests bring one they can turn."""

    def now(self) -> int:
        """The instant, in milliseconds since 1970 UTC; never less than the last one told."""
        ...


class ServerClock:
    """The machine's clock with a guard against backward steps; safe to ask from several threads.

    `floor` is the latest instant the store knows of: after a restart with a wrong wall clock, time goes on
    from there. `wall` and `steady` tell nanoseconds.
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
        self._ahead = max(wall(), floor * MILLION) - steady()  # what to add to `steady`

    def now(self) -> int:
        """The instant in milliseconds since 1970 UTC."""
        with self._lock:
            steady = self._steady()
            self._ahead = max(self._ahead, self._wall() - steady)
            return (steady + self._ahead) // MILLION

    def behind(self) -> int:
        """By how many milliseconds the machine's wall clock is behind the instants this clock tells."""
        return self.now() - self._wall() // MILLION
