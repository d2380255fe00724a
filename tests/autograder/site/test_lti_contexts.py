"""What a platform's courses may say of people here: connected ones only, and no more than they say now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_server import SIGNER, LiveServer
from platform_simulator import (
    CLAIM,
    CLIENT,
    CONTEXT,
    DEPLOYMENT,
    INSTRUCTOR,
    LEARNER,
    MEMBERSHIP,
    Browser,
    Platform,
    connected,
    platform_for,
)
from sqlalchemy import Connection, select

from autograder.errors import Refused
from autograder.site.database import Database
from autograder.site.lti.contexts import MemberList, admit, connect, disconnect, keep_members
from autograder.site.lti.services import Tool
from autograder.site.lti.users import Context, Link, User, links_of
from autograder.site.people import COURSE, add_course, add_person, enrol
from autograder.site.tables import enrolment, lti_user, person, session

ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform that is registered with the course, and no course of it connected yet."""
    with platform_for(server.course.root) as platform:
        server.publish("all")
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER)
        platform.tool_keys = f"{server.address}/lti/keys"
        yield platform


def launch(server: LiveServer, platform: Platform, sub: str, role: str = LEARNER, /, **claims: Any) -> Any:
    """A launch by a user in a new browser."""
    browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    return browser.launch(sub=sub, **{f"{CLAIM}roles": [role], **claims})


def people(server: LiveServer) -> list[tuple[str, str | None, str]]:
    """Name, e-mail address and role of everybody who is enrolled, in the order of the users' IDs."""
    with server.database.reading() as connection:
        rows = connection.execute(
            select(person.c.name, person.c.email, enrolment.c.role)
            .join_from(enrolment, person)
            .outerjoin(lti_user, lti_user.c.person == person.c.id)
            .order_by(lti_user.c.subject)
        )
        return [tuple(row) for row in rows]


def members(server: LiveServer, platform: Platform, *rows: Any, context: str = CONTEXT) -> Any:
    """Follow a list of members of a course of the platform."""
    platform.members = list(rows)
    assert server.site.lti is not None
    with server.database.reading() as connection:
        (link,) = links_of(connection, "all")
    listed = server.site.lti.members(link)
    place = Context(platform.address, CLIENT, DEPLOYMENT, context)
    with server.database.transaction() as connection:
        return keep_members(connection, COURSE, place, listed, server.clock.now())


@pytest.mark.parametrize("role", [LEARNER, INSTRUCTOR, ASSISTANT])
def test_another_course_of_the_platform(server: LiveServer, platform: Platform, role: str) -> None:
    """Nobody of a course that is not connected is enrolled or signed in, and no link of it is stored."""
    connected(server.database, platform)
    other = {f"{CLAIM}context": {"id": "course-2", "title": "Poetry"}}
    reply = launch(server, platform, "user-9", role, **other)
    assert reply.status_code == 403 and "“Poetry” is not connected" in reply.text
    assert launch(server, platform, "user-9", role, **{f"{CLAIM}context": None}).status_code == 403
    assert people(server) == []
    with server.database.reading() as connection:
        assert links_of(connection, "all") == []
    assert launch(server, platform, "user-9", LEARNER).status_code == 303
    assert launch(server, platform, "user-9", INSTRUCTOR, **other).status_code == 403
    assert [role for *_, role in people(server)] == ["student"]


def test_an_instructor_connects_a_course(server: LiveServer, platform: Platform) -> None:
    """A course that a teacher launched waits on a page; once it is connected its people come in."""
    assert launch(server, platform, "user-2", INSTRUCTOR).status_code == 403
    assert server.student(role="ta", name="tom").get("/platforms").status_code == 403
    assert server.student(name="sue").get("/platforms").status_code == 404
    tea = server.student(role="instructor", name="tea")
    page = tea.page("/platforms")
    assert "Deep Learning &amp; Co." in page and "not connected" in page
    context = {"issuer": platform.address, "client": CLIENT, "deployment": DEPLOYMENT, "context": CONTEXT}
    assert tea.post("/platforms/connections", connect="yes", **{**context, "context": "x"}).status_code == 409
    assert tea.post("/platforms/connections", connect="yes", **context).status_code == 303
    assert "by tea" in tea.page("/platforms")
    reply = launch(server, platform, "user-2", INSTRUCTOR)
    assert reply.status_code == 303
    assert tea.post("/platforms/connections", disconnect="yes", **context).status_code == 303
    assert launch(server, platform, "user-2", INSTRUCTOR).status_code == 403
    assert [role for name, _, role in people(server) if name == "Ann Lee"] == ["student"]


