"""The marks of attempts: automatic ones by a key, those of the sandbox, and those of people.

They are rows of `autograder.site.marks`, which are only ever added; the work is an attempt, the part a
question's position. The exam service, the function queue, regrades and the staff pages add them here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, bindparam, cast, func, select
from sqlalchemy.types import Text

from autograder.errors import Conflict, NotFound
from autograder.site.audit import Act, record_act
from autograder.site.marks import (
    Current,
    Mark,
    Source,
    Waiting,
    add_marks,
    current_mark,
    marks_of_work,
    marks_of_works,
    set_waiting,
)
from autograder.site.outbox import queue_message
from autograder.site.tables import mark, points_text, waiting_mark
from quizzes.attempts.events import Graded, State
from quizzes.store.attempts import AttemptRow, find_attempt, locked_attempt
from quizzes.store.events import add_event, next_seq
from quizzes.store.tables import answer, attempt, attempt_item

__all__ = [
    "QUIZ",
    "MarkRow",
    "PendingMark",
    "add_automatic_marks",
    "clear_waiting",
    "give_mark",
    "history_of",
    "marks_at",
    "marks_in",
    "pending_marks",
    "points_in",
    "points_of",
    "queue_score",
    "record_marks",
    "record_trouble",
    "set_points",
    "settle_mark",
    "total",
    "unmarked_attempts",
    "withdraw_mark",
]


QUIZ = "quiz"  # the kind of work
DIGITS = Decimal("0.0001")  # of totals
POINTS = re.compile(r"(\d{1,6})(?:[.,](\d{0,4}))?|[.,](\d{1,4})", re.ASCII)
REVISIONS = select(answer.c.pos, answer.c.rev).where(answer.c.attempt == bindparam("attempt_id"))
MOST = select(attempt_item.c.points).where(
    attempt_item.c.attempt == bindparam("attempt_id"), attempt_item.c.pos == bindparam("position")
)


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A mark of one answer by a key and a grader."""

    pos: int
    answer_rev: int  # 0 for no answer
    points: Decimal
    detail: str
    key_version: str
    grader_version: str

    @property
    def pending(self) -> bool:
        """Whether it waits for a manual mark or for the sandbox."""
        return _read(self.detail).get("pending") is True

    def as_mark(self, at: int, *, source: Source = Source.AUTO, who: str = "", reason: str = "") -> Mark:
        """The row of the table."""
        return Mark(
            part=str(self.pos),
            points=self.points,
            source=source,
            at=at,
            who=who,
            reason=reason,
            key_version=self.key_version,
            grader_version=self.grader_version,
            answer_rev=self.answer_rev,
            pending=self.pending,
            detail=self.detail,
        )


# Reading marks


def unmarked_attempts(connection: Connection) -> list[str]:
    """The ids of submitted attempts that wait for their marks."""
    ended = attempt.c.state == "finished"
    rows = connection.execute(select(attempt.c.id).where(ended).order_by(attempt.c.finished_at))
    return [attempt_id for (attempt_id,) in rows]


def history_of(connection: Connection, attempt_id: str) -> dict[int, list[Mark]]:
    """All marks of an attempt by the position of their question, the oldest first."""
    return {int(part): marks for part, marks in sorted(marks_of_work(connection, QUIZ, attempt_id).items())}


def marks_in(connection: Connection, attempt_id: str) -> dict[int, Current]:
    """The marks that count, by the position of their question."""
    return _currents(history_of(connection, attempt_id), _revisions(connection, attempt_id))


def marks_at(
    connection: Connection, quiz_id: str, person: str | None = None
) -> dict[str, dict[int, Current]]:
    """The marks that count of all attempts at a quiz, or of one student's, in two queries."""
    attempts = select(attempt.c.id).where(attempt.c.quiz == quiz_id)
    if person is not None:
        attempts = attempts.where(attempt.c.person == person)
    revisions: dict[str, dict[int, int]] = {}
    for row in connection.execute(select(answer).where(answer.c.attempt.in_(attempts))):
        revisions.setdefault(row.attempt, {})[row.pos] = row.rev
    return {
        attempt_id: _currents(
            {int(part): marks for part, marks in by_part.items()}, revisions.get(attempt_id, {})
        )
        for attempt_id, by_part in marks_of_works(connection, QUIZ, attempts).items()
    }


