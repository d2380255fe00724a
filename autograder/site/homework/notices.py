"""What students are told of their homework: received, graded, a mark or date changed, a request answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from autograder.course.course import Course
from autograder.course.local_time import shown
from autograder.site.homework.assignments import Homework, published
from autograder.site.homework.due_dates import DateChange
from autograder.site.homework.extension_requests import ExtensionRequest
from autograder.site.homework.submissions import (
    StoredSubmission,
    find_submission,
    owners_of,
    submissions_of_all,
)
from autograder.site.homework.tables import grading
from autograder.site.homework.visibility import latest_due, visible_now
from autograder.site.integrity.cases import held_people
from autograder.site.notices.notices import Kind, notify

__all__ = ["tell_answered", "tell_dates", "tell_graded", "tell_mark", "tell_received", "tell_results"]


def tell_received(
    connection: Connection, of: str, row: Homework, stored: StoredSubmission, owners: Collection[str], at: int
) -> None:
    """Tell the owners of a submission that it is stored."""
    notify(
        connection,
        of,
        owners,
        Kind.RECEIVED,
        f"{row.facts.title}: submission {stored.number} was received",
        f"The SHA-256 of the file is {stored.digest}.",
        path=f"/submissions/{stored.id}",
        once=f"received:{stored.id}",
        at=at,
    )


def tell_graded(connection: Connection, course: Course, of: str, number: int, at: int) -> None:
    """Tell the owners of a fresh submission that it is graded, if they may see its score."""
    row = connection.execute(select(grading).where(grading.c.id == number)).one_or_none()
    if row is None or row.state != "graded" or row.reason != "submitted":
        return
    stored = find_submission(connection, of, row.submission)
    if stored is None:
        return
    homework = published(connection, of, stored.assignment)
    if not visible_now(homework, "student", at, latest_due(course, homework)).score:
        return
    held = held_people(connection, of, homework.id)
    notify(
        connection,
        of,
        [owner for owner in owners_of(connection, stored.id) if owner not in held],
        Kind.RESULTS,
        f"{homework.facts.title}: submission {stored.number} is graded",
        "",
        path=f"/submissions/{stored.id}",
        once=f"graded:{stored.id}",
        at=at,
    )


def tell_results(
    connection: Connection,
    course: Course,
    of: str,
    row: Homework,
    people: Collection[str],
    *,
    once: str,
    at: int,
) -> None:
    """Tell those of some students who have submitted that they see their results now, if they do."""
    if not visible_now(row, "student", at, latest_due(course, row)).score:
        return
    held = held_people(connection, of, row.id)
    owners = {person for person, _ in submissions_of_all(connection, of, row.id)}
    shown = [person for person in people if person in owners and person not in held]
    subject, path = f"The results of {row.facts.title} can be seen", f"/homework/{row.id}"
    notify(connection, of, shown, Kind.RESULTS, subject, "", path=path, once=once, at=at)


def tell_mark(
    connection: Connection,
    course: Course,
    of: str,
    row: Homework,
    owners: Collection[str],
    *,
    path: str,
    once: str,
    at: int,
) -> None:
    """Tell students that a person changed their mark, if they may see their scores."""
    if visible_now(row, "student", at, latest_due(course, row)).score:
        subject, held = f"{row.facts.title}: a mark was changed", held_people(connection, of, row.id)
        owners = [owner for owner in owners if owner not in held]
        notify(connection, of, owners, Kind.MARK, subject, "", path=path, once=once, at=at)


def tell_dates(
    connection: Connection,
    course: Course,
    of: str,
    changes: Sequence[DateChange],
    titles: dict[str, str],
    *,
    once: str,
    at: int,
) -> None:
    """Tell students of their new due dates."""
    for change in changes:
        due = "has no due date" if change.after is None else f"is due {shown(change.after, course.zone)}"
        notify(
            connection,
            of,
            [change.student],
            Kind.DATE,
            f"{titles.get(change.assignment, change.assignment)} {due} for you",
            "",
            path=f"/homework/{change.assignment}/dates",
            once=f"{once}:{change.assignment}",
            at=at,
        )


def tell_answered(connection: Connection, of: str, request: ExtensionRequest, at: int) -> None:
    """Tell a student that the request for an extension was answered."""
    notify(
        connection,
        of,
        [request.person],
        Kind.REQUEST,
        f"Your request for an extension was {'approved' if request.approved else 'declined'}",
        request.reply,
        path=f"/homework/{request.assignment}/dates",
        once=f"extension request:{request.id}",
        at=at,
    )
