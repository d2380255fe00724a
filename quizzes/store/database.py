"""Opening the database: a SQLite file, or PostgreSQL by its address.

Whatever is written goes through `transaction`; SQLite takes its write lock at the beginning of one, so a
second process waits instead of failing half way. With `synchronous=FULL` a commit returns after the log is
on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from autograder.errors import UsageError
from quizzes.store.migrations import migrate

__all__ = ["Database", "database_address"]


def database_address(file: Path) -> str:
    """Where quizzes are kept: DATABASE_URL if it is set, else this file."""
    return os.environ.get("DATABASE_URL") or str(file)


class Database:
    """An open database, brought to its newest form; raises UsageError when it cannot be opened.

    `address` is a file's path, or `postgresql://…`.
    """

    def __init__(self, address: str | Path) -> None:
        written = str(address)
        self.file: Path | None = None
        if "://" not in written:
            self.file = Path(written)
            self._write, self._read = _sqlite(self.file, "IMMEDIATE"), _sqlite(self.file, "DEFERRED")
        else:
            self._write = self._read = _postgresql(written)
        self.dialect = self._write.dialect.name
        try:
            with self.transaction() as connection:
                migrate(connection)
        except UsageError:
            self.close()
            raise
        except DBAPIError as problem:
            self.close()
            raise UsageError(
                f"The quiz database cannot be opened: {str(problem.orig).strip()}.",
                next_step="Check DATABASE_URL, or the folder of the file and who may write there.",
            ) from problem

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection to write with; committed at the end, rolled back when an exception leaves it."""
        with self._write.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the database; what it writes is not kept."""
        with self._read.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._write.dispose()
        self._read.dispose()


def _sqlite(file: Path, kind: str) -> Engine:
    with suppress(OSError):  # what cannot be made is said when it is opened
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # answers are nobody else's business
    engine = create_engine(URL.create("sqlite", database=str(file)), pool_size=8, max_overflow=24)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin below, not when the driver thinks so
        for setting in (
            "busy_timeout=30000",  # first: the next one may have to wait for another process
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine


def _postgresql(address: str) -> Engine:
    scheme, _, rest = address.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise UsageError(
            f"A quiz database is a SQLite file or postgresql://…, not {scheme}://….",
            next_step="Correct DATABASE_URL.",
        )
    try:
        return create_engine(f"postgresql+psycopg://{rest}", pool_pre_ping=True, pool_size=8, max_overflow=8)
    except ModuleNotFoundError as problem:
        raise UsageError(
            "PostgreSQL needs the package psycopg.",
            next_step="Install it: pip install 'autograder[postgres]'.",
        ) from problem
