"""`autograder backup` and `autograder restore`: a copy of the course's database and files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import Course, find_course
from autograder.course.local_time import counted
from autograder.errors import UsageError
from autograder.site.backup import SECRET, has_secret
from autograder.site.file_store import FileStore
from autograder.site.homework.context import files_address
from autograder.site.running import database_alone
from autograder.site.server import FILE, FOLDER, open_site
from autograder.site.settings.backups import (
    FILES,
    check_copy,
    files_of_backup,
    make_backup,
    remove_copy,
    remove_upgrade_copies,
)

__all__ = ["backup", "restore"]


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
        for sentence in make_backup(server.database, root.root, target):
            typer.echo(sentence)


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
            check_copy(source, part, files_of_backup(source, root.root))
        finally:
            remove_copy(part)
        typer.echo(f"{source} is whole, and its ledgers verify.")
        return
    with database_alone(folder):
        copied = _restore_files(source, root)
        check_copy(source, part, FileStore(files_address(root.root)))
        remove_upgrade_copies(part)
        had_one = _replace(part, folder)
    former = f"the former database is {FILE}.before beside it" if had_one else "there was no database before"
    typer.echo(f"{folder / FILE} is the backup now; {former}.")
    if not has_secret(folder / FILE):
        typer.echo(
            f"The server's secret is not here. Copy {SECRET} from the old machine into {folder} before the "
            "site starts; without it every passcode, sign-in link and token has to be made anew."
        )
    if copied:
        typer.echo(f"{counted(copied, 'file', 'files')} came back into {files_address(root.root)}.")


def _restore_files(source: Path, root: Course) -> int:
    """Bring back the files that are missing; none is removed."""
    kept, files = source.absolute().parent / FILES, FileStore(files_address(root.root))
    return FileStore(kept).copy_to(files) if kept.is_dir() else 0


def _replace(part: Path, folder: Path) -> bool:
    """Put a checked copy in place of the database and keep the old one beside it; whether there was one."""
    file = folder / FILE
    had_one = file.exists()
    for ending in ("", "-wal", "-shm"):
        old = folder / f"{FILE}{ending}"
        if old.exists():
            old.replace(folder / f"{FILE}.before{ending}")
    for ending in ("-wal", "-shm"):
        (folder / f"{part.name}{ending}").unlink(missing_ok=True)
    part.replace(file)
    return had_one
