"""The states of an exam page in a real browser: answered, not saved, incomplete, no connection, too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from live_server import CHOICE, ESSAY, NUMERIC, ORDERING, TEXT, LiveServer, Student
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from quizzes.attempts.events import Saved

SAVED = re.compile("All saved")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own."""
    context = browser.new_context(viewport={"width": 1100, "height": 900})
    yield context
    context.close()


def signed_in(context: BrowserContext, student: Student) -> None:
    """Give the browser the student's session."""
    value, url = student.http.cookies["quiz_session"], student.server.address
    context.add_cookies([{"name": "quiz_session", "value": value, "url": url}])


def opened(context: BrowserContext, student: Student) -> tuple[Page, str]:
    """The quiz page of a new attempt, and its id."""
    server = student.server
    signed_in(context, student)
    page = context.new_page()
    page.goto(f"{server.address}/quizzes/all")
    page.get_by_role("button", name="Start the quiz").click()
    expect(page.locator("#saved")).to_have_text(SAVED)
    return page, page.url.rpartition("/")[2].partition("#")[0]


def save_state(page: Page, pos: int) -> Locator:
    """What a question says of its save."""
    return page.locator(f"section.question[data-pos='{pos}'] .save-state")


def state(page: Page, pos: int) -> Locator:
    """What the navigation says of a question."""
    return page.locator(f"nav.questions a[data-pos='{pos}'] .state")


@pytest.mark.full
def test_a_value_that_cannot_be_read_is_not_answered(context: BrowserContext, server: LiveServer) -> None:
    """Colour, words and the review agree with what is stored."""
    server.publish()
    page, _ = opened(context, server.student())
    page.locator(f"[name='a{NUMERIC}']").fill("a half")
    page.locator(f"[name='a{TEXT}']").fill("kept")
    expect(page.locator(f"#problem-{NUMERIC}")).to_be_visible()
    expect(page.locator("nav.questions a.answered")).to_have_count(1)
    expect(page.locator("nav.questions a.unsaved")).to_have_count(1)
    expect(state(page, NUMERIC)).to_have_text("not saved")
    expect(state(page, TEXT)).to_have_text("answered")
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("button", name="Continue without saving it").click()
    expect(page.get_by_text("10 questions have no answer.")).to_be_visible()
    expect(page.get_by_text("what you entered last is not saved")).to_have_count(1)


def test_no_connection_is_said(context: BrowserContext, server: LiveServer) -> None:
    """In the bar, in the question and when the review is asked for; and it goes when the network is back."""
    server.publish()
    page, attempt = opened(context, server.student())
    context.set_offline(True)
    expect(page.locator("#saved")).to_have_text("No connection")
    page.locator(f"[name='a{TEXT}']").fill("typed offline")
    expect(page.locator("#saved")).to_have_text(f"No connection. Not saved: {TEXT + 1}")
    expect(page.locator(f"section.question[data-pos='{TEXT}'] .save-state")).to_have_text(
        "No connection, trying again"
    )
    page.get_by_role("button", name="Review and submit").click()
    expect(page.locator("#news")).to_contain_text("No connection.")
    context.set_offline(False)
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"typed offline"'


@pytest.mark.full
def test_half_an_order_is_submitted_after_a_warning(context: BrowserContext, server: LiveServer) -> None:
    """The page warns, keeps what was chosen on the way back, and lets the student submit."""
    server.publish()
    page, attempt = opened(context, server.student())
    places = page.locator(f"section.question[data-pos='{ORDERING}'] select")
    places.nth(1).select_option("2")
    expect(page.locator(f"section.question[data-pos='{ORDERING}'] .save-state")).to_have_text(
        "Not complete yet"
    )
    expect(state(page, ORDERING)).to_have_text("not saved")
    page.get_by_role("button", name="Review and submit").click()
    expect(page.locator("#news")).to_contain_text(f"Question {ORDERING + 1} is not complete")
    page.get_by_role("button", name="Continue without saving it").click()
    expect(page.get_by_role("heading", name="Review and submit")).to_be_visible()
    page.get_by_role("link", name="Back to the questions").click()
    expect(places.nth(1)).to_have_value("2")
    expect(places.nth(0)).to_have_value("")
    page.get_by_role("button", name="Review and submit").click()
    page.get_by_role("button", name="Continue without saving it").click()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    page.wait_for_function("Object.keys(sessionStorage).length == 0")  # a script's work, after the heading
    assert ORDERING not in server.exam.inspect(attempt)[0].answers


