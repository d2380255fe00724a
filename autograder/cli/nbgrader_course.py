"""`autograder nbgrader-course`: an nbgrader course folder made from this course."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.show import say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.course.roster import read_roster
from autograder.lms.nbgrader.course import CONFIG, write_course, write_source

__all__ = ["nbgrader_course"]

ROSTER = "roster.csv"


def nbgrader_course(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an nbgrader course.")],
    assignment: Annotated[
        list[str] | None, typer.Option(help="An assignment to take over; all of them if none is named.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="The class list; else roster.csv in DIR or in the course's folder.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The seed for grading; else a random one.")] = None,
    force: Annotated[bool, typer.Option(help="Replace source notebooks that were changed by hand.")] = False,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Make a folder in which nbgrader's own commands work, and grade with this engine."""
    root = find_course(course)
    assignments = [load_assignment(root, name) for name in assignment or root.assignment_ids()]
    found = roster or next((p for p in (folder / ROSTER, root.root / ROSTER) if p.is_file()), None)
    people = read_roster(found).people if found else ()
    missing = write_course(folder, root, people, secrets.randbits(32) if seed is None else seed)
    for one in assignments:
        write_source(folder, root, one, force)
        say(f"{folder / 'source' / one.id}")
    if people:
        say(f"{len(people)} students from {found}")
    if missing:
        say(f"\n{folder / CONFIG} was there and stays as it is. Add these lines at its end:\n\n{missing}\n")
    first = assignments[0].id if assignments else "ID"
    say(f"Next, in {folder}: nbgrader generate_assignment {first}")
