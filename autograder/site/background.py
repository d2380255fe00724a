"""Periodic tasks: a thread that calls a function every few seconds.

The tasks keep no state of their own: their work is in the database and idempotent, so any number of servers
may run them, and a server that was killed leaves nothing to repair. Extensions run their background work so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

__all__ = ["PeriodicTask"]


INTERVAL = 5.0  # seconds
log = logging.getLogger(__name__)


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
