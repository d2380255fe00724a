"""How attempts end by the clock, and what arrives around the deadline, on both databases."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest
from exam_fixture import LOCK, SIGNER, ExamFixture
from fake_clock import MINUTE

from quizzes.attempts.events import FinishedBy, Saved, fold
from quizzes.attempts.save_rules import Outcome
from quizzes.schedule.timing import Accommodation
from quizzes.store.answers import accept_late
from quizzes.store.attempts import AttemptRow, attempt_from_rows
from quizzes.store.endings import QUEUE_MARGIN
from quizzes.store.receipts import is_genuine

GRACE = 20_000


def at_the_end(fixture: ExamFixture, beyond: int) -> AttemptRow:
    """An attempt with one answer, so many milliseconds after its deadline."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    fixture.fake.pass_(20 * MINUTE + beyond)
    return attempt


@pytest.mark.parametrize(
    ("beyond", "outcome", "in_grace"),
    [(0, "saved", False), (1, "saved", True), (GRACE, "saved", True), (GRACE + 1, "late", False)],
)
def test_saves_around_the_deadline(fixture: ExamFixture, beyond: int, outcome: str, in_grace: bool) -> None:
    """In time to the last millisecond, then in grace to its last one, then late with 409."""
    attempt = at_the_end(fixture, beyond)
    result = fixture.save(attempt, "8", base=1)
    assert (result.outcome, result.in_grace) == (outcome, in_grace)
    assert result.outcome.status == (409 if outcome == "late" else 200)
    assert fixture.exam.inspect(attempt.id)[0].answers[0].rev == (1 if outcome == "late" else 2)


def test_a_save_counts_by_its_arrival_not_by_its_turn(fixture: ExamFixture) -> None:
    """What arrived in time is stored though it was written later."""
    attempt = at_the_end(fixture, GRACE)
    arrived = fixture.clock.now()
    fixture.fake.pass_(QUEUE_MARGIN)
    assert fixture.exam.sweep() == 0
    assert fixture.save(attempt, "8", base=1, at=arrived).outcome is Outcome.SAVED


def test_the_closing_loop_ends_what_is_over_and_only_that(fixture: ExamFixture) -> None:
    """After the grace, at the deadline's instant, with a receipt; a second sweep finds nothing."""
    attempt = at_the_end(fixture, GRACE + QUEUE_MARGIN)
    later = fixture.started(attempt.quiz)
    assert fixture.exam.sweep() == 0
    fixture.fake.pass_(1)
    assert fixture.exam.sweep() == 1
    assert fixture.exam.sweep() == 0
    ended = fixture.row(attempt)
    assert (ended.state, ended.finished_by, ended.finished_at) == ("finished", "sweeper", ended.deadline_at)
    assert fixture.row(later).state == "open"
    receipt = fixture.exam.inspect(attempt.id)[0].receipt
    assert receipt is not None and is_genuine(SIGNER, receipt)


def test_a_sweep_of_hundreds(fixture: ExamFixture) -> None:
    """A herd is ended in one call, each attempt once."""
    quiz = fixture.quiz(questions=1)
    attempts = [fixture.started(quiz) for _ in range(120)]
    fixture.fake.pass_(30 * MINUTE)
    assert fixture.exam.sweep() == 120
    assert {fixture.row(attempt).finished_by for attempt in attempts} == {FinishedBy.DEADLINE}


def test_a_students_look_ends_it_and_a_staffs_look_does_not(fixture: ExamFixture) -> None:
    """Staff see an overdue attempt as it is; its own student finds it ended."""
    attempt = at_the_end(fixture, 5 * MINUTE)
    view, _ = fixture.exam.inspect(attempt.id)
    assert (view.attempt.state, view.remaining) == ("open", 0)
    assert fixture.row(attempt).state == "open"
    assert fixture.exam.view(attempt.id, attempt.person).attempt.state == "finished"


@pytest.mark.parametrize(
    ("beyond", "timer", "by"),
    [(-1, False, "student"), (3, True, "timer"), (GRACE, False, "student"), (GRACE + 1, False, "sweeper")],
)
def test_handing_in_around_the_deadline(fixture: ExamFixture, beyond: int, timer: bool, by: str) -> None:
    """It is never handed in after the deadline; after the grace it had ended by itself."""
    attempt = at_the_end(fixture, beyond)
    ended = fixture.exam.finish(attempt.id, attempt.person, timer=timer).result().attempt
    assert ended.finished_by == by
    assert ended.deadline_at is not None
    assert ended.finished_at == ended.deadline_at + min(0, beyond)


