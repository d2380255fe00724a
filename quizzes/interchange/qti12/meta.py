"""Canvas's own settings of a quiz, beside its questions: assessment_meta.xml."""

from __future__ import annotations

from datetime import UTC, datetime

from quizzes.interchange.html import canvas_html
from quizzes.interchange.section import id_of
from quizzes.interchange.xml import element, written
from quizzes.quiz import Quiz
from quizzes.timing import Schedule

__all__ = ["quiz_settings"]

NAMESPACE = "http://canvas.instructure.com/xsd/cccv1p0"
MINUTE = 60_000


def quiz_settings(quiz: Quiz, schedule: Schedule) -> bytes:
    """Title, instructions, times, limit and attempts, in the order that Canvas writes them."""
    said = {
        "title": quiz.title,
        "description": canvas_html(quiz.instructions),
        "due_at": _moment(schedule.due_at),
        "lock_at": _moment(schedule.closes_at),
        "unlock_at": _moment(schedule.opens_at),
        "shuffle_answers": "true",
        "scoring_policy": "keep_latest",
        "quiz_type": "assignment",
        "points_possible": f"{quiz.points:f}",
        "show_correct_answers": "false",
        "time_limit": "" if schedule.limit is None else str(-(-schedule.limit // MINUTE)),
        "allowed_attempts": "-1" if schedule.attempts is None else str(schedule.attempts),
        "one_question_at_a_time": "false",
    }
    given = {"xmlns": NAMESPACE, "identifier": id_of(quiz.name)}
    settings = [element(name, {}, value) for name, value in said.items() if value]
    return written(element("quiz", given, *settings))


def _moment(instant: int | None) -> str:
    """An instant as Canvas writes it, in UTC."""
    return "" if instant is None else f"{datetime.fromtimestamp(instant / 1000, UTC):%Y-%m-%dT%H:%M:%S}"
