"""The background tasks of quizzes in a server: closing, marking, regrading, grading."""

from __future__ import annotations

from sqlalchemy import Connection

from autograder.course.course import Extension
from autograder.site.app_context import AppContext
from autograder.site.background import PeriodicTask
from autograder.site.homework.due_dates import course_with_rules
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService
from quizzes.services.quiz_scores import QuizScores
from quizzes.web.context import QuizContext
from quizzes.web.function_process import FunctionProcess

__all__ = ["QuizBackground"]

MARKING_INTERVAL = 1.0  # seconds
PREPARING_INTERVAL = 1.0  # seconds
MARKED_AT_ONCE = 30  # attempts, so that marking does not delay the saves of a class


class QuizBackground:
    """Runs until it is stopped; `course_file` means the course's own database file."""

    def __init__(self, site: AppContext, *, course_file: bool) -> None:
        exam = ExamService(
            site.database, site.clock, site.signer, Quiz.read, writer=site.writer, crowd=site.crowd
        )
        quizzes = QuizContext(site, exam)
        self._functions = FunctionProcess(site.database, site.folder, course_file=course_file)
        site.warnings += [self._functions.warning, exam.warning]
        self._tasks = [
            PeriodicTask(exam.sweep),
            PeriodicTask(lambda: exam.mark(MARKED_AT_ONCE), every=MARKING_INTERVAL),
            PeriodicTask(exam.regrades.apply),
            PeriodicTask(self._functions.start_if_needed),
            PeriodicTask(quizzes.prepare, every=PREPARING_INTERVAL),
        ]
        site.score_sources["quiz"] = _scores(quizzes)

    def stop(self) -> None:
        """Stop after the work in progress."""
        for task in self._tasks:
            task.stop()
        self._functions.close()


def _scores(quizzes: QuizContext) -> QuizScores:
    """The scores for learning platforms, by the rules of course.yaml and of the site as they are then."""

    def rules(connection: Connection, student: str, quiz: str) -> Extension:
        course = course_with_rules(connection, quizzes.site.course_rules(), quizzes.site.course)
        return course.extension(student, quiz)

    return QuizScores(quizzes.site.course, quizzes.quiz, rules)
