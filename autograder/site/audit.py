"""The audit log: who changed what, and why, recorded in the transaction of the change itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from autograder.environment import account_name
from autograder.site.tables import audit

__all__ = [
    "Act",
    "act_with",
    "acts_on",
    "id_of_form",
    "newest_act",
    "record_act",
    "record_acts",
    "terminal_user",
]

ON_SUBJECT = select(audit).where(audit.c.subject == bindparam("subject_id")).order_by(audit.c.id)


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a member of staff."""

    at: int
    who: str
    act: str
    subject: str  # an attempt's or a quiz's id
    detail: dict[str, object]


def record_act(connection: Connection, act: Act, once: str | None = None) -> int:
    """Record an act and return its number; `once` is the id of the form that asked for it."""
    values = {**_values(act), "once": once}
    return int(connection.execute(insert(audit).returning(audit.c.id), values).scalar_one())


def record_acts(connection: Connection, acts: Sequence[Act]) -> None:
    """Record many acts in one statement."""
    if acts:
        connection.execute(insert(audit), [_values(act) for act in acts])


def _values(act: Act) -> dict[str, object]:
    detail = json.dumps(act.detail, ensure_ascii=False, sort_keys=True)
    return {"at": act.at, "who": act.who, "act": act.act, "subject": act.subject, "detail": detail}


def id_of_form(connection: Connection, once: str | None) -> int | None:
    """The number of the act that a form asked for, if it was sent before; None if it was not."""
    if not once:
        return None
    return connection.execute(select(audit.c.id).where(audit.c.once == once)).scalar_one_or_none()


def newest_act(connection: Connection, subject: str, once: str | None) -> int:
    """The number of the newest act on a subject, of which `once` becomes the id of its form."""
    newest = select(func.max(audit.c.id)).where(audit.c.subject == subject)
    number = int(connection.execute(newest).scalar_one())
    if once:
        connection.execute(update(audit).where(audit.c.id == number).values(once=once))
    return number


def acts_on(connection: Connection, subject: str) -> list[Act]:
    """The acts on an attempt or a quiz, in order."""
    return [_act(row) for row in connection.execute(ON_SUBJECT, {"subject_id": subject})]


def act_with(connection: Connection, number: int, subject: str) -> Act | None:
    """The act with this number on an attempt or a quiz; None if there is none."""
    row = connection.execute(
        select(audit).where(audit.c.id == number, audit.c.subject == subject)
    ).one_or_none()
    return None if row is None else _act(row)


def _act(row: Row[tuple[object, ...]]) -> Act:
    return Act(row.at, row.who, row.act, row.subject, json.loads(row.detail))


def terminal_user() -> str:
    """The author of what is done by a command: the account's name at this machine."""
    name = account_name()
    return f"{name} (terminal)" if name else "terminal"
