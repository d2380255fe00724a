"""Finding the processes that a test started, whoever their parent is by now."""

from __future__ import annotations

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
