"""Arguments for the functions of homework 3, over all that the handout allows."""

from __future__ import annotations

import numpy as np

from autograder.checks import any_shape, inputs, numbers, optional


def examples(rng):
    """A few examples with their labels, of one or two axes."""
    count = int(rng.integers(1, 30))
    return rng.normal(size=(count, *any_shape(rng, 2))), rng.integers(10, size=count)


def polynomial(rng, shape):
    """A loss of degree 3 whose entries depend on one another."""
    weights = rng.normal(size=shape)

    def loss(theta):
        total = np.sum(weights * theta)
        return float(total**2 + np.sum(theta**3) + total)

    return loss


@inputs(function="numerical_gradient")
def numerical_gradient_inputs(rng):
    shape = any_shape(rng)
    delta = float(rng.choice([1e-5, 1e-3, 0.1, 0.5]))
    return polynomial(rng, shape), rng.uniform(0.2, 2, size=shape), *optional(rng, delta)


@inputs(function="minibatches")
def minibatches_inputs(rng):
    return *examples(rng), int(rng.integers(1, 12)), int(rng.integers(0, 1000))


@inputs(function="sgd_update")
def sgd_update_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), numbers(rng, shape), float(10 ** rng.uniform(-3, 1))


@inputs(function="inverse_sqrt_decay")
def inverse_sqrt_decay_inputs(rng):
    return float(10 ** rng.uniform(-3, 1)), int(10 ** rng.uniform(0, 4)) - 1


@inputs(function="step_decay")
def step_decay_inputs(rng):
    rest = float(rng.choice([rng.uniform(0.05, 1), 0.1, 0.5, 1.0])), int(rng.integers(1, 30))
    return float(10 ** rng.uniform(-3, 1)), int(rng.integers(0, 200)), *optional(rng, *rest)


@inputs(function="train_epoch")
def train_epoch_inputs(rng):
    x, y = examples(rng)
    theta, target = numbers(rng, x.shape[1:]), rng.normal(size=x.shape[1:])

    def gradient(theta, x_batch, y_batch):
        return theta - target + 0.3 * np.mean(x_batch, axis=0) + 0.01 * np.mean(y_batch)

    rest = int(rng.integers(1, 12)), float(10 ** rng.uniform(-2, 0)), int(rng.integers(0, 1000))
    return theta, x, y, *rest, gradient
