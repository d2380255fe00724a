"""Starting, saving, handing in: what a student can rely on, on both databases."""

from __future__ import annotations

from fractions import Fraction

import pytest
from exam_fixture import PEN, SIGNER, Hall
from fake_clock import MINUTE

from autograder.errors import Forbidden, NotFound, Refused, TooLarge
from autograder.site.outbox import claim
from quizzes.attempts.events import fold
from quizzes.attempts.save_rules import Outcome
from quizzes.schedule.timing import Accommodation
from quizzes.store.attempts import attempts_at, state_of
from quizzes.store.quizzes import published_in
from quizzes.store.receipts import confirms

OTHER = "pen-of-another-window"


def test_a_quiz_from_start_to_grade(hall: Hall) -> None:
    """Start, answer, hand in, be marked; the log folds to the same as the rows."""
    attempt = hall.started()
    view = hall.proctor.view(attempt.id, attempt.person)
    question = view.items[1].question
    assert view.remaining == 20 * MINUTE
    hall.fake.pass_(5 * MINUTE)
    assert hall.save(attempt, str(question.a + question.b), pos=1).outcome is Outcome.SAVED
    ending = hall.proctor.finish(attempt.id, attempt.person).result()
    assert (ending.attempt.state, ending.attempt.finished_by) == ("finished", "student")
    assert confirms(SIGNER, ending.receipt)
    assert hall.proctor.mark() == 1
    view, events = hall.proctor.look(attempt.id)
    assert view.attempt.state == "graded"
    with hall.database.reading() as connection:
        assert fold(events) == state_of(connection, attempt.id)


def test_a_second_start_returns_the_open_attempt(hall: Hall) -> None:
    """Two clicks, one attempt."""
    attempt = hall.started()
    again = hall.proctor.start(attempt.quiz, attempt.person, OTHER).result()
    assert again == attempt


def test_before_the_opening_there_is_no_such_quiz(hall: Hall) -> None:
    """It reads like one that does not exist."""
    quiz = hall.quiz(opens_at=hall.opens + 1)
    with pytest.raises(NotFound, match="no such quiz"):
        hall.started(quiz)
    hall.fake.pass_(1)
    assert hall.started(quiz).state == "open"


def test_after_the_close_nobody_starts(hall: Hall) -> None:
    """At the closing instant it is closed."""
    quiz = hall.quiz()
    hall.fake.pass_(60 * MINUTE)
    with pytest.raises(Forbidden, match="closed"):
        hall.started(quiz)


def test_attempts_are_counted(hall: Hall) -> None:
    """One is the rule; two need it to be said."""
    attempt = hall.started(attempts=2)
    hall.proctor.finish(attempt.id, attempt.person).result()
    second = hall.started(attempt.quiz, attempt.person)
    assert second.number == 2
    hall.proctor.finish(second.id, second.person).result()
    with pytest.raises(Forbidden, match="every attempt"):
        hall.started(attempt.quiz, attempt.person)


def test_a_preview_is_not_counted(hall: Hall) -> None:
    """Staff may look at a quiz before it opens, often, and no grade goes out; students may not."""
    quiz, person = hall.quiz(opens_at=hall.opens + MINUTE), hall.student(role="staff")
    for _ in range(2):
        preview = hall.proctor.start(quiz, person, PEN, preview=True).result()
        hall.proctor.finish(preview.id, person).result()
    assert hall.proctor.mark() == 2
    with hall.database.transaction() as connection:
        assert claim(connection, hall.clock.now()) == []
        assert [one.preview for one in attempts_at(connection, quiz, person)] == [True, True]
    with pytest.raises(Forbidden, match="Only the course's staff"):
        hall.proctor.start(quiz, hall.student(), PEN, preview=True).result()
    hall.fake.pass_(MINUTE)
    assert hall.started(quiz, person).number == 3


def test_a_start_page_says_your_time_and_your_end(hall: Hall) -> None:
    """Before the clock runs, with the accommodation in it, and what the close would cut off."""
    quiz, student = hall.quiz(extend_close=False), hall.student(Accommodation(Fraction(3, 2)))
    offer = hall.proctor.offer(quiz, student)
    assert (offer.terms.allot, offer.deadline_at, offer.cut) == (30 * MINUTE, hall.opens + 30 * MINUTE, 0)
    hall.fake.pass_(50 * MINUTE)
    offer = hall.proctor.offer(quiz, student)
    assert (offer.cut, offer.refusal) == (20 * MINUTE, None)
    attempt = hall.started(quiz, student)
    assert attempt.deadline_at == offer.deadline_at
    assert hall.proctor.offer(quiz, student).running == attempt
    hall.proctor.finish(attempt.id, student).result()
    assert isinstance(hall.proctor.offer(quiz, student).refusal, Forbidden)
    later = hall.quiz(opens_at=hall.opens + 10**8, closes_at=None, due_at=None)
    assert isinstance(hall.proctor.offer(later, student).refusal, NotFound)
    with pytest.raises(Forbidden, match="not enrolled"):
        hall.proctor.offer(quiz, "nobody")


def test_a_courses_quizzes(hall: Hall) -> None:
    """They are listed with their times, the first to open first."""
    later, first = hall.quiz(opens_at=hall.opens + 5), hall.quiz()
    with hall.database.reading() as connection:
        listed = published_in(connection, "course")
    assert [one.id for one in listed] == [first, later]
    assert listed[0].schedule == hall.schedule()


