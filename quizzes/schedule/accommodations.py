"""Reads accommodations (extra time and other dates) from a table, per student or per student and quiz.

    student,label,role,multiplier,extra_minutes,quiz,opens,due,closes,minutes,attempts
    ana,,,1.5,,,,,,,                                    time and a half in every quiz
    bo,,,,10,quiz4,,,,,                                 ten more minutes in one quiz
    cy,,,,,quiz4,,,2027-05-20 12:00,,2                  closes later for cy, with two attempts

Only the column `student` is required; the roster may have these columns as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.course.csv_table import read_table
from autograder.course.local_time import instant_of
from autograder.errors import ContentError
from quizzes.schedule.timing import SECOND, Accommodation, Override, Schedule, Terms, terms_for

__all__ = ["AccommodationRow", "read_accommodations", "students_cut_short", "terms_by_student"]


ROLES = ("student", "ta", "instructor")
STUDENT = ("student", "student_id", "sis_id", "login", "email")
TIMES = {"opens": "opens_at", "due": "due_at", "closes": "closes_at"}
MINUTES = 10_080  # a week


@dataclass(frozen=True)
class AccommodationRow:
    """One row of the table; with a quiz it holds for that quiz alone."""

    location: str
    student: str
    quiz: str
    role: str
    label: str
    accommodation: Accommodation | None  # None: the row has no extra time
    overrides: tuple[Override, ...]


def read_accommodations(path: Path, zone: ZoneInfo) -> list[AccommodationRow]:
    """The rows of a table; raises UsageError and ContentError with file, line and column."""
    rows = read_table(path).filled()
    names = [name.strip().casefold().replace(" ", "_") for name in next(rows)[1]]
    column = next((name for name in STUDENT if name in names), "")
    if not column:
        raise ContentError(f"{path}: the column `student` is missing.", next_step="Add the column `student`.")
    accommodations = []
    for line, cells in rows:
        row = dict(zip(names, cells, strict=False))
        accommodations.append(_row_from(f"{path}, line {line}", row.get(column, "").strip(), row, zone))
    return accommodations


def _row_from(location: str, student: str, row: Mapping[str, str | None], zone: ZoneInfo) -> AccommodationRow:
    cells = {name: value.strip() for name, value in row.items() if isinstance(value, str) and value.strip()}
    if not student:
        raise ContentError(f"{location}: the student is missing.", next_step="Add the student ID.")
    role = cells.get("role", "student").casefold()
    if role not in ROLES:
        raise ContentError(
            f"{location}, role: unknown role {role!r}.", next_step=f"Choose one of: {', '.join(ROLES)}."
        )
    overrides = list(_overrides(location, cells, zone))
    quiz = cells.get("quiz", "")
    times = _number(location, cells, "multiplier", 1, 100)
    more = _number(location, cells, "extra_minutes", 0, MINUTES)
    accommodation = None
    if quiz:
        overrides += [] if times is None else [Override("multiplier", Fraction(times))]
        overrides += [] if more is None else [Override("extra", int(more * 60 * SECOND))]
    elif overrides:
        raise ContentError(
            f"{location}: {overrides[0].field} needs a quiz, and the row names none.",
            next_step="Add the quiz's name in the column `quiz`.",
        )
    elif times is not None or more is not None:
        accommodation = Accommodation(Fraction(times or 1), int((more or 0) * 60 * SECOND))
    return AccommodationRow(
        location, student, quiz, role, cells.get("label", ""), accommodation, tuple(overrides)
    )


def _overrides(location: str, cells: Mapping[str, str], zone: ZoneInfo) -> Iterator[Override]:
    for name, field in TIMES.items():
        if name in cells:
            try:
                yield Override(field, instant_of(cells[name], zone))
            except ContentError as problem:
                message = f"{location}, {name}: {problem.message}"
                raise ContentError(message, next_step=problem.next_step) from problem
    if (minutes := _number(location, cells, "minutes", 0, MINUTES)) is not None:
        yield Override("limit", int(minutes * 60 * SECOND))
    if (attempts := _number(location, cells, "attempts", 1, 100)) is not None:
        yield Override("attempts", int(attempts))


def _number(location: str, cells: Mapping[str, str], name: str, low: int, high: int) -> Decimal | None:
    if name not in cells:
        return None
    try:
        number = Decimal(cells[name])
    except InvalidOperation as problem:
        raise ContentError(
            f"{location}, {name}: {cells[name]!r} is not a number.", next_step="Write a number such as 1.5."
        ) from problem
    if not low <= number <= high:  # false for a NaN
        raise ContentError(
            f"{location}, {name}: {number} is not between {low} and {high}.", next_step="Correct the number."
        )
    return number


def terms_by_student(
    quiz: str, schedule: Schedule, students: Iterable[str], accommodations: Iterable[AccommodationRow]
) -> dict[str, Terms]:
    """Each student's terms in one quiz, also of students who are only in the accommodations."""
    rows = [row for row in accommodations if row.quiz in ("", quiz)]
    terms = {}
    for student in dict.fromkeys([*students, *(row.student for row in rows)]):
        own_rows = [row for row in rows if row.student == student]
        accommodation = next((row.accommodation for row in own_rows if row.accommodation), None)
        overrides = [override for row in own_rows for override in row.overrides]
        terms[student] = terms_for(schedule, accommodation, overrides)
    return terms


def students_cut_short(terms: dict[str, Terms], slack: int = 0) -> dict[str, int]:
    """The milliseconds that each student would lose by starting `slack` after the opening."""
    return {
        student: missing for student, own_terms in terms.items() if (missing := own_terms.shortfall(slack))
    }
