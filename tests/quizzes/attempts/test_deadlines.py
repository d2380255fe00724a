"""How attempts end by the clock, and what arrives around the deadline, on both databases."""

from __future__ import annotations

import threading
from fractions import Fraction

import pytest
from exam_fixture import PEN, SIGNER, Hall
from fake_clock import MINUTE

from quizzes.attempts.events import FinishedBy, Saved, fold
from quizzes.attempts.save_rules import Outcome
from quizzes.schedule.timing import Accommodation
from quizzes.store.answers import accept_late
from quizzes.store.attempts import AttemptRow, state_of
from quizzes.store.endings import CLOSE_IF_OVERDUE
from quizzes.store.receipts import confirms

GRACE = 20_000


def at_the_end(hall: Hall, beyond: int) -> AttemptRow:
    """An attempt with one answer, so many milliseconds after its deadline."""
    attempt = hall.started()
    hall.save(attempt, "7")
    hall.fake.pass_(20 * MINUTE + beyond)
    return attempt


@pytest.mark.parametrize(
    ("beyond", "outcome", "in_grace"),
    [(0, "saved", False), (1, "saved", True), (GRACE, "saved", True), (GRACE + 1, "late", False)],
)
def test_saves_around_the_deadline(hall: Hall, beyond: int, outcome: str, in_grace: bool) -> None:
    """In time to the last millisecond, then in grace to its last one, then late with 409."""
    attempt = at_the_end(hall, beyond)
    result = hall.save(attempt, "8", base=1)
    assert (result.outcome, result.in_grace) == (outcome, in_grace)
    assert result.outcome.status == (409 if outcome == "late" else 200)
    assert hall.proctor.look(attempt.id)[0].answers[0].rev == (1 if outcome == "late" else 2)


def test_a_save_counts_by_its_arrival_not_by_its_turn(hall: Hall) -> None:
    """What arrived in time is stored though it was written later."""
    attempt = at_the_end(hall, GRACE)
    arrived = hall.clock.now()
    hall.fake.pass_(CLOSE_IF_OVERDUE)
    assert hall.proctor.sweep() == 0
    assert hall.save(attempt, "8", base=1, at=arrived).outcome is Outcome.SAVED


def test_the_sweeper_ends_what_is_over_and_only_that(hall: Hall) -> None:
    """After the grace, at the deadline's instant, with a receipt; a second sweep finds nothing."""
    attempt = at_the_end(hall, GRACE + CLOSE_IF_OVERDUE)
    later = hall.started(attempt.quiz)
    assert hall.proctor.sweep() == 0
    hall.fake.pass_(1)
    assert hall.proctor.sweep() == 1
    assert hall.proctor.sweep() == 0
    ended = hall.row(attempt)
    assert (ended.state, ended.finished_by, ended.finished_at) == ("finished", "sweeper", ended.deadline_at)
    assert hall.row(later).state == "open"
    receipt = hall.proctor.look(attempt.id)[0].receipt
    assert receipt is not None and confirms(SIGNER, receipt)


def test_a_sweep_of_hundreds(hall: Hall) -> None:
    """A herd is ended in one call, each attempt once."""
    quiz = hall.quiz(questions=1)
    attempts = [hall.started(quiz) for _ in range(120)]
    hall.fake.pass_(30 * MINUTE)
    assert hall.proctor.sweep() == 120
    assert {hall.row(one).finished_by for one in attempts} == {FinishedBy.SWEEPER}


def test_a_students_look_ends_it_and_a_staffs_look_does_not(hall: Hall) -> None:
    """Staff see an overdue attempt as it is; its own student finds it ended."""
    attempt = at_the_end(hall, 5 * MINUTE)
    view, _ = hall.proctor.look(attempt.id)
    assert (view.attempt.state, view.remaining) == ("open", 0)
    assert hall.row(attempt).state == "open"
    assert hall.proctor.view(attempt.id, attempt.person).attempt.state == "finished"


@pytest.mark.parametrize(
    ("beyond", "timer", "by"),
    [(-1, False, "student"), (3, True, "timer"), (GRACE, False, "student"), (GRACE + 1, False, "sweeper")],
)
def test_handing_in_around_the_deadline(hall: Hall, beyond: int, timer: bool, by: str) -> None:
    """It is never handed in after the deadline; after the grace it had ended by itself."""
    attempt = at_the_end(hall, beyond)
    ended = hall.proctor.finish(attempt.id, attempt.person, timer=timer).result().attempt
    assert ended.finished_by == by
    assert ended.deadline_at is not None
    assert ended.finished_at == ended.deadline_at + min(0, beyond)