def points_of(connection: Connection, attempt_id: str) -> Decimal | None:
    """The points of an attempt; None before it was marked."""
    row = find_attempt(connection, attempt_id)
    marks = marks_in(connection, attempt_id) if row.state is State.GRADED else {}
    return total(marks.values()) if marks else None


def total(marks: Iterable[Current | MarkRow]) -> Decimal:
    """The sum of the points of marks."""
    whole = sum((marked.points for marked in marks), Decimal(0))
    return Decimal(points_text(whole.quantize(DIGITS)))


def _currents(history: Mapping[int, Sequence[Mark]], revisions: Mapping[int, int]) -> dict[int, Current]:
    currents = {pos: current_mark(marks, revisions.get(pos, 0)) for pos, marks in history.items()}
    return {pos: current for pos, current in sorted(currents.items()) if current is not None}


def _revisions(connection: Connection, attempt_id: str) -> dict[int, int]:
    rows = connection.execute(REVISIONS, {"attempt_id": attempt_id})
    return {row.pos: row.rev for row in rows}


# Automatic marks


def record_marks(connection: Connection, seen: AttemptRow, marks: Sequence[MarkRow], at: int) -> bool:
    """Record the marks of an attempt; False, and nothing is recorded, if it changed since it was `seen`.

    So two servers that mark the same attempt record one set of marks and send one message.
    """
    row = locked_attempt(connection, seen.id)
    if row.state is not State.FINISHED or row.seq != seen.seq:
        return False
    seq = next_seq(connection, row.id, state=State.GRADED.value)
    assert seq is not None
    points = add_automatic_marks(connection, row.id, marks, at)
    add_event(connection, row.id, seq, Graded(at, points))
    if not row.preview:
        queue_score(connection, row, f"marked:{row.id}:{seq}", at)
    return True


def add_automatic_marks(
    connection: Connection,
    attempt_id: str,
    marks: Sequence[MarkRow],
    at: int,
    *,
    who: str = "",
    reason: str = "",
) -> Decimal:
    """Add the marks that say something new; returns the attempt's points. People's marks stand."""
    history = history_of(connection, attempt_id)
    new_marks = [
        row.as_mark(at, who=who, reason=reason) for row in marks if _is_new(history.get(row.pos, []), row)
    ]
    return total(_add(connection, attempt_id, history, new_marks).values())


def _is_new(known: Sequence[Mark], row: MarkRow) -> bool:
    newest = next((marked for marked in reversed(known) if not marked.source.personal), None)
    if newest is None or (newest.answer_rev, newest.key_version, newest.grader_version) != (
        row.answer_rev,
        row.key_version,
        row.grader_version,
    ):
        return True
    # A mark that waits is not repeated once the sandbox has given it.
    return not row.pending and (newest.points, newest.detail) != (row.points, row.detail)


def _add(
    connection: Connection, attempt_id: str, history: Mapping[int, list[Mark]], new_marks: Sequence[Mark]
) -> dict[int, Current]:
    """Add marks and update what waits; returns the marks that count."""
    add_marks(connection, QUIZ, attempt_id, new_marks)
    known = {pos: list(marks) for pos, marks in history.items()}
    for new_mark in new_marks:
        known.setdefault(int(new_mark.part), []).append(new_mark)
    currents = _currents(known, _revisions(connection, attempt_id))
    waiting = [
        (str(pos), known[pos][-1].at, why)
        for pos, current in currents.items()
        if (why := _why_waiting(current, known[pos])) is not None
    ]
    set_waiting(connection, QUIZ, attempt_id, waiting)
    return currents


def _why_waiting(current: Current, marks: Sequence[Mark]) -> Waiting | None:
    if current.changed:
        return Waiting.CHANGED
    if not current.pending:
        return None
    newest = next(marked for marked in reversed(marks) if not marked.source.personal)
    return Waiting.TROUBLE if _trouble(newest.detail) else Waiting.PENDING


def clear_waiting(connection: Connection, attempt_id: str) -> None:
    """Nothing of an attempt waits for a mark, because it goes on."""
    set_waiting(connection, QUIZ, attempt_id, [])


def queue_score(connection: Connection, row: AttemptRow, once: str, at: int) -> None:
    """Queue the current score of an attempt for the gradebook, once."""
    points = points_of(connection, row.id)
    payload: dict[str, object] = {
        "attempt": row.id,
        "quiz": row.quiz,
        "person": row.person,
        "points": None if points is None else float(points),
        "finished_at": row.finished_at,
    }
    queue_message(connection, "score", once, payload, at)


