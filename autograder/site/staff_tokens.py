"""Tokens with which a program acts as the member of staff who made it: with their rights, until they expire.

Every request of a page can be sent with `Authorization: Bearer TOKEN`: the same route, the same permission,
the same line in the log. The database keeps an HMAC. Without a role of staff a token does nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from autograder.errors import Refused
from autograder.site.sessions import Session
from autograder.site.signer import Signer
from autograder.site.tables import enrolment, person, staff_token

__all__ = [
    "LASTS_DAYS",
    "NOTED_AGAIN",
    "STAFF_TOKEN",
    "StaffToken",
    "WrongStaffToken",
    "new_staff_token",
    "note_use",
    "revoke_staff_token",
    "session_of_token",
    "staff_tokens_of",
]

STAFF_TOKEN = "staff-"  # what tokens begin with
DAY = 24 * 60 * 60_000  # milliseconds
LASTS_DAYS = 180  # at most: a term
NOTED_AGAIN = 60_000  # milliseconds between two notes of a token's use
MOST_TOKENS = 20  # of one person
LONGEST_LABEL = 60
LONGEST_TOKEN = 100


class WrongStaffToken(Refused):
    """An unknown or expired token, or one of somebody who is no member of staff."""

    status = 401


@dataclass(frozen=True)
class StaffToken:
    """A token as its owner sees it: never the token itself."""

    hash: str
    label: str
    made_at: int
    ends_at: int
    used_at: int | None


def new_staff_token(
    connection: Connection, course: str, who: str, label: str, signer: Signer, at: int, days: int
) -> str:
    """A new token, shown this once; of more than twenty the oldest is revoked."""
    token = f"{STAFF_TOKEN}{secrets.token_urlsafe(24)}"
    connection.execute(
        insert(staff_token).values(
            hash=_hash(signer, token),
            course=course,
            person=who,
            label=" ".join(label.split())[:LONGEST_LABEL] or "a program",
            made_at=at,
            ends_at=at + min(max(days, 1), LASTS_DAYS) * DAY,
        )
    )
    for old in staff_tokens_of(connection, course, who)[:-MOST_TOKENS]:
        revoke_staff_token(connection, course, who, old.hash)
    return token


def session_of_token(
    connection: Connection, course: str, token: str, signer: Signer, at: int
) -> tuple[Session, int | None]:
    """The session of a token's owner, and when it was used last; raises WrongStaffToken."""
    rows = (
        select(staff_token, person.c.name)
        .join_from(staff_token, person)
        .join(
            enrolment,
            (enrolment.c.person == staff_token.c.person) & (enrolment.c.course == staff_token.c.course),
        )
        .where(
            staff_token.c.hash == _hash(signer, token[:LONGEST_TOKEN]),
            staff_token.c.course == course,
            staff_token.c.ends_at > at,
            enrolment.c.role.in_(("ta", "instructor")),
        )
    )
    row = connection.execute(rows).one_or_none()
    if row is None:
        raise WrongStaffToken(
            "This token is unknown here, was revoked, or has expired.",
            next_step="Make a new one on the site's page of settings, under Tokens.",
        )
    return Session(row.hash, row.person, row.name, row.ends_at), row.used_at


def note_use(connection: Connection, token: str, signer: Signer, at: int) -> None:
    """Note that a token was used."""
    known = staff_token.c.hash == _hash(signer, token[:LONGEST_TOKEN])
    connection.execute(update(staff_token).where(known).values(used_at=at))


def staff_tokens_of(connection: Connection, course: str, who: str) -> list[StaffToken]:
    """A person's tokens, the oldest first."""
    rows = connection.execute(
        select(staff_token)
        .where(staff_token.c.course == course, staff_token.c.person == who)
        .order_by(staff_token.c.made_at, staff_token.c.hash)
    )
    return [StaffToken(row.hash, row.label, row.made_at, row.ends_at, row.used_at) for row in rows]


def revoke_staff_token(connection: Connection, course: str, who: str, digest: str) -> bool:
    """Revoke a person's token, named by its hash; False if there is none."""
    named = staff_token.c.hash == digest, staff_token.c.person == who, staff_token.c.course == course
    return connection.execute(delete(staff_token).where(*named)).rowcount > 0


def _hash(signer: Signer, token: str) -> str:
    return signer.of("staff token", token)
