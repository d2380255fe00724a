"""The quizzes' background work in a server process: closing, marking, function grading, sending scores."""

from __future__ import annotations

from autograder.course.course import find_course
from autograder.site.app_context import AppContext
from autograder.site.background import PeriodicTask
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService
from quizzes.services.score_sender import Sender
from quizzes.web.context import QuizContext
from quizzes.web.function_process import FunctionProcess

__all__ = ["QuizBackground"]

MARKING_INTERVAL = 1.0  # seconds
MARKED = 30  # attempts at a time: a class that submits at once is not kept waiting by its marks


class QuizBackground:
    """Runs until it is stopped; `own` means the course's own database file."""

    def __init__(self, site: AppContext, *, own: bool) -> None:
        exam = ExamService(site.database, site.clock, site.signer, Quiz.read, writer=site.writer)
        quizzes = QuizContext(site, exam)
        self._functions = FunctionProcess(site.database, site.folder, own=own)
        self._tasks = [
            PeriodicTask(exam.sweep),
            PeriodicTask(lambda: exam.mark(MARKED), every=MARKING_INTERVAL),
            PeriodicTask(self._functions.look),
        ]
        if (sender := _sender(quizzes)) is not None:
            self._tasks.append(PeriodicTask(lambda: sender.look(site.now())))

    def stop(self) -> None:
        """End after what is under way."""
        for task in self._tasks:
            task.stop()
        self._functions.close()


def _sender(quizzes: QuizContext) -> Sender | None:
    site = quizzes.site
    if site.lti is None:
        return None
    course = find_course(site.folder)

    def counted(student: str, quiz: str) -> str:
        return course.granted(student, quiz).attempts or course.attempts

    return Sender(site.database, site.writer, site.lti, site.course, quizzes.quiz, counted)