# Marks that wait


@dataclass(frozen=True, slots=True)
class PendingMark:
    """An answer whose mark is pending, with the trouble that a grader had with it."""

    attempt: str
    pos: int
    answer_rev: int
    key_version: str
    grader_version: str
    response: str
    trouble: str = ""


def pending_marks(connection: Connection, *, again: bool = False) -> list[PendingMark]:
    """The answers that wait for a mark, the oldest first; with `again` also those that had trouble."""
    reasons = [Waiting.PENDING, Waiting.TROUBLE] if again else [Waiting.PENDING]
    newest = (
        select(func.max(mark.c.id))
        .where(
            mark.c.kind == waiting_mark.c.kind,
            mark.c.work == waiting_mark.c.work,
            mark.c.part == waiting_mark.c.part,
            mark.c.source.in_([Source.AUTO, Source.SANDBOX]),
        )
        .correlate(waiting_mark)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(mark, answer.c.pos, answer.c.response)
        .select_from(waiting_mark)
        .join(attempt, and_(attempt.c.id == waiting_mark.c.work, attempt.c.state == "graded"))
        .join(mark, mark.c.id == newest)
        .join(
            answer,
            and_(
                answer.c.attempt == waiting_mark.c.work,
                cast(answer.c.pos, Text) == waiting_mark.c.part,
                answer.c.rev == mark.c.answer_rev,
            ),
        )
        .where(waiting_mark.c.kind == QUIZ, waiting_mark.c.why.in_(reasons))
        .order_by(waiting_mark.c.at, waiting_mark.c.work, answer.c.pos)
    )
    return [
        PendingMark(
            row.work,
            row.pos,
            row.answer_rev,
            row.key_version,
            row.grader_version,
            row.response,
            _trouble(row.detail),
        )
        for row in rows
    ]


def settle_mark(connection: Connection, pending: PendingMark, points: Decimal, detail: str, at: int) -> bool:
    """Add the sandbox's mark and queue the new score; False, and no change, if it is not pending any more."""
    row = locked_attempt(connection, pending.attempt)
    history = history_of(connection, row.id)
    if not _is_pending(connection, pending, history):
        return False
    settled = MarkRow(
        pending.pos, pending.answer_rev, points, detail, pending.key_version, pending.grader_version
    )
    _add(connection, row.id, history, [settled.as_mark(at, source=Source.SANDBOX)])
    if not row.preview:
        version = f"{pending.answer_rev}:{pending.key_version}:{pending.grader_version}"
        queue_score(connection, row, f"settled:{row.id}:{pending.pos}:{version}", at)
    return True


def record_trouble(connection: Connection, pending: PendingMark, detail: str, at: int) -> bool:
    """Record for staff why a mark is still pending; False if it is not pending any more."""
    locked_attempt(connection, pending.attempt)
    history = history_of(connection, pending.attempt)
    if not _is_pending(connection, pending, history):
        return False
    if _newest(history[pending.pos]).detail != detail:
        still = MarkRow(
            pending.pos, pending.answer_rev, Decimal(0), detail, pending.key_version, pending.grader_version
        )
        _add(connection, pending.attempt, history, [still.as_mark(at, source=Source.SANDBOX)])
    return True


def _is_pending(connection: Connection, pending: PendingMark, history: Mapping[int, list[Mark]]) -> bool:
    current = _currents(history, _revisions(connection, pending.attempt)).get(pending.pos)
    if current is None or not current.pending:
        return False
    newest = _newest(history[pending.pos])
    return (newest.answer_rev, newest.key_version, newest.grader_version) == (
        pending.answer_rev,
        pending.key_version,
        pending.grader_version,
    )


def _newest(marks: Sequence[Mark]) -> Mark:
    return next(marked for marked in reversed(marks) if not marked.source.personal)


# Marks of people


def points_in(text: str, most: Decimal) -> Decimal:
    """Points that a person wrote; raises Conflict unless they are a number from 0 to `most`."""
    matched = POINTS.fullmatch(text.strip())
    number = Decimal(text.strip().replace(",", ".").rstrip(".")) if matched else Decimal(-1)
    if not 0 <= number <= most:
        raise Conflict(
            f"{text.strip()[:20]!r} is not a number from 0 to {points_text(most)} with at most four digits "
            "after the decimal point.",
            next_step="Correct the points.",
        )
    return number


