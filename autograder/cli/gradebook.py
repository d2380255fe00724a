"""`autograder gradebook`: scores into other programs' gradebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.show import say
from autograder.course import find_course
from autograder.derive import counted_reports
from autograder.feedback.text import count
from autograder.nbgrader.push import push as push_reports
from autograder.results import Results

__all__ = ["app"]

app = typer.Typer(help="Scores into other programs' gradebooks.", no_args_is_help=True)


@app.callback()
def _about() -> None:
    """Scores into other programs' gradebooks."""


@app.command()
def push(
    results: Annotated[Path, typer.Argument(help="The folder that `autograder grade` wrote to.")],
    db: Annotated[str, typer.Option(help="nbgrader's database.")] = "sqlite:///gradebook.db",
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Write the scores of the attempts that count into an nbgrader gradebook; manual scores stay."""
    counted = counted_reports(Results(results.absolute()), find_course(course))
    done = push_reports([report for _, report in counted], db)
    say(f"{count(done.students, 'student')} in {db}; {count(done.changed, 'submission')} changed.")
    if done.by_person:
        say(f"{count(done.by_person, 'grade')} set by a person stayed.")
