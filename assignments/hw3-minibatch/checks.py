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
    """Ten examples in batches of 4 make batches of 4, 4 and 2."""
    sizes = [len(x) for x, _ in epoch_of(student, 10, 4, 1)]
    require(sizes == [4, 4, 2], f"The batches have {sizes} examples.")


@check(task="minibatches")
def minibatches_use_all_examples(student):
    """Every example comes up once, with its own label."""
    batches = epoch_of(student, 10, 4, 1)
    seen = sorted(int(n) for x, _ in batches for n in x[:, 0])
    require(seen == list(range(10)), f"The examples that come up are {seen}.")
    require(all(np.array_equal(10 * x[:, 0], y) for x, y in batches), "Some labels belong to other examples.")


@check(task="minibatches")
def minibatches_follow_the_seed(student):
    """The same seed gives the same order, another seed another one."""
    first, again, other = ([n for x, _ in epoch_of(student, 30, 5, s) for n in x[:, 0]] for s in (3, 3, 4))
    require(first == again, "Two calls with seed 3 differ.")
    require(first != other, "Seeds 3 and 4 give the same order.")


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


# --- One epoch ----------------------------------------------------------------------------------


@check(task="train_epoch")
def train_epoch_counts_its_updates(student):
    """With gradient 1 everywhere, ten examples in batches of 4 make three updates: theta falls by 3 lr."""
    x, y = np.arange(10.0)[:, None], np.arange(10)
    got = student.train_epoch(np.array([1.0]), x, y, 4, 0.1, 1, lambda theta, x, y: np.ones(1))
    assert_close(got, np.array([0.7]), call="train_epoch([1], x, y, 4, 0.1, 1, gradient)")


@check(task="train_epoch")
def train_epoch_goes_on_from_where_it_is(student):
    """With gradient theta and lr 0.5 each of three updates halves theta: 16, 8, 4, 2."""
    x, y = np.arange(9.0)[:, None], np.arange(9)
    got = student.train_epoch(np.array([16.0]), x, y, 3, 0.5, 1, lambda theta, x, y: theta)
    assert_close(got, np.array([2.0]), call="train_epoch([16], x, y, 3, 0.5, 1, gradient)")
