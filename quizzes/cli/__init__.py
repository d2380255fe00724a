"""The `quizzes` command: one module a command."""

from __future__ import annotations

__all__ = ["app", "main"]

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from autograder.errors import AutograderError
from quizzes.cli import (
    analysis,
    backup,
    crashtest,
    exchange,
    grade,
    lint,
    loadtest,
    lti,
    people,
    print_quiz,
    publish,
    results,
    schema,
    serve,
    staff,
)

app = typer.Typer(
    help="Timed quizzes in the browser.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("analysis")(analysis.analysis)
app.command("backup")(backup.backup)
app.command("crashtest")(crashtest.crashtest)
app.command("export")(exchange.export_quiz)
app.command("import")(exchange.import_bank)
app.command("grade")(grade.grade_functions)
app.command("lint")(lint.lint)
app.command("loadtest")(loadtest.loadtest)
app.command("preview")(serve.preview_quiz)
app.command("print")(print_quiz.print_quiz)
app.command("publish")(publish.publish_quiz)
app.command("serve")(serve.serve_quizzes)
app.command("extend")(staff.extend)
app.command("regrade")(staff.regrade)
app.command("restore")(backup.restore)
app.command("results")(results.results)
app.command("schema")(schema.schema)
roster = typer.Typer(help="Who is in the course.", no_args_is_help=True)
roster.command("import")(people.import_roster)
app.add_typer(lti.app, name="lti")
app.add_typer(roster, name="roster")
app.command("passcode")(people.passcode)
app.command("link")(people.link)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"quizzes {version('autograder')}")
        raise typer.Exit


@app.callback()
def about(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and stop.")
    ] = False,
) -> None:
    """Timed quizzes: lint their content, serve them, mark them."""


def main() -> None:
    """Run the command; what went wrong is said in a sentence, never as a traceback."""
    try:
        app()
    except AutograderError as problem:
        sys.stderr.write(f"Error: {problem.message}\n")
        if problem.next_step:
            sys.stderr.write(f"  {problem.next_step}\n")
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing is wrong
        sys.exit(0)
