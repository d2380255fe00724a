"""Links and forms: what a page offers, its reader may open and send; followed from the start page."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from report_factory import make_check, make_report, make_task
from sqlalchemy import insert, update
from starlette.routing import Match, Route

from autograder.site.application import site_routes
from autograder.site.middleware import HEADERS
from autograder.site.people import COURSE
from autograder.site.tables import assigned_student, enrolment

ROUTES = [route for route in site_routes() if isinstance(route, Route)]
ADDRESSES = 2  # that are opened of each route
LINK = re.compile(r'<(?:a|img|iframe)\b[^>]*?\b(?:href|src)="([^"]*)"')
FORM = re.compile(r"<form\b[^>]*>")
BUTTON_ACTION = re.compile(r'<button\b[^>]*?\bformaction="([^"]*)"')
ANOTHER_SIGN_IN = "This page belongs to an earlier sign-in."  # the answer to a form without its token
# Who reads: role, whose work they see, whether they edit the content; empty is what the role brings.
READERS: dict[str, tuple[str, str, str]] = {
    "a student": ("student", "", ""),
    "a previewer": ("staff", "", ""),
    "a previewer with assigned students": ("staff", "assigned", ""),
    "an assistant who sees nobody": ("ta", "none", "none"),
    "an assistant with assigned students": ("ta", "assigned", "none"),
    "an assistant": ("ta", "", ""),
    "an editor who sees nobody": ("ta", "none", "edit"),
    "an assistant with everything": ("ta", "all", "edit"),
    "an instructor": ("instructor", "", ""),
}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHomework]:
    """A course with an assignment and a quiz, work on both, and what waits for staff."""
    with graded_course(tmp_path_factory.mktemp("links") / "course") as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        for name in ("ann", "bob"):
            student = live.server.student(name=name)
            live.upload(student, solved(live.server.course))
            finished_quiz(live, student, "sum", "no")
            sent(student, f"/homework/{ASSIGNMENT}/dates", days="1", text="I was ill.")
        live.grade("4", report=make_report(make_task("double", make_check())).to_json().encode())
        live.server.student(name="eve").start(QUIZ)  # an attempt that is open
        instructor = live.server.student(name="ina", role="instructor")
        sent(instructor, f"/staff/{QUIZ}/regrades")
        sent(instructor, f"/staff/homework/{ASSIGNMENT}/regrades", reason="A new version.")
        sent(instructor, "/marking/conflicts", marker="ina", person="bob", reason="A friend.")
        yield live


def sent(student: Student, path: str, **fields: str) -> None:
    """A form that was taken."""
    reply = student.post(path, **fields)
    assert reply.status_code == 303, (path, reply.text)


def reader(live: LiveHomework, who: str) -> Student:
    """Somebody of a role; an assistant with assigned students has ann."""
    role, students, content = READERS[who]
    if role == "student":
        return Student(live.server, "ann").sign_in()
    name = who.replace(" ", "-")
    student = live.server.student(name=name, role=role)
    with live.server.database.transaction() as connection:
        access = update(enrolment).where(enrolment.c.person == name)
        connection.execute(access.values(students=students, content=content))
        if students == "assigned":
            connection.execute(insert(assigned_student).values(course=COURSE, staff=name, person="ann"))
    return student


def pattern_of(method: str, path: str) -> str:
    """The path of the route that answers an address; empty if none does."""
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
    return next((route.path for route in ROUTES if route.matches(scope)[0] is Match.FULL), "")


def targets(page: str, address: str) -> Iterator[tuple[str, str]]:
    """The method and the address of each link and form of a page, without what another site answers."""
    found = [("GET", link) for link in LINK.findall(page)]
    for tag in FORM.findall(page):
        action = re.search(r'\baction="([^"]*)"', tag)
        found.append(("POST" if 'method="post"' in tag else "GET", action[1] if action else ""))
    found += [("POST", action) for action in BUTTON_ACTION.findall(page)]
    for method, link in found:
        target = urljoin(address, unescape(link).partition("#")[0])
        if target.startswith("/") and not target.startswith(("//", "/static/")):
            yield method, target


def crawled(student: Student) -> tuple[Counter[str], list[str]]:
    """How often each route was asked, and what was offered on which page but not answered.

    Each answer has the headers that protect it, once.
    """
    asked: Counter[str] = Counter()
    refused, seen, left = [], set(), deque([("GET", "/", "")])
    while left:
        method, address, page = left.popleft()
        route = f"{method} {pattern_of(method, address.partition('?')[0])}"
        if (method, address) in seen or asked[route] == ADDRESSES:
            continue
        seen.add((method, address))
        asked[route] += 1
        # A form is sent without the token of its session: a reader who may send it is told so.
        reply = student.http.request(method, address)
        # A page that sets a header of the server itself would send it twice.
        sent = Counter(name.lower() for name, _ in reply.headers.raw)
        assert [name for name, _ in HEADERS if sent[name] > 1] == [], address
        assert sent[b"content-security-policy"] == 1, address
        unusable = reply.status_code in (403, 404) or reply.status_code >= 500
        if unusable and ANOTHER_SIGN_IN not in reply.text:
            refused.append(f"{page} → {method} {address}: {reply.status_code}")
        if reply.status_code == 303 and method == "GET":
            left.append(("GET", urljoin(address, reply.headers["Location"]).partition("#")[0], address))
        if reply.status_code == 200 and reply.headers["Content-Type"].startswith("text/html"):
            left += [(*target, address) for target in targets(reply.text, address)]
    return asked, refused


@pytest.mark.parametrize("who", READERS)
def test_what_a_page_offers_its_reader_may_use(live: LiveHomework, who: str) -> None:
    """From the start page on, no link and no form is answered by 403, 404 or a fault."""
    asked, refused = crawled(reader(live, who))
    assert refused == [], "\n".join(refused)
    assert "GET /homework/{assignment}" in asked
