"""Right answers of homework 1 in other styles; each keeps full marks.

They differ in what COURSE.md leaves open: loops, masks, copies, other formulas, other kinds of numbers
and sequences, the derivative at a kink, prints and warnings.
"""

from __future__ import annotations

import numpy as np
from reference import sigmoid

from autograder.checks import alternative

# --- ReLU ---------------------------------------------------------------------------------------


@alternative(function="relu")
def relu_in_a_loop(x):
    result = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        if x[index] > 0:
            result[index] = x[index]
    return result


@alternative(function="relu")
def relu_on_a_copy(x):
    x = x.copy()
    x[x < 0] = 0
    return x


@alternative(function="relu")
def relu_by_a_mask(x):
    return x * (x > 0)  # -0.0 on the left


@alternative(function="relu")
def relu_from_the_absolute_value(x):
    return (x + abs(x)) / 2


@alternative(function="relu")
def relu_of_python_numbers(x):
    return np.array([max(0, value) for value in x.ravel().tolist()], dtype=float).reshape(x.shape)


@alternative(function="relu_backward")
def relu_derivative_one_at_the_kink(x, grad_out):
    return np.where(x >= 0, grad_out, 0)


@alternative(function="relu_backward")
def relu_derivative_half_at_the_kink(x, grad_out):
    return grad_out * np.heaviside(x, 0.5)


@alternative(function="relu_backward")
def relu_backward_on_a_copy_with_prints(x, grad_out):
    import warnings

    print("x", x)
    warnings.warn("about to copy", stacklevel=1)
    grad_x = np.array(grad_out)
    grad_x[x <= 0] = 0
    return grad_x


# --- Leaky ReLU ---------------------------------------------------------------------------------


@alternative(function="leaky_relu")
def leaky_relu_as_a_maximum(x, slope=0.01):
    return np.maximum(x, slope * x)  # the same for slopes from 0 to 1


@alternative(function="leaky_relu")
def leaky_relu_in_two_parts(x, slope=0.01):
    return np.maximum(0, x) + slope * np.minimum(0, x)


@alternative(function="leaky_relu")
def leaky_relu_on_a_copy(x, slope=0.01):
    result = np.copy(x)
    result[x < 0] *= slope
    return result


@alternative(function="leaky_relu_backward")
def leaky_derivative_one_at_the_kink(x, grad_out, slope=0.01):
    local = np.ones_like(x)
    local[x < 0] = slope
    return local * grad_out


@alternative(function="leaky_relu_backward")
def leaky_derivative_half_way_at_the_kink(x, grad_out, slope=0.01):
    return grad_out * (slope + (1 - slope) * np.heaviside(x, 0.5))


@alternative(function="leaky_relu_backward")
def leaky_backward_in_a_loop(x, grad_out, slope=0.01):
    pairs = zip(x.ravel(), grad_out.ravel(), strict=True)
    return np.array([g if value > 0 else slope * g for value, g in pairs]).reshape(x.shape)


# --- PReLU --------------------------------------------------------------------------------------


@alternative(function="prelu")
def prelu_in_two_parts(x, alpha):
    return np.maximum(0, x) + alpha * np.minimum(0, x)


@alternative(function="prelu")
def prelu_feature_by_feature(x, alpha):
    slopes = np.broadcast_to(alpha, x.shape[-1:])
    result = x.copy()
    for feature, slope in enumerate(slopes):
        column = result[..., feature]
        column[column < 0] *= slope
    return result


@alternative(function="prelu")
def prelu_with_other_arithmetic(x, alpha):
    return (1 + alpha) / 2 * x + (1 - alpha) / 2 * np.abs(x)


@alternative(function="prelu_backward")
def prelu_backward_as_a_list_with_one_at_the_kink(x, grad_out, alpha):
    alphas = np.broadcast_to(np.asarray(alpha), x.shape)
    grad_x = np.where(x >= 0, grad_out, alphas * grad_out)
    each = np.where(x < 0, x, 0) * grad_out
    if np.ndim(alpha) == 0:
        return [grad_x, float(np.sum(each))]
    return [grad_x, each.reshape(-1, x.shape[-1]).sum(axis=0)]


