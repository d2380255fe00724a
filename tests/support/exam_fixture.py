"""The exam fixture of tests: a database of either kind, a clock to set, quizzes, students."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from fake_clock import MINUTE, FakeClock
from small_quiz import SmallQuiz, small_quiz

from autograder.site.clock import ServerClock
from autograder.site.database import Database
from autograder.site.people import add_course, add_person, enrol
from autograder.site.signer import Signer
from quizzes.attempts.save_rules import SaveResult
from quizzes.schedule.timing import Accommodation, Schedule
from quizzes.services.exam import ExamService
from quizzes.store.attempts import AttemptRow
from quizzes.store.quizzes import publish

T = TypeVar("T")
numbers = itertools.count()
LOCK = "lock-of-a-tab"
SIGNER = Signer(b"a secret for tests only")


class ExamFixture:
    """Everything a test of the store needs, on one database."""

    def __init__(self, database: Database, fake: FakeClock | None = None) -> None:
        self.fake = fake or FakeClock()
        self.clock = ServerClock(wall=lambda: self.fake.wall, steady=lambda: self.fake.steady)
        self.database = database
        self.exam = ExamService(database, self.clock, SIGNER, SmallQuiz)
        self.opens = self.clock.now()
        with database.transaction() as connection:
            add_course(connection, "course", "A course", "Europe/Berlin")

    def schedule(self, **changes: Any) -> Schedule:
        """Open now, for an hour, with 20 minutes each."""
        usual: dict[str, Any] = {
            "opens_at": self.opens,
            "due_at": self.opens + 60 * MINUTE,
            "closes_at": self.opens + 60 * MINUTE,
            "limit": 20 * MINUTE,
        }
        return Schedule(**{**usual, **changes})

    def quiz(self, questions: int = 3, **changes: Any) -> str:
        """A published quiz's id."""
        return self.republish(f"quiz-{next(numbers)}", questions, **changes)

    def republish(self, name: str, questions: int = 3, **changes: Any) -> str:
        """The same quiz in another version."""
        version = small_quiz(questions)
        with self.database.transaction() as connection:
            publish(
                connection,
                name,
                course="course",
                title="Sums",
                version=version,
                schedule=self.schedule(**changes),
                at=self.clock.now(),
                who="staff",
                force=True,
            )
        return name

    def student(
        self, accommodation: Accommodation | None = None, label: str = "", role: str = "student"
    ) -> str:
        """An enrolled person's id."""
        name = f"student-{next(numbers)}"
        with self.database.transaction() as connection:
            add_person(connection, name, name)
            enrol(connection, "course", name, role=role, label=label, accommodation=accommodation)
        return name

    def started(self, quiz: str | None = None, student: str | None = None, **changes: Any) -> AttemptRow:
        """An attempt under way."""
        return self.exam.start(quiz or self.quiz(**changes), student or self.student(), LOCK).result()

    def save(self, attempt: AttemptRow, answer: Any, base: int = 0, **fields: Any) -> SaveResult:
        """A save that arrives now, at the first question unless said otherwise."""
        return self.queue(attempt, answer, base, **fields).result()

    def queue(self, attempt: AttemptRow, answer: Any, base: int = 0, **fields: Any) -> Future[SaveResult]:
        """The same, not waited for."""
        usual: dict[str, Any] = {"pos": 0, "save_id": f"save-{next(numbers):08}", "lock": LOCK}
        values = {**usual, **fields}
        return self.exam.save(attempt.id, attempt.person, values.pop("pos"), answer, base_rev=base, **values)

    def write(self, work: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """A staff's act, through the writer."""
        attempts = [argument for argument in arguments[:1] if isinstance(argument, str)]
        return self.exam.writer.submit(
            lambda connection: work(connection, *arguments, **named), attempts
        ).result()

    def row(self, attempt: AttemptRow) -> AttemptRow:
        """The attempt as it is now, looked at by staff."""
        return self.exam.inspect(attempt.id)[0].attempt
