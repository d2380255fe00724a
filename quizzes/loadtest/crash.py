"""The crash test: a server under load is killed again and again; nothing it acknowledged may be gone."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from autograder.site.clock import ServerClock
from quizzes.loadtest.checks import damage, missing, missing_receipts, still_open
from quizzes.loadtest.fixture import Fixture
from quizzes.loadtest.server import Server, started
from quizzes.loadtest.student import Connection, Lost, Student
from quizzes.store.extensions import extend

__all__ = ["CrashPlan", "CrashResult", "Ledger", "crash"]


HOUR = 3_600_000  # milliseconds; nobody's time ends before the test wants it
SLEEPY = 0.1  # so many never hand in: the server ends their attempts
SOON = 3_000  # milliseconds until it does
GRACE = 2_000
CLOSED_WITHIN = 10.0  # seconds after deadline and grace
GOES_ON_WITHIN = 60.0  # seconds for everybody's first save after a restart
IN_THE_AIR = 0.1  # seconds for replies that left the server before it was killed
AGAIN = 0.05  # seconds before a taker's first second try


@dataclass(frozen=True)
class CrashPlan:
    """What happens; spans in seconds."""

    rounds: int = 3
    life: float = 4.0  # the longest a server lives under load before it is killed
    every: float = 0.25  # between two saves of one taker
    hand_in: float = 2.0  # in which they hand in, with a kill in the middle
    seed: int = 1


@dataclass(frozen=True)
class Ledger:
    """What stood in the database after one kill."""

    acknowledged: int
    lost: int
    damage: list[str]


@dataclass
class CrashResult:
    """What was seen."""

    books: list[Ledger] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)  # what did not go on after a restart, in sentences
    refused: int = 0
    attempts: int = 0
    handed_in: int = 0
    receipts_lost: int = 0
    left_open: int = 0

    def misses(self) -> list[str]:
        """Every promise that was broken, as a sentence."""
        said = [*self.stuck]
        for number, one in enumerate(self.books, start=1):
            if one.lost:
                said.append(f"After kill {number}, {one.lost} acknowledged saves are missing.")
            said += [f"After kill {number}: {fault}" for fault in one.damage[:3]]
        if not any(one.acknowledged for one in self.books):
            said.append("No save was acknowledged, so nothing is proved.")
        counts = {
            "saves were refused though the quiz was open": self.refused,
            "receipts students saw are not in the database": self.receipts_lost,
            "attempts are open 10 s after deadline and grace": self.left_open,
        }
        return said + [f"{number} {what}." for what, number in counts.items() if number]


def crash(stage: Fixture, cookies: list[str], plan: CrashPlan, tell: Callable[[str], None]) -> CrashResult:
    """Run all rounds on a stage with these takers; `tell` hears what happens."""
    now, times = ServerClock().now(), stage.plan()
    until = now + HOUR
    schedule = replace(times.schedule, opens_at=now, due_at=until, closes_at=until, limit=None)
    stage.publish(replace(times, schedule=replace(schedule, grace=GRACE, attempts=1)))
    test = _Crash(stage, plan, tell)
    try:
        asyncio.run(test.run(cookies))
    finally:
        if test.server is not None:
            test.server.stop()
    return test.result


class _Crash:
    def __init__(self, stage: Fixture, plan: CrashPlan, tell: Callable[[str], None]) -> None:
        self.stage, self.plan, self.tell = stage, plan, tell
        self.dice, self.result = random.Random(plan.seed), CrashResult()
        self.takers: list[Student] = []
        self.server: Server | None = None
        self.over = asyncio.Event()  # no further saves

    async def run(self, cookies: list[str]) -> None:
        await self._begin()
        assert self.server is not None
        for number, cookie in enumerate(cookies):
            dice = random.Random(f"{self.plan.seed} {number}")
            connection = Connection(self.server.port, cookie)
            self.takers.append(Student(connection, self.stage.quiz, dice, lambda *_: None, pause=AGAIN))
        saving = [asyncio.create_task(self._goes_on_saving(one)) for one in self.takers]
        for number in range(1, self.plan.rounds + 1):
            await self._kill(f"kill {number}", self.plan.life)
            await self._everybody_saves(saving, number)
        self.over.set()
        await asyncio.gather(*saving)
        handing_in = [asyncio.create_task(self._hands_in(one)) for one in self.takers]
        await self._kill("kill while handing in", self.plan.hand_in)
        await asyncio.gather(*handing_in)
        await asyncio.to_thread(self._end_the_others)
        for taker in self.takers:
            await taker.connection.close()
        self.result.refused = sum(taker.refused for taker in self.takers)

    async def _begin(self) -> float:
        """A server, and takers who find it; how long it took."""
        began = time.monotonic()
        self.server = await asyncio.to_thread(started, self.stage)
        for taker in self.takers:
            taker.connection.move(self.server.port)
        return time.monotonic() - began

    async def _kill(self, name: str, within: float) -> None:
        """Kill the server at some moment, look at the books, and start another one on the same database."""
        life = self.dice.uniform(0.05, within)
        await asyncio.sleep(life)
        assert self.server is not None
        self.server.kill()
        await asyncio.sleep(IN_THE_AIR)
        books = await asyncio.to_thread(self._books)
        self.result.books.append(books)
        took = await self._begin()
        whole = "the database is whole" if not books.damage else f"{len(books.damage)} faults in the database"
        self.tell(
            f"{name}: after {life:.1f} s, {books.acknowledged} acknowledged saves so far, "
            f"{books.lost} missing; {whole}; another server after {took:.1f} s"
        )

    def _books(self) -> Ledger:
        saves = [save for taker in self.takers for save in list(taker.acknowledged)]
        with self.stage.opened() as one:
            return Ledger(len(saves), len(missing(one.database, saves)), damage(one.database))

    async def _goes_on_saving(self, taker: Student) -> None:
        """Start, then save until told to stop, whatever becomes of the server."""
        try:
            await asyncio.sleep(taker.dice.uniform(0, 1))
            await taker.start()
            while not self.over.is_set():
                await taker.save()
                await asyncio.sleep(self.plan.every * taker.dice.uniform(0.5, 1.5))
        except Lost as problem:
            self.result.stuck.append(f"A taker gave up: {problem}.")

    async def _everybody_saves(self, saving: list[asyncio.Task[None]], number: int) -> None:
        """Wait until every attempt goes on."""
        before = [len(taker.acknowledged) for taker in self.takers]
        deadline = time.monotonic() + GOES_ON_WITHIN

        def waiting() -> int:
            return sum(
                len(taker.acknowledged) == many and not task.done()
                for taker, many, task in zip(self.takers, before, saving, strict=True)
            )

        while waiting() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if left := waiting():
            self.result.stuck.append(f"After kill {number}, {left} attempts did not go on.")

    async def _hands_in(self, taker: Student) -> None:
        await asyncio.sleep(taker.dice.uniform(0, self.plan.hand_in))
        if taker.attempt and taker.dice.random() >= SLEEPY:
            try:
                await taker.finish()
            except Lost as problem:
                self.result.stuck.append(f"A taker could not hand in: {problem}.")

    def _end_the_others(self) -> None:
        """Bring the end of what is open near, and wait until the server has ended it."""
        shown = {taker.attempt: taker.receipt for taker in self.takers if taker.receipt}
        with self.stage.opened() as one:
            at = one.clock.now()
            for taker in self.takers:
                if taker.attempt and not taker.receipt:
                    with suppress(Exception), one.database.transaction() as connection:
                        end = at + SOON
                        extend(connection, taker.attempt, end, at=at, who="proof", reason="proof", force=True)
            until = time.monotonic() + (SOON + GRACE) / 1000 + CLOSED_WITHIN
            while still_open(one.database) and time.monotonic() < until:
                time.sleep(0.1)
            self.result.left_open = still_open(one.database)
            self.result.attempts = sum(bool(taker.attempt) for taker in self.takers)
            self.result.handed_in = len(shown)
            self.result.receipts_lost = len(missing_receipts(one.database, shown))
        books = self._books()
        self.result.books.append(books)
