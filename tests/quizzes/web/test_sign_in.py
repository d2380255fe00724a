"""Signing in through real HTTP, on both databases: delays for wrong codes, HEAD, proxies, addresses."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import LiveServer, Student, live_server
from sqlalchemy import func, select
from starlette.routing import Mount, Route

from autograder.site.database import Database
from autograder.site.requests import PageRoute
from autograder.site.sessions import new_link, new_passcode
from autograder.site.tables import failed_sign_in, metadata

WRONG = "AAAAA-AAAAA"


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on SQLite or PostgreSQL."""
    with live_server(Database(address), tmp_path / "course") as server:
        server.publish()
        yield server


def rows_of(server: LiveServer) -> dict[str, list[Any]]:
    """Every row of every table."""
    with server.database.reading() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table))))
            for name, table in metadata.tables.items()
        }


def test_a_right_code_is_never_refused(live: LiveServer) -> None:
    """However many wrong codes came for a student, and from the whole hall, the right one signs in."""
    victim, neighbour = live.student(), live.student()
    attacker = Student(live, "attacker")
    for number in range(150):
        attacker.post("/sign-in", person=victim.name if number % 2 else f"guess{number}", passcode=WRONG)
    assert attacker.post("/sign-in", person=victim.name, passcode=WRONG).status_code == 429
    victim.sign_in()
    neighbour.sign_in()


def test_a_delayed_code_writes_nothing(live: LiveServer) -> None:
    """During a delay wrong codes cost no write, and a failed sign-in keeps no text of its sender."""
    student = live.student()
    attacker = Student(live, "attacker")
    long = "a" * 1_900_000
    for _ in range(30):
        attacker.post("/sign-in", person=student.name, passcode=WRONG)
        assert attacker.post("/sign-in", person=long, passcode=WRONG).status_code in (401, 429)
    with live.database.reading() as connection:
        longest = connection.execute(select(func.max(func.length(failed_sign_in.c.who)))).scalar_one()
        number = connection.execute(select(func.count()).select_from(failed_sign_in)).scalar_one()
    assert longest <= 100
    assert number < 60
    page = attacker.post("/sign-in", person=long, passcode=WRONG, next="/" + "a" * 100_000).text
    assert len(page) < 20_000


def test_guesses_write_nothing(live: LiveServer) -> None:
    """A wrong link and a wrong token are refused while the database writes something else."""
    stranger, others_write = Student(live, "stranger"), threading.Event()
    live.site.writer.submit(lambda connection: others_write.wait())
    try:
        assert stranger.post("/sign-in/a-guess").status_code == 410
        shown = {"Authorization": f"Bearer submit-{'a' * 32}"}
        assert stranger.http.get("/api/homework/hw1", headers=shown).status_code == 401
        sent = stranger.http.post("/api/homework/hw1/submissions", headers=shown, content=b"{}")
        assert sent.status_code == 401
        shown = {"Authorization": f"Bearer staff-{'a' * 32}"}
        assert stranger.http.get("/people", headers=shown).status_code in (303, 401)
    finally:
        others_write.set()


def test_one_address_does_not_slow_another_account(live: LiveServer) -> None:
    """After wrong codes for one student, a typing error of another is a plain refusal without a delay."""
    victim, other = live.student(), live.student()
    attacker = Student(live, "attacker")
    for _ in range(12):
        attacker.post("/sign-in", person=victim.name, passcode=WRONG)
    assert attacker.post("/sign-in", person=other.name, passcode=WRONG).status_code == 401


