"""Reads accommodations (extra time and other dates) from a table, per student or per student and quiz.

    student,label,role,multiplier,extra_minutes,quiz,opens,due,closes,minutes,attempts
    ana,,,1.5,,,,,,,                                    time and a half in every quiz
    bo,,,,10,quiz4,,,,,                                 ten more minutes in one quiz
    cy,,,,,quiz4,,,2027-05-20 12:00,,2                  closes later for cy, with two attempts
    dan,-,,1,,quiz4,,,-,,                               no label, no close of his own, usual time in quiz4

Students are named as in any roster: by ID, login or e-mail address. A missing column and an empty cell say
nothing, so what is stored stays; `-` takes a label, a date or a number away. The roster may have these
columns as well. Importing a roster and `quizzes lint` read accommodations here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.course.csv_table import read_table
from autograder.course.local_time import instant_of
from autograder.course.roster import Person, RosterRow, RosterTable, read_people
from autograder.errors import ContentError, choose_one
from quizzes.schedule.timing import SECOND, Accommodation, Override, Schedule, Terms, terms_for

__all__ = [
    "COLUMNS",
    "AccommodationRow",
    "accommodation_rows",
    "check_consistent",
    "read_accommodations",
    "students_cut_short",
    "terms_by_student",
]


# What platforms call a role, and what it is here.
ROLES = {
    "student": ("student", "students", "learner"),
    "staff": ("staff", "member of staff"),
    "ta": ("assistant", "ta", "teaching assistant", "tutor", "grader", "reader", "non-editing teacher"),
    "instructor": ("instructor", "teacher", "lecturer", "professor", "editing teacher"),
}
TIMES = {"opens": "opens_at", "due": "due_at", "closes": "closes_at"}
NUMBERS = {"minutes": "limit", "attempts": "attempts", "multiplier": "multiplier", "extra_minutes": "extra"}
COLUMNS = frozenset({"role", "roles", "label", "quiz", *TIMES, *NUMBERS})
MINUTES = 10_080  # a week
LONGEST = 30  # characters of a number
REMOVE = "-"


@dataclass(frozen=True)
class AccommodationRow:
    """One row of the table; with a quiz, times and dates hold for that quiz alone.

    None, and a field that is in neither `overrides` nor `removed`: the row does not speak of it.
    """

    location: str
    student: str
    quiz: str = ""
    role: str | None = None
    label: str | None = None
    multiplier: Fraction | None = None
    extra: int | None = None  # milliseconds
    overrides: tuple[Override, ...] = ()
    removed: frozenset[str] = frozenset()  # the fields whose override the row takes away
    person: Person = field(default_factory=lambda: Person(""))
    text: str = ""  # the line itself, for messages

    def values(self) -> dict[tuple[str, str], object]:
        """What the row says, by quiz and field."""
        stated: dict[tuple[str, str], object] = {
            ("", name): value
            for name in ("role", "label", "multiplier", "extra")
            if (value := getattr(self, name)) is not None
        }
        stated |= {(self.quiz, override.field): override.value for override in self.overrides}
        return stated | {(self.quiz, removed): None for removed in self.removed}


def read_accommodations(path: Path, zone: ZoneInfo) -> list[AccommodationRow]:
    """The rows of a table; raises UsageError and ContentError with file, line and column."""
    return accommodation_rows(read_people(read_table(path)), zone)


def accommodation_rows(table: RosterTable, zone: ZoneInfo) -> list[AccommodationRow]:
    """The rows of a table of people that is read already; raises ContentError with file, line and column."""
    return [
        _row_from(f"{table.path}, line {row.line}", row, zone, decimal_comma=table.decimal_comma)
        for row in table.rows
    ]


def check_consistent(rows: Iterable[AccommodationRow]) -> None:
    """Raise ContentError, with both lines, where two rows say different things of one student."""
    stated: dict[tuple[str, str, str], tuple[object, AccommodationRow]] = {}
    for row in rows:
        for (quiz, name), value in row.values().items():
            before, earlier = stated.setdefault((row.student, quiz, name), (value, row))
            if before != value:
                where = f" in {quiz}" if quiz else ""
                raise ContentError(
                    f"{row.location}, {_column_of(name)}: {row.student} has another value{where} in an "
                    f"earlier line. {earlier.location}: {earlier.text}. {row.location}: {row.text}.",
                    next_step="Correct one of the two lines.",
                )


def _column_of(name: str) -> str:
    """The column of a field, for messages."""
    return next((column for column, stored in {**TIMES, **NUMBERS}.items() if stored == name), name)


def _row_from(location: str, row: RosterRow, zone: ZoneInfo, *, decimal_comma: bool) -> AccommodationRow:
    cells = {name: value for name, value in row.cells.items() if name in COLUMNS and value}
    quiz = cells.get("quiz", "")
    removed = {
        field for name, field in {**TIMES, **NUMBERS}.items() if cells.get(name) == REMOVE and cells.pop(name)
    }
    if decimal_comma:
        cells |= {name: cells[name].replace(",", ".") for name in NUMBERS if name in cells}
    overrides = list(_overrides(location, cells, zone))
    times = _number(location, cells, "multiplier", 1, 100)
    more = _number(location, cells, "extra_minutes", 0, MINUTES)
    multiplier = None if times is None else Fraction(times)
    extra = None if more is None else round(more * 60 * SECOND)
    if quiz:
        overrides += [] if multiplier is None else [Override("multiplier", multiplier)]
        overrides += [] if extra is None else [Override("extra", extra)]
        multiplier = extra = None
    elif overrides or removed - {"multiplier", "extra"}:
        named = overrides[0].field if overrides else min(removed - {"multiplier", "extra"})
        raise ContentError(
            f"{location}: {named} needs a quiz, and the row names none.",
            next_step="Add the quiz's name in the column `quiz`.",
        )
    else:
        multiplier = Fraction(1) if "multiplier" in removed else multiplier
        extra = 0 if "extra" in removed else extra
        removed = set()
    label = cells.get("label")
    return AccommodationRow(
        location,
        row.person.student_id,
        quiz,
        _role(location, cells.get("role") or cells.get("roles")),
        "" if label == REMOVE else label,
        multiplier,
        extra,
        tuple(overrides),
        frozenset(removed),
        row.person,
        row.text,
    )


def _role(location: str, text: str | None) -> str | None:
    if text is None:
        return None
    plain = text.casefold()
    role = next((role for role, names in ROLES.items() if plain in names), None)
    if role is None:
        raise ContentError(
            f"{location}, role: unknown role {plain[:LONGEST]!r}.",
            next_step=choose_one([names[0] for names in ROLES.values()]),
        )
    return role


def _overrides(location: str, cells: Mapping[str, str], zone: ZoneInfo) -> Iterator[Override]:
    for name, overridden in TIMES.items():
        if name in cells:
            try:
                yield Override(overridden, instant_of(cells[name], zone))
            except ContentError as problem:
                message = f"{location}, {name}: {problem.message}"
                raise ContentError(message, next_step=problem.next_step) from problem
    if (minutes := _number(location, cells, "minutes", 0, MINUTES)) is not None:
        yield Override("limit", int(minutes * 60 * SECOND))
    if (attempts := _number(location, cells, "attempts", 1, 100)) is not None:
        yield Override("attempts", int(attempts))


def _number(location: str, cells: Mapping[str, str], name: str, low: int, high: int) -> Decimal | None:
    text = cells.get(name)
    if text is None:
        return None
    try:
        number = Decimal(text[: LONGEST + 1].replace("_", "?"))  # Python takes 1_5 for 15
    except InvalidOperation as problem:
        raise ContentError(
            f"{location}, {name}: {text[:LONGEST]!r} is not a number.",
            next_step="Write a number such as 1.5.",
        ) from problem
    # A NaN is not a number and cannot be compared.
    if len(text) > LONGEST or not number.is_finite() or not low <= number <= high:
        raise ContentError(
            f"{location}, {name}: {text[:LONGEST]} is not between {low} and {high}.",
            next_step="Correct the number.",
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
        multiplier = next((row.multiplier for row in own_rows if row.multiplier is not None), Fraction(1))
        extra = next((row.extra for row in own_rows if row.extra is not None), 0)
        overrides = [override for row in own_rows for override in row.overrides]
        terms[student] = terms_for(schedule, Accommodation(multiplier, extra), overrides)
    return terms


def students_cut_short(terms: dict[str, Terms], slack: int = 0) -> dict[str, int]:
    """The milliseconds that each student would lose by starting `slack` after the opening."""
    return {
        student: missing for student, own_terms in terms.items() if (missing := own_terms.shortfall(slack))
    }
