"""Clocks that are ahead of the real ones, in a zygote whose children are asked what a seed alone decides.

Python's own clocks are shifted, which students' code reads; `numpy.datetime64("now")` and the kernel's are
not. Clocks of processor time are left alone, no two runs agree on those anyway. Nobody is timed by these:
the judge has its own. Imports the standard library alone; the zygote loads it by path.
"""

from __future__ import annotations

import datetime as datetime_module
import time
import timeit
from collections.abc import Callable
from typing import Any

CLOCKS = ("time", "monotonic", "perf_counter")
OF_THE_PROCESSOR = ("CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID")


def install(seconds: float) -> None:
    """Put all clocks of this process and its children so many seconds ahead."""
    nanoseconds = int(seconds * 10**9)
    for name in CLOCKS:
        setattr(time, name, _later(getattr(time, name), seconds))
        setattr(time, f"{name}_ns", _later(getattr(time, f"{name}_ns"), nanoseconds))
    timeit.default_timer = time.perf_counter
    time.clock_gettime = _later_by_clock(time.clock_gettime, seconds)
    time.clock_gettime_ns = _later_by_clock(time.clock_gettime_ns, nanoseconds)
    for name in ("localtime", "gmtime", "ctime"):
        setattr(time, name, _now_by_default(getattr(time, name)))
    time.asctime = _local_time_by_default(time.asctime, last=0)
    time.strftime = _local_time_by_default(time.strftime, last=1)
    datetime_module.datetime = _later_datetime(seconds)  # type: ignore[assignment,misc]  # as notebooks find it


def _later(clock: Callable[[], Any], shift: Any) -> Callable[[], Any]:
    return lambda: clock() + shift


def _later_by_clock(clock: Callable[[int], Any], shift: Any) -> Callable[[int], Any]:
    unshifted = {getattr(time, name, None) for name in OF_THE_PROCESSOR}
    return lambda number: clock(number) + (0 if number in unshifted else shift)


def _now_by_default(function: Callable[[float], Any]) -> Callable[..., Any]:
    return lambda seconds=None: function(time.time() if seconds is None else seconds)


def _local_time_by_default(function: Callable[..., Any], last: int) -> Callable[..., Any]:
    """For a function whose argument number `last`, counted from 0, is a time that may be left out."""
    return lambda *given: function(*given, *([time.localtime()] if len(given) == last else []))


def _later_datetime(seconds: float) -> type:
    """The class `datetime`, later; `date.today` and `datetime.today` ask `time.time`."""
    shift = datetime_module.timedelta(seconds=seconds)
    real: type = datetime_module.datetime

    class Kind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, real)

    class datetime(datetime_module.datetime, metaclass=Kind):  # the name that it stands in for
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return super().now(tz) + shift

        @classmethod
        def utcnow(cls) -> Any:
            return super().utcnow() + shift

        def __repr__(self) -> str:
            return f"datetime.{super().__repr__()}"

    datetime.__module__ = "datetime"
    return datetime
