"""What a command starts before it imports the engine, so that both happen at the same time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from autograder.environment import available_cores
from autograder.sandbox.zygote_process import ONE_THREAD, started_zygotes

__all__ = ["early_start"]

MOST = 8  # a class is seldom so small that more would be for nothing; further workers start their own


@contextmanager
def early_start(workers: int, *, needed: bool = True) -> Iterator[None]:
    """Start the zygotes that grading processes will take; those that none took end with the command.

    As many as there are `workers` (0 for one per core), but few; not if `needed` says that grading is done
    elsewhere. NumPy starts no thread when it is imported meanwhile: a process with threads cannot be forked.
    """
    if not needed or "numpy" in sys.modules:  # the engine is there already
        yield
        return
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        with started_zygotes(min(workers or available_cores(), MOST)):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
