"""What learning platforms told: who their users are here, and where our quizzes are linked.

A platform vouches for its own users. Somebody new is matched with the roster by id, then by e-mail address,
so both must be the platform's to give and not the user's; nobody becomes staff by a match alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, select

from autograder.errors import Forbidden
from autograder.site.people import add_person, enrol
from autograder.site.tables import enrolment, lti_link, lti_nonce, lti_user, person
from autograder.site.upsert import insert_once, upsert

__all__ = ["Link", "User", "keep_link", "links_of", "person_of", "subjects_of", "use_nonce"]


NONCE_LASTS = 3_600_000  # longer than any launch that is taken


@dataclass(frozen=True, slots=True)
class User:
    """Somebody as their platform says."""

    issuer: str
    subject: str
    name: str
    email: str = ""
    sourced_id: str = ""  # the institution's own id
    role: str = "student"


@dataclass(frozen=True, slots=True)
class Link:
    """A place in a platform's course that leads to a quiz."""

    issuer: str
    client: str
    resource: str
    quiz: str
    line_item: str = ""
    line_items: str = ""
    members: str = ""


def use_nonce(connection: Connection, nonce: str, at: int) -> bool:
    """Whether nobody has used it yet; now it is used."""
    connection.execute(delete(lti_nonce).where(lti_nonce.c.at <= at - NONCE_LASTS))
    return insert_once(connection, lti_nonce, {"nonce": nonce, "at": at})


def person_of(connection: Connection, course: str, user: User) -> str:
    """The person a platform's user is here; a new one is enrolled.

    Raises Forbidden for a student of the platform who would become a member of staff.
    """
    theirs = lti_user.c.issuer == user.issuer, lti_user.c.subject == user.subject
    known = connection.execute(select(lti_user.c.person).where(*theirs)).scalar_one_or_none()
    if known is not None:
        return str(known)
    who = _matched(connection, course, user)
    if who is None:
        digest = hashlib.sha256(f"{user.issuer}\n{user.subject}".encode()).hexdigest()
        who = f"lti-{digest[:16]}"
        add_person(connection, who, user.name or who, user.email or None)
        enrol(connection, course, who, role=user.role)
    upsert(connection, lti_user, {"issuer": user.issuer, "subject": user.subject, "person": who})
    return who


def keep_link(connection: Connection, link: Link) -> None:
    """Where a quiz is linked, as the newest launch says."""
    upsert(connection, lti_link, asdict(link))


def links_of(connection: Connection, quiz: str) -> list[Link]:
    """Every place that leads to a quiz."""
    rows = connection.execute(select(lti_link).where(lti_link.c.quiz == quiz).order_by(lti_link.c.resource))
    return [Link(**row._mapping) for row in rows]


def subjects_of(connection: Connection, who: str) -> dict[str, str]:
    """What a person is called by each platform, by its issuer."""
    rows = connection.execute(select(lti_user).where(lti_user.c.person == who))
    return {row.issuer: row.subject for row in rows}


def _matched(connection: Connection, course: str, user: User) -> str | None:
    enrolled = select(person.c.id, enrolment.c.role).join_from(enrolment, person)
    enrolled = enrolled.where(enrolment.c.course == course)
    found = []
    if user.sourced_id:
        found = list(connection.execute(enrolled.where(person.c.id == user.sourced_id)))
    if not found and user.email:
        same = func.lower(person.c.email) == user.email.lower()
        found = list(connection.execute(enrolled.where(same)))
    if len(found) != 1:
        return None  # two people with one address are told apart by nobody
    if found[0].role != "student" and user.role == "student":
        raise Forbidden(
            "Your learning platform knows you as a student, this course as a member of its staff.",
            next_step="Sign in here with your passcode.",
        )
    return str(found[0].id)
