"""`autograder override`: a score or comment that a person sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from autograder.cli.options import CourseOption, ReasonOption, ResultsArgument, author_name
from autograder.cli.run import show_run
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.gradebook.tables import student_in_cell
from autograder.pages.text import of_points
from autograder.results.final_scores import GradedAssignment
from autograder.results.ledger import Graded, ScoreOverridden, read_ledger
from autograder.results.results_folder import Results
from autograder.runs.run import publish_class

__all__ = ["override"]


def override(
    results: ResultsArgument,
    student: Annotated[str, typer.Argument(help="The student, as in grades.csv.")],
    reason: ReasonOption,
    score: Annotated[float | None, typer.Option(help="The score that counts from now on.")] = None,
    clear: Annotated[bool, typer.Option(help="Remove a score that was set by hand.")] = False,
    comment: Annotated[str | None, typer.Option(help="A comment for the student's page.")] = None,
    author: Annotated[str, typer.Option(help="Your name; by default the name of your account.")] = "",
    course: CourseOption = None,
) -> None:
    """Set a student's score or comment by hand; it survives every regrade and is marked as manual."""
    if score is None and comment is None and not clear:
        raise UsageError("There is nothing to override.", next_step="Give --score, --comment or --clear.")
    if score is not None and (clear or not 0 <= score < float("inf")):
        raise UsageError(
            f"--score {score:g}: expected a number of 0 or more, without --clear.",
            next_step="Give --score POINTS, or --clear.",
        )
    root, folder = find_course(course), Results(results.absolute())
    lines, _ = read_ledger(folder.ledger)
    students = {line.student for line in lines if isinstance(line, Graded)}
    student = student_in_cell(student, students)
    if student not in students:
        raise UsageError(
            f"{results} has no submission of student {student!r}.",
            next_step="Write the student as in the column `student` of grades.csv.",
        )
    overrides = [line for line in lines if isinstance(line, ScoreOverridden) and line.student == student]
    before = overrides[-1] if overrides else None
    kept = None if clear or before is None else before.earned
    line = ScoreOverridden(
        at=datetime.now(UTC),
        student=student,
        earned=score if score is not None else kept,
        comment=comment if comment is not None else (before.comment if before else ""),
        who=author_name(author),
        why=reason,
    )
    earlier = GradedAssignment.read(folder, root).final_scores[student].earned
    summary = publish_class(root, folder, line)
    (score_now,) = (score for score in summary.final_scores if score.student == student)
    show_run(summary)
    more = ", more than the assignment is worth" if score_now.earned > score_now.possible else ""
    say(f"\n{student}: {earlier:g} → {of_points(score_now.earned, score_now.possible)}{more}.")
