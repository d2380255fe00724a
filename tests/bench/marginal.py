"""The marginal processor time of one more submission: that of a long run less that of a short one.

What a run does once (imports, the data set, the reference's own work, starting the sandbox) cancels. Judge,
zygote and children are counted: each run is a process of its own, and the kernel adds up what it and all
below it used. Both sides of a ratio are measured in turns, so that a busy moment of the machine meets both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

__all__ = ["FEW", "MANY", "marginal_seconds", "print_ratios"]

FEW, MANY = 8, 40  # submissions in a run
ROUNDS = int(os.environ.get("ROUNDS", "5"))


def seconds(script: str, words: Sequence[str], count: int) -> float:
    """Processor seconds, user and system, of `script WORDS... COUNT` and of all that it starts."""
    process = subprocess.Popen([sys.executable, script, *words, str(count)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{script} {' '.join(words)} failed")
    return usage.ru_utime + usage.ru_stime


def marginal_seconds(script: str, words: Sequence[str]) -> float:
    """Processor seconds of one more submission."""
    return (seconds(script, words, MANY) - seconds(script, words, FEW)) / (MANY - FEW)


def print_ratios(script: str, name: str, bound: float, words: Sequence[str] = ()) -> None:
    """Print both sides of one workload, and the median of the rounds' ratios beside what is aimed at."""
    rounds = [
        (marginal_seconds(script, ["graded", *words]), marginal_seconds(script, ["bare", *words]))
        for _ in range(ROUNDS)
    ]
    graded, bare = (statistics.median(times) * 1000 for times in zip(*rounds, strict=True))
    ratio = statistics.median(graded / bare for graded, bare in rounds)
    print(
        f"{name:34} {graded:7.1f} ms a submission   {bare:7.1f} ms the bare arithmetic"
        f"   {ratio:5.2f} x (at most {bound})",
        flush=True,
    )
