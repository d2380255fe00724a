"""The fixture of a test: a copy of the course in its own folder, a database, and students with sessions."""

from __future__ import annotations

import os
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
from autograder.site.server import OpenSite, open_site
from autograder.site.sessions import open_session
from autograder.site.tables import person
from quizzes.content.quiz_file import QuizPlan, load_quiz, quiz_paths
from quizzes.services.enrolment import add_the_course, publish_plan

__all__ = ["Fixture", "fixture_for", "temporary_folder"]


@dataclass(frozen=True)
class Fixture:
    """A folder with a course, and the database in it or at an address."""

    folder: Path
    quiz: str
    address: str = ""

    def course(self) -> Course:
        """The course in the folder."""
        return find_course(self.folder)

    @contextmanager
    def open_site(self) -> Iterator[OpenSite]:
        """Open its database."""
        with open_site(self.folder, course_file=not self.address, address=self.address) as site:
            yield site

    def environment(self) -> dict[str, str]:
        """The environment of a command that shall work at its database."""
        ours = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        return {**ours, **({"DATABASE_URL": self.address} if self.address else {})}

    def plan(self) -> QuizPlan:
        """The current version of the quiz file."""
        return load_quiz(self.course(), self.quiz)

    def publish(self, plan: QuizPlan) -> None:
        """Publish the quiz with other times."""
        with self.open_site() as site, site.database.transaction() as connection:
            add_the_course(connection, self.course())
            publish_plan(connection, plan, at=site.clock.now(), who="load test", force=True)

    def admit(self, students: int, name: str = "student") -> list[str]:
        """Enrol so many students and sign them in; returns the cookies of their sessions."""
        with self.open_site() as site, site.database.transaction() as connection:
            at, tokens = site.clock.now(), []
            for number in range(students):
                student = f"{name}-{number:05}"
                add_person(connection, student, student)
                enrol(connection, COURSE, student)
                tokens.append(open_session(connection, student, site.signer, at, "load test"))
        return [f"quiz_session={token}" for token in tokens]

    def admit_instructor(self) -> str:
        """Enrol an instructor and sign them in; returns the cookie of the session."""
        name = "instructor"
        with self.open_site() as site, site.database.transaction() as connection:
            add_person(connection, name, name)
            enrol(connection, COURSE, name, role="instructor")
            token = open_session(connection, name, site.signer, site.clock.now(), "load test")
        return f"quiz_session={token}"


def fixture_for(course: Course, quiz: str, folder: Path, address: str = "") -> Fixture:
    """The fixture in an empty folder, with a quiz of the course, by default the first, and no students.

    Raises UsageError for a database that has people, so that test students never join a real course.
    """
    known = [path.stem for path in quiz_paths(course)]
    if not known:
        raise UsageError(
            f"There is no quiz in {course.root / 'quizzes'}.", next_step="Write a quiz file first."
        )
    plan = load_quiz(course, quiz or known[0])  # a mistake in it is reported before anything is written
    shutil.copy(course.root / "course.yaml", folder)
    (folder / "quizzes").mkdir()
    shutil.copy(plan.path, folder / "quizzes")
    shutil.copytree(plan.path.parent / "banks", folder / "quizzes" / "banks")
    fixture = Fixture(folder, plan.name, address)
    with fixture.open_site() as site, site.database.reading() as connection:
        if connection.execute(select(person.c.id).limit(1)).first() is not None:
            raise UsageError(
                "This database has people in it.",
                next_step="Create an empty one for the test, and drop it afterwards: `createdb loadtest`.",
            )
    fixture.publish(plan)
    return fixture


@contextmanager
def temporary_folder(parent: Path | None) -> Iterator[Path]:
    """A temporary folder, in `parent` or in the system's own; raises UsageError for an unknown parent."""
    if parent is not None and not parent.is_dir():
        raise UsageError(
            f"There is no directory {parent}.", next_step="Create it, or choose another directory."
        )
    with tempfile.TemporaryDirectory(prefix="quizzes-loadtest-", dir=parent) as folder:
        yield Path(folder)
