"""Users of learning platforms and links to quizzes and assignments, as launches reported them.

Only (issuer, subject) identifies a user. A new one is somebody on the roster if the institution's ID is that
person's; the same e-mail address only proposes a match, which staff confirm. Whoever fits nobody is enrolled.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection, Select, delete, func, or_, select

from autograder.errors import Forbidden, Refused
from autograder.site.people import add_person, enrol
from autograder.site.tables import (
    enrolment,
    lti_link,
    lti_match,
    lti_member,
    lti_nonce,
    lti_person,
    lti_user,
    person,
)
from autograder.site.upsert import insert_once, upsert

__all__ = [
    "OUTSIDER",
    "Context",
    "Link",
    "User",
    "bind",
    "enrol_new",
    "identify",
    "keep_link",
    "known_person",
    "links_of",
    "recipients_of",
    "use_nonce",
]


NONCE_LASTS = 3_600_000  # longer than any launch that is taken
OUTSIDER = "outsider"  # the role of somebody who neither takes nor teaches the course: an observer, say
NEW = "lti-"  # the IDs of people whom a platform enrolled begin so


@dataclass(frozen=True, slots=True)
class User:
    """A user of a platform."""

    issuer: str
    subject: str
    name: str
    email: str = ""
    sourced_id: str = ""  # the institution's own id
    role: str = "student"


@dataclass(frozen=True, slots=True)
class Context:
    """A course of a platform; empty where its launches name none."""

    issuer: str
    client: str
    deployment: str
    context: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a quiz or an assignment in a platform's course."""

    issuer: str
    client: str
    resource: str
    work: str  # the name of the quiz or the assignment; empty for the course itself
    line_item: str = ""
    line_items: str = ""
    members: str = ""
    deployment: str = ""  # empty where version 0.1 stored the link
    context: str = ""
    kind: str = "quiz"  # or `assignment`


def use_nonce(connection: Connection, nonce: str, at: int) -> bool:
    """Use a nonce; False if it was used before."""
    connection.execute(delete(lti_nonce).where(lti_nonce.c.at <= at - NONCE_LASTS))
    return insert_once(connection, lti_nonce, {"nonce": nonce, "at": at})


def known_person(connection: Connection, user: User) -> str | None:
    """The person that a platform's user is; None for a new user."""
    of_user = lti_user.c.issuer == user.issuer, lti_user.c.subject == user.subject
    known: str | None = connection.execute(select(lti_user.c.person).where(*of_user)).scalar_one_or_none()
    return known


def identify(connection: Connection, course: str, user: User, at: int) -> str | Refused:
    """The person that a platform's user is; a new one is enrolled as a student.

    A refusal is returned, so that what it proposes is kept: for an e-mail address of somebody in the course,
    and for a student of the platform who would become a member of staff.
    """
    if (known := known_person(connection, user)) is not None:
        return known
    by_id = _enrolled_by_id(connection, course, user)
    if by_id is not None:
        who, role = by_id
        if role != "student" and user.role == "student":
            return Forbidden(
                "Your learning platform knows you as a student, this course as a member of its staff.",
                next_step="Sign in here with your passcode.",
            )
        bind(connection, course, user, who)
        return who
    proposed = _proposed(connection, course, user)
    if proposed is None:
        return enrol_new(connection, course, user)
    values = {"issuer": user.issuer, "subject": user.subject, "person": proposed}
    upsert(connection, lti_match, {**values, "name": user.name, "email": user.email, "at": at})
    return Forbidden(
        "Somebody in this course has the e-mail address that your learning platform says is yours.",
        next_step="Ask the course's staff to confirm that it is you, on their page of learning platforms; "
        "or sign in here with your passcode.",
    )


def enrol_new(connection: Connection, course: str, user: User) -> str:
    """Enrol a user as a person of their own, as a student; the person's ID."""
    digest = hashlib.sha256(f"{user.issuer}\n{user.subject}".encode()).hexdigest()
    who = f"{NEW}{digest[:16]}"
    add_person(connection, who, user.name or who, user.email or None)
    enrol(connection, course, who)
    bind(connection, course, user, who)
    upsert(connection, lti_person, {"person": who, "role": "student", "name": user.name, "email": user.email})
    return who


