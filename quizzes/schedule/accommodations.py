"""More time and other dates for single students, as a table: one line a student, or a student and a quiz.

    student,label,role,multiplier,extra_minutes,quiz,opens,due,closes,minutes,attempts
    ana,,,1.5,,,,,,,                                    time and a half in every quiz
    bo,,,,10,quiz4,,,,,                                 ten minutes more in one
    cy,,,,,quiz4,,,2027-05-20 12:00,,2                  closes later for them, and may try twice

Only `student` must be there; the roster itself may have these columns.
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
    """What one line grants; with a quiz it holds for that one alone."""

    place: str
    student: str
    quiz: str
    role: str
    label: str
    accommodation: Accommodation | None  # None: the line says nothing of extra time
    overrides: tuple[Override, ...]


def read_accommodations(path: Path, zone: ZoneInfo) -> list[AccommodationRow]:
    """What a table grants; raises UsageError and ContentError with file, line and column."""
    rows = read_table(path).filled()
    names = [name.strip().casefold().replace(" ", "_") for name in next(rows)[1]]
    column = next((name for name in STUDENT if name in names), "")
    if not column:
        raise ContentError(f"{path}: no column says who a student is.", next_step="Name one `student`.")
    granted = []
    for line, row in rows:
        cells = dict(zip(names, row, strict=False))
        granted.append(_granted(f"{path}, line {line}", cells.get(column, "").strip(), cells, zone))
    return granted


def _granted(place: str, student: str, row: Mapping[str, str | None], zone: ZoneInfo) -> AccommodationRow:
    cells = {name: value.strip() for name, value in row.items() if isinstance(value, str) and value.strip()}
    if not student:
        raise ContentError(f"{place}: no student.", next_step="Write who the line is for.")
    role = cells.get("role", "student").casefold()
    if role not in ROLES:
        raise ContentError(f"{place}, role: {role!r} is none.", next_step=f"Take one of: {', '.join(ROLES)}.")
    given = list(_overrides(place, cells, zone))
    quiz = cells.get("quiz", "")
    times = _number(place, cells, "multiplier", 1, 100)
    more = _number(place, cells, "extra_minutes", 0, MINUTES)
    accommodation = None
    if quiz:
        given += [] if times is None else [Override("multiplier", Fraction(times))]
        given += [] if more is None else [Override("extra", int(more * 60 * SECOND))]
    elif given:
        raise ContentError(
            f"{place}: {given[0].field} is of one quiz, and no quiz is named.",
            next_step="Write the quiz's name in the column `quiz`.",
        )
    elif times is not None or more is not None:
        accommodation = Accommodation(Fraction(times or 1), int((more or 0) * 60 * SECOND))
    return AccommodationRow(place, student, quiz, role, cells.get("label", ""), accommodation, tuple(given))


def _overrides(place: str, cells: Mapping[str, str], zone: ZoneInfo) -> Iterator[Override]:
    for name, field in TIMES.items():
        if name in cells:
            try:
                yield Override(field, instant_of(cells[name], zone))
            except ContentError as problem:
                said = f"{place}, {name}: {problem.message}"
                raise ContentError(said, next_step=problem.next_step) from problem
    if (minutes := _number(place, cells, "minutes", 0, MINUTES)) is not None:
        yield Override("limit", int(minutes * 60 * SECOND))
    if (attempts := _number(place, cells, "attempts", 1, 100)) is not None:
        yield Override("attempts", int(attempts))


def _number(place: str, cells: Mapping[str, str], name: str, low: int, high: int) -> Decimal | None:
    if name not in cells:
        return None
    try:
        number = Decimal(cells[name])
    except InvalidOperation as problem:
        raise ContentError(
            f"{place}, {name}: {cells[name]!r} is no number.", next_step="Write one such as 1.5."
        ) from problem
    if not low <= number <= high:  # a NaN is neither
        raise ContentError(
            f"{place}, {name}: {number} is not between {low} and {high}.", next_step="Correct it."
        )
    return number


def terms_by_student(
    quiz: str, schedule: Schedule, students: Iterable[str], granted: Iterable[AccommodationRow]
) -> dict[str, Terms]:
    """Each student's own terms in one quiz; those of whom only the grants speak are among them."""
    granted = [one for one in granted if one.quiz in ("", quiz)]
    found = {}
    for student in dict.fromkeys([*students, *(one.student for one in granted)]):
        own = [one for one in granted if one.student == student]
        accommodation = next((one.accommodation for one in own if one.accommodation), None)
        overrides = [override for one in own for override in one.overrides]
        found[student] = terms_for(schedule, accommodation, overrides)
    return found


def students_cut_short(terms: dict[str, Terms], slack: int = 0) -> dict[str, int]:
    """Who would lose how many milliseconds of their time, though they start `slack` after the opening."""
    return {student: missing for student, own in terms.items() if (missing := own.shortfall(slack))}
