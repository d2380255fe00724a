"""The books after a proof: whatever is missing or not whole is found."""

from __future__ import annotations

import pytest
from exam_fixture import Hall
from sqlalchemy import delete, insert, select, update

from quizzes.loadtest.checks import damage, missing, missing_receipts, still_open
from quizzes.loadtest.student import Acknowledged
from quizzes.store.tables import answer, answer_event, grade, receipt

ACTS = {
    "the log has lost it": delete(answer_event),
    "the log has another answer": update(answer_event).values(raw='"6"'),
    "the log has it as late": update(answer_event).values(late=True),
    "the answer is gone": delete(answer),
    "the answer is an older one": update(answer).values(rev=0),
}


def test_a_sound_database(hall: Hall) -> None:
    """What was acknowledged is there, followed by a later save or not."""
    one = hall.started()
    for base, text in enumerate(("5", "7")):
        assert hall.save(one, text, base).outcome == "saved"
    acknowledged = [Acknowledged(one.id, 0, 1, "5"), Acknowledged(one.id, 0, 2, "7")]
    assert missing(hall.database, acknowledged) == []
    assert damage(hall.database) == []
    assert still_open(hall.database) == 1


@pytest.mark.parametrize("act", ACTS)
def test_a_lost_save(hall: Hall, act: str) -> None:
    """A save that is not in the log, or not in the answers, is named; the database is not whole either."""
    one = hall.started()
    assert hall.save(one, "5").outcome == "saved"
    saved = Acknowledged(one.id, 0, 1, "5")
    with hall.database.transaction() as connection:
        connection.execute(ACTS[act])
    assert missing(hall.database, [saved]) == [saved]
    assert damage(hall.database) != []


def test_a_save_of_nowhere(hall: Hall) -> None:
    """A save of an attempt the database does not know is missing."""
    stray = Acknowledged("no-such-attempt", 0, 1, "5")
    assert missing(hall.database, [stray]) == [stray]


def test_receipts(hall: Hall) -> None:
    """A receipt that was shown is missing when the attempt is open, or another receipt or none is there."""
    one, other = hall.started(), hall.started()
    ending = hall.proctor.finish(one.id, one.person).result()
    digest = ending.receipt.digest
    assert missing_receipts(hall.database, {one.id: digest}) == []
    assert missing_receipts(hall.database, {one.id: "0" * 64}) == [one.id]
    assert missing_receipts(hall.database, {other.id: digest}) == [other.id]
    with hall.database.transaction() as connection:
        connection.execute(delete(receipt))
    assert missing_receipts(hall.database, {one.id: digest}) == [one.id]


def test_marked_twice(hall: Hall) -> None:
    """Two marks that count for one question are found."""
    one = hall.started()
    hall.save(one, "5")
    hall.proctor.finish(one.id, one.person).result()
    assert hall.proctor.mark() == 1
    assert damage(hall.database) == []
    with hall.database.transaction() as connection:
        row = connection.execute(select(grade).where(grade.c.pos == 0)).one()
        connection.execute(insert(grade).values({**row._mapping, "grader_version": "another"}))
    assert damage(hall.database) == [f"Question 0 of attempt {one.id} counts twice."]
