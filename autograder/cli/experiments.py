"""`autograder experiments`: show what the lecture experiments, with the course's own references."""

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
from autograder.cli.show import progress_bar, say
from autograder.course.course import find_course
from autograder.errors import UsageError

__all__ = ["experiments"]


def experiments(
    out: Annotated[Path, typer.Option(help="The folder for experiments.html and experiments.svg.")],
    dataset: Annotated[str, typer.Option(help="mnist to insist on it, digits, or auto.")] = "auto",
    seeds: Annotated[
        int, typer.Option(min=2, max=100, help="Training runs for each side of an experiment.")
    ] = 3,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Train with the references and write a page of plots and figures: does the lecture's advice help?"""
    root = find_course(course)
    found = load_experiments(root)
    images = load_images(dataset)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{out} cannot be made: {problem.strerror}.", next_step="Name another folder."
        ) from None
    measured: list[Measured] = []
    with progress_bar() as progress:
        bar = progress.add_task(f"Training on {images.name}", total=len(found))
        for one in measure(root, found, images, seeds):
            measured.append(one)
            progress.advance(bar)
    for one in measured:
        figures = ", ".join(f"{name} {mean:.3f} ± {spread:.3f}" for name, mean, spread in one.figures())
        say(f"{one.experiment.title}: {figures}. Holds for {one.holds} of {seeds} seeds.")
    (out / "experiments.svg").write_text(experiments_figure(measured), encoding="utf-8")
    (out / "experiments.html").write_text(
        experiments_page(root.title, images.name, measured), encoding="utf-8"
    )
    say(f"\nPage  {out / 'experiments.html'}")
