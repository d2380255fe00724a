"""The context of the quiz pages: the exam service, the content of quizzes, and notices of staff."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock

from cachetools import LRUCache
from markupsafe import Markup
from starlette.requests import Request

from autograder.site.app_context import AppContext
from autograder.site.requests import site_of
from autograder.site.sessions import Session
from quizzes.content.quiz import Quiz
from quizzes.content.version import AttemptItem
from quizzes.services.exam import ExamService, View
from quizzes.store.attempts import AttemptRow
from quizzes.store.messages import Notice, notices_of
from quizzes.store.quizzes import Published, content_of, not_started, published_in
from quizzes.web.question_view import question_views

__all__ = ["PART", "QuizContext", "quizzes_of"]

PART = "quizzes"
NOTICE_CACHED = 3_000  # milliseconds
PREPARED_BEFORE = 600_000  # milliseconds before the opening
PREPARED_AT_ONCE, PREPARED_WHILE_OPEN = 100, 10  # attempts
MOST_PREPARED = 3_000  # attempts of a quiz that wait to be started
FRESH_KEPT = 4_096  # attempts whose questions are kept as HTML


class QuizContext:
    """The quizzes of one course in one server process."""

    def __init__(self, site: AppContext, exam: ExamService) -> None:
        """Add itself to the site's parts."""
        self.site, self.exam = site, exam
        self.quiz: Callable[[str], Quiz] = lru_cache(64)(self._quiz)  # by its version's hash
        self._fresh: LRUCache[str, bytes] = LRUCache(FRESH_KEPT)  # compressed: a tenth of the memory
        self._fresh_lock = Lock()
        self._notices: dict[str, tuple[list[Notice], int]] = {}
        site.parts[PART] = self

    def notices(self, attempt: AttemptRow) -> list[Notice]:
        """The notices since an attempt was started; read from the store every few seconds only."""
        now = self.site.now()
        known = self._notices.get(attempt.quiz)
        if known is None or now >= known[1]:
            with self.site.database.reading() as connection:
                known = notices_of(connection, attempt.quiz), now + NOTICE_CACHED
            self._notices[attempt.quiz] = known
        return [notice for notice in known[0] if notice.at >= attempt.started_at]

    def forget_notices(self, quiz: str) -> None:
        """Read the notices of a quiz from the store next time."""
        self._notices.pop(quiz, None)

    async def view(self, attempt: str, person: str) -> View:
        """A student's own attempt, closed first if it is overdue."""
        return await self.site.in_reader(self.exam.view, attempt, person)

    def shown_to(self, session: Session, attempt: str) -> View:
        """A student's own attempt for a page that only shows it: staff who look at it close nothing."""
        return self.exam.view(attempt, session.person, closes=not session.viewer)

    def fresh_questions(self, attempt: str, items: Sequence[AttemptItem]) -> Markup:
        """The questions of an attempt without answers as HTML, rendered once."""
        with self._fresh_lock:
            kept = self._fresh.get(attempt)
        if kept is not None:
            return Markup(zlib.decompress(kept).decode())
        questions = question_views(items, {}, set())
        html = Markup(self.site.page("questions.html", questions=questions, attempt_id=attempt))
        with self._fresh_lock:
            self._fresh[attempt] = zlib.compress(html.encode(), 1)
        return html

    def prepare(self) -> int:
        """Build and render the questions of attempts at quizzes that open soon or are open; returns how many.

        A class that starts at once then finds everything at hand.
        """
        now, prepared = self.site.now(), 0
        with self.site.database.reading() as connection:
            published = published_in(connection, self.site.course)
            soon = [quiz for quiz in published if quiz.schedule.opens_at - PREPARED_BEFORE <= now]
            wanted = {quiz.id: not_started(connection, quiz.id) for quiz in soon if _is_held(quiz, now)}
        for quiz in soon:
            if (many := min(wanted.get(quiz.id, 0), MOST_PREPARED)) > 0:
                limit = PREPARED_AT_ONCE if now < quiz.schedule.opens_at else PREPARED_WHILE_OPEN
                for attempt in self.exam.prepare(quiz.id, quiz.version, many, limit):
                    self.fresh_questions(attempt.id, attempt.items)
                    prepared += 1
        return prepared

    async def ready(self, attempt: str) -> None:
        """Read the questions of an attempt, unless they are at hand, before a request that needs them."""
        if not self.exam.has_items(attempt):
            await self.site.in_reader(self.exam.items_of, attempt)

    def _quiz(self, version: str) -> Quiz:
        with self.site.database.reading() as connection:
            return Quiz.read(content_of(connection, version))


def _is_held(quiz: Published, now: int) -> bool:
    """Whether a quiz has not closed yet for those without terms of their own."""
    return quiz.schedule.closes_at is None or now < quiz.schedule.closes_at


def quizzes_of(request: Request) -> QuizContext:
    """The quizzes of the site that answers."""
    quizzes: QuizContext = site_of(request).parts[PART]
    return quizzes
