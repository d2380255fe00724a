"""`autograder backup` and `autograder restore`: a copy of the course's database, while students use it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.backup import back_up, faults_in_file
from autograder.site.database import Database
from autograder.site.private_file import make_private
from autograder.site.running import database_alone
from autograder.site.server import FILE, FOLDER, open_site

__all__ = ["backup", "restore"]


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write.")], course: CourseOption = None
) -> None:
    """Copy the course's database as it is at one moment; a server may keep running."""
    root = find_course(course)
    with open_site(root.root) as server:
        back_up(server.database, target)
    typer.echo(
        f"{target}: {target.stat().st_size / 1e6:.1f} MB, without the secret in the database's directory."
    )


def restore(
    source: Annotated[Path, typer.Argument(help="A file written by `autograder backup`.")],
    course: CourseOption = None,
) -> None:
    """Replace the course's database by a backup and keep the old one beside it; stop the server first."""
    root = find_course(course)
    if not source.is_file():
        raise UsageError(
            f"There is no file {source}.", next_step="Name a file written by `autograder backup`."
        )
    folder = root.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with database_alone(folder):
        _replace(source, folder)
    typer.echo(f"{folder / FILE} is the backup now; the former database is {FILE}.before beside it.")


def _replace(source: Path, folder: Path) -> None:
    """Put a backup in place of the database and keep the old one beside it."""
    part = folder / f"{FILE}.restored"
    make_private(part)
    shutil.copyfile(source, part)
    try:
        database = Database(part)
        faults = faults_in_file(database)
        database.close()
    except UsageError as problem:
        part.unlink()
        raise UsageError(
            f"{source} is not a backup of a course's database: {problem.message}",
            next_step="Name another backup.",
        ) from problem
    if faults:
        part.unlink()
        raise UsageError(f"{source} is damaged: {faults[0]}.", next_step="Name another backup.")
    file = folder / FILE
    for ending in ("", "-wal", "-shm"):
        old = folder / f"{FILE}{ending}"
        if old.exists():
            old.replace(folder / f"{FILE}.before{ending}")
    for ending in ("-wal", "-shm"):
        (folder / f"{part.name}{ending}").unlink(missing_ok=True)
    part.replace(file)
