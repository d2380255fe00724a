"""Submissions in the browser: stored before they are acknowledged, with owners, receipt and gradings.

A submission is (owners, time, bytes): the bytes of a student's latest submission again change nothing, and
its first time stands; the bytes of an earlier one are a new submission. The owners are the student who
submits, and the members of the student's group at that time.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, Row, func, insert, not_, or_, select, true

from autograder.errors import NotFound
from autograder.site.clock_correction import WrongSpan
from autograder.site.homework.assignments import Homework
from autograder.site.homework.grade_records import ungraded_attempts
from autograder.site.homework.queue import enqueue
from autograder.site.homework.tables import grading, submission, submission_owner
from autograder.site.people import not_erased
from autograder.site.roles import Access, may_see
from autograder.site.signer import Signer

__all__ = [
    "FROM_STAFF",
    "Grading",
    "Receipt",
    "StoredSubmission",
    "counts",
    "find_submission",
    "instants_after",
    "latest_gradings",
    "latest_instant",
    "owners_of",
    "receipt_of",
    "seed_of",
    "store_submission",
    "submission_of",
    "submissions_of",
    "submissions_of_all",
]

FROM_STAFF = "staff"  # the source of what staff brought here; another platform says when it was received


@dataclass(frozen=True)
class Grading:
    """One grading of a submission: waiting, leased to a grader, graded, or failed by a fault of ours."""

    id: int
    state: str
    reason: str
    queued_at: int
    bundle: str
    report: str | None
    earned: Decimal | None
    possible: Decimal | None
    problem: str
    summary: str  # JSON


@dataclass(frozen=True)
class StoredSubmission:
    """A submission of a person."""

    id: str
    assignment: str
    number: int
    digest: str
    size: int
    file: str
    received_at: int
    by_whom: str = ""  # which of its owners submitted it


@dataclass(frozen=True)
class Receipt:
    """What proves that a submission was stored: its facts, and our signature over them."""

    submission: StoredSubmission
    person: str
    signature: str


def store_submission(
    connection: Connection,
    row: Homework,
    *,
    course: str,
    person: str,
    digest: str,
    size: int,
    file: str,
    began_at: int,
    received_at: int,
    signer: Signer,
    source: str = "site",
    owners: Sequence[str] = (),
    by_whom: str = "",
    origin: str = "",
    queued_at: int | None = None,
) -> StoredSubmission:
    """Add a submission whose bytes are in the file store, and queue its grading.

    `owners` are the members of a group, the person among them; the person alone if left out. `by_whom` is who
    submits in their place, `origin` says what that was taken from, and `queued_at` is when it came here,
    where that is not when it was received. The bytes of the submission before it again are that submission.
    """
    owners = sorted({person, *owners})
    earlier = submissions_of(connection, course, row.id, person)
    latest = [stored for stored in earlier if stored.received_at <= received_at][-1:]
    if latest and latest[0].digest == digest and owners_of(connection, latest[0].id) == owners:
        return latest[0]
    taken = [
        number
        for owner in owners
        for number in (
            *(stored.number for stored in submissions_of(connection, course, row.id, owner)),
            *ungraded_attempts(connection, course, row.id, owner),
        )
    ]
    number = 1 + max(taken, default=0)
    stored = StoredSubmission(
        secrets.token_urlsafe(12), row.id, number, digest, size, file, received_at, by_whom or person
    )
    connection.execute(
        insert(submission).values(
            id=stored.id,
            course=course,
            assignment=row.id,
            number=stored.number,
            digest=digest,
            size=size,
            file=file,
            began_at=began_at,
            received_at=received_at,
            by_whom=by_whom or person,
            source=source,
            origin=origin,
        )
    )
    rows = [{"submission": stored.id, "person": owner} for owner in owners]
    connection.execute(insert(submission_owner), rows)
    seed = seed_of(signer, row.id, owners, digest)
    queued = received_at if queued_at is None else queued_at
    enqueue(connection, course, stored.id, row.bundle, reason="submitted", seed=seed, at=queued)
    return stored


def seed_of(signer: Signer, assignment: str, owners: Sequence[str], digest: str) -> int:
    """The seed of the hidden inputs: from owners and content, so the same bytes always get the same result.

    It depends on the server's secret: nobody can draw their inputs beforehand.
    """
    text = signer.of("seed", json.dumps([assignment, *sorted(owners), digest]))
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


def submissions_of(
    connection: Connection, course: str, assignment: str, person: str
) -> list[StoredSubmission]:
    """A person's submissions of an assignment, the oldest first."""
    rows = connection.execute(
        select(submission)
        .join(submission_owner)
        .where(
            submission_owner.c.person == person,
            submission.c.course == course,
            submission.c.assignment == assignment,
        )
        .order_by(submission.c.received_at, submission.c.number)
    )
    return [_submission(row) for row in rows]


