"""Right answers to homework 3 in other styles; each keeps full marks."""

from __future__ import annotations

import math
import random
import warnings

import numpy as np

from autograder.checks import alternative

# --- Gradients by differences -------------------------------------------------------------------


@alternative(function="numerical_gradient")
def moved_and_put_back(loss, theta, delta=1e-5):
    gradient = np.empty(theta.shape)
    for i in np.ndindex(theta.shape):
        before = theta[i]
        theta[i] = before + delta
        above = loss(theta)
        theta[i] = before - delta
        below = loss(theta)
        theta[i] = before  # exactly as it was
        gradient[i] = (above - below) / (2 * delta)
    return gradient


@alternative(function="numerical_gradient")
def by_flat_index(loss, theta, delta=1e-5):
    gradient = []
    for i in range(theta.size):
        step = np.zeros(theta.size)
        step[i] = delta
        step = step.reshape(theta.shape)
        gradient.append((loss(theta + step) - loss(theta - step)) / (2 * delta))
    return np.array(gradient).reshape(theta.shape)


@alternative(function="numerical_gradient")
def with_nditer(loss, theta, delta=1e-5):
    theta = np.array(theta, dtype=float)
    gradient, entries = np.zeros_like(theta), np.nditer(theta, flags=["multi_index"])
    for _ in entries:
        i = entries.multi_index
        keep = theta[i]
        theta[i] = keep - delta
        low = loss(theta)
        theta[i] = keep + delta
        gradient[i] = 0.5 * (loss(theta) - low) / delta
        theta[i] = keep
    return gradient


@alternative(function="numerical_gradient")
def with_a_named_argument(loss, theta, delta=1e-5):
    gradient = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = delta
        gradient[i] = (loss(theta=theta + step) - loss(theta=theta - step)) / (2 * delta)
    return gradient


# --- Mini-batches -------------------------------------------------------------------------------


@alternative(function="minibatches")
def a_list_of_tuples(x, y, batch_size, seed):
    order = np.random.RandomState(seed).permutation(len(x))
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


@alternative(function="minibatches")
def a_tuple_of_lists(x, y, batch_size, seed):
    np.random.seed(seed)
    order = np.arange(len(x))
    np.random.shuffle(order)
    count = math.ceil(len(x) / batch_size)
    return tuple(
        [x[order[k * batch_size : (k + 1) * batch_size]], y[order[k * batch_size : (k + 1) * batch_size]]]
        for k in range(count)
    )


@alternative(function="minibatches")
def with_the_random_module(x, y, batch_size, seed):
    rows = list(range(len(x)))
    random.Random(seed).shuffle(rows)
    while rows:
        batch, rows = rows[:batch_size], rows[batch_size:]
        yield x[batch], y[batch]


@alternative(function="minibatches")
def shuffled_copies(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(x.shape[0])
    x, y = x[order], y[order]
    edges = np.arange(batch_size, len(x), batch_size)
    return zip(np.split(x, edges), np.split(y, edges), strict=True)


@alternative(function="minibatches")
def one_example_after_another(x, y, batch_size, seed):
    print("a new epoch")
    rows, labels = [], []
    for n in np.random.default_rng(seed).permutation(len(x)):
        rows.append(x[n])
        labels.append(y[n])
        if len(rows) == batch_size:
            yield np.array(rows), np.array(labels)
            rows, labels = [], []
    if rows:
        yield np.array(rows), labels


# --- Updates and schedules ----------------------------------------------------------------------


@alternative(function="sgd_update")
def entry_by_entry(theta, grad, lr):
    result = np.empty_like(theta)
    for i in np.ndindex(theta.shape):
        result[i] = theta[i] - lr * grad[i]
    return result


@alternative(function="sgd_update")
def on_a_copy(theta, grad, lr):
    theta = theta.copy()
    theta -= np.multiply(lr, grad)
    return theta


@alternative(function="inverse_sqrt_decay")
def as_a_power(lr, t):
    return lr * (1 + t) ** -0.5


@alternative(function="inverse_sqrt_decay")
def as_an_array(lr, t):
    return np.array(lr) / math.sqrt(t + 1)


@alternative(function="step_decay")
def drop_by_drop(lr, epoch, factor=0.5, every=10):
    for _ in range(int(np.floor(epoch / every))):
        lr *= factor
    return lr


@alternative(function="step_decay")
def with_logarithms(lr, epoch, factor=0.5, every=10):
    return np.exp(np.log(lr) + (epoch - epoch % every) / every * np.log(factor))


# --- One epoch ----------------------------------------------------------------------------------


@alternative(function="train_epoch")
def with_its_own_order(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.RandomState(seed).permutation(len(y))
    for start in range(0, len(y), batch_size):
        batch = order[start : start + batch_size]
        theta = theta - lr * np.asarray(gradient(theta, x[batch], y[batch]))
    return theta


@alternative(function="train_epoch")
def while_examples_are_left(theta, x, y, batch_size, lr, seed, gradient):
    warnings.warn("one more epoch", stacklevel=1)
    rng = random.Random(seed)
    left, new = list(range(len(x))), theta.copy()
    rng.shuffle(left)
    while left:
        batch, left = left[:batch_size], left[batch_size:]
        new -= lr * gradient(new, x[batch], y[batch])  # on a copy
    return new


@alternative(function="train_epoch")
def with_named_arguments(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x_batch=x[rows], y_batch=y[rows])
    return theta
