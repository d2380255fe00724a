"""Public checks of linear regression: numbers that can be worked out by hand."""

import numpy as np

from autograder.checks import assert_close, check


@check(task="predict")
def predict_follows_a_line(student):
    """With weights [1, 2] the prediction at x is 1 + 2x."""
    x, weights = np.array([[0.0], [1.0], [3.0]]), np.array([1.0, 2.0])
    assert_close(student.predict(x, weights), np.array([1.0, 3.0, 7.0]), call="predict(x, [1, 2])")


@check(task="fit")
def fit_finds_a_line(student):
    """Three points on the line 2 - x have the weights [2, -1]."""
    x, y = np.array([[0.0], [1.0], [2.0]]), np.array([2.0, 1.0, 0.0])
    assert_close(student.fit(x, y), np.array([2.0, -1.0]), call="fit of three points", rtol=1e-6, atol=1e-9)


@check(task="mean_squared_error")
def mean_squared_error_of_three(student):
    """Errors of 1, 2 and 2 have the mean square 3."""
    y, predicted = np.array([1.0, 4.0, 5.0]), np.array([2.0, 2.0, 7.0])
    assert_close(student.mean_squared_error(y, predicted), 3.0, call="mean_squared_error(y, predicted)")


@check(task="r_squared")
def r_squared_of_the_mean(student):
    """Predicting the mean explains nothing; a perfect prediction explains all."""
    y = np.array([1.0, 2.0, 6.0])
    assert_close(student.r_squared(y, np.full(3, 3.0)), 0.0, call="r_squared(y, the mean)")
    assert_close(student.r_squared(y, y.copy()), 1.0, call="r_squared(y, y)")
