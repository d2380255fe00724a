"""Many at once: two servers on one database, many threads, and each thing happens once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from exam_fixture import LOCK, SIGNER, ExamFixture
from fake_clock import MINUTE
from small_quiz import SmallQuiz

from autograder.site.database import Database
from quizzes.attempts.events import Saved, fold
from quizzes.attempts.save_rules import Outcome
from quizzes.services.exam import ExamService
from quizzes.store.attempts import attempt_from_rows, attempts_at
from quizzes.store.extensions import extend_all


@pytest.fixture
def servers(fixture: ExamFixture, address: str) -> Iterator[list[ExamService]]:
    """Two server processes' worth of connections and writers on the same database."""
    second = ExamService(Database(address), fixture.clock, SIGNER, SmallQuiz)
    yield [fixture.exam, second]
    second.close()


def at_once(calls: list[Any]) -> list[Any]:
    """All of these from threads of their own; their results, waited for."""
    with ThreadPoolExecutor(len(calls)) as pool:
        results = [future.result() for future in [pool.submit(call) for call in calls]]
    return [result.result() if isinstance(result, Future) else result for result in results]


def test_many_clicks_on_start(fixture: ExamFixture, servers: list[ExamService]) -> None:
    """One attempt, whichever server gets which click."""
    quiz, student = fixture.quiz(), fixture.student()
    rows = at_once([lambda s=server: s.start(quiz, student, LOCK) for server in servers * 8])
    assert len({row.id for row in rows}) == 1
    assert len(fixture.exam.inspect(rows[0].id)[1]) == 1


def test_one_save_delivered_many_times(fixture: ExamFixture, servers: list[ExamService]) -> None:
    """One event, one revision, the same reply to all."""
    attempt = fixture.started()

    def deliver(server: ExamService) -> Any:
        return server.save(attempt.id, attempt.person, 0, "7", base_rev=0, save_id="save-once", lock=LOCK)

    results = at_once([lambda s=server: deliver(s) for server in servers * 8])
    assert {(result.outcome, result.stored.rev) for result in results} == {(Outcome.SAVED, 1)}
    assert sum(not result.replayed for result in results) == 1
    assert sum(isinstance(event, Saved) for event in fixture.exam.inspect(attempt.id)[1]) == 1


def test_one_of_many_saves_on_the_same_revision_wins(
    fixture: ExamFixture, servers: list[ExamService]
) -> None:
    """The others get its value."""
    attempt = fixture.started()

    def deliver(server: ExamService, n: int) -> Any:
        save_id = f"save-of-{n:04}"
        return server.save(attempt.id, attempt.person, 0, str(n), base_rev=0, save_id=save_id, lock=LOCK)

    results = at_once([lambda s=s, n=n: deliver(s, n) for n, s in enumerate(servers * 8)])
    winner = [result for result in results if result.outcome is Outcome.SAVED]
    assert len(winner) == 1
    assert {result.outcome for result in results} == {Outcome.SAVED, Outcome.STALE}
    assert {result.answer for result in results} == {winner[0].answer}


def test_handing_in_while_saving(fixture: ExamFixture, servers: list[ExamService]) -> None:
    """What was acknowledged as saved is in the receipt; everything else was refused."""
    attempt = fixture.started(questions=16)

    def deliver(server: ExamService, pos: int) -> Any:
        save_id = f"save-at-{pos:04}"
        return server.save(attempt.id, attempt.person, pos, "7", base_rev=0, save_id=save_id, lock=LOCK)

    calls: list[Any] = [lambda s=s, n=n: deliver(s, n) for n, s in enumerate(servers * 8)]
    calls[5:5] = [lambda s=s: s.finish(attempt.id, attempt.person) for s in servers * 2]
    results = at_once(calls)
    endings = [result for result in results if hasattr(result, "receipt")]
    saved = sum(getattr(result, "outcome", None) is Outcome.SAVED for result in results)
    assert len({ending.receipt for ending in endings}) == 1
    assert sum(ending.now for ending in endings) == 1
    assert endings[0].receipt.body.count('"\\"7\\""') == saved
    with fixture.database.reading() as connection:
        folded = fold(fixture.exam.inspect(attempt.id)[1])
        assert (folded.state, folded.answers) == (
            "finished",
            attempt_from_rows(connection, attempt.id).answers,
        )


def test_two_sweepers_and_two_markers(fixture: ExamFixture, servers: list[ExamService]) -> None:
    """Each attempt is ended once and graded once, and one message goes out for it."""
    quiz = fixture.quiz(questions=1)
    attempts = [fixture.started(quiz) for _ in range(60)]
    fixture.fake.pass_(10**7)
    assert sum(at_once([server.sweep for server in servers * 2])) == 60
    assert sum(at_once([lambda s=server: s.mark() for server in servers])) == 60
    for attempt in attempts:
        kinds = [type(event).__name__ for event in fixture.exam.inspect(attempt.id)[1]]
        assert kinds == ["Started", "Finished", "Graded"]


def test_an_extension_while_others_start_and_save(fixture: ExamFixture, servers: list[ExamService]) -> None:
    """From two servers at once: nobody misses it, nobody gets it twice, and no save fails."""
    quiz = fixture.quiz(limit=None)
    before = [fixture.started(quiz) for _ in range(20)]
    students = [fixture.student() for _ in range(20)]
    calls: list[Any] = []
    for n, (attempt, student) in enumerate(zip(before, students, strict=True)):
        nearer, other = servers[n % 2], servers[(n + 1) % 2]
        calls.append(partial(nearer.start, quiz, student, LOCK))
        fields: dict[str, Any] = {"base_rev": 0, "save_id": f"save-{n:06}", "lock": LOCK}
        calls.append(partial(other.save, attempt.id, attempt.person, 0, "7", **fields))
    more = partial(extend_all, quiz_id=quiz, at=fixture.opens, who="staff", reason="outage", minutes=15)
    calls[20:20] = [partial(servers[1].writer.submit, more)]
    results = at_once(calls)
    assert {result.outcome for result in results if hasattr(result, "outcome")} == {Outcome.SAVED}
    with fixture.database.reading() as connection:
        attempts = attempts_at(connection, quiz)
    assert len(attempts) == 40
    assert {attempt.deadline_at for attempt in attempts} == {fixture.opens + 75 * MINUTE}
