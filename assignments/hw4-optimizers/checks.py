"""Public checks of homework 4: numbers that are worked out by hand. They carry no points."""

from __future__ import annotations

import numpy as np

from autograder.checks import assert_close, assert_no_mutation, check, require

# --- Adagrad ------------------------------------------------------------------------------------


@check(task="adagrad")
def adagrad_first_step_by_hand(student):
    """From rest both parameters move by lr, however different their gradients: 0.1 and 20."""
    theta, sum_sq = student.adagrad_update(np.array([1.0, 1.0]), np.array([0.1, 20.0]), np.zeros(2), 0.5)
    assert_close(
        theta, np.array([0.5, 0.5]), rtol=1e-5, call="adagrad_update([1, 1], [0.1, 20], [0, 0], 0.5)"
    )
    assert_close(sum_sq, np.array([0.01, 400.0]), parameter="sum_sq")


@check(task="adagrad")
def adagrad_lecture_numbers(student):
    """The lecture's numbers: after 0.1 and 0.2 the rate is lr / 0.2236, after 20 and 10 it is lr / 22.36."""
    theta, sum_sq = np.zeros(2), np.zeros(2)
    for gradient in (np.array([0.1, 20.0]), np.array([0.2, 10.0])):
        before = theta
        theta, sum_sq = student.adagrad_update(theta, gradient, sum_sq, 1.0)
    rates = (before - theta) / np.array([0.2, 10.0])
    assert_close(rates, 1 / np.sqrt([0.05, 500.0]), rtol=1e-5, call="the rates of the second step")


@check(task="adagrad")
def adagrad_stays_where_it_is_flat(student):
    """A parameter whose gradients were all 0 stays: no 0/0."""
    theta, _ = student.adagrad_update(np.array([3.0]), np.zeros(1), np.zeros(1), 0.1)
    assert_close(theta, np.array([3.0]), call="adagrad_update([3], [0], [0], 0.1)")


@check(task="adagrad")
def adagrad_changes_nothing_in_place(student):
    """theta, grad and sum_sq are as they were after the call."""
    grad, sum_sq = np.array([3.0, -4.0, 0.0]), np.array([16.0, 9.0, 1.0])
    theta, _ = assert_no_mutation(student.adagrad_update, np.ones(3), grad, sum_sq, 0.1)
    call = "adagrad_update([1, 1, 1], [3, -4, 0], [16, 9, 1], 0.1)"
    assert_close(theta, np.array([0.94, 1.08, 1.0]), rtol=1e-5, call=call)


# --- Momentum -----------------------------------------------------------------------------------


@check(task="momentum")
def momentum_from_rest_by_hand(student):
    """From rest the step is that of gradient descent: 1 - 0.1 * 2 is 0.8."""
    theta, _ = student.momentum_update(np.array([1.0]), np.array([2.0]), np.zeros(1), 0.1)
    assert_close(theta, np.array([0.8]), call="momentum_update([1], [2], [0], 0.1)")


@check(task="momentum")
def momentum_two_steps_by_hand(student):
    """A second step with the same gradient is 1.9 times as long: 0.9 of the first, and its own."""
    theta, velocity = np.array([1.0]), np.zeros(1)
    for _ in range(2):
        theta, velocity = student.momentum_update(theta, np.array([2.0]), velocity, 0.1)
    assert_close(theta, np.array([1.0 - 0.2 - 0.38]), call="two steps from 1 with gradient 2 and lr 0.1")


@check(task="momentum")
def momentum_rolls_through_flat_ground(student):
    """Where the gradient is 0 the ball rolls on, 0.9 times as far as before."""
    theta, velocity = student.momentum_update(np.array([0.0]), np.array([-10.0]), np.zeros(1), 0.1)
    after, _ = student.momentum_update(theta, np.zeros(1), velocity, 0.1)
    assert_close(after, np.array([1.9]), call="a step with gradient -10, then one with gradient 0")


@check(task="momentum")
def momentum_uses_its_mu(student):
    """With mu = 0.5 a second step with the same gradient is 1.5 times as long; with mu = 0 it is as long."""
    for mu, right in ((0.5, 0.5), (0.0, 0.6)):
        theta, velocity = np.array([1.0]), np.zeros(1)
        for _ in range(2):
            theta, velocity = student.momentum_update(theta, np.array([2.0]), velocity, 0.1, mu)
        assert_close(theta, np.array([right]), call=f"two steps from 1 with gradient 2, lr 0.1 and mu {mu}")


