"""Marks are recorded once, kept with their history, and tell other systems once, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest
from exam_fixture import LOCK, SIGNER, ExamFixture
from small_quiz import SmallQuiz, Sum, small_quiz

from autograder.errors import Conflict
from autograder.site.outbox import Message, claim, mark_failed, mark_sent
from quizzes.attempts.events import FinishedBy
from quizzes.services.exam import ExamService
from quizzes.store.answers import accept_late
from quizzes.store.attempts import AttemptRow
from quizzes.store.marks import MarkRow, history_of, points_of, record_marks
from quizzes.store.regrades import apply_change, regrade_runs


def graded(fixture: ExamFixture, right: bool = True, quiz: str | None = None) -> AttemptRow:
    """An attempt with one answer, marked."""
    attempt = fixture.started(quiz)
    question = fixture.exam.view(attempt.id, attempt.person).items[0].question
    assert isinstance(question, Sum)
    fixture.save(attempt, str(question.a + question.b + (not right)))
    fixture.exam.finish(attempt.id, attempt.person).result()
    assert fixture.exam.mark() == 1
    return fixture.row(attempt)


def points(fixture: ExamFixture, attempt: AttemptRow) -> Decimal | None:
    """What it has now."""
    with fixture.database.reading() as connection:
        return points_of(connection, attempt.id)


def messages(fixture: ExamFixture) -> list[Message]:
    """What waits to be sent."""
    fixture.fake.pass_(60_000)  # what was claimed before is free again
    with fixture.database.transaction() as connection:
        return claim(connection, fixture.clock.now())


def test_points_and_a_message_for_each_grade(fixture: ExamFixture) -> None:
    """One right answer of three questions is one point; no answer is none; one message tells of it."""
    attempt = graded(fixture)
    assert points(fixture, attempt) == 1.0
    assert fixture.exam.mark() == 0
    (message,) = messages(fixture)
    payload = message.payload
    assert (message.kind, payload["points"], payload["person"]) == ("score", 1.0, attempt.person)


def test_marks_of_something_older_are_not_recorded(fixture: ExamFixture) -> None:
    """What changed since it was seen is marked anew; twice the same is recorded once."""
    attempt = fixture.started()
    fixture.exam.finish(attempt.id, attempt.person).result()
    seen = fixture.row(attempt)
    new_marks = [MarkRow(0, 0, Decimal(1), "", "key", "grader 1")]
    at = fixture.clock.now()

    def recorded(row: AttemptRow) -> bool:
        return fixture.exam.writer.submit(lambda c: record_marks(c, row, new_marks, at), [row.id]).result()

    assert not recorded(replace(seen, seq=seen.seq - 1))
    assert recorded(seen)
    assert not recorded(seen)
    assert len(messages(fixture)) == 1


def test_a_regrade_is_seen_before_it_counts(fixture: ExamFixture) -> None:
    """The proposal says what changes and changes nothing; its release counts once and is sent."""
    wrong, right = graded(fixture, right=False), graded(fixture)
    assert len(messages(fixture)) == 2
    regrades = fixture.exam.regrades
    run, changes = regrades.propose(wrong.quiz, small_quiz(off=1), who="staff")
    assert [(change.attempt, change.before, change.after) for change in changes] == [(wrong.id, 0, 1)]
    assert points(fixture, wrong) == 0
    regrades.release(wrong.quiz, run, who="staff")
    assert (regrades.apply(run), regrades.apply(run)) == (1, 0)
    regrades.release(wrong.quiz, run, who="staff")  # a second time: nothing happens
    assert regrades.apply(run) == 0
    assert (points(fixture, wrong), points(fixture, right)) == (1, 1)
    assert len(messages(fixture)) == 2 + 1
    with fixture.database.reading() as connection:  # the history is kept
        assert [len(marks) for marks in history_of(connection, wrong.id).values()] == [2, 2, 2]


def test_an_answer_changed_since_is_not_regraded(fixture: ExamFixture) -> None:
    """A proposal made on older answers leaves the attempt as it is, and says so."""
    attempt, regrades = graded(fixture, right=False), fixture.exam.regrades
    run, _ = regrades.propose(attempt.quiz, small_quiz(off=1), who="staff")
    late = fixture.exam.save(
        attempt.id, attempt.person, 0, "99999", base_rev=1, save_id="late-one", lock=LOCK
    )
    assert late.result().outcome == "closed"
    fixture.write(accept_late, attempt.id, "late-one", fixture.clock.now(), "staff")
    assert fixture.exam.mark() == 1
    regrades.release(attempt.quiz, run, who="staff")
    assert regrades.apply(run) == 0
    assert points(fixture, attempt) == 0
    with fixture.database.reading() as connection:
        (change,) = regrade_runs(connection, attempt.quiz)[0].skipped
    assert (change.attempt, change.outcome) == (
        attempt.id,
        "The answer to question 1 changed after the proposal; nothing was changed.",
    )


def test_a_key_is_corrected(fixture: ExamFixture) -> None:
    """Everybody's answers are marked by the new key; who gains and who loses is seen first."""
    attempt, regrades = graded(fixture), fixture.exam.regrades
    for version, before, after in ((small_quiz(off=1), 1, 0), (small_quiz(), 0, 1)):
        run, changes = regrades.propose(attempt.quiz, version, who="staff")
        assert [(change.before, change.after) for change in changes] == [(before, after)]
        assert points(fixture, attempt) == before
        regrades.release(attempt.quiz, run, who="staff")
        assert regrades.apply(run) == 1
        assert points(fixture, attempt) == after
    with pytest.raises(Conflict, match="other numbers"):
        regrades.propose(attempt.quiz, small_quiz(more=1), who="staff")


