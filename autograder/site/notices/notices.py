"""Notices of a person: given once, listed on the site, and queued as mail for those who want it.

Every part of the site calls `notify` in the transaction of the change that it tells of. A notice says what
happened and where; scores and replies are on the page, not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, select, update

from autograder.site.app_context import AppContext
from autograder.site.outbox import MAIL, queue_message
from autograder.site.tables import notification, notification_choice, person
from autograder.site.upsert import insert_once, upsert_all

__all__ = [
    "AT_ONCE",
    "Choice",
    "Kind",
    "Notice",
    "choices_of",
    "mark_seen",
    "notices_of",
    "notify",
    "notify_in_steps",
    "set_choices",
    "unseen",
    "wants_mail",
]

MOST_SHOWN = 100
AT_ONCE = 100  # people who are told in one transaction
LONGEST_SUBJECT, LONGEST_TEXT = 200, 10_000


class Kind(StrEnum):
    """What a notice is about."""

    RECEIVED = "received"
    RESULTS = "results"
    REQUEST = "request"
    MARK = "mark"
    DATE = "date"
    ANNOUNCEMENT = "announcement"


# What each kind is called, and whether it comes by mail unless a person chooses otherwise.
KINDS = {
    Kind.RECEIVED: ("a submission was received", False),
    Kind.RESULTS: ("results can be seen", True),
    Kind.REQUEST: ("a request was answered", True),
    Kind.MARK: ("a mark was changed", True),
    Kind.DATE: ("a date was moved", True),
    Kind.ANNOUNCEMENT: ("an announcement", True),
}


@dataclass(frozen=True)
class Notice:
    """A notice of a person."""

    id: int
    kind: Kind
    at: int
    subject: str
    text: str
    path: str
    seen_at: int | None


@dataclass(frozen=True)
class Choice:
    """Where a person wants one kind of notices."""

    kind: Kind
    words: str
    on_site: bool
    by_mail: bool


def notify(
    connection: Connection,
    course: str,
    people: Collection[str],
    kind: Kind,
    subject: str,
    text: str,
    *,
    path: str,
    once: str,
    at: int,
) -> int:
    """Tell people something, each once for the same `once`; returns how many are told now."""
    subject = " ".join(subject.split())[:LONGEST_SUBJECT]
    values = {"course": course, "kind": kind.value, "at": at, "subject": subject, "path": path}
    given = 0
    for name in dict.fromkeys(people):
        row = {**values, "person": name, "text": text[:LONGEST_TEXT], "once": f"{once}:{name}"}
        # Staff of a terminal and people who were removed have no rows of their own.
        if connection.execute(select(person.c.id).where(person.c.id == name)).first() is None:
            continue
        if insert_once(connection, notification, row):
            given += 1
            queue_message(connection, MAIL, f"{MAIL}:{once}:{name}", {"notice": f"{once}:{name}"}, at)
    return given


async def notify_in_steps(
    site: AppContext, people: Sequence[str], kind: Kind, subject: str, *, path: str, once: str, at: int
) -> None:
    """Tell many people something, some at a time: the saves of others go between them."""
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]

        def step(connection: Connection, some: Sequence[str] = some) -> None:
            notify(connection, site.course, some, kind, subject, "", path=path, once=once, at=at)

        await site.written(step)


def notices_of(connection: Connection, course: str, who: str) -> list[Notice]:
    """A person's newest notices of the kinds they want on the site, the newest first."""
    hidden = [choice.kind.value for choice in choices_of(connection, course, who) if not choice.on_site]
    rows = connection.execute(
        select(notification)
        .where(
            notification.c.course == course,
            notification.c.person == who,
            notification.c.kind.not_in(hidden),
        )
        .order_by(notification.c.id.desc())
        .limit(MOST_SHOWN)
    )
    return [
        Notice(row.id, Kind(row.kind), row.at, row.subject, row.text, row.path, row.seen_at) for row in rows
    ]


def unseen(connection: Connection, course: str, who: str) -> int:
    """How many notices a person has not seen."""
    new = notification.c.course == course, notification.c.person == who, notification.c.seen_at.is_(None)
    return int(connection.execute(select(func.count()).where(*new)).scalar_one())


def mark_seen(connection: Connection, course: str, who: str, *, at: int) -> None:
    """Note that a person has seen their notices."""
    new = notification.c.course == course, notification.c.person == who, notification.c.seen_at.is_(None)
    connection.execute(update(notification).where(*new).values(seen_at=at))


def choices_of(connection: Connection, course: str, who: str) -> list[Choice]:
    """Where a person wants each kind of notices."""
    chosen = select(notification_choice).where(
        notification_choice.c.course == course, notification_choice.c.person == who
    )
    rows = {row.kind: row for row in connection.execute(chosen)}
    return [
        Choice(kind, words, rows[kind].on_site, rows[kind].by_mail)
        if kind in rows
        else Choice(kind, words, True, by_mail)
        for kind, (words, by_mail) in KINDS.items()
    ]


def set_choices(
    connection: Connection, course: str, who: str, *, on_site: Sequence[str], by_mail: Sequence[str]
) -> None:
    """Set where a person wants which kinds."""
    upsert_all(
        connection,
        notification_choice,
        [
            {
                "course": course,
                "person": who,
                "kind": kind.value,
                "on_site": kind in on_site,
                "by_mail": kind in by_mail,
            }
            for kind in KINDS
        ],
    )


def wants_mail(connection: Connection, course: str, who: str, kind: str) -> bool:
    """Whether a person wants a kind of notices by mail."""
    return any(choice.by_mail for choice in choices_of(connection, course, who) if choice.kind == kind)
