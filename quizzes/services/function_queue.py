"""The function queue: grades the functions of submitted attempts in the sandbox, one after another.

It runs in a process of its own, never in the web server's: the sandbox forks, and grading takes a processor.
The queue is in the database, and a mark is given once, so any number of processes may work on it, and one
that was killed leaves nothing to repair. `quizzes grade` runs it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial
from types import TracebackType

from sqlalchemy import Connection

from autograder.errors import SandboxError, UsageError
from autograder.site.database import Database
from quizzes.attempts.response import answer_from
from quizzes.content.function_grading import SandboxGrader, grade_function
from quizzes.content.items.function import FunctionQuestion
from quizzes.content.question import Mark
from quizzes.content.quiz import Quiz
from quizzes.store.attempts import find_attempt
from quizzes.store.marks import PendingMark, pending_marks, record_trouble, settle_mark
from quizzes.store.quizzes import content_of

__all__ = ["FunctionQueue", "RoundResult", "question_builder"]


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RoundResult:
    """The result of one round: how many marks were given, and which could not be given, with the reason."""

    marked: int
    troubles: list[tuple[PendingMark, str]]


def question_builder(database: Database) -> Callable[[PendingMark], object]:
    """A function that builds the question of a pending mark, by the version that the mark comes from."""

    @lru_cache(64)
    def quiz(version: str) -> Quiz:
        with database.reading() as connection:
            return Quiz.read(content_of(connection, version))

    def question(pending: PendingMark) -> object:
        with database.reading() as connection:
            row = find_attempt(connection, pending.attempt)
        items = quiz(pending.key_version).correct_questions(row.seed, quiz(row.version))
        return items[pending.pos].question

    return question


class FunctionQueue:
    """Grades functions whose marks are pending; a context manager that keeps one sandbox for all of them."""

    def __init__(
        self,
        database: Database,
        question_of: Callable[[PendingMark], object],
        now: Callable[[], int],
        *,
        sandbox: str = "good",
    ) -> None:
        """`question_of` builds a question; any kind but a function is left for manual marks."""
        self._database, self._question_of, self._now = database, question_of, now
        self._sandbox = sandbox
        self._grader: SandboxGrader | None = None

    def round(self, *, again: bool = False) -> RoundResult:
        """Grade all functions that wait; with `again` also those whose check was broken before.

        Raises UsageError if this machine cannot isolate submissions at the required level.
        """
        with self._database.reading() as connection:
            waiting = pending_marks(connection, again=again)
        marked, troubles = 0, []
        for pending in waiting:
            try:
                mark = self._graded(pending)
            except (SandboxError, UsageError):
                raise  # a fault of this machine, not of the answer
            except Exception as problem:  # the others are still graded
                log.exception(
                    "Question %s on /staff/attempts/%s cannot be graded.", pending.pos + 1, pending.attempt
                )
                trouble = f"It cannot be graded: {str(problem) or 'its question cannot be built'}"
                mark = Mark(Decimal(0), Fraction(0), pending=True, detail={"trouble": trouble})
            if mark is None:
                continue
            stored = self._database.write(partial(self._store, pending=pending, mark=mark))
            if stored and mark.pending:
                troubles.append((pending, mark.detail["trouble"]))
            marked += stored and not mark.pending
        return RoundResult(marked, troubles)

    def close(self) -> None:
        """End the sandbox's processes."""
        if self._grader is not None:
            self._grader.close()
            self._grader = None

    def _store(self, connection: Connection, pending: PendingMark, mark: Mark) -> bool:
        """Store a mark, or why there is none; False if the answer does not wait for it any more."""
        if mark.pending:
            return record_trouble(connection, pending, mark.as_json(), self._now())
        return settle_mark(connection, pending, mark.points, mark.as_json(), self._now())

    def _graded(self, pending: PendingMark) -> Mark | None:
        """The mark, pending where it cannot be given; None for another kind of question."""
        question, source = self._question_of(pending), answer_from(pending.response)
        if not isinstance(question, FunctionQuestion) or not isinstance(source, str):
            return None
        if self._grader is None:
            self._grader = SandboxGrader(self._sandbox)
        return grade_function(question, source, self._grader)

    def __enter__(self) -> FunctionQueue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
