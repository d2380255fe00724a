"""Linear regression by least squares, with an intercept as the first weight."""

import numpy as np


def predict(x, weights):
    """The prediction of a linear model.

    x: (N, D); weights: (D + 1,), the intercept first. Returns (N,).
    """
    return weights[0] + x @ weights[1:]


def fit(x, y):
    """The weights with the least sum of squared errors.

    x: (N, D) with independent columns, y: (N,). Returns (D + 1,), the intercept first.
    """
    columns = np.column_stack([np.ones(len(x)), x])
    return np.linalg.lstsq(columns, y, rcond=None)[0]


def mean_squared_error(y, predicted):
    """The mean of the squared errors: a float, in the square of y's unit."""
    return float(np.mean((y - predicted) ** 2))


def r_squared(y, predicted):
    """The share of y's variance that the prediction explains: a float, at most 1."""
    return float(1 - np.sum((y - predicted) ** 2) / np.sum((y - np.mean(y)) ** 2))
