"""The context of every page: the database, its writer, the clock, the sessions, and the templates.

The server makes one; pages get it by `requests.site_of`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection
from starlette.routing import BaseRoute, Match

from autograder.course.course import FILE, Course, find_course
from autograder.course.local_time import counted, shown, span, time_of_day
from autograder.errors import AutograderError
from autograder.pages.text import points, worth
from autograder.site.assignments import ASSIGNMENT, Assignments
from autograder.site.background import Crowd
from autograder.site.clock import Clock, ServerClock
from autograder.site.clock_correction import ClockCorrections
from autograder.site.database import Database
from autograder.site.extensions import LinkTarget, extensions
from autograder.site.lti.score_sender import ScoreSource
from autograder.site.lti.services import Lti
from autograder.site.people import factor_text
from autograder.site.roles import Access, Permission, access_of, role_name
from autograder.site.sessions import Session, session_of
from autograder.site.settings.maintenance import Maintenance
from autograder.site.settings.recent_times import RecentTimes
from autograder.site.signer import Signer
from autograder.site.sso.providers import Providers
from autograder.site.staff_tokens import note_use, session_of_token
from autograder.site.writer import Writer

__all__ = ["STATIC", "AppContext", "result_of"]

if TYPE_CHECKING:
    from autograder.site.settings.backups import NightlyBackup

T = TypeVar("T")
PACKAGES = ("autograder.site", *(extension.package for extension in extensions()))
STATIC = ("autograder.pages", *PACKAGES)  # whose directory `static` is served
SESSION_CACHED = 15_000  # milliseconds until a session is read from the store again
MOST_CACHED = 20_000  # sessions


@dataclass
class AppContext:
    """The site of one course in one server process."""

    database: Database
    writer: Writer
    clock: Clock
    signer: Signer
    course: str
    title: str
    zone: ZoneInfo
    folder: Path  # of the course's files, for regrades
    address: str = ""  # where this server answers on its own machine
    graders: int = 0  # programs that grade homework beside this server
    lti: Lti | None = None  # None without learning platforms
    graded: Path | None = None  # results of assignments; `graded` in `folder` if None
    parts: dict[str, Any] = field(default_factory=dict)  # the context of each extension
    score_sources: dict[str, ScoreSource] = field(default_factory=dict)  # by kind of work
    warnings: list[Callable[[], str]] = field(
        default_factory=list
    )  # for staff; empty texts where all is well
    crowd: Crowd = field(default_factory=Crowd)
    receipt_times: RecentTimes = field(default_factory=RecentTimes)  # of uploads
    save_times: RecentTimes = field(default_factory=RecentTimes)  # of quiz answers
    backups: NightlyBackup | None = None  # None where nothing makes them
    _sessions: dict[str, tuple[Session, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.assignments = Assignments(self.folder, self.graded)
        self.score_sources[ASSIGNMENT] = self.assignments
        self.warnings.append(self.assignments.warning)
        self.maintenance = Maintenance(self.database)
        self.providers = Providers(self.folder)
        self.warnings.append(self.providers.warning)
        self._rules: tuple[int, Course] | None = None
        self._rules_lock = Lock()
        self.routes: Sequence[BaseRoute] = ()  # of the application, whose pages these are
        self._permission = lru_cache(4096)(self._declared_permission)
        self.clock_corrections = ClockCorrections(self.database, self.clock)
        # For reads of a few rows and the pages made of them: the event loop stays free for saves. More
        # threads only take the interpreter from each other, unless they wait for a database's server.
        readers = 2 if self.database.dialect == "sqlite" else 8
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader")
        # For work that waits for a commit or reads the rows of a class; no other request waits with it.
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="page")
        self._pages = Environment(
            loader=ChoiceLoader([PackageLoader(package) for package in PACKAGES]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._pages.globals |= {
            "course_title": self.title,
            "span": span,
            "counted": counted,
            "static": _address_of,
            "staff_warnings": self.staff_warnings,
            "maintenance": self.maintenance.known,
            "page_id": lambda: secrets.token_urlsafe(12),
        }
        # A class looks at the same few instants.
        self._pages.filters["local"] = lru_cache(4096)(lambda instant: shown(instant, self.zone))
        self._pages.filters["time_of_day"] = lru_cache(4096)(lambda instant: time_of_day(instant, self.zone))
        self._pages.filters["ratio"] = lambda text: factor_text(Fraction(text))
        self._pages.filters |= {"points": points, "worth": worth, "role": role_name}

    def now(self) -> int:
        """The current instant of the server's clock."""
        return self.clock.now()

    def page(self, template: str, /, **values: Any) -> str:
        """The HTML of a page; its template asks `may(method, address)` whether to show a link or a form."""
        return self._pages.get_template(template).render(may=self._may(values.get("session")), **values)

    def _may(self, session: Session | None) -> Callable[[str, str], bool]:
        """Whether the owner of a session may use an address, by the permission that its route declares.

        Raises LookupError for an address whose route declares none: it would be shown to everybody.
        """
        found: list[Access | None] = []

        def may(method: str, address: str) -> bool:
            permission = self._permission(method, address.partition("?")[0].partition("#")[0])
            if permission is None:
                raise LookupError(f"{method} {address} declares no permission; add @requires to its endpoint")
            if not found:  # one read a page
                with self.database.reading() as connection:
                    found.append(access_of(connection, self.course, session.person) if session else None)
            return found[0] is not None and found[0].may(permission)

        return may

    def _declared_permission(self, method: str, path: str) -> Permission | None:
        scope = {"type": "http", "method": method, "path": path}
        routes = (route for route in self.routes if route.matches(scope)[0] is Match.FULL)
        return getattr(getattr(next(routes, None), "endpoint", None), "permission", None)

    def link_targets(self, connection: Connection) -> list[LinkTarget]:
        """The quizzes and assignments that a link in a learning platform may open."""
        targets = [
            target for extension in extensions() for target in extension.link_targets(connection, self.course)
        ]
        return targets + self.assignments.link_targets(connection)

    def course_rules(self) -> Course:
        """The course with its rules as course.yaml has them now, or had when it could be read last.

        Raises ContentError with line and key if it has never been readable.
        """
        try:
            changed = (self.folder / FILE).stat().st_mtime_ns
        except OSError:
            changed = -1
        with self._rules_lock:
            if self._rules is None or self._rules[0] != changed:
                try:
                    self._rules = changed, find_course(self.folder)
                except AutograderError:  # staff read why among the warnings of `assignments`
                    if self._rules is None:
                        raise
                    self._rules = changed, self._rules[1]
            return self._rules[1]

    def staff_warnings(self) -> list[str]:
        """What staff should know of this server: its clock, and what its parts warn of."""
        clock = self.clock.state().problem if isinstance(self.clock, ServerClock) else ""
        return [text for text in (clock, *(warning() for warning in self.warnings)) if text]

    def signed_in(self, token: str, now: int) -> Session | None:
        """The session with this token; None if it is unknown or over. Cached for some seconds."""
        if not token:
            return None
        if (known := self.known_session(token, now)) is not None:
            return known
        with self.database.reading() as connection:
            session = session_of(connection, self.course, token, self.signer, now)
        if len(self._sessions) >= MOST_CACHED:
            self._sessions.clear()
        if session:
            self._sessions[token] = session, now + SESSION_CACHED
        else:
            self._sessions.pop(token, None)
        return session

    def known_program(self, token: str, now: int) -> Session | None:
        """The session of a program of staff that shows a token; None for an unknown one. Cached as well."""
        if (known := self.known_session(token, now)) is not None:
            return known
        with self.database.reading() as connection:
            session = session_of_token(connection, self.course, token, self.signer, now)
        if session is not None:
            self._sessions[token] = session, now + SESSION_CACHED
            self.writer.submit(lambda connection: note_use(connection, session.token, now))
        return session

    def forget(self, token: str) -> None:
        """Read this session from the store next time."""
        self._sessions.pop(token, None)

    def forget_person(self, person: str) -> None:
        """Read the sessions of a person from the store next time."""
        for token, (session, _) in list(self._sessions.items()):
            if person in (session.person, session.viewer):
                self._sessions.pop(token, None)

    def form_token(self, session: Session) -> str:
        """The token in each form of a session, so that no other site can send one."""
        return self.signer.of("form", session.token)

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of blocking work, computed outside the event loop."""
        return await result_of(self._threads.submit(work, *arguments))

    async def in_reader(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of reading tables, computed outside the event loop."""
        return await result_of(self._readers.submit(work, *arguments))

    def known_session(self, token: str, now: int) -> Session | None:
        """The session with this token, if it was read from the store just now; None otherwise."""
        known = self._sessions.get(token)
        return known[0] if known and now < min(known[1], known[0].ends_at) else None

    async def written(self, work: Callable[[Connection], T], *rows: str) -> T:
        """The result of a write, after its commit."""
        return await result_of(self.writer.submit(work, rows))


