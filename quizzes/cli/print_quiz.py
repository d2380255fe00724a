"""`quizzes print`: a quiz on paper, in several versions, with answer sheets and keys."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError, choose_one
from quizzes.cli.common import QuizFileArgument, write_output
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.printed_page import PARTS, printed_page
from quizzes.interchange.printing import printed_quiz

__all__ = ["BROWSERS", "print_quiz"]

FORMATS = ("markdown", "html", "pdf")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PATIENCE = 120  # seconds for one document


def print_quiz(
    name: QuizFileArgument,
    out: Annotated[Path, typer.Option(help="The directory for the files.")] = Path("paper"),
    versions: Annotated[str, typer.Option(help="Names of the versions, separated by commas.")] = "A,B",
    form: Annotated[
        str, typer.Option("--format", help="markdown, html with formulas, or pdf, by a Chromium browser.")
    ] = "markdown",
    course: CourseOption = None,
) -> None:
    """Write a quiz on paper: questions, answer sheet and answer key of each version."""
    if form not in FORMATS:
        raise UsageError(f"--format {form}: unknown.", next_step=choose_one(FORMATS))
    plan = load_quiz(find_course(course), name)
    names = [version.strip() for version in versions.split(",") if version.strip()]
    if not names or not all(version.isalnum() for version in names):
        raise UsageError(
            f"--versions {versions}: expected names of letters and digits.",
            next_step="Write, for example, A,B.",
        )
    for version in names:
        if form != "markdown":
            pages = {part: printed_page(plan.quiz, version, part, plan.quiz.pictures.get) for part in PARTS}
            write_output(
                {out / f"{name}-{version}-{part}.html": page.encode() for part, page in pages.items()}
            )
            if form == "pdf":
                for part in PARTS:
                    _write_pdf(out / f"{name}-{version}-{part}.html")
            continue
        printed = printed_quiz(plan.quiz, version)
        parts = {"questions": printed.questions, "answer-sheet": printed.answer_sheet, "key": printed.key}
        write_output({out / f"{name}-{version}-{part}.md": text.encode() for part, text in parts.items()})
    typer.echo(f"{len(names)} versions in {out}; keep the answer keys apart.")


def _write_pdf(page: Path) -> None:
    """Write a page as PDF beside it, with the formulas as a browser draws them."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UsageError(
            "There is no Chromium or Chrome on this machine, which writes the PDF.",
            next_step=f"Install one, or open {page} in any browser and print it to PDF.",
        )
    target = page.with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"]
        command += ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []  # it refuses root
        command += [f"--user-data-dir={profile}", f"--print-to-pdf={target}", page.absolute().as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
        except (subprocess.SubprocessError, OSError) as problem:
            raise UsageError(
                f"{browser} could not write {target}.",
                next_step=f"Open {page} in a browser and print it to PDF.",
            ) from problem
    if not target.is_file():
        raise UsageError(
            f"{browser} wrote no {target}.", next_step=f"Open {page} in a browser and print it to PDF."
        )
