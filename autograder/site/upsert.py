"""Insert unless it is there: the one statement the two databases spell alike and SQLAlchemy does not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["insert_once", "upsert", "upsert_all"]


def insert_once(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row; False, and nothing else, when a key of it is taken."""
    statement = _insert(connection, table).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(*table.primary_key)).first() is not None


def upsert(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row, or change the one with its primary key."""
    upsert_all(connection, table, [values])


def upsert_all(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """The same for many rows with the same columns, in one statement."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = _insert(connection, table)
    rest = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    changed = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    connection.execute(changed if rest else statement.on_conflict_do_nothing(), rows)


def _insert(connection: Connection, table: Table) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
