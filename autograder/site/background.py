"""Periodic tasks: a thread that calls a function every few seconds; and the pace of long work.

The tasks keep no state of their own: their work is in the database and idempotent, so any number of servers
may run them, and a server that was killed leaves nothing to repair. Extensions run their background work so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

__all__ = ["Pace", "PeriodicTask"]


INTERVAL = 5.0  # seconds
UNNOTICED, LONGEST_PAUSE = 0.001, 0.05  # seconds
log = logging.getLogger(__name__)


class Pace:
    """Paces long work in a server, so that requests come first.

    A step that took longer than its own processor time waited for somebody who was busy: they get as long
    again, without it. On an idle server the work does not wait.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.perf_counter,
        used: Callable[[], float] = time.thread_time,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` and `used` return seconds: on the wall, and of this thread's processor time."""
        self._clock, self._used, self._pause = clock, used, pause
        self._began = clock(), used()

    def step(self) -> None:
        """End a step, and wait if others were busy meanwhile."""
        began, used = self._began
        waited = self._clock() - began - (self._used() - used)
        if waited > UNNOTICED:
            self._pause(min(waited, LONGEST_PAUSE))
        self._began = self._clock(), self._used()


class PeriodicTask:
    """A thread that calls `work` every few seconds until it is stopped; a failed call is tried again."""

    def __init__(self, work: Callable[[], int], every: float = INTERVAL) -> None:
        self._work, self._every = work, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="periodic-task", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread after the call in progress."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._work()
            except Exception:
                log.exception("A periodic task failed; it is tried again in %s seconds.", self._every)
            if self._stop.wait(self._every):
                return
