"""The crash test: kills a server under load repeatedly and looks for every acknowledged save."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from autograder.site.clock import ServerClock
from quizzes.loadtest.checks import damage, missing_receipts, missing_saves, open_attempts
from quizzes.loadtest.fixture import Fixture
from quizzes.loadtest.server import Server, start_server
from quizzes.loadtest.student import Connection, Lost, Student
from quizzes.store.extensions import extend

__all__ = ["CrashPlan", "CrashResult", "Ledger", "run_crash_test"]


HOUR = 3_600_000  # milliseconds; no attempt ends before the test wants it
NEVER_SUBMIT = 0.1  # the share of students who never submit: the server closes their attempts
ENDS_IN = 3_000  # milliseconds until the server closes these attempts
GRACE = 2_000
CLOSED_WITHIN = 10.0  # seconds after deadline and grace
RESUMES_WITHIN = 60.0  # seconds until every student's first save after a restart
REPLIES_LAND = 0.1  # seconds for replies that left the server before it was killed
FIRST_PAUSE = 0.05  # seconds before a student's first retry


@dataclass(frozen=True)
class CrashPlan:
    """The course of the test; spans are in seconds."""

    rounds: int = 3
    life: float = 4.0  # the longest a server lives under load before it is killed
    every: float = 0.25  # between two saves of one student
    submit_within: float = 2.0  # in which they submit, with a kill in the middle
    seed: int = 1


@dataclass(frozen=True)
class Ledger:
    """What was in the database after one kill."""

    acknowledged: int
    lost: int
    damage: list[str]


@dataclass
class CrashResult:
    """The result of the test."""

    ledgers: list[Ledger] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)  # what did not resume after a restart, in sentences
    refused: int = 0
    attempts: int = 0
    submitted: int = 0
    receipts_lost: int = 0
    left_open: int = 0

    def broken_promises(self) -> list[str]:
        """Every promise that was broken, as a sentence."""
        promises = [*self.stuck]
        for number, ledger in enumerate(self.ledgers, start=1):
            if ledger.lost:
                promises.append(f"After kill {number}, {ledger.lost} acknowledged saves are missing.")
            promises += [f"After kill {number}: {fault}" for fault in ledger.damage[:3]]
        if not any(ledger.acknowledged for ledger in self.ledgers):
            promises.append("No save was acknowledged, so the test shows nothing.")
        counts = {
            "saves were refused though the quiz was open": self.refused,
            "receipts students saw are not in the database": self.receipts_lost,
            "attempts are open 10 s after deadline and grace": self.left_open,
        }
        return promises + [f"{number} {what}." for what, number in counts.items() if number]


def run_crash_test(
    fixture: Fixture, cookies: list[str], plan: CrashPlan, report: Callable[[str], None]
) -> CrashResult:
    """Run all rounds with these students; `report` is called with progress messages."""
    now, times = ServerClock().now(), fixture.plan()
    until = now + HOUR
    schedule = replace(times.schedule, opens_at=now, due_at=until, closes_at=until, limit=None)
    fixture.publish(replace(times, schedule=replace(schedule, grace=GRACE, attempts=1)))
    test = _CrashTest(fixture, plan, report)
    try:
        asyncio.run(test.run(cookies))
    finally:
        if test.server is not None:
            test.server.stop()
    return test.result


class _CrashTest:
    def __init__(self, fixture: Fixture, plan: CrashPlan, report: Callable[[str], None]) -> None:
        self.fixture, self.plan, self.report = fixture, plan, report
        self.dice, self.result = random.Random(plan.seed), CrashResult()
        self.students: list[Student] = []
        self.server: Server | None = None
        self.over = asyncio.Event()  # no further saves

    async def run(self, cookies: list[str]) -> None:
        await self._begin()
        assert self.server is not None
        for number, cookie in enumerate(cookies):
            dice = random.Random(f"{self.plan.seed} {number}")
            connection = Connection(self.server.port, cookie)
            self.students.append(
                Student(connection, self.fixture.quiz, dice, lambda *_: None, pause=FIRST_PAUSE)
            )
        saving = [asyncio.create_task(self._goes_on_saving(student)) for student in self.students]
        for number in range(1, self.plan.rounds + 1):
            await self._kill(f"kill {number}", self.plan.life)
            await self._everybody_saves(saving, number)
        self.over.set()
        await asyncio.gather(*saving)
        submitting = [asyncio.create_task(self._submits(student)) for student in self.students]
        await self._kill("kill while submitting", self.plan.submit_within)
        await asyncio.gather(*submitting)
        await asyncio.to_thread(self._end_the_others)
        for student in self.students:
            await student.connection.close()
        self.result.refused = sum(student.refused for student in self.students)

    async def _begin(self) -> float:
        """Start a server and connect the students to it; returns the seconds it took."""
        began = time.monotonic()
        self.server = await asyncio.to_thread(start_server, self.fixture)
        for student in self.students:
            student.connection.move(self.server.port)
        return time.monotonic() - began

    async def _kill(self, name: str, within: float) -> None:
        """Kill the server at a random moment, check the database, and start another server on it."""
        life = self.dice.uniform(0.05, within)
        await asyncio.sleep(life)
        assert self.server is not None
        self.server.kill()
        await asyncio.sleep(REPLIES_LAND)
        ledgers = await asyncio.to_thread(self._ledger)
        self.result.ledgers.append(ledgers)
        took = await self._begin()
        whole = (
            "the database is intact"
            if not ledgers.damage
            else f"{len(ledgers.damage)} faults in the database"
        )
        self.report(
            f"{name}: after {life:.1f} s, {ledgers.acknowledged} acknowledged saves so far, "
            f"{ledgers.lost} missing; {whole}; another server after {took:.1f} s"
        )

    def _ledger(self) -> Ledger:
        saves = [save for student in self.students for save in list(student.acknowledged)]
        with self.fixture.open_site() as site:
            return Ledger(len(saves), len(missing_saves(site.database, saves)), damage(site.database))

    async def _goes_on_saving(self, student: Student) -> None:
        """Start an attempt, then save until the test is over, through all restarts."""
        try:
            await asyncio.sleep(student.dice.uniform(0, 1))
            await student.start()
            while not self.over.is_set():
                await student.save()
                await asyncio.sleep(self.plan.every * student.dice.uniform(0.5, 1.5))
        except Lost as problem:
            self.result.stuck.append(f"A student gave up: {problem}.")

    async def _everybody_saves(self, saving: list[asyncio.Task[None]], number: int) -> None:
        """Wait until every student has saved again."""
        before = [len(student.acknowledged) for student in self.students]
        deadline = time.monotonic() + RESUMES_WITHIN

        def waiting() -> int:
            return sum(
                len(student.acknowledged) == many and not task.done()
                for student, many, task in zip(self.students, before, saving, strict=True)
            )

        while waiting() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if left := waiting():
            self.result.stuck.append(f"After kill {number}, {left} attempts did not resume.")

    async def _submits(self, student: Student) -> None:
        await asyncio.sleep(student.dice.uniform(0, self.plan.submit_within))
        if student.attempt and student.dice.random() >= NEVER_SUBMIT:
            try:
                await student.finish()
            except Lost as problem:
                self.result.stuck.append(f"A student could not submit: {problem}.")

    def _end_the_others(self) -> None:
        """Move the deadline of the open attempts near, and wait until the server has closed them."""
        shown = {student.attempt: student.receipt for student in self.students if student.receipt}
        with self.fixture.open_site() as site:
            at = site.clock.now()
            for student in self.students:
                if student.attempt and not student.receipt:
                    with suppress(Exception), site.database.transaction() as connection:
                        end = at + ENDS_IN
                        extend(
                            connection,
                            student.attempt,
                            end,
                            at=at,
                            who="load test",
                            reason="load test",
                            force=True,
                        )
            until = time.monotonic() + (ENDS_IN + GRACE) / 1000 + CLOSED_WITHIN
            while open_attempts(site.database) and time.monotonic() < until:
                time.sleep(0.1)
            self.result.left_open = open_attempts(site.database)
            self.result.attempts = sum(bool(student.attempt) for student in self.students)
            self.result.submitted = len(shown)
            self.result.receipts_lost = len(missing_receipts(site.database, shown))
        ledgers = self._ledger()
        self.result.ledgers.append(ledgers)
