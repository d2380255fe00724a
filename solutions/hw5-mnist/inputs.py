"""Arguments for the functions of homework 5, over all that the handout allows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import inputs


def network(rng, classes=None, size=1.0):
    """Params of one to four layers, of all sizes different."""
    sizes = [
        *rng.permutation(np.arange(2, 30))[: rng.integers(1, 5)].tolist(),
        classes or int(rng.integers(2, 11)),
    ]
    return [
        (
            rng.normal(scale=size * np.sqrt(2 / rows), size=(rows, columns)),
            rng.normal(scale=0.3, size=columns),
        )
        for rows, columns in pairwise(sizes)
    ]


def images(rng, params):
    return rng.choice([0.3, 1.0, 1.0, 30.0]) * rng.normal(size=(int(rng.integers(1, 9)), len(params[0][0])))


@inputs(function="init_params")
def init_params_inputs(rng):
    sizes = tuple(int(n) for n in rng.integers(2, 60, size=rng.integers(2, 6)))
    return list(sizes) if rng.random() < 0.3 else sizes, int(rng.integers(1000))


@inputs(function="forward")
def forward_inputs(rng):
    params = network(rng, size=rng.choice([0.3, 1.0, 3.0]))
    return params, images(rng, params)


@inputs(function="loss_and_gradients")
def loss_and_gradients_inputs(rng):
    params, x = forward_inputs(rng)
    return params, x, rng.integers(len(params[-1][1]), size=len(x))


@inputs(function="train")
def train_inputs(rng):
    """Few images: a thousand calls are made."""
    count = int(rng.integers(20, 120))
    return (
        rng.random(size=(count, int(rng.integers(5, 12)))),
        rng.integers(10, size=count),
        int(rng.integers(1000)),
    )


@inputs(function="predict")
def predict_inputs(rng):
    return forward_inputs(rng)
