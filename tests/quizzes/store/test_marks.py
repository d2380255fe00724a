"""Marks are recorded once, kept with their history, and tell other systems once, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from exam_fixture import Hall
from small_quiz import Sum, small_quiz
from sqlalchemy import select

from autograder.errors import Conflict
from autograder.site.outbox import Message, claim, failed, sent
from quizzes.attempts.events import FinishedBy
from quizzes.services.regrading import propose_regrade
from quizzes.store.attempts import AttemptRow
from quizzes.store.marks import Given, points_of, record
from quizzes.store.regrades import propose, release
from quizzes.store.tables import grade


def graded(hall: Hall, right: bool = True) -> AttemptRow:
    """An attempt with one answer, marked."""
    attempt = hall.started()
    question = hall.proctor.view(attempt.id, attempt.person).items[0].question
    assert isinstance(question, Sum)
    hall.save(attempt, str(question.a + question.b + (not right)))
    hall.proctor.finish(attempt.id, attempt.person).result()
    assert hall.proctor.mark() == 1
    return hall.row(attempt)


def points(hall: Hall, attempt: AttemptRow) -> float | None:
    """What it has now."""
    with hall.database.reading() as connection:
        return points_of(connection, attempt.id)


def messages(hall: Hall) -> list[Message]:
    """What waits to be sent."""
    hall.fake.pass_(60_000)  # what was claimed before is free again
    with hall.database.transaction() as connection:
        return claim(connection, hall.clock.now())


def marks(hall: Hall, attempt: AttemptRow, each: float, key: str) -> Sequence[Given]:
    """Marks by another key."""
    with hall.database.reading() as connection:
        rows = connection.execute(select(grade).where(grade.c.attempt == attempt.id, grade.c.current))
        return [Given(row.pos, row.answer_rev, each, "", key, "grader 1") for row in rows]


def test_points_and_a_message_for_each_grade(hall: Hall) -> None:
    """One right answer of three questions is one point; no answer is none; one message tells of it."""
    attempt = graded(hall)
    assert points(hall, attempt) == 1.0
    assert hall.proctor.mark() == 0
    (message,) = messages(hall)
    told = message.payload
    assert (message.kind, told["points"], told["person"]) == ("grade", 1.0, attempt.person)


def test_marks_of_something_older_are_not_recorded(hall: Hall) -> None:
    """What changed since it was seen is marked anew; twice the same is recorded once."""
    attempt = hall.started()
    hall.proctor.finish(attempt.id, attempt.person).result()
    seen = hall.row(attempt)
    given = [Given(0, 0, 1.0, "", "key", "grader 1")]
    at = hall.clock.now()

    def recorded(row: AttemptRow) -> bool:
        return hall.proctor.writer.submit(lambda c: record(c, row, given, at), [row.id]).result()

    assert not recorded(replace(seen, seq=seen.seq - 1))
    assert recorded(seen)
    assert not recorded(seen)
    assert len(messages(hall)) == 1


def test_a_regrade_is_seen_before_it_counts(hall: Hall) -> None:
    """The proposal says what changes and changes nothing; its release counts once and is sent."""
    wrong, right = graded(hall, right=False), graded(hall)
    assert len(messages(hall)) == 2
    by_key = {wrong.id: marks(hall, wrong, 1.0, "key 2"), right.id: marks(hall, right, 1.0, "key 2")}
    by_key[right.id] = [replace(one, points=float(one.pos == 0)) for one in by_key[right.id]]
    run, changes = hall.write(
        propose, wrong.quiz, by_key, "key 2", "grader 1", at=hall.clock.now(), who="staff"
    )
    assert [(one.attempt, one.before, one.after) for one in changes] == [(wrong.id, 0.0, 3.0)]
    assert points(hall, wrong) == 0.0
    assert hall.write(release, run, at=hall.clock.now(), who="staff") == 1
    assert hall.write(release, run, at=hall.clock.now(), who="staff") == 0
    assert (points(hall, wrong), points(hall, right)) == (3.0, 1.0)
    assert len(messages(hall)) == 2 + 1
    with hall.database.reading() as connection:  # the history is kept
        assert len(connection.execute(select(grade).where(grade.c.attempt == wrong.id)).all()) == 6


def test_an_answer_changed_since_is_not_regraded(hall: Hall) -> None:
    """A proposal made on older answers leaves the attempt as it is."""
    attempt = graded(hall, right=False)
    older = [replace(one, answer_rev=one.answer_rev + 1) for one in marks(hall, attempt, 1.0, "key 2")]
    run, _ = hall.write(
        propose, attempt.quiz, {attempt.id: older}, "key 2", "grader 1", at=hall.clock.now(), who="staff"
    )
    assert hall.write(release, run, at=hall.clock.now(), who="staff") == 0
    assert points(hall, attempt) == 0.0


def test_a_key_is_corrected(hall: Hall) -> None:
    """Everybody's answers are marked by the new key; who gains and who loses is seen first."""
    attempt = graded(hall)
    wrong_key, right_key, other_quiz = small_quiz(off=1), small_quiz(), small_quiz(more=1)
    at = hall.clock.now()
    for version, before, after in ((wrong_key, 1.0, 0.0), (right_key, 0.0, 1.0)):
        named = {"at": at, "who": "staff"}
        run, changes = hall.write(propose_regrade, attempt.quiz, version, "grader 2", **named)
        assert [(one.before, one.after) for one in changes] == [(before, after)]
        assert points(hall, attempt) == before
        hall.write(release, run, **named)
        assert points(hall, attempt) == after
    with pytest.raises(Conflict, match="other numbers"):
        hall.write(propose_regrade, attempt.quiz, other_quiz, "grader 2", at=at, who="staff")


def test_a_message_is_sent_until_it_arrives(hall: Hall) -> None:
    """After a failure it waits, longer each time; once sent it is gone."""
    graded(hall)
    (message,) = messages(hall)
    waits = []
    for _ in range(3):
        with hall.database.transaction() as connection:
            assert claim(connection, hall.clock.now()) == []
            failed(connection, message, hall.clock.now(), "503")
        waited = 0
        while True:
            with hall.database.transaction() as connection:
                if found := claim(connection, hall.clock.now()):
                    break
            hall.fake.pass_(5_000)
            waited += 5
        waits.append(waited)
        (message,) = found
    assert waits == [10, 20, 40]
    with hall.database.transaction() as connection:
        sent(connection, message, hall.clock.now())
    hall.fake.pass_(10**8)
    assert messages(hall) == []


def test_a_question_that_breaks_costs_no_answer(hall: Hall) -> None:
    """Its answers are kept and other attempts are marked; this one waits until the question is mended."""
    broken, fine = hall.started(), hall.started()

    class Broken:
        def problem_with(self, answer: object) -> str:
            raise ZeroDivisionError

        mark = problem_with

    owner, items = hall.proctor._papers(broken.id)
    hall.proctor._papers = {  # type: ignore[assignment]
        broken.id: (owner, [replace(items[0], question=Broken()), *items[1:]]),  # type: ignore[type-var]
        fine.id: hall.proctor._papers(fine.id),
    }.__getitem__
    assert hall.save(broken, "5").outcome == "saved"
    for attempt in (broken, fine):
        hall.proctor.finish(attempt.id, attempt.person).result()
    assert hall.proctor.mark() == 1
    assert (hall.row(broken).state, hall.row(fine).state) == ("finished", "graded")
    assert hall.row(broken).finished_by is FinishedBy.STUDENT
