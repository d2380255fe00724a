"""`autograder experiments`: repeat the lecture's training experiments with the course's references."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.authoring.experiments import (
    count_runs,
    experiments_figure,
    experiments_page,
    load_experiments,
    load_learning_curves,
    measure,
    measure_curves,
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
    """Compare the lecture's methods, each at its best learning rate, and write a page of plots and figures.

    Rates are chosen on a validation split; test images are looked at once, with the rates that were chosen.
    """
    root = find_course(course)
    experiments, curves = load_experiments(root), load_learning_curves(root)
    images = load_images(dataset)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be created: {problem.strerror}.", next_step="Name another directory with --out."
        ) from None
    with progress_bar() as progress:
        bar = progress.add_task(f"Training on {images.name}", total=count_runs(experiments, seeds))
        measured = list(measure(root, experiments, images, seeds, lambda: progress.advance(bar)))
    for result in measured:
        figures = ", ".join(
            f"{name} (rate {result.choices[name].best:g}) {mean:.3f} ± {spread:.3f}"
            for name, mean, spread in result.figures()
        )
        say(f"{_with_colon(result.experiment.title)} {figures}. Holds for {result.holds} of {seeds} seeds.")
        for lead in result.leads:
            say(f"  {lead.text}")
    measured_curves = measure_curves(root, curves, images)
    for curve in measured_curves:
        say(f"{_with_colon(curve.curve.title)} {curve.text}")
    (out / "experiments.svg").write_text(experiments_figure(measured, measured_curves), encoding="utf-8")
    (out / "experiments.html").write_text(
        experiments_page(root.title, images.name, measured, measured_curves), encoding="utf-8"
    )
    say(f"\nPage  {out / 'experiments.html'}")


def _with_colon(title: str) -> str:
    return title if title.endswith("?") else f"{title}:"
