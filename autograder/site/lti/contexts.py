"""The courses of learning platforms that this course is connected to, and what they say of their users.

A platform serves many courses; only those that an instructor of this course connected count. What a launch
or a list of members says of a user's role, name and e-mail address is followed in both directions, except
where the value was set here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, delete, select, update

from autograder.errors import Forbidden, Refused
from autograder.site.audit import Act, record_act
from autograder.site.lti.users import OUTSIDER, Context, Link, User, bind, enrol_new, identify, known_person
from autograder.site.people import COURSE
from autograder.site.tables import (
    enrolment,
    lti_context,
    lti_link,
    lti_match,
    lti_member,
    lti_person,
    lti_user,
    person,
    session,
)
from autograder.site.upsert import insert_once, upsert

__all__ = [
    "MemberList",
    "Tally",
    "admit",
    "connect",
    "contexts",
    "disconnect",
    "is_connected",
    "keep_members",
    "proposals",
    "settle",
]

RANKS = {"": -1, "student": 0, "staff": 1, "ta": 2, "instructor": 3}


@dataclass(frozen=True)
class MemberList:
    """The members of a platform's course."""

    users: tuple[User, ...]
    unread: int = 0  # rows that cannot be read


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a list of members."""

    enrolled: int
    proposed: int  # staff have to say who they are
    refused: int
    left: int


def is_connected(connection: Connection, context: Context) -> bool:
    """Whether an instructor of this course has connected a platform's course."""
    found = select(lti_context.c.issuer).where(
        _of(lti_context, context), lti_context.c.connected_at.is_not(None)
    )
    return connection.execute(found).first() is not None


def contexts(connection: Connection) -> list[Row[Any]]:
    """The platforms' courses that are connected, then those that wait for it."""
    waits = lti_context.c.connected_at.is_(None)
    return list(connection.execute(select(lti_context).order_by(waits, lti_context.c.asked_at)).all())


def connect(connection: Connection, context: Context, *, at: int, who: str) -> None:
    """Connect a platform's course; what it says of its users counts from now on."""
    _ask(connection, context, at)
    connection.execute(
        update(lti_context).where(_of(lti_context, context)).values(connected_at=at, connected_by=who)
    )
    # What version 0.1 gave to instructors of any course counts only where a connected course says it, too.
    users = select(lti_user.c.person).where(lti_user.c.issuer == context.issuer).distinct()
    for known in connection.execute(users).scalars().all():
        _follow(connection, COURSE, known)
    record_act(connection, Act(at, who, "connect platform", context.context, dict(asdict(context))))


def disconnect(connection: Connection, course: str, context: Context, *, at: int, who: str) -> None:
    """Take a connection back: nobody comes from there any more, and what it says counts no longer."""
    connection.execute(
        update(lti_context).where(_of(lti_context, context)).values(connected_at=None, connected_by="")
    )
    people = _people_of(connection, context)
    connection.execute(delete(lti_member).where(_of(lti_member, context)))
    for member in people:
        _follow(connection, course, member)
        _end_sessions(connection, member)
    record_act(connection, Act(at, who, "disconnect platform", context.context, dict(asdict(context))))


def admit(
    connection: Connection, course: str, context: Context, link: Link, user: User, at: int
) -> str | Refused:
    """The person whom a launch signs in; a refusal is returned, so that what it leaves for staff is kept.

    A session that a launch opens never has a higher role than the platform says now.
    """
    who: str | Refused
    if user.role == OUTSIDER:
        _forget(connection, course, context, [user.subject])
        return Forbidden(
            "Your learning platform knows you as somebody who neither takes nor teaches this course (an "
            "observer, a designer or an administrator), and they have no page here.",
            next_step="If you teach or take this course, let your platform's staff enrol you as that; if you "
            "are staff here, sign in with your passcode.",
        )
    if not is_connected(connection, context):
        who = _by_old_link(connection, course, context, link, user, at)
        allowed = "student"
    else:
        _record(connection, context, user, launched=user.role)
        who = identify(connection, course, user, at)
        if not isinstance(who, Refused):
            _follow(connection, course, who, user)
        allowed = "" if isinstance(who, Refused) else _platform_role(connection, who)
    if isinstance(who, Refused):
        return who
    role = _role(connection, course, who)
    if role is None:
        return Forbidden(
            "You are not in this course any more.",
            next_step="Ask the course's staff to add you to its roster.",
        )
    if RANKS[role] > RANKS[allowed]:
        return Forbidden(
            "Your learning platform knows you as a student, this course as a member of its staff."
            if allowed == "student"
            else "Your role in this course is a higher one than in your learning platform.",
            next_step="Sign in here with your passcode.",
        )
    return who


