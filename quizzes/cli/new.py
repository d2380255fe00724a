"""`quizzes new`: a quiz and its bank with one item of each kind, for the author to change."""

from __future__ import annotations

from typing import Annotated

import typer

from autograder.cli.new import checked_name, course_at
from autograder.cli.options import CourseOption
from quizzes.content.new_quiz import write_quiz

__all__ = ["new_quiz"]


def new_quiz(
    name: Annotated[str, typer.Argument(help="The name of the quiz file and of its bank, without .yaml.")],
    title: Annotated[str, typer.Option(help="As pages show it.")] = "",
    course: CourseOption = None,
) -> None:
    """Write a new quiz and a bank with one item of each kind, ready to change."""
    root = course_at(course)
    checked_name(name)
    title = title or name.replace("-", " ").replace("_", " ").capitalize()
    for path in write_quiz(root, name, title):
        typer.echo(f"Wrote {path.relative_to(root.root)}")
    typer.echo(
        f"\nNext: quizzes lint, then quizzes preview {name}\nChange what says TODO, and lint after each step."
    )
