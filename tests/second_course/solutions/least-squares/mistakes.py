"""Known mistakes of linear regression, each with the sentence a teaching assistant would say."""

import numpy as np

from autograder.checks import mistake


@mistake(
    function="predict",
    severity="slip",
    feedback="The intercept is left out: add weights[0] to every prediction.",
)
def intercept_left_out(x, weights):
    return x @ weights[1:]


@mistake(
    function="predict",
    severity="slip",
    feedback="The intercept is taken from the end. It is the first weight; the others are for x.",
)
def intercept_last(x, weights):
    return x @ weights[:-1] + weights[-1]


@mistake(
    function="fit",
    severity="slip",
    feedback="The weights are in another order: the intercept is the first of them, not the last.",
)
def intercept_at_the_end(x, y):
    columns = np.column_stack([x, np.ones(len(x))])
    return np.linalg.lstsq(columns, y, rcond=None)[0]


@mistake(
    function="fit",
    severity="slip",
    feedback="The line is forced through the origin: give x a column of ones before you solve.",
)
def through_the_origin(x, y):
    return np.concatenate([[0.0], np.linalg.lstsq(x, y, rcond=None)[0]])


@mistake(
    function="mean_squared_error",
    severity="slip",
    feedback="These are the sum of the squares, not their mean: divide by the count of points.",
)
def sum_of_squares(y, predicted):
    return float(np.sum((y - predicted) ** 2))


@mistake(
    function="mean_squared_error",
    severity="slip",
    feedback="This is the root of the mean squared error, in y's own unit. The root is not asked for here.",
)
def with_the_root(y, predicted):
    return float(np.sqrt(np.mean((y - predicted) ** 2)))


@mistake(
    function="mean_squared_error",
    severity="slip",
    feedback="This is the mean of the absolute errors: square them, do not take their size.",
)
def absolute_errors(y, predicted):
    return float(np.mean(np.abs(y - predicted)))


@mistake(
    function="r_squared",
    severity="slip",
    feedback="This is the share that is *not* explained: subtract it from 1.",
)
def unexplained_share(y, predicted):
    return float(np.sum((y - predicted) ** 2) / np.sum((y - np.mean(y)) ** 2))


@mistake(
    function="r_squared",
    severity="slip",
    feedback="The squares of y itself stand below: measure y from its mean.",
)
def not_from_the_mean(y, predicted):
    return float(1 - np.sum((y - predicted) ** 2) / np.sum(y**2))
