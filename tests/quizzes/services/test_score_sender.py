"""Scores into a platform's gradebook, through the outbox, until they arrive; members from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_clock import MINUTE
from live_server import CHOICE, NUMERIC, SIGNER, LiveServer, Student
from noted_statements import noted_statements
from platform_simulator import CLAIM, LEARNER, Browser, Platform, connected, platform_for
from sqlalchemy import select

from autograder.course.course import Extension
from autograder.site.lti.deliveries import claim_deliveries
from autograder.site.lti.score_sender import ScoreSender
from autograder.site.lti.score_states import usual_cause
from autograder.site.lti.services import Tool
from autograder.site.lti.users import links_of
from autograder.site.tables import lti_link, lti_score, outbox, person
from quizzes.services.quiz_scores import QuizScores


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform that is registered with the course."""
    with platform_for(server.course.root) as platform:
        server.publish("all", attempts=3)
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER)
        platform.tool_keys = f"{server.address}/lti/keys"
        connected(server.database, platform)
        yield platform


def sender(server: LiveServer, rules: Extension | None = None) -> ScoreSender:
    """What the server runs every few seconds."""
    assert server.site.lti is not None
    exam, site = server.exam, server.site
    assert site.lti is not None
    scores = QuizScores(site.course, server.quizzes.quiz, lambda *_: rules or Extension(attempts="last"))
    return ScoreSender(exam.database, exam.writer, site.lti, {"quiz": scores})


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


def test_a_score_costs_the_same_few_statements_in_any_class(server: LiveServer, platform: Platform) -> None:
    """However many others have taken the quiz: a score is read for one student, not for the class."""
    student = launched(server, platform)
    counts = []
    for others in (1, 3):
        for _ in range(others):
            take(server, server.student(), CHOICE)
        sender(server).send_due(server.clock.now())
        take(server, student, NUMERIC)
        with noted_statements(server) as seen:
            assert sender(server).send_due(server.clock.now()) == 1
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 40


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
        row = connection.execute(select(lti_score)).one()
    assert (row.tries, row.state, row.problem) == (3, "sent", "")


def test_an_access_token_that_was_withdrawn(server: LiveServer, platform: Platform) -> None:
    """A platform that restarts forgets its tokens: a new one is requested, and the score arrives at once."""
    student = launched(server, platform)
    take(server, student, CHOICE)
    sending = sender(server)
    assert sending.send_due(server.clock.now()) == 1
    platform.access_token = "another"
    take(server, student, NUMERIC)
    assert sending.send_due(server.clock.now()) == 1
    assert len(platform.scores) == 2


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ('answered 422: {"errors": {"message": "User not found"}}', "they are a student of the course"),
        ("answered 400: Incorrect score received", "they are a student of the course"),
        ('answered 422: {"message": "This course has concluded"}', "the course has not ended"),
        ("answered 409: a newer score is there", "a newer score"),
        ("answered 429: too many requests", "takes no more at the moment"),
        ("answered 404: no such line item", "add the link there again"),
        ("answered 403: forbidden", "allow it to write grades"),
    ],
)
def test_the_usual_cause_of_an_answer(answer: str, cause: str) -> None:
    """Staff read what usually causes a platform's answer, and where to look."""
    assert cause in usual_cause(f"https://platform.example/scores {answer}")


def test_staff_see_what_did_not_arrive(server: LiveServer, platform: Platform) -> None:
    """Their page has the platform's answer, and a button that tries again at once."""
    take(server, launched(server, platform), NUMERIC)
    platform.failing = 2
    sending = sender(server)
    tea = server.student(role="instructor", name="tea")
    assert sending.send_due(server.clock.now()) == 0
    page = tea.page("/platforms")
    assert "answered 503" in page and "1 try" in page
    assert sending.send_due(server.clock.now()) == 0
    assert tea.post("/platforms/scores").status_code == 303
    assert sending.send_due(server.clock.now()) == 0
    assert "2 tries" in tea.page("/platforms")
    assert tea.post("/platforms/scores").status_code == 303
    assert sending.send_due(server.clock.now()) == 1
    assert "Every score has arrived" in tea.page("/platforms")


