"""A column of the gradebook: the final scores of one assignment or quiz.

Homework comes from results directories, quizzes from the tables that `quizzes results` writes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder.course.course import Course
from autograder.course.csv_table import read_table, unguard_formula
from autograder.course.roster import Roster
from autograder.errors import UsageError
from autograder.results.final_scores import FinalScore, GradedAssignment
from autograder.results.results_folder import Results

__all__ = [
    "Column",
    "QuizAttempt",
    "column_of",
    "columns_in",
    "counted_quiz_attempt",
    "homework_column",
    "quiz_column",
    "quiz_columns",
    "quiz_tables_in",
    "why_waiting",
]


@dataclass(frozen=True)
class Column:
    """One assignment or quiz."""

    name: str
    title: str
    possible: float  # points; more than 0
    final_scores: Mapping[str, FinalScore]  # by student
    # The due date of each student; None where there is none.
    due: Mapping[str, datetime | None]
    #: Why a student's score is not final yet; also of students without a score who have submitted something.
    waiting: Mapping[str, str] = field(default_factory=dict)
    due_for_all: datetime | None = None  # for students who are not in `due`

    def due_of(self, student: str) -> datetime | None:
        """This student's due date."""
        return self.due.get(student, self.due_for_all)


def homework_column(results: Results, course: Course, roster: Roster) -> Column:
    """The column of a results directory, with the late policy, extensions and attempts of course.yaml.

    Raises UsageError for a directory without a ledger, or with results of an unknown assignment.
    """
    return column_of(GradedAssignment.read(results, course), roster)


def column_of(graded: GradedAssignment, roster: Roster) -> Column:
    """The column of an assignment's results that have been read."""
    students = {*graded.final_scores, *(person.student_id for person in roster.students)}
    return Column(
        graded.id,
        graded.file.title,
        graded.file.points,
        graded.final_scores,
        {student: graded.due_for(student) for student in students},
        {student: score.waiting for student, score in graded.final_scores.items() if score.waiting},
    )


REQUIRED = ("student", "quiz", "attempt", "points", "out_of", "state")


@dataclass(frozen=True)
class QuizAttempt:
    """One attempt at a quiz; number 0 is a student who has not started."""

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
    quizzes: dict[str, tuple[str, list[QuizAttempt]]] = {}
    for line, row in _rows(path):
        _, attempts = quizzes.setdefault(row["quiz"], (row.get("title") or row["quiz"], []))
        attempts.append(_attempt(f"{path}, line {line}", row))
    return [_column(path, name, title, attempts, course) for name, (title, attempts) in quizzes.items()]


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    table = read_table(path).filled()
    first, heads = next(table)
    if missing := [name for name in REQUIRED if name not in heads]:
        raise UsageError(
            f"{path}, line {first}: there is no column {missing[0]}.",
            next_step="Name a table that `quizzes results QUIZ --out FILE` wrote.",
        )
    rows = []
    for line, row in table:
        if len(row) != len(heads):
            raise UsageError(
                f"{path}, line {line}: expected {len(heads)} cells as in line {first}, found {len(row)}.",
                next_step="Write the table again with `quizzes results QUIZ --out FILE`.",
            )
        rows.append((line, dict(zip(heads, map(unguard_formula, row), strict=True))))
    return rows


def _attempt(location: str, row: Mapping[str, str]) -> QuizAttempt:
    def number(column: str) -> float:
        try:
            value = float(row[column])
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UsageError(
                f"{location}, column {column}: {row[column]!r} is not a number.",
                next_step="Correct the cell.",
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
                f"{location}, column {column}: {text!r} is not a time with a zone.",
                next_step="Write one such as 2026-05-18T23:59:00-07:00.",
            )
        return value

    attempt = number("attempt")
    if attempt < 0 or attempt != int(attempt):
        raise UsageError(
            f"{location}, column attempt: {row['attempt']!r} is not the number of an attempt.",
            next_step="Correct the cell; 0 stands for a student without an attempt.",
        )
    points = number("points") if row["points"] else None
    waiting = why_waiting(
        is_open=row["state"] == "open",
        is_marked=points is not None or not attempt,
        unmarked=int(number("waiting")) if row.get("waiting") else 0,
    )
    possible = number("out_of") if row["out_of"] or points is not None else 0.0
    return QuizAttempt(
        row["student"],
        int(attempt),
        points,
        possible,
        moment("finished_at"),
        moment("due_at"),
        waiting,
    )


