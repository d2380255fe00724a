"""What a training loop costs whose pieces are the student's: 100 updates, 800 calls.

Run by `make bench`. The loop is written as an author would write it, one call after another: four parameter
arrays, each with its velocity, on 10,000 of MNIST's images. Beside it stands the same loop with the same
functions called plainly in one warm process. See `marginal` for what is measured.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from marginal import assignment_of, grade_many, print_ratios

from autograder.checks.calibration import Band, CalibrationFile
from autograder.checks.convergence_checks import Training, convergence, training_of
from autograder.checks.datasets.images import Images
from autograder.checks.datasets.loading import load_images
from autograder.checks.definition import Materials, collect
from autograder.checks.networks import accuracy, shuffled_batches
from autograder.course.assignment import Assignment
from autograder.environment import one_core, one_thread
from autograder.sandbox.shared import shared

FUNCTIONS = (
    "relu",
    "relu_backward",
    "softmax_cross_entropy",
    "softmax_cross_entropy_backward",
    "momentum_update",
)
IMAGES, BATCH, HIDDEN = 10_000, 100, 64


@convergence(task="task", points=1)
def a_network_learns(functions: Any, images: Images, rng: np.random.Generator) -> Training:
    """A network with one hidden layer learns to read digits, all of its pieces the student's."""
    inputs = images.train_pixels.shape[1]
    W1, b1 = rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, HIDDEN)), np.zeros(HIDDEN)
    W2, b2 = rng.normal(scale=np.sqrt(2 / HIDDEN), size=(HIDDEN, 10)), np.zeros(10)
    vW1, vb1, vW2, vb2 = (np.zeros_like(array) for array in (W1, b1, W2, b2))
    losses = []
    for x, y in shuffled_batches(rng, images, BATCH, len(images.train_y) // BATCH):
        before = x @ W1 + b1
        hidden = functions.relu(before)
        logits = hidden @ W2 + b2
        losses.append(functions.softmax_cross_entropy(logits, y))
        grad_logits = functions.softmax_cross_entropy_backward(logits, y)
        grad_before = functions.relu_backward(before, grad_logits @ W2.T)
        W1, vW1 = functions.momentum_update(W1, x.T @ grad_before, vW1, 0.1)
        b1, vb1 = functions.momentum_update(b1, grad_before.sum(axis=0), vb1, 0.1)
        W2, vW2 = functions.momentum_update(W2, hidden.T @ grad_logits, vW2, 0.1)
        b2, vb2 = functions.momentum_update(b2, grad_logits.sum(axis=0), vb2, 0.1)
    return Training(accuracy(lambda x: np.maximum(x @ W1 + b1, 0) @ W2 + b2, images), losses)


def fewer(images: Images) -> Images:
    """The first 10,000 training images, and all of the test images."""
    return replace(images, train_pixels=images.train_pixels[:IMAGES], train_y=images.train_y[:IMAGES])


def workload(images: Images) -> tuple[Assignment, Materials, str]:
    """An assignment with the one check, what it trains on, and a right submission's cell."""
    assignment, cell = assignment_of("Training", FUNCTIONS, collect(sys.modules[__name__]))
    band = Band(mean=0.8, sd=0, accuracies=[0.8] * 20, seeds=[0] * 20, cpu_seconds=0, environment={})
    calibration = CalibrationFile(bands={"a_network_learns": {images.name: band}})
    return assignment, Materials(replace(images, scale_all=shared), calibration), cell


def main() -> None:
    """Print the figures; `graded COUNT` and `bare COUNT` do the work of one side."""
    if len(sys.argv) == 1:
        print_ratios(__file__, "training loop, 800 calls", 1.5)
        return
    side, count = sys.argv[1], int(sys.argv[2])
    assignment, materials, cell = workload(fewer(load_images("auto")))
    with one_core(0):  # as `grade` does for each of its processes
        if side == "bare":
            body, functions = (
                training_of(assignment.hidden_checks[0].body),
                SimpleNamespace(**assignment.reference),
            )
            one_thread()
            for _ in range(count):
                body(functions, materials.images, np.random.default_rng([15, 0]))
            return
        grade_many(assignment, cell, count, materials)


if __name__ == "__main__":
    main()
