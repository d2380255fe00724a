"""Announcements: staff write to everybody, a section, a label, or whoever has not submitted something.

An announcement is stored with its recipients, who are told as of anything else: on the site, and by mail if
they want it. The list of what was sent says to how many and how many have seen it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from autograder.errors import Conflict, choose_one
from autograder.site.audit import Act, id_of_form, record_act
from autograder.site.extensions import extensions
from autograder.site.notices.notices import AT_ONCE, Kind, notify
from autograder.site.people import labels_in, students_in
from autograder.site.roles import Role
from autograder.site.tables import (
    announcement,
    announcement_recipient,
    enrolment,
    notification,
    section_member,
)

__all__ = ["Announcement", "Audience", "announce", "audience_of", "sent_announcements", "tell_recipients"]

LONGEST_SUBJECT, LONGEST_TEXT = 150, 5000


@dataclass(frozen=True)
class Audience:
    """To whom an announcement goes."""

    words: str
    people: tuple[str, ...]


@dataclass(frozen=True)
class Announcement:
    """One that was sent."""

    id: int
    at: int
    by_whom: str
    audience: str
    subject: str
    text: str
    recipients: int
    seen: int


def audience_of(connection: Connection, course: str, kind: str, name: str) -> Audience:
    """The people whom a choice means; raises Conflict for an unknown choice and for nobody.

    `kind` is all, students, staff, section, label or missing; `name` says which.
    """
    students = students_in(connection, course)
    staff = connection.execute(
        select(enrolment.c.person)
        .where(enrolment.c.course == course, enrolment.c.role != Role.STUDENT.value)
        .order_by(enrolment.c.person)
    ).scalars()
    known: Sequence[str] = ()
    if kind == "students":
        found, words = list(students), "all students"
    elif kind == "staff":
        found, words = list(staff), "all staff"
    elif kind == "all":
        found, words = [*students, *staff], "everybody in the course"
    elif kind == "section":
        rows = select(section_member.c.person, section_member.c.section).where(
            section_member.c.course == course
        )
        members = connection.execute(rows).all()
        chosen = {row.person for row in members if row.section == name}
        known = sorted({row.section for row in members})
        found, words = [student for student in students if student in chosen], f"section {name}"
    elif kind == "label":
        labelled = select(enrolment.c.person).where(enrolment.c.course == course, enrolment.c.label == name)
        chosen = set(connection.execute(labelled).scalars()) if name else set()
        known = labels_in(connection, course)
        found, words = [student for student in students if student in chosen], f"label {name}"
    elif kind == "missing":
        works = dict(_works(connection, course))
        known = list(works)
        if name not in works:
            raise Conflict(f"There is no {name!r}.", next_step=choose_one(known, "Publish something first."))
        done = {
            person for extension in extensions() for person in extension.submitted(connection, course, name)
        }
        found = [student for student in students if student not in done]
        words = f"students who have not submitted {works[name]}"
    else:
        raise Conflict(f"Unknown audience {kind[:20]!r}.", next_step="Choose one of the list.")
    if not found:
        raise Conflict(f"Nobody is meant: {words}.", next_step=choose_one(known, "Choose other people."))
    return Audience(words, tuple(found))


def announce(
    connection: Connection,
    course: str,
    audience: Audience,
    subject: str,
    text: str,
    *,
    at: int,
    who: str,
    once: str | None,
) -> int:
    """Store an announcement with its recipients; its number. `tell_recipients` tells them.

    A form that is sent twice, with the id `once`, announces once. Raises Conflict without subject or text.
    """
    subject, text = " ".join(subject.split())[:LONGEST_SUBJECT], text.strip()[:LONGEST_TEXT]
    if not subject or not text:
        raise Conflict("An announcement has a subject and a text.", next_step="Write both.")
    if id_of_form(connection, once) is not None:
        newest = select(func.max(announcement.c.id)).where(
            announcement.c.course == course, announcement.c.by_whom == who
        )
        return int(connection.execute(newest).scalar_one())
    values = {"course": course, "at": at, "by_whom": who, "audience": audience.words}
    added = insert(announcement).returning(announcement.c.id)
    number = int(connection.execute(added, {**values, "subject": subject, "text": text}).scalar_one())
    rows = [{"announcement": number, "person": person} for person in audience.people]
    connection.execute(insert(announcement_recipient), rows)
    detail: dict[str, object] = {
        "announcement": number,
        "subject": subject,
        "audience": audience.words,
        "recipients": len(rows),
    }
    record_act(connection, Act(at, who, "announce", course, detail), once)
    return number


def tell_recipients(connection: Connection, course: str, number: int, *, at: int) -> int:
    """Tell some of the recipients who do not know yet; how many. Call it until nobody is left."""
    row = connection.execute(select(announcement).where(announcement.c.id == number)).one()
    already = select(notification.c.once)
    waiting = (
        select(announcement_recipient.c.person)
        .where(
            announcement_recipient.c.announcement == number,
            (f"announcement:{number}:" + announcement_recipient.c.person).not_in(already),
        )
        .order_by(announcement_recipient.c.person)
        .limit(AT_ONCE)
    )
    people: Collection[str] = list(connection.execute(waiting).scalars())
    return notify(
        connection,
        course,
        people,
        Kind.ANNOUNCEMENT,
        row.subject,
        row.text,
        path="/notices",
        once=f"announcement:{number}",
        at=at,
    )


def sent_announcements(connection: Connection, course: str) -> list[Announcement]:
    """What was announced, the newest first, with how many got it and have seen it."""
    recipients = (
        select(func.count())
        .where(announcement_recipient.c.announcement == announcement.c.id)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(announcement, recipients.label("recipients"))
        .where(announcement.c.course == course)
        .order_by(announcement.c.id.desc())
        .limit(100)
    ).all()
    return [
        Announcement(
            row.id,
            row.at,
            row.by_whom,
            row.audience,
            row.subject,
            row.text,
            row.recipients,
            _seen(connection, row.id),
        )
        for row in rows
    ]


def _seen(connection: Connection, number: int) -> int:
    ours = notification.c.once.startswith(f"announcement:{number}:", autoescape=True)
    counted = select(func.count()).where(ours, notification.c.seen_at.is_not(None))
    return int(connection.execute(counted).scalar_one())


def _works(connection: Connection, course: str) -> list[tuple[str, str]]:
    """The names and titles of what students submit."""
    return [work for extension in extensions() for work in extension.works(connection, course)]
