"""Every page of the route table on a phone and on paper: nothing sticks out, nothing is printed to press."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examples import shared_out
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from playwright.sync_api import Browser, Page
from print_view import print_faults
from report_factory import make_check, make_report, make_task
from site_pages import page_paths

PHONE = {"width": 390, "height": 800}
LEAST = {"student": 12, "instructor": 40}  # pages that are found, so that none is left out unseen


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomework]:
    """A course with a student's graded submission and finished quiz."""
    with graded_course(tmp_path_factory.mktemp("course")) as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        yield live


@pytest.fixture(scope="module")
def people(live: LiveHomework) -> dict[str, Student]:
    """A student and an instructor."""
    return {role: live.server.student(name=f"a-{role}", role=role) for role in LEAST}


@pytest.fixture(scope="module")
def paths(live: LiveHomework, people: dict[str, Student]) -> list[str]:
    """The paths of all pages, with the student's work in them."""
    student = people["student"]
    submission = live.upload(student, solved(live.server.course)).headers["Location"]
    live.grade("4.5", report=make_report(make_task("double", make_check())).to_json().encode())
    attempt = finished_quiz(live, student, "sum", "product")
    named = {"assignment": ASSIGNMENT, "work": ASSIGNMENT, "quiz": QUIZ, "bank": QUIZ, "name": QUIZ}
    return page_paths(
        {
            **named,
            "submission": submission.rpartition("/")[2],
            "attempt": attempt,
            "student": student.name,
            "person": student.name,
            "kind": "homework",
            "question": "task:double",
        }
    )


def faults(page: Page) -> list[str]:
    """What is wrong with the page that is open, on a phone and on paper."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = [f"{page.url} is {over} pixels wider than a phone"] if over > 0 else []
    broken = page.evaluate("[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)")
    return [*found, *(f"{page.url}: no picture at {source}" for source in broken), *print_faults(page)]


@pytest.mark.parametrize("role", shared_out(LEAST, ["student"]))
def test_on_a_phone_and_on_paper(
    browser: Browser, live: LiveHomework, people: dict[str, Student], paths: list[str], role: str
) -> None:
    """No page has to be moved sideways; paper has no buttons, fields and ways, and says whose page it is."""
    who, server = people[role], live.server
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    for cookie in who.http.cookies.jar:
        value = {"name": cookie.name, "value": cookie.value or "", "url": server.address}
        context.add_cookies([value])  # type: ignore[list-item]
    page, found, seen = context.new_page(), [], 0
    for path in paths:
        reply = who.get(path)
        if reply.status_code != 200 or not reply.headers["content-type"].startswith("text/html"):
            continue
        seen += 1
        page.goto(server.address + path)
        found += faults(page)
        if page.locator("header.site .who").count() == 0:
            continue  # a page of its own, such as a printed quiz
        page.emulate_media(media="print")
        if not page.locator("header.site .who span").is_visible():
            found.append(f"{page.url} in print does not say whose page it is")
        page.emulate_media(media="screen")
        ways = page.get_by_role("navigation", name="Staff").count()
        if ways != (role == "instructor") and page.locator("body.taking").count() == 0:
            found.append(f"{page.url} has {ways} navigations of staff")
    context.close()
    assert found == [], "\n".join(found)
    assert seen >= LEAST[role]
