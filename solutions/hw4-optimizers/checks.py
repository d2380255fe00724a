"""Hidden checks of homework 4: single steps, traces of ten steps, and training, all with inputs left alone.

An update rule with a mistake may still train a network: so training carries few points. About 45 % are for
a rule that does what it is for, though a sign, a factor or a default may be wrong. The step (the new theta)
and the new state have a check each, with points of their own: a wrong sum costs nothing of a right step. The
rest is for traces, which compare theta after every step, so that a slip keeps about half. Gradients are
exactly 0 or at least 0.1 in size, so that it does not matter where epsilon stands and how small it is. The
sign and scale of a velocity are the student's choice, as long as the path is the same.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autograder.checks import (
    PROBLEMS,
    Failure,
    Network,
    Problem,
    Training,
    WrongType,
    WrongValue,
    accuracy,
    assert_close,
    assert_plausible,
    check,
    convergence,
    kind_of,
    require,
    require_float64_and_unmodified,
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


def smooth_network(rng):
    """The weights of a small tanh layer under squared error, theta (4, 6)."""
    x, target = rng.normal(size=(12, 4)), rng.uniform(-0.9, 0.9, size=(12, 6))

    def gradient(theta):
        h = np.tanh(x @ theta)
        return x.T @ ((h - target) * (1 - h**2))

    return Problem("a small network's weights", rng.normal(size=(4, 6)), gradient)


SMOOTH = (*PROBLEMS[:2], smooth_network)  # where a tiny difference stays tiny


def adaptive_trace(student, reference, rng, make, states, then):
    """Ten steps of an adaptive rule on a smooth problem; one parameter has no influence on it."""
    problem, state = decided_problem(reference, rng, make, states, then)
    trace(student, reference, problem, state=state, then=then, **ADAPTIVE, pure=True)


def decided_problem(reference, rng, make, states, then):
    """A problem and the state before its first step.

    No slope comes close to 0 along the right path: an epsilon that stands elsewhere may not change a sign.
    """

    def draw():
        for _ in range(50):
            problem = make(rng)
            steeper = with_an_idle_parameter(steep(problem))
            theta, *state = start = (problem.start, *(np.zeros_like(problem.start) for _ in range(states)))
            smallest = np.inf
            for step in range(10):
                smallest = min(smallest, np.abs(problem.gradient(theta)).flat[1:].min())
                theta, *state = reference(theta, steeper.gradient(theta), *state, *then(step))
            if smallest > 3e-4:
                break
        return (steeper, start[1:]), rng.bit_generator.state

    key = ("decided", reference.name, make.__name__, str(rng.bit_generator.state))
    found, rng.bit_generator.state = reference.context.remember(key, draw)
    return found


def with_an_idle_parameter(problem):
    """The problem, its first parameter without any influence: the gradient there is always 0."""

    def gradient(theta):
        grad = np.array(problem.gradient(theta))
        grad.flat[0] = 0.0
        return grad

    return replace(problem, gradient=gradient)


def update_is_plausible(student, reference, rng, *rest, states=1, past=4.0):
    """An update rule depends on theta and on the gradient, and comes out near the right place.

    With a past of 0 the state is 0: a velocity has the same meaning in every form only then.
    """
    calls = [
        (
            rng.normal(size=(4, 3)),
            away_from_zero(rng, (4, 3)),
            *(rng.uniform(past / 8, past, (4, 3)) for _ in range(states)),
            *rest,
        )
        for _ in range(12)
    ]
    assert_plausible(student, reference, *calls, uses=(0, 1))


STEP, STATE = "step", "state"  # which part of a result a check is about


def stepped(update, arguments, states=1, part=""):
    """One step: theta and the new state as a tuple of arrays; the arguments have to be as they were.

    A check of one part, STEP or STATE, leaves the shape of the other one to the other's check.
    """
    result = update(*arguments)
    if not isinstance(result, (list, tuple)) or len(result) != states + 1:
        raise WrongType(
            f"{update.describe(arguments)} should return theta and the new state, {states + 1} arrays, "
            f"not {kind_of(result)}.",
            hint="Did you forget the return statement?" if result is None else "",
            evidence=update.evidence(arguments),
        )
    for number, one in enumerate(result):
        found = to_array(one)
        looked_at = part != (STEP if number else STATE)
        if looked_at and (found is None or found.shape != arguments[0].shape):
            raise WrongType(
                f"{update.describe(arguments)} returned {kind_of(one)}; theta is {kind_of(arguments[0])}.",
                hint="theta and every part of the state keep the shape of theta.",
                evidence=update.evidence(arguments),
            )
    require_float64_and_unmodified(update, arguments)
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


def compare_steps(student, reference, many, part, states=1, **tolerance):
    """Compare one part of single steps from many starts: STEP is the new theta, STATE the new state."""
    for arguments in many:
        got, expected = stepped(student, arguments, states, part), stepped(reference, arguments, states)
        if part == STEP:
            compare(student, arguments, got[0], expected[0], "theta", **tolerance)
            continue
        for number, (own, right) in enumerate(zip(got[1:], expected[1:], strict=True)):
            compare(student, arguments, own, right, f"the state{f' ({number + 1})' if states > 1 else ''}")


def compare_momentum(student, reference, many, part):
    """As compare_steps, for a velocity that may be in units of steps or of gradients, of either sign.

    Beside v <- mu v - lr g with theta + v, the forms v <- mu v + lr g with theta - v and v <- mu v + g with
    theta - lr v are right. That both parts are of one form is seen by the traces.
    """
    for theta, grad, velocity, *rest in many:
        arguments = (theta, grad, velocity, *rest)
        lr = rest[0]
        got, expected = stepped(student, arguments, part=part), reference(*arguments)
        for scale in (1.0, -1.0, -lr):  # what the student's velocity is, in units of the reference's
            own = reference(theta, grad, scale * velocity, *rest)
            try:
                if part == STEP:
                    compare(student, arguments, got[0], own[0], "theta")
                else:
                    compare(student, arguments, got[1], own[1] / scale, "velocity")
                break
            except WrongValue:
                continue
        else:
            which = 0 if part == STEP else 1
            compare(student, arguments, got[which], expected[which], ("theta", "velocity")[which])


def enlarged(many, factor=50.0):
    """The same starts, with theta, gradient and state so many times as large."""
    return [
        tuple(factor * value if isinstance(value, np.ndarray) else value for value in arguments)
        for arguments in many
    ]


def assert_uses_epsilon(update, arguments, push, root, correction=1.0, states=1):
    """One step with an eps far from 0, the last argument: any place that textbooks give it is right.

    Without eps the step is push / root; `correction` is what Adam's root has been divided by. An eps above
    all roots tells these places from a function that does not look at it.
    """
    theta, eps = arguments[0], arguments[-1]
    got = stepped(update, arguments, states, STEP)[0]
    own = eps / correction
    roots = (
        root + eps,
        root + own,
        np.sqrt(root**2 + eps),
        np.sqrt(root**2 + eps**2),
        np.sqrt(root**2 + own**2),
        np.sqrt(root**2 + eps / correction**2),
        np.maximum(root, eps),
    )
    if not any(np.allclose(got, theta - push / each, rtol=1e-6, atol=1e-9) for each in roots):
        compare(update, arguments, got, theta - push / roots[0], f"theta, where eps is {eps:g},")


def adagrad_with_epsilon(student, rng, eps, part=""):
    """One step of Adagrad, for an eps that is given: both parts, or the one that is named."""
    theta, grad, past = rng.normal(size=6), away_from_zero(rng, 6), rng.uniform(0.05, 2, 6)
    sums = past + grad**2
    update, arguments = student.adagrad_update, (theta, grad, past, 0.3, eps)
    if part != STATE:
        assert_uses_epsilon(update, arguments, 0.3 * grad, np.sqrt(sums))
    if part != STEP:
        compare(update, arguments, stepped(update, arguments, part=STATE)[1], sums, "the state")


def rmsprop_with_epsilon(student, rng, eps):
    """One step of RMSProp, for an eps that is given."""
    theta, grad, past = rng.normal(size=6), away_from_zero(rng, 6), rng.uniform(0.05, 2, 6)
    root = np.sqrt(0.8 * past + 0.2 * grad**2)
    assert_uses_epsilon(student.rmsprop_update, (theta, grad, past, 0.3, 0.8, eps), 0.3 * grad, root)


def adam_with_epsilon(student, rng, eps):
    """One step of Adam, for an eps that is given."""
    theta, grad, m, v = (
        *(rng.normal(size=6), away_from_zero(rng, 6)),
        *(rng.normal(size=6), rng.uniform(0.05, 2, 6)),
    )
    t, lr, beta1, beta2 = 2, 0.3, 0.7, 0.8
    push = lr * (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    correction = np.sqrt(1 - beta2**t)
    root = np.sqrt(beta2 * v + (1 - beta2) * grad**2) / correction
    arguments = theta, grad, m, v, t, lr, beta1, beta2, eps
    assert_uses_epsilon(student.adam_update, arguments, push, root, correction, states=2)


# --- Adagrad: 7 points --------------------------------------------------------------------------


@check(task="adagrad", points=2.94)
def adagrad_is_plausible(student, reference, rng):
    """adagrad_update depends on theta and on grad, and its results are near the right ones."""
    update_is_plausible(student.adagrad_update, reference.adagrad_update, rng, 0.1)


def adagrad_starts(rng):
    """Single steps of Adagrad with and without a past, with gradients of 0, and with large numbers."""
    many = [(rng.normal(size=s), away_from_zero(rng, s), np.zeros(s), 0.05) for s in SHAPES]
    many += [
        (rng.normal(size=s), away_from_zero(rng, s), rng.uniform(0.05, 9, s), lr)
        for s, lr in zip(SHAPES, (0.3, 0.1, 1.0, 0.5), strict=True)
    ]
    for past in (np.zeros(6), np.array([0.0, 0.0, 1.0, 2.0, 3.0, 4.0])):
        grad = away_from_zero(rng, 6)
        grad[[0, 3]] = 0.0
        many.append((rng.normal(size=6), grad, past, 0.1))
    return [*many, *enlarged(many[5:7])]


@check(task="adagrad", points=1.19)
def adagrad_step(student, reference, rng):
    """The step alone: the new theta is right, with and without a past, for any eps and where grad is 0."""
    compare_steps(student.adagrad_update, reference.adagrad_update, adagrad_starts(rng), STEP, **ADAPTIVE)
    adagrad_with_epsilon(student, rng, 3.0, STEP)


@check(task="adagrad", points=1.19)
def adagrad_sum(student, reference, rng):
    """The state alone: the new sum_sq is the old one plus the square of every derivative, whatever eps is."""
    compare_steps(student.adagrad_update, reference.adagrad_update, adagrad_starts(rng), STATE)
    adagrad_with_epsilon(student, rng, 3.0, STATE)


@check(task="adagrad", points=0.7)
def adagrad_rates_of_their_own(student, reference, rng):
    """A parameter with small derivatives and one with large ones move alike; without any it stays."""
    theta, sum_sq = rng.normal(size=3), np.zeros(3)
    size = np.array([0.1, 20.0, 0.0]) * rng.uniform(1, 2, 3)
    own = right = (theta, sum_sq)
    for factor in (1.0, 2.0, 0.5):
        arguments = (own[0], factor * size, own[1], 0.1)
        own = stepped(student.adagrad_update, arguments)
        right = reference.adagrad_update(right[0], factor * size, right[1], 0.1)
        compare(student.adagrad_update, arguments, own[0], right[0], "theta", **ADAPTIVE)
    adagrad_with_epsilon(student, rng, 4.0)


@check(task="adagrad", points=0.63)
def adagrad_paths(student, reference, rng):
    """Ten steps of Adagrad on each of three problems take the right path; eps is used as it is given."""
    functions = student.adagrad_update, reference.adagrad_update
    for make in SMOOTH:
        adaptive_trace(*functions, rng, make, 1, lambda step: (0.2,))
    adagrad_with_epsilon(student, rng, 5.0)


# --- Momentum: 6 points -------------------------------------------------------------------------


@check(task="momentum", points=2.52)
def momentum_is_plausible(student, reference, rng):
    """momentum_update depends on theta and on grad, and its results are near the right ones."""
    update_is_plausible(student.momentum_update, reference.momentum_update, rng, 0.1, past=0.0)


def momentum_starts(rng):
    """Single steps of momentum that are under way, for several rates and mu, and with large numbers."""
    many = [
        (rng.normal(size=s), rng.normal(size=s), rng.normal(size=s), lr)
        for s, lr in zip(SHAPES, (0.1, 0.5, 0.02, 0.3), strict=True)
    ]
    many += [(*(rng.normal(size=5) for _ in range(3)), 0.2, mu) for mu in (0.0, 0.5, 0.99)]
    return [*many, *enlarged(many[1:3])]


@check(task="momentum", points=1.02)
def momentum_step(student, reference, rng):
    """The step alone: theta moves by mu times the old velocity and the gradient's push."""
    compare_momentum(student.momentum_update, reference.momentum_update, momentum_starts(rng), STEP)
    many = [(rng.normal(size=s), rng.normal(size=s), np.zeros(s), 0.1) for s in SHAPES]
    compare_steps(student.momentum_update, reference.momentum_update, many, STEP)


