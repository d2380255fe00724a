"""`autograder sample`: a class to try things out with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.demo_class import make_class
from autograder.cli.show import say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course

__all__ = ["sample"]


def sample(
    assignment: Annotated[str, typer.Argument(help="The assignment: a folder of assignments/.")],
    out: Annotated[Path, typer.Option(help="A new folder for the notebooks.")],
    students: Annotated[int, typer.Option(min=1, max=100_000, help="How many submissions.")] = 24,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Make a class of correct, mistaken, blank, hanging, crashing and odd submissions."""
    samples = make_class(load_assignment(find_course(course), assignment), students, out)
    say(f"{len(samples)} submissions in {out}; {out / 'expected.csv'} says what to expect of each.")
