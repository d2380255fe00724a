"""`autograder grade`: from a class of notebooks to reports and pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.early_start import early_start
from autograder.cli.options import (
    AssignmentArgument,
    CourseOption,
    DatasetOption,
    SandboxOption,
    SchedulerOption,
    SeedOption,
    WorkersOption,
)

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
    worksheet: Annotated[
        Path | None,
        typer.Option(help="Moodle's grading worksheet: times, groups and numbers of its download."),
    ] = None,
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
    with early_start(1 if path.suffix == ".ipynb" else workers, needed=not scheduler):
        from autograder.cli.run import show_progress, show_run
        from autograder.cli.show import say
        from autograder.course.assignment import assignment_file
        from autograder.course.course import find_course
        from autograder.course.groups import find_groups
        from autograder.course.roster import FILE as ROSTER
        from autograder.course.roster import find_roster
        from autograder.errors import UsageError
        from autograder.lms.layouts import collect_submissions
        from autograder.lms.worksheet import read_worksheet, tables_near, worksheets_in
        from autograder.results.results_folder import Results
        from autograder.runs.run import RunOptions, grade_class
        from autograder.submissions.class_archive import has_instants, unpacked
        from autograder.submissions.collecting import Unmatched
        from autograder.submissions.notebook import storable

        root = find_course(course)
        root.folders(assignment)  # a mistyped name is reported before anything is read
        results = Results(out.absolute())
        if worksheet is not None and read_worksheet(worksheet) is None:
            raise UsageError(
                f"{worksheet} is not a grading worksheet of Moodle.",
                next_step="Name the CSV file of View all submissions, Download grading worksheet. "
                "Where its headers are in another language, choose English in Moodle and download it again.",
            )
        # The one that is named takes the place of those beside the archive and of the roster.
        tables = [worksheet] if worksheet is not None else [*tables_near(path), root.root / ROSTER]
        with unpacked(path) as (folder, skipped):
            collected = collect_submissions(
                folder,
                assignment,
                find_roster(root.root),
                root.zone,
                find_groups(root.root, assignment),
                worksheets_in([*tables, *tables_near(folder)]),
                dated=folder != path,
                has_instants=has_instants(path),
            )
            left_out = (Unmatched(member.name, member.reason) for member in skipped)
            collected = replace(
                collected, unmatched=(*left_out, *collected.unmatched), source=storable(str(path.absolute()))
            )
            for remark in collected.remarks:
                say(remark)
            if collected.layout == "folder" and assignment_file(root, assignment).due is not None:
                say("These files have no times of submission, so lateness costs nothing.")
            options = RunOptions(seed, workers, dataset, sandbox, scheduler=scheduler)
            with show_progress(f"Grading {assignment}", results) as progress:
                summary = grade_class(root, assignment, collected, results, options, progress)
        show_run(summary)
