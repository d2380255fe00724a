"""Corrections of the server's clock by staff: what they set right, and which stored instants were wrong.

Instants that a wrong clock stored must not bring the wrong time back at the next start, so a correction
remembers them. The server reads the corrections when it opens the database.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from autograder.site.audit import Act, acts_on, record_act
from autograder.site.clock import LARGEST_STEP, ClockState

__all__ = ["WrongSpan", "correct_clock", "wrong_spans"]

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
) -> None:
    """Record that the machine's clock was taken over; `later` are stored instants after it."""
    wrong = [instant for instant in later if instant > before.wall + LARGEST_STEP]
    detail: dict[str, object] = {"reason": reason, "from": before.now, "to": before.wall}
    if wrong:
        detail |= {"first": min(wrong), "last": max(wrong)}
    record_act(connection, Act(before.wall, who, ACT, SUBJECT, detail))


def wrong_spans(connection: Connection) -> list[WrongSpan]:
    """The instants that corrections found wrong."""
    details = [act.detail for act in acts_on(connection, SUBJECT)]
    return [
        WrongSpan(first, last)
        for detail in details
        if isinstance(first := detail.get("first"), int) and isinstance(last := detail.get("last"), int)
    ]
