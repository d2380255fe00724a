"""Scores of homework on the site go to learning platforms: what counts, once its student may see it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from graded_assignment import write_scores
from homework_site import HomeworkSite, Visitor, serving, tiny_site, with_mistake
from patience import eventually
from platform_simulator import CLAIM, CONTEXT, INSTRUCTOR, Browser, Platform, platform_for
from tiny_course import ASSIGNMENT

CLASS = f"/staff/homework/{ASSIGNMENT}"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[HomeworkSite, Platform]]:
    """A running site with a grader, a platform, and results of the same assignment in `graded`."""
    course = tiny_site(tmp_path)
    write_scores(course.root / "graded", ASSIGNMENT, {"ann": 1})
    with platform_for(course.root) as platform, serving(course, "--graders", "1") as site:
        platform.tool_keys = f"{site.address}/lti/keys"
        yield site, platform


def post(visitor: Visitor, path: str, **fields: str) -> int:
    """Send a form; the status of the reply."""
    return visitor.http.post(path, data={"token": visitor.token, **fields}).status_code


def states(site: HomeworkSite) -> list[str]:
    """The states of the deliveries."""
    with closing(sqlite3.connect(site.course.root / ".quizzes" / "quiz.db")) as connection:
        return [row[0] for row in connection.execute("SELECT state FROM lti_score")]


@pytest.mark.full
def test_a_score_waits_until_it_is_released(site: tuple[HomeworkSite, Platform]) -> None:
    """A held result goes nowhere; released, its score goes with the named mistake, and a mark follows."""
    running, platform = site
    ann, ina = running.visitor("ann"), running.visitor("ina")
    link = {f"{CLAIM}custom": {"assignment": ASSIGNMENT}, "email": None}
    ids = {f"{CLAIM}lis": {"person_sourcedid": "ann"}}
    browser = Browser(platform, running.address)
    assert browser.launch(**link, **ids, **{f"{CLAIM}roles": [INSTRUCTOR]}).status_code == 403
    context = {"issuer": platform.address, "client": "client-7", "deployment": "deployment-1"}
    assert post(ina, "/platforms/connections", **context, context=CONTEXT, connect="yes") == 303
    assert post(ina, f"{CLASS}/release", hold="yes") == 303
    path = ann.submitted(with_mistake(running.course))
    ann.graded(path)
    reply = browser.launch(**link, **ids)
    assert reply.headers["Location"] == f"/assignments/{ASSIGNMENT}"
    assert f"/homework/{ASSIGNMENT}" in str(browser.http.get(reply.headers["Location"]).headers["Location"])
    eventually(lambda: states(running) == ["held"])
    assert platform.scores == []
    assert post(ina, f"{CLASS}/release", now="yes") == 303
    eventually(lambda: platform.scores)
    (score,) = platform.scores
    assert (score["userId"], score["scoreMaximum"]) == ("user-1", 6.0) and 0 < score["scoreGiven"] < 6
    assert "The factor 2 is missing" in score["comment"]
    by_hand = {"points": "5.5", "reason": "A typing error", "seen": "0"}
    assert post(ina, path.replace("/submissions", "/staff/submissions") + "/points", **by_hand) == 303
    eventually(lambda: len(platform.scores) == 2)
    assert (platform.scores[1]["scoreGiven"], platform.scores[1]["scoreMaximum"]) == (5.5, 6.0)
