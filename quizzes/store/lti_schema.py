"""The tables of learning platforms: nonces that were used, who is who, where a quiz is linked."""

from __future__ import annotations

from sqlalchemy import Index, Table

from quizzes.store.columns import instant, key, of, text
from quizzes.store.schema import metadata

__all__ = ["lti_link", "lti_nonce", "lti_user"]

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
