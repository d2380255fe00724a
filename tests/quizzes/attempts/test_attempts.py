"""Starting, saving, handing in: what a student can rely on, on both databases."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from exam_fixture import LOCK, SIGNER, ExamFixture
from fake_clock import MINUTE

from autograder.errors import Forbidden, NotFound, Refused, TooLarge
from autograder.site.outbox import claim
from quizzes.attempts.events import Saved, fold
from quizzes.attempts.save_rules import Outcome
from quizzes.schedule.timing import Accommodation
from quizzes.store.attempts import attempt_from_rows, attempts_at
from quizzes.store.quizzes import published_in
from quizzes.store.receipts import is_genuine

OTHER = "lock-of-another-tab"


def test_a_quiz_from_start_to_grade(fixture: ExamFixture) -> None:
    """Start, answer, hand in, be marked; the log folds to the same as the rows."""
    attempt = fixture.started()
    view = fixture.exam.view(attempt.id, attempt.person)
    question: Any = view.items[1].question  # of the fixture's quiz: a sum
    assert view.remaining == 20 * MINUTE
    fixture.fake.pass_(5 * MINUTE)
    assert fixture.save(attempt, str(question.a + question.b), pos=1).outcome is Outcome.SAVED
    ending = fixture.exam.finish(attempt.id, attempt.person).result()
    assert (ending.attempt.state, ending.attempt.finished_by) == ("finished", "student")
    assert is_genuine(SIGNER, ending.receipt)
    assert fixture.exam.mark() == 1
    view, events = fixture.exam.inspect(attempt.id)
    assert view.attempt.state == "graded"
    with fixture.database.reading() as connection:
        assert fold(events) == attempt_from_rows(connection, attempt.id)


def test_a_second_start_returns_the_open_attempt(fixture: ExamFixture) -> None:
    """Two clicks, one attempt."""
    attempt = fixture.started()
    again = fixture.exam.start(attempt.quiz, attempt.person, OTHER).result()
    assert again == attempt


def test_before_the_opening_there_is_no_such_quiz(fixture: ExamFixture) -> None:
    """It reads like one that does not exist."""
    quiz = fixture.quiz(opens_at=fixture.opens + 1)
    with pytest.raises(NotFound, match="no such quiz"):
        fixture.started(quiz)
    fixture.fake.pass_(1)
    assert fixture.started(quiz).state == "open"


def test_after_the_close_nobody_starts(fixture: ExamFixture) -> None:
    """At the closing instant it is closed."""
    quiz = fixture.quiz()
    fixture.fake.pass_(60 * MINUTE)
    with pytest.raises(Forbidden, match="closed"):
        fixture.started(quiz)


def test_attempts_are_counted(fixture: ExamFixture) -> None:
    """One is the rule; two need it to be said."""
    attempt = fixture.started(attempts=2)
    fixture.exam.finish(attempt.id, attempt.person).result()
    second = fixture.started(attempt.quiz, attempt.person)
    assert second.number == 2
    fixture.exam.finish(second.id, second.person).result()
    with pytest.raises(Forbidden, match="every attempt"):
        fixture.started(attempt.quiz, attempt.person)


def test_a_preview_is_not_counted(fixture: ExamFixture) -> None:
    """Staff may look at a quiz before it opens, often, and no grade goes out; students may not."""
    quiz, person = fixture.quiz(opens_at=fixture.opens + MINUTE), fixture.student(role="staff")
    for _ in range(2):
        preview = fixture.exam.start(quiz, person, LOCK, preview=True).result()
        fixture.exam.finish(preview.id, person).result()
    assert fixture.exam.mark() == 2
    with fixture.database.transaction() as connection:
        assert claim(connection, fixture.clock.now()) == []
        assert [attempt.preview for attempt in attempts_at(connection, quiz, person)] == [True, True]
    with pytest.raises(Forbidden, match="Only the course's staff"):
        fixture.exam.start(quiz, fixture.student(), LOCK, preview=True).result()
    fixture.fake.pass_(MINUTE)
    assert fixture.started(quiz, person).number == 3


def test_a_start_page_says_your_time_and_your_end(fixture: ExamFixture) -> None:
    """Before the clock runs, with the accommodation in it, and what the close would cut off."""
    quiz, student = fixture.quiz(extend_close=False), fixture.student(Accommodation(Fraction(3, 2)))
    offer = fixture.exam.availability(quiz, student)
    assert (offer.terms.time_allowed, offer.deadline_at, offer.cut_short) == (
        30 * MINUTE,
        fixture.opens + 30 * MINUTE,
        0,
    )
    fixture.fake.pass_(50 * MINUTE)
    offer = fixture.exam.availability(quiz, student)
    assert (offer.cut_short, offer.refusal) == (20 * MINUTE, None)
    attempt = fixture.started(quiz, student)
    assert attempt.deadline_at == offer.deadline_at
    assert fixture.exam.availability(quiz, student).running == attempt
    fixture.exam.finish(attempt.id, student).result()
    assert isinstance(fixture.exam.availability(quiz, student).refusal, Forbidden)
    later = fixture.quiz(opens_at=fixture.opens + 10**8, closes_at=None, due_at=None)
    assert isinstance(fixture.exam.availability(later, student).refusal, NotFound)
    with pytest.raises(Forbidden, match="not enrolled"):
        fixture.exam.availability(quiz, "nobody")


def test_a_courses_quizzes(fixture: ExamFixture) -> None:
    """They are listed with their times, the first to open first."""
    later, first = fixture.quiz(opens_at=fixture.opens + 5), fixture.quiz()
    with fixture.database.reading() as connection:
        listed = published_in(connection, "course")
    assert [listed_quiz.id for listed_quiz in listed] == [first, later]
    assert listed[0].schedule == fixture.schedule()


def test_somebody_elses_attempt_is_none(fixture: ExamFixture) -> None:
    """Reading, saving, taking the edit lock and handing in are all the same: there is no such attempt."""
    attempt, other = fixture.started(), fixture.student()
    with pytest.raises(NotFound):
        fixture.exam.view(attempt.id, other)
    with pytest.raises(NotFound):
        fixture.exam.finish(attempt.id, other)
    with pytest.raises(NotFound):
        fixture.exam.take_lock(attempt.id, other, OTHER)
    with pytest.raises(NotFound):
        fixture.exam.save(attempt.id, other, 0, "1", base_rev=0, save_id="save-of-other", lock=LOCK)
    with pytest.raises(NotFound):
        fixture.save(attempt, "1", pos=3)


def test_a_lost_reply_costs_nothing(fixture: ExamFixture) -> None:
    """The same save again gets the same revision, and is one event, also after handing in."""
    attempt = fixture.started()
    first = fixture.save(attempt, "7", save_id="save-once")
    again = fixture.save(attempt, "7", save_id="save-once")
    fixture.exam.finish(attempt.id, attempt.person).result()
    late = fixture.save(attempt, "7", save_id="save-once")
    assert first.stored == again.stored == late.stored
    assert (first.replayed, again.replayed, late.outcome) == (False, True, Outcome.SAVED)
    assert sum(type(event).__name__ == "Saved" for event in fixture.exam.inspect(attempt.id)[1]) == 1
    with pytest.raises(Refused, match="another answer"):
        fixture.save(attempt, "8", save_id="save-once")


def test_an_older_revision_gets_the_newer_value(fixture: ExamFixture) -> None:
    """Nobody overwrites what they have not seen."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    stale = fixture.save(attempt, "8", base=0)
    assert (stale.outcome, stale.outcome.status, stale.answer, stale.stored.rev) == ("stale", 409, "7", 1)
    assert fixture.save(attempt, "8", base=1).stored.rev == 2


