"""axe finds nothing to complain about on any page, light or dark, on a phone or a desktop."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import follow
from fake_clock import MINUTE
from live_server import SIGNER, TEXT, LiveServer
from playwright.sync_api import Browser, BrowserContext, Page, expect

from autograder.site.sessions import new_link

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(params=["dark", pytest.param("light", marks=pytest.mark.full)])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser that likes it light, or dark and small."""
    size = {"width": 1200, "height": 900} if request.param == "light" else {"width": 375, "height": 700}
    context = browser.new_context(color_scheme=request.param, viewport=size)  # type: ignore[arg-type]
    yield context
    context.close()


def faults(page: Page) -> list[str]:
    """What axe says of a page."""
    violations = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    return [f"{page.url}: {violation['id']}: {violation['nodes'][0]['html']}" for violation in violations]


def test_every_page(context: BrowserContext, server: LiveServer) -> None:
    """From the sign-in to the results after the close, with everything that can go wrong between."""
    server.publish()
    student = server.student()
    with server.database.transaction() as connection:
        secret = new_link(connection, student.name, SIGNER, server.clock.now())
    page = context.new_page()
    announced: list[str] = []

    def look(path: str = "") -> None:
        if path:
            page.goto(f"{server.address}{path}")
        page.wait_for_load_state("networkidle")
        announced.extend(faults(page))

    look("/sign-in?next=/quizzes/all")
    page.get_by_label("Student ID").fill(student.name)
    page.get_by_label("Passcode").fill("WRONG-CODE2")
    follow(page.get_by_role("button", name="Sign in"))
    look()
    look(f"/sign-in/{secret}")
    follow(page.get_by_role("button").last)
    look()
    look("/quizzes/all")
    follow(page.get_by_role("button", name="Start the quiz"))
    look()
    attempt = re.search(r"/attempts/([^/?#]+)", page.url)[1]  # type: ignore[index]
    page.locator("[name='a0']").fill("not a number")
    page.locator(f"[name='a{TEXT}']").fill("x")
    page.locator("#problem-0").wait_for(state="visible")
    look()
    other = server.exam.take_lock(attempt, student.name, "lock-elsewhere").result()
    assert other.lock == "lock-elsewhere"
    page.locator(f"[name='a{TEXT}']").fill("y")
    page.get_by_role("button", name="Continue here").wait_for()
    look()
    page.on("dialog", lambda dialog: dialog.accept())
    look(f"/attempts/{attempt}/review")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    look()
    look(f"/attempts/{attempt}/results")
    server.fake.pass_(61 * MINUTE)
    look(f"/attempts/{attempt}/results")
    assert "Explanation" in page.content()
    look("/quizzes/all")
    look("/no-such-page")
    assert announced == []


def test_the_sign_in_in_place(context: BrowserContext, server: LiveServer) -> None:
    """The dialog that asks for the passcode again is accessible, too."""
    server.publish()
    student = server.student()
    attempt = student.start()
    value = student.http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/attempts/{attempt}")
    page.locator("#sign-in").evaluate("dialog => dialog.showModal()")
    assert faults(page) == []


def test_the_pages_of_staff(context: BrowserContext, server: LiveServer) -> None:
    """Live page, results, marking, publishing and preview, with an attempt that is marked."""
    server.publish()
    teacher = server.student(role="instructor")
    attempts = [server.student().start() for _ in range(2)]
    server.close_attempt(attempts[0])
    server.exam.mark()
    value = teacher.http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": server.address}])
    page = context.new_page()
    announced: list[str] = []
    paths = ("/staff/all?sort=now", "/staff/all/results", "/marking/quiz/all", "/quiz-files")
    for path in (*paths, "/quiz-files/all/preview", f"/staff/attempts/{attempts[0]}"):
        page.goto(f"{server.address}{path}")
        announced += faults(page)
    assert announced == []
