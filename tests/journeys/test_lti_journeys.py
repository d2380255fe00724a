"""A term with two learning platforms, two courses on each, and everything that platforms do meanwhile."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fake_clock import MINUTE
from graded_assignment import write_assignment, write_scores
from live_server import CHOICE, NUMERIC, SIGNER, LiveServer, Student
from local_http import LOCAL
from platform_simulator import CLAIM, INSTRUCTOR, LEARNER, MEMBERSHIP, Browser, Platform
from sqlalchemy import select

from autograder.course.course import Extension
from autograder.site.lti import client
from autograder.site.lti.score_sender import ScoreSender
from autograder.site.lti.services import Tool
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.tables import enrolment, lti_user
from quizzes.services.quiz_scores import QuizScores

ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
OURS, POETRY = "course-1", "course-2"
STAFF_PAGE, INSTRUCTOR_PAGE = "/staff/all", "/platforms"


@pytest.fixture
def platforms(server: LiveServer) -> Iterator[tuple[Platform, Platform]]:
    """Two platforms: the first registers itself by an address, the second is in lti.yaml."""
    write_assignment(server.course.root, "hw")
    server.publish("all", attempts=5)
    both = Platform(), Platform()
    (server.course.root / "lti.yaml").write_text(both[1].registration(), encoding="utf-8")
    server.site.lti = Tool(server.course.root, server.course.root, SIGNER, server.database)
    for platform in both:
        platform.tool_keys = f"{server.address}/lti/keys"
    tea = server.student(role="instructor", name="tea")
    page = tea.post("/platforms/addresses").text
    address = html.unescape(re.findall(r"<code>(http[^<]+/lti/registration/[^<]+)</code>", page)[0])
    data = {
        "openid_configuration": f"{both[0].address}/openid",
        "registration_token": both[0].registration_token,
    }
    assert "is registered" in httpx.post(address, data=data, **LOCAL).text
    for platform in both:  # a teacher opens a link, and an instructor here connects the course
        assert "is not connected" in launch(server, platform, "prof", INSTRUCTOR).reply.text
        connection = {"issuer": platform.address, "client": "client-7", "deployment": "deployment-1"}
        assert (
            tea.post("/platforms/connections", **connection, context=OURS, connect="yes").status_code == 303
        )
    yield both
    for platform in both:
        platform.close()


class Visitor(Browser):
    """A browser with the reply to its newest launch."""

    reply: httpx.Response


def launch(
    server: LiveServer,
    platform: Platform,
    sub: str,
    role: str = LEARNER,
    course: str = OURS,
    skew: int = 0,
    visitor: Visitor | None = None,
    **claims: Any,
) -> Visitor:
    """A launch by a user of a platform, in a new browser or in one that came before; `skew` in seconds."""
    visitor = visitor or Visitor(platform, server.address)
    visitor.clock = lambda: server.clock.now() / 1000 + skew
    context = {f"{CLAIM}context": {"id": course, "title": course}, f"{CLAIM}roles": [role]}
    link = {f"{CLAIM}resource_link": {"id": f"link-of-{course}"}}
    visitor.reply = visitor.launch(sub=sub, email=None, name=f"{sub} there", **context, **{**link, **claims})
    return visitor


def student_of(server: LiveServer, platform: Platform, visitor: Visitor, sub: str) -> Student:
    """Whoever came in, with their form token."""
    with server.database.reading() as connection:
        of_user = lti_user.c.issuer == platform.address, lti_user.c.subject == sub
        who = connection.execute(select(lti_user.c.person).where(*of_user)).scalar_one()
    student = Student(server, who)
    student.http.cookies.update(visitor.http.cookies)
    return student.came_in()


def roles(server: LiveServer) -> dict[str, int]:
    """How many people of the course have each role."""
    with server.database.reading() as connection:
        found = (
            connection.execute(select(enrolment.c.role).where(enrolment.c.course == COURSE)).scalars().all()
        )
    return {role: list(found).count(role) for role in set(found)}


def sender(server: LiveServer) -> ScoreSender:
    """What the server runs every few seconds."""
    site = server.site
    assert site.lti is not None
    site.score_sources["quiz"] = QuizScores(
        site.course, server.quizzes.quiz, lambda *_: Extension(attempts="best")
    )
    site.assignments.queue_changed(site.database, site.writer, server.clock.now())
    return ScoreSender(site.database, site.writer, site.lti, site.score_sources)


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (LEARNER, {"/quizzes/all": 200, STAFF_PAGE: 404, INSTRUCTOR_PAGE: 404}),
        (ASSISTANT, {"/quizzes/all": 200, STAFF_PAGE: 200, INSTRUCTOR_PAGE: 403}),
        (INSTRUCTOR, {"/quizzes/all": 200, STAFF_PAGE: 200, INSTRUCTOR_PAGE: 200}),
    ],
)
def test_roles_on_both_platforms(
    server: LiveServer, platforms: tuple[Platform, Platform], role: str, pages: dict[str, int]
) -> None:
    """Each role opens its pages from the connected courses, and nothing from other courses."""
    for platform in platforms:
        visitor = launch(server, platform, "ann", role)
        assert visitor.reply.status_code == 303, visitor.reply.text
        assert {path: visitor.http.get(path).status_code for path in pages} == pages
        stranger = launch(server, platform, "eve", role, POETRY)
        assert stranger.reply.status_code == 403 and "quiz_session" not in stranger.http.cookies
        view = launch(server, platform, "test", TEST_USER)
        assert view.reply.status_code == 403 and "Student View" in view.reply.text
    # The same subject on two platforms is two people, and nobody else came.
    assert sum(roles(server).values()) == 3


def test_a_demotion(server: LiveServer, platforms: tuple[Platform, Platform]) -> None:
    """After the platform's next word a demoted instructor has a student's pages, in every open browser."""
    first, _ = platforms
    old = launch(server, first, "prof", INSTRUCTOR)
    assert old.http.get(INSTRUCTOR_PAGE).status_code == 200
    new = launch(server, first, "prof", LEARNER)
    for visitor in (old, new):
        assert visitor.http.get(INSTRUCTOR_PAGE).status_code == 404
        assert visitor.http.get("/quizzes/all").status_code == 200
    launch(server, first, "prof", INSTRUCTOR, POETRY)
    assert new.http.get(INSTRUCTOR_PAGE).status_code == 404
    assert launch(server, first, "prof", ASSISTANT, visitor=new).http.get(STAFF_PAGE).status_code == 200
    assert new.http.get(INSTRUCTOR_PAGE).status_code == 403


@pytest.mark.parametrize("skew", [-3500, -300, -50, 50])
def test_a_platforms_clock(server: LiveServer, platforms: tuple[Platform, Platform], skew: int) -> None:
    """A clock a minute off is nobody's problem; one further off is named with both times."""
    for platform in platforms:
        reply = launch(server, platform, "ann", skew=skew).reply
        if abs(skew) <= 60 or skew == -300:  # its tokens last five minutes, and a minute is granted
            assert reply.status_code == 303, reply.text
        else:
            assert "has expired" in reply.text and "UTC" in reply.text and "clocks" in reply.text


