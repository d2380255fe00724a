"""The tables of quizzes, as the newest migration leaves them; a test holds that the two agree.

Instants and spans are milliseconds, instants since 1970 UTC. Rows of `answer_event` and `attempt_event` are
only ever added; one counter per attempt (`attempt.seq`) orders both. `attempt` and `answer` hold the fold of
these events. `response` columns hold an answer as JSON text. Every module of the store uses these tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from autograder.site.tables import FOR_STAFF, KEPT, Points, Serial, metadata

__all__ = [
    "answer",
    "answer_event",
    "attempt",
    "attempt_event",
    "attempt_item",
    "flag",
    "notice",
    "override",
    "quiz",
    "quiz_version",
    "receipt",
    "regrade_change",
    "regrade_run",
]


quiz_version = Table(
    "quiz_version",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("published_at", BigInteger, nullable=False),
)
quiz = Table(
    "quiz",
    metadata,
    Column("id", Text, primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("version", ForeignKey("quiz_version.hash"), nullable=False),
    Column("opens_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("closes_at", BigInteger),
    Column("time_limit", BigInteger),
    Column("grace", BigInteger, nullable=False),
    Column("extend_close", Boolean, nullable=False),
    Column("attempts", Integer),
    UniqueConstraint("course", "slug"),
)
override = Table(
    "quiz_override",
    metadata,
    Column("quiz", ForeignKey("quiz.id"), primary_key=True),
    Column("scope", Text, CheckConstraint("scope IN ('person', 'label')"), primary_key=True),
    Column("who", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
attempt = Table(
    "attempt",
    metadata,
    Column("id", Text, primary_key=True),
    Column("quiz", ForeignKey("quiz.id"), nullable=False),
    Column("version", ForeignKey("quiz_version.hash"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False, info=KEPT),
    Column("number", Integer, nullable=False),
    Column("seed", Text, nullable=False, info=FOR_STAFF),
    Column("preview", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("deadline_at", BigInteger),
    Column("due_at", BigInteger),
    Column("grace", BigInteger, nullable=False, info=FOR_STAFF),
    Column("finished_at", BigInteger),
    Column("finished_by", Text),
    Column("lock", Text, nullable=False, info=FOR_STAFF),  # the edit lock of the tab that may save
    Column("seq", Integer, nullable=False),
    Column("saved_bytes", BigInteger, nullable=False, server_default="0"),  # of all saves in its log
    UniqueConstraint("quiz", "person", "number"),
    Index(
        "attempt_open",
        "quiz",
        "person",
        unique=True,
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index("attempt_deadline", "state", "deadline_at"),
)
attempt_item = Table(
    "attempt_item",
    metadata,
    Column("attempt", ForeignKey("attempt.id"), primary_key=True),
    Column("pos", Integer, primary_key=True, autoincrement=False),
    Column("question_hash", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("option_order", Text, nullable=False),
    Column("points", Points, nullable=False),
)
answer = Table(
    "answer",
    metadata,
    Column("attempt", Text, primary_key=True),
    Column("pos", Integer, primary_key=True, autoincrement=False),
    Column("rev", Integer, nullable=False),
    Column("response", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("answered", Boolean, nullable=False, server_default=text("TRUE")),  # False for a blank answer
    ForeignKeyConstraint(["attempt", "pos"], ["attempt_item.attempt", "attempt_item.pos"]),
)
answer_event = Table(
    "answer_event",
    metadata,
    Column("attempt", Text, primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("pos", Integer, nullable=False),
    Column("rev", Integer, nullable=False),
    Column("base_rev", Integer, nullable=False),
    Column("save_id", Text, nullable=False),
    Column("response", Text, nullable=False),
    Column("problem", Text, nullable=False),  # why it is not valid
    Column("in_grace", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("client", Text, nullable=False),
    Column("began_at", BigInteger),  # when the request began to arrive; `at` is when it was complete
    ForeignKeyConstraint(["attempt", "pos"], ["attempt_item.attempt", "attempt_item.pos"]),
    # A refused save may be sent again with the same id, after an extension for example.
    Index(
        "answer_event_save",
        "attempt",
        "save_id",
        unique=True,
        sqlite_where=text("problem = '' AND NOT late"),
        postgresql_where=text("problem = '' AND NOT late"),
    ),
    Index("answer_event_at", "at"),
)
attempt_event = Table(
    "attempt_event",
    metadata,
    Column("attempt", ForeignKey("attempt.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),
)
regrade_run = Table(
    "regrade_run",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("quiz", ForeignKey("quiz.id"), nullable=False),
    Column("key_version", Text, nullable=False),
    Column("grader_version", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("diff", Text, nullable=False),  # a proposal of version 0.1; empty since
    Column("at", BigInteger, nullable=False),
    Column("released_at", BigInteger),
    Column("base", Text),  # the quiz's version at the proposal; None in version 0.1
    Column("released_by", Text),
)
# One row for each attempt of a proposal.
regrade_change = Table(
    "regrade_change",
    metadata,
    Column("run", ForeignKey("regrade_run.id"), primary_key=True),
    Column("attempt", ForeignKey("attempt.id"), primary_key=True),
    Column("key_before", Text, nullable=False),
    Column("points_before", Points, nullable=False),
    Column("points_after", Points, nullable=False),
    Column("marks", Text, nullable=False),  # JSON: the new marks, and which marks were seen
    Column("note", Text, nullable=False),  # which questions keep their marks, and why
    Column("done_at", BigInteger),  # when the release came to it
    Column("outcome", Text, nullable=False),  # what was skipped then, and why
    Index("regrade_change_done", "done_at", "run"),
)
receipt = Table(
    "receipt",
    metadata,
    Column("attempt", ForeignKey("attempt.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("signature", Text, nullable=False),
)
flag = Table(
    "flag",
    metadata,
    Column("attempt", Text, primary_key=True),
    Column("pos", Integer, primary_key=True, autoincrement=False),
    ForeignKeyConstraint(["attempt", "pos"], ["attempt_item.attempt", "attempt_item.pos"]),
)
notice = Table(
    "notice",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("quiz", ForeignKey("quiz.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("notice_quiz", "quiz"),
)
