"""`quizzes print`: a quiz on paper, in several versions, with answer sheets and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.cli.common import QuizFileArgument, write_output
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.printing import printed_quiz

__all__ = ["print_quiz"]


def print_quiz(
    name: QuizFileArgument,
    out: Annotated[Path, typer.Option(help="The directory for the Markdown files.")] = Path("paper"),
    versions: Annotated[str, typer.Option(help="Names of the versions, separated by commas.")] = "A,B",
    course: CourseOption = None,
) -> None:
    """Write a quiz as Markdown: questions, answer sheet and answer key of each version."""
    plan = load_quiz(find_course(course), name)
    names = [version.strip() for version in versions.split(",") if version.strip()]
    if not names or not all(version.isalnum() for version in names):
        raise UsageError(
            f"--versions {versions}: expected names of letters and digits.",
            next_step="Write, for example, A,B.",
        )
    for version in names:
        printed = printed_quiz(plan.quiz, version)
        parts = {"questions": printed.questions, "answer-sheet": printed.answer_sheet, "key": printed.key}
        write_output({out / f"{name}-{version}-{part}.md": text.encode() for part, text in parts.items()})
    typer.echo(f"{len(names)} versions in {out}; keep the answer keys apart.")
