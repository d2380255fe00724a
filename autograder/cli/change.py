"""`autograder change` and `autograder report`: what a person decides, and everything written anew."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.run import derive
from autograder.course.assignment import assignment_file
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.gradebook.tables import student_in_cell
from autograder.results.ledger import Graded, ScoreOverridden, read_ledger, run_started
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch

__all__ = ["change", "report"]

Folder = Annotated[Path, typer.Argument(help="A folder that `autograder grade` wrote.")]
CourseFolder = Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")]


def change(
    results: Folder,
    student: Annotated[str, typer.Argument(help="The student, as grades.csv writes them.")],
    why: Annotated[str, typer.Option(help="For the record.")],
    score: Annotated[float | None, typer.Option(help="The score that counts from now on.")] = None,
    clear: Annotated[bool, typer.Option(help="Take a score set earlier back.")] = False,
    comment: Annotated[str | None, typer.Option(help="A sentence for the student's page.")] = None,
    who: Annotated[str, typer.Option(help="Your name; your account's by default.")] = "",
    course: CourseFolder = None,
) -> None:
    """Set a score or write a comment by hand; both stay through every regrade and are shown as such."""
    if score is None and comment is None and not clear:
        raise UsageError("There is nothing to change.", next_step="Give --score, --comment or --clear.")
    if score is not None and (clear or not 0 <= score < float("inf")):
        raise UsageError("A score is a number from 0 up.", next_step="Give --score POINTS, or --clear.")
    lines, _ = read_ledger(Results(results.absolute()).ledger)
    students = {line.student for line in lines if isinstance(line, Graded)}
    student = student_in_cell(student, students)
    if student not in students:
        raise UsageError(
            f"{results} holds nothing of {student}.", next_step="Write the student as grades.csv does."
        )
    before = next(
        (one for one in reversed(lines) if isinstance(one, ScoreOverridden) and one.student == student), None
    )
    kept = None if clear or before is None else before.earned
    _write(
        results,
        course,
        ScoreOverridden(
            at=datetime.now(UTC),
            student=student,
            earned=score if score is not None else kept,
            comment=comment if comment is not None else (before.comment if before else ""),
            who=who or getpass.getuser(),
            why=why,
        ),
    )


def report(results: Folder, course: CourseFolder = None) -> None:
    """Write the class page, the table and what counts anew, after a change of course.yaml or a due date."""
    _write(results, course, None)


def _write(results: Path, course: Path | None, line: ScoreOverridden | None) -> None:
    folder, found = Results(results.absolute()), find_course(course)
    lines, _ = read_ledger(folder.ledger)
    first = run_started(lines, folder.ledger)
    with Batch(folder, first.assignment) as batch:
        if line is not None:
            batch.ledger.append([line])
        derive(found, first.assignment, assignment_file(found, first.assignment), batch)
