"""The `quizzes` command."""

from __future__ import annotations

from importlib.metadata import version

import typer

__all__ = ["app", "main"]

app = typer.Typer(help="Timed quizzes in the browser.", add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def about() -> None:
    """Say which version this is; it has no quizzes yet."""
    typer.echo(f"quizzes {version('autograder')}: quizzes are not part of this version yet.")


def main() -> None:
    """Run the command."""
    app()
