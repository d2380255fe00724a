"""Saving through HTTP: what a network, a second window and a late click do (cases 2, 6, 7, 11)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from fake_clock import MINUTE
from live_server import CHOICE, NUMERIC, TEXT, LiveServer

from quizzes.attempts.events import Saved
from quizzes.attempts.response import LARGEST


def test_lost_acknowledgement(server: LiveServer) -> None:
    """Case 2: the same save sent again, and at the same time, is one event with one answer to all."""
    server.publish()
    student = server.student()
    attempt = student.start()
    with ThreadPoolExecutor(4) as pool:
        responses = list(
            pool.map(lambda _: student.save(attempt, TEXT, "vanishing", save_id="the-same-save"), range(8))
        )
    assert {(reply.status_code, reply.json()["rev"]) for reply in responses} == {(200, 1)}
    assert sum(not reply.json()["replayed"] for reply in responses) == 1
    events = [event for event in server.exam.inspect(attempt)[1] if isinstance(event, Saved)]
    assert [event.response for event in events] == ['"vanishing"']


def test_a_save_id_is_of_one_answer(server: LiveServer) -> None:
    """Another answer under a used save id is refused, and the first one stays."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, TEXT, "first", save_id="the-same-save")
    reply = student.save(attempt, TEXT, "second", save_id="the-same-save")
    assert reply.status_code == 409
    assert "first" in student.page(f"/attempts/{attempt}")


def test_two_windows(server: LiveServer) -> None:
    """Case 6: a stale save gets what is stored; the newest window writes, the older one is told."""
    server.publish()
    student = server.student()
    attempt = student.start()
    assert student.save(attempt, TEXT, "one").json()["rev"] == 1
    stale = student.save(attempt, TEXT, "two", base=0)
    assert (stale.status_code, stale.json()["outcome"], stale.json()["answer"]) == (409, "stale", "one")
    older, student.lock = student.lock, "lock-of-the-second-tab"
    assert student.ask(f"/attempts/{attempt}/lock", {"lock": student.lock}).json()["state"] == "open"
    refused = student.save(attempt, TEXT, "old tab", base=1, lock=older)
    assert (refused.status_code, refused.json()["outcome"]) == (409, "elsewhere")
    assert student.get(f"/attempts/{attempt}/status", params={"lock": older}).json()["lock"] == "elsewhere"
    assert student.get(f"/attempts/{attempt}/status", params={"lock": student.lock}).json()["lock"] == "held"
    assert student.save(attempt, TEXT, "new tab", base=1).json()["rev"] == 2


def test_a_blank_never_overwrites_silently(server: LiveServer) -> None:
    """Case 6: nothing over something is refused unless the student clears it."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, TEXT, "something")
    for blank in (None, "", "  "):
        reply = student.save(attempt, TEXT, blank, base=1)
        assert (reply.status_code, reply.json()["outcome"], reply.json()["answer"]) == (
            409,
            "blank",
            "something",
        )
    assert student.save(attempt, TEXT, None, base=1, clear=True).json()["answer"] is None


def test_editing_after_handing_in(server: LiveServer) -> None:
    """Case 7: handed in here, typed on there: refused, written down for staff, and nothing changes."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, TEXT, "kept")
    assert student.ask(f"/attempts/{attempt}/finish", {}).status_code == 200
    reply = student.save(attempt, TEXT, "too late", base=1)
    assert (reply.status_code, reply.json()["outcome"], reply.json()["answer"]) == (409, "closed", "kept")
    events = server.exam.inspect(attempt)[1]
    assert any(isinstance(event, Saved) and event.late and event.response == '"too late"' for event in events)


