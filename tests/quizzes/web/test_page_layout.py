"""How pages look: nothing sticks out of a phone, and paper has what people keep and no controls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examples import one_in
from live_server import ESSAY, NUMERIC, TEXT, LiveServer, Student
from playwright.sync_api import Browser, BrowserContext

from autograder.site.people import add_person

LONG_NAME = "Maximiliane-Wilhelmine von der Heyden-Rynsch"
STUDENT_PAGES = ("/", "/quizzes/all", "/attempts/{}/receipt", "/attempts/{}/results")
STAFF_PAGES = (
    *("/staff/all", "/staff/attempts/{}", "/staff/all/marking", "/staff/all/regrades"),
    *("/staff/all/regrade-requests", "/people", "/platforms", "/receipts", "/banks", "/clock"),
    *("/staff/all/results", "/quiz-files", "/quiz-files/all/preview"),
)


@pytest.fixture
def people(server: LiveServer) -> tuple[Student, Student, str]:
    """An instructor, and a student with a long name and a submitted attempt."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student(name="long-student-id-0123456789")
    with server.database.transaction() as connection:
        add_person(connection, student.name, LONG_NAME)
    attempt = student.start()
    for pos, answer in ((NUMERIC, "0.5"), (TEXT, "x" * 200), (ESSAY, "longword" * 100)):
        assert student.save(attempt, pos, answer).status_code == 200
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    teacher.post("/staff/all/regrades")
    return teacher, student, attempt


@pytest.fixture
def signed_in(browser: Browser) -> Iterator[list[BrowserContext]]:
    """Browsers to be closed."""
    contexts: list[BrowserContext] = []
    yield contexts
    for context in contexts:
        context.close()


def opened(contexts: list[BrowserContext], browser: Browser, who: Student, pixels: int) -> BrowserContext:
    """A browser with the session of somebody."""
    context = browser.new_context(viewport={"width": pixels, "height": 800})
    contexts.append(context)
    context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": who.server.address}
            for cookie in who.http.cookies.jar
        ]
    )
    return context


@pytest.mark.parametrize("pixels", one_in(2, [360, 1280]))
def test_no_page_sticks_out(
    browser: Browser,
    signed_in: list[BrowserContext],
    people: tuple[Student, Student, str],
    pixels: int,
) -> None:
    """No page of students or staff has to be moved sideways; wide tables move by themselves."""
    teacher, student, attempt = people
    widths = {}
    for who, paths in ((student, STUDENT_PAGES), (teacher, STAFF_PAGES)):
        page = opened(signed_in, browser, who, pixels).new_page()
        for path in paths:
            reply = page.goto(who.server.address + path.format(attempt))
            assert reply is not None and reply.status == 200, path
            widths[path] = page.evaluate("document.documentElement.scrollWidth")
    assert {path: width for path, width in widths.items() if width > pixels} == {}


def test_paper_has_no_controls(
    browser: Browser, signed_in: list[BrowserContext], people: tuple[Student, Student, str]
) -> None:
    """What is printed has the answers and the people, but no buttons, forms and links between pages."""
    teacher, _, attempt = people
    page = opened(signed_in, browser, teacher, 800).new_page()
    page.emulate_media(media="print")
    for path in ("/people", f"/staff/attempts/{attempt}"):
        page.goto(teacher.server.address + path)
        for control in ("button", "nav", "input:not([type=hidden])"):
            shown = [each.is_visible() for each in page.locator(control).all()]
            assert not any(shown), (path, control)
        assert LONG_NAME in page.locator("main").inner_text()


def test_an_attempt_that_is_over_has_no_time_left(people: tuple[Student, Student, str]) -> None:
    """Staff read when it ended, not how many minutes are left."""
    teacher, _, attempt = people
    assert " left)" not in teacher.page(f"/staff/attempts/{attempt}")
    table = teacher.page("/staff/all?part=table")
    assert "<td>ended " in table
