"""The work of staff beside the load: a regrade, a roster import and an analysis, over and over.

Before the load some students take an earlier quiz. In each phase staff then propose a regrade of it on its
page and release it, while their commands import the roster and write an analysis on the same machine.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml
from sqlalchemy import exists, func, select

from autograder.course.csv_table import write_table
from autograder.environment import module_command
from autograder.errors import UsageError
from autograder.site.clock import ServerClock
from autograder.site.database import Database
from autograder.site.tables import enrolment, mark
from quizzes.content.quiz_file import load_quiz
from quizzes.loadtest.fixture import Fixture
from quizzes.loadtest.server import Server
from quizzes.loadtest.student import Connection, Student
from quizzes.store.marks import QUIZ
from quizzes.store.quizzes import current_version
from quizzes.store.regrades import unapplied_changes
from quizzes.store.tables import attempt

__all__ = ["StaffWork"]


DAY = 86_400_000  # milliseconds
SAVES = 8  # of each student at the earlier quiz
TAKERS_AT_ONCE = 8
MARKED_WITHIN, REGRADED_WITHIN = 120.0, 60.0  # seconds
POLL_INTERVAL = 0.25  # seconds
LONGEST_MESSAGE = 200  # characters of what a command said


class _Failed(Exception):
    """A task of staff failed."""


@dataclass
class StaffWork:
    """Staff at work; `earlier` is the fixture of the quiz that they regrade."""

    earlier: Fixture
    server: Server
    cookie: str  # of an instructor's session
    attempts: int = 0  # at the earlier quiz
    rounds: int = 0
    seconds: dict[str, list[float]] = field(default_factory=dict)  # that each kind of task took
    failed: list[str] = field(default_factory=list)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def of(cls, fixture: Fixture, server: Server) -> StaffWork:
        """The work at a fixture's course: it gets an earlier quiz, a copy of its own."""
        earlier = replace(fixture, quiz=f"{fixture.quiz}-earlier")
        source = fixture.folder / "quizzes" / f"{fixture.quiz}.yaml"
        (fixture.folder / "quizzes" / f"{earlier.quiz}.yaml").write_bytes(source.read_bytes())
        return cls(earlier, server, earlier.admit_instructor())

    def take_earlier_quiz(self, cookies: Sequence[str]) -> None:
        """Let students take the earlier quiz and wait for their marks; raises UsageError if none come."""
        asyncio.run(self._take(cookies))
        self.attempts = len(cookies)
        self._publish(open_for=0)
        until = time.monotonic() + MARKED_WITHIN
        with self.earlier.open_site() as site:
            while self._marked(site.database) < self.attempts:
                if time.monotonic() > until:
                    raise UsageError(
                        "The server does not mark the attempts at the earlier quiz.",
                        next_step="Test with --regrade 0, and look at its log.",
                    )
                time.sleep(POLL_INTERVAL)

    async def round(self, database: Database) -> None:
        """One regrade, one import and one analysis at the same time; the next round waits for it."""
        async with self._busy:
            self.rounds += 1
            await asyncio.gather(
                self._timed("regrade", lambda: self._regrade(database)),
                self._timed("import", self._import),
                self._timed("analysis", self._analyse),
            )

    def not_regraded(self, database: Database) -> int:
        """How many attempts at the earlier quiz have no mark by the key of the last regrade."""
        with database.reading() as connection:
            key = current_version(connection, self.earlier.quiz)
            by_key = exists().where(
                mark.c.kind == QUIZ, mark.c.work == attempt.c.id, mark.c.key_version == key
            )
            without = (
                select(func.count()).select_from(attempt).where(attempt.c.quiz == self.earlier.quiz, ~by_key)
            )
            return int(connection.execute(without).scalar_one())

    # Before the load

    async def _take(self, cookies: Sequence[str]) -> None:
        self._publish(open_for=DAY)
        turn = asyncio.Semaphore(TAKERS_AT_ONCE)

        async def take(number: int, cookie: str) -> None:
            async with turn:
                dice = random.Random(f"earlier {number}")
                connection = Connection(self.server.port, cookie)
                student = Student(connection, self.earlier.quiz, dice, lambda *_: None)
                await student.start()
                for _ in range(SAVES):
                    await student.save()
                await student.finish()
                await connection.close()

        async with asyncio.TaskGroup() as group:
            for number, cookie in enumerate(cookies):
                group.create_task(take(number, cookie))

    def _publish(self, *, open_for: int) -> None:
        """Publish the earlier quiz; it has been open for a day, and is for so many milliseconds."""
        now, plan = ServerClock().now(), self.earlier.plan()
        ends = now + open_for
        schedule = replace(
            plan.schedule, opens_at=now - DAY, due_at=ends, closes_at=ends, limit=None, attempts=None
        )
        self.earlier.publish(replace(plan, schedule=schedule))

    def _marked(self, database: Database) -> int:
        with database.reading() as connection:
            graded = attempt.c.quiz == self.earlier.quiz, attempt.c.state == "graded"
            return int(
                connection.execute(select(func.count()).select_from(attempt).where(*graded)).scalar_one()
            )

    # Beside the load

    async def _timed(self, kind: str, task: Callable[[], object]) -> None:
        began = time.perf_counter()
        try:
            await task()  # type: ignore[misc]
        except Exception as problem:  # every fault is a task that failed
            self.failed.append(f"{kind}: {problem}")
        self.seconds.setdefault(kind, []).append(time.perf_counter() - began)

    async def _regrade(self, database: Database) -> None:
        """Correct the quiz's file, propose a regrade on its page, release it, wait for the last attempt."""
        self._correct()
        path = f"/staff/{self.earlier.quiz}/regrades"
        connection = Connection(self.server.port, self.cookie, REGRADED_WITHIN)
        try:
            page = await connection.get(path)
            token = page.body.decode().partition('name="form-token" content="')[2].partition('"')[0]
            proposed = await connection.form(path, f"token={token}")
            run = proposed.headers.get("location", "").rpartition("#run-")[2]
            if not run.isdigit():
                raise _Failed(f"the proposal was answered by {proposed.status}")
            released = await connection.form(f"{path}/{run}/release", f"token={token}")
            if released.status != 303:
                raise _Failed(f"the release was answered by {released.status}")
        finally:
            await connection.close()
        until = time.monotonic() + REGRADED_WITHIN
        while await asyncio.to_thread(_unapplied, database):
            if time.monotonic() > until:
                raise _Failed(f"it is not done within {REGRADED_WITHIN:.0f} s")
            await asyncio.sleep(POLL_INTERVAL)

    def _correct(self) -> None:
        """Let every question count for everybody, or count again, so that each regrade changes all scores."""
        path = self.earlier.folder / "quizzes" / f"{self.earlier.quiz}.yaml"
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        if written.get("dropped"):
            del written["dropped"]
        else:
            written["dropped"] = sorted(load_quiz(self.earlier.course(), self.earlier.quiz).quiz.items)
        path.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True), encoding="utf-8")

    async def _import(self) -> None:
        """Import the roster with more time for everybody than the last one gave."""
        folder, number = self.earlier.folder, self.rounds
        await asyncio.to_thread(self._write_roster, folder / "everybody.csv", f"{1 + number / 20:.2f}")
        codes = folder / f"passcodes-{number}.csv"
        await self._command(
            *("autograder", "roster", "import", str(folder / "everybody.csv"), "--passcodes", str(codes))
        )

    def _write_roster(self, path: Path, multiplier: str) -> None:
        with self.earlier.open_site() as site, site.database.reading() as connection:
            students = select(enrolment.c.person).where(enrolment.c.role == "student")
            people = sorted(connection.execute(students).scalars())
        rows = [(person, multiplier) for person in people]
        path.write_text(write_table(("student_id", "multiplier"), rows), encoding="utf-8")

    async def _analyse(self) -> None:
        out = self.earlier.folder / "analysis"
        await self._command("quizzes", "analysis", self.earlier.quiz, "--out", str(out))

    async def _command(self, program: str, *words: str) -> None:
        """Run one of our commands in a process of its own; raises _Failed with its output."""
        process = await asyncio.create_subprocess_exec(
            *module_command(program, *words, "--course", str(self.earlier.folder)),
            env=self.earlier.environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise _Failed(output.decode(errors="replace").strip()[-LONGEST_MESSAGE:])


def _unapplied(database: Database) -> int:
    with database.reading() as connection:
        return len(unapplied_changes(connection))
