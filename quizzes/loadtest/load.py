"""The load test: a class starts at once, saves for a while, hands in at once; then the books are checked."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from autograder.site.clock import ServerClock
from quizzes.loadtest.checks import damage, missing, missing_receipts, still_open
from quizzes.loadtest.fixture import Fixture
from quizzes.loadtest.limits import CLOSED_WITHIN, Result
from quizzes.loadtest.server import Server
from quizzes.loadtest.student import Connection, Lost, Student

__all__ = ["Plan", "load"]


LEAD = 2_000  # milliseconds from the publishing to the opening
SLEEPY = 0.05  # so many never hand in: the server ends their attempts
CLOCK = 20.0  # seconds between two looks at the clock
LOOK = 0.5  # seconds between two questions whether all attempts are closed


@dataclass(frozen=True)
class Plan:
    """What happens, in seconds."""

    herd: float = 10.0
    steady: float = 60.0
    every: float = 15.0  # between two saves of one taker
    burst: float = 60.0
    burst_every: float = 5.0
    deadline: float = 5.0
    grace: float = 20.0
    seed: int = 1

    @property
    def whole(self) -> float:
        """From the opening to the deadline."""
        return self.herd + self.steady + self.burst + self.deadline


def load(
    stage: Fixture, servers: Sequence[Server], cookies: list[str], plan: Plan, tell: Callable[[str], None]
) -> Result:
    """Run the whole test against servers that share a database; `tell` hears what happens."""
    clock, times = ServerClock(), stage.plan()
    opens = clock.now() + LEAD
    ends = opens + int(1000 * plan.whole)
    schedule = replace(times.schedule, opens_at=opens, due_at=ends, closes_at=ends, limit=None, attempts=1)
    stage.publish(replace(times, schedule=replace(schedule, grace=int(1000 * plan.grace))))
    result = Result(len(cookies))
    takers = []
    for number, cookie in enumerate(cookies):
        dice = random.Random(f"{plan.seed} {number}")
        connection = Connection(servers[number % len(servers)].port, cookie)
        takers.append(Student(connection, stage.quiz, dice, result.measured.note))
    shift = _Shift(takers, plan, result, tell)
    with stage.opened() as one:  # before the herd comes: opening takes the lock to write

        def left() -> int:
            return still_open(one.database)

        own, theirs = time.process_time(), sum(server.busy() for server in servers)
        _run(shift.run((opens - clock.now()) / 1000, left))
        result.memory = max(server.peak() for server in servers)
        result.busy = sum(server.busy() for server in servers) - theirs, time.process_time() - own
        saves = [save for taker in takers for save in taker.acknowledged]
        receipts = {taker.attempt: taker.receipt for taker in takers if taker.receipt}
        result.saves, result.refused = len(saves), sum(taker.refused for taker in takers)
        result.lost = len(missing(one.database, saves))
        result.receipts = len(receipts)
        result.receipts_lost = len(missing_receipts(one.database, receipts))
        result.left_open = left()
        result.damage = damage(one.database)
    return result


class _Shift:
    """All takers through all phases; a phase ends when its time has come, however late it began."""

    def __init__(
        self, takers: list[Student], plan: Plan, result: Result, tell: Callable[[str], None]
    ) -> None:
        self.takers, self.plan, self.result, self.tell = takers, plan, result, tell

    async def run(self, until_open: float, left: Callable[[], int]) -> None:
        plan, loop = self.plan, asyncio.get_running_loop()
        begins = loop.time() + max(0.0, until_open)
        await asyncio.sleep(until_open)
        self._phase("opening", f"starts within {plan.herd:g} s")
        await self._all(self._begin, plan.herd)
        end = begins + plan.herd
        for phase, seconds, every in (
            ("steady", plan.steady, plan.every),
            ("burst", plan.burst, plan.burst_every),
        ):
            end += seconds
            if seconds:
                a_second = f"{len(self.takers) / every:.0f} saves a second for {seconds:g} s"
                self._phase(phase, a_second)
                await self._all(self._save, end, every)
        self._phase("deadline", f"hands in within {plan.deadline:g} s")
        await self._all(self._hand_in, plan.deadline)
        await self._closed(begins + plan.whole + plan.grace, left)
        for taker in self.takers:
            await taker.connection.close()

    def _phase(self, name: str, what: str) -> None:
        self.result.measured.phase = name
        self.tell(f"{name}: a class of {len(self.takers)}, {what}")

    async def _all(self, act: Callable[..., Coroutine[Any, Any, None]], *given: float) -> None:
        async with asyncio.TaskGroup() as group:
            for taker in self.takers:
                group.create_task(act(taker, *given))

    async def _begin(self, taker: Student, over: float) -> None:
        await asyncio.sleep(taker.dice.uniform(0, over))
        try:
            await taker.start()
        except Lost as problem:
            self.result.failed.append(str(problem))
            taker.attempt = ""

    async def _save(self, taker: Student, end: float, every: float) -> None:
        """Save now and then and look at the clock, as an open page does."""
        loop = asyncio.get_running_loop()
        looks = loop.time() + taker.dice.uniform(0, CLOCK)
        pause = taker.dice.uniform(0, every)
        with suppress(Lost):  # whoever cannot save cannot hand in either, and is counted there
            while taker.attempt and loop.time() + pause < end:
                await asyncio.sleep(pause)
                await taker.save()
                if loop.time() > looks:
                    await taker.look_at_the_clock()
                    looks = loop.time() + CLOCK
                pause = every * taker.dice.uniform(0.7, 1.3)
        await asyncio.sleep(end - loop.time())

    async def _hand_in(self, taker: Student, over: float) -> None:
        await asyncio.sleep(taker.dice.uniform(0, over))
        if taker.attempt and taker.dice.random() >= SLEEPY:
            try:
                await taker.finish()
            except Lost as problem:
                self.result.failed.append(str(problem))

    async def _closed(self, over: float, left: Callable[[], int]) -> None:
        """Wait until the server has closed every attempt, or should have."""
        loop = asyncio.get_running_loop()
        self.tell(f"after: {max(0.0, over - loop.time()):.0f} s until deadline and grace are over")
        while await asyncio.to_thread(left) and loop.time() < over + CLOSED_WITHIN:
            await asyncio.sleep(LOOK)
        self.result.closed_after = max(0.0, loop.time() - over)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """On the fast event loop where there is one: what takers cost is taken from the server."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    try:
        import uvloop
    except ModuleNotFoundError:  # not for every Python
        asyncio.run(work)
    else:
        uvloop.run(work)
