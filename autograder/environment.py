"""The environment of a result: library versions, the BLAS kernel, and the cores and threads of a process."""

from __future__ import annotations

import getpass
import os
import platform
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

__all__ = [
    "HUB_SECRET",
    "account_name",
    "all_cores",
    "at_usual_priority",
    "available_cores",
    "environment",
    "give_way",
    "give_way_except_writes",
    "module_command",
    "on_cores",
    "one_core",
    "one_thread",
]

T = TypeVar("T")
LOWER_PRIORITY = 10
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()  # of this process
HUB_SECRET = "AUTOGRADER_HUB_SECRET"  # the variable with the secret that a JupyterHub and the site share

# NumPy is imported when it is needed: a command counts the cores before it imports the engine.


def account_name() -> str:
    """The account that this process runs under, by name; "" where it has only a number, as in containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def module_command(module: str, *words: str) -> list[str]:
    """The command line that runs one of our modules, whatever modules the working directory has (`-P`)."""
    return [sys.executable, "-P", "-m", module, *words]


def available_cores() -> int:
    """The number of cores that this process may use: fewer than the machine has under `taskset` or Slurm."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def give_way(process: int = 0) -> None:
    """Let a server go first, for the rest of a process (by default this one) and those that it starts.

    For work that takes long and holds no lock that a server waits for.
    """
    if hasattr(os, "setpriority"):
        # Lower than it is, not a fixed one: only root may raise what somebody has started with `nice`.
        present = os.getpriority(os.PRIO_PROCESS, process)
        os.setpriority(os.PRIO_PROCESS, process, present + LOWER_PRIORITY)


class _UsualPriority:
    """A thread that keeps the priority from before this process gave way; without one, work is just run."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._ident = 0

    def keep(self) -> None:
        """Start the thread; a thread has the priority of the one that starts it."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="usual-priority")
        self._ident = self._thread.submit(threading.get_ident).result()

    def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, which may call this again."""
        if self._thread is None or threading.get_ident() == self._ident:
            return work()
        return self._thread.submit(work).result()


_usual_priority = _UsualPriority()


def give_way_except_writes() -> None:
    """Let a server on this machine go first, but for what is run `at_usual_priority`.

    For a command that computes for long and then writes to the server's database. Does nothing where a
    priority is not a thread's own: on Linux it is.
    """
    if sys.platform == "linux":
        _usual_priority.keep()
        give_way()


def at_usual_priority(work: Callable[[], T]) -> T:
    """The result of work that holds a lock that a server waits for, such as a transaction that writes.

    At a lower priority it would be interrupted with the lock in its hands, and the server would wait for it.
    A thread that `work` starts has the usual priority, too.
    """
    return _usual_priority.run(work)


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
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with on_cores({cores[number % len(cores)]} if cores else ()):
        yield


@contextmanager
def all_cores() -> Iterator[None]:
    """Let this thread, and processes that it starts meanwhile, use all cores that this process had at first.

    A server keeps its threads on one core, and a process has the cores of the thread that starts it.
    """
    with on_cores(CORES):
        yield


@contextmanager
def on_cores(cores: Collection[int]) -> Iterator[None]:
    """Keep this thread on some cores, and for good what it starts meanwhile; on none it stays where it is."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
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
