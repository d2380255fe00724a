"""Sleep is told from waiting for a core, on a machine that is simulated and on this one."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sessions import HandIn

from autograder.sandbox.usage import NOT_TOLD, SHORT_WAITS_SECONDS, ProcessUsage, Reading, SleepMeter


@dataclass
class Machine:
    """A process with a known life, as the kernel tells of it: a delay is counted when it ends."""

    life: list[tuple[str, float]]  # what it does, and for how long: "runs", "waits" for a core, or "sleeps"
    now: float = 0.0
    tells_waiting: bool = True

    def spent(self, what: str, until: float) -> float:
        """Seconds of one kind up to a moment."""
        starts = [0.0, *accumulate(seconds for _, seconds in self.life)]
        return sum(
            min(start + seconds, until) - start
            for start, (kind, seconds) in zip(starts, self.life, strict=False)
            if kind == what and start < until
        )

    def read(self) -> Reading:
        """What the kernel says now."""
        starts = [0.0, *accumulate(seconds for _, seconds in self.life)]
        present = bisect_right(starts, self.now) - 1
        kind = self.life[present][0] if present < len(self.life) else "sleeps"
        waited = self.spent("waits", starts[present] if kind == "waits" else self.now)
        return Reading(self.spent("runs", self.now), waited if self.tells_waiting else 0.0, kind != "sleeps")


RESTARTS_LEFT = st.lists(
    st.tuples(st.sampled_from(["runs", "waits", "sleeps"]), st.floats(0.001, 3.0)), min_size=1, max_size=12
)
LOOKS = st.lists(st.floats(0.005, 0.5), min_size=1, max_size=60)


def watched(machine: Machine, looks: list[float]) -> SleepMeter:
    """The meter after so many looks, one after another."""
    meter = SleepMeter(machine, own_delay=lambda: 0.0)
    for step in looks:
        machine.now += step
        meter.still_waiting(step)
    return meter


@given(RESTARTS_LEFT, LOOKS)
def test_it_is_the_time_asleep(life: list[tuple[str, float]], looks: list[float]) -> None:
    """Whatever a process does between looks, what is measured is its sleep: never more, and less only while
    it is runnable."""
    machine = Machine(life)
    meter = watched(machine, looks)
    slept = machine.spent("sleeps", machine.now) + max(0.0, machine.now - sum(s for _, s in life))
    assert meter.seconds <= slept + 1e-6
    if not machine.read().runnable:
        assert meter.seconds == pytest.approx(slept, abs=1e-6)


@given(
    RESTARTS_LEFT.map(lambda life: [(kind if kind != "sleeps" else "waits", s) for kind, s in life]), LOOKS
)
def test_waiting_for_a_core_is_not_sleep(life: list[tuple[str, float]], looks: list[float]) -> None:
    """A process that runs or waits for its core all the time never sleeps, however long the waits are."""
    machine = Machine([*life, ("runs", 1000.0)])
    assert watched(machine, looks).seconds == 0


@given(st.lists(st.floats(0.0, 0.3), min_size=1, max_size=40))
def test_a_judge_that_is_kept_from_its_core(delays: list[float]) -> None:
    """An answer that lies there while the judge waits for its own core is not the process's sleep."""
    machine = Machine([("sleeps", 1000.0)])
    meter = SleepMeter(machine, own_delay=lambda: machine.now)
    for delay in delays:  # the process has answered at once; the judge looks when it gets its core
        machine.now += delay
        meter.answered(delay)
    assert meter.seconds <= 1e-6


def test_where_nobody_counts_delays() -> None:
    """Without the kernel's count, waiting looks like sleeping: it counts a tenth."""
    machine = Machine([("waits", 10.0)], tells_waiting=False)
    machine.read = lambda: Reading(0.0, 0.0, False)  # type: ignore[method-assign]  # such a system's answer
    assert watched(machine, [1.0] * 10).seconds == pytest.approx(10 / NOT_TOLD)


def test_short_waits_are_added_up() -> None:
    """Naps between answers, each too short to be looked at, are sleep all the same."""
    machine = Machine([("sleeps", 1000.0)])
    meter = SleepMeter(machine, own_delay=lambda: 0.0)
    for _ in range(1000):
        machine.now += 0.01
        meter.answered(0.01)
    assert meter.seconds <= 10 + 1e-6
    assert meter.seconds >= 10 - SHORT_WAITS_SECONDS - 0.01


@pytest.fixture
def pid(hand_in: HandIn) -> Iterator[int]:
    """A real child that has been called."""
    yield hand_in("import os\ndef pid(): return os.getpid()").value("pid")


def test_a_real_process(pid: int) -> None:
    """This kernel says what a child used, whichever account it runs under, and whether it is runnable."""
    usage = ProcessUsage(pid)
    assert usage.tells_waiting
    while (reading := usage.read()).runnable:  # its answer is here, it is about to wait for the next request
        pass
    assert reading.processor > 0
    assert reading.delay >= 0


def test_a_process_that_is_gone() -> None:
    """Reading it is an OSError, for the clock as for the rest."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    for read in (ProcessUsage(pid).processor, ProcessUsage(pid).read):
        with pytest.raises(OSError):
            read()
