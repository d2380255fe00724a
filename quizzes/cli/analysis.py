"""`quizzes analysis`: statistics of a quiz's questions, as a page and as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.site.server import open_site
from quizzes.analysis.data import Which, read_points
from quizzes.analysis.page import analysis_csv, analysis_page
from quizzes.analysis.summary import summary
from quizzes.cli.common import QuizNameArgument, require_published, write_output
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService

__all__ = ["analysis"]

ATTEMPTS: tuple[Which, ...] = ("first", "last", "all")


def analysis(
    quiz: QuizNameArgument,
    out: Annotated[Path, typer.Option(help="The directory for index.html and items.csv.")] = Path("analysis"),
    attempts: Annotated[
        str, typer.Option(help="Which attempts of each student count: first, last or all.")
    ] = "first",
    course: CourseOption = None,
) -> None:
    """Analyse a quiz: difficulty, discrimination, reliability, wrong options, fairness of variants."""
    root = find_course(course)
    which = next((choice for choice in ATTEMPTS if choice == attempts), None)
    if which is None:
        raise UsageError(
            f"--attempts {attempts}: expected first, last or all.", next_step="Choose one of them."
        )
    with open_site(root.root) as site:
        with site.database.reading() as connection:
            title = require_published(connection, quiz).title
        exam = ExamService(site.database, site.clock, site.signer, Quiz.read)
        try:
            exam.mark()
            statistics = summary(*read_points(exam, quiz, which))
        finally:
            exam.writer.close()
    if not statistics.students:
        raise UsageError(
            f"No attempt of {quiz} is finished.", next_step="Rerun the command when an attempt is finished."
        )
    write_output(
        {
            out / "index.html": analysis_page(title, root.title, statistics).encode(),
            out / "items.csv": analysis_csv(statistics).encode(),
        }
    )
    typer.echo(f"{statistics.students} students, {len(statistics.items)} questions: {out / 'index.html'}")
