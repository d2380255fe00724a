"""`autograder verify`: whether a folder of results is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.pages.text import count
from autograder.results.ledger import read_ledger
from autograder.results.results_folder import Results
from autograder.runs.verify import faults_of

__all__ = ["verify"]


def verify(
    results: Annotated[Path, typer.Argument(help="A folder that `autograder grade` wrote.")],
    head: Annotated[
        str, typer.Option(help="The ledger's digest that a run printed: nothing before it may be missing.")
    ] = "",
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Check the ledger's chain, and that reports, submissions and the table are those it speaks of."""
    folder = Results(results.absolute())
    lines, last = read_ledger(folder.ledger)
    faults = faults_of(folder, lines, find_course(course), head)
    for fault in faults[:20]:
        say(fault)
    if faults:
        raise UsageError(
            f"{count(len(faults), 'thing')} changed since the ledger was written.",
            next_step="Restore them from a copy, or grade again: what is missing is made anew.",
        )
    say(f"{len(lines)} lines, nothing changed. The ledger ends with {last}")
