"""`autograder nbgrader init`: an nbgrader course directory made from this course."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption, SeedOption
from autograder.cli.show import say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.course.roster import read_roster
from autograder.lms.nbgrader.course import CONFIG, write_course, write_source
from autograder.pages.text import count

__all__ = ["app", "init"]

ROSTER = "roster.csv"
app = typer.Typer(
    help="Grade with this engine inside an nbgrader course.", no_args_is_help=True, add_completion=False
)


@app.callback()
def _group() -> None:
    pass  # a Typer application with one command is a group only with a callback


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new directory, or an nbgrader course that you have.")
    ],
    assignment: Annotated[
        list[str] | None, typer.Option(help="An assignment to include; all of them by default.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(help="The roster; by default roster.csv in DIR or in the course's directory."),
    ] = None,
    seed: SeedOption = None,
    force: Annotated[bool, typer.Option(help="Replace source notebooks that were edited by hand.")] = False,
    course: CourseOption = None,
) -> None:
    """Make a directory in which nbgrader's own commands work and `autograde` runs this engine."""
    root = find_course(course)
    assignments = [load_assignment(root, name) for name in assignment or root.assignment_ids()]
    paths = (folder / ROSTER, root.root / ROSTER)
    found = roster or next((path for path in paths if path.is_file()), None)
    people = read_roster(found).people if found else ()
    missing = write_course(folder, root, people, secrets.randbits(32) if seed is None else seed)
    for loaded in assignments:
        write_source(folder, root, loaded, force)
        say(f"{folder / 'source' / loaded.id}")
    if people:
        say(f"{count(len(people), 'student')} from {found}")
    if missing:
        say(f"\n{folder / CONFIG} exists and was not changed. Add these lines at its end:\n\n{missing}\n")
    first = assignments[0].id if assignments else "ID"
    say(f"Next, in {folder}: nbgrader generate_assignment {first}")
