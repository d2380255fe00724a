"""Whatever happens on platforms and here, in any order: nobody gets more than the platforms say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select, update

from autograder.errors import Refused
from autograder.site.database import Database
from autograder.site.lti.contexts import (
    MemberList,
    admit,
    connect,
    disconnect,
    keep_members,
    proposals,
    settle,
)
from autograder.site.lti.users import Context, Link, User
from autograder.site.people import COURSE, add_course, add_person, enrol
from autograder.site.tables import enrolment, lti_link, lti_user, session

ISSUERS = ("https://one.example", "https://two.example")
CONTEXTS = [Context(issuer, "c", "d", name) for issuer in ISSUERS for name in ("ours", "poetry")]
RANKS = {"student": 0, "ta": 2, "instructor": 3}
SUBJECTS = ("u1", "u2")
EMAILS = ("", "sue@example.org", "prof@example.org", "else@example.org")
IDS = ("", "sue", "prof", "1001")
ROSTER = {"sue": "student", "prof": "instructor"}


class Rolled(Exception):
    """Ends a run's transaction, so that nothing of it is kept."""


class Platforms(RuleBasedStateMachine):
    """Two platforms with two courses each, two users on each, and a course with a roster of two."""

    database: Database  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.connection: Connection = self.stack.enter_context(self.database.transaction())
        self.roles: dict[tuple[Context, str], str] = {}  # on the platforms; absent for a student
        self.words: dict[
            tuple[Context, str], str
        ] = {}  # the last that each platform said of a user, by course
        self.launched: set[tuple[Context, str]] = set()  # whose last word a launch said
        self.connected: set[Context] = set()
        self.local: set[str] = set()  # whose role was set here
        self.confirmed: set[tuple[str, str]] = set()  # users whom staff took to be somebody on the roster
        self.ids: dict[tuple[str, str], set[str]] = {}  # the ID numbers that platforms gave a user
        self.at = 0

    def teardown(self) -> None:
        """Undo everything."""
        with pytest.raises(Rolled), self.stack:
            raise Rolled

    def now(self) -> int:
        """The next instant."""
        self.at += 1
        return self.at

    @rule(
        context=st.sampled_from(CONTEXTS),
        subject=st.sampled_from(SUBJECTS),
        role=st.sampled_from(list(RANKS)),
    )
    def changes_on_the_platform(self, context: Context, subject: str, role: str) -> None:
        """A user has another role in a course there; nothing says so here yet."""
        self.roles[context, subject] = role

    @rule(
        context=st.sampled_from(CONTEXTS),
        subject=st.sampled_from(SUBJECTS),
        role=st.sampled_from((None, *RANKS)),
        email=st.sampled_from(EMAILS),
        number=st.sampled_from(IDS),
        resource=st.sampled_from(("new", "old")),
    )
    def launches(
        self, context: Context, subject: str, role: str | None, email: str, number: str, resource: str
    ) -> None:
        """A user, perhaps with another role, opens a link; what it signs in has no higher role than that."""
        if role is not None:
            self.roles[context, subject] = role
        role = self.roles.get((context, subject), "student")
        user = User(context.issuer, subject, "", email, number, role)
        link = Link(context.issuer, "c", resource, "q", deployment="d", context=context.context)
        who = admit(self.connection, COURSE, context, link, user, self.now())
        if context in self.connected:
            self.words[context, subject] = role
            self.launched.add((context, subject))
        self.ids.setdefault((context.issuer, subject), set()).add(number)  # of a refused one, too
        if isinstance(who, Refused):
            return
        allowed = max((RANKS[word] for word in self.said_of(who)), default=0)
        assert RANKS[self.role_of(who)] <= allowed
        assert context in self.connected or role == "student"
        if who in ROSTER:  # by the institution's ID or by staff, never by an address alone
            users = self.connection.execute(select(lti_user).where(lti_user.c.person == who)).all()
            known = [(row.issuer, row.subject) for row in users]
            assert (context.issuer, subject) in known
            assert all(user in self.confirmed or who in self.ids[user] for user in known)

    @precondition(lambda self: self.connected)
    @rule(data=st.data(), unread=st.integers(0, 1))
    def lists_members(self, data: st.DataObject, unread: int) -> None:
        """A platform lists those who are in one of its courses, and their roles."""
        context = data.draw(st.sampled_from(sorted(self.connected, key=str)))
        present = data.draw(st.lists(st.sampled_from(SUBJECTS), unique=True))
        before = {subject: self.words.get((context, subject)) for subject in SUBJECTS}
        users = tuple(
            User(context.issuer, subject, "", role=self.roles.get((context, subject), "student"))
            for subject in present
        )
        keep_members(self.connection, COURSE, context, MemberList(users, unread), self.now())
        for user in users:
            key = context, user.subject
            self.ids.setdefault((context.issuer, user.subject), set()).add("")
            if key not in self.launched or before[user.subject] is None:
                self.words[key] = user.role
        if users and not unread:
            for subject in set(SUBJECTS) - set(present):
                self.words.pop((context, subject), None)
                self.launched.discard((context, subject))

    @rule(context=st.sampled_from(CONTEXTS))
    def connects(self, context: Context) -> None:
        """An instructor of this course connects a course of a platform."""
        connect(self.connection, context, at=self.now(), who="prof")
        self.connected.add(context)

    @rule(context=st.sampled_from(CONTEXTS))
    def disconnects(self, context: Context) -> None:
        """An instructor takes a connection back."""
        disconnect(self.connection, COURSE, context, at=self.now(), who="prof")
        self.connected.discard(context)
        for key in [key for key in self.words if key[0] == context]:
            del self.words[key]
            self.launched.discard(key)

    @rule(same=st.booleans())
    def settles(self, same: bool) -> None:
        """Staff say of the first user with somebody's address whether they are that person."""
        for row in proposals(self.connection)[:1]:
            settle(self.connection, COURSE, row.issuer, row.subject, same=same, at=self.now(), who="prof")
            if same:
                self.confirmed.add((row.issuer, row.subject))

    @precondition(lambda self: self.people())
    @rule(data=st.data(), role=st.sampled_from(list(RANKS)))
    def sets_a_role_here(self, data: st.DataObject, role: str) -> None:
        """Staff give a person another role than the platforms do."""
        who = data.draw(st.sampled_from(sorted(self.people())))
        if self.role_of(who) != role:
            of_person = enrolment.c.person == who
            self.connection.execute(update(enrolment).where(of_person).values(role=role))
            self.local.add(who)

    @invariant()
    def nobody_has_more_than_the_platforms_say(self) -> None:
        """Of whom the platforms alone decide, no role is above the last word of a connected course."""
        for who in self.people() - self.local - ROSTER.keys():
            allowed = max((RANKS[word] for word in self.said_of(who)), default=0)
            assert RANKS[self.role_of(who)] <= allowed, who
        assert self.connection.execute(select(session)).all() == []

    @invariant()
    def the_roster_stands(self) -> None:
        """Who was staff before any platform came stays it, and no student of the roster becomes it unsaid."""
        if "prof" not in self.local:
            assert self.role_of("prof") == "instructor"
        if "sue" not in self.local:
            allowed = max((RANKS[word] for word in self.said_of("sue")), default=0)
            assert RANKS[self.role_of("sue")] <= allowed

    def people(self) -> set[str]:
        """Whom the platforms know."""
        return set(self.connection.execute(select(lti_user.c.person)).scalars())

    def said_of(self, who: str) -> list[str]:
        """The last words of all connected courses of a person."""
        users = self.connection.execute(select(lti_user).where(lti_user.c.person == who)).all()
        return [
            word
            for (context, subject), word in self.words.items()
            for row in users
            if context in self.connected and (context.issuer, subject) == (row.issuer, row.subject)
        ]

    def role_of(self, who: str) -> str:
        """A person's role here."""
        found = select(enrolment.c.role).where(enrolment.c.person == who)
        return str(self.connection.execute(found).scalar_one())


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the course, its roster, and a link that version 0.1 stored on each platform."""
    database = Database(tmp_path_factory.mktemp("machine") / "quiz.db")
    with database.transaction() as connection:
        add_course(connection, COURSE, "Course", "UTC")
        for name, role in ROSTER.items():
            add_person(connection, name, name, f"{name}@example.org")
            enrol(connection, COURSE, name, role=role)
        for issuer in ISSUERS:
            old = {"issuer": issuer, "client": "c", "deployment": "", "resource": "old", "context": ""}
            new = {"kind": "quiz", "work": "q", "line_item": "", "line_items": "", "members": ""}
            connection.execute(lti_link.insert().values(**old, **new))
    yield database
    database.close()


def test_no_sequence_gives_more_than_the_platforms_say(database: Database) -> None:
    """Launches, lists, connections, roles on both sides and staff's decisions, in any order."""
    Platforms.database = database
    run_state_machine_as_test(
        Platforms,
        settings=settings(
            stateful_step_count=25, suppress_health_check=[HealthCheck.too_slow], deadline=None
        ),
    )