@check(task="momentum", points=1.02)
def momentum_velocity(student, reference, rng):
    """The state alone: the new velocity keeps mu of the old one and takes up the gradient."""
    compare_momentum(student.momentum_update, reference.momentum_update, momentum_starts(rng), STATE)


@check(task="momentum", points=0.6)
def momentum_rolls_on(student, reference, rng):
    """On flat ground theta rolls on, each step mu times as long as the last; without mu it is 0.9."""
    for mu in ((), (0.8,), (0.5,)):
        own = right = (rng.normal(size=4), np.zeros(4))
        for grad in (rng.normal(size=4), *[np.zeros(4)] * 4):
            arguments = (own[0], grad, own[1], 0.1, *mu)
            own = stepped(student.momentum_update, arguments)
            right = reference.momentum_update(right[0], grad, right[1], 0.1, *mu)
            compare(student.momentum_update, arguments, own[0], right[0], "theta")


@check(task="momentum", points=0.54)
def momentum_paths(student, reference, rng):
    """Ten steps of momentum on each of three problems take the right path, for mu 0.9, 0.5 and 0.95."""
    for make, mu in zip(PROBLEMS, ((), (0.5,), (0.95,)), strict=True):
        problem = make(rng)
        trace(
            student.momentum_update,
            reference.momentum_update,
            problem,
            state=(np.zeros_like(problem.start),),
            then=lambda step, mu=mu: (0.05, *mu),
            pure=True,
        )


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


