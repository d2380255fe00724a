"""One window writes at a time: the pen of an attempt.

Every window that opens an attempt draws a pen of its own and takes the attempt with it; the newest holds it.
An older window sees its saves refused with the stored value, is shown read-only, and may take the pen again
by "continue here". So two tabs never overwrite each other, and nobody is ever locked out by a dead tab.
"""

from __future__ import annotations

import re
import secrets

from autograder.errors import Refused

__all__ = ["checked_lock", "holds", "new_lock"]


LOCK = re.compile(r"[A-Za-z0-9_-]{8,64}")


def new_lock() -> str:
    """A pen nobody else has."""
    return secrets.token_urlsafe(12)


def checked_lock(pen: str) -> str:
    """The pen a browser sent, if it can be one; raises Refused otherwise."""
    if not LOCK.fullmatch(pen):
        raise Refused("This window has no pen for the attempt.", next_step="Reload the page.")
    return pen


def holds(pen: str, attempt_pen: str) -> bool:
    """Whether this window may write."""
    return secrets.compare_digest(pen.encode(), attempt_pen.encode())
