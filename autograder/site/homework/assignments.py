"""Assignments in the browser: what is published of them, and what a student sees.

A published assignment is an immutable bundle in the file store: both its folders, without anything of people.
Graders fetch it by its digest, so what a submission was graded with is known for ever.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, select, update

from autograder.course.assignment import AssignmentFile, AttemptLimit
from autograder.course.course import Course
from autograder.course.local_time import zoned
from autograder.errors import ContentError, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.homework.tables import bundle, homework
from autograder.site.upsert import insert_once, upsert
from autograder.submissions.deterministic_zip import deterministic_zip

__all__ = [
    "Facts",
    "Homework",
    "TaskFacts",
    "bundle_of",
    "due_for_student",
    "due_of",
    "homework_in",
    "on_time_until",
    "publish",
    "published",
    "set_release",
]

GRACE_MINUTES = 5  # unless the assignment says otherwise
LARGEST_BUNDLE = 64 * 1024 * 1024  # bytes of all files
LEFT_OUT = (".ipynb_checkpoints", "__pycache__")


@dataclass(frozen=True)
class TaskFacts:
    """A task as students see it."""

    id: str
    title: str
    points: float
    extra: bool


@dataclass(frozen=True)
class Facts:
    """What pages say of an assignment without reading its bundle."""

    title: str
    points: float
    tasks: tuple[TaskFacts, ...]
    functions: tuple[str, ...]
    late_per_day: float
    late_at_most: float
    grace_minutes: int
    feedback: str = "immediately"
    detail: str = "full"
    counts: str = "best"
    attempts: AttemptLimit | None = None
    written: tuple[TaskFacts, ...] = ()  # questions that are answered in words

    @classmethod
    def of(cls, file: AssignmentFile) -> Facts:
        """The facts of an assignment.yaml."""
        return cls(
            file.title,
            file.points,
            tuple(TaskFacts(task.id, task.title, task.points, task.extra) for task in file.tasks),
            tuple(name for task in file.tasks for name in task.functions),
            file.late.per_day,
            file.late.at_most,
            GRACE_MINUTES if file.late.grace_minutes is None else file.late.grace_minutes,
            file.feedback,
            file.detail,
            file.counts,
            file.attempts,
            tuple(TaskFacts(task.id, task.title, task.points, False) for task in file.written_tasks),
        )

    @classmethod
    def from_json(cls, text: str) -> Facts:
        """The facts as they are stored."""
        values = json.loads(text)
        tasks = tuple(TaskFacts(**task) for task in values.pop("tasks"))
        written = tuple(TaskFacts(**task) for task in values.pop("written", ()))
        limit = values.pop("attempts", None)
        attempts = None if limit is None else AttemptLimit(**limit)
        functions = tuple(values.pop("functions"))
        return cls(tasks=tasks, functions=functions, attempts=attempts, written=written, **values)

    def to_json(self) -> str:
        """The facts as they are stored."""
        values = {**asdict(self), "attempts": self.attempts and self.attempts.model_dump()}
        return json.dumps(values, ensure_ascii=False)


@dataclass(frozen=True)
class Homework:
    """A published assignment."""

    id: str
    bundle: str
    handout: str
    facts: Facts
    due_at: int | None  # milliseconds; without anybody's extension
    released_at: int | None
    held_at: int | None
    release_at: int | None = None  # when a release takes effect that can still be undone

    def as_of(self, now: int) -> Homework:
        """The assignment at an instant: a release that waited until then has taken effect.

        A periodic task writes that down later; no page may wait for it.
        """
        if self.release_at is None or now < self.release_at:
            return self
        return replace(self, released_at=self.release_at, held_at=None, release_at=None)


def bundle_of(course: Course, name: str) -> bytes:
    """The bundle of an assignment: a ZIP with the same bytes for the same content.

    Raises ContentError for folders larger than 64 MB.
    """
    header = {"title": course.title, "time_zone": str(course.zone)}
    files = {"course.yaml": json.dumps(header, ensure_ascii=False).encode()}  # JSON is YAML, too
    for folder in course.folders(name):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and not set(path.parts) & set(LEFT_OUT):
                files[path.relative_to(course.root).as_posix()] = path.read_bytes()
    if sum(map(len, files.values())) > LARGEST_BUNDLE:
        raise ContentError(
            f"The folders of {name} hold more than 64 MB.",
            next_step="Move what grading does not need elsewhere.",
        )
    return deterministic_zip(files)


def publish(
    connection: Connection,
    course: str,
    name: str,
    *,
    digest: str,
    handout: str,
    facts: Facts,
    due_at: int | None,
    at: int,
    who: str,
) -> None:
    """Publish an assignment, or its present version; `digest` and `handout` are in the file store."""
    insert_once(
        connection, bundle, {"digest": digest, "course": course, "assignment": name, "at": at, "who": who}
    )
    values = {
        "course": course,
        "id": name,
        "bundle": digest,
        "handout": handout,
        "facts": facts.to_json(),
        "due_at": due_at,
    }
    upsert(connection, homework, values)
    record_act(connection, Act(at, who, "publish homework", name, {"bundle": digest}))


def set_release(
    connection: Connection, course: str, name: str, *, released_at: int | None, held_at: int | None
) -> None:
    """Say since when results are released and held; a release that waits is over.

    What students see again after a hold is announced again.
    """
    values: dict[str, int | None] = {"released_at": released_at, "held_at": held_at, "release_at": None}
    if held_at is not None:
        values["announced_at"] = None
    connection.execute(
        update(homework).where(homework.c.course == course, homework.c.id == name).values(**values)
    )


def homework_in(connection: Connection, course: str) -> list[Homework]:
    """The published assignments of a course: what is due soonest first."""
    rows = connection.execute(select(homework).where(homework.c.course == course))
    return sorted(map(_homework, rows), key=lambda row: (row.due_at is None, row.due_at or 0, row.id))


def published(connection: Connection, course: str, name: str) -> Homework:
    """A published assignment; raises NotFound."""
    row = connection.execute(
        select(homework).where(homework.c.course == course, homework.c.id == name)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such assignment.", next_step="Go back to the list.")
    return _homework(row)


def due_of(course: Course, file: AssignmentFile) -> int | None:
    """The due time of an assignment for everybody, in milliseconds; None without one."""
    return None if file.due is None else _milliseconds(zoned(file.due, course.zone))


def due_for_student(course: Course, row: Homework, student: str) -> int | None:
    """The due time of a student, extensions included, in milliseconds; None without one."""
    published = None if row.due_at is None else datetime.fromtimestamp(row.due_at / 1000, course.zone)
    due = course.due(student, row.id, published)
    return None if due is None else _milliseconds(due)


def on_time_until(row: Homework, due: int) -> int:
    """The last instant that counts as on time: the grace period included; fractions of a second do not count.

    Up to it a submission may still replace an earlier one at no cost, so nothing is over at the due time.
    """
    return due // 1000 * 1000 + row.facts.grace_minutes * 60_000 + 999


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _homework(row: Row[tuple[object, ...]]) -> Homework:
    values = row._mapping
    return Homework(
        str(values["id"]),
        str(values["bundle"]),
        str(values["handout"]),
        Facts.from_json(str(values["facts"])),
        values["due_at"],
        values["released_at"],
        values["held_at"],
        values["release_at"],
    )
