"""Students who take a quiz while others submit homework; `autograder loadtest` runs them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.site.clock import ServerClock
from autograder.site.loadtest.measuring import Limit, percentile
from quizzes.loadtest.checks import missing_saves
from quizzes.loadtest.fixture import Fixture
from quizzes.loadtest.limits import STEADY, Measurements
from quizzes.loadtest.student import Connection, Lost, Student

__all__ = ["SavesBeside"]

DAY = 86_400_000  # milliseconds
EVERY = 15.0  # seconds between two saves of one student
STARTS_AT_ONCE = 8
PHASE = "quiz"


@dataclass
class SavesBeside:
    """Students at a quiz of the course that is being tested."""

    fixture: Fixture
    seed: int = 1
    measured: Measurements = field(default_factory=lambda: Measurements(phase=PHASE))
    failed: list[str] = field(default_factory=list)
    _cookies: list[str] = field(default_factory=list)
    _students: list[Student] = field(default_factory=list)

    def prepare(self, students: int) -> None:
        """Publish the quiz, open for a day, and enrol the students."""
        now, plan = ServerClock().now(), self.fixture.plan()
        schedule = replace(
            plan.schedule, opens_at=now - DAY, due_at=now + DAY, closes_at=now + DAY, limit=None, attempts=1
        )
        self.fixture.publish(replace(plan, schedule=schedule))
        self._cookies = self.fixture.admit(students, "quiz-student")

    async def start(self, ports: Sequence[int]) -> None:
        """Let the students start, a few at a time."""
        for number, cookie in enumerate(self._cookies):
            connection = Connection(ports[number % len(ports)], cookie)
            dice = random.Random(f"{self.seed} {number}")
            self._students.append(Student(connection, self.fixture.quiz, dice, self.measured.note))
        free = asyncio.Semaphore(STARTS_AT_ONCE)

        async def starts(student: Student) -> None:
            async with free:
                await self._tried(student.start())

        await asyncio.gather(*map(starts, self._students))

    async def save(self, seconds: float) -> None:
        """Let every student save now and then for so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds

        async def saves(student: Student) -> None:
            pause = student.dice.uniform(0, min(EVERY, seconds))
            while student.attempt and loop.time() + pause < end:
                await asyncio.sleep(pause)
                await self._tried(student.save())
                pause = EVERY * student.dice.uniform(0.7, 1.3)

        await asyncio.gather(*map(saves, self._students))

    async def close(self) -> None:
        """Close the connections."""
        for student in self._students:
            await student.connection.close()

    def lines(self) -> list[str]:
        """The times of the requests, a line for each kind."""
        return self.measured.lines()[1:]

    def limits(self) -> list[Limit]:
        """The limits of quizzes that hold beside any other load; the server has stopped."""
        acknowledged = [save for student in self._students for save in student.acknowledged]
        with self.fixture.open_site() as site:
            lost = len(missing_saves(site.database, acknowledged))
        slow = 1000 * percentile(self.measured.of(PHASE, "save"), 99)
        return [
            Limit("quiz beside it: 99 % of saves", slow, 1000 * STEADY, "ms"),
            Limit("quiz beside it: acknowledged saves that are missing", lost, 0),
            Limit("quiz beside it: errors and students who gave up", self._faults(), 0),
        ]

    def _faults(self) -> int:
        return sum(self.measured.problems.values()) + len(self.failed)

    async def _tried(self, act: Coroutine[Any, Any, None]) -> None:
        try:
            await act
        except Lost as problem:
            self.failed.append(str(problem))
