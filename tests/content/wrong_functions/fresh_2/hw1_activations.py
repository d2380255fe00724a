"""Wrong functions for homework 1, as students from other tools and other fields would write them."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- relu


@wrong(
    task="relu",
    cause="MATLAB's max(x, 0) became np.max(x, 0), the maximum along axis 0",
    true=["largest_of_each_column"],
)
def relu(x):
    return np.max(x, 0)


@wrong(task="relu", cause="PyTorch's inplace=True: the result is written into x", true=("writes_into_x",))
def relu(x):
    return np.maximum(x, 0, out=x)


@wrong(
    task="relu", cause="pandas' where: what does not fulfil the condition becomes NaN", true=("one_region",)
)
def relu(x):
    y = np.full(x.shape, np.nan)
    keep = x > 0
    y[keep] = x[keep]
    return y


@wrong(
    task="relu", cause="filters the positive entries instead of setting the others to 0, so the shape is lost"
)
def relu(x):
    positive = x > 0
    return x[positive]


@wrong(
    task="relu",
    cause="the negative part (|x| - x)/2 taken for the positive part",
    true=("repair: swap_minus_plus",),
)
def relu(x):
    return (np.abs(x) - x) / 2


@wrong(
    task="relu",
    cause="the gate itself (Heaviside step) is returned, not x through the gate",
    true=("derivative_in_place_of_value",),
)
def relu(x):
    return np.heaviside(x, 0.0)


@wrong(task="relu", cause="ReLU6 from a mobile network: large values are cut at 6", true=("capped_at_six",))
def relu(x):
    return np.clip(x, 0, 6)


@wrong(
    task="relu",
    cause="takes the mean as the threshold below which a cell is silent",
    true=("repair: replace",),
)
def relu(x):
    threshold = x.mean()
    return np.where(x > threshold, x, 0.0)


@wrong(
    task="relu",
    cause="works through a flat list and forgets to restore the shape",
    true=("flattened", "result_flattened"),
)
def relu(x):
    out = []
    for v in np.nditer(x):
        out.append(max(0.0, float(v)))
    return np.array(out)


@wrong(task="relu", cause="Python's max on an array", true=("python_max",))
def relu(x):
    return max(0, x)


@wrong(
    task="relu",
    cause="the result array is made of integers, so every value is truncated",
    true=("whole_numbers",),
)
def relu(x):
    y = np.zeros(x.shape, dtype=int)
    for i in np.ndindex(x.shape):
        if x[i] > 0:
            y[i] = x[i]
    return y


@wrong(task="relu", cause="float32 as in PyTorch", true=("number_type",))
def relu(x):
    x = np.asarray(x, dtype=np.float32)
    return x * (x > 0)


# ---------------------------------------------------------------- relu_backward


@wrong(
    task="relu",
    cause="guided backpropagation: negative upstream gradients are blocked, too",
    true=("repair: drop_times", "gated_by_grad_out_too"),
)
def relu_backward(x, grad_out):
    return grad_out * (x > 0) * (grad_out > 0)


@wrong(task="relu", cause="masks the caller's grad_out in place", true=("writes_into_grad_out",))
def relu_backward(x, grad_out):
    grad_out[x <= 0] = 0
    return grad_out


@wrong(task="relu", cause="x and grad_out have changed places", true=("arguments_exchanged",))
def relu_backward(x, grad_out):
    gate = (grad_out > 0).astype(float)
    return gate * x


@wrong(task="relu", cause="multiplies by f(x) in place of f'(x)", true=("value_in_place_of_derivative",))
def relu_backward(x, grad_out):
    return np.maximum(0, x) * grad_out


@wrong(
    task="relu",
    cause="takes sign(x) for the derivative, so the left side has slope -1",
    true=("repair: wrap_mask",),
)
def relu_backward(x, grad_out):
    return np.sign(x) * grad_out


@wrong(task="relu", cause="divides by the number of examples once more", true=("repair: drop_divide",))
def relu_backward(x, grad_out):
    N = x.shape[0]
    return np.where(x > 0, grad_out, 0.0) / N


@wrong(
    task="relu", cause="sums the gradient over the batch, as one does for a bias", true=("repair: unwrap",)
)
def relu_backward(x, grad_out):
    dx = grad_out * (x > 0)
    return dx.sum(axis=0)


@wrong(task="relu", cause="a boolean index compresses the gradient to the active units")
def relu_backward(x, grad_out):
    return grad_out[x > 0]


@wrong(
    task="relu",
    cause="one gate for the whole array: any positive entry opens it for all",
    true=("one_gate_for_the_array",),
)
def relu_backward(x, grad_out):
    if np.any(x > 0):
        return grad_out.copy()
    return np.zeros_like(grad_out)


@wrong(
    task="relu",
    cause="returns the Jacobian applied to ones, and forgets the upstream gradient",
    true=("grad_out_forgotten",),
)
def relu_backward(x, grad_out):
    jacobian = np.diag((x.ravel() > 0).astype(float))
    return (jacobian @ np.ones(x.size)).reshape(x.shape)


@wrong(
    task="relu",
    cause="MATLAB's * written as @: a matrix product instead of an entrywise one",
    true=("matrix_product",),
)
def relu_backward(x, grad_out):
    return (x > 0).astype(float).T @ grad_out


@wrong(
    task="relu",
    cause="one active gradient of slope 1 replaces the upstream value (grad_out is only used for its sign)",
    true=("repair: unwrap",),
)
def relu_backward(x, grad_out):
    return np.where(x > 0, np.sign(grad_out), 0.0)


# ---------------------------------------------------------------- leaky_relu


@wrong(task="leaky_relu", cause="Keras' default slope of 0.3", true=("another_default",))
def leaky_relu(x, slope=0.3):
    return np.where(x > 0, x, slope * x)


@wrong(
    task="leaky_relu",
    cause="x = x+ - x-, but the negative part is added with the wrong sign",
    true=("left_side_mirrored",),
)
def leaky_relu(x, slope=0.01):
    pos = np.maximum(x, 0)
    neg = np.maximum(-x, 0)
    return pos + slope * neg


@wrong(
    task="leaky_relu", cause="the left side is the constant slope, without x", true=("constant_on_the_left",)
)
def leaky_relu(x, slope=0.01):
    return x * (x > 0) + slope * (x <= 0)


@wrong(
    task="leaky_relu",
    cause="max(x, slope): the slope is taken for a lower bound",
    true=("repair: insert_times",),
)
def leaky_relu(x, slope=0.01):
    return np.maximum(slope, x)


@wrong(
    task="leaky_relu",
    cause="a slice is taken for a copy, so the caller's x is scaled",
    true=("leaky_writes_into_x",),
)
def leaky_relu(x, slope=0.01):
    y = x[:]
    y[y < 0] *= slope
    return y


@wrong(
    task="leaky_relu",
    cause="the definition of another paper: x / a on the left",
    true=("repair: swap_divide_times",),
)
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, x / slope)


@wrong(task="leaky_relu", cause="ELU in place of leaky ReLU", true=("repair: unwrap",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * np.expm1(np.minimum(x, 0)))


@wrong(
    task="leaky_relu",
    cause="minimum and maximum mixed up: the line is bent to the other side",
    true=("slope_on_the_positive_side",),
)
def leaky_relu(x, slope=0.01):
    return np.minimum(x, slope * x)


@wrong(
    task="leaky_relu",
    cause="the number 0.01 is written into the code and the argument ignored",
    true=("slope_hard_coded",),
)
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, 0.01 * x)


@wrong(
    task="leaky_relu",
    cause="the leak is taken for what is lost: the left is scaled by 1 - slope",
    true=("repair: drop_left_minus",),
)
def leaky_relu(x, slope=0.01):
    factor = np.where(x > 0, 1.0, 1.0 - slope)
    return factor * x


@wrong(
    task="leaky_relu",
    cause="randomised leaky ReLU: the slope is drawn between 0 and slope",
    true=("repair: replace",),
)
def leaky_relu(x, slope=0.01):
    s = np.random.uniform(0, slope, size=x.shape)
    return np.where(x > 0, x, s * x)


# ---------------------------------------------------------------- leaky_relu_backward


@wrong(task="leaky_relu", cause="the threshold is the slope and not 0", true=("repair: replace",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * np.where(x > slope, 1.0, slope)


@wrong(
    task="leaky_relu",
    cause="on the left the upstream gradient is replaced by the slope",
    true=("leaky_grad_out_forgotten_on_the_left",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    dx = grad_out.copy()
    dx[x <= 0] = slope
    return dx


@wrong(
    task="leaky_relu",
    cause="returns a second gradient for the slope, as for PReLU",
    true=("more_than_one_result",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    dx = np.where(x > 0, grad_out, slope * grad_out)
    dslope = np.sum(np.where(x > 0, 0, x) * grad_out)
    return dx, dslope


@wrong(task="leaky_relu", cause="scales grad_out in place", true=("changed_in_place",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    np.multiply(grad_out, slope, out=grad_out, where=x < 0)
    return grad_out


@wrong(
    task="leaky_relu",
    cause="the left side keeps the x of the forward: slope * x instead of slope",
    true=("leaky_value_on_the_left",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * np.where(x > 0, 1.0, slope * x)


@wrong(task="leaky_relu", cause="MATLAB's gradient(): differences of neighbouring entries of the output")
def leaky_relu_backward(x, grad_out, slope=0.01):
    y = np.where(x > 0, x, slope * x).ravel()
    dy = np.gradient(y) if y.size > 1 else np.ones(1)
    return dy.reshape(x.shape) * grad_out


@wrong(
    task="leaky_relu", cause="slope -slope on the left, as for an absolute value", true=("repair: no_minus",)
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x >= 0, grad_out, -slope * grad_out)


@wrong(task="leaky_relu", cause="looks at the sign of grad_out", true=("leaky_mask_from_grad_out",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(grad_out > 0, grad_out, slope * grad_out)


@wrong(task="leaky_relu", cause="an if on a whole array, made to run with .all()", true=("one_region",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    if (x > 0).all():
        return 1.0 * grad_out
    else:
        return slope * grad_out


@wrong(
    task="leaky_relu", cause="copied from ReLU: the left lets nothing through", true=("left_side_blocked",)
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    mask = np.zeros_like(x)
    mask[x > 0] = 1
    return mask * grad_out


@wrong(
    task="leaky_relu",
    cause="1 + slope on the right: both pieces are added up without a mask",
    true=("one_region",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * (x > 0) + slope * grad_out


# ---------------------------------------------------------------- prelu


@wrong(task="prelu", cause="max(x, alpha x), which is wrong for alpha above 1", true=("maximum_of_both",))
def prelu(x, alpha):
    return np.maximum(x, np.multiply(alpha, x))


@wrong(
    task="prelu",
    cause="PyTorch's channel axis: the features are taken for axis 1",
    true=("shapes_do_not_fit",),
)
def prelu(x, alpha):
    a = np.asarray(alpha, dtype=float)
    if a.ndim == 1 and x.ndim > 1:
        a = a.reshape((1, -1) + (1,) * (x.ndim - 2))
    return np.where(x > 0, x, a * x)


@wrong(task="prelu", cause="alpha is kept between 0 and 1, as the leaky slope", true=("repair: unwrap",))
def prelu(x, alpha):
    alpha = np.clip(alpha, 0.0, 1.0)
    return np.where(x > 0, x, alpha * x)


@wrong(task="prelu", cause="one alpha for all: the features' alphas are averaged", true=("repair: replace",))
def prelu(x, alpha):
    a = float(np.mean(alpha))
    return np.where(x > 0, x, a * x)


@wrong(task="prelu", cause="a slope has to be positive, so |alpha|", true=("repair: unwrap",))
def prelu(x, alpha):
    return np.maximum(x, 0) + np.abs(alpha) * np.minimum(x, 0)


@wrong(task="prelu", cause="loops over the features of a matrix: no plain number, no third axis")
def prelu(x, alpha):
    y = x.copy()
    for f in range(len(alpha)):
        column = x[:, f]
        y[:, f] = np.where(column > 0, column, alpha[f] * column)
    return y


@wrong(task="prelu", cause="asks for the sign of alpha * x instead of x", true=("repair: replace",))
def prelu(x, alpha):
    z = alpha * x
    return np.where(z > 0, x, z)


@wrong(task="prelu", cause="x stays in the sum on the left: (1 + alpha) x", true=("repair: insert_minus",))
def prelu(x, alpha):
    return x + alpha * np.minimum(0, x)


@wrong(task="prelu", cause="out=x overwrites the input", true=("changed_in_place",))
def prelu(x, alpha):
    return np.multiply(x, alpha, out=x, where=x <= 0)


@wrong(
    task="prelu", cause="alpha per example: a column, as MATLAB's column vectors", true=("repair: arguments",)
)
def prelu(x, alpha):
    a = np.asarray(alpha, dtype=float).reshape(-1, 1)
    rows = np.atleast_2d(x)
    y = rows.copy()
    y = (
        np.where(rows > 0, rows, a[:1] * rows)
        if a.shape[0] != rows.shape[0]
        else np.where(rows > 0, rows, a * rows)
    )
    return y.reshape(x.shape)


# ---------------------------------------------------------------- prelu_backward


@wrong(
    task="prelu", cause="the mean over the batch instead of the sum for alpha", true=("grad_alpha_averaged",)
)
def prelu_backward(x, grad_out, alpha):
    gx = np.where(x > 0, grad_out, alpha * grad_out)
    d = np.where(x > 0, 0.0, x) * grad_out
    ga = d.mean() if np.ndim(alpha) == 0 else d.mean(axis=tuple(range(x.ndim - 1)))
    return gx, ga


@wrong(
    task="prelu",
    cause="sums over axis 0 only, so a third axis is left over",
    true=("grad_alpha_summed_over_the_first_axis_only",),
)
def prelu_backward(x, grad_out, alpha):
    gx = grad_out * np.where(x > 0, 1.0, alpha)
    d = grad_out * np.where(x > 0, 0.0, x)
    if np.ndim(alpha) == 0:
        return gx, d.sum()
    return gx, np.sum(d, axis=0)


@wrong(
    task="prelu",
    cause="always one gradient per feature, also for a single alpha",
    true=("grad_alpha_always_per_feature",),
)
def prelu_backward(x, grad_out, alpha):
    gx = grad_out * np.where(x > 0, 1.0, alpha)
    ga = (grad_out * np.minimum(x, 0)).reshape(-1, x.shape[-1]).sum(axis=0)
    return gx, ga


@wrong(
    task="prelu",
    cause="always one number, also for an alpha of each feature",
    true=("grad_alpha_summed_over_features",),
)
def prelu_backward(x, grad_out, alpha):
    gx = grad_out * np.where(x > 0, 1.0, alpha)
    ga = np.sum(grad_out * np.minimum(x, 0))
    return gx, ga


@wrong(task="prelu", cause="the positive entries count for alpha, too", true=("grad_alpha_without_mask",))
def prelu_backward(x, grad_out, alpha):
    gx = np.where(x > 0, grad_out, alpha * grad_out)
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    ga = np.sum(grad_out * x, axis=axes)
    return gx, ga


@wrong(
    task="prelu",
    cause="takes grad_x, which holds alpha already, as the upstream gradient of alpha",
    true=("grad_alpha_from_the_value",),
)
def prelu_backward(x, grad_out, alpha):
    left = x <= 0
    gx = grad_out.copy()
    gx = np.where(left, gx * alpha, gx)
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    ga = np.sum(np.where(left, gx * x, 0), axis=axes)
    return gx, ga


@wrong(
    task="prelu",
    cause="keepdims leaves grad_alpha with shape (1, ..., F)",
    true=("grad_alpha_keeps_dimensions",),
)
def prelu_backward(x, grad_out, alpha):
    gx = grad_out * np.where(x > 0, 1.0, alpha)
    axes = tuple(range(x.ndim)) if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    ga = np.sum(grad_out * np.where(x > 0, 0.0, x), axis=axes, keepdims=True)
    return gx, np.atleast_1d(ga)


@wrong(task="prelu", cause="the two gradients are returned in the other order", true=("gradients_swapped",))
def prelu_backward(x, grad_out, alpha):
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    dalpha = np.sum(np.where(x > 0, 0.0, x) * grad_out, axis=axes)
    dx = np.where(x > 0, 1.0, alpha) * grad_out
    return dalpha, dx


@wrong(task="prelu", cause="sums the slopes without their upstream gradients, then multiplies by the total")
def prelu_backward(x, grad_out, alpha):
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    dx = np.where(x > 0, 1.0, alpha) * grad_out
    dalpha = np.where(x > 0, 0.0, x).sum(axis=axes) * grad_out.sum(axis=axes)
    return dx, dalpha


@wrong(task="prelu", cause="returns the alpha after a step of gradient descent")
def prelu_backward(x, grad_out, alpha):
    axes = None if np.ndim(alpha) == 0 else tuple(range(x.ndim - 1))
    dx = np.where(x > 0, 1.0, alpha) * grad_out
    dalpha = np.sum(np.where(x > 0, 0.0, x) * grad_out, axis=axes)
    return dx, alpha - 0.01 * dalpha


@wrong(task="prelu", cause="grad_alpha is not summed at all", true=("grad_alpha_not_summed",))
def prelu_backward(x, grad_out, alpha):
    on = (x > 0).astype(float)
    off = 1 - on
    return grad_out * (on + alpha * off), grad_out * off * x


@wrong(
    task="prelu",
    cause="sums over the last axis, where the features are",
    true=("grad_alpha_summed_over_the_last_axis",),
)
def prelu_backward(x, grad_out, alpha):
    dx = np.where(x > 0, 1.0, alpha) * grad_out
    d = np.where(x > 0, 0.0, x) * grad_out
    return dx, (d.sum() if np.ndim(alpha) == 0 else d.sum(axis=-1))


# ---------------------------------------------------------------- silu


@wrong(task="silu", cause="e^x / (1 + e^x) is NaN at 1000", true=("overflows",))
def silu(x):
    e = np.exp(x)
    return x * e / (1 + e)


@wrong(
    task="silu",
    cause="the sign in the exponential is lost, so the gate is open on the left",
    true=("exponent_sign_flipped",),
)
def silu(x):
    return x / (1 + np.exp(x))


@wrong(task="silu", cause="GELU's approximation with 1.702 in the gate", true=("gelu_approximation",))
def silu(x):
    return x * np.exp(-np.logaddexp(0.0, -1.702 * x))


@wrong(
    task="silu",
    cause="x is clipped against overflow, and the clipped x is multiplied, too",
    true=("repair: unwrap",),
)
def silu(x):
    x = np.clip(x, -50, 50)
    return x / (1 + np.exp(-x))


@wrong(task="silu", cause="fillna(0): NaN from the overflow is replaced by 0", true=("repair: replace",))
def silu(x):
    e = np.exp(x)
    return np.nan_to_num(x * (e / (1 + e)), nan=0.0)


@wrong(task="silu", cause="hard swish, the piecewise linear version", true=("piecewise_linear_gate",))
def silu(x):
    return x * np.clip(x + 3, 0, 6) / 6


@wrong(task="silu", cause="the gate multiplies relu(x), so there is no dip", true=("repair: unwrap",))
def silu(x):
    gate = np.exp(-np.logaddexp(0.0, -x))
    return gate * np.maximum(x, 0)


@wrong(task="silu", cause="x *= gate changes the caller's array", true=("changed_in_place",))
def silu(x):
    x *= np.exp(-np.logaddexp(0.0, -x))
    return x


@wrong(task="silu", cause="a softmax over the last axis as the gate, instead of a sigmoid of each entry")
def silu(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return x * (e / e.sum(axis=-1, keepdims=True))


@wrong(task="silu", cause="softplus, another smooth ReLU")
def silu(x):
    return np.logaddexp(0, x)


@wrong(task="silu", cause="tanh instead of the sigmoid (Mish without the softplus)", true=("tanh_gate",))
def silu(x):
    return x * np.tanh(x)


# ---------------------------------------------------------------- silu_backward


@wrong(task="silu", cause="only the second half of the product rule", true=("x_held_fixed",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * x * s * (1 - s)


@wrong(
    task="silu",
    cause="(f g)' = f' g': the derivative of x times the derivative of the sigmoid",
    true=("derivative_of_the_sigmoid",),
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    ds = s * (1 - s)
    return grad_out * 1 * ds


@wrong(
    task="silu",
    cause="only the first half of the product rule: the gate is treated as a constant",
    true=("sigmoid_held_fixed",),
)
def silu_backward(x, grad_out):
    gate = np.exp(-np.logaddexp(0.0, -x))
    return gate * grad_out


@wrong(task="silu", cause="the derivative is taken at grad_out", true=("arguments_exchanged",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -grad_out))
    return x * (s + grad_out * s * (1 - s))


@wrong(
    task="silu",
    cause="Swish's shortcut y + s (1 - y) remembered as s + y (1 - y)",
    true=("sigmoid_rule_on_the_output",),
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    y = x * s
    return grad_out * (s + y * (1 - y))


@wrong(task="silu", cause="quotient rule with bare exponentials: NaN at 1000")
def silu_backward(x, grad_out):
    e = np.exp(x)
    return grad_out * e * (1 + x + e) / (1 + e) ** 2


@wrong(
    task="silu",
    cause="adds the upstream gradient instead of multiplying by it",
    true=("repair: swap_plus_times", "grad_out_added"),
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out + s * (1 + x * (1 - s))


@wrong(
    task="silu", cause="a bracket slip: s + x s - s^2 instead of s + x s (1 - s)", true=("repair: brackets",)
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * (s + x * s - s * s)


@wrong(task="silu", cause="a one-sided difference with a far too large step")
def silu_backward(x, grad_out):
    def f(t):
        return t * np.exp(-np.logaddexp(0.0, -t))

    h = 0.05
    return grad_out * (f(x + h) - f(x)) / h


@wrong(
    task="silu", cause="a slope is thought to lie between 0 and 1, and is clipped", true=("repair: unwrap",)
)
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    slope = s * (1 + x * (1 - s))
    return grad_out * np.clip(slope, 0, 1)


@wrong(task="silu", cause="ReLU's mask is left over from the copied function", true=("repair: drop_times",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    slope = s + x * s * (1 - s)
    return grad_out * slope * (x > 0)


@wrong(task="silu", cause="sigmoid' applied to the sigmoid's output a second time", true=("repair: replace",))
def silu_backward(x, grad_out):
    def sigmoid(t):
        return np.exp(-np.logaddexp(0.0, -t))

    def dsigmoid(t):
        return sigmoid(t) * (1 - sigmoid(t))

    s = sigmoid(x)
    return grad_out * (s + x * dsigmoid(s))


# ---------------------------------------------------------------- smooth_relu


@wrong(task="smooth_relu", cause="a mask times NaN is NaN on the left", true=("mask_times_nan",))
def smooth_relu(x, alpha):
    return (x >= 0) * (x - np.log(alpha * x + 1) / alpha)


@wrong(task="smooth_relu", cause="softplus instead of SmoothReLU", true=("softplus",))
def smooth_relu(x, alpha):
    return np.logaddexp(0, alpha * x) / alpha


@wrong(
    task="smooth_relu",
    cause="the logarithm of alpha (x + 1): a bracket in the wrong place",
    true=("repair: brackets",),
)
def smooth_relu(x, alpha):
    xp = np.maximum(x, 0)
    return np.where(x >= 0, xp - np.log(alpha * (xp + 1)) / alpha, 0.0)


@wrong(
    task="smooth_relu",
    cause="the whole difference is divided by alpha",
    true=("everything_divided_by_alpha",),
)
def smooth_relu(x, alpha):
    xp = np.maximum(x, 0)
    return (xp - np.log1p(alpha * xp)) / alpha


@wrong(
    task="smooth_relu", cause="fillna(0): where the logarithm still exists on the left, the value is not 0"
)
def smooth_relu(x, alpha):
    y = x - np.log(alpha * x + 1) / alpha
    return np.nan_to_num(y, nan=0.0, posinf=0.0)


@wrong(
    task="smooth_relu",
    cause="|x| keeps the logarithm alive, but nothing sets the left to 0",
    true=("repair: wrap_relu",),
)
def smooth_relu(x, alpha):
    return x - np.log(alpha * np.abs(x) + 1) / alpha


@wrong(
    task="smooth_relu",
    cause="max(0, formula), although the formula is positive or NaN on the left",
    true=("left_side_not_cut",),
)
def smooth_relu(x, alpha):
    return np.maximum(0, x - np.log(alpha * x + 1) / alpha)


@wrong(
    task="smooth_relu",
    cause="clips the argument by writing zeros into the caller's x",
    true=("changed_in_place",),
)
def smooth_relu(x, alpha):
    x[x < 0] = 0.0
    return x - np.log(alpha * x + 1) / alpha


@wrong(task="smooth_relu", cause="the logarithm to base 10", true=("other_base",))
def smooth_relu(x, alpha):
    safe = np.where(x >= 0, x, 0)
    return safe - np.log10(alpha * safe + 1) / alpha


@wrong(
    task="smooth_relu",
    cause="x is left out of the logarithm's argument beside alpha: log(x + 1)",
    true=("alpha_missing_in_the_logarithm",),
)
def smooth_relu(x, alpha):
    safe = np.where(x >= 0, x, 0)
    return safe - np.log1p(safe) / alpha


@wrong(
    task="smooth_relu",
    cause="loops over the first axis with an if, so a matrix fails",
    true=("if_on_an_array",),
)
def smooth_relu(x, alpha):
    y = np.zeros_like(x)
    for i in range(len(x)):
        if x[i] >= 0:
            y[i] = x[i] - np.log(alpha * x[i] + 1) / alpha
    return y


@wrong(task="smooth_relu", cause="the left keeps x (as leaky ReLU with slope 1)", true=("left_side_passes",))
def smooth_relu(x, alpha):
    y = np.array(x, dtype=float)
    right = x >= 0
    y[right] = y[right] - np.log(alpha * y[right] + 1) / alpha
    return y


# ---------------------------------------------------------------- smooth_relu_backward


@wrong(task="smooth_relu", cause="grad_alpha is not summed", true=("smooth_grad_alpha_not_summed",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    return grad_out * (1 - 1 / u), grad_out * (np.log(u) / alpha**2 - p / (alpha * u))


@wrong(task="smooth_relu", cause="the mean of all entries for alpha", true=("smooth_grad_alpha_averaged",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    da = np.log(u) / alpha**2 - p / (alpha * u)
    return grad_out * (1 - 1 / u), np.mean(grad_out * da)


@wrong(
    task="smooth_relu",
    cause="the inner derivative stays in: 1 - alpha / (alpha x + 1)",
    true=("repair: insert_divide",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    gx = np.where(x >= 0, grad_out * (1 - alpha / u), 0)
    ga = np.sum(grad_out * (np.log(u) / alpha**2 - p / (alpha * u)))
    return gx, ga


@wrong(
    task="smooth_relu",
    cause="quotient rule half done: the logarithm's own dependence on alpha is missing",
    true=("grad_alpha_inner_alpha_fixed",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    return grad_out * (1 - 1 / u), float(np.sum(grad_out * np.log(u) / alpha**2))


@wrong(
    task="smooth_relu",
    cause="only the logarithm is differentiated by alpha, 1/alpha is held fixed",
    true=("grad_alpha_outer_alpha_fixed",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    return grad_out * (1 - 1 / u), float(np.sum(grad_out * (-p / (alpha * u))))


@wrong(task="smooth_relu", cause="the sign of grad_alpha is turned round", true=("grad_alpha_sign",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    ga = np.sum(grad_out * (p / (alpha * u) - np.log(u) / alpha**2))
    return grad_out * (1 - 1 / u), ga


@wrong(task="smooth_relu", cause="nansum drops only those on the left for which the logarithm does not exist")
def smooth_relu_backward(x, grad_out, alpha):
    u = alpha * x + 1
    gx = np.where(x >= 0, grad_out * (1 - 1 / u), 0)
    ga = np.nansum(grad_out * (np.log(u) / alpha**2 - x / (alpha * u)))
    return gx, ga


@wrong(task="smooth_relu", cause="a mask times NaN makes grad_alpha NaN", true=("gradient_mask_times_nan",))
def smooth_relu_backward(x, grad_out, alpha):
    mask = (x >= 0).astype(float)
    u = alpha * x + 1
    gx = mask * grad_out * (1 - 1 / u)
    ga = np.sum(mask * grad_out * (np.log(u) / alpha**2 - x / (alpha * u)))
    return gx, ga


@wrong(task="smooth_relu", cause="grad_alpha comes as an array of shape (1,)", true=("repair: all_entries",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    ga = (grad_out * (np.log(u) / alpha**2 - p / (alpha * u))).reshape(1, -1).sum(axis=1)
    return grad_out * (1 - 1 / u), ga


@wrong(
    task="smooth_relu",
    cause="one gradient of alpha for each feature, as in PReLU",
    true=("repair: all_entries",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    u = alpha * p + 1
    da = grad_out * (np.log(u) / alpha**2 - p / (alpha * u))
    return grad_out * (1 - 1 / u), da.sum(axis=tuple(range(x.ndim - 1)))


@wrong(
    task="smooth_relu",
    cause="the derivatives are taken at the forward's output",
    true=("repair: drop_minus",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    y = p - np.log1p(alpha * p) / alpha
    u = alpha * y + 1
    return grad_out * (1 - 1 / u), np.sum(grad_out * (np.log(u) / alpha**2 - y / (alpha * u)))


@wrong(
    task="smooth_relu",
    cause="for alpha the upstream gradient is forgotten",
    true=("smooth_grad_alpha_without_grad_out",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.where(x >= 0, x, 0)
    u = alpha * p + 1
    return grad_out * (alpha * p / u), np.sum(np.log(u) / alpha**2 - p / (alpha * u))


@wrong(
    task="smooth_relu",
    cause="alpha is not treated as learned: only grad_x is returned",
    true=("smooth_grad_alpha_missing",),
)
def smooth_relu_backward(x, grad_out, alpha):
    return np.where(x >= 0, grad_out * (1 - 1 / (alpha * np.maximum(x, 0) + 1)), 0.0)


# ---------------------------------------------------------------- layer_gradient_norms


@wrong(
    task="layer_gradient_norms",
    cause="MATLAB's norm(A): the largest singular value instead of the Frobenius norm",
    true=("spectral_norm",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        out = hs[k + 1]
        g = g * ((out > 0) if activation == "relu" else out * (1 - out))
        norms.insert(0, float(np.linalg.norm(hs[k].T @ g, 2)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="appended during the backward pass: the last layer comes first",
    true=("last_layer_first",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for W, before, out in zip(weights[::-1], hs[-2::-1], hs[:0:-1]):
        g = g * ((out > 0) if activation == "relu" else out * (1 - out))
        norms.append(float(np.sqrt(np.sum((before.T @ g) ** 2))))
        g = g @ W.T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="the last layer is taken for linear, its activation's slope is left out",
    true=("last_layer_linear",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    def act(z):
        return np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z))

    def slope(h):
        return (h > 0).astype(float) if activation == "relu" else h * (1 - h)

    hs = [x]
    for W in weights:
        hs.append(act(hs[-1] @ W))
    g = grad_out
    result = [0.0] * len(weights)
    for k in reversed(range(len(weights))):
        result[k] = float(np.linalg.norm(hs[k].T @ g))
        g = (g @ weights[k].T) * slope(hs[k])
    return result


@wrong(
    task="layer_gradient_norms",
    cause="the sigmoid's h (1 - h) is applied to z",
    true=("sigmoid_rule_on_the_sum",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    h, saved = x, []
    for W in weights:
        z = h @ W
        saved.append((h, z))
        h = np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z))
    norms, d = [], grad_out
    for W, (h, z) in zip(reversed(weights), reversed(saved)):
        dz = d * (z > 0) if activation == "relu" else d * z * (1 - z)
        norms.append(float(np.linalg.norm(h.T @ dz)))
        d = dz @ W.T
    return norms[::-1]


@wrong(task="layer_gradient_norms", cause="the sum of squares without the root", true=("squared_norm",))
def layer_gradient_norms(x, grad_out, weights, activation):
    h, saved = x, []
    for W in weights:
        before, h = h, h @ W
        h = np.maximum(h, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -h))
        saved.append((before, h))
    norms, d = [], grad_out
    for W, (before, h) in zip(reversed(weights), reversed(saved)):
        dz = d * (h > 0) if activation == "relu" else d * h * (1 - h)
        dW = before.T @ dz
        norms.append(float((dW**2).sum()))
        d = dz @ W.T
    return norms[::-1]


@wrong(
    task="layer_gradient_norms",
    cause="the norm of dL/dz instead of dL/dW",
    true=("norm_of_the_sums_gradient",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        g = g * ((hs[k + 1] > 0) if activation == "relu" else hs[k + 1] * (1 - hs[k + 1]))
        norms.insert(0, float(np.linalg.norm(g)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="the gradient is averaged over the batch although grad_out has the 1/N already",
    true=("divided_by_the_batch",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        g = g * ((hs[k + 1] > 0) if activation == "relu" else hs[k + 1] * (1 - hs[k + 1]))
        dW = hs[k].T @ g / x.shape[0]
        norms.insert(0, float(np.linalg.norm(dW)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="ReLU's mask looks at the gradient and not at the forward pass",
    true=("relu_mask_from_the_gradient",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        if activation == "relu":
            g = np.maximum(g, 0)
        else:
            g = g * hs[k + 1] * (1 - hs[k + 1])
        norms.insert(0, float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="the weights are not transposed on the way down",
    true=("inner_sizes_differ",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        g = g * ((hs[k + 1] > 0) if activation == "relu" else hs[k + 1] * (1 - hs[k + 1]))
        norms.insert(0, float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k]
    return norms


@wrong(
    task="layer_gradient_norms",
    cause='asks for "ReLU" in capitals, so every network is a sigmoid network',
    true=("sigmoid_network_either_way",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        if activation == "ReLU":
            hs.append(np.maximum(z, 0))
        else:
            hs.append(np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        if activation == "ReLU":
            g = g * (hs[k + 1] > 0)
        else:
            g = g * hs[k + 1] * (1 - hs[k + 1])
        norms.append(float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return list(reversed(norms))


@wrong(task="layer_gradient_norms", cause="off by one: dL/dW with the layer's output in place of its input")
def layer_gradient_norms(x, grad_out, weights, activation):
    h, outs = x, []
    for W in weights:
        h = h @ W
        h = np.maximum(h, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -h))
        outs.append(h)
    g, norms = grad_out, []
    for W, out in zip(weights[::-1], outs[::-1]):
        dz = g * (out > 0) if activation == "relu" else g * out * (1 - out)
        norms.append(float(np.linalg.norm(out.T @ dz)))
        g = dz @ W.T
    return norms[::-1]


@wrong(
    task="layer_gradient_norms",
    cause="root mean square instead of the root of the sum",
    true=("repair: other_function",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        g = g * ((hs[k + 1] > 0) if activation == "relu" else hs[k + 1] * (1 - hs[k + 1]))
        norms.insert(0, float(np.sqrt(np.mean((hs[k].T @ g) ** 2))))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="the slope goes only into dW and is lost on the way to the layer below",
    true=("derivative_missing_on_the_way_down",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        slope = (hs[k + 1] > 0) if activation == "relu" else hs[k + 1] * (1 - hs[k + 1])
        norms.insert(0, float(np.linalg.norm(hs[k].T @ (g * slope))))
        g = g @ weights[k].T
    return norms


@wrong(
    task="layer_gradient_norms", cause="*= masks grad_out of the caller in place", true=("changed_in_place",)
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(np.maximum(z, 0) if activation == "relu" else np.exp(-np.logaddexp(0, -z)))
    norms, g = [], grad_out
    for k in range(len(weights) - 1, -1, -1):
        g *= (hs[k + 1] > 0) if activation == "relu" else hs[k + 1] * (1 - hs[k + 1])
        norms.insert(0, float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return norms
