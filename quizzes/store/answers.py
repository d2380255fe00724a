"""Saves as rows: the outcome that `attempts.save_rules` decides, written in one transaction with its event.

The exam service stores saves here; the staff pages accept late ones.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select, text, update

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from quizzes.attempts.events import Accepted, State
from quizzes.attempts.response import answer_from, is_blank
from quizzes.attempts.save_rules import (
    Outcome,
    Save,
    SaveResult,
    StoredAnswer,
    Writable,
    check_budget,
    outcome_of,
)
from quizzes.schedule.timing import Arrival, arrival
from quizzes.store.attempts import locked_attempt
from quizzes.store.events import add_event, next_seq
from quizzes.store.tables import answer, answer_event, attempt, attempt_item

__all__ = ["accept_late", "save"]


MOST_REFUSED = 200  # refused saves logged per attempt, so that a broken page cannot fill the disk
# Everything that decides about a save, in one query; `stored` is the same save, if it was stored before.
stored = answer_event.alias("stored")
CURRENT = (
    select(
        attempt.c.state,
        attempt.c.deadline_at,
        attempt.c.grace,
        attempt.c.lock,
        attempt.c.started_at,
        attempt.c.saved_bytes,
        attempt_item.c.pos.label("item"),
        answer.c.rev,
        answer.c.response,
        answer.c.received_at,
        stored.c.pos.label("stored_pos"),
        stored.c.rev.label("stored_rev"),
        stored.c.response.label("stored_raw"),
        stored.c.at.label("stored_at"),
        stored.c.in_grace.label("stored_in_grace"),
    )
    .select_from(attempt)
    .outerjoin(
        attempt_item,
        and_(attempt_item.c.attempt == attempt.c.id, attempt_item.c.pos == bindparam("pos")),
    )
    .outerjoin(answer, and_(answer.c.attempt == attempt.c.id, answer.c.pos == bindparam("pos")))
    .outerjoin(
        stored,
        and_(
            stored.c.attempt == attempt.c.id,
            stored.c.save_id == bindparam("save_id"),
            text("stored.problem = '' AND NOT stored.late"),  # as the index over them is written
        ),
    )
    .where(attempt.c.id == bindparam("attempt_id"), attempt.c.person == bindparam("person"))
    .with_for_update(of=attempt)
)
LOG, FIRST = insert(answer_event), insert(answer)
NEXT_SAVE = (
    update(attempt)
    .where(attempt.c.id == bindparam("attempt_id"))
    .values(seq=attempt.c.seq + 1, saved_bytes=attempt.c.saved_bytes + bindparam("size"))
    .returning(attempt.c.seq)
)
NEXT_SAVE_IF_OPEN = NEXT_SAVE.where(attempt.c.state == "open")
NEXT = (
    update(answer)
    .where(
        answer.c.attempt == bindparam("attempt_id"),
        answer.c.pos == bindparam("position"),
        answer.c.rev == bindparam("base"),
    )
    .values(
        rev=bindparam("rev"),
        response=bindparam("response"),
        received_at=bindparam("received_at"),
        answered=bindparam("answered"),
    )
)


def save(connection: Connection, attempt_id: str, person: str, sent: Save) -> SaveResult:
    """Store a save, or return what is stored instead.

    Raises NotFound for another student's attempt and for an unknown question, Conflict for a `save_id` that
    was used for another answer, TooManySaves when the attempt's log holds more than anybody types.

    The writer has locked the attempt by then, so on PostgreSQL too this reads what is newest.
    """
    parameters = {"attempt_id": attempt_id, "person": person, "pos": sent.pos, "save_id": sent.save_id}
    current = connection.execute(CURRENT, parameters).one_or_none()
    if current is None or current.item is None:
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    deadline_at: int | None = current.deadline_at
    if current.stored_rev is not None:
        if (current.stored_pos, current.stored_raw) != (sent.pos, sent.response):
            raise Conflict("This save was sent before with another answer.", next_step="Reload the page.")
        stored_answer = StoredAnswer(current.stored_rev, current.stored_raw, current.stored_at)
        in_grace = bool(current.stored_in_grace)
        return SaveResult(Outcome.SAVED, stored_answer, deadline_at, in_grace=in_grace, replayed=True)
    stored_answer = (
        StoredAnswer()
        if current.rev is None
        else StoredAnswer(current.rev, current.response, current.received_at)
    )
    attempt_now = Writable(current.state == "open", deadline_at, current.grace, current.lock)
    outcome = outcome_of(sent, attempt_now, stored_answer)
    size = check_budget(sent, current.saved_bytes, current.started_at)
    if outcome is Outcome.SAVED:
        in_grace = arrival(sent.at, deadline_at, current.grace) is Arrival.IN_GRACE
        _log(connection, attempt_id, sent, size, stored_answer.rev + 1, in_grace=in_grace)
        values = {
            "attempt_id": attempt_id,
            "position": sent.pos,
            "base": stored_answer.rev,
            "rev": stored_answer.rev + 1,
        }
        stored_answer = _written(connection, values, sent.response, sent.at)
        return SaveResult(outcome, stored_answer, deadline_at, in_grace=in_grace)
    if outcome in (Outcome.CLOSED, Outcome.LATE):
        _log_refused(connection, attempt_id, sent, size, stored_answer.rev, late=True)
    elif outcome is Outcome.INVALID:
        _log_refused(connection, attempt_id, sent, size, stored_answer.rev, late=False)
    return SaveResult(outcome, stored_answer, deadline_at, problem=sent.problem)


def accept_late(connection: Connection, attempt_id: str, save_id: str, at: int, who: str) -> StoredAnswer:
    """Accept a save that came too late; the attempt is marked again.

    Raises NotFound for an unknown save, Conflict for an open attempt and for an answer that cannot be read.
    """
    row = locked_attempt(connection, attempt_id)
    late = connection.execute(
        select(answer_event)
        .where(answer_event.c.attempt == attempt_id, answer_event.c.save_id == save_id, answer_event.c.late)
        .order_by(answer_event.c.seq)
    ).first()
    if late is None:
        raise NotFound("No late save has this id.", next_step="Choose one from the attempt's log.")
    if row.state is State.OPEN:
        raise Conflict(
            "The attempt is open: the student can save the answer.", next_step="Wait until it is over."
        )
    if late.problem:
        raise Conflict(f"The answer cannot be marked: {late.problem}", next_step="Ask the student.")
    current = connection.execute(
        select(answer.c.rev).where(answer.c.attempt == attempt_id, answer.c.pos == late.pos)
    ).scalar_one_or_none()
    rev = (current or 0) + 1
    seq = next_seq(connection, attempt_id, state=State.FINISHED.value)
    assert seq is not None
    add_event(connection, attempt_id, seq, Accepted(at, late.pos, rev, save_id, who))
    record_act(connection, Act(at, who, "accept late", attempt_id, {"question": late.pos + 1}))
    values = {"attempt_id": attempt_id, "position": late.pos, "base": rev - 1, "rev": rev}
    return _written(connection, values, late.response, late.at)


def _written(connection: Connection, values: dict[str, Any], response: str, at: int) -> StoredAnswer:
    rev: int = values["rev"]
    answered = not is_blank(answer_from(response))
    if rev == 1:
        first = {
            "attempt": values["attempt_id"],
            "pos": values["position"],
            "rev": 1,
            "response": response,
            "received_at": at,
            "answered": answered,
        }
        connection.execute(FIRST, first)
    else:
        written = {**values, "response": response, "received_at": at, "answered": answered}
        changed = connection.execute(NEXT, written).rowcount
        if changed != 1:
            raise Conflict("A newer answer is stored.", next_step="Reload the page.")
    return StoredAnswer(rev, response, at)


def _log(
    connection: Connection,
    attempt_id: str,
    sent: Save,
    size: int,
    rev: int,
    *,
    in_grace: bool = False,
    late: bool = False,
) -> None:
    statement = NEXT_SAVE if late else NEXT_SAVE_IF_OPEN
    parameters = {"attempt_id": attempt_id, "size": size}
    seq = connection.execute(statement, parameters).scalar_one_or_none()
    if seq is None:
        raise Conflict("The attempt was just finished.", next_step="Open the receipt.")
    row = {
        "attempt": attempt_id,
        "seq": seq,
        "at": sent.at,
        "pos": sent.pos,
        "rev": rev,
        "base_rev": sent.base_rev,
        "save_id": sent.save_id,
        "response": sent.response,
        "problem": sent.problem,
        "in_grace": in_grace,
        "late": late,
        "client": sent.client[:200],
        "began_at": sent.began_at,
    }
    connection.execute(LOG, row)


def _log_refused(
    connection: Connection, attempt_id: str, sent: Save, size: int, rev: int, *, late: bool
) -> None:
    """Log a save that does not count, once, for staff to see."""
    refused = (answer_event.c.attempt == attempt_id) & ((answer_event.c.problem != "") | answer_event.c.late)
    same = (answer_event.c.save_id == sent.save_id) & (answer_event.c.late == late)
    counts = connection.execute(select(func.count(), func.count().filter(same)).where(refused)).one()
    if counts[0] < MOST_REFUSED and counts[1] == 0:
        _log(connection, attempt_id, sent, size, rev, late=late)
