"""Hidden checks of homework 1: values, gradients, kinks and extremes, all with inputs left alone.

Inputs are drawn away from the kink at 0, except in the checks that are about the kink. No two axes
are equally long, and the upstream gradient is random.

Points: an activation is of use with its derivative only. Values and gradient have 15 % each. 30 % are for
two functions that do what they are for, though a sign, a factor or a default may be wrong; 40 % for two that
are right in every corner. So a slip keeps about half, and a function that is of no use leaves its
partner's 15 %.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import (
    RELU,
    Activation,
    Failure,
    Network,
    Training,
    accuracy,
    assert_plausible,
    assert_same,
    assert_same_curve,
    assert_same_widely,
    check,
    convergence,
    gradient_check,
    require,
    shuffled_batches,
    to_array,
)

GRADIENTS = "grad_x", "grad_alpha"
RANGE = np.linspace(-4, 4, 80)  # an even number of points: 0 is not among them
ONES = np.ones_like(RANGE)


def signed(rng, *shape):
    """Numbers of order 1 and of both signs, away from 0."""
    return rng.choice([-1.0, 1.0], size=shape) * rng.uniform(0.2, 3.0, size=shape)


def at_the_kink(rng):
    """As `signed`, with several entries exactly 0; and an upstream gradient."""
    x = signed(rng, 3, 5)
    x[0, 1] = x[1, 3] = x[2, 0] = 0.0
    return x, rng.normal(size=(3, 5))


def network(rng, *sizes):
    """A batch of 7, an upstream gradient and He-initialised weights for layers of these sizes."""
    weights = [
        rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs)) for inputs, outputs in pairwise(sizes)
    ]
    return rng.normal(size=(7, sizes[0])), rng.normal(size=(7, sizes[-1])), weights


SILU = Activation(lambda x: x / (1 + np.exp(-x)), None)  # to evaluate with, never to train


def train(activation, evaluated_with, images, rng):
    """150 updates with momentum; the accuracy is measured with the judge's own activation."""
    sizes = images.train_pixels.shape[1], 64, 10
    network = Network(sizes, activation)
    theta, velocity, losses = network.start(rng), 0.0, []
    for x, labels in shuffled_batches(rng, images, 100, 150):
        loss, gradient = network.loss_and_gradient(theta, x, labels)
        losses.append(loss)
        velocity = 0.9 * velocity - 0.1 * gradient
        theta = theta + velocity
    judge = Network(sizes, evaluated_with)
    return Training(accuracy(lambda x: judge.logits(theta, x), images), losses)


def pair_is_plausible(student, reference, forward, rng, *rest):
    """Both functions of an activation, on three batches, with an upstream gradient of one sign."""
    batches = [signed(rng, 20, 10) for _ in range(3)]
    assert_plausible(getattr(student, forward), getattr(reference, forward), *((x, *rest) for x in batches))
    assert_plausible(
        getattr(student, forward + "_backward"),
        getattr(reference, forward + "_backward"),
        *((x, rng.uniform(0.5, 2.0, size=x.shape), *rest) for x in batches),
        uses=(0, 1),
    )


# --- ReLU: 3 points -----------------------------------------------------------------------------


@check(task="relu", points=0.9)
def relu_pair_is_plausible(student, reference, rng):
    """relu and relu_backward both depend on what they are given, and go with the right answers."""
    pair_is_plausible(student, reference, "relu", rng)


@check(task="relu", points=0.45)
def relu_values(student, reference, rng):
    """relu(x) is x where x is positive and 0 elsewhere, for any shape; x stays as it was."""
    assert_same_widely(student.relu, reference.relu, signed(rng, 2, 3, 5))


@check(task="relu", points=0.45)
def relu_gradient(student, reference, rng):
    """relu_backward is the gradient of relu; x and grad_out stay as they were."""
    x, grad_out = signed(rng, 2, 4, 5), rng.normal(size=(2, 4, 5))
    gradient_check(reference.relu, student.relu_backward, at=(x,), grad_out=grad_out, pure=True)
    assert_same_widely(student.relu_backward, reference.relu_backward, x, grad_out)
    for one_sided in (-np.abs(x), np.abs(x)):  # a gate of the whole array has no other moment to show
        assert_same(student.relu_backward, reference.relu_backward, one_sided, grad_out, pure=True)


