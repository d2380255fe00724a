"""The kinds of columns the tables are made of."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

__all__ = [
    "audit",
    "count",
    "course",
    "credential",
    "enrolment",
    "failed_sign_in",
    "instant",
    "key",
    "lti_link",
    "lti_nonce",
    "lti_user",
    "metadata",
    "number",
    "of",
    "outbox",
    "person",
    "place",
    "session",
    "text",
    "yes_no",
]


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


metadata = MetaData()
course = Table("course", metadata, key("id"), text("title"), text("tz"))
person = Table("person", metadata, key("id"), text("name"), text("email", null=True))
enrolment = Table(
    "enrolment",
    metadata,
    of("course", "course.id", key=True),
    of("person", "person.id", key=True),
    text("role"),
    text("label"),
    text("multiplier"),  # a fraction, "3/2"
    instant("extra"),
)
outbox = Table(
    "outbox",
    metadata,
    number(),
    text("kind"),
    Column("once", Text, nullable=False, unique=True),  # the same message is put in once
    text("payload"),
    count("tries"),
    instant("next_at"),
    instant("done_at", null=True),
    text("last_problem", null=True),
    Index("outbox_due", "done_at", "next_at"),
)
audit = Table(
    "audit",
    metadata,
    number(),
    instant("at"),
    text("who"),
    text("act"),
    text("subject"),
    text("detail"),
)

session = Table(
    "session",
    metadata,
    key("token"),
    of("person", "person.id"),
    instant("made_at"),
    instant("ends_at"),
    text("client"),
    Index("session_person", "person"),
)
credential = Table(
    "credential",
    metadata,
    key("hash"),
    of("person", "person.id"),
    text("kind"),  # `passcode` or `link`
    instant("ends_at", null=True),
    instant("used_at", null=True),
    Index("credential_person", "person", "kind"),
)
failed_sign_in = Table(
    "failed_sign_in",
    metadata,
    number(),
    text("who"),
    instant("at"),
    Index("failed_sign_in_who", "who", "at"),
)

lti_nonce = Table("lti_nonce", metadata, key("nonce"), instant("at"), Index("lti_nonce_at", "at"))
lti_user = Table(
    "lti_user",
    metadata,
    key("issuer"),
    key("subject"),
    of("person", "person.id"),
    Index("lti_user_person", "person"),
)
lti_link = Table(
    "lti_link",
    metadata,
    key("issuer"),
    key("client"),
    key("resource"),
    of("quiz", "quiz.id"),
    text("line_item"),  # where scores go; empty where the platform has none yet
    text("line_items"),  # where one is made
    text("members"),  # who is in the course
    Index("lti_link_quiz", "quiz"),
)
