"""`autograder grade`: a class of notebooks in, reports and pages out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.run import Options, run
from autograder.cli.show import say
from autograder.course.course import find_course
from autograder.course.roster import find_roster
from autograder.lms.layouts import collect_submissions
from autograder.results.results_folder import Results
from autograder.runs.batch import Batch
from autograder.submissions.class_archive import unpacked
from autograder.submissions.collecting import SubmittedFile

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
    here = find_course(course)
    here.folders(assignment)  # a mistyped name is said before anything is read
    with unpacked(path) as (place, left_out):
        found = collect_submissions(place, assignment, find_roster(here.root))
        for one in left_out:
            say(f"Left out of {path.name}: {one.name}: {one.why}")

        def handed(batch: Batch) -> tuple[Iterable[SubmittedFile], int]:
            return batch.read(found.entries), len(found.entries)

        run(
            here,
            assignment,
            Results(out.absolute()),
            seed,
            Options(workers, dataset, sandbox, scheduler),
            handed,
        )
