"""Launches from a learning platform: who gets in, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from examples import one_in
from fake_clock import MINUTE
from hypothesis import given
from hypothesis import strategies as st
from live_server import SIGNER, LiveServer
from platform_simulator import CLAIM, INSTRUCTOR, MEMBERSHIP, Browser, Platform, connected, platform_for
from sqlalchemy import select

from autograder.errors import ContentError
from autograder.site.lti.launch import is_outsider, role_of
from autograder.site.lti.platforms import read_platforms
from autograder.site.lti.services import Tool
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.tables import enrolment, person


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform that is registered with the lecture hall's course, and a quiz that is open."""
    with platform_for(server.course.root) as platform:
        server.publish("all")
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER)
        platform.tool_keys = f"{server.address}/lti/keys"
        connected(server.database, platform)
        yield platform


@pytest.fixture
def browser(server: LiveServer, platform: Platform) -> Browser:
    """A browser on the hall's clock."""
    return Browser(platform, server.address, lambda: server.clock.now() / 1000)


def people(server: LiveServer) -> dict[str, tuple[str, str]]:
    """Who is enrolled, by id, with name and role."""
    with server.database.reading() as connection:
        rows = connection.execute(
            select(person.c.id, person.c.name, enrolment.c.role).join_from(enrolment, person)
        )
        return {row.id: (row.name, row.role) for row in rows}


def test_a_launch_leads_to_the_quiz(server: LiveServer, browser: Browser) -> None:
    """Somebody new is enrolled and signed in; a second launch is the same person."""
    for _ in range(2):
        reply = browser.launch()
        assert (reply.status_code, reply.headers["Location"]) == (303, "/quizzes/all"), reply.text
        assert "Of every kind" in browser.http.get("/quizzes/all").text
    (person,) = people(server).values()
    assert person == ("Ann Lee", "student")


def test_the_login_asks_as_the_standard_says(browser: Browser) -> None:
    """All parameters of the third-party login; what the platform's address had in its query stays."""
    login = browser.login(lti_message_hint="hint")
    assert login["keep"] == "1" and login["lti_message_hint"] == "hint"
    assert login["redirect_uri"] == f"{browser.tool}/lti/launch"
    expected = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
    }
    assert expected.items() <= login.items()
    assert browser.login()["nonce"] != login["nonce"]


def test_the_rosters_student(server: LiveServer, browser: Browser) -> None:
    """The institution's ID finds who is on the roster; an e-mail address only proposes it to staff."""
    with server.database.transaction() as connection:
        for name, email, role in (
            ("s7", "seven@example.org", "student"),
            ("s8", "Eight@Example.org", "student"),
            ("prof", "prof@example.org", "instructor"),
        ):
            add_person(connection, name, name, email)
            enrol(connection, COURSE, name, role=role)
    lis = {f"{CLAIM}lis": {"person_sourcedid": "s7"}}
    assert browser.launch(sub="a", email=None, **lis).status_code == 303
    for roles in ({}, {f"{CLAIM}roles": [INSTRUCTOR]}):
        for sub, email in (("b", "eight@example.org"), ("c", "prof@example.org")):
            refused = browser.launch(sub=sub, email=email, **roles)
            assert refused.status_code == 403 and "staff to confirm" in refused.text
    staff = {f"{CLAIM}lis": {"person_sourcedid": "prof"}}
    refused = browser.launch(sub="d", email=None, **staff)
    assert refused.status_code == 403 and "member of its staff" in refused.text
    assert browser.launch(sub="d", email=None, **staff, **{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 303
    assert people(server).keys() == {"s7", "s8", "prof"}


@pytest.mark.parametrize(
    "role",
    [
        "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#TestUser",
    ],
)
def test_the_student_view_enrols_nobody(server: LiveServer, browser: Browser, role: str) -> None:
    """The user whom Canvas makes up for its Student View is told so, and is not in the course."""
    roles = [f"{MEMBERSHIP}#Learner", role]
    refused = browser.launch(sub="test", name="Test Student", **{f"{CLAIM}roles": roles})
    assert refused.status_code == 403
    assert "Student View" in refused.text
    assert people(server) == {}


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([INSTRUCTOR], "instructor"),
        ([INSTRUCTOR, f"{MEMBERSHIP}/Instructor#TeachingAssistant"], "ta"),
        ([f"{MEMBERSHIP}/Instructor#Grader"], "ta"),
        ([f"{MEMBERSHIP}/Instructor#TeachingAssistantSection"], "ta"),
        ([f"{MEMBERSHIP}/Instructor#PrimaryInstructor"], "instructor"),
        ([f"{MEMBERSHIP}/Learner#GuestLearner"], "student"),
        (["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"], "student"),
        (None, "student"),
    ],
)
def test_roles(server: LiveServer, browser: Browser, roles: Any, role: str) -> None:
    """Staff of the course there is staff here; a role in the institution at large is none in the course."""
    assert browser.launch(**{f"{CLAIM}roles": roles}).status_code == 303
    assert [person[1] for person in people(server).values()] == [role]


