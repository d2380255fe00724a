"""`quizzes export` and `quizzes import`: quizzes to and from other systems, as QTI packages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.exporting import Format, export
from quizzes.interchange.importing import import_package

__all__ = ["export_quiz", "import_bank"]

InCourse = Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")]


def export_quiz(
    name: Annotated[str, typer.Argument(metavar="QUIZ", help="The quiz's file without .yaml.")],
    to: Annotated[str, typer.Option(help="qti12 (Canvas and most others), or qti21.")],
    out: Annotated[Path, typer.Option(help="The package to write, a ZIP file.")],
    seed: Annotated[str, typer.Option(help="Another one gives other numbers.")] = "1",
    variants: Annotated[int, typer.Option(min=1, max=100, help="Of each item with drawn values.")] = 1,
    course: InCourse = None,
) -> None:
    """Write a quiz as a QTI package, and say what it loses; it holds the keys."""
    formats: dict[str, Format] = {"qti12": "qti12", "qti21": "qti21"}
    if to not in formats:
        raise UsageError(f"--to {to}: there is no such format.", next_step="Take qti12 or qti21.")
    plan = load_quiz(find_course(course), name)
    made = export(plan.quiz, plan.schedule, formats[to], seed, variants)
    _write(out, made.data)
    _tell(made.lost)
    typer.echo(f"{made.questions} questions in {out}; it holds the keys.")


def import_bank(
    package: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A QTI 1.2 or 2.1 package.")],
    bank: Annotated[str, typer.Option(help="The new bank: quizzes/banks/BANK.yaml.")],
    course: InCourse = None,
) -> None:
    """Make a bank of another system's questions, and say what was lost."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", bank):
        raise UsageError(
            f"--bank {bank}: that is no name.", next_step="Take small letters, digits and dashes."
        )
    folder = find_course(course).root / "quizzes" / "banks"
    path = folder / f"{bank}.yaml"
    if path.exists():
        raise UsageError(f"{path} is there already.", next_step="Take another name with --bank.")
    made = import_package(package, bank)
    for name, data in made.pictures.items():
        _write(folder / name, data)
    _write(path, made.text.encode())
    _tell(made.lost)
    typer.echo(f"{made.items} items in {path}; look at them, then run `quizzes lint {path}`.")


def _tell(lost: tuple[tuple[str, str], ...]) -> None:
    for name, sentence in lost:
        typer.echo(f"{name}: {sentence}")


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be written: {problem.strerror}.", next_step="Name another place."
        ) from problem
