"""Arguments for the functions of homework 4, over all that the handout allows."""

from __future__ import annotations

import numpy as np

from autograder.checks import any_shape, inputs, numbers, optional


def gradients(rng, shape):
    """Exactly 0, or at least 0.1 in size."""
    drawn = numbers(rng, shape, zeros=0.1)
    return np.where(drawn == 0, 0.0, np.sign(drawn) * np.maximum(np.abs(drawn), 0.1))


def sums(rng, shape):
    """What squares add up to: 0 here and there."""
    return np.abs(gradients(rng, shape)) ** 2


def rate(rng):
    return float(10 ** rng.uniform(-3, 0.5))


def share(rng):
    """A mu, decay or beta."""
    return float(rng.choice([rng.uniform(0, 1), 0.9, 0.5, 0.99]))


@inputs(function="adagrad_update")
def adagrad_inputs(rng):
    shape = any_shape(rng)
    eps = float(rng.choice([1e-8, 1e-6, 1e-10]))
    return numbers(rng, shape), gradients(rng, shape), sums(rng, shape), rate(rng), *optional(rng, eps)


@inputs(function="momentum_update")
def momentum_inputs(rng):
    shape = any_shape(rng)
    return *(numbers(rng, shape) for _ in range(3)), rate(rng), *optional(rng, share(rng))


@inputs(function="nesterov_update")
def nesterov_inputs(rng):
    return momentum_inputs(rng)


@inputs(function="rmsprop_update")
def rmsprop_inputs(rng):
    shape = any_shape(rng)
    rest = share(rng), float(rng.choice([1e-8, 1e-6, 1e-10]))
    return numbers(rng, shape), gradients(rng, shape), sums(rng, shape), rate(rng), *optional(rng, *rest)


@inputs(function="adam_update")
def adam_inputs(rng):
    shape, t = any_shape(rng), int(rng.choice([1, 2, 3, 10, 1000]))
    rest = 0.99 * share(rng), 0.99 * share(rng), float(rng.choice([1e-8, 1e-6, 1e-10]))
    mean_sq = sums(rng, shape)
    mean = np.where(mean_sq == 0, 0.0, gradients(rng, shape))  # where all gradients were 0, both means are
    return numbers(rng, shape), gradients(rng, shape), mean, mean_sq, t, rate(rng), *optional(rng, *rest)


@inputs(function="tune_sgd")
def tune_sgd_inputs(rng):
    """A bowl of two curvatures."""
    curvature = 10 ** rng.uniform(-1, 1) * np.array([1.0, 4.0])
    return (
        lambda theta: float(np.sum(curvature * theta**2)),
        lambda theta: 2 * curvature * theta,
        rng.normal(size=2),
        int(rng.integers(2, 12)),
    )


@inputs(function="adagrad_stall")
def adagrad_stall_inputs(rng):
    return ()
