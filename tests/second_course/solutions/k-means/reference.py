"""k-means by Lloyd's algorithm (Lloyd, "Least squares quantization in PCM", 1982).

Both halves of a step are helpers, so that a mistake in a student's `nearest` costs their `k_means` nothing.
"""

import numpy as np


def squared_distances(x, centers):
    """Squared distance of every point to every center: (N, K)."""
    return ((x[:, None, :] - centers[None, :, :]) ** 2).sum(axis=2)


def labels_of(x, centers):
    """The number of each point's nearest center: (N,)."""
    return squared_distances(x, centers).argmin(axis=1)


def means_of(x, labels, centers):
    """The mean of each cluster's points, or its center where it has none: (K, D)."""
    moved = centers.copy()
    for k in range(len(centers)):
        if np.any(labels == k):
            moved[k] = x[labels == k].mean(axis=0)
    return moved


def first_centers(x, k, seed):
    """k different points of the data to start from, in an order that the seed decides.

    x: (N, D), 1 <= k <= N. Returns (k, D); the same for the same seed.
    """
    return x[np.random.default_rng(seed).permutation(len(x))[:k]]


def nearest(x, centers):
    """The number of each point's nearest center, counted from 0.

    x: (N, D), centers: (K, D). Returns integers (N,).
    """
    return labels_of(x, centers)


def move_centers(x, labels, centers):
    """Each center at the mean of its points; one without points stays where it is.

    x: (N, D), labels: (N,), centers: (K, D). Returns (K, D), a new array.
    """
    return means_of(x, labels, centers)


def inertia(x, centers):
    """The sum of the squared distances of all points to their nearest center: a float."""
    return float(squared_distances(x, centers).min(axis=1).sum())


def k_means(x, centers, steps):
    """As many steps of Lloyd's algorithm: label the points, move the centers.

    x: (N, D), centers: (K, D), steps: an int from 1. Returns (centers, labels): the labels
    belong to the centers that are returned.
    """
    for _ in range(steps):
        centers = means_of(x, labels_of(x, centers), centers)
    return centers, labels_of(x, centers)
