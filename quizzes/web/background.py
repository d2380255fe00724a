"""The background tasks of quizzes in a server: closing, marking, regrading, grading, sending scores."""

from __future__ import annotations

from autograder.course.course import find_course
from autograder.site.app_context import AppContext
from autograder.site.background import PeriodicTask
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService
from quizzes.services.score_sender import ScoreSender
from quizzes.web.context import QuizContext
from quizzes.web.function_process import FunctionProcess

__all__ = ["QuizBackground"]

MARKING_INTERVAL = 1.0  # seconds
PREPARING_INTERVAL = 1.0  # seconds
MARKED_AT_ONCE = 30  # attempts, so that marking does not delay the saves of a class


class QuizBackground:
    """Runs until it is stopped; `course_file` means the course's own database file."""

    def __init__(self, site: AppContext, *, course_file: bool) -> None:
        exam = ExamService(site.database, site.clock, site.signer, Quiz.read, writer=site.writer)
        quizzes = QuizContext(site, exam)
        self._functions = FunctionProcess(site.database, site.folder, course_file=course_file)
        site.warnings.append(self._functions.warning)
        self._tasks = [
            PeriodicTask(exam.sweep),
            PeriodicTask(lambda: exam.mark(MARKED_AT_ONCE), every=MARKING_INTERVAL),
            PeriodicTask(exam.regrades.apply),
            PeriodicTask(self._functions.start_if_needed),
            PeriodicTask(quizzes.prepare, every=PREPARING_INTERVAL),
        ]
        if (sender := _sender(quizzes)) is not None:
            self._tasks.append(PeriodicTask(lambda: sender.send_due(site.now())))

    def stop(self) -> None:
        """Stop after the work in progress."""
        for task in self._tasks:
            task.stop()
        self._functions.close()


def _sender(quizzes: QuizContext) -> ScoreSender | None:
    site = quizzes.site
    if site.lti is None:
        return None
    course = find_course(site.folder)

    def counted_attempt(student: str, quiz: str) -> str:
        return course.extension(student, quiz).attempts or course.attempts

    return ScoreSender(site.database, site.writer, site.lti, site.course, quizzes.quiz, counted_attempt)
