"""Which rows of the database are about a person: by foreign keys, and by columns that name who did something.

Both are found in the tables themselves, so a new table takes part without being listed anywhere: its rows
are in the person's ZIP unless the column says that only staff read them (`FOR_STAFF`), and are deleted with
the person unless it says that they stay (`KEPT`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, Text, func, select

from autograder.site.tables import FOR_STAFF, KEPT, lti_member, lti_user, metadata, person

__all__ = [
    "AUTHORS",
    "PersonColumn",
    "author_columns",
    "count_rows",
    "person_columns",
    "readable_columns",
    "rows_about",
]

# Columns that say who did something; an erased person's name in them is replaced.
AUTHORS = (
    *("who", "by_whom", "ended_by", "released_by", "connected_by", "enabled_by", "looks_as", "marker"),
)
SECRET = ("hash", "token")  # columns that nobody needs to know, not even their owner
# These hold a digest, and a person, a label or a section: the part of the course erases them.
NOT_AUTHORS = ("failed_sign_in.who", "due_rule.who", "quiz_override.who")


@dataclass(frozen=True)
class PersonColumn:
    """A column that refers to a person."""

    table: Table
    column: Column[Any]

    @property
    def stays(self) -> bool:
        """Whether an erased person's rows stay, under another name."""
        return _has_info(self.column, KEPT)

    @property
    def is_for_staff(self) -> bool:
        """Whether the person does not see the rows."""
        return _has_info(self.column, FOR_STAFF)


def person_columns() -> list[PersonColumn]:
    """The columns that refer to a person; tables that others refer to come first."""
    return [
        PersonColumn(table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column is person.c.id for key in column.foreign_keys)
    ]


def author_columns() -> list[PersonColumn]:
    """The columns that say who did something."""
    return [
        PersonColumn(table, column)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name in AUTHORS and isinstance(column.type, Text) and str(column) not in NOT_AUTHORS
    ]


def rows_about(
    connection: Connection, name: str, *, full: bool
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows that refer to a person, by table, without secrets; with `full` also what only staff read."""
    yield "person", _rows(connection, person, person.c.id, name, full=full)
    for found in person_columns():
        if found.is_for_staff and not full:
            continue
        if rows := _rows(connection, found.table, found.column, name, full=full):
            yield f"{found.table.name} ({found.column.name})", rows
    users = select(lti_user.c.issuer, lti_user.c.subject).where(lti_user.c.person == name)
    members = [
        row
        for user in connection.execute(users).all()
        for row in connection.execute(
            select(lti_member).where(lti_member.c.issuer == user.issuer, lti_member.c.subject == user.subject)
        )
    ]
    if members:
        yield "lti_member", [dict(row._mapping) for row in members]


def count_rows(connection: Connection, found: PersonColumn, name: str) -> int:
    """How many rows refer to a person by a column."""
    counted = select(func.count()).select_from(found.table).where(found.column == name)
    return int(connection.execute(counted).scalar_one())


def readable_columns(table: Table, *, full: bool) -> list[Column[Any]]:
    """The columns of a table that a person may read of their own rows; with `full` staff of anybody's."""
    return [
        item for item in table.columns if item.name not in SECRET and (full or not _has_info(item, FOR_STAFF))
    ]


def _has_info(column: Column[Any], info: Mapping[str, str]) -> bool:
    return column.info.items() >= info.items()


def _rows(
    connection: Connection, table: Table, column: Column[Any], name: str, *, full: bool
) -> list[dict[str, Any]]:
    shown = readable_columns(table, full=full)
    return [dict(row._mapping) for row in connection.execute(select(*shown).where(column == name))]
