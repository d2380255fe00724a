"""Points a member of staff sets for one answer: kept by every regrade, shown with the reason."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal, InvalidOperation

from sqlalchemy import Connection, select, update

from quizzes.attempt import State
from quizzes.refusal import Conflict, NotFound
from quizzes.store.attempts import locked
from quizzes.store.audit import Act, note
from quizzes.store.grades import Given, marks_in, tell
from quizzes.store.once import put
from quizzes.store.schema import attempt_item, grade

__all__ = ["HAND", "give_points"]

HAND = "hand"  # how their `grader_version` begins


def give_points(
    connection: Connection, one: str, pos: int, points: str, *, reason: str, at: int, who: str
) -> None:
    """Set the points of one answer; raises Conflict for what is no number from 0 to the question's."""
    row, marks = locked(connection, one), marks_in(connection, one)
    if row.state is not State.GRADED or pos not in marks:
        raise Conflict("This attempt is not marked yet.", next_step="Wait until it is over and marked.")
    place = attempt_item.c.attempt == one, attempt_item.c.pos == pos
    most = connection.execute(select(attempt_item.c.points).where(*place)).scalar_one_or_none()
    if most is None:
        raise NotFound("There is no such question in this attempt.", next_step="Reload the page.")
    try:
        number = Decimal(points)
    except InvalidOperation:
        number = Decimal(-1)
    if not 0 <= number <= Decimal(str(most)):
        raise Conflict(f"{points[:20]!r} is no number from 0 to {most:g}.", next_step="Correct the points.")
    old = marks[pos]
    share = number / Decimal(str(most)) if most else Decimal(0)
    detail = {"share": str(share), "pending": False, "feedback": "", "detail": {"by": who, "reason": reason}}
    given = Given(
        pos,
        old.answer_rev,
        float(number),
        json.dumps(detail, ensure_ascii=False),
        old.key_version,
        f"{HAND} {at}",
    )
    current = grade.c.attempt == one, grade.c.pos == pos
    connection.execute(update(grade).where(*current).values(current=False))
    put(connection, grade, {"attempt": one, **asdict(given), "at": at, "current": True})
    told = {"question": pos + 1, "before": old.points, "after": float(number), "reason": reason}
    note(connection, Act(at, who, "set points", one, dict(told)))
    tell(connection, row, f"hand:{one}:{pos}:{at}", at)
