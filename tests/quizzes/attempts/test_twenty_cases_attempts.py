"""Attempts through HTTP: starting, coming back, ending, and the clock (cases 3, 4, 5, 8 to 10, 12 to 15)."""

from __future__ import annotations

import logging
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from fake_clock import MINUTE
from live_server import ESSAY, NUMERIC, TEXT, LiveServer
from sqlalchemy import func, select

from autograder.errors import Busy
from autograder.site.tables import outbox
from quizzes.content.items.numeric import NumericQuestion
from quizzes.schedule.timing import Accommodation
from quizzes.store.tables import attempt as attempts
from quizzes.store.tables import receipt


def count(server: LiveServer, table: object) -> int:
    """How many rows a table has."""
    with server.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_coming_back(server: LiveServer) -> None:
    """Case 3: after a crash or at another device everything is there, and the clock did not pause."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, TEXT, "vanishing <gradients>")
    student.save(attempt, ESSAY, "first line\nsecond line")
    server.fake.pass_(5 * MINUTE)
    again = server.student(name=student.name)
    page = again.page(f"/attempts/{attempt}")
    assert "vanishing &lt;gradients&gt;" in page
    assert "first line\nsecond line" in page
    assert int(re.search(r'data-remaining="(\d+)"', page)[1]) == 15 * MINUTE  # type: ignore[index]
    assert again.post("/quizzes/all/start").headers["Location"] == f"/attempts/{attempt}"


def test_double_click_on_start(server: LiveServer) -> None:
    """Case 4: many starts at once are one attempt, and all are led to it."""
    server.publish()
    student = server.student()
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: student.post("/quizzes/all/start"), range(12)))
    places = [reply.headers["Location"] for reply in responses]
    assert len({place.partition("#")[0] for place in places}) == 1
    assert sum(place.endswith("#begun") for place in places) == 1  # the window that has the edit lock
    assert count(server, attempts) == 1


def test_double_submit(server: LiveServer) -> None:
    """Case 5: many finishes are one receipt, one grade and one message to the gradebook."""
    server.publish()
    student = server.student()
    attempt = student.start()
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: student.ask(f"/attempts/{attempt}/finish", {}), range(12)))
    assert {reply.status_code for reply in responses} == {200}
    for _ in range(3):
        student.page(f"/attempts/{attempt}/results")
    assert (count(server, receipt), count(server, outbox)) == (1, 1)


def test_no_results_before_the_end(server: LiveServer) -> None:
    """Case 8: with an attempt open there are no results, in whichever tab they are asked for."""
    server.publish()
    student = server.student()
    attempt = student.start()
    assert student.get(f"/attempts/{attempt}/results").headers["Location"] == f"/attempts/{attempt}"
    assert student.get(f"/attempts/{attempt}/receipt").headers["Location"] == f"/attempts/{attempt}"
    assert student.get(f"/attempts/{attempt}/receipt.json").status_code == 409


def test_nothing_is_cached(server: LiveServer) -> None:
    """Case 9: no page is kept by a browser, only styles and scripts, whose address is their digest."""
    server.publish()
    student = server.student()
    attempt = student.start()
    for path in ("/", "/quizzes/all", f"/attempts/{attempt}", f"/attempts/{attempt}/status", "/nothing"):
        assert student.get(path).headers["Cache-Control"] == "no-store", path
    style = re.search(r'href="(/static/[^"]+\.css)"', student.page("/"))[1]  # type: ignore[index]
    assert "immutable" in student.get(style).headers["Cache-Control"]


def test_only_the_server_tells_the_time(server: LiveServer) -> None:
    """Case 10: what a browser says of time changes nothing."""
    server.publish()
    student = server.student()
    attempt = student.start()
    server.fake.pass_(21 * MINUTE)
    late = student.save(attempt, TEXT, "x", at=0, now=0, remaining_ms=10**9)
    assert late.json()["outcome"] == "late"
    server.fake.set_back(60 * MINUTE)
    assert student.save(attempt, TEXT, "x").json()["outcome"] in ("late", "closed")


def test_the_herd_at_the_opening(server: LiveServer) -> None:
    """Case 12: fifty start at once, each gets an attempt of their own with the whole time."""
    server.publish()
    students = [server.student() for _ in range(50)]
    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(lambda student: student.start(), students))
    assert len(ids) == 50
    for attempt_id in ids:
        row = server.exam.inspect(attempt_id)[0].attempt
        assert row.deadline_at == row.started_at + 20 * MINUTE


def test_a_busy_server_drops_nothing(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 12: when too many wait, a save gets 503 with a time to come again, and then is taken."""
    server.publish()
    student = server.student()
    attempt = student.start()
    with monkeypatch.context() as context:
        context.setattr("autograder.site.writer.LONGEST_QUEUE", 0)
        reply = student.save(attempt, TEXT, "patient", save_id="a-patient-save")
        assert (reply.status_code, reply.headers["Retry-After"]) == (503, str(Busy.retry_after))
    assert student.save(attempt, TEXT, "patient", save_id="a-patient-save").json()["rev"] == 1