@check(task="relu", points=0.5)
def relu_curves(student, reference, rng):
    """From -4 to 4 and beyond, relu has the right curve, and its derivative is a step from 0 to 1."""
    assert_same_curve(student.relu, reference.relu, RANGE, label="relu(x)", pure=True)
    backwards = student.relu_backward, reference.relu_backward
    assert_same_curve(*backwards, RANGE, ONES, label="derivative of relu", pure=True)
    assert_same_widely(*backwards, RANGE, rng.normal(size=RANGE.shape))
    assert_same_widely(student.relu, reference.relu, RANGE)


@check(task="relu", points=0.45)
def relu_kink(student, reference, rng):
    """Where x is exactly 0, relu is 0 and its derivative between 0 and 1; nearby and far away it is right."""
    x, grad_out = at_the_kink(rng)
    assert_same_widely(student.relu, reference.relu, x)
    gradient_check(reference.relu, student.relu_backward, at=(x,), grad_out=grad_out, kinks=True, pure=True)
    near = signed(rng, 3, 5)
    assert_same_widely(student.relu_backward, reference.relu_backward, near, grad_out)


@convergence(task="relu", points=0.25)
def relu_trains_a_network(pieces, images, rng):
    """A network with your relu and relu_backward between its layers learns to read digits."""
    return train(Activation(pieces.relu, pieces.relu_backward), RELU, images, rng)


# --- Leaky ReLU: 3 points -----------------------------------------------------------------------


@check(task="leaky_relu", points=0.9)
def leaky_relu_pair_is_plausible(student, reference, rng):
    """leaky_relu and its backward both depend on what they are given, and go with the right answers."""
    pair_is_plausible(student, reference, "leaky_relu", rng, rng.uniform(0.1, 0.4))


@check(task="leaky_relu", points=0.45)
def leaky_relu_values(student, reference, rng):
    """leaky_relu(x, slope) is slope * x where x is negative, for any slope between 0 and 1 and any shape."""
    functions = student.leaky_relu, reference.leaky_relu
    assert_same(*functions, signed(rng, 4, 7), rng.uniform(0.1, 0.4), pure=True)
    assert_same_widely(*functions, signed(rng, 2, 3, 5), rng.uniform(0.5, 0.9))


@check(task="leaky_relu", points=0.45)
def leaky_relu_gradient(student, reference, rng):
    """leaky_relu_backward is the gradient with respect to x, for any slope between 0 and 1 and any shape."""
    for shape, slope in [((4, 7), rng.uniform(0.1, 0.4)), ((2, 3, 5), rng.uniform(0.5, 0.9))]:
        gradient_check(
            reference.leaky_relu,
            student.leaky_relu_backward,
            at=(signed(rng, *shape), slope),
            grad_out=rng.normal(size=shape),
            wrt=(0,),
            pure=True,
        )
    rest = signed(rng, 4, 7), rng.normal(size=(4, 7)), rng.uniform(0.1, 0.4)
    assert_same_widely(student.leaky_relu_backward, reference.leaky_relu_backward, *rest)


@check(task="leaky_relu", points=0.6)
def leaky_relu_curves(student, reference, rng):
    """leaky_relu and its derivative are right for slopes from 0 to 1, and for 0.01 if none is given."""
    functions = student.leaky_relu, reference.leaky_relu
    backwards = student.leaky_relu_backward, reference.leaky_relu_backward
    for slope, label in [((0.2,), "slope 0.2"), ((), "no slope given")]:
        assert_same_curve(*functions, RANGE, *slope, label=f"leaky_relu, {label}", pure=True)
        assert_same_curve(
            *backwards, RANGE, ONES, *slope, label=f"derivative of leaky_relu, {label}", pure=True
        )
        assert_same_widely(*backwards, RANGE, rng.normal(size=RANGE.shape), *slope)
    for slope in (0.0, rng.uniform(0.7, 1.0)):
        assert_same_widely(*functions, RANGE, optional=(slope,))
        assert_same_widely(*backwards, RANGE, rng.normal(size=RANGE.shape), optional=(slope,))