def test_a_late_save_is_seen_and_may_be_accepted(hall: Hall) -> None:
    """It is in the log once, however often it is sent; staff can let it count, and it is marked again."""
    attempt = at_the_end(hall, 5 * MINUTE)
    hall.proctor.sweep()
    hall.proctor.mark()
    for _ in range(3):
        assert hall.save(attempt, "8", base=1, save_id="save-too-late").outcome is Outcome.CLOSED
    events = hall.proctor.look(attempt.id)[1]
    assert [one.late for one in events if isinstance(one, Saved)] == [False, True]
    held = hall.write(accept_late, attempt.id, "save-too-late", at=hall.clock.now(), who="staff")
    assert (held.rev, held.raw) == (2, '"8"')
    assert hall.row(attempt).state == "finished"
    assert hall.proctor.mark() == 1
    with hall.database.reading() as connection:
        folded = fold(hall.proctor.look(attempt.id)[1])
        assert folded.answers == state_of(connection, attempt.id).answers


def test_a_page_gone_wild_fills_no_disk(hall: Hall) -> None:
    """Of thousands of late saves some hundred are written down; each is refused."""
    attempt = at_the_end(hall, 5 * MINUTE)
    hall.proctor.sweep()
    results = [hall.queue(attempt, str(n), base=1) for n in range(260)]
    assert {one.result().outcome for one in results} == {Outcome.CLOSED}
    assert len(hall.proctor.look(attempt.id)[1]) == 3 + 200


def test_a_queue_at_the_opening_costs_nobody_a_second(hall: Hall) -> None:
    """The time begins when the start is written, but what arrived before the close may start."""
    quiz, students = hall.quiz(), [hall.student(), hall.student()]
    for student, passing in zip(students, (5_000, 60 * MINUTE), strict=True):
        began, go = threading.Event(), threading.Event()

        def hold(_: object, began: threading.Event = began, go: threading.Event = go) -> None:
            began.set()
            go.wait(30)

        hall.proctor.writer.submit(hold)
        assert began.wait(30)
        arrived = hall.clock.now()
        queued = hall.proctor.start(quiz, student, PEN)
        hall.fake.pass_(passing)
        go.set()
        attempt = queued.result()
        if passing == 5_000:
            assert attempt.started_at == arrived + 5_000
            assert attempt.deadline_at == attempt.started_at + 20 * MINUTE
        else:
            assert attempt.started_at == arrived


def test_a_starter_at_the_last_moment(hall: Hall) -> None:
    """The close ends it, and what is left is what the timer shows."""
    quiz, student = hall.quiz(), hall.student()
    hall.fake.pass_(59 * MINUTE)
    attempt = hall.started(quiz, student)
    assert hall.proctor.view(attempt.id, student).remaining == MINUTE


def test_time_and_a_half_at_the_last_moment(hall: Hall) -> None:
    """Their close is later by what they get beyond the limit, and so is their due date."""
    quiz, student = hall.quiz(), hall.student(Accommodation(Fraction(3, 2)))
    hall.fake.pass_(40 * MINUTE)
    attempt = hall.started(quiz, student)
    assert attempt.deadline_at == hall.opens + 70 * MINUTE
    assert attempt.due_at == hall.opens + 70 * MINUTE


def test_a_clock_set_back_gives_nobody_more(hall: Hall) -> None:
    """An attempt ends after the time it was given, whatever the machine's clock says."""
    attempt = hall.started()
    hall.fake.set_back(45 * MINUTE)
    hall.fake.pass_(20 * MINUTE + GRACE + 1)
    assert hall.save(attempt, "8").outcome is Outcome.LATE


def test_a_quiz_without_an_end_is_never_swept(hall: Hall) -> None:
    """No limit and no close: it stays open for years."""
    attempt = hall.started(limit=None, due_at=None, closes_at=None)
    hall.fake.pass_(10**11)
    assert hall.proctor.sweep() == 0
    assert hall.proctor.view(attempt.id, attempt.person).remaining is None
    assert hall.save(attempt, "8").outcome is Outcome.SAVED


def test_a_start_after_an_attempt_that_nobody_ended(hall: Hall) -> None:
    """The overdue one is ended first and the next one begins."""
    attempt = hall.started(attempts=2)
    hall.fake.pass_(25 * MINUTE)
    second = hall.proctor.start(attempt.quiz, attempt.person, PEN).result()
    assert (second.number, second.state) == (2, "open")
    assert hall.row(attempt).finished_by is FinishedBy.SWEEPER
