"""The tables, as the newest migration leaves them; a test holds that the two agree.

Instants are milliseconds since 1970 UTC. `answer_event` and `attempt_event` are only ever added to; one
counter per attempt (`attempt.seq`) orders both. `attempt` and `answer` are what these events come to.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)
from sqlalchemy import text as sql

from autograder.site.tables import (
    count,
    instant,
    key,
    metadata,
    number,
    of,
    place,
    text,
    yes_no,
)

__all__ = [
    "answer",
    "answer_event",
    "attempt",
    "attempt_event",
    "attempt_item",
    "flag",
    "grade",
    "notice",
    "override",
    "quiz",
    "quiz_version",
    "receipt",
    "regrade_run",
    "request",
]


quiz_version = Table(
    "quiz_version",
    metadata,
    key("hash"),
    Column("content", LargeBinary, nullable=False),
    instant("published_at"),
)
quiz = Table(
    "quiz",
    metadata,
    key("id"),
    of("course", "course.id"),
    text("slug"),
    text("title"),
    of("version", "quiz_version.hash"),
    instant("opens_at"),
    instant("due_at", null=True),
    instant("closes_at", null=True),
    instant("time_limit", null=True),
    instant("grace"),
    yes_no("extend_close"),
    Column("attempts", Integer),
    UniqueConstraint("course", "slug"),
)
override = Table(
    "quiz_override",
    metadata,
    of("quiz", "quiz.id", key=True),
    key("scope"),  # `person` or `label`
    key("who"),
    key("field"),
    text("value"),
)
attempt = Table(
    "attempt",
    metadata,
    key("id"),
    of("quiz", "quiz.id"),
    of("version", "quiz_version.hash"),
    of("person", "person.id"),
    count("number"),
    text("seed"),
    yes_no("preview"),
    text("state"),
    instant("started_at"),
    instant("deadline_at", null=True),
    instant("due_at", null=True),
    instant("grace"),
    instant("finished_at", null=True),
    text("finished_by", null=True),
    text("pen"),
    count("seq"),
    UniqueConstraint("quiz", "person", "number"),
    Index(
        "attempt_open",
        "quiz",
        "person",
        unique=True,
        sqlite_where=sql("state = 'open'"),
        postgresql_where=sql("state = 'open'"),
    ),
    Index("attempt_deadline", "state", "deadline_at"),
)
attempt_item = Table(
    "attempt_item",
    metadata,
    of("attempt", "attempt.id", key=True),
    place("pos"),
    text("question_hash"),
    text("params"),
    text("option_order"),
    Column("points", Float, nullable=False),
)
answer = Table(
    "answer",
    metadata,
    key("attempt"),
    place("pos"),
    count("rev"),
    text("raw"),
    instant("received_at"),
    ForeignKeyConstraint(["attempt", "pos"], ["attempt_item.attempt", "attempt_item.pos"]),
)
answer_event = Table(
    "answer_event",
    metadata,
    of("attempt", "attempt.id", key=True),
    place("seq"),
    instant("at"),
    count("pos"),
    count("rev"),
    count("base_rev"),
    text("save_id"),
    text("raw"),
    text("problem"),  # why it is not valid
    yes_no("in_grace"),
    yes_no("late"),
    text("client"),
    # A refused save may be sent again with the same id, after an extension for example.
    Index(
        "answer_event_save",
        "attempt",
        "save_id",
        unique=True,
        sqlite_where=sql("problem = '' AND NOT late"),
        postgresql_where=sql("problem = '' AND NOT late"),
    ),
    Index("answer_event_at", "at"),
)
attempt_event = Table(
    "attempt_event",
    metadata,
    of("attempt", "attempt.id", key=True),
    place("seq"),
    instant("at"),
    text("kind"),
    text("data"),
)
grade = Table(
    "grade",
    metadata,
    of("attempt", "attempt.id", key=True),
    place("pos"),
    key("key_version"),
    key("grader_version"),
    place("answer_rev"),  # which answer was marked
    Column("points", Float, nullable=False),
    text("detail"),
    instant("at"),
    yes_no("current"),
)
regrade_run = Table(
    "regrade_run",
    metadata,
    number(),
    of("quiz", "quiz.id"),
    text("key_version"),
    text("grader_version"),
    text("who"),
    text("diff"),
    instant("at"),
    instant("released_at", null=True),
)
receipt = Table(
    "receipt",
    metadata,
    of("attempt", "attempt.id", key=True),
    place("seq"),
    text("body"),
    text("digest"),
    text("signature"),
)
flag = Table("flag", metadata, of("attempt", "attempt.id", key=True), place("pos"))

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
