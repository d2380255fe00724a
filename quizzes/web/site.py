"""What every page needs: the proctor, who is signed in, the quizzes' content, the templates."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from quizzes.local_time import shown, time_of_day
from quizzes.lti.tool import Lti
from quizzes.proctor import Proctor, View
from quizzes.quiz import Quiz
from quizzes.store.catalogue import content_of
from quizzes.store.receipts import Seal
from quizzes.store.sessions import Session, session_of
from quizzes.store.talk import Notice, last_notice
from quizzes.web.words import counted, span

__all__ = ["STATIC", "Site", "done"]

T = TypeVar("T")
STATIC = Path(__file__).parent / "static"
REMEMBERED = 15_000  # milliseconds for which a session is not asked for again
MOST_REMEMBERED = 20_000
NEWS = 3_000  # milliseconds


@dataclass
class Site:
    """One course's pages in one server process."""

    proctor: Proctor
    seal: Seal
    course: str
    title: str
    zone: ZoneInfo
    folder: Path  # where the course's files are, for regrades
    lti: Lti | None = None  # launches from learning platforms
    _sessions: dict[str, tuple[Session, int]] = field(default_factory=dict)
    _notices: dict[str, tuple[Notice | None, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quiz: Callable[[str], Quiz] = lru_cache(64)(self._quiz)  # by its version's hash
        # What waits for a commit by itself; other requests do not wait with it.
        self._threads = ThreadPoolExecutor(8, thread_name_prefix="quiz-page")
        self._pages = Environment(
            loader=PackageLoader("quizzes.web"),
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
        return self.proctor.clock.now()

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
        with self.proctor.database.reading() as connection:
            found = session_of(connection, token, self.seal, now)
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

    def notice(self, quiz: str) -> Notice | None:
        """The newest message to takers; asked of the store every few seconds only."""
        now = self.now()
        known = self._notices.get(quiz)
        if known is None or now >= known[1]:
            with self.proctor.database.reading() as connection:
                known = last_notice(connection, quiz), now + NEWS
            self._notices[quiz] = known
        return known[0]

    def form_token(self, session: Session) -> str:
        """What each form of a session carries, so that no other site can send one."""
        return self.seal.of("form", session.token)

    async def view(self, attempt: str, person: str) -> View:
        """A student's own attempt; ended by now if its time is over."""
        seen = self.proctor.glance(attempt, person)
        return await self.in_thread(self.proctor.view, attempt, person) if seen is None else seen

    async def in_thread(self, work: Callable[..., T], *given: Any) -> T:
        """The result of something that waits, computed beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    async def written(self, work: Callable[..., T], *attempts: str) -> T:
        """The result of a write, after its commit."""
        return await done(self.proctor.writer.submit(work, attempts))

    def _quiz(self, version: str) -> Quiz:
        with self.proctor.database.reading() as connection:
            return Quiz.read(content_of(connection, version))


@lru_cache
def _address_of(file: str) -> str:
    """A style's or script's address; it changes with its content, so a browser may keep it."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))).hexdigest()
    return f"/static/{digest[:12]}/{file}"


async def done(future: Future[T]) -> T:
    """The result of a future of the writer."""
    return await asyncio.wrap_future(future)
