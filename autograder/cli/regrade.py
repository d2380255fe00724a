"""`autograder regrade`: grade again what was handed in, and say what that changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.run import Options, run
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.gradebook.tables import student_in_cell
from autograder.results.ledger import Graded, read_ledger, run_started
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch
from autograder.submissions.collecting import SubmittedFile

__all__ = ["regrade"]


def regrade(
    results: Annotated[Path, typer.Argument(help="A folder that `autograder grade` wrote.")],
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    only_raise: Annotated[bool, typer.Option(help="Take over no lower score.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Show what would change and write nothing.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Grade everything again, not only what changed checks touch.")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 takes one for each core.")] = 0,
    dataset: Annotated[str, typer.Option(help="mnist to insist on it, digits, or auto.")] = "",
    scheduler: Annotated[str, typer.Option(help="Grade on the workers of this address.")] = "",
    sandbox: Annotated[
        str, typer.Option(help="The least that must hold: full, good, or weak for people you trust.")
    ] = "good",
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Grade again what a changed check, reference or limit touches, with a list of before and after.

    Scores and comments that a person set stay, whatever comes out.
    """
    folder = Results(results.absolute())
    lines, _ = read_ledger(folder.ledger)
    first = run_started(lines, folder.ledger)
    graded = {(line.student, line.submission) for line in lines if isinstance(line, Graded)}
    students = {graded_student for graded_student, _ in graded}
    chosen = {student_in_cell(cell, students) for cell in student} if student else None
    if unknown := sorted((chosen or set()) - students):
        raise UsageError(
            f"{folder.root} holds nothing of {unknown[0]}.",
            next_step="Write the student as grades.csv does.",
        )

    def handed(batch: Batch) -> tuple[Iterable[SubmittedFile], int]:
        return batch.stored(chosen), sum(chosen is None or one in chosen for one, _ in graded)

    run(
        find_course(course),
        first.assignment,
        folder,
        None,
        Options(workers, dataset, sandbox, scheduler, everything, only_raise, dry_run),
        handed,
    )
