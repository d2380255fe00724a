"""A second list of wrong functions of homework 1, written after the feedback was tuned with the first."""

import numpy as np

from autograder.checks import wrong


@wrong(task="relu", cause="the mask is written the wrong way round", true=("minimum",))
def relu(x):
    y = x.copy()
    y[y > 0] = 0
    return y


@wrong(task="relu", cause="and between two arrays", true=("if_on_an_array",))
def relu(x):
    return x * (x > 0 and x < 1e9)


@wrong(task="relu", cause="loop over the first axis with a scalar result per row")
def relu(x):
    return np.array([np.maximum(0, row).sum() for row in x])


@wrong(task="relu", cause="np.max in place of np.maximum", true=["largest_of_each_column"])
def relu(x):
    return np.max(x, 0)


@wrong(task="relu", cause="alias y = x, then in place", true=("writes_into_x",))
def relu(x):
    y = x
    y[y < 0] = 0.0
    return y


@wrong(task="relu", cause="a boolean result", true=("derivative_in_place_of_value",))
def relu(x):
    return x > 0


@wrong(task="relu", cause="misspelled name", true=("name_without_a_value",))
def relu(x):
    result = np.maximum(0, x)
    return resutl


@wrong(task="relu", cause="returns a tuple by a comma", true=("more_returned",))
def relu(x):
    return (np.maximum(0, x),)


@wrong(task="relu", cause="forward in the backward", true=("one_region", "parameter_unused"))
def relu_backward(x, grad_out):
    return np.maximum(0, x)


@wrong(task="relu", cause="mask of the wrong side, as x < 0", true=("mask_inverted",))
def relu_backward(x, grad_out):
    return np.where(x < 0, grad_out, 0.0)


@wrong(task="relu", cause="if on an array", true=("always_zero", "blocked_as_a_whole"))
def relu_backward(x, grad_out):
    if np.any(x <= 0):
        return np.zeros_like(grad_out)
    return grad_out


@wrong(task="relu", cause="takes only grad_out", true=("signature",))
def relu_backward(grad_out):
    return grad_out * (grad_out > 0)


@wrong(task="leaky_relu", cause="uses abs trick with a wrong half")
def leaky_relu(x, slope=0.01):
    return 0.5 * (1 + slope) * x + (1 - slope) * np.abs(x)


@wrong(task="leaky_relu", cause="1 - slope", true=("one_region",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, (1 - slope) * x)


@wrong(task="leaky_relu", cause="in place on a slice", true=("leaky_writes_into_x",))
def leaky_relu(x, slope=0.01):
    negative = x < 0
    x[negative] = slope * x[negative]
    return x


@wrong(task="leaky_relu", cause="gradient divided by the slope", true=("one_region",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x > 0, grad_out, grad_out / slope)


@wrong(task="leaky_relu", cause="slope + 1", true=("one_region",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * np.where(x > 0, 1.0, 1 + slope)


@wrong(task="prelu", cause="min and max swapped", true=("alpha_on_the_positive_side",))
def prelu(x, alpha):
    return np.minimum(x, 0) + alpha * np.maximum(x, 0)


@wrong(task="prelu", cause="only the leak", true=("zero_in_a_region", "right_side_forgotten"))
def prelu(x, alpha):
    return alpha * np.minimum(x, 0)


@wrong(
    task="prelu",
    cause="grad_alpha is the gradient at the alpha times x positive part removed, summed over axis 0 with keepdims",
    true=["grad_alpha_keeps_axis_0"],
)
def prelu_backward(x, grad_out, alpha):
    dx = grad_out * np.where(x > 0, 1, alpha)
    da = np.sum(grad_out * np.minimum(x, 0), axis=0, keepdims=True)
    return dx, da


@wrong(task="prelu", cause="returns a list with alpha first", true=("gradients_swapped",))
def prelu_backward(x, grad_out, alpha):
    dx = grad_out * np.where(x > 0, 1, alpha)
    da = grad_out * np.minimum(x, 0)
    da = da.sum() if np.ndim(alpha) == 0 else da.sum(axis=tuple(range(x.ndim - 1)))
    return [da, dx]


@wrong(task="prelu", cause="grad_x without grad_out", true=("near miss: `grad_out` is not multiplied in",))
def prelu_backward(x, grad_out, alpha):
    dx = np.where(x > 0, 1.0, alpha) * np.ones_like(x)
    da = grad_out * np.minimum(x, 0)
    da = da.sum() if np.ndim(alpha) == 0 else da.sum(axis=tuple(range(x.ndim - 1)))
    return dx, da


@wrong(task="silu", cause="sigmoid only", true=("x_forgotten",))
def silu(x):
    return 1 / (1 + np.exp(-np.clip(x, -700, 700)))


@wrong(task="silu", cause="x squared times sigmoid")
def silu(x):
    return x * x / (1 + np.exp(-np.clip(x, -700, 700)))


@wrong(task="silu", cause="sigmoid times a mask")
def silu(x):
    return (x > 0) / (1 + np.exp(-np.clip(x, -700, 700)))


@wrong(
    task="silu", cause="minus in the product rule", true=("near miss: the part with `x` has the wrong sign",)
)
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-np.clip(x, -700, 700)))
    return grad_out * (s - x * s * (1 - s))


@wrong(task="silu", cause="grad_out added", true=["grad_out_added"])
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-np.clip(x, -700, 700)))
    return grad_out + s + x * s * (1 - s)


