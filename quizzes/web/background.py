"""The background tasks of quizzes in a server: closing, marking, regrading, grading."""

from __future__ import annotations

from functools import cache

from autograder.course.course import find_course
from autograder.site.app_context import AppContext
from autograder.site.background import PeriodicTask
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
    """The scores for learning platforms, of the attempt that counts by course.yaml."""
    course = cache(lambda: find_course(quizzes.site.folder))

    def counted_attempt(student: str, quiz: str) -> str:
        return course().extension(student, quiz).attempts or course().attempts

    return QuizScores(quizzes.site.course, quizzes.quiz, counted_attempt)
