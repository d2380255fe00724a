"""A column of the gradebook: one assignment or quiz, with where every student stands in it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder.course.course import Course
from autograder.course.roster import Roster
from autograder.errors import UsageError
from autograder.gradebook.tables import unguarded
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.results_folder import Results

__all__ = ["Column", "columns_in", "homework_column", "quiz_columns"]


@dataclass(frozen=True)
class Column:
    """One assignment or quiz."""

    name: str
    title: str
    possible: float  # points; more than 0
    final_scores: Mapping[str, FinalScore]  # by student
    # Until when a student who has nothing may still hand in; None where nobody said.
    due: Mapping[str, datetime | None]
    waiting: Mapping[str, str] = field(default_factory=dict)  # why a student's score is not final yet
    due_for_all: datetime | None = None  # for whom `due` does not know

    def due_of(self, student: str) -> datetime | None:
        """Until when this student may hand in."""
        return self.due.get(student, self.due_for_all)


def homework_column(results: Results, course: Course, roster: Roster) -> Column:
    """The column of a results folder; late policy, extensions and attempts are as course.yaml has them now.

    Raises UsageError for a folder without a ledger, or of an assignment that the course does not have.
    """
    graded = GradedAssignment.read(results, course)
    students = {*graded.final_scores, *(person.student_id for person in roster.people)}
    return Column(
        graded.id,
        graded.file.title,
        graded.file.points,
        graded.final_scores,
        {student: graded.due_for(student) for student in students},
    )


NEEDED = ("student", "quiz", "attempt", "points", "out_of", "state")


@dataclass(frozen=True)
class _Attempt:
    """One line of the table; number 0 is somebody who has not started."""

    student: str
    number: int
    points: float | None
    possible: float
    finished: datetime | None
    due: datetime | None
    waiting: str  # why it is not final

    @property
    def worth(self) -> float:
        """The points so far."""
        return self.points or 0.0


def quiz_columns(path: Path, course: Course) -> list[Column]:
    """The quizzes of a table; raises UsageError with file, line and column."""
    found: dict[str, tuple[str, list[_Attempt]]] = {}
    for line, row in _rows(path):
        _, attempts = found.setdefault(row["quiz"], (row.get("title") or row["quiz"], []))
        attempts.append(_attempt(f"{path}, line {line}", row))
    return [_column(path, name, title, attempts, course) for name, (title, attempts) in found.items()]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise UsageError(
            f"{path} cannot be read as a table: {problem}.", next_step="Write it anew: `quizzes results`."
        ) from problem
    if missing := [name for name in NEEDED if name not in (reader.fieldnames or ())]:
        raise UsageError(
            f"{path}, line 1: there is no column {missing[0]}.",
            next_step="Name a table that `quizzes results QUIZ --out FILE` wrote.",
        )
    for line, row in rows:
        if None in row or None in row.values():
            raise UsageError(
                f"{path}, line {line}: it has not as many cells as line 1.",
                next_step="Write the table anew: `quizzes results`.",
            )
    return [(line, {name: unguarded(cell) for name, cell in row.items()}) for line, row in rows]


def _attempt(place: str, row: Mapping[str, str]) -> _Attempt:
    def number(column: str) -> float:
        try:
            value = float(row[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UsageError(
                f"{place}, column {column}: {row[column]!r} is not a number.", next_step="Correct the cell."
            )
        return value

    def moment(column: str) -> datetime | None:
        text = row.get(column, "")
        try:
            value = datetime.fromisoformat(text) if text else None
        except ValueError:
            value = datetime.min
        if value is not None and value.tzinfo is None:
            raise UsageError(
                f"{place}, column {column}: {text!r} is not a time with its zone.",
                next_step="Write one such as 2026-05-18T23:59:00-07:00.",
            )
        return value

    attempt = number("attempt")
    if attempt < 0 or attempt != int(attempt):
        raise UsageError(
            f"{place}, column attempt: {row['attempt']!r} is no attempt's number.",
            next_step="Correct the cell; 0 is somebody who made none.",
        )
    points = number("points") if row["points"] else None
    unmarked = row.get("waiting") or "0"
    waiting = ""
    if row["state"] == "open":
        waiting = "The attempt is under way."
    elif points is None and attempt:
        waiting = "It is not marked yet."
    elif unmarked != "0":
        waiting = f"{unmarked} of the answers {'is' if unmarked == '1' else 'are'} not marked yet."
    possible = number("out_of") if row["out_of"] or points is not None else 0.0
    return _Attempt(
        row["student"],
        int(attempt),
        points,
        possible,
        moment("finished_at"),
        moment("due_at"),
        waiting,
    )


def _column(path: Path, name: str, title: str, attempts: list[_Attempt], course: Course) -> Column:
    possible = max(one.possible for one in attempts)
    if possible <= 0:
        raise UsageError(
            f"{path}: nobody's attempt at {name} says what it is out of.",
            next_step="Write the table once somebody has taken the quiz.",
        )
    by_student: dict[str, list[_Attempt]] = {}
    for one in sorted(attempts, key=lambda one: one.number):
        by_student.setdefault(one.student, []).append(one)
    final_scores, waiting = {}, {}
    for student, own in by_student.items():
        taken = [one for one in own if one.number]
        if not taken:
            continue
        counted = {
            "first": 0,
            "last": len(taken) - 1,
            "best": max(
                range(len(taken)), key=lambda place: taken[place].worth / (taken[place].possible or 1)
            ),
        }[course.granted(student, name).attempts or course.attempts]
        one = taken[counted]
        final_scores[student] = FinalScore(
            student=student,
            earned=one.worth,
            possible=one.possible or possible,
            raw=one.worth,
            attempts=len(taken),
            report=None,
            attempt=counted + 1,
            submitted=one.finished,
        )
        # Which attempt is best is known once every one of them is marked.
        waiting[student] = next((other.waiting for other in [one, *taken] if other.waiting), "")
    due = {student: own[-1].due for student, own in by_student.items()}
    known = [moment for moment in due.values() if moment is not None]
    return Column(name, title, possible, final_scores, due, waiting, max(known, default=None))


def columns_in(paths: Sequence[Path], course: Course, roster: Roster) -> list[Column]:
    """The columns of results folders and tables, and of those in the folders named, in natural order.

    Raises UsageError where there are none, or where two are of the same assignment or quiz.
    """
    found: dict[str, tuple[Path, Column]] = {}
    for path in _sources(paths):
        if path.is_dir():
            own = [homework_column(Results(path.absolute()), course, roster)]
        else:
            own = quiz_columns(path, course)
        for column in own:
            other, _ = found.setdefault(column.name, (path, column))
            if other != path:
                raise UsageError(
                    f"{other} and {path} are both of {column.name}.",
                    next_step="Name with --from the one that counts.",
                )
    if not found:
        named = ", ".join(map(str, paths))
        raise UsageError(
            f"There are no results in {named}.",
            next_step="Name with --from what `autograder grade --out` and `quizzes results --out` wrote, "
            "or the folder that they are in.",
        )
    return [found[name][1] for name in sorted(found)]


def _sources(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no {path}.", next_step="Correct --from.")
        if path.is_file() or _is_results(path):
            yield path
        else:
            yield from (one for one in sorted(path.iterdir()) if _is_results(one) or _is_quiz_table(one))


def _is_results(path: Path) -> bool:
    return Results(path).ledger.is_file()


def _is_quiz_table(path: Path) -> bool:
    """Whether a file is one of ours: other tables may lie beside it."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return set(NEEDED) <= set(file.readline().strip().split(","))
