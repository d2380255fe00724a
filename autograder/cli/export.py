"""`autograder export`: grades and feedback in the format of each learning platform."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import (
    AssignmentArgument,
    CourseOption,
    DatasetOption,
    OutFileOption,
    ResultsArgument,
    SandboxOption,
    SeedOption,
)
from autograder.cli.show import say
from autograder.course.assignment import assignment_file
from autograder.course.course import find_course
from autograder.course.csv_table import read_table
from autograder.course.roster import find_roster
from autograder.errors import UsageError
from autograder.gradebook.tables import GradeRow, grade_rows, named_mistakes, plain_grades
from autograder.lms.canvas import CanvasColumn, canvas_gradebook
from autograder.lms.feedback_zip import Platform, feedback_zip
from autograder.lms.gradescope import autograder_zip, gradescope_grades
from autograder.lms.moodle import moodle_worksheet
from autograder.lms.other_tables import blackboard_grades, brightspace_grades
from autograder.results.final_scores import GradedAssignment
from autograder.results.results_folder import Results, read_report
from autograder.submissions.collecting import Unmatched

__all__ = ["app", "write_export"]

app = typer.Typer(
    help="Export grades and feedback for a learning platform.", no_args_is_help=True, add_completion=False
)
MOST_REASONS = 3  # that a message lists
Feedback = Annotated[Path | None, typer.Option(help="Also write the feedback as a ZIP archive to upload.")]
Template = Annotated[Path | None, typer.Option(help="The platform's own table, to be filled in.")]


@app.command("canvas")
def _canvas(
    results: ResultsArgument,
    out: OutFileOption,
    template: Template = None,
    column: Annotated[str, typer.Option(help="The assignment's column, such as 'Week 1 (4711)'.")] = "",
    feedback: Feedback = None,
    course: CourseOption = None,
) -> None:
    """Write a gradebook to import into Canvas."""
    lines, waiting, everybody = _lines(results, course, "canvas")
    column = column or _title(everybody, course)
    text, left = canvas_gradebook([CanvasColumn(column, lines)], read_table(template) if template else None)
    write_export(out, text.encode(), [*waiting, *left], len(everybody))
    _feedback(everybody, results, feedback, "canvas")


@app.command("moodle")
def _moodle(
    results: ResultsArgument,
    out: OutFileOption,
    template: Template = None,
    feedback: Feedback = None,
    course: CourseOption = None,
) -> None:
    """Write a grading worksheet to upload to Moodle."""
    lines, waiting, everybody = _lines(results, course, "moodle")
    text, left = moodle_worksheet(lines, read_table(template) if template else None)
    write_export(out, text.encode(), [*waiting, *left], len(everybody))
    _feedback(everybody, results, feedback, "moodle")


@app.command("gradescope")
def _gradescope(
    results: ResultsArgument, out: OutFileOption, feedback: Feedback = None, course: CourseOption = None
) -> None:
    """Write a table with Gradescope's headers; --feedback writes a results.json per student."""
    lines, waiting, everybody = _lines(results, course, "gradescope")
    write_export(out, gradescope_grades(lines).encode(), waiting, len(everybody))
    _feedback(lines, results, feedback, "gradescope")


@app.command("blackboard")
def _blackboard(
    results: ResultsArgument,
    out: OutFileOption,
    template: Annotated[Path, typer.Option(help="The table that Blackboard gave out, to be filled in.")],
    column: Annotated[str, typer.Option(help="The assignment's column; else its title.")] = "",
    course: CourseOption = None,
) -> None:
    """Write scores into the table that Blackboard gave out, to upload."""
    lines, waiting, everybody = _lines(results, course, "blackboard")
    column = column or _title(everybody, course)
    text, left = blackboard_grades(lines, read_table(template), column)
    write_export(out, text.encode(), [*waiting, *left], len(everybody))