@alternative(function="prelu_backward")
def prelu_backward_with_einsum(x, grad_out, alpha):
    negative = x < 0
    features = x.shape[-1]
    grad_alpha = np.einsum("nf,nf->f", grad_out.reshape(-1, features), (x * negative).reshape(-1, features))
    if not isinstance(alpha, np.ndarray):
        grad_alpha = np.array(grad_alpha.sum())  # a 0-d array
    return grad_out * (~negative + alpha * negative), grad_alpha


@alternative(function="prelu_backward")
def prelu_backward_in_loops(x, grad_out, alpha):
    grad_x, grad_alpha = grad_out.copy(), np.zeros(np.shape(alpha))
    for index in np.ndindex(x.shape):
        if x[index] <= 0:
            which = index[-1] if np.ndim(alpha) else ()
            slope = np.asarray(alpha)[which]
            grad_x[index] = grad_out[index] * slope
            grad_alpha[which] += grad_out[index] * x[index]
    return grad_x, grad_alpha


@alternative(function="prelu_backward")
def prelu_backward_summed_while_too_many_axes(x, grad_out, alpha):
    grad_alpha = grad_out * np.minimum(x, 0)
    while grad_alpha.ndim > np.ndim(alpha):
        grad_alpha = grad_alpha.sum(axis=0)
    return np.where(x > 0, grad_out, grad_out * alpha), grad_alpha.tolist()


# --- SiLU ---------------------------------------------------------------------------------------


@alternative(function="silu")
def silu_with_a_warning(x):
    return x / (1 + np.exp(-x))  # exp overflows to infinity at -1000, and x / infinity is 0


@alternative(function="silu")
def silu_by_tanh(x):
    return x / 2 * (1 + np.tanh(x / 2))


@alternative(function="silu")
def silu_in_two_branches(x):
    result = np.empty_like(x)
    right = x >= 0
    result[right] = x[right] / (1 + np.exp(-x[right]))
    growth = np.exp(x[~right])
    result[~right] = x[~right] * growth / (1 + growth)
    return result


@alternative(function="silu")
def silu_of_python_numbers(x):
    import math

    def one(value):
        return 0.0 if value < -700 else value / (1 + math.exp(-value))

    return np.reshape([one(value) for value in x.ravel().tolist()], x.shape)


