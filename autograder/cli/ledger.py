"""`autograder ledger`: move an assignment's record of grades between the course's site and a directory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import AssignmentArgument, CourseOption, ResultsArgument
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.pages.text import count
from autograder.results.results_folder import Results
from autograder.site.file_store import FileStore
from autograder.site.homework.context import files_address
from autograder.site.homework.ledger_transfer import export_ledger, import_ledger
from autograder.site.people import COURSE, add_course
from autograder.site.server import open_site

__all__ = ["app"]

app = typer.Typer(
    help="Move an assignment's record of grades between the site and a results directory.",
    no_args_is_help=True,
)


@app.command("export")
def export_(
    assignment: AssignmentArgument,
    out: Annotated[
        Path | None, typer.Option(help="The results directory to write; graded/ASSIGNMENT if left out.")
    ] = None,
    course: CourseOption = None,
) -> None:
    """Write an assignment's record of the site as a results directory, or add what is new to one."""
    root = find_course(course)
    results = Results((out or root.root / "graded" / assignment).absolute())
    with open_site(root.root) as site:
        files = FileStore(files_address(root.root))
        head = export_ledger(site.database, files, root, COURSE, assignment, results)
    say("Submissions that are not graded yet stay on the site; export again when they are.")
    say(f"{results.root}: pseudonyms.csv says whose the names in the ledger are. Ledger digest: {head}")


@app.command("import")
def import_(results: ResultsArgument, course: CourseOption = None) -> None:
    """Take over a results directory on the site: submissions, results, and what people decided."""
    root = find_course(course)
    with open_site(root.root) as site:
        with site.database.transaction() as connection:
            add_course(connection, COURSE, root.title, str(root.zone))
        files = FileStore(files_address(root.root))
        done = import_ledger(site.database, files, root, COURSE, Results(results.absolute()))
    new = f"{count(done.lines, 'line')} and {count(done.submissions, 'submission')}"
    say(f"{done.assignment}: {new} are new on the site. Ledger digest: {done.head}")
    if done.unknown:
        say(
            f"Not in the course: {', '.join(done.unknown)}. What they submitted is kept; "
            "`autograder roster import` enrols them."
        )
