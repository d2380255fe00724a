"""Extensions and reopening: staff move the end of attempts, and every act is recorded with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, id_of_form, record_act, record_acts
from quizzes.attempts.events import Extended, Reopened, State
from quizzes.schedule.timing import Terms
from quizzes.store.attempts import AttemptRow, find_attempt, locked_attempt, open_attempt
from quizzes.store.events import add_event, add_events, next_seq
from quizzes.store.marks import clear_waiting
from quizzes.store.tables import attempt, override, quiz

__all__ = ["Extension", "extend", "extend_all", "extend_chosen", "follow_terms", "move_ends", "reopen"]


MOVE = (
    update(attempt)
    .where(attempt.c.id == bindparam("attempt_id"))
    .values(seq=bindparam("next"), deadline_at=bindparam("until"), due_at=bindparam("due"))
)
SHORTEST_NOTICE = 60_000  # milliseconds; no attempt is made to end sooner than this


@dataclass(frozen=True, slots=True)
class Extension:
    """What an extension for the whole class changed."""

    extended: int  # open attempts that got more time
    over: int  # attempts whose time had run out before; staff may reopen them
    act: int = 0  # the number of the act


def extend(
    connection: Connection,
    attempt_id: str,
    deadline_at: int,
    *,
    at: int,
    who: str,
    reason: str,
    force: bool = False,
) -> AttemptRow:
    """Move the end of an open attempt; raises Conflict if it is over or the new end is too near."""
    row = locked_attempt(connection, attempt_id)
    if row.state is not State.OPEN:
        raise Conflict("This attempt is over.", next_step="Reopen it instead.")
    if deadline_at <= row.started_at:
        raise Conflict("It would end before it started.", next_step="Choose a later end.")
    if deadline_at < at + SHORTEST_NOTICE and not force:
        raise Conflict("It would end in less than a minute.", next_step="Choose a later end, or force it.")
    return _moved(connection, row, deadline_at, at, who, {"reason": reason, "was": row.deadline_at})


def extend_all(
    connection: Connection,
    quiz_id: str,
    *,
    at: int,
    who: str,
    reason: str,
    minutes: int = 0,
    percent: int = 0,
    once: str | None = None,
) -> Extension:
    """More time for the whole class, after an outage: open attempts, the close and the due date at once.

    `percent` is of each attempt's own time; the close moves by as much of the quiz's limit. A form that is
    sent twice, with the id `once`, gives the time once.
    """
    if (done := id_of_form(connection, once)) is not None:
        return Extension(0, 0, done)
    if minutes < 0 or percent < 0 or minutes + percent == 0:
        raise Conflict("An extension needs minutes or percent.", next_step="Give a number above zero.")
    quiz_row = connection.execute(select(quiz).where(quiz.c.id == quiz_id).with_for_update()).one_or_none()
    if quiz_row is None:
        raise NotFound("There is no such quiz.", next_step="Choose one from the list of quizzes.")
    span = minutes * 60_000

    def share(whole: int) -> int:
        return span + whole * percent // 100

    move = share(quiz_row.time_limit or 0)
    connection.execute(
        update(quiz)
        .where(quiz.c.id == quiz_id)
        .values(closes_at=quiz.c.closes_at + move, due_at=quiz.c.due_at + move)
    )
    _move_overrides(connection, quiz_id, move)

    def end_of(row: Any) -> int:
        return int(row.deadline_at + share(row.deadline_at - row.started_at))

    extended = move_ends(connection, end_of, at=at, who=who, reason=reason, quiz_id=quiz_id)
    ended = select(func.count()).where(
        attempt.c.quiz == quiz_id,
        attempt.c.state != "open",
        or_(attempt.c.finished_by == "sweeper", attempt.c.finished_by == "timer"),
    )
    over = connection.execute(ended).scalar_one()
    summary: dict[str, object] = {
        "reason": reason,
        "minutes": minutes,
        "percent": percent,
        "attempts": extended,
    }
    act = record_act(connection, Act(at, who, "extend all", quiz_id, summary), once)
    return Extension(extended, over, act)


def extend_chosen(
    connection: Connection,
    quiz_id: str,
    attempt_ids: Sequence[str],
    *,
    at: int,
    who: str,
    reason: str,
    minutes: int = 0,
    percent: int = 0,
    once: str | None = None,
) -> int:
    """More time for some open attempts of a quiz, once for each form; returns the number of the act.

    Who has submitted meanwhile is named in the act; the others get their time. Raises Conflict for an attempt
    of another quiz, for one without a deadline, and if all are over.
    """
    if (done := id_of_form(connection, once)) is not None:
        return done
    people, over = [], []
    for attempt_id in dict.fromkeys(attempt_ids):
        row = locked_attempt(connection, attempt_id)
        if row.quiz != quiz_id or row.deadline_at is None:
            raise Conflict("This attempt has no deadline to move.", next_step="Reload the page.")
        if row.state is not State.OPEN:
            over.append(row.person)
            continue
        more = minutes * 60_000 + (row.deadline_at - row.started_at) * percent // 100
        extend(connection, attempt_id, row.deadline_at + more, at=at, who=who, reason=reason)
        people.append(row.person)
    if not people:
        raise Conflict("The chosen attempts are over.", next_step="Reopen them on their own pages.")
    detail: dict[str, object] = {"reason": reason, "minutes": minutes, "percent": percent, "people": people}
    if over:
        detail["over"] = over
    return record_act(connection, Act(at, who, "extend chosen", quiz_id, detail), once)


def reopen(
    connection: Connection, attempt_id: str, deadline_at: int, *, at: int, who: str, reason: str
) -> AttemptRow:
    """Reopen an attempt until `deadline_at`; raises Conflict if the student has another one open."""
    row = locked_attempt(connection, attempt_id)
    if row.state is State.OPEN:
        raise Conflict("This attempt is open.", next_step="Extend it instead.")
    if open_attempt(connection, row.quiz, row.person) is not None:
        raise Conflict("The student has another attempt open.", next_step="Wait until it is over.")
    if deadline_at < at + SHORTEST_NOTICE:
        raise Conflict("It would end in less than a minute.", next_step="Choose a later end.")
    due_at = None if row.due_at is None else max(row.due_at, deadline_at)
    seq = next_seq(
        connection,
        attempt_id,
        state=State.OPEN.value,
        deadline_at=deadline_at,
        due_at=due_at,
        finished_at=None,
        finished_by=None,
    )
    assert seq is not None
    clear_waiting(connection, attempt_id)
    add_event(connection, attempt_id, seq, Reopened(at, deadline_at, due_at, who))
    record_act(connection, Act(at, who, "reopen", attempt_id, {"reason": reason, "until": deadline_at}))
    return find_attempt(connection, attempt_id)


def _moved(
    connection: Connection, row: AttemptRow, deadline_at: int, at: int, who: str, detail: dict[str, object]
) -> AttemptRow:
    """Set another deadline; the due date moves along, so no extension makes a student late."""
    more = 0 if row.deadline_at is None else max(0, deadline_at - row.deadline_at)
    due_at = None if row.due_at is None else row.due_at + more
    seq = next_seq(connection, row.id, only_open=True, deadline_at=deadline_at, due_at=due_at)
    assert seq is not None  # the row is locked
    add_event(connection, row.id, seq, Extended(at, deadline_at, due_at, who))
    record_act(connection, Act(at, who, "extend", row.id, {**detail, "until": deadline_at}))
    return find_attempt(connection, row.id)


RUNNING = (
    select(
        *(attempt.c.id, attempt.c.quiz, attempt.c.person, attempt.c.preview, attempt.c.seq),
        *(attempt.c.started_at, attempt.c.deadline_at, attempt.c.due_at),
    )
    .where(attempt.c.state == "open", attempt.c.deadline_at.is_not(None))
    .order_by(attempt.c.id)
    .with_for_update()
)


def move_ends(
    connection: Connection,
    end_of: Callable[[Any], int | None],
    *,
    at: int,
    who: str,
    reason: str,
    quiz_id: str | None = None,
) -> int:
    """Move the ends of open attempts, of one quiz or of all, to what `end_of` says; returns how many move.

    It gets the row of each attempt; None and an earlier end change nothing, and the due date moves along. A
    whole class takes a few statements, since its saves wait meanwhile.
    """
    running = RUNNING if quiz_id is None else RUNNING.where(attempt.c.quiz == quiz_id)
    changes, events, acts = [], [], []
    for row in connection.execute(running).all():
        until = end_of(row)
        if until is None or until <= row.deadline_at:
            continue
        due = None if row.due_at is None else row.due_at + until - row.deadline_at
        changes.append({"attempt_id": row.id, "next": row.seq + 1, "until": until, "due": due})
        events.append((row.id, row.seq + 1, Extended(at, until, due, who)))
        acts.append(
            Act(at, who, "extend", row.id, {"reason": reason, "was": row.deadline_at, "until": until})
        )
    if changes:
        connection.execute(MOVE, changes)
    add_events(connection, events)
    record_acts(connection, acts)
    return len(changes)


def follow_terms(
    connection: Connection, quiz_id: str, terms: Mapping[str, Terms], *, at: int, who: str, reason: str
) -> int:
    """Give the open attempts at a quiz the later end and due date of their students; how many change.

    `terms` are by person, as they are now. No attempt ends earlier, and none is late for it.
    """
    running = select(attempt).where(attempt.c.quiz == quiz_id, attempt.c.state == "open")
    changes, events, acts = [], [], []
    for row in connection.execute(running.order_by(attempt.c.id).with_for_update()).all():
        student_terms = terms.get(row.person)
        if student_terms is None or row.preview:
            continue
        until = _later(row.deadline_at, student_terms.deadline_at(row.started_at))
        due = _later(row.due_at, student_terms.due_at)
        if (until, due) == (row.deadline_at, row.due_at):
            continue
        changes.append({"attempt_id": row.id, "next": row.seq + 1, "until": until, "due": due})
        events.append((row.id, row.seq + 1, Extended(at, until, due, who)))
        detail: dict[str, object] = {"reason": reason, "was": row.deadline_at, "until": until}
        acts.append(Act(at, who, "extend", row.id, detail))
    if changes:
        connection.execute(MOVE, changes)
    add_events(connection, events)
    record_acts(connection, acts)
    return len(changes)


def _later(first: int | None, second: int | None) -> int | None:
    """The later of two instants; None is never."""
    return None if first is None or second is None else max(first, second)


def _move_overrides(connection: Connection, quiz_id: str, move: int) -> None:
    """Move the closes and due dates that single students and labels have."""
    moved_overrides = (
        override.c.quiz == quiz_id,
        override.c.field.in_(["closes_at", "due_at"]),
        override.c.value != "",
    )
    for row in connection.execute(select(override).where(*moved_overrides)).all():
        connection.execute(
            update(override)
            .where(
                override.c.quiz == quiz_id,
                override.c.scope == row.scope,
                override.c.who == row.who,
                override.c.field == row.field,
            )
            .values(value=str(int(row.value) + move))
        )
