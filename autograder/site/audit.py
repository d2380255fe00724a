"""The audit log: who changed what, and why, recorded in the transaction of the change itself."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from autograder.site.tables import audit

__all__ = ["Act", "acts_on", "record_act", "terminal_user"]


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a member of staff."""

    at: int
    who: str
    act: str
    subject: str  # an attempt's or a quiz's id
    detail: dict[str, object]


def record_act(connection: Connection, act: Act) -> None:
    """Record an act."""
    detail = json.dumps(act.detail, ensure_ascii=False, sort_keys=True)
    values = {"at": act.at, "who": act.who, "act": act.act, "subject": act.subject}
    connection.execute(insert(audit), {**values, "detail": detail})


def acts_on(connection: Connection, subject: str) -> list[Act]:
    """The acts on an attempt or a quiz, in order."""
    rows = connection.execute(select(audit).where(audit.c.subject == subject).order_by(audit.c.id))
    return [Act(row.at, row.who, row.act, row.subject, json.loads(row.detail)) for row in rows]


def terminal_user() -> str:
    """The author of what is done by a command: the account's name at this machine."""
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"
