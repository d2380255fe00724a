"""Hidden checks of linear regression: 45 % of a task for doing its job, the rest for being right."""

import numpy as np

from autograder.checks import (
    assert_plausible,
    assert_same,
    check,
    require_float64_and_unmodified,
)


def data(rng, count=20, features=3):
    """Points (count, features) and noisy values of a linear model with an intercept."""
    x = rng.normal(size=(count, features)) * np.arange(1, features + 1) + 1.5
    return x, 4.0 + x @ rng.normal(size=features) + rng.normal(scale=0.5, size=count)


def prediction(rng):
    """Values and a prediction that is somewhat off."""
    y = rng.normal(loc=5, scale=2, size=12)
    return y, y + rng.normal(scale=rng.uniform(0.2, 1.5), size=12) + 0.3


@check(task="predict", points=0.9)
def predict_does_its_job(student, reference, rng):
    """predict depends on x and the weights, and goes with the right prediction."""
    calls = [
        (rng.uniform(0.5, 1.5, size=(6, 3)) * np.arange(1, 7)[:, None] ** 2, rng.uniform(0.5, 2, size=4))
        for _ in range(8)
    ]
    assert_plausible(student.predict, reference.predict, *calls, uses=(0, 1))


@check(task="predict", points=1.1)
def predict_values(student, reference, rng):
    """predict is right for one and for several features, in float64; its arguments stay as they were."""
    for features in (1, 2, 5):
        x, weights = rng.normal(size=(7, features)), rng.normal(size=features + 1)
        assert_same(student.predict, reference.predict, x, weights, pure=True)


@check(task="fit", points=1.8)
def fit_does_its_job(student, reference, rng):
    """fit depends on x and y, and goes with the right weights."""
    calls = []
    for scale in np.geomspace(0.1, 100, 12):
        x = rng.normal(size=(20, 3)) + 1.5
        y = scale * (1.0 + x @ rng.uniform(0.8, 1.2, size=3) + rng.normal(scale=0.1, size=20))
        calls.append((x, y))
    assert_plausible(student.fit, reference.fit, *calls, uses=(0, 1))


@check(task="fit", points=2.2)
def fit_values(student, reference, rng):
    """fit finds the weights with the least squared error, the intercept first."""
    for features in (1, 3, 4):
        x, y = data(rng, 15 + features, features)
        for scale in (1.0, 50.0):
            assert_same(student.fit, reference.fit, x, scale * y, rtol=1e-8, atol=1e-9, pure=True)


@check(task="mean_squared_error", points=0.9)
def mean_squared_error_does_its_job(student, reference, rng):
    """mean_squared_error is large where the prediction is far off."""
    calls = [prediction(rng) for _ in range(30)]
    assert_plausible(student.mean_squared_error, reference.mean_squared_error, *calls, uses=(0, 1))


@check(task="mean_squared_error", points=1.1)
def mean_squared_error_values(student, reference, rng):
    """mean_squared_error is the mean of the squares, a number, for any count of points."""
    for count in (1, 5, 12):
        y, predicted = rng.normal(scale=count, size=count), rng.normal(size=count)
        assert_same(student.mean_squared_error, reference.mean_squared_error, y, predicted)
        require_float64_and_unmodified(student.mean_squared_error, (y, predicted))


@check(task="r_squared", points=0.9)
def r_squared_does_its_job(student, reference, rng):
    """r_squared tells good predictions from bad ones."""
    calls = [prediction(rng) for _ in range(30)]
    assert_plausible(student.r_squared, reference.r_squared, *calls, uses=(0, 1))


@check(task="r_squared", points=1.1)
def r_squared_values(student, reference, rng):
    """r_squared is right for good predictions, and below 0 for those that are worse than the mean."""
    for _ in range(3):
        y, predicted = prediction(rng)
        assert_same(student.r_squared, reference.r_squared, y, predicted)
        require_float64_and_unmodified(student.r_squared, (y, predicted))
    y, _ = prediction(rng)
    assert_same(student.r_squared, reference.r_squared, y, y[::-1].copy())
