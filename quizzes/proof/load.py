"""The load test: a class starts at once, saves for a while, hands in at once; then the books are checked."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from quizzes.clock import ServerClock
from quizzes.proof.audit import faults_in_file, missing, still_open
from quizzes.proof.client import Connection, Lost
from quizzes.proof.measure import Measured, percentile
from quizzes.proof.stage import Server, Stage
from quizzes.proof.taker import Taker

__all__ = ["Limits", "Plan", "Result", "limits_for", "load"]

LEAD = 4_000  # milliseconds from the publishing to the opening
CLOSED_WITHIN = 10.0  # seconds after deadline and grace
SLEEPY = 0.05  # so many never hand in: the server ends their attempts
CLOCK = 20.0  # seconds between two looks at the clock
MOST_MEMORY = 300.0  # MB


@dataclass(frozen=True)
class Plan:
    """What happens, in seconds."""

    takers: int
    herd: float = 10.0
    steady: float = 60.0
    every: float = 15.0  # between two saves of one taker
    burst: float = 20.0
    burst_every: float = 5.0
    deadline: float = 5.0
    grace: float = 20.0
    seed: int = 1


@dataclass(frozen=True)
class Limits:
    """What must hold for a class of this size."""

    steady: float  # seconds, 99th percentile of a save
    herd: float  # seconds, 99th percentile of anything in a herd


@dataclass
class Result:
    """What was seen."""

    plan: Plan
    measured: Measured = field(default_factory=Measured)
    failed: list[str] = field(default_factory=list)  # takers who gave up, and why
    saves: int = 0
    refused: int = 0
    lost: int = 0
    left_open: int = 0
    faults: list[str] = field(default_factory=list)
    memory: float = 0.0

    def misses(self) -> list[str]:
        """Every limit that was missed, as a sentence."""
        limits, said = limits_for(self.plan.takers), []
        for phase in ("steady", "burst"):
            slow = percentile(self.measured.of(phase, "save"), 99)
            if slow > limits.steady:
                said.append(f"{phase}: a save's 99th percentile is {slow:.2f} s, above {limits.steady} s.")
        for phase in ("opening", "deadline"):
            slow = percentile(self.measured.of(phase), 99)
            if slow > limits.herd:
                said.append(f"{phase}: the 99th percentile is {slow:.2f} s, above {limits.herd} s.")
        counts = {
            "server errors or lost connections": sum(self.measured.problems.values()),
            "takers gave up": len(self.failed),
            "acknowledged saves are missing": self.lost,
            "attempts are open 10 s after deadline and grace": self.left_open,
            "faults in the file": len(self.faults),
        }
        said += [f"{number} {what}." for what, number in counts.items() if number]
        if self.memory > MOST_MEMORY:
            said.append(f"The server took {self.memory:.0f} MB, above {MOST_MEMORY:.0f} MB.")
        return said


def limits_for(takers: int) -> Limits:
    """The limits of a small, a middle and a large class."""
    steady = 0.15 if takers <= 100 else 0.25
    return Limits(steady, 2.0)


def load(stage: Stage, server: Server, cookies: list[str], plan: Plan, tell: Callable[[str], None]) -> Result:
    """Run the whole test against a server; `tell` hears what happens."""
    clock, times = ServerClock(), stage.plan()
    opens = clock.now() + LEAD
    length = int(1000 * (plan.herd + plan.steady + plan.burst + plan.deadline))
    schedule = replace(
        times.schedule,
        opens_at=opens,
        due_at=opens + length,
        closes_at=opens + length,
        limit=None,
        grace=int(plan.grace * 1000),
        attempts=1,
    )
    stage.publish(replace(times, schedule=schedule))
    result = Result(plan)
    takers = [
        Taker(
            Connection(server.port, cookie),
            stage.quiz,
            random.Random(f"{plan.seed} {number}"),
            result.measured.note,
        )
        for number, cookie in enumerate(cookies)
    ]
    _run(_together(takers, plan, result, lambda: (opens - clock.now()) / 1000, tell))
    result.memory = server.peak()
    saves = [save for taker in takers for save in taker.acknowledged]
    result.saves, result.refused = len(saves), sum(taker.refused for taker in takers)
    with stage.opened() as one:
        result.lost = len(missing(one.database, saves))
        result.left_open = still_open(one.database)
        result.faults = faults_in_file(one.database)
    return result


async def _together(
    takers: list[Taker],
    plan: Plan,
    result: Result,
    until_open: Callable[[], float],
    tell: Callable[[str], None],
) -> None:
    """All phases, one after another."""

    async def all_do(phase: str, over: float, act: Callable[[Taker], Awaitable[None]]) -> None:
        result.measured.phase = phase
        tell(f"{phase}: {len(takers)} takers, {over:g} s")

        async def one(taker: Taker) -> None:
            await asyncio.sleep(taker.dice.uniform(0, over))
            try:
                await act(taker)
            except Lost as problem:
                result.failed.append(str(problem))

        async with asyncio.TaskGroup() as group:
            for taker in takers:
                group.create_task(one(taker))

    async def hand_in(taker: Taker) -> None:
        if taker.attempt and taker.dice.random() >= SLEEPY:
            await taker.finish()

    await asyncio.sleep(max(0.0, until_open()))
    began = asyncio.get_running_loop().time()
    await all_do("opening", plan.herd, Taker.start)
    for phase, seconds, every in (
        ("steady", plan.steady, plan.every),
        ("burst", plan.burst, plan.burst_every),
    ):
        if seconds:
            await _saving(takers, result, phase, seconds, every, tell)
    await all_do("deadline", plan.deadline, hand_in)
    whole = plan.herd + plan.steady + plan.burst + plan.deadline + plan.grace + CLOSED_WITHIN
    rest = began + whole - asyncio.get_running_loop().time()
    tell(f"after: {max(0.0, rest):.0f} s until every attempt must be closed")
    await asyncio.sleep(max(0.0, rest))
    for taker in takers:
        await taker.connection.close()


async def _saving(
    takers: list[Taker], result: Result, phase: str, seconds: float, every: float, tell: Callable[[str], None]
) -> None:
    """Everybody saves now and then, and looks at the clock."""
    result.measured.phase = phase
    tell(f"{phase}: {len(takers) / every:.0f} saves a second for {seconds:g} s")
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds

    async def one(taker: Taker) -> None:
        looked = loop.time() + taker.dice.uniform(0, CLOCK)
        pause = taker.dice.uniform(0, every)
        with suppress(Lost):  # whoever cannot save cannot hand in either, and is counted there
            while loop.time() + pause < end:
                await asyncio.sleep(pause)
                await taker.save()
                if loop.time() > looked:
                    await taker.look_at_the_clock()
                    looked = loop.time() + CLOCK
                pause = every * taker.dice.uniform(0.7, 1.3)
        await asyncio.sleep(max(0.0, end - loop.time()))

    async with asyncio.TaskGroup() as group:
        for taker in takers:
            if taker.attempt:
                group.create_task(one(taker))


def _run(work: Awaitable[None]) -> None:
    """On the fast event loop where there is one: what takers cost is taken from the server."""

    async def main() -> None:
        await work

    if sys.platform == "win32":
        asyncio.run(main())
        return
    import uvloop

    uvloop.run(main())
