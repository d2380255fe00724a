"""The scores of a quiz, one row per attempt: the table that the gradebook reads.

`quizzes results` writes it; the score sender reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from autograder.site.people import students_in
from autograder.site.tables import points_text
from quizzes.attempts.events import State
from quizzes.schedule.timing import seconds_late
from quizzes.store.attempts import attempts_at
from quizzes.store.marks import marks_at, total
from quizzes.store.overrides import terms_of, terms_of_class
from quizzes.store.quizzes import published_in
from quizzes.store.tables import attempt, attempt_item

__all__ = ["COLUMNS", "Score", "scores_at"]


COLUMNS = (
    *("student", "name", "quiz", "title", "attempt", "points", "out_of"),
    *("state", "waiting", "started_at", "finished_at", "late_seconds", "due_at"),
)
ABSENT = "absent"


@dataclass(frozen=True)
class Score:
    """The score of one attempt, or of a student without one: then its number is 0.

    `points` is None until it is marked.
    """

    student: str
    quiz: str
    title: str
    due_at: int | None  # of this student
    attempt: int = 0
    points: Decimal | None = None
    out_of: Decimal = Decimal(0)
    state: State | None = None
    waiting: int = 0  # answers that wait for a mark
    started_at: int | None = None
    finished_at: int | None = None
    late: int = 0  # seconds
    id: str = ""  # of the attempt

    def cells(self, names: Mapping[str, str], zone: ZoneInfo) -> list[str]:
        """The row of the table, in the order of COLUMNS."""

        def local(instant: int | None) -> str:
            if instant is None:
                return ""
            return datetime.fromtimestamp(instant / 1000, zone).isoformat(timespec="seconds")

        return [
            self.student,
            names.get(self.student, ""),
            self.quiz,
            self.title,
            str(self.attempt),
            "" if self.points is None else points_text(self.points),
            points_text(self.out_of) if self.attempt else "",
            self.state.value if self.state else ABSENT,
            str(self.waiting),
            local(self.started_at),
            local(self.finished_at),
            str(self.late),
            local(self.due_at),
        ]


def scores_at(connection: Connection, course: str, quiz: str, student: str | None = None) -> list[Score]:
    """The scores of all students or of one, also of students without an attempt; without previews."""
    title = next(
        (published.title for published in published_in(connection, course) if published.id == quiz), quiz
    )
    marks_by_attempt, whole = marks_at(connection, quiz, student), _whole(connection, quiz, student)
    scores = []
    for row in attempts_at(connection, quiz, student):
        if row.preview:
            continue
        marks = marks_by_attempt.get(row.id, {}) if row.state is State.GRADED else {}
        score = Score(
            student=row.person,
            quiz=quiz,
            title=title,
            due_at=row.due_at,
            attempt=row.number,
            points=total(marks.values()) if marks else None,
            out_of=whole.get(row.id, Decimal(0)),
            state=row.state,
            waiting=sum(mark.pending for mark in marks.values()),
            started_at=row.started_at,
            finished_at=row.finished_at,
            late=0 if row.finished_at is None else seconds_late(row.finished_at, row.due_at),
            id=row.id,
        )
        scores.append(score)
    attempted = {score.student for score in scores}
    of_class = terms_of_class(connection, quiz) if student is None else {}
    for student_id in [student] if student else students_in(connection, course):
        if student_id not in attempted:
            terms = of_class.get(student_id) or terms_of(connection, quiz, student_id)
            last = terms.closes_at if terms.closes_at is not None else terms.due_at
            scores.append(Score(student_id, quiz, title, last))
    return sorted(scores, key=lambda score: (score.student, score.attempt))


def _whole(connection: Connection, quiz: str, student: str | None) -> dict[str, Decimal]:
    """The points that the questions of each attempt have together."""
    rows = select(attempt_item.c.attempt, attempt_item.c.points).join(
        attempt, attempt.c.id == attempt_item.c.attempt
    )
    rows = rows.where(attempt.c.quiz == quiz)
    if student is not None:
        rows = rows.where(attempt.c.person == student)
    whole: dict[str, Decimal] = {}
    for attempt_id, points in connection.execute(rows):
        whole[attempt_id] = whole.get(attempt_id, Decimal(0)) + points
    return whole
