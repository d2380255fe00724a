"""`autograder drop`, `submit` and `receipts`: handing in without a learning platform."""

from __future__ import annotations

import getpass
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from autograder.cli.show import console, printable, say
from autograder.course.assignment import assignment_file
from autograder.course.course import find_course
from autograder.errors import SubmissionError, UsageError
from autograder.submissions.dropbox import About, Receipt, attempts, hand_in, open_drop, read_about
from autograder.submissions.notebook import read_notebook
from autograder.submissions.submission import read_file

__all__ = ["drop", "receipts", "submit"]

KEPT = "receipts.jsonl"


def drop(
    assignment: Annotated[str, typer.Argument(help="The assignment: a folder of assignments/.")],
    to: Annotated[Path, typer.Option(help="The folder that everybody reaches.")],
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Make a folder to hand in to: students add files and see nobody's, its owner sees all."""
    found = find_course(course)
    file = assignment_file(found, assignment)
    due = file.due if file.due is None or file.due.tzinfo else file.due.replace(tzinfo=found.zone)
    functions = [name for task in file.tasks for name in task.functions]
    about = About(assignment=assignment, title=file.title, due=due, functions=functions)
    say(f"Students hand in with: autograder submit NOTEBOOK --to {open_drop(to.absolute(), about)}")


def submit(
    notebook: Annotated[Path, typer.Argument(help="The notebook to hand in.")],
    to: Annotated[Path, typer.Option(help="The folder that your instructor named.")],
    student: Annotated[str, typer.Option(help="Who you are; your account's name by default.")] = "",
) -> None:
    """Hand a notebook in and keep a receipt. You may do so again; every attempt is kept."""
    about = read_about(to)
    file = read_file(notebook)
    if file.problem:
        raise UsageError(f"{notebook}: {file.problem}")
    try:
        source = "\n".join(cell.source for cell in read_notebook(file.data))
    except SubmissionError as problem:
        raise UsageError(f"{notebook}: {problem.message}", next_step=problem.next_step) from problem
    receipt = hand_in(to, student or getpass.getuser(), file.data, datetime.now(UTC))
    with (notebook.absolute().parent / KEPT).open("a", encoding="utf-8") as kept:
        kept.write(receipt.model_dump_json() + "\n")
    missing = [name for name in about.functions if not re.search(rf"^\s*def {name}\b", source, re.MULTILINE)]
    say(f"Handed in: {about.title}\nTime       {_local(receipt.at)}{', late' if receipt.late else ''}")
    say(f"SHA-256    {receipt.sha256}\nThe receipt is in {KEPT} beside the notebook.")
    if missing:
        say(f"Not in it: {', '.join(missing)}")


def receipts(
    place: Annotated[
        Path, typer.Argument(help="A folder to hand in to (for its owner), or the one with your notebook.")
    ] = Path(),
) -> None:
    """List what was handed in: all of a folder's attempts, or your own receipts."""
    table = Table("student", "time", "file", "", box=None, pad_edge=False)
    if (place / KEPT).is_file() or not (place / "about.json").is_file():
        for receipt in _kept(place):
            late = "late" if receipt.late else ""
            table.add_row(receipt.student, _local(receipt.at), receipt.sha256[:12], late)
    else:
        due = read_about(place).due
        for one in attempts(place):
            notes = [*(["Late."] if due and one.at > due else []), *one.doubts]
            table.add_row(
                printable(one.student), _local(one.at), printable(one.path.name), printable(" ".join(notes))
            )
    console.print(table)


def _kept(place: Path) -> list[Receipt]:
    try:
        lines = (place / KEPT).read_text(encoding="utf-8").splitlines()
        return [Receipt.model_validate_json(line) for line in lines]
    except (OSError, ValidationError) as problem:
        raise UsageError(
            f"{place} holds no receipts and is no folder to hand in to.",
            next_step="Name the folder with your notebook, or the one that `autograder drop` made.",
        ) from problem


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"
