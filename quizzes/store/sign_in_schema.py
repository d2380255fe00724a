"""The tables of signing in; what could let somebody in is kept as an HMAC with the server's secret."""

from __future__ import annotations

from sqlalchemy import Index, Table

from quizzes.store.columns import instant, key, number, of, text
from quizzes.store.schema import metadata

__all__ = ["credential", "failed_sign_in", "session"]

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
