"""`quizzes results`: the scores of a quiz, one line per attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption
from autograder.course.course import find_course
from autograder.course.csv_table import write_table
from autograder.errors import UsageError
from autograder.gradebook.tables import guard_formula
from autograder.site.people import COURSE, names_in
from autograder.site.private_file import write_private
from autograder.site.server import open_site
from quizzes.content.quiz import Quiz
from quizzes.services.exam import ExamService
from quizzes.services.scores import COLUMNS, scores_at
from quizzes.store.quizzes import published_in

__all__ = ["results"]


def results(
    quiz: Annotated[str, typer.Argument(metavar="QUIZ", help="The quiz's name.")],
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
                known = [old.id for old in published_in(connection, COURSE)]
            if quiz not in known:
                raise UsageError(
                    f"There is no published quiz {quiz!r}.",
                    next_step=f"Take one of: {', '.join(known) or 'none yet'}.",
                )
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
    try:
        write_private(out, text.encode())
    except OSError as problem:
        raise UsageError(f"{out} cannot be written: {problem.strerror}.") from problem
    taken = [score for score in scores if score.attempt]
    typer.echo(f"{len(taken)} attempts of {len({score.student for score in taken})} students: {out}")
