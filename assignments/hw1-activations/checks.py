"""Public checks of homework 1: small numbers worked out by hand. They carry no points.

Run one with `check("relu")` in the notebook. Passing them is a good sign; grading uses other inputs,
more shapes, and extremes.
"""

from __future__ import annotations

import numpy as np

from autograder.checks import (
    assert_close,
    assert_no_mutation,
    check,
    gradient_check,
    numeric_gradient,
    require,
)

# Two rows of three features, none at the kink.
X = np.array([[-2.0, 0.5, -1.0], [3.0, -0.25, -4.0]])
GRAD_OUT = np.array([[1.0, -2.0, 0.5], [-1.0, 3.0, 2.0]])


def _is_pair(value):
    return isinstance(value, (tuple, list)) and len(value) == 2


# --- ReLU ---------------------------------------------------------------------------------------


@check(task="relu")
def relu_keeps_what_is_positive(student):
    """relu([-1, 2, -3, 50]) is [0, 2, 0, 50]."""
    got = student.relu(np.array([-1.0, 2.0, -3.0, 50.0]))
    assert_close(got, np.array([0.0, 2.0, 0.0, 50.0]), call="relu([-1, 2, -3, 50])")


@check(task="relu")
def relu_backward_is_a_gate(student):
    """For x = [-1, 2, -3, 0.5], relu_backward turns grad_out [5, -6, 7, -8] into [0, -6, 0, -8]."""
    x, grad_out = np.array([-1.0, 2.0, -3.0, 0.5]), np.array([5.0, -6.0, 7.0, -8.0])
    call = "relu_backward([-1, 2, -3, 0.5], [5, -6, 7, -8])"
    assert_close(student.relu_backward(x, grad_out), np.array([0.0, -6.0, 0.0, -8.0]), call=call)


@check(task="relu", requires=["relu_keeps_what_is_positive"])
def relu_backward_fits_relu(student):
    """relu_backward is the gradient of your relu, measured by finite differences."""
    gradient_check(student.relu, student.relu_backward, at=(X,), grad_out=GRAD_OUT)


@check(task="relu")
def relu_works_on_a_copy(student):
    """relu and relu_backward leave their inputs as they were."""
    x, grad_out = np.array([-1.0, 2.0, -3.0, 0.5]), np.array([5.0, -6.0, 7.0, -8.0])
    got = assert_no_mutation(student.relu, x)
    assert_close(got, np.array([0.0, 2.0, 0.0, 0.5]), call="relu([-1, 2, -3, 0.5])")
    got = assert_no_mutation(student.relu_backward, x, grad_out)
    assert_close(got, np.array([0.0, -6.0, 0.0, -8.0]), call="relu_backward(x, [5, -6, 7, -8])")


# --- Leaky ReLU ---------------------------------------------------------------------------------


@check(task="leaky_relu")
def leaky_relu_leaks(student):
    """leaky_relu([-10, 2], 0.1) is [-1, 2]."""
    assert_close(
        student.leaky_relu(np.array([-10.0, 2.0]), 0.1),
        np.array([-1.0, 2.0]),
        call="leaky_relu([-10, 2], 0.1)",
    )


@check(task="leaky_relu")
def leaky_relu_has_a_default(student):
    """Without a slope it is 0.01: leaky_relu([-10, 2]) is [-0.1, 2]."""
    assert_close(
        student.leaky_relu(np.array([-10.0, 2.0])), np.array([-0.1, 2.0]), call="leaky_relu([-10, 2])"
    )


@check(task="leaky_relu")
def leaky_relu_backward_scales(student):
    """With slope 0.1 and x = [-10, 2], grad_out [3, 3] becomes [0.3, 3]."""
    got = student.leaky_relu_backward(np.array([-10.0, 2.0]), np.array([3.0, 3.0]), 0.1)
    assert_close(got, np.array([0.3, 3.0]), call="leaky_relu_backward([-10, 2], [3, 3], 0.1)")


@check(task="leaky_relu", requires=["leaky_relu_leaks", "leaky_relu_has_a_default"])
def leaky_relu_backward_fits_leaky_relu(student):
    """leaky_relu_backward is the gradient of your leaky_relu, measured by finite differences."""
    gradient_check(student.leaky_relu, student.leaky_relu_backward, at=(X,), grad_out=GRAD_OUT)


@check(task="leaky_relu")
def leaky_relu_works_on_a_copy(student):
    """leaky_relu and leaky_relu_backward leave their inputs as they were."""
    x, grad_out = np.array([-10.0, 2.0]), np.array([3.0, 3.0])
    got = assert_no_mutation(student.leaky_relu, x, 0.1)
    assert_close(got, np.array([-1.0, 2.0]), call="leaky_relu([-10, 2], 0.1)")
    got = assert_no_mutation(student.leaky_relu_backward, x, grad_out, 0.1)
    assert_close(got, np.array([0.3, 3.0]), call="leaky_relu_backward([-10, 2], [3, 3], 0.1)")


