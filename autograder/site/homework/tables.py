"""The tables of homework, as the newest migration leaves them; a test holds that the two agree."""

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

from autograder.site.tables import KEPT, Points, Serial, metadata

__all__ = [
    "bundle",
    "due_rule",
    "extension_request",
    "grading",
    "group_member",
    "group_sign_up",
    "homework",
    "homework_group",
    "homework_regrade",
    "late_day",
    "submission",
    "submission_owner",
    "submit_token",
]

# What was published of an assignment, hidden half included: a ZIP in the file store.
bundle = Table(
    "bundle",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("assignment", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
)
# An assignment as students see it now.
homework = Table(
    "homework",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("bundle", ForeignKey("bundle.digest"), nullable=False),
    Column("handout", Text, nullable=False),  # digest of the ZIP that students download
    Column("facts", Text, nullable=False),  # JSON: title, points, tasks, late rule
    Column("due_at", BigInteger),
    Column("released_at", BigInteger),
    Column("held_at", BigInteger),  # since when staff hold the results
    Column("release_at", BigInteger),  # when they are released, unless that is undone before
    Column("announced_at", BigInteger),  # when students were told that they see results
)
submission = Table(
    "submission",
    metadata,
    Column("id", Text, primary_key=True),
    Column("course", Text, nullable=False),
    Column("assignment", Text, nullable=False),
    Column("number", Integer, nullable=False),  # which of its owner's, from 1
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),  # bytes
    Column("file", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),  # the arrival of its last byte
    Column("by_whom", Text, nullable=False),
    Column("source", Text, CheckConstraint("source IN ('site', 'notebook', 'staff')"), nullable=False),
    Column("origin", Text, nullable=False, server_default=""),  # where it came from, if not from its owner
    ForeignKeyConstraint(["course", "assignment"], ["homework.course", "homework.id"]),
    Index("submission_assignment", "course", "assignment"),
)
submission_owner = Table(
    "submission_owner",
    metadata,
    Column("submission", ForeignKey("submission.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True, info=KEPT),
    Index("submission_owner_person", "person"),
)
# A class graded again: its gradings count once somebody has seen the difference and released it.
homework_regrade = Table(
    "homework_regrade",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("assignment", Text, nullable=False),
    Column("bundle", ForeignKey("bundle.digest"), nullable=False),  # what it is graded with
    Column("scope", Text, CheckConstraint("scope IN ('counting', 'all')"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("stopped_at", BigInteger),
    Column("discarded_at", BigInteger),
    Column("released_at", BigInteger),
    Column("released_by", Text),
    Index("homework_regrade_assignment", "course", "assignment"),
)
# The queue and its results: a row per grading, never used twice.
grading = Table(
    "grading",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("submission", ForeignKey("submission.id"), nullable=False),
    Column("bundle", ForeignKey("bundle.digest"), nullable=False),
    Column("reason", Text, CheckConstraint("reason IN ('submitted', 'regrade')"), nullable=False),
    Column(
        "state", Text, CheckConstraint("state IN ('waiting', 'leased', 'graded', 'failed')"), nullable=False
    ),
    Column("queued_at", BigInteger, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("lease", Text, nullable=False),  # the secret of the grader that holds it
    Column("leased_until", BigInteger),
    Column("grader", Text, nullable=False),
    Column("graded_at", BigInteger),
    Column("report", Text),  # digest of the report in the file store
    Column("earned", Points),
    Column("possible", Points),
    Column("summary", Text, nullable=False),  # JSON: see `submissions.GradingSummary`
    Column("problem", Text, nullable=False),  # why it could not be graded, for staff
    Column("line", BigInteger),  # of the ledger: the first of this grading
    Column("regrade", ForeignKey("homework_regrade.id")),
    Column("applied_at", BigInteger),  # since when a grading of a regrade counts
    Column("outcome", Text, nullable=False, server_default=""),  # why the release left it out
    Column("basis", Text, nullable=False, server_default="{}"),  # JSON: what the ledger needs at the release
    CheckConstraint("(state = 'graded') = (report IS NOT NULL)"),
    Index("grading_queue", "course", "state"),
    Index("grading_submission", "submission"),
    Index("grading_regrade", "regrade"),
)
# A notebook submits with it and does nothing else.
submit_token = Table(
    "submit_token",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("submit_token_person", "course", "person"),
)
# Whose due date is another one; see `autograder.course.due_rules`. A rule that ended is kept.
due_rule = Table(
    "due_rule",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("scope", Text, CheckConstraint("scope IN ('all', 'section', 'label', 'person')"), nullable=False),
    Column("who", Text, nullable=False),
    Column("assignment", Text, nullable=False),  # empty for a standing rule
    Column("moves", Boolean, nullable=False),
    Column("until", BigInteger),
    Column("days", Integer, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("no_penalty", Boolean, nullable=False),
    Column("excused", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
    Index("due_rule_current", "course", "ended_at"),
)
# Late days of a student's own budget that are spent on an assignment.
late_day = Table(
    "late_day",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("assignment", Text, primary_key=True),
    Column("days", Integer, CheckConstraint("days > 0"), nullable=False),
    Column("at", BigInteger, nullable=False),
)
extension_request = Table(
    "extension_request",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("assignment", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("answered_at", BigInteger),
    Column("by_whom", Text, nullable=False),
    Column("approved", Boolean, nullable=False),
    Column("reply", Text, nullable=False),
    Index("extension_request_person", "course", "person"),
)
# A group of one assignment, or with an empty one of all.
homework_group = Table(
    "homework_group",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("assignment", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("letters", Text, nullable=False),  # of the name: platforms leave signs out
    Column("at", BigInteger, nullable=False),
    Column("by_whom", Text, nullable=False),
    Index("homework_group_name", "course", "assignment", "letters", unique=True),
)
group_member = Table(
    "group_member",
    metadata,
    Column("group_id", ForeignKey("homework_group.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("group_member_person", "person"),
)
# Where students form groups themselves.
group_sign_up = Table(
    "group_sign_up",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("assignment", Text, primary_key=True),
    Column("largest", Integer, CheckConstraint("largest > 1"), nullable=False),
    Column("until", BigInteger),
)