def keep_members(
    connection: Connection, course: str, context: Context, members: MemberList, at: int
) -> Tally:
    """Follow a list of members: new users are enrolled, and whoever is not in it has no role from there.

    Nobody is taken to have left by a list that is empty or was not read to its last row. Who left stays
    enrolled as a student, with label and extra time, and is signed out.
    """
    enrolled = proposed = refused = left = 0
    for user in members.users:
        _record(connection, context, user, listed=user.role)
        who = identify(connection, course, user, at)
        if not isinstance(who, Refused):
            _follow(connection, course, who, user)
            enrolled += 1
        elif _proposal_of(connection, user) is not None:
            proposed += 1
        else:
            refused += 1
    if members.users and not members.unread:
        left = _remove_missing(connection, course, context, {user.subject for user in members.users})
    return Tally(enrolled, proposed, refused, left)


def proposals(connection: Connection) -> list[Row[Any]]:
    """The users of platforms who may be somebody in the course, for staff to say."""
    names = select(lti_match, person.c.name.label("person_name")).join_from(lti_match, person)
    return list(connection.execute(names.order_by(lti_match.c.person, lti_match.c.subject)).all())


def settle(
    connection: Connection, course: str, issuer: str, subject: str, *, same: bool, at: int, who: str
) -> bool:
    """Store whether a user is the proposed person or somebody else; False if that was settled before."""
    row = _proposal_of(connection, User(issuer, subject, ""))
    if row is None:
        return False
    user = User(issuer, subject, row.name, row.email)
    if same:
        bind(connection, course, user, row.person)
        found = row.person
    else:
        connection.execute(
            delete(lti_match).where(lti_match.c.issuer == issuer, lti_match.c.subject == subject)
        )
        found = enrol_new(connection, course, user)
    _follow(connection, course, found, user)
    detail: dict[str, object] = {"issuer": issuer, "subject": subject, "email": row.email, "same": same}
    record_act(connection, Act(at, who, "match platform user", found, detail))
    return True


def _of(table: Table, context: Context) -> ColumnElement[bool]:
    columns = table.c
    return and_(
        columns.issuer == context.issuer,
        columns.client == context.client,
        columns.deployment == context.deployment,
        columns.context == context.context,
    )


def _ask(connection: Connection, context: Context, at: int) -> None:
    """Note a course that waits to be connected, with its newest title."""
    values = {**asdict(context), "asked_at": at, "connected_by": ""}
    if not insert_once(connection, lti_context, values) and context.title:
        connection.execute(update(lti_context).where(_of(lti_context, context)).values(title=context.title))


def _by_old_link(
    connection: Connection, course: str, context: Context, link: Link, user: User, at: int
) -> str | Refused:
    """The person of a launch whose course is not connected: as in version 0.1 while nothing is connected.

    Only links that version 0.1 stored count, and for students only. In version 0.1 an instructor of any
    course of the platform was one here, so their launch connects nothing: somebody who signs in here does.
    """
    is_usable = _is_old(connection, link) and not _has_connection(connection, context)
    if is_usable and user.role == "student":
        return identify(connection, course, user, at)
    if user.role != "student":
        _ask(connection, context, at)
    title = f"“{context.title}”" if context.title else "This course of your learning platform"
    return Forbidden(
        f"{title} is not connected to this course.",
        next_step="An instructor of this course connects it once: after signing in here, on the page of "
        "learning platforms (/platforms), or by `autograder lti connect`."
        if user.role != "student"
        else "Tell your teachers: one of them opens the link, and connects the two courses once.",
    )


def _is_old(connection: Connection, link: Link) -> bool:
    old = (
        lti_link.c.issuer == link.issuer,
        lti_link.c.client == link.client,
        lti_link.c.deployment == "",
        lti_link.c.resource == link.resource,
    )
    return connection.execute(select(lti_link.c.work).where(*old)).first() is not None


def _has_connection(connection: Connection, context: Context) -> bool:
    found = select(lti_context.c.context).where(
        lti_context.c.issuer == context.issuer,
        lti_context.c.client == context.client,
        lti_context.c.connected_at.is_not(None),
    )
    return connection.execute(found).first() is not None


