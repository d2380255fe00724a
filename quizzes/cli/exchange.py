"""`quizzes export` and `quizzes import`: questions to and from other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import counted
from autograder.errors import UsageError
from autograder.site.private_file import write_private
from quizzes.cli.common import QuizFileArgument
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.bank_files import bank_path, write_bank
from quizzes.interchange.exporting import Format, export
from quizzes.interchange.importing import import_package
from quizzes.interchange.report_page import LEFT_OUT, report_page

__all__ = ["export_quiz", "import_bank"]


ReportOption = Annotated[
    Path | None, typer.Option(metavar="FILE.html", help="Write what was lost as a page, item by item.")
]


def export_quiz(
    name: QuizFileArgument,
    to: Annotated[str, typer.Option(help="The format: qti12 (Canvas and most others), qti21 or moodle-xml.")],
    out: Annotated[Path, typer.Option(help="The file to write: a ZIP, for moodle-xml an XML file.")],
    seed: Annotated[str, typer.Option(help="Seed of the drawn values.")] = "1",
    variants: Annotated[
        int, typer.Option(min=1, max=100, help="Variants of each item with drawn values.")
    ] = 1,
    report: ReportOption = None,
    course: CourseOption = None,
) -> None:
    """Write a quiz with its answer key for another system and list what the format cannot hold."""
    formats: dict[str, Format] = {"qti12": "qti12", "qti21": "qti21", "moodle-xml": "moodle-xml"}
    if to not in formats:
        raise UsageError(f"--to {to}: unknown format.", next_step="Choose qti12, qti21 or moodle-xml.")
    plan = load_quiz(find_course(course), name)
    made = export(plan.quiz, plan.schedule, formats[to], seed, variants)
    _write(out, made.data, private=True)
    summary = f"{counted(made.questions, 'question')} in {out}; it contains the answer key."
    _tell(made.lost, summary, report, f"Export of {name} as {to}")


def import_bank(
    package: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A QTI package, .imscc, Moodle XML, GIFT or text2qti; its content says which.",
        ),
    ],
    bank: Annotated[str, typer.Option(help="Name of the new bank, quizzes/banks/BANK.yaml.")],
    report: ReportOption = None,
    course: CourseOption = None,
) -> None:
    """Make a bank from another system's questions and list what could not be imported."""
    path = bank_path(find_course(course).root, bank)
    made = import_package(package, bank)
    write_bank(path, made.text, made.pictures)
    left_out = sum(sentence.startswith(LEFT_OUT) for _, sentence in made.lost)
    summary = f"{counted(made.items, 'item')} in {path}{f', {left_out} left out' if left_out else ''}"
    summary += f"; review them, then run `quizzes lint {path}`."
    _tell(made.lost, summary, report, f"Import of {package.name} as {bank}")


def _tell(lost: tuple[tuple[str, str], ...], summary: str, report: Path | None, title: str) -> None:
    for name, sentence in lost:
        typer.echo(f"{name}: {sentence}")
    typer.echo(summary)
    if report is not None:
        _write(report, report_page(title, summary, lost).encode())


def _write(path: Path, data: bytes, *, private: bool = False) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if private:
            write_private(path, data)
        else:
            path.write_bytes(data)
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be written: {problem.strerror}.", next_step="Name another path."
        ) from problem