IN_COURSE = {
    "Learner": ["", "Learner", "GuestLearner", "NonCreditLearner", "ExternalLearner"],
    "Member": ["", "Member"],
    "Instructor": [
        "",
        "TeachingAssistant",
        "TeachingAssistantGroup",
        "Grader",
        "GuestInstructor",
        "Lecturer",
    ],
    "Mentor": ["", "Tutor", "Advisor", "LearningCoordinator"],
    "ContentDeveloper": ["", "ContentExpert", "Librarian"],
    "Administrator": ["", "Support", "Developer"],
    "Manager": ["", "CourseCoordinator"],
    "Officer": ["", "Chair"],
}
ADMINISTRATORS = ("Administrator", "SysAdmin", "AccountAdmin", "SysSupport", "Support", "Creator")
OUT_OF_COURSE = [
    f"http://purl.imsglobal.org/vocab/lis/v2/{where}/person#{name}"
    for where in ("institution", "system")
    for name in (*ADMINISTRATORS, "Instructor", "Student", "User", "Faculty")
]
COURSE_ROLES = [
    f"{MEMBERSHIP}/{principal}#{sub}" if sub else f"{MEMBERSHIP}#{principal}"
    for principal, subs in IN_COURSE.items()
    for sub in subs
] + list(IN_COURSE)


@given(
    st.lists(st.sampled_from(COURSE_ROLES), max_size=4), st.lists(st.sampled_from(OUT_OF_COURSE), max_size=4)
)
def test_any_roles(in_course: list[str], elsewhere: list[str]) -> None:
    """Who teaches in any way is staff; who has only roles that neither take nor teach is not admitted."""
    principals = {role.removeprefix(MEMBERSHIP).strip("/#").split("#")[0] for role in in_course}
    roles = [*elsewhere, *in_course]
    assert role_of(roles) == role_of(in_course) == role_of(in_course[::-1])
    assert (role_of(roles) == "student") == ("Instructor" not in principals)
    if principals:
        assert is_outsider(roles) == (not principals & {"Learner", "Member", "Instructor"})
    else:
        assert is_outsider(roles) == any(role.endswith(ADMINISTRATORS) for role in elsewhere)


