"""The tables of marking by hand, as the newest migration leaves them; a test holds that the two agree.

A question is named by the kind of its work (`homework`, `quiz`), the work, and its id in it. Which items of a
rubric an answer has is in the detail of its mark, so there is one record of marks.
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
    Table,
    Text,
)

from autograder.site.tables import FOR_STAFF, Points, Serial, metadata

__all__ = [
    "assigned_answer",
    "marking_conflict",
    "marking_note",
    "recalculation",
    "recalculation_change",
    "regrade_message",
    "regrade_request",
    "rubric",
    "rubric_item",
    "saved_comment",
]

rubric = Table(
    "rubric",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("work", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("from_full", Boolean, nullable=False),  # items are taken off full marks, not added to none
    Column("version", Integer, nullable=False),  # grows with every change
)
rubric_item = Table(
    "rubric_item",
    metadata,
    Column("course", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("work", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("points", Points, nullable=False),
    Column("removed_at", BigInteger),
    ForeignKeyConstraint(
        ["course", "kind", "work", "question"],
        ["rubric.course", "rubric.kind", "rubric.work", "rubric.question"],
    ),
)
saved_comment = Table(
    "saved_comment",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("work", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
    Index("saved_comment_question", "course", "kind", "work", "question"),
)
# What graders tell each other about one answer; no page of a student reads it.
marking_note = Table(
    "marking_note",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("answer", Text, nullable=False),  # a submission or an attempt
    Column("question", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Index("marking_note_answer", "kind", "answer"),
)
# Who marks whose answers to a question.
assigned_answer = Table(
    "assigned_answer",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("work", Text, primary_key=True),
    Column("question", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True, info=FOR_STAFF),
    Column("marker", ForeignKey("person.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("assigned_answer_marker", "course", "marker"),
)
marking_conflict = Table(
    "marking_conflict",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("marker", ForeignKey("person.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True, info=FOR_STAFF),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
# A rubric's change that alters given marks; each answer follows in a transaction of its own.
recalculation = Table(
    "recalculation",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("work", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Index("recalculation_question", "course", "kind", "work", "question"),
)
recalculation_change = Table(
    "recalculation_change",
    metadata,
    Column("run", ForeignKey("recalculation.id"), primary_key=True),
    Column("answer", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),  # the number of the mark that it replaces
    Column("before", Points, nullable=False),
    Column("after", Points, nullable=False),
    Column("done_at", BigInteger),
    Column("outcome", Text, nullable=False),  # why it was skipped; empty where it was not
    Index("recalculation_change_done", "done_at", "run"),
)

# A student's request to look at a mark again, with its state; what was said is in `regrade_message`.
regrade_request = Table(
    "regrade_request",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('homework', 'quiz')"), nullable=False),
    Column("work", Text, nullable=False),
    Column("answer", Text, nullable=False),  # a submission or an attempt
    Column("part", Text, nullable=False),  # of its marks
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("marker", Text, nullable=False),  # who answers it: whoever gave the mark; empty for anybody
    Column("at", BigInteger, nullable=False),
    Column(
        "state", Text, CheckConstraint("state IN ('open', 'answered', 'appealed', 'closed')"), nullable=False
    ),
    Column("changed", Boolean, nullable=False),  # it succeeded: the points are others now
    Index("regrade_request_answer", "kind", "answer", "part", "person", unique=True),
    Index("regrade_request_person", "course", "person"),
)
regrade_message = Table(
    "regrade_message",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("request", ForeignKey("regrade_request.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),  # whose request it is
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    # Of an answer: the points, and the new ones where they changed. Pages show them while results are shown.
    Column("before", Points, info=FOR_STAFF),
    Column("after", Points, info=FOR_STAFF),
    Index("regrade_message_request", "request"),
)
