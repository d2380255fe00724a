"""`autograder grade`: from a class of notebooks to reports and pages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import (
    AssignmentArgument,
    CourseOption,
    DatasetOption,
    SandboxOption,
    SchedulerOption,
    SeedOption,
    WorkersOption,
)
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
    assignment: AssignmentArgument,
    path: Annotated[
        Path,
        typer.Argument(
            help="A notebook, a directory of notebooks, one directory per student, or an archive."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The results directory: a new one, or one to resume.")],
    seed: SeedOption = None,
    workers: WorkersOption = 0,
    dataset: DatasetOption = "",
    scheduler: SchedulerOption = "",
    sandbox: SandboxOption = "good",
    course: CourseOption = None,
) -> None:
    """Grade submissions and write reports, feedback pages, the class page and a table of grades.

    Submissions that are graded already and have not changed are skipped: rerun the command to resume.
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
