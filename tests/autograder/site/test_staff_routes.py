"""Routes of staff: who may use each, and that a program with a token may do what its owner may do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fake_clock import MINUTE
from graded_course import ASSIGNMENT, QUIZ, finished_quiz, graded_course
from homework_site import solved
from live_homework import LiveHomework
from live_server import Student
from local_http import LOCAL
from report_factory import make_check, make_report, make_task
from sqlalchemy import func, select
from starlette.routing import Route

from autograder.site.application import site_routes
from autograder.site.people import enrol
from autograder.site.staff_tokens import make_staff_token
from autograder.site.tables import audit

# What each answers to: nobody, a student, an assistant, an instructor.
EVERYBODY = (200, 200, 200, 200)
STAFF = (303, 404, 200, 200)
INSTRUCTORS = (303, 404, 403, 200)
ACTS = (401, 404, 403, 303)  # of instructors
REFUSED = (401, 404, 403, 409)  # of instructors, with an empty form
SCRIPTS = (401, 404, 403, 403)  # of scripts, which show the form's token in a header
EXPECTED = {
    "GET /grades": (303, 200, 404, 404),
    "GET /gradebook": STAFF,
    "GET /gradebook/students/{student:path}": STAFF,
    "POST /gradebook/exports": REFUSED,
    "GET /gradebook/exports/{digest}": (303, 404, 403, 404),
    "POST /gradebook/scores": ACTS,
    "GET /content": INSTRUCTORS,
    "POST /content/assignments": REFUSED,
    "GET /content/assignments/{name}": (303, 404, 403, 404),  # there is none of this name
    "POST /content/assignments/{name}": (401, 404, 403, 404),
    "POST /content/assignments/{name}/publish": (401, 404, 403, 404),
    "POST /content/quizzes": REFUSED,
    "GET /content/pictures/{file:path}": (303, 404, 403, 404),
    "GET /content/banks/{name}": (303, 404, 403, 404),
    "POST /content/banks/{name}": REFUSED,
    "POST /content/banks/{name}/check": SCRIPTS,
    "GET /content/quizzes/{name}": (303, 404, 403, 404),
    "POST /content/quizzes/{name}": REFUSED,
    "POST /content/quizzes/{name}/check": SCRIPTS,
    "GET /settings": INSTRUCTORS,
    "POST /settings/course": (401, 404, 403, 200),  # shows the difference
    "POST /settings/mail": REFUSED,
    "POST /settings/backup-plan": ACTS,
    "POST /settings/backups": REFUSED,  # this server makes none
    "POST /settings/maintenance": ACTS,
    "GET /settings/log": INSTRUCTORS,
    "GET /settings/new-term": INSTRUCTORS,
    "POST /settings/new-term": (401, 404, 403, 200),
    "GET /metrics": STAFF,
    "GET /healthz": EVERYBODY,
    "GET /sso/{provider}": (404, 404, 404, 404),
    "GET /sso/{provider}/answer": (400, 400, 400, 400),
    "POST /sso/{provider}/answer": (400, 400, 400, 400),
    "GET /sso/{provider}/metadata": (404, 404, 404, 404),
}
OURS = re.compile(r"/(grades|gradebook|content|settings|metrics|healthz|sso)\b.*")
ACTING = re.compile(r"/(gradebook|content|settings|platforms|clock|banks)(?!.*publish)\b.*")
ROUTES = [
    (method, route.path)
    for route in site_routes()
    if isinstance(route, Route)
    for method in sorted(route.methods or ())
    if method in ("GET", "POST")
]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A course with an assignment, a quiz, and somebody's work on both."""
    with graded_course(tmp_path / "course") as live:
        live.publish(due_at=live.server.opens + 60 * MINUTE)
        live.server.publish(QUIZ)
        yield live


