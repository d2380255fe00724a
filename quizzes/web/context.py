"""What the quiz pages need beside the site's context: the exam service, quiz content, staff messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request

from autograder.site.app_context import AppContext
from autograder.site.requests import site_of
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService, View
from quizzes.store.messages import Notice, last_notice
from quizzes.store.quizzes import content_of

__all__ = ["QuizContext", "quizzes_of"]

PART = "quizzes"
NEWS = 3_000  # milliseconds


class QuizContext:
    """The quizzes of one course in one server process."""

    def __init__(self, site: AppContext, exam: ExamService) -> None:
        """Add the quizzes to a site."""
        self.site, self.exam = site, exam
        self.quiz: Callable[[str], Quiz] = lru_cache(64)(self._quiz)  # by its version's hash
        self._notices: dict[str, tuple[Notice | None, int]] = {}
        site.parts[PART] = self

    def notice(self, quiz: str) -> Notice | None:
        """The newest message to takers; asked of the store every few seconds only."""
        now = self.site.now()
        known = self._notices.get(quiz)
        if known is None or now >= known[1]:
            with self.site.database.reading() as connection:
                known = last_notice(connection, quiz), now + NEWS
            self._notices[quiz] = known
        return known[0]

    async def view(self, attempt: str, person: str) -> View:
        """A student's own attempt; ended by now if its time is over."""
        seen = self.exam.glance(attempt, person)
        return await self.site.in_thread(self.exam.view, attempt, person) if seen is None else seen

    def _quiz(self, version: str) -> Quiz:
        with self.site.database.reading() as connection:
            return Quiz.read(content_of(connection, version))


def quizzes_of(request: Request) -> QuizContext:
    """The quizzes of the site that answers."""
    found: QuizContext = site_of(request).parts[PART]
    return found
