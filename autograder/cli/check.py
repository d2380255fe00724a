"""`autograder check`: run a notebook's public checks in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.checks.calls import Functions
from autograder.cli.show import console, printable
from autograder.course.handout import read_handout
from autograder.errors import UsageError
from autograder.grading.evaluation import evaluate_public
from autograder.jupyter.display import Results
from autograder.jupyter.local import PUBLIC_SEED
from autograder.report import Note
from autograder.sandbox.cells import foresee
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session
from autograder.submissions.submission import read_submission

__all__ = ["check"]


def check(
    notebook: Annotated[Path, typer.Argument(help="The notebook to check.")],
    folder: Annotated[
        Path | None, typer.Option(help="The assignment's directory; by default the notebook's.")
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
    with SandboxProcess() as worker, Session(worker, cells, functions, python=submission.python) as session:
        session.load()
        student = Functions(session, session.parameters)
        for task in handout.file.tasks:
            results = evaluate_public(handout.checks_of(task), student, PUBLIC_SEED)
            shown = Results(task.title, results)
            passed = passed and shown.passed
            console.print(printable(repr(shown)), soft_wrap=True)
        notes = [*session.notes, *(Note.model_validate(note) for note in foresee(cells, functions))]
        for text in dict.fromkeys(f"Note: cell {note.cell}, line {note.line}: {note.text}" for note in notes):
            console.print(printable(text), soft_wrap=True)
    raise typer.Exit(0 if passed else 1)
