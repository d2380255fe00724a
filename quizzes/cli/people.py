"""`quizzes roster import`, `quizzes passcode` and `quizzes link`: who may come in, and with what."""

from __future__ import annotations

import csv
import getpass
import io
import os
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.people import COURSE, names_in
from autograder.site.server import opened
from autograder.site.sessions import has_passcode, new_link, new_passcode
from quizzes.schedule.accommodations import read_accommodations
from quizzes.services.enrolment import add_the_course, enrol_all, read_people
from quizzes.store.quizzes import published_in

__all__ = ["here", "import_roster", "link", "passcode"]

Folder = Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")]
Person = Annotated[str, typer.Argument(help="Their id on the roster.")]


def here() -> str:
    """Who does it, for the record of what staff did: the name at this machine."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"


def import_roster(
    roster: Annotated[Path, typer.Argument(help="roster.csv, or a table as Canvas or Moodle give it out.")],
    accommodations: Annotated[
        Path | None,
        typer.Option(help="Extra time and other dates; else the roster's own columns."),
    ] = None,
    passcodes: Annotated[
        Path, typer.Option(help="Where the passcodes of those who had none are written.")
    ] = Path("passcodes.csv"),
    course: Folder = None,
) -> None:
    """Let the people of a roster in, with their accommodations; again whenever it changes."""
    root = find_course(course)
    people = read_people(roster)
    granted = read_accommodations(accommodations or roster, root.zone)
    if passcodes.exists():
        raise UsageError(
            f"{passcodes} exists, and the passcodes in it may not have been given out yet.",
            next_step="Move it away, or name another file with --passcodes.",
        )
    with opened(root.root) as one, one.database.transaction() as connection:
        add_the_course(connection, root)
        known = [quiz.id for quiz in published_in(connection, COURSE)]
        enrol_all(connection, people, granted, at=one.clock.now(), who=here(), quizzes=known)
        fresh = {
            person: new_passcode(connection, person, one.signer)
            for person in people
            if not has_passcode(connection, person)
        }
        # Written before the commit: a passcode nobody can read would lock its owner out.
        if fresh:
            _write(passcodes, [(person, people[person][0], code) for person, code in fresh.items()])
    extra = sum(one.accommodation is not None for one in granted)
    typer.echo(f"{len(people)} people are in the course, {extra} with extra time.")
    if fresh:
        typer.echo(f"{len(fresh)} new passcodes are in {passcodes}: give them out, then delete the file.")


def passcode(person: Person, course: Folder = None) -> None:
    """Give somebody a new passcode; the old one stops working, whoever is signed in stays so."""
    root = find_course(course)
    with opened(root.root) as one, one.database.transaction() as connection:
        _must_be_known(connection, person)
        code = new_passcode(connection, person, one.signer)
    typer.echo(code)


def link(
    person: Person,
    url: Annotated[str, typer.Option(help="How students reach the server.")] = "http://127.0.0.1:8080",
    course: Folder = None,
) -> None:
    """Print a link that signs somebody in once, within a week."""
    root = find_course(course)
    with opened(root.root) as one, one.database.transaction() as connection:
        _must_be_known(connection, person)
        secret = new_link(connection, person, one.signer, one.clock.now())
    typer.echo(f"{url.rstrip('/')}/sign-in/{secret}")


def _must_be_known(connection: Connection, person: str) -> None:
    if person not in names_in(connection, COURSE):
        raise UsageError(
            f"{person} is not in this course.",
            next_step="Import the roster first.",
        )


def _write(path: Path, rows: list[tuple[str, str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("student", "name", "passcode"), *rows])
    try:
        opened_file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}.") from problem
    with os.fdopen(opened_file, "w", encoding="utf-8", newline="") as file:
        file.write(text.getvalue())
