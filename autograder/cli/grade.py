"""`autograder grade`: a class of notebooks in, reports and pages out."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autograder.assignment import load_assignment
from autograder.batch import Batch, Output
from autograder.cli.show import progress_bar, say, show_class
from autograder.course import find_course
from autograder.errors import ContentError
from autograder.grading import materials_for, why_refused
from autograder.intake import Entry, find_submissions
from autograder.report import Report, Status
from autograder.roster import find_roster
from autograder.sandbox import Worker
from autograder.unpack import unpacked

__all__ = ["grade"]


def grade(
    assignment: Annotated[str, typer.Argument(help="The assignment: a folder of assignments/.")],
    path: Annotated[
        Path, typer.Argument(help="A notebook, a folder of notebooks, a folder a student, or an archive.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat an earlier run's random inputs.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 takes one for each core.")] = 0,
    dataset: Annotated[str, typer.Option(help="mnist to insist on it, digits, or auto.")] = "",
    allow_weak_sandbox: Annotated[
        bool, typer.Option(help="Grade even where only limits hold: for people you trust.")
    ] = False,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Grade submissions and write reports, feedback pages, the class page and a table of grades."""
    root = find_course(course)
    # Faults of the assignment and a missing data set come first, before any process starts.
    materials_for(load_assignment(root, assignment), 0, dataset)
    with Worker() as worker:
        if refusal := why_refused(worker.level, allow_weak_sandbox):
            raise refusal
    seed = secrets.randbits(32) if seed is None else seed
    batch = Batch(
        root.root,
        assignment,
        seed,
        out.resolve(),
        workers or os.cpu_count() or 1,
        dataset,
        allow_weak_sandbox,
    )
    with unpacked(path) as (place, left_out):
        found = find_submissions(place, assignment, find_roster(root.root))
        for one in left_out:
            say(f"Left out of {path.name}: {one.name}: {one.why}")
        for stranger in found.unplaced:
            say(f"Not graded: {stranger.name}: {stranger.why}")
        reports = _grade(batch, found.latest())
    batch.finish(reports)
    show_class(reports)
    output = Output(out)
    say(f"\nClass page  {output.index}\nGrades      {output.grades}\nSeed        {seed}")
    if any(result.status is Status.ERROR for report in reports for result in report.results()):
        raise ContentError(
            "Some checks are broken; they were counted for nobody.",
            next_step="The class page shows them. Mend them and grade again with the same --seed.",
        )


def _grade(batch: Batch, entries: Sequence[Entry]) -> list[Report]:
    """The reports, in the order of the entries."""
    order = {entry.student: position for position, entry in enumerate(entries)}
    reports: list[Report] = []
    with progress_bar() as progress:
        bar = progress.add_task(f"Grading {batch.assignment}", total=len(entries))
        for report in batch.grade(entries):
            reports.append(report)
            progress.advance(bar)
    return sorted(reports, key=lambda report: order.get(report.student, len(order)))
