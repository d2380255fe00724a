"""`quizzes backup` and `quizzes restore`: a copy of everything, while students write."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.backup import back_up
from autograder.site.database import Database
from autograder.site.server import FILE, FOLDER, opened
from quizzes.loadtest.checks import faults_in_file

__all__ = ["backup", "restore"]

Folder = Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")]


def backup(target: Annotated[Path, typer.Argument(help="The copy to write.")], course: Folder = None) -> None:
    """Copy the database as it is at one moment; a server may run meanwhile."""
    root = find_course(course)
    with opened(root.root) as one:
        back_up(one.database, target)
    typer.echo(
        f"{target}: {target.stat().st_size / 1e6:.1f} MB. The secret beside the database is not in it."
    )


def restore(
    source: Annotated[Path, typer.Argument(help="A copy made by `quizzes backup`.")], course: Folder = None
) -> None:
    """Put a copy in the place of the database, which is kept beside it; stop the server first."""
    root = find_course(course)
    if not source.is_file():
        raise UsageError(f"There is no file {source}.", next_step="Name a copy made by `quizzes backup`.")
    folder = root.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / f"{FILE}.restored"
    shutil.copyfile(source, part)
    part.chmod(0o600)
    try:
        database = Database(part)
        faults = faults_in_file(database)
        database.close()
    except UsageError as problem:
        part.unlink()
        raise UsageError(
            f"{source} is no copy of a quiz database: {problem.message}", next_step="Take another one."
        ) from problem
    if faults:
        part.unlink()
        raise UsageError(f"{source} is damaged: {faults[0]}.", next_step="Take another copy.")
    file = folder / FILE
    for ending in ("", "-wal", "-shm"):
        old = folder / f"{FILE}{ending}"
        if old.exists():
            old.replace(folder / f"{FILE}.before{ending}")
    for ending in ("-wal", "-shm"):
        (folder / f"{part.name}{ending}").unlink(missing_ok=True)
    part.replace(file)
    typer.echo(f"{file} is the copy now; what was there is {FILE}.before beside it.")
