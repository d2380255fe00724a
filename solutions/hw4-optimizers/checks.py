"""Hidden checks of homework 4: single steps, traces of ten steps, what must not change, and training.

An update rule with a mistake may still train a network: so most points are in the traces, which compare
theta after every step. Gradients are exactly 0 or at least 0.1 in size, so that it does not matter where
epsilon stands and how small it is. The sign and scale of a velocity are the student's choice, as long as
the path is the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograder.checks import (
    PROBLEMS,
    Failure,
    Network,
    Training,
    WrongType,
    WrongValue,
    accuracy,
    assert_close,
    assert_float64_and_unmodified,
    check,
    convergence,
    kind_of,
    require,
    shuffled_batches,
    to_array,
    trace,
)

LEARNING_RATE = 0.1
ADAPTIVE = {"rtol": 1e-5, "atol": 1e-5}  # room for any usual epsilon, inside the root or outside
SHAPES = [(6,), (4, 3), (2, 3, 5), (1,)]


def away_from_zero(rng, shape):
    """Gradients of either sign, between 0.1 and 2 in size."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.1, 2.0, shape)


def steep(problem):
    """The problem with a slope of at least 0.1 wherever there is one at all."""

    def gradient(theta):
        grad = problem.gradient(theta)
        return grad + 0.1 * np.sign(grad)

    return replace(problem, gradient=gradient)


def stepped(update, arguments, states=1):
    """One step: theta and the new state as a tuple of arrays."""
    result = update(*arguments)
    if not isinstance(result, (list, tuple)) or len(result) != states + 1:
        raise WrongType(
            f"{update.describe(arguments)} should return theta and the new state, {states + 1} arrays, "
            f"not {kind_of(result)}.",
            hint="Did you forget the return statement?" if result is None else "",
            evidence=update.evidence(arguments),
        )
    for one in result:
        found = to_array(one)
        if found is None or found.shape != arguments[0].shape:
            raise WrongType(
                f"{update.describe(arguments)} returned {kind_of(one)}; theta is {kind_of(arguments[0])}.",
                hint="theta and every part of the state keep the shape of theta.",
                evidence=update.evidence(arguments),
            )
    return tuple(to_array(one) for one in result)


def compare(update, arguments, got, expected, name, **tolerance):
    """Compare one part of a step's result, with the call as evidence."""
    try:
        assert_close(got, expected, call=update.describe(arguments), parameter=name, **tolerance)
    except Failure as failure:
        shown = update.evidence(arguments)
        failure.evidence = failure.evidence.model_copy(
            update={"call": shown.call, "arguments": shown.arguments}
        )
        raise


def compare_steps(student, reference, many, states=1, theta_only=False, **tolerance):
    """Compare single steps from many starts: theta, and unless left out every part of the state."""
    for arguments in many:
        got, expected = stepped(student, arguments, states), stepped(reference, arguments, states)
        compare(student, arguments, got[0], expected[0], "theta", **tolerance)
        if not theta_only:
            for number, (own, right) in enumerate(zip(got[1:], expected[1:], strict=True)):
                compare(
                    student, arguments, own, right, f"the state{f' ({number + 1})' if states > 1 else ''}"
                )


def compare_momentum(student, reference, many):
    """As compare_steps, for a velocity that may be in units of steps or of gradients, of either sign.

    Beside v <- mu v - lr g with theta + v, the forms v <- mu v + lr g with theta - v and v <- mu v + g with
    theta - lr v are right.
    """
    for theta, grad, velocity, *rest in many:
        arguments = (theta, grad, velocity, *rest)
        lr = rest[0]
        got = stepped(student, arguments)
        for scale in (1.0, -1.0, -lr):  # what the student's velocity is, in units of the reference's
            own = reference(theta, grad, scale * velocity, *rest)
            try:
                compare(student, arguments, got[0], own[0], "theta")
                compare(student, arguments, got[1], own[1] / scale, "velocity")
                break
            except WrongValue:
                continue
        else:
            expected = reference(*arguments)
            compare(student, arguments, got[0], expected[0], "theta")
            compare(student, arguments, got[1], expected[1], "velocity")


# --- Adagrad: 10 points -------------------------------------------------------------------------


