"""A student's way through a quiz in a real browser, as bad as networks and days can be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_clock import MINUTE
from live_server import CHOICE, ESSAY, NUMERIC, ORDERING, SIGNER, TEXT, LiveServer, Student
from patience import eventually
from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, Route, expect
from sqlalchemy import delete

from autograder.site.sessions import new_passcode
from autograder.site.tables import session

SAVED = re.compile("All saved")


class Window:
    """A browser of a student, signed in, whose pages must have no error of their own."""

    def __init__(self, context: BrowserContext, student: Student) -> None:
        self.context, self.student = context, student
        value, url = student.http.cookies["quiz_session"], student.server.address
        cookie = {"name": "quiz_session", "value": value, "url": url}
        context.add_cookies([cookie])  # type: ignore[list-item]
        self.problems: list[str] = []

    def tab(self) -> Page:
        """A further tab."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda entry: self._note(entry.type, entry.text))
        page.goto(self.student.server.address)
        return page

    def _note(self, kind: str, text: str) -> None:
        # A refused or failed request is in the browser's console, whatever the page makes of it.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.problems.append(text)


@pytest.fixture
def window(browser: Browser, server: LiveServer) -> Iterator[Window]:
    """The browser of a student of a published quiz."""
    server.publish()
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    window = Window(context, server.student())
    yield window
    context.close()
    assert window.problems == []


def started(window: Window) -> Page:
    """The quiz page, holding the edit lock."""
    page = window.tab()
    page.get_by_role("link", name="Of every kind").click()
    page.get_by_role("button", name="Start the quiz").click()
    expect(page.locator("#saved")).to_have_text(SAVED)
    return page


def stored(window: Window, page: Page) -> dict[int, str]:
    """What the server holds of the attempt on a page."""
    attempt_id = re.search(r"/attempts/([^/?#]+)", page.url)[1]  # type: ignore[index]
    return {
        pos: stored.response
        for pos, stored in window.student.server.exam.inspect(attempt_id)[0].answers.items()
    }


def until(page: Page, met: Callable[[], object]) -> None:
    """Let the browser go on until a condition is met."""
    while not met():
        page.wait_for_timeout(20)


def test_the_whole_way(window: Window) -> None:
    """Every kind of control is filled in and saved by itself, looked over, handed in; results follow."""
    page = started(window)
    server = window.student.server
    attempt = page.url.rpartition("/")[2].partition("#")[0]
    for pos, question in enumerate(server.questions(attempt)):
        key, section = question.key_answer, page.locator(f"section.question[data-pos='{pos}']")
        if question.kind in ("choice", "true_false"):
            section.locator(f"input[value='{key}']").check()
        elif question.kind == "choices":
            for id in key:
                section.locator(f"input[value='{id}']").check()
        elif question.kind in ("blanks", "matching"):
            for id, value in key.items():
                control = section.locator(f"[name='a{pos}.{id}']")
                if control.count() > 1:
                    section.locator(f"[name='a{pos}.{id}'][value='{value}']").check()
                elif control.evaluate("one => one.tagName") == "SELECT":
                    control.select_option(value)
                else:
                    control.fill(value)
        elif question.kind == "ordering":
            for place, id in enumerate(key, start=1):
                section.locator(f"[name='a{pos}.{id}']").select_option(str(place))
        else:
            section.locator(f"[name='a{pos}']").fill(key or "def f(x):\n    return x")
    page.locator("section.question").first.get_by_label("Flag this question").check()
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert len(stored(window, page)) == 11
    page.reload()
    expect(page.locator("nav.questions a.answered")).to_have_count(11)
    expect(page.locator("nav.questions a.flagged")).to_have_count(1)
    page.get_by_role("button", name="Review and submit").click()
    expect(page.get_by_text("Every question has an answer.")).to_be_visible()
    expect(page.get_by_text("flagged")).to_be_visible()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    page.wait_for_function("Object.keys(sessionStorage).length == 0")  # a script's work, after the heading
    page.get_by_role("link", name="Results").click()
    expect(page.get_by_text("9 of 11 points, 2 questions still to be marked")).to_be_visible()


