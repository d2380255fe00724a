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


@wrong(task="relu", cause="np.max in place of np.maximum")
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


@wrong(task="relu", cause="if on an array", true=("always_zero",))
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


@wrong(task="prelu", cause="only the leak", true=("zero_in_a_region",))
def prelu(x, alpha):
    return alpha * np.minimum(x, 0)


@wrong(
    task="prelu",
    cause="grad_alpha is the gradient at the alpha times x positive part removed, summed over axis 0 with keepdims",
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


@wrong(task="silu", cause="grad_out added")
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-np.clip(x, -700, 700)))
    return grad_out + s + x * s * (1 - s)


@wrong(task="smooth_relu", cause="exp in place of log")
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - np.exp(-alpha * p) / alpha


@wrong(task="smooth_relu", cause="log1p of x only outside alpha", true=("one_region",))
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


@wrong(task="layer_gradient_norms", cause="the maximum in place of the norm")
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
