"""Periodic tasks: a thread that calls a function every few seconds; and the pace of long work.

The tasks keep no state of their own: their work is in the database and idempotent, so any number of servers
may run them, and a server that was killed leaves nothing to repair. Extensions run their background work so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Crowd", "Pace", "PeriodicTask"]


INTERVAL = 5.0  # seconds
UNNOTICED, LONGEST_PAUSE, LOOK = 0.0005, 0.5, 0.05  # seconds: of others, of a pause, between two looks
GIVEN, BUSIEST = 4, 5 / 6  # a pause is at most 20 times its step: a regrade on a full server still ends
CROWD = 24  # requests under way; a steady class has three
LONGEST_WAIT, LONGEST_IN_ALL = 0.5, 10.0  # seconds for a crowd, of a step and of a work: a herd's length
log = logging.getLogger(__name__)


class Crowd:
    """The requests under way in a server: many at once when a class starts or submits."""

    def __init__(self) -> None:
        self.requests = 0

    @property
    def is_large(self) -> bool:
        """Whether so many are under way that they wait for each other."""
        return self.requests >= CROWD

    @contextmanager
    def aside(self) -> Iterator[None]:
        """A request that only waits for something to happen takes no part in the crowd meanwhile."""
        self.requests -= 1
        try:
            yield
        finally:
            self.requests += 1


class Pace:
    """Paces long work in a server, so that requests come first, and the work still ends.

    The busier the other threads were since the last step, the longer the pause, up to many times the step
    itself; while a `crowd` is large, the work waits a bounded time. On an idle server it never waits.
    """

    def __init__(
        self,
        crowd: Crowd | None = None,
        *,
        written: Callable[[], float] = lambda: 0.0,
        everybody: Callable[[], float] = time.process_time,
        of_thread: Callable[[], float] = time.thread_time,
        now: Callable[[], float] = time.perf_counter,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """The functions return seconds: `everybody` and `of_thread` of the processor, `now` of a clock.

        `written` returns what the writer's thread took for work like this, which counts as its own.
        """
        self._crowd, self._waited = crowd or Crowd(), 0.0
        self._everybody, self._of_thread, self._written = everybody, of_thread, written
        self._now, self._pause = now, pause
        self._began = self._instant()

    def step(self) -> None:
        """End a step, and wait if others were busy meanwhile."""
        ended = self._instant()
        everybody, own, wall = (end - begin for end, begin in zip(ended, self._began, strict=True))
        self._began = ended
        others = everybody - own
        if others > UNNOTICED:
            # Queues grow with busy / (1 - busy): the same shape keeps them short at any load.
            busy = min(others / max(wall, others), BUSIEST)
            self._pause(min(own * GIVEN * busy / (1 - busy), LONGEST_PAUSE))
        until = min(self._waited + LONGEST_WAIT, LONGEST_IN_ALL) - LOOK / 2
        while self._crowd.is_large and self._waited < until:
            self._pause(LOOK)
            self._waited += LOOK

    def _instant(self) -> tuple[float, float, float]:
        """The processor seconds of everybody and of this work, and the clock."""
        return self._everybody(), self._of_thread() + self._written(), self._now()


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
