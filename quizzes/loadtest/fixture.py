"""A stage for a proof: a course in a folder of its own, a database, and takers with sessions."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from autograder.course.course import Course, find_course
from autograder.errors import UsageError
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.server import Opened, opened
from autograder.site.sessions import open_session
from autograder.site.tables import person
from quizzes.content.quiz_file import QuizPlan, load_quiz, quiz_paths
from quizzes.services.enrolment import add_the_course, publish_plan

__all__ = ["Fixture", "fixture_for", "scratch"]


@dataclass(frozen=True)
class Fixture:
    """A folder with a course, and its own database or the one at an address."""

    folder: Path
    quiz: str
    address: str = ""

    def course(self) -> Course:
        """The course on the stage."""
        return find_course(self.folder)

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """Its database."""
        with opened(self.folder, own=not self.address, address=self.address) as one:
            yield one

    def plan(self) -> QuizPlan:
        """The quiz as its file has it."""
        return load_quiz(self.course(), self.quiz)

    def publish(self, plan: QuizPlan) -> None:
        """Publish it with other times."""
        with self.opened() as one, one.database.transaction() as connection:
            add_the_course(connection, self.course())
            publish_plan(connection, plan, at=one.clock.now(), who="proof", insist=True)

    def admit(self, takers: int) -> list[str]:
        """Enrol so many and sign them in; the cookies of their sessions."""
        with self.opened() as one, one.database.transaction() as connection:
            at, tokens = one.clock.now(), []
            for number in range(takers):
                taker = f"taker-{number:05}"
                add_person(connection, taker, taker)
                enrol(connection, COURSE, taker)
                tokens.append(open_session(connection, taker, one.signer, at, "proof"))
        return [f"quiz_session={token}" for token in tokens]


def fixture_for(course: Course, quiz: str, folder: Path, address: str = "") -> Fixture:
    """The stage in an empty folder, with a quiz of the course, the first if none is named, and nobody yet.

    Raises UsageError for a database that is somebody's: takers are not put among students.
    """
    known = [path.stem for path in quiz_paths(course)]
    if not known:
        raise UsageError(f"There is no quiz in {course.root / 'quizzes'}.", next_step="Write one first.")
    plan = load_quiz(course, quiz or known[0])  # a mistake in it is told before anything is made
    shutil.copy(course.root / "course.yaml", folder)
    (folder / "quizzes").mkdir()
    shutil.copy(plan.path, folder / "quizzes")
    shutil.copytree(plan.path.parent / "banks", folder / "quizzes" / "banks")
    stage = Fixture(folder, plan.name, address)
    with stage.opened() as one, one.database.reading() as connection:
        if connection.execute(select(person.c.id).limit(1)).first() is not None:
            raise UsageError(
                "There are people in this database already.",
                next_step="Make an empty one for the test, and drop it afterwards: `createdb proof`.",
            )
    stage.publish(plan)
    return stage


@contextmanager
def scratch(parent: Path | None) -> Iterator[Path]:
    """A folder that is thrown away; in this one, else where temporary files go. Raises UsageError."""
    if parent is not None and not parent.is_dir():
        raise UsageError(f"There is no folder {parent}.", next_step="Make it, or name another one.")
    with tempfile.TemporaryDirectory(prefix="quizzes-proof-", dir=parent) as folder:
        yield Path(folder)
