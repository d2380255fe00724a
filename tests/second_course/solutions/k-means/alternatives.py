"""Right answers to k-means in other styles; each keeps full marks."""

import random

import numpy as np
from reference import labels_of, means_of

from autograder.checks import alternative


@alternative(function="first_centers")
def with_choice(x, k, seed):
    return np.random.default_rng(seed).choice(x, size=k, replace=False)


@alternative(function="first_centers")
def with_the_random_module(x, k, seed):
    return np.array([x[i] for i in random.Random(seed).sample(range(len(x)), k)])


@alternative(function="nearest")
def point_by_point(x, centers):
    return [int(np.argmin([np.linalg.norm(point - center) for center in centers])) for point in x]


@alternative(function="nearest")
def by_scalar_products(x, centers):
    return np.argmin(np.sum(centers**2, axis=1) - 2 * x @ centers.T, axis=1)


@alternative(function="move_centers")
def with_a_list(x, labels, centers):
    return np.array([x[labels == k].mean(axis=0) if k in labels else centers[k] for k in range(len(centers))])


@alternative(function="inertia")
def with_a_loop(x, centers):
    return sum(min(((point - center) ** 2).sum() for center in centers) for point in x)


@alternative(function="k_means")
def until_the_steps_are_done(x, centers, steps):
    labels = labels_of(x, centers)
    while steps:
        centers, steps = means_of(x, labels, centers), steps - 1
        labels = labels_of(x, centers)
    return [centers, labels]
