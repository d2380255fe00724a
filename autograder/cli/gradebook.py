"""`autograder gradebook`: homework and quizzes together, as pages and for other programs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.export import write_export
from autograder.cli.show import say
from autograder.course.course import Course, find_course
from autograder.course.csv_table import read_table
from autograder.course.roster import find_roster
from autograder.gradebook.columns import columns_in, quiz_columns
from autograder.gradebook.gradebook import (
    Gradebook,
    excused_from,
    grade_rows_of_column,
    gradebook_csv,
    gradebook_of,
)
from autograder.lms.canvas import CanvasColumn, canvas_gradebook
from autograder.lms.moodle import moodle_import
from autograder.lms.nbgrader.push import Pushed, push_quiz
from autograder.lms.nbgrader.push import push as push_reports
from autograder.pages.gradebook_pages import write_gradebook
from autograder.pages.publish import counted_reports
from autograder.pages.text import count
from autograder.results.results_folder import Results

__all__ = ["app"]

app = typer.Typer(help="Homework and quizzes together: pages, tables, nbgrader.")
export = typer.Typer(help="The gradebook as a table for a learning platform.", no_args_is_help=True)
app.add_typer(export, name="export")

From = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        help="Results of `autograder grade` and `quizzes results`, or a folder of them; else graded.",
    ),
]
InCourse = Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")]
Template = Annotated[Path | None, typer.Option(help="Canvas's own table, to fill in.")]
ToFile = Annotated[Path, typer.Option(help="The file to write.")]


@app.callback(invoke_without_command=True)
def gradebook(
    context: typer.Context,
    sources: From = None,
    out: Annotated[Path, typer.Option(help="The folder for the pages and gradebook.csv.")] = Path(
        "gradebook"
    ),
    course: InCourse = None,
) -> None:
    """The whole course: a page of the class, one for each student, and a table."""
    if context.invoked_subcommand is not None:
        return
    found = find_course(course)
    book = _book(sources, found)
    write_gradebook(book, out, found.zone)
    for remark in book.remarks:
        say(remark)
    scored = sum(row.total is not None for row in book.rows)
    say(f"{count(len(book.rows), 'student')}, {scored} with a total.")
    say(f"Open     {out / 'index.html'}")


@export.command("canvas")
def _canvas(out: ToFile, sources: From = None, template: Template = None, course: InCourse = None) -> None:
    """A gradebook to import into Canvas; who is excused is so there."""
    book = _book(sources, find_course(course))
    columns = [
        CanvasColumn(one.title, grade_rows_of_column(book, one.name), excused_from(book, one.name))
        for one in book.columns
    ]
    text, left = canvas_gradebook(columns, read_table(template) if template else None)
    write_export(out, text.encode(), left)


@export.command("moodle")
def _moodle(out: ToFile, sources: From = None, course: InCourse = None) -> None:
    """A table to import into Moodle's gradebook."""
    book = _book(sources, find_course(course))
    columns = {one.title: grade_rows_of_column(book, one.name) for one in book.columns}
    for one in book.columns:
        excused = excused_from(book, one.name)
        columns[one.title] = [line for line in columns[one.title] if line.final_score.student not in excused]
    write_export(out, moodle_import(columns).encode(), [])


@export.command("csv")
def _csv(out: ToFile, sources: From = None, course: InCourse = None) -> None:
    """A table of everything: totals, groups, points, and what became of them."""
    write_export(out, gradebook_csv(_book(sources, find_course(course))).encode(), [])


@app.command()
def push(
    results: Annotated[
        list[Path],
        typer.Argument(help="Folders that `autograder grade` wrote, and tables of `quizzes results`."),
    ],
    db: Annotated[str, typer.Option(help="nbgrader's database.")] = "sqlite:///gradebook.db",
    course: InCourse = None,
) -> None:
    """Write scores into an nbgrader gradebook, lateness apart; manual scores stay."""
    found = find_course(course)
    for one in results:
        if one.is_file():
            for column in quiz_columns(one, found):
                _pushed(push_quiz(column, db), db)
        else:
            counted = list(counted_reports(Results(one.absolute()), found))
            final_scores = {standing.student: standing for standing, _ in counted}
            _pushed(push_reports([report for _, report in counted], db, final_scores), db)


def _pushed(done: Pushed, db: str) -> None:
    say(f"{count(done.students, 'student')} in {db}; {count(done.changed, 'submission')} changed.")
    if done.by_person:
        say(f"{count(done.by_person, 'grade')} set by a person stayed.")
    if done.left:
        say(f"{count(done.left, 'score')} set with `autograder change` are not in it: enter them there.")


def _book(sources: list[Path] | None, course: Course) -> Gradebook:
    roster = find_roster(course.root)
    columns = columns_in(sources or [Path("graded")], course, roster)
    return gradebook_of(columns, course, roster, datetime.now(UTC))
