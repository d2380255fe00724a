"""What staff decided stands, and a fault in one attempt costs nobody else; on both databases."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from exam_fixture import SIGNER, ExamFixture
from examples import examples
from fake_clock import MINUTE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_quiz import SmallQuiz, Sum, small_quiz
from sqlalchemy import insert, update

from autograder.errors import Conflict
from autograder.site.audit import acts_on
from quizzes.attempts.events import State
from quizzes.content.question import Answer, Mark
from quizzes.content.version import AttemptItem
from quizzes.services.exam import ExamService
from quizzes.store.attempts import AttemptRow
from quizzes.store.extensions import extend_all, extend_chosen
from quizzes.store.quizzes import reschedule
from quizzes.store.regrades import regrade_runs
from quizzes.store.tables import attempt_event, attempt_item, regrade_change

HEAD_OF_THE_LIST = 30  # attempts that a server marks at once
LOCK_TAKEN = '{"lock": "lock-of-a-tab"}'


def submitted(fixture: ExamFixture, quiz: str) -> AttemptRow:
    """An attempt that was handed in."""
    row = fixture.started(quiz)
    fixture.exam.finish(row.id, row.person).result()
    return row


def break_questions(fixture: ExamFixture, *rows: AttemptRow) -> None:
    """Let the attempts have shown numbers that no version has, so that they cannot be marked."""
    broken = attempt_item.c.attempt.in_([row.id for row in rows])
    with fixture.database.transaction() as connection:
        connection.execute(update(attempt_item).where(broken).values(params='{"other": 1}'))


def break_log(fixture: ExamFixture, row: AttemptRow) -> None:
    """Let the attempt's next event have the number of one that is there, so that nothing can be written."""
    with fixture.database.transaction() as connection:
        connection.execute(
            insert(attempt_event).values(
                attempt=row.id,
                seq=fixture.row(row).seq + 1,
                at=row.started_at,
                kind="edit lock taken",
                data=LOCK_TAKEN,
            )
        )


def test_publishing_again_keeps_the_time_that_everybody_was_given(fixture: ExamFixture) -> None:
    """After an outage a corrected question is published: who starts then still has the later close."""
    quiz = fixture.quiz()
    fixture.write(extend_all, quiz, at=fixture.clock.now(), who="staff", reason="an outage", minutes=15)
    for questions in (4, 5):
        fixture.republish(quiz, questions)
    fixture.fake.pass_(65 * MINUTE)
    assert fixture.started(quiz).deadline_at == fixture.opens + 75 * MINUTE


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=examples(15)
)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("extend"), st.integers(1, 30)),
            st.tuples(st.just("publish"), st.sampled_from([60, 60, 60, 70, 90])),
        ),
        max_size=6,
    )
)
def test_a_close_moves_back_only_where_the_file_says_so(
    fixture: ExamFixture, acts: list[tuple[str, int]]
) -> None:
    """Extensions and publishings in any order: the close is the file's last change and what came after it."""
    quiz = fixture.quiz(due_at=None)
    in_file, expected = 60, 60
    for act, minutes in acts:
        if act == "extend":
            now = fixture.clock.now()
            fixture.write(extend_all, quiz, at=now, who="staff", reason="an outage", minutes=minutes)
            expected += minutes
        else:
            fixture.republish(quiz, 4, due_at=None, closes_at=fixture.opens + minutes * MINUTE)
            in_file, expected = (in_file, expected) if minutes == in_file else (minutes, minutes)
    closes = fixture.exam.availability(quiz, fixture.student()).published.schedule.closes_at
    assert closes == fixture.opens + expected * MINUTE


@pytest.mark.parametrize(
    ("opens", "closes"),
    [(30, 60), (-30, 60), (0, None), (30, 45)],
    ids=["later", "earlier", "no-close", "both"],
)
def test_publishing_again_keeps_times_that_staff_moved(
    fixture: ExamFixture, opens: int, closes: int | None
) -> None:
    """A corrected question opens no quiz that staff moved to later, and closes none whose close they took."""
    quiz = fixture.quiz(due_at=None)
    moved = {
        "opens_at": fixture.opens + opens * MINUTE,
        "due_at": None,
        "closes_at": None if closes is None else fixture.opens + closes * MINUTE,
    }
    fixture.write(
        reschedule, quiz, **moved, reason="a strike", at=fixture.clock.now(), who="staff", force=True
    )
    fixture.republish(quiz, 4, due_at=None)
    schedule = fixture.exam.availability(quiz, fixture.student()).published.schedule
    assert {name: getattr(schedule, name) for name in moved} == moved
    fixture.republish(quiz, 4, due_at=None, opens_at=fixture.opens + MINUTE)  # what the file says now counts
    schedule = fixture.exam.availability(quiz, fixture.student()).published.schedule
    assert (schedule.opens_at, schedule.closes_at) == (fixture.opens + MINUTE, moved["closes_at"])


