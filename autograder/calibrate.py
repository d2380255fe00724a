"""Measuring the bands of an assignment's convergence checks with its own reference."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from autograder.backends import ReferenceBackend
from autograder.checks.calibration import Band, band_of
from autograder.checks.calls import Functions
from autograder.checks.convergence_checks import is_convergence, training_of
from autograder.checks.datasets.images import Images
from autograder.checks.definition import Check
from autograder.course.assignment import Assignment
from autograder.environment import environment, one_thread

__all__ = ["calibrate_check", "convergence_checks"]


def convergence_checks(assignment: Assignment) -> list[Check]:
    """The checks of an assignment that need a calibration."""
    return [check for check in assignment.hidden_checks if is_convergence(check.body)]


def calibrate_check(
    assignment: Assignment, check: Check, images: Images, seeds: Sequence[int], done: Callable[[], object]
) -> Band:
    """Train once for each seed, each time with the pixels in another order; `done` is called after each."""
    pieces = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
    pieces.training_ = True
    loop = training_of(check.body)
    accuracies, cpu = [], []
    with one_thread():
        for seed in seeds:
            rng = np.random.default_rng(seed)
            shuffled = images.permuted(rng)
            started = time.process_time()
            accuracies.append(loop(pieces, shuffled, rng).accuracy)
            cpu.append(time.process_time() - started)
            done()
    return band_of(accuracies, list(seeds), cpu, environment())