@check(task="leaky_relu", points=0.6)
def leaky_relu_kink(student, reference, rng):
    """At x = 0 leaky_relu is 0 and its derivative between slope and 1; the slope may be left out."""
    x, grad_out = at_the_kink(rng)
    for slope in ((), (rng.uniform(0.1, 0.4),)):
        assert_same(student.leaky_relu, reference.leaky_relu, x, *slope, pure=True)
        gradient_check(
            reference.leaky_relu,
            student.leaky_relu_backward,
            at=(x, *slope),
            grad_out=grad_out,
            wrt=(0,),
            kinks=True,
            pure=True,
        )
    near = signed(rng, 3, 5)
    for slope in (0.0, rng.uniform(0.1, 0.4)):
        assert_same_widely(student.leaky_relu, reference.leaky_relu, x, optional=(slope,))
        backwards = student.leaky_relu_backward, reference.leaky_relu_backward
        assert_same_widely(*backwards, near, grad_out, optional=(slope,))


# --- PReLU: 4 points ----------------------------------------------------------------------------


def any_alpha(rng, count):
    """One alpha for each feature, the first above 1, the second below 0 and the third below -1."""
    special = rng.uniform(1.2, 2.0), -rng.uniform(0.2, 0.8), -rng.uniform(1.2, 2.5)
    return np.array([*special, *rng.uniform(0.1, 0.9, size=count - 3)])


@check(task="prelu", points=1.2)
def prelu_pair_is_plausible(student, reference, rng):
    """prelu and prelu_backward both depend on what they are given, and go with the right answers."""
    pair_is_plausible(student, reference, "prelu", rng, rng.uniform(0.1, 0.6))


@check(task="prelu", points=0.6)
def prelu_values(student, reference, rng):
    """prelu(x, alpha) is alpha * x where x is negative, for one alpha and for one per feature."""
    functions = student.prelu, reference.prelu
    assert_same_widely(*functions, signed(rng, 4, 7), rng.uniform(0.1, 0.6), scales=(5.0, 50.0))
    assert_same(*functions, signed(rng, 2, 3, 5), rng.uniform(0.05, 0.9, size=5), pure=True)


@check(task="prelu", points=0.6)
def prelu_gradient(student, reference, rng):
    """prelu_backward gives both gradients; grad_alpha is a number, or has one entry per feature."""
    for alpha in (rng.uniform(0.1, 0.6), rng.uniform(0.05, 0.9, size=5)):
        at, grad_out = (signed(rng, 8, 5), alpha), rng.normal(size=(8, 5))
        gradient_check(reference.prelu, student.prelu_backward, at=at, grad_out=grad_out, pure=True)
    backwards = student.prelu_backward, reference.prelu_backward
    assert_same_widely(*backwards, at[0], grad_out, rng.uniform(0.1, 0.6), names=GRADIENTS)


@check(task="prelu", points=0.8)
def prelu_any_alpha(student, reference, rng):
    """Both are right for any alpha, also above 1, 0 and below -1, and for any number of axes."""
    alphas = [((6, 3), any_alpha(rng, 3)), ((2, 3, 4), any_alpha(rng, 4))]
    alphas += [((7,), alpha) for alpha in (1.5, 0.0, -rng.uniform(1.2, 2.5))]
    for shape, alpha in alphas:
        x, grad_out = signed(rng, *shape), rng.normal(size=shape)
        for scale in (1.0, 50.0):
            arguments = scale * x, scale * grad_out, alpha
            assert_same(
                student.prelu_backward, reference.prelu_backward, *arguments, names=GRADIENTS, pure=True
            )
            assert_same(student.prelu, reference.prelu, scale * x, alpha, pure=True)


@check(task="prelu", points=0.8)
def prelu_curves(student, reference, rng):
    """From -4 to 4, prelu and its derivative are right for alpha 0.25 and 1.5, also at 0 and in 3 axes."""
    functions = student.prelu, reference.prelu
    backwards = student.prelu_backward, reference.prelu_backward
    for alpha in (0.25, 1.5):
        assert_same_curve(*functions, RANGE, alpha, label=f"prelu(x, {alpha})", pure=True)
        label = f"derivative of prelu, alpha {alpha}"
        assert_same_curve(*backwards, RANGE, ONES, alpha, result=0, label=label, pure=True)
    x, grad_out = at_the_kink(rng)
    for alpha in (0.3, np.array([0.3, 1.4, 0.6, -0.5, 0.2])):
        for extra in ((), (1,)):  # an axis more
            at = x.reshape(*x.shape[:1], *extra, *x.shape[1:]), alpha
            upstream = grad_out.reshape(at[0].shape)
            gradient_check(
                reference.prelu, student.prelu_backward, at=at, grad_out=upstream, kinks=True, pure=True
            )
    assert_same_widely(*functions, x, any_alpha(rng, 5))
    assert_same_widely(*backwards, signed(rng, 3, 5), grad_out, any_alpha(rng, 5), names=GRADIENTS)