@convergence(task="adagrad", points=0.35, requires=["adagrad_is_plausible"])
def adagrad_trains_a_network(pieces, images, rng):
    """A network that is trained with your adagrad_update reads the test images."""
    return train(pieces.adagrad_update, 0.05, images, rng)


@convergence(task="momentum", points=0.3, requires=["momentum_is_plausible"])
def momentum_trains_a_network(pieces, images, rng):
    """A network that is trained with your momentum_update reads the test images."""
    return train(pieces.momentum_update, LEARNING_RATE, images, rng)


# --- Extra credit: 2 points each ----------------------------------------------------------------


@check(task="nesterov", points=0.9)
def nesterov_is_plausible(student, reference, rng):
    """nesterov_update depends on theta and on grad, and its results are near the right ones."""
    update_is_plausible(student.nesterov_update, reference.nesterov_update, rng, 0.1, past=0.0)


def nesterov_starts(rng):
    """Single steps of Nesterov's momentum that are under way, and with large numbers."""
    many = [(rng.normal(size=5), rng.normal(size=5), rng.normal(size=5), 0.2, mu) for mu in (0.0, 0.5, 0.9)]
    return [*many, many[1][:4], *enlarged(many[:2])]


@check(task="nesterov", points=0.38)
def nesterov_step(student, reference, rng):
    """The step alone looks ahead: from rest it is (1 + mu) times as long as that of gradient descent."""
    many = [(rng.normal(size=s), rng.normal(size=s), np.zeros(s), 0.1) for s in SHAPES]
    compare_steps(student.nesterov_update, reference.nesterov_update, many, STEP)
    compare_momentum(student.nesterov_update, reference.nesterov_update, nesterov_starts(rng), STEP)


