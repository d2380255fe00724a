"""The sweeper's thread: it goes on whatever happens, and a restart finds what is overdue."""

from __future__ import annotations

import threading
from collections.abc import Callable

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


class Machine:
    """The clocks of a server whose other threads are busy for a share of each second."""

    def __init__(self, share: float) -> None:
        self.share, self.now, self.others, self.own = share, 0.0, 0.0, 0.0

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.others += seconds * self.share

    def work(self, seconds: float) -> None:
        """A step of the long work, slower by what the others take."""
        self.own += seconds
        self.pass_(seconds / (1 - min(self.share, 0.9)))

    def pace(self, written: Callable[[], float] = lambda: 0.0) -> Pace:
        """The pace of the work."""
        return Pace(
            written=written,
            everybody=lambda: self.own + self.others,
            of_thread=lambda: self.own - written(),
            now=lambda: self.now,
            pause=self.pass_,
        )


@given(st.floats(0.01, 1), st.floats(0.001, 0.02), st.integers(1, 100))
def test_long_work_gives_way_and_ends(share: float, step: float, steps: int) -> None:
    """Of a busy server it takes at most a fifth of what is left, of a full one still a thirtieth or so."""
    machine = Machine(share)
    pace = machine.pace()
    for _ in range(steps):
        machine.work(step)
        pace.step()
    assert machine.own == pytest.approx(steps * step)
    assert machine.own / machine.now > 0.03  # it ends, however full the server is
    if share * step > 0.001:
        assert machine.own / machine.now < 1 / (1 + 3 * min(share, 0.8) / (1 - min(share, 0.8)))


def test_the_fuller_the_server_the_less_long_work_takes() -> None:
    """Its share falls from nearly everything on an idle server to a few hundredths on a full one."""
    shares = []
    for share in (0.0, 0.1, 0.3, 0.5, 0.7, 1.0):
        machine = Machine(share)
        pace = machine.pace()
        for _ in range(50):
            machine.work(0.005)
            pace.step()
        shares.append(machine.own / machine.now)
    assert shares[0] == 1
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.06


def test_what_the_writer_does_for_long_work_is_its_own() -> None:
    """A regrade on an idle server does not wait for its own writes."""
    machine = Machine(0.0)
    pace = machine.pace(written=lambda: 0.9 * machine.own)
    for _ in range(10):
        machine.work(0.01)
        pace.step()
    assert machine.now == pytest.approx(0.1)


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