@check(task="adagrad", points=0.75)
def adagrad_first_step(student, reference, rng):
    """From a sum of 0 every parameter moves by lr, against the sign of its gradient, however steep it is."""
    many = [(rng.normal(size=s), away_from_zero(rng, s), np.zeros(s), 0.05) for s in SHAPES]
    compare_steps(student.adagrad_update, reference.adagrad_update, many, theta_only=True, **ADAPTIVE)


@check(task="adagrad", points=1.25)
def adagrad_later_step(student, reference, rng):
    """With a past, a parameter moves by lr * grad / sqrt(sum of its squared gradients, this one too)."""
    many = [
        (rng.normal(size=s), away_from_zero(rng, s), rng.uniform(0.05, 9, s), lr)
        for s, lr in zip(SHAPES, (0.3, 0.1, 1.0, 0.5), strict=True)
    ]
    compare_steps(student.adagrad_update, reference.adagrad_update, many, theta_only=True, **ADAPTIVE)


@check(task="adagrad", points=1)
def adagrad_sum(student, reference, rng):
    """The returned sum is the old one plus the squared gradient, entry by entry."""
    for shape in SHAPES:
        arguments = rng.normal(size=shape), away_from_zero(rng, shape), rng.uniform(0.05, 9, shape), 0.1
        got = stepped(student.adagrad_update, arguments)[1]
        expected = reference.adagrad_update(*arguments)[1]
        compare(student.adagrad_update, arguments, got, expected, "sum_sq")


@check(task="adagrad", points=1)
def adagrad_rates_of_their_own(student, reference, rng):
    """A parameter with small derivatives and one with large ones get rates of their own: both move alike."""
    theta, sum_sq = rng.normal(size=2), np.zeros(2)
    size = np.array([0.1, 20.0]) * rng.uniform(1, 2, 2)
    own = right = (theta, sum_sq)
    for factor in (1.0, 2.0, 0.5):
        arguments = (own[0], factor * size, own[1], 0.1)
        own = stepped(student.adagrad_update, arguments)
        right = reference.adagrad_update(right[0], factor * size, right[1], 0.1)
        compare(student.adagrad_update, arguments, own[0], right[0], "theta", **ADAPTIVE)


@check(task="adagrad", points=0.5)
def adagrad_gradient_zero(student, reference, rng):
    """A parameter whose gradient is 0 stays where it is, also when all its gradients were 0: no 0/0."""
    for past in (np.zeros(6), np.array([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])):
        grad = away_from_zero(rng, 6)
        grad[[0, 3]] = 0.0
        arguments = rng.normal(size=6), grad, past, 0.1
        compare_steps(
            student.adagrad_update, reference.adagrad_update, [arguments], theta_only=True, **ADAPTIVE
        )


def adagrad_trace(student, reference, rng, number):
    """Ten steps on one of the problems."""
    problem = steep(PROBLEMS[number](rng))
    trace(
        student.adagrad_update,
        reference.adagrad_update,
        problem,
        state=(np.zeros_like(problem.start),),
        then=lambda step: (0.2,),
        **ADAPTIVE,
    )


@check(task="adagrad", points=1)
def adagrad_on_a_quadratic(student, reference, rng):
    """Ten steps of Adagrad down a long valley take the right path."""
    adagrad_trace(student, reference, rng, 0)


@check(task="adagrad", points=1)
def adagrad_on_logistic_regression(student, reference, rng):
    """Ten steps of Adagrad on logistic regression take the right path."""
    adagrad_trace(student, reference, rng, 1)


@check(task="adagrad", points=1)
def adagrad_on_a_network(student, reference, rng):
    """Ten steps of Adagrad on a matrix of weights take the right path."""
    adagrad_trace(student, reference, rng, 2)


@check(task="adagrad", points=0.5)
def adagrad_leaves_inputs(student, rng):
    """adagrad_update works in float64 and leaves theta, grad and sum_sq as they were."""
    for shape in ((5,), (3, 4)):
        assert_float64_and_unmodified(
            student.adagrad_update,
            rng.normal(size=shape),
            away_from_zero(rng, shape),
            rng.uniform(1, 2, shape),
            0.1,
        )


@check(task="adagrad", points=0.5)
def adagrad_shapes(student, rng):
    """adagrad_update returns theta and sum_sq, both in the shape of theta."""
    for shape in SHAPES:
        arguments = rng.normal(size=shape), away_from_zero(rng, shape), rng.uniform(1, 2, shape), 0.1
        stepped(student.adagrad_update, arguments)


# --- Momentum: 10 points ------------------------------------------------------------------------


