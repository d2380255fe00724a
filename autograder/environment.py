"""The environment of a result: library versions, the BLAS kernel, and the cores and threads of a process."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

__all__ = ["HUB_SECRET", "available_cores", "environment", "give_way", "one_core", "one_thread"]

LOWER_PRIORITY = 10
HUB_SECRET = "AUTOGRADER_HUB_SECRET"  # the variable with the secret that a JupyterHub and the site share

# NumPy is imported when it is needed: a command counts the cores before it imports the engine.


def available_cores() -> int:
    """The number of cores that this process may use: fewer than the machine has under `taskset` or Slurm."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_way(process: int = 0) -> None:
    """Let a server go first, for the rest of a process (by default this one) and those that it starts.

    For work that takes long and holds no lock that a server waits for.
    """
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, process, LOWER_PRIORITY)


def environment() -> dict[str, str]:
    """Names and versions, as reports and calibrations record them."""
    import numpy as np

    return {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}


@contextmanager
def one_core(number: int) -> Iterator[None]:
    """Keep this process, and those it starts meanwhile, on one core; does nothing where that is not possible.

    Judge and child take turns, so one core is enough for both, and waking the other there is quicker:
    a call took 147 µs instead of 270. Other programs are moved aside by the kernel.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def one_thread() -> threadpool_limits:
    """Let NumPy's linear algebra use one thread until `restore_original_limits` is called.

    Layers here are small: a second thread spins more than it computes, and takes the core that another
    grading process is on.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")