# --- PReLU --------------------------------------------------------------------------------------


@check(task="prelu")
def prelu_takes_one_alpha_or_many(student):
    """prelu([[-2, 4], [-6, -8]], 0.5) is [[-1, 4], [-3, -4]].

    With alpha = [0.5, 0.25], one slope for each column, it is [[-1, 4], [-3, -2]].
    """
    x = np.array([[-2.0, 4.0], [-6.0, -8.0]])
    assert_close(
        student.prelu(x, 0.5), np.array([[-1.0, 4.0], [-3.0, -4.0]]), call="prelu([[-2, 4], [-6, -8]], 0.5)"
    )
    assert_close(
        student.prelu(x, np.array([0.5, 0.25])),
        np.array([[-1.0, 4.0], [-3.0, -2.0]]),
        call="prelu([[-2, 4], [-6, -8]], [0.5, 0.25])",
    )


@check(task="prelu")
def prelu_takes_any_alpha(student):
    """alpha may be above 1 or negative: prelu([-2, 4], 1.5) is [-3, 4], with alpha -0.5 it is [1, 4]."""
    x = np.array([-2.0, 4.0])
    for alpha, left in ((1.5, -3.0), (-0.5, 1.0)):
        assert_close(student.prelu(x, alpha), np.array([left, 4.0]), call=f"prelu([-2, 4], {alpha})")


@check(task="prelu")
def prelu_backward_adds_up(student):
    """For x = [[-2, 4], [-6, -8]] and grad_out all ones, grad_alpha is -2 - 6 - 8 = -16.

    With one alpha for each column, it is [-2 - 6, -8] = [-8, -8].
    """
    x, ones = np.array([[-2.0, 4.0], [-6.0, -8.0]]), np.ones((2, 2))
    for alpha, grad_alpha in [(0.5, np.array(-16.0)), (np.array([0.5, 0.25]), np.array([-8.0, -8.0]))]:
        shown = "0.5" if isinstance(alpha, float) else "[0.5, 0.25]"
        call = f"prelu_backward(x, ones, {shown})"
        got = student.prelu_backward(x, ones, alpha)
        require(_is_pair(got), f"{call} should return two results: grad_x, grad_alpha.")
        assert_close(got[1], grad_alpha, call=call, parameter="grad_alpha")


@check(task="prelu", requires=["prelu_takes_one_alpha_or_many"])
def prelu_backward_fits_prelu(student):
    """prelu_backward gives both gradients of your prelu, measured by finite differences.

    One alpha for all, one per feature (one of them above 1), and one per feature where x has three axes.
    """
    gradient_check(student.prelu, student.prelu_backward, at=(X, 0.3), grad_out=GRAD_OUT)
    at = (X, np.array([0.1, 1.5, -0.3]))
    gradient_check(student.prelu, student.prelu_backward, at=at, grad_out=GRAD_OUT)
    cube, grad_out = np.stack([X, X[::-1] - 0.3]), np.stack([GRAD_OUT, 2 * GRAD_OUT])
    gradient_check(student.prelu, student.prelu_backward, at=(cube, at[1]), grad_out=grad_out)


# --- SiLU ---------------------------------------------------------------------------------------


@check(task="silu")
def silu_is_x_times_its_gate(student):
    """silu([0, log 3, -log 3]) is [0, 3/4 log 3, -1/4 log 3]: sigmoid(log 3) is 3/4."""
    log3 = np.log(3.0)
    got = student.silu(np.array([0.0, log3, -log3]))
    assert_close(got, np.array([0.0, 0.75 * log3, -0.25 * log3]), call="silu([0, log 3, -log 3])")


@check(task="silu")
def silu_far_out(student):
    """silu([-1000, 1000]) is [0, 1000]: no NaN, no infinity."""
    got = student.silu(np.array([-1000.0, 1000.0]))
    assert_close(got, np.array([0.0, 1000.0]), call="silu([-1000, 1000])")


@check(task="silu")
def silu_slope_at_zero(student):
    """At x = 0 the derivative of silu is 1/2, so grad_out [4] becomes [2]."""
    got = student.silu_backward(np.array([0.0]), np.array([4.0]))
    assert_close(got, np.array([2.0]), call="silu_backward([0], [4])")


@check(task="silu")
def silu_slope_far_out(student):
    """At x = -1000 the derivative of silu is 0, at 1000 it is 1: no NaN, no infinity."""
    got = student.silu_backward(np.array([-1000.0, 1000.0]), np.array([4.0, 4.0]))
    assert_close(got, np.array([0.0, 4.0]), call="silu_backward([-1000, 1000], [4, 4])")


