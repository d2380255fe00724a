"""One core for the threads that answer requests.

They take turns under the interpreter's lock, and each turn wakes another thread: on another core of a virtual
machine that costs more than most answers. The core is changed when others keep the threads from it.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.environment import on_cores

__all__ = ["SharedCore", "better_core"]

CROWDED = 0.25  # of the time: so long a thread that could run waits for the core
MUCH_IDLER = 0.3  # of the time that another core rests, beyond what this one does
MOVES = 0.5  # how likely a server moves: of two on one core, one should


class SharedCore:
    """The core of a server's threads; does nothing where threads cannot be kept on one."""

    def __init__(self) -> None:
        """Begin with the last of the cores that this process may use: graders begin with the first."""
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
        self._cores = cores if len(cores) > 1 and _has_interpreter_lock() else set[int]()
        self.core = max(self._cores, default=0)
        self._seen = time.monotonic(), _waited(self.threads()), _rest_of_cores()

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep this thread on the core, and for good those that it starts meanwhile."""
        with on_cores({self.core} if self._cores else ()):
            yield

    def threads(self) -> list[int]:
        """The threads of this process that are kept on the core, by their numbers."""
        found = []
        if self._cores:
            for number in map(int, os.listdir("/proc/self/task")):
                with suppress(OSError):  # it has ended
                    if os.sched_getaffinity(number) == {self.core}:
                        found.append(number)
        return found

    def move(self, core: int) -> int:
        """Move the threads to another core; returns how many they are."""
        threads = self.threads()
        self.core = core
        for thread in threads:
            with suppress(OSError):  # it has ended
                os.sched_setaffinity(thread, {core})
        return len(threads)

    def follow(self) -> int:
        """Move to an idler core if others keep the threads from theirs; returns how many threads moved.

        The kernel does not move aside what is kept on a core itself, such as a second server.
        """
        then, waited_then, rest_then = self._seen
        now, waited, rest = self._seen = time.monotonic(), _waited(self.threads()), _rest_of_cores()
        share = (waited - waited_then) / max(now - then, 0.001)
        idle = {
            core: _share(rest[core], rest_then[core]) for core in self._cores & rest.keys() & rest_then.keys()
        }
        better = better_core(self.core, share, idle)
        if better == self.core or random.random() > MOVES:
            return 0
        return self.move(better)


def better_core(core: int, waited: float, idle: Mapping[int, float]) -> int:
    """The core to move to, which is this one if its threads wait little or no other is much idler.

    `waited` is the share of the time that threads waited for it; `idle` the share that each core rested.
    """
    idlest = max(idle, key=lambda other: idle[other], default=core)
    much_idler = idle.get(idlest, 0.0) > idle.get(core, 0.0) + MUCH_IDLER
    return idlest if waited > CROWDED and much_idler else core


def _has_interpreter_lock() -> bool:
    """Whether only one thread of this Python runs at a time."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _waited(threads: list[int]) -> float:
    """The seconds that threads could have run and waited for their core."""
    seconds = 0.0
    for thread in threads:
        with suppress(OSError, ValueError, IndexError):
            seconds += int(Path(f"/proc/self/task/{thread}/schedstat").read_text("ascii").split()[1]) / 1e9
    return seconds


def _rest_of_cores() -> dict[int, tuple[int, int]]:
    """How long each core rested and all its time, in the kernel's ticks; empty where it does not tell."""
    rest = {}
    with suppress(OSError, ValueError):
        for line in Path("/proc/stat").read_text("ascii").splitlines():
            name, *ticks = line.split()
            if name.startswith("cpu") and name[3:].isdecimal():
                times = list(map(int, ticks[:8]))
                rest[int(name[3:])] = times[3] + times[4], sum(times)
    return rest


def _share(now: tuple[int, int], then: tuple[int, int]) -> float:
    """The share of the time between two looks that a core rested."""
    return (now[0] - then[0]) / max(1, now[1] - then[1])
