"""Measuring the bands of an assignment's convergence checks with its own reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from textwrap import wrap

import numpy as np

from autograder.checks.calibration import Band, CalibrationFile, band_of
from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import hidden_images, is_convergence, training_of
from autograder.checks.datasets.images import Images
from autograder.checks.definition import Check
from autograder.course.assignment import Assignment
from autograder.environment import environment, one_thread
from autograder.grading.backends import ReferenceBackend
from autograder.pages.plots import COLOURS, panels, svg

__all__ = ["calibrate_check", "calibration_plot", "convergence_checks"]


def convergence_checks(assignment: Assignment) -> list[Check]:
    """The checks of an assignment that need a calibration."""
    return [check for check in assignment.hidden_checks if is_convergence(check.body)]


def calibrate_check(
    assignment: Assignment, check: Check, images: Images, seeds: Sequence[int], done: Callable[[], object]
) -> Band:
    """Train once per seed, each time on images hidden in another way; `done` is called after each run."""
    functions = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
    functions.context_.training = True
    loop = training_of(check.body)
    accuracies, cpu = [], []
    with one_thread():
        for seed in seeds:
            rng = np.random.default_rng(seed)
            hidden = hidden_images(images, assignment.hidden_checks, rng)
            started = time.process_time()
            accuracies.append(loop(functions, hidden, rng).accuracy)
            cpu.append(time.process_time() - started)
            done()
    return band_of(accuracies, list(seeds), cpu, environment())


def calibration_plot(calibration: CalibrationFile) -> str:
    """One panel per data set, one row per check: runs as dots, their mean, the threshold as a line."""
    datasets = sorted({dataset for bands in calibration.bands.values() for dataset in bands})
    checks = list(calibration.bands)
    figure, axes = panels(len(datasets), height=0.9 + 0.55 * len(checks), width=5.6)
    for position, (dataset, ax) in enumerate(zip(datasets, axes, strict=True)):
        for row, check in enumerate(checks):
            band = calibration.bands[check].get(dataset)
            if band is None:
                continue
            ax.plot(band.accuracies, [row] * len(band.accuracies), "o", color=COLOURS[0], alpha=0.4, ms=4)
            ax.plot([band.mean], [row], "|", color="black", ms=14)
            ax.plot([band.threshold] * 2, [row - 0.38, row + 0.38], color=COLOURS[1], linewidth=2)
        ax.set_title(f"on {dataset}", fontsize=10)
        ax.set_xlabel("test accuracy; | mean, bar: threshold for full marks")
        ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
        ax.set_ylim(len(checks) - 0.4, -0.6)
        names = ["\n".join(wrap(check.replace("_", " "), 26)) for check in checks]
        ax.set_yticks(range(len(checks)), names if position == 0 else [""] * len(checks), fontsize=8)
    return svg(figure)
