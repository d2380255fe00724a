"""`autograder roster import`: let the people of a roster sign in, with their accommodations."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.csv_table import write_table
from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import guard_formula
from autograder.site.audit import Act, record_act, terminal_user
from autograder.site.extensions import extensions
from autograder.site.people import COURSE, add_course, add_person, enrol
from autograder.site.server import open_site
from autograder.site.sessions import has_passcode, new_passcode

__all__ = ["app", "import_roster"]

app = typer.Typer(help="Manage the people of the course.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass  # a Typer application with one command is a group only with a callback


@app.command("import")
def import_roster(
    roster: Annotated[Path, typer.Argument(help="roster.csv, or a table exported by Canvas or Moodle.")],
    accommodations: Annotated[
        Path | None,
        typer.Option(help="A table of extra time and other dates; by default the roster's own columns."),
    ] = None,
    passcodes: Annotated[
        Path, typer.Option(help="The file for the passcodes of people who had none.")
    ] = Path("passcodes.csv"),
    course: CourseOption = None,
) -> None:
    """Enrol the people of a roster with their accommodations; rerun it whenever the roster changes."""
    root = find_course(course)
    people = {person.student_id: person for person in read_roster(roster).people}
    if passcodes.exists():
        raise UsageError(
            f"{passcodes} exists, and the passcodes in it may not have been given out yet.",
            next_step="Move it away, or name another file with --passcodes.",
        )
    with open_site(root.root) as server, server.database.transaction() as connection:
        at, who = server.clock.now(), terminal_user()
        add_course(connection, COURSE, root.title, root.zone.key)
        for person in people.values():
            add_person(connection, person.student_id, person.name, person.email or None)
            enrol(connection, COURSE, person.student_id)
        # Extra time and dates belong to what is timed, so the extensions read them.
        extra_time = [
            extension.accommodate(connection, accommodations or roster, list(people), root.zone)
            for extension in extensions()
        ]
        record_act(connection, Act(at, who, "roster import", COURSE, {"people": len(people)}))
        new_codes = [
            (student, person.name, new_passcode(connection, student, server.signer))
            for student, person in people.items()
            if not has_passcode(connection, student)
        ]
        # Written before the commit: a passcode nobody can read would lock its owner out.
        if new_codes:
            _write_passcodes(passcodes, new_codes)
    typer.echo(f"{len(people)} people are in the course, {sum(extra_time)} with extra time.")
    if new_codes:
        typer.echo(f"{len(new_codes)} new passcodes are in {passcodes}: give them out, then delete the file.")


def _write_passcodes(path: Path, rows: list[tuple[str, str, str]]) -> None:
    text = write_table(
        ("student", "name", "passcode"),
        [(student, guard_formula(name), code) for student, name, code in rows],
    )
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be written: {problem.strerror}.",
            next_step="Name another file with --passcodes.",
        ) from problem
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)
