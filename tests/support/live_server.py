"""A live server for tests: a real server with a clock to set, real quizzes, and students with browsers."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import re
import shutil
import socket
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import uvicorn
from fake_clock import MINUTE, FakeClock
from local_http import LOCAL
from patience import PATIENCE, eventually

from autograder.course.course import Course, find_course
from autograder.site.app_context import AppContext
from autograder.site.application import make_app
from autograder.site.clock import ServerClock
from autograder.site.database import Database
from autograder.site.http_protocol import HEADER_SECONDS, http_config
from autograder.site.middleware import BODY_SECONDS
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.server import listening
from autograder.site.sessions import new_passcode
from autograder.site.signer import Signer
from quizzes.attempts.events import FinishedBy
from quizzes.content.quiz import Quiz
from quizzes.content.quiz_file import QuizPlan, load_quiz
from quizzes.schedule.timing import Accommodation
from quizzes.services.enrolment import add_the_course, publish_plan
from quizzes.services.exam import ExamService
from quizzes.store.endings import finish
from quizzes.web.context import QuizContext

SIGNER = Signer(b"a secret for tests only")
REPOSITORY = find_course(Path(__file__).parent)
TICK = 0.1  # seconds: ten ticks are between two looks at the clock for the header with the date
numbers = itertools.count()
# One item of each kind, in this order.
ALL = """title: Of every kind
instructions: Answer them all.
points: 11
opens: 2026-05-18 15:00
due: 2026-05-18 23:59
minutes: 40
shuffle: false
questions:
  - {item: adagrad/rate-after-two}
  - {item: cross-entropy/why-not-squared-error}
  - {item: adagrad/true-of-adagrad}
  - {item: mini-batch/once-per-epoch}
  - {item: cross-entropy/batch-mean}
  - {item: mini-batch/numbers-of-an-epoch}
  - {item: momentum/momentum-steps}
  - {item: vanishing-gradients/name-it}
  - {item: adagrad/rate-formula}
  - {item: mini-batch/shuffle-function}
  - {item: vanishing-gradients/in-your-words}
"""
NUMERIC, CHOICE, CHOICES, TRUE_FALSE, BLANKS, MATCHING, ORDERING, TEXT, FORMULA, CODE, ESSAY = range(11)


def course_in(folder: Path) -> Course:
    """A course of its own with the repository's banks, Quiz 4, and a quiz of every kind of item."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "course.yaml").write_text(
        "title: Test\ntime_zone: America/Los_Angeles\nregrade_requests: {after_hours: 0}\n", encoding="utf-8"
    )
    shutil.copytree(REPOSITORY.root / "quizzes" / "banks", folder / "quizzes" / "banks")
    shutil.copy(REPOSITORY.root / "quizzes" / "quiz4.yaml", folder / "quizzes")
    (folder / "quizzes" / "all.yaml").write_text(ALL, encoding="utf-8")
    return find_course(folder)


PLANS: dict[tuple[str, ZoneInfo, bytes], QuizPlan] = {}


def plan_of(course: Course, name: str) -> QuizPlan:
    """A quiz of a course; the same files are read once, since all banks are read for each quiz."""
    folder, digest = course.root / "quizzes", hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}, {len(content)} bytes: ".encode() + content)
    key = name, course.zone, digest.digest()
    if key not in PLANS:
        PLANS[key] = load_quiz(course, name)
    return PLANS[key]


class Student:
    """Somebody with a browser that keeps cookies and runs no script."""

    def __init__(self, server: LiveServer, name: str) -> None:
        self.server, self.name = server, name
        self.http = httpx.Client(base_url=server.address, **LOCAL, headers={"Origin": server.address})
        weakref.finalize(self, self.http.close)  # a browser that nobody holds any more is closed
        self.lock = f"lock-of-{name}"
        self.token = ""

    def sign_in(self, passcode: str = "") -> Student:
        """With a passcode, as students do; a new one unless they have one."""
        if not passcode:
            with self.server.database.transaction() as connection:
                passcode = new_passcode(connection, self.name, self.server.signer)
        reply = self.post("/sign-in", person=self.name, passcode=passcode)
        assert reply.status_code == 303, reply.text
        return self.came_in()

    def came_in(self) -> Student:
        """Signed in already, by whatever way: the page's token is looked up."""
        self.token = self.page("/").split('name="form-token" content="')[1].split('"')[0]
        return self

    def get(self, path: str, **fields: Any) -> httpx.Response:
        """A page, redirects not followed."""
        return self.http.get(path, **fields)

    def page(self, path: str) -> str:
        """A page's HTML."""
        reply = self.http.get(path, follow_redirects=True)
        assert reply.status_code == 200, reply.text
        return reply.text

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form, with the page's token."""
        return self.http.post(path, data={"token": self.token, **fields})

    def ask(self, path: str, body: Any) -> httpx.Response:
        """A request of the page's script."""
        return self.http.post(path, json=body, headers={"X-Form-Token": self.token})

    def start(self, quiz: str = "all") -> str:
        """Start a quiz and take the edit lock; the attempt's id."""
        reply = self.post(f"/quizzes/{quiz}/start")
        assert reply.status_code == 303, reply.text
        attempt = reply.headers["Location"].rpartition("/")[2].partition("#")[0]
        self.ask(f"/attempts/{attempt}/lock", {"lock": self.lock})
        return str(attempt)

    def save(self, attempt: str, pos: int, answer: Any, base: int = 0, **fields: Any) -> httpx.Response:
        """Save an answer as the page's script does."""
        usual = {"answer": answer, "base_rev": base, "save_id": f"live-{next(numbers):08}", "lock": self.lock}
        return self.ask(f"/attempts/{attempt}/answers/{pos}", {**usual, **fields})

    def form(self, attempt: str) -> dict[str, str]:
        """The hidden fields of the quiz page, as a browser without a script would send them."""
        page = self.page(f"/attempts/{attempt}")
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))


