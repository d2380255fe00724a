"""Hidden checks of homework 1: values, gradients, kinks, extremes, and inputs left alone.

Inputs are drawn away from the kink at 0, except in the checks that are about the kink. No two axes
are equally long, the upstream gradient is random, and every function is judged by checks of its
own: a wrong forward costs its backward nothing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import (
    RELU,
    Activation,
    Network,
    Training,
    accuracy,
    assert_float64_and_unmodified,
    assert_same,
    assert_same_curve,
    check,
    convergence,
    gradient_check,
    shuffled_batches,
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


# --- ReLU: 3 points -----------------------------------------------------------------------------


@check(task="relu", points=0.5)
def relu_values(student, reference, rng):
    """relu(x) is x where x is positive and 0 elsewhere, for any shape."""
    assert_same(student.relu, reference.relu, signed(rng, 2, 3, 5))


@check(task="relu", points=0.25)
def relu_curve(student, reference):
    """relu has the right curve from -4 to 4."""
    assert_same_curve(student.relu, reference.relu, RANGE, label="relu(x)")


@check(task="relu", points=1.25)
def relu_gradient(student, reference, rng):
    """relu_backward is the gradient of relu."""
    x, grad_out = signed(rng, 2, 4, 5), rng.normal(size=(2, 4, 5))
    gradient_check(reference.relu, student.relu_backward, at=(x,), grad_out=grad_out)


@check(task="relu", points=0.25)
def relu_derivative_curve(student, reference):
    """The derivative of relu is a step from 0 to 1."""
    assert_same_curve(student.relu_backward, reference.relu_backward, RANGE, ONES, label="derivative of relu")


@check(task="relu", points=0.25)
def relu_kink(student, reference, rng):
    """Where x is exactly 0, the derivative of relu is between 0 and 1."""
    x, grad_out = at_the_kink(rng)
    gradient_check(reference.relu, student.relu_backward, at=(x,), grad_out=grad_out, kinks=True)


@check(task="relu", points=0.25)
def relu_leaves_inputs(student, rng):
    """relu and relu_backward return float64 and leave their inputs as they were."""
    x, grad_out = signed(rng, 4, 5), signed(rng, 4, 5)
    assert_float64_and_unmodified(student.relu, x)
    assert_float64_and_unmodified(student.relu_backward, x, grad_out)


@convergence(task="relu", points=0.25)
def relu_trains_a_network(pieces, images, rng):
    """A network with your relu and relu_backward between its layers learns to read digits."""
    return train(Activation(pieces.relu, pieces.relu_backward), RELU, images, rng)


# --- Leaky ReLU: 3 points -----------------------------------------------------------------------


@check(task="leaky_relu", points=0.75)
def leaky_relu_values(student, reference, rng):
    """leaky_relu(x, slope) is slope * x where x is negative, for any slope between 0 and 1 and any shape."""
    assert_same(student.leaky_relu, reference.leaky_relu, signed(rng, 4, 7), rng.uniform(0.1, 0.4))
    assert_same(student.leaky_relu, reference.leaky_relu, signed(rng, 2, 3, 5), rng.uniform(0.5, 0.9))


@check(task="leaky_relu", points=0.25)
def leaky_relu_default_slope(student, reference, rng):
    """Without a slope, leaky_relu takes 0.01."""
    assert_same(student.leaky_relu, reference.leaky_relu, signed(rng, 5, 3))


@check(task="leaky_relu", points=0.25)
def leaky_relu_curve(student, reference):
    """leaky_relu has the right curve from -4 to 4 for slope 0.2."""
    assert_same_curve(student.leaky_relu, reference.leaky_relu, RANGE, 0.2, label="leaky_relu(x, 0.2)")


@check(task="leaky_relu", points=0.75)
def leaky_relu_gradient(student, reference, rng):
    """leaky_relu_backward is the gradient with respect to x, for any slope between 0 and 1 and any shape."""
    for shape, slope in [((4, 7), rng.uniform(0.1, 0.4)), ((2, 3, 5), rng.uniform(0.5, 0.9))]:
        gradient_check(
            reference.leaky_relu,
            student.leaky_relu_backward,
            at=(signed(rng, *shape), slope),
            grad_out=rng.normal(size=shape),
            wrt=(0,),
        )


@check(task="leaky_relu", points=0.25)
def leaky_relu_gradient_default_slope(student, reference, rng):
    """Without a slope, leaky_relu_backward is the gradient for slope 0.01."""
    x, grad_out = signed(rng, 4, 5), rng.normal(size=(4, 5))
    gradient_check(reference.leaky_relu, student.leaky_relu_backward, at=(x,), grad_out=grad_out)


@check(task="leaky_relu", points=0.25)
def leaky_relu_derivative_curve(student, reference):
    """The derivative of leaky_relu is a step from slope to 1."""
    assert_same_curve(
        student.leaky_relu_backward,
        reference.leaky_relu_backward,
        RANGE,
        ONES,
        0.2,
        label="derivative of leaky_relu, slope 0.2",
    )


@check(task="leaky_relu", points=0.25)
def leaky_relu_kink(student, reference, rng):
    """Where x is exactly 0, the derivative of leaky_relu is between slope and 1."""
    x, grad_out = at_the_kink(rng)
    gradient_check(reference.leaky_relu, student.leaky_relu_backward, at=(x,), grad_out=grad_out, kinks=True)


@check(task="leaky_relu", points=0.25)
def leaky_relu_leaves_inputs(student, rng):
    """leaky_relu and leaky_relu_backward return float64 and leave their inputs as they were."""
    x, grad_out = signed(rng, 4, 5), signed(rng, 4, 5)
    assert_float64_and_unmodified(student.leaky_relu, x, 0.3)
    assert_float64_and_unmodified(student.leaky_relu_backward, x, grad_out, 0.3)


# --- PReLU: 4 points ----------------------------------------------------------------------------


@check(task="prelu", points=0.5)
def prelu_one_alpha(student, reference, rng):
    """prelu(x, alpha) is alpha * x where x is negative, for one alpha for all features."""
    assert_same(student.prelu, reference.prelu, signed(rng, 4, 7), rng.uniform(0.1, 0.6))


@check(task="prelu", points=0.5)
def prelu_alpha_per_feature(student, reference, rng):
    """With alpha of shape (F,), each feature along the last axis has its own slope."""
    assert_same(student.prelu, reference.prelu, signed(rng, 2, 3, 5), rng.uniform(0.05, 0.9, size=5))


@check(task="prelu", points=0.25)
def prelu_any_alpha(student, reference, rng):
    """prelu is right for any alpha, also above 1 and below 0."""
    alpha = np.array([rng.uniform(1.2, 2.0), -rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.9)])
    assert_same(student.prelu, reference.prelu, signed(rng, 6, 3), alpha)


@check(task="prelu", points=0.25)
def prelu_curve(student, reference):
    """prelu has the right curve from -4 to 4 for alpha 0.25."""
    assert_same_curve(student.prelu, reference.prelu, RANGE, 0.25, label="prelu(x, 0.25)")


@check(task="prelu", points=0.5)
def prelu_gradient_one_alpha(student, reference, rng):
    """prelu_backward gives both gradients for one alpha; grad_alpha is a number."""
    x, grad_out = signed(rng, 4, 3), rng.normal(size=(4, 3))
    at = (x, rng.uniform(0.1, 0.6))
    gradient_check(reference.prelu, student.prelu_backward, at=at, grad_out=grad_out)


@check(task="prelu", points=0.75)
def prelu_gradient_per_feature(student, reference, rng):
    """prelu_backward gives both gradients for one alpha per feature; grad_alpha has one entry for each."""
    x, grad_out = signed(rng, 8, 5), rng.normal(size=(8, 5))
    at = (x, rng.uniform(0.05, 0.9, size=5))
    gradient_check(reference.prelu, student.prelu_backward, at=at, grad_out=grad_out)


@check(task="prelu", points=0.25)
def prelu_gradient_any_axes(student, reference, rng):
    """grad_alpha is summed over every axis but the last, however many there are."""
    for shape in [(2, 3, 4), (6,)]:
        at = (signed(rng, *shape), rng.uniform(0.05, 0.9, size=shape[-1]))
        gradient_check(reference.prelu, student.prelu_backward, at=at, grad_out=rng.normal(size=shape))


@check(task="prelu", points=0.25)
def prelu_gradient_any_alpha(student, reference, rng):
    """prelu_backward is right for any alpha, also above 1 and below 0."""
    alpha = np.array([rng.uniform(1.2, 2.0), -rng.uniform(0.2, 0.8), rng.uniform(0.1, 0.9)])
    x, grad_out = signed(rng, 6, 3), rng.normal(size=(6, 3))
    assert_same(student.prelu_backward, reference.prelu_backward, x, grad_out, alpha, names=GRADIENTS)


@check(task="prelu", points=0.25)
def prelu_derivative_curve(student, reference):
    """The derivative of prelu with respect to x is a step from alpha to 1."""
    assert_same_curve(
        student.prelu_backward,
        reference.prelu_backward,
        RANGE,
        ONES,
        0.25,
        result=0,
        label="derivative of prelu, alpha 0.25",
    )


@check(task="prelu", points=0.25)
def prelu_kink(student, reference, rng):
    """Where x is exactly 0, the derivative of prelu is between alpha and 1."""
    x, grad_out = at_the_kink(rng)
    gradient_check(reference.prelu, student.prelu_backward, at=(x, 0.3), grad_out=grad_out, kinks=True)


@check(task="prelu", points=0.25)
def prelu_leaves_inputs(student, rng):
    """prelu and prelu_backward return float64 and leave their inputs as they were."""
    x, grad_out, alpha = signed(rng, 4, 5), signed(rng, 4, 5), rng.uniform(0.05, 0.9, size=5)
    assert_float64_and_unmodified(student.prelu, x, alpha)
    assert_float64_and_unmodified(student.prelu_backward, x, grad_out, alpha)


# --- SiLU: 3 points -----------------------------------------------------------------------------


@check(task="silu", points=0.75)
def silu_values(student, reference, rng):
    """silu(x) is x * sigmoid(x), for any shape."""
    assert_same(student.silu, reference.silu, 2 * signed(rng, 2, 3, 5))


@check(task="silu", points=0.25)
def silu_curve(student, reference):
    """silu has the right curve from -4 to 4."""
    assert_same_curve(student.silu, reference.silu, RANGE, label="silu(x)")


@check(task="silu", points=0.25)
def silu_extremes(student, reference, rng):
    """silu is finite and right at x = 1000 and x = -1000."""
    assert_same(student.silu, reference.silu, np.array([-1000.0, rng.normal(), 1000.0]))


@check(task="silu", points=0.75)
def silu_gradient(student, reference, rng):
    """silu_backward is the gradient of silu."""
    x, grad_out = signed(rng, 2, 4, 5), rng.normal(size=(2, 4, 5))
    gradient_check(reference.silu, student.silu_backward, at=(x,), grad_out=grad_out)


@check(task="silu", points=0.25)
def silu_derivative_curve(student, reference):
    """The derivative of silu has the right curve: below 0 on the far left, above 1 on the right."""
    assert_same_curve(student.silu_backward, reference.silu_backward, RANGE, ONES, label="derivative of silu")


@check(task="silu", points=0.25)
def silu_gradient_extremes(student, reference, rng):
    """silu_backward is finite and right at x = 1000 and x = -1000."""
    x = np.array([-1000.0, rng.normal(), 1000.0])
    assert_same(student.silu_backward, reference.silu_backward, x, rng.normal(size=3))


@check(task="silu", points=0.25)
def silu_leaves_inputs(student, rng):
    """silu and silu_backward return float64 and leave their inputs as they were."""
    x, grad_out = signed(rng, 4, 5), signed(rng, 4, 5)
    assert_float64_and_unmodified(student.silu, x)
    assert_float64_and_unmodified(student.silu_backward, x, grad_out)


@convergence(task="silu", points=0.25)
def silu_trains_a_network(pieces, images, rng):
    """A network with your silu and silu_backward between its layers learns to read digits."""
    return train(Activation(pieces.silu, pieces.silu_backward), SILU, images, rng)


# --- SmoothReLU: 4 points -----------------------------------------------------------------------


@check(task="smooth_relu", points=0.75)
def smooth_relu_positive_side(student, reference, rng):
    """For positive x, smooth_relu(x, alpha) is x - log(alpha * x + 1) / alpha, for any shape."""
    assert_same(student.smooth_relu, reference.smooth_relu, abs(signed(rng, 4, 7)), rng.uniform(0.5, 0.9))
    assert_same(student.smooth_relu, reference.smooth_relu, abs(signed(rng, 2, 3, 5)), rng.uniform(2, 5))


@check(task="smooth_relu", points=0.5)
def smooth_relu_negative_side(student, reference, rng):
    """For negative x and for 0, smooth_relu is 0."""
    x = np.concatenate([signed(rng, 9), [-6.0, -0.05, 0.0]])
    assert_same(student.smooth_relu, reference.smooth_relu, x, rng.uniform(1.5, 3.0))


@check(task="smooth_relu", points=0.25)
def smooth_relu_alphas(student, reference, rng):
    """smooth_relu is right at alpha = 0.1, a very gentle bend, and at alpha = 100, nearly ReLU."""
    assert_same(student.smooth_relu, reference.smooth_relu, signed(rng, 3, 4), 0.1)
    assert_same(student.smooth_relu, reference.smooth_relu, signed(rng, 3, 4), 100.0)


@check(task="smooth_relu", points=0.25)
def smooth_relu_curve(student, reference):
    """smooth_relu has the right curve from -4 to 4 for alpha 2."""
    assert_same_curve(student.smooth_relu, reference.smooth_relu, RANGE, 2.0, label="smooth_relu(x, 2)")


@check(task="smooth_relu", points=0.75)
def smooth_relu_gradient(student, reference, rng):
    """smooth_relu_backward gives the gradients with respect to x and to alpha; grad_alpha is a number."""
    x, grad_out = signed(rng, 6, 4), rng.normal(size=(6, 4))
    at = (x, rng.uniform(1.5, 3.0))
    gradient_check(reference.smooth_relu, student.smooth_relu_backward, at=at, grad_out=grad_out)


@check(task="smooth_relu", points=0.25)
def smooth_relu_gradient_any_axes(student, reference, rng):
    """Both gradients of smooth_relu are right for any number of axes."""
    x, grad_out = signed(rng, 2, 3, 4), rng.normal(size=(2, 3, 4))
    at = (x, rng.uniform(0.4, 0.8))
    gradient_check(reference.smooth_relu, student.smooth_relu_backward, at=at, grad_out=grad_out)


@check(task="smooth_relu", points=0.25)
def smooth_relu_gradient_alphas(student, reference, rng):
    """Both gradients of smooth_relu are right at alpha = 0.1 and at alpha = 100."""
    for alpha in (0.1, 100.0):
        x, grad_out = signed(rng, 12), rng.normal(size=12)
        assert_same(
            student.smooth_relu_backward, reference.smooth_relu_backward, x, grad_out, alpha, names=GRADIENTS
        )


@check(task="smooth_relu", points=0.5)
def smooth_relu_derivative_curve(student, reference):
    """The derivative of smooth_relu with respect to x rises from 0 without a jump."""
    assert_same_curve(
        student.smooth_relu_backward,
        reference.smooth_relu_backward,
        RANGE,
        ONES,
        2.0,
        result=0,
        label="derivative of smooth_relu, alpha 2",
    )


@check(task="smooth_relu", points=0.25)
def smooth_relu_gradient_at_zero(student, reference, rng):
    """At x = 0 both derivatives of smooth_relu are 0: it has no kink."""
    grad_out = rng.normal(size=4)
    assert_same(
        student.smooth_relu_backward,
        reference.smooth_relu_backward,
        np.zeros(4),
        grad_out,
        2.5,
        names=GRADIENTS,
    )


@check(task="smooth_relu", points=0.25)
def smooth_relu_leaves_inputs(student, rng):
    """smooth_relu and smooth_relu_backward return float64 and leave their inputs as they were."""
    x, grad_out = signed(rng, 4, 5), signed(rng, 4, 5)
    assert_float64_and_unmodified(student.smooth_relu, x, 1.5)
    assert_float64_and_unmodified(student.smooth_relu_backward, x, grad_out, 1.5)


# --- Vanishing gradients: 3 points --------------------------------------------------------------


@check(task="layer_gradient_norms", points=0.75)
def norms_of_one_layer(student, reference, rng):
    """With a single layer the norm is that of x^T (grad_out * act'(x W)), for both activations."""
    x, grad_out, weights = network(rng, 6, 4)
    for activation in ("relu", "sigmoid"):
        assert_same(
            student.layer_gradient_norms, reference.layer_gradient_norms, x, grad_out, weights, activation
        )


@check(task="layer_gradient_norms", points=0.75)
def norms_of_a_relu_network(student, reference, rng):
    """Four ReLU layers: one norm for each layer, first layer first."""
    x, grad_out, weights = network(rng, 6, 9, 8, 5, 4)
    assert_same(student.layer_gradient_norms, reference.layer_gradient_norms, x, grad_out, weights, "relu")


@check(task="layer_gradient_norms", points=0.75)
def norms_of_a_sigmoid_network(student, reference, rng):
    """Four sigmoid layers: one norm for each layer, first layer first."""
    x, grad_out, weights = network(rng, 5, 8, 9, 6, 3)
    assert_same(student.layer_gradient_norms, reference.layer_gradient_norms, x, grad_out, weights, "sigmoid")


@check(task="layer_gradient_norms", points=0.5)
def norms_vanish_in_a_deep_sigmoid_network(student, reference, rng):
    """Through ten sigmoid layers the gradient fades, and every norm is still right to eight digits."""
    x, grad_out, weights = network(rng, 6, 11, 11, 11, 11, 11, 11, 11, 11, 11, 3)
    grad_out *= 1e5  # so that the faded gradients are of order 1, far above the absolute tolerance
    assert_same(
        student.layer_gradient_norms,
        reference.layer_gradient_norms,
        x,
        grad_out,
        weights,
        "sigmoid",
        rtol=1e-8,  # float32 on the way would be off by 1e-7
    )


@check(task="layer_gradient_norms", points=0.25)
def norms_leave_inputs(student, rng):
    """layer_gradient_norms works in float64 and leaves x, grad_out and weights as they were."""
    x, grad_out, weights = network(rng, 5, 7, 4)
    assert_float64_and_unmodified(student.layer_gradient_norms, x, grad_out, weights, "relu")
