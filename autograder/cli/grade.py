"""`autograder grade`: a class of notebooks in, reports and pages out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.run import show_progress, show_run
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.course.roster import find_roster
from autograder.lms.layouts import collect_submissions
from autograder.results.results_folder import Results
from autograder.runs.run import RunOptions, grade_class
from autograder.submissions.class_archive import unpacked

__all__ = ["grade"]


def grade(
    assignment: Annotated[str, typer.Argument(help="The assignment: a folder of assignments/.")],
    path: Annotated[
        Path, typer.Argument(help="A notebook, a folder of notebooks, a folder a student, or an archive.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write to, or to go on with.")],
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat an earlier run's random inputs.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 takes one for each core.")] = 0,
    dataset: Annotated[str, typer.Option(help="mnist to insist on it, digits, or auto.")] = "",
    scheduler: Annotated[
        str, typer.Option(help="Grade on the workers of this address, such as tcp://host:8786.")
    ] = "",
    sandbox: Annotated[
        str, typer.Option(help="The least that must hold: full, good, or weak for people you trust.")
    ] = "good",
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Grade submissions and write reports, feedback pages, the class page and a table of grades.

    What is in the folder already and has not changed is left alone, so a run that was stopped goes on.
    """
    root = find_course(course)
    root.folders(assignment)  # a mistyped name is reported before anything is read
    results = Results(out.absolute())
    with unpacked(path) as (folder, skipped):
        collected = collect_submissions(folder, assignment, find_roster(root.root))
        for member in skipped:
            say(f"Left out of {path.name}: {member.name}: {member.reason}")
        options = RunOptions(seed, workers, dataset, sandbox, scheduler=scheduler)
        with show_progress(f"Grading {assignment}", results) as progress:
            summary = grade_class(root, assignment, collected, results, options, progress)
    show_run(summary)
