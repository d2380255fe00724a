"""The live page of a quiz with 300 students: full width, sort, filter, a panel that stays, its history."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_server import LiveServer, Student
from patience import PATIENCE
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import insert, select

from autograder.site.tables import enrolment, person
from quizzes.store.tables import attempt

pytestmark = pytest.mark.full
STUDENTS = 300


@pytest.fixture
def staff(server: LiveServer) -> Student:
    """An instructor of a class of 300: a quarter has finished, twenty have not started."""
    server.publish()
    instructor, first = server.student(role="instructor"), server.student()
    first.start()
    with server.database.transaction() as connection:
        enrolled = dict(
            connection.execute(select(enrolment).where(enrolment.c.person == first.name)).mappings().one()
        )
        begun = dict(connection.execute(select(attempt)).mappings().one())
        over = {"state": "graded", "finished_at": begun["started_at"] + 1000, "finished_by": "student"}
        names = [f"s{number:03}" for number in range(STUDENTS - 1)]
        people = [{"id": name, "name": f"A student of the class {name}"} for name in names]
        connection.execute(insert(person), people)
        connection.execute(insert(enrolment), [{**enrolled, "person": name} for name in names])
        rows = [
            {**begun, "id": f"attempt-{name}", "person": name, "deadline_at": begun["deadline_at"] + number}
            | (over if number % 4 == 0 else {})
            for number, name in enumerate(names[:-20])
        ]
        connection.execute(insert(attempt), rows)
    return instructor


@pytest.fixture
def page(browser: Browser, server: LiveServer, staff: Student) -> Iterator[Page]:
    """The live page on a wide screen."""
    context = browser.new_context(viewport={"width": 1920, "height": 1000})
    context.set_default_timeout(1000 * PATIENCE)
    session = staff.http.cookies["quiz_session"]
    context.add_cookies([{"name": "quiz_session", "value": session, "url": server.address}])
    page = context.new_page()
    page.goto(f"{server.address}/staff/all")
    yield page
    context.close()


def test_three_hundred_students(page: Page, server: LiveServer, staff: Student) -> None:
    """All are on one page as wide as the screen; filter, order and focus stay when the table comes anew."""
    rows = page.get_by_role("region", name="Students").locator("tbody tr")
    expect(rows).to_have_count(STUDENTS)
    assert len(staff.get("/staff/all").content) < 300_000
    table = page.get_by_role("region", name="Students").bounding_box()
    panel = page.locator("#panel").bounding_box()
    assert table is not None and panel is not None
    assert table["width"] > 1200 and panel["x"] > table["width"]
    row = rows.filter(has_text="s041")
    row.get_by_role("checkbox").check()
    page.get_by_label("Minutes", exact=True).fill("5")
    page.get_by_label("Reason").fill("a power cut")
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    expect(page.get_by_role("button", name="Give time")).to_be_in_viewport()
    page.get_by_role("button", name="Give time").click()
    history = page.locator("#panel").get_by_role("listitem")
    expect(history.first).to_contain_text("gave 5 minutes more to A student of the class s041: a power cut")
    page.get_by_label("Show", exact=True).select_option("writing")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows.filter(has_text="finished")).to_have_count(0)
    order = page.get_by_role("columnheader", name="Time left").get_by_role("link")
    order.click()
    expect(page.get_by_role("columnheader", name="Time left")).to_have_attribute("aria-sort", "ascending")
    expect(rows.last).to_contain_text("s041")  # five minutes more than everybody else
    order.focus()
    facts = page.locator("#monitor .facts")
    facts.evaluate("element => element.remove()")  # the table that is loaded next brings it again
    expect(facts).to_be_visible()
    expect(order).to_be_focused()
    expect(rows.last).to_contain_text("s041")


def test_on_a_phone(page: Page) -> None:
    """The page is no wider than the screen, and a link leads past the table to what staff do."""
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="More time, messages").click()
    expect(page.get_by_role("group", name="More time")).to_be_in_viewport()
