"""Arguments for the functions of homework 1, over all that the handout allows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import any_shape, inputs, numbers, optional


def slope(rng):
    """Between 0 and 1, and 0 itself."""
    return float(rng.choice([rng.uniform(0, 1), rng.uniform(0, 1), 0.0]))


def alpha(rng, shape):
    """A number, or one for each entry of the last axis."""
    return float(rng.uniform(-3, 3)) if rng.random() < 0.5 else rng.uniform(-3, 3, size=shape[-1])


@inputs(function="relu")
def relu_inputs(rng):
    return (numbers(rng, any_shape(rng)),)


@inputs(function="relu_backward")
def relu_backward_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), numbers(rng, shape)


@inputs(function="leaky_relu")
def leaky_relu_inputs(rng):
    return numbers(rng, any_shape(rng)), *optional(rng, slope(rng))


@inputs(function="leaky_relu_backward")
def leaky_relu_backward_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), numbers(rng, shape), *optional(rng, slope(rng))


@inputs(function="prelu")
def prelu_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), alpha(rng, shape)


@inputs(function="prelu_backward")
def prelu_backward_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), numbers(rng, shape), alpha(rng, shape)


@inputs(function="silu")
def silu_inputs(rng):
    return (np.clip(rng.choice([1, 1, 10]) * numbers(rng, any_shape(rng)), -1000, 1000),)


@inputs(function="silu_backward")
def silu_backward_inputs(rng):
    (x,) = silu_inputs(rng)
    return x, numbers(rng, x.shape)


@inputs(function="smooth_relu")
def smooth_relu_inputs(rng):
    return numbers(rng, any_shape(rng)), float(10 ** rng.uniform(-1, 2))


@inputs(function="smooth_relu_backward")
def smooth_relu_backward_inputs(rng):
    shape = any_shape(rng)
    return numbers(rng, shape), numbers(rng, shape), float(10 ** rng.uniform(-1, 2))


@inputs(function="layer_gradient_norms")
def layer_gradient_norms_inputs(rng):
    sizes = [int(n) for n in rng.integers(1, 7, size=rng.integers(2, 6))]
    weights = [rng.normal(scale=np.sqrt(2 / rows), size=(rows, columns)) for rows, columns in pairwise(sizes)]
    count = int(rng.integers(1, 6))
    activation = str(rng.choice(["sigmoid", "relu"]))
    return numbers(rng, (count, sizes[0])), numbers(rng, (count, sizes[-1])), weights, activation
