"""The `autograder` command.

One module a command; each only reads its arguments, calls the engine and shows what came back.
"""

from __future__ import annotations

__all__ = ["app", "main"]

import sys

import typer

from autograder.cli import calibrate, check, claims, doctor, export, grade, lint, sample
from autograder.cli.show import complain
from autograder.errors import AutograderError

app = typer.Typer(
    help="Grade deep-learning homework: notebooks in, scores and feedback out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("grade")(grade.grade)
app.command("sample")(sample.sample)
app.command("check")(check.check)
app.command("lint")(lint.lint)
app.command("calibrate")(calibrate.calibrate)
app.command("claims")(claims.claims)
app.command("doctor")(doctor.doctor)
app.add_typer(export.app, name="export")


def main() -> None:
    """Run the command; what went wrong is said in a sentence, never as a traceback."""
    try:
        app()
    except AutograderError as problem:
        complain(problem)
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away; nothing is wrong
        sys.exit(0)
