"""When a save arrives, how long a request may take, and how much a student may save: through real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_clock import MINUTE
from live_server import ESSAY, TEXT, LiveServer, Student, live_server
from patience import eventually
from raw_http import RawRequest, raw_request
from sqlalchemy import func, select

from autograder.site.database import Database
from quizzes.attempts.events import Saved
from quizzes.store.tables import answer_event, attempt

SECOND = 1000


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on SQLite or PostgreSQL, with the quiz of every kind."""
    with live_server(Database(address), tmp_path / "course") as server:
        server.publish()
        yield server


def half_sent(request: RawRequest, student: Student, attempt_id: str, answer: str) -> bytes:
    """Send a save's headers and half of its body; returns the other half."""
    save = {
        "answer": answer,
        "base_rev": 0,
        "save_id": f"slow-{answer:>8}".replace(" ", "-"),
        "lock": student.lock,
    }
    body = json.dumps(save).encode()
    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in student.http.cookies.jar)
    request.head(
        "POST",
        f"/attempts/{attempt_id}/answers/{TEXT}",
        len(body),
        Cookie=cookie,
        Content_Type="application/json",
        X_Form_Token=student.token,
        Origin=student.server.address,
    )
    request.send(body[:20])
    return body[20:]


def saves_of(server: LiveServer, attempt_id: str) -> list[Saved]:
    """The saves in an attempt's log."""
    return [event for event in server.exam.inspect(attempt_id)[1] if isinstance(event, Saved)]


@pytest.mark.parametrize(
    ("begins", "ends", "outcome"),
    [(-3, -1, "saved"), (-3, 12, "grace"), (-3, 19, "grace"), (-3, 57, "late"), (-60, 21, "late")],
)
def test_a_save_arrives_with_its_last_byte(live: LiveServer, begins: int, ends: int, outcome: str) -> None:
    """Headers before the deadline do not make a body that comes after it timely; staff see both times."""
    student, teacher = live.student(), live.student(role="instructor")
    attempt_id = student.start()
    deadline_at = live.exam.inspect(attempt_id)[0].attempt.deadline_at
    assert deadline_at is not None
    began_at, ended_at = deadline_at + begins * SECOND, deadline_at + ends * SECOND
    live.fake.pass_(began_at - live.clock.now())
    with raw_request(live.address) as request:
        rest = half_sent(request, student, attempt_id, "in time")
        assert student.get("/healthz").status_code == 200
        eventually(lambda: live.app.held)  # the server has begun to read the body
        live.fake.pass_(ended_at - live.clock.now())
        request.send(rest)
        reply = request.reply()
    status = int(reply.split(b" ", 2)[1])
    (save,) = saves_of(live, attempt_id)
    assert (save.at, save.began_at) == (ended_at, began_at)
    assert (status, save.late, save.in_grace) == {
        "saved": (200, False, False),
        "grace": (200, False, True),
        "late": (409, True, False),
    }[outcome]
    page = teacher.page(f"/staff/attempts/{attempt_id}")
    assert "It began to arrive at" in page


def test_half_sent_requests_are_closed(address: str, tmp_path: Path) -> None:
    """Bodies and headers that do not come are not waited for: each connection is answered or closed."""
    with live_server(Database(address), tmp_path / "course", body_seconds=0.5, header_seconds=0.5) as server:
        with raw_request(server.address) as request:
            request.head("POST", "/sign-in", 1000)
            request.send(b"person=a")
            assert request.reply().startswith(b"HTTP/1.1 408 ")
        whole = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        for first, then in ((b"", b""), (b"", b"GET / HTTP/1.1\r\nHost: x\r\n"), (whole, b"GET /he")):
            with raw_request(server.address) as request:
                request.send(first)
                assert not first or request.reply().startswith(b"HTTP/1.1 200 ")
                request.send(then)
                assert request.socket.recv(1000) == b""  # closed
        assert Student(server, "a").get("/healthz").status_code == 200


def test_headers_without_an_end(live: LiveServer) -> None:
    """A request of a megabyte of headers is closed before it is all read."""
    with raw_request(live.address) as request, pytest.raises(OSError):
        request.send(b"GET / HTTP/1.1\r\n")
        for number in range(1000):
            request.send(f"X-{number}: {'x' * 1000}\r\n".encode())
        if not request.socket.recv(10):
            raise OSError("closed")