@check(task="silu", requires=["silu_is_x_times_its_gate"])
def silu_backward_fits_silu(student):
    """silu_backward is the gradient of your silu, measured by finite differences."""
    gradient_check(student.silu, student.silu_backward, at=(X,), grad_out=GRAD_OUT)


# --- SmoothReLU ---------------------------------------------------------------------------------


@check(task="smooth_relu")
def smooth_relu_by_hand(student):
    """smooth_relu([-5, 0, 1], 1) is [0, 0, 1 - log 2]."""
    got = student.smooth_relu(np.array([-5.0, 0.0, 1.0]), 1.0)
    assert_close(got, np.array([0.0, 0.0, 1 - np.log(2.0)]), call="smooth_relu([-5, 0, 1], 1)")


@check(task="smooth_relu")
def smooth_relu_tends_to_relu(student):
    """smooth_relu([-2, 1, 3], 1e6) is [0, 1, 3] to four digits: for large alpha it is ReLU."""
    got = student.smooth_relu(np.array([-2.0, 1.0, 3.0]), 1e6)
    assert_close(got, np.array([0.0, 1.0, 3.0]), call="smooth_relu([-2, 1, 3], 1e6)", rtol=1e-4)


@check(task="smooth_relu")
def smooth_relu_slope_by_hand(student):
    """With alpha = 1 the slope at x = 1 is 1 - 1/2: for x = [-5, 1] and grad_out [4, 4], grad_x is [0, 2]."""
    call = "smooth_relu_backward([-5, 1], [4, 4], 1)"
    got = student.smooth_relu_backward(np.array([-5.0, 1.0]), np.array([4.0, 4.0]), 1.0)
    require(_is_pair(got), f"{call} should return two results: grad_x, grad_alpha.")
    assert_close(got[0], np.array([0.0, 2.0]), call=call, parameter="grad_x")


@check(task="smooth_relu", requires=["smooth_relu_by_hand", "smooth_relu_tends_to_relu"])
def smooth_relu_backward_fits_smooth_relu(student):
    """smooth_relu_backward gives both gradients of your smooth_relu, measured by finite differences."""
    gradient_check(student.smooth_relu, student.smooth_relu_backward, at=(X, 1.5), grad_out=GRAD_OUT)


# --- Vanishing gradients ------------------------------------------------------------------------


@check(task="layer_gradient_norms")
def two_relu_layers_by_hand(student):
    """x = 1 through weights 2 and 3 gives h = 2, then 6; with grad_out = 1 the norms are [3, 2].

    The first layer's gradient is 1 * 3, the last one's is 2: first layer first.
    """
    ones = np.array([[1.0]])
    weights = [np.array([[2.0]]), np.array([[3.0]])]
    got = student.layer_gradient_norms(ones, ones, weights, "relu")
    assert_close(got, [3.0, 2.0], call='layer_gradient_norms([[1]], [[1]], [[[2]], [[3]]], "relu")')


@check(task="layer_gradient_norms")
def one_sigmoid_layer_by_hand(student):
    """With W = 0 the sigmoid has slope 1/4: x = [[3, 4]] and grad_out = [[1]] give |[3/4, 1]| = 5/4."""
    got = student.layer_gradient_norms(
        np.array([[3.0, 4.0]]), np.array([[1.0]]), [np.zeros((2, 1))], "sigmoid"
    )
    assert_close(got, [1.25], call='layer_gradient_norms([[3, 4]], [[1]], [[[0], [0]]], "sigmoid")')


@check(task="layer_gradient_norms")
def norms_fit_finite_differences(student, rng):
    """Three layers of either kind: your norms are those of gradients measured by finite differences."""
    x, grad_out = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    weights = tuple(rng.normal(size=shape) for shape in [(3, 5), (5, 4), (4, 2)])
    for activation in ("sigmoid", "relu"):
        outputs = _network(x, activation)
        measured = [np.linalg.norm(numeric_gradient(outputs, weights, k, grad_out).central) for k in range(3)]
        got = student.layer_gradient_norms(x, grad_out, list(weights), activation)
        call = f'layer_gradient_norms(x, grad_out, weights, "{activation}")'
        assert_close(got, [float(norm) for norm in measured], call=call, rtol=1e-4)


def _network(x, activation):
    """The last layer's outputs for several sets of weights."""

    def outputs(calls):
        results = []
        for weights in calls:
            h = x
            for W in weights:
                z = h @ W
                h = np.maximum(z, 0) if activation == "relu" else 1 / (1 + np.exp(-z))
            results.append(h)
        return results

    return outputs