def _record(
    connection: Connection, context: Context, user: User, *, launched: str = "", listed: str = ""
) -> None:
    """Note what a platform says of a user in a course.

    A launch's word wins: Moodle lists an assistant as a learner. But a list that gives a lower role than the
    list before it is news, and lowers the launch's word, too.
    """
    this = and_(_of(lti_member, context), lti_member.c.subject == user.subject)
    row = connection.execute(select(lti_member).where(this)).one_or_none()
    before = (row.launched, row.listed) if row is not None else ("", "")
    if listed and before[1] and RANKS[listed] < RANKS[before[1]] and RANKS[listed] < RANKS[before[0]]:
        launched = listed
    values = {name: value for name, value in asdict(context).items() if name != "title"}
    values |= {"subject": user.subject, "launched": launched or before[0], "listed": listed or before[1]}
    upsert(connection, lti_member, values)


def _platform_role(connection: Connection, who: str) -> str:
    """The highest role that connected courses give a person now; empty if none names the person."""
    same_user = and_(lti_user.c.issuer == lti_member.c.issuer, lti_user.c.subject == lti_member.c.subject)
    same_context = and_(
        *(lti_context.c[name] == lti_member.c[name] for name in ("issuer", "client", "deployment", "context"))
    )
    rows = connection.execute(
        select(lti_member.c.launched, lti_member.c.listed)
        .join(lti_user, same_user)
        .join(lti_context, same_context)
        .where(lti_user.c.person == who, lti_context.c.connected_at.is_not(None))
    )
    return max((row.launched or row.listed for row in rows), key=RANKS.__getitem__, default="")


def _follow(connection: Connection, course: str, who: str, user: User | None = None) -> None:
    """Let a person's role, name and e-mail address be what the platforms say, except what was set here."""
    row = connection.execute(select(person).where(person.c.id == who)).one()
    written = connection.execute(select(lti_person).where(lti_person.c.person == who)).one_or_none()
    if written is None:
        return
    words = {"role": written.role, "name": written.name, "email": written.email}
    if user is not None and user.name and row.name in ("", who, written.name):
        words["name"] = user.name
        connection.execute(update(person).where(person.c.id == who).values(name=user.name))
    if user is not None and user.email and (row.email or "") in ("", written.email):
        words["email"] = user.email
        connection.execute(update(person).where(person.c.id == who).values(email=user.email))
    role, now = _role(connection, course, who), _platform_role(connection, who) or "student"
    if role is not None and role == written.role:
        words["role"] = now
        enrolled = enrolment.c.course == course, enrolment.c.person == who
        connection.execute(update(enrolment).where(*enrolled).values(role=now))
    connection.execute(update(lti_person).where(lti_person.c.person == who).values(**words))


def _remove_missing(connection: Connection, course: str, context: Context, present: Iterable[str]) -> int:
    """Forget what a course said of users who are not in it any more; how many."""
    gone = and_(_of(lti_member, context), lti_member.c.subject.not_in(list(present)))
    subjects = connection.execute(select(lti_member.c.subject).where(gone)).scalars().all()
    _forget(connection, course, context, subjects)
    return len(subjects)


def _forget(connection: Connection, course: str, context: Context, subjects: Sequence[str]) -> None:
    """Forget what a course said of users; who is in no connected course any more is signed out."""
    for subject in subjects:
        this = and_(_of(lti_member, context), lti_member.c.subject == subject)
        connection.execute(delete(lti_member).where(this))
        who = known_person(connection, User(context.issuer, subject, ""))
        if who is not None:
            _follow(connection, course, who)
            if not _platform_role(connection, who):
                _end_sessions(connection, who)


def _people_of(connection: Connection, context: Context) -> list[str]:
    same_user = and_(lti_user.c.issuer == lti_member.c.issuer, lti_user.c.subject == lti_member.c.subject)
    found = select(lti_user.c.person).join(lti_member, same_user).where(_of(lti_member, context))
    return list(connection.execute(found.distinct()).scalars())


def _end_sessions(connection: Connection, who: str) -> None:
    connection.execute(delete(session).where(session.c.person == who))


def _proposal_of(connection: Connection, user: User) -> Row[Any] | None:
    of_user = lti_match.c.issuer == user.issuer, lti_match.c.subject == user.subject
    return connection.execute(select(lti_match).where(*of_user)).one_or_none()


def _role(connection: Connection, course: str, who: str) -> str | None:
    enrolled = enrolment.c.course == course, enrolment.c.person == who
    role: str | None = connection.execute(select(enrolment.c.role).where(*enrolled)).scalar_one_or_none()
    return role