def set_points(
    connection: Connection,
    attempt_id: str,
    pos: int,
    points: str,
    *,
    reason: str,
    at: int,
    who: str,
    seen: int | None = None,
) -> None:
    """Override the points of one answer; raises Conflict unless they are from 0 to the question's points."""
    parameters = {"attempt_id": attempt_id, "position": pos}
    most = connection.execute(MOST, parameters).scalar_one_or_none()
    if most is None:
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    number = points_in(points, most)
    share = str(number / most) if most else "0"
    content = {"share": share, "pending": False, "feedback": "", "detail": {"by": who, "reason": reason}}
    detail = json.dumps(content, ensure_ascii=False)
    give_mark(connection, attempt_id, pos, number, detail=detail, reason=reason, at=at, who=who, seen=seen)


def give_mark(
    connection: Connection,
    attempt_id: str,
    pos: int,
    points: Decimal,
    *,
    detail: str,
    reason: str,
    at: int,
    who: str,
    seen: int | None = None,
) -> None:
    """Add a person's mark of one answer, with its audit row, and queue the new score.

    `seen` is the number of the newest mark that the person saw. Raises Conflict if there is a newer one, and
    if the attempt is not marked yet.
    """
    row, history = _marked(connection, attempt_id, pos, seen)
    before = _currents(history, _revisions(connection, attempt_id)).get(pos)
    _add_personal(connection, row, history, pos, points, detail=detail, reason=reason, at=at, who=who)
    acted: dict[str, object] = {
        "question": pos + 1,
        "before": "none" if before is None or before.pending else points_text(before.points),
        "after": points_text(points),
        "reason": reason,
    }
    record_act(connection, Act(at, who, "set points", attempt_id, acted))


def withdraw_mark(
    connection: Connection,
    attempt_id: str,
    pos: int,
    *,
    reason: str,
    at: int,
    who: str,
    seen: int | None = None,
) -> None:
    """Let the automatic mark count again; raises Conflict if no person's mark counts."""
    row, history = _marked(connection, attempt_id, pos, seen)
    before = _currents(history, _revisions(connection, attempt_id)).get(pos)
    if before is None or not before.mark.source.personal:
        raise Conflict("The automatic mark counts already.", next_step="Reload the page.")
    _add_personal(connection, row, history, pos, None, detail="{}", reason=reason, at=at, who=who)
    acted: dict[str, object] = {
        "question": pos + 1,
        "before": points_text(before.points),
        "reason": reason,
    }
    record_act(connection, Act(at, who, "withdraw points", attempt_id, acted))


def _marked(
    connection: Connection, attempt_id: str, pos: int, seen: int | None
) -> tuple[AttemptRow, dict[int, list[Mark]]]:
    """A marked attempt, locked, with its marks."""
    row, history = locked_attempt(connection, attempt_id), history_of(connection, attempt_id)
    if row.state is not State.GRADED or pos not in history:
        raise Conflict("This attempt is not marked yet.", next_step="Wait until it is submitted and marked.")
    newest = history[pos][-1]
    if seen is not None and newest.id != seen:
        given = "withdrawn" if newest.points is None else f"set to {points_text(newest.points)}"
        raise Conflict(
            f"The points of question {pos + 1} were {given} by {newest.who or 'the server'} meanwhile.",
            next_step="Reload the page, look at the newer mark, and decide again.",
        )
    return row, history


def _add_personal(
    connection: Connection,
    row: AttemptRow,
    history: Mapping[int, list[Mark]],
    pos: int,
    points: Decimal | None,
    *,
    detail: str,
    reason: str,
    at: int,
    who: str,
) -> None:
    newest = history[pos][-1]
    personal = Mark(
        part=str(pos),
        points=points,
        source=Source.MANUAL,
        at=at,
        who=who,
        reason=reason,
        key_version=newest.key_version,
        grader_version=newest.grader_version,
        answer_rev=_revisions(connection, row.id).get(pos, 0),
        detail=detail,
    )
    _add(connection, row.id, history, [personal])
    if not row.preview:
        queue_score(connection, row, f"manual:{row.id}:{pos}:{newest.id}", at)


def _read(detail: str) -> dict[str, Any]:
    try:
        content = json.loads(detail)
    except ValueError:  # a detail may be text
        return {}
    return content if isinstance(content, dict) else {}


def _trouble(detail: str) -> str:
    more = _read(detail).get("detail")
    return str(more.get("trouble", "")) if isinstance(more, dict) else ""
