"""Lateness on the site: the arrival of the last byte decides, with a grace that is told afterwards only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_clock import MINUTE
from live_homework import BOUNDARY, LiveHomework, live_homework, multipart
from live_server import Student
from raw_http import raw_request
from tiny_course import ASSIGNMENT

from autograder.course.assignment import AssignmentFile
from autograder.site.database import Database
from autograder.site.homework.assignments import Facts

SECOND = 1000
PAGE = f"/homework/{ASSIGNMENT}"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveHomework]:
    """A live server; the assignment is due in an hour and a day late costs a tenth."""
    database = Database(str(tmp_path / "quiz.db"))
    with live_homework(database, tmp_path / "course") as live:
        live.publish(live.server.opens + 60 * MINUTE, late_per_day=0.1)
        yield live
    database.close()


def slow_upload(live: LiveHomework, student: Student, begins: int, ends: int) -> str:
    """Upload a notebook whose first and last bytes come so long after the due time; the receipt's path."""
    due_at = live.server.opens + 60 * MINUTE
    live.server.fake.pass_(due_at + begins - live.server.clock.now())
    body = multipart(student.token, b"{}")
    cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in student.http.cookies.jar)
    with raw_request(live.server.address) as request:
        request.head(
            "POST",
            f"{PAGE}/upload",
            len(body),
            Cookie=cookie,
            Content_Type=f"multipart/form-data; boundary={BOUNDARY}",
            Origin=live.server.address,
        )
        request.send(body[:50])
        assert student.get("/healthz").status_code == 200  # the server has read the head by now
        live.server.fake.pass_(due_at + ends - live.server.clock.now())
        request.send(body[50:])
        reply = request.reply().decode()
    assert reply.startswith("HTTP/1.1 303"), reply
    return reply.partition("location: ")[2].split()[0]


def test_the_default_is_five_minutes() -> None:
    """Where an assignment says nothing, five minutes cost nothing on the site; a value of its own holds."""
    content = {
        "title": "T",
        "points": 1,
        "tasks": [{"id": "f", "title": "F", "functions": ["f"], "points": 1}],
    }
    assert Facts.of(AssignmentFile.model_validate(content)).grace_minutes == 5
    content["late"] = {"grace_minutes": 0}
    assert Facts.of(AssignmentFile.model_validate(content)).grace_minutes == 0


@pytest.mark.parametrize(
    ("begins", "ends", "words"),
    [
        (-MINUTE, -SECOND, ""),
        (-MINUTE, 0, ""),
        (-MINUTE, SECOND, "1 second after the due time"),
        (-MINUTE, 5 * MINUTE, "5 minutes after the due time"),
        (-MINUTE, 5 * MINUTE + SECOND, "1 day late"),
        (2 * MINUTE, 6 * MINUTE, "1 day late"),
    ],
)
def test_the_last_byte_decides(live: LiveHomework, begins: int, ends: int, words: str) -> None:
    """A body that begins in time and ends after the grace is late; within the grace the receipt says so."""
    student = live.server.student()
    page = student.page(slow_upload(live, student, begins, ends))
    assert words in page
    assert ("On time.</strong> It arrived" in page) == ("after the due time" in words)
    assert ("day late" in page) == ("late" in words)


def test_nobody_is_told_before(live: LiveHomework) -> None:
    """No page says that there is a grace, before the due time or in the grace; then it is late."""
    student = live.server.student()
    for passes in (0, 61):
        live.server.fake.pass_(passes * MINUTE)
        page = student.page(PAGE)
        assert "grace" not in page.lower() and "late.</strong>" not in page
    assert "The due time has passed." in page
    live.server.fake.pass_(5 * MINUTE)
    assert "It is 1 day late." in student.page(PAGE)


def test_the_grace_is_settable(live: LiveHomework) -> None:
    """`grace_minutes: 0` means none."""
    live.publish(live.server.opens + 60 * MINUTE, grace_minutes=0)
    student = live.server.student()
    assert "1 day late" in student.page(slow_upload(live, student, -MINUTE, SECOND))


def test_results_are_shown_when_nobody_is_on_time_any_more(live: LiveHomework) -> None:
    """`after_due` waits for the end of the grace: until then an answer could be improved by what it says."""
    live.publish(live.server.opens + 60 * MINUTE, late_per_day=0.1, feedback="after_due")
    student = live.server.student()
    live.upload(student, b"{}")
    live.grade("4.5")
    for passes, is_shown in ((59, False), (3, False), (2, False), (2, True)):
        live.server.fake.pass_(passes * MINUTE)
        assert ("4.5 of 6 points" in student.page(PAGE)) == is_shown


def texts_of_notes(page: str) -> str:
    """What the highlighted notes of a page say."""
    return " ".join(re.findall(r'<div class="note[^"]*">(.*?)</div>', page, re.DOTALL))


def test_before_a_late_upload(live: LiveHomework) -> None:
    """The page says what a late submission can earn at most, what counts now, and whether that stays."""
    student = live.server.student()
    live.upload(student, b"{}")
    live.grade("4.5")
    live.server.fake.pass_(90 * MINUTE)
    page = student.page(PAGE)
    assert "It is 1 day late." in page and "at most 5.4 of 6 points" in page
    assert "4.5 of 6 points count now; they stay unless a later submission earns more." in page
    live.publish(live.server.opens + 60 * MINUTE, late_per_day=0.1, counts="last")
    assert "takes their place, also when it earns less" in student.page(PAGE)
    live.publish(live.server.opens + 60 * MINUTE, late_per_day=0)
    page = student.page(PAGE)
    assert "Lateness costs nothing in this assignment." in page and "at most" not in texts_of_notes(page)
