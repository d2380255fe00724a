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

READ_BY_STUDENTS = {".ipynb", ".py", ".yaml"}


def release(
    assignment: AssignmentArgument,
    out: Annotated[Path, typer.Option(help="The directory to write to.")],
    course: CourseOption = None,
) -> None:
    """Write an assignment's directory and ZIP archive for students, without the solution."""
    written = write(find_course(course), assignment, out)
    for path in written:
        say(str(path))
    for path in written:
        if path.suffix in READ_BY_STUDENTS and "TODO" in path.read_text(encoding="utf-8"):
            say(f"Look at this: {path.name} still says TODO, and students would read it.")