@check(task="nesterov", points=0.38)
def nesterov_velocity(student, reference, rng):
    """The state alone: the velocity is the same as in momentum; only the step looks ahead."""
    compare_momentum(student.nesterov_update, reference.nesterov_update, nesterov_starts(rng), STATE)


@check(task="nesterov", points=0.34)
def nesterov_path(student, reference, rng):
    """Ten steps of Nesterov's momentum on each of three problems take the right path."""
    for make, mu in zip(PROBLEMS, ((), (0.5,), (0.95,)), strict=True):
        problem = make(rng)
        trace(
            student.nesterov_update,
            reference.nesterov_update,
            problem,
            state=(np.zeros_like(problem.start),),
            then=lambda step, mu=mu: (0.04, *mu),
            pure=True,
        )


@check(task="rmsprop", points=0.9)
def rmsprop_is_plausible(student, reference, rng):
    """rmsprop_update depends on theta and on grad, and its results are near the right ones."""
    update_is_plausible(student.rmsprop_update, reference.rmsprop_update, rng, 0.1)


def rmsprop_starts(rng):
    """Single steps of RMSProp for several decays, with gradients of 0 and with large numbers."""
    many = [
        (rng.normal(size=s), away_from_zero(rng, s), rng.uniform(0.1, 4, s), 0.1, *rest)
        for s, rest in zip(SHAPES, ((), (0.5,), (0.99,), (0.0,)), strict=True)
    ]
    idle = away_from_zero(rng, 6)
    idle[[0, 3]] = 0.0
    return [*many, *enlarged(many[1:3]), (rng.normal(size=6), idle, np.zeros(6), 0.1)]


