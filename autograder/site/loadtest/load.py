"""The load test of homework: a class submits before a deadline, graders grade, staff look at the class."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from autograder.site.extensions import LoadBeside
from autograder.site.loadtest.checks import damage, missing, wrongly_graded
from autograder.site.loadtest.client import Client, Receipt, Times
from autograder.site.loadtest.fixture import HomeworkFixture, hostile_notebook, padded
from autograder.site.loadtest.measuring import Limit, percentile
from autograder.site.loadtest.server_process import Server

__all__ = ["LoadPlan", "LoadResult", "run_load_test"]

MEGABYTE, KILOBYTE = 1_000_000, 1000
RECEIPT, IDLE_FEEDBACK, CLASS_PAGE, SUBMISSION_PAGE = 2.0, 3.0, 1.0, 1.0  # seconds
LARGEST_PAGE = 300.0  # kilobytes, compressed
CLASS_PAGES = ("", "?page=5", "?sort=-score", "?find=student-01", "?show=late&sort=late")
PROBE_EVERY = 3.0  # seconds between two submissions while the class is being graded
QUIET_PROBES, AT_ONCE = 100, 8  # requests that are measured first, hostile submissions under way
AS_IT_WAS, HARDLY_SEEN = 2.0, 250.0  # how much slower a request may be beside them, or so many milliseconds


@dataclass(frozen=True)
class LoadPlan:
    """The course of the test; spans are in seconds, sizes in megabytes."""

    students: int = 500
    seconds: float = 60.0  # before the deadline, in which all submit
    size: float = 2.0  # of a notebook
    class_size: int = 2000
    graded_within: float = 900.0
    large: float = 10.0  # the notebook whose page staff open
    hostile: int = 200  # submissions whose first look needs more than it may use
    seed: int = 1


@dataclass
class LoadResult:
    """What was measured."""

    plan: LoadPlan
    times: Times = field(default_factory=Times)
    receipts: list[Receipt] = field(default_factory=list)
    refused: int = 0
    feedback: float = 0.0  # seconds from the click to the score on an idle server
    graded_after: float = 0.0  # seconds from the deadline to the last result
    pages: dict[str, tuple[float, float]] = field(default_factory=dict)  # seconds and kilobytes
    missing: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    other_times: list[str] = field(default_factory=list)  # of other parts of the course
    limits_beside: list[Limit] = field(default_factory=list)

    def limits(self) -> list[Limit]:
        """The limits, in the order of the test."""
        slow = {kind: 1000 * percentile(self.times.seconds[kind], 99) for kind in ("receipt", "probe")}
        quiet, loaded = (1000 * percentile(self.times.seconds[kind], 99) for kind in ("quiet", "beside"))
        hostile = Limit(
            f"99 % of requests beside {self.plan.hostile} hostile sources",
            loaded,
            max(AS_IT_WAS * quiet, HARDLY_SEEN),
            "ms",
        )
        class_pages = [seen for name, seen in self.pages.items() if name != "submission"]
        submission = self.pages.get("submission", (0.0, 0.0))
        return [
            Limit("idle: from the click to the score", 1000 * self.feedback, 1000 * IDLE_FEEDBACK, "ms"),
            Limit("before the deadline: 99 % of receipts", slow["receipt"], 1000 * RECEIPT, "ms"),
            Limit("while the class is graded: 99 % of receipts", slow["probe"], 1000 * RECEIPT, "ms"),
            Limit("submissions that were not acknowledged", self.refused, 0),
            Limit("acknowledged submissions that are missing", len(self.missing), 0),
            Limit("server errors and lost connections", self.times.faults, 0),
            Limit("the last one graded after the deadline", self.graded_after, self.plan.graded_within, "s"),
            Limit("submissions not graded, or twice", len(self.wrong), 0),
            Limit(
                f"class page of {self.plan.class_size} students",
                1000 * max((seconds for seconds, _ in class_pages), default=0),
                1000 * CLASS_PAGE,
                "ms",
            ),
            Limit("the same, compressed", max((kb for _, kb in class_pages), default=0), LARGEST_PAGE, "kB"),
            Limit(
                f"page of a notebook of {self.plan.large:g} MB",
                1000 * submission[0],
                1000 * SUBMISSION_PAGE,
                "ms",
            ),
            Limit("the same, compressed", submission[1], LARGEST_PAGE, "kB"),
            *([hostile] if self.plan.hostile else []),
            Limit("faults in database and ledger", len(self.damage), 0),
            *self.limits_beside,
        ]

    def lines(self) -> list[str]:
        """The report: times, problems, limits."""
        rows = [f"{'request':<14}{'count':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"]
        for kind, many in self.times.seconds.items():
            shown = (percentile(many, 50), percentile(many, 99), max(many, default=0.0))
            rows.append(f"{kind:<14}{len(many):>8}" + "".join(f"{1000 * each:>9.1f}" for each in shown))
        problems = [f"{kind}: {number}" for kind, number in self.times.problems.items()]
        return [
            *rows,
            *self.other_times,
            "",
            *problems,
            *self.wrong[:3],
            *self.damage[:3],
            *map(str, self.limits()),
        ]


def run_load_test(
    fixture: HomeworkFixture,
    servers: list[Server],
    plan: LoadPlan,
    report: Callable[[str], None],
    other_loads: Sequence[LoadBeside] = (),
) -> LoadResult:
    """Run the test against servers that are up; `report` is called with what happens.

    Students of other parts of the course, `other_loads`, work beside the submissions.
    """
    result = LoadResult(plan)
    asyncio.run(_LoadTest(fixture, servers, plan, report, result, other_loads).run())
    result.other_times = [line for load in other_loads for line in load.lines()]
    result.limits_beside = [limit for load in other_loads for limit in load.limits()]
    result.missing = missing(fixture, result.receipts)
    result.wrong, result.damage = wrongly_graded(fixture), damage(fixture)
    return result


class _LoadTest:
    def __init__(
        self,
        fixture: HomeworkFixture,
        servers: list[Server],
        plan: LoadPlan,
        report: Callable[[str], None],
        result: LoadResult,
        other_loads: Sequence[LoadBeside],
    ) -> None:
        self.fixture, self.servers, self.plan, self.other_loads = fixture, servers, plan, other_loads
        self.report, self.result, self.dice = report, result, random.Random(plan.seed)
        self.solved = fixture.solved()
        self.common = padded(self.solved, int(plan.size * MEGABYTE), self.dice)

    def client(self, number: int, session: str) -> Client:
        """A browser at one of the servers."""
        port = self.servers[number % len(self.servers)].port
        return Client(port, session, self.fixture.assignment, self.result.times)

    async def run(self) -> None:
        """All phases."""
        plan = self.plan
        names = [f"student-{number:05}" for number in range(max(plan.class_size, plan.students + 2))]
        sessions = await asyncio.to_thread(self.fixture.admit, names)
        (staff_session,) = await asyncio.to_thread(self.fixture.admit, ["instructor"], "instructor")
        first, probe = self.client(0, sessions[-1]), self.client(0, sessions[-2])
        staff = self.client(0, staff_session)
        await self._idle(first)
        await asyncio.to_thread(self.fixture.grade_class, names[: plan.class_size - 2])
        students = [self.client(number, session) for number, session in enumerate(sessions[: plan.students])]
        ports = [server.port for server in self.servers]
        for load in self.other_loads:
            await load.start(ports)
        await asyncio.gather(self._rush(students), *(load.save(plan.seconds) for load in self.other_loads))
        await self._grading(probe)
        await self._pages(staff, first)
        if plan.hostile:
            await self._hostile(probe, students)
        for client in (*students, first, probe, staff):
            await client.close()
        for load in self.other_loads:
            await load.close()

    async def _submit(self, client: Client, content: bytes, kind: str = "receipt") -> Receipt | None:
        receipt = await client.upload(content, kind)
        if receipt is None:
            self.result.refused += 1
        else:
            self.result.receipts.append(receipt)
        return receipt

    async def _idle(self, client: Client) -> None:
        """Submissions to an idle server; the first one starts the graders."""
        self.report("idle: two submissions, one after the other")
        for number in range(2):
            began = time.monotonic()
            receipt = await self._submit(client, self.solved + b" " * number, "idle")
            if receipt is not None and await client.graded(receipt, self.plan.graded_within):
                await client.page(receipt.path, "score")
            self.result.feedback = time.monotonic() - began

    async def _rush(self, students: list[Client]) -> None:
        """Everybody submits in the last seconds before the deadline, most of them late in it."""
        plan = self.plan
        self.report(f"deadline: {plan.students} students submit {plan.size:g} MB in {plan.seconds:g} s")
        await asyncio.to_thread(self.fixture.due_in, plan.seconds)

        async def submits(number: int, client: Client) -> None:
            await asyncio.sleep(plan.seconds * max(self.dice.random(), self.dice.random()))
            receipt = await self._submit(client, self.common + b" " * (number + 1))
            if receipt is not None:
                await client.page(receipt.path, "receipt page")

        await asyncio.gather(*(submits(number, client) for number, client in enumerate(students)))

    async def _grading(self, probe: Client) -> None:
        """Submissions of one more student, one every few seconds, until the class is graded."""
        began, number = time.monotonic(), 0
        self.report(f"grading: one more submission every {PROBE_EVERY:g} s until the class is graded")
        of_class = [receipt.submission for receipt in self.result.receipts]
        while waiting := await asyncio.to_thread(self.fixture.ungraded, of_class):
            if time.monotonic() - began > self.plan.graded_within:
                self.report(f"{waiting} submissions of the class are still not graded")
                break
            if waiting > 2:
                number += 1
                await self._submit(probe, self.solved + b"\n" * number, "probe")
            await asyncio.sleep(PROBE_EVERY)
        self.result.graded_after = time.monotonic() - began
        # Those of the one more student are not what is measured, but each is graded once, too.
        await self._all_graded()

    async def _pages(self, staff: Client, student: Client) -> None:
        """The pages of staff: the class, and a submission with a large notebook."""
        for query in CLASS_PAGES:
            await self._page(staff, f"/staff/homework/{self.fixture.assignment}{query}", query or "class")
        large = padded(self.solved, int(self.plan.large * MEGABYTE), self.dice, pictures=20)
        receipt = await self._submit(student, large, "large")
        if receipt is not None:
            await student.graded(receipt, self.plan.graded_within)
            await self._page(staff, f"/staff{receipt.path}", "submission")

    async def _hostile(self, probe: Client, students: list[Client]) -> None:
        """Requests of one student, first alone, then beside first looks that take all that they may."""
        self.report(
            f"hostile: requests alone, then beside {self.plan.hostile} sources that are hard to parse"
        )
        for _ in range(QUIET_PROBES):
            await self._probe(probe, "quiet")
        room = asyncio.Semaphore(AT_ONCE)

        async def submits(number: int) -> None:
            async with room:
                client = students[number % len(students)]
                receipt = await self._submit(client, hostile_notebook(number), "hostile")
                if receipt is not None:
                    await client.page(receipt.path, "hostile page")

        looks = [asyncio.create_task(submits(number)) for number in range(self.plan.hostile)]
        while not all(look.done() for look in looks):
            await self._probe(probe, "beside")
        await asyncio.gather(*looks)
        await self._all_graded()

    async def _all_graded(self) -> None:
        """Wait until nothing is left to grade, or the time that the plan gives is over."""
        ends = time.monotonic() + self.plan.graded_within
        while await asyncio.to_thread(self.fixture.ungraded) and time.monotonic() < ends:
            await asyncio.sleep(PROBE_EVERY)

    async def _probe(self, client: Client, kind: str) -> None:
        """A page, and the same bytes again: they are stored already, so nothing more is graded."""
        await client.page(f"/homework/{self.fixture.assignment}", kind)
        await self._submit(client, self.solved, kind)

    async def _page(self, staff: Client, path: str, name: str) -> None:
        began = time.monotonic()
        text, size = await staff.page(path, "staff page")
        if not text:
            self.result.times.problems[f"{path} cannot be read"] += 1
        self.result.pages[name] = (time.monotonic() - began, size / KILOBYTE)
