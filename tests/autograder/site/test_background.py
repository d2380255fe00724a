"""The sweeper's thread: it goes on whatever happens, and a restart finds what is overdue."""

from __future__ import annotations

import threading

import pytest
from exam_fixture import SIGNER, ExamFixture
from hypothesis import given
from hypothesis import strategies as st
from small_quiz import SmallQuiz

from autograder.site.background import Pace, PeriodicTask
from autograder.site.clock import ServerClock
from autograder.site.database import Database
from quizzes.services.exam import ExamService
from quizzes.store.events import latest_instant


def test_it_sweeps_at_once_and_again_and_survives_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A sweep that fails is written down, and the next one comes."""
    thrice = threading.Event()
    calls: list[int] = []

    def sweep() -> int:
        calls.append(1)
        if len(calls) == 3:
            thrice.set()
        if len(calls) == 1:
            raise OSError("the database is away")
        return 0

    closing_loop = PeriodicTask(sweep, every=0.01)
    assert thrice.wait(30)
    closing_loop.stop()
    assert "A periodic task failed" in caplog.text


@given(
    st.lists(st.tuples(st.floats(0, 0.2), st.floats(0, 1)), max_size=20),
)
def test_long_work_gives_way(steps: list[tuple[float, float]]) -> None:
    """It pauses longer than others were busy, for at most 50 ms a step, and not on an idle server."""
    everybody, of_thread = 0.0, 0.0
    pauses: list[float] = []
    pace = Pace(everybody=lambda: everybody, of_thread=lambda: of_thread, pause=pauses.append)
    for used, others in steps:
        everybody, of_thread = everybody + used + others, of_thread + used
        before = len(pauses)
        pace.step()
        if len(pauses) == before:
            assert others < 0.0006
        else:
            assert min(5 * others, 0.05) - 1e-9 <= pauses[-1] <= 0.05


def test_a_restart_ends_what_became_overdue_meanwhile(fixture: ExamFixture, address: str) -> None:
    """A new server's first sweep does it, with a clock that starts no earlier than the last event."""
    attempt = fixture.started()
    fixture.fake.pass_(10**7)
    with fixture.database.reading() as connection:
        floor = latest_instant(connection)
    assert floor == attempt.started_at
    wrong_wall = ServerClock(floor, wall=lambda: 0, steady=lambda: 0)
    assert wrong_wall.now() == floor
    second = ExamService(Database(address), fixture.clock, SIGNER, SmallQuiz)
    ended, done = [], threading.Event()

    def sweep() -> int:
        ended.append(second.sweep())
        done.set()
        return ended[-1]

    closing_loop = PeriodicTask(sweep)
    assert done.wait(30)
    closing_loop.stop()
    second.close()
    assert ended[0] == 1
    assert fixture.row(attempt).finished_by == "sweeper"
