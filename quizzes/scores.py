"""What a quiz came to, one line an attempt: the table the gradebook reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from quizzes.attempt import State
from quizzes.store.attempts import attempts_at
from quizzes.store.grades import marks_in
from quizzes.store.schema import attempt_item
from quizzes.timing import seconds_late

__all__ = ["COLUMNS", "Score", "scores_at"]

COLUMNS = (
    *("student", "name", "quiz", "attempt", "points", "out_of"),
    *("state", "waiting", "started_at", "finished_at", "late_seconds"),
)


@dataclass(frozen=True)
class Score:
    """One attempt's outcome; `points` is None until it is marked."""

    student: str
    quiz: str
    attempt: int
    points: float | None
    out_of: float
    state: State
    waiting: int  # answers that a person has yet to mark
    started_at: int
    finished_at: int | None
    late: int  # seconds

    def cells(self, names: Mapping[str, str], zone: ZoneInfo) -> list[str]:
        """The line of the table, in the order of COLUMNS."""

        def local(instant: int | None) -> str:
            if instant is None:
                return ""
            return datetime.fromtimestamp(instant / 1000, zone).isoformat(timespec="seconds")

        return [
            self.student,
            names.get(self.student, ""),
            self.quiz,
            str(self.attempt),
            "" if self.points is None else f"{self.points:g}",
            f"{self.out_of:g}",
            self.state.value,
            str(self.waiting),
            local(self.started_at),
            local(self.finished_at),
            str(self.late),
        ]


def scores_at(connection: Connection, quiz: str) -> list[Score]:
    """The attempts at a quiz, previews left out, in the order of their students and numbers."""
    found = []
    for row in attempts_at(connection, quiz):
        if row.preview:
            continue
        marks = marks_in(connection, row.id)
        whole = select(func.sum(attempt_item.c.points)).where(attempt_item.c.attempt == row.id)
        late = 0 if row.finished_at is None else seconds_late(row.finished_at, row.due_at)
        score = Score(
            student=row.person,
            quiz=quiz,
            attempt=row.number,
            points=round(sum(one.points for one in marks.values()), 4) if marks else None,
            out_of=connection.execute(whole).scalar_one() or 0.0,
            state=row.state,
            waiting=sum(one.pending for one in marks.values()),
            started_at=row.started_at,
            finished_at=row.finished_at,
            late=late,
        )
        found.append(score)
    return sorted(found, key=lambda one: (one.student, one.attempt))
