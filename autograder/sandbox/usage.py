"""What a process uses: processor time, and sleep.

On a loaded machine a process is often runnable without running: it waits for a core, which is no fault of
its own. So sleep is wall time less processor time less that delay, which Linux counts for each thread in
/proc/PID/task/TID/schedstat. Where nobody counts it (macOS, a /proc that hides other accounts' processes)
waiting cannot be told from sleeping; then ten times as much sleep is allowed.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

__all__ = ["ProcessUsage", "Reading", "SleepMeter", "delay_of_this_thread"]

SHORT_WAITS_SECONDS = 0.25  # seconds of waits after which they are looked at, where each of them was short
NOT_TOLD = 10.0  # times as much sleep is allowed where waiting for a core looks like it


@dataclass(frozen=True, slots=True)
class Reading:
    """A process at one moment."""

    processor: float  # seconds of processor time so far, of all its threads
    delay: float  # seconds that its threads were runnable and waited for a core
    runnable: bool  # whether a thread runs or waits now; what it has waited is not in `delay` yet


class ProcessUsage:
    """Reads what another process has used."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        # The kernel's name of another process's CPU clock, see clock_getcpuclockid(3).
        self._clock = (~pid << 3) | 2
        self._delays: dict[str, float] = {}  # by thread
        self._delay = 0.0
        #: Whether waiting for a core can be told from sleeping.
        self.tells_waiting = os.path.exists(f"/proc/{pid}/schedstat")

    def processor(self) -> float:
        """Seconds of processor time; raises OSError when the process is gone."""
        if sys.platform == "linux":
            return time.clock_gettime(self._clock)
        return _processor_elsewhere(self.pid)

    def read(self) -> Reading:
        """All of it; raises OSError when the process is gone."""
        runnable = self._look_at_threads() if self.tells_waiting else False
        return Reading(self.processor(), self._delay, runnable)

    def _look_at_threads(self) -> bool:
        """Add up the delays of all threads; says whether one of them is runnable."""
        runnable, delays = False, {}
        folder = f"/proc/{self.pid}/task"
        for thread in os.listdir(folder):
            try:
                delays[thread] = _delay_in(f"{folder}/{thread}/schedstat")
                with open(f"{folder}/{thread}/stat", "rb") as file:
                    runnable |= file.read().rpartition(b")")[2].split()[0] == b"R"
            except OSError:  # the thread has just ended
                continue
            self._delay += delays[thread] - self._delays.get(thread, 0.0)
        self._delays = delays
        return runnable


class Usage(Protocol):
    """Where readings come from."""

    @property
    def tells_waiting(self) -> bool:
        """Whether waiting for a core can be told from sleeping."""
        ...

    def read(self) -> Reading:
        """The process as it is now."""
        ...


class SleepMeter:
    """How long a process has slept while somebody waited for it.

    Short waits are added up and looked at together: a quick answer costs no look into /proc.
    """

    def __init__(self, usage: Usage, own_delay: Callable[[], float] | None = None) -> None:
        """`own_delay` says for how many seconds the waiting thread has been kept from its core so far."""
        self._usage, self._delay_of_ours = usage, own_delay or delay_of_this_thread
        self._pending = 0.0  # seconds of waits that are not looked at yet
        self._own_delay = 0.0  # of these, what the waiting thread itself may have waited for a core
        self._before, self._own_before = Reading(0.0, 0.0, False), self._delay_of_ours()
        self._looked = False  # whether the present wait was looked at before
        #: Seconds of sleep, as far as they have been looked at.
        self.seconds = 0.0

    def answered(self, waited: float) -> None:
        """A wait, or the last part of one, ended since the process did something."""
        self._pending += waited
        self._looked = False
        if self._pending > SHORT_WAITS_SECONDS:
            self._settle(with_own_delay=True)

    def still_waiting(self, waited: float) -> None:
        """So much of a wait has passed and nothing has come."""
        self._pending += waited
        # Nothing came while this thread waited for its core, so the process was not waiting for it.
        self._settle(with_own_delay=not self._looked)
        self._looked = True

    def _settle(self, with_own_delay: bool) -> None:
        delay = self._delay_of_ours()
        if with_own_delay:
            self._own_delay += delay - self._own_before
        self._own_before = delay
        now = self._usage.read()
        if now.runnable:  # a delay is counted when it ends, so this wait is looked at then
            return
        busy = now.processor - self._before.processor + now.delay - self._before.delay + self._own_delay
        slept = max(0.0, self._pending - busy)
        self.seconds += slept if self._usage.tells_waiting else slept / NOT_TOLD
        self._pending = self._own_delay = 0.0
        self._before = now


def delay_of_this_thread() -> float:
    """Seconds that the calling thread was runnable and waited for a core; 0.0 where nobody counts them."""
    try:
        return _delay_in("/proc/thread-self/schedstat")
    except OSError:
        return 0.0


def _delay_in(path: str) -> float:
    with open(path, "rb") as file:
        return int(file.read().split()[1]) / 1e9


def _processor_elsewhere(pid: int) -> float:
    """Processor seconds of a process where its clock has no name; raises OSError when it is gone."""
    import psutil  # Jupyter's kernel brings it along

    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error as problem:
        raise OSError("no such process") from problem
    return float(used.user + used.system)
