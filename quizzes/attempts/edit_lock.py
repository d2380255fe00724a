"""The edit lock of an attempt: one browser tab saves at a time.

Every tab that opens an attempt draws a random lock and takes the attempt with it; the newest tab holds the
lock. The saves of an older tab are refused with the stored value, the tab becomes read-only, and "Continue
here" takes the lock back. So two tabs never overwrite each other, and a dead tab locks nobody out. The exam
service and the rules for saving use this module.
"""

from __future__ import annotations

import re
import secrets

from autograder.errors import Refused

__all__ = ["checked_lock", "holds", "new_lock"]


LOCK = re.compile(r"[A-Za-z0-9_-]{8,64}")


def new_lock() -> str:
    """A random lock for a tab."""
    return secrets.token_urlsafe(12)


def checked_lock(lock: str) -> str:
    """The lock that a browser sent, if it has the form of one; raises Refused otherwise."""
    if not LOCK.fullmatch(lock):
        raise Refused("This tab has no edit lock for the attempt.", next_step="Reload the page.")
    return lock


def holds(lock: str, attempt_lock: str) -> bool:
    """Whether the tab with this lock may save."""
    return secrets.compare_digest(lock.encode(), attempt_lock.encode())