def submission_of(connection: Connection, name: str, person: str) -> StoredSubmission:
    """A submission of this person; raises NotFound for a missing one and for somebody else's."""
    row = connection.execute(
        select(submission)
        .join(submission_owner)
        .where(submission.c.id == name, submission_owner.c.person == person)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such submission.", next_step="Go back to the assignment.")
    return _submission(row)


def submissions_of_all(
    connection: Connection, course: str, assignment: str, access: Access | None = None
) -> list[tuple[str, StoredSubmission]]:
    """Everybody's submissions of an assignment, each with an owner, in the order of their numbers.

    Of `access` those of the people it lets see. Erased people are nobody: their files and reports are gone,
    so there is nothing to mark, to grade again or to compare.
    """
    seen = true() if access is None else may_see(submission_owner.c.person, course, access)
    rows = connection.execute(
        select(submission, submission_owner.c.person)
        .join(submission_owner)
        .where(submission.c.course == course, submission.c.assignment == assignment, seen)
        .where(not_erased(submission_owner.c.person))
        .order_by(submission_owner.c.person, submission.c.received_at, submission.c.number)
    )
    return [(row.person, _submission(row)) for row in rows]


def find_submission(connection: Connection, course: str, name: str) -> StoredSubmission | None:
    """A submission in a course, whoever its owners are; None for an unknown one."""
    row = connection.execute(
        select(submission).where(submission.c.id == name, submission.c.course == course)
    ).one_or_none()
    return None if row is None else _submission(row)


def owners_of(connection: Connection, name: str) -> list[str]:
    """Whose submission it is; empty for an unknown one."""
    owners = select(submission_owner.c.person).where(submission_owner.c.submission == name)
    return list(connection.execute(owners.order_by(submission_owner.c.person)).scalars())


def latest_gradings(
    connection: Connection, names: Sequence[str] | None, *, course: str = "", assignment: str = ""
) -> dict[str, Grading]:
    """The grading that counts, by submission: the newest that is done, else the newest.

    A regrade that fails, has not ended, or is not released, replaces nothing. Without names, of all of an
    assignment.
    """
    rows = select(grading).where(counts()).order_by(grading.c.id)
    if names is not None:
        rows = rows.where(grading.c.submission.in_(names))
    else:
        rows = rows.join(submission, submission.c.id == grading.c.submission).where(
            submission.c.course == course, submission.c.assignment == assignment
        )
    counted: dict[str, Grading] = {}
    for row in connection.execute(rows):
        known = counted.get(row.submission)
        if known is None or row.state == "graded" or known.state != "graded":
            counted[row.submission] = _grading(row)
    return counted


def counts() -> ColumnElement[bool]:
    """The condition that a grading counts: it is not the proposal of a regrade."""
    return or_(grading.c.regrade.is_(None), grading.c.applied_at.is_not(None))


def receipt_of(signer: Signer, stored: StoredSubmission, person: str) -> Receipt:
    """The receipt of a stored submission; the same each time."""
    facts = [stored.id, stored.assignment, person, stored.digest, stored.received_at]
    return Receipt(stored, person, signer.of("submission receipt", json.dumps(facts)))


def latest_instant(connection: Connection, wrong: Sequence[WrongSpan] = ()) -> int:
    """The latest arrival by this site's clock outside wrong spans; 0 without any."""
    right = [not_(submission.c.received_at.between(span.first, span.last)) for span in wrong]
    arrived = select(func.max(submission.c.received_at)).where(submission.c.source != FROM_STAFF, *right)
    return int(connection.execute(arrived).scalar_one() or 0)


def instants_after(connection: Connection, instant: int) -> list[int]:
    """The first and the last arrival by this site's clock after an instant."""
    arrival = submission.c.received_at
    after = arrival > instant, submission.c.source != FROM_STAFF
    row = connection.execute(select(func.min(arrival), func.max(arrival)).where(*after)).one()
    return [int(end) for end in row if end is not None]


def _submission(row: Row[tuple[object, ...]]) -> StoredSubmission:
    return StoredSubmission(
        row.id, row.assignment, row.number, row.digest, row.size, row.file, row.received_at, row.by_whom
    )


def _grading(row: Row[tuple[object, ...]]) -> Grading:
    return Grading(
        row.id,
        row.state,
        row.reason,
        row.queued_at,
        row.bundle,
        row.report,
        row.earned,
        row.possible,
        row.problem,
        row.summary,
    )