@check(task="rmsprop", points=0.38)
def rmsprop_step(student, reference, rng):
    """The step alone: it divides by the root of the new mean; eps is used as it is given."""
    compare_steps(student.rmsprop_update, reference.rmsprop_update, rmsprop_starts(rng), STEP, **ADAPTIVE)
    rmsprop_with_epsilon(student, rng, 3.0)


@check(task="rmsprop", points=0.38)
def rmsprop_mean(student, reference, rng):
    """The state alone: the new mean is decay parts of the old one and 1 - decay parts of the new square."""
    compare_steps(student.rmsprop_update, reference.rmsprop_update, rmsprop_starts(rng), STATE)


@check(task="rmsprop", points=0.34)
def rmsprop_path(student, reference, rng):
    """Ten steps of RMSProp on each of three problems take the right path; eps is used as it is given."""
    functions = student.rmsprop_update, reference.rmsprop_update
    for make, decay in zip(SMOOTH, ((), (0.5,), (0.95,)), strict=True):
        adaptive_trace(*functions, rng, make, 1, lambda step, decay=decay: (0.02, *decay))
    rmsprop_with_epsilon(student, rng, 4.0)


@check(task="adam", points=0.9)
def adam_is_plausible(student, reference, rng):
    """adam_update depends on theta and on grad, and its results are near the right ones."""
    update_is_plausible(student.adam_update, reference.adam_update, rng, 3, 0.1, states=2)


def adam_starts(rng):
    """Single steps of Adam for several t and betas, with gradients of 0 and with large numbers."""
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
        for s, t, rest in zip(SHAPES, (1, 2, 7, 3), ((), (0.8, 0.95), (0.5,), (0.0, 0.0)), strict=True)
    ]
    idle, rest = away_from_zero(rng, 6), np.zeros(6)
    idle[[0, 3]] = 0.0
    return [*many, *enlarged(many[1:3]), (rng.normal(size=6), idle, rest, rest, 1, 0.1)]


@check(task="adam", points=0.38)
def adam_step(student, reference, rng):
    """The step alone: step t divides the corrected mean by the root of the corrected mean square."""
    compare_steps(student.adam_update, reference.adam_update, adam_starts(rng), STEP, states=2, **ADAPTIVE)
    adam_with_epsilon(student, rng, 3.0)


@check(task="adam", points=0.38)
def adam_means(student, reference, rng):
    """The state alone: the new m and v are running means, and are returned without the correction."""
    compare_steps(student.adam_update, reference.adam_update, adam_starts(rng), STATE, states=2)


