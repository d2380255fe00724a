"""Who somebody is whom an identity provider has signed in: a person of the course, by the ID on the roster.

The first sign-in binds the provider's name of the user to the person; after that only the binding counts, so
that an attribute that changes, or is given to somebody else, signs nobody in as another.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from autograder.errors import Forbidden
from autograder.site.audit import Act, record_act
from autograder.site.tables import enrolment, sso_user
from autograder.site.upsert import insert_once

__all__ = ["Identity", "person_of"]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a provider says of a user."""

    provider: str
    subject: str  # the provider's own name of the user, which stays
    person: str  # the ID on the roster; empty where the provider says none


def person_of(connection: Connection, course: str, identity: Identity, at: int) -> str | Forbidden:
    """The person of the course; a refusal for somebody who is not on the roster."""
    known = sso_user.c.provider == identity.provider, sso_user.c.subject == identity.subject
    bound = connection.execute(select(sso_user.c.person).where(*known)).scalar_one_or_none()
    who = bound if bound is not None else identity.person
    enrolled = enrolment.c.course == course, enrolment.c.person == who
    if not who or connection.execute(select(enrolment.c.person).where(*enrolled)).first() is None:
        return Forbidden(
            f"Your account is known as “{identity.person or identity.subject}”, "
            "and nobody in this course has that ID.",
            next_step="Ask the course's staff to put you on the roster, or sign in with your passcode.",
        )
    if bound is None:
        values = {"provider": identity.provider, "subject": identity.subject, "person": who}
        insert_once(connection, sso_user, values)
        detail: dict[str, object] = {"provider": identity.provider}
        record_act(connection, Act(at, who, "sign in with an account", who, detail))
    return str(who)
