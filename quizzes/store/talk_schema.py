"""The tables of what staff and students say to each other about a quiz."""

from __future__ import annotations

from sqlalchemy import Index, Table

from quizzes.store.columns import instant, number, of, place, text
from quizzes.store.schema import metadata

__all__ = ["notice", "request"]

notice = Table(
    "notice",
    metadata,
    number(),
    of("quiz", "quiz.id"),
    instant("at"),
    text("who"),
    text("text"),
    Index("notice_quiz", "quiz"),
)
request = Table(
    "request",
    metadata,
    of("attempt", "attempt.id", key=True),
    place("pos"),
    instant("at"),
    text("text"),
    instant("answered_at", null=True),
    text("who", null=True),
    text("reply", null=True),
)
