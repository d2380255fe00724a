"""One server process: the course's database, its clock, its pages and its background work.

Every command that opens the database imports this, so the pages are imported only when they are served.
"""

from __future__ import annotations

import gc
import signal
import socket
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from sqlalchemy import Connection

from autograder.errors import UsageError
from autograder.site.background import PeriodicTask
from autograder.site.backup import secret_beside
from autograder.site.clock import ServerClock
from autograder.site.clock_correction import latest_act, wrong_spans
from autograder.site.database import Database, database_address
from autograder.site.extensions import Running, extensions
from autograder.site.http_protocol import BACKLOG, http_config
from autograder.site.people import COURSE, course_of
from autograder.site.running import being_served, database_in_use
from autograder.site.shared_core import SharedCore
from autograder.site.signer import Signer
from autograder.site.writer import Writer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from autograder.site.app_context import AppContext
    from autograder.site.lti.services import Tool
    from autograder.site.request_log import LogFile

__all__ = [
    "FILE",
    "FOLDER",
    "OpenSite",
    "address_here",
    "calm_the_collector",
    "listening",
    "open_site",
    "serve",
]


FOLDER, FILE = ".quizzes", "quiz.db"
RECALCULATION_INTERVAL = 1.0  # seconds: whoever changed a rubric waits for it
MOST_FILES = 65_536  # open files of a server, connections among them


@dataclass(frozen=True)
class OpenSite:
    """What is open while a server runs."""

    database: Database
    signer: Signer
    clock: ServerClock


@contextmanager
def open_site(folder: Path, *, course_file: bool = False, address: str = "") -> Iterator[OpenSite]:
    """The quiz database in a folder of its own beside course.yaml, or where DATABASE_URL says.

    `course_file` takes the file whatever DATABASE_URL says, `address` another database.
    """
    file = folder / FOLDER / FILE
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with database_in_use(file.parent):
        database = Database(address or (str(file) if course_file else database_address(file)))
        try:
            with database.reading() as connection:
                wrong = wrong_spans(connection)
                instants = (extension.latest_instant(connection, wrong) for extension in extensions())
                floor, seen = max(instants, default=0), latest_act(connection, wrong)
            yield OpenSite(database, Signer(secret_beside(file)), ServerClock(floor, seen))
        finally:
            database.close()


def listening(host: str, port: int) -> socket.socket:
    """A socket that students' connections wait at; raises UsageError for a port that is taken."""
    import_module("autograder.site.application")  # before anybody can connect, who would wait for it
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


def address_here(waiting: socket.socket) -> str:
    """The address at which programs on this machine reach the server."""
    host, port = waiting.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{here}]:{port}" if ":" in here else f"http://{here}:{port}"


def _lti(folder: Path, open_site: OpenSite) -> Tool:
    """Launches from the learning platforms of lti.yaml, and from those that register themselves."""
    from autograder.site.lti.services import Tool

    database_folder = folder / FOLDER
    database_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Tool(folder, database_folder, open_site.signer, open_site.database)


def _score_tasks(site: AppContext, lti: Tool) -> list[PeriodicTask]:
    """The tasks that send scores to learning platforms, where any is registered."""
    from autograder.site.lti.score_sender import ScoreSender

    sender = ScoreSender(site.database, site.writer, lti, site.score_sources)

    def send_due() -> int:
        return sender.send_due(site.now()) if lti.is_registered() else 0

    def queue_assignments() -> int:
        return (
            site.assignments.queue_changed(site.database, site.writer, site.now())
            if lti.is_registered()
            else 0
        )

    return [PeriodicTask(send_due), PeriodicTask(queue_assignments)]


def calm_the_collector() -> None:
    """Look for garbage in circles rarely: of thousands of attempts at hand each whole look takes 0.3 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


def _lock_rows(connection: Connection, ids: Collection[str]) -> None:
    for extension in extensions():
        extension.lock_rows(connection, ids)


def _follow_maintenance(site: AppContext) -> int:
    """Know of maintenance that another server or a command began, for pages."""
    return int(site.maintenance.state(site.now()).on)


def _allow_connections() -> None:
    """Open as many connections as the machine lets this process: shells begin with 256 or 1024 files."""
    if sys.platform == "win32":
        return  # sockets do not count as files there
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # macOS has a limit of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def serve(
    open_site: OpenSite,
    waiting: socket.socket,
    folder: Path,
    *,
    course_file: bool = False,
    log: LogFile | None = None,
    proxies: Sequence[str] = (),
    graders: int = 0,
    graded: Path | None = None,
) -> None:
    """Answer until the process is told to end; what is under way is written first.

    `proxies` are the addresses of reverse proxies, which name the addresses of their clients; `graders` is
    the number of programs that grade homework beside the server; `graded` is the directory of results of
    assignments, `graded` in `folder` if left out.
    """
    from autograder.site.app_context import AppContext
    from autograder.site.application import make_app
    from autograder.site.marking.rubrics import apply_recalculations
    from autograder.site.notices.mail import MailSender
    from autograder.site.personal_data.pages import retention_warning
    from autograder.site.request_log import RequestLogMiddleware
    from autograder.site.settings.backups import NightlyBackup

    _allow_connections()
    core = SharedCore()
    with core.kept():
        with open_site.database.reading() as connection:
            title, zone = course_of(connection, COURSE)
        calm_the_collector()
        writer = Writer(open_site.database, _lock_rows)
        lti = _lti(folder, open_site)
        site = AppContext(
            open_site.database,
            writer,
            open_site.clock,
            open_site.signer,
            COURSE,
            title,
            zone,
            folder,
            lti=lti,
            graded=graded,
            address=address_here(waiting),
            graders=graders,
        )
        site.warnings.append(lti.warning)
        site.backups = NightlyBackup(
            open_site.database,
            site.course_rules,
            lambda work: writer.submit(work).result(),
            site.now,
        )
        site.warnings.append(site.backups.warning)
        running: list[Running] = [PeriodicTask(site.clock_corrections.follow), PeriodicTask(core.follow)]
        running.append(PeriodicTask(lambda: _follow_maintenance(site)))
        running.append(PeriodicTask(site.backups.run_due, every=60.0))
        running += [extension.start(site, course_file=course_file) for extension in extensions()]
        running += _score_tasks(site, lti)
        running.append(PeriodicTask(partial(apply_recalculations, site), every=RECALCULATION_INTERVAL))
        mail = MailSender(site.database, writer, folder, COURSE)
        site.warnings += [mail.warning, lambda: retention_warning(site)]
        running.append(PeriodicTask(lambda: mail.send_due(site.now())))
        try:
            app: ASGIApp = make_app(site)
            if log is not None:
                app = RequestLogMiddleware(app, log)
            config = http_config(app, proxies=proxies)
            # uvicorn ends what is under way and then raises the signal anew, for a handler that unwinds.
            before = signal.signal(signal.SIGTERM, signal.default_int_handler)
            with suppress(KeyboardInterrupt), being_served(folder / FOLDER):
                uvicorn.Server(config).run(sockets=[waiting])
            signal.signal(signal.SIGTERM, before)
        finally:
            for task in running:
                task.stop()
            writer.close()
