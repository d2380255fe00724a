"""Attempts as rows: starting an attempt, reading attempts, taking the edit lock, and flags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from autograder.errors import Conflict, Forbidden, NotFound, Refused
from autograder.site.roles import dropped
from autograder.site.upsert import insert_once
from quizzes.attempts.events import Attempt, EditLockTaken, FinishedBy, Started, State
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.version import AttemptItem
from quizzes.schedule.timing import Terms
from quizzes.store.events import add_event, next_seq
from quizzes.store.overrides import terms_and_row
from quizzes.store.tables import answer, attempt, attempt_item, flag

__all__ = [
    "AttemptRow",
    "NewAttempt",
    "VersionChanged",
    "answers_of",
    "attempt_from_rows",
    "attempts_at",
    "find_attempt",
    "flags_of",
    "lock_attempts",
    "locked_attempt",
    "open_attempt",
    "set_flag",
    "shown_items",
    "start_attempt",
    "start_refusal",
    "take_lock",
]


# Run all the time, so they are built once.
FIND = select(attempt).where(attempt.c.id == bindparam("attempt_id"))
LOCK = FIND.with_for_update()
OF_PERSON = attempt.c.quiz == bindparam("quiz_id"), attempt.c.person == bindparam("who")
OPEN = select(attempt).where(*OF_PERSON, attempt.c.state == "open")
ANSWERS = select(answer).where(answer.c.attempt == bindparam("attempt_id")).order_by(answer.c.pos)
ATTEMPTS = (
    select(attempt).where(attempt.c.quiz == bindparam("quiz_id")).order_by(attempt.c.started_at, attempt.c.id)
)
ATTEMPTS_OF_PERSON = ATTEMPTS.where(attempt.c.person == bindparam("who"))


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """The row of an attempt."""

    id: str
    quiz: str
    version: str
    person: str
    number: int
    seed: str
    preview: bool
    state: State
    started_at: int
    deadline_at: int | None
    due_at: int | None
    grace: int
    finished_at: int | None
    finished_by: FinishedBy | None
    lock: str
    seq: int
    saved_bytes: int = 0


def find_attempt(connection: Connection, attempt_id: str, person: str | None = None) -> AttemptRow:
    """An attempt, with `person` only if it is theirs; raises NotFound, in the same words for both reasons."""
    row = connection.execute(FIND, {"attempt_id": attempt_id}).one_or_none()
    return _row_from(None if row is None or person not in (None, row.person) else row)


def lock_attempts(connection: Connection, ids: Collection[str]) -> None:
    """Lock attempts in the order of their ids, so that two servers never wait for each other."""
    connection.execute(
        select(attempt.c.id).where(attempt.c.id.in_(ids)).order_by(attempt.c.id).with_for_update()
    )


def locked_attempt(connection: Connection, attempt_id: str) -> AttemptRow:
    """An attempt that no other transaction changes until this one ends."""
    return _row_from(connection.execute(LOCK, {"attempt_id": attempt_id}).one_or_none())


def open_attempt(connection: Connection, quiz_id: str, person: str) -> AttemptRow | None:
    """The open attempt of a person at a quiz; None if there is none."""
    row = connection.execute(OPEN, {"quiz_id": quiz_id, "who": person}).one_or_none()
    return None if row is None else _row_from(row)


def answers_of(connection: Connection, attempt_id: str) -> dict[int, StoredAnswer]:
    """The stored answers of an attempt, by the position of their question."""
    rows = connection.execute(ANSWERS, {"attempt_id": attempt_id})
    return {row.pos: StoredAnswer(row.rev, row.response, row.received_at) for row in rows}


def shown_items(connection: Connection, attempt_id: str) -> list[tuple[str, str]]:
    """The drawn numbers and the order of options of an attempt's questions, as JSON."""
    rows = connection.execute(
        select(attempt_item).where(attempt_item.c.attempt == attempt_id).order_by(attempt_item.c.pos)
    )
    return [(row.params, row.option_order) for row in rows]


def attempt_from_rows(connection: Connection, attempt_id: str) -> Attempt:
    """An attempt as its rows have it; equal to the fold of its events, except for late saves."""
    row = find_attempt(connection, attempt_id)
    return Attempt(
        row.state,
        row.started_at,
        row.deadline_at,
        row.due_at,
        row.lock,
        row.finished_at,
        row.finished_by,
        answers_of(connection, attempt_id),
    )


@dataclass(frozen=True, slots=True)
class NewAttempt:
    """A new attempt, drawn before its write is queued."""

    id: str
    version: str
    seed: str
    lock: str
    items: Sequence[AttemptItem]
    preview: bool = False


class VersionChanged(Conflict):
    """The questions of a new attempt are of a version that is no longer the newest."""


