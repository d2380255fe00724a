"""Questions a student flagged to look at again: a note to themselves, no part of what is handed in."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, select

from quizzes.store.once import insert_once
from quizzes.store.schema import flag

__all__ = ["flags_of", "set_flag"]

FLAGS = select(flag.c.pos).where(flag.c.attempt == bindparam("one"))


def flags_of(connection: Connection, one: str) -> set[int]:
    """The places of the flagged questions."""
    return set(connection.execute(FLAGS, {"one": one}).scalars())


def set_flag(connection: Connection, one: str, pos: int, flagged: bool) -> None:
    """Set or take away a flag; doing it twice changes nothing."""
    if flagged:
        insert_once(connection, flag, {"attempt": one, "pos": pos})
    else:
        connection.execute(delete(flag).where(flag.c.attempt == one, flag.c.pos == pos))
