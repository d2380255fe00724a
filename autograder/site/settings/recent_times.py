"""How long requests took lately, for those who watch a server."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock

__all__ = ["RecentTimes"]

WINDOW = 600.0  # seconds
MOST = 20_000  # requests


class RecentTimes:
    """The seconds that requests of one kind took in the last ten minutes."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, float]] = deque(maxlen=MOST)
        self._lock = Lock()
        self.count = 0  # since the server was started

    def note(self, seconds: float) -> None:
        """Note that a request took so long."""
        with self._lock:
            self._times.append((time.monotonic(), seconds))
            self.count += 1

    def quantile(self, share: float) -> float | None:
        """The seconds that this share of the requests stayed below; None without any."""
        since = time.monotonic() - WINDOW
        with self._lock:
            seconds = sorted(taken for at, taken in self._times if at >= since)
        return seconds[min(len(seconds) - 1, int(share * len(seconds)))] if seconds else None
