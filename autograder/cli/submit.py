"""`autograder dropbox`, `submit` and `receipts`: submitting without a learning platform."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from autograder.cli.options import AssignmentArgument, CourseOption
from autograder.cli.show import console, printable, say
from autograder.course.assignment import assignment_file
from autograder.course.course import find_course
from autograder.course.local_time import zoned
from autograder.errors import SubmissionError, UsageError
from autograder.submissions.dropbox import About, Receipt, add_attempt, attempts, create_dropbox, read_about
from autograder.submissions.notebook import read_notebook
from autograder.submissions.submission import read_submission

__all__ = ["dropbox", "receipts", "submit"]

RECEIPTS = "receipts.jsonl"


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
    to: Annotated[Path, typer.Option(help="The directory that your instructor named.")],
    student: Annotated[str, typer.Option(help="Your student ID; by default the name of your account.")] = "",
) -> None:
    """Submit a notebook to a dropbox and keep a receipt.

    You may submit again: every attempt is kept.
    """
    about = read_about(to)
    file = read_submission(student, notebook)
    if file.unreadable:
        raise UsageError(f"{notebook}: {file.unreadable}")
    try:
        source = "\n".join(cell.source for cell in read_notebook(file.data))
    except SubmissionError as problem:
        raise UsageError(f"{notebook}: {problem.message}", next_step=problem.next_step) from problem
    receipt = add_attempt(to, student or getpass.getuser(), file.data, datetime.now(UTC))
    with (notebook.absolute().parent / RECEIPTS).open("a", encoding="utf-8") as receipts_file:
        receipts_file.write(receipt.model_dump_json() + "\n")
    missing = [name for name in about.functions if not re.search(rf"^\s*def {name}\b", source, re.MULTILINE)]
    say(f"Submitted  {about.title}\nTime       {_local(receipt.at)}{', late' if receipt.late else ''}")
    say(f"SHA-256    {receipt.sha256}\nReceipt    {RECEIPTS}, in the notebook's directory")
    if missing:
        say(f"Missing functions: {', '.join(missing)}")


def receipts(
    folder: Annotated[
        Path, typer.Argument(help="The directory of your notebook, or a dropbox that you own.")
    ] = Path(),
) -> None:
    """List your receipts or, as the owner of a dropbox, all attempts in it."""
    table = Table("student", "time", "file", "", box=None, pad_edge=False)
    if (folder / RECEIPTS).is_file() or not (folder / "about.json").is_file():
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
        lines = (folder / RECEIPTS).read_text(encoding="utf-8").splitlines()
        return [Receipt.model_validate_json(line) for line in lines]
    except (OSError, ValidationError) as problem:
        raise UsageError(
            f"{folder} has no {RECEIPTS} and is not a dropbox.",
            next_step="Name the directory of your notebook, or one that `autograder dropbox` made.",
        ) from problem


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
