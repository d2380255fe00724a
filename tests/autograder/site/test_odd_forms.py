"""Every form that a page offers, with odd values in each of its fields: an answer, and never a fault.

The forms come from the pages themselves, so a new one takes part without being listed here.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from parsed_page import Element, ParsedPage
from report_factory import make_check, make_report, make_task
from sqlalchemy import select
from starlette.routing import Match, Route

from autograder.site.application import site_routes
from autograder.site.roles import Permission
from autograder.site.tables import metadata

ROUTES = [route for route in site_routes() if isinstance(route, Route)]
ADDRESSES = 2  # that are opened of each route
ODD = (
    *("", " ", "0", "1", "-1", "²", "½", "NaN", "1e400", "1e99999999", "9" * 18, "9" * 5000, "0,5", "on"),
    *("\0", "\ufffd", "\N{GRINNING FACE}" * 2000, "a" * 70_000, "[" * 60_000, "<b>", "=1+1", "x\r\ny: z"),
    *("2026-03-08 02:30", "2026-02-30", "0001-01-01 00:00", "9999-12-31 23:59", "10000-01-01", "../../x"),
    *("{{7*7}}", "%", "\\", "all", "ann", "nobody", "ann, bob", "&a [*a]", "student_id\nann\nann", "\t;\t"),
)
NOT_TEXT: tuple[Any, ...] = (None, True, 1.5, -1, 10**30, [], {}, [[]], {"a": {}}, ["x"] * 300)
# They end the session or the server's readiness for the rest, which other tests look at.
LEFT_OUT = ("/sign-out", "/settings/maintenance", "/settings/backups", "/look")


@dataclass
class Form:
    """A form of a page: where it goes, and what a browser would send of it."""

    route: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with work in all states, and something that waits for everybody."""
    with graded_course(tmp_path / "course") as live:
        server = live.server
        live.publish(due_at=server.opens + 60 * MINUTE)
        server.publish(QUIZ)
        for name in ("ann", "bob"):
            student = server.student(name=name)
            live.upload(student, solved(server.course))
            finished_quiz(live, student, "sum", "no")
            student.post(f"/homework/{ASSIGNMENT}/dates", days="1", text="I was ill.")
            student.post("/tokens", label="laptop")
        live.grade("4", report=make_report(make_task("double", make_check())).to_json().encode())
        server.student(name="eve").start(QUIZ)  # an attempt that is open
        ina = server.student(name="ina", role="instructor")
        server.student(name="tim", role="ta")
        ina.post(f"/staff/{QUIZ}/regrades")
        ina.post(f"/staff/homework/{ASSIGNMENT}/regrades", reason="A new version.")
        ina.post("/marking/conflicts", marker="tim", person="bob", reason="A friend.")
        ina.post("/integrity", work=ASSIGNMENT, people="bob", title="A case", held="yes")
        ina.post("/groups/sign-up", assignment="", largest="3")
        ina.post("/staff-tokens", label="a script")
        yield live


def route_of(method: str, path: str) -> str:
    """The path of the route that answers an address; empty if none does."""
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path}
    return next((route.path for route in ROUTES if route.matches(scope)[0] is Match.FULL), "")


def value_in(element: Element) -> str:
    """What a control holds before anybody has changed it."""
    if element.tag == "select":
        options = element.find("option")
        chosen = [option for option in options if "selected" in option.attributes] or options
        return chosen[0].attributes.get("value", "") if chosen else ""
    return element.attributes.get("value", element.text)


def forms_in(html: str, address: str) -> Iterator[Form]:
    """The forms of a page that change something."""
    page = ParsedPage()
    page.feed(html)
    for element in page.all("form"):
        if element.attributes.get("method") != "post":
            continue
        controls = [
            control
            for tag in ("input", "textarea", "select", "button")
            for control in element.find(tag)
            if control.attributes.get("name")
        ]
        action = urljoin(address, element.attributes.get("action", ""))
        form = Form(route_of("POST", action.partition("?")[0]), action)
        for control in controls:
            if control.attributes.get("type") == "file":
                form.files.append(control.attributes["name"])
            else:
                form.fields.setdefault(control.attributes["name"], value_in(control))
        yield form


