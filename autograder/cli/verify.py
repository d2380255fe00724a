"""`autograder verify`: check that a results directory, or the course's site, is unchanged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.cli.show import say
from autograder.course.course import Course, find_course
from autograder.errors import UsageError
from autograder.pages.text import count
from autograder.results.ledger import read_ledger
from autograder.results.results_folder import Results
from autograder.runs.verify import faults_of

__all__ = ["verify"]

MOST_SHOWN = 20


def verify(
    results: Annotated[
        Path | None,
        typer.Argument(help="A results directory, written by `autograder grade`; the site if left out."),
    ] = None,
    head: Annotated[
        str, typer.Option(help="A ledger digest that was printed: no line before it may be missing.")
    ] = "",
    course: CourseOption = None,
) -> None:
    """Check that a results directory, or the course's site, is unchanged since it was written."""
    if results is None:
        _verify_site(find_course(course), head)
        return
    folder = Results(results.absolute())
    lines, last = read_ledger(folder.ledger)
    _say_faults(faults_of(folder, lines, find_course(course), head))
    say(f"{len(lines)} lines, nothing changed. Ledger digest: {last}")


def _verify_site(course: Course, head: str) -> None:
    """Check every ledger in the site's database, and the rows and files that they are about."""
    from autograder.site.file_store import FileStore
    from autograder.site.homework.context import files_address
    from autograder.site.ledger_check import check_ledgers
    from autograder.site.people import COURSE
    from autograder.site.server import open_site

    with open_site(course.root) as site, site.database.reading() as connection:
        found = check_ledgers(connection, COURSE, FileStore(files_address(course.root)), head)
    _say_faults(found.faults)
    for name, (lines, last) in found.heads.items():
        say(f"{name}: {count(lines, 'line')}, nothing changed. Ledger digest: {last}")
    if not found.heads:
        say("The site has no graded homework and no marks of people yet.")


def _say_faults(faults: list[str]) -> None:
    for fault in faults[:MOST_SHOWN]:
        say(fault)
    if faults:
        raise UsageError(
            f"{count(len(faults), 'record')} changed since the ledger was written.",
            next_step="Restore the files from a backup, or grade again: missing files are written anew.",
        )
