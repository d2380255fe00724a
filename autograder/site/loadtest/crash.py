"""The crash test of homework: servers, graders and database connections are killed while students submit.

Nothing may be lost, graded twice or missing from the ledger.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from autograder.site.loadtest.checks import damage, missing, wrongly_graded
from autograder.site.loadtest.client import Client, Receipt, Times
from autograder.site.loadtest.fixture import HomeworkFixture
from autograder.site.loadtest.server_process import Server

__all__ = ["CrashPlan", "CrashResult", "graders_of", "run_crash_test"]

RECEIPT_WITHIN, POLL_INTERVAL = 60.0, 0.05  # seconds
MOST_TOLD = 3  # faults of a kind


@dataclass(frozen=True)
class CrashPlan:
    """The course of the test; spans are in seconds."""

    rounds: int = 10
    students: int = 10
    life: float = 4.0  # the longest a server lives under load before it is killed
    every: float = 0.3  # between two submissions of one student
    servers: int = 1  # that share the database; one of them is killed at a time
    graders: int = 2
    stalled_after: float = 900.0  # without one more result
    seed: int = 1


@dataclass
class CrashResult:
    """What was found."""

    receipts: list[Receipt] = field(default_factory=list)
    graders_killed: int = 0
    connections_cut: int = 0  # to PostgreSQL
    problems: Counter[str] = field(default_factory=Counter)  # that students met, by kind; they submit again
    broken: list[str] = field(default_factory=list)  # promises, as sentences

    def broken_promises(self) -> list[str]:
        """Every promise that was broken."""
        nothing = ["No submission was acknowledged, so the test shows nothing."]
        return self.broken or ([] if self.receipts else nothing)


def graders_of(server: Server) -> list[int]:
    """The process ids of the graders beside a server; none where the system does not tell."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            parent = int(path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[1])
            words = path.with_name("cmdline").read_bytes().split(b"\0")
            if parent == server.process.pid and b"grader" in words:
                found.append(int(path.parent.name))
    return found


def cut_connections(fixture: HomeworkFixture) -> int:
    """End all connections to a PostgreSQL database but this one; how many. None with SQLite."""
    if not fixture.address:
        return 0
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with fixture.open_site() as site, site.database.transaction() as connection:
        return len(connection.execute(ended).all())


def run_crash_test(fixture: HomeworkFixture, plan: CrashPlan, report: Callable[[str], None]) -> CrashResult:
    """Run all rounds; `report` is called with what happens."""
    test = _CrashTest(fixture, plan, report)
    try:
        asyncio.run(test.run())
    finally:
        for server in test.servers:
            server.stop()
    lost = missing(fixture, test.result.receipts)
    if lost:
        test.result.broken.append(f"{len(lost)} acknowledged submissions are missing: {', '.join(lost[:3])}.")
    for faults in (wrongly_graded(fixture), damage(fixture)):
        test.result.broken += faults[:MOST_TOLD]
        if len(faults) > MOST_TOLD:
            test.result.broken.append(f"… and {len(faults) - MOST_TOLD} more like it.")
    return test.result


class _CrashTest:
    def __init__(self, fixture: HomeworkFixture, plan: CrashPlan, report: Callable[[str], None]) -> None:
        self.fixture, self.plan, self.report = fixture, plan, report
        self.result, self.dice, self.times = CrashResult(), random.Random(plan.seed), Times()
        self.result.problems = self.times.problems
        self.solved = fixture.solved()
        self.servers: list[Server] = []
        self.over = asyncio.Event()

    async def run(self) -> None:
        """Kill and restart while everybody submits, then wait until all is graded."""
        names = [f"student-{number:05}" for number in range(self.plan.students)]
        sessions = await asyncio.to_thread(self.fixture.admit, names)
        for _ in range(self.plan.servers):
            self.servers.append(await asyncio.to_thread(self.fixture.start, self.plan.graders))
        clients = [
            Client(self._server_of(number).port, session, self.fixture.assignment, self.times)
            for number, session in enumerate(sessions)
        ]
        submitting = [
            asyncio.create_task(self._goes_on(number, client)) for number, client in enumerate(clients)
        ]
        for number in range(1, self.plan.rounds + 1):
            await self._kill(number, clients)
        self.over.set()
        await asyncio.gather(*submitting)
        await self._wait_for_results()
        for client in clients:
            await client.close()

    def _server_of(self, number: int) -> Server:
        """The server that a student uses."""
        return self.servers[number % len(self.servers)]

    async def _goes_on(self, number: int, client: Client) -> None:
        """Submit ever new bytes until the test is over, through all restarts."""
        dice, submitted = random.Random(f"{self.plan.seed} {number}"), 0
        while not self.over.is_set():
            submitted += 1
            content = self.solved + b" " * number + b"\n" * submitted
            receipt = await client.upload(content)
            if receipt is not None:
                self.result.receipts.append(receipt)
            await asyncio.sleep(self.plan.every * dice.uniform(0.5, 1.5))

    async def _kill(self, number: int, clients: list[Client]) -> None:
        """Kill one server at a random moment; before it, cut all connections or kill one of its graders."""
        killed = self.dice.randrange(len(self.servers))
        server, life = self.servers[killed], self.dice.uniform(0.1, self.plan.life)
        await asyncio.sleep(life / 2)
        if number % 2 == 0:  # on a slow machine, too, some are killed with work in hand
            await self._wait_for_a_receipt()
        graders = await asyncio.to_thread(graders_of, server)
        if number % 2 == 0 and graders:
            with suppress(ProcessLookupError):
                os.kill(self.dice.choice(graders), signal.SIGKILL)
                self.result.graders_killed += 1
        if number % 2 == 1:
            self.result.connections_cut += await asyncio.to_thread(cut_connections, self.fixture)
        await asyncio.sleep(life / 2)
        receipts = len(self.result.receipts)
        await asyncio.to_thread(server.kill)
        lost = await asyncio.to_thread(missing, self.fixture, self.result.receipts[:receipts])
        faults = await asyncio.to_thread(damage, self.fixture)
        if lost or faults:
            self.result.broken.append(f"After kill {number}: {len(lost)} missing. {' '.join(faults[:3])}")
        began = time.monotonic()
        self.servers[killed] = await asyncio.to_thread(self.fixture.start, self.plan.graders)
        for client in clients[killed :: len(self.servers)]:
            await client.move(self.servers[killed].port)
        self.report(
            f"kill {number}: after {life:.1f} s, {receipts} receipts so far, {len(lost)} missing; "
            f"another server after {time.monotonic() - began:.1f} s"
        )

    async def _wait_for_a_receipt(self) -> None:
        receipts, ends = len(self.result.receipts), time.monotonic() + RECEIPT_WITHIN
        while len(self.result.receipts) == receipts and time.monotonic() < ends:
            await asyncio.sleep(POLL_INTERVAL)

    async def _wait_for_results(self) -> None:
        """Wait as long as results come: how fast a machine is, is not what this test is about."""
        self.report(f"{len(self.result.receipts)} receipts; waiting until all are graded")
        fewest, since = -1, time.monotonic()
        while waiting := await asyncio.to_thread(self.fixture.ungraded):
            if fewest < 0 or waiting < fewest:
                fewest, since = waiting, time.monotonic()
            if time.monotonic() - since > self.plan.stalled_after:
                seconds = round(self.plan.stalled_after)
                self.result.broken.append(f"Grading stands still: no result in {seconds} s, {waiting} wait.")
                return
            await asyncio.sleep(1)
