"""What the homework pages of one server process share: the file store and the course's rules."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from starlette.requests import Request

from autograder.course.course import Course
from autograder.errors import NotFound
from autograder.site.app_context import AppContext
from autograder.site.file_store import FileStore
from autograder.site.homework.due_dates import course_with_rules
from autograder.site.homework.previews import Previews
from autograder.site.requests import site_of
from autograder.site.roles import Access, access_of, dropped

__all__ = [
    "PART",
    "HomeworkContext",
    "context_of",
    "files_address",
    "homework_of",
    "require_taking_part",
    "role_of",
]

PART = "homework"


@dataclass
class HomeworkContext:
    """The context of homework."""

    site: AppContext
    files: FileStore

    def __post_init__(self) -> None:
        self.previews = Previews(self.files)
        self._queued = asyncio.Event()  # set when the next submission is queued, and replaced

    def submission_queued(self) -> asyncio.Event:
        """The event that the next submission is queued at this server."""
        return self._queued

    def announce_submission(self) -> None:
        """Wake the graders that wait at this server; called on the event loop, after the commit."""
        queued, self._queued = self._queued, asyncio.Event()
        queued.set()

    def course(self, connection: Connection | None = None) -> Course:
        """The course with its rules as course.yaml and the site have them now."""
        written = self.site.course_rules()
        if connection is None:
            with self.site.database.reading() as reading:
                return course_with_rules(reading, written, self.site.course)
        return course_with_rules(connection, written, self.site.course)


def homework_of(request: Request) -> HomeworkContext:
    """The context of homework of this server."""
    return context_of(site_of(request))


def context_of(site: AppContext) -> HomeworkContext:
    """The context of homework of a site."""
    context: HomeworkContext | None = site.parts.get(PART)
    if context is None:
        # Threads may ask at once: all get the one that came first.
        new = HomeworkContext(site, FileStore(files_address(site.folder)))
        context = site.parts.setdefault(PART, new)
    return context


def files_address(folder: Path) -> str:
    """Where the files of a course are: AUTOGRADER_FILES if it is set, else a folder beside the database."""
    return os.environ.get("AUTOGRADER_FILES") or str(folder / ".quizzes" / "files")


def role_of(connection: Connection, course: str, person: str) -> str:
    """The role of a person in the course; raises NotFound for somebody who is not in it."""
    return _access(connection, course, person).role.value


def require_taking_part(connection: Connection, course: str, person: str) -> None:
    """Raise NotFound for somebody who is not in the course, Forbidden for a dropped student."""
    if _access(connection, course, person).dropped_at is not None:
        raise dropped()


def _access(connection: Connection, course: str, person: str) -> Access:
    access = access_of(connection, course, person)
    if access is None:
        raise NotFound(
            "You are not on the roster of this course.", next_step="Ask the course's staff to add you."
        )
    return access
