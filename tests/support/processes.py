"""What a test left behind: processes that it started, whoever their parent is by now, and open files."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from patience import eventually

VARIABLE = "RUN_OF_THE_TEST"  # in the environment of a process, and of those that it starts


def marked(mark: str) -> list[int]:
    """The processes that carry a mark."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{VARIABLE}={mark}\0".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # it has just ended
            continue
    return found


def left_running(mark: str) -> list[int]:
    """The processes that outlive a run; multiprocessing's tracker ends a moment after it, seeing it gone."""
    eventually(lambda: not marked(mark))
    return marked(mark)


def open_descriptors() -> int:
    """How many descriptors this process has open.

    What earlier tests let go without closing it is closed first: else the collector may close it between two
    counts.
    """
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
