"""Sessions, and the passcodes and one-time links that open them.

Nothing that is stored signs anybody in: codes, links and session tokens are stored as HMACs with the server's
secret. A passcode has 49 random bits. Wrong ones are answered after delays that grow with the failures of an
account and an address; the right one always signs in, so nobody can lock somebody else out.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, update

from autograder.errors import Refused
from autograder.site.audit import Act, record_act
from autograder.site.roles import Role, may_look_as
from autograder.site.signer import Signer
from autograder.site.tables import credential, enrolment, failed_sign_in, person, session
from autograder.site.upsert import upsert, upsert_all

__all__ = [
    "LASTS",
    "LONGEST_ID",
    "Session",
    "TooManyTries",
    "add_passcodes",
    "end_session",
    "end_sessions_of",
    "extend_session",
    "is_passcode",
    "look_as",
    "new_link",
    "new_passcode",
    "open_by_link",
    "open_by_passcode",
    "open_session",
    "owner_of_link",
    "session_of",
    "wait_after_failures",
]


ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # no characters that look alike
LETTERS = 10  # 30^10 is more than 2^49
MINUTE = 60_000
LASTS = 12 * 60 * MINUTE
LINK_LASTS = 7 * 24 * 60 * MINUTE
WINDOW = 15 * MINUTE  # how long a failure counts
FREE_TRIES, FREE_TRIES_OF_ACCOUNT, FREE_TRIES_OF_ADDRESS = 5, 20, 100  # wrong codes without a delay
LONGEST_DELAY = 5 * MINUTE
LONGEST_ID, LONGEST_CODE = 200, 64  # characters

# Run all the time, so it is built once.
LOOKED_AT = person.alias()
WHO = (
    select(
        *(session.c.person, session.c.looks_as, person.c.name, session.c.ends_at),
        LOOKED_AT.c.name.label("name_looked_at"),
        enrolment.c.role,
    )
    .join_from(session, person, person.c.id == session.c.person)
    .outerjoin(LOOKED_AT, LOOKED_AT.c.id == session.c.looks_as)
    .outerjoin(
        enrolment, and_(enrolment.c.person == session.c.person, enrolment.c.course == bindparam("course"))
    )
    .where(session.c.token == bindparam("stored"), session.c.ends_at > bindparam("at"))
)


class TooManyTries(Refused):
    """Too many wrong codes; the next wrong one has to wait. A right one never has."""

    status = 429

    def __init__(self, wait: int) -> None:
        self.retry_after = -(-wait // 1000)  # seconds
        super().__init__(
            "Too many wrong passcodes were tried.",
            next_step=f"Check the student ID and the passcode; after {self.retry_after} seconds try again.",
        )


class WrongCode(Refused):
    """Student ID and code do not belong together; the error does not say which is wrong."""

    status = 401


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a person."""

    token: str  # in its stored form
    person: str
    name: str
    ends_at: int
    viewer: str = ""  # the member of staff who looks as this person, and changes nothing
    by_token: bool = False  # a program's, which sends no form token
    is_staff: bool = False  # pages show the ways to those of staff


def new_passcode(connection: Connection, person_id: str, signer: Signer) -> str:
    """A new passcode; the old one stops working."""
    code = _new_code()
    owned = credential.c.person == person_id, credential.c.kind == "passcode"
    connection.execute(delete(credential).where(*owned))
    values = {"hash": _passcode_hash(signer, person_id, code), "person": person_id, "kind": "passcode"}
    upsert(connection, credential, values)
    return _readable(code)


def add_passcodes(connection: Connection, people: Sequence[str], signer: Signer) -> dict[str, str]:
    """Passcodes of those among these people who had none, by their ID."""
    kind = credential.c.kind == "passcode"
    known = set(connection.execute(select(credential.c.person).where(kind)).scalars())
    codes = {person_id: _new_code() for person_id in people if person_id not in known}
    rows = [
        {"hash": _passcode_hash(signer, person_id, code), "person": person_id, "kind": "passcode"}
        for person_id, code in codes.items()
    ]
    upsert_all(connection, credential, rows)
    return {person_id: _readable(code) for person_id, code in codes.items()}


def new_link(connection: Connection, person_id: str, signer: Signer, at: int) -> str:
    """The secret part of a link that signs a person in once, within a week."""
    secret = secrets.token_urlsafe(24)
    # The data inventory promises it, as for the other rows that end.
    connection.execute(delete(credential).where(credential.c.kind == "link", credential.c.ends_at <= at))
    values = {"hash": signer.of("link", secret), "person": person_id, "kind": "link"}
    upsert(connection, credential, {**values, "ends_at": at + LINK_LASTS})
    return secret


def owner_of_link(connection: Connection, secret: str, signer: Signer, at: int) -> str | None:
    """The name of the person a link is for; None if it is used, too old or unknown."""
    usable = (
        credential.c.hash == signer.of("link", secret),
        credential.c.used_at.is_(None),
        credential.c.ends_at > at,
    )
    rows = connection.execute(
        select(person.c.name).join_from(credential, person, credential.c.person == person.c.id).where(*usable)
    )
    name = rows.scalar_one_or_none()
    return None if name is None else str(name)


def open_by_link(connection: Connection, secret: str, signer: Signer, at: int, client: str) -> str:
    """A new session's token; the link is used up. Raises Refused for a used or old link."""
    this_link = credential.c.hash == signer.of("link", secret)
    fresh = update(credential).where(this_link, credential.c.used_at.is_(None), credential.c.ends_at > at)
    owner = connection.execute(fresh.values(used_at=at).returning(credential.c.person)).scalar_one_or_none()
    if owner is None:
        raise WrongCode(
            "This link was used before, or it is too old.",
            next_step="Sign in with your passcode, or ask the course's staff for a new link.",
        )
    return open_session(connection, owner, signer, at, client)