@pytest.mark.parametrize(
    ("changes", "expected_text"),
    [
        ({"iss": "https://elsewhere.example"}, "its issuer (iss) is &#39;https://elsewhere.example&#39;"),
        ({"aud": "another tool"}, "it is for the client_id &#39;another tool&#39; (aud)"),
        ({"aud": ["client-7", "another"], "azp": "another"}, "for another tool"),
        ({"nonce": "another nonce"}, "nonce is not the requested"),
        ({"nonce": None}, "not valid"),
        ({"sub": None}, "not valid"),
        ({"sub": ""}, "name the user"),
        ({"exp": None}, "not valid"),
        ({"exp": "soon"}, "not valid"),
        ({"exp": 1}, "has expired"),
        ({"iat": 1}, "at another time"),
        ({"iat": 9_000_000_000, "exp": 9_000_000_300}, "at another time"),
        ({f"{CLAIM}deployment_id": "deployment-2"}, "its deployment_id is &#39;deployment-2&#39;"),
        ({f"{CLAIM}deployment_id": None}, "every launch has one"),
        ({f"{CLAIM}version": "1.1"}, "version is not 1.3.0 but &#39;1.1&#39;"),
        ({f"{CLAIM}message_type": "LtiSubmissionReviewRequest"}, "&#39;LtiSubmissionReviewRequest&#39;"),
        ({f"{CLAIM}message_type": "LtiDeepLinkingRequest"}, "deep_link_return_url"),
    ],
)
def test_unsound_claims(
    server: LiveServer, browser: Browser, changes: dict[str, Any], expected_text: str
) -> None:
    """Each is refused with its reason, and nobody is signed in or enrolled."""
    reply = browser.launch(**changes)
    assert reply.status_code == 403 and expected_text in reply.text
    assert "quiz_session" not in browser.http.cookies and people(server) == {}


ODD: list[Any] = [None, 7, True, "x" * 50_000, "nul\0", [], [[]], {}, {"id": []}, [None, 7, {}]]
SERVICES = "https://purl.imsglobal.org/spec/lti-"
OURS = (
    "roles",
    "lis",
    "context",
    "custom",
    "resource_link",
    "target_link_uri",
    "deployment_id",
    "version",
    "message_type",
)
READ = (
    *(
        "name",
        "given_name",
        "family_name",
        "email",
        "aud",
        "azp",
        "sub",
        "iat",
        "exp",
        *(f"{CLAIM}{claim}" for claim in OURS),
    ),
    *(f"{SERVICES}{service}" for service in ("ags/claim/endpoint", "nrps/claim/namesroleservice")),
)


@pytest.mark.parametrize("name", one_in(3, READ))
def test_claims_of_another_kind(browser: Browser, name: str) -> None:
    """Whatever a platform puts into a claim, the answer is a sentence or the quiz, never a failure."""
    for odd in ODD:
        reply = browser.launch(**{name: odd})
        assert reply.status_code in (303, 400, 403, 404), (odd, reply.text)


def test_signatures(server: LiveServer, browser: Browser, platform: Platform) -> None:
    """Another key, an unknown key, no signature, a secret in place of a key, a changed body."""
    login = browser.login()
    claims = platform.claims(login["nonce"], browser.clock())
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    good = platform.signed(claims)
    head, body, sign = good.split(".")
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "k1"})
    secret = jwt.encode(
        claims, "a secret as long as secrets have to be", algorithm="HS256", headers={"kid": "k1"}
    )
    tokens = {
        platform.signed(claims, key=other): "not valid",
        platform.signed(claims, key=other, kid="k2"): "does not have",
        unsigned: "not signed with RS256",
        secret: "not signed with RS256",
        f"{head}.{body[:-2]}AA.{sign}": "not valid",
        f"{head}.{body}.": "not valid",
        "": "not valid",
        "no token": "not valid",
    }
    for token, expected_text in tokens.items():
        reply = browser.post(token, login["state"])
        assert reply.status_code == 403 and expected_text in reply.text, token
    assert people(server) == {}
    assert browser.post(good, login["state"]).status_code == 303


def test_a_replayed_launch(browser: Browser, platform: Platform) -> None:
    """A token counts once, in the browser that began the login, within ten minutes of it."""
    login = browser.login()
    cookie = browser.http.cookies["lti_state"]
    token = platform.signed(platform.claims(login["nonce"], browser.clock()))
    other = Browser(platform, browser.tool, browser.clock)
    reply = other.post(token, login["state"])
    assert reply.status_code == 403 and "another browser" in reply.text
    assert browser.post(token, login["state"]).status_code == 303
    browser.http.cookies.set("lti_state", cookie, path="/lti")
    again = browser.post(token, login["state"])
    assert again.status_code == 403 and "used before" in again.text