def test_a_token_from_the_future(server: LiveServer, platforms: tuple[Platform, Platform]) -> None:
    """A token from the future is refused with both times."""
    reply = launch(server, platforms[0], "ann", skew=300).reply
    assert reply.status_code == 403 and "issued at another time" in reply.text and "UTC" in reply.text


def test_rotated_keys(server: LiveServer, platforms: tuple[Platform, Platform]) -> None:
    """One platform changes its key: its launches go on a minute later, the other's without a pause."""
    first, second = platforms
    for platform in platforms:
        assert launch(server, platform, "ann").reply.status_code == 303
    first.key_id = "k2"
    refused = launch(server, first, "ann").reply
    assert "&#39;k2&#39;" in refused.text and f"{first.address}/keys" in refused.text
    assert launch(server, second, "ann").reply.status_code == 303
    server.fake.pass_(MINUTE + 1000)
    assert launch(server, first, "ann").reply.status_code == 303


def test_scores_with_a_silent_platform(
    server: LiveServer, platforms: tuple[Platform, Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one platform's services are silent the other gets all its scores; the first gets its later."""
    monkeypatch.setattr(client, "TIMEOUT", 0.3)
    first, second = platforms
    for platform in platforms:
        for sub in ("ann", "bea", "cid"):
            student = student_of(server, platform, launch(server, platform, sub), sub)
            attempt = student.start()
            questions = server.questions(attempt)
            for pos in (NUMERIC, CHOICE):
                student.save(attempt, pos, questions[pos].key_answer)
            student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    first.serving.clear()
    sending = sender(server)
    assert sending.send_due(server.clock.now()) == 3
    assert sorted(score["userId"] for score in second.scores) == ["ann", "bea", "cid"]
    assert {score["scoreGiven"] for score in second.scores} == {2.0} and first.scores == []
    assert first.unserved == 1  # a request for each score would wait, too
    first.serving.set()
    server.fake.pass_(MINUTE)
    assert sending.send_due(server.clock.now()) == 3
    assert sorted(score["userId"] for score in first.scores) == ["ann", "bea", "cid"]
    assert sending.send_due(server.clock.now()) == 0 and len(second.scores) == 3


def test_homework_on_both_platforms(server: LiveServer, platforms: tuple[Platform, Platform]) -> None:
    """A student who is known on both platforms by the ID number has the homework's score on both."""
    with server.database.transaction() as connection:
        add_person(connection, "1001", "Ann")
        enrol(connection, COURSE, "1001")
    claims: dict[str, Any] = {
        f"{CLAIM}lis": {"person_sourcedid": "1001"},
        f"{CLAIM}target_link_uri": "https://tool.example/assignments/hw",
    }
    for platform, sub in zip(platforms, ("7", "ann"), strict=True):
        visitor = launch(server, platform, sub, **claims)
        assert visitor.reply.headers["Location"] == "/assignments/hw"
    write_scores(server.course.root / "graded" / "hw", "hw", {"1001": 17, "1002": 3})
    assert sender(server).send_due(server.clock.now()) == 2
    found = [[(score["userId"], score["scoreGiven"]) for score in platform.scores] for platform in platforms]
    assert found == [[("7", 17.0)], [("ann", 17.0)]]
    assert len(roles(server)) == 2


def test_members_of_both_platforms(server: LiveServer, platforms: tuple[Platform, Platform]) -> None:
    """One button reads both lists; one platform's failure is said and costs the other nothing."""
    first, second = platforms
    tea = server.student(role="instructor", name="tea")
    for platform in platforms:
        launch(server, platform, "prof", INSTRUCTOR)
        platform.members = [
            {"user_id": "prof", "name": "Prof", "roles": [INSTRUCTOR]},
            {"user_id": "zoe", "given_name": "Zoë", "family_name": f"of {platform.address}", "roles": []},
        ]
    first.failing = 1
    page = tea.post("/platforms/members").text
    assert "answered 503" in page and "2 members, 0 left." in page
    assert second.address in tea.page("/people") and first.address not in tea.page("/people")
    assert tea.post("/platforms/members").text.count("2 members, 0 left.") == 2
    assert roles(server) == {"instructor": 3, "student": 2}
