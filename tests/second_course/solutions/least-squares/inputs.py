"""Arguments for the functions of linear regression, over all that the handout allows."""

from autograder.checks import inputs, numbers


@inputs(function="predict")
def predict_inputs(rng):
    count, features = (int(n) for n in rng.integers(1, 6, size=2))
    return numbers(rng, (count, features)), numbers(rng, (features + 1,))


@inputs(function="fit")
def fit_inputs(rng):
    features = int(rng.integers(1, 5))
    count = features + int(rng.integers(3, 20))
    return rng.normal(loc=1.0, size=(count, features)), rng.normal(loc=3.0, size=count)


@inputs(function="mean_squared_error")
def mean_squared_error_inputs(rng):
    count = int(rng.integers(1, 20))
    return numbers(rng, (count,)), numbers(rng, (count,))


@inputs(function="r_squared")
def r_squared_inputs(rng):
    count = int(rng.integers(3, 20))
    return rng.normal(loc=2.0, size=count), rng.normal(loc=2.0, size=count)
