"""A course's database as an earlier version of the program would have written it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import create_engine

from autograder.site.database import MIGRATIONS, migrate, migrations
from autograder.site.extensions import extensions

__all__ = ["make_older"]


def make_older(file: Path, first_unknown: str, *, forgotten: frozenset[str] = frozenset()) -> int:
    """Rewrite a SQLite database with the schema before a migration; how many migrations it lacks then.

    What the older schema has no place for must be empty, or have its default value in every row; `forgotten`
    names tables, and columns as `table.column`, which an older version would never have written.
    """
    folders = [MIGRATIONS, *(extension.migrations for extension in extensions())]
    names = sorted(path.name for folder in folders for path in folder.glob("[0-9]*.sql"))
    known = sum(name < first_unknown for name in names)
    older = file.with_name("older.db")
    engine = create_engine(f"sqlite:///{older}")
    with engine.begin() as connection:
        migrate(connection, migrations()[:known])
    engine.dispose()
    with closing(sqlite3.connect(older)) as target:
        target.execute("ATTACH DATABASE ? AS now", (str(file),))
        tables = {
            name for (name,) in target.execute("SELECT name FROM now.sqlite_master WHERE type = 'table'")
        }
        for table in sorted(tables - {"schema_version", "sqlite_sequence"}):
            now = list(target.execute(f'PRAGMA now.table_info("{table}")'))
            if table in forgotten:
                continue
            before = {row[1] for row in target.execute(f'PRAGMA main.table_info("{table}")')}
            for _, column, _, _, default, _ in now:
                if column in before or f"{table}.{column}" in forgotten:
                    continue
                empty = f'"{column}" IS {default or "NULL"}' if before else "0"
                lost = target.execute(f'SELECT count(*) FROM now."{table}" WHERE NOT ({empty})').fetchone()[0]
                assert not lost, (
                    f"{table}.{column} holds {lost} values that the older schema has no place for"
                )
            shared = ", ".join(f'"{row[1]}"' for row in now if row[1] in before)
            if before:
                target.execute(f'INSERT INTO main."{table}" ({shared}) SELECT {shared} FROM now."{table}"')
        target.execute("DELETE FROM main.sqlite_sequence")
        target.execute("INSERT INTO main.sqlite_sequence SELECT * FROM now.sqlite_sequence")
        target.commit()
    for ending in ("-wal", "-shm"):
        file.with_name(f"{file.name}{ending}").unlink(missing_ok=True)
    older.replace(file)
    return len(names) - known
