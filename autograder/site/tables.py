"""The tables that a course has once, as the newest migration leaves them; a test holds that the two agree.

Instants and spans are milliseconds, instants since 1970 UTC. The stores of this package and of every
extension read and write through these tables; extensions add their own to the same `metadata`.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

__all__ = [
    "FOR_STAFF",
    "KEPT",
    "Points",
    "Serial",
    "announcement",
    "announcement_recipient",
    "assigned_student",
    "audit",
    "course",
    "credential",
    "enrolment",
    "erased_file",
    "failed_sign_in",
    "file_version",
    "integrity_case",
    "integrity_evidence",
    "integrity_note",
    "integrity_person",
    "ledger_head",
    "ledger_line",
    "lti_context",
    "lti_link",
    "lti_match",
    "lti_member",
    "lti_nonce",
    "lti_person",
    "lti_platform",
    "lti_score",
    "lti_user",
    "mark",
    "metadata",
    "notification",
    "notification_choice",
    "outbox",
    "person",
    "points_text",
    "pseudonym",
    "section_member",
    "session",
    "site_setting",
    "sso_user",
    "staff_token",
    "waiting_mark",
]


# SQLite numbers rows by itself only when the column is INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")


class Points(TypeDecorator[Decimal]):
    """Points: exact decimal numbers, stored as text, since SQLite has no such numbers."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """The text that is stored, without an exponent and without zeros at the end."""
        return None if value is None else points_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """The number."""
        return None if value is None else Decimal(points_text(Decimal(value)))


def points_text(points: Decimal) -> str:
    """Points as people write them: without an exponent and without zeros at the end."""
    return f"{points.normalize() + 0:f}"


metadata = MetaData()
# Of a column that names a person: an erased person's rows stay, under another name; elsewhere they go.
KEPT = {"erasure": "keep"}
# Of a column that only staff read: it is not in people's own data. Where it names a person, the row is not.
FOR_STAFF = {"shown": "staff"}

course = Table(
    "course",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("tz", Text, nullable=False),
)
person = Table(
    "person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text),
)
enrolment = Table(
    "enrolment",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    # `staff` previews quizzes, and by itself sees no student's work
    Column("role", Text, CheckConstraint("role IN ('student', 'ta', 'instructor', 'staff')"), nullable=False),
    Column("label", Text, nullable=False),
    Column("multiplier", Text, nullable=False),  # a fraction, "3/2"
    Column("extra", BigInteger, CheckConstraint("extra >= 0"), nullable=False),
    # What the role allows, unless one of these two says otherwise; see `site.roles`.
    Column(
        "content", Text, CheckConstraint("content IN ('', 'none', 'edit')"), nullable=False, server_default=""
    ),
    Column(
        "students",
        Text,
        CheckConstraint("students IN ('', 'none', 'assigned', 'sections', 'all')"),
        nullable=False,
        server_default="",
    ),
    Column("dropped_at", BigInteger),  # since when the student takes part no more
    Column("is_test", Boolean, nullable=False, server_default=text("FALSE")),  # in no statistic
)
# Students are in sections; members of staff have the sections whose students they see.
section_member = Table(
    "section_member",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("section", Text, primary_key=True),
    Index("section_member_section", "course", "section"),
)
# Whose work a member of staff sees whose role is limited to assigned students.
assigned_student = Table(
    "assigned_student",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("staff", ForeignKey("person.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True, info=FOR_STAFF),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("once", Text, nullable=False, unique=True),  # the same message is queued once
    Column("payload", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("done_at", BigInteger),
    Column("last_problem", Text),
    Index("outbox_due", "done_at", "next_at"),
)
# What a person is told: on the site, and by mail if they want it.
notification = Table(
    "notification",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("path", Text, nullable=False),  # of the page that it is about
    Column("once", Text, nullable=False),  # the same notice is given once
    Column("seen_at", BigInteger),
    Index("notification_once", "once", unique=True),
    Index("notification_person", "course", "person"),
)
notification_choice = Table(
    "notification_choice",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("on_site", Boolean, nullable=False),
    Column("by_mail", Boolean, nullable=False),
)
announcement = Table(
    "announcement",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("audience", Text, nullable=False),  # in words
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
)
announcement_recipient = Table(
    "announcement_recipient",
    metadata,
    Column("announcement", ForeignKey("announcement.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("once", Text),  # of the form that asked for it
    Index("audit_once", "once", unique=True),
    Index("audit_subject", "subject", "id"),
)

# Rows are only ever added; `site.marks` says which of them counts.
mark = Table(
    "mark",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),  # of work: `quiz`
    Column("work", Text, nullable=False),  # an attempt's id
    Column("part", Text, nullable=False),  # the position of a question
    Column("points", Points),  # None: a person's mark is withdrawn
    Column("source", Text, nullable=False),
    Column("who", Text, nullable=False),  # empty where nobody asked for it
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("key_version", Text, nullable=False),
    Column("grader_version", Text, nullable=False),
    Column("answer_rev", Integer, nullable=False),  # which answer was marked
    Column("pending", Boolean, nullable=False),  # waits for a person or for the sandbox
    Column("detail", Text, nullable=False),  # JSON
    Column("line", BigInteger),  # of the ledger, for a person's mark
    CheckConstraint("source IN ('auto', 'manual', 'sandbox', 'import')"),
    CheckConstraint("points IS NOT NULL OR source = 'manual'"),
    Index("mark_work", "kind", "work"),
)
# What waits for a mark, so that nobody has to search the marks for it.
waiting_mark = Table(
    "waiting_mark",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("work", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("why", Text, nullable=False),
    CheckConstraint("why IN ('pending', 'trouble', 'changed')"),
)

# Whose the names in the ledger are; without its rows nobody can tell, and the ledger stays as it is.
pseudonym = Table(
    "pseudonym",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False, info=KEPT),
    Column("current", Boolean, nullable=False),  # new lines use this one; others came with an import
    Index(
        "pseudonym_current",
        "course",
        "person",
        unique=True,
        sqlite_where=text("current"),
        postgresql_where=text("current"),
    ),
)
# The end of each ledger: whoever appends locks its row.
ledger_head = Table(
    "ledger_head",
    metadata,
    Column("course", ForeignKey("course.id"), primary_key=True),
    Column("kind", Text, CheckConstraint("kind IN ('homework', 'quiz')"), primary_key=True),
    Column("work", Text, primary_key=True),  # the assignment or the quiz
    Column("lines", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),  # of the last line
)
ledger_line = Table(
    "ledger_line",
    metadata,
    Column("course", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("work", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True),  # from 1
    Column("line", LargeBinary, nullable=False),  # as a results directory has it
    ForeignKeyConstraint(
        ["course", "kind", "work"], ["ledger_head.course", "ledger_head.kind", "ledger_head.work"]
    ),
)

# Files of erased people, which ledgers still name.
erased_file = Table(
    "erased_file",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("gone_at", BigInteger),  # when it was deleted from the file store
)

session = Table(
    "session",
    metadata,
    Column("token", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("client", Text, nullable=False),
    Column("looks_as", Text),  # the student whose pages a member of staff sees, read-only
    Index("session_person", "person"),
    Index("session_ends", "ends_at"),
)
# Programs of staff do with it what staff do on pages.
staff_token = Table(
    "staff_token",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("label", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Index("staff_token_person", "course", "person"),
)
credential = Table(
    "credential",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("kind", Text, nullable=False),  # `passcode` or `link`
    Column("ends_at", BigInteger),
    Column("used_at", BigInteger),
    Index("credential_person", "person", "kind"),
)
failed_sign_in = Table(
    "failed_sign_in",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("failed_sign_in_who", "who", "at"),
    Index("failed_sign_in_at", "at"),
)

lti_nonce = Table(
    "lti_nonce",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("lti_nonce_at", "at"),
)
lti_user = Table(
    "lti_user",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Index("lti_user_person", "person"),
)
# A course of a platform that launched something; instructors of this course connect it.
lti_context = Table(
    "lti_context",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("deployment", Text, primary_key=True),
    Column("context", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("connected_at", BigInteger),
    Column("connected_by", Text, nullable=False),
)
# What a platform says of a user in one of its courses.
lti_member = Table(
    "lti_member",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("deployment", Text, primary_key=True),
    Column("context", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("launched", Text, nullable=False),  # the role in the newest launch; empty before the first
    Column("listed", Text, nullable=False),  # the role in the newest list of members; empty before the first
    Index("lti_member_subject", "issuer", "subject"),
)
# A user whose e-mail address is a person's: staff say whether they are the same.
lti_match = Table(
    "lti_match",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("lti_match_person", "person"),
)
# The values that platforms wrote; a value that is another one by now was set here and stays.
lti_person = Table(
    "lti_person",
    metadata,
    Column("person", ForeignKey("person.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
)
# A registration that a platform made by itself; those of lti.yaml are in the file.
lti_platform = Table(
    "lti_platform",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("login_url", Text, nullable=False),
    Column("token_url", Text, nullable=False),
    Column("keys_url", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("title", Text, nullable=False),  # what the platform is called
    Column("registered_at", BigInteger, nullable=False),
    Column("enabled_at", BigInteger),  # empty while it waits for an instructor
    Column("enabled_by", Text, nullable=False),
)
lti_link = Table(
    "lti_link",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("deployment", Text, primary_key=True),  # empty for a link that version 0.1 stored
    Column("resource", Text, primary_key=True),
    Column("context", Text, nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('quiz', 'assignment')"), nullable=False),
    Column("work", Text, nullable=False),  # the quiz or the assignment
    Column("line_item", Text, nullable=False),  # where scores are posted; empty where there is none yet
    Column("line_items", Text, nullable=False),  # where a line item is created
    Column("members", Text, nullable=False),  # where the members of the course are listed
    Index("lti_link_work", "kind", "work"),
)
# A person's score at one recipient; see `site.lti.deliveries`.
lti_score = Table(
    "lti_score",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("deployment", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Column("kind", Text, CheckConstraint("kind IN ('quiz', 'assignment')"), nullable=False),
    Column("work", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("rev", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),  # of the student, for a score that is held until then
    Column("sent_at", BigInteger),
    Column("sent", Text, nullable=False),  # the score that arrived last, `17/20`; empty before the first
    Column("problem", Text, nullable=False),  # the platform's answer
    CheckConstraint("state IN ('waiting', 'held', 'sent', 'failed', 'retired')"),
    Index("lti_score_due", "state", "next_at"),
    Index("lti_score_person", "person", "kind", "work"),
)

# Every text that was saved of a file in the course's directory.
file_version = Table(
    "file_version",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("path", Text, nullable=False),  # in the course's directory
    Column("digest", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("file_version_path", "path", "id"),
)
# What staff set of the server itself, such as maintenance.
site_setting = Table(
    "site_setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
)
# A user of an identity provider that is no learning platform.
sso_user = Table(
    "sso_user",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", ForeignKey("person.id"), nullable=False),
    Index("sso_user_person", "person"),
)

# A case of academic integrity: it is about people's work, and may hold their scores.
integrity_case = Table(
    "integrity_case",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("course", ForeignKey("course.id"), nullable=False),
    Column("work", Text, nullable=False),  # an assignment or a quiz
    Column("title", Text, nullable=False),
    Column("held", Boolean, nullable=False),  # whether the scores are held while it is open
    Column("at", BigInteger, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("ended_at", BigInteger),
    Column("ended_by", Text),
)
integrity_person = Table(
    "integrity_person",
    metadata,
    Column("case_id", ForeignKey("integrity_case.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True, info={**KEPT, **FOR_STAFF}),
    Index("integrity_person_person", "person"),
)
integrity_note = Table(
    "integrity_note",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("case_id", ForeignKey("integrity_case.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("integrity_note_case", "case_id"),
)
integrity_evidence = Table(
    "integrity_evidence",
    metadata,
    Column("id", Serial, Identity(), primary_key=True),
    Column("case_id", ForeignKey("integrity_case.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_whom", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("digest", Text, nullable=False),  # in the file store
    Column("size", BigInteger, nullable=False),
    Index("integrity_evidence_case", "case_id"),
)