def test_a_long_essay_is_saved_or_says_why_not(context: BrowserContext, server: LiveServer) -> None:
    """The limit is in bytes: 25,000 characters of three bytes are too long, and 21,000 are saved."""
    path = server.course.root / "quizzes" / "banks" / "vanishing-gradients.yaml"
    path.write_text(re.sub(r"most_words: \d+", "most_words: 5000", path.read_text("utf-8")), encoding="utf-8")
    server.publish()
    page, attempt = opened(context, server.student())
    essay = page.locator(f"[name='a{ESSAY}']")
    essay.fill("深" * 25_000)
    expect(page.locator(f"#problem-{ESSAY}")).to_contain_text("74 KB")
    page.locator(f"[name='a{TEXT}']").fill("beside it")
    expect(save_state(page, TEXT)).to_have_text("Saved")
    expect(page.locator("#saved")).to_have_text(f"Not saved: {ESSAY + 1}")
    assert set(server.exam.inspect(attempt)[0].answers) == {TEXT}
    essay.fill("深" * 21_000)
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert len(server.exam.inspect(attempt)[0].answers[ESSAY].response) == 21_002


def test_a_message_is_shown_while_the_page_is_open(context: BrowserContext, server: LiveServer) -> None:
    """Each message stays on the page, the bar links to it, and time warnings do not replace it."""
    server.publish()
    teacher = server.student(role="ta")
    page, _ = opened(context, server.student())
    for text in ("First.", "Second."):
        teacher.post("/staff/all/message", text=text)
    server.fake.pass_(4_000)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#notices .note")).to_have_count(2)
    expect(page.get_by_role("link", name="New message from the staff")).to_be_visible()
    page.reload()
    expect(page.locator("#notices .note")).to_have_count(2)


def test_no_button_is_dead_without_script(browser: Browser, server: LiveServer) -> None:
    """Every visible button of the exam pages submits a form."""
    server.publish()
    student = server.student()
    context = browser.new_context(java_script_enabled=False)
    signed_in(context, student)
    page = context.new_page()
    attempt = student.start()
    student.save(attempt, CHOICE, server.questions(attempt)[CHOICE].key_answer)
    for path in ("/", "/quizzes/all", f"/attempts/{attempt}", f"/attempts/{attempt}/review"):
        page.goto(f"{server.address}{path}")
        buttons = page.locator("button:visible")
        kinds = [buttons.nth(number).get_attribute("type") for number in range(buttons.count())]
        assert "button" not in kinds, path
    context.close()


def test_what_is_typed_before_the_script_has_come(context: BrowserContext, server: LiveServer) -> None:
    """It is saved like everything else: on a slow network students begin before the page is complete."""
    server.publish()
    student = server.student()
    attempt = student.start()
    assert student.save(attempt, ESSAY, "kept from before").status_code == 200
    signed_in(context, student)
    page = context.new_page()
    held: list[Route] = []
    page.route("**/quiz*.js", lambda route: held.append(route))
    with page.expect_request("**/quiz*.js"):
        page.goto(f"{server.address}/attempts/{attempt}", wait_until="commit")
    page.locator(f"[name='a{NUMERIC}']").fill("0.25")
    page.locator(f"input[name='a{CHOICE}']").first.check()
    page.locator(f"select[name^='a{ORDERING}.']").first.select_option("2")
    assert page.locator("#saved").inner_text() != "All saved"
    for route in held:
        route.continue_()
    expect(save_state(page, NUMERIC)).to_have_text("Saved")
    expect(save_state(page, CHOICE)).to_have_text("Saved")
    expect(save_state(page, ORDERING)).to_have_text("Not complete yet")
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(page.locator(f"[name='a{NUMERIC}']")).to_have_value("0.25")
    expect(page.locator(f"input[name='a{CHOICE}']").first).to_be_checked()
    expect(page.locator(f"[name='a{ESSAY}']")).to_have_value("kept from before")


