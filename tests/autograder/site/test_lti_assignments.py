"""Homework by LTI: a link opens the assignment's page, and scores of a results directory are delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from fake_clock import MINUTE
from gradebook_fixture import ZONE
from graded_assignment import write_assignment, write_report, write_scores
from live_server import SIGNER, LiveServer
from platform_simulator import CLAIM, INSTRUCTOR, Browser, Platform, connected, platform_for
from sqlalchemy import select

from autograder.site.lti.score_sender import ScoreSender
from autograder.site.lti.services import Tool
from autograder.site.people import COURSE, add_person, enrol
from autograder.site.tables import lti_score

LINK = {f"{CLAIM}target_link_uri": "https://tool.example/assignments/hw"}


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform whose course is connected, an assignment, and two students on the roster."""
    write_assignment(server.course.root, "hw", due="2026-06-01 18:00")
    with server.database.transaction() as connection:
        for who in ("s1", "s2"):
            add_person(connection, who, who.upper())
            enrol(connection, COURSE, who)
    with platform_for(server.course.root) as platform:
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER, server.database)
        platform.tool_keys = f"{server.address}/lti/keys"
        connected(server.database, platform)
        yield platform


def browser(server: LiveServer, platform: Platform, who: str, **changes: Any) -> Browser:
    """Whoever has launched the link to the assignment."""
    visitor = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    lis = {f"{CLAIM}lis": {"person_sourcedid": who}, "sub": f"user-{who}", "email": None}
    reply = visitor.launch(**LINK, **lis, **changes)
    assert reply.headers["Location"] == "/assignments/hw", reply.text
    return visitor


def send(server: LiveServer) -> int:
    """What the server does every few seconds; how many scores arrived."""
    site = server.site
    assert site.lti is not None
    site.assignments.queue_changed(site.database, site.writer, server.clock.now())
    sender = ScoreSender(site.database, site.writer, site.lti, site.score_sources)
    return sender.send_due(server.clock.now())


def test_the_page(server: LiveServer, platform: Platform) -> None:
    """A student sees title, due date, late rule and tasks, and their own score once there is one."""
    student = browser(server, platform, "s1")
    page = student.http.get("/assignments/hw").text
    assert "Activation functions" in page and "20 points" in page and "Mon 01 Jun 2026, 18:00:00" in page
    assert "10 %" in page and "relu_backward" in page and "No submission of yours is graded yet" in page
    late = datetime(2026, 6, 2, 9, tzinfo=ZONE)
    write_scores(server.course.root / "graded" / "hw", "hw", {"s1": 17.5, "s2": 3}, late)
    page = student.http.get("/assignments/hw").text
    assert "15.75 of 20 points" in page and "1.75 points were taken off for 1 day" in page
    assert "Tue 02 Jun 2026, 09:00:00" in page and "3 of 20" not in page


def test_who_sees_it(server: LiveServer, platform: Platform) -> None:
    """Before a platform links to an assignment staff alone see its page; unknown ones are nobody's."""
    student = server.student(name="sue")
    tea = server.student(role="instructor", name="tea")
    assert student.get("/assignments/hw").status_code == 404
    assert "Students see their score here" in tea.page("/assignments/hw")
    browser(server, platform, "s1")
    assert "Activation functions" in student.page("/assignments/hw")
    for name in ("none", "..%2f..%2fsolutions", "hw%2fassignment.yaml"):
        assert tea.get(f"/assignments/{name}").status_code == 404, name
    visitor = Browser(platform, server.address)
    assert visitor.http.get("/assignments/hw").headers["Location"].startswith("/sign-in")


def test_an_unknown_assignment(server: LiveServer, platform: Platform) -> None:
    """A link to an assignment that the course does not have says so; a quiz of that name is another thing."""
    visitor = Browser(platform, server.address, lambda: server.clock.now() / 1000)
    for changes in (
        {f"{CLAIM}target_link_uri": "https://tool.example/assignments/hw9"},
        {f"{CLAIM}custom": {"assignment": "hw9"}},
        {f"{CLAIM}custom": {"quiz": "hw"}},
    ):
        reply = visitor.launch(**changes)
        assert reply.status_code == 404, changes
    assert visitor.launch(**{f"{CLAIM}custom": {"assignment": "hw"}}).headers["Location"] == "/assignments/hw"


