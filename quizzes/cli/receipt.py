"""`quizzes verify-receipt`: whether the receipt that a student shows is genuine."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.local_time import counted, shown
from autograder.errors import ContentError, UsageError
from autograder.site.people import COURSE, names_in
from autograder.site.server import open_site
from quizzes.store.receipts import verify_receipt

__all__ = ["verify"]

LARGEST = 16 * 1024 * 1024  # bytes


def verify(
    file: Annotated[Path, typer.Argument(help="The downloaded receipt; - reads the standard input.")],
    course: CourseOption = None,
) -> None:
    """Verify a receipt: that this course's server issued it, and that no answer was changed."""
    root = find_course(course)
    try:
        stream = sys.stdin.buffer if str(file) == "-" else file.open("rb")
        with stream:
            text = stream.read(LARGEST).decode("utf-8", "replace")
    except OSError as problem:
        raise UsageError(
            f"{file} cannot be read: {problem.strerror}.", next_step="Name another file."
        ) from problem
    with open_site(root.root) as site, site.database.reading() as connection:
        result = verify_receipt(connection, site.signer, text)
        names = names_in(connection, COURSE)
    if not result.genuine:
        raise ContentError(f"{file}: {result.problem}", next_step="Ask for the file as it was downloaded.")
    body = result.body
    name = names.get(body["person"], body["person"])
    ended = shown(body["finished_at"], root.zone)
    typer.echo(
        f"Genuine: {name}, {body['quiz']}, attempt {body['number']}, ended {ended}, "
        f"{counted(len(body['answers']), 'answer')}."
    )
    if not result.newest:
        typer.echo("A later receipt of this attempt was issued: it was reopened afterwards.")
