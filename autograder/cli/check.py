"""`autograder check`: a notebook's public checks, in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.calls import Functions
from autograder.cli.show import console, printable
from autograder.errors import UsageError
from autograder.evaluate import evaluate_public
from autograder.handout import read_handout
from autograder.jupyter import PUBLIC_SEED, Results
from autograder.sandbox import Session, Worker
from autograder.submission import read_submission

__all__ = ["check"]


def check(
    notebook: Annotated[Path, typer.Argument(help="The notebook to check.")],
    folder: Annotated[
        Path | None, typer.Option(help="The assignment's folder, if not the notebook's.")
    ] = None,
) -> None:
    """Run the public checks on a notebook's functions, as `check` does inside it."""
    if not notebook.exists():
        raise UsageError(f"{notebook} does not exist.", next_step="Name the notebook to check.")
    handout = read_handout(folder or notebook.parent)
    submission = read_submission(notebook.stem, notebook)
    if submission.problem:
        raise UsageError(f"{notebook}: {submission.problem}", next_step="Name a notebook (.ipynb).")
    functions = [name for task in handout.file.tasks for name in task.functions]
    cells = [(cell.number, cell.source) for cell in submission.cells]
    passed = True
    with Worker() as worker, Session(worker, cells, functions) as session:
        session.load()
        student = Functions(session, session.parameters)
        for task in handout.file.tasks:
            results = evaluate_public(handout.checks_of(task), student, PUBLIC_SEED)
            shown = Results(task.title, results)
            passed = passed and shown.passed
            console.print(printable(repr(shown)), soft_wrap=True)
        for note in session.notes:
            console.print(printable(f"Note: cell {note.cell}, line {note.line}: {note.text}"))
    raise typer.Exit(0 if passed else 1)