# --- SiLU: 3 points -----------------------------------------------------------------------------


@check(task="silu", points=0.9)
def silu_pair_is_plausible(student, reference, rng):
    """silu and silu_backward both depend on what they are given, and go with the right answers."""
    pair_is_plausible(student, reference, "silu", rng)


@check(task="silu", points=0.45)
def silu_values(student, reference, rng):
    """silu(x) is x * sigmoid(x), for any shape, and as far out as x = 1000 and x = -1000."""
    assert_same_widely(student.silu, reference.silu, 2 * signed(rng, 2, 3, 5))
    assert_same(student.silu, reference.silu, np.array([-1000.0, rng.normal(), 1000.0]), pure=True)


@check(task="silu", points=0.45)
def silu_gradient(student, reference, rng):
    """silu_backward is the gradient of silu, for any shape and also far out."""
    x, grad_out = signed(rng, 2, 4, 5), rng.normal(size=(2, 4, 5))
    gradient_check(reference.silu, student.silu_backward, at=(x,), grad_out=grad_out, pure=True)
    far = np.array([-1000.0, rng.normal(), 1000.0]), rng.normal(size=3)
    assert_same(student.silu_backward, reference.silu_backward, *far, pure=True)
    assert_same_widely(student.silu_backward, reference.silu_backward, x, grad_out)


@check(task="silu", points=0.25)
def silu_curves(student, reference):
    """From -4 to 4, silu and its derivative have the right curves."""
    assert_same_curve(student.silu, reference.silu, RANGE, label="silu(x)", pure=True)
    backwards = student.silu_backward, reference.silu_backward
    assert_same_curve(*backwards, RANGE, ONES, label="derivative of silu", pure=True)


@check(task="silu", points=0.7)
def silu_extremes(student, reference, rng):
    """Both are finite and right between x = -1000 and x = 1000."""
    far, between = rng.uniform(-900, 900, size=4), np.linspace(-20, 20, 12)
    x = np.sort(np.concatenate([[-1000.0, 1000.0], far, between, signed(rng, 3)]))
    assert_same(student.silu, reference.silu, x, pure=True)
    for scale in (1.0, 50.0):
        upstream = scale * rng.normal(size=x.shape)
        assert_same(student.silu_backward, reference.silu_backward, x, upstream, pure=True)


@convergence(task="silu", points=0.25)
def silu_trains_a_network(pieces, images, rng):
    """A network with your silu and silu_backward between its layers learns to read digits."""
    return train(Activation(pieces.silu, pieces.silu_backward), SILU, images, rng)


# --- SmoothReLU: 4 points -----------------------------------------------------------------------


@check(task="smooth_relu", points=1.2)
def smooth_relu_pair_is_plausible(student, reference, rng):
    """smooth_relu and its backward both depend on what they are given, and go with the right answers."""
    pair_is_plausible(student, reference, "smooth_relu", rng, rng.uniform(1.5, 3.0))


@check(task="smooth_relu", points=0.6)
def smooth_relu_values(student, reference, rng):
    """smooth_relu(x, alpha) is x - log(alpha * x + 1) / alpha where x is positive, and 0 elsewhere."""
    functions = student.smooth_relu, reference.smooth_relu
    assert_same(*functions, abs(signed(rng, 4, 7)), rng.uniform(0.5, 0.9), pure=True)
    x = np.concatenate([signed(rng, 9), [-6.0, -0.05, 0.0]])
    assert_same_widely(*functions, x, rng.uniform(1.5, 3.0), scales=(5.0, 50.0))


@check(task="smooth_relu", points=0.6)
def smooth_relu_gradient(student, reference, rng):
    """smooth_relu_backward gives the gradients with respect to x and to alpha; grad_alpha is a number."""
    x, grad_out = signed(rng, 6, 4), rng.normal(size=(6, 4))
    at = (x, rng.uniform(1.5, 3.0))
    gradient_check(reference.smooth_relu, student.smooth_relu_backward, at=at, grad_out=grad_out, pure=True)
    backwards = student.smooth_relu_backward, reference.smooth_relu_backward
    assert_same_widely(*backwards, x, grad_out, at[1], scales=(5.0, 50.0), names=GRADIENTS)


