"""Public checks of homework 3: numbers that are worked out by hand. They carry no points."""

from __future__ import annotations

import numpy as np

from autograder.checks import assert_close, assert_no_mutation, check, require, to_array

# --- Gradients by differences -------------------------------------------------------------------


@check(task="numerical_gradient")
def numerical_gradient_of_a_square(student):
    """The gradient of theta_1^2 + 3 theta_2 at (2, 5) is (4, 3)."""

    def loss(theta):
        return float(theta[0] ** 2 + 3 * theta[1])

    got = student.numerical_gradient(loss, np.array([2.0, 5.0]), 1e-5)
    assert_close(got, np.array([4.0, 3.0]), rtol=1e-6, call="numerical_gradient(loss, [2, 5])")


@check(task="numerical_gradient")
def numerical_gradient_of_a_product(student):
    """The gradient of the product of all entries of [[1, 2], [3, 4]] is [[24, 12], [8, 6]]."""

    def loss(theta):
        return float(np.prod(theta))

    got = student.numerical_gradient(loss, np.array([[1.0, 2.0], [3.0, 4.0]]), 1e-5)
    assert_close(got, np.array([[24.0, 12.0], [8.0, 6.0]]), rtol=1e-6, call="numerical_gradient(loss, theta)")


@check(task="numerical_gradient")
def numerical_gradient_with_a_large_delta(student):
    """With delta = 1 the central difference of theta^3 at 2 is (27 - 1) / 2 = 13."""

    def loss(theta):
        return float(theta[0] ** 3)

    got = student.numerical_gradient(loss, np.array([2.0]), 1.0)
    assert_close(got, np.array([13.0]), call="numerical_gradient(loss, [2], 1)")


# --- Mini-batches -------------------------------------------------------------------------------


def epoch_of(student, count, batch_size, seed):
    """The batches of one epoch over examples that carry their number, as pairs of arrays."""
    x, y = np.arange(float(count))[:, None], 10 * np.arange(count)
    result = assert_no_mutation(student.minibatches, x, y, batch_size, seed)
    require(
        isinstance(result, (list, tuple))
        and all(isinstance(b, (list, tuple)) and len(b) == 2 for b in result),
        "minibatches should give one pair (x_batch, y_batch) after another.",
    )
    batches = [(to_array(x_batch), to_array(y_batch)) for x_batch, y_batch in result]
    for x_batch, y_batch in batches:
        require(
            x_batch is not None and y_batch is not None and x_batch.shape[1:] == (1,) and y_batch.ndim == 1,
            "A batch should be a pair of arrays: rows of x, and their entries of y.",
        )
        require(
            np.isin(x_batch, x).all(), f"x_batch holds {x_batch.ravel()}; the examples are the rows of x."
        )
    rows = {row for x_batch, _ in batches for row in x_batch[:, 0].tolist()}
    require(len(rows) > 1, f"All rows of all batches are {rows or 'missing'}.")
    return batches


@check(task="minibatches")
def minibatches_of_ten_examples(student):
    """Ten examples in batches of 4 make batches of 4, 4 and 2; twelve make three batches of 4."""
    for count, right in ((10, [4, 4, 2]), (12, [4, 4, 4])):
        sizes = [len(x) for x, _ in epoch_of(student, count, 4, 1)]
        require(sizes == right, f"{count} examples make batches of {sizes}; {right} is right.")


@check(task="minibatches")
def minibatches_use_all_examples(student):
    """Every example comes up once, with its own label."""
    batches = epoch_of(student, 10, 4, 1)
    seen = sorted(int(n) for x, _ in batches for n in x[:, 0])
    require(seen == list(range(10)), f"The examples that come up are {seen}.")
    require(all(np.array_equal(10 * x[:, 0], y) for x, y in batches), "Some labels belong to other examples.")


@check(task="minibatches")
def minibatches_follow_the_seed(student):
    """The same seed gives the same order, another seed another one; 0 is a seed like any other."""
    for seed in (3, 0):
        first, again, other = (
            [n for x, _ in epoch_of(student, 30, 5, s) for n in x[:, 0]] for s in (seed, seed, seed + 1)
        )
        require(first == again, f"Two calls with seed {seed} differ.")
        require(first != other, f"Seeds {seed} and {seed + 1} give the same order.")
        require(first != sorted(first), f"With seed {seed} nothing is shuffled.")


@check(task="minibatches")
def minibatches_shuffle_one_by_one(student):
    """Examples are shuffled one by one: neighbours do not stay together in blocks."""
    order = np.array([n for x, _ in epoch_of(student, 60, 6, 2) for n in x[:, 0]])
    together = int(np.sum(np.diff(order) == 1))
    require(together < 20, f"In {together} of 59 places example n is followed by n + 1.")


@check(task="minibatches")
def minibatches_change_nothing_in_place(student):
    """x and y are as they were after the call."""
    epoch_of(student, 6, 4, 1)


# --- One update, and learning rates -------------------------------------------------------------


@check(task="sgd_update")
def sgd_update_by_hand(student):
    """From (1, 2) with gradient (10, -10) and learning rate 0.1 the next theta is (0, 3)."""
    got = student.sgd_update(np.array([1.0, 2.0]), np.array([10.0, -10.0]), 0.1)
    assert_close(got, np.array([0.0, 3.0]), call="sgd_update([1, 2], [10, -10], 0.1)")