@alternative(function="silu_backward")
def silu_backward_from_the_output(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    y = x * s
    return grad_out * (y + s * (1 - y))


@alternative(function="silu_backward")
def silu_backward_by_the_product_rule(x, grad_out):
    s = sigmoid(x)
    return grad_out * s + grad_out * x * s * sigmoid(-x)


@alternative(function="silu_backward")
def silu_backward_clipped(x, grad_out):
    s = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return grad_out * (s + x * s * (1 - s))


# --- SmoothReLU ---------------------------------------------------------------------------------


@alternative(function="smooth_relu")
def smooth_relu_with_both_branches(x, alpha):
    return np.where(x >= 0, x - np.log(alpha * x + 1) / alpha, 0)  # warns about the logarithm


@alternative(function="smooth_relu")
def smooth_relu_through_a_mask(x, alpha):
    result = np.zeros_like(x)
    right = x > 0
    result[right] = x[right] - np.log(1 + alpha * x[right]) / alpha
    return result


@alternative(function="smooth_relu")
def smooth_relu_in_a_loop(x, alpha):
    import math

    values = [v - math.log(alpha * v + 1) / alpha if v >= 0 else 0 for v in x.ravel().tolist()]
    return np.array(values, dtype=float).reshape(x.shape)


@alternative(function="smooth_relu_backward")
def smooth_backward_with_both_branches(x, grad_out, alpha):
    inner = alpha * x + 1
    grad_x = np.where(x >= 0, 1 - 1 / inner, 0) * grad_out
    per_entry = np.where(x >= 0, np.log(inner) / alpha**2 - x / (alpha * inner), 0)
    return [grad_x, float((per_entry * grad_out).sum())]


@alternative(function="smooth_relu_backward")
def smooth_backward_through_a_mask(x, grad_out, alpha):
    right = x > 0
    z = alpha * x[right]
    grad_x = np.zeros_like(x)
    grad_x[right] = grad_out[right] * z / (1 + z)
    return grad_x, np.dot(grad_out[right], np.log(1 + z) - z / (1 + z)) / alpha**2


@alternative(function="smooth_relu_backward")
def smooth_backward_in_a_loop(x, grad_out, alpha):
    import math

    grad_x, grad_alpha = np.zeros(x.shape), 0.0
    for index in np.ndindex(x.shape):
        if x[index] >= 0:
            inner = alpha * x[index] + 1
            grad_x[index] = grad_out[index] * (1 - 1 / inner)
            grad_alpha += grad_out[index] * (math.log(inner) - 1 + 1 / inner) / alpha**2
    return grad_x, np.array(grad_alpha)


# --- Vanishing gradients ------------------------------------------------------------------------


@alternative(function="layer_gradient_norms")
def norms_by_recursion(x, grad_out, weights, activation):
    def descend(h, remaining):
        """The gradient at h, and the norms of the remaining layers."""
        if not remaining:
            return grad_out, []
        z = h @ remaining[0]
        s = 1 / (1 + np.exp(-z))
        above, norms = descend(s if activation == "sigmoid" else z * (z > 0), remaining[1:])
        grad_z = above * s * (1 - s) if activation == "sigmoid" else above * (z >= 0)
        dW = h.T @ grad_z
        return grad_z @ remaining[0].T, [np.sqrt((dW**2).sum()), *norms]

    return descend(x, weights)[1]


@alternative(function="layer_gradient_norms")
def norms_as_an_array(x, grad_out, weights, activation):
    inputs, sums, h = [], [], x
    for W in weights:
        inputs.append(h)
        sums.append(h @ W)
        h = np.maximum(sums[-1], 0) if activation == "relu" else sigmoid(sums[-1])
    norms, delta = np.zeros(len(weights)), grad_out.copy()
    for k in range(len(weights) - 1, -1, -1):
        if activation == "relu":
            delta[sums[k] <= 0] = 0
        else:
            delta = delta * sigmoid(sums[k]) * sigmoid(-sums[k])
        norms[k] = np.linalg.norm(inputs[k].T @ delta, "fro")
        delta = delta @ weights[k].T
    return norms


@alternative(function="layer_gradient_norms")
def norms_as_a_tuple_of_arrays(x, grad_out, weights, activation):
    act = {"relu": lambda z: np.clip(z, 0, None), "sigmoid": lambda z: 1 / (1 + np.exp(-z))}[activation]
    slope = {"relu": lambda h: np.sign(h), "sigmoid": lambda h: h - h**2}[activation]
    layers = []
    for W in weights:
        before, x = x, act(x @ W)
        layers.append((before, W, x))
    norms = []
    for before, W, h in layers[::-1]:
        grad_out = grad_out * slope(h)
        # One outer product for each example, added up.
        dW = np.einsum("nd,nk->dk", before, grad_out)
        norms.append(np.array(np.sqrt(np.sum(dW * dW))))
        grad_out = np.einsum("nk,dk->nd", grad_out, W)
    return tuple(reversed(norms))


@alternative(function="layer_gradient_norms")
def norms_from_a_generator(x, grad_out, weights, activation):
    outputs = [x]
    for W in weights:
        z = outputs[-1] @ W
        outputs.append(sigmoid(z) if activation == "sigmoid" else np.maximum(z, 0))
    norms = {}
    for k in reversed(range(len(weights))):
        h = outputs[k + 1]
        grad_out = grad_out * (h * (1 - h) if activation == "sigmoid" else (h > 0).astype(float))
        norms[k] = sum(float(value) ** 2 for value in (outputs[k].T @ grad_out).ravel()) ** 0.5
        grad_out = grad_out @ weights[k].T
    return (norms[k] for k in sorted(norms))
