"""`autograder gradebook`: homework and quizzes in one gradebook, as pages and for other programs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.export import write_export
from autograder.cli.options import CourseOption, OutFileOption
from autograder.cli.show import say
from autograder.course.course import Course, find_course
from autograder.course.csv_table import read_table
from autograder.course.roster import find_roster
from autograder.errors import UsageError
from autograder.gradebook.columns import columns_in, quiz_columns
from autograder.gradebook.final_grades import final_grades
from autograder.gradebook.gradebook import (
    Gradebook,
    excused_from,
    grade_rows_of_column,
    gradebook_csv,
    gradebook_of,
)
from autograder.gradebook.tables import points
from autograder.lms.canvas import CanvasColumn, canvas_gradebook
from autograder.lms.moodle import moodle_import
from autograder.lms.nbgrader.push import Pushed, push_quiz
from autograder.lms.nbgrader.push import push as push_reports
from autograder.pages.gradebook_pages import write_gradebook
from autograder.pages.text import count
from autograder.results.final_scores import GradedAssignment
from autograder.results.results_folder import Results
from autograder.submissions.collecting import Unmatched

__all__ = ["app"]

app = typer.Typer(
    help="Combine homework and quizzes into one gradebook: pages, tables, nbgrader.", add_completion=False
)
export = typer.Typer(
    help="Export the gradebook as a table for a learning platform.",
    no_args_is_help=True,
    add_completion=False,
)
app.add_typer(export, name="export")

From = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        help="Results of `autograder grade` and `quizzes results`, or a directory of them; else `graded`.",
    ),
]
Site = Annotated[
    bool, typer.Option("--site", help="What the course's site has, in place of results directories.")
]
Template = Annotated[Path | None, typer.Option(help="Canvas's own table, to be filled in.")]


@app.callback(invoke_without_command=True)
def gradebook(
    context: typer.Context,
    sources: From = None,
    out: Annotated[Path, typer.Option(help="The directory for the pages and gradebook.csv.")] = Path(
        "gradebook"
    ),
    site: Site = False,
    course: CourseOption = None,
) -> None:
    """Combine homework and quizzes into one gradebook: pages, tables, nbgrader."""
    if context.invoked_subcommand is not None:
        return
    found = find_course(course)
    gradebook = _gradebook(sources, found, site)
    write_gradebook(gradebook, out, found.zone)
    for remark in gradebook.remarks:
        say(remark)
    scored = sum(row.total is not None for row in gradebook.rows)
    say(f"{count(len(gradebook.rows), 'student')}, {scored} with a total.")
    say(f"Open     {out / 'index.html'}")


@export.command("canvas")
def _canvas(
    out: OutFileOption,
    sources: From = None,
    template: Template = None,
    site: Site = False,
    course: CourseOption = None,
) -> None:
    """Write a gradebook to import into Canvas; excused students are excused there, too."""
    gradebook = _gradebook(sources, find_course(course), site, shown_only=True)
    columns = [
        CanvasColumn(
            column.title, grade_rows_of_column(gradebook, column.name), excused_from(gradebook, column.name)
        )
        for column in gradebook.columns
    ]
    text, left = canvas_gradebook(columns, read_table(template) if template else None)
    students = {row.final_score.student for column in columns for row in column.rows}
    write_export(out, text.encode(), left, len(students))


@export.command("moodle")
def _moodle(
    out: OutFileOption,
    sources: From = None,
    by: Annotated[
        str, typer.Option(help="What Moodle finds students by: `email`, or `id` for its ID number.")
    ] = "email",
    site: Site = False,
    course: CourseOption = None,
) -> None:
    """Write a table to import into Moodle's gradebook."""
    if by not in ("email", "id"):
        raise UsageError(f"Students cannot be found by {by!r}.", next_step="Write --by email or --by id.")
    gradebook = _gradebook(sources, find_course(course), site, shown_only=True)
    columns = {}
    for column in gradebook.columns:
        excused = excused_from(gradebook, column.name)
        rows = grade_rows_of_column(gradebook, column.name)
        columns[column.title] = [row for row in rows if row.final_score.student not in excused]
    students = {row.person.student_id for rows in columns.values() for row in rows}
    text, left = moodle_import(columns, "id" if by == "id" else "email")
    write_export(out, text.encode(), left, len(students))
    say("In Moodle, map " + ("ID number to ID number." if by == "id" else "Email address to Email address."))
    # Moodle reads no maximum from a table: a grade item that the import makes has 100.
    most = "; ".join(f"{column.title}: {points(column.possible)}" for column in gradebook.columns)
    say(f"A new item has 100 as Maximum grade: set it in Gradebook setup, or add the items first. {most}.")


