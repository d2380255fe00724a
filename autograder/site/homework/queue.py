"""The grading queue: rows of the database that graders lease, so that nothing is graded twice at once.

A lease ends by itself, and when its grader asks for the next one: the work of a grader that was killed is
leased again. After the third lease that ended so, or a fault that the grader named, the grading has failed,
by no fault of the student; staff see why.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, func, insert, or_, select, update

from autograder.errors import Conflict
from autograder.site.homework.grade_records import GradingResult, record_grading
from autograder.site.homework.tables import bundle, grading, homework_regrade, submission, submission_owner
from autograder.site.people import not_erased
from autograder.site.roles import Access, may_see

__all__ = [
    "LEASE",
    "LONG_WAIT",
    "MOST_TRIES",
    "Lease",
    "enqueue",
    "enqueue_regrade",
    "fail",
    "failures_in",
    "finish",
    "lease_next",
    "pause_until_next_look",
    "position_in_queue",
    "release_leases",
    "retry_failed",
    "waiting_for_long",
]

LEASE = 15 * 60_000  # milliseconds; longer than any submission may take (see checks.budget)
LONG_WAIT = 15 * 60_000  # milliseconds; a class of 500 that submits at the deadline is graded by then
MOST_TRIES = 3
LONGEST_PROBLEM, LONGEST_NAME = 2000, 200  # characters
SHORTEST_PAUSE, LONGEST_PAUSE = 400, 15_000  # milliseconds between two looks at the state of a submission
# What of a result is kept until a regrade is released, for the ledger.
BASIS = ("problem", "sandbox", "engine", "environment", "dataset", "written")
RANKS = {"submitted": 0, "regrade": 1}  # fresh submissions go first


@dataclass(frozen=True)
class Lease:
    """A grading that a grader holds; `secret` proves it."""

    id: int
    secret: str
    submission: str
    digest: str
    file: str
    number: int
    student: str
    received_at: int
    assignment: str
    bundle: str
    seed: int


def enqueue(
    connection: Connection, course: str, name: str, digest: str, *, reason: str, seed: int, at: int
) -> int:
    """Queue a grading of a submission with a bundle; its number."""
    values = _waiting(course, name, digest, reason, seed, at)
    return int(connection.execute(insert(grading).returning(grading.c.id), values).scalar_one())


def enqueue_regrade(
    connection: Connection, course: str, seeds: Mapping[str, int], digest: str, regrade: int, at: int
) -> None:
    """Queue the gradings of a regrade in one statement; `seeds` are by submission."""
    rows = [
        {**_waiting(course, name, digest, "regrade", seed, at), "regrade": regrade}
        for name, seed in seeds.items()
    ]
    if rows:
        connection.execute(insert(grading), rows)


def _waiting(course: str, name: str, digest: str, reason: str, seed: int, at: int) -> dict[str, object]:
    return {
        "course": course,
        "submission": name,
        "bundle": digest,
        "reason": reason,
        "state": "waiting",
        "queued_at": at,
        "seed": seed,
        "tries": 0,
        "lease": "",
        "grader": "",
        "summary": "{}",
        "problem": "",
    }


def lease_next(connection: Connection, course: str, grader: str, at: int) -> Lease | None:
    """Lease what is to be graded next; None where nothing waits.

    Fresh submissions go before regrades, a student's newest first, and nobody is served twice before the
    others once, counted since the oldest waiting submission came.
    """
    _end_old_leases(connection, course, grader[:LONGEST_NAME], at)
    waiting = connection.execute(
        select(grading.c.id, grading.c.reason, grading.c.queued_at, submission_owner.c.person)
        .join(submission_owner, submission_owner.c.submission == grading.c.submission)
        .where(grading.c.course == course, grading.c.state == "waiting")
        .order_by(grading.c.id)
    ).all()
    if not waiting:
        return None
    served = _served_since(connection, course, min(row.queued_at for row in waiting))
    chosen = min(waiting, key=lambda row: (RANKS[row.reason], served[row.person], row.queued_at, row.id))
    newest = max(
        (row for row in waiting if (row.person, row.reason) == (chosen.person, chosen.reason)),
        key=lambda row: row.id,
    )
    secret = secrets.token_urlsafe(16)
    taken = connection.execute(
        update(grading)
        .where(grading.c.id == newest.id, grading.c.state == "waiting")
        .values(
            state="leased",
            lease=secret,
            leased_until=at + LEASE,
            grader=grader[:LONGEST_NAME],
            tries=grading.c.tries + 1,
        )
    ).rowcount
    return _lease(connection, newest.id, secret) if taken else None  # another server was faster


def finish(
    connection: Connection,
    number: int,
    secret: str,
    result: GradingResult,
    at: int,
) -> None:
    """Store the result of a lease, with its line in the ledger; raises Conflict where the lease has ended."""
    _end(
        connection,
        number,
        secret,
        state="graded",
        report=result.report,
        earned=result.earned,
        possible=result.possible,
        summary=result.summary,
        graded_at=at,
        problem="",
        basis=json.dumps({name: getattr(result, name) for name in BASIS}),
    )
    regrade = select(grading.c.regrade).where(grading.c.id == number)
    if connection.execute(regrade).scalar_one() is None:
        record_grading(connection, number, result, at)


def fail(connection: Connection, number: int, secret: str, problem: str) -> None:
    """Give a lease back with a fault of ours; it is tried again, three times in all."""
    tries = connection.execute(select(grading.c.tries).where(grading.c.id == number)).scalar_one_or_none()
    state = "failed" if (tries or 0) >= MOST_TRIES else "waiting"
    _end(connection, number, secret, state=state, problem=problem[:LONGEST_PROBLEM])


def release_leases(connection: Connection, course: str, ended: Callable[[str], bool]) -> int:
    """Give back what graders hold that have ended with their server, by their names; how many leases it was.

    That their server was stopped is no fault of the submission: it costs none of its tries.
    """
    held = (grading.c.course == course, grading.c.state == "leased")
    names = connection.execute(select(grading.c.grader).where(*held).distinct()).scalars()
    gone = [name for name in names if ended(name)]
    released = (
        update(grading)
        .where(*held, grading.c.grader.in_(gone))
        .values(state="waiting", lease="", tries=grading.c.tries - 1)
    )
    return connection.execute(released).rowcount if gone else 0


def retry_failed(connection: Connection, course: str, assignment: str) -> int:
    """Queue the failed gradings of an assignment again; how many there were.

    Those of a regrade that was released or discarded stay as they are: nobody would see what they change.
    """
    of_assignment = select(submission.c.id).where(
        submission.c.course == course, submission.c.assignment == assignment
    )
    is_open = homework_regrade.c.released_at.is_(None), homework_regrade.c.discarded_at.is_(None)
    in_open_regrade = grading.c.regrade.in_(select(homework_regrade.c.id).where(*is_open))
    return connection.execute(
        update(grading)
        .where(grading.c.submission.in_(of_assignment), grading.c.state == "failed")
        .where(or_(grading.c.regrade.is_(None), in_open_regrade))
        .values(state="waiting", tries=0)
    ).rowcount


def failures_in(connection: Connection, course: str, access: Access) -> dict[str, int]:
    """How many submissions of each assignment are not graded because of a fault of ours; none without any.

    They are those of the people whose work a member of staff sees.
    """
    return _submissions_in(connection, course, access, grading.c.state == "failed")


def waiting_for_long(connection: Connection, course: str, access: Access, at: int) -> dict[str, int]:
    """How many submissions of each assignment have waited for longer than a class at the deadline does.

    They are those of the people whose work a member of staff sees; a regrade can wait.
    """
    unfinished = grading.c.state.in_(["waiting", "leased"])
    return _submissions_in(connection, course, access, unfinished, grading.c.queued_at < at - LONG_WAIT)


def _submissions_in(
    connection: Connection, course: str, access: Access, *conditions: ColumnElement[bool]
) -> dict[str, int]:
    """The number of submissions by assignment whose first grading is in a state; a group's count once.

    What only erased people had submitted is left out: its file is gone, so nobody can grade it.
    """
    owned = exists().where(
        submission_owner.c.submission == submission.c.id,
        may_see(submission_owner.c.person, course, access),
        not_erased(submission_owner.c.person),
    )
    rows = connection.execute(
        select(submission.c.assignment, func.count(submission.c.id.distinct()))
        .select_from(grading)
        .join(submission, submission.c.id == grading.c.submission)
        .where(grading.c.course == course, *conditions, grading.c.regrade.is_(None), owned)
        .group_by(submission.c.assignment)
    )
    return {row.assignment: row[1] for row in rows}


def position_in_queue(connection: Connection, course: str, number: int) -> int:
    """How many gradings wait before this one, as far as can be said now."""
    queued = select(grading.c.queued_at).where(grading.c.id == number).scalar_subquery()
    before = select(func.count()).where(
        grading.c.course == course,
        or_(grading.c.state == "leased", grading.c.state == "waiting"),
        grading.c.reason == "submitted",
        grading.c.id != number,
        grading.c.queued_at <= queued,
    )
    return int(connection.execute(before).scalar_one())


def pause_until_next_look(before: int, waited: int) -> int:
    """After how many milliseconds the page of a submission asks for its state again.

    A class that waits asks rarely, and who is next often: the pause grows with what is queued before it, and
    with the milliseconds that it has `waited`.
    """
    return min(LONGEST_PAUSE, max(SHORTEST_PAUSE, SHORTEST_PAUSE * before, waited // 10))


def _end_old_leases(connection: Connection, course: str, grader: str, at: int) -> None:
    """End the leases that are over, and this grader's: it holds one at a time, so it was started again."""
    is_over = or_(grading.c.leased_until < at, grading.c.grader == grader)
    over = (grading.c.course == course, grading.c.state == "leased", is_over)
    connection.execute(
        update(grading)
        .where(*over, grading.c.tries >= MOST_TRIES)
        .values(
            state="failed",
            lease="",
            problem="The process that graded it ended, three times: is there enough memory?",
        )
    )
    connection.execute(update(grading).where(*over).values(state="waiting", lease=""))


