"""Wrong functions for homework 1, as students would write them; made from the handout alone."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- relu


@wrong(task="relu", cause="Python's max on a whole array instead of np.maximum", true=("python_max",))
def relu(x):
    return max(0, x)


@wrong(task="relu", cause="sets negative entries to 0 in the caller's array", true=("writes_into_x",))
def relu(x):
    x[x < 0] = 0
    return x


@wrong(task="relu", cause="minimum instead of maximum", true=("minimum",))
def relu(x):
    return np.minimum(0, x)


@wrong(
    task="relu",
    cause="returns the derivative (0 or 1) instead of the value",
    true=("derivative_in_place_of_value",),
)
def relu(x):
    return np.where(x > 0, 1.0, 0.0)


@wrong(task="relu", cause="keeps only the positive entries, so the shape is lost")
def relu(x):
    return x[x > 0]


@wrong(task="relu", cause="loops over the first axis only, so it fails on matrices", true=("if_on_an_array",))
def relu(x):
    result = []
    for v in x:
        if v > 0:
            result.append(v)
        else:
            result.append(0.0)
    return np.array(result)


@wrong(task="relu", cause="ReLU6 of mobile frameworks: cut off at 6", true=("capped_at_six",))
def relu(x):
    return np.clip(x, 0, 6)


@wrong(task="relu", cause="writes into an integer array, so decimals are cut off", true=("whole_numbers",))
def relu(x):
    y = np.zeros(x.shape, dtype=int)
    mask = x > 0
    y[mask] = x[mask]
    return y


@wrong(task="relu", cause="softplus taken for ReLU", true=("softplus_in_place_of_relu",))
def relu(x):
    return np.logaddexp(0, x)


@wrong(task="relu", cause="takes the absolute value", true=("absolute_value",))
def relu(x):
    return np.sqrt(x**2)


@wrong(
    task="relu",
    cause="one decision for the whole array, from the sign of its maximum",
    true=("repair: wrap_relu",),
)
def relu(x):
    if x.max() > 0:
        return x * 1.0
    return np.zeros_like(x)


@wrong(
    task="relu", cause="flattens to loop and forgets to reshape back", true=("flattened", "result_flattened")
)
def relu(x):
    flat = x.flatten()
    for i in range(len(flat)):
        flat[i] = max(0.0, flat[i])
    return flat


# ---------------------------------------------------------------- relu_backward


@wrong(task="relu", cause="gate decided by the sign of grad_out, not of x", true=("mask_from_grad_out",))
def relu_backward(x, grad_out):
    return np.maximum(0, grad_out)


@wrong(
    task="relu",
    cause="gate asks for both x and grad_out positive (guided backpropagation)",
    true=["gated_by_grad_out_too"],
)
def relu_backward(x, grad_out):
    return grad_out * ((x > 0) & (grad_out > 0))


@wrong(
    task="relu",
    cause="returns the local derivative, forgets the upstream gradient",
    true=("grad_out_forgotten",),
)
def relu_backward(x, grad_out):
    dx = np.zeros_like(x)
    dx[x > 0] = 1
    return dx


@wrong(
    task="relu",
    cause="multiplies grad_out by the forward value instead of the slope",
    true=("value_in_place_of_derivative",),
)
def relu_backward(x, grad_out):
    out = np.maximum(0, x)
    return out * grad_out


@wrong(task="relu", cause="changes grad_out in place", true=("writes_into_grad_out",))
def relu_backward(x, grad_out):
    grad_x = grad_out
    grad_x[x < 0] = 0
    return grad_x


@wrong(task="relu", cause="np.sign as derivative, so the left side has slope -1", true=("repair: wrap_mask",))
def relu_backward(x, grad_out):
    return np.sign(x) * grad_out


@wrong(
    task="relu",
    cause="one if for the whole array: all entries pass or none",
    true=("one_gate_for_the_array",),
)
def relu_backward(x, grad_out):
    if np.any(x > 0):
        return grad_out.copy()
    else:
        return np.zeros_like(grad_out)


@wrong(task="relu", cause="divides by the batch size a second time", true=("repair: drop_divide",))
def relu_backward(x, grad_out):
    N = x.shape[0]
    return grad_out * (x > 0) / N


@wrong(task="relu", cause="matrix product in place of the product entry by entry", true=("matrix_product",))
def relu_backward(x, grad_out):
    return np.dot(grad_out, (x > 0).astype(float).T)


@wrong(task="relu", cause="gate inverted: blocks where x is positive", true=("mask_inverted",))
def relu_backward(x, grad_out):
    return np.where(x > 0, 0.0, grad_out)


@wrong(task="relu", cause="passes only from x = 1 on, by casting to int before comparing")
def relu_backward(x, grad_out):
    gate = (x.astype(int) > 0).astype(float)
    return gate * grad_out


# ---------------------------------------------------------------- leaky_relu


@wrong(
    task="leaky_relu",
    cause="maximum of x and the slope itself, slope is not multiplied by x",
    true=("repair: insert_times",),
)
def leaky_relu(x, slope=0.01):
    return np.maximum(slope, x)


@wrong(task="leaky_relu", cause="minimum instead of maximum", true=("slope_on_the_positive_side",))
def leaky_relu(x, slope=0.01):
    return np.minimum(x, slope * x)


@wrong(task="leaky_relu", cause="sign error: the left side comes out positive", true=("left_side_mirrored",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, -slope * x)


@wrong(task="leaky_relu", cause="wrong default slope, 0.1", true=("another_default",))
def leaky_relu(x, slope=0.1):
    return np.where(x > 0, x, slope * x)


@wrong(
    task="leaky_relu",
    cause="writes 0.01 into the formula and ignores the argument",
    true=("slope_hard_coded",),
)
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, 0.01 * x)


@wrong(task="leaky_relu", cause="changes x in place", true=("leaky_writes_into_x",))
def leaky_relu(x, slope=0.01):
    x[x <= 0] *= slope
    return x


@wrong(
    task="leaky_relu", cause="adds slope * x on both sides", true=("one_region", "leak_added_on_both_sides")
)
def leaky_relu(x, slope=0.01):
    return np.maximum(0, x) + slope * x


@wrong(task="leaky_relu", cause="ELU instead of leaky ReLU on the left", true=("repair: replace",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * (np.exp(np.minimum(x, 0)) - 1))


@wrong(task="leaky_relu", cause="branches of np.where swapped", true=("slope_on_the_positive_side",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, slope * x, x)


@wrong(task="leaky_relu", cause="if on an array", true=("if_on_an_array",))
def leaky_relu(x, slope=0.01):
    if x > 0:
        return x
    else:
        return slope * x


@wrong(task="leaky_relu", cause="divides by the slope on the left", true=("repair: swap_divide_times",))
def leaky_relu(x, slope=0.01):
    y = x.copy()
    y[y < 0] = y[y < 0] / slope
    return y


@wrong(task="leaky_relu", cause="constant slope on the left, not slope * x", true=("constant_on_the_left",))
def leaky_relu(x, slope=0.01):
    y = np.full_like(x, slope)
    y[x > 0] = x[x > 0]
    return y


# ---------------------------------------------------------------- leaky_relu_backward


@wrong(task="leaky_relu", cause="upstream gradient forgotten", true=("leaky_grad_out_forgotten",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x > 0, 1.0, slope)


@wrong(
    task="leaky_relu",
    cause="copied from relu_backward: nothing passes on the left",
    true=("left_side_blocked",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * (x > 0)


@wrong(
    task="leaky_relu",
    cause="slope * x instead of slope as derivative on the left",
    true=("leaky_value_on_the_left",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    local = np.where(x > 0, 1, slope * x)
    return local * grad_out


@wrong(task="leaky_relu", cause="asks for the sign of grad_out", true=("leaky_mask_from_grad_out",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(grad_out > 0, grad_out, slope * grad_out)


@wrong(task="leaky_relu", cause="negative slope on the left", true=("repair: no_minus",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    dx = np.ones_like(x)
    dx[x < 0] = -slope
    return dx * grad_out


@wrong(task="leaky_relu", cause="grad_out forgotten in one branch", true=("repair: insert_times",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x > 0, 1.0, slope * grad_out)


@wrong(task="leaky_relu", cause="integer array of ones, so the slope is cut to 0", true=("integer_array",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    d = np.ones(x.shape, dtype=int)
    d[x < 0] = slope
    return grad_out * d


@wrong(task="leaky_relu", cause="mask plus slope: the right side has 1 + slope", true=("one_region",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * ((x > 0) + slope)


@wrong(task="leaky_relu", cause="returns a gradient for the slope, too", true=("more_than_one_result",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    grad_x = np.where(x > 0, grad_out, slope * grad_out)
    grad_slope = np.sum(np.where(x > 0, 0, x) * grad_out)
    return grad_x, grad_slope


@wrong(task="leaky_relu", cause="compares x with the slope instead of with 0", true=("repair: replace",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * np.where(x > slope, 1.0, slope)


@wrong(task="leaky_relu", cause="changes grad_out in place", true=("changed_in_place",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    grad_out[x < 0] *= slope
    return grad_out


@wrong(task="leaky_relu", cause="wrong default slope, 0.2", true=("another_default",))
def leaky_relu_backward(x, grad_out, slope=0.2):
    return grad_out * np.where(x > 0, 1.0, slope)


@wrong(task="leaky_relu", cause="multiplies grad_out by the forward output")
def leaky_relu_backward(x, grad_out, slope=0.01):
    y = np.maximum(x, slope * x)
    return y * grad_out


# ---------------------------------------------------------------- prelu


@wrong(task="prelu", cause="max(x, alpha x), wrong for alpha above 1", true=("maximum_of_both",))
def prelu(x, alpha):
    return np.maximum(x, alpha * x)


@wrong(
    task="prelu",
    cause="if alpha < 1 works for a number, not for one alpha a feature",
    true=("if_on_an_array",),
)
def prelu(x, alpha):
    if alpha < 1:
        return np.maximum(x, alpha * x)
    else:
        return np.minimum(x, alpha * x)


@wrong(task="prelu", cause="alpha laid along the first axis", true=("shapes_do_not_fit",))
def prelu(x, alpha):
    a = np.asarray(alpha)
    if a.ndim == 1:
        a = a.reshape([-1] + [1] * (x.ndim - 1))
    return np.where(x > 0, x, a * x)


@wrong(
    task="prelu", cause="channels on axis 1, as in PyTorch, not on the last axis", true=("shapes_do_not_fit",)
)
def prelu(x, alpha):
    alpha = np.asarray(alpha)
    if alpha.ndim > 0 and x.ndim > 2:
        shape = [1] * x.ndim
        shape[1] = alpha.shape[0]
        alpha = alpha.reshape(shape)
    return np.where(x > 0, x, alpha * x)


@wrong(task="prelu", cause="averages the alphas to one number", true=("repair: unwrap",))
def prelu(x, alpha):
    a = np.mean(alpha)
    return np.where(x > 0, x, a * x)


@wrong(
    task="prelu", cause="clips alpha to 0 to 1, as if it were leaky ReLU's slope", true=("repair: unwrap",)
)
def prelu(x, alpha):
    alpha = np.clip(alpha, 0, 1)
    return np.where(x > 0, x, alpha * x)


@wrong(task="prelu", cause="changes x in place", true=("changed_in_place",))
def prelu(x, alpha):
    x *= np.where(x > 0, 1, alpha)
    return x


@wrong(task="prelu", cause="minus sign before the left part", true=("repair: swap_minus_plus",))
def prelu(x, alpha):
    return np.maximum(0, x) - alpha * np.minimum(0, x)


@wrong(task="prelu", cause="two nested loops: only matrices and only alpha of shape (F,)")
def prelu(x, alpha):
    y = np.zeros_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            if x[i, j] > 0:
                y[i, j] = x[i, j]
            else:
                y[i, j] = alpha[j] * x[i, j]
    return y


@wrong(task="prelu", cause="alpha is added to x in place of multiplied", true=("repair: swap_plus_times",))
def prelu(x, alpha):
    return np.where(x > 0, x, alpha + x)


@wrong(
    task="prelu",
    cause="learned alpha ignored: uses the initial value 0.25 of He et al.",
    true=("alpha_hard_coded",),
)
def prelu(x, alpha):
    alpha = 0.25
    return np.where(x > 0, x, alpha * x)


@wrong(task="prelu", cause="compares alpha's sign instead of x's", true=("repair: replace",))
def prelu(x, alpha):
    return np.where(np.asarray(alpha) > 0, x, alpha * x)


@wrong(task="prelu", cause="reshapes to (rows, F) and never back", true=("repair: unwrap",))
def prelu(x, alpha):
    F = x.shape[-1]
    rows = x.reshape(-1, F)
    return np.where(rows > 0, rows, alpha * rows)


# ---------------------------------------------------------------- prelu_backward


@wrong(task="prelu", cause="mean over the entries instead of the sum", true=("grad_alpha_averaged",))
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, 1, alpha) * grad_out
    d = np.where(x > 0, 0, x) * grad_out
    if np.ndim(alpha) == 0:
        return grad_x, d.mean()
    return grad_x, d.mean(axis=tuple(range(x.ndim - 1)))


@wrong(
    task="prelu",
    cause="sums over axis 0 only, so three axes leave a matrix",
    true=("grad_alpha_summed_over_the_first_axis_only",),
)
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    d = np.where(x > 0, 0, x * grad_out)
    grad_alpha = d.sum() if np.ndim(alpha) == 0 else d.sum(axis=0)
    return grad_x, grad_alpha


@wrong(task="prelu", cause="always sums everything to one number", true=("grad_alpha_summed_over_features",))
def prelu_backward(x, grad_out, alpha):
    mask = x > 0
    grad_x = grad_out * (mask + (1 - mask) * alpha)
    grad_alpha = np.sum(grad_out * x * (1 - mask))
    return grad_x, grad_alpha


@wrong(task="prelu", cause="no sum at all: grad_alpha has the shape of x", true=("grad_alpha_not_summed",))
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1, alpha)
    grad_alpha = grad_out * np.where(x > 0, 0, x)
    return grad_x, grad_alpha


@wrong(task="prelu", cause="upstream gradient missing in grad_alpha", true=("grad_alpha_without_grad_out",))
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1, alpha)
    local = np.minimum(x, 0)
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    return grad_x, np.sum(local, axis=axes)


@wrong(
    task="prelu",
    cause="a number alpha is treated like one a feature: sum leaves the last axis",
    true=("grad_alpha_always_per_feature",),
)
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1.0, alpha)
    axes = tuple(range(x.ndim - 1))
    grad_alpha = (grad_out * np.where(x > 0, 0.0, x)).sum(axis=axes)
    return grad_x, grad_alpha


@wrong(
    task="prelu",
    cause="keepdims leaves axes of length 1 in grad_alpha",
    true=("grad_alpha_keeps_dimensions",),
)
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1.0, alpha)
    d = grad_out * np.where(x > 0, 0.0, x)
    if isinstance(alpha, (int, float)):
        return grad_x, np.sum(d, keepdims=True)
    return grad_x, np.sum(d, axis=tuple(range(d.ndim - 1)), keepdims=True)


@wrong(
    task="prelu", cause="masks for alpha inverted: sums over the positive entries", true=("repair: compare",)
)
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    part = np.where(x > 0, x * grad_out, 0)
    while part.ndim > np.ndim(alpha):
        part = part.sum(axis=0)
    return grad_x, part


@wrong(
    task="prelu",
    cause="reuses grad_out after it was multiplied by alpha, so grad_alpha has a factor alpha too much",
    true=("grad_alpha_from_the_value",),
)
def prelu_backward(x, grad_out, alpha):
    grad_out = np.where(x > 0, grad_out, alpha * grad_out)
    part = np.where(x > 0, 0, x * grad_out)
    while part.ndim > np.ndim(alpha):
        part = part.sum(axis=0)
    return grad_out, part


@wrong(
    task="prelu",
    cause="asks for the sign of the output, which is wrong for negative alpha",
    true=("repair: first_case",),
)
def prelu_backward(x, grad_out, alpha):
    y = np.where(x > 0, x, alpha * x)
    grad_x = np.where(y > 0, grad_out, alpha * grad_out)
    part = np.where(y > 0, 0.0, x * grad_out)
    axes = tuple(range(x.ndim)) if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    return grad_x, part.sum(axis=axes)


@wrong(task="prelu", cause="returns the gradients in the wrong order", true=("gradients_swapped",))
def prelu_backward(x, grad_out, alpha):
    neg = (x <= 0).astype(float)
    dalpha = grad_out * x * neg
    dalpha = dalpha.sum() if np.ndim(alpha) == 0 else dalpha.reshape(-1, x.shape[-1]).sum(axis=0)
    dx = grad_out * (1 - neg + neg * alpha)
    return dalpha, dx


@wrong(
    task="prelu",
    cause="sums over the last axis instead of over all others",
    true=("grad_alpha_summed_over_the_last_axis",),
)
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1.0, alpha)
    d = grad_out * np.where(x > 0, 0.0, x)
    if np.ndim(alpha) == 0:
        return grad_x, d.sum()
    return grad_x, d.sum(axis=-1)


@wrong(task="prelu", cause="divides grad_alpha by the batch size again", true=("repair: drop_divide",))
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1.0, alpha)
    d = grad_out * np.where(x > 0, 0.0, x)
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    return grad_x, d.sum(axis=axes) / len(x)


@wrong(task="prelu", cause="derivative for x on the left is alpha * x", true=("repair: drop_times",))
def prelu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.where(x > 0, 1.0, alpha * x)
    d = grad_out * np.where(x > 0, 0.0, x)
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    return grad_x, d.sum(axis=axes)


# ---------------------------------------------------------------- silu


@wrong(task="silu", cause="returns the gate alone, factor x forgotten", true=("x_forgotten",))
def silu(x):
    return np.exp(-np.logaddexp(0.0, -x))


@wrong(task="silu", cause="x e^x / (1 + e^x) is NaN for large x", true=("overflows",))
def silu(x):
    e = np.exp(x)
    return x * e / (1 + e)


@wrong(task="silu", cause="GELU's approximation with the factor 1.702", true=("gelu_approximation",))
def silu(x):
    def sigmoid(v):
        return np.exp(-np.logaddexp(0.0, -v))

    return x * sigmoid(1.702 * x)


@wrong(task="silu", cause="sign lost in the exponent: x times sigmoid(-x)", true=("exponent_sign_flipped",))
def silu(x):
    return x * np.exp(-np.logaddexp(0.0, x))


@wrong(
    task="silu", cause="clips x against overflow and multiplies by the clipped x", true=("repair: unwrap",)
)
def silu(x):
    x = np.clip(x, -500, 500)
    return x / (1 + np.exp(-x))


@wrong(task="silu", cause="hard swish of mobile networks", true=("piecewise_linear_gate",))
def silu(x):
    return x * np.clip(x + 3, 0, 6) / 6


@wrong(task="silu", cause="ReLU times sigmoid: nothing below 0", true=("repair: unwrap",))
def silu(x):
    sig = np.exp(-np.logaddexp(0.0, -x))
    return np.maximum(0, x) * sig


@wrong(task="silu", cause="NaN replaced by 0, so large x give 0", true=("repair: replace",))
def silu(x):
    return np.nan_to_num(x * np.exp(x) / (1 + np.exp(x)), nan=0.0)


@wrong(task="silu", cause="changes x in place", true=("changed_in_place",))
def silu(x):
    gate = np.exp(-np.logaddexp(0.0, -x))
    x *= gate
    return x


@wrong(task="silu", cause="if on an array to choose the stable form", true=("if_on_an_array",))
def silu(x):
    def sig(v):
        if v >= 0:
            return 1 / (1 + np.exp(-v))
        else:
            return np.exp(v) / (1 + np.exp(v))

    return x * sig(x)


@wrong(task="silu", cause="Mish: tanh of softplus as the gate")
def silu(x):
    return x * np.tanh(np.logaddexp(0, x))


@wrong(task="silu", cause="math.exp overflows and loops over one axis only", true=("math_on_an_array",))
def silu(x):
    import math

    return np.array([v / (1 + math.exp(-v)) for v in x])


# ---------------------------------------------------------------- silu_backward


@wrong(task="silu", cause="only the first half of the product rule", true=("sigmoid_held_fixed",))
def silu_backward(x, grad_out):
    return grad_out * np.exp(-np.logaddexp(0.0, -x))


@wrong(task="silu", cause="only the second half of the product rule", true=("x_held_fixed",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * x * s * (1 - s)


@wrong(
    task="silu",
    cause="the derivative of the sigmoid, without the factor x of SiLU",
    true=("derivative_of_the_sigmoid",),
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * s * (1 - s)


@wrong(task="silu", cause="upstream gradient forgotten", true=("silu_grad_out_forgotten",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return s + x * s * (1 - s)


@wrong(
    task="silu",
    cause="brackets forgotten: grad_out multiplies the first term only",
    true=("repair: brackets",),
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * s + x * s * (1 - s)


@wrong(task="silu", cause="quotient form with e^x, NaN at +1000")
def silu_backward(x, grad_out):
    e = np.exp(x)
    return grad_out * e * (1 + e + x) / (1 + e) ** 2


@wrong(task="silu", cause="derivative taken at grad_out", true=("arguments_exchanged",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -grad_out))
    return x * (s + grad_out * s * (1 - s))


@wrong(task="silu", cause="y (1 - y) with the output y, as for the sigmoid")
def silu_backward(x, grad_out):
    y = x * np.exp(-np.logaddexp(0.0, -x))
    return grad_out * y * (1 - y)


@wrong(task="silu", cause="sign error: 1 + sigma instead of 1 - sigma", true=("one_plus_s",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * (s + x * s * (1 + s))


@wrong(
    task="silu",
    cause="negative slopes cut off, since a gate should not be negative",
    true=("repair: unwrap",),
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    slope = np.maximum(0, s + x * s * (1 - s))
    return grad_out * slope


@wrong(task="silu", cause="one-sided difference with a large step")
def silu_backward(x, grad_out):
    def f(v):
        return v * np.exp(-np.logaddexp(0.0, -v))

    h = 0.01
    return grad_out * (f(x + h) - f(x)) / h


@wrong(task="silu", cause="brackets in the wrong place: (s + x s)(1 - s)", true=("repair: brackets",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * (s + x * s) * (1 - s)


@wrong(task="silu", cause="np.gradient over neighbours instead of the derivative at each entry")
def silu_backward(x, grad_out):
    y = x * np.exp(-np.logaddexp(0.0, -x))
    return grad_out * np.gradient(y.ravel()).reshape(x.shape)


# ---------------------------------------------------------------- smooth_relu


@wrong(task="smooth_relu", cause="multiplies NaN by the mask", true=("mask_times_nan",))
def smooth_relu(x, alpha):
    return (x >= 0) * (x - np.log(alpha * x + 1) / alpha)


@wrong(task="smooth_relu", cause="softplus instead of SmoothReLU", true=("softplus",))
def smooth_relu(x, alpha):
    return np.logaddexp(0, alpha * x) / alpha


@wrong(task="smooth_relu", cause="log(alpha (x + 1)): bracket in the wrong place", true=("repair: brackets",))
def smooth_relu(x, alpha):
    pos = np.maximum(x, 0)
    return np.where(x >= 0, pos - np.log(alpha * (pos + 1)) / alpha, 0.0)


@wrong(task="smooth_relu", cause="division by alpha forgotten", true=("division_by_alpha_forgotten",))
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - np.log1p(alpha * p)


@wrong(task="smooth_relu", cause="plus instead of minus", true=("plus_in_place_of_minus",))
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p + np.log(alpha * p + 1) / alpha


@wrong(
    task="smooth_relu",
    cause="max(0, formula), but the formula is positive left of 0, and NaN further left",
    true=("left_side_not_cut",),
)
def smooth_relu(x, alpha):
    return np.maximum(0, x - np.log(alpha * x + 1) / alpha)


@wrong(task="smooth_relu", cause="0 only where the logarithm does not exist, not everywhere on the left")
def smooth_relu(x, alpha):
    y = x - np.log(alpha * x + 1) / alpha
    return np.where(np.isnan(y) | np.isinf(y), 0.0, y)


@wrong(task="smooth_relu", cause="changes x in place", true=("changed_in_place",))
def smooth_relu(x, alpha):
    x[x < 0] = 0
    return x - np.log(alpha * x + 1) / alpha


@wrong(task="smooth_relu", cause="log10 instead of the natural logarithm", true=("other_base",))
def smooth_relu(x, alpha):
    p = np.where(x >= 0, x, 0.0)
    return p - np.log10(alpha * p + 1) / alpha


@wrong(task="smooth_relu", cause="log1p of a value that has its 1 already", true=("repair: other_function",))
def smooth_relu(x, alpha):
    p = np.where(x >= 0, x, 0.0)
    return np.where(x >= 0, p - np.log1p(alpha * p + 1) / alpha, 0.0)


@wrong(
    task="smooth_relu",
    cause="absolute value in the logarithm and no branch: the left side is not 0",
    true=("repair: wrap_relu",),
)
def smooth_relu(x, alpha):
    return x - np.log(np.abs(alpha * x) + 1) / alpha


@wrong(task="smooth_relu", cause="leaves negative x as they are, instead of 0", true=("left_side_passes",))
def smooth_relu(x, alpha):
    y = x.copy()
    m = x >= 0
    y[m] = x[m] - np.log(alpha * x[m] + 1) / alpha
    return y


@wrong(
    task="smooth_relu",
    cause="subtraction before division: (x - log) / alpha",
    true=("everything_divided_by_alpha",),
)
def smooth_relu(x, alpha):
    p = np.maximum(0, x)
    return (p - np.log(alpha * p + 1)) / alpha


# ---------------------------------------------------------------- smooth_relu_backward


@wrong(task="smooth_relu", cause="grad_alpha is not summed", true=("smooth_grad_alpha_not_summed",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = grad_out * (1 - 1 / (alpha * p + 1))
    grad_alpha = grad_out * (np.log(alpha * p + 1) / alpha**2 - p / (alpha * (alpha * p + 1)))
    return grad_x, grad_alpha


@wrong(
    task="smooth_relu", cause="NaN on the left times a mask in grad_alpha", true=("gradient_mask_times_nan",)
)
def smooth_relu_backward(x, grad_out, alpha):
    mask = x >= 0
    grad_x = grad_out * mask * (1 - 1 / (alpha * x + 1))
    da = np.log(alpha * x + 1) / alpha**2 - x / (alpha * (alpha * x + 1))
    return grad_x, np.sum(grad_out * mask * da)


@wrong(task="smooth_relu", cause="mean instead of sum for alpha", true=("smooth_grad_alpha_averaged",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = grad_out * (1 - 1 / (alpha * p + 1))
    da = np.log(alpha * p + 1) / alpha**2 - p / (alpha * (alpha * p + 1))
    return grad_x, np.mean(grad_out * da)


@wrong(
    task="smooth_relu",
    cause="sign of grad_alpha reversed: minus of the quotient rule lost",
    true=("grad_alpha_sign",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    grad_x = grad_out * (1 - 1 / u)
    da = (alpha * p / u - np.log(u)) / alpha**2
    return grad_x, float((grad_out * da).sum())


@wrong(task="smooth_relu", cause="softplus' derivative sigma(alpha x)", true=("derivative_of_softplus",))
def smooth_relu_backward(x, grad_out, alpha):
    grad_x = grad_out * np.exp(-np.logaddexp(0.0, -alpha * x))
    p = np.maximum(x, 0)
    da = np.log(alpha * p + 1) / alpha**2 - p / (alpha * (alpha * p + 1))
    return grad_x, np.sum(grad_out * da)


@wrong(task="smooth_relu", cause="1 - forgotten: slope 1 / (alpha x + 1)")
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    grad_x = np.where(x >= 0, grad_out / u, 0)
    grad_alpha = np.sum(grad_out * (np.log(u) / alpha**2 - p / (alpha * u)))
    return grad_x, grad_alpha


@wrong(
    task="smooth_relu",
    cause="inner derivative forgotten in the slope: 1 - 1 / (alpha (alpha x + 1))",
    true=("repair: drop_left_times",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    grad_x = np.where(x >= 0, grad_out * (1 - 1 / (alpha * u)), 0.0)
    grad_alpha = np.sum(grad_out * (np.log(u) / alpha**2 - p / (alpha * u)))
    return grad_x, grad_alpha


@wrong(
    task="smooth_relu",
    cause="only one half of the quotient rule for alpha",
    true=("grad_alpha_inner_alpha_fixed",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    return grad_out * (1 - 1 / u), np.sum(grad_out * np.log(u) / alpha**2)


@wrong(
    task="smooth_relu",
    cause="upstream gradient missing in grad_alpha",
    true=("smooth_grad_alpha_without_grad_out",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    return grad_out * (1 - 1 / u), np.sum(np.log(u) / alpha**2 - p / (alpha * u))


@wrong(task="smooth_relu", cause="grad_alpha has shape (1,)", true=("repair: first_entry",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    ga = np.sum(grad_out * (np.log(u) / alpha**2 - p / (alpha * u)))
    return grad_out * (1 - 1 / u), np.array([ga])


@wrong(
    task="smooth_relu",
    cause="sums alpha's gradient for each feature, as in PReLU",
    true=("smooth_grad_alpha_summed_over_the_first_axis",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    ga = np.sum(grad_out * (np.log(u) / alpha**2 - p / (alpha * u)), axis=0)
    return grad_out * (1 - 1 / u), ga


@wrong(
    task="smooth_relu",
    cause="left side not switched off: passes grad_out whole",
    true=("repair: first_case",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    ga = np.sum(grad_out * (np.log(u) / alpha**2 - p / (alpha * u)))
    gx = np.where(x >= 0, 1 - 1 / u, 1.0) * grad_out
    return gx, ga


@wrong(
    task="smooth_relu",
    cause="alpha instead of alpha squared under the logarithm",
    true=("grad_alpha_not_squared",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    ga = np.sum(grad_out * (np.log(u) / alpha - p / (alpha * u)))
    return grad_out * (1 - 1 / u), ga


@wrong(task="smooth_relu", cause="returns grad_x only", true=("smooth_grad_alpha_missing",))
def smooth_relu_backward(x, grad_out, alpha):
    return np.where(x >= 0, grad_out * (1 - 1 / (alpha * np.abs(x) + 1)), 0.0)


# ---------------------------------------------------------------- layer_gradient_norms


@wrong(task="layer_gradient_norms", cause="returns the last layer first", true=("last_layer_first",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g = g * ((h > 0) if activation == "relu" else h * (1 - h))
        norms.append(float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return norms


@wrong(task="layer_gradient_norms", cause="square root of the norm forgotten", true=("squared_norm",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g = g * ((h > 0) if activation == "relu" else h * (1 - h))
        dW = hs[k].T @ g
        norms.insert(0, float(np.sum(dW**2)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="sigmoid's derivative applied to the output: sigmoid taken twice",
    true=("sigmoid_derivative_at_the_output",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    def sigmoid(v):
        return np.exp(-np.logaddexp(0.0, -v))

    def slope(v):
        if activation == "sigmoid":
            return sigmoid(v) * (1 - sigmoid(v))
        return (v > 0).astype(float)

    h = [x]
    for W in weights:
        z = h[-1] @ W
        h.append(sigmoid(z) if activation == "sigmoid" else np.maximum(z, 0))
    grads = []
    dh = grad_out
    for i in range(len(weights) - 1, -1, -1):
        dz = dh * slope(h[i + 1])
        grads.append(np.linalg.norm(h[i].T @ dz))
        dh = dz @ weights[i].T
    return [float(n) for n in grads[::-1]]


@wrong(
    task="layer_gradient_norms",
    cause="no activation derivative at the last layer: grad_out taken for dL/dz",
    true=("last_layer_linear",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    dz = grad_out
    for k in range(len(weights) - 1, -1, -1):
        norms.append(float(np.linalg.norm(hs[k].T @ dz)))
        dh = dz @ weights[k].T
        dz = dh * ((hs[k] > 0) if activation == "relu" else hs[k] * (1 - hs[k]))
    norms.reverse()
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="relu gate looks at the gradient instead of z",
    true=("relu_mask_from_the_gradient",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = [0.0] * len(weights)
    g = grad_out
    for k in reversed(range(len(weights))):
        if activation == "relu":
            g = np.maximum(0, g)
        else:
            g = g * hs[k + 1] * (1 - hs[k + 1])
        norms[k] = float(np.linalg.norm(hs[k].T @ g))
        g = g @ weights[k].T
    return norms


@wrong(task="layer_gradient_norms", cause="W not transposed on the way back", true=("inner_sizes_differ",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = [0.0] * len(weights)
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g = g * ((h > 0) if activation == "relu" else h * (1 - h))
        norms[k] = float(np.linalg.norm(hs[k].T @ g))
        g = g @ weights[k]
    return norms


@wrong(task="layer_gradient_norms", cause="spectral norm instead of Frobenius norm", true=("spectral_norm",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = [0.0] * len(weights)
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g = g * ((h > 0) if activation == "relu" else h * (1 - h))
        norms[k] = float(np.linalg.norm(hs[k].T @ g, 2))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="root mean square instead of root of the sum",
    true=("repair: other_function",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g = g * ((h > 0) if activation == "relu" else h * (1 - h))
        norms.append(float(np.sqrt(np.mean((hs[k].T @ g) ** 2))))
        g = g @ weights[k].T
    return norms[::-1]


@wrong(task="layer_gradient_norms", cause="divides dL/dW by the batch size", true=("divided_by_the_batch",))
def layer_gradient_norms(x, grad_out, weights, activation):
    N = x.shape[0]
    cache = []
    h = x
    for W in weights:
        z = h @ W
        cache.append((h, z))
        h = np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z))
    out = []
    for (h, z), W in zip(cache[::-1], weights[::-1]):
        s = np.exp(-np.logaddexp(0.0, -z))
        dz = grad_out * (z > 0) if activation == "relu" else grad_out * s * (1 - s)
        dW = h.T @ dz / N
        out.append(float(np.sqrt((dW**2).sum())))
        grad_out = dz @ W.T
    return out[::-1]


@wrong(
    task="layer_gradient_norms",
    cause="no activation at the last layer, as in a usual classifier",
    true=("last_layer_linear",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    cache = []
    h = x
    for W in weights:
        z = h @ W
        cache.append((h, z))
        h = np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z))
    out = []
    last = len(weights) - 1
    g = grad_out
    for k in range(last, -1, -1):
        h, z = cache[k]
        if k < last:
            s = np.exp(-np.logaddexp(0.0, -z))
            g = g * (z > 0) if activation == "relu" else g * s * (1 - s)
        out.insert(0, float(np.linalg.norm(h.T @ g)))
        g = g @ weights[k].T
    return out


@wrong(
    task="layer_gradient_norms",
    cause="compares with 'ReLU', so relu runs as sigmoid",
    true=("sigmoid_network_either_way",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        if activation == "ReLU":
            hs.append(np.maximum(0, z))
        else:
            hs.append(np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        if activation == "ReLU":
            g = g * (h > 0)
        else:
            g = g * h * (1 - h)
        norms.insert(0, float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms", cause="norm of dL/dz instead of dL/dW", true=("norm_of_the_sums_gradient",)
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g = g * ((h > 0) if activation == "relu" else h * (1 - h))
        norms.insert(0, float(np.linalg.norm(g)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="z (1 - z) as the sigmoid's derivative, z being the input",
    true=("sigmoid_rule_on_the_sum",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    cache = []
    h = x
    for W in weights:
        z = h @ W
        cache.append((h, z))
        h = np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z))
    out = []
    for (h, z), W in zip(reversed(cache), reversed(weights)):
        act_prime = (z > 0) if activation == "relu" else z * (1 - z)
        dz = grad_out * act_prime
        out.append(float(np.linalg.norm(h.T @ dz)))
        grad_out = dz @ W.T
    return list(reversed(out))


@wrong(task="layer_gradient_norms", cause="changes grad_out in place with *=", true=("changed_in_place",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(0, z) if activation == "relu" else np.exp(-np.logaddexp(0.0, -z)))
    norms = []
    g = grad_out
    for k in reversed(range(len(weights))):
        h = hs[k + 1]
        g *= (h > 0) if activation == "relu" else h * (1 - h)
        norms.insert(0, float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return norms
