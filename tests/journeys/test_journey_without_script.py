"""The same way with JavaScript off: plain forms, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from browser import follow
from fake_clock import MINUTE
from live_server import CHOICE, CODE, ESSAY, NUMERIC, ORDERING, SIGNER, TEXT, LiveServer
from playwright.sync_api import Browser, Page, expect

from autograder.site.sessions import new_passcode


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    """A tab that runs no script, before the sign-in."""
    server.publish()
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


def begun(page: Page, server: LiveServer) -> str:
    """Sign in by passcode, start, and give the attempt's id."""
    name = server.student().name
    with server.database.transaction() as connection:
        code = new_passcode(connection, name, SIGNER)
    page.goto(f"{server.address}/quizzes/all")
    page.get_by_label("Student ID").fill(name)
    page.get_by_label("Passcode").fill(code.lower().replace("-", " "))
    follow(page.get_by_role("button", name="Sign in"))
    follow(page.get_by_role("button", name="Start the quiz"))
    return page.url.rpartition("/")[2].partition("#")[0]


def save(page: Page, pos: int) -> None:
    """The Save button of a question."""
    section = page.locator(f"section.question[data-pos='{pos}']")
    follow(section.get_by_role("button", name="Save", exact=True))


def test_the_whole_way(page: Page, server: LiveServer) -> None:
    """Save, look over, hand in, receipt, results."""
    attempt = begun(page, server)
    page.locator(f"[name='a{TEXT}']").fill("vanishing")
    page.locator(f"section.question[data-pos='{CHOICE}'] input[type=radio]").first.check()
    page.locator(f"[name='a{ESSAY}']").fill("\nTwo\nlines")
    places = page.locator(f"section.question[data-pos='{ORDERING}'] select")
    for at in range(places.count()):
        places.nth(at).select_option(str(at + 1))
    page.locator(f"section.question[data-pos='{TEXT}']").get_by_label("Flag this question").check()
    save(page, TEXT)
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert page.url.endswith(f"#question-{TEXT + 1}")
    answers = server.exam.inspect(attempt)[0].answers
    assert set(answers) == {TEXT, CHOICE, ESSAY, ORDERING}  # the function's stub is no answer
    assert answers[ESSAY].response == '"\\nTwo\\nlines"'
    page.get_by_role("button", name="Review and submit").click()
    expect(page.get_by_text("7 questions have no answer.")).to_be_visible()
    expect(page.get_by_text("flagged")).to_be_visible()
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    page.get_by_role("link", name="Results").click()
    expect(page.get_by_text(re.compile(r"of 11 points"))).to_be_visible()


def test_what_cannot_be_read(page: Page, server: LiveServer) -> None:
    """The rest is saved; what was refused stays typed, with the reason and the stored value beside it."""
    attempt = begun(page, server)
    page.locator(f"[name='a{NUMERIC}']").fill("0.5")
    save(page, NUMERIC)
    page.locator(f"[name='a{NUMERIC}']").fill("a half")
    page.locator(f"[name='a{TEXT}']").fill("fine")
    save(page, NUMERIC)
    expect(page.get_by_text("Not everything was saved")).to_be_visible()
    expect(page.locator(f"#problem-{NUMERIC}")).to_contain_text("is not a number")
    expect(page.locator(f"[name='a{NUMERIC}']")).to_have_value("a half")
    expect(page.get_by_text("Stored: 0.5")).to_be_visible()
    answers = server.exam.inspect(attempt)[0].answers
    assert (answers[NUMERIC].response, answers[TEXT].response) == ('"0.5"', '"fine"')


def test_emptying(page: Page, server: LiveServer) -> None:
    """An emptied field does not take an answer away; the box beside it does."""
    attempt = begun(page, server)
    page.locator(f"[name='a{TEXT}']").fill("kept")
    save(page, TEXT)
    page.locator(f"[name='a{TEXT}']").fill("")
    save(page, TEXT)
    expect(page.get_by_text("Your stored answer was kept")).to_be_visible()
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"kept"'
    page.locator(f"section.question[data-pos='{TEXT}']").get_by_label("Clear my answer").check()
    save(page, TEXT)
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == "null"


def test_two_windows(page: Page, server: LiveServer) -> None:
    """A page that is older than what is stored shows both; saving again from it counts."""
    attempt = begun(page, server)
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(f"[name='a{TEXT}']").fill("newer")
    save(other, TEXT)
    page.locator(f"[name='a{TEXT}']").fill("older")
    save(page, TEXT)
    expect(page.get_by_text("Another tab saved a different answer")).to_be_visible()
    expect(page.get_by_text("Stored: newer")).to_be_visible()
    save(page, TEXT)
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"older"'


def test_the_script_wrote_elsewhere(page: Page, server: LiveServer) -> None:
    """When a tab with its script holds the edit lock, this tab offers to save here what was typed."""
    attempt = begun(page, server)
    row = server.exam.inspect(attempt)[0].attempt
    server.exam.take_lock(attempt, row.person, "lock-of-a-script").result()
    page.locator(f"[name='a{TEXT}']").fill("typed here")
    save(page, TEXT)
    expect(page.get_by_text("Another tab holds the edit lock.")).to_be_visible()
    page.get_by_role("button", name="Save here").click()
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"typed here"'


def test_the_time_is_over(page: Page, server: LiveServer) -> None:
    """In the grace a form still counts; after it the receipt says that it came too late."""
    attempt = begun(page, server)
    server.fake.pass_(20 * MINUTE + 10_000)
    page.locator(f"[name='a{TEXT}']").fill("in the grace")
    save(page, TEXT)
    assert server.exam.inspect(attempt)[0].answers[TEXT].response == '"in the grace"'
    page.locator(f"[name='a{CODE}']").fill("def late(): pass")
    server.fake.pass_(MINUTE)
    save(page, CODE)
    expect(page.get_by_role("heading", name="Submitted")).to_be_visible()
    assert set(server.exam.inspect(attempt)[0].answers) == {TEXT}
