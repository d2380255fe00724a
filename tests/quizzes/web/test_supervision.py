"""Supervision: the function grader starts again, clocks are watched, sessions end, receipts are verified."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_clock import MINUTE, FakeClock
from live_server import CODE, TEXT, LiveServer, Student, live_server

from autograder.site.audit import acts_on
from autograder.site.clock import ServerClock
from autograder.site.clock_correction import ClockCorrections, wrong_spans
from autograder.site.database import Database
from autograder.site.server import FILE, FOLDER
from autograder.site.supervised_process import FIRST_DELAY
from quizzes.store.events import latest_instant
from quizzes.web.function_process import FunctionProcess

YEARS = 40 * 365 * 24 * 60 * MINUTE


class Seconds:
    """A clock of seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time now."""
        return self.now


@pytest.fixture
def waiting(server: LiveServer) -> LiveServer:
    """A server with a submitted function that waits for its mark."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, CODE, "def epoch(x):\n    return x")
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    return server


@pytest.fixture
def grader(waiting: LiveServer, request: pytest.FixtureRequest) -> Iterator[tuple[FunctionProcess, Seconds]]:
    """A grader process with the test's command."""
    seconds = Seconds()
    command = [sys.executable, "-c", request.param]
    process = FunctionProcess(
        waiting.database, waiting.course.root, course_file=True, command=command, clock=seconds
    )
    waiting.site.warnings.append(process.warning)
    yield process, seconds
    process.close()


def ended(process: FunctionProcess) -> None:
    """Wait until the process that was started has ended."""
    assert process._process is not None
    process._process.wait()


@pytest.mark.parametrize("grader", ["import sys; sys.exit('no namespaces here')"], indirect=True)
def test_a_grader_that_ends_is_started_again(
    waiting: LiveServer, grader: tuple[FunctionProcess, Seconds]
) -> None:
    """After a delay that grows; staff see that functions are not graded, and why."""
    process, seconds = grader
    teacher = waiting.student(role="ta")
    delay = FIRST_DELAY
    for failures in (1, 2, 3):
        assert process.start_if_needed() == 1
        ended(process)
        assert process.start_if_needed() == 0
        times = "1 time" if failures == 1 else f"{failures} times"
        assert f"the grader ended {times} in a row" in process.warning()
        seconds.now += delay - 0.1
        assert process.start_if_needed() == 0
        seconds.now += 0.2
        delay *= 2
    for path in ("/staff/all", "/marking/quiz/all"):
        page = teacher.page(path)
        assert "Functions are not being graded" in page and "no namespaces here" in page


@pytest.mark.parametrize("grader", ["import sys; sys.stdin.read()"], indirect=True)
def test_a_grader_that_runs_is_left_alone(
    waiting: LiveServer, grader: tuple[FunctionProcess, Seconds]
) -> None:
    """Nobody is warned, and no second one is started; one that was killed is started again."""
    process, seconds = grader
    assert process.start_if_needed() == 1
    first = process._process
    assert process.start_if_needed() == 0 and process._process is first
    assert process.warning() == ""
    assert first is not None
    first.kill()
    first.wait()
    process.start_if_needed()
    seconds.now += FIRST_DELAY + 0.1
    assert process.start_if_needed() == 1 and process._process is not first
    seconds.now += 61
    process.start_if_needed()
    assert process.warning() == ""


def test_a_command_that_is_not_there(waiting: LiveServer) -> None:
    """It is a failure like any other, not the end of the background task."""
    process = FunctionProcess(waiting.database, Path("/"), course_file=True, command=["/no/such/program"])
    process.start_if_needed()
    assert "Functions are not being graded" in process.warning()


def test_a_clock_in_another_century_is_noticed_and_not_followed(server: LiveServer) -> None:
    """A machine's clock that is in 2066 for a moment ends no attempt; staff see it."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = student.start()
    server.fake.sleep(YEARS)  # the wall clock alone
    server.exam.sweep()
    assert student.save(attempt, TEXT, "in time").status_code == 200
    assert student.get(f"/attempts/{attempt}/status").json()["remaining_ms"] == 20 * MINUTE
    assert "The machine&#39;s clock is 14600 days ahead of the server" in teacher.page("/staff/all")
    server.fake.set_back(YEARS)
    assert "was 14600 days ahead for a while" in teacher.page("/staff/all")
    assert server.exam.inspect(attempt)[0].attempt.state == "open"
    assert "agree" in teacher.page("/clock")


def test_staff_set_the_clock_right(server: LiveServer) -> None:
    """An instructor takes over the machine's clock; it is recorded, and outlasts a restart."""
    server.publish()
    teacher, ta, student = server.student(role="instructor"), server.student(role="ta"), server.student()
    right = server.clock.now()
    server.fake.wall += YEARS * 1_000_000
    server.clock.set_right()  # a server that was started with a wrong clock
    server.publish(closes_at=None, due_at=None)
    for person in (teacher, ta, student):
        person.sign_in()
    attempt = student.start()
    student.save(attempt, TEXT, "in 2066")
    server.fake.set_back(YEARS)
    assert "days behind the server" in teacher.page("/clock")
    assert student.get("/clock").status_code == 404
    assert student.post("/clock", reason="x").status_code == 404
    assert ta.post("/clock", reason="x").status_code == 403
    assert teacher.post("/clock", reason=" ").status_code == 409
    assert teacher.post("/clock", reason="the battery was empty").status_code == 303
    assert server.clock.now() == right
    assert "agree" in teacher.page("/clock")
    with server.database.reading() as connection:
        (act,) = acts_on(connection, "clock")
        floor = latest_instant(connection, wrong_spans(connection))
    assert (act.who, act.detail["reason"], act.detail["to"]) == (teacher.name, "the battery was empty", right)
    fake = server.fake
    again = ServerClock(floor, wall=lambda: fake.wall, steady=lambda: fake.steady)
    assert again.now() == right


