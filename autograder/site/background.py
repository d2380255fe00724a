"""The sweeper: ends attempts whose time is over, though nobody looks, and after a restart too.

It keeps nothing in mind: what is overdue stands in the database, and ending is idempotent, so any number of
servers may sweep, and one that was killed has nothing to make good.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

__all__ = ["PeriodicTask"]


EVERY = 5.0  # seconds
log = logging.getLogger(__name__)


class PeriodicTask:
    """A thread that calls `sweep` every few seconds until it is stopped; one that fails is tried again."""

    def __init__(self, sweep: Callable[[], int], every: float = EVERY) -> None:
        self._sweep, self._every = sweep, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="quiz-sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the sweep that is under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._sweep()
            except Exception:
                log.exception("A sweep failed; the next one is in %s seconds.", self._every)
            if self._stop.wait(self._every):
                return