class PromptServer(uvicorn.Server):
    """uvicorn's server, which ends at once; uvicorn's own takes up to 0.2 s, in each of a thousand tests.

    What is under way is still answered first, for as long as the configuration says.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked_to_end = asyncio.Event()

    def end(self) -> None:
        """Ask the server to end, from another thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._asked_to_end.set)

    async def main_loop(self) -> None:
        """Answer until it is asked to end."""
        self._loop = asyncio.get_running_loop()
        ticks = itertools.count()
        while not await self.on_tick(next(ticks)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked_to_end.wait(), TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let connections go that wait for a request, and the others after their answer."""
        for waiting in self.servers:
            waiting.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        until = time.monotonic() + (self.config.timeout_graceful_shutdown or PATIENCE)
        while (self.server_state.connections or self.server_state.tasks) and time.monotonic() < until:
            await asyncio.sleep(0.005)
        for task in self.server_state.tasks:
            task.cancel()


class LiveServer:
    """The server and what it stands on."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        fake: FakeClock | None = None,
        *,
        course: Course | None = None,
        signer: Signer = SIGNER,
        proxies: Sequence[str] = (),
        body_seconds: float = BODY_SECONDS,
        header_seconds: float = HEADER_SECONDS,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        """A course is made in the folder, unless there is one; `tls` is a key and a certificate."""
        self.course = course or course_in(folder)
        self.fake, self.database, self.signer = fake or FakeClock(), database, signer
        self.clock = ServerClock(wall=lambda: self.fake.wall, steady=lambda: self.fake.steady)
        self.exam = ExamService(database, self.clock, signer, Quiz.read)
        self.opens = self.clock.now()
        with database.transaction() as connection:
            add_the_course(connection, self.course)
        self.waiting = listening("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self.waiting.getsockname()[1]}"
        title, zone, root = self.course.title, self.course.zone, self.course.root
        self.site = AppContext(database, self.exam.writer, self.clock, signer, COURSE, title, zone, root)
        self.quizzes = QuizContext(self.site, self.exam)
        self.app = make_app(self.site, body_seconds=body_seconds)
        config = http_config(self.app, proxies=proxies, header_seconds=header_seconds)
        if tls is not None:
            config.ssl_keyfile, config.ssl_certfile = map(str, tls)
            self.address = self.address.replace("http://127.0.0.1", "https://localhost")
        self.server = PromptServer(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.waiting]}, daemon=True
        )
        self.thread.start()
        eventually(lambda: self.server.started, unless=lambda: not self.thread.is_alive())

    def publish(self, name: str = "all", **changes: Any) -> str:
        """Publish a quiz that opens now and is due in an hour, 20 minutes each."""
        plan = plan_of(self.course, name)
        usual: dict[str, Any] = {
            "opens_at": self.opens,
            "due_at": self.opens + 60 * MINUTE,
            "closes_at": self.opens + 60 * MINUTE,
            "limit": 20 * MINUTE,
        }
        schedule = replace(plan.schedule, **{**usual, **changes})
        with self.database.transaction() as connection:
            publish_plan(
                connection, replace(plan, schedule=schedule), at=self.clock.now(), who="staff", force=True
            )
        return name

    def student(
        self, accommodation: Accommodation | None = None, role: str = "student", name: str = ""
    ) -> Student:
        """Somebody enrolled and signed in."""
        person = name or f"student{next(numbers)}"
        with self.database.transaction() as connection:
            add_person(connection, person, person.capitalize())
            enrol(connection, COURSE, person, role=role, accommodation=accommodation)
        return Student(self, person).sign_in()

    def close_attempt(self, attempt: str) -> None:
        """Close an attempt now, as staff do."""
        at, signer = self.clock.now(), self.signer
        self.exam.writer.submit(
            lambda connection: finish(connection, attempt, at, FinishedBy.STAFF, signer), [attempt]
        ).result()

    def questions(self, attempt: str) -> list[Any]:
        """The questions of an attempt with their keys, as marking has them."""
        return [item.question for item in self.exam.inspect(attempt)[0].items]

    def close(self) -> None:
        """End the server."""
        self.server.end()
        self.thread.join()
        self.waiting.close()
        self.exam.close()


@contextlib.contextmanager
def live_server(
    database: Database, folder: Path, fake: FakeClock | None = None, **settings: Any
) -> Iterator[LiveServer]:
    """A live server that is closed at the end."""
    server = LiveServer(database, folder, fake, **settings)
    try:
        yield server
    finally:
        server.close()
