"""A class's download, uploaded by staff: read by a program of its own, shown first, then stored and queued.

The program (`autograder.lms.class_download`) parses the archive within limits; this server only moves bytes
by their digests. The bytes that a student had submitted last before a time are known already.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select

from autograder.course.course import Course
from autograder.course.csv_table import write_table
from autograder.errors import Conflict
from autograder.site.file_store import FileStore
from autograder.site.homework.assignments import Homework, due_for_student
from autograder.site.homework.submissions import StoredSubmission, submissions_of_all
from autograder.site.tables import audit, enrolment, person
from autograder.submissions.limited_program import run_limited

__all__ = [
    "LOOKED_AT",
    "UPLOADED",
    "ClassDownload",
    "FoundSubmission",
    "Student",
    "archives_in",
    "new_in",
    "read_download",
    "received_at",
    "students_of",
]

MODULE = "autograder.lms.class_download"  # a program: importing it would bring a parser into the server
WALL_SECONDS = 300.0
LOOKED_AT, UPLOADED = "look at class download", "upload class download"  # acts that name an archive
TOO_MUCH = Conflict(
    "This archive needs more time or memory than the server gives it, or it is damaged.",
    next_step="Upload the class in several archives, or run `autograder grade` on it.",
)


@dataclass(frozen=True)
class Student:
    """A student of the site."""

    id: str
    name: str
    email: str


@dataclass(frozen=True)
class FoundSubmission:
    """A submission in a download."""

    student: str
    name: str  # of the student
    file: str
    digest: str
    size: int
    submitted: int | None  # milliseconds; None where the platform does not say
    origin: str  # what the platform calls it
    problem: str  # why its notebook will not be graded; it is stored all the same


@dataclass(frozen=True)
class ClassDownload:
    """What is in a download."""

    found: tuple[FoundSubmission, ...]
    unmatched: tuple[tuple[str, str], ...]  # names, and why they were not placed
    remarks: tuple[str, ...]


def read_download(
    files: FileStore,
    course: Course,
    row: Homework,
    students: Sequence[Student],
    digest: str,
    name: str,
    *,
    keep: bool,
) -> ClassDownload:
    """What is in the archive with this digest; with `keep` its submissions are in the file store afterwards.

    Raises Conflict for an archive that holds no submission of the class, and for one that needs too much.
    """
    names = {student.id: student.name for student in students}
    with tempfile.TemporaryDirectory(prefix="autograder-class-") as temporary:
        people, out, archive = (Path(temporary, part) for part in ("people", "out", "archive"))
        people.mkdir()
        out.mkdir()
        with archive.open("wb") as file:  # it may be too large for the memory
            for piece in files.chunks(digest):
                file.write(piece)
        _write_roster(students, people / "roster.csv")
        values = run_limited(
            MODULE,
            b"",
            *(str(archive), str(course.root), str(people), str(out), name, row.id, *row.facts.functions),
            wall_seconds=WALL_SECONDS,
        )
        if values is None:
            raise TOO_MUCH
        if "problem" in values:
            raise Conflict(str(values["problem"]), next_step=str(values["next_step"]))
        found, unmatched = [], [(entry["name"], entry["reason"]) for entry in values["unmatched"]]
        for entry in values["found"]:
            if entry["student"] not in names:
                reason = f"{entry['student']} is not in the course: import the roster first."
                unmatched.append((entry["origin"] or entry["file"], reason))
                continue
            data = (out / str(int(entry["number"]))).read_bytes()
            found.append(
                FoundSubmission(
                    entry["student"],
                    names[entry["student"]],
                    entry["file"],
                    files.put(data) if keep else sha256(data).hexdigest(),
                    len(data),
                    entry["submitted"],
                    entry["origin"],
                    entry["problem"],
                )
            )
    return ClassDownload(tuple(found), tuple(unmatched), tuple(values["remarks"]))


def students_of(connection: Connection, of: str) -> list[Student]:
    """The students of a course."""
    rows = connection.execute(
        select(person.c.id, person.c.name, person.c.email)
        .join_from(enrolment, person)
        .where(enrolment.c.course == of, enrolment.c.role == "student")
        .order_by(person.c.id)
    )
    return [Student(row.id, row.name, row.email or "") for row in rows]


def new_in(
    connection: Connection, of: str, row: Homework, found: Sequence[FoundSubmission]
) -> list[FoundSubmission]:
    """The submissions that the site does not have yet, the oldest first.

    The bytes that a student had submitted last before are no new submission, whatever the time.
    """
    known: dict[str, list[StoredSubmission]] = {}
    for owner, stored in submissions_of_all(connection, of, row.id):
        known.setdefault(owner, []).append(stored)

    def is_new(item: FoundSubmission) -> bool:
        there = known.get(item.student, [])
        if item.submitted is None:
            return all(stored.digest != item.digest for stored in there)
        before = [stored for stored in there if stored.received_at <= item.submitted]
        at_that_time = [stored for stored in before if stored.received_at == item.submitted]
        return all(stored.digest != item.digest for stored in (*at_that_time, *before[-1:]))

    return sorted(filter(is_new, found), key=lambda item: (item.submitted or 0, item.student))


def received_at(course: Course, row: Homework, item: FoundSubmission, now: int) -> int:
    """When a submission counts as received: where the time is not known, lateness costs nothing.

    A time that has not come yet is a wrong one; the submission was there by now.
    """
    if item.submitted is not None:
        return min(item.submitted, now)
    due = due_for_student(course, row, item.student)
    return now if due is None else min(now, due)


def archives_in(connection: Connection) -> set[str]:
    """The digests of the archives that were uploaded; their submissions are stored by themselves."""
    acts = select(audit.c.detail).where(audit.c.act.in_((LOOKED_AT, UPLOADED)))
    details = (json.loads(detail) for detail in connection.execute(acts).scalars())
    return {str(detail["archive"]) for detail in details if detail.get("archive")}


def _write_roster(students: Sequence[Student], path: Path) -> None:
    """The students of the site as a roster, for a course without roster.csv."""
    rows = [(student.id, student.name, student.email) for student in students]
    path.write_text(write_table(("student_id", "name", "email"), rows), encoding="utf-8", newline="")