def test_somebody_elses_attempt_is_none(hall: Hall) -> None:
    """Reading, saving, taking the pen and handing in are all the same: there is no such attempt."""
    attempt, other = hall.started(), hall.student()
    with pytest.raises(NotFound):
        hall.proctor.view(attempt.id, other)
    with pytest.raises(NotFound):
        hall.proctor.finish(attempt.id, other)
    with pytest.raises(NotFound):
        hall.proctor.take_pen(attempt.id, other, OTHER)
    with pytest.raises(NotFound):
        hall.proctor.save(attempt.id, other, 0, "1", base_rev=0, save_id="save-of-other", pen=PEN)
    with pytest.raises(NotFound):
        hall.save(attempt, "1", pos=3)


def test_a_lost_reply_costs_nothing(hall: Hall) -> None:
    """The same save again gets the same revision, and is one event, also after handing in."""
    attempt = hall.started()
    first = hall.save(attempt, "7", save_id="save-once")
    again = hall.save(attempt, "7", save_id="save-once")
    hall.proctor.finish(attempt.id, attempt.person).result()
    late = hall.save(attempt, "7", save_id="save-once")
    assert first.held == again.held == late.held
    assert (first.replayed, again.replayed, late.outcome) == (False, True, Outcome.SAVED)
    assert sum(type(event).__name__ == "Saved" for event in hall.proctor.look(attempt.id)[1]) == 1
    with pytest.raises(Refused, match="another answer"):
        hall.save(attempt, "8", save_id="save-once")


def test_an_older_revision_gets_the_newer_value(hall: Hall) -> None:
    """Nobody overwrites what they have not seen."""
    attempt = hall.started()
    hall.save(attempt, "7")
    stale = hall.save(attempt, "8", base=0)
    assert (stale.outcome, stale.outcome.status, stale.answer, stale.held.rev) == ("stale", 409, "7", 1)
    assert hall.save(attempt, "8", base=1).held.rev == 2


@pytest.mark.parametrize("blank", [None, "", "   "])
def test_a_blank_overwrites_only_when_asked(hall: Hall, blank: str | None) -> None:
    """A page that lost its fields cannot empty an answer; "clear my answer" can."""
    attempt = hall.started()
    hall.save(attempt, "7")
    kept = hall.save(attempt, blank, base=1)
    assert (kept.outcome, kept.answer) == ("blank", "7")
    assert hall.save(attempt, blank, base=1, clear=True).outcome is Outcome.SAVED


def test_one_window_writes(hall: Hall) -> None:
    """The newest holds the pen; the older one may take it back and go on from what is stored."""
    attempt = hall.started()
    hall.proctor.take_pen(attempt.id, attempt.person, OTHER).result()
    refused = hall.save(attempt, "7")
    assert (refused.outcome, refused.outcome.status) == ("elsewhere", 409)
    assert hall.save(attempt, "8", pen=OTHER).outcome is Outcome.SAVED
    hall.proctor.take_pen(attempt.id, attempt.person, PEN).result()
    assert hall.save(attempt, "9", base=1).held.rev == 2


def test_what_cannot_be_read_erases_nothing(hall: Hall) -> None:
    """It is refused with the question's sentence, kept in the log, and the last answer stays."""
    attempt = hall.started()
    hall.save(attempt, "7")
    refused = hall.save(attempt, "0,2x", base=1)
    assert (refused.outcome.status, refused.problem, refused.answer) == (422, "Write a whole number.", "7")
    assert hall.proctor.view(attempt.id, attempt.person).answers[0].raw == '"7"'
    assert [e.raw for e in hall.proctor.look(attempt.id)[1] if getattr(e, "valid", True) is False]


def test_huge_and_foreign_data_is_refused_with_a_sentence(hall: Hall) -> None:
    """64 KB is the limit; numbers, nested lists and broken characters are no answers."""
    attempt = hall.started()
    with pytest.raises(TooLarge, match="64 KB"):
        hall.save(attempt, "é" * 40_000)
    for bad in (5, [["x"]], {"a": 1}, "\ud800"):
        with pytest.raises(Refused):
            hall.save(attempt, bad)
    with pytest.raises(Refused, match="not one of this page's"):
        hall.save(attempt, "1", save_id="no spaces!")


def test_handing_in_twice_gives_one_receipt(hall: Hall) -> None:
    """And nothing can be saved afterwards, from any window."""
    attempt = hall.started()
    hall.save(attempt, "7")
    first = hall.proctor.finish(attempt.id, attempt.person).result()
    again = hall.proctor.finish(attempt.id, attempt.person).result()
    assert (first.now, again.now, first.receipt) == (True, False, again.receipt)
    late = hall.save(attempt, "8", base=1)
    assert (late.outcome, late.outcome.status, late.answer) == ("closed", 409, "7")
    assert hall.row(attempt).state == "finished"


def test_a_changed_receipt_is_noticed(hall: Hall) -> None:
    """A digit in an answer, and the seal no longer confirms it."""
    attempt = hall.started()
    hall.save(attempt, "7")
    receipt = hall.proctor.finish(attempt.id, attempt.person).result().receipt
    forged = type(receipt)(receipt.attempt, receipt.body.replace("7", "8"), receipt.digest, receipt.signature)
    assert confirms(SIGNER, receipt)
    assert not confirms(SIGNER, forged)


def test_an_attempt_keeps_its_version(hall: Hall) -> None:
    """A quiz published anew shows nothing new to those who started; their numbers stay the same."""
    attempt = hall.started()
    before = hall.proctor.view(attempt.id, attempt.person).items
    hall.republish(attempt.quiz, questions=5)
    assert hall.proctor.view(attempt.id, attempt.person).items == before
    assert len(hall.proctor.view((new := hall.started(attempt.quiz)).id, new.person).items) == 5
