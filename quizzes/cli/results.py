"""`quizzes results`: the scores of a quiz, one line per attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.csv_table import guard_formula, write_table
from autograder.site.people import COURSE, names_in
from autograder.site.server import open_site
from quizzes.cli.common import QuizNameArgument, require_published, write_output
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService
from quizzes.services.scores import COLUMNS, scores_at

__all__ = ["results"]


def results(
    quiz: QuizNameArgument,
    out: Annotated[
        Path | None, typer.Option(help="The CSV file to write; by default the table is printed.")
    ] = None,
    course: CourseOption = None,
) -> None:
    """Mark finished attempts and write a table of all attempts with points, times and lateness."""
    root = find_course(course)
    with open_site(root.root) as site:
        exam = ExamService(site.database, site.clock, site.signer, Quiz.read)
        try:
            with site.database.reading() as connection:
                require_published(connection, quiz)
            exam.sweep()
            exam.mark()
        finally:
            exam.writer.close()
        with site.database.reading() as connection:
            names = names_in(connection, COURSE)
            scores = scores_at(connection, COURSE, quiz)
    rows = [[guard_formula(str(cell)) for cell in score.cells(names, root.zone)] for score in scores]
    text = write_table(COLUMNS, rows)
    if out is None:
        typer.echo(text, nl=False)
        return
    write_output({out: text.encode()})
    taken = [score for score in scores if score.attempt]
    typer.echo(f"{len(taken)} attempts of {len({score.student for score in taken})} students: {out}")
