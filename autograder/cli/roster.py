"""`autograder roster`: let the people of a roster sign in, with their accommodations, and remove people."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection

from autograder.cli.options import CourseOption
from autograder.course.course import Course, find_course
from autograder.course.csv_table import guard_formula, read_table, write_table
from autograder.course.local_time import counted
from autograder.course.roster import RosterTable, find_roster, read_people
from autograder.errors import UsageError
from autograder.site.audit import terminal_user
from autograder.site.people import COURSE, add_course, extra_time_in, names_in
from autograder.site.roster_import import ImportPlan, plan_import, remove_people
from autograder.site.server import OpenSite, open_site
from autograder.site.sessions import add_passcodes

__all__ = ["app", "import_roster", "remove"]

app = typer.Typer(help="Manage the people of the course.", no_args_is_help=True, add_completion=False)


@app.command("import")
def import_roster(
    roster: Annotated[
        Path | None,
        typer.Argument(help="roster.csv, or a table exported by Canvas, Moodle or Gradescope."),
    ] = None,
    accommodations: Annotated[
        Path | None,
        typer.Option(help="A table of extra time and other dates; by default the roster's own columns."),
    ] = None,
    passcodes: Annotated[
        Path, typer.Option(help="The file for the passcodes of people who had none.")
    ] = Path("passcodes.csv"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and stop.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Import also what takes time, a date or a role away, unasked.")
    ] = False,
    course: CourseOption = None,
) -> None:
    """Enrol the people of a roster with their accommodations; rerun it whenever the roster changes.

    What changes is shown first. People who are missing from the table stay, and so does everything that the
    table does not speak of. What the table would take away stays, too, unless you confirm it or give --yes.
    """
    root = find_course(course)
    tables = [None if path is None else read_people(read_table(path)) for path in (roster, accommodations)]
    with open_site(root.root) as server:
        with server.database.reading() as connection:
            plan = _plan(connection, root, tables, take_away=True)
        for line in plan.lines():
            typer.echo(line)
        if dry_run:
            typer.echo("Nothing was changed: this was a dry run.")
            return
        take_away = yes or not plan.losses or _confirmed(plan)
        if not take_away:
            typer.echo(
                f"Kept, because --yes is not given: {counted(len(plan.losses), 'change')} marked TAKEN AWAY."
            )
            with server.database.reading() as connection:
                plan = _plan(connection, root, tables, take_away=False)

        def store(connection: Connection) -> int:
            add_course(connection, COURSE, root.title, root.zone.key)
            if not plan.is_current(connection):
                raise UsageError(
                    "The people of the course were changed meanwhile; nothing was imported.",
                    next_step="Rerun the command.",
                )
            plan.apply(connection, server.clock.now(), terminal_user())
            new_codes = _new_codes(connection, server, plan)
            # Written before the commit: a passcode nobody can read would lock its owner out.
            if new_codes:
                _write_passcodes(passcodes, new_codes)
            return len(new_codes)

        new_codes = server.database.write(store)
        with server.database.reading() as connection:
            enrolled, with_extra_time = len(names_in(connection, COURSE)), extra_time_in(connection, COURSE)
    typer.echo(f"{enrolled} people are in the course, {with_extra_time} with extra time.")
    if new_codes:
        number = counted(new_codes, "new passcode")
        typer.echo(f"Written to {passcodes}: {number}. Give them out, then delete the file.")


@app.command("remove")
def remove(
    people: Annotated[list[str], typer.Argument(metavar="ID…", help="The IDs of the people to remove.")],
    course: CourseOption = None,
) -> None:
    """Remove people from the course by name; their attempts and marks stay."""
    root = find_course(course)
    with open_site(root.root) as server:
        at, who = server.clock.now(), terminal_user()
        server.database.write(lambda connection: remove_people(connection, people, at, who))
    typer.echo(f"{len(people)} removed: {', '.join(people)}.")


def _plan(
    connection: Connection, root: Course, tables: list[RosterTable | None], *, take_away: bool
) -> ImportPlan:
    roster, accommodations = tables
    return plan_import(
        connection, root.zone, roster, accommodations, find_roster(root.root), take_away=take_away
    )


def _confirmed(plan: ImportPlan) -> bool:
    """Ask at a terminal whether to take away what the table takes away; elsewhere nothing is taken."""
    number = len(plan.losses)
    return sys.stdin.isatty() and typer.confirm(f"Take away, too, what {number} changes take away?")


def _new_codes(connection: Connection, server: OpenSite, plan: ImportPlan) -> list[tuple[str, str, str]]:
    """A passcode for everybody in the table who has none."""
    names, codes = names_in(connection, COURSE), add_passcodes(connection, plan.students, server.signer)
    return [(student, names[student], code) for student, code in codes.items()]


def _write_passcodes(path: Path, rows: list[tuple[str, str, str]]) -> None:
    if path.exists():
        raise UsageError(
            f"{path} exists, and the passcodes in it may not have been given out yet.",
            next_step="Move it away, or name another file with --passcodes.",
        )
    text = write_table(
        ("student", "name", "passcode"),
        [(guard_formula(student), guard_formula(name), code) for student, name, code in rows],
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
    _keep_out_of_git(path)


def _keep_out_of_git(path: Path) -> None:
    """Let no `git add` take the passcodes along, if the file is in a working tree."""
    program = shutil.which("git")
    if program is None:
        return
    folder = path.absolute().parent

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        command = [program or "", "-C", str(folder), *words]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="surrogateescape", check=False
        )  # git speaks the locale's language, and its encoding

    if git("rev-parse", "--is-inside-work-tree").stdout.strip() != "true":
        return
    if git("check-ignore", "-q", "--", path.name).returncode == 0:
        return
    exclude = folder / git("rev-parse", "--git-path", "info/exclude").stdout.strip()
    exclude.parent.mkdir(parents=True, exist_ok=True)
    with exclude.open("a", encoding="utf-8") as lines:
        lines.write("\n" + re.sub(r"([\\*?\[\]!# ])", r"\\\1", path.name) + "\n")
