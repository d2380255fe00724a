"""The tiny course's homework on a live server with a clock to set; nothing grades beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from live_server import LiveServer, Student, live_server
from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.assignment import load_assignment
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import Facts, bundle_of, publish
from autograder.site.homework.context import files_address
from autograder.site.homework.grade_records import GradingResult
from autograder.site.homework.queue import finish, lease_next
from autograder.site.people import COURSE

__all__ = ["BOUNDARY", "LiveHomework", "live_homework", "multipart"]

BOUNDARY = "a-boundary-of-a-test"


def multipart(token: str, content: bytes, name: str = f"{ASSIGNMENT}.ipynb") -> bytes:
    """The body of an upload as a browser sends it."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="notebook"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode() + b"%b\r\n--%b--\r\n" % (content, BOUNDARY.encode())


@dataclass
class LiveHomework:
    """The server, and what tests do with its homework."""

    server: LiveServer
    files: FileStore

    def publish(self, due_at: int | None = None, **facts: Any) -> None:
        """Publish the assignment, with other facts than its file has."""
        assignment = load_assignment(self.server.course, ASSIGNMENT)
        values: dict[str, Any] = {
            "digest": self.files.put(bundle_of(self.server.course, ASSIGNMENT)),
            "handout": self.files.put(b"handout"),
            "facts": replace(Facts.of(assignment.file), **facts),
            "due_at": due_at,
            "at": self.server.clock.now(),
            "who": "staff",
        }
        with self.server.database.transaction() as connection:
            publish(connection, COURSE, ASSIGNMENT, **values)

    def upload(self, student: Student, content: bytes, name: str = f"{ASSIGNMENT}.ipynb") -> httpx.Response:
        """Upload a file as the form of the assignment's page does."""
        return student.http.post(
            f"/homework/{ASSIGNMENT}/upload",
            data={"token": student.token},
            files={"notebook": (name, content)},
        )

    def grade(self, earned: str, possible: str = "6", *, report: bytes = b"{}", summary: str = "{}") -> None:
        """Give everything that waits this result, as a grader would."""
        digest, at = self.files.put(report), self.server.clock.now()
        with self.server.database.transaction() as connection:
            while lease := lease_next(connection, COURSE, "a test", at):
                result = GradingResult(digest, Decimal(earned), Decimal(possible), summary)
                finish(connection, lease.id, lease.secret, result, at)


@contextmanager
def live_homework(database: Database, folder: Path, **settings: Any) -> Iterator[LiveHomework]:
    """A live server on the tiny course, closed at the end."""
    course = write_tiny_course(folder)
    with live_server(database, folder, course=course, **settings) as server:
        yield LiveHomework(server, FileStore(files_address(folder)))
