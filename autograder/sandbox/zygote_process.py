"""Start zygotes, also before anything else is imported, and keep those that nobody has taken yet.

A zygote needs nothing of ours, and takes as long to start as the engine takes to import. The command line
starts some first; each `SandboxProcess` takes one that is ready before it starts its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from autograder.sandbox.bubblewrap import wrapper

__all__ = [
    "CLOCK_SHIFT",
    "HASH_SEEDS",
    "ONE_THREAD",
    "ZygoteProcess",
    "give_away",
    "keep_one",
    "ready_level",
    "start_zygote",
    "started_zygotes",
    "take_ready",
]

# Kept from our own environment: how NumPy's linear algebra is to run on this processor.
KEPT = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# Large arrays come and go at every update of a training run: keep their pages instead of faulting
# them in again, which costs more than the arithmetic.
KEEP_PAGES = {"MALLOC_MMAP_THRESHOLD_": str(64 * 1024**2), "MALLOC_TRIM_THRESHOLD_": str(256 * 1024**2)}
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
# Of the zygote and of the second one. Fixed, so that a set of strings has the same order in every grading.
# With these two, most sets of names such as W1 and b1 come in two orders.
HASH_SEEDS = 1, 2
# 400 days, 5:07:13.75: year, month, day, weekday, hour, minute and second are all others.
CLOCK_SHIFT = 34_578_433.75
LEVEL_BYTES = 8  # what a zygote says first

_ready: list[ZygoteProcess] = []
_given_away: list[ZygoteProcess] = []  # to processes that were forked; they end with those


@dataclass(frozen=True)
class ZygoteProcess:
    """A zygote that was started; it has said its level once its control socket holds `LEVEL_BYTES`."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    complaints: IO[bytes]  # its standard error
    around: Sequence[str]  # the command it is wrapped in, if any

    def close(self) -> None:
        """Hang up and wait: the zygote ends, and its children with it."""
        self.let_go()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def let_go(self) -> None:
        """Close what this process holds of it; another that was forked may go on with it."""
        self.control.close()
        self.complaints.close()


def start_zygote(
    around: Sequence[str], without: Collection[str] = (), *, restarted: bool = False
) -> ZygoteProcess:
    """Start a zygote within the command `around`.

    `without` leaves out layers of confinement; with `restarted`, strings hash otherwise and clocks are
    `CLOCK_SHIFT` seconds ahead.
    """
    control, theirs = socket.socketpair()
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **ONE_THREAD, **KEEP_PAGES}
    environment |= {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["PYTHONHASHSEED"] = str(HASH_SEEDS[restarted])
    # As with -I, but for the one variable above: the environment holds nothing else of Python's.
    zygote = [sys.executable, "-P", "-s", "-B", str(Path(__file__).with_name("zygote.py"))]
    shift = str(CLOCK_SHIFT if restarted else 0.0)
    complaints = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the zygote
    with theirs:
        process = subprocess.Popen(
            [*around, *zygote, str(theirs.fileno()), shift, *without],
            pass_fds=[theirs.fileno()],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            start_new_session=True,
        )
    return ZygoteProcess(process, control, complaints, around)


@contextmanager
def started_zygotes(count: int) -> Iterator[None]:
    """Meanwhile, have this number of zygotes ready; those that nobody took end with it.

    Each is on a core of its own: that of the grading process with the same number.
    """
    around = wrapper()
    try:
        for number in range(count):
            zygote = start_zygote(around)
            if hasattr(os, "sched_setaffinity"):
                cores = sorted(os.sched_getaffinity(0))
                os.sched_setaffinity(zygote.process.pid, {cores[number % len(cores)]})
            _ready.append(zygote)
        yield
    finally:
        for zygotes in (_ready, _given_away):
            while zygotes:
                zygotes.pop().close()


def take_ready() -> ZygoteProcess | None:
    """The next zygote that is ready; None when there is none."""
    return _ready.pop(0) if _ready else None


def keep_one(number: int) -> None:
    """In a process that was forked: of those that are ready, keep the one with this number alone."""
    for place, zygote in enumerate(_ready):
        if place != number:
            zygote.let_go()
            zygote.process.poll()  # no child of this process: Python would warn that it still runs
    _ready[:] = _ready[number : number + 1]


def give_away(count: int) -> None:
    """In a process that was forked this often: leave to each fork the zygote with its number."""
    for zygote in _ready[:count]:
        zygote.let_go()
    _given_away.extend(_ready[:count])
    del _ready[:count]


def ready_level() -> str | None:
    """The isolation level of the zygotes that are ready; None where there is none, or it did not start."""
    if not _ready:
        return None
    level = _ready[0].control.recv(LEVEL_BYTES, socket.MSG_PEEK | socket.MSG_WAITALL)
    return level.decode().strip() or None