def test_time_for_some_reaches_them_though_one_has_submitted(fixture: ExamFixture) -> None:
    """Staff choose three, one hands in meanwhile: two get their time, and the act names the third."""
    quiz = fixture.quiz()
    first, second = fixture.started(quiz), fixture.started(quiz)
    gone = submitted(fixture, quiz)
    given_time: dict[str, Any] = {"at": fixture.clock.now(), "who": "staff", "reason": "noise", "minutes": 5}
    fixture.write(extend_chosen, quiz, [first.id, gone.id, second.id], **given_time)
    for row in (first, second):
        assert fixture.row(row).deadline_at == (row.deadline_at or 0) + 5 * MINUTE
    assert fixture.row(gone).deadline_at == gone.deadline_at
    with fixture.database.reading() as connection:
        act = acts_on(connection, quiz)[-1]
    assert act.detail["people"] == [first.person, second.person]
    assert act.detail["over"] == [gone.person]
    with pytest.raises(Conflict, match="are over"):
        fixture.write(extend_chosen, quiz, [gone.id], **given_time)


def test_attempts_that_cannot_be_marked_hold_up_nobody(
    fixture: ExamFixture, caplog: pytest.LogCaptureFixture
) -> None:
    """As many faulty attempts as are marked at once: the one after them is marked, and staff are told."""
    quiz = fixture.quiz()
    faulty = [submitted(fixture, quiz) for _ in range(HEAD_OF_THE_LIST)]
    good = submitted(fixture, quiz)
    break_questions(fixture, *faulty)
    with caplog.at_level(logging.CRITICAL):
        marked = [fixture.exam.mark(HEAD_OF_THE_LIST) for _ in range(2)]
    assert marked == [0, 1]
    assert fixture.row(good).state is State.GRADED
    assert "30 attempts cannot be marked" in fixture.exam.warning()
    fixture.fake.pass_(2 * MINUTE)
    with caplog.at_level(logging.CRITICAL):
        assert fixture.exam.mark(1) == 0  # they are tried again


def test_an_attempt_that_cannot_be_written_holds_up_nobody(fixture: ExamFixture) -> None:
    """One attempt's log refuses each event: the rest of the class is closed and marked all the same."""
    quiz = fixture.quiz()
    faulty, *others = (fixture.started(quiz) for _ in range(4))
    break_log(fixture, faulty)
    fixture.fake.pass_(60 * MINUTE)
    assert fixture.exam.sweep() == 3
    assert fixture.row(faulty).state is State.OPEN
    assert "1 attempt cannot be closed" in fixture.exam.warning()
    assert fixture.exam.sweep() == 0
    break_log(fixture, others[0])
    assert fixture.exam.mark() == 2
    assert "1 attempt cannot be marked" in fixture.exam.warning()


def test_a_regrade_ends_though_one_attempt_cannot_be_changed(fixture: ExamFixture) -> None:
    """What one attempt refuses is named in the run, and the next regrade of the class can be proposed."""
    quiz = fixture.quiz()
    rows = [submitted(fixture, quiz) for _ in range(3)]
    assert fixture.exam.mark() == 3
    run, _ = fixture.exam.regrades.propose(quiz, small_quiz(off=1), who="staff")
    fixture.exam.regrades.release(quiz, run, who="staff")
    damaged = regrade_change.c.run == run, regrade_change.c.attempt == rows[0].id
    with fixture.database.transaction() as connection:
        connection.execute(update(regrade_change).where(*damaged).values(marks="{"))
    fixture.exam.regrades.apply()
    with fixture.database.reading() as connection:
        (newest,) = regrade_runs(connection, quiz)
    assert (newest.running, newest.done) == (False, 3)
    assert [change.attempt for change in newest.skipped] == [rows[0].id]
    fixture.exam.regrades.propose(quiz, small_quiz(), who="staff")


class SlowSum(Sum):
    """A sum during whose marking something else happens."""

    def __init__(self, question: Sum, meanwhile: Callable[[], None]) -> None:
        super().__init__(question.a, question.b, question.off)
        self.meanwhile = meanwhile

    def mark(self, answer: Answer) -> Mark:
        """The mark, after that."""
        self.meanwhile()
        return super().mark(answer)


class SlowQuiz(SmallQuiz):
    """A quiz of such sums."""

    def __init__(self, content: bytes, meanwhile: Callable[[], None]) -> None:
        super().__init__(content)
        self.meanwhile = meanwhile

    def build_questions(self, seed: str) -> Sequence[AttemptItem]:
        """The same questions."""
        items = super().build_questions(seed)
        return [replace(item, question=SlowSum(cast(Sum, item.question), self.meanwhile)) for item in items]


def test_a_key_that_is_released_meanwhile_marks(fixture: ExamFixture) -> None:
    """A regrade is released between the reading of an answer and the writing of its mark: its key counts."""
    quiz = fixture.quiz()
    fixture.exam.mark_one(submitted(fixture, quiz).id)
    run, _ = fixture.exam.regrades.propose(quiz, small_quiz(off=1), who="staff")
    late = submitted(fixture, quiz)
    done: list[bool] = []

    def release() -> None:
        if not done:
            done.append(True)
            fixture.exam.regrades.release(quiz, run, who="staff")

    slow = ExamService(
        fixture.database,
        fixture.clock,
        SIGNER,
        lambda content: SlowQuiz(content, release),
        writer=fixture.exam.writer,
    )
    assert not slow.mark_one(late.id)
    fixture.exam.mark()
    with fixture.database.reading() as connection:
        assert regrade_runs(connection, quiz)[0].missed == 0
    assert fixture.row(late).state is State.GRADED