@check(task="momentum", points=0.75)
def momentum_first_step(student, reference, rng):
    """From rest the first step is plain gradient descent."""
    many = [(rng.normal(size=s), rng.normal(size=s), np.zeros(s), 0.1) for s in SHAPES]
    compare_steps(student.momentum_update, reference.momentum_update, many, theta_only=True)


@check(task="momentum", points=1.5)
def momentum_with_velocity(student, reference, rng):
    """A step adds mu times the old velocity to the gradient's push, and the new velocity is returned."""
    many = [
        (rng.normal(size=s), rng.normal(size=s), rng.normal(size=s), lr)
        for s, lr in zip(SHAPES, (0.1, 0.5, 0.02, 0.3), strict=True)
    ]
    compare_momentum(student.momentum_update, reference.momentum_update, many)


@check(task="momentum", points=0.75)
def momentum_friction(student, reference, rng):
    """mu is what is given: 0 makes it plain gradient descent, 0.5 forgets quickly, 0.99 slowly."""
    many = [(rng.normal(size=5), rng.normal(size=5), rng.normal(size=5), 0.2, mu) for mu in (0.0, 0.5, 0.99)]
    compare_momentum(student.momentum_update, reference.momentum_update, many)


@check(task="momentum", points=0.75)
def momentum_rolls_on(student, reference, rng):
    """Where the ground is flat theta rolls on, each step mu times as long as the last."""
    own = right = (rng.normal(size=4), np.zeros(4))
    for grad in (rng.normal(size=4), *[np.zeros(4)] * 4):
        arguments = (own[0], grad, own[1], 0.1, 0.8)
        own = stepped(student.momentum_update, arguments)
        right = reference.momentum_update(right[0], grad, right[1], 0.1, 0.8)
        compare(student.momentum_update, arguments, own[0], right[0], "theta")


def momentum_trace(student, reference, rng, number):
    """Ten steps on one of the problems."""
    problem = PROBLEMS[number](rng)
    trace(
        student.momentum_update,
        reference.momentum_update,
        problem,
        state=(np.zeros_like(problem.start),),
        then=lambda step: (0.05,),
    )


@check(task="momentum", points=1.25)
def momentum_on_a_quadratic(student, reference, rng):
    """Ten steps of momentum down a long valley take the right path."""
    momentum_trace(student, reference, rng, 0)


@check(task="momentum", points=1.25)
def momentum_on_logistic_regression(student, reference, rng):
    """Ten steps of momentum on logistic regression take the right path."""
    momentum_trace(student, reference, rng, 1)


@check(task="momentum", points=1.25)
def momentum_on_a_network(student, reference, rng):
    """Ten steps of momentum on a matrix of weights take the right path."""
    momentum_trace(student, reference, rng, 2)


@check(task="momentum", points=0.5)
def momentum_leaves_inputs(student, rng):
    """momentum_update works in float64 and leaves theta, grad and velocity as they were."""
    for shape in ((5,), (3, 4)):
        arrays = (rng.normal(size=shape) for _ in range(3))
        assert_float64_and_unmodified(student.momentum_update, *arrays, 0.1)


@check(task="momentum", points=0.5)
def momentum_shapes(student, rng):
    """momentum_update returns theta and velocity, both in the shape of theta."""
    for shape in SHAPES:
        arrays = (rng.normal(size=shape) for _ in range(3))
        stepped(student.momentum_update, (*arrays, 0.1))


# --- Training -----------------------------------------------------------------------------------


def train(update, lr, images, rng):
    """100 updates of a network with one hidden layer of 64, the student's rule on all its weights at once."""
    network = Network((images.train_pixels.shape[1], 64, 10))
    theta = network.start(rng)
    state, losses = np.zeros_like(theta), []
    for x, labels in shuffled_batches(rng, images, 300, 100):
        loss, gradient = network.loss_and_gradient(theta, x, labels)
        losses.append(loss)
        theta, state = update(theta, gradient, state, lr)
        require(np.shape(theta) == gradient.shape, "theta has lost its shape.")
    return Training(accuracy(lambda x: network.logits(theta, x), images), losses)


@convergence(task="adagrad", points=1.5)
def adagrad_trains_a_network(pieces, images, rng):
    """A network that is trained with your adagrad_update reads the test images."""
    return train(pieces.adagrad_update, 0.05, images, rng)


