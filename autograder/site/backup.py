"""Backups of a running SQLite database, the room on its disk, and the secret in its directory."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path

from autograder.errors import UsageError
from autograder.site.database import Database

__all__ = ["back_up", "faults_in_file", "has_room", "secret_beside"]


MARGIN = 200 * 1024 * 1024
SECRET = "quiz-secret"


def back_up(database: Database, target: Path) -> Path:
    """A whole, compact copy of the database as it is at one moment; students go on saving meanwhile.

    Raises UsageError for a target that exists, and for PostgreSQL, which brings its own tool.
    """
    if database.file is None:
        raise UsageError(
            "PostgreSQL backs itself up.", next_step="Use pg_dump, or your server's own backups."
        )
    if target.exists():
        raise UsageError(f"{target} exists already.", next_step="Choose another name for the backup.")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    connection = sqlite3.connect(database.file)
    try:
        connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as problem:
        part.unlink(missing_ok=True)
        raise UsageError(
            f"The backup {target} cannot be written: {problem}.", next_step="Check the folder and its disk."
        ) from problem
    finally:
        connection.close()
    part.chmod(0o600)
    part.replace(target)  # a name without .part is a whole backup
    return target


def faults_in_file(database: Database) -> list[str]:
    """The faults that SQLite itself finds in its file; none for PostgreSQL, which has no such check."""
    if database.dialect != "sqlite":
        return []
    with database.reading() as connection:
        lines = [str(line) for (line,) in connection.exec_driver_sql("PRAGMA integrity_check")]
        lines += [str(tuple(row)) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]
    return [line for line in lines if line != "ok"]


def has_room(database: Database, margin: int = MARGIN) -> bool:
    """Whether the disk can take more attempts; what is left below the margin belongs to those running."""
    if database.file is None:
        return True
    return shutil.disk_usage(database.file.absolute().parent).free >= margin


def secret_beside(file: Path) -> bytes:
    """The server's secret in the database's folder, made at the first call; only its owner may read it.

    It is not in the database, so a backup that gets lost cannot sign receipts. QUIZ_SECRET takes its place
    where several servers share one.
    """
    if given := os.environ.get("QUIZ_SECRET"):
        return given.encode()
    path = file.absolute().parent / SECRET
    if not path.exists():
        own = path.with_name(f"{SECRET}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(own, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as opened:
            opened.write(secrets.token_hex(32).encode())
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(own, path)  # whole or not at all: of two servers that begin, one makes it
        own.unlink()
    return path.read_bytes()
