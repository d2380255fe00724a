"""`quizzes crashtest`: kills a server under load and finds everything it acknowledged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from event_loops import commanded

from autograder.course.course import find_course
from quizzes.cli import app
from quizzes.loadtest.crash import CrashResult, Ledger

COURSE = find_course(Path(__file__).parent).root


def test_kills_lose_nothing() -> None:
    """One kill while students save, one while they submit: nothing is missing, every attempt is closed."""
    options = ["--students", "10", "--rounds", "1", "--life", "1.5", "--course", str(COURSE)]
    completed = commanded(app, ["crashtest", *options])
    assert completed.exit_code == 0, completed.output
    lines = completed.output.splitlines()
    kills = [line for line in lines if "acknowledged saves so far" in line]
    assert len(kills) == 2
    assert all(" 0 missing; the database is intact" in line for line in kills)
    assert lines[-2].startswith("attempts 10: ") and lines[-2].endswith("open 0")
    assert lines[-1].startswith("2 kills, ") and lines[-1].endswith("none lost.")


@pytest.mark.full
@pytest.mark.xdist_group("postgresql")
def test_kills_beside_postgresql(postgres: str) -> None:
    """What a killed server acknowledged is in a PostgreSQL database, too."""
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE class_of_a_crash")
    options = ["--database", postgres.format("class_of_a_crash"), "--students", "6", "--rounds", "1"]
    completed = commanded(app, ["crashtest", *options, "--life", "1", "--course", str(COURSE)])
    assert completed.exit_code == 0, completed.output
    assert completed.output.splitlines()[-1].startswith("2 kills, ")


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (
            {"ledgers": [Ledger(9, 0, []), Ledger(9, 2, [])]},
            "After kill 2, 2 acknowledged saves are missing.",
        ),
        ({"ledgers": [Ledger(9, 0, ["row 3 missing"])]}, "After kill 1: row 3 missing"),
        ({"ledgers": [Ledger(0, 0, [])]}, "No save was acknowledged, so the test shows nothing."),
        ({"stuck": ["After kill 1, 3 attempts did not go on."]}, "After kill 1, 3 attempts did not go on."),
        ({"refused": 1}, "1 saves were refused though the quiz was open."),
        ({"receipts_lost": 4}, "4 receipts students saw are not in the database."),
        ({"left_open": 5}, "5 attempts are open 10 s after deadline and grace."),
    ],
)
def test_each_broken_promise_is_told(broken: dict[str, object], sentence: str) -> None:
    """A result with one fault says that one; without any it says nothing."""
    sound: dict[str, Any] = {"ledgers": [Ledger(9, 0, [])]}
    assert CrashResult(**sound).broken_promises() == []
    assert CrashResult(**{**sound, **broken}).broken_promises() == [sentence]


def test_unknown_quiz() -> None:
    """A quiz that is not there is told before anything is started."""
    completed = commanded(app, ["crashtest", "--quiz", "no-such", "--course", str(COURSE)])
    assert "There is no quiz 'no-such'" in str(completed.exception)


def test_a_course_without_quizzes(tmp_path: Path) -> None:
    """A course that has no quiz yet is told so."""
    (tmp_path / "course.yaml").write_text("title: Test\ntime_zone: Europe/Berlin\n", encoding="utf-8")
    completed = commanded(app, ["crashtest", "--course", str(tmp_path)])
    assert "There is no quiz in" in str(completed.exception)
