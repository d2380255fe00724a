"""`autograder experiments`: repeat the lecture's training experiments with the course's references."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.experiments import (
    Measured,
    experiments_figure,
    experiments_page,
    load_experiments,
    measure,
)
from autograder.checks.datasets.loading import load_images
from autograder.cli.options import CourseOption, DatasetOption
from autograder.cli.show import progress_bar, say
from autograder.course.course import find_course
from autograder.errors import UsageError

__all__ = ["experiments"]


def experiments(
    out: Annotated[Path, typer.Option(help="The directory for experiments.html and experiments.svg.")],
    dataset: DatasetOption = "auto",
    seeds: Annotated[int, typer.Option(min=2, max=100, help="Training runs per side of an experiment.")] = 3,
    course: CourseOption = None,
) -> None:
    """Run the lecture's training experiments and write a page of plots and figures."""
    root = find_course(course)
    experiments = load_experiments(root)
    images = load_images(dataset)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be created: {problem.strerror}.", next_step="Name another directory with --out."
        ) from None
    measured: list[Measured] = []
    with progress_bar() as progress:
        bar = progress.add_task(f"Training on {images.name}", total=len(experiments))
        for result in measure(root, experiments, images, seeds):
            measured.append(result)
            progress.advance(bar)
    for result in measured:
        figures = ", ".join(f"{name} {mean:.3f} ± {spread:.3f}" for name, mean, spread in result.figures())
        say(f"{result.experiment.title}: {figures}. Holds for {result.holds} of {seeds} seeds.")
    (out / "experiments.svg").write_text(experiments_figure(measured), encoding="utf-8")
    (out / "experiments.html").write_text(
        experiments_page(root.title, images.name, measured), encoding="utf-8"
    )
    say(f"\nPage  {out / 'experiments.html'}")
