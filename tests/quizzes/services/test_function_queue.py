"""The queue of functions: what waits is graded once, in attempts that are over; trouble waits for staff."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from exam_fixture import ExamFixture
from sqlalchemy import insert

from autograder.site.outbox import claim
from quizzes.attempts.response import response_from
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.function import FunctionItem
from quizzes.content.question import Mark, Question
from quizzes.services.function_queue import FunctionQueue, RoundResult
from quizzes.store.marks import (
    MarkRow,
    PendingMark,
    marks_in,
    pending_marks,
    points_of,
    record_marks,
    record_trouble,
    settle_mark,
)
from quizzes.store.tables import answer

WORDS = {"prompt": "Write it.", "explanation": "So."}
CODE = {"starter": "def twice(x): ...", "reference": "def twice(x): return 2 * x"}
CHECK = 'def doubles(student):\n    """It doubles."""\n    assert student.twice(3.0) == 6.0'
TWICE = {"id": "twice", "type": "function", "function": "twice", **CODE, **WORDS, "checks": CHECK}
ESSAY = {"id": "essay", "type": "essay", "rubric": [{"text": "So."}], "model_answer": "So.", **WORDS}
PENDING = Mark(Decimal(0), Fraction(0), pending=True).as_json()
RIGHT, HANGS = "def twice(x): return 2 * x", "def twice(x):\n    while True: pass"


def questions(checks: str = CHECK) -> list[Question]:
    """Two functions and an essay, two points each."""
    function = FunctionItem.model_validate({**TWICE, "checks": checks}).question(b"seed", Decimal(2))
    return [function, function, EssayItem.model_validate(ESSAY).question(b"seed", Decimal(2))]


class Room:
    """An attempt that is over with its marks pending, and the queue."""

    def __init__(self, fixture: ExamFixture, sources: Sequence[str]) -> None:
        self.fixture, self.questions = fixture, questions()
        self.attempt = fixture.started()
        # The hall's own quiz has sums; what the queue looks at is what is stored.
        rows = [
            {
                "attempt": self.attempt.id,
                "pos": pos,
                "rev": 1,
                "response": response_from(text),
                "received_at": 0,
            }
            for pos, text in enumerate(sources)
        ]
        with fixture.database.transaction() as connection:
            connection.execute(insert(answer), rows)
        fixture.exam.finish(self.attempt.id, self.attempt.person).result()
        seen, at = fixture.row(self.attempt), fixture.clock.now()
        marks = [MarkRow(pos, 1, Decimal(0), PENDING, "key", "grader") for pos in range(len(sources))]
        with fixture.database.transaction() as connection:
            assert record_marks(connection, seen, marks, at)
        self.scores_told()
        self.queue = self.another_queue()

    def another_queue(self) -> FunctionQueue:
        """A second process would have its own."""
        return FunctionQueue(
            self.fixture.database, lambda pending: self.questions[pending.pos], self.fixture.clock.now
        )

    def scores_told(self) -> list[object]:
        """The totals that other systems were told since the last look."""
        self.fixture.fake.pass_(1000)
        with self.fixture.database.transaction() as connection:
            return [message.payload["points"] for message in claim(connection, self.fixture.clock.now())]

    def points(self) -> Decimal | None:
        """What the attempt has now."""
        with self.fixture.database.reading() as connection:
            return points_of(connection, self.attempt.id)

    def waits(self, *, again: bool = False) -> list[int]:
        """The places of the questions whose marks wait."""
        with self.fixture.database.reading() as connection:
            return [pending_mark.pos for pending_mark in pending_marks(connection, again=again)]


def test_each_is_graded_once(fixture: ExamFixture) -> None:
    """Functions get their marks, a hanging one nothing, the essay waits on; a second round does nothing."""
    room = Room(fixture, [RIGHT, HANGS, "An essay."])
    with room.queue as queue:
        assert queue.round() == RoundResult(2, [])
        assert (room.points(), room.waits()) == (2.0, [2])
        assert room.scores_told()[-1] == 2.0
        assert queue.round() == RoundResult(0, [])
        assert room.scores_told() == []
    with fixture.database.reading() as connection:
        marks = marks_in(connection, room.attempt.id)
    assert json.loads(marks[0].mark.detail)["share"] == "1"
    assert "more than 2 s" in json.loads(marks[1].mark.detail)["feedback"]
    assert [marks[pos].mark.source for pos in range(3)] == ["sandbox", "sandbox", "auto"]


def test_two_queues_give_one_mark(fixture: ExamFixture) -> None:
    """A mark that another queue gave meanwhile, or that a regrade replaced, is left as it is."""
    room = Room(fixture, [RIGHT])
    with fixture.database.reading() as connection:
        (pending,) = pending_marks(connection)
    at = fixture.clock.now()
    with fixture.database.transaction() as connection:
        assert settle_mark(connection, pending, Decimal("1.5"), "by the other", at)
    with fixture.database.transaction() as connection:
        assert not settle_mark(connection, pending, Decimal(2), "late", at)
        assert not record_trouble(connection, pending, "late", at)
    assert (room.points(), room.scores_told()) == (1.5, [1.5])
    with room.another_queue() as queue:
        assert queue.round() == RoundResult(0, [])


def test_a_broken_check_waits_for_staff(fixture: ExamFixture) -> None:
    """It is reported once and tried again when asked; mended, it gives the mark."""
    room = Room(fixture, [RIGHT])
    room.questions = questions('def c(student):\n    """It doubles."""\n    student.twice(1.0) + "a"')
    with room.queue as queue:
        ((pending, reason),) = queue.round().troubles
        assert (pending.pos, "“It doubles.” is broken" in reason) == (0, True)
        assert (queue.round(), room.points(), room.scores_told()) == (RoundResult(0, []), 0.0, [])
        assert (room.waits(), room.waits(again=True)) == ([], [0])
        room.questions = questions()
        assert queue.round(again=True) == RoundResult(1, [])
    assert (room.points(), room.scores_told()) == (2.0, [2.0])


def test_a_question_that_cannot_be_built_stops_no_other(fixture: ExamFixture) -> None:
    """What goes wrong with one answer is noted for staff; the next is graded."""
    room = Room(fixture, ["x = 1", RIGHT])

    def rebuilt(pending: PendingMark) -> Question:
        if pending.pos == 0:
            raise ZeroDivisionError
        return room.questions[pending.pos]

    queue = FunctionQueue(fixture.database, rebuilt, fixture.clock.now)
    with queue:
        done = queue.round()
    assert (done.marked, [pending.pos for pending, _ in done.troubles]) == (1, [0])
    assert done.troubles[0][1] == "It cannot be graded: its question cannot be built"
