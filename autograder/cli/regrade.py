"""`autograder regrade`: grade submissions again, and show what that changes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.run import show_progress, show_run
from autograder.course.course import find_course
from autograder.results.results_folder import Results
from autograder.runs.run import RunOptions, regrade_class

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
