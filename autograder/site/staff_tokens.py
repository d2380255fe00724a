"""Tokens of staff: a program that shows one does what its owner does on pages, with the same permissions.

A form of any page is the documented call: its fields as a form, `Authorization: Bearer TOKEN`, no form token.
The database keeps an HMAC. A token ends with its owner's role, by its date, and when it is revoked.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from autograder.errors import NotFound
from autograder.site.audit import Act, record_act
from autograder.site.roles import access_of
from autograder.site.sessions import Session
from autograder.site.signer import Signer
from autograder.site.tables import person, staff_token

__all__ = [
    "LASTS",
    "StaffToken",
    "is_staff_token",
    "make_staff_token",
    "note_use",
    "revoke_staff_token",
    "session_of_token",
    "staff_tokens_of",
]

PREFIX = "staff-"
LASTS = 180 * 24 * 60 * 60_000  # milliseconds: a term
LONGEST_LABEL = 60


@dataclass(frozen=True)
class StaffToken:
    """A token as its owner sees it: never the token itself."""

    hash: str
    label: str
    made_at: int
    ends_at: int
    used_at: int | None


def is_staff_token(token: str) -> bool:
    """Whether a text is meant to be a token of staff."""
    return token.strip().startswith(PREFIX)


def make_staff_token(
    connection: Connection, course: str, owner: str, label: str, signer: Signer, *, at: int, who: str
) -> str:
    """A new token of a member of staff, shown this once; raises NotFound for anybody else."""
    access = access_of(connection, course, owner)
    if access is None or not access.is_staff:
        raise NotFound(
            f"{owner} is not a member of the course's staff.", next_step="Give the person a role first."
        )
    token = f"{PREFIX}{secrets.token_urlsafe(24)}"
    connection.execute(delete(staff_token).where(staff_token.c.ends_at <= at))
    label = " ".join(label.split())[:LONGEST_LABEL] or "a program"
    values = {"hash": _hash(signer, token), "course": course, "person": owner, "label": label}
    connection.execute(insert(staff_token).values(**values, made_at=at, ends_at=at + LASTS))
    record_act(connection, Act(at, who, "make staff token", owner, {"label": label}))
    return token


def session_of_token(
    connection: Connection, course: str, token: str, signer: Signer, at: int
) -> Session | None:
    """The session of a token; None for an unknown or old one, and where its owner is no longer staff."""
    stored = _hash(signer, token)
    row = connection.execute(
        select(staff_token, person.c.name)
        .join_from(staff_token, person, person.c.id == staff_token.c.person)
        .where(staff_token.c.hash == stored, staff_token.c.course == course, staff_token.c.ends_at > at)
    ).one_or_none()
    if row is None:
        return None
    access = access_of(connection, course, row.person)
    if access is None or not access.is_staff:
        return None
    return Session(stored, row.person, row.name, row.ends_at, by_token=True)


def note_use(connection: Connection, digest: str, at: int) -> None:
    """Note when a token was used last."""
    connection.execute(update(staff_token).where(staff_token.c.hash == digest).values(used_at=at))


def staff_tokens_of(connection: Connection, course: str, owner: str) -> list[StaffToken]:
    """A person's tokens, the oldest first."""
    rows = connection.execute(
        select(staff_token)
        .where(staff_token.c.course == course, staff_token.c.person == owner)
        .order_by(staff_token.c.made_at, staff_token.c.hash)
    )
    return [StaffToken(row.hash, row.label, row.made_at, row.ends_at, row.used_at) for row in rows]


def revoke_staff_token(
    connection: Connection, course: str, owner: str, digest: str, *, at: int, who: str
) -> bool:
    """Revoke a person's token, named by its hash; False if there is none."""
    named = staff_token.c.hash == digest, staff_token.c.person == owner, staff_token.c.course == course
    gone = connection.execute(delete(staff_token).where(*named)).rowcount > 0
    if gone:
        record_act(connection, Act(at, who, "revoke staff token", owner, {}))
    return gone


def _hash(signer: Signer, token: str) -> str:
    return signer.of("staff token", token)
