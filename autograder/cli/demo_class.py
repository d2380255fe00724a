"""`autograder demo-class`: made-up submissions of an assignment, to try grading on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.demo_class import make_class
from autograder.cli.options import AssignmentArgument, CourseOption
from autograder.cli.show import say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course

__all__ = ["demo_class"]


def demo_class(
    assignment: AssignmentArgument,
    out: Annotated[Path, typer.Option(help="A new directory for the notebooks.")],
    students: Annotated[int, typer.Option(min=1, max=100_000, help="Number of submissions.")] = 24,
    course: CourseOption = None,
) -> None:
    """Make a class of correct, mistaken, blank, hanging, crashing and odd submissions."""
    samples = make_class(load_assignment(find_course(course), assignment), students, out)
    say(f"{len(samples)} submissions in {out}; {out / 'expected.csv'} lists the expected result of each.")
