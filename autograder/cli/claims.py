"""`autograder claims`: show what the lecture claims, with the course's own references."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.checks.datasets.loading import load_images
from autograder.claims import Measured, load_claims, measure
from autograder.cli.show import progress_bar, say
from autograder.course.course import find_course
from autograder.errors import UsageError
from autograder.feedback.claims_page import claims_figure, claims_page

__all__ = ["claims"]


def claims(
    out: Annotated[Path, typer.Option(help="The folder for claims.html and claims.svg.")],
    dataset: Annotated[str, typer.Option(help="mnist to insist on it, digits, or auto.")] = "auto",
    seeds: Annotated[int, typer.Option(min=2, max=100, help="Training runs for each side of a claim.")] = 3,
    course: Annotated[Path | None, typer.Option(help="The course's folder, if not this one.")] = None,
) -> None:
    """Train with the references and write a page of plots and figures: does the lecture's advice help?"""
    root = find_course(course)
    found = load_claims(root)
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
        say(f"{one.claim.title}: {figures}. Holds for {one.holds} of {seeds} seeds.")
    (out / "claims.svg").write_text(claims_figure(measured), encoding="utf-8")
    (out / "claims.html").write_text(claims_page(root.title, images.name, measured), encoding="utf-8")
    say(f"\nPage  {out / 'claims.html'}")
