"""What was worked out lately, by its key: the newest few thousand, in whatever thread they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Remembered"]


T = TypeVar("T")
MOST = 8192


class Remembered(Generic[T]):
    """As `functools.lru_cache`, and what is known beforehand can be put in."""

    def __init__(self, work: Callable[[str], T], most: int = MOST) -> None:
        self._work, self._most = work, most
        self._known: OrderedDict[str, T] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, key: str) -> T:
        """The value of a key."""
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        value = self._work(key)
        self.put(key, value)
        return value

    def put(self, key: str, value: T) -> None:
        """Remember a value; the one not asked for longest is forgotten."""
        with self._lock:
            self._known[key] = value
            self._known.move_to_end(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