def test_head_changes_nothing(live: LiveServer) -> None:
    """No page answers HEAD by signing in, using a link up, closing an attempt or writing anything."""
    student, teacher = live.student(), live.student(role="instructor")
    attempt = student.start()
    with live.database.transaction() as connection:
        secret = new_link(connection, student.name, live.signer, live.clock.now())
        code = new_passcode(connection, student.name, live.signer)
    live.fake.pass_(2 * 3_600_000)  # the attempt is overdue: a page would close it
    before = rows_of(live)
    named = {
        "{attempt}": attempt,
        "{quiz}": "all",
        "{secret}": secret,
        "{pos:whole}": "0",
        "{run:whole}": "1",
    }
    routes = live.app._app.routes  # type: ignore[attr-defined]
    paths = [route.path for route in routes if isinstance(route, Route)]
    assert len(paths) > 30
    for path in paths:
        for name, value in named.items():
            path = path.replace(name, value)
        for person in (student, teacher):
            reply = person.http.request(
                "HEAD", path, params={"person": student.name, "passcode": code}, follow_redirects=True
            )
            assert reply.status_code in (200, 404, 405), path
            assert "set-cookie" not in reply.headers
    assert rows_of(live) == before
    assert student.get(f"/sign-in/{secret}").status_code == 200


def test_routes_name_their_methods(live: LiveServer) -> None:
    """A page's route answers the methods it names; only pages that change nothing answer HEAD."""
    routes = live.app._app.routes  # type: ignore[attr-defined]
    heads = [route.path for route in routes if isinstance(route, Route) and "HEAD" in (route.methods or ())]
    assert heads == ["/healthz"]
    assert {type(route) for route in routes} <= {PageRoute, Route, Mount}


@pytest.mark.parametrize(
    "goal",
    [
        *("//x.org", "/\t/x.org", "/\\x.org", "/\n/x.org", "\t//x.org", "/\r/x.org", "https://x.org"),
        *("/\\/x.org", "/a\t", "/\u2028/x.org", "javascript:alert(1)", "", "x", " /"),
    ],
)
def test_other_sites_are_no_goal(live: LiveServer, goal: str) -> None:
    """Whatever a link names as the next page, the browser stays on this server."""
    student = live.student()
    with live.database.transaction() as connection:
        code = new_passcode(connection, student.name, live.signer)
    reply = student.post("/sign-in", person=student.name, passcode=code, next=goal)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")


def test_a_goal_on_this_server(live: LiveServer) -> None:
    """A page of this server is reached after the sign-in, its query too."""
    student = live.student()
    with live.database.transaction() as connection:
        code = new_passcode(connection, student.name, live.signer)
    reply = student.post("/sign-in", person=student.name, passcode=code, next="/quizzes/all?x=1#y")
    assert reply.headers["Location"] == "/quizzes/all?x=1#y"


@pytest.mark.parametrize(
    ("proxies", "believed"), [((), False), (("127.0.0.1",), True), (("10.0.0.1",), False)]
)
def test_forwarded_addresses(
    address: str, tmp_path: Path, proxies: tuple[str, ...], *, believed: bool
) -> None:
    """X-Forwarded-For counts only from a configured proxy: no guesser gets fresh tries by writing one."""
    with live_server(Database(address), tmp_path / "course", proxies=proxies) as server:
        student = server.student()
        statuses = []
        for number in range(12):
            headers = {"X-Forwarded-For": f"192.0.2.{number}", "X-Forwarded-Proto": "https"}
            form = {"person": student.name, "passcode": WRONG}
            statuses.append(student.http.post("/sign-in", data=form, headers=headers).status_code)
        assert (429 not in statuses) == believed
        with server.database.transaction() as connection:
            form["passcode"] = new_passcode(connection, student.name, server.signer)
        reply = student.http.post("/sign-in", data=form, headers={"X-Forwarded-Proto": "https"})
        assert ("secure" in reply.headers["set-cookie"].lower()) == believed


def test_forms_that_no_browser_sends(live: LiveServer) -> None:
    """Broken escapes and thousands of fields are a sentence; every escape of a browser is decoded."""
    student = live.student()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"a=%zz", b"%", b"&" * 6000, b"a=\xff", b"a=b\r\nc=d"):
        assert student.http.post("/sign-in", content=body, headers=headers).status_code == 400
    body = b"person=%e2%82%ac+%3d%26%2B%25=x&passcode=a"
    assert 'value="€ =&amp;+%=x"' in student.http.post("/sign-in", content=body, headers=headers).text
