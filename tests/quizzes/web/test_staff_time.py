"""What staff may do about time: extensions, reopening, overrides, publishing; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, cast

import pytest
from exam_fixture import LOCK, ExamFixture
from fake_clock import MINUTE
from small_quiz import small_quiz
from sqlalchemy import event

from autograder.errors import Conflict
from autograder.site.audit import acts_on
from quizzes.attempts.events import fold
from quizzes.attempts.save_rules import Outcome
from quizzes.schedule.accommodations import AccommodationRow
from quizzes.schedule.timing import Accommodation, Override
from quizzes.services.enrolment import accommodate
from quizzes.store.attempts import attempt_from_rows
from quizzes.store.extensions import extend, extend_all, reopen
from quizzes.store.overrides import set_override
from quizzes.store.quizzes import publish


@contextmanager
def statements(fixture: ExamFixture) -> Iterator[list[str]]:
    """The statements of the writer meanwhile; one for many rows counts once."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    listening = fixture.database._write, "before_cursor_execute", note
    event.listen(*listening)
    try:
        yield seen
    finally:
        event.remove(*listening)


def test_an_extension_is_known_with_the_next_save(fixture: ExamFixture) -> None:
    """The deadline and the due date move, it is written down, and what was late is in time."""
    attempt = fixture.started()
    fixture.fake.pass_(20 * MINUTE + 21_000)
    assert fixture.save(attempt, "7", save_id="save-a-bit-late").outcome is Outcome.LATE
    until = fixture.clock.now() + 5 * MINUTE
    fixture.write(extend, attempt.id, until, at=fixture.clock.now(), who="staff", reason="fire alarm")
    result = fixture.save(attempt, "7", save_id="save-a-bit-late")
    assert (result.outcome, result.deadline_at) == ("saved", until)
    with fixture.database.reading() as connection:
        (act,) = acts_on(connection, attempt.id)
        assert (act.who, act.detail["reason"], act.detail["was"]) == (
            "staff",
            "fire alarm",
            attempt.deadline_at,
        )


def test_nobody_is_cut_off_by_surprise(fixture: ExamFixture) -> None:
    """An end within a minute needs force; then a shorter time holds, too."""
    attempt = fixture.started()
    soon = fixture.clock.now() + MINUTE - 1
    with pytest.raises(Conflict, match="less than a minute"):
        fixture.write(extend, attempt.id, soon, at=fixture.clock.now(), who="staff", reason="cheating")
    row = fixture.write(extend, attempt.id, soon, at=fixture.clock.now(), who="staff", reason="x", force=True)
    assert row.deadline_at == soon


def test_everybody_gets_the_time_an_outage_took(fixture: ExamFixture) -> None:
    """Open attempts, those who start later, and single closes: all move by as much, nobody is late by it."""
    quiz, late_starter, own_close = fixture.quiz(), fixture.student(), fixture.student()
    with fixture.database.transaction() as connection:
        close = Override("closes_at", fixture.opens + 62 * MINUTE)
        set_override(connection, quiz, close, person_id=own_close)
    attempts = [fixture.started(quiz), fixture.started(quiz, fixture.student(Accommodation(Fraction(2))))]
    done = fixture.started(quiz)
    fixture.exam.finish(done.id, done.person, timer=True).result()
    at = fixture.clock.now()
    result = fixture.write(extend_all, quiz, at=at, who="staff", reason="outage", minutes=15)
    assert (result.extended, result.over) == (2, 1)
    for before in attempts:
        after = fixture.row(before)
        assert before.deadline_at is not None and after.deadline_at is not None
        assert after.deadline_at - before.deadline_at == 15 * MINUTE
        assert after.due_at == (before.due_at or 0) + 15 * MINUTE
    fixture.fake.pass_(60 * MINUTE)
    assert fixture.started(quiz, late_starter).deadline_at == fixture.opens + 75 * MINUTE
    assert fixture.started(quiz, own_close).deadline_at == fixture.opens + 77 * MINUTE


def test_an_extension_takes_no_more_statements_for_a_class(fixture: ExamFixture) -> None:
    """However many attempts are open, the saves of a class wait for the same few statements."""
    counts = []
    for students in (2, 12):
        quiz = fixture.quiz()
        for _ in range(students):
            fixture.started(quiz)
        with statements(fixture) as seen:
            now = fixture.clock.now()
            fixture.write(extend_all, quiz, at=now, who="staff", reason="an outage", minutes=5)
        counts.append(len(seen))
    assert counts[0] == counts[1] > 0


def test_percent_is_of_each_ones_own_time(fixture: ExamFixture) -> None:
    """A quarter more is five minutes for most and ten for who has twice the time."""
    quiz = fixture.quiz()
    usual, double = fixture.started(quiz), fixture.started(quiz, fixture.student(Accommodation(Fraction(2))))
    at = fixture.clock.now()
    fixture.write(extend_all, quiz, at=at, who="staff", reason="slow network", percent=25)
    assert fixture.row(usual).deadline_at == fixture.opens + 25 * MINUTE
    assert fixture.row(double).deadline_at == fixture.opens + 50 * MINUTE
    with pytest.raises(Conflict, match="needs minutes or percent"):
        fixture.write(extend_all, quiz, at=at, who="staff", reason="none")


