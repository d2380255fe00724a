"""One server process: database, clock, proctor, sweeper and pages, put together and taken apart again."""

from __future__ import annotations

import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.clock import Clock, ServerClock
from quizzes.enrolling import COURSE
from quizzes.lti.platforms import read_platforms
from quizzes.lti.sender import Sender
from quizzes.lti.tool import Tool
from quizzes.proctor import Proctor
from quizzes.quiz import Quiz
from quizzes.store.backup import secret_beside
from quizzes.store.database import Database, database_address
from quizzes.store.log import latest
from quizzes.store.people import course_of
from quizzes.store.receipts import Seal
from quizzes.sweeper import Sweeper
from quizzes.web.app import make_app
from quizzes.web.beside import FunctionProcess
from quizzes.web.logs import LogFile, Logged
from quizzes.web.site import Site

__all__ = ["FILE", "FOLDER", "Opened", "listening", "opened", "serve"]

FOLDER, FILE = ".quizzes", "quiz.db"
MARK = 1.0  # seconds
MARKED = 30  # attempts at a time: a class that hands in at once is not kept waiting by its marks
BACKLOG = 4096  # connections of a whole lecture hall at once


@dataclass(frozen=True)
class Opened:
    """What is open while a server runs."""

    database: Database
    seal: Seal
    clock: Clock


@contextmanager
def opened(folder: Path, *, own: bool = False, address: str = "") -> Iterator[Opened]:
    """The quiz database in a folder of its own beside course.yaml, or where DATABASE_URL says.

    `own` takes the file whatever DATABASE_URL says, `address` another database.
    """
    file = folder / FOLDER / FILE
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(address or (str(file) if own else database_address(file)))
    try:
        with database.reading() as connection:
            floor = latest(connection)
        yield Opened(database, Seal(secret_beside(file)), ServerClock(floor))
    finally:
        database.close()


def listening(host: str, port: int) -> socket.socket:
    """A socket that students' connections wait at; raises UsageError for a port that is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio sends small replies at once (TCP_NODELAY), 40 ms earlier.
    waiting = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    waiting.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        waiting.bind((host, port))
    except OSError as problem:
        waiting.close()
        raise UsageError(
            f"Port {port} of {host} cannot be used: {problem.strerror}.",
            next_step="Choose another one with --port, or end what uses it.",
        ) from problem
    waiting.listen(BACKLOG)
    waiting.setblocking(False)
    return waiting


def _lti(folder: Path, seal: Seal) -> Tool | None:
    """Launches from learning platforms, where lti.yaml names some."""
    if not read_platforms(folder).platforms:
        return None
    beside = folder / FOLDER
    beside.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Tool(folder, beside, seal)


def _poster(site: Site, folder: Path) -> Sweeper | None:
    """Scores to the platforms, every few seconds."""
    if site.lti is None:
        return None
    proctor, course = site.proctor, find_course(folder)

    def counted(student: str, quiz: str) -> str:
        return course.granted(student, quiz).attempts or course.attempts

    sender = Sender(proctor.database, proctor.writer, site.lti, site.course, site.quiz, counted)
    return Sweeper(lambda: sender.look(site.now()))


def _calm_the_collector() -> None:
    """Look for garbage in circles rarely: of thousands of attempts at hand each whole look takes 0.3 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def serve(
    opened: Opened, waiting: socket.socket, folder: Path, *, own: bool = False, log: LogFile | None = None
) -> None:
    """Answer until the process is told to end; what is under way is written first."""
    proctor = Proctor(opened.database, opened.clock, opened.seal, Quiz.read)
    with opened.database.reading() as connection:
        title, zone = course_of(connection, COURSE)
    _calm_the_collector()
    sweeper = Sweeper(proctor.sweep)
    beside = FunctionProcess(opened.database, folder, own=own)
    marker = Sweeper(lambda: proctor.mark(MARKED), every=MARK)
    looker = Sweeper(beside.look)
    site = Site(proctor, opened.seal, COURSE, title, zone, folder, _lti(folder, opened.seal))
    poster = _poster(site, folder)
    try:
        app = make_app(site)
        if log is not None:
            app = Logged(app, log)
        config = uvicorn.Config(
            app,
            access_log=False,
            # Not uvloop: it takes one new connection a turn, and in a herd the newest wait for seconds.
            loop="asyncio",
            log_config=None,  # it would close handlers that are there
            log_level="warning",
            lifespan="off",
            backlog=BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=10,
            server_header=False,
            proxy_headers=True,  # of a proxy on this machine only
        )
        # uvicorn ends what is under way and then raises the signal anew: let it find a handler that unwinds.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[waiting])
        signal.signal(signal.SIGTERM, before)
    finally:
        sweeper.stop()
        marker.stop()
        looker.stop()
        if poster is not None:
            poster.stop()
        beside.close()
        proctor.writer.close()
