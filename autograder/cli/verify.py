"""`autograder verify`: check that a results directory is unchanged since it was written."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.options import CourseOption, ResultsArgument
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.pages.text import count
from autograder.results.ledger import read_ledger
from autograder.results.results_folder import Results
from autograder.runs.verify import faults_of

__all__ = ["verify"]


def verify(
    results: ResultsArgument,
    head: Annotated[
        str, typer.Option(help="A ledger digest that a run printed: no line before it may be missing.")
    ] = "",
    course: CourseOption = None,
) -> None:
    """Check that no ledger line, report, submission or table of grades was changed since it was written."""
    folder = Results(results.absolute())
    lines, last = read_ledger(folder.ledger)
    faults = faults_of(folder, lines, find_course(course), head)
    for fault in faults[:20]:
        say(fault)
    if faults:
        raise UsageError(
            f"{count(len(faults), 'record')} changed since the ledger was written.",
            next_step="Restore the files from a backup, or grade again: missing files are written anew.",
        )
    say(f"{len(lines)} lines, nothing changed. Ledger digest: {last}")
