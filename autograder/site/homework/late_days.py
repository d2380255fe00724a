"""Late days: a budget of each student, spent by the student on an assignment, at no cost of points.

course.yaml says how many there are (`late_days`). A day moves the student's own due date by a day on the
clock, also after it has passed; a day on which a submission rests is not taken back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from autograder.course.course import Course
from autograder.course.local_time import counted, shown
from autograder.errors import Conflict
from autograder.site.audit import Act, record_act
from autograder.site.homework.assignments import Homework, due_for_student, on_time_until
from autograder.site.homework.due_dates import course_with_rules
from autograder.site.homework.submissions import submissions_of
from autograder.site.homework.tables import late_day
from autograder.site.upsert import upsert

__all__ = ["LateDayBudget", "late_day_budget", "spend_late_days"]


@dataclass(frozen=True)
class LateDayBudget:
    """What a student has of late days, for one assignment."""

    per_term: int
    per_assignment: int
    spent: int  # in the whole course
    here: int  # on this assignment

    @property
    def left(self) -> int:
        """How many are not spent."""
        return max(0, self.per_term - self.spent)

    @property
    def most_here(self) -> int:
        """How many this assignment may have in all."""
        return min(self.per_assignment, self.here + self.left)


def late_day_budget(
    connection: Connection, course: Course, of: str, row: Homework, person: str
) -> LateDayBudget | None:
    """A student's budget; None in a course without late days, and where nothing is due."""
    if course.late_days is None or not course.late_days.per_term:
        return None
    if due_for_student(course, row, person) is None:
        return None
    owned = late_day.c.course == of, late_day.c.person == person
    spent = connection.execute(select(func.coalesce(func.sum(late_day.c.days), 0)).where(*owned)).scalar_one()
    here = select(late_day.c.days).where(*owned, late_day.c.assignment == row.id)
    days = connection.execute(here).scalar_one_or_none() or 0
    limits = course.late_days
    return LateDayBudget(limits.per_term, limits.per_assignment, int(spent), days)


def spend_late_days(
    connection: Connection, course: Course, of: str, row: Homework, person: str, days: int, *, at: int
) -> None:
    """Let an assignment have so many of a student's late days in all.

    `course` has the rules that hold. Raises Conflict for more days than there are, for days that are over
    already, and where a submission rests on a day that would be taken back.
    """
    budget = late_day_budget(connection, course, of, row, person)
    if budget is None:
        raise Conflict("This assignment has no late days.", next_step="Ask for an extension instead.")
    if not 0 <= days <= budget.most_here:
        raise Conflict(
            f"You can spend {counted(budget.most_here, 'late day')} on this assignment in all.",
            next_step="Choose a smaller number, or ask for an extension.",
        )
    if days == budget.here:
        return
    before = due_for_student(course, row, person)
    where = {"course": of, "person": person, "assignment": row.id}
    if days:
        upsert(connection, late_day, {**where, "days": days, "at": at})
    else:
        connection.execute(
            delete(late_day).where(*(late_day.c[name] == value for name, value in where.items()))
        )
    after = due_for_student(course_with_rules(connection, course, of), row, person)
    assert before is not None
    assert after is not None
    arrived = [item.received_at for item in submissions_of(connection, of, row.id, person)]
    last_before, last_after = on_time_until(row, before), on_time_until(row, after)
    if any(last_after < arrival <= last_before for arrival in arrived):
        raise Conflict(
            "A submission was made in the time of these late days.",
            next_step="They stay spent; it would be late without them.",
        )
    earned = any(last_before < arrival <= last_after for arrival in arrived)
    if after > before and at > last_after and not earned:
        raise Conflict(
            f"With {counted(days, 'late day')} it would have been due {shown(after, course.zone)}.",
            next_step="That is over; ask for an extension.",
        )
    record_act(connection, Act(at, person, "spend late days", person, {"assignment": row.id, "days": days}))