@check(task="adam", points=0.34)
def adam_path(student, reference, rng):
    """Ten steps of Adam on each of three problems, t from 1, take the right path; eps is used as given."""
    functions = student.adam_update, reference.adam_update
    for make, betas in zip(SMOOTH, ((), (0.8, 0.95), (0.5, 0.9)), strict=True):
        adaptive_trace(*functions, rng, make, 2, lambda step, betas=betas: (step + 1, 0.05, *betas))
    adam_with_epsilon(student, rng, 4.0)


# --- Choosing a rate: 4 points ------------------------------------------------------------------

RATES = np.logspace(-3, 1, 401)  # the fine grid
CLOSE = 1.05  # times the lowest loss of the grid
NEAR = 6.0  # a rate of the right size: at most so many times too large or too small


class Valley:
    """A loss of three parameters with curvatures of 1 : 3 : 10, above a floor.

    With a quartic part, a rate that is too large ends in NaN. Everything works on rows of theta, too.
    """

    def __init__(self, rng, scale, quartic):
        self.curvature, self.quartic = scale * np.array([1.0, 3.0, 10.0]), scale * quartic
        self.centre = rng.normal(size=3)
        self.start = self.centre + rng.choice([-1.0, 1.0], 3) * rng.uniform(1, 2, 3)
        self.floor = 0.25 * float(np.sum(self.curvature * (self.start - self.centre) ** 2)) / 2

    def losses(self, theta):
        """The loss of each row."""
        away = theta - self.centre
        return self.floor + np.sum(self.curvature * away**2 / 2 + self.quartic * away**4 / 4, axis=-1)

    def loss(self, theta):
        """The loss as students get it."""
        return float(self.losses(theta))

    def gradient(self, theta):
        """Its gradient."""
        away = theta - self.centre
        return self.curvature * away + self.quartic * away**3

    def ends(self, rates, steps):
        """The losses where gradient descent ends, rate by rate; NaN or infinity where it diverges."""
        place = np.tile(self.start, (len(rates), 1))
        with np.errstate(all="ignore"):
            for _ in range(steps):
                place = place - np.asarray(rates)[:, None] * self.gradient(place)
            return self.losses(place)


def tuned(rng, scale, steps, quartic):
    """A problem on which a usual grid finds the rate, and powers of ten or a single step do not.

    Returns the problem, the lowest loss of the fine grid, and the rate there.
    """
    for _ in range(300):
        problem = Valley(rng, scale * rng.uniform(0.7, 1.4), quartic)
        ends = problem.ends(RATES, steps)
        best = int(np.nanargmin(ends))
        right = RATES[ends <= CLOSE * ends[best]]
        once = RATES[np.nanargmin(problem.ends(RATES, 1))]
        ten = np.nanmin(problem.ends(np.logspace(-3, 1, 5), steps))
        wide = right[-1] / right[0] > 1.35 and right[0] > 0.002 and right[-1] < 5
        if wide and (quartic or not right[0] <= once <= right[-1]) and ten > CLOSE * ends[best]:
            break
    return problem, float(ends[best]), float(RATES[best])


def rate_from(student, arguments):
    """The rate that tune_sgd returns: one number from 0.001 to 10."""
    lr = student.tune_sgd(*arguments)
    found = to_array(lr)
    if found is None or found.shape != () or found.dtype.kind not in "iuf":
        raise WrongType(
            f"tune_sgd should return one number, the learning rate, not {kind_of(lr)}.",
            evidence=student.tune_sgd.evidence(arguments),
        )
    require(
        bool(1e-3 * (1 - 1e-9) <= float(found) <= 10 * (1 + 1e-9)),
        f"tune_sgd returned {float(found):.6g}, which is not a rate from 0.001 to 10.",
        hint="Return the rate, not the loss or the place where it ends.",
    )
    return float(found)


