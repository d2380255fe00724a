"""Attempts as rows: starting one, finding one, and handing its pen over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from autograder.errors import Conflict, Forbidden, NotFound, Refused
from autograder.site.upsert import insert_once
from quizzes.attempts.events import Attempt, FinishedBy, PenTaken, Started, State
from quizzes.attempts.save_rules import StoredAnswer
from quizzes.content.version import AttemptItem
from quizzes.schedule.timing import Terms
from quizzes.store.events import add, step
from quizzes.store.overrides import is_staff, terms_of
from quizzes.store.tables import answer, attempt, attempt_item, flag, quiz

__all__ = [
    "AttemptRow",
    "Fresh",
    "answers_of",
    "attempts_at",
    "begin",
    "find",
    "flags_of",
    "lock_attempts",
    "locked",
    "open_one",
    "refusal_of",
    "set_flag",
    "shown_in",
    "state_of",
    "take_pen",
    "used_by",
]


# Asked all the time, so they are built once.
FIND = select(attempt).where(attempt.c.id == bindparam("one"))
LOCK = FIND.with_for_update()
THEIRS = attempt.c.quiz == bindparam("one"), attempt.c.person == bindparam("who")
OPEN = select(attempt).where(*THEIRS, attempt.c.state == "open")
ANSWERS = select(answer).where(answer.c.attempt == bindparam("one")).order_by(answer.c.pos)
ATTEMPTS = (
    select(attempt).where(attempt.c.quiz == bindparam("one")).order_by(attempt.c.started_at, attempt.c.id)
)
VERSION = select(quiz.c.version).where(quiz.c.id == bindparam("one")).with_for_update(read=True)
USED = select(
    func.count().filter(attempt.c.preview.is_(False)), func.coalesce(func.max(attempt.c.number), 0)
).where(*THEIRS)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt as it is stored now."""

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
    pen: str
    seq: int


def find(connection: Connection, one: str, person: str | None = None) -> AttemptRow:
    """An attempt, and with `person` only if it is theirs; raises NotFound, the same for both reasons."""
    row = connection.execute(FIND, {"one": one}).one_or_none()
    return _found(None if row is None or person not in (None, row.person) else row)


def lock_attempts(connection: Connection, ids: Collection[str]) -> None:
    """Lock attempts in the order of their ids, so that two servers never wait for each other."""
    connection.execute(
        select(attempt.c.id).where(attempt.c.id.in_(ids)).order_by(attempt.c.id).with_for_update()
    )


def locked(connection: Connection, one: str) -> AttemptRow:
    """An attempt that no other transaction changes until this one ends."""
    return _found(connection.execute(LOCK, {"one": one}).one_or_none())


def open_one(connection: Connection, quiz_id: str, person: str) -> AttemptRow | None:
    """The open attempt of a person at a quiz, if there is one."""
    row = connection.execute(OPEN, {"one": quiz_id, "who": person}).one_or_none()
    return None if row is None else _found(row)


def answers_of(connection: Connection, one: str) -> dict[int, StoredAnswer]:
    """The stored answers of an attempt, by the place of their question."""
    rows = connection.execute(ANSWERS, {"one": one})
    return {row.pos: StoredAnswer(row.rev, row.raw, row.received_at) for row in rows}


def shown_in(connection: Connection, one: str) -> list[tuple[str, str]]:
    """The numbers and the order of options that an attempt's questions showed, as JSON."""
    rows = connection.execute(
        select(attempt_item).where(attempt_item.c.attempt == one).order_by(attempt_item.c.pos)
    )
    return [(row.params, row.option_order) for row in rows]


