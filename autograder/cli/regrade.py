"""`autograder regrade`: grade stored submissions again and list the changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from autograder.cli.options import (
    CourseOption,
    DatasetOption,
    ResultsArgument,
    SandboxOption,
    SchedulerOption,
    WorkersOption,
)
from autograder.cli.run import Options, run
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.results.ledger import Graded, read_ledger, run_started
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch
from autograder.submissions.collecting import SubmittedFile

__all__ = ["regrade"]


def regrade(
    results: ResultsArgument,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    only_raise: Annotated[
        bool, typer.Option(help="Keep the earlier score where the new one is lower.")
    ] = False,
    dry_run: Annotated[bool, typer.Option(help="Show what would change and write nothing.")] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Grade everything again, not only what changed checks touch."),
    ] = False,
    workers: WorkersOption = 0,
    dataset: DatasetOption = "",
    scheduler: SchedulerOption = "",
    sandbox: SandboxOption = "good",
    course: CourseOption = None,
) -> None:
    """Grade again what a changed check, reference or limit touches, and list scores before and after.

    Scores and comments that were set by hand stay.
    """
    folder = Results(results.absolute())
    lines, _ = read_ledger(folder.ledger)
    first = run_started(lines, folder.ledger)
    graded = {(line.student, line.submission) for line in lines if isinstance(line, Graded)}
    chosen = set(student) if student else None
    if unknown := sorted((chosen or set()) - {one for one, _ in graded}):
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
