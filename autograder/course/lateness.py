"""Lateness: from due date, extension and time of submission to days and to the share they cost.

`results.final_scores` and nbgrader's `autograde` use the same rules. Days are counted on the clock of the
course's zone, so a night in which the clocks change costs nobody an hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
from zoneinfo import ZoneInfo

from autograder.course.assignment import AssignmentFile, Late
from autograder.course.course import Course
from autograder.course.local_time import later_wall, zoned

__all__ = ["days_late", "due_for", "late_share"]

DAY = 86_400


def due_for(course: Course, assignment: str, file: AssignmentFile, student: str) -> datetime | None:
    """Until when a student may submit at no cost, the grace period left out; None without a due date."""
    return course.due(student, assignment, None if file.due is None else zoned(file.due, course.zone))


def days_late(submitted: datetime, due: datetime, late: Late, zone: ZoneInfo) -> int:
    """Started days after the due date and the grace period, from two times with zones.

    Fractions of a second do not count.
    """
    grace = timedelta(minutes=late.grace_minutes or 0)
    # In UTC: Python compares two times of one zone by what the clock shows, also in the hour that it repeats.
    moment = submitted.astimezone(UTC).replace(microsecond=0)
    # A day on the clock has 23 to 25 hours, so the estimate is at most one day too high.
    days = max(0, ceil((moment - due.astimezone(UTC) - grace).total_seconds() / DAY) - 1)
    while moment > later_wall(due, days, zone).astimezone(UTC) + grace:
        days += 1
    return days


def late_share(late: Late, days: int, *, no_penalty: bool = False) -> float:
    """The share of the score that so many days cost."""
    # As decimal numbers: three days at 0.1 cost 0.3, not 0.30000000000000004.
    return 0.0 if no_penalty else min(late.at_most, float(Decimal(str(late.per_day)) * days))
