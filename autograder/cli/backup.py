"""`autograder backup` and `autograder restore`: a copy of the course's database and files."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import Course, find_course
from autograder.course.local_time import counted
from autograder.errors import UsageError
from autograder.site.backup import back_up, faults_in_file
from autograder.site.database import Database
from autograder.site.file_store import FileStore
from autograder.site.homework.context import files_address
from autograder.site.ledger_check import check_ledgers
from autograder.site.people import COURSE
from autograder.site.private_file import make_private
from autograder.site.running import database_alone
from autograder.site.server import FILE, FOLDER, open_site

__all__ = ["backup", "restore"]

FILES = "files"  # beside a backup: submissions, reports and published content, for all backups there


def backup(
    target: Annotated[
        Path,
        typer.Argument(
            help="The file to write; what students submitted goes to the directory files/ beside it."
        ),
    ],
    course: CourseOption = None,
) -> None:
    """Copy the course's database and files as they are at one moment; a server may keep running."""
    root = find_course(course)
    with open_site(root.root) as server:
        back_up(server.database, target)
    typer.echo(
        f"{target}: {target.stat().st_size / 1e6:.1f} MB, without the secret in the database's directory."
    )
    files = FileStore(files_address(root.root))
    if not files.local:
        typer.echo(f"The files are in {files_address(root.root)}: back them up there.")
        return
    # After the database: whatever it names was stored before its row.
    kept = target.absolute().parent / FILES
    copied = files.copy_to(FileStore(kept))
    if kept.is_dir():
        typer.echo(
            f"{kept}: {counted(copied, 'file is', 'files are')} new; backups in one directory share it."
        )


def restore(
    source: Annotated[Path, typer.Argument(help="A file written by `autograder backup`.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only check that the backup is whole and its ledgers verify.")
    ] = False,
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
    part = folder / f"{FILE}.restored"
    if check:
        try:
            _copy_checked(source, part, _files_of(source, root))
        finally:
            _remove(part)
        typer.echo(f"{source} is whole, and its ledgers verify.")
        return
    with database_alone(folder):
        copied = _restore_files(source, root)
        _copy_checked(source, part, FileStore(files_address(root.root)))
        _replace(part, folder)
    typer.echo(f"{folder / FILE} is the backup now; the former database is {FILE}.before beside it.")
    if copied:
        typer.echo(f"{counted(copied, 'file', 'files')} came back into {files_address(root.root)}.")


def _files_of(source: Path, root: Course) -> FileStore:
    """Where the files of a backup are: beside it, or in the object store."""
    kept = source.absolute().parent / FILES
    return FileStore(kept if kept.is_dir() else files_address(root.root))


def _restore_files(source: Path, root: Course) -> int:
    """Bring back the files that are missing; none is removed."""
    kept, files = source.absolute().parent / FILES, FileStore(files_address(root.root))
    return FileStore(kept).copy_to(files) if kept.is_dir() else 0


def _copy_checked(source: Path, part: Path, files: FileStore) -> None:
    """Copy a backup to `part` and check it there, its ledgers with the files they name."""
    if not _is_of_a_course(source):  # opening it would make one of it
        raise UsageError(
            f"{source} is not a backup of a course's database.", next_step="Name a file that was backed up."
        )
    make_private(part)
    shutil.copyfile(source, part)
    try:
        database = Database(part)
        try:
            faults = faults_in_file(database)
            if not faults:
                with database.reading() as connection:
                    faults = check_ledgers(connection, COURSE, files).faults
        finally:
            database.close()
    except UsageError as problem:
        _remove(part)
        raise UsageError(
            f"{source} is not a backup of a course's database: {problem.message}",
            next_step="Name another backup.",
        ) from problem
    if faults:
        _remove(part)
        more = f" {len(faults) - 1} more faults follow." if len(faults) > 1 else ""
        raise UsageError(f"{source} is damaged: {faults[0]}{more}", next_step="Name another backup.")


def _is_of_a_course(file: Path) -> bool:
    """Whether a file is a database with the tables of a course; an empty file is a database without any."""
    try:
        with closing(
            sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            return {"course", "person"} <= tables and bool(
                database.execute("SELECT max(version) FROM schema_version").fetchone()[0]
            )
    except sqlite3.Error:
        return False


def _replace(part: Path, folder: Path) -> None:
    """Put a checked copy in place of the database and keep the old one beside it."""
    file = folder / FILE
    for ending in ("", "-wal", "-shm"):
        old = folder / f"{FILE}{ending}"
        if old.exists():
            old.replace(folder / f"{FILE}.before{ending}")
    for ending in ("-wal", "-shm"):
        (folder / f"{part.name}{ending}").unlink(missing_ok=True)
    part.replace(file)


def _remove(part: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        part.with_name(f"{part.name}{ending}").unlink(missing_ok=True)