def test_what_is_typed_over_an_unsaved_answer_costs_neither(
    context: BrowserContext, server: LiveServer
) -> None:
    """What the tab kept is shown, what was typed while the page was loading is offered beside it."""
    server.publish()
    page, attempt = opened(context, server.student())
    field = page.locator(f"[name='a{TEXT}']")
    held: list[Route] = []
    page.route("**/answers/*", lambda route: route.abort())
    field.fill("three hundred words, typed without a connection")
    expect(save_state(page, TEXT)).to_have_text("No connection, trying again")
    # As a browser that crashes: the page sends nothing when it goes.
    page.evaluate(
        """for (const name of ["pagehide", "visibilitychange"])
            addEventListener(name, (event) => event.stopImmediatePropagation(), true)"""
    )
    page.route("**/quiz*.js", lambda route: held.append(route))
    page.goto(f"{server.address}/attempts/{attempt}", wait_until="commit")
    field.fill("typed while loading")
    page.unroute("**/answers/*")
    for route in held:
        route.continue_()
    expect(page.locator("#saved")).to_have_text(SAVED)
    expect(field).to_have_value("three hundred words, typed without a connection")
    page.get_by_role("button", name="Use what I typed just now").click()
    expect(page.get_by_role("button", name="Keep this answer")).to_have_count(0)
    expect(page.locator("#saved")).to_have_text(SAVED)
    texts = [event.response for event in server.exam.inspect(attempt)[1] if isinstance(event, Saved)]
    assert texts == ['"three hundred words, typed without a connection"', '"typed while loading"']


def test_a_choice_between_two_tabs_is_the_students(context: BrowserContext, server: LiveServer) -> None:
    """Another window, a lost connection and the review send neither answer before one is chosen."""
    server.publish()
    student = server.student()
    page, attempt = opened(context, student)
    field = page.locator(f"[name='a{TEXT}']")
    context.set_offline(True)
    field.fill("of this tab")
    expect(page.locator("#saved")).to_have_text(f"No connection. Not saved: {TEXT + 1}")
    assert student.ask(f"/attempts/{attempt}/lock", {"lock": student.lock}).status_code == 200
    assert student.save(attempt, TEXT, "of another tab").status_code == 200
    context.set_offline(False)
    expect(page.get_by_role("button", name="Continue here")).to_be_visible()
    page.get_by_role("button", name="Continue here").click()
    expect(page.get_by_text("Another tab saved a different answer")).to_be_visible()
    for event in ("online", "pagehide"):
        page.evaluate("name => dispatchEvent(new Event(name))", event)
    page.get_by_role("button", name="Review and submit").click()
    expect(page.locator("#news")).to_contain_text(f"Question {TEXT + 1} was saved differently in another tab")
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"of another tab"'
    page.get_by_role("button", name="Keep this answer").click()
    expect(page.locator("#saved")).to_have_text(SAVED)
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"of this tab"'


@pytest.mark.parametrize("script", [True, False])
def test_what_is_for_browsers_without_scripts(browser: Browser, server: LiveServer, script: bool) -> None:
    """Its controls are there without scripts; with them no source of the page is shown as text."""
    server.publish()
    student = server.student()
    attempt = student.start()
    context = browser.new_context(java_script_enabled=script)
    signed_in(context, student)
    page = context.new_page()
    page.goto(f"{server.address}/attempts/{attempt}")
    page.locator("section.question").first.wait_for()
    try:
        assert "<label" not in page.locator("main").inner_text()
        assert page.get_by_role("button", name="Save", exact=True).first.is_visible() is not script
    finally:
        context.close()