def test_a_late_save_is_seen_and_may_be_accepted(fixture: ExamFixture) -> None:
    """It is in the log once, however often it is sent; staff can let it count, and it is marked again."""
    attempt = at_the_end(fixture, 5 * MINUTE)
    fixture.exam.sweep()
    fixture.exam.mark()
    for _ in range(3):
        assert fixture.save(attempt, "8", base=1, save_id="save-too-late").outcome is Outcome.CLOSED
    events = fixture.exam.inspect(attempt.id)[1]
    assert [event.late for event in events if isinstance(event, Saved)] == [False, True]
    accepted = fixture.write(accept_late, attempt.id, "save-too-late", at=fixture.clock.now(), who="staff")
    assert (accepted.rev, accepted.response) == (2, '"8"')
    assert fixture.row(attempt).state == "finished"
    assert fixture.exam.mark() == 1
    with fixture.database.reading() as connection:
        folded = fold(fixture.exam.inspect(attempt.id)[1])
        assert folded.answers == attempt_from_rows(connection, attempt.id).answers


def test_a_page_gone_wild_fills_no_disk(fixture: ExamFixture) -> None:
    """Of thousands of late saves some hundred are written down; each is refused."""
    attempt = at_the_end(fixture, 5 * MINUTE)
    fixture.exam.sweep()
    results = [fixture.queue(attempt, str(n), base=1) for n in range(260)]
    assert {result.result().outcome for result in results} == {Outcome.CLOSED}
    assert len(fixture.exam.inspect(attempt.id)[1]) == 3 + 200


def test_a_queue_at_the_opening_costs_nobody_a_second(fixture: ExamFixture) -> None:
    """The time begins when the start is written, but what arrived before the close may start."""
    quiz, students = fixture.quiz(), [fixture.student(), fixture.student()]
    for student, passing in zip(students, (5_000, 60 * MINUTE), strict=True):
        began, go = threading.Event(), threading.Event()

        def hold(_: object, began: threading.Event = began, go: threading.Event = go) -> None:
            began.set()
            go.wait(30)

        fixture.exam.writer.submit(hold)
        assert began.wait(30)
        arrived = fixture.clock.now()
        queued = fixture.exam.start(quiz, student, LOCK)
        fixture.fake.pass_(passing)
        go.set()
        attempt = queued.result()
        if passing == 5_000:
            assert attempt.started_at == arrived + 5_000
            assert attempt.deadline_at == attempt.started_at + 20 * MINUTE
        else:
            assert attempt.started_at == arrived


def test_a_starter_at_the_last_moment(fixture: ExamFixture) -> None:
    """The close ends it, and what is left is what the timer shows."""
    quiz, student = fixture.quiz(), fixture.student()
    fixture.fake.pass_(59 * MINUTE)
    attempt = fixture.started(quiz, student)
    assert fixture.exam.view(attempt.id, student).remaining == MINUTE


def test_time_and_a_half_at_the_last_moment(fixture: ExamFixture) -> None:
    """Their close is later by what they get beyond the limit, and so is their due date."""
    quiz, student = fixture.quiz(), fixture.student(Accommodation(Fraction(3, 2)))
    fixture.fake.pass_(40 * MINUTE)
    attempt = fixture.started(quiz, student)
    assert attempt.deadline_at == fixture.opens + 70 * MINUTE
    assert attempt.due_at == fixture.opens + 70 * MINUTE


def test_a_clock_set_back_gives_nobody_more(fixture: ExamFixture) -> None:
    """An attempt ends after the time it was given, whatever the machine's clock says."""
    attempt = fixture.started()
    fixture.fake.set_back(45 * MINUTE)
    fixture.fake.pass_(20 * MINUTE + GRACE + 1)
    assert fixture.save(attempt, "8").outcome is Outcome.LATE


def test_a_quiz_without_an_end_is_never_swept(fixture: ExamFixture) -> None:
    """No limit and no close: it stays open for years."""
    attempt = fixture.started(limit=None, due_at=None, closes_at=None)
    fixture.fake.pass_(10**11)
    assert fixture.exam.sweep() == 0
    assert fixture.exam.view(attempt.id, attempt.person).remaining is None
    assert fixture.save(attempt, "8").outcome is Outcome.SAVED


def test_a_start_after_an_attempt_that_nobody_ended(fixture: ExamFixture) -> None:
    """The overdue one is ended first and the next one begins."""
    attempt = fixture.started(attempts=2)
    fixture.fake.pass_(25 * MINUTE)
    second = fixture.exam.start(attempt.quiz, attempt.person, LOCK).result()
    assert (second.number, second.state) == (2, "open")
    assert fixture.row(attempt).finished_by is FinishedBy.DEADLINE
