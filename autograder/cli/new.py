"""`autograder new`: a whole assignment that lint finds nothing wrong with, for the author to change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.assignment_files import handout_cells, write_assignment
from autograder.authoring.new_assignment import (
    NewAssignment,
    parse_signature,
    placeholder,
    tasks_of,
    with_examples,
    without_public_checks,
)
from autograder.cli.options import CourseOption
from autograder.cli.show import say
from autograder.course.course import FILE, Course, find_course
from autograder.errors import UsageError

__all__ = ["checked_name", "course_at", "new"]

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
COURSE_YAML = """\
# The course: what all assignments and quizzes share.
title: {title}
time_zone: UTC
"""


def new(
    name: Annotated[str, typer.Argument(help="The assignment's name, and that of its directories.")],
    function: Annotated[
        list[str] | None,
        typer.Option(
            "--function",
            help='A function that students write, such as "leaky_relu(x, alpha=0.01)"; may be repeated. '
            "With --from, its name alone.",
        ),
    ] = None,
    notebook: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="NOTEBOOK",
            exists=True,
            dir_okay=False,
            help="A solved notebook, whose functions become stubs, reference and first checks.",
        ),
    ] = None,
    title: Annotated[str, typer.Option(help="As pages show it.")] = "",
    course: CourseOption = None,
) -> None:
    """Write a new assignment: handout, checks, reference, a mistake and an alternative, ready to change."""
    checked_name(name)
    if not function and notebook is None:
        raise UsageError(
            "Nothing says which functions students write.",
            next_step='Add --function "relu(x)", once for each, or --from NOTEBOOK with a solved notebook.',
        )
    root = course_at(course)
    title = title or name.replace("-", " ").replace("_", " ").capitalize()
    if notebook is not None:
        from autograder.authoring.from_notebook import assignment_from
        from autograder.authoring.import_notebooks import proven

        made = proven(with_examples(assignment_from(notebook, name, title, function or [])))
        made.remarks.extend(without_public_checks(made))
    else:
        signatures = function or []
        parsed = [parse_signature(text) for text in signatures]
        known = {item: parameters for item, _, parameters in parsed}
        if len(known) < len(parsed):
            raise UsageError("A function is named twice.", next_step="Name each function once.")
        tasks = tasks_of([placeholder(text, known) for text in signatures])
        made = NewAssignment(name, title, tasks, handout_cells(title, tasks))
        made = with_examples(made)
    for path in write_assignment(root, made):
        say(f"Wrote {path.relative_to(root.root)}")
    for remark in made.remarks:
        say(f"Look at this: {remark}")
    say(
        f"\nNext: autograder lint {name}\n"
        "Then change what says TODO, starting with the reference, and lint again after each step."
    )


def checked_name(name: str) -> str:
    """The name of something new; raises UsageError for one that cannot be a file's."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"“{name}” cannot be a name of files.",
            next_step="Use small letters, digits, - and _: for example dropout-and-noise.",
        )
    return name


def course_at(start: Path | None) -> Course:
    """The course that is there; otherwise a new one in the named or the working directory."""
    try:
        return find_course(start)
    except UsageError:
        folder = (start or Path.cwd()).resolve()
        if not folder.is_dir():
            raise
        path = folder / FILE
        path.write_text(COURSE_YAML.format(title=folder.name.capitalize() or "Course"), encoding="utf-8")
        say(f"Wrote {path.name}: title and time zone of the course")
        return find_course(folder)
