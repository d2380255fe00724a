"""The queue of functions: answers of attempts that are over, graded in the sandbox one after another.

It runs in a process of its own, never in the web server's: the sandbox forks, and grading takes a processor.
What waits stands in the database, and a mark is given once, so any number of queues may run, and one that
was killed has nothing to make good.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import TracebackType

from autograder.errors import SandboxError, UsageError
from autograder.site.database import Database
from quizzes.attempts.response import response_of
from quizzes.content.function_grading import SandboxGrader, grade_function
from quizzes.content.items.function import FunctionQuestion
from quizzes.content.question import Mark
from quizzes.content.quiz import Quiz
from quizzes.store.attempts import find
from quizzes.store.marks import Waiting, put_off, settle_mark, waiting
from quizzes.store.quizzes import content_of

__all__ = ["FunctionMarks", "Settled", "dealt_again"]


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settled:
    """What one round did: how many marks it gave, and which could not be given, with the reason for staff."""

    given: int
    troubles: list[tuple[Waiting, str]]


def dealt_again(database: Database) -> Callable[[Waiting], object]:
    """How a waiting answer's question is dealt again: by the version its mark is to come from."""

    @lru_cache(64)
    def quiz(version: str) -> Quiz:
        with database.reading() as connection:
            return Quiz.read(content_of(connection, version))

    def question(one: Waiting) -> object:
        with database.reading() as connection:
            row = find(connection, one.attempt)
        return quiz(one.key_version).deal(row.seed)[one.pos].question

    return question


class FunctionMarks:
    """Gives pending marks to functions; a context manager that keeps one sandbox from its first answer on."""

    def __init__(
        self,
        database: Database,
        question_of: Callable[[Waiting], object],
        now: Callable[[], int],
        *,
        sandbox: str = "good",
    ) -> None:
        """`question_of` deals a question again; one that is no function is left to people."""
        self._database, self._question_of, self._now = database, question_of, now
        self._sandbox = sandbox
        self._grader: SandboxGrader | None = None

    def round(self, *, again: bool = False) -> Settled:
        """Grade all that waits; with `again` also what had trouble before, after its check was mended.

        Raises UsageError where strangers' code cannot be shut in on this machine.
        """
        with self._database.reading() as connection:
            found = waiting(connection, again=again)
        given, troubles = 0, []
        for one in found:
            try:
                mark = self._graded(one)
            except (SandboxError, UsageError):
                raise  # this machine's trouble and no answer's
            except Exception as problem:  # the others are graded all the same
                log.exception("Question %s of attempt %s cannot be graded.", one.pos, one.attempt)
                said = f"It cannot be graded: {type(problem).__name__}: {problem}"
                mark = Mark(Decimal(0), Fraction(0), pending=True, detail={"trouble": said})
            if mark is None:
                continue
            with self._database.transaction() as connection:
                if not mark.pending:
                    given += settle_mark(connection, one, float(mark.points), mark.as_json(), self._now())
                elif put_off(connection, one, mark.as_json()):
                    troubles.append((one, mark.detail["trouble"]))
        return Settled(given, troubles)

    def close(self) -> None:
        """End the sandbox's processes."""
        if self._grader is not None:
            self._grader.close()
            self._grader = None

    def _graded(self, one: Waiting) -> Mark | None:
        """The mark, pending where it cannot be given; None for what is no function."""
        question, source = self._question_of(one), response_of(one.raw)
        if not isinstance(question, FunctionQuestion) or not isinstance(source, str):
            return None
        if self._grader is None:
            self._grader = SandboxGrader(self._sandbox)
        return grade_function(question, source, self._grader)

    def __enter__(self) -> FunctionMarks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