@convergence(task="momentum", points=1.5)
def momentum_trains_a_network(pieces, images, rng):
    """A network that is trained with your momentum_update reads the test images."""
    return train(pieces.momentum_update, LEARNING_RATE, images, rng)


# --- Extra credit: 2 points each ----------------------------------------------------------------


@check(task="nesterov", points=0.75)
def nesterov_step(student, reference, rng):
    """A step looks ahead: from rest it is (1 + mu) times as long as that of gradient descent."""
    many = [(rng.normal(size=s), rng.normal(size=s), np.zeros(s), 0.1) for s in SHAPES]
    compare_steps(student.nesterov_update, reference.nesterov_update, many, theta_only=True)
    many = [(rng.normal(size=5), rng.normal(size=5), rng.normal(size=5), 0.2, mu) for mu in (0.0, 0.5, 0.9)]
    compare_momentum(student.nesterov_update, reference.nesterov_update, many)


@check(task="nesterov", points=1)
def nesterov_path(student, reference, rng):
    """Ten steps of Nesterov's momentum on each of three problems take the right path."""
    for make in PROBLEMS:
        problem = make(rng)
        state = (np.zeros_like(problem.start),)
        trace(
            student.nesterov_update,
            reference.nesterov_update,
            problem,
            state=state,
            then=lambda step: (0.04,),
        )


@check(task="nesterov", points=0.25)
def nesterov_leaves_inputs(student, rng):
    """nesterov_update works in float64 and leaves theta, grad and velocity as they were."""
    assert_float64_and_unmodified(student.nesterov_update, *(rng.normal(size=(3, 4)) for _ in range(3)), 0.1)


@check(task="rmsprop", points=0.75)
def rmsprop_step(student, reference, rng):
    """A step divides by the root of the new mean; the mean is decay parts old and 1 - decay parts new."""
    many = [
        (rng.normal(size=s), away_from_zero(rng, s), rng.uniform(0.1, 4, s), 0.1, *rest)
        for s, rest in zip(SHAPES, ((), (0.5,), (0.99,), ()), strict=True)
    ]
    compare_steps(student.rmsprop_update, reference.rmsprop_update, many, **ADAPTIVE)


@check(task="rmsprop", points=1)
def rmsprop_path(student, reference, rng):
    """Ten steps of RMSProp on each of three problems take the right path."""
    for make in PROBLEMS:
        problem = steep(make(rng))
        trace(
            student.rmsprop_update,
            reference.rmsprop_update,
            problem,
            state=(np.zeros_like(problem.start),),
            then=lambda step: (0.02,),
            **ADAPTIVE,
        )


@check(task="rmsprop", points=0.25)
def rmsprop_leaves_inputs(student, rng):
    """rmsprop_update works in float64 and leaves theta, grad and mean_sq as they were."""
    assert_float64_and_unmodified(
        student.rmsprop_update, rng.normal(size=6), away_from_zero(rng, 6), rng.uniform(1, 2, 6), 0.1
    )


@check(task="adam", points=0.75)
def adam_step(student, reference, rng):
    """Step t divides the corrected mean by the root of the corrected mean square; m and v stay as is."""
    many = [
        (
            rng.normal(size=s),
            away_from_zero(rng, s),
            rng.normal(size=s),
            rng.uniform(0.5, 4, s),
            t,
            0.1,
            *rest,
        )
        for s, t, rest in zip(SHAPES, (1, 2, 7, 3), ((), (0.8, 0.95), (), (0.5, 0.9)), strict=True)
    ]
    compare_steps(student.adam_update, reference.adam_update, many, states=2, **ADAPTIVE)


@check(task="adam", points=1)
def adam_path(student, reference, rng):
    """Ten steps of Adam on each of three problems, t counted from 1, take the right path."""
    for make in PROBLEMS:
        problem = steep(make(rng))
        zeros = np.zeros_like(problem.start)
        trace(
            student.adam_update,
            reference.adam_update,
            problem,
            state=(zeros, zeros),
            then=lambda step: (step + 1, 0.05),
            **ADAPTIVE,
        )


@check(task="adam", points=0.25)
def adam_leaves_inputs(student, rng):
    """adam_update works in float64 and leaves theta, grad, m and v as they were."""
    arrays = rng.normal(size=5), away_from_zero(rng, 5), rng.normal(size=5), rng.uniform(1, 2, 5)
    assert_float64_and_unmodified(student.adam_update, *arrays, 3, 0.1)
