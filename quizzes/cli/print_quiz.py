"""`quizzes print`: a quiz on paper, in several versions, with answer sheets and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.private_file import write_private
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.printing import printed_quiz

__all__ = ["print_quiz"]


def print_quiz(
    name: Annotated[str, typer.Argument(metavar="QUIZ", help="The name of the quiz file, without .yaml.")],
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
    try:
        out.mkdir(parents=True, exist_ok=True)
        for version in names:
            made = printed_quiz(plan.quiz, version)
            for part, text in (
                ("questions", made.questions),
                ("answer-sheet", made.answer_sheet),
                ("key", made.key),
            ):
                write_private(out / f"{name}-{version}-{part}.md", text.encode())
    except OSError as problem:
        raise UsageError(f"{out} cannot be written: {problem.strerror}.") from problem
    typer.echo(f"{len(names)} versions in {out}; keep the answer keys apart.")