@check(task="smooth_relu", points=0.8)
def smooth_relu_curves(student, reference, rng):
    """From -4 to 4, smooth_relu and its derivative bend without a jump, whatever the number of axes."""
    functions = student.smooth_relu, reference.smooth_relu
    backwards = student.smooth_relu_backward, reference.smooth_relu_backward
    assert_same_curve(*functions, RANGE, 2.0, label="smooth_relu(x, 2)", pure=True)
    label = "derivative of smooth_relu, alpha 2"
    assert_same_curve(*backwards, RANGE, ONES, 2.0, result=0, label=label, pure=True)
    x, grad_out, alpha = signed(rng, 2, 3, 4), rng.normal(size=(2, 3, 4)), rng.uniform(0.4, 0.8)
    assert_same_widely(*backwards, x, grad_out, alpha, scales=(5.0, 50.0), names=GRADIENTS)
    assert_same_widely(*functions, x, alpha, scales=(5.0, 50.0))


@check(task="smooth_relu", points=0.8)
def smooth_relu_alphas(student, reference, rng):
    """Both are right at alpha 0.1, a gentle bend, at 100, nearly ReLU, and at x = 0, where both are 0."""
    functions = student.smooth_relu, reference.smooth_relu
    backwards = student.smooth_relu_backward, reference.smooth_relu_backward
    for alpha in (0.1, 100.0):
        x, grad_out = signed(rng, 3, 4), rng.normal(size=(3, 4))
        assert_same(*backwards, x, grad_out, alpha, names=GRADIENTS, pure=True)
        assert_same(*functions, x, alpha, pure=True)
    assert_same(*backwards, np.zeros(4), rng.normal(size=4), 2.5, names=GRADIENTS, pure=True)
    assert_same(*functions, np.zeros(4), 2.5, pure=True)


# --- Vanishing gradients: 3 points --------------------------------------------------------------


@check(task="layer_gradient_norms", points=1.35)
def norms_are_plausible(student, reference, rng):
    """There is a norm for each layer, and it depends on x, on grad_out and on the weights."""
    function = student.layer_gradient_norms
    networks = [network(rng, 6, 9, 8, 5, 4) for _ in range(30)]
    calls = {act: [(*one, act) for one in networks] for act in ("relu", "sigmoid")}
    try:
        assert_plausible(function, reference.layer_gradient_norms, *calls["relu"], uses=(0, 1, 2))
    except Failure:  # one of the two activations is enough
        assert_plausible(function, reference.layer_gradient_norms, *calls["sigmoid"], uses=(0, 1, 2))
    found = to_array(function(*calls["relu"][0]))
    require(
        found is not None and found.shape == (4,),
        "Four layers have four norms: a list of four numbers.",
    )


@check(task="layer_gradient_norms", points=0.35)
def norms_of_one_layer(student, reference, rng):
    """With a single layer the norm is that of x^T (grad_out * act'(x W)), for both activations."""
    norms_are_right(student, reference, *network(rng, 6, 4))


@check(task="layer_gradient_norms", points=0.65)
def norms_of_four_layers(student, reference, rng):
    """Four ReLU or four sigmoid layers: one norm for each layer, first layer first."""
    norms_are_right(student, reference, *network(rng, 6, 9, 8, 5, 4))


@check(task="layer_gradient_norms", points=0.65)
def norms_vanish_in_a_deep_sigmoid_network(student, reference, rng):
    """Through ten sigmoid layers the gradient fades, and every norm is still right to eight digits."""
    x, grad_out, weights = network(rng, 6, 11, 11, 11, 11, 11, 11, 11, 11, 11, 3)
    grad_out *= 1e5  # so that the faded gradients are of order 1, far above the absolute tolerance
    # float32 on the way would be off by 1e-7
    norms_are_right(student, reference, x, grad_out, weights, rtol=1e-8)


def norms_are_right(student, reference, x, grad_out, weights, rtol=1e-6):
    """Compare the norms of a network with either activation."""
    functions = student.layer_gradient_norms, reference.layer_gradient_norms
    for activation in ("relu", "sigmoid"):
        for scale in (1.0, 50.0):
            assert_same(*functions, scale * x, grad_out, weights, activation, rtol=rtol, pure=True)
