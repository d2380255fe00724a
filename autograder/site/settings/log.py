"""The log of everything that staff did, for the page of settings and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, or_, select

from autograder.course.local_time import shown
from autograder.site.audit import Act
from autograder.site.tables import audit, person

__all__ = ["LogPage", "act_words", "log_page"]

ROWS = 100
LONGEST_DETAIL = 300  # characters
YEAR_2000 = 946_684_800_000  # milliseconds since 1970; smaller numbers are no instants


@dataclass(frozen=True)
class LogPage:
    """The acts on one page, the newest first, and where the next page begins; 0 at the end."""

    acts: list[tuple[int, Act]]
    older: int


def log_page(connection: Connection, *, find: str = "", before: int = 0) -> LogPage:
    """The acts whose author, subject, words or details hold a text, from one number down."""
    rows = select(audit).order_by(audit.c.id.desc()).limit(ROWS + 1)
    if before:
        rows = rows.where(audit.c.id < before)
    if find:
        named = select(person.c.id).where(person.c.name.icontains(find, autoescape=True))
        columns = (audit.c.who, audit.c.act, audit.c.subject, audit.c.detail)
        rows = rows.where(
            or_(*(column.icontains(find, autoescape=True) for column in columns), audit.c.who.in_(named))
        )
    found = [
        (int(row.id), Act(row.at, row.who, row.act, row.subject, json.loads(row.detail)))
        for row in connection.execute(rows)
    ]
    return LogPage(found[:ROWS], found[ROWS - 1][0] if len(found) > ROWS else 0)


def act_words(detail: Mapping[str, object], zone: ZoneInfo) -> str:
    """What an act says beside its words: `reason: illness, points: 5`; instants are in the course's zone."""
    parts = [
        f"{name.replace('_', ' ')}: {_short(name, value, zone)}"
        for name, value in detail.items()
        if value not in (None, "", [], {})
    ]
    text = ", ".join(parts)
    return text if len(text) <= LONGEST_DETAIL else f"{text[:LONGEST_DETAIL]}…"


def _short(name: str, value: object, zone: ZoneInfo) -> str:
    """A value in a few words; digests are cut, instants and sizes are written as people read them."""
    if isinstance(value, int) and (name == "at" or name.endswith("_at")) and value > YEAR_2000:
        return shown(value, zone)
    if isinstance(value, int) and name == "size":
        return f"{value / 1_000_000:.1f} MB" if value >= 100_000 else f"{value:,} bytes"
    if isinstance(value, list):
        return ", ".join(map(str, value[:10])) + (" …" if len(value) > 10 else "")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text
