"""Tokens with which a notebook submits: for one course, for one person, for nothing else, until they expire.

The database keeps an HMAC. A token that is found in an uploaded file has been given away and is revoked.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from autograder.errors import Refused
from autograder.site.homework.tables import submit_token
from autograder.site.signer import Signer

__all__ = [
    "LASTS",
    "SubmitToken",
    "WrongToken",
    "new_hub_token",
    "new_token",
    "note_use",
    "owner_of",
    "revoke",
    "revoke_found",
    "tokens_in",
    "tokens_of",
]

LASTS = 180 * 24 * 60 * 60_000  # milliseconds: a term
MOST_TOKENS = 20  # of one person
TOKEN = re.compile(rb"submit-[A-Za-z0-9_-]{32}\b")
MOST_FOUND = 50  # in one file
LONGEST_LABEL = 60
HUB_LABEL, MOST_OF_HUB = "JupyterHub", 5  # servers that one person may have at once


class WrongToken(Refused):
    """No token, an unknown one, or one that has expired."""

    status = 401


@dataclass(frozen=True)
class SubmitToken:
    """A token as its owner sees it: never the token itself."""

    number: int  # among the owner's, the oldest first
    hash: str
    label: str
    made_at: int
    ends_at: int
    used_at: int | None


def new_token(connection: Connection, course: str, person: str, label: str, signer: Signer, at: int) -> str:
    """A new token, shown this once; of more than twenty the oldest is revoked."""
    token = f"submit-{secrets.token_urlsafe(24)}"
    connection.execute(delete(submit_token).where(submit_token.c.ends_at <= at))
    connection.execute(
        insert(submit_token).values(
            hash=_hash(signer, token),
            course=course,
            person=person,
            label=" ".join(label.split())[:LONGEST_LABEL] or "a notebook",
            made_at=at,
            ends_at=at + LASTS,
        )
    )
    for old in tokens_of(connection, course, person)[:-MOST_TOKENS]:
        revoke(connection, course, person, old.hash)
    return token


def new_hub_token(connection: Connection, course: str, person: str, signer: Signer, at: int) -> str:
    """A new token for a person's server in a JupyterHub; of more than five the oldest is revoked.

    A server gets one whenever it starts: they must not push out those that the person made.
    """
    known = [token for token in tokens_of(connection, course, person) if token.label == HUB_LABEL]
    for old in known[: max(0, len(known) - MOST_OF_HUB + 1)]:
        revoke(connection, course, person, old.hash)
    return new_token(connection, course, person, HUB_LABEL, signer, at)


def owner_of(connection: Connection, course: str, token: str, signer: Signer, at: int) -> str:
    """Whose token it is; raises WrongToken. It only reads, since anybody can show a wrong one."""
    known = submit_token.c.hash == _hash(signer, token[:100]), submit_token.c.course == course
    row = connection.execute(select(submit_token).where(*known)).one_or_none()
    if row is None or row.ends_at <= at:
        raise WrongToken(
            "This token is unknown here, was revoked, or has expired.",
            next_step="Make a new one on the site's page “Submit from a notebook”.",
        )
    return str(row.person)


def note_use(connection: Connection, course: str, token: str, signer: Signer, at: int) -> None:
    """Note when a token was used last."""
    known = submit_token.c.hash == _hash(signer, token[:100]), submit_token.c.course == course
    connection.execute(update(submit_token).where(*known).values(used_at=at))


def tokens_of(connection: Connection, course: str, person: str) -> list[SubmitToken]:
    """A person's tokens, the oldest first."""
    rows = connection.execute(
        select(submit_token)
        .where(submit_token.c.course == course, submit_token.c.person == person)
        .order_by(submit_token.c.made_at, submit_token.c.hash)
    )
    return [
        SubmitToken(number, row.hash, row.label, row.made_at, row.ends_at, row.used_at)
        for number, row in enumerate(rows, 1)
    ]


def revoke(connection: Connection, course: str, person: str, digest: str) -> bool:
    """Revoke a person's token, named by its hash; False if there is none."""
    named = submit_token.c.hash == digest, submit_token.c.person == person, submit_token.c.course == course
    return connection.execute(delete(submit_token).where(*named)).rowcount > 0


def tokens_in(content: bytes) -> list[str]:
    """What looks like a token in a file, at most fifty, each once."""
    return [token.decode() for token in dict.fromkeys(TOKEN.findall(content))][:MOST_FOUND]


def revoke_found(connection: Connection, course: str, found: Sequence[str], signer: Signer) -> int:
    """Revoke those tokens of the course that were found in a file; how many that were."""
    hashes = [_hash(signer, token) for token in found]
    if not hashes:
        return 0
    given_away = submit_token.c.hash.in_(hashes), submit_token.c.course == course
    return connection.execute(delete(submit_token).where(*given_away)).rowcount


def _hash(signer: Signer, token: str) -> str:
    return signer.of("submit token", token)