def test_what_one_student_saves_has_a_total(live: LiveServer) -> None:
    """Megabytes in seconds are refused with a wait; saves are taken later, and nothing stored is lost."""
    student = live.student()
    attempt_id = student.start()
    text, base = "word " * 13_000, 0
    for _ in range(200):
        reply = student.save(attempt_id, ESSAY, f"{base}{text}"[:60_000], base)
        if reply.status_code == 422:  # too many words: kept in the log, too
            continue
        if reply.status_code != 200:
            break
        base += 1
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) >= 1
    with live.database.reading() as connection:
        stored = connection.execute(select(func.sum(func.length(answer_event.c.response)))).scalar_one()
        assert stored <= connection.execute(select(attempt.c.saved_bytes)).scalar_one() <= 2 * 1024 * 1024
    live.fake.pass_(2 * MINUTE)
    assert student.save(attempt_id, TEXT, "still here").status_code == 200


def test_somebody_who_types_is_never_refused(live: LiveServer) -> None:
    """A whole essay every second and a half, for as long as the quiz lasts, stays below the total."""
    student = live.student()
    attempt_id = student.start()
    answers: list[Any] = [f"{number} " + "w" * 10_000 for number in range(300)]
    for number, answer in enumerate(answers):
        assert student.save(attempt_id, ESSAY, answer, number).status_code == 200
        live.fake.pass_(1500)


@pytest.mark.parametrize("number", ["²", "9" * 5000, "NaN", "-1", "1e3", "", "٣", " 1", "9" * 12])
def test_odd_numbers(live: LiveServer, number: str) -> None:
    """Whatever stands for a number in a path, a form or JSON, the answer is a sentence, never a failure."""
    student, teacher = live.student(), live.student(role="instructor")
    attempt_id = student.start()
    forms = [
        (f"/staff/{'all'}/time", {"minutes": number, "percent": number, "reason": "x", "who": "all"}),
        (f"/regrade-requests/{number}/answer", {"text": "x", "points": number, "seen": number}),
        (f"/marking/quiz/all/questions/x/answers/{number}", {"points": number, "seen": number}),
        ("/marking/quiz/all/questions/x/rubric", {"version": number, "item_points": number}),
    ]
    responses = [teacher.post(path, **fields) for path, fields in forms]
    form = student.form(attempt_id)
    responses.append(
        student.post(f"/attempts/{attempt_id}", **{**form, f"rev{TEXT}": number, f"a{TEXT}": "x"})
    )
    responses.append(student.save(attempt_id, TEXT, "x", base=number))  # type: ignore[arg-type]
    paths = (f"answers/{number}", f"flags/{number}", f"regrade-requests/{number}")
    responses += [student.ask(f"/attempts/{attempt_id}/{path}", {}) for path in paths]
    responses.append(teacher.post(f"/staff/all/regrades/{number}/release"))
    assert [reply.status_code for reply in responses if reply.status_code >= 500] == []
    headers = {"X-Form-Token": student.token, "Content-Type": "application/json"}
    for odd in ("NaN", "Infinity", "1e999", "9" * 5000):
        body = f'{{"answer": "x", "base_rev": {odd}, "save_id": "odd-number", "lock": "{student.lock}"}}'
        reply = student.http.post(f"/attempts/{attempt_id}/answers/{TEXT}", content=body, headers=headers)
        assert 400 <= reply.status_code < 500


def test_nul_bytes(live: LiveServer) -> None:
    """A NUL, which PostgreSQL cannot store, is refused or replaced wherever it comes from."""
    student, teacher = live.student(), live.student(role="instructor")
    attempt_id = student.start()
    responses = [
        student.post("/sign-in", person="a\0b", passcode="\0"),
        teacher.post("/staff/all/message", text="a\0b"),
        teacher.post("/staff/all/time", minutes="5", reason="a\0b", who="all"),
        teacher.post(f"/staff/attempts/{attempt_id}/close", reason="a\0b"),
        student.get(f"/attempts/{attempt_id}%00"),
        student.get("/sign-in?next=%00"),
        student.get("/quizzes/a%00"),
        student.get("/sign-in/%00"),
        student.save(attempt_id, TEXT, "a\0b"),
        student.post(f"/attempts/{attempt_id}", lock="a\0b"),
    ]
    assert [reply.status_code for reply in responses if reply.status_code >= 500] == []
