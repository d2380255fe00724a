"""What several quiz commands share: their arguments, the published quizzes, and writing private files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from autograder.errors import UsageError, choose_one
from autograder.site.people import COURSE
from autograder.site.private_file import write_private
from quizzes.store.quizzes import Published, published_in

__all__ = ["QuizFileArgument", "QuizNameArgument", "require_published", "write_output"]

QuizFileArgument = Annotated[
    str, typer.Argument(metavar="QUIZ", help="The name of the quiz file, without .yaml.")
]
QuizNameArgument = Annotated[str, typer.Argument(metavar="QUIZ", help="The name of a published quiz.")]


def require_published(connection: Connection, quiz: str) -> Published:
    """A published quiz; raises UsageError for an unknown name, with those that are known."""
    known = {published.id: published for published in published_in(connection, COURSE)}
    if quiz not in known:
        raise UsageError(
            f"There is no published quiz {quiz!r}.",
            next_step=choose_one(known, f"Publish it with `quizzes publish {quiz}`."),
        )
    return known[quiz]


def write_output(files: Mapping[Path, bytes]) -> None:
    """Write files that only their owner reads, with the directories they are in; raises UsageError."""
    for path, content in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_private(path, content)
        except OSError as problem:
            raise UsageError(
                f"{path} cannot be written: {problem.strerror}.", next_step="Name another path with --out."
            ) from problem