def bind(connection: Connection, course: str, user: User, who: str) -> None:
    """Store which person a user is, and that what was set here of the person stays."""
    upsert(connection, lti_user, {"issuer": user.issuer, "subject": user.subject, "person": who})
    of_user = lti_match.c.issuer == user.issuer, lti_match.c.subject == user.subject
    connection.execute(delete(lti_match).where(*of_user))
    enrolled = enrolment.c.course == course, enrolment.c.person == who
    role = connection.execute(select(enrolment.c.role).where(*enrolled)).scalar_one_or_none()
    # Everybody on a roster is a student unless it says more, so that role alone is nobody's decision.
    values = {"person": who, "role": "student" if role == "student" else "", "name": "", "email": ""}
    insert_once(connection, lti_person, values)


def keep_link(connection: Connection, link: Link) -> None:
    """Store a link, as the newest launch reports it; it takes the place of what version 0.1 stored.

    A line item that we found or made stays, where a launch names none.
    """
    known = (
        lti_link.c.issuer == link.issuer,
        lti_link.c.client == link.client,
        lti_link.c.deployment.in_(["", link.deployment]),
        lti_link.c.resource == link.resource,
        lti_link.c.kind == link.kind,
        lti_link.c.work == link.work,
        lti_link.c.line_item != "",
    )
    newest = select(lti_link.c.line_item).where(*known).order_by(lti_link.c.deployment.desc()).limit(1)
    if not link.line_item:
        stored = connection.execute(newest).scalar_one_or_none()
        link = replace(link, line_item=stored or "")
    if link.deployment:
        old = lti_link.c.deployment == "", *(known[place] for place in (0, 1, 3))
        connection.execute(delete(lti_link).where(*old))
    upsert(connection, lti_link, asdict(link))


def links_of(connection: Connection, work: str, kind: str = "quiz") -> list[Link]:
    """The links to a quiz or an assignment."""
    found = select(lti_link).where(lti_link.c.kind == kind, lti_link.c.work == work)
    return [Link(**row._mapping) for row in connection.execute(found.order_by(lti_link.c.resource))]


def recipients_of(connection: Connection, who: str, work: str, kind: str = "quiz") -> list[tuple[Link, str]]:
    """The links to a quiz or an assignment in the courses that a person came from.

    Each has the person's id on its platform beside it.
    """
    came = (
        lti_member.c.issuer == lti_link.c.issuer,
        lti_member.c.client == lti_link.c.client,
        lti_member.c.deployment == lti_link.c.deployment,
        lti_member.c.context == lti_link.c.context,
        lti_member.c.subject == lti_user.c.subject,
    )
    there = select(lti_member.c.subject).where(*came).exists()
    rows = connection.execute(
        select(lti_link, lti_user.c.subject)
        .join_from(lti_link, lti_user, lti_user.c.issuer == lti_link.c.issuer)
        .where(
            lti_link.c.kind == kind,
            lti_link.c.work == work,
            lti_user.c.person == who,
            or_(there, lti_link.c.deployment == ""),
        )
        .order_by(lti_link.c.resource, lti_user.c.subject)
    )
    return [
        (Link(**{name: value for name, value in row._mapping.items() if name != "subject"}), row.subject)
        for row in rows
    ]


def _enrolled_by_id(connection: Connection, course: str, user: User) -> tuple[str, str] | None:
    """The person on the roster with the institution's ID of a user, with the role; None for nobody.

    Nobody has two users on one platform: of those the first is the person, others are matched by nobody.
    """
    if not user.sourced_id or user.sourced_id.startswith(NEW):
        return None
    row = connection.execute(
        _free(course, user.issuer).where(enrolment.c.person == user.sourced_id)
    ).one_or_none()
    return None if row is None else (row.person, row.role)


def _proposed(connection: Connection, course: str, user: User) -> str | None:
    """The only person with the e-mail address of a user; None for nobody, and for several."""
    if not user.email:
        return None
    same = func.lower(person.c.email) == user.email.lower()
    rows = connection.execute(_free(course, user.issuer).where(same)).all()
    return str(rows[0].person) if len(rows) == 1 else None


def _free(course: str, issuer: str) -> Select[tuple[str, str]]:
    """The people in the course who are not a user of a platform yet."""
    users = select(lti_user.c.person).where(lti_user.c.issuer == issuer)
    enrolled = select(enrolment.c.person, enrolment.c.role).join_from(enrolment, person)
    return enrolled.where(enrolment.c.course == course, enrolment.c.person.not_in(users))