def test_a_score_is_delivered_and_follows_changes(server: LiveServer, platform: Platform) -> None:
    """Each student's own score goes to their own entry, once, and again when it changes."""
    graded = server.course.root / "graded" / "hw"
    browser(server, platform, "s1")
    browser(server, platform, "s2")
    assert send(server) == 0
    write_scores(graded, "hw", {"s1": 17.5, "s2": 12, "s3": 20}, datetime(2026, 5, 30, tzinfo=ZONE))
    assert send(server) == 2
    scores = {score["userId"]: score for score in platform.scores}
    assert {who: score["scoreGiven"] for who, score in scores.items()} == {"user-s1": 17.5, "user-s2": 12.0}
    assert scores["user-s1"]["scoreMaximum"] == 20.0
    assert scores["user-s1"]["submission"] == {"submittedAt": "2026-05-30T07:00:00.000Z"}
    assert send(server) == 0
    write_scores(graded, "hw", {"s1": 18, "s2": 12, "s3": 20}, datetime(2026, 5, 30, tzinfo=ZONE))
    assert send(server) == 1
    assert (platform.scores[-1]["userId"], platform.scores[-1]["scoreGiven"]) == ("user-s1", 18.0)
    with server.database.reading() as connection:
        rows = connection.execute(select(lti_score).order_by(lti_score.c.subject)).all()
    assert [(row.state, row.sent.partition(" ")[0]) for row in rows] == [("sent", "18/20"), ("sent", "12/20")]


def test_a_score_from_before_the_first_launch(server: LiveServer, platform: Platform) -> None:
    """Whoever comes from the platform after grading has the score there, too."""
    write_scores(server.course.root / "graded", "hw", {"s1": 9})
    assert send(server) == 0
    browser(server, platform, "s1")
    assert send(server) == 1
    assert platform.scores[0]["scoreGiven"] == 9.0 and "submission" not in platform.scores[0]


def test_the_comment_names_mistakes(server: LiveServer, platform: Platform) -> None:
    """The platform gets points and the mistake that was named, once, and another one when it is another."""
    graded = server.course.root / "graded" / "hw"
    write_scores(graded, "hw", {"s1": 17})
    write_report(graded, "s1")
    browser(server, platform, "s1")
    assert send(server) == 1
    assert platform.scores[0]["comment"] == "17 of 20 points. relu: The slope is 1 for positive x."
    assert send(server) == 0


def test_a_platform_that_fails(server: LiveServer, platform: Platform) -> None:
    """A score that did not arrive is on the staff's page, is tried again, and arrives as it stands then."""
    graded = server.course.root / "graded" / "hw"
    write_scores(graded, "hw", {"s1": 17})
    browser(server, platform, "s1")
    platform.failing = 1
    tea = server.student(role="instructor", name="tea")
    assert send(server) == 0
    assert "<td>hw</td>" in tea.page("/platforms") and "answered 503" in tea.page("/platforms")
    write_scores(graded, "hw", {"s1": 18})
    server.fake.pass_(MINUTE)
    assert send(server) == 1
    assert [score["scoreGiven"] for score in platform.scores] == [18.0]


def test_whose_score_is_nobodys(server: LiveServer, platform: Platform) -> None:
    """Staff, excused students, and a student of the same name get no score of somebody else."""
    path = server.course.root / "course.yaml"
    rules = "students: {s2: {assignments: {hw: {excused: true}}}}\n"
    path.write_text(path.read_text("utf-8") + rules, encoding="utf-8")
    write_scores(server.course.root / "graded" / "hw", "hw", {"s2": 12, "S1": 3, "Ann Lee": 4})
    browser(server, platform, "s1", name="Ann Lee")
    excused = browser(server, platform, "s2")
    teacher = browser(server, platform, "tea", **{f"{CLAIM}roles": [INSTRUCTOR]})
    assert send(server) == 0 and platform.scores == []
    assert "You are excused" in excused.http.get("/assignments/hw").text
    assert "Students see their score here" in teacher.http.get("/assignments/hw").text


def test_files_that_cannot_be_read(server: LiveServer, platform: Platform) -> None:
    """A half-written file keeps what was known, and staff read what is wrong; two results of one are none."""
    graded = server.course.root / "graded"
    write_scores(graded / "hw", "hw", {"s1": 17})
    student = browser(server, platform, "s1")
    tea = server.student(role="instructor", name="tea")
    assert "17 of 20" in student.http.get("/assignments/hw").text
    path = server.course.root / "course.yaml"
    sound = path.read_text("utf-8")
    path.write_text("title: [", encoding="utf-8")
    assert "17 of 20" in student.http.get("/assignments/hw").text
    assert "course.yaml" in server.site.assignments.warning()
    path.write_text(sound, encoding="utf-8")
    assert server.site.assignments.warning() == ""
    write_scores(graded / "again", "hw", {"s1": 1})
    assert "graded yet" in student.http.get("/assignments/hw").text
    assert "hold results of hw" in server.site.assignments.warning()
    (graded / "again" / "ledger.jsonl").write_text("{", encoding="utf-8")
    assert "17 of 20" in student.http.get("/assignments/hw").text
    assert tea.get("/platforms").status_code == 200
