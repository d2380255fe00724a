"""A loaded machine, on one core of it: the others are left to whoever else runs tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["busy_core"]

# None outlives the test by more than a minute of its core, whatever becomes of the test.
BUSY = ["sh", "-c", "ulimit -t 60; while :; do :; done"]


@contextmanager
def busy_core(count: int) -> Iterator[None]:
    """So many processes without a pause on the one core that this process, and what it starts, is kept on."""
    before = os.sched_getaffinity(0)
    running: list[subprocess.Popen[bytes]] = []
    try:
        os.sched_setaffinity(0, {min(before)})
        # In sessions of their own: Linux shares a core out among sessions first.
        running += [subprocess.Popen(BUSY, start_new_session=True) for _ in range(count)]
        yield
    finally:
        os.sched_setaffinity(0, before)
        for process in running:
            process.kill()
            process.wait()