def start_attempt(
    connection: Connection,
    quiz_id: str,
    person: str,
    new_attempt: NewAttempt,
    arrived: int,
    now: Callable[[], int],
) -> AttemptRow:
    """Start an attempt, or return the one that is open; raises Forbidden outside the window.

    Whether it may start is asked of its arrival, but its time begins `now`, when it is written: a queue at
    the opening costs nobody a second. Of two starts at once, one wins and the other returns the winner's
    attempt. A preview, for staff, starts at any time and is never counted; nor is a test student's attempt.
    """
    attempts = attempts_at(connection, quiz_id, person)
    if (already := next((row for row in attempts if row.state is State.OPEN), None)) is not None:
        return already
    # An extension for the whole class waits for starts in progress, so that none of them misses it.
    terms, row = terms_and_row(connection, quiz_id, person, lock=True)
    used = sum(not attempt.preview for attempt in attempts)
    last = max((attempt.number for attempt in attempts), default=0)
    if new_attempt.preview and row.role == "student":
        raise Forbidden("Only the course's staff may preview a quiz.", next_step="Start it when it opens.")
    if row.dropped_at is not None:
        raise dropped()
    if not new_attempt.preview and (refusal := start_refusal(terms, used, arrived)):
        # Another server's start may have been written between the queries above.
        if (already := open_attempt(connection, quiz_id, person)) is not None:
            return already
        raise refusal
    if row.version != new_attempt.version:
        raise VersionChanged(
            "A new version of the quiz was just published.", next_step="Press Start the quiz again."
        )
    began = now()
    at = began if terms.may_start(began) else arrived
    deadline_at = terms.deadline_at(at)
    if new_attempt.preview:
        deadline_at = None if terms.time_allowed is None else at + terms.time_allowed
    values: dict[str, Any] = {
        "id": new_attempt.id,
        "quiz": quiz_id,
        "version": new_attempt.version,
        "person": person,
        "number": last + 1,
        "seed": new_attempt.seed,
        "preview": new_attempt.preview or row.is_test,  # a test student is in no statistic
        "state": "open",
        "started_at": at,
        "deadline_at": deadline_at,
        "due_at": terms.due_at,
        "grace": terms.grace,
        "lock": new_attempt.lock,
        "seq": 1,
    }
    if connection.execute(_start_once(connection.dialect.name), values).first() is None:
        winner = open_attempt(connection, quiz_id, person)
        if winner is None:
            raise Conflict("This attempt was just finished elsewhere.", next_step="Reload the page.")
        return winner
    items = [
        {
            "attempt": new_attempt.id,
            "pos": pos,
            "question_hash": item.question_hash,
            "params": item.params,
            "option_order": item.option_order,
            "points": item.points,
        }
        for pos, item in enumerate(new_attempt.items)
    ]
    if items:
        connection.execute(insert(attempt_item), items)
    add_event(connection, new_attempt.id, 1, Started(at, deadline_at, terms.due_at, new_attempt.lock))
    return AttemptRow(**{**values, "state": State.OPEN, "finished_at": None, "finished_by": None})


@cache
def _start_once(dialect: str) -> Any:
    """The insert of an attempt, built once for each database; it inserts nothing where one is open."""
    insert_ = (postgresql if dialect == "postgresql" else sqlite).insert(attempt)
    return insert_.on_conflict_do_nothing().returning(attempt.c.id)


def take_lock(connection: Connection, attempt_id: str, lock: str, at: int) -> AttemptRow:
    """Give the edit lock to another tab; nothing changes if it holds the lock, or if the attempt is over."""
    row = locked_attempt(connection, attempt_id)
    if row.lock == lock or row.state is not State.OPEN:
        return row
    seq = next_seq(connection, attempt_id, only_open=True, lock=lock)
    assert seq is not None  # the row is locked
    add_event(connection, attempt_id, seq, EditLockTaken(at, lock))
    return replace(row, lock=lock, seq=seq)


def _row_from(row: Row[tuple[object, ...]] | None) -> AttemptRow:
    if row is None:
        raise NotFound("There is no such attempt.", next_step="Start the quiz from its page.")
    values = dict(row._mapping)
    values["state"] = State(row.state)
    values["finished_by"] = None if row.finished_by is None else FinishedBy(row.finished_by)
    return AttemptRow(**values)


def start_refusal(terms: Terms, used: int, at: int) -> Refused | None:
    """Why a student may not start now; None if they may."""
    if at < terms.opens_at:
        # The same words as for an unknown quiz: nothing of it is shown early.
        return NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
    if not terms.may_start(at):
        return Forbidden("This quiz is closed.", next_step="Ask the course's staff if you have a reason.")
    if terms.attempts is not None and used >= terms.attempts:
        return Forbidden(
            "You have used every attempt this quiz allows.", next_step="Open your results instead."
        )
    return None


def attempts_at(connection: Connection, quiz_id: str, person: str | None = None) -> list[AttemptRow]:
    """The attempts at a quiz, of all students or of one, in the order in which they started."""
    statement = ATTEMPTS if person is None else ATTEMPTS_OF_PERSON
    rows = connection.execute(statement, {"quiz_id": quiz_id, "who": person})
    return [_row_from(row) for row in rows]


FLAGS = select(flag.c.pos).where(flag.c.attempt == bindparam("attempt_id"))


def flags_of(connection: Connection, attempt_id: str) -> set[int]:
    """The positions of the flagged questions."""
    return set(connection.execute(FLAGS, {"attempt_id": attempt_id}).scalars())


def set_flag(connection: Connection, attempt_id: str, pos: int, flagged: bool) -> None:
    """Set or remove a flag; a second call changes nothing."""
    if flagged:
        insert_once(connection, flag, {"attempt": attempt_id, "pos": pos})
    else:
        connection.execute(delete(flag).where(flag.c.attempt == attempt_id, flag.c.pos == pos))