@app.command("brightspace")
def _brightspace(
    results: ResultsArgument,
    out: OutFileOption,
    item: Annotated[str, typer.Option(help="The grade item's name; else the assignment's title.")] = "",
    course: CourseOption = None,
) -> None:
    """Write a table of grades to import into Brightspace."""
    lines, waiting, everybody = _lines(results, course, "brightspace")
    text, left = brightspace_grades(lines, item or _title(everybody, course))
    write_export(out, text.encode(), [*waiting, *left], len(everybody))


@app.command("csv")
def _csv(results: ResultsArgument, out: OutFileOption, course: CourseOption = None) -> None:
    """Write a table of everything known about the grades."""
    lines, waiting, everybody = _lines(results, course, "canvas")
    write_export(out, plain_grades(lines).encode(), waiting, len(everybody))


@app.command("gradescope-autograder")
def _autograder(
    assignment: AssignmentArgument,
    out: OutFileOption,
    seed: SeedOption = None,
    dataset: DatasetOption = "",
    sandbox: SandboxOption = "good",
    course: CourseOption = None,
) -> None:
    """Write an autograder for Gradescope that runs this engine; it contains the solution."""
    seed = secrets.randbits(32) if seed is None else seed
    data = autograder_zip(find_course(course), assignment, seed, dataset, sandbox=sandbox)
    write_export(out, data, [])


def _lines(
    results: Path, course: Path | None, platform: str
) -> tuple[list[GradeRow], list[Unmatched], list[GradeRow]]:
    """The rows of final scores, the students whose score is not final, and the rows of both.

    A score that waits for a person is exported nowhere; feedback is for everybody.
    """
    found = find_course(course)
    graded = GradedAssignment.read(Results(results.absolute()), found)
    final_scores, mistakes = [], {}
    for final_score, report in graded.counted_reports():
        final_scores.append(final_score)
        mistakes[final_score.student] = named_mistakes(report)
    roster = find_roster(found.root)
    final = [score for score in final_scores if score.is_final]
    waiting = [
        Unmatched(score.student, f"{score.waiting} `autograder mark` marks them.")
        for score in final_scores
        if not score.is_final
    ]
    everybody = grade_rows(final_scores, roster, platform, mistakes)
    return grade_rows(final, roster, platform, mistakes), waiting, everybody


def _title(lines: Sequence[GradeRow], course: Path | None) -> str:
    """The assignment's title, as the first report names it."""
    path = next((line.final_score.report for line in lines if line.final_score.report), None)
    if path is None:
        raise UsageError("No report names the assignment.", next_step="Name its column with --column.")
    name = read_report(path).assignment
    return assignment_file(find_course(course), name).title


def _feedback(lines: Sequence[GradeRow], results: Path, out: Path | None, platform: Platform) -> None:
    if out is not None:
        data, left = feedback_zip(lines, Results(results.absolute()), platform)
        write_export(out, data, left, len(lines))


def write_export(out: Path, data: bytes, left: Sequence[Unmatched], students: int | None = None) -> None:
    """Write a file for a platform and name the students who are not in it.

    Raises UsageError, and writes nothing, where none of so many students would be in it.
    """
    if students is not None and len(left) >= students:
        reasons = list(dict.fromkeys(f"{unmatched.name}: {unmatched.reason}" for unmatched in left))
        more = f" And {len(reasons) - MOST_REASONS} more." if len(reasons) > MOST_REASONS else ""
        raise UsageError(
            f"{out} was not written: no student would be in it. {' '.join(reasons[:MOST_REASONS])}{more}",
            next_step="Complete the roster, or name the platform's own table with --template."
            if left
            else "Grade submissions first.",
        )
    try:
        out.write_bytes(data)
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be written: {problem.strerror}.", next_step="Name another file."
        ) from problem
    for unmatched in left:
        say(f"Not in {out.name}: {unmatched.name}: {unmatched.reason}")
    say(f"Written  {out}")
