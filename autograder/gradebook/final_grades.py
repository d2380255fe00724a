"""The final grades of a course for the registrar: one line per student, with percentage and letter."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.course.csv_table import guard_formula, write_table
from autograder.gradebook.gradebook import Gradebook, Row, percent
from autograder.gradebook.scores import State

__all__ = ["FinalGrades", "final_grades", "unfinished"]

HEAD = ("student_id", "sis_id", "last_name", "first_name", "email", "section", "percent", "grade")


@dataclass(frozen=True)
class FinalGrades:
    """The file, and who is not in it."""

    text: str  # CSV
    students: int  # in the file
    left: tuple[tuple[str, str], ...]  # name, and why
    notes: tuple[str, ...]


def final_grades(gradebook: Gradebook, *, unfinished_too: bool = False) -> FinalGrades:
    """The final grades: nobody is in the file whose total can still change, unless that is wanted."""
    lines, left = [], []
    for row in gradebook.rows:
        person = row.person
        if row.total is None:
            left.append((person.name, "Nothing counts for this student."))
            continue
        if (open_work := unfinished(row)) and not unfinished_too:
            left.append((person.name, f"The total can still change: {', '.join(open_work)}."))
            continue
        lines.append(
            [
                row.student if row.known else guard_formula(row.student),
                person.sis_id,
                *map(guard_formula, (person.last_name, person.first_name or person.full_name)),
                person.email,
                guard_formula(person.section),
                str(percent(row.total)),
                guard_formula(row.letter),
            ]
        )
    notes = () if gradebook.rules.scale else ("course.yaml has no scale: the column grade is empty.",)
    return FinalGrades(write_table(HEAD, lines), len(lines), tuple(left), notes)


def unfinished(row: Row) -> list[str]:
    """The titles of the work by which a student's total can still change."""
    return [score.title for score in row.scores if score.state in (State.WAITING, State.OPEN)]