def test_a_full_disk(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little room left nobody starts any more, and whoever has started saves on."""
    server.publish()
    first, second = server.student(), server.student()
    attempt = first.start()
    monkeypatch.setattr(server.exam, "_has_disk_space", lambda database: False)
    assert second.post("/quizzes/all/start").status_code == 503
    assert first.save(attempt, TEXT, "on").status_code == 200


def test_zones(server: LiveServer) -> None:
    """Case 14: instants are shown with seconds in the course's zone, whose name is there."""
    server.publish()
    page = server.student().page("/quizzes/all")
    assert re.search(r"\d\d:\d\d:\d\d P[DS]T \(America/Los_Angeles\)", page)


def test_accommodations(server: LiveServer) -> None:
    """Case 15: a student sees their own time, gets it past everybody's close, and is not late."""
    server.publish(closes_at=server.opens + 20 * MINUTE, due_at=server.opens + 20 * MINUTE)
    student = server.student(Accommodation(Fraction(3, 2), 5 * MINUTE))
    assert "35 minutes" in student.page("/quizzes/all")
    attempt = student.start()
    server.fake.pass_(34 * MINUTE)
    assert student.save(attempt, TEXT, "still on").status_code == 200
    page = student.page(f"/attempts/{attempt}")
    assert int(re.search(r'data-remaining="(\d+)"', page)[1]) <= MINUTE  # type: ignore[index]
    student.ask(f"/attempts/{attempt}/finish", {})
    assert "Late" not in student.page(f"/attempts/{attempt}/receipt")


def test_the_cut_is_said_beforehand(server: LiveServer) -> None:
    """Whoever starts too late for their whole time is told by how much before the clock runs."""
    server.publish()
    server.fake.pass_(50 * MINUTE)
    assert "would lose 10 minutes" in server.student().page("/quizzes/all")


def test_logging_cannot_break_a_save(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 17: a question that fails, and a log handler that fails to say so, cost no answer."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise sqlite3.OperationalError("no partition for this month")

    def fails(question: object, answer: object) -> str:
        raise ZeroDivisionError

    server.publish()
    student = server.student()
    attempt = student.start()
    broken = Broken(level=0)
    monkeypatch.setattr(NumericQuestion, "problem_with", fails)
    logging.getLogger("quizzes").addHandler(broken)
    try:
        for base in range(3):
            assert student.save(attempt, NUMERIC, f"answer {base}", base=base).status_code == 200
    finally:
        logging.getLogger("quizzes").removeHandler(broken)


def test_the_version_of_the_start(server: LiveServer) -> None:
    """A quiz published anew while somebody writes: they keep theirs, who starts now gets the new one."""
    server.publish()
    first, second = server.student(), server.student()
    attempt = first.start()
    before = first.page(f"/attempts/{attempt}")
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("Answer them all.", "Another text."), encoding="utf-8"
    )
    server.publish()
    same = re.compile(r'name="page" value="[^"]*"|data-(now|remaining)="\d+"')
    assert same.sub("", first.page(f"/attempts/{attempt}")) == same.sub("", before)
    assert "Another text." in second.page(f"/attempts/{second.start()}")


def test_two_students_two_keys(server: LiveServer) -> None:
    """Quiz 4 taken by two: other numbers, and each key earns its student all eight points."""
    server.publish("quiz4")
    seen = []
    for student in (server.student(), server.student()):
        attempt = student.start("quiz4")
        questions = server.questions(attempt)
        for pos, question in enumerate(questions):
            assert student.save(attempt, pos, question.key_answer).status_code == 200
        seen.append([question.public_view().prompt for question in questions])
        student.ask(f"/attempts/{attempt}/finish", {})
        page = student.page(f"/attempts/{attempt}/results")
        assert re.search(r'class="total"><strong>8</strong> of 8 points', page)
    assert sum(a != b for a, b in zip(*seen, strict=True)) >= 4


def test_a_preview_is_not_counted(server: LiveServer) -> None:
    """Staff may look at a quiz before it opens as often as they like; no attempt is used, no grade sent."""
    server.publish(opens_at=server.opens + MINUTE)
    staff, student = server.student(role="instructor"), server.student()
    for _ in range(2):
        reply = staff.post("/quizzes/all/start", preview="yes")
        attempt = reply.headers["Location"].rpartition("/")[2].partition("#")[0]
        assert staff.save(attempt, NUMERIC, "1", lock=staff.form(attempt)["lock"]).status_code == 200
        staff.post(f"/attempts/{attempt}/finish")
        staff.page(f"/attempts/{attempt}/results")
    assert count(server, outbox) == 0
    assert student.post("/quizzes/all/start", preview="yes").status_code == 403
    assert student.post("/quizzes/all/start").status_code == 404
    assert "Not available until" in student.page("/quizzes/all")
