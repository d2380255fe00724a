"""Saves as rows: what `revisions` decides, done in one transaction with its event."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select, text, update

from autograder.errors import Conflict, NotFound
from quizzes.attempts.events import Accepted, State
from quizzes.attempts.save_rules import Outcome, Save, SaveResult, StoredAnswer, Writable, outcome_of
from quizzes.schedule.timing import Arrival, arrival
from quizzes.store.attempts import locked
from quizzes.store.events import add, step
from quizzes.store.tables import answer, answer_event, attempt, attempt_item

__all__ = ["accept_late", "save"]


MOST_REFUSED = 200  # of one attempt are written down; a page gone wild fills no disk
# Everything that decides about a save, in one question; `stored` is the same save, if it counted before.
stored = answer_event.alias("stored")
STANDING = (
    select(
        attempt.c.state,
        attempt.c.deadline_at,
        attempt.c.grace,
        attempt.c.pen,
        attempt_item.c.pos.label("item"),
        answer.c.rev,
        answer.c.raw,
        answer.c.received_at,
        stored.c.pos.label("stored_pos"),
        stored.c.rev.label("stored_rev"),
        stored.c.raw.label("stored_raw"),
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
    .where(attempt.c.id == bindparam("one"), attempt.c.person == bindparam("person"))
    .with_for_update(of=attempt)
)
LOG, FIRST = insert(answer_event), insert(answer)
NEXT = (
    update(answer)
    .where(
        answer.c.attempt == bindparam("one"),
        answer.c.pos == bindparam("place"),
        answer.c.rev == bindparam("base"),
    )
    .values(rev=bindparam("rev"), raw=bindparam("raw"), received_at=bindparam("received_at"))
)


def save(connection: Connection, one: str, person: str, given: Save) -> SaveResult:
    """Store a save, or say what is stored instead; raises NotFound for a foreign attempt or no question.

    The writer has locked the attempt by then, so on PostgreSQL too this reads what is newest.
    """
    asked = {"one": one, "person": person, "pos": given.pos, "save_id": given.save_id}
    standing = connection.execute(STANDING, asked).one_or_none()
    if standing is None or standing.item is None:
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    deadline_at: int | None = standing.deadline_at
    if standing.stored_rev is not None:
        if (standing.stored_pos, standing.stored_raw) != (given.pos, given.raw):
            raise Conflict("This save was sent before with another answer.", next_step="Reload the page.")
        held = StoredAnswer(standing.stored_rev, standing.stored_raw, standing.stored_at)
        in_grace = bool(standing.stored_in_grace)
        return SaveResult(Outcome.SAVED, held, deadline_at, in_grace=in_grace, replayed=True)
    held = (
        StoredAnswer()
        if standing.rev is None
        else StoredAnswer(standing.rev, standing.raw, standing.received_at)
    )
    attempt_now = Writable(standing.state == "open", deadline_at, standing.grace, standing.pen)
    outcome = outcome_of(given, attempt_now, held)
    if outcome is Outcome.SAVED:
        in_grace = arrival(given.at, deadline_at, standing.grace) is Arrival.IN_GRACE
        _log(connection, one, given, held.rev + 1, in_grace=in_grace)
        values = {"one": one, "place": given.pos, "base": held.rev, "rev": held.rev + 1}
        held = _written(connection, values, given.raw, given.at)
        return SaveResult(outcome, held, deadline_at, in_grace=in_grace)
    if outcome in (Outcome.CLOSED, Outcome.LATE):
        _log_refused(connection, one, given, held.rev, late=True)
    elif outcome is Outcome.INVALID:
        _log_refused(connection, one, given, held.rev, late=False)
    return SaveResult(outcome, held, deadline_at, problem=given.problem)


def accept_late(connection: Connection, one: str, save_id: str, at: int, who: str) -> StoredAnswer:
    """Let a save that came too late count, by staff; the attempt is marked again.

    Raises NotFound for no such save, Conflict for an attempt that is open or an answer nobody can read.
    """
    row = locked(connection, one)
    late = connection.execute(
        select(answer_event)
        .where(answer_event.c.attempt == one, answer_event.c.save_id == save_id, answer_event.c.late)
        .order_by(answer_event.c.seq)
    ).first()
    if late is None:
        raise NotFound("No late save has this number.", next_step="Take one from the attempt's log.")
    if row.state is State.OPEN:
        raise Conflict("The attempt is open: the student can save it.", next_step="Wait until it is over.")
    if late.problem:
        raise Conflict(f"The answer cannot be marked: {late.problem}", next_step="Ask the student.")
    current = connection.execute(
        select(answer.c.rev).where(answer.c.attempt == one, answer.c.pos == late.pos)
    ).scalar_one_or_none()
    rev = (current or 0) + 1
    seq = step(connection, one, state=State.FINISHED.value)
    assert seq is not None
    add(connection, one, seq, Accepted(at, late.pos, rev, save_id, who))
    values = {"one": one, "place": late.pos, "base": rev - 1, "rev": rev}
    return _written(connection, values, late.raw, late.at)


def _written(connection: Connection, values: dict[str, Any], raw: str, at: int) -> StoredAnswer:
    rev: int = values["rev"]
    if rev == 1:
        first = {"attempt": values["one"], "pos": values["place"], "rev": 1, "raw": raw, "received_at": at}
        connection.execute(FIRST, first)
    else:
        changed = connection.execute(NEXT, {**values, "raw": raw, "received_at": at}).rowcount
        if changed != 1:
            raise Conflict("A newer answer is stored.", next_step="Reload the page.")
    return StoredAnswer(rev, raw, at)


def _log(
    connection: Connection, one: str, given: Save, rev: int, *, in_grace: bool = False, late: bool = False
) -> None:
    seq = step(connection, one, only_open=not late)
    if seq is None:
        raise Conflict("The attempt was just finished.", next_step="Look at the receipt.")
    row = {
        "attempt": one,
        "seq": seq,
        "at": given.at,
        "pos": given.pos,
        "rev": rev,
        "base_rev": given.base_rev,
        "save_id": given.save_id,
        "raw": given.raw,
        "problem": given.problem,
        "in_grace": in_grace,
        "late": late,
        "client": given.client[:200],
    }
    connection.execute(LOG, row)


def _log_refused(connection: Connection, one: str, given: Save, rev: int, *, late: bool) -> None:
    """Write down a save that did not count, once, for staff to see."""
    refused = (answer_event.c.attempt == one) & ((answer_event.c.problem != "") | answer_event.c.late)
    same = (answer_event.c.save_id == given.save_id) & (answer_event.c.late == late)
    counts = connection.execute(select(func.count(), func.count().filter(same)).where(refused)).one()
    if counts[0] < MOST_REFUSED and counts[1] == 0:
        _log(connection, one, given, rev, late=late)
