"""A platform's course page in a real browser that keeps no cookies of frames, as browsers do by now.

The platform shows this server, which is another site with https, in a frame.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from browser import ARGUMENTS, chromium, patient
from databases import new_database
from identity_providers import certificate
from live_server import SIGNER, LiveServer, live_server
from platform_simulator import (
    CLAIM,
    CLIENT,
    INSTRUCTOR,
    LEARNER,
    Platform,
    connected,
    platform_for,
)
from playwright.sync_api import Browser, FrameLocator, Page, expect

from autograder.site.lti.registration import CONTENT_PATH, LOGIN_PATH
from autograder.site.lti.services import Tool

WITHOUT_COOKIES = [*ARGUMENTS, "--test-third-party-cookie-phaseout"]
SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"


def posted(address: str, target: str = "_self", **fields: str) -> str:
    """A form that submits itself."""
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in fields.items()
    )
    form = f'<form method="post" action="{html.escape(address)}" target="{target}">{inputs}</form>'
    return f"{form}<script>document.forms[0].submit()</script>"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with https, as a frame needs it, and an open quiz."""
    database = new_database(tmp_path / "quiz.db")
    with live_server(database, tmp_path / "course", tls=certificate(tmp_path)) as live:
        live.publish("all")
        yield live


@pytest.fixture
def platform(server: LiveServer) -> Iterator[Platform]:
    """A connected platform, whose course page shows the server in a frame."""
    with platform_for(server.course.root) as platform:
        server.site.lti = Tool(server.course.root, server.course.root, SIGNER, server.database)
        connected(server.database, platform)
        yield platform


def course_page(server: LiveServer, platform: Platform, target: str, **claims: object) -> None:
    """Let the platform have a page with the server's link in a frame, and sign who comes in by it."""

    def page(_: dict[str, str]) -> str:
        login = {"iss": platform.address, "login_hint": "ann", "client_id": CLIENT, "target_link_uri": target}
        form = posted(f"{server.address}{LOGIN_PATH}", "tool", **login)
        return f'<!doctype html><title>A course</title><h1>A course</h1><iframe name="tool"></iframe>{form}'

    def signed(asked: dict[str, str]) -> str:
        token = platform.signed(platform.claims(asked["nonce"], server.clock.now() / 1000, **claims))
        return posted(asked["redirect_uri"], id_token=token, state=asked["state"])

    platform.pages |= {"/course": page, "/auth": signed}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of a browser without cookies of frames, which accepts the server's own certificate."""
    without = browser.browser_type.launch(executable_path=chromium(), args=WITHOUT_COOKIES)
    yield patient(without.new_context)(ignore_https_errors=True).new_page()
    without.close()


def frame_of(page: Page, platform: Platform) -> FrameLocator:
    """The frame of the platform's course page."""
    page.goto(f"{platform.address}/course")
    return page.frame_locator("iframe[name=tool]")


def test_a_student_goes_on_in_a_tab(server: LiveServer, platform: Platform, page: Page) -> None:
    """The frame has one button; behind it the quiz starts, in a session that lasts."""
    course_page(server, platform, f"{server.address}/quizzes/all", **{f"{CLAIM}roles": [LEARNER]})
    frame = frame_of(page, platform)
    expect(frame.get_by_role("heading", name="This opens in a tab of its own.")).to_be_visible()
    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Open in a new tab").click()
    tab = opened.value
    tab.get_by_role("button", name="Start the quiz").click()
    expect(tab.locator("#saved")).to_contain_text("All saved")
    tab.reload()
    expect(tab.get_by_text("Ann Lee").first).to_be_visible()


def test_a_teacher_chooses_in_the_frame(server: LiveServer, platform: Platform, page: Page) -> None:
    """What was ticked goes back to the platform, without a cookie and without another tab."""
    settings = {
        "deep_link_return_url": f"{platform.address}/return?course=1",
        "accept_types": ["ltiResourceLink"],
        "accept_multiple": True,
    }
    claims = {
        f"{CLAIM}message_type": "LtiDeepLinkingRequest",
        f"{CLAIM}roles": [INSTRUCTOR],
        f"{CLAIM}resource_link": None,
        SETTINGS: settings,
    }
    course_page(server, platform, f"{server.address}{CONTENT_PATH}", **claims)
    answers: list[str] = []

    def returned(form: dict[str, str]) -> str:
        answers.append(form["JWT"])
        return "<!doctype html><title>Linked</title><h1>Linked</h1>"

    platform.pages["/return"] = returned
    frame = frame_of(page, platform)
    frame.get_by_label("Of every kind").check()
    frame.get_by_role("button", name="Add").click()
    expect(frame.get_by_role("heading", name="Linked")).to_be_visible()
    (answer,) = answers
    (item,) = jwt.decode(answer, options={"verify_signature": False})[ITEMS]
    assert item["url"] == f"{server.address}/quizzes/all"
    assert page.context.pages == [page]
    assert page.context.cookies() == []  # the frame's were refused, or this would prove little
