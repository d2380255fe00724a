"""`autograder dropbox`, `submit` and `receipts`: submitting without a learning platform."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from autograder.cli.options import AssignmentArgument, CourseOption
from autograder.cli.show import console, printable, say
from autograder.course.assignment import assignment_file
from autograder.course.course import find_course
from autograder.course.local_time import zoned
from autograder.environment import account_name
from autograder.errors import SubmissionError, UsageError
from autograder.submissions.dropbox import (
    ABOUT,
    About,
    Receipt,
    add_attempt,
    attempts,
    create_dropbox,
    read_about,
)
from autograder.submissions.guarded_files import is_regular_file, read_regular_file
from autograder.submissions.notebook import read_notebook, require_size
from autograder.submissions.selection import shortened
from autograder.submissions.stubs import defined_functions, stubs_among
from autograder.submissions.submission import notebook_bytes

__all__ = ["dropbox", "receipts", "submit"]

RECEIPTS = "receipts.jsonl"
LARGEST_RECEIPTS = 10_000_000


def dropbox(
    assignment: AssignmentArgument,
    to: Annotated[Path, typer.Option(help="A directory that all students can reach.")],
    course: CourseOption = None,
) -> None:
    """Make a directory where students can submit and cannot see each other's files."""
    found = find_course(course)
    file = assignment_file(found, assignment)
    due = None if file.due is None else zoned(file.due, found.zone)
    functions = [name for task in file.tasks for name in task.functions]
    about = About(assignment=assignment, title=file.title, due=due, functions=functions)
    say(f"Students submit with: autograder submit NOTEBOOK --to {create_dropbox(to.absolute(), about)}")


def submit(
    notebook: Annotated[Path, typer.Argument(help="The notebook to submit.")],
    to: Annotated[Path | None, typer.Option(help="The directory that your instructor named.")] = None,
    site: Annotated[
        str, typer.Option(help="The address of the course's site, in place of a directory.")
    ] = "",
    token: Annotated[
        str, typer.Option(envvar="AUTOGRADER_TOKEN", help="Your token, from the site's page for notebooks.")
    ] = "",
    student: Annotated[str, typer.Option(help="Your student ID; by default the name of your account.")] = "",
) -> None:
    """Submit a notebook to a dropbox or a site and keep a receipt.

    You may submit again: every attempt is kept.
    """
    if site:
        from autograder.jupyter.submitting import send_notebook

        if not token:
            raise UsageError(
                "A site needs a token.",
                next_step="Make one on its page “Submit from a notebook”; give it with --token.",
            )
        say(send_notebook(notebook, site.rstrip("/"), token))
        return
    if to is None:
        raise UsageError(
            "Where to submit is missing.",
            next_step="Name your instructor's directory with --to, or a --site.",
        )
    about = read_about(to)
    data = _bytes_of(notebook)
    sources = _sources(notebook, data)
    defined = defined_functions(sources, about.functions)
    if about.functions and not defined:
        raise UsageError(
            f"{notebook} was not submitted: it defines none of the functions of {about.title} "
            f"({', '.join(shortened(about.functions, 5))}).",
            next_step=f"Submit your notebook for this assignment, {about.assignment}.ipynb.",
        )
    student = student or account_name()
    if not student:
        raise UsageError(
            f"{notebook} was not submitted: your account has no name on this machine.",
            next_step="Say who you are with --student and your student ID.",
        )
    receipt = add_attempt(to, student, data, datetime.now(UTC))
    with (notebook.absolute().parent / RECEIPTS).open("a", encoding="utf-8") as receipts_file:
        receipts_file.write(receipt.model_dump_json() + "\n")
    say(f"Submitted  {about.title}\nTime       {_local(receipt.at)}{', late' if receipt.late else ''}")
    say(f"SHA-256    {receipt.sha256}\nReceipt    {RECEIPTS}, in the notebook's directory")
    missing = [name for name in about.functions if name not in defined]
    if missing:
        say(f"Missing functions: {', '.join(missing)}")
    stubs = stubs_among(sources, defined)
    if stubs and stubs == about.functions:
        say("Every function is a stub: this is the handout without your work, which earns no points.")
        say("If you have written something, save the notebook in Jupyter and submit it again.")
    elif stubs:
        say(f"Stubs, not written yet: {', '.join(stubs)}")


def _bytes_of(notebook: Path) -> bytes:
    """The notebook's bytes; raises UsageError for anything but a file that is not too large."""
    try:
        data = notebook_bytes(notebook)
        require_size(data)
    except SubmissionError as problem:
        raise UsageError(f"{notebook}: {problem.message}", next_step=problem.next_step) from problem
    except OSError as problem:
        raise UsageError(
            f"{notebook} cannot be read: {problem.strerror}.", next_step="Name the notebook to submit."
        ) from problem
    return data


def _sources(notebook: Path, data: bytes) -> list[str]:
    """The text of the notebook's code cells; raises UsageError where it is not a notebook."""
    try:
        return [cell.source for cell in read_notebook(data)]
    except SubmissionError as problem:
        raise UsageError(f"{notebook}: {problem.message}", next_step=problem.next_step) from problem


def receipts(
    folder: Annotated[
        Path, typer.Argument(help="The directory of your notebook, or a dropbox that you own.")
    ] = Path(),
) -> None:
    """List your receipts or, as the owner of a dropbox, all attempts in it."""
    table = Table("student", "time", "file", "", box=None, pad_edge=False)
    if not is_regular_file(folder / ABOUT):  # in a dropbox anybody can put receipts of their own
        for receipt in _read_receipts(folder):
            late = "late" if receipt.late else ""
            table.add_row(receipt.student, _local(receipt.at), receipt.sha256[:12], late)
    else:
        due = read_about(folder).due
        for attempt in attempts(folder):
            notes = [*(["Late."] if due and attempt.at > due else []), *attempt.issues]
            table.add_row(
                printable(attempt.student),
                _local(attempt.at),
                printable(attempt.path.name),
                printable(" ".join(notes)),
            )
    console.print(table)


def _read_receipts(folder: Path) -> list[Receipt]:
    try:
        lines = read_regular_file(folder / RECEIPTS, LARGEST_RECEIPTS).decode().splitlines()
        return [Receipt.model_validate_json(line) for line in lines]
    except (OSError, SubmissionError, ValueError) as problem:  # pydantic's and Unicode's are ValueErrors
        raise UsageError(
            f"{folder} has no {RECEIPTS} and is not a dropbox.",
            next_step="Name the directory of your notebook, or one that `autograder dropbox` made.",
        ) from problem


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