def test_the_network_is_lost(window: Window) -> None:
    """Case 1: what is typed offline is said to be not saved, and is saved when the net is back."""
    page = started(window)
    page.locator(f"[name='a{TEXT}']").fill("before")
    expect(page.locator("#saved")).to_have_text(SAVED)
    window.context.set_offline(True)
    page.locator(f"[name='a{TEXT}']").fill("typed offline")
    page.locator(f"[name='a{ESSAY}']").fill("and this\ntoo")
    expect(page.locator("#saved")).to_have_text(re.compile(f"Not saved: {TEXT + 1}, {ESSAY + 1}"))
    expect(page.locator(f"section.question[data-pos='{TEXT}'] .save-state")).to_have_text(
        re.compile("trying again")
    )
    left = page.locator("#left").inner_text()
    expect(page.locator("#left")).not_to_have_text(left)  # the clock does not wait
    page.wait_for_function("JSON.stringify({...sessionStorage}).includes('typed offline')")
    window.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert stored(window, page) == {TEXT: '"typed offline"', ESSAY: '"and this\\ntoo"'}


def test_a_tab_crashes_with_unsent_answers(window: Window) -> None:
    """What was typed and never sent is back after a reload of the tab, and is sent."""
    page = started(window)
    page.route("**/answers/*", lambda route: route.abort())
    page.locator(f"[name='a{TEXT}']").fill("unsent")
    expect(page.locator("#saved")).to_have_text(re.compile("Not saved"))
    page.on("dialog", lambda dialog: dialog.accept())
    page.unroute("**/answers/*")
    page.reload()
    expect(page.locator(f"[name='a{TEXT}']")).to_have_value("unsent")
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert stored(window, page) == {TEXT: '"unsent"'}


def test_a_lost_reply(window: Window) -> None:
    """Case 2: stored, but the reply is lost: the page sends the same save again and one event is written."""
    page = started(window)
    lost: list[Any] = []

    def lose(route: object) -> None:
        if lost:
            route.continue_()  # type: ignore[attr-defined]
            return
        lost.append(route.fetch())  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/answers/*", lose)
    page.locator(f"[name='a{TEXT}']").fill("once")
    expect(page.locator("#saved")).to_have_text(re.compile("Not saved"))
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert lost[0].status == 200
    assert stored(window, page) == {TEXT: '"once"'}
    expect(page.locator(f"section.question[data-pos='{TEXT}']")).to_have_attribute("data-rev", "1")


def test_a_second_tab(window: Window) -> None:
    """Case 6: the new tab writes, the old one is read-only and may go on by “Continue here”."""
    first = started(window)
    second = window.tab()
    with second.expect_response(re.compile("/lock$")):
        second.goto(first.url)
    second.locator(f"[name='a{TEXT}']").fill("from the second")
    expect(second.locator("#saved")).to_have_text(SAVED)
    first.locator(f"[name='a{TEXT}']").fill("from the first")
    expect(first.get_by_role("button", name="Continue here")).to_be_visible()
    expect(first.locator("#quiz")).to_have_js_property("inert", True)
    first.get_by_role("button", name="Continue here").click()
    expect(first.get_by_text("Another tab saved a different answer")).to_be_visible()
    first.get_by_role("button", name="Keep this answer").click()
    expect(first.locator("#saved")).to_have_text(SAVED)
    assert stored(window, first) == {TEXT: '"from the first"'}


def test_replies_overtake_each_other(window: Window) -> None:
    """A status asked before this tab took the edit lock decides nothing, however late its reply comes."""
    first = started(window)
    second = window.tab()
    asked: list[tuple[Route, APIResponse]] = []
    second.route("**/status?*", lambda route: asked.append((route, route.fetch())))
    waiting: list[Route] = []
    second.route("**/lock", lambda route: waiting.append(route))  # a built-in cannot be a handler
    second.goto(first.url)
    until(second, lambda: asked and waiting)
    assert asked[0][1].json()["lock"] == "elsewhere"
    with second.expect_response(re.compile("/lock$")):
        waiting[0].continue_()
    field = second.locator(f"[name='a{TEXT}']")
    field.fill("with the lock")
    with second.expect_response(re.compile("/status")):
        asked[0][0].fulfill(response=asked[0][1])
    expect(second.locator("#saved")).to_have_text(SAVED)
    expect(second.locator("#quiz")).to_have_js_property("inert", False)
    assert stored(window, second) == {TEXT: '"with the lock"'}


def test_what_cannot_be_read(window: Window) -> None:
    """A number nobody can read is refused in words beside it; handing in asks for it first."""
    page = started(window)
    number = page.locator(f"[name='a{NUMERIC}']")
    number.fill("0.5")
    expect(page.locator("#saved")).to_have_text(SAVED)
    number.fill("a half")
    expect(page.locator(f"#problem-{NUMERIC}")).to_contain_text("is not a number")
    expect(page.locator("#saved")).to_have_text(re.compile("Not saved: 1"))
    assert stored(window, page) == {NUMERIC: '"0.5"'}
    page.get_by_role("button", name="Review and submit").click()
    expect(page.get_by_text("Question 1 is not saved yet.")).to_be_visible()
    number.fill("0.75")
    page.get_by_role("button", name="Review and submit").click()
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_visible()


