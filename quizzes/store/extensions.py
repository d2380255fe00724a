"""What staff may change about time: every act is written down with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, note
from quizzes.attempts.events import Extended, Reopened, State
from quizzes.store.attempts import AttemptRow, find, locked, open_one
from quizzes.store.events import add, step
from quizzes.store.overrides import terms_of
from quizzes.store.tables import attempt, grade, override, quiz

__all__ = ["Extension", "apply_terms", "extend", "extend_all", "reopen"]


NOTICE = 60_000  # nobody's attempt is made to end sooner than this


@dataclass(frozen=True, slots=True)
class Extension:
    """What an extension for everybody did."""

    extended: int  # open attempts that got more time
    over: int  # attempts the clock had ended already; staff may reopen them


def extend(
    connection: Connection,
    one: str,
    deadline_at: int,
    *,
    at: int,
    who: str,
    reason: str,
    force: bool = False,
) -> AttemptRow:
    """Let an open attempt end at another instant; raises Conflict if it is over or the end is too near."""
    row = locked(connection, one)
    if row.state is not State.OPEN:
        raise Conflict("This attempt is over.", next_step="Reopen it instead.")
    if deadline_at <= row.started_at:
        raise Conflict("It would end before it began.", next_step="Take a later end.")
    if deadline_at < at + NOTICE and not force:
        raise Conflict(
            "It would end in less than a minute.", next_step="Take a later end, or insist on it with force."
        )
    return _moved(connection, row, deadline_at, at, who, {"reason": reason, "was": row.deadline_at})


def apply_terms(connection: Connection, one: str, *, at: int, who: str) -> AttemptRow:
    """Give an open attempt what its student's terms came to meanwhile; nothing is ever taken away."""
    row = locked(connection, one)
    deadline_at = terms_of(connection, row.quiz, row.person).deadline_at(row.started_at)
    if row.state is not State.OPEN or row.deadline_at is None:
        return row
    if deadline_at is None or deadline_at <= row.deadline_at:
        return row
    return _moved(connection, row, deadline_at, at, who, {"reason": "new terms", "was": row.deadline_at})


def extend_all(
    connection: Connection,
    quiz_id: str,
    *,
    at: int,
    who: str,
    reason: str,
    minutes: int = 0,
    percent: int = 0,
) -> Extension:
    """More time for everybody, after an outage: open attempts, the close and the due date, in one go.

    `percent` is of each attempt's own time; the close moves by as much of the quiz's limit.
    """
    if minutes < 0 or percent < 0 or minutes + percent == 0:
        raise Conflict("An extension gives time.", next_step="Say how many minutes, or how many percent.")
    found = connection.execute(select(quiz).where(quiz.c.id == quiz_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFound("There is no such quiz.", next_step="Take one from the list of quizzes.")
    span = minutes * 60_000

    def share(whole: int) -> int:
        return span + whole * percent // 100

    move = share(found.time_limit or 0)
    connection.execute(
        update(quiz)
        .where(quiz.c.id == quiz_id)
        .values(closes_at=quiz.c.closes_at + move, due_at=quiz.c.due_at + move)
    )
    _move_overrides(connection, quiz_id, move)
    theirs = select(attempt.c.id).where(attempt.c.quiz == quiz_id, attempt.c.state == "open")
    ids = [one for (one,) in connection.execute(theirs.order_by(attempt.c.id).with_for_update())]
    extended = 0
    for one in ids:
        row = find(connection, one)
        if row.deadline_at is not None:
            more = share(row.deadline_at - row.started_at)
            detail: dict[str, object] = {"reason": reason, "was": row.deadline_at}
            _moved(connection, row, row.deadline_at + more, at, who, detail)
            extended += 1
    ended = select(func.count()).where(
        attempt.c.quiz == quiz_id,
        attempt.c.state != "open",
        or_(attempt.c.finished_by == "sweeper", attempt.c.finished_by == "timer"),
    )
    over = connection.execute(ended).scalar_one()
    told: dict[str, object] = {"reason": reason, "minutes": minutes, "percent": percent, "attempts": extended}
    note(connection, Act(at, who, "extend all", quiz_id, told))
    return Extension(extended, over)


def reopen(
    connection: Connection, one: str, deadline_at: int, *, at: int, who: str, reason: str
) -> AttemptRow:
    """Let an attempt that is over go on until then; raises Conflict if another one of theirs is open."""
    row = locked(connection, one)
    if row.state is State.OPEN:
        raise Conflict("This attempt is open.", next_step="Extend it instead.")
    if open_one(connection, row.quiz, row.person) is not None:
        raise Conflict("The student has another attempt open.", next_step="Wait until it is over.")
    if deadline_at < at + NOTICE:
        raise Conflict("It would end in less than a minute.", next_step="Take a later end.")
    due_at = None if row.due_at is None else max(row.due_at, deadline_at)
    seq = step(
        connection,
        one,
        state=State.OPEN.value,
        deadline_at=deadline_at,
        due_at=due_at,
        finished_at=None,
        finished_by=None,
    )
    assert seq is not None
    connection.execute(update(grade).where(grade.c.attempt == one).values(current=False))
    add(connection, one, seq, Reopened(at, deadline_at, due_at, who))
    note(connection, Act(at, who, "reopen", one, {"reason": reason, "until": deadline_at}))
    return find(connection, one)


def _moved(
    connection: Connection, row: AttemptRow, deadline_at: int, at: int, who: str, detail: dict[str, object]
) -> AttemptRow:
    """Another deadline; the due date moves along, so nobody is late by what they were given."""
    more = 0 if row.deadline_at is None else max(0, deadline_at - row.deadline_at)
    due_at = None if row.due_at is None else row.due_at + more
    seq = step(connection, row.id, only_open=True, deadline_at=deadline_at, due_at=due_at)
    assert seq is not None  # the row is locked
    add(connection, row.id, seq, Extended(at, deadline_at, due_at, who))
    note(connection, Act(at, who, "extend", row.id, {**detail, "until": deadline_at}))
    return find(connection, row.id)


def _move_overrides(connection: Connection, quiz_id: str, move: int) -> None:
    """Closes and due dates of single students and labels move with everybody's."""
    theirs = override.c.quiz == quiz_id, override.c.field.in_(["closes_at", "due_at"]), override.c.value != ""
    for one in connection.execute(select(override).where(*theirs)).all():
        connection.execute(
            update(override)
            .where(
                override.c.quiz == quiz_id,
                override.c.scope == one.scope,
                override.c.who == one.who,
                override.c.field == one.field,
            )
            .values(value=str(int(one.value) + move))
        )
