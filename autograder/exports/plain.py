"""Grades for any other program."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.exports.line import Line, points
from autograder.exports.table import guarded, write_rows

__all__ = ["plain_grades"]

HEAD = [
    *("student_id", "last_name", "first_name", "email", "section", "earned", "possible", "raw", "attempts"),
    *("submitted", "days_late", "penalty", "changed", "comment", "problem", "marked_late"),
]


def plain_grades(lines: Sequence[Line]) -> str:
    """One row a student with all that is known about the grade."""
    rows = [HEAD]
    for line in lines:
        one, person = line.standing, line.person
        rows.append(
            [
                person.student_id if line.known else guarded(person.student_id),
                *map(guarded, (person.last_name, person.first_name)),
                person.email,
                guarded(person.section),
                *(points(one.earned), points(one.possible), points(one.raw), str(one.attempts)),
                one.submitted.isoformat() if one.submitted else "",
                *(str(one.days_late), points(one.penalty), "yes" if one.changed else ""),
                *map(guarded, (one.comment, one.problem)),
                "yes" if one.marked_late else "",
            ]
        )
    return write_rows(rows)