@pytest.mark.parametrize(
    "roles",
    [
        [f"{MEMBERSHIP}#Mentor"],
        ["Mentor"],
        [f"{MEMBERSHIP}#Mentor", "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"],
        [f"{MEMBERSHIP}/Mentor#Tutor"],
        [f"{MEMBERSHIP}#ContentDeveloper"],
        [f"{MEMBERSHIP}#Administrator"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"],
        [
            "http://purl.imsglobal.org/vocab/lis/v2/system/person#SysAdmin",
            "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor",
        ],
    ],
)
def test_an_outsider_is_no_student(server: LiveServer, platform: Platform, roles: list[str]) -> None:
    """Parents who observe in Canvas, designers and administrators are nobody here, by launch or by list."""
    connected(server.database, platform)
    reply = launch(server, platform, "user-8", **{f"{CLAIM}roles": roles})
    assert reply.status_code == 403 and "observer" in reply.text
    both = launch(server, platform, "user-9", **{f"{CLAIM}roles": [*roles, LEARNER]})
    assert both.status_code == 303
    rows = [{"user_id": "user-8", "roles": roles}, {"user_id": "user-9", "roles": [LEARNER]}]
    assert members(server, platform, *rows).enrolled == 1
    assert len(people(server)) == 1


def test_a_student_who_becomes_an_observer(server: LiveServer, platform: Platform) -> None:
    """The launch is refused and what was a session before ends, as with anybody who left."""
    connected(server.database, platform)
    browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    assert browser.launch(sub="user-8", **{f"{CLAIM}roles": [LEARNER]}).status_code == 303
    with server.database.reading() as connection:
        assert connection.execute(select(session.c.person)).all()
    assert launch(server, platform, "user-8", f"{MEMBERSHIP}#Mentor").status_code == 403
    with server.database.reading() as connection:
        assert connection.execute(select(session.c.person)).all() == []


@pytest.mark.parametrize("status", ["Active", "active", None, ""])
def test_a_member_without_a_status_is_active(server: LiveServer, platform: Platform, status: Any) -> None:
    """The status may be missing (names and roles service, 2.2), null or in small letters: nobody has left."""
    connected(server.database, platform)
    assert launch(server, platform, "user-1").status_code == 303
    rows = [{"user_id": "user-1", "roles": [LEARNER], "status": status}]
    rows += [{"user_id": "user-2", "roles": [LEARNER]}, {"user_id": "user-3", "status": "Inactive"}]
    tally = members(server, platform, *rows)
    assert (tally.enrolled, tally.left) == (2, 0)


def test_roles_go_up_and_down(server: LiveServer, platform: Platform) -> None:
    """Each launch says the role anew; a demoted instructor is a student at once."""
    connected(server.database, platform)
    for role, here in (
        (LEARNER, "student"),
        (INSTRUCTOR, "instructor"),
        (ASSISTANT, "ta"),
        (LEARNER, "student"),
    ):
        assert launch(server, platform, "user-1", role).status_code == 303
        assert [role for *_, role in people(server)] == [here]


def test_names_and_addresses_arrive_later(server: LiveServer, platform: Platform) -> None:
    """With Moodle's defaults launches name nobody: names come with any later word, and go by none."""
    connected(server.database, platform)
    silent = {"name": None, "email": None}
    assert launch(server, platform, "user-1", **silent).status_code == 303
    assert people(server)[0][0].startswith("lti-")
    members(
        server, platform, {"user_id": "user-1", "given_name": "José", "family_name": "Núñez", "roles": []}
    )
    assert launch(server, platform, "user-1", **silent).status_code == 303
    assert people(server)[0][:2] == ("José Núñez", None)
    launch(server, platform, "user-1", name=None, given_name="José", email="jose@example.org")
    assert people(server)[0][:2] == ("José", "jose@example.org")


def test_what_was_set_here_stays(server: LiveServer, platform: Platform) -> None:
    """A role, a name or an address that staff set is not changed by the platform any more."""
    connected(server.database, platform)
    launch(server, platform, "user-1", name="Ann", email="ann@example.org")
    with server.database.transaction() as connection:
        (who,) = connection.execute(select(enrolment.c.person)).scalars()
        add_person(connection, who, "Ann of the roster", "ann@roster.example")
        enrol(connection, COURSE, who, role="ta", label="group-a")
    refused = launch(server, platform, "user-1", name="Anna")
    assert refused.status_code == 403 and "passcode" in refused.text
    assert people(server) == [("Ann of the roster", "ann@roster.example", "ta")]
    assert launch(server, platform, "user-1", INSTRUCTOR).status_code == 303
    assert people(server)[0][2] == "ta"


def test_moodles_assistants(server: LiveServer, platform: Platform) -> None:
    """Moodle lists an assistant as a learner: the launch wins, until the list says less than it did."""
    connected(server.database, platform)
    launch(server, platform, "user-1", INSTRUCTOR)
    row = {"user_id": "user-1", "name": "Theo"}
    for listed, here in (
        ("Learner", "instructor"),
        ("Instructor", "instructor"),
        ("Learner", "student"),
        ("Instructor", "student"),
    ):
        members(server, platform, {**row, "roles": [listed]})
        assert [role for *_, role in people(server)] == [here], listed
    launch(server, platform, "user-1", INSTRUCTOR)
    assert [role for *_, role in people(server)] == ["instructor"]


# What a real Moodle 4.5 says, beside the claims that the simulator has in common with it.
MOODLE: dict[str, Any] = {
    f"{CLAIM}lis": {"person_sourcedid": "1001", "course_section_sourcedid": ""},
    f"{CLAIM}context": {
        "id": "2",
        "label": "DL27",
        "title": "Deep Learning & Co.",
        "type": ["CourseSection"],
    },
    f"{CLAIM}resource_link": {"title": "Quiz 4 (LTI)", "description": "", "id": "1"},
    "name": "José García-Núñez",
    "given_name": "José",
    "family_name": "García-Núñez",
    "email": "s01@example.org",
    f"{CLAIM}ext": {"user_username": "s01", "lms": "moodle-2"},
    f"{CLAIM}launch_presentation": {"locale": "en", "document_target": "window"},
    f"{CLAIM}tool_platform": {"product_family_code": "moodle", "version": "2024100700.09"},
    f"{CLAIM}custom": {"context_memberships_url": "http://127.0.0.1:1/memberships"},
}
MOODLES_MEMBERS = [
    {
        "status": "Active",
        "roles": ["Learner"],
        "user_id": subject,
        "lis_person_sourcedid": number,
        "name": f"{given} {family}",
        "given_name": given,
        "family_name": family,
        "email": f"{username}@example.org",
        "ext_user_username": username,
    }
    for subject, number, given, family, username in (
        ("4", "T002", "Theo", "Assistant", "assistant"),
        ("5", "1001", "José", "García-Núñez", "s01"),
        ("11", "1007", "Nora", "Keins", "s07"),
    )
]


@pytest.mark.parametrize("names", [True, False])
def test_the_claims_of_a_real_moodle(server: LiveServer, platform: Platform, names: bool) -> None:
    """The ID number finds who is on the roster, with and without names; the list brings the others."""
    connected(server.database, platform, "2")
    with server.database.transaction() as connection:
        add_person(connection, "1001", "García-Núñez, José", "jose@example.org")
        enrol(connection, COURSE, "1001", label="group-a")
    claims = dict(MOODLE)
    if not names:  # Moodle's default
        claims |= {"name": None, "given_name": None, "family_name": None, "email": None}
    for _ in range(2):
        reply = launch(server, platform, "5", LEARNER, **claims)
        assert reply.headers["Location"] == "/quizzes/all"
    assert people(server) == [("García-Núñez, José", "jose@example.org", "student")]
    assistant = {**claims, f"{CLAIM}lis": {"person_sourcedid": "T002"}, "email": None}
    assistant |= {"name": None, "given_name": None, "family_name": None}
    assert launch(server, platform, "4", INSTRUCTOR, **assistant).status_code == 303
    tally = members(server, platform, *MOODLES_MEMBERS, context="2")
    assert (tally.enrolled, tally.proposed, tally.refused, tally.left) == (3, 0, 0, 0)
    assert sorted(people(server)) == [
        ("García-Núñez, José", "jose@example.org", "student"),
        ("Nora Keins", "s07@example.org", "student"),
        ("Theo Assistant", "assistant@example.org", "instructor"),
    ]


ODD_ROWS: list[Any] = [
    None,
    7,
    [],
    {},
    {"user_id": 7},
    {"user_id": "nul\0", "name": "x"},
    {"user_id": "x" * 300},
    {"user_id": "\ud800"},
    {"user_id": None, "roles": [LEARNER]},
]


@pytest.mark.parametrize("odd", ODD_ROWS)
def test_one_odd_row(server: LiveServer, platform: Platform, odd: Any) -> None:
    """A row that cannot be read costs itself only, and nobody is taken to have left by such a list."""
    connected(server.database, platform)
    launch(server, platform, "user-1", INSTRUCTOR)
    tally = members(
        server,
        platform,
        {"user_id": "user-2", "name": ["x"], "email": {}, "roles": "Learner"},
        odd,
        {"user_id": "user-3", "name": "Bea", "roles": [None, 7, "Learner"]},
    )
    assert (tally.enrolled, tally.left) == (2, 0)
    assert [role for *_, role in people(server)] == ["instructor", "student", "student"]


def test_who_left(server: LiveServer, platform: Platform) -> None:
    """Who is not in the list any more, or not active, has no role from there and is signed out."""
    connected(server.database, platform)
    browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    assert browser.launch(**{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 303
    launch(server, platform, "user-2", ASSISTANT, email=None)
    gone = {"user_id": "user-2", "status": "Inactive", "roles": [ASSISTANT]}
    tally = members(server, platform, gone, {"user_id": "user-3", "name": "Bea", "roles": [LEARNER]})
    assert tally.left == 2
    assert {role for *_, role in people(server)} == {"student"}
    server.fake.pass_(20_000)  # sessions are cached for some seconds
    assert browser.http.get("/quizzes/all").headers["Location"].startswith("/sign-in")
    assert members(server, platform).left == 0


def test_an_address_signs_nobody_in_as_another(server: LiveServer, platform: Platform) -> None:
    """The same e-mail address proposes a match; staff confirm it, or say that it is somebody else."""
    connected(server.database, platform)
    with server.database.transaction() as connection:
        for name in ("bea", "cid"):
            add_person(connection, name, name, f"{name}@example.org")
            enrol(connection, COURSE, name)
    tea = server.student(role="instructor", name="tea")
    for sub, name in (("user-b", "bea"), ("user-c", "cid")):
        assert launch(server, platform, sub, email=f"{name}@example.org").status_code == 403
        assert f"({name})" in tea.page("/platforms")
    users = {sub: json.dumps([platform.address, sub]) for sub in ("user-b", "user-c")}
    assert tea.post("/platforms/matches", user=users["user-b"], same="yes").status_code == 303
    assert tea.post("/platforms/matches", user=users["user-c"], other="yes").status_code == 303
    for sub, name in (("user-b", "bea"), ("user-c", "cid")):
        assert launch(server, platform, sub, email=f"{name}@example.org").status_code == 303
    with server.database.reading() as connection:
        found = dict(connection.execute(select(lti_user.c.subject, lti_user.c.person)).all())
    assert found["user-b"] == "bea" and found["user-c"].startswith("lti-")
    # Another user with an address that is somebody's already takes nothing over and proposes nothing.
    assert launch(server, platform, "user-x", email="bea@example.org").status_code == 303
    with server.database.reading() as connection:
        found = dict(connection.execute(select(lti_user.c.subject, lti_user.c.person)).all())
    assert found["user-x"] not in ("bea", found["user-c"])


def test_one_id_for_two_users(server: LiveServer, platform: Platform) -> None:
    """A second user of a platform with the ID of somebody who came already is not that person."""
    connected(server.database, platform)
    with server.database.transaction() as connection:
        add_person(connection, "1001", "José")
        enrol(connection, COURSE, "1001")
    lis = {f"{CLAIM}lis": {"person_sourcedid": "1001"}, "email": None}
    for sub in ("user-1", "user-2"):
        assert launch(server, platform, sub, **lis).status_code == 303
    with server.database.reading() as connection:
        found = dict(connection.execute(select(lti_user.c.subject, lti_user.c.person)).all())
    assert found["user-1"] == "1001" != found["user-2"]
    taken = {f"{CLAIM}lis": {"person_sourcedid": found["user-2"]}, "email": None}
    assert launch(server, platform, "user-3", **taken).status_code == 303
    assert len(people(server)) == 3


def test_who_was_removed_here(server: LiveServer, platform: Platform) -> None:
    """Whom staff removed from the course does not come back by a launch or a list."""
    connected(server.database, platform)
    launch(server, platform, "user-1")
    with server.database.transaction() as connection:
        connection.execute(enrolment.delete())
    assert launch(server, platform, "user-1").status_code == 403
    members_row = {"user_id": "user-1", "roles": [INSTRUCTOR]}
    with server.database.transaction() as connection:
        link = Context(platform.address, CLIENT, DEPLOYMENT, CONTEXT)
        user = User(platform.address, str(members_row["user_id"]), "", role="instructor")
        keep_members(connection, COURSE, link, MemberList((user,)), 1)
    assert people(server) == []


ISSUERS = ("https://one.example", "https://two.example")
COURSES = [Context(ISSUERS[0], "c", "d", "here"), *(Context(issuer, "c", "d", "there") for issuer in ISSUERS)]
ROLES = ("student", "ta", "instructor")
LOW = {"student": 0, "staff": 1, "ta": 2, "instructor": 3}
SUBJECTS = ("u1", "u2")
EMAILS = ("", "local@example.org", "a@example.org")
# A change on a platform, and what it says after that: a launch by its user, or a list of members.
CHANGES = st.tuples(
    st.sampled_from(("launch", "members")),
    st.sampled_from([COURSES[0]] * 3 + COURSES),
    st.sampled_from(SUBJECTS),
    st.sampled_from((*ROLES, "gone", "gone")),
    st.sampled_from(("", "", *EMAILS)),
)
CONNECTIONS = st.tuples(st.sampled_from(("connect", "disconnect")), st.sampled_from(COURSES))
STEPS = st.lists(st.one_of(CHANGES, CHANGES, CHANGES, CONNECTIONS), min_size=8, max_size=30)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with the course and two people on its roster; nothing of an example is kept in it."""
    database = Database(tmp_path_factory.mktemp("contexts") / "quiz.db")
    with database.transaction() as connection:
        add_course(connection, COURSE, "Course", "UTC")
        for name, role in (("local", "student"), ("prof", "instructor")):
            add_person(connection, name, name, f"{name}@example.org")
            enrol(connection, COURSE, name, role=role)
    yield database
    database.close()


class Undone(Exception):
    """Ends an example's transaction."""


@given(STEPS)
def test_nobody_has_more_than_the_platform_says(database: Database, steps: list[tuple[Any, ...]]) -> None:
    """After any launches, lists, changes on the platforms and connections: no role is higher than the last
    word of the connected courses, and a launch signs nobody in with more than the platforms' current word."""
    truth: dict[tuple[Context, str], str] = {}
    last_word: dict[tuple[Context, str], str] = {}
    launched: set[tuple[Context, str]] = set()
    joined: set[Context] = set()
    with pytest.raises(Undone), database.transaction() as connection:
        connect(connection, COURSES[0], at=0, who="prof")
        joined.add(COURSES[0])
        for at, (act, context, *rest) in enumerate(steps, start=1):
            signed_in: str | Refused | None = None
            if rest:
                truth[context, rest[0]] = rest[1]
            if act == "connect":
                connect(connection, context, at=at, who="prof")
                joined.add(context)
            elif act == "disconnect":
                disconnect(connection, COURSE, context, at=at, who="prof")
                joined.discard(context)
                for key in [key for key in last_word if key[0] == context]:
                    del last_word[key]
                    launched.discard(key)
            elif act == "launch" and truth.get((context, rest[0]), "student") != "gone":
                key, role = (context, rest[0]), truth.get((context, rest[0]), "student")
                user = User(context.issuer, rest[0], "", rest[2], role=role)
                link = Link(context.issuer, "c", "r", "q", deployment="d", context=context.context)
                signed_in = admit(connection, COURSE, context, link, user, at)
                if context in joined:
                    last_word[key] = role
                    launched.add(key)
                else:
                    assert isinstance(signed_in, Refused)
            elif act == "members" and context in joined:
                listed = {
                    sub: truth.get((context, sub), "student")
                    for sub in SUBJECTS
                    if truth.get((context, sub), "student") != "gone"
                }
                users = tuple(User(context.issuer, sub, "", role=role) for sub, role in listed.items())
                keep_members(connection, COURSE, context, MemberList(users), at)
                for sub in SUBJECTS:
                    if sub not in listed and listed:
                        last_word.pop((context, sub), None)
                        launched.discard((context, sub))
                    elif sub in listed and (context, sub) not in launched:
                        last_word[context, sub] = listed[sub]
            _check(connection, last_word, signed_in)
        raise Undone


def _check(
    connection: Connection, last_word: dict[tuple[Context, str], str], signed_in: str | Refused | None
) -> None:
    """No person whom platforms speak of has a role above their highest last word."""
    users: dict[str, list[str]] = {}
    for row in connection.execute(select(lti_user)):
        words = users.setdefault(row.person, [])
        words += [
            role
            for (context, sub), role in last_word.items()
            if (context.issuer, sub) == (row.issuer, row.subject)
        ]
    roles = dict(connection.execute(select(enrolment.c.person, enrolment.c.role)).all())
    for who, words in users.items():
        assert LOW[roles[who]] <= max((LOW[word] for word in words), default=0), (who, roles[who], words)
    assert roles["prof"] == "instructor"
    assert signed_in not in ("prof", "local")  # no address signs anybody in as another