def forms_of(student: Student) -> list[Form]:
    """A form of each kind that somebody is offered, from the start page on."""
    found: dict[tuple[str, frozenset[str]], Form] = {}
    asked: dict[str, set[str]] = {}
    left = deque(["/"])
    while left:
        address = left.popleft()
        seen = asked.setdefault(route_of("GET", address.partition("?")[0]), set())
        if address in seen or len(seen) == ADDRESSES or address.startswith("/static/"):
            continue
        seen.add(address)
        reply = student.get(address)
        if reply.status_code == 303:
            left.append(urljoin(address, reply.headers["Location"]).partition("#")[0])
        if reply.status_code != 200 or not reply.headers["Content-Type"].startswith("text/html"):
            continue
        page = ParsedPage()
        page.feed(reply.text)
        links = (urljoin(address, link.attributes.get("href", "")) for link in page.all("a"))
        left += [link.partition("#")[0] for link in links if link.startswith("/") and link[:2] != "//"]
        for form in forms_in(reply.text, address):
            found.setdefault((form.route, frozenset(form.fields)), form)
    return list(found.values())


def sent(student: Student, form: Form, control: str = "", odd: str = "") -> int:
    """The status of a form in which one field was changed; what is empty is filled in."""
    filled = {name: value or "1" for name, value in form.fields.items()}
    data = {**filled, control: odd, "token": student.token}
    files = {name: ("odd.txt", odd.encode()) for name in form.files}
    return student.http.post(form.action, data=data, files=files or None).status_code


@pytest.mark.parametrize(
    "name", [*(pytest.param(staff, marks=pytest.mark.full) for staff in ("ina", "tim")), "ann", "eve"]
)
def test_odd_values_in_every_field(live: LiveHomework, name: str) -> None:
    """No text in a field, and no JSON in its place, is a fault of the server."""
    student = Student(live.server, name).sign_in()
    forms = [form for form in forms_of(student) if not form.action.startswith(LEFT_OUT)]
    faults = []
    headers = {"X-Form-Token": student.token}
    for form in forms:
        for control in (name for name in form.fields if name != "token"):
            statuses = {odd[:20]: sent(student, form, control, odd) for odd in ODD}
            for odd in NOT_TEXT:
                body = {**form.fields, control: odd}
                reply = student.http.post(form.action, json=body, headers=headers)
                statuses[json.dumps(odd)[:20]] = reply.status_code
            faults += [(form.route, control, odd) for odd, status in statuses.items() if status >= 500]
    assert faults == [], "\n".join(map(str, faults))
    assert len(forms) > {"ina": 30, "tim": 8, "ann": 4, "eve": 3}[name]


def stored(live: LiveHomework) -> dict[str, list[str]]:
    """Every row of the database, but those of sessions."""
    with live.server.database.reading() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in metadata.sorted_tables
            if table.name not in ("session", "credential", "failed_sign_in")
        }


def test_forms_of_staff_sent_by_others(live: LiveHomework) -> None:
    """A form that an instructor is offered, filled in, changes nothing where somebody else sends it."""
    ina, tim, ann = (Student(live.server, name).sign_in() for name in ("ina", "tim", "ann"))
    statuses = {}
    forms = [(form, permission_of(form)) for form in forms_of(ina)]
    before = stored(live)
    for form, permission in forms:
        if permission is None:
            continue
        statuses[form.route, "ann"] = sent(ann, form)
        if permission in (Permission.MANAGE, Permission.CONTENT):
            statuses[form.route, "tim"] = sent(tim, form)
    assert stored(live) == before
    refused = {"ann": 404, "tim": 403}
    wrong = {key: status for key, status in statuses.items() if status != refused[key[1]]}
    assert wrong == {}
    assert len(statuses) > 40


def permission_of(form: Form) -> Permission | None:
    """What the endpoint of a form asks of its reader; None for forms of students."""
    (endpoint,) = (
        route.endpoint for route in ROUTES if route.path == form.route and "POST" in (route.methods or ())
    )
    permission: Permission | None = getattr(endpoint, "permission", None)
    return permission
