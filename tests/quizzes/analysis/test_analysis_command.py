"""`quizzes analysis` on a quiz that was really taken."""

from __future__ import annotations

import csv
import time
from pathlib import Path

from event_loops import commanded
from fake_clock import FakeClock
from live_server import CHOICE, NUMERIC, live_server
from playwright.sync_api import Browser

from autograder.errors import UsageError
from autograder.site.database import Database
from quizzes.cli import app


def test_a_quiz(browser: Browser, tmp_path: Path) -> None:
    """First attempts alone, options, and the slip that two made, on a page without a fault."""
    folder, out = tmp_path / "course", tmp_path / "out"
    (folder / ".quizzes").mkdir(parents=True)
    words = ["analysis", "all", "--out", str(out), "--course", str(folder)]
    with live_server(
        Database(folder / ".quizzes" / "quiz.db"), folder, FakeClock(time.time_ns() // 10**6)
    ) as server:
        server.publish(attempts=2)
        assert isinstance(commanded(app, words).exception, UsageError)  # nobody has finished
        for number in range(4):
            student = server.student()
            for turn in range(2):
                attempt = student.start()
                key = server.questions(attempt)[NUMERIC].key_answer
                slip = str(-float(key)) if number < 2 and turn == 0 else key
                student.save(attempt, NUMERIC, slip)
                chosen = server.questions(attempt)[CHOICE].public_view().options[0].id
                student.save(attempt, CHOICE, chosen)
                student.ask(f"/attempts/{attempt}/finish", {})
        completed = commanded(app, words)
        assert completed.exception is None, completed.output
        assert isinstance(commanded(app, [*words, "--attempts", "best"]).exception, UsageError)
    assert completed.output.startswith("4 students, 11 questions")
    lines = {
        line["question"]: line for line in csv.DictReader((out / "items.csv").read_text("utf-8").splitlines())
    }
    assert lines["adagrad/rate-after-two"]["difficulty"] == "0.5"
    page = browser.new_page()
    problems: list[str] = []
    page.on("console", lambda entry: problems.append(entry.text))
    page.goto(f"file://{out / 'index.html'}")
    assert "the sign: 2 times" in " ".join(page.locator("section").all_inner_texts())
    assert page.locator("table").count() >= 3
    page.close()
    assert problems == []
