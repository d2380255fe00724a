"""Arguments for the functions of homework 2, over all that the handout allows."""

from __future__ import annotations

import numpy as np

from autograder.checks import inputs


def logits(rng):
    """A batch of logits: of order 1 to 1000, of rows of different size, or around 10000."""
    shape = int(rng.integers(1, 9)), int(rng.integers(2, 7))
    drawn = rng.normal(scale=rng.choice([0.5, 2.0, 2.0, 20.0, 1000.0]), size=shape)
    if rng.random() < 0.3:
        drawn += rng.choice([0.0, 500.0, -500.0, 1e4, -1e4], size=(shape[0], 1))
    return drawn


def labels(rng, shape):
    """A label for each row."""
    return rng.integers(shape[1], size=shape[0])


def logits_and_labels(rng):
    drawn = logits(rng)
    return drawn, labels(rng, drawn.shape)


@inputs(function="softmax")
def softmax_inputs(rng):
    return (logits(rng),)


@inputs(function="cross_entropy")
def cross_entropy_inputs(rng):
    """Probabilities of 0.01 and more, or a few that are 0, or a batch of a thousand."""
    count, classes = int(rng.choice([1, 4, 7, 1000])), int(rng.integers(2, 7))
    probs = rng.uniform(0.1, 1.0, size=(count, classes))
    if rng.random() < 0.3:
        probs[np.arange(count), rng.integers(classes, size=count)] *= rng.random(count) < 0.5
    probs[probs.sum(axis=1) == 0] = 1.0
    probs /= probs.sum(axis=1, keepdims=True)
    return probs, labels(rng, probs.shape)


@inputs(function="softmax_cross_entropy")
def softmax_cross_entropy_inputs(rng):
    return logits_and_labels(rng)


@inputs(function="softmax_cross_entropy_backward")
def softmax_cross_entropy_backward_inputs(rng):
    return logits_and_labels(rng)


@inputs(function="softmax_squared_error")
def softmax_squared_error_inputs(rng):
    return logits_and_labels(rng)


@inputs(function="softmax_squared_error_backward")
def softmax_squared_error_backward_inputs(rng):
    return logits_and_labels(rng)
