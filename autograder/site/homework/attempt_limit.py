"""How often a student may submit: a bucket of attempts that refills, told before it is empty.

The bucket holds `burst` attempts at first; one comes back each `every_minutes`, up to `burst` again. Files
that could not be read, faults of ours, and the same bytes again cost nothing: they are not among the times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.course.assignment import AttemptLimit

__all__ = ["AttemptsLeft", "attempts_left"]

MINUTE = 60_000  # milliseconds


@dataclass(frozen=True)
class AttemptsLeft:
    """What is left of the bucket."""

    now: int  # attempts that may be made at once
    next_at: int | None  # when there will be one more, in milliseconds; None where it is full, or never again
    total: int | None  # attempts that are left in all; None without a limit


def attempts_left(limit: AttemptLimit, times: Sequence[int], at: int) -> AttemptsLeft:
    """What is left at an instant after attempts at these times, in milliseconds and in order."""
    every = int(limit.every_minutes * MINUTE)
    bucket, since = limit.burst, at  # what it holds, and since when the next attempt is coming back

    def refill(time: int) -> None:
        nonlocal bucket, since
        if bucket < limit.burst:
            back = min(max(0, time - since) // every, limit.burst - bucket)
            bucket, since = bucket + back, since + back * every
        if bucket >= limit.burst:
            since = time

    for time in times:
        refill(time)
        bucket -= 1
    refill(at)
    total = None if limit.total is None else max(0, limit.total - len(times))
    now = max(0, bucket) if total is None else min(max(0, bucket), total)
    more = bucket < limit.burst and (total is None or now < total)
    return AttemptsLeft(now, since + every if more else None, total)
