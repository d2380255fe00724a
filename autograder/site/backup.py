"""Backups of a running SQLite database, free space on its disk, and the server's secret beside it."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from autograder.errors import UsageError
from autograder.site.database import Database
from autograder.site.private_file import make_private

__all__ = ["SECRET", "back_up", "faults_in_file", "has_disk_space", "has_secret", "secret_beside"]


MARGIN = 200 * 1024 * 1024
SECRET = "quiz-secret"


def back_up(database: Database, target: Path, copy_files: Callable[[], None] | None = None) -> Path:
    """Write a compact copy of the database at one moment; students may save meanwhile.

    `copy_files` copies what the database names, after the copy of the database and before the copy gets its
    name: whatever stops it leaves no backup that looks complete. Raises UsageError for a target that exists,
    and for PostgreSQL, which has its own tools.
    """
    if database.file is None:
        raise UsageError(
            "This command backs up SQLite only.", next_step="Use pg_dump, or your server's own backups."
        )
    if target.exists():
        raise UsageError(f"{target} exists already.", next_step="Choose another file for the backup.")
    part = target.with_name(f"{target.name}.part")
    try:
        str(part).encode()
    except UnicodeEncodeError as problem:
        raise UsageError(
            f"{target} is a name that SQLite cannot write to: it is not UTF-8.",
            next_step="Choose another directory for the backup.",
        ) from problem
    try:
        part.unlink(missing_ok=True)
        make_private(part)  # before anything is in it; SQLite fills an empty file
    except OSError as problem:
        raise UsageError(
            f"The backup {target} cannot be written: {problem.strerror}.",
            next_step="Check the directory and its disk.",
        ) from problem
    connection = sqlite3.connect(database.file)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as problem:
        part.unlink(missing_ok=True)
        raise UsageError(
            f"The backup {target} cannot be written: {problem}.",
            next_step="Check the directory and its disk.",
        ) from problem
    finally:
        connection.close()
    try:
        if copy_files is not None:
            copy_files()
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(target)  # a file without .part is a complete backup
    return target


def faults_in_file(database: Database) -> list[str]:
    """The faults that SQLite finds in its file; none for PostgreSQL, which has no such check."""
    if database.dialect != "sqlite":
        return []
    with database.reading() as connection:
        lines = [str(line) for (line,) in connection.exec_driver_sql("PRAGMA integrity_check")]
        lines += [str(tuple(row)) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [line for line in lines if line != "ok"]


def has_disk_space(database: Database, margin: int = MARGIN) -> bool:
    """Whether the disk has space for new attempts; the margin is reserved for open ones."""
    if database.file is None:
        return True
    return shutil.disk_usage(database.file.absolute().parent).free >= margin


def has_secret(file: Path) -> bool:
    """Whether the secret that signed what is stored can be here: in the folder, or in QUIZ_SECRET."""
    return bool(os.environ.get("QUIZ_SECRET")) or (file.absolute().parent / SECRET).exists()


def secret_beside(file: Path) -> bytes:
    """The server's secret in the database's folder, created by the first call and readable by its owner only.

    It is not in the database, so a lost backup cannot sign receipts. QUIZ_SECRET replaces it where several
    servers share one.
    """
    if secret := os.environ.get("QUIZ_SECRET"):
        return secret.encode()
    path = file.absolute().parent / SECRET
    if not path.exists():
        temporary = path.with_name(f"{SECRET}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
            opened.write(secrets.token_hex(32).encode())
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(temporary, path)  # atomic: of two servers that start at once, one creates it
        temporary.unlink()
    return path.read_bytes()
