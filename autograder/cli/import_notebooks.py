"""`autograder import`: notebooks of nbgrader and otter as assignments, with a list of what needs a person."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.assignment_files import write_assignment
from autograder.authoring.import_notebooks import imported, report_text, source_notebooks
from autograder.cli.new import checked_name, course_at
from autograder.cli.options import CourseOption
from autograder.cli.show import say
from autograder.course.local_time import counted
from autograder.errors import ContentError, UsageError

__all__ = ["import_notebooks"]

REPORT = "imported.md"


def import_notebooks(
    source: Annotated[
        Path,
        typer.Argument(
            exists=True,
            metavar="SOURCE",
            help="A source notebook, or the directory of an nbgrader or otter course.",
        ),
    ],
    name: Annotated[str, typer.Option(help="The assignment's name, for a single notebook.")] = "",
    function: Annotated[
        list[str] | None,
        typer.Option(
            "--function", help="A function that students write, for a single notebook; may be repeated."
        ),
    ] = None,
    course: CourseOption = None,
) -> None:
    """Bring over source notebooks of nbgrader or otter, with their tests, as assignments.

    Every notebook is run once, as its author's own code. Its tests become checks where the solution passes
    them, manual answers become written tasks; solutions/NAME/imported.md lists what needs a person.
    Of a whole course, what has come over before is left as it is.
    """
    notebooks = source_notebooks(source)
    if (name or function) and len(notebooks) > 1:
        raise UsageError(
            f"{source} has {len(notebooks)} notebooks; --name and --function are for one.",
            next_step="Name a single notebook, or leave the options out.",
        )
    root = course_at(course)
    left_out = 0
    for notebook in notebooks:
        chosen = replace(notebook, name=checked_name(name or notebook.name))
        earlier = root.root / "solutions" / chosen.name / REPORT
        if len(notebooks) > 1 and earlier.is_file():  # written last: an import that was interrupted goes on
            say(f"{notebook.path.name} came over before: {earlier.relative_to(root.root)}")
            continue
        try:
            made = imported(chosen, function or [])
            paths = write_assignment(root, made)
        except (ContentError, UsageError) as problem:
            left_out += 1
            say(f"{notebook.path.name} was left out: {problem.message} {problem.next_step}")
            continue
        report = root.root / "solutions" / made.id / REPORT
        report.write_text(report_text(chosen, made), encoding="utf-8")
        tests = sum(len(task.hidden) for task in made.tasks)
        say(
            f"{notebook.path.name} became {made.id} ({counted(len(paths), 'file')}): "
            f"{counted(len(made.functions), 'function')}, {counted(tests, 'test')}, "
            f"{counted(len(made.written), 'written answer')}; {counted(len(made.remarks), 'remark')} in "
            f"{report.relative_to(root.root)}"
        )
    done = len(notebooks) - left_out
    if not done:
        raise UsageError(
            "Nothing was brought over.", next_step="Follow what is said above, or use autograder new."
        )
    say(f"\n{done} of {len(notebooks)} notebooks. Next: read each imported.md, then autograder lint NAME.")
