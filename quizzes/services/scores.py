"""What a quiz came to, one line an attempt: the table the gradebook reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from autograder.site.people import students_in
from quizzes.attempts.events import State
from quizzes.schedule.timing import seconds_late
from quizzes.store.attempts import attempts_at
from quizzes.store.marks import marks_in
from quizzes.store.overrides import terms_of
from quizzes.store.quizzes import published_in
from quizzes.store.tables import attempt_item

__all__ = ["COLUMNS", "Score", "scores_at"]


COLUMNS = (
    *("student", "name", "quiz", "title", "attempt", "points", "out_of"),
    *("state", "waiting", "started_at", "finished_at", "late_seconds", "due_at"),
)
ABSENT = "absent"


@dataclass(frozen=True)
class Score:
    """One attempt's outcome, or that there is none: then its number is 0.

    `points` is None until it is marked.
    """

    student: str
    quiz: str
    title: str
    due_at: int | None  # when this student's last moment is, or was
    attempt: int = 0
    points: float | None = None
    out_of: float = 0.0
    state: State | None = None
    waiting: int = 0  # answers that a person has yet to mark
    started_at: int | None = None
    finished_at: int | None = None
    late: int = 0  # seconds

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
            self.title,
            str(self.attempt),
            "" if self.points is None else f"{self.points:g}",
            f"{self.out_of:g}" if self.attempt else "",
            self.state.value if self.state else ABSENT,
            str(self.waiting),
            local(self.started_at),
            local(self.finished_at),
            str(self.late),
            local(self.due_at),
        ]


def scores_at(connection: Connection, course: str, quiz: str, student: str | None = None) -> list[Score]:
    """The attempts at a quiz, and who made none, of everybody or of one student; previews are left out."""
    title = next((one.title for one in published_in(connection, course) if one.id == quiz), quiz)
    found = []
    for row in attempts_at(connection, quiz, student):
        if row.preview:
            continue
        marks = marks_in(connection, row.id)
        whole = select(func.sum(attempt_item.c.points)).where(attempt_item.c.attempt == row.id)
        score = Score(
            student=row.person,
            quiz=quiz,
            title=title,
            due_at=row.due_at,
            attempt=row.number,
            points=round(sum(one.points for one in marks.values()), 4) if marks else None,
            out_of=connection.execute(whole).scalar_one() or 0.0,
            state=row.state,
            waiting=sum(one.pending for one in marks.values()),
            started_at=row.started_at,
            finished_at=row.finished_at,
            late=0 if row.finished_at is None else seconds_late(row.finished_at, row.due_at),
        )
        found.append(score)
    there = {one.student for one in found}
    for one in [student] if student else students_in(connection, course):
        if one not in there:
            terms = terms_of(connection, quiz, one)
            last = terms.closes_at if terms.closes_at is not None else terms.due_at
            found.append(Score(one, quiz, title, last))
    return sorted(found, key=lambda one: (one.student, one.attempt))
