"""Wrong functions of homework 1, written from the handout, before any of them was measured."""

import numpy as np

from autograder.checks import wrong


@wrong(task="relu", cause="if on an array", true=("if_on_an_array",))
def relu(x):
    if x > 0:
        return x
    else:
        return 0


@wrong(task="relu", cause="Python's max on an array", true=("python_max",))
def relu(x):
    return max(0, x)


@wrong(task="relu", cause="clips at 6", true=["capped_at_six"])
def relu(x):
    return np.minimum(np.maximum(x, 0), 6)


@wrong(
    task="relu",
    cause="strict at one: small positive inputs are cut",
    true=["near miss: 1 stands where another number belongs"],
)
def relu(x):
    return np.where(x > 1, x, 0.0)


@wrong(task="relu", cause="softplus", true=["softplus_in_place_of_relu"])
def relu(x):
    return np.log(1 + np.exp(x))


@wrong(task="relu", cause="negates the positive side", true=("sign",))
def relu(x):
    return np.where(x > 0, -x, 0.0)


@wrong(task="relu", cause="returns the input untouched", true=("argument_returned",))
def relu(x):
    return x


@wrong(task="relu", cause="an untouched return 0.0", true=("always_zero", "parameter_unused"))
def relu(x):
    return 0.0


@wrong(task="relu", cause="the maximum of the whole array")
def relu(x):
    return np.maximum(0.0, np.max(x))


@wrong(task="relu", cause="loops over rows with a float comparison, only one axis", true=("if_on_an_array",))
def relu(x):
    out = []
    for value in x:
        out.append(value if value > 0 else 0.0)
    return np.array(out)


@wrong(task="relu", cause="result cast to float32", true=("number_type",))
def relu(x):
    return np.maximum(0, x).astype(np.float32)


@wrong(task="relu", cause="result is longdouble", true=("number_type",))
def relu(x):
    return np.maximum(np.longdouble(0), x)


@wrong(task="relu", cause="returns value and cache", true=("value_and_cache",))
def relu(x):
    A = np.maximum(0, x)
    cache = x
    return A, cache


@wrong(task="relu", cause="result turned to integers", true=("whole_numbers",))
def relu(x):
    return np.maximum(0, x).astype(int)


@wrong(task="relu", cause="writes zeros into x in place", true=("writes_into_x",))
def relu(x):
    x[x < 0] = 0
    return x


@wrong(task="relu", cause="mask is right for zero inputs but scaled by two", true=("constant_factor",))
def relu(x):
    return x + np.abs(x)


@wrong(task="relu", cause="result flattened", true=("flattened", "result_flattened"))
def relu(x):
    return np.array([max(0.0, v) for v in x.ravel()])


@wrong(task="relu", cause="prints instead of returning", true=("print_in_place_of_return",))
def relu(x):
    print(np.maximum(0, x))


@wrong(task="relu", cause="backward takes the cache of the course's other notation", true=("cache",))
def relu_backward(dA, cache):
    x = cache
    dZ = np.array(dA, copy=True)
    dZ[x <= 0] = 0
    return dZ


@wrong(task="relu", cause="arguments of the backward swapped", true=("parameters_in_another_order",))
def relu_backward(grad_out, x):
    return grad_out * (x > 0)


@wrong(
    task="relu",
    cause="grad_out masked by its own sign and by x",
    true=("zero_in_a_region", "gated_by_grad_out_too"),
)
def relu_backward(x, grad_out):
    return grad_out * (x > 0) * (grad_out > 0)


@wrong(task="relu", cause="derivative uses the sign function", true=("one_region",))
def relu_backward(x, grad_out):
    return grad_out * np.sign(x)


@wrong(task="relu", cause="zeroes in place in the upstream gradient", true=("writes_into_grad_out",))
def relu_backward(x, grad_out):
    grad = grad_out
    grad[x < 0] = 0
    return grad


@wrong(task="relu", cause="returns local derivative only", true=("grad_out_forgotten",))
def relu_backward(x, grad_out):
    dx = np.zeros_like(x)
    dx[x > 0] = 1
    return dx


@wrong(task="relu", cause="relu applied to the gradient", true=("mask_from_grad_out",))
def relu_backward(x, grad_out):
    return np.maximum(0, grad_out)


@wrong(task="relu", cause="gradient summed to one number", true=("summed_to_one_number",))
def relu_backward(x, grad_out):
    return np.sum(grad_out * (x > 0))


