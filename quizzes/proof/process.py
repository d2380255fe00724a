"""The proof's own process: as many connections as takers, and an orderly end when it is told to end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from autograder.errors import UsageError

__all__ = ["allow_connections", "ended_in_order"]

SPARE = 200  # open files beyond the connections


def allow_connections(takers: int) -> None:
    """Let each taker be an open file, here and in the server, which inherits it; raises UsageError."""
    if sys.platform == "win32":
        return  # sockets are not counted as files there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = takers + SPARE
    if soft >= needed or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"This machine allows {hard} open files; {takers} takers need {needed}.",
            next_step="Raise the limit (ulimit -n), or test with fewer takers.",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Whoever ends this process by SIGTERM ends its server and its folder, too."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