@check(task="tune_sgd", points=1.8)
def tune_sgd_is_plausible(student, rng):
    """tune_sgd finds a rate of the right size on steep and on flat losses."""
    for scale, steps in ((0.5, 6), (5.0, 5), (40.0, 6)):
        problem, _, best = tuned(rng, scale, steps, 0.0)
        lr = rate_from(student, (problem.loss, problem.gradient, problem.start, steps))
        require(
            best / NEAR <= lr <= best * NEAR,
            f"tune_sgd returned {lr:.4g} for a loss on which {best:.4g} ends lowest.",
            hint="Let every rate start at theta, make all the steps, and compare the losses where they end.",
        )


@check(task="tune_sgd", points=2.2)
def tune_sgd_ends_lowest(student, rng):
    """The rate from tune_sgd ends within 5 % of the lowest loss, also where large rates end in NaN."""
    for scale, steps, quartic in ((1.0, 5, 0.0), (20.0, 6, 0.0), (4.0, 8, 1.0), (2.0, 7, 1.0)):
        problem, lowest, best = tuned(rng, scale, steps, quartic)
        lr = rate_from(student, (problem.loss, problem.gradient, problem.start.copy(), steps))
        ended = float(problem.ends([lr], steps)[0])
        require(
            ended <= CLOSE * lowest,
            f"With the rate {lr:.4g} the loss after {steps} steps is {ended:.4g}; "
            f"with {best:.4g} it is {lowest:.4g}.",
            hint="Try at least ten rates in each power of ten, each from the same theta and for all steps.",
        )


# --- Where Adagrad stalls: 3 points -------------------------------------------------------------


def moved_by_both(student):
    """How far Adagrad and plain gradient descent go with the student's gradients and rate."""
    result = student.adagrad_stall()
    if not isinstance(result, (list, tuple)) or len(result) != 2:
        raise WrongType(
            f"adagrad_stall should return (gradients, lr), not {kind_of(result)}.",
            hint="Return the list of gradients and the learning rate, in this order.",
        )
    gradients, rate = to_array(result[0]), to_array(result[1])
    if gradients is None or gradients.dtype.kind not in "iuf" or gradients.ndim != 1:
        raise WrongType(f"The gradients should be a list of numbers, not {kind_of(result[0])}.")
    if rate is None or rate.dtype.kind not in "iuf" or rate.shape != ():
        raise WrongType(f"The learning rate should be one number, not {kind_of(result[1])}.")
    require(1 <= len(gradients) <= 1000, f"There are {len(gradients)} gradients; 1 to 1000 are asked for.")
    gradients, lr = gradients.astype(float), float(rate)
    require(bool(np.all(np.isfinite(gradients))), "Some gradient is not a finite number.")
    require(0 < lr < np.inf, f"The learning rate is {lr:.4g}; it has to be positive and finite.")
    with np.errstate(all="ignore"):
        adagrad = lr * np.sum(gradients / (np.sqrt(np.cumsum(gradients**2)) + 1e-8))
        distances = abs(float(adagrad)), abs(float(lr * np.sum(gradients)))
    require(bool(np.all(np.isfinite(distances))), "With these numbers a step is not finite.")
    require(
        distances[1] > 0, "Plain gradient descent ends where it began, so there is no distance to compare."
    )
    return distances


@check(task="adagrad_stall", points=1.35)
def adagrad_stall_is_plausible(student):
    """On the gradients from adagrad_stall, Adagrad comes less than a tenth as far as gradient descent."""
    adagrad, plain = moved_by_both(student)
    require(
        adagrad < 0.1 * plain,
        f"Adagrad moves {adagrad:.4g}, plain gradient descent {plain:.4g}, "
        f"so Adagrad comes {100 * adagrad / plain:.3g} % as far.",
        hint="What makes the sum of squares large, so that all later steps are short?",
    )


@check(task="adagrad_stall", points=1.65)
def adagrad_stall_is_below_one_percent(student):
    """On the gradients from adagrad_stall, Adagrad comes less than 1 % as far as gradient descent."""
    adagrad, plain = moved_by_both(student)
    require(
        adagrad < 0.01 * plain,
        f"Adagrad moves {adagrad:.4g}, plain gradient descent {plain:.4g}, "
        f"so Adagrad comes {100 * adagrad / plain:.3g} % as far.",
        hint="With gradients of one size Adagrad still goes as the root of their number. Do better.",
    )
