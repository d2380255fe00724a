"""How often a student may submit: a bucket that refills, whatever the times of the attempts were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autograder.course.assignment import AttemptLimit
from autograder.site.homework.attempt_limit import MINUTE, attempts_left

LIMITS = st.builds(
    AttemptLimit,
    burst=st.integers(1, 5),
    every_minutes=st.sampled_from([1, 30, 60 * 24]),
    total=st.none() | st.integers(1, 8),
)
GAPS = st.lists(st.integers(0, 100 * MINUTE), max_size=12)


def simulated(limit: AttemptLimit, times: list[int], at: int) -> int:
    """What the bucket holds, millisecond arithmetic left to a step-by-step count of refills."""
    every, full, next_at = int(limit.every_minutes * MINUTE), limit.burst, None
    for time, cost in [*((time, 1) for time in times), (at, 0)]:
        while next_at is not None and next_at <= time and full < limit.burst:
            full, next_at = full + 1, next_at + every
        if full == limit.burst:
            next_at = None
        full -= cost
        if cost and next_at is None:
            next_at = time + every
    return full


@given(LIMITS, GAPS, st.integers(0, 100 * MINUTE))
def test_the_bucket(limit: AttemptLimit, gaps: list[int], wait: int) -> None:
    """What is left equals a count step by step; the next attempt is there when told, and not before."""
    times: list[int] = []
    now = 1_000_000
    for gap in gaps:
        now += gap
        if attempts_left(limit, times, now).now:
            times.append(now)
    now += wait
    left = attempts_left(limit, times, now)
    bucket = simulated(limit, times, now)
    assert 0 <= bucket <= limit.burst
    expected = bucket if limit.total is None else min(bucket, limit.total - len(times))
    assert left.now == expected
    if left.next_at is not None:
        assert left.next_at > now
        assert attempts_left(limit, times, left.next_at).now == left.now + 1
        assert attempts_left(limit, times, left.next_at - 1).now == left.now
