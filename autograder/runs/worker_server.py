"""A server process that has imported the engine, for worker processes to be forked from.

The command line starts it before it imports the engine itself, so both import at the same time; every worker
then starts in milliseconds. A run that did not start it spawns its workers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.context import ForkServerContext, SpawnContext

__all__ = ["start_worker_server", "worker_context"]

# NumPy starts no thread: a process with threads cannot be forked safely.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
_started = False


def start_worker_server(modules: Sequence[str] = ()) -> None:
    """Start the server, which imports the worker's module and these; does nothing where there is no fork."""
    global _started
    if _started or "forkserver" not in get_all_start_methods():
        return
    get_context("forkserver").set_forkserver_preload(["autograder.runs.pool", *modules])
    # It imports from where this process does, and not from the working directory, where submissions may be.
    path = os.pathsep.join(os.path.abspath(folder) for folder in sys.path)
    with _changed({**ONE_THREAD, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}):
        forkserver.ensure_running()
    _started = True


def worker_context() -> ForkServerContext | SpawnContext:
    """How to start a worker: from the server if it was started, otherwise as a fresh process."""
    return get_context("forkserver") if _started else get_context("spawn")


@contextmanager
def _changed(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
