"""`autograder calibrate`: measure how well the reference trains and store the thresholds."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer
from rich.table import Table

from autograder.authoring.calibrate import calibrate_check, calibration_plot, convergence_checks
from autograder.checks.calibration import FEWEST_RUNS, write_calibration
from autograder.checks.datasets.loading import load_images
from autograder.cli.options import AssignmentArgument, CourseOption, DatasetOption
from autograder.cli.show import console, progress_bar, say
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.errors import UsageError

__all__ = ["calibrate"]


def calibrate(
    assignment: AssignmentArgument,
    dataset: DatasetOption = "auto",
    runs: Annotated[int, typer.Option(min=FEWEST_RUNS, help="Training runs per check.")] = 24,
    course: CourseOption = None,
) -> None:
    """Train the reference many times and write the thresholds of convergence checks, with a plot."""
    root = find_course(course)
    loaded = load_assignment(root, assignment)
    checks = convergence_checks(loaded)
    if not checks:
        raise UsageError(
            f"{assignment} has no convergence check.", next_step="Only convergence checks need a calibration."
        )
    images = load_images(dataset)
    table = Table("check", "mean", "sd", "lowest", "threshold", "CPU s", box=None, pad_edge=False)
    with progress_bar() as progress:
        bar = progress.add_task(f"Training on {images.name}", total=runs * len(checks))
        for check in checks:
            seeds = [secrets.randbits(32) for _ in range(runs)]
            band = calibrate_check(loaded, check, images, seeds, lambda: progress.advance(bar))
            loaded.calibration.bands.setdefault(check.id, {})[images.name] = band
            figures = (band.mean, band.sd, band.lowest, band.threshold)
            table.add_row(check.id, *(f"{figure:.4f}" for figure in figures), f"{band.cpu_seconds:.2f}")
    console.print(table)
    path = write_calibration(loaded.solution, loaded.calibration)
    picture = path.with_suffix(".svg")
    picture.write_text(calibration_plot(loaded.calibration), encoding="utf-8")
    say(f"Thresholds  {path}\nPlot        {picture}")