def state_of(connection: Connection, one: str) -> Attempt:
    """The rows of an attempt as the fold of its events would have them, late saves aside."""
    row = find(connection, one)
    return Attempt(
        row.state,
        row.started_at,
        row.deadline_at,
        row.due_at,
        row.pen,
        row.finished_at,
        row.finished_by,
        answers_of(connection, one),
    )


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a new attempt is made of, drawn before it is queued."""

    id: str
    version: str
    seed: str
    pen: str
    items: Sequence[AttemptItem]
    preview: bool = False


def begin(
    connection: Connection,
    quiz_id: str,
    person: str,
    fresh: Fresh,
    arrived: int,
    now: Callable[[], int],
) -> AttemptRow:
    """Start an attempt, or return the one that is open; raises Forbidden outside the window.

    Whether it may start is asked of its arrival, but its time begins `now`, when it is written: a queue at
    the opening costs nobody a second. Of two starts at once, one wins and the other returns the winner's
    attempt. A preview, for staff, starts at any time and is never counted.
    """
    if (already := open_one(connection, quiz_id, person)) is not None:
        return already
    # An extension for everybody waits for starts under way, so that none of them misses it.
    version = connection.execute(VERSION, {"one": quiz_id}).scalar_one_or_none()
    terms = terms_of(connection, quiz_id, person)
    used, last = used_by(connection, quiz_id, person)
    if fresh.preview and not is_staff(connection, quiz_id, person):
        raise Forbidden("Only the course's staff may preview a quiz.", next_step="Start it when it opens.")
    if not fresh.preview and (refusal := refusal_of(terms, used, arrived)):
        # Another server's start may have been written between the questions above.
        if (already := open_one(connection, quiz_id, person)) is not None:
            return already
        raise refusal
    if version != fresh.version:
        raise Conflict("The quiz was just published anew.", next_step="Press start again.")
    began = now()
    at = began if terms.may_start(began) else arrived
    deadline_at = terms.deadline_at(at)
    if fresh.preview:
        deadline_at = None if terms.allot is None else at + terms.allot
    values: dict[str, Any] = {
        "id": fresh.id,
        "quiz": quiz_id,
        "version": fresh.version,
        "person": person,
        "number": last + 1,
        "seed": fresh.seed,
        "preview": fresh.preview,
        "state": "open",
        "started_at": at,
        "deadline_at": deadline_at,
        "due_at": terms.due_at,
        "grace": terms.grace,
        "pen": fresh.pen,
        "seq": 1,
    }
    if not insert_once(connection, attempt, values):
        winner = open_one(connection, quiz_id, person)
        if winner is None:
            raise Conflict("This attempt was just finished elsewhere.", next_step="Reload the page.")
        return winner
    items = [
        {
            "attempt": fresh.id,
            "pos": pos,
            "question_hash": item.question_hash,
            "params": item.params,
            "option_order": item.option_order,
            "points": float(item.points),
        }
        for pos, item in enumerate(fresh.items)
    ]
    if items:
        connection.execute(insert(attempt_item), items)
    add(connection, fresh.id, 1, Started(at, deadline_at, terms.due_at, fresh.pen))
    return AttemptRow(**{**values, "state": State.OPEN, "finished_at": None, "finished_by": None})


def take_pen(connection: Connection, one: str, pen: str, at: int) -> AttemptRow:
    """Let another window write; nothing changes when it writes already, or when the attempt is over."""
    row = locked(connection, one)
    if row.pen == pen or row.state is not State.OPEN:
        return row
    seq = step(connection, one, only_open=True, pen=pen)
    assert seq is not None  # the row is locked
    add(connection, one, seq, PenTaken(at, pen))
    return replace(row, pen=pen, seq=seq)


def _found(row: Row[tuple[object, ...]] | None) -> AttemptRow:
    if row is None:
        raise NotFound("There is no such attempt.", next_step="Start the quiz from its page.")
    values = dict(row._mapping)
    values["state"] = State(row.state)
    values["finished_by"] = None if row.finished_by is None else FinishedBy(row.finished_by)
    return AttemptRow(**values)


def used_by(connection: Connection, quiz_id: str, person: str) -> tuple[int, int]:
    """How many attempts count against the allowed ones, and the highest number given."""
    row = connection.execute(USED, {"one": quiz_id, "who": person}).one()
    return row[0], row[1]


def refusal_of(terms: Terms, used: int, at: int) -> Refused | None:
    """Why a student may not start now; None if they may."""
    if at < terms.opens_at:
        # The same words as for a quiz that does not exist: nothing of it is seen early.
        return NotFound("There is no such quiz.", next_step="Take one from the list of quizzes.")
    if not terms.may_start(at):
        return Forbidden("This quiz is closed.", next_step="Ask the course's staff if you had a reason.")
    if terms.attempts is not None and used >= terms.attempts:
        return Forbidden(
            "You have used every attempt this quiz allows.", next_step="Look at your result instead."
        )
    return None


def attempts_at(connection: Connection, quiz_id: str, person: str | None = None) -> list[AttemptRow]:
    """The attempts at a quiz, of everybody or of one person, in the order they began."""
    statement = ATTEMPTS if person is None else ATTEMPTS.where(attempt.c.person == bindparam("who"))
    rows = connection.execute(statement, {"one": quiz_id, "who": person})
    return [_found(row) for row in rows]


FLAGS = select(flag.c.pos).where(flag.c.attempt == bindparam("one"))


def flags_of(connection: Connection, one: str) -> set[int]:
    """The places of the flagged questions."""
    return set(connection.execute(FLAGS, {"one": one}).scalars())


def set_flag(connection: Connection, one: str, pos: int, flagged: bool) -> None:
    """Set or take away a flag; doing it twice changes nothing."""
    if flagged:
        insert_once(connection, flag, {"attempt": one, "pos": pos})
    else:
        connection.execute(delete(flag).where(flag.c.attempt == one, flag.c.pos == pos))