def test_an_accommodation_given_during_the_exam(fixture: ExamFixture) -> None:
    """It reaches the running attempt; a smaller one afterwards takes nothing away."""
    attempt = fixture.started()
    for multiplier in (Fraction(3, 2), Fraction(1)):
        row = AccommodationRow("a table", attempt.person, multiplier=multiplier)
        fixture.write(accommodate, [row], at=fixture.clock.now(), who="staff")
        assert fixture.row(attempt).deadline_at == fixture.opens + 30 * MINUTE
    assert fixture.row(attempt).due_at == (attempt.due_at or 0) + 10 * MINUTE


def test_accommodations_of_a_class_take_no_more_statements(fixture: ExamFixture) -> None:
    """Time for two or for twelve who are at work: other saves wait for the same few statements."""
    counts = []
    for students in (2, 12):
        attempts = [fixture.started() for _ in range(students)]
        rows = [AccommodationRow("a table", attempt.person, multiplier=Fraction(2)) for attempt in attempts]
        with statements(fixture) as seen:
            fixture.write(accommodate, rows, at=fixture.clock.now(), who="staff")
        counts.append(len(seen))
        assert all(fixture.row(attempt).deadline_at == fixture.opens + 40 * MINUTE for attempt in attempts)
    assert counts[0] == counts[1] > 0


def test_a_label_has_terms_of_its_own(fixture: ExamFixture) -> None:
    """An override for a label reaches everybody with it, a personal one wins."""
    quiz, labelled, other = fixture.quiz(), fixture.student(label="evening"), fixture.student(label="evening")
    with fixture.database.transaction() as connection:
        limit = Override("limit", 30 * MINUTE, personal=False)
        set_override(connection, quiz, limit, label="evening")
        set_override(connection, quiz, Override("limit", 40 * MINUTE), person_id=labelled)
    assert fixture.started(quiz, other).deadline_at == fixture.opens + 30 * MINUTE
    assert fixture.started(quiz, labelled).deadline_at == fixture.opens + 40 * MINUTE


def test_reopening_goes_on_from_what_was_stored(fixture: ExamFixture) -> None:
    """A graded attempt is open again until then, is handed in anew, and has a second receipt."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    first = fixture.exam.finish(attempt.id, attempt.person).result().receipt
    fixture.exam.mark()
    until = fixture.clock.now() + 10 * MINUTE
    fixture.write(
        reopen, attempt.id, until, at=fixture.clock.now(), who="staff", reason="handed in by accident"
    )
    assert fixture.save(attempt, "8", base=1).outcome is Outcome.SAVED
    ending = fixture.exam.finish(attempt.id, attempt.person).result()
    assert ending.receipt.digest != first.digest
    assert fixture.exam.mark() == 1
    with fixture.database.reading() as connection:
        assert fold(fixture.exam.inspect(attempt.id)[1]) == attempt_from_rows(connection, attempt.id)


def test_what_cannot_be_reopened_or_extended(fixture: ExamFixture) -> None:
    """An open one is not reopened, an ended one not extended, and nobody has two open at once."""
    attempt = fixture.started(attempts=2)
    at, until = fixture.clock.now(), fixture.clock.now() + 5 * MINUTE
    with pytest.raises(Conflict, match="is open"):
        fixture.write(reopen, attempt.id, until, at=at, who="staff", reason="x")
    fixture.exam.finish(attempt.id, attempt.person).result()
    with pytest.raises(Conflict, match="is over"):
        fixture.write(extend, attempt.id, until, at=at, who="staff", reason="x")
    fixture.exam.start(attempt.quiz, attempt.person, LOCK).result()
    with pytest.raises(Conflict, match="another attempt open"):
        fixture.write(reopen, attempt.id, until, at=at, who="staff", reason="x")


def test_publishing_says_who_would_not_get_their_time(fixture: ExamFixture) -> None:
    """A window of 20 minutes with a fixed close is too short for time and a half, and is refused."""
    student = fixture.student(Accommodation(Fraction(3, 2)))
    fixture.student()
    short = fixture.schedule(closes_at=fixture.opens + 20 * MINUTE, due_at=None, extend_close=False)

    def published(connection: object, name: str, **fields: object) -> object:
        return publish(
            connection,  # type: ignore[arg-type]
            name,
            course="course",
            title="Sums",
            version=small_quiz(),
            schedule=short,
            at=fixture.clock.now(),
            who="staff",
            **fields,  # type: ignore[arg-type]
        )

    with pytest.raises(Conflict, match=f"1 of the enrolled.*10 minutes.*{student}"):
        fixture.write(published, "short-quiz")
    (only,) = cast("list[Any]", fixture.write(published, "short-quiz", force=True))
    assert (only.person, only.missing) == (student, 10 * MINUTE)


def test_impossible_times_are_not_published(fixture: ExamFixture) -> None:
    """Nothing of it is stored."""
    with pytest.raises(Conflict, match="closes before it opens"):
        fixture.quiz(closes_at=fixture.opens, due_at=None)