def test_clearing(window: Window) -> None:
    """An answer is taken away by its button, or by emptying its field by hand; a choice can be undone."""
    page = started(window)
    page.locator(f"section.question[data-pos='{CHOICE}'] input[type=radio]").nth(0).check()
    page.locator(f"[name='a{TEXT}']").fill("x")
    expect(page.locator("#saved")).to_have_text(SAVED)
    page.locator(f"section.question[data-pos='{CHOICE}'] .clear").click()
    page.locator(f"[name='a{TEXT}']").fill("")
    assert eventually(lambda: list(stored(window, page).values()) == ["null", "null"])
    expect(page.locator("#saved")).to_have_text(SAVED)


def test_ordering_without_a_mouse(window: Window) -> None:
    """Entries are ordered by choosing places; two never have one place; half an order is not saved."""
    page = started(window)
    places = page.locator(f"section.question[data-pos='{ORDERING}'] select")
    places.nth(0).select_option("1")
    expect(page.locator(f"section.question[data-pos='{ORDERING}'] .save-state")).to_have_text(
        "Not complete yet"
    )
    count = places.count()
    for at in range(1, count):
        places.nth(at).select_option(str(at + 1))
    expect(page.locator("#saved")).to_have_text(SAVED)
    places.nth(0).select_option(str(count))
    values = places.evaluate_all("all => all.map((one) => one.value)")
    assert sorted(values, key=int) == [str(number) for number in range(1, count + 1)]
    assert values[0] == str(count)


def test_the_time_is_over(window: Window) -> None:
    """The page sends what it has, hands in by itself and shows the receipt."""
    server = window.student.server
    page = started(window)
    page.locator(f"[name='a{TEXT}']").fill("saved")
    expect(page.locator("#saved")).to_have_text(SAVED)
    server.fake.pass_(20 * MINUTE - 3_000)
    page.evaluate("window.dispatchEvent(new Event('online'))")  # the next word of the server says it
    expect(page.locator("#timer")).to_have_class(re.compile("short"))
    page.locator(f"[name='a{ESSAY}']").press_sequentially("the last words", delay=5)
    server.fake.pass_(3_000)
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    view = server.exam.inspect(re.search(r"/attempts/([^/]+)", page.url)[1])[0]  # type: ignore[index]
    assert view.answers[ESSAY].response == '"the last words"'
    assert view.attempt.finished_by == "timer"


def test_the_clock_of_this_device_is_wrong(window: Window) -> None:
    """Case 10: the page counts by its steady clock, warns, and blocks nothing."""
    page = started(window)
    # The hall's clock stands at another date than this machine's.
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_text("This device's clock is wrong.")).to_be_visible()
    page.locator(f"[name='a{TEXT}']").fill("all the same")
    expect(page.locator("#saved")).to_have_text(SAVED)


def test_the_session_ends(window: Window) -> None:
    """Case 16: signed out in the middle, the page asks for the passcode in place and sends what was typed."""
    server = window.student.server
    page = started(window)
    page.wait_for_load_state("networkidle")
    with server.database.transaction() as connection:
        connection.execute(delete(session))
        code = new_passcode(connection, window.student.name, SIGNER)
    server.fake.pass_(16_000)  # a session is believed for a quarter of a minute
    page.locator(f"[name='a{TEXT}']").fill("typed while signed out")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Passcode").fill("WRONG-CODE1")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.get_by_text("do not belong together")).to_be_visible()
    dialog.get_by_label("Passcode").fill(code)
    dialog.get_by_role("button", name="Sign in").click()
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert stored(window, page) == {TEXT: '"typed while signed out"'}


def test_the_back_button(window: Window) -> None:
    """Case 9: going back to a quiz that was handed in shows its receipt."""
    page = started(window)
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()


@pytest.mark.parametrize("pixels", [360, 1280])
def test_nothing_sticks_out(window: Window, pixels: int) -> None:
    """From a phone to a desktop no page has to be moved sideways, and the timer hides no focused control."""
    page = started(window)
    page.set_viewport_size({"width": pixels, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= pixels
    box = page.locator(f"[name='a{TEXT}']")
    box.focus()
    bar = page.locator("header.site").bounding_box()
    place = box.bounding_box()
    assert bar is not None and place is not None
    assert place["y"] >= bar["y"] + bar["height"] or place["y"] + place["height"] <= bar["y"]