def test_states(server: LiveServer, browser: Browser, platform: Platform) -> None:
    """A state that is made up, changed or too old is refused."""
    login = browser.login()
    token = platform.signed(platform.claims(login["nonce"], browser.clock()))
    for state in ("", "made.up", login["state"][:-1] + "x", "e30." + login["state"].partition(".")[2]):
        browser.http.cookies.set("lti_state", state, path="/lti")
        assert browser.post(token, state).status_code == 403
    slow = Browser(platform, browser.tool, browser.clock)
    login = slow.login()
    server.fake.pass_(11 * MINUTE)
    late = platform.signed(platform.claims(login["nonce"], browser.clock()))
    reply = slow.post(late, login["state"])
    assert reply.status_code == 403 and "ten minutes" in reply.text


def test_who_is_not_registered(browser: Browser, platform: Platform) -> None:
    """Another platform, another client and an empty request get a sentence and go nowhere."""
    for changes, expected_text in (
        ({"iss": "https://elsewhere.example"}, "its issuer is &#39;https://elsewhere.example&#39;"),
        ({"client_id": "other"}, "The client_id &#39;other&#39;"),
        ({"iss": f"{platform.address}/"}, f"and &#39;{platform.address}&#39; is registered"),
        ({"login_hint": ""}, "no login_hint"),
        ({"iss": ""}, "no issuer"),
    ):
        parameters = {"iss": platform.address, "login_hint": "ann", "client_id": "client-7", **changes}
        reply = browser.http.get("/lti/login", params=parameters)
        assert reply.status_code == 403 and expected_text in reply.text
    assert browser.http.get("/lti/login").status_code == 403


def test_a_platform_that_is_silent(browser: Browser, platform: Platform) -> None:
    """Without its keys nobody gets in, and the sentence says whose fault it is."""
    login = browser.login()
    token = platform.signed(platform.claims(login["nonce"], browser.clock()))
    platform.close()
    reply = browser.post(token, login["state"])
    assert reply.status_code == 403 and "keys cannot be read" in reply.text


def test_what_the_platform_refuses(browser: Browser) -> None:
    """An error of the platform's is told as it says it, and no more than told."""
    reply = browser.http.post(
        "/lti/launch", data={"error": "login_required", "error_description": "<b>No.</b>"}
    )
    assert reply.status_code == 403 and "&lt;b&gt;No." in reply.text


def test_an_unknown_quiz(server: LiveServer, browser: Browser) -> None:
    """A link to a quiz that is not published says so; one to no quiz leads to the list."""
    reply = browser.launch(**{f"{CLAIM}custom": {"quiz": "quiz9"}})
    assert reply.status_code == 404 and "quiz9" in reply.text
    assert browser.launch(**{f"{CLAIM}target_link_uri": "https://tool.example/"}).headers["Location"] == "/"


def test_without_lti(server: LiveServer) -> None:
    """A course without lti.yaml takes no launches."""
    student = server.student()
    assert student.get("/lti/keys").status_code == 404
    assert student.http.post("/lti/launch", data={}).status_code == 404


def test_the_public_key_only(browser: Browser) -> None:
    """What platforms get of our key is its public half."""
    (key,) = browser.http.get("/lti/keys").json()["keys"]
    assert key.keys() == {"kty", "n", "e", "alg", "use", "kid"}


@pytest.mark.parametrize(
    ("text", "expected_text"),
    [
        ("platforms:\n  - {issuer: x}\n", "line 2: platforms.0.client_id"),
        ("platforms:\n  - issuer: x\n    keys_url: http://lms.example/keys\n", "is no https address"),
    ],
)
def test_wrong_registrations(tmp_path: Path, text: str, expected_text: str) -> None:
    """A registration that is not whole, or not safe, is said with its place."""
    (tmp_path / "lti.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as problem:
        read_platforms(tmp_path)
    if "https" not in expected_text:
        assert expected_text in problem.value.message
