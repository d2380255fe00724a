"""The queue of functions: what waits is graded once, in attempts that are over; trouble waits for staff."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from exam_fixture import Hall
from sqlalchemy import insert, select

from autograder.site.outbox import claim
from quizzes.attempts.response import response_text
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.function import FunctionItem
from quizzes.content.question import Mark, Question
from quizzes.services.function_queue import FunctionMarks, Settled
from quizzes.store.marks import Given, Waiting, points_of, put_off, record, settle_mark, waiting
from quizzes.store.tables import answer, grade

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

    def __init__(self, hall: Hall, sources: Sequence[str]) -> None:
        self.hall, self.questions = hall, questions()
        self.attempt = hall.started()
        # The hall's own quiz has sums; what the queue looks at is what is stored.
        rows = [
            {"attempt": self.attempt.id, "pos": pos, "rev": 1, "raw": response_text(text), "received_at": 0}
            for pos, text in enumerate(sources)
        ]
        with hall.database.transaction() as connection:
            connection.execute(insert(answer), rows)
        hall.proctor.finish(self.attempt.id, self.attempt.person).result()
        seen, at = hall.row(self.attempt), hall.clock.now()
        marks = [Given(pos, 1, 0.0, PENDING, "key", "grader") for pos in range(len(sources))]
        with hall.database.transaction() as connection:
            assert record(connection, seen, marks, at)
        self.told()
        self.queue = self.another_queue()

    def another_queue(self) -> FunctionMarks:
        """A second process would have its own."""
        return FunctionMarks(self.hall.database, lambda one: self.questions[one.pos], self.hall.clock.now)

    def told(self) -> list[object]:
        """The totals that other systems were told since the last look."""
        self.hall.fake.pass_(1000)
        with self.hall.database.transaction() as connection:
            return [one.payload["points"] for one in claim(connection, self.hall.clock.now())]

    def points(self) -> float | None:
        """What the attempt has now."""
        with self.hall.database.reading() as connection:
            return points_of(connection, self.attempt.id)

    def waits(self, *, again: bool = False) -> list[int]:
        """The places of the questions whose marks wait."""
        with self.hall.database.reading() as connection:
            return [one.pos for one in waiting(connection, again=again)]


def test_each_is_graded_once(hall: Hall) -> None:
    """Functions get their marks, a hanging one nothing, the essay waits on; a second round does nothing."""
    room = Room(hall, [RIGHT, HANGS, "An essay."])
    with room.queue as queue:
        assert queue.round() == Settled(2, [])
        assert (room.points(), room.waits()) == (2.0, [2])
        assert room.told()[-1] == 2.0
        assert queue.round() == Settled(0, [])
        assert room.told() == []
    with hall.database.reading() as connection:
        rows = connection.execute(select(grade.c.detail).order_by(grade.c.pos)).scalars().all()
    assert json.loads(rows[0])["share"] == "1"
    assert "more than 2 s" in json.loads(rows[1])["feedback"]


def test_two_queues_give_one_mark(hall: Hall) -> None:
    """A mark that another queue gave meanwhile, or that a regrade replaced, is left as it is."""
    room = Room(hall, [RIGHT])
    with hall.database.reading() as connection:
        (one,) = waiting(connection)
    at = hall.clock.now()
    with hall.database.transaction() as connection:
        assert settle_mark(connection, one, 1.5, "by the other", at)
    with hall.database.transaction() as connection:
        assert not settle_mark(connection, one, 2.0, "late", at)
        assert not put_off(connection, one, "late")
    assert (room.points(), room.told()) == (1.5, [1.5])
    with room.another_queue() as queue:
        assert queue.round() == Settled(0, [])


def test_a_broken_check_waits_for_staff(hall: Hall) -> None:
    """It is reported once and tried again when asked; mended, it gives the mark."""
    room = Room(hall, [RIGHT])
    room.questions = questions('def c(student):\n    """It doubles."""\n    student.twice(1.0) + "a"')
    with room.queue as queue:
        ((one, said),) = queue.round().troubles
        assert (one.pos, "“It doubles.” is broken" in said) == (0, True)
        assert (queue.round(), room.points(), room.told()) == (Settled(0, []), 0.0, [])
        assert (room.waits(), room.waits(again=True)) == ([], [0])
        room.questions = questions()
        assert queue.round(again=True) == Settled(1, [])
    assert (room.points(), room.told()) == (2.0, [2.0])


def test_a_question_that_cannot_be_dealt_stops_no_other(hall: Hall) -> None:
    """What goes wrong with one answer is noted for staff; the next is graded."""
    room = Room(hall, ["x = 1", RIGHT])

    def dealt(one: Waiting) -> Question:
        if one.pos == 0:
            raise ZeroDivisionError
        return room.questions[one.pos]

    queue = FunctionMarks(hall.database, dealt, hall.clock.now)
    with queue:
        done = queue.round()
    assert (done.given, [one.pos for one, _ in done.troubles]) == (1, [0])
    assert "ZeroDivisionError" in done.troubles[0][1]
