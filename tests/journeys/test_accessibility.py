"""axe finds nothing to complain about on any page, light or dark, on a phone or a desktop."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from fake_clock import MINUTE
from live_server import SIGNER, TEXT, LectureHall
from playwright.sync_api import Browser, BrowserContext, Page

from autograder.site.sessions import new_link

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(params=["light", "dark"])
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser that likes it light, or dark and small."""
    size = {"width": 1200, "height": 900} if request.param == "light" else {"width": 375, "height": 700}
    context = browser.new_context(color_scheme=request.param, viewport=size)  # type: ignore[arg-type]
    yield context
    context.close()


def faults(page: Page) -> list[str]:
    """What axe says of a page."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    return [f"{page.url}: {one['id']}: {one['nodes'][0]['html']}" for one in found]


def test_every_page(context: BrowserContext, lectures: LectureHall) -> None:
    """From the sign-in to the results after the close, with everything that can go wrong between."""
    lectures.publish()
    student = lectures.student()
    with lectures.database.transaction() as connection:
        secret = new_link(connection, student.name, SIGNER, lectures.clock.now())
    page = context.new_page()
    said: list[str] = []

    def look(path: str = "") -> None:
        if path:
            page.goto(f"{lectures.address}{path}")
        page.wait_for_load_state("networkidle")
        said.extend(faults(page))

    look("/sign-in?next=/quizzes/all")
    page.get_by_label("Your name in this course").fill(student.name)
    page.get_by_label("Passcode").fill("WRONG-CODE2")
    page.get_by_role("button", name="Sign in").click()
    look()
    look(f"/sign-in/{secret}")
    page.get_by_role("button").last.click()
    look()
    look("/quizzes/all")
    page.get_by_role("button", name="Start the quiz").click()
    look()
    attempt = re.search(r"/attempts/([^/?#]+)", page.url)[1]  # type: ignore[index]
    page.locator("[name='a0']").fill("not a number")
    page.locator(f"[name='a{TEXT}']").fill("x")
    page.locator("#problem-0").wait_for(state="visible")
    look()
    other = lectures.proctor.take_pen(attempt, student.name, "pen-elsewhere").result()
    assert other.pen == "pen-elsewhere"
    page.locator(f"[name='a{TEXT}']").fill("y")
    page.get_by_role("button", name="Continue here").wait_for()
    look()
    page.on("dialog", lambda dialog: dialog.accept())
    look(f"/attempts/{attempt}/review")
    page.get_by_role("button", name="Hand in").click()
    look()
    look(f"/attempts/{attempt}/results")
    lectures.fake.pass_(61 * MINUTE)
    look(f"/attempts/{attempt}/results")
    assert "Explanation" in page.content()
    look("/quizzes/all")
    look("/no-such-page")
    assert said == []


def test_the_sign_in_in_place(context: BrowserContext, lectures: LectureHall) -> None:
    """The dialog that asks for the passcode again is accessible, too."""
    lectures.publish()
    student = lectures.student()
    attempt = student.start()
    value = student.http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": value, "url": lectures.address}])
    page = context.new_page()
    page.goto(f"{lectures.address}/attempts/{attempt}")
    page.locator("#sign-in").evaluate("dialog => dialog.showModal()")
    assert faults(page) == []
