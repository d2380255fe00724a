"""The `autograder` command.

One module a command; each only reads its arguments, calls the engine and shows what came back.
"""

from __future__ import annotations

__all__ = ["app", "main"]

import sys

import typer

from autograder.cli import (
    calibrate,
    change,
    check,
    doctor,
    experiments,
    export,
    grade,
    gradebook,
    lint,
    nbgrader_course,
    regrade,
    release,
    sample,
    similarity,
    submit,
    verify,
    worker,
)
from autograder.cli.show import complain
from autograder.errors import AutograderError

app = typer.Typer(
    help="Grade deep-learning homework: notebooks in, scores and feedback out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("grade")(grade.grade)
app.command("regrade")(regrade.regrade)
app.command("change")(change.change)
app.command("report")(change.report)
app.command("release")(release.release)
app.command("drop")(submit.drop)
app.command("submit")(submit.submit)
app.command("receipts")(submit.receipts)
app.command("verify")(verify.verify)
app.command("worker")(worker.worker)
app.command("sample")(sample.sample)
app.command("check")(check.check)
app.command("lint")(lint.lint)
app.command("calibrate")(calibrate.calibrate)
app.command("experiments")(experiments.experiments)
app.command("similarity")(similarity.similarity)
app.command("doctor")(doctor.doctor)
app.command("nbgrader-course")(nbgrader_course.nbgrader_course)
app.add_typer(export.app, name="export")
app.add_typer(gradebook.app, name="gradebook")


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
