"""Odd texts in every field of every form and request, through real HTTP: a sentence, never a fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_server import CHOICE, ESSAY, NUMERIC, TEXT, LiveServer, Student, live_server
from marking_site import answer_with

from autograder.site.database import Database
from autograder.site.sessions import new_passcode

ODD = (
    *("", "²", "-1", "NaN", "1e400", "9" * 5000, "9" * 18, "2147483648", "\0", "\ufffd", "½", "0,5"),
    *("a" * 70_000, "[" * 60_000, "x\r\nSet-Cookie: a=b", "<b>", "=1+1", "\N{GRINNING FACE}" * 5000),
)
STAFF_FORMS = {
    "/staff/all/time": ("who", "minutes", "percent", "reason", "page", "attempt"),
    "/staff/all/message": ("text", "page"),
    "{answer}": ("item", "points", "adjust", "comment", "seen", "withdraw"),
    "{answer}/undo": ("mark",),
    "{answer}/notes": ("note",),
    "{question}/rubric": ("item_id", "item_text", "item_points", "version", "confirm", "from_full", "reason"),
    "{question}/comments": ("text", "remove"),
    "/marking/quiz/all/assign": ("question", "marker", "how"),
    "/marking/conflicts": ("marker", "person", "reason", "remove"),
    "/marking/keys": ("back", "off"),
    "/regrade-requests": ("kind", "answer", "part", "text"),
    "/regrade-requests/1/answer": ("text", "points", "seen", "check_is_wrong"),
    "/regrade-requests/1/appeal": ("text",),
    "/staff/attempts/{marked}/reopen": ("minutes", "reason", "page"),
    "/staff/attempts/{marked}/accept": ("save", "page"),
    f"/staff/attempts/{{marked}}/points/{TEXT}": ("points", "reason", "seen", "page"),
    f"/staff/attempts/{{marked}}/withdraw/{TEXT}": ("reason", "seen"),
    "/people/import": ("roster", "accommodations", "digest", "take_away"),
    "/banks/import": ("digest",),
    "/receipts": ("receipt", "text", "digest"),
    "/clock": ("reason",),
    "/platforms/connections": ("issuer", "client", "deployment", "context", "connect"),
    "/platforms/matches": ("user",),
}
STUDENT_FORMS = {
    "/attempts/{open}": (
        *("lock", "page", "action", f"a{TEXT}", f"a{NUMERIC}", f"a{ESSAY}", f"a{CHOICE}", f"rev{TEXT}"),
    ),
    f"/attempts/{{marked}}/regrade-requests/{TEXT}": ("text",),
    "/quizzes/all/start": ("preview",),
    "/sign-in": ("person", "passcode", "next", "saved_form"),
}
USUAL = {"reason": "why", "minutes": "5", "who": "all", "points": "1", "text": "t", "page": "p", "pos": "0"}
NOT_JSON = (
    *(b"[" * 60_000, b'{"a":' * 50_000, b'"x"', b"\xff\xfe", b"NaN", b""),
    b'{"answer": "\\ud800", "base_rev": 0, "save_id": "surrogates-1", "lock": "\\udc00"}',
    b'{"answer": NaN, "base_rev": 0, "save_id": "not-a-number", "lock": "x"}',
    b'{"answer": "1", "base_rev": 1e999, "save_id": "infinite-base", "lock": "x"}',
    b'{"answer": "1", "base_rev": 0, "save_id": "\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000"}',
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    1.5,
    -1,
    10**30,
    [],
    {},
    [[]],
    {"a": {}},
    ["x"] * 3000,
    [None],
    {"a": None},
    {"": ""},
)


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[LiveServer]:
    """A live server on SQLite or PostgreSQL."""
    with live_server(Database(address), tmp_path / "course") as server:
        server.publish()
        yield server


def taking(live: LiveServer) -> tuple[Student, dict[str, str]]:
    """A student with an attempt that is marked and another one's that is open; their ids."""
    student, other = live.student(), live.student()
    marked = other.start()
    other.save(marked, ESSAY, "an essay")
    other.ask(f"/attempts/{marked}/finish", {})
    live.exam.mark()
    return student, {"open": student.start(), "marked": marked}


@pytest.mark.full
def test_odd_fields(live: LiveServer) -> None:
    """No text in any field of a form is a fault of the server, nor an address that no browser follows."""
    teacher = live.student(role="instructor")
    student, attempts = taking(live)
    attempts["answer"] = answer_with(teacher, "an essay")
    attempts["question"] = attempts["answer"].rpartition("/answers/")[0]
    faults = []
    for who, forms in ((teacher, STAFF_FORMS), (student, STUDENT_FORMS)):
        for path, fields in forms.items():
            for name in fields:
                for odd in ODD:
                    usual = {field: USUAL[field] for field in fields if field in USUAL}
                    form = {"token": who.token, **usual, name: odd}
                    reply = who.http.post(path.format(**attempts), data=form)
                    location = reply.headers.get("Location", "")
                    if reply.status_code >= 500 or len(location) > 2100 or "Set-Cookie" in location:
                        faults.append((path, name, odd[:20], reply.status_code))
    assert faults == []


def test_odd_json(live: LiveServer) -> None:
    """Nor is anything that a script could send instead of an answer, a lock or a flag."""
    student, attempts = taking(live)
    headers = {"X-Form-Token": student.token, "Content-Type": "application/json"}
    bodies = [*NOT_JSON]
    for name in ("answer", "base_rev", "save_id", "lock", "clear", "flagged", "timer"):
        usual = {"answer": "1", "base_rev": 0, "save_id": f"odd-json-{name}", "lock": student.lock}
        bodies += [json.dumps({**usual, name: value}).encode() for value in VALUES]
    paths = [f"answers/{pos}" for pos in (NUMERIC, TEXT, ESSAY, CHOICE)] + ["lock", "flags/0"]
    faults = []
    for path in paths:
        for body in bodies:
            reply = student.http.post(f"/attempts/{attempts['open']}/{path}", content=body, headers=headers)
            if reply.status_code >= 500:
                faults.append((path, body[:60], reply.status_code))
    assert faults == []


@pytest.mark.parametrize("saved_form", ["[" * 60_000, '{"a":' * 20_000, "[1]", '{"a": 1}', "NaN"])
def test_an_odd_form_to_send_again(live: LiveServer, saved_form: str) -> None:
    """A right passcode signs in, whatever the page says was to be sent again."""
    student = live.student()
    with live.database.transaction() as connection:
        code = new_passcode(connection, student.name, live.signer)
    form = {"person": student.name, "passcode": code, "next": "/", "saved_form": saved_form}
    reply = student.http.post("/sign-in", data=form)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/")