def test_each_recipient_on_its_own(server: LiveServer, platform: Platform) -> None:
    """Of two links one fails: the other has the score once, and only the failed one is tried again."""
    student = launched(server, platform)
    endpoint = {"scope": [], "lineitem": f"{platform.address}/nowhere"}
    launched(
        server,
        platform,
        **{
            f"{CLAIM}resource_link": {"id": "link-2"},
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint,
        },
    )
    take(server, student, NUMERIC)
    sending = sender(server)
    assert sending.send_due(server.clock.now()) == 1
    server.fake.pass_(MINUTE)
    assert sending.send_due(server.clock.now()) == 0
    assert len(platform.scores) == 1
    assert states(server) == {"link-1": "sent", "link-2": "failed"}


def test_held_scores_cost_nothing(server: LiveServer, platform: Platform) -> None:
    """A score that may not be shown is looked at once, and other scores are sent beside it."""
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "release: {score: after_close}\n", encoding="utf-8")
    server.publish("all")
    take(server, launched(server, platform), NUMERIC)
    sending = sender(server)
    assert sending.send_due(server.clock.now()) == 0
    assert states(server) == {"link-1": "held"}
    for _ in range(3):
        server.fake.pass_(2 * MINUTE)
        with server.database.transaction() as connection:
            assert claim_deliveries(connection, server.clock.now(), 5) == []
        assert sending.send_due(server.clock.now()) == 0
    server.fake.pass_(70 * MINUTE)
    assert sending.send_due(server.clock.now()) == 1


def test_a_score_from_before_the_first_launch(server: LiveServer, platform: Platform) -> None:
    """Whoever took the quiz by passcode and comes from the platform later has the score there, too."""
    student = server.student(name="1001")
    take(server, student, NUMERIC)
    assert sender(server).send_due(server.clock.now()) == 0
    launched(server, platform, email=None, **{f"{CLAIM}lis": {"person_sourcedid": "1001"}})
    assert sender(server).send_due(server.clock.now()) == 1
    assert [score["userId"] for score in platform.scores] == ["user-1"]


def test_only_the_courses_somebody_came_from(server: LiveServer, platform: Platform) -> None:
    """A link in another connected course gets no score of a student who never came from there."""
    connected(server.database, platform, "course-2")
    there = {f"{CLAIM}context": {"id": "course-2"}, f"{CLAIM}resource_link": {"id": "link-2"}}
    launched(server, platform, sub="user-2", email=None, **there)
    take(server, launched(server, platform), NUMERIC)
    assert sender(server).send_due(server.clock.now()) == 1
    assert states(server)["link-1"] == "sent" and states(server).get("link-2") in (None, "retired")
    assert [score["userId"] for score in platform.scores] == ["user-1"]


def states(server: LiveServer) -> dict[str, str]:
    """The state of the deliveries, by link."""
    with server.database.reading() as connection:
        return {row.resource: row.state for row in connection.execute(select(lti_score))}


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
    sender(server, Extension.model_construct(attempts=which)).send_due(server.clock.now())
    assert {score["scoreGiven"] for score in platform.scores} == {points}


def test_whoever_is_excused_has_no_score(server: LiveServer, platform: Platform) -> None:
    """The platform is sent nothing, as the gradebook leaves the quiz out."""
    student = launched(server, platform)
    take(server, student, NUMERIC)
    assert sender(server, Extension(excused=True)).send_due(server.clock.now()) == 0
    assert platform.scores == []


def test_a_dropped_student_s_scores_stay_here(server: LiveServer, platform: Platform) -> None:
    """Platforms refuse scores of people who have left, so none is sent; it goes once the student returns."""
    student = launched(server, platform)
    take(server, student, NUMERIC)
    tea, sending = server.student(role="instructor", name="tea"), sender(server)
    path = f"/people/person/{student.name}"
    assert tea.post(f"{path}/drop", reason="left").status_code == 200
    assert sending.send_due(server.clock.now()) == 0
    assert platform.scores == [] and states(server) == {"link-1": "retired"}
    assert tea.post(f"{path}/return").status_code == 200
    assert sending.send_due(server.clock.now()) == 1
    assert states(server) == {"link-1": "sent"}


def test_a_column_is_made(server: LiveServer, platform: Platform) -> None:
    """A link without a column of its own gets one, once."""
    endpoint = {"scope": [], "lineitems": f"{platform.address}/items"}
    student = launched(
        server, platform, **{"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint}
    )
    for _ in range(2):
        take(server, student, NUMERIC)
        sender(server).send_due(server.clock.now())
        launched(server, platform, **{"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": endpoint})
        with server.database.transaction() as connection:  # lost, as by a backup put back: it is found again
            connection.execute(lti_link.update().values(line_item=""))
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