def is_passcode(connection: Connection, person_id: str, code: str, signer: Signer) -> bool:
    """Whether a passcode is this person's; longer texts than any ID or code are not looked at."""
    if len(person_id) > LONGEST_ID or len(code) > LONGEST_CODE:
        return False
    owned = credential.c.person == person_id, credential.c.kind == "passcode"
    stored = connection.execute(select(credential.c.hash).where(*owned)).scalar_one_or_none()
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return compare_digest(stored or "", _passcode_hash(signer, person_id, plain))


def open_by_passcode(
    connection: Connection, person_id: str, code: str, signer: Signer, at: int, client: str, address: str
) -> str | Refused:
    """A new session's token for a right passcode, whatever failed before, here or elsewhere.

    A wrong one is stored and answered by a refusal, which is returned so that the transaction is kept.
    """
    if is_passcode(connection, person_id, code, signer):
        of_both = failed_sign_in.c.who == next(iter(_tries(person_id, address, signer)))
        connection.execute(delete(failed_sign_in).where(of_both))
        return open_session(connection, person_id, signer, at, client)
    if wait := wait_after_failures(connection, person_id, signer, at, address):
        return TooManyTries(wait)
    connection.execute(delete(failed_sign_in).where(failed_sign_in.c.at <= at - WINDOW))
    tries = _tries(person_id, address, signer)
    connection.execute(insert(failed_sign_in), [{"who": who, "at": at} for who in tries])
    return WrongCode(
        "This student ID and this passcode do not belong together.",
        next_step="Check both; the passcode has ten letters and digits.",
    )


def wait_after_failures(connection: Connection, person_id: str, signer: Signer, at: int, address: str) -> int:
    """The milliseconds until the next wrong passcode is looked at; they grow with the failures.

    Failures count by address and account together, by account, and by address; each has some free tries, so
    that a lecture hall behind one address is not slowed by a few typing errors.
    """
    tries = _tries(person_id, address, signer)
    failures = connection.execute(
        select(
            failed_sign_in.c.who, func.count().label("number"), func.max(failed_sign_in.c.at).label("last")
        )
        .where(failed_sign_in.c.who.in_(tries), failed_sign_in.c.at > at - WINDOW)
        .group_by(failed_sign_in.c.who)
    )
    waits = [row.last + _delay(row.number - tries[row.who]) - at for row in failures]
    return max([0, *map(int, waits)])


def _delay(over: int) -> int:
    """The milliseconds after so many failures beyond the free ones."""
    return 0 if over < 0 else min(1000 * 2 ** min(over, 30), LONGEST_DELAY)


def _tries(person_id: str, address: str, signer: Signer) -> dict[str, int]:
    """The names under which a failure is counted, with the free tries of each; names are never long."""
    person_id = person_id[:LONGEST_ID]
    return {
        signer.of("failed sign-in", f"both\n{person_id}\n{address}"): FREE_TRIES,
        signer.of("failed sign-in", f"account\n{person_id}"): FREE_TRIES_OF_ACCOUNT,
        signer.of("failed sign-in", f"address\n{address}"): FREE_TRIES_OF_ADDRESS,
    }


def session_of(connection: Connection, course: str, token: str, signer: Signer, at: int) -> Session | None:
    """The session with this token; None if it is over or unknown.

    Whoever looks as a student does so while they may see that student: rights are asked for each time.
    """
    stored = signer.of("session", token)
    row = connection.execute(WHO, {"stored": stored, "at": at, "course": course}).one_or_none()
    if row is None:
        return None
    if row.looks_as and may_look_as(connection, course, row.person, row.looks_as):
        return Session(stored, row.looks_as, row.name_looked_at, row.ends_at, viewer=row.person)
    is_staff = row.role not in (None, Role.STUDENT.value)
    return Session(stored, row.person, row.name, row.ends_at, is_staff=is_staff)


def extend_session(connection: Connection, stored: str, instant: int) -> None:
    """Extend a session at least until `instant`, so that it does not end during a quiz."""
    this_session = session.c.token == stored, session.c.ends_at < instant
    connection.execute(update(session).where(*this_session).values(ends_at=instant))


def look_as(connection: Connection, stored: str, person_id: str | None) -> None:
    """Let a session see the pages of a student, or of its own person again."""
    connection.execute(update(session).where(session.c.token == stored).values(looks_as=person_id))


def end_session(connection: Connection, stored: str) -> None:
    """End a session."""
    connection.execute(delete(session).where(session.c.token == stored))


def end_sessions_of(connection: Connection, person_id: str, *, at: int, who: str, reason: str) -> int:
    """End all sessions of a person, and links that were not used; returns how many sessions ended."""
    ended = connection.execute(delete(session).where(session.c.person == person_id)).rowcount
    links = credential.c.person == person_id, credential.c.kind == "link", credential.c.used_at.is_(None)
    connection.execute(delete(credential).where(*links))
    record_act(connection, Act(at, who, "end sessions", person_id, {"reason": reason, "sessions": ended}))
    return ended


def open_session(connection: Connection, person_id: str, signer: Signer, at: int, client: str) -> str:
    """The token of a new session of a person who has signed in."""
    token = secrets.token_urlsafe(24)
    connection.execute(delete(session).where(session.c.ends_at <= at))
    values = {"token": signer.of("session", token), "person": person_id, "made_at": at}
    connection.execute(insert(session).values(**values, ends_at=at + LASTS, client=client[:200]))
    return token


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))


def _readable(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"


def _passcode_hash(signer: Signer, person_id: str, code: str) -> str:
    return signer.of("passcode", f"{person_id}\n{code}")