def test_a_correction_holds_for_all_servers_of_a_database(address: str, tmp_path: Path) -> None:
    """What is set right at one server, the others follow; where it was made, nothing moves again."""
    with (
        live_server(Database(address), tmp_path / "one") as first,
        live_server(Database(address), tmp_path / "other") as other,
    ):
        first.publish()
        teacher, right = first.student(role="instructor"), first.clock.now()
        for each in (first, other):
            each.fake.wall += YEARS * 1_000_000
            each.clock.set_right()  # both were started with a wrong clock
            each.fake.set_back(YEARS)
        teacher.sign_in()
        assert teacher.post("/clock", reason="the battery was empty").status_code == 303
        assert (first.clock.now(), other.clock.now()) == (right, right + YEARS)
        assert other.site.clock_corrections.follow() == 1
        assert other.clock.now() == right
        assert [each.site.clock_corrections.follow() for each in (first, other)] == [0, 0]
        assert (first.clock.now(), other.clock.now()) == (right, right)
        assert ClockCorrections(first.database, first.clock).follow() == 0  # opened after the correction


def test_a_server_that_is_started_in_another_century(tmp_path: Path) -> None:
    """What opens the database then goes on from what is stored, and staff see why; nothing is closed."""
    (tmp_path / FOLDER).mkdir()
    fake = FakeClock(time.time_ns() // 1_000_000)
    with live_server(Database(tmp_path / FOLDER / FILE), tmp_path, fake) as live:
        live.publish()
        live.student().start()
        stored = live.clock.now()
    lines = (
        "import time",
        "right = time.time_ns",
        f"time.time_ns = lambda: right() + {YEARS} * 10**6",
        "from pathlib import Path",
        "from autograder.site.server import open_site",
        f"with open_site(Path({str(tmp_path)!r}), course_file=True) as site:",
        "    print(site.clock.now(), site.clock.state().problem)",
    )
    command = [sys.executable, "-c", "\n".join(lines)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    now, _, problem = done.stdout.partition(" ")
    assert int(now) // MINUTE - stored // MINUTE in (0, 1)
    assert "days ahead of the server" in problem


def test_staff_end_the_sessions_of_a_person(server: LiveServer) -> None:
    """On every device, at once, and it is recorded; the attempt goes on."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student()
    attempt = student.start()
    other = Student(server, student.name).sign_in()
    path = f"/staff/attempts/{attempt}/end-sessions"
    assert student.post(path, reason="x").status_code == 404
    assert teacher.post(path, reason="").status_code == 409
    assert teacher.post(path, reason="the laptop was stolen").status_code == 303
    for browser in (student, other):
        assert browser.get(f"/attempts/{attempt}").headers["Location"].startswith("/sign-in")
        assert browser.save(attempt, TEXT, "x").status_code == 401
    assert teacher.get("/staff/all").status_code == 200
    page = teacher.page(f"/staff/attempts/{attempt}")
    assert "sessions (2): the laptop was stolen" in page
    assert server.exam.inspect(attempt)[0].attempt.state == "open"


def test_a_receipt_is_verified(server: LiveServer) -> None:
    """A genuine one is confirmed with its student; one with another answer, digest or signature is not."""
    server.publish()
    teacher, student = server.student(role="ta"), server.student(name="ana")
    attempt = student.start()
    student.save(attempt, TEXT, "vanishing")
    student.ask(f"/attempts/{attempt}/finish", {})
    text = student.get(f"/attempts/{attempt}/receipt.json").text
    assert student.get("/receipts").status_code == 404
    page = teacher.post("/receipts", receipt=text).text
    assert "Genuine." in page and "Not genuine" not in page and "Ana" in page and "Of every kind" in page
    file = json.loads(text)
    forged = [
        {**file, "body": file["body"].replace("vanishing", "exploding")},
        {**file, "signature": "0" * 64},
        {**file, "sha256": "é"},
        {},
        [],
        {**file, "body": "[]"},
    ]
    for wrong in (*map(json.dumps, forged), "no JSON", "[" * 10_000, ""):
        reply = teacher.post("/receipts", receipt=wrong)
        assert reply.status_code == 200 and "Not genuine." in reply.text, wrong[:80]
    teacher.post(f"/staff/attempts/{attempt}/reopen", minutes="5", reason="a mistake")
    student.ask(f"/attempts/{attempt}/finish", {})
    assert "A later receipt of this attempt was issued" in teacher.post("/receipts", receipt=text).text


def test_every_staff_page_has_its_warnings(waiting: LiveServer) -> None:
    """A warning is on all of them, and on no page of a student."""
    waiting.site.warnings.append(lambda: "Something is wrong.")
    teacher, student = waiting.student(role="instructor"), waiting.student()
    attempt = student.start()
    for path in ("", "/marking", "/regrade-requests", "/regrades"):
        assert "Something is wrong." in teacher.page(f"/staff/all{path}"), path
    assert "Something is wrong." in teacher.page(f"/staff/attempts/{attempt}")
    for path in ("/", "/quizzes/all", f"/attempts/{attempt}"):
        assert not re.search("Something is wrong", student.page(path))