@wrong(task="smooth_relu", cause="exp in place of log", true=["exponential_in_place_of_the_logarithm"])
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - np.exp(-alpha * p) / alpha


@wrong(
    task="smooth_relu",
    cause="log1p of x only outside alpha",
    true=("one_region", "alpha_outside_of_the_logarithm_alone"),
)
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - alpha * np.log1p(p)


@wrong(task="smooth_relu", cause="grad_x is alpha over (alpha x + 1)")
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    dx = np.where(x > 0, alpha / (alpha * p + 1), 0) * grad_out
    da = np.sum(grad_out * (np.log1p(alpha * p) / alpha**2 - p / (alpha * (alpha * p + 1))))
    return dx, da


@wrong(task="smooth_relu", cause="grad_alpha averaged", true=("smooth_grad_alpha_averaged",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    dx = grad_out * alpha * p / (alpha * p + 1)
    da = np.mean(grad_out * (np.log1p(alpha * p) / alpha**2 - p / (alpha * (alpha * p + 1))))
    return dx, da


@wrong(task="layer_gradient_norms", cause="the maximum in place of the norm", true=["largest_size"])
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms, g = [], grad_out
    for i in reversed(range(len(weights))):
        h = hs[i + 1]
        gz = g * (h * (1 - h) if activation == "sigmoid" else h > 0)
        norms.insert(0, np.abs(hs[i].T @ gz).max())
        g = gz @ weights[i].T
    return norms


@wrong(task="layer_gradient_norms", cause="batch divided out before the norm", true=("divided_by_the_batch",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms, g = [], grad_out
    for i in reversed(range(len(weights))):
        h = hs[i + 1]
        gz = g * (h * (1 - h) if activation == "sigmoid" else h > 0)
        norms.insert(0, np.linalg.norm(hs[i].T @ gz / len(x)))
        g = gz @ weights[i].T
    return norms


@wrong(task="relu", cause="absolute value is halved wrongly: (x + |x|), the half forgotten")
def relu(x):
    return x + np.abs(x)


@wrong(task="relu", cause="grad_out is gated by itself as well as by x", true=["gated_by_grad_out_too"])
def relu_backward(x, grad_out):
    return np.where((x > 0) & (grad_out > 0), grad_out, 0.0)


@wrong(task="relu", cause="passes the gradient where the output of relu is below its mean: wrong threshold 1")
def relu_backward(x, grad_out):
    grad = grad_out.copy()
    grad[x < 1] = 0
    return grad


@wrong(task="leaky_relu", cause="the whole array is decided by its sum", true=["one_side_for_the_array"])
def leaky_relu(x, slope=0.01):
    if np.sum(x) > 0:
        return x
    return slope * x


@wrong(task="leaky_relu", cause="the left side is added to x instead of replacing it")
def leaky_relu(x, slope=0.01):
    return x + slope * np.minimum(x, 0)


@wrong(
    task="leaky_relu",
    cause="the backward returns the local derivative times x, not grad_out",
    true=("parameter_unused",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    d = np.ones_like(x)
    d[x <= 0] = slope
    return d * x


@wrong(
    task="leaky_relu", cause="the derivative of the left side is slope * x", true=("leaky_value_on_the_left",)
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * np.where(x > 0, 1.0, slope * x)


@wrong(
    task="leaky_relu",
    cause="the mask is an integer array, so that the slope is cut to 0",
    true=("left_side_blocked",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    mask = (x > 0).astype(int)
    mask[x <= 0] = slope
    return grad_out * mask


@wrong(task="prelu", cause="alpha is taken by its absolute value")
def prelu(x, alpha):
    return np.maximum(x, 0) - np.abs(alpha) * np.maximum(-x, 0)


@wrong(
    task="prelu",
    cause="grad_alpha is summed over the batch axis only, also for a single alpha",
    true=["grad_alpha_summed_over_axis_0_for_a_number_too"],
)
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    grad_alpha = np.sum(np.where(x > 0, 0.0, x * grad_out), axis=0)
    return grad_x, grad_alpha


@wrong(task="prelu", cause="grad_alpha is the mean over the entries", true=("grad_alpha_averaged",))
def prelu_backward(x, grad_out, alpha):
    alpha = np.asarray(alpha)
    grad_x = grad_out * np.where(x > 0, 1.0, alpha)
    local = grad_out * np.where(x > 0, 0.0, x)
    if alpha.ndim == 0:
        return grad_x, local.mean()
    return grad_x, local.reshape(-1, alpha.size).mean(axis=0)


@wrong(
    task="prelu",
    cause="grad_alpha is computed with the already scaled alpha * x",
    true=("grad_alpha_from_the_value",),
)
def prelu_backward(x, grad_out, alpha):
    neg = x <= 0
    grad_x = grad_out.copy()
    grad_x[neg] = (grad_out * alpha)[neg]
    contrib = np.where(neg, grad_out * alpha * x, 0)
    if np.ndim(alpha) == 0:
        return grad_x, np.sum(contrib)
    return grad_x, contrib.sum(axis=tuple(range(x.ndim - 1)))


@wrong(task="silu", cause="sigmoid of -x", true=("exponent_sign_flipped",))
def silu(x):
    return x / (1 + np.exp(np.clip(x, -500, 500)))


@wrong(task="silu", cause="x is clipped to +-30 before everything, so large x are cut")
def silu(x):
    x = np.clip(x, -30, 30)
    return x / (1 + np.exp(-x))


@wrong(task="silu", cause="derivative without the first term", true=("x_held_fixed",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * x * s * (1 - s)


@wrong(task="silu", cause="sigmoid' is taken as s * (1 - x)")
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    return grad_out * (s + x * s * (1 - x))


@wrong(task="silu", cause="swish' = f + s (1 - f) remembered as f + s (1 + f)", true=("one_plus_s",))
def silu_backward(x, grad_out):
    s = np.exp(-np.logaddexp(0.0, -x))
    f = x * s
    return grad_out * (f + s * (1 + f))


@wrong(task="smooth_relu", cause="log10 in place of the natural logarithm", true=("other_base",))
def smooth_relu(x, alpha):
    z = np.maximum(x, 0)
    return z - np.log10(alpha * z + 1) / alpha


@wrong(
    task="smooth_relu",
    cause="the division by alpha is inside of the logarithm",
    true=["divided_inside_the_logarithm"],
)
def smooth_relu(x, alpha):
    z = np.maximum(x, 0)
    return z - np.log((alpha * z + 1) / alpha)


@wrong(task="smooth_relu", cause="the gradient at x lacks the inner derivative: 1 - 1/(alpha (alpha x + 1))")
def smooth_relu_backward(x, grad_out, alpha):
    z = np.maximum(x, 0)
    on = x >= 0
    grad_x = np.where(on, grad_out * (1 - 1 / (alpha * (alpha * z + 1))), 0.0)
    grad_alpha = np.sum(grad_out * (np.log(alpha * z + 1) / alpha**2 - z / (alpha * (alpha * z + 1))))
    return grad_x, grad_alpha


@wrong(task="smooth_relu", cause="the quotient rule in grad_alpha is without the minus: both terms added")
def smooth_relu_backward(x, grad_out, alpha):
    z = np.maximum(x, 0)
    grad_x = grad_out * (1 - 1 / (alpha * z + 1))
    grad_alpha = np.sum(grad_out * (np.log(alpha * z + 1) / alpha**2 + z / (alpha * (alpha * z + 1))))
    return grad_x, grad_alpha


@wrong(
    task="layer_gradient_norms",
    cause="the activation of the last layer is left out on the way back",
    true=("last_layer_linear",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    g = grad_out
    norms = []
    for k in range(len(weights) - 1, -1, -1):
        if k < len(weights) - 1:
            h = hs[k + 1]
            g = g * (h * (1 - h) if activation == "sigmoid" else (h > 0))
        norms.append(float(np.linalg.norm(hs[k].T @ g)))
        g = g @ weights[k].T
    return norms[::-1]


@wrong(
    task="layer_gradient_norms",
    cause="the spectral norm (ord=2) instead of the Frobenius norm",
    true=("spectral_norm",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    g = grad_out
    norms = []
    for W, h_in, h in zip(weights[::-1], hs[-2::-1], hs[:0:-1]):
        g = g * (h * (1 - h) if activation == "sigmoid" else (h > 0))
        norms.append(float(np.linalg.norm(h_in.T @ g, 2)))
        g = g @ W.T
    return norms[::-1]


@wrong(
    task="layer_gradient_norms",
    cause="the norm of the gradient at the layer's output, not at its weights",
    true=["norm_of_the_outputs_gradient"],
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    g = grad_out
    norms = []
    for W, h in zip(weights[::-1], hs[:0:-1]):
        norms.insert(0, float(np.sqrt((g**2).sum())))
        g = (g * (h * (1 - h) if activation == "sigmoid" else (h > 0))) @ W.T
    return norms