@wrong(task="relu", cause="divided by the number of rows", true=("divided_by_batch_size",))
def relu_backward(x, grad_out):
    return grad_out * (x > 0) / x.shape[0]


@wrong(
    task="relu",
    cause="matrix product in place of the entrywise one",
    true=("inner_sizes_differ", "matrix_product"),
)
def relu_backward(x, grad_out):
    return grad_out @ (x > 0)


@wrong(task="relu", cause="an untouched return 0.0", true=("always_zero", "parameter_unused"))
def relu_backward(x, grad_out):
    return 0.0


@wrong(task="leaky_relu", cause="slope hard coded as 0.1", true=("one_region",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, 0.1 * x)


@wrong(task="leaky_relu", cause="another default", true=("another_default",))
def leaky_relu(x, slope=0.1):
    return np.where(x > 0, x, slope * x)


@wrong(task="leaky_relu", cause="slope divides", true=["divided_by_slope_squared", "one_region"])
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, x / slope)


@wrong(task="leaky_relu", cause="the slope is added, not multiplied", true=("one_region",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, x + slope)


@wrong(
    task="leaky_relu",
    cause="both sides get the slope",
    true=["multiplied_by_slope", "one_region", "slope_on_both_sides"],
)
def leaky_relu(x, slope=0.01):
    return slope * x


@wrong(task="leaky_relu", cause="if on an array", true=("if_on_an_array",))
def leaky_relu(x, slope=0.01):
    y = x if x > 0 else slope * x
    return y


@wrong(
    task="leaky_relu",
    cause="adds relu and the leak on both sides",
    true=("one_region", "leak_added_on_both_sides"),
)
def leaky_relu(x, slope=0.01):
    return np.maximum(0, x) + slope * x


@wrong(task="leaky_relu", cause="slope on the absolute value", true=("left_side_mirrored",))
def leaky_relu(x, slope=0.01):
    return np.where(x > 0, x, slope * np.abs(x))


@wrong(task="leaky_relu", cause="minimum in place of maximum", true=("slope_on_the_positive_side",))
def leaky_relu(x, slope=0.01):
    return np.minimum(x, slope * x)


@wrong(task="leaky_relu", cause="slope squared in the gradient", true=("multiplied_by_slope",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x > 0, grad_out, slope * slope * grad_out)


@wrong(task="leaky_relu", cause="negative sign on the left gradient", true=("sign",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x > 0, grad_out, -slope * grad_out)


@wrong(task="leaky_relu", cause="grad_out forgotten on the right", true=("one_region",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return np.where(x > 0, 1.0, slope * grad_out)


@wrong(task="leaky_relu", cause="the forward applied to the gradient", true=("leaky_mask_from_grad_out",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    return leaky_relu(grad_out, slope)


@wrong(task="leaky_relu", cause="integer array loses the slope", true=("integer_array",))
def leaky_relu_backward(x, grad_out, slope=0.01):
    d = np.ones(x.shape, dtype=int)
    d[x < 0] = slope
    return grad_out * d


@wrong(
    task="leaky_relu",
    cause="wrong order of parameters: slope before grad_out",
    true=("parameters_in_another_order",),
)
def leaky_relu_backward(x, slope, grad_out=0.01):
    return grad_out * np.where(x > 0, 1.0, slope)


@wrong(
    task="leaky_relu",
    cause="mask times slope added to gradient",
    true=("leaky_grad_out_forgotten_on_the_left",),
)
def leaky_relu_backward(x, grad_out, slope=0.01):
    return grad_out * (x > 0) + slope * (x <= 0)


@wrong(task="prelu", cause="alpha as the slope of both sides", true=("one_region", "alpha_on_both_sides"))
def prelu(x, alpha):
    return alpha * x


@wrong(task="prelu", cause="maximum of x and alpha x", true=("maximum_of_both",))
def prelu(x, alpha):
    return np.maximum(x, alpha * x)


@wrong(task="prelu", cause="alpha indexed by the mask fails for one per feature", true=("shapes_do_not_fit",))
def prelu(x, alpha):
    out = x.copy()
    out[x < 0] = alpha * x[x < 0]
    return out


@wrong(task="prelu", cause="alpha clipped at one")
def prelu(x, alpha):
    return np.where(x > 0, x, np.minimum(alpha, 1.0) * x)


@wrong(task="prelu", cause="alpha taken as a mean over the features", true=("parameter_per_feature",))
def prelu(x, alpha):
    return np.where(x > 0, x, np.mean(alpha) * x)


@wrong(
    task="prelu",
    cause="absolute alpha",
    true=["near miss: the absolute value of `alpha` is taken where it belongs as it is"],
)
def prelu(x, alpha):
    return np.where(x > 0, x, np.abs(alpha) * x)


@wrong(task="prelu", cause="adds alpha on the left", true=("one_region",))
def prelu(x, alpha):
    return np.where(x > 0, x, alpha)


@wrong(
    task="prelu",
    cause="grad_alpha summed over axis 0 for a number too",
    true=["grad_alpha_summed_over_axis_0_for_a_number_too"],
)
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    grad_alpha = np.sum(np.where(x > 0, 0, x * grad_out), axis=0)
    return grad_x, grad_alpha


@wrong(task="prelu", cause="grad_alpha is a mean over all entries", true=["grad_alpha_one_mean"])
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    grad_alpha = np.mean(np.where(x > 0, 0, x * grad_out))
    return grad_x, grad_alpha


@wrong(task="prelu", cause="sign of grad_alpha", true=("sign",))
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    g = np.where(x > 0, 0, -x * grad_out)
    if np.ndim(alpha) == 0:
        return grad_x, g.sum()
    return grad_x, g.reshape(-1, g.shape[-1]).sum(axis=0)


@wrong(task="prelu", cause="grad_alpha multiplied by alpha once more", true=("grad_alpha_from_the_value",))
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    g = np.where(x > 0, 0, alpha * x * grad_out)
    if np.ndim(alpha) == 0:
        return grad_x, g.sum()
    return grad_x, g.reshape(-1, g.shape[-1]).sum(axis=0)


@wrong(
    task="prelu",
    cause="grad_alpha counts the positive entries",
    true=["near miss: the condition on the part with `x` is the other way round"],
)
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    g = np.where(x > 0, x * grad_out, 0)
    if np.ndim(alpha) == 0:
        return grad_x, g.sum()
    return grad_x, g.reshape(-1, g.shape[-1]).sum(axis=0)


@wrong(task="prelu", cause="mask of grad_x is the wrong way round and so is grad_alpha's")
def prelu_backward(x, grad_out, alpha):
    mask = x < 0
    grad_x = grad_out * mask + alpha * grad_out * (1 - mask)
    g = grad_out * x * (1 - mask)
    if np.ndim(alpha) == 0:
        return grad_x, g.sum()
    return grad_x, g.reshape(-1, g.shape[-1]).sum(axis=0)


@wrong(task="prelu", cause="results as a dictionary", true=("dictionary",))
def prelu_backward(x, grad_out, alpha):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    return {"grad_x": grad_x, "grad_alpha": np.sum(np.where(x > 0, 0, x * grad_out))}


@wrong(task="prelu", cause="order of the arguments: alpha second", true=("parameters_in_another_order",))
def prelu_backward(x, alpha, grad_out):
    grad_x = np.where(x > 0, grad_out, alpha * grad_out)
    g = np.where(x > 0, 0, x * grad_out)
    if np.ndim(alpha) == 0:
        return grad_x, g.sum()
    return grad_x, g.reshape(-1, g.shape[-1]).sum(axis=0)


@wrong(task="silu", cause="sigmoid of 1.702 x", true=("gelu_approximation",))
def silu(x):
    return x / (1 + np.exp(-1.702 * x))


@wrong(task="silu", cause="overflows far out", true=("overflows",))
def silu(x):
    return x * np.exp(x) / (1 + np.exp(x))


@wrong(task="silu", cause="sign in the exponent", true=("exponent_sign_flipped",))
def silu(x):
    return x / (1 + np.exp(x))


@wrong(task="silu", cause="tanh in place of the sigmoid", true=("tanh_gate",))
def silu(x):
    return x * np.tanh(x)


@wrong(task="silu", cause="relu times sigmoid", true=("zero_in_a_region",))
def silu(x):
    return np.maximum(x, 0) / (1 + np.exp(-x))


@wrong(task="silu", cause="equal to relu beyond 7")
def silu(x):
    s = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return np.where(np.abs(x) > 7, np.maximum(x, 0), x * s)


@wrong(task="silu", cause="x plus sigmoid", true=["gate_added"])
def silu(x):
    return x + 1 / (1 + np.exp(-x))


@wrong(task="silu", cause="math.exp on an array", true=("math_on_an_array",))
def silu(x):
    import math

    return x / (1 + math.exp(-x))


@wrong(
    task="silu",
    cause="product rule with a plus in the wrong place: s + x(1-s)",
    true=["x_in_place_of_a_factor"],
)
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    return grad_out * (s + x * (1 - s))


@wrong(task="silu", cause="only the first term of the product rule", true=("sigmoid_held_fixed",))
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    return grad_out * s


@wrong(task="silu", cause="only the second term of the product rule", true=("x_held_fixed",))
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    return grad_out * x * s * (1 - s)


@wrong(task="silu", cause="the derivative of the sigmoid", true=("derivative_of_the_sigmoid",))
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    return grad_out * s * (1 - s)


@wrong(task="silu", cause="sigmoid of grad_out", true=("derivative_at_grad_out",))
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-grad_out))
    return grad_out * s * (1 + x * (1 - s))


@wrong(task="silu", cause="swish squared term: 1 + s", true=["one_plus_s"])
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    return grad_out * s * (1 + x * (1 + s))


@wrong(
    task="silu",
    cause="the formula with silu in place of s: f + s(1-f), but s and f swapped",
    true=("sigmoid_rule_on_the_output",),
)
def silu_backward(x, grad_out):
    s = 1 / (1 + np.exp(-x))
    f = x * s
    return grad_out * (s + f * (1 - f))


@wrong(task="smooth_relu", cause="log of alpha times x plus 1 outside")
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - (np.log(alpha * p + 1) + 1) / alpha


@wrong(
    task="smooth_relu",
    cause="multiplied by alpha instead of divided",
    true=["one_region", "multiplied_by_alpha"],
)
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - np.log(alpha * p + 1) * alpha


@wrong(task="smooth_relu", cause="plus in place of minus", true=["one_region", "plus_in_place_of_minus"])
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p + np.log(alpha * p + 1) / alpha


@wrong(task="smooth_relu", cause="log10", true=["one_region", "other_base"])
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - np.log10(alpha * p + 1) / alpha


@wrong(task="smooth_relu", cause="log of x + alpha", true=["alpha_added_in_the_logarithm"])
def smooth_relu(x, alpha):
    p = np.maximum(x, 0)
    return p - np.log(p + alpha) / alpha


@wrong(task="smooth_relu", cause="if on an array", true=("if_on_an_array",))
def smooth_relu(x, alpha):
    if x >= 0:
        return x - np.log(alpha * x + 1) / alpha
    return 0


@wrong(task="smooth_relu", cause="left side is alpha x", true=("one_region",))
def smooth_relu(x, alpha):
    return np.where(x >= 0, x - np.log(np.abs(alpha * x) + 1) / alpha, alpha * x)


@wrong(task="smooth_relu", cause="grad_alpha lacks the first term", true=("grad_alpha_outer_alpha_fixed",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = grad_out * alpha * p / (alpha * p + 1)
    return grad_x, np.sum(grad_out * -p / (alpha * (alpha * p + 1)))


@wrong(
    task="smooth_relu",
    cause="grad_alpha with 1 / alpha in place of 1 / alpha squared",
    true=("grad_alpha_not_squared",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = grad_out * alpha * p / (alpha * p + 1)
    g = np.log(alpha * p + 1) / alpha - p / (alpha * (alpha * p + 1))
    return grad_x, np.sum(grad_out * g)


@wrong(task="smooth_relu", cause="grad_x is 1 - alpha / (alpha x + 1)")
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = np.where(x >= 0, grad_out * (1 - alpha / (alpha * p + 1)), 0)
    g = np.log(alpha * p + 1) / alpha**2 - p / (alpha * (alpha * p + 1))
    return grad_x, np.sum(grad_out * g)


@wrong(task="smooth_relu", cause="sign of the whole grad_alpha", true=("grad_alpha_sign",))
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = grad_out * alpha * p / (alpha * p + 1)
    g = p / (alpha * (alpha * p + 1)) - np.log(alpha * p + 1) / alpha**2
    return grad_x, np.sum(grad_out * g)


@wrong(
    task="smooth_relu",
    cause="grad_alpha per feature although alpha is one number",
    true=("smooth_grad_alpha_summed_over_the_first_axis",),
)
def smooth_relu_backward(x, grad_out, alpha):
    p = np.maximum(x, 0)
    grad_x = grad_out * alpha * p / (alpha * p + 1)
    g = np.log(alpha * p + 1) / alpha**2 - p / (alpha * (alpha * p + 1))
    return grad_x, np.sum(grad_out * g, axis=0)


@wrong(task="smooth_relu", cause="no mask on the left")
def smooth_relu_backward(x, grad_out, alpha):
    grad_x = grad_out * (1 - 1 / (alpha * x + 1))
    g = np.log(np.maximum(alpha * x + 1, 1e-12)) / alpha**2 - x / (alpha * (alpha * x + 1))
    return grad_x, np.sum(grad_out * g)


@wrong(
    task="layer_gradient_norms",
    cause="relu derivative is h >= 0",
    true=["near miss: the border of a condition falls on the other side"],
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "sigmoid" else (h >= 0)
        gz = g * d
        norms.append(np.sqrt(np.sum((hs[i].T @ gz) ** 2)))
        g = gz @ weights[i].T
    return norms[::-1]


@wrong(
    task="layer_gradient_norms",
    cause="the loop stops before the first layer",
    true=("loop_leaves_out_the_first",),
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, 0, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "sigmoid" else (h > 0)
        gz = g * d
        norms.append(np.linalg.norm(hs[i].T @ gz))
        g = gz @ weights[i].T
    return norms[::-1]


@wrong(task="layer_gradient_norms", cause="the L1 norm", true=["sum_of_sizes"])
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "sigmoid" else (h > 0)
        gz = g * d
        norms.insert(0, np.abs(hs[i].T @ gz).sum())
        g = gz @ weights[i].T
    return norms


@wrong(
    task="layer_gradient_norms", cause="weights not transposed on the way down", true=("inner_sizes_differ",)
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "sigmoid" else (h > 0)
        gz = g * d
        norms.insert(0, np.linalg.norm(hs[i].T @ gz))
        g = gz @ weights[i]
    return norms


@wrong(task="layer_gradient_norms", cause="the same input for every layer")
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "sigmoid" else (h > 0)
        gz = g * d
        norms.insert(0, np.linalg.norm(hs[i + 1].T @ gz))
        g = gz @ weights[i].T
    return norms


@wrong(task="layer_gradient_norms", cause="norms of the weights", true=["parameter_unused"])
def layer_gradient_norms(x, grad_out, weights, activation):
    return [np.linalg.norm(W) for W in weights]


@wrong(
    task="layer_gradient_norms",
    cause="returns an array of gradients, not norms",
    true=["gradients_in_place_of_norms"],
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    grads = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "sigmoid" else (h > 0)
        gz = g * d
        grads.insert(0, hs[i].T @ gz)
        g = gz @ weights[i].T
    return grads


@wrong(task="layer_gradient_norms", cause="sigmoid derivative s(1+s)")
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 + h) if activation == "sigmoid" else (h > 0)
        gz = g * d
        norms.insert(0, np.linalg.norm(hs[i].T @ gz))
        g = gz @ weights[i].T
    return norms


@wrong(
    task="layer_gradient_norms",
    cause="the string compared in capitals, so always relu",
    true=["relu_network_either_way"],
)
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "Sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for i in range(len(weights) - 1, -1, -1):
        h = hs[i + 1]
        d = h * (1 - h) if activation == "Sigmoid" else (h > 0)
        gz = g * d
        norms.insert(0, np.linalg.norm(hs[i].T @ gz))
        g = gz @ weights[i].T
    return norms


@wrong(task="layer_gradient_norms", cause="reversed(zip) on an iterator", true=("iterator_used_as_a_list",))
def layer_gradient_norms(x, grad_out, weights, activation):
    hs = [x]
    for W in weights:
        z = hs[-1] @ W
        hs.append(1 / (1 + np.exp(-z)) if activation == "sigmoid" else np.maximum(z, 0))
    norms = []
    g = grad_out
    for W, h0, h in reversed(zip(weights, hs[:-1], hs[1:])):
        gz = g * (h * (1 - h) if activation == "sigmoid" else (h > 0))
        norms.append(np.linalg.norm(h0.T @ gz))
        g = gz @ W.T
    return norms[::-1]
