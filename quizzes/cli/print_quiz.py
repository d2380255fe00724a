"""`quizzes print`: a quiz on paper, in as many versions as wanted, with answer sheets and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from autograder.errors import UsageError
from quizzes.content.quiz_file import load_quiz
from quizzes.interchange.paper import paper_quiz

__all__ = ["print_quiz"]


def print_quiz(
    name: Annotated[str, typer.Argument(metavar="QUIZ", help="The quiz's file without .yaml.")],
    out: Annotated[Path, typer.Option(help="A folder for the Markdown files.")] = Path("paper"),
    versions: Annotated[str, typer.Option(help="Names of the versions, with commas.")] = "A,B",
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Write a quiz as Markdown: questions, answer sheet and key of each version."""
    plan = load_quiz(find_course(course), name)
    names = [one.strip() for one in versions.split(",") if one.strip()]
    if not names or not all(one.isalnum() for one in names):
        raise UsageError(
            f"--versions {versions}: these are no names.", next_step="Take letters, such as A,B."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for version in names:
            made = paper_quiz(plan.quiz, version)
            for part, text in (
                ("questions", made.questions),
                ("answer-sheet", made.answer_sheet),
                ("key", made.key),
            ):
                (out / f"{name}-{version}-{part}.md").write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"{out} cannot be written: {problem.strerror}.") from problem
    typer.echo(f"{len(names)} versions in {out}; keep the keys apart.")
