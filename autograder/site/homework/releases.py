"""Releases of results: they take effect ten minutes later, can be undone until then, and are announced once.

A periodic task of every server lets them take effect and tells the students, also where results can be seen
after the due date without anybody's act.
"""

from __future__ import annotations

from sqlalchemy import Connection, or_, select, update

from autograder.course.course import Course
from autograder.errors import Conflict
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import Homework, homework_in, published, set_release
from autograder.site.homework.context import HomeworkContext
from autograder.site.homework.submissions import submissions_of_all
from autograder.site.homework.tables import homework
from autograder.site.homework.visibility import latest_due, visible_now
from autograder.site.integrity.cases import held_people
from autograder.site.notices.notices import AT_ONCE, Kind, notify

__all__ = ["RELEASE_WAITS", "announce_results", "release_due", "schedule_release", "undo_release"]

RELEASE_WAITS = 10 * 60_000  # milliseconds in which a release can be undone


def schedule_release(connection: Connection, of: str, assignment: str, *, at: int, who: str) -> int:
    """Release results ten minutes from now; when that is."""
    row = published(connection, of, assignment)
    if row.release_at is not None:
        return row.release_at
    _set(connection, of, assignment, at + RELEASE_WAITS)
    detail: dict[str, object] = {"until": at + RELEASE_WAITS}
    record_act(connection, Act(at, who, "schedule release", assignment, detail))
    return at + RELEASE_WAITS


def undo_release(connection: Connection, of: str, assignment: str, *, at: int, who: str) -> None:
    """Undo a release that has not taken effect; raises Conflict for another one."""
    row = published(connection, of, assignment)
    if row.release_at is None or row.release_at <= at:
        raise Conflict(
            "The results are released already.", next_step="Hold them if students are not to see them."
        )
    _set(connection, of, assignment, None)
    record_act(connection, Act(at, who, "undo release", assignment, {}))


def release_due(connection: Connection, of: str, now: int) -> int:
    """Let the releases take effect that are due; how many."""
    due = [row for row in homework_in(connection, of) if row.release_at is not None and row.release_at <= now]
    for row in due:
        set_release(connection, of, row.id, released_at=row.release_at, held_at=None)
        record_act(connection, Act(row.release_at or now, "", "release results", row.id, {}))
    return len(due)


def announce_results(context: HomeworkContext, now: int) -> int:
    """Let due releases take effect, and tell students that they see results, once for each release."""
    site = context.site
    with site.database.reading() as connection:
        rows = _unannounced(connection, site.course)
        if not rows:
            return 0
        course = context.course(connection)
    if any(row.release_at is not None and row.release_at <= now for row in rows):
        site.writer.submit(lambda connection: release_due(connection, site.course, now)).result()
        with site.database.reading() as connection:
            rows = _unannounced(connection, site.course)
    many = 0
    for row in rows:
        if _is_announced_now(course, row, now):
            many += _tell(context, row, now)
    return many


def _tell(context: HomeworkContext, row: Homework, now: int) -> int:
    site = context.site
    with site.database.reading() as connection:
        held = held_people(connection, site.course, row.id)  # they are told when that ends
        owners = dict.fromkeys(person for person, _ in submissions_of_all(connection, site.course, row.id))
    people, many = [person for person in owners if person not in held], 0
    for start in range(0, len(people), AT_ONCE):
        chunk = people[start : start + AT_ONCE]

        def write(connection: Connection, chunk: list[str] = chunk) -> int:
            return notify(
                connection,
                site.course,
                chunk,
                Kind.RESULTS,
                f"The results of {row.facts.title} can be seen",
                "",
                path=f"/homework/{row.id}",
                once=f"results:{row.id}:{row.released_at or ''}",  # of each release
                at=now,
            )

        many += site.writer.submit(write).result()

    def done(connection: Connection) -> None:
        this = homework.c.course == site.course, homework.c.id == row.id
        connection.execute(update(homework).where(*this).values(announced_at=now))

    site.writer.submit(done).result()
    return many


def _is_announced_now(course: Course, row: Homework, now: int) -> bool:
    """Whether students see results by now that they did not see as soon as they were graded."""
    if not visible_now(row, "student", now, latest_due(course, row)).score:
        return False
    return row.released_at is not None or row.facts.feedback == "after_due"


def _unannounced(connection: Connection, of: str) -> list[Homework]:
    """The assignments whose results nobody was told of, or whose release waits."""
    waiting = select(homework.c.id).where(
        homework.c.course == of, or_(homework.c.announced_at.is_(None), homework.c.release_at.is_not(None))
    )
    names = set(connection.execute(waiting).scalars())
    return [row for row in homework_in(connection, of) if row.id in names] if names else []


def _set(connection: Connection, of: str, assignment: str, release_at: int | None) -> None:
    this = homework.c.course == of, homework.c.id == assignment
    connection.execute(update(homework).where(*this).values(release_at=release_at))
