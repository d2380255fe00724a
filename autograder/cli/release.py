"""`autograder release`: what students get of an assignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.release import release as write
from autograder.cli.show import say
from autograder.course.course import find_course

__all__ = ["release"]


def release(
    assignment: Annotated[str, typer.Argument(help="The assignment: a folder of assignments/.")],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Write an assignment's folder and ZIP archive for students: nothing of the solution is in them."""
    for path in write(find_course(course), assignment, out):
        say(str(path))
