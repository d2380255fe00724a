"""Who is signed in: passcodes and one-time links that prove who somebody is, and the sessions they open.

Nothing stored here lets anybody in: codes, links and session tokens are kept as HMACs with the server's
secret. A passcode has 50 random bits; ten wrong ones in five minutes from one address, and it has to wait.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hmac import compare_digest

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from autograder.errors import Refused
from autograder.site.signer import Signer
from autograder.site.tables import credential, failed_sign_in, person, session
from autograder.site.upsert import upsert

__all__ = [
    "LASTS",
    "Session",
    "TooManyTries",
    "end_session",
    "has_passcode",
    "new_link",
    "new_passcode",
    "open_by_link",
    "open_by_passcode",
    "open_session",
    "outlive",
    "owner_of_link",
    "session_of",
]


ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # nothing that looks like something else
LETTERS = 10  # 30^10 is more than 2^49
MINUTE = 60_000
LASTS = 12 * 60 * MINUTE
LINK_LASTS = 7 * 24 * 60 * MINUTE
WINDOW, TRIES, TRIES_OF_ADDRESS = 5 * MINUTE, 10, 300

# Asked all the time, so it is built once.
WHO = (
    select(session.c.person, person.c.name, session.c.ends_at)
    .join_from(session, person, session.c.person == person.c.id)
    .where(session.c.token == bindparam("stored"), session.c.ends_at > bindparam("at"))
)


class TooManyTries(Refused):
    """So many wrong codes came that the next one has to wait."""

    status = 429
    retry_after = WINDOW // 1000


class WrongCode(Refused):
    """The name and the code do not fit; which of the two is wrong is not said."""

    status = 401


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    token: str  # as it is stored
    person: str
    name: str
    ends_at: int


def new_passcode(connection: Connection, person_id: str, signer: Signer) -> str:
    """A fresh passcode; the one before it stops working."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    theirs = credential.c.person == person_id, credential.c.kind == "passcode"
    connection.execute(delete(credential).where(*theirs))
    values = {"hash": _of_code(signer, person_id, code), "person": person_id, "kind": "passcode"}
    upsert(connection, credential, values)
    return f"{code[:5]}-{code[5:]}"


def has_passcode(connection: Connection, person_id: str) -> bool:
    """Whether somebody was given one."""
    theirs = credential.c.person == person_id, credential.c.kind == "passcode"
    return connection.execute(select(credential.c.hash).where(*theirs)).first() is not None


def new_link(connection: Connection, person_id: str, signer: Signer, at: int) -> str:
    """The secret part of a link that signs somebody in once, within a week."""
    secret = secrets.token_urlsafe(24)
    values = {"hash": signer.of("link", secret), "person": person_id, "kind": "link"}
    upsert(connection, credential, {**values, "ends_at": at + LINK_LASTS})
    return secret


def owner_of_link(connection: Connection, secret: str, signer: Signer, at: int) -> str | None:
    """The name of the person a link is for; None if it was used, is too old, or never was one."""
    usable = (
        credential.c.hash == signer.of("link", secret),
        credential.c.used_at.is_(None),
        credential.c.ends_at > at,
    )
    found = connection.execute(
        select(person.c.name).join_from(credential, person, credential.c.person == person.c.id).where(*usable)
    )
    name = found.scalar_one_or_none()
    return None if name is None else str(name)


def open_by_link(connection: Connection, secret: str, signer: Signer, at: int, client: str) -> str:
    """A new session's token; the link is used up. Raises Refused for one that does not work any more."""
    wanted = credential.c.hash == signer.of("link", secret)
    fresh = update(credential).where(wanted, credential.c.used_at.is_(None), credential.c.ends_at > at)
    owner = connection.execute(fresh.values(used_at=at).returning(credential.c.person)).scalar_one_or_none()
    if owner is None:
        raise WrongCode(
            "This link was used before, or it is too old.",
            next_step="Sign in with your passcode, or ask the course's staff for a new link.",
        )
    return open_session(connection, owner, signer, at, client)


def open_by_passcode(
    connection: Connection, person_id: str, code: str, signer: Signer, at: int, client: str, address: str
) -> str | Refused:
    """A new session's token, or why there is none: returned, so that the failure itself is written down."""
    keys = {f"{person_id}\n{address}": TRIES, address: TRIES_OF_ADDRESS}
    for who, most in keys.items():
        recent = failed_sign_in.c.who == who, failed_sign_in.c.at > at - WINDOW
        if connection.execute(select(func.count()).where(*recent)).scalar_one() >= most:
            return TooManyTries(
                "Too many wrong passcodes came from here.", next_step="Wait five minutes, then try again."
            )
    theirs = credential.c.person == person_id, credential.c.kind == "passcode"
    stored = connection.execute(select(credential.c.hash).where(*theirs)).scalar_one_or_none()
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    if not compare_digest(stored or "", _of_code(signer, person_id, plain)):
        connection.execute(delete(failed_sign_in).where(failed_sign_in.c.at <= at - WINDOW))
        connection.execute(insert(failed_sign_in), [{"who": who, "at": at} for who in keys])
        return WrongCode(
            "This name and this passcode do not belong together.",
            next_step="Check both; the passcode has ten letters and digits.",
        )
    return open_session(connection, person_id, signer, at, client)


def session_of(connection: Connection, token: str, signer: Signer, at: int) -> Session | None:
    """Who has this token; None when the session is over or never was."""
    stored = signer.of("session", token)
    row = connection.execute(WHO, {"stored": stored, "at": at}).one_or_none()
    return None if row is None else Session(stored, row.person, row.name, row.ends_at)


def outlive(connection: Connection, stored: str, instant: int) -> None:
    """Let a session last at least until then: no quiz ends because a session does."""
    theirs = session.c.token == stored, session.c.ends_at < instant
    connection.execute(update(session).where(*theirs).values(ends_at=instant))


def end_session(connection: Connection, stored: str) -> None:
    """Sign out."""
    connection.execute(delete(session).where(session.c.token == stored))


def open_session(connection: Connection, person_id: str, signer: Signer, at: int, client: str) -> str:
    """The token of a new session of somebody who has proved who they are."""
    token = secrets.token_urlsafe(24)
    connection.execute(delete(session).where(session.c.ends_at <= at))
    values = {"token": signer.of("session", token), "person": person_id, "made_at": at}
    connection.execute(insert(session).values(**values, ends_at=at + LASTS, client=client[:200]))
    return token


def _of_code(signer: Signer, person_id: str, code: str) -> str:
    return signer.of("passcode", f"{person_id}\n{code}")