@export.command("csv")
def _csv(out: OutFileOption, sources: From = None, site: Site = False, course: CourseOption = None) -> None:
    """Write a table of everything: totals, groups, points, and which scores count."""
    write_export(out, gradebook_csv(_gradebook(sources, find_course(course), site)).encode(), [])


@export.command("final")
def _final(
    out: OutFileOption,
    sources: From = None,
    unfinished: Annotated[
        bool, typer.Option("--unfinished", help="Also students whose total can still change.")
    ] = False,
    site: Site = False,
    course: CourseOption = None,
) -> None:
    """Write the final grades for the registrar: percentages and letters, nobody whose total can change."""
    made = final_grades(
        _gradebook(sources, find_course(course), site, shown_only=True), unfinished_too=unfinished
    )
    for note in made.notes:
        say(note)
    left = [Unmatched(name, reason) for name, reason in made.left]
    write_export(out, made.text.encode(), left, made.students + len(left))


@app.command()
def push(
    results: Annotated[
        list[Path],
        typer.Argument(help="Results directories of `autograder grade` and tables of `quizzes results`."),
    ],
    db: Annotated[str, typer.Option(help="nbgrader's database.")] = "sqlite:///gradebook.db",
    course: CourseOption = None,
) -> None:
    """Write scores into an nbgrader gradebook, late penalties separately; manual scores stay."""
    found = find_course(course)
    for path in results:
        if path.is_file():
            for column in quiz_columns(path, found):
                _pushed(push_quiz(column, db), db)
        else:
            graded = GradedAssignment.read(Results(path.absolute()), found)
            reports = [report for _, report in graded.counted_reports()]
            _pushed(push_reports(reports, db, graded.final_scores), db)


def _pushed(done: Pushed, db: str) -> None:
    say(f"{count(done.students, 'student')} in {db}; {count(done.changed, 'submission')} changed.")
    if done.by_person:
        say(f"{count(done.by_person, 'grade')} set by hand in nbgrader stayed.")
    if done.left:
        say(f"{count(done.left, 'score')} set by `autograder override` are not in it: enter them there.")


def _gradebook(
    sources: list[Path] | None, course: Course, site: bool, *, shown_only: bool = False
) -> Gradebook:
    """The gradebook of results directories and tables, or of the site.

    With `shown_only` that of the site has only what students may see: what another program may be given.
    """
    if site:
        return _gradebook_of_site(course, shown_only)
    roster = find_roster(course.root)
    columns = columns_in(sources or [Path("graded")], course, roster)
    return gradebook_of(columns, course, roster, datetime.now(UTC))


def _gradebook_of_site(course: Course, shown_only: bool) -> Gradebook:
    """The gradebook as the pages of the course's site show it."""
    from autograder.site.assignments import Assignments
    from autograder.site.gradebook.course_gradebook import course_gradebook
    from autograder.site.server import open_site

    with open_site(course.root) as opened, opened.database.reading() as connection:
        files, now = Assignments(course.root), opened.clock.now()
        return course_gradebook(
            connection,
            course,
            now,
            shown_only=shown_only,
            graded=files.graded(),
            quizzes=files.quizzes(),
        ).gradebook
