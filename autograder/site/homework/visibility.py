"""What a person may see of a submission's results now: one function, which every page and export asks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from autograder.course.course import Course
from autograder.site.homework.assignments import Homework, due_for_student, on_time_until
from autograder.site.integrity.cases import HELD, held_people

__all__ = ["HELD", "HIDDEN", "Visible", "latest_due", "visible_now", "visible_to"]


@dataclass(frozen=True)
class Visible:
    """What may be seen, from nothing to everything; `why` says when the rest will be."""

    score: bool
    titles: bool
    full: bool
    why: str = ""


ALL = Visible(True, True, True)
HIDDEN = "The course's staff look at the results before you see them."
DETAILS = {"full": ALL, "titles": Visible(True, True, False), "score": Visible(True, False, False)}


def visible_now(row: Homework, role: str, at: int, last_due: int | None) -> Visible:
    """What a person with this role may see at an instant; `last_due` is when nobody is on time any more.

    Staff see everything. Students see nothing while results are held, or before the assignment's rule
    allows it.
    """
    if role != "student":
        return ALL
    row = row.as_of(at)
    if row.held_at is not None:
        return Visible(False, False, False, HIDDEN)
    rule = row.facts.feedback
    if rule == "when_released" and row.released_at is None:
        return Visible(False, False, False, HIDDEN)
    if rule == "after_due" and row.released_at is None and last_due is not None and at <= last_due:
        return Visible(False, False, False, "Results are shown after the due date, extensions included.")
    return DETAILS[row.facts.detail]


def visible_to(
    connection: Connection, of: str, row: Homework, person: str, role: str, at: int, last_due: int | None
) -> Visible:
    """The same for one person, whose score an integrity case may hold."""
    if role == "student" and person in held_people(connection, of, row.id):
        return Visible(False, False, False, HELD)
    return visible_now(row, role, at, last_due)


def latest_due(course: Course, row: Homework) -> int | None:
    """The last instant at which anybody can submit on time; None without a due date."""
    times = [due_for_student(course, row, student) for student in ("", *course.students_with_rules())]
    return max((on_time_until(row, time) for time in times if time is not None), default=None)
