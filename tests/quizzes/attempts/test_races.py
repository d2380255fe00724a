"""Many at once: two servers on one database, many threads, and each thing happens once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from exam_fixture import PEN, SIGNER, Hall
from fake_clock import MINUTE
from small_quiz import SmallQuiz

from autograder.site.database import Database
from quizzes.attempts.events import Saved, fold
from quizzes.attempts.save_rules import Outcome
from quizzes.services.exam import ExamService
from quizzes.store.attempts import attempts_at, state_of
from quizzes.store.extensions import extend_all


@pytest.fixture
def servers(hall: Hall, address: str) -> Iterator[list[ExamService]]:
    """Two server processes' worth of connections and writers on the same database."""
    second = ExamService(Database(address), hall.clock, SIGNER, SmallQuiz)
    yield [hall.proctor, second]
    second.close()


def at_once(calls: list[Any]) -> list[Any]:
    """All of these from threads of their own; their results, waited for."""
    with ThreadPoolExecutor(len(calls)) as pool:
        results = [one.result() for one in [pool.submit(call) for call in calls]]
    return [one.result() if isinstance(one, Future) else one for one in results]


def test_many_clicks_on_start(hall: Hall, servers: list[ExamService]) -> None:
    """One attempt, whichever server gets which click."""
    quiz, student = hall.quiz(), hall.student()
    rows = at_once([lambda s=server: s.start(quiz, student, PEN) for server in servers * 8])
    assert len({row.id for row in rows}) == 1
    assert len(hall.proctor.look(rows[0].id)[1]) == 1


def test_one_save_delivered_many_times(hall: Hall, servers: list[ExamService]) -> None:
    """One event, one revision, the same reply to all."""
    attempt = hall.started()

    def deliver(server: ExamService) -> Any:
        return server.save(attempt.id, attempt.person, 0, "7", base_rev=0, save_id="save-once", pen=PEN)

    results = at_once([lambda s=server: deliver(s) for server in servers * 8])
    assert {(one.outcome, one.held.rev) for one in results} == {(Outcome.SAVED, 1)}
    assert sum(not one.replayed for one in results) == 1
    assert sum(isinstance(one, Saved) for one in hall.proctor.look(attempt.id)[1]) == 1


def test_one_of_many_saves_on_the_same_revision_wins(hall: Hall, servers: list[ExamService]) -> None:
    """The others get its value."""
    attempt = hall.started()

    def deliver(server: ExamService, n: int) -> Any:
        save_id = f"save-of-{n:04}"
        return server.save(attempt.id, attempt.person, 0, str(n), base_rev=0, save_id=save_id, pen=PEN)

    results = at_once([lambda s=s, n=n: deliver(s, n) for n, s in enumerate(servers * 8)])
    winner = [one for one in results if one.outcome is Outcome.SAVED]
    assert len(winner) == 1
    assert {one.outcome for one in results} == {Outcome.SAVED, Outcome.STALE}
    assert {one.answer for one in results} == {winner[0].answer}


def test_handing_in_while_saving(hall: Hall, servers: list[ExamService]) -> None:
    """What was acknowledged as saved is in the receipt; everything else was refused."""
    attempt = hall.started(questions=16)

    def deliver(server: ExamService, pos: int) -> Any:
        save_id = f"save-at-{pos:04}"
        return server.save(attempt.id, attempt.person, pos, "7", base_rev=0, save_id=save_id, pen=PEN)

    calls: list[Any] = [lambda s=s, n=n: deliver(s, n) for n, s in enumerate(servers * 8)]
    calls[5:5] = [lambda s=s: s.finish(attempt.id, attempt.person) for s in servers * 2]
    results = at_once(calls)
    endings = [one for one in results if hasattr(one, "receipt")]
    saved = sum(getattr(one, "outcome", None) is Outcome.SAVED for one in results)
    assert len({one.receipt for one in endings}) == 1
    assert sum(one.now for one in endings) == 1
    assert endings[0].receipt.body.count('"\\"7\\""') == saved
    with hall.database.reading() as connection:
        folded = fold(hall.proctor.look(attempt.id)[1])
        assert (folded.state, folded.answers) == ("finished", state_of(connection, attempt.id).answers)


def test_two_sweepers_and_two_markers(hall: Hall, servers: list[ExamService]) -> None:
    """Each attempt is ended once and graded once, and one message goes out for it."""
    quiz = hall.quiz(questions=1)
    attempts = [hall.started(quiz) for _ in range(60)]
    hall.fake.pass_(10**7)
    assert sum(at_once([server.sweep for server in servers * 2])) == 60
    assert sum(at_once([lambda s=server: s.mark() for server in servers])) == 60
    for attempt in attempts:
        kinds = [type(one).__name__ for one in hall.proctor.look(attempt.id)[1]]
        assert kinds == ["Started", "Finished", "Graded"]


def test_an_extension_while_others_start_and_save(hall: Hall, servers: list[ExamService]) -> None:
    """From two servers at once: nobody misses it, nobody gets it twice, and no save fails."""
    quiz = hall.quiz(limit=None)
    before = [hall.started(quiz) for _ in range(20)]
    students = [hall.student() for _ in range(20)]
    calls: list[Any] = []
    for n, (attempt, student) in enumerate(zip(before, students, strict=True)):
        mine, other = servers[n % 2], servers[(n + 1) % 2]
        calls.append(partial(mine.start, quiz, student, PEN))
        given = {"base_rev": 0, "save_id": f"save-{n:06}", "pen": PEN}
        calls.append(partial(other.save, attempt.id, attempt.person, 0, "7", **given))
    more = partial(extend_all, quiz_id=quiz, at=hall.opens, who="staff", reason="outage", minutes=15)
    calls[20:20] = [partial(servers[1].writer.submit, more)]
    results = at_once(calls)
    assert {one.outcome for one in results if hasattr(one, "outcome")} == {Outcome.SAVED}
    with hall.database.reading() as connection:
        attempts = attempts_at(connection, quiz)
    assert len(attempts) == 40
    assert {one.deadline_at for one in attempts} == {hall.opens + 75 * MINUTE}
