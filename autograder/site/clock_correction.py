"""Corrections of the server's clock by staff: what they set right, and which stored instants were wrong.

Instants that a wrong clock stored must not bring the wrong time back at the next start, so a correction
remembers them. A server reads the corrections when it opens the database, and then every few seconds: what
staff set right at one of several servers holds for all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, not_, select

from autograder.site.audit import Act, acts_on, record_act
from autograder.site.clock import LARGEST_STEP, Clock, ClockState, ServerClock
from autograder.site.database import Database
from autograder.site.tables import audit

__all__ = [
    "ClockCorrections",
    "WrongSpan",
    "correct_clock",
    "latest_act",
    "wrong_spans",
]

SUBJECT, ACT = "clock", "set clock"


@dataclass(frozen=True, slots=True)
class WrongSpan:
    """Instants that a wrong clock stored, from the first to the last, in milliseconds since 1970 UTC."""

    first: int
    last: int


def correct_clock(
    connection: Connection,
    before: ClockState,
    later: Collection[int],
    *,
    who: str,
    reason: str,
) -> int:
    """Record that the machine's clock was taken over; `later` are stored instants after it.

    Returns the number of the act.
    """
    acts = select(func.max(audit.c.at)).where(audit.c.at > before.wall)
    later = [*later, *connection.execute(acts).scalars().all()]
    wrong = [instant for instant in later if instant and instant > before.wall + LARGEST_STEP]
    detail: dict[str, object] = {"reason": reason, "from": before.now, "to": before.wall}
    if wrong:
        detail |= {"first": min(wrong), "last": max(wrong)}
    return record_act(connection, Act(before.wall, who, ACT, SUBJECT, detail))


def latest_act(connection: Connection, wrong: Sequence[WrongSpan]) -> int:
    """The latest instant in the audit log outside `wrong` spans; 0 without any."""
    right = [not_(audit.c.at.between(span.first, span.last)) for span in wrong]
    return int(connection.execute(select(func.max(audit.c.at)).where(*right)).scalar_one() or 0)


def wrong_spans(connection: Connection) -> list[WrongSpan]:
    """The instants that corrections found wrong."""
    details = [act.detail for act in acts_on(connection, SUBJECT)]
    return [
        WrongSpan(first, last)
        for detail in details
        if isinstance(first := detail.get("first"), int) and isinstance(last := detail.get("last"), int)
    ]


class ClockCorrections:
    """The corrections that staff make at any server of the database, for the clock of this one."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        with database.reading() as connection:
            newest = select(func.max(audit.c.id)).where(audit.c.subject == SUBJECT)
            self._seen = int(connection.execute(newest).scalar_one() or 0)

    def made_here(self, number: int) -> None:
        """Take note of a correction that this server's clock has already."""
        self._seen = max(self._seen, number)

    def follow(self) -> int:
        """Follow what was corrected at another server since the last call; returns how many times."""
        with self._database.reading() as connection:
            newer = audit.c.subject == SUBJECT, audit.c.act == ACT, audit.c.id > self._seen
            rows = connection.execute(select(audit).where(*newer).order_by(audit.c.id)).all()
        followed = 0
        for row in rows:
            self._seen, detail = row.id, json.loads(row.detail)
            if isinstance(self._clock, ServerClock):
                followed += self._clock.follow_correction(detail["from"], detail["to"])
        return followed
