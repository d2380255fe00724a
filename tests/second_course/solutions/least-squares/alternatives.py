"""Right answers to linear regression in other styles; each keeps full marks."""

import numpy as np

from autograder.checks import alternative


@alternative(function="predict")
def with_a_column_of_ones(x, weights):
    return np.column_stack([np.ones(len(x)), x]) @ weights


@alternative(function="predict")
def point_by_point(x, weights):
    return [weights[0] + sum(w * value for w, value in zip(weights[1:], row, strict=True)) for row in x]


@alternative(function="fit")
def by_the_normal_equations(x, y):
    columns = np.column_stack([np.ones(len(x)), x])
    return np.linalg.solve(columns.T @ columns, columns.T @ y)


@alternative(function="fit")
def by_the_pseudo_inverse(x, y):
    return np.linalg.pinv(np.column_stack([np.ones(len(x)), x])) @ y


@alternative(function="fit")
def from_centred_data(x, y):
    middle = x.mean(axis=0)
    slopes = np.linalg.lstsq(x - middle, y - y.mean(), rcond=None)[0]
    return np.concatenate([[y.mean() - middle @ slopes], slopes])


@alternative(function="mean_squared_error")
def as_a_dot_product(y, predicted):
    errors = predicted - y
    return errors @ errors / len(y)


@alternative(function="r_squared")
def by_variances(y, predicted):
    return 1 - np.mean((y - predicted) ** 2) / np.var(y)