@check(task="sgd_update")
def sgd_update_changes_nothing_in_place(student):
    """theta and grad are as they were after the call."""
    got = assert_no_mutation(student.sgd_update, np.ones(3), np.array([0.5, -1.0, 2.0]), 0.1)
    assert_close(got, np.array([0.95, 1.1, 0.8]), call="sgd_update([1, 1, 1], [0.5, -1, 2], 0.1)")


@check(task="inverse_sqrt_decay")
def inverse_sqrt_decay_by_hand(student):
    """From 0.6 the rates of updates 0, 3 and 8 are 0.6, 0.3 and 0.2."""
    for t, right in ((0, 0.6), (3, 0.3), (8, 0.2)):
        assert_close(student.inverse_sqrt_decay(0.6, t), right, call=f"inverse_sqrt_decay(0.6, {t})")


@check(task="step_decay")
def step_decay_by_hand(student):
    """From 0.8 the rates of epochs 0, 9, 10 and 25 are 0.8, 0.8, 0.4 and 0.2."""
    for epoch, right in ((0, 0.8), (9, 0.8), (10, 0.4), (25, 0.2)):
        assert_close(student.step_decay(0.8, epoch), right, call=f"step_decay(0.8, {epoch})")


@check(task="step_decay")
def step_decay_with_another_factor(student):
    """With factor 0.1 every 3 epochs, the rates of epochs 2, 3 and 6 are 0.8, 0.08 and 0.008."""
    for epoch, right in ((2, 0.8), (3, 0.08), (6, 0.008)):
        got = student.step_decay(0.8, epoch, 0.1, 3)
        assert_close(got, right, call=f"step_decay(0.8, {epoch}, 0.1, 3)")


# --- One epoch ----------------------------------------------------------------------------------


@check(task="train_epoch")
def train_epoch_counts_its_updates(student):
    """With gradient 1 everywhere, ten examples in batches of 4 make three updates: theta falls by 3 lr."""
    x, y = np.arange(10.0)[:, None], np.arange(10)
    got = student.train_epoch(np.array([1.0]), x, y, 4, 0.1, 1, lambda theta, x_batch, y_batch: np.ones(1))
    assert_close(got, np.array([0.7]), call="train_epoch([1], x, y, 4, 0.1, 1, gradient)")


@check(task="train_epoch")
def train_epoch_goes_on_from_where_it_is(student):
    """With gradient theta and lr 0.5 each of three updates halves theta: 16, 8, 4, 2."""
    x, y = np.arange(9.0)[:, None], np.arange(9)
    got = student.train_epoch(np.array([16.0]), x, y, 3, 0.5, 1, lambda theta, x_batch, y_batch: theta)
    assert_close(got, np.array([2.0]), call="train_epoch([16], x, y, 3, 0.5, 1, gradient)")


def batches_of(student, seed):
    """What train_epoch gives to the gradient in one epoch of ten examples; theta has to stay where it is."""
    x, y, used = np.arange(10.0)[:, None], 10 * np.arange(10), []

    def gradient(theta, x_batch, y_batch):
        used.append((to_array(x_batch), to_array(y_batch)))
        return np.zeros(2)

    start = np.array([1.0, -2.0])
    got = assert_no_mutation(student.train_epoch, start, x, y, 4, 0.1, seed, gradient)
    assert_close(got, start, call=f"train_epoch([1, -2], x, y, 4, 0.1, {seed}, a gradient of 0)")
    for x_batch, y_batch in used:
        right = (
            x_batch is not None and y_batch is not None and x_batch.shape[1:] == (1,) and y_batch.ndim == 1
        )
        require(right, "gradient gets theta, rows of x, and the entries of y that belong to them.")
    return used


@check(task="train_epoch")
def train_epoch_uses_every_example(student):
    """In one epoch of ten examples and batches of 4, gradient gets every example once, with its own label."""
    used = batches_of(student, 1)
    sizes = [len(x) for x, _ in used]
    require(sizes == [4, 4, 2], f"gradient gets batches of {sizes} examples.")
    seen = sorted(float(n) for x, _ in used for n in x[:, 0])
    require(seen == list(range(10)), f"The examples that gradient gets are {seen}.")
    require(all(np.array_equal(10 * x[:, 0], y) for x, y in used), "Some labels belong to other examples.")


@check(task="train_epoch")
def train_epoch_follows_the_seed(student):
    """The same seed gives the same order of examples, another seed another one; 0 is a seed, too."""
    for seed in (3, 0):
        first, again, other = (
            [float(n) for x, _ in batches_of(student, s) for n in np.ravel(x)] for s in (seed, seed, seed + 1)
        )
        require(first == again, f"Two calls with seed {seed} use the examples in different orders.")
        require(first != other, f"Seeds {seed} and {seed + 1} give the same order.")
        require(first != sorted(first), f"With seed {seed} nothing is shuffled.")


@check(task="train_epoch")
def train_epoch_goes_down_the_gradient_of_the_data(student):
    """With x * y as the gradient of an example, any order leads to the same place.

    Three batches of three: theta falls by lr times the sum of their means, 0.1 * (0 + 1 + 4 + ... + 64) / 3.
    """
    x, y = np.arange(9.0)[:, None], np.arange(9)
    theta = np.array([5.0])

    def gradient(theta, x_batch, y_batch):
        return np.array([np.mean(x_batch[:, 0] * y_batch)])

    got = assert_no_mutation(student.train_epoch, theta, x, y, 3, 0.1, 2, gradient)
    assert_close(
        got, np.array([5.0 - 0.1 * 204 / 3]), call="train_epoch([5], x, y, 3, 0.1, 2, the mean of x * y)"
    )
