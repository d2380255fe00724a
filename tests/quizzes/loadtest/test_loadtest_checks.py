"""The books after a proof: whatever is missing or not whole is found."""

from __future__ import annotations

import pytest
from exam_fixture import ExamFixture
from sqlalchemy import delete, update

from autograder.site.marks import Waiting, set_waiting
from autograder.site.tables import mark
from quizzes.loadtest.checks import damage, missing_receipts, missing_saves, open_attempts
from quizzes.loadtest.student import Acknowledged
from quizzes.store.tables import answer, answer_event, receipt

ACTS = {
    "the log has lost it": delete(answer_event),
    "the log has another answer": update(answer_event).values(response='"6"'),
    "the log has it as late": update(answer_event).values(late=True),
    "the answer is gone": delete(answer),
    "the answer is an older one": update(answer).values(rev=0),
}


def test_a_sound_database(fixture: ExamFixture) -> None:
    """What was acknowledged is there, followed by a later save or not."""
    attempt = fixture.started()
    for base, text in enumerate(("5", "7")):
        assert fixture.save(attempt, text, base).outcome == "saved"
    acknowledged = [Acknowledged(attempt.id, 0, 1, "5"), Acknowledged(attempt.id, 0, 2, "7")]
    assert missing_saves(fixture.database, acknowledged) == []
    assert damage(fixture.database) == []
    assert open_attempts(fixture.database) == 1


@pytest.mark.parametrize("act", ACTS)
def test_a_lost_save(fixture: ExamFixture, act: str) -> None:
    """A save that is not in the log, or not in the answers, is named; the database is not whole either."""
    attempt = fixture.started()
    assert fixture.save(attempt, "5").outcome == "saved"
    saved = Acknowledged(attempt.id, 0, 1, "5")
    with fixture.database.transaction() as connection:
        connection.execute(ACTS[act])
    assert missing_saves(fixture.database, [saved]) == [saved]
    assert damage(fixture.database) != []


def test_a_save_of_nowhere(fixture: ExamFixture) -> None:
    """A save of an attempt the database does not know is missing."""
    stray = Acknowledged("no-such-attempt", 0, 1, "5")
    assert missing_saves(fixture.database, [stray]) == [stray]


def test_receipts(fixture: ExamFixture) -> None:
    """A receipt that was shown is missing when the attempt is open, or another receipt or none is there."""
    attempt, other = fixture.started(), fixture.started()
    ending = fixture.exam.finish(attempt.id, attempt.person).result()
    digest = ending.receipt.digest
    assert missing_receipts(fixture.database, {attempt.id: digest}) == []
    assert missing_receipts(fixture.database, {attempt.id: "0" * 64}) == [attempt.id]
    assert missing_receipts(fixture.database, {other.id: digest}) == [other.id]
    with fixture.database.transaction() as connection:
        connection.execute(delete(receipt))
    assert missing_receipts(fixture.database, {attempt.id: digest}) == [attempt.id]


def test_marks_and_what_waits(fixture: ExamFixture) -> None:
    """A question without a mark is found, and a list of what waits that differs from the marks."""
    attempt = fixture.started()
    fixture.save(attempt, "5")
    fixture.exam.finish(attempt.id, attempt.person).result()
    assert fixture.exam.mark() == 1
    assert damage(fixture.database) == []
    with fixture.database.transaction() as connection:
        connection.execute(delete(mark).where(mark.c.part == "0"))
        set_waiting(connection, "quiz", attempt.id, [("1", 0, Waiting.PENDING)])
    assert damage(fixture.database) == [
        f"Question 0 of attempt {attempt.id} and its marks do not agree.",
        f"The list of what waits for a mark is wrong about attempt {attempt.id}.",
    ]