def _served_since(connection: Connection, course: str, since: int) -> Counter[str]:
    rows = connection.execute(
        select(submission_owner.c.person)
        .join(grading, grading.c.submission == submission_owner.c.submission)
        .where(
            grading.c.course == course,
            or_(grading.c.state == "leased", grading.c.graded_at >= since),
        )
    ).scalars()
    return Counter(rows)


def _lease(connection: Connection, number: int, secret: str) -> Lease:
    row = connection.execute(
        select(grading.c.seed, grading.c.bundle, bundle.c.assignment, submission, submission_owner.c.person)
        .join_from(grading, bundle, bundle.c.digest == grading.c.bundle)
        .join(submission, submission.c.id == grading.c.submission)
        .join(submission_owner, submission_owner.c.submission == submission.c.id)
        .where(grading.c.id == number)
        .order_by(submission_owner.c.person)
    ).first()
    assert row is not None  # it was read in this transaction
    return Lease(
        number,
        secret,
        row.id,
        row.digest,
        row.file,
        row.number,
        row.person,
        row.received_at,
        row.assignment,
        row.bundle,
        row.seed,
    )


def _end(connection: Connection, number: int, secret: str, **values: object) -> None:
    held = (grading.c.id == number, grading.c.state == "leased", grading.c.lease == secret)
    if (
        not secret
        or not connection.execute(
            update(grading).where(*held).values(lease="", leased_until=None, **values)
        ).rowcount
    ):
        raise Conflict("This grading is not leased to this grader any more.", next_step="Lease the next one.")
