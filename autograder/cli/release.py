"""`autograder release`: write the files that students get of an assignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.release import release as write
from autograder.cli.options import AssignmentArgument, CourseOption
from autograder.cli.show import say
from autograder.course.course import find_course

__all__ = ["release"]


def release(
    assignment: AssignmentArgument,
    out: Annotated[Path, typer.Option(help="The directory to write to.")],
    course: CourseOption = None,
) -> None:
    """Write an assignment's directory and ZIP archive for students, without the solution."""
    for path in write(find_course(course), assignment, out):
        say(str(path))
