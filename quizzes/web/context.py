"""The context of the quiz pages: the exam service, the content of quizzes, and notices of staff."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from starlette.requests import Request

from autograder.site.app_context import AppContext
from autograder.site.requests import site_of
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService, View
from quizzes.store.attempts import AttemptRow
from quizzes.store.messages import Notice, notices_of
from quizzes.store.quizzes import content_of

__all__ = ["QuizContext", "quizzes_of"]

PART = "quizzes"
NOTICE_CACHED = 3_000  # milliseconds


class QuizContext:
    """The quizzes of one course in one server process."""

    def __init__(self, site: AppContext, exam: ExamService) -> None:
        """Add itself to the site's parts."""
        self.site, self.exam = site, exam
        self.quiz: Callable[[str], Quiz] = lru_cache(64)(self._quiz)  # by its version's hash
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
        view = self.exam.view_if_current(attempt, person)
        return await self.site.in_thread(self.exam.view, attempt, person) if view is None else view

    def _quiz(self, version: str) -> Quiz:
        with self.site.database.reading() as connection:
            return Quiz.read(content_of(connection, version))


def quizzes_of(request: Request) -> QuizContext:
    """The quizzes of the site that answers."""
    quizzes: QuizContext = site_of(request).parts[PART]
    return quizzes
