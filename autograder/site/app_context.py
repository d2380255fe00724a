"""What every page needs: the database, the one writer, the clock, who is signed in, and the templates."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from sqlalchemy import Connection

from autograder.course.local_time import counted, shown, span, time_of_day
from autograder.site.clock import Clock
from autograder.site.database import Database
from autograder.site.extensions import extensions
from autograder.site.lti.services import Lti
from autograder.site.sessions import Session, session_of
from autograder.site.signer import Signer
from autograder.site.writer import Writer

__all__ = ["PACKAGES", "AppContext", "done"]

T = TypeVar("T")
PACKAGES = ("autograder.site", *(extension.package for extension in extensions()))
REMEMBERED = 15_000  # milliseconds for which a session is not asked for again
MOST_REMEMBERED = 20_000


@dataclass
class AppContext:
    """One course's pages in one server process."""

    database: Database
    writer: Writer
    clock: Clock
    signer: Signer
    course: str
    title: str
    zone: ZoneInfo
    folder: Path  # where the course's files are, for regrades
    lti: Lti | None = None  # launches from learning platforms
    parts: dict[str, Any] = field(default_factory=dict)  # what each extension keeps for its own pages
    _sessions: dict[str, tuple[Session, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What waits for a commit by itself; other requests do not wait with it.
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
            "page_id": lambda: secrets.token_urlsafe(12),
        }
        self._pages.filters["local"] = lambda instant: shown(instant, self.zone)
        self._pages.filters["time_of_day"] = lambda instant: time_of_day(instant, self.zone)
        self._pages.filters["points"] = lambda number: f"{number:.4f}".rstrip("0").rstrip(".")

    def now(self) -> int:
        """The server's instant."""
        return self.clock.now()

    def page(self, template: str, /, **values: Any) -> str:
        """The HTML of a page."""
        return self._pages.get_template(template).render(values)

    def signed_in(self, token: str, now: int) -> Session | None:
        """Who has this session; asked of the store once in a while only."""
        if not token:
            return None
        known = self._sessions.get(token)
        if known and now < min(known[1], known[0].ends_at):
            return known[0]
        with self.database.reading() as connection:
            found = session_of(connection, token, self.signer, now)
        if len(self._sessions) >= MOST_REMEMBERED:
            self._sessions.clear()
        if found:
            self._sessions[token] = found, now + REMEMBERED
        else:
            self._sessions.pop(token, None)
        return found

    def forget(self, token: str) -> None:
        """Ask the store about this session next time."""
        self._sessions.pop(token, None)

    def form_token(self, session: Session) -> str:
        """What each form of a session carries, so that no other site can send one."""
        return self.signer.of("form", session.token)

    async def in_thread(self, work: Callable[..., T], *given: Any) -> T:
        """The result of something that waits, computed beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    async def written(self, work: Callable[[Connection], T], *rows: str) -> T:
        """The result of a write, after its commit."""
        return await done(self.writer.submit(work, rows))


@lru_cache
def _address_of(file: str) -> str:
    """A style's or script's address; it changes with its content, so a browser may keep it."""
    files = [path for package in PACKAGES for path in sorted(_static(package).iterdir())]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return f"/static/{digest[:12]}/{file}"


def _static(package: str) -> Path:
    return Path(str(resources.files(package) / "static"))


async def done(future: Future[T]) -> T:
    """The result of a future of the writer."""
    return await asyncio.wrap_future(future)
