"""Deep linking: a teacher chooses quizzes and assignments, and the platform gets signed links to them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from fake_clock import MINUTE
from graded_assignment import write_assignment
from live_server import SIGNER, LiveServer
from platform_simulator import CLAIM, CLIENT, DEPLOYMENT, LEARNER, Browser, Platform, connected, platform_for
from sqlalchemy import select

from autograder.site.lti.services import Tool
from autograder.site.tables import lti_link, session

ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A platform whose course is connected, a published quiz and an assignment."""
    write_assignment(server.course.root, "tiny", due="2026-06-01 18:00")
    with platform_for(server.course.root) as platform:
        server.publish("all")
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER, server.database)
        connected(server.database, platform)
        yield platform


@pytest.fixture
def teacher(server: LiveServer, platform: Platform) -> Browser:
    """A teacher's browser, on the server's clock."""
    return Browser(platform, server.address, lambda: server.clock.now() / 1000)


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


def answered(server: LiveServer, teacher: Browser, page: str, *targets: str) -> tuple[str, dict[str, Any]]:
    """Where the browser posts the answer to, and its claims, verified with the tool's public key."""
    reply = teacher.http.post("/lti/content", data={**fields(page), "target": list(targets)})
    assert reply.status_code == 200, reply.text
    policy = reply.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy and "form-action 'self' http:;" in policy
    (address,) = re.findall(r'<form method="post" action="([^"]+)" data-submit>', reply.text)
    token = fields(reply.text)["JWT"]
    keys = teacher.http.get("/lti/keys").json()["keys"]
    key = next(jwt.PyJWK.from_dict(key).key for key in keys)
    claims = jwt.decode(token, key, algorithms=["RS256"], audience=teacher.platform.address, issuer=CLIENT)
    return html.unescape(address), claims


def test_a_quiz_and_an_assignment(server: LiveServer, platform: Platform, teacher: Browser) -> None:
    """Both are on the page with points and dates; the answer has them as links with a grade item each."""
    page = teacher.choose()
    assert page.status_code == 200 and "X-Frame-Options" not in page.headers
    assert "Of every kind" in page.text and "Homework" in page.text and "Mon 01 Jun 2026" in page.text
    address, claims = answered(server, teacher, page.text, "quiz:all", "assignment:tiny")
    assert address == f"{platform.address}/return?course=1"
    assert claims[f"{CLAIM}message_type"] == "LtiDeepLinkingResponse"
    assert (claims[f"{CLAIM}version"], claims[f"{CLAIM}deployment_id"]) == ("1.3.0", DEPLOYMENT)
    assert claims[DATA] == "csrf-7"
    quiz, homework = claims[ITEMS]
    assert quiz["type"] == homework["type"] == "ltiResourceLink"
    assert quiz["url"] == f"{server.address}/quizzes/all" and quiz["custom"] == {"quiz": "all"}
    assert quiz["lineItem"] == {"label": "Of every kind", "scoreMaximum": 11.0, "resourceId": "quiz:all"}
    assert quiz["submission"].keys() == {"endDateTime"} and quiz["available"]["startDateTime"].endswith("Z")
    assert homework["url"] == f"{server.address}/assignments/tiny"
    assert homework["submission"] == {"endDateTime": "2026-06-02T01:00:00Z"}
    assert homework["custom"] == {"assignment": "tiny"} and "available" not in homework
    # The link that the platform makes of it leads there.
    for item in (quiz, homework):
        target = {f"{CLAIM}target_link_uri": item["url"], f"{CLAIM}custom": item["custom"]}
        link = {f"{CLAIM}resource_link": {"id": item["url"]}}
        reply = Browser(platform, server.address, teacher.clock).launch(**target, **link)
        assert f"{server.address}{reply.headers['Location']}" == item["url"]


def test_one_link_only(server: LiveServer, teacher: Browser) -> None:
    """Where a platform takes one link the page has radio buttons, and one is sent, whatever is posted."""
    page = teacher.choose(accept_multiple=False, accept_lineitem=False, data=None).text
    assert 'type="radio"' in page and 'type="checkbox"' not in page
    _, claims = answered(server, teacher, page, "quiz:all", "assignment:tiny")
    (item,) = claims[ITEMS]
    assert "lineItem" not in item and DATA not in claims


def test_choosing_signs_nobody_in(server: LiveServer, teacher: Browser) -> None:
    """In a frame there are no cookies: the page opens no session, and no link is stored before a launch."""
    page = teacher.choose()
    assert "set-cookie" not in page.headers
    answered(server, teacher, page.text, "quiz:all")
    with server.database.reading() as connection:
        assert connection.execute(select(session.c.person)).all() == []
        assert connection.execute(select(lti_link)).all() == []


def test_a_login_for_content_stays_in_its_frame(server: LiveServer, teacher: Browser) -> None:
    """The address to choose content at begins its login inside the frame; other logins offer a tab."""
    login = {"iss": teacher.platform.address, "login_hint": "ann", "client_id": CLIENT}
    frame = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
    for target, status in ((f"{server.address}/lti/content", 303), (f"{server.address}/quizzes/all", 200)):
        reply = teacher.http.post("/lti/login", data={**login, "target_link_uri": target}, headers=frame)
        assert reply.status_code == status, target


def test_who_may_not_choose(server: LiveServer, platform: Platform, teacher: Browser) -> None:
    """Students, courses that are not connected, and platforms that take no such links get a sentence."""
    claims = platform.claims
    changed: dict[str, Any] = {f"{CLAIM}roles": [LEARNER]}
    platform.claims = lambda *rest, **changes: claims(*rest, **{**changes, **changed})  # type: ignore[method-assign]
    assert "Only teachers choose" in teacher.choose().text
    changed = {f"{CLAIM}context": {"id": "course-2", "title": "Poetry"}}
    assert "“Poetry” is not connected" in teacher.choose().text
    changed = {}
    refused = teacher.choose(accept_types=["file"])
    assert refused.status_code == 403 and "takes file" in refused.text
    for address in ("http://elsewhere.example/return", "javascript:alert(1)", 7, None):
        refused = teacher.choose(deep_link_return_url=address)
        assert refused.status_code == 403 and "deep_link_return_url" in refused.text


def test_forged_and_old_pages(server: LiveServer, teacher: Browser) -> None:
    """A request that this server did not sign, or signed an hour ago, and an empty choice get a sentence."""
    page = teacher.choose().text
    signed = fields(page)["request"]
    for request in ("", "x.y", signed[:-1] + "x", f"e30.{signed.partition('.')[2]}"):
        reply = teacher.http.post("/lti/content", data={"request": request, "target": "quiz:all"})
        assert reply.status_code == 403 and "JWT" not in reply.text
    for target in ([], ["quiz:none"], ["assignment:all"]):
        assert (
            teacher.http.post("/lti/content", data={"request": signed, "target": target}).status_code == 409
        )
    server.fake.pass_(61 * MINUTE)
    assert (
        teacher.http.post("/lti/content", data={"request": signed, "target": "quiz:all"}).status_code == 403
    )


ODD: list[Any] = [None, 7, True, "x" * 40_000, "nul\0", [], [[]], {}, {"id": []}, [None, 7, {}]]


@pytest.mark.parametrize(
    "name", ["deep_link_return_url", "accept_types", "accept_multiple", "accept_lineitem", "data"]
)
def test_settings_of_another_kind(teacher: Browser, name: str) -> None:
    """Whatever a platform puts into a setting, the answer is a page to choose on or a sentence."""
    for odd in ODD:
        reply = teacher.choose(**{name: odd})
        assert reply.status_code in (200, 403), (odd, reply.text)
