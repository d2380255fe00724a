"""`quizzes crashtest`: kills a server under load and finds everything it acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.course import find_course
from quizzes.cli import app
from quizzes.proof.crash import Books, CrashResult

COURSE = find_course(Path(__file__).parent).root


def test_kills_lose_nothing() -> None:
    """One kill while takers save and one while they hand in: nothing is missing and every attempt is over."""
    options = ["--takers", "10", "--rounds", "1", "--life", "1.5", "--course", str(COURSE)]
    ran = CliRunner().invoke(app, ["crashtest", *options])
    assert ran.exit_code == 0, ran.output
    lines = ran.output.splitlines()
    kills = [line for line in lines if "acknowledged saves so far" in line]
    assert len(kills) == 2
    assert all(" 0 missing; the database is whole" in line for line in kills)
    assert lines[-2].startswith("attempts 10: ") and lines[-2].endswith("open 0")
    assert lines[-1].startswith("2 kills, ") and lines[-1].endswith("none missing.")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"books": [Books(9, 0, []), Books(9, 2, [])]}, "After kill 2, 2 acknowledged saves are missing."),
        ({"books": [Books(9, 0, ["row 3 missing"])]}, "After kill 1: row 3 missing"),
        ({"books": [Books(0, 0, [])]}, "No save was acknowledged, so nothing is proved."),
        ({"stuck": ["After kill 1, 3 attempts did not go on."]}, "After kill 1, 3 attempts did not go on."),
        ({"refused": 1}, "1 saves were refused though the quiz was open."),
        ({"receipts_lost": 4}, "4 receipts students saw are not in the database."),
        ({"left_open": 5}, "5 attempts are open 10 s after deadline and grace."),
    ],
)
def test_each_broken_promise_is_told(broken: dict[str, object], said: str) -> None:
    """A result with one fault says that one; without any it says nothing."""
    sound = {"books": [Books(9, 0, [])]}
    assert CrashResult(**sound).misses() == []
    assert CrashResult(**{**sound, **broken}).misses() == [said]  # type: ignore[arg-type]


def test_unknown_quiz() -> None:
    """A quiz that is not there is told before anything is started."""
    ran = CliRunner().invoke(app, ["crashtest", "--quiz", "no-such", "--course", str(COURSE)])
    assert "There is no quiz 'no-such'" in str(ran.exception)
