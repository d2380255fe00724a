"""`quizzes schema`: the JSON Schema with which editors complete and check bank and quiz files."""

from __future__ import annotations

from typing import Annotated

import typer

from quizzes.content.json_schema import Described, schema_text

__all__ = ["schema"]


def schema(
    of: Annotated[Described, typer.Argument(help="What to describe: `bank` or `quiz`.", metavar="bank|quiz")],
) -> None:
    """Print the JSON Schema of bank files or quiz files."""
    typer.echo(schema_text(of))
