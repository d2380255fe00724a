"""Scores into a platform's gradebook, through the outbox, until they arrive; members from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_clock import MINUTE
from live_server import CHOICE, NUMERIC, SIGNER, LiveServer, Student
from platform_simulator import LEARNER, Browser, Platform, connected, platform_for
from sqlalchemy import select

from autograder.site.lti.services import Tool
from autograder.site.lti.users import links_of
from autograder.site.tables import outbox, person
from quizzes.services.score_sender import ScoreSender


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform that is registered with the course."""
    with platform_for(server.course.root) as platform:
        server.publish("all", attempts=3)
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER)
        platform.tool_keys = f"{server.address}/lti/keys"
        connected(server.database, platform)
        yield platform


def sender(server: LiveServer, which: str = "last") -> ScoreSender:
    """What the server runs every few seconds."""
    assert server.site.lti is not None
    exam, site = server.exam, server.site
    assert site.lti is not None
    return ScoreSender(
        exam.database, exam.writer, site.lti, site.course, server.quizzes.quiz, lambda *_: which
    )


def launched(server: LiveServer, platform: Platform, **changes: Any) -> Student:
    """A student who came from the platform."""
    browser = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    assert browser.launch(**changes).status_code == 303
    with server.database.reading() as connection:
        who = connection.execute(select(person.c.id)).scalars().all()[-1]
    student = Student(server, who)
    student.http.cookies.update(browser.http.cookies)
    student.token = student.page("/").split('name="form-token" content="')[1].split('"')[0]
    return student


def take(server: LiveServer, student: Student, *right: int) -> str:
    """An attempt with these questions answered rightly, handed in and marked."""
    attempt = student.start()
    questions = server.questions(attempt)
    for pos in right:
        assert student.save(attempt, pos, questions[pos].key_answer).status_code == 200
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return attempt


def test_a_score_arrives(server: LiveServer, platform: Platform) -> None:
    """Points, times and state as the standard spells them; the second look sends nothing more."""
    student = launched(server, platform)
    take(server, student, NUMERIC, CHOICE)
    assert sender(server).send_due(server.clock.now()) == 1
    (score,) = platform.scores
    assert (score["userId"], score["scoreGiven"], score["scoreMaximum"]) == ("user-1", 2.0, 11.0)
    assert (score["activityProgress"], score["gradingProgress"]) == ("Completed", "FullyGraded")
    assert score["timestamp"].endswith("Z") and "." in score["timestamp"]
    assert score["submission"].keys() == {"startedAt", "submittedAt"}
    assert sender(server).send_due(server.clock.now()) == 0
    assert platform.asked_for_leave == 1


def test_a_platform_that_fails(server: LiveServer, platform: Platform) -> None:
    """It is tried again after waits that grow, and arrives once; why it did not is written down."""
    take(server, launched(server, platform), NUMERIC)
    platform.failing = 2
    sending = sender(server)
    for wait, arrived in ((0, 0), (9_000, 0), (2_000, 0), (19_000, 0), (2_000, 1), (MINUTE, 0)):
        server.fake.pass_(wait)
        assert sending.send_due(server.clock.now()) == arrived
    assert len(platform.scores) == 1
    with server.database.reading() as connection:
        row = connection.execute(select(outbox)).one()
    assert (row.tries, row.done_at is not None) == (3, True)
    assert "answered 503" in row.last_problem


def test_not_before_the_student_may_see_it(server: LiveServer, platform: Platform) -> None:
    """A quiz that shows scores after its close tells no platform sooner."""
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "release: {score: after_close}\n", encoding="utf-8")
    server.publish("all")
    take(server, launched(server, platform), NUMERIC)
    assert sender(server).send_due(server.clock.now()) == 0
    server.fake.pass_(70 * MINUTE)
    assert sender(server).send_due(server.clock.now()) == 1


@pytest.mark.parametrize(("which", "points"), [("last", 1.0), ("best", 2.0), ("first", 2.0)])
def test_of_several_attempts_the_one_that_counts(
    server: LiveServer, platform: Platform, which: str, points: float
) -> None:
    """By the course's rule; an older message sends the newest score, too."""
    student = launched(server, platform)
    take(server, student, NUMERIC, CHOICE)
    take(server, student, NUMERIC)
    sender(server, which).send_due(server.clock.now())
    assert {score["scoreGiven"] for score in platform.scores} == {points}


def test_a_column_is_made(server: LiveServer, platform: Platform) -> None:
    """A link without a column of its own gets one, once."""
    endpoint = {"scope": [], "lineitems": f"{platform.address}/items"}
    student = launched(
        server, platform, **{"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint}
    )
    for _ in range(2):
        take(server, student, NUMERIC)
        sender(server).send_due(server.clock.now())
    assert platform.line_items == [
        {"label": "Of every kind", "scoreMaximum": 11.0, "resourceLinkId": "link-1"}
    ]
    assert len(platform.scores) >= 2


def test_who_came_another_way(server: LiveServer, platform: Platform) -> None:
    """A score of somebody without a platform, or of a quiz without a link, goes nowhere and waits no more."""
    take(server, server.student(), NUMERIC)
    assert sender(server).send_due(server.clock.now()) == 0
    with server.database.reading() as connection:
        assert connection.execute(select(outbox)).one().done_at is not None


def test_members(server: LiveServer, platform: Platform) -> None:
    """Names and roles of all pages; whoever left is not among them."""
    launched(server, platform)
    platform.members = [
        {"user_id": f"user-{number}", "name": f"Name {number}", "roles": [LEARNER]} for number in range(5)
    ]
    platform.members.append({"user_id": "gone", "status": "Inactive", "roles": [LEARNER]})
    assert server.site.lti is not None
    with server.database.reading() as connection:
        (link,) = links_of(connection, "all")
    members = server.site.lti.members(link).users
    assert [member.name for member in members] == [f"Name {number}" for number in range(5)]
    assert {member.role for member in members} == {"student"}