def test_a_release_resumes(fixture: ExamFixture) -> None:
    """A server that ends in the middle of a release leaves the rest to the next one, which does it once."""
    quiz = fixture.quiz()
    attempts = [graded(fixture, quiz=quiz) for _ in range(3)]
    messages(fixture)
    run, changes = fixture.exam.regrades.propose(quiz, small_quiz(off=1), who="staff")
    assert len(changes) == 3
    fixture.exam.regrades.release(quiz, run, who="staff")
    assert fixture.write(apply_change, run=run, attempt_id=attempts[0].id, at=fixture.clock.now())
    with pytest.raises(Conflict, match="2 attempts are left"):
        fixture.exam.regrades.propose(quiz, small_quiz(), who="staff")
    with fixture.database.reading() as connection:
        (proposal,) = regrade_runs(connection, quiz)
    assert (proposal.running, proposal.done, proposal.attempts) == (True, 1, 3)
    other = ExamService(fixture.database, fixture.clock, SIGNER, SmallQuiz)  # another server, or the next one
    try:
        with ThreadPoolExecutor(2) as pool:
            changed = list(pool.map(lambda exam: exam.regrades.apply(), (fixture.exam, other)))
    finally:
        other.writer.close()
    assert sum(changed) == 2
    assert [points(fixture, attempt) for attempt in attempts] == [0, 0, 0]
    assert len(messages(fixture)) == 3 + 3
    with fixture.database.reading() as connection:
        assert not regrade_runs(connection, quiz)[0].running
        assert all(len(history_of(connection, attempt.id)[0]) == 2 for attempt in attempts)


def test_an_open_attempt_gets_the_released_key(fixture: ExamFixture) -> None:
    """One that is submitted after a release is marked by its key; one begun after another version is not."""
    quiz = fixture.quiz()
    graded(fixture, quiz=quiz)
    open_ = fixture.started(quiz)
    question = fixture.exam.view(open_.id, open_.person).items[0].question
    assert isinstance(question, Sum)
    fixture.save(open_, str(question.a + question.b + 1))
    run, _ = fixture.exam.regrades.propose(quiz, small_quiz(off=1), who="staff")
    fixture.exam.regrades.release(quiz, run, who="staff")
    fixture.exam.regrades.apply(run)
    fixture.exam.finish(open_.id, open_.person).result()
    assert fixture.exam.mark() == 1
    assert points(fixture, open_) == 1
    fixture.fake.pass_(1)
    fixture.republish(quiz)
    assert points(fixture, graded(fixture, quiz=quiz)) == 1


def test_a_message_is_sent_until_it_arrives(fixture: ExamFixture) -> None:
    """After a failure it waits, longer each time; once sent it is gone."""
    graded(fixture)
    (message,) = messages(fixture)
    waits = []
    for _ in range(3):
        with fixture.database.transaction() as connection:
            assert claim(connection, fixture.clock.now()) == []
            mark_failed(connection, message, fixture.clock.now(), "503")
        waited = 0
        while True:
            with fixture.database.transaction() as connection:
                if claimed := claim(connection, fixture.clock.now()):
                    break
            fixture.fake.pass_(5_000)
            waited += 5
        waits.append(waited)
        (message,) = claimed
    assert waits == [10, 20, 40]
    with fixture.database.transaction() as connection:
        mark_sent(connection, message, fixture.clock.now())
    fixture.fake.pass_(10**8)
    assert messages(fixture) == []


def test_a_question_that_breaks_costs_no_answer(fixture: ExamFixture) -> None:
    """Its answers are kept and other attempts are marked; this one waits until the question is mended."""
    broken, fine = fixture.started(), fixture.started()

    class Broken:
        def problem_with(self, answer: object) -> str:
            raise ZeroDivisionError

        mark = problem_with

    owner, items = fixture.exam._items(broken.id)
    fixture.exam._items = {  # type: ignore[assignment]
        broken.id: (owner, [replace(items[0], question=Broken()), *items[1:]]),  # type: ignore[arg-type]
        fine.id: fixture.exam._items(fine.id),
    }.__getitem__
    assert fixture.save(broken, "5").outcome == "saved"
    for attempt in (broken, fine):
        fixture.exam.finish(attempt.id, attempt.person).result()
    assert fixture.exam.mark() == 1
    assert (fixture.row(broken).state, fixture.row(fine).state) == ("finished", "graded")
    assert fixture.row(broken).finished_by is FinishedBy.STUDENT
