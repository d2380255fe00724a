"""The load test: a class starts, saves and submits at once; then the database is checked."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from autograder.site.clock import ServerClock
from quizzes.loadtest.checks import damage, missing_receipts, missing_saves, open_attempts
from quizzes.loadtest.fixture import Fixture
from quizzes.loadtest.limits import CLOSED_WITHIN, Result
from quizzes.loadtest.server import Server
from quizzes.loadtest.staff_work import StaffWork
from quizzes.loadtest.student import Connection, Lost, Student

__all__ = ["LoadPlan", "run_load_test"]


LEAD, LEAD_FOR_EACH = 2_000, 13  # milliseconds from the publishing to the opening: questions are built in it
NEVER_SUBMIT = 0.05  # the share of students who never submit: the server closes their attempts
STATUS_INTERVAL = 20.0  # seconds between two requests of the status
POLL_INTERVAL = 0.5  # seconds between two checks whether all attempts are closed


@dataclass(frozen=True)
class LoadPlan:
    """The phases of the test, in seconds."""

    herd: float = 10.0
    steady: float = 60.0
    every: float = 15.0  # between two saves of one student
    burst: float = 60.0
    burst_every: float = 5.0
    deadline: float = 5.0
    grace: float = 20.0
    seed: int = 1

    @property
    def whole(self) -> float:
        """From the opening to the deadline."""
        return self.herd + self.steady + self.burst + self.deadline


def run_load_test(
    fixture: Fixture,
    servers: Sequence[Server],
    cookies: list[str],
    plan: LoadPlan,
    report: Callable[[str], None],
    work: StaffWork | None = None,
) -> Result:
    """Run the test against servers that share a database; `report` is called with progress messages.

    With `work` staff are at work beside the load.
    """
    clock, times = ServerClock(), fixture.plan()
    opens = clock.now() + LEAD + LEAD_FOR_EACH * len(cookies)
    ends = opens + int(1000 * plan.whole)
    schedule = replace(times.schedule, opens_at=opens, due_at=ends, closes_at=ends, limit=None, attempts=1)
    fixture.publish(replace(times, schedule=replace(schedule, grace=int(1000 * plan.grace))))
    result = Result(len(cookies))
    students = []
    for number, cookie in enumerate(cookies):
        dice = random.Random(f"{plan.seed} {number}")
        connection = Connection(servers[number % len(servers)].port, cookie)
        students.append(Student(connection, fixture.quiz, dice, result.measured.note))
    with fixture.open_site() as site:  # before the students start: opening the database takes the write lock
        staff_round = None if work is None else partial(work.round, site.database)
        shift = _Phases(
            students, plan, result, report, staff_round, lambda: sum(server.busy() for server in servers)
        )

        def left() -> int:
            return open_attempts(site.database)

        own_time, server_time = time.process_time(), sum(server.busy() for server in servers)
        _run(shift.run((opens - clock.now()) / 1000, left))
        result.memory = max(server.peak() for server in servers)
        result.busy = sum(server.busy() for server in servers) - server_time, time.process_time() - own_time
        saves = [save for student in students for save in student.acknowledged]
        receipts = {student.attempt: student.receipt for student in students if student.receipt}
        result.saves, result.refused = len(saves), sum(student.refused for student in students)
        result.lost = len(missing_saves(site.database, saves))
        result.receipts = len(receipts)
        result.receipts_lost = len(missing_receipts(site.database, receipts))
        result.left_open = left()
        result.damage = damage(site.database)
        if work is not None:
            result.staff, result.staff_failed, result.regraded = work.seconds, work.failed, work.attempts
            result.not_regraded = work.not_regraded(site.database)
    return result


class _Phases:
    """Takes all students through all phases; a phase ends on time, however late it began."""

    def __init__(
        self,
        students: list[Student],
        plan: LoadPlan,
        result: Result,
        report: Callable[[str], None],
        staff_round: Callable[[], Coroutine[Any, Any, None]] | None,
        busy: Callable[[], float],
    ) -> None:
        self.students, self.plan, self.result, self.report = students, plan, result, report
        self.staff_round = staff_round  # a round of the staff's work, begun with each phase
        self.rounds: list[asyncio.Task[None]] = []
        self.busy, self.began_busy = busy, 0.0  # seconds of a core that the servers used, now and before

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
                a_second = f"{len(self.students) / every:.0f} saves a second for {seconds:g} s"
                self._phase(phase, a_second)
                await self._all(self._save, end, every)
        self._phase("deadline", f"submits within {plan.deadline:g} s")
        await self._all(self._submit, plan.deadline)
        self._end_phase()
        await self._closed(begins + plan.whole + plan.grace, left)
        await asyncio.gather(*self.rounds)
        for student in self.students:
            await student.connection.close()

    def _phase(self, name: str, what: str) -> None:
        self._end_phase()
        self.result.measured.phase = name
        self.report(f"{name}: a class of {len(self.students)}, {what}")
        if self.staff_round is not None:
            self.rounds.append(asyncio.create_task(self.staff_round()))

    def _end_phase(self) -> None:
        if phase := self.result.measured.phase:
            self.result.busy_in[phase] = self.busy() - self.began_busy
        self.began_busy = self.busy()

    async def _all(self, act: Callable[..., Coroutine[Any, Any, None]], *arguments: float) -> None:
        async with asyncio.TaskGroup() as group:
            for student in self.students:
                group.create_task(act(student, *arguments))

    async def _begin(self, student: Student, over: float) -> None:
        await asyncio.sleep(student.dice.uniform(0, over))
        try:
            await student.start()
        except Lost as problem:
            self.result.failed.append(str(problem))
            student.attempt = ""

    async def _save(self, student: Student, end: float, every: float) -> None:
        """Save now and then and request the status, as an open page does."""
        loop = asyncio.get_running_loop()
        looks = loop.time() + student.dice.uniform(0, STATUS_INTERVAL)
        pause = student.dice.uniform(0, every)
        with suppress(Lost):  # a student who cannot save cannot submit either, and is counted there
            while student.attempt and loop.time() + pause < end:
                await asyncio.sleep(pause)
                await student.save()
                if loop.time() > looks:
                    await student.request_status()
                    looks = loop.time() + STATUS_INTERVAL
                pause = every * student.dice.uniform(0.7, 1.3)
        await asyncio.sleep(end - loop.time())

    async def _submit(self, student: Student, over: float) -> None:
        await asyncio.sleep(student.dice.uniform(0, over))
        if student.attempt and student.dice.random() >= NEVER_SUBMIT:
            try:
                await student.finish()
            except Lost as problem:
                self.result.failed.append(str(problem))

    async def _closed(self, over: float, left: Callable[[], int]) -> None:
        """Wait until the server has closed every attempt, or until it should have."""
        loop = asyncio.get_running_loop()
        self.report(f"after: {max(0.0, over - loop.time()):.0f} s until deadline and grace are over")
        while await asyncio.to_thread(left) and loop.time() < over + CLOSED_WITHIN:
            await asyncio.sleep(POLL_INTERVAL)
        self.result.closed_after = max(0.0, loop.time() - over)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Use uvloop where it is installed: the students share the processor with the server."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    try:
        import uvloop
    except ModuleNotFoundError:  # it does not support every Python version
        asyncio.run(work)
    else:
        uvloop.run(work)