@pytest.mark.parametrize("blank", [None, "", "   "])
def test_a_blank_overwrites_only_when_asked(fixture: ExamFixture, blank: str | None) -> None:
    """A page that lost its fields cannot empty an answer; "clear my answer" can."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    kept = fixture.save(attempt, blank, base=1)
    assert (kept.outcome, kept.answer) == ("blank", "7")
    assert fixture.save(attempt, blank, base=1, clear=True).outcome is Outcome.SAVED


def test_one_window_writes(fixture: ExamFixture) -> None:
    """The newest holds the edit lock; the older one may take it back and go on from what is stored."""
    attempt = fixture.started()
    fixture.exam.take_lock(attempt.id, attempt.person, OTHER).result()
    refused = fixture.save(attempt, "7")
    assert (refused.outcome, refused.outcome.status) == ("elsewhere", 409)
    assert fixture.save(attempt, "8", lock=OTHER).outcome is Outcome.SAVED
    fixture.exam.take_lock(attempt.id, attempt.person, LOCK).result()
    assert fixture.save(attempt, "9", base=1).stored.rev == 2


def test_what_cannot_be_read_erases_nothing(fixture: ExamFixture) -> None:
    """It is refused with the question's sentence, kept in the log, and the last answer stays."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    refused = fixture.save(attempt, "0,2x", base=1)
    assert (refused.outcome.status, refused.problem, refused.answer) == (422, "Write a whole number.", "7")
    assert fixture.exam.view(attempt.id, attempt.person).answers[0].response == '"7"'
    assert [e for e in fixture.exam.inspect(attempt.id)[1] if isinstance(e, Saved) and e.valid is False]


def test_huge_and_foreign_data_is_refused_with_a_sentence(fixture: ExamFixture) -> None:
    """64 KB is the limit; numbers, nested lists and broken characters are no answers."""
    attempt = fixture.started()
    with pytest.raises(TooLarge, match="64 KB"):
        fixture.save(attempt, "é" * 40_000)
    for bad in (5, [["x"]], {"a": 1}, "\ud800"):
        with pytest.raises(Refused):
            fixture.save(attempt, bad)
    with pytest.raises(Refused, match="does not come from this page"):
        fixture.save(attempt, "1", save_id="no spaces!")


def test_handing_in_twice_gives_one_receipt(fixture: ExamFixture) -> None:
    """And nothing can be saved afterwards, from any window."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    first = fixture.exam.finish(attempt.id, attempt.person).result()
    again = fixture.exam.finish(attempt.id, attempt.person).result()
    assert (first.now, again.now, first.receipt) == (True, False, again.receipt)
    late = fixture.save(attempt, "8", base=1)
    assert (late.outcome, late.outcome.status, late.answer) == ("closed", 409, "7")
    assert fixture.row(attempt).state == "finished"


def test_a_changed_receipt_is_noticed(fixture: ExamFixture) -> None:
    """A digit in an answer, and the seal no longer confirms it."""
    attempt = fixture.started()
    fixture.save(attempt, "7")
    receipt = fixture.exam.finish(attempt.id, attempt.person).result().receipt
    forged = type(receipt)(receipt.attempt, receipt.body.replace("7", "8"), receipt.digest, receipt.signature)
    assert is_genuine(SIGNER, receipt)
    assert not is_genuine(SIGNER, forged)


def test_an_attempt_keeps_its_version(fixture: ExamFixture) -> None:
    """A quiz published anew shows nothing new to those who started; their numbers stay the same."""
    attempt = fixture.started()
    before = fixture.exam.view(attempt.id, attempt.person).items
    fixture.republish(attempt.quiz, questions=5)
    assert fixture.exam.view(attempt.id, attempt.person).items == before
    assert len(fixture.exam.view((new := fixture.started(attempt.quiz)).id, new.person).items) == 5