def test_after_time(server: LiveServer) -> None:
    """Case 11: in the grace it counts, after it not; neither an old request nor an old cookie revives it."""
    server.publish()
    student = server.student()
    attempt = student.start()
    server.fake.pass_(20 * MINUTE + 19_000)
    graced = student.save(attempt, TEXT, "on its way")
    assert (graced.status_code, graced.json()["in_grace"], graced.json()["remaining_ms"]) == (200, True, 0)
    server.fake.pass_(2_000)
    late = student.save(attempt, TEXT, "replayed", base=1)
    assert (late.status_code, late.json()["outcome"]) == (409, "late")
    server.fake.pass_(MINUTE)
    assert student.get(f"/attempts/{attempt}").headers["Location"].endswith("/receipt")
    assert student.post("/quizzes/all/start").status_code == 403
    assert student.ask(f"/attempts/{attempt}/lock", {"lock": "another-window"}).json()["state"] != "open"
    view, events = server.exam.inspect(attempt)
    assert view.answers[TEXT].response == '"on its way"'
    assert any(isinstance(event, Saved) and event.late for event in events)


@pytest.mark.parametrize("answer", ["0,22,3", "1/0", "nan", "x", {"a": "1"}, ["1"], 5, [[1]]])
def test_what_cannot_be_read(server: LiveServer, answer: object) -> None:
    """What no question can read is refused with a sentence and never erases the last valid answer."""
    server.publish()
    student = server.student()
    attempt = student.start()
    assert student.save(attempt, NUMERIC, "0.25").status_code == 200
    reply = student.save(attempt, NUMERIC, answer, base=1)
    assert reply.status_code in (400, 422)
    assert (reply.json().get("problem") or reply.json().get("message", "")).endswith((".", "?"))
    assert server.exam.inspect(attempt)[0].answers[NUMERIC].response == '"0.25"'


def test_too_long(server: LiveServer) -> None:
    """A megabyte of text is refused with the limit in the message."""
    server.publish()
    student = server.student()
    attempt = student.start()
    reply = student.save(attempt, TEXT, "x" * (LARGEST * 16))
    assert reply.status_code == 413
    assert "64 KB" in reply.json()["message"]


@pytest.mark.parametrize("text", ["9", "("])
def test_a_long_text_in_any_field(server: LiveServer, text: str) -> None:
    """A character more than a field takes, and 64 KB: a sentence for each, and nothing is stored."""
    server.publish()
    student = server.student()
    attempt = student.start()
    for pos, question in enumerate(server.questions(attempt)):
        view = question.public_view()
        for field in [field.id for field in view.fields] or [""]:
            for length in {question.longest_text(field) + 1, LARGEST}:
                long = text * length
                reply = student.save(attempt, pos, {field: long} if field else long)
                assert reply.status_code in (413, 422), (pos, field, length, reply.text[:200])
                assert (reply.json().get("problem") or reply.json()["message"]).endswith(".")
    assert server.exam.inspect(attempt)[0].answers == {}


def test_odd_requests(server: LiveServer) -> None:
    """Requests no page of ours makes get a sentence, never an error of the server's."""
    server.publish()
    student = server.student()
    attempt = student.start()
    path = f"/attempts/{attempt}/answers/{CHOICE}"
    good = {"answer": None, "base_rev": 0, "save_id": "save-of-odd", "lock": student.lock}
    for change in (
        {"base_rev": "x"}, {"base_rev": -1}, {"base_rev": 10**30}, {"base_rev": None}, {"save_id": "short"},
        {"save_id": None}, {"lock": ""}, {"lock": 7}, {"answer": "\ud800"}, {"answer": {"a": 1}},
    ):  # fmt: skip
        body = {**good, **change}
        if change.get("answer") == "\ud800":
            headers = {"X-Form-Token": student.token, "Content-Type": "application/json"}
            text = '{"answer": "\\ud800", "base_rev": 0, "save_id": "save-of-odd", "lock": "12345678"}'
            reply = student.http.post(path, content=text, headers=headers)
        else:
            reply = student.ask(path, body)
        assert 400 <= reply.status_code < 500, (change, reply.text)
    headers = {"X-Form-Token": student.token, "Content-Type": "application/json"}
    for text in ("", "[]", "{", "null", "[" * 100_000):
        assert 400 <= student.http.post(path, content=text, headers=headers).status_code < 500
    assert student.save(attempt, 11, "x").status_code == 404
    assert student.get(f"/attempts/{attempt}/answers/x").status_code == 404
