"""`autograder regrade`: grade stored submissions again and list the changes."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.early_start import early_start
from autograder.cli.options import (
    CourseOption,
    DatasetOption,
    ResultsArgument,
    SandboxOption,
    SchedulerOption,
    WorkersOption,
)

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
    with early_start(workers, needed=not scheduler):
        from autograder.cli.run import show_progress, show_run
        from autograder.course.course import find_course
        from autograder.results.results_folder import Results
        from autograder.runs.run import RunOptions, regrade_class

        directory = Results(results.absolute())
        options = RunOptions(
            workers=workers,
            dataset=dataset,
            sandbox=sandbox,
            scheduler=scheduler,
            everything=everything,
            only_raise=only_raise,
            dry_run=dry_run,
        )
        with show_progress(f"Regrading {results.name}", directory) as progress:
            summary = regrade_class(find_course(course), directory, student or (), options, progress)
        show_run(summary)
