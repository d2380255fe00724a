"""What staff may do about time: extensions, reopening, overrides, publishing; on both databases."""

from __future__ import annotations

from fractions import Fraction

import pytest
from exam_fixture import PEN, Hall
from fake_clock import MINUTE
from small_quiz import small_quiz

from autograder.errors import Conflict
from autograder.site.audit import acts_on
from autograder.site.people import enrol
from quizzes.attempts.events import fold
from quizzes.attempts.save_rules import Outcome
from quizzes.schedule.timing import Accommodation, Override
from quizzes.store.attempts import state_of
from quizzes.store.extensions import apply_terms, extend, extend_all, reopen
from quizzes.store.overrides import set_override
from quizzes.store.quizzes import publish


def test_an_extension_is_known_with_the_next_save(hall: Hall) -> None:
    """The deadline and the due date move, it is written down, and what was late is in time."""
    attempt = hall.started()
    hall.fake.pass_(20 * MINUTE + 21_000)
    assert hall.save(attempt, "7", save_id="save-a-bit-late").outcome is Outcome.LATE
    until = hall.clock.now() + 5 * MINUTE
    hall.write(extend, attempt.id, until, at=hall.clock.now(), who="staff", reason="fire alarm")
    result = hall.save(attempt, "7", save_id="save-a-bit-late")
    assert (result.outcome, result.deadline_at) == ("saved", until)
    with hall.database.reading() as connection:
        (act,) = acts_on(connection, attempt.id)
        assert (act.who, act.detail["reason"], act.detail["was"]) == (
            "staff",
            "fire alarm",
            attempt.deadline_at,
        )


def test_nobody_is_cut_off_by_surprise(hall: Hall) -> None:
    """An end within a minute needs force; then a shorter time holds, too."""
    attempt = hall.started()
    soon = hall.clock.now() + MINUTE - 1
    with pytest.raises(Conflict, match="less than a minute"):
        hall.write(extend, attempt.id, soon, at=hall.clock.now(), who="staff", reason="cheating")
    row = hall.write(extend, attempt.id, soon, at=hall.clock.now(), who="staff", reason="x", force=True)
    assert row.deadline_at == soon


def test_everybody_gets_the_time_an_outage_took(hall: Hall) -> None:
    """Open attempts, those who start later, and single closes: all move by as much, nobody is late by it."""
    quiz, late_starter, own_close = hall.quiz(), hall.student(), hall.student()
    with hall.database.transaction() as connection:
        close = Override("closes_at", hall.opens + 62 * MINUTE)
        set_override(connection, quiz, close, person_id=own_close)
    attempts = [hall.started(quiz), hall.started(quiz, hall.student(Accommodation(Fraction(2))))]
    done = hall.started(quiz)
    hall.proctor.finish(done.id, done.person, timer=True).result()
    at = hall.clock.now()
    told = hall.write(extend_all, quiz, at=at, who="staff", reason="outage", minutes=15)
    assert (told.extended, told.over) == (2, 1)
    for before in attempts:
        after = hall.row(before)
        assert before.deadline_at is not None and after.deadline_at is not None
        assert after.deadline_at - before.deadline_at == 15 * MINUTE
        assert after.due_at == (before.due_at or 0) + 15 * MINUTE
    hall.fake.pass_(60 * MINUTE)
    assert hall.started(quiz, late_starter).deadline_at == hall.opens + 75 * MINUTE
    assert hall.started(quiz, own_close).deadline_at == hall.opens + 77 * MINUTE


def test_percent_is_of_each_ones_own_time(hall: Hall) -> None:
    """A quarter more is five minutes for most and ten for who has twice the time."""
    quiz = hall.quiz()
    usual, double = hall.started(quiz), hall.started(quiz, hall.student(Accommodation(Fraction(2))))
    at = hall.clock.now()
    hall.write(extend_all, quiz, at=at, who="staff", reason="slow network", percent=25)
    assert hall.row(usual).deadline_at == hall.opens + 25 * MINUTE
    assert hall.row(double).deadline_at == hall.opens + 50 * MINUTE
    with pytest.raises(Conflict, match="gives time"):
        hall.write(extend_all, quiz, at=at, who="staff", reason="none")