@check(task="momentum")
def momentum_changes_nothing_in_place(student):
    """theta, grad and velocity are as they were after the call."""
    grad = np.array([0.5, -1.0, 2.0])
    theta, _ = assert_no_mutation(student.momentum_update, np.ones(3), grad, np.zeros(3), 0.1)
    call = "momentum_update([1, 1, 1], [0.5, -1, 2], [0, 0, 0], 0.1)"
    assert_close(theta, np.array([0.95, 1.1, 0.8]), call=call)


# --- Extra credit -------------------------------------------------------------------------------


@check(task="nesterov")
def nesterov_from_rest_by_hand(student):
    """From rest the step is 1.9 times that of gradient descent: 1 - 0.2 - 0.9 * 0.2 is 0.62."""
    theta, _ = student.nesterov_update(np.array([1.0]), np.array([2.0]), np.zeros(1), 0.1)
    assert_close(theta, np.array([0.62]), call="nesterov_update([1], [2], [0], 0.1)")


@check(task="nesterov")
def nesterov_reaches_further_than_momentum(student):
    """Three steps down the same slope lead further than classical momentum's, 1 - 0.2 - 0.38 - 0.542."""
    theta, velocity = np.array([1.0]), np.zeros(1)
    for _ in range(3):
        theta, velocity = student.nesterov_update(theta, np.array([2.0]), velocity, 0.1)
    assert_close(theta, np.array([1.0 - 0.38 - 0.542 - 0.6878]), call="three steps from 1 with gradient 2")


@check(task="rmsprop")
def rmsprop_by_hand(student):
    """The mean of 4 and a new square 9, with decay 0.9, is 4.5."""
    theta, mean_sq = student.rmsprop_update(np.array([1.0]), np.array([3.0]), np.array([4.0]), 0.1)
    assert_close(mean_sq, np.array([4.5]), call="rmsprop_update([1], [3], [4], 0.1)", parameter="mean_sq")
    assert_close(
        theta, np.array([1.0 - 0.3 / np.sqrt(4.5)]), rtol=1e-5, call="rmsprop_update([1], [3], [4], 0.1)"
    )


@check(task="rmsprop")
def rmsprop_entry_by_entry(student):
    """Every parameter has a mean of its own: with decay 0.5, [4, 16, 0] and [3, -2, 0] make [6.5, 10, 0].

    theta, grad and mean_sq are as they were after the call; without any gradient theta stays: no 0/0.
    """
    grad, before = np.array([3.0, -2.0, 0.0]), np.array([4.0, 16.0, 0.0])
    theta, mean_sq = assert_no_mutation(student.rmsprop_update, np.ones(3), grad, before, 0.1, 0.5)
    call = "rmsprop_update([1, 1, 1], [3, -2, 0], [4, 16, 0], 0.1, 0.5)"
    assert_close(mean_sq, np.array([6.5, 10.0, 0.0]), call=call, parameter="mean_sq")
    right = np.array([1 - 0.3 / np.sqrt(6.5), 1 + 0.2 / np.sqrt(10.0), 1.0])
    assert_close(theta, right, rtol=1e-5, call=call)


@check(task="rmsprop")
def rmsprop_forgets(student):
    """After many steps with gradient 2 the mean square is 4, and a step has length lr."""
    theta, mean_sq = np.zeros(1), np.zeros(1)
    for _ in range(200):
        before = theta
        theta, mean_sq = student.rmsprop_update(theta, np.array([2.0]), mean_sq, 0.1)
    assert_close(before - theta, np.array([0.1]), rtol=1e-5, call="the 200th step with gradient 2 and lr 0.1")


@check(task="adam")
def adam_first_step_by_hand(student):
    """The first step has length lr, whatever the gradient; m and v are kept uncorrected."""
    theta, m, v = student.adam_update(np.array([1.0]), np.array([5.0]), np.zeros(1), np.zeros(1), 1, 0.1)
    call = "adam_update([1], [5], [0], [0], 1, 0.1)"
    assert_close(theta, np.array([0.9]), rtol=1e-5, call=call)
    assert_close(m, np.array([0.5]), call=call, parameter="m")
    assert_close(v, np.array([0.025]), call=call, parameter="v")


