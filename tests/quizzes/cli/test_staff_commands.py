"""Staff at a terminal: more time, regrades, backups; and what is said of wrong words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from event_loops import commanded
from fake_clock import MINUTE, FakeClock
from live_server import NUMERIC, LiveServer, live_server
from patience import PATIENCE

from autograder.errors import AutograderError
from autograder.site.database import Database
from autograder.site.people import COURSE
from quizzes.cli import app, staff
from quizzes.content.quiz_file import QuizPlan, load_quiz
from quizzes.store.marks import points_of
from quizzes.store.quizzes import published_in


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A lecture server whose database is where the course's commands look for it."""
    folder = tmp_path / "course" / ".quizzes"
    folder.mkdir(parents=True)
    now = FakeClock(time.time_ns() // 1_000_000)  # commands look at the machine's clock
    with live_server(Database(folder / "quiz.db"), tmp_path / "course", now) as made:
        yield made


def message(server: LiveServer, *words: object) -> str:
    """What a command says, or its refusal."""
    completed = commanded(app, [*map(str, words), "--course", str(server.course.root)])
    if isinstance(completed.exception, AutograderError):
        return f"refused: {completed.exception.message} {completed.exception.next_step}"
    assert completed.exception is None, completed.output
    return completed.output


def test_more_time(server: LiveServer) -> None:
    """One student, or all, while a server runs; the reason is kept."""
    server.publish()
    first, second = server.student(), server.student()
    first_attempt, second_attempt = first.start(), second.start()
    ends = server.exam.inspect(first_attempt)[0].attempt.deadline_at
    assert ends is not None
    words = ("extend", "all", "--reason", "fire alarm")
    assert f"{first.name}: until" in message(server, *words, "--minutes", 5, "--student", first.name)
    assert server.exam.inspect(first_attempt)[0].attempt.deadline_at == ends + 5 * MINUTE
    printed = message(server, *words, "--percent", 50)
    assert printed.startswith("2 open attempts have more time")
    assert "The quiz closes " in printed
    assert server.exam.inspect(second_attempt)[0].attempt.deadline_at == ends + 10 * MINUTE
    assert "No time is given" in message(server, *words)
    assert "has no open attempt" in message(server, *words, "--minutes", 5, "--student", "zoe")


def test_a_decision_names_what_exists_and_why(server: LiveServer) -> None:
    """A quiz that is not published, and a reason that says nothing, are refused with what to do."""
    known = "There is no published quiz 'none'. Choose one of: all."
    unknown = ["Publish it with `quizzes publish none`.", known]
    for expected in unknown:
        assert expected in message(server, "extend", "none", "--reason", "x", "--minutes", 5)
        assert expected in message(server, "regrade", "none", "--release", 1)
        server.publish()
    assert "The reason is missing" in message(server, "extend", "all", "--reason", "  ", "--minutes", 5)


@pytest.mark.full
def test_publishing_again_keeps_an_extension(server: LiveServer) -> None:
    """Everybody's time stands when a corrected file is published, and is said; another close counts."""
    path = server.course.root / "quizzes" / "all.yaml"
    closes = datetime.now(server.course.zone).replace(microsecond=0, tzinfo=None) + timedelta(days=1)

    def publish(closing: datetime, title: str) -> str:
        text = re.sub(r"(?m)^(closes|due): .*\n", "", path.read_text("utf-8"))
        times = f"due: {closing.isoformat(' ')}\ncloses: {closing.isoformat(' ')}\n"
        path.write_text(re.sub(r"(?m)^title: .*", f"title: {title}", text) + times, encoding="utf-8")
        return message(server, "publish", "all", "--force")

    def stored() -> datetime:
        with server.database.reading() as connection:
            (published,) = published_in(connection, COURSE)
        seconds = (published.schedule.closes_at or 0) / 1000
        return datetime.fromtimestamp(seconds, server.course.zone).replace(tzinfo=None)

    publish(closes, "First")
    message(server, "extend", "all", "--reason", "an outage", "--minutes", 15)
    assert "the extension for everybody stands" in publish(closes, "Second")
    assert stored() == closes + timedelta(minutes=15)
    assert "stands" not in publish(closes + timedelta(hours=1), "Third")
    assert stored() == closes + timedelta(hours=1)


def test_a_regrade(server: LiveServer) -> None:
    """Who gains is printed first; --release lets it count."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, NUMERIC, "123456")
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    assert message(server, "regrade", "all") == "Nobody's points would change.\n"
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    shown = message(server, "regrade", "all")
    assert f"{student.name}: 0 → 1" in shown
    run = re.search(r"--release (\d+)", shown)[1]  # type: ignore[index]
    assert message(server, "regrade", "all", "--release", run) == "1 attempts have other points now.\n"
    with server.database.reading() as connection:
        assert points_of(connection, attempt) == 1
    assert "There is no regrade 99" in message(server, "regrade", "all", "--release", 99)


def test_saves_while_a_regrade_reads_its_files(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command holds no lock of the database while it reads YAML: another student's save is stored."""
    server.publish()
    writing, student = server.student(), server.student()
    attempt = student.start()
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    other, stored = writing.start(), []

    def load_while_saving(*arguments: Any) -> QuizPlan:
        save = server.exam.save(
            other, writing.name, NUMERIC, "0.5", base_rev=0, save_id="meanwhile", lock=writing.lock
        )
        with suppress(TimeoutError):
            stored.append(save.result(timeout=PATIENCE / 10).outcome)
        return load_quiz(*arguments)

    monkeypatch.setattr(staff, "load_quiz", load_while_saving)
    assert "Nobody's points would change." in message(server, "regrade", "all")
    assert stored == ["saved"]


def test_what_a_release_leaves_alone(server: LiveServer) -> None:
    """Marks that people gave stand: before the release that is said, after it what changed since is named."""
    server.publish()
    teacher, student = server.student(role="instructor"), server.student()
    attempt = student.start()
    student.save(attempt, NUMERIC, "123456")
    student.ask(f"/attempts/{attempt}/finish", {})
    server.exam.mark()
    override = f"/staff/attempts/{attempt}/points/{NUMERIC}"
    assert teacher.post(override, points="0.25", reason="nearly").status_code == 303
    path = server.course.root / "quizzes" / "all.yaml"
    path.write_text(path.read_text("utf-8") + "dropped: [adagrad/rate-after-two]\n", encoding="utf-8")
    shown = message(server, "regrade", "all")
    assert (
        f"{student.name}: 0.25 (Question 1 keeps the mark of {teacher.name}, 0.25; the key gives 1." in shown
    )
    assert "Nobody's points would change." in shown
    assert teacher.post(override, points="0.5", reason="half").status_code == 303
    done = message(server, "regrade", "all", "--release", 1)
    assert f"{student.name}: Question 1 was marked by {teacher.name} after the proposal" in done
    with server.database.reading() as connection:
        assert points_of(connection, attempt) == Decimal("0.5")
    assert "refused: There is no regrade 9 of all." in message(server, "regrade", "all", "--release", 9)


def test_backup_and_restore(server: LiveServer, tmp_path: Path) -> None:
    """A copy made while the server runs has everything; put back, the old file stays beside it."""
    server.publish()
    student = server.student()
    attempt = student.start()
    student.save(attempt, NUMERIC, "0.5")
    copy = tmp_path / "copy.db"
    assert "copy.db" in message(server, "backup", copy)
    assert "exists already" in message(server, "backup", copy)
    student.save(attempt, NUMERIC, "0.75", base=1)
    assert "is the backup now" in message(server, "restore", copy)
    folder = server.course.root / ".quizzes"
    assert (folder / "quiz.db.before").exists()
    again = Database(folder / "quiz.db")
    with again.reading() as connection:
        rows = connection.exec_driver_sql("SELECT response FROM answer").all()
    again.close()
    assert [tuple(row) for row in rows] == [('"0.5"',)]
    (tmp_path / "odd.db").write_bytes(b"no database at all" * 100)
    assert "refused" in message(server, "restore", tmp_path / "odd.db")
    assert "There is no file" in message(server, "restore", tmp_path / "none.db")
