"""The kinds of columns the tables are made of."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Identity, Integer, Text

__all__ = ["count", "instant", "key", "number", "of", "place", "text", "yes_no"]

# SQLite numbers rows by itself only when the column is INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


def text(name: str, *, null: bool = False) -> Column[str]:
    """A text."""
    return Column(name, Text, nullable=null)


def instant(name: str, *, null: bool = False) -> Column[int]:
    """Milliseconds since 1970, or a span of them."""
    return Column(name, BigInteger, nullable=null)


def count(name: str) -> Column[int]:
    """A number."""
    return Column(name, Integer, nullable=False)


def yes_no(name: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False)


def place(name: str) -> Column[int]:
    """A number that is part of the key."""
    return Column(name, Integer, primary_key=True, autoincrement=False)


def of(name: str, target: str, *, key: bool = False) -> Column[str]:
    """The key of a row of another table."""
    return Column(name, ForeignKey(target), primary_key=key, nullable=False)


def key(name: str) -> Column[str]:
    """A text that is the key, or part of it."""
    return Column(name, Text, primary_key=True)


def number() -> Column[int]:
    """A key the database counts up itself."""
    return Column("id", Serial, Identity(), primary_key=True)