def filled(path: str, values: dict[str, str]) -> str:
    """A route's path with values; what is not known is 1."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda match: values.get(match[1], "1"), path)


def test_every_route_has_an_expectation() -> None:
    """A route that is added without saying who may use it fails here."""
    assert {f"{method} {path}" for method, path in ROUTES if OURS.fullmatch(path)} == set(EXPECTED)


def test_everybody_on_every_route(live: LiveHomework) -> None:
    """Each answer is the expected one."""
    ann, tim = live.server.student(name="ann"), live.server.student(name="tim", role="ta")
    ina, nobody = live.server.student(name="ina", role="instructor"), live.server.student(name="bob")
    nobody.http.cookies.clear()
    answers = {}
    for route in EXPECTED:
        method, path = route.split()
        address = filled(path, {"student": "ann", "file": "x.png", "name": "none"})
        answers[route] = tuple(
            who.http.request(
                method, address, data={"token": who.token} if method == "POST" else None
            ).status_code
            for who in (nobody, ann, tim, ina)
        )
    assert answers == EXPECTED


@pytest.mark.full
def test_a_program_may_what_its_owner_may(live: LiveHomework) -> None:
    """Every acting route of staff answers a token as it answers the form, and logs the same line."""
    server = live.server
    ann = server.student(name="ann")
    people = {
        name: server.student(name=name, role=role) for name, role in (("tim", "ta"), ("ina", "instructor"))
    }
    submission = live.upload(ann, solved(server.course)).headers["Location"].rpartition("/")[2]
    live.grade("4", report=make_report(make_task("double", make_check())).to_json().encode())
    attempt = finished_quiz(live, ann, "sum", "product")
    with server.database.transaction() as connection:
        at = server.clock.now()
        tokens = {
            name: make_staff_token(connection, "course", name, "x", server.signer, at=at, who=name)
            for name in people
        }
    values = {"assignment": ASSIGNMENT, "quiz": QUIZ, "submission": submission, "attempt": attempt}
    values |= {"student": "ann", "person": "ann", "name": "words"}
    acting = [path for method, path in ROUTES if method == "POST" and ACTING.fullmatch(path)]
    assert len(acting) > 20
    different = []
    with httpx.Client(base_url=server.address, **LOCAL) as program:
        for path in acting:
            address = filled(path, values)
            for name, who in people.items():
                before = newest(live)
                script = path.endswith("/check")  # sends JSON, with the form's token in a header
                sent: dict[str, Any] = {"json": {}} if script else {"data": {"token": who.token}}
                by_form = who.http.post(address, **sent, headers={"X-Form-Token": who.token})
                form_acts = acts_after(live, before)
                before = newest(live)
                shown = {"Authorization": f"Bearer {tokens[name]}"}
                empty: dict[str, Any] = {"json": {}} if script else {"data": {}}
                by_token = program.post(address, **empty, headers=shown)
                token_acts = acts_after(live, before)
                same = (by_form.status_code, form_acts) == (by_token.status_code, token_acts)
                # The same act a second time may find nothing left to do.
                if not same and not (by_form.status_code < 400 and by_token.status_code in (303, 404, 409)):
                    different.append((path, name, by_form.status_code, by_token.status_code))
    assert different == [], "\n".join(map(str, different))


def newest(live: LiveHomework) -> int:
    """The number of the newest act in the log."""
    with live.server.database.reading() as connection:
        return int(connection.execute(select(func.coalesce(func.max(audit.c.id), 0))).scalar_one())


def acts_after(live: LiveHomework, number: int) -> list[tuple[Any, ...]]:
    """Who did what, on what, after an act."""
    with live.server.database.reading() as connection:
        rows = connection.execute(
            select(audit.c.who, audit.c.act, audit.c.subject).where(audit.c.id > number).order_by(audit.c.id)
        )
        return [tuple(row) for row in rows]


def test_no_act_by_a_token_of_a_student(live: LiveHomework) -> None:
    """Only staff's tokens are tokens; who is no member of staff any more has none either."""
    server = live.server
    tim: Student = server.student(name="tim", role="ta")
    with server.database.transaction() as connection:
        at = server.clock.now()
        token = make_staff_token(connection, "course", "tim", "x", server.signer, at=at, who="tim")
    with httpx.Client(base_url=server.address, **LOCAL) as program:
        headers = {"Authorization": f"Bearer {token}"}
        assert program.get("/gradebook", headers=headers).status_code == 200
        with server.database.transaction() as connection:
            enrol(connection, "course", "tim", role="student")
        server.fake.pass_(20_000)
        assert program.post("/settings/maintenance", data={"begin": "y"}, headers=headers).status_code in (
            401,
            404,
        )
        assert program.get("/gradebook", headers=headers).status_code != 200
    assert tim.get("/grades").status_code == 200
