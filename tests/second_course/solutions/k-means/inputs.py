"""Arguments for the functions of k-means, over all that the handout allows."""

import numpy as np

from autograder.checks import inputs


def points(rng):
    """Some points (N, D) and centers (K, D)."""
    count, k, features = int(rng.integers(1, 25)), int(rng.integers(1, 5)), int(rng.integers(1, 4))
    return rng.normal(scale=5, size=(count, features)), rng.normal(scale=5, size=(k, features))


@inputs(function="first_centers")
def first_centers_inputs(rng):
    x, _ = points(rng)
    return x, int(rng.integers(1, len(x) + 1)), int(rng.integers(0, 1000))


@inputs(function="nearest")
def nearest_inputs(rng):
    return points(rng)


@inputs(function="move_centers")
def move_centers_inputs(rng):
    x, centers = points(rng)
    return x, rng.integers(len(centers), size=len(x)).astype(np.int64), centers


@inputs(function="inertia")
def inertia_inputs(rng):
    return points(rng)


@inputs(function="k_means")
def k_means_inputs(rng):
    return *points(rng), int(rng.integers(1, 6))