def test_an_accommodation_granted_during_the_exam(hall: Hall) -> None:
    """It reaches the running attempt; a smaller one afterwards takes nothing away."""
    attempt = hall.started()
    for accommodation in (Accommodation(Fraction(3, 2)), Accommodation()):
        with hall.database.transaction() as connection:
            enrol(connection, "course", attempt.person, accommodation=accommodation)
        hall.write(apply_terms, attempt.id, at=hall.clock.now(), who="staff")
        assert hall.row(attempt).deadline_at == hall.opens + 30 * MINUTE


def test_a_label_has_terms_of_its_own(hall: Hall) -> None:
    """An override for a label reaches everybody with it, a personal one wins."""
    quiz, own, other = hall.quiz(), hall.student(label="evening"), hall.student(label="evening")
    with hall.database.transaction() as connection:
        limit = Override("limit", 30 * MINUTE, personal=False)
        set_override(connection, quiz, limit, label="evening")
        set_override(connection, quiz, Override("limit", 40 * MINUTE), person_id=own)
    assert hall.started(quiz, other).deadline_at == hall.opens + 30 * MINUTE
    assert hall.started(quiz, own).deadline_at == hall.opens + 40 * MINUTE


def test_reopening_goes_on_from_what_was_stored(hall: Hall) -> None:
    """A graded attempt is open again until then, is handed in anew, and has a second receipt."""
    attempt = hall.started()
    hall.save(attempt, "7")
    first = hall.proctor.finish(attempt.id, attempt.person).result().receipt
    hall.proctor.mark()
    until = hall.clock.now() + 10 * MINUTE
    hall.write(reopen, attempt.id, until, at=hall.clock.now(), who="staff", reason="handed in by accident")
    assert hall.save(attempt, "8", base=1).outcome is Outcome.SAVED
    ending = hall.proctor.finish(attempt.id, attempt.person).result()
    assert ending.receipt.digest != first.digest
    assert hall.proctor.mark() == 1
    with hall.database.reading() as connection:
        assert fold(hall.proctor.look(attempt.id)[1]) == state_of(connection, attempt.id)


def test_what_cannot_be_reopened_or_extended(hall: Hall) -> None:
    """An open one is not reopened, an ended one not extended, and nobody has two open at once."""
    attempt = hall.started(attempts=2)
    at, until = hall.clock.now(), hall.clock.now() + 5 * MINUTE
    with pytest.raises(Conflict, match="is open"):
        hall.write(reopen, attempt.id, until, at=at, who="staff", reason="x")
    hall.proctor.finish(attempt.id, attempt.person).result()
    with pytest.raises(Conflict, match="is over"):
        hall.write(extend, attempt.id, until, at=at, who="staff", reason="x")
    hall.proctor.start(attempt.quiz, attempt.person, PEN).result()
    with pytest.raises(Conflict, match="another attempt open"):
        hall.write(reopen, attempt.id, until, at=at, who="staff", reason="x")


def test_publishing_says_who_would_not_get_their_time(hall: Hall) -> None:
    """A window of 20 minutes with a fixed close is too short for time and a half, and is refused."""
    student = hall.student(Accommodation(Fraction(3, 2)))
    hall.student()
    short = hall.schedule(closes_at=hall.opens + 20 * MINUTE, due_at=None, extend_close=False)

    def published(connection: object, name: str, **given: object) -> object:
        return publish(
            connection,  # type: ignore[arg-type]
            name,
            course="course",
            title="Sums",
            version=small_quiz(),
            schedule=short,
            at=hall.clock.now(),
            who="staff",
            **given,  # type: ignore[arg-type]
        )

    with pytest.raises(Conflict, match=f"1 of the enrolled.*10 minutes.*{student}"):
        hall.write(published, "short-quiz")
    (only,) = hall.write(published, "short-quiz", despite_shortfalls=True)  # type: ignore[misc]
    assert (only.person, only.missing) == (student, 10 * MINUTE)


def test_impossible_times_are_not_published(hall: Hall) -> None:
    """Nothing of it is stored."""
    with pytest.raises(Conflict, match="closes before it opens"):
        hall.quiz(closes_at=hall.opens, due_at=None)