@lru_cache
def _address_of(file: str) -> str:
    """The address of a style or script; it changes with the content, so a browser may cache it."""
    files = [path for package in STATIC for path in sorted(_static(package).iterdir())]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return f"/static/{digest[:12]}/{file}"


def _static(package: str) -> Path:
    return Path(str(resources.files(package) / "static"))


async def result_of(future: Future[T]) -> T:
    """The result of a future of the writer or of a thread."""
    waiter: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    deliveries = _deliveries(asyncio.get_running_loop())
    future.add_done_callback(lambda done: deliveries.post(waiter, done))
    try:
        return await waiter
    except asyncio.CancelledError:
        future.cancel()
        raise


class _Deliveries:
    """Results on their way from threads to an event loop, which is woken once for all that are ready.

    asyncio's own way wakes it for each: a system call, at which a thread loses the interpreter.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ready: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._lock = Lock()
        self._woken = False

    def post(self, waiter: asyncio.Future[Any], done: Future[Any]) -> None:
        """Deliver the result of a future that is done, from any thread."""
        with self._lock:
            self._ready.append((waiter, done))
            if self._woken:
                return
            self._woken = True
        with suppress(RuntimeError):  # the server has stopped meanwhile
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        with self._lock:
            self._woken = False
            ready, self._ready = self._ready, deque()
        for waiter, done in ready:
            if waiter.done():  # its caller has gone
                continue
            if done.cancelled():
                waiter.cancel()
            elif (problem := done.exception()) is not None:
                waiter.set_exception(problem)
            else:
                waiter.set_result(done.result())


@lru_cache(4)  # a process has one event loop; tests have more
def _deliveries(loop: asyncio.AbstractEventLoop) -> _Deliveries:
    return _Deliveries(loop)