@check(task="adam")
def adam_second_step_by_hand(student):
    """A step under way: both betas are used, each mean has its own correction, and entries do not mix.

    With beta1 = 0.5, beta2 = 0.75 and t = 2 the corrections divide m by 3/4 and v by 7/16.
    """
    theta, grad, m, v = np.zeros(2), np.array([2.0, -4.0]), np.array([1.0, 0.0]), np.array([4.0, 8.0])
    got = assert_no_mutation(student.adam_update, theta, grad, m, v, 2, 0.1, 0.5, 0.75)
    call = "adam_update([0, 0], [2, -4], [1, 0], [4, 8], 2, 0.1, 0.5, 0.75)"
    require(isinstance(got, (list, tuple)) and len(got) == 3, f"{call} returns theta, m and v.")
    new_m, new_v = np.array([1.5, -2.0]), np.array([4.0, 10.0])
    assert_close(got[1], new_m, call=call, parameter="m")
    assert_close(got[2], new_v, call=call, parameter="v")
    right = -0.1 * (new_m / 0.75) / np.sqrt(new_v / (7 / 16))
    assert_close(got[0], right, rtol=1e-5, call=call)


@check(task="adam")
def adam_on_a_steady_slope(student):
    """On a steady slope every step has length lr: both means are corrected, whatever t."""
    theta, m, v = np.zeros(1), np.zeros(1), np.zeros(1)
    for t in range(1, 6):
        theta, m, v = student.adam_update(theta, np.array([0.3]), m, v, t, 0.1)
        require(
            abs(theta[0] + 0.1 * t) < 1e-5,
            f"After {t} steps with gradient 0.3 and lr 0.1, theta is {theta[0]:.6g}, not {-0.1 * t:.6g}.",
        )


# --- Choosing a rate ----------------------------------------------------------------------------


@check(task="tune_sgd")
def tune_sgd_on_a_parabola(student):
    """From 1, one step on the loss 1 + 2 theta^2 is best with the rate 1/4, which lands in the minimum."""

    def loss(theta):
        return float(1 + 2 * np.sum(theta**2))

    def gradient(theta):
        return 4 * theta

    lr = student.tune_sgd(loss, gradient, np.array([1.0]), 1)
    require(np.ndim(lr) == 0, "tune_sgd returns one number, the learning rate.")
    assert_close(lr, 0.25, rtol=0.16, call="tune_sgd(1 + 2 theta^2, 4 theta, [1], 1)")


@check(task="tune_sgd")
def tune_sgd_makes_all_steps(student):
    """The best rate depends on the number of steps: of one step it is 0.112, of ten 0.183.

    The loss is (theta_1^2 + 9 theta_2^2) / 2, from (1, 1).
    """
    curvature = np.array([1.0, 9.0])

    def loss(theta):
        return float(np.sum(curvature * theta**2) / 2)

    def gradient(theta):
        return curvature * theta

    for steps, right in ((1, 0.112), (10, 0.183)):
        lr = student.tune_sgd(loss, gradient, np.ones(2), steps)
        require(np.ndim(lr) == 0, "tune_sgd returns one number, the learning rate.")
        assert_close(lr, right, rtol=0.16, call=f"tune_sgd(loss, gradient, [1, 1], {steps})")


@check(task="tune_sgd")
def tune_sgd_survives_divergence(student):
    """Rates that end in infinity or NaN are never the best: here only those below 1/200 stay finite."""

    def loss(theta):
        return float(1 + np.sum(100 * theta**4))

    def gradient(theta):
        return 400 * theta**3

    lr = student.tune_sgd(loss, gradient, np.array([1.0]), 30)
    require(bool(0 < lr < 0.006), f"tune_sgd returned {lr}, with which the loss grows beyond any bound.")


# --- Where Adagrad stalls -----------------------------------------------------------------------


@check(task="adagrad_stall")
def adagrad_stall_is_a_list_and_a_rate(student):
    """It returns 1 to 1000 finite gradients, not all of one size, and a positive learning rate."""
    result = student.adagrad_stall()
    require(isinstance(result, (list, tuple)) and len(result) == 2, "It returns (gradients, lr).")
    gradients, lr = result
    require(np.ndim(lr) == 0 and bool(0 < lr < np.inf), "The second result is a positive learning rate.")
    require(1 <= len(gradients) <= 1000, "There are 1 to 1000 gradients.")
    numbers = np.asarray(gradients, dtype=float)
    require(bool(np.all(np.isfinite(numbers))), "Every gradient is a finite number.")
    total = np.linalg.norm(np.sum(numbers, axis=0))
    require(
        bool(total > 2 * np.sqrt(len(numbers))), "Plain gradient descent hardly moves with these gradients."
    )
    require(
        len(numbers) == 1 or bool(np.ptp(np.abs(numbers)) > 0),
        "All gradients have one size: then Adagrad's steps shrink, but only as the root of their number.",
    )