def why_waiting(*, is_open: bool, is_marked: bool, unmarked: int) -> str:
    """Why an attempt at a quiz is not final, as a sentence; empty when it is."""
    if is_open:
        return "The attempt is in progress."
    if not is_marked:
        return "The attempt is not marked yet."
    if unmarked:
        return f"{unmarked} of the answers {'is' if unmarked == 1 else 'are'} not marked yet."
    return ""


def _column(path: Path, name: str, title: str, attempts: list[QuizAttempt], course: Course) -> Column:
    possible = max(attempt.possible for attempt in attempts)
    if possible <= 0:
        raise UsageError(
            f"{path}: no attempt at {name} has a value in the column out_of.",
            next_step="Write the table again once a student has taken the quiz.",
        )
    return quiz_column(name, title, possible, attempts, course)


def quiz_column(
    name: str, title: str, possible: float, attempts: Sequence[QuizAttempt], course: Course
) -> Column:
    """The column of a quiz: which attempt of a student counts, what waits, and until when there is time."""
    by_student: dict[str, list[QuizAttempt]] = {}
    for attempt in sorted(attempts, key=lambda attempt: attempt.number):
        by_student.setdefault(attempt.student, []).append(attempt)
    final_scores, waiting = {}, {}
    for student, all_attempts in by_student.items():
        taken = [attempt for attempt in all_attempts if attempt.number]
        if not taken:
            continue
        counted = counted_quiz_attempt(taken, student, name, course)
        chosen = taken[counted]
        final_scores[student] = FinalScore(
            student=student,
            earned=chosen.worth,
            possible=chosen.possible or possible,
            raw=chosen.worth,
            attempts=len(taken),
            report=None,
            attempt=counted + 1,
            submitted=chosen.finished,
        )
        # Which attempt is best is known once every one of them is marked.
        waiting[student] = next((attempt.waiting for attempt in [chosen, *taken] if attempt.waiting), "")
    due = {student: all_attempts[-1].due for student, all_attempts in by_student.items()}
    known = [moment for moment in due.values() if moment is not None]
    return Column(name, title, possible, final_scores, due, waiting, max(known, default=None))


def counted_quiz_attempt(taken: Sequence[QuizAttempt], student: str, name: str, course: Course) -> int:
    """The position of the attempt that counts among a student's attempts at a quiz, in their order."""
    return {
        "first": 0,
        "last": len(taken) - 1,
        "best": max(
            range(len(taken)),
            key=lambda position: taken[position].worth / (taken[position].possible or 1),
        ),
    }[course.extension(student, name).attempts or course.attempts]


def columns_in(paths: Sequence[Path], course: Course, roster: Roster) -> list[Column]:
    """The columns of results directories and tables, and of those inside the given directories, by name.

    Raises UsageError where there are none, or where two are of the same assignment or quiz.
    """
    sources: dict[str, tuple[Path, Column]] = {}
    for path in _sources(paths):
        if path.is_dir():
            columns = [homework_column(Results(path.absolute()), course, roster)]
        else:
            columns = quiz_columns(path, course)
        for column in columns:
            other, _ = sources.setdefault(column.name, (path, column))
            if other != path:
                raise UsageError(
                    f"{other} and {path} both hold results of {column.name}.",
                    next_step="Name the one that counts with --from.",
                )
    if not sources:
        named = ", ".join(map(str, paths))
        raise UsageError(
            f"No results were found in {named}.",
            next_step="Name with --from what `autograder grade --out` and `quizzes results --out` wrote, "
            "or the directory that they are in.",
        )
    return [sources[name][1] for name in sorted(sources)]


def _sources(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise UsageError(
                f"{path} does not exist.",
                next_step="Name with --from what `autograder grade --out` and `quizzes results --out` wrote; "
                "by default it is the directory `graded`.",
            )
        if path.is_file() or _is_results(path):
            yield path
        else:
            yield from (
                child for child in sorted(path.iterdir()) if _is_results(child) or _is_quiz_table(child)
            )


def quiz_tables_in(folder: Path) -> list[Path]:
    """The tables of `quizzes results` in a directory, in the order of their names; none without it."""
    try:
        return [path for path in sorted(folder.iterdir()) if _is_quiz_table(path)]
    except OSError:
        return []


def _is_results(path: Path) -> bool:
    return Results(path).ledger.is_file()


def _is_quiz_table(path: Path) -> bool:
    """Whether a file is a table of `quizzes results`: a directory may hold other tables."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return set(REQUIRED) <= set(file.readline().strip().split(","))
