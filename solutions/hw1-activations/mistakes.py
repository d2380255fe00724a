"""Known mistakes of homework 1, each with what a teaching assistant would say about it.

Within a task the backwards come first: a gradient check also calls the student's forward, and where
both are wrong the sentence should be about the backward. Among those that agree on many inputs, the
more particular one comes first.
"""

from __future__ import annotations

import numpy as np
from reference import sigmoid

from autograder.checks import mistake

# --- ReLU ---------------------------------------------------------------------------------------


@mistake(
    function="relu_backward",
    severity="useless",
    feedback="""The gradient passes everywhere here, as if there were no mask. Where x is negative, relu(x)
    does not change with x, so nothing flows back there.""",
)
def no_mask(x, grad_out):
    return grad_out.copy()


@mistake(
    function="relu_backward",
    severity="useless",
    feedback="""One gate serves the whole array: a single positive entry of x opens it for all entries. Each
    entry lets its own gradient through, or not, by its own sign.""",
)
def one_gate_for_the_array(x, grad_out):
    return grad_out.copy() if np.any(x > 0) else np.zeros_like(grad_out)


@mistake(
    function="relu_backward",
    severity="useless",
    feedback="""Your mask looks at the sign of grad_out. Whether a ReLU lets the gradient through is decided
    by its input x; grad_out may have either sign and passes through unchanged.""",
)
def mask_from_grad_out(x, grad_out):
    return grad_out * (grad_out > 0)


@mistake(
    function="relu_backward",
    severity="useless",
    feedback="""This is the local derivative, 0 or 1, and grad_out is not used. The chain rule multiplies the
    local derivative by the gradient that comes from above.""",
)
def grad_out_forgotten(x, grad_out):
    return (x > 0).astype(float)


@mistake(
    function="relu_backward",
    severity="slip",
    feedback="""Your mask is the wrong way round: the gradient passes where x is negative and is blocked where
    x is positive.""",
)
def mask_inverted(x, grad_out):
    return grad_out * (x <= 0)


@mistake(
    function="relu_backward",
    severity="slip",
    feedback="""You multiply grad_out by relu(x), the function's value. Backpropagation multiplies by its
    derivative: on the right ReLU has slope 1, however large x is.""",
)
def value_in_place_of_derivative(x, grad_out):
    return grad_out * np.maximum(0.0, x)


@mistake(
    function="relu_backward",
    severity="slip",
    feedback="""The numbers are right, but grad_out[...] = 0 writes into the caller's array. Copy grad_out
    first, or multiply it by a mask.""",
)
def writes_into_grad_out(x, grad_out):
    grad_out[x <= 0] = 0.0
    return grad_out


@mistake(
    function="relu_backward",
    severity="useless",
    feedback="""One entry that is not positive blocks the gradients of all the others: your condition is
    about the whole array. Every entry has a gate of its own, as in np.where(x > 0, grad_out, 0).""",
)
def blocked_as_a_whole(x, grad_out):
    return np.zeros_like(grad_out) if np.any(x <= 0) else grad_out


@mistake(
    function="relu_backward",
    severity="slip",
    feedback="""You also block gradients that are negative. The gate asks for the sign of x alone: a
    gradient of either sign passes where x is positive.""",
)
def gated_by_grad_out_too(x, grad_out):
    return np.where((x > 0) & (grad_out > 0), grad_out, 0.0)


@mistake(
    function="relu",
    severity="slip",
    feedback="""The numbers are right, but x[...] = 0 writes into the caller's array, and the backward needs
    the old x to know where it was positive. Work on a copy, or build a new array.""",
)
def writes_into_x(x):
    x[x < 0] = 0.0
    return x


@mistake(
    function="relu",
    severity="slip",
    feedback="""This is the absolute value: negative inputs are mirrored. ReLU sets them to 0.""",
)
def absolute_value(x):
    return np.abs(x)


@mistake(
    function="relu",
    severity="slip",
    feedback="""You keep the negative side and drop the positive one: that is min(0, x). Check the direction
    of your comparison.""",
)
def minimum(x):
    return np.minimum(0.0, x)


@mistake(
    function="relu",
    severity="slip",
    feedback="This is ReLU's derivative, 0 or 1, not its value. Where x is positive, relu returns x itself.",
)
def derivative_in_place_of_value(x):
    return (x > 0).astype(float)


@mistake(
    function="relu",
    severity="slip",
    feedback="""Your output stops at 1. ReLU has no upper limit: that it does not saturate on the right is the
    reason to use it.""",
)
def capped_at_one(x):
    return np.clip(x, 0.0, 1.0)


@mistake(
    function="relu",
    severity="slip",
    feedback="""Your output stops at 6: that is ReLU6. ReLU has no upper limit.""",
)
def capped_at_six(x):
    return np.clip(x, 0.0, 6.0)


@mistake(
    function="relu",
    severity="slip",
    feedback="""This is softplus, log(1 + exp(x)), a smooth relative of ReLU. ReLU has a corner: exactly 0
    on the left.""",
)
def softplus_in_place_of_relu(x):
    return np.logaddexp(0.0, x)


@mistake(
    function="relu",
    severity="slip",
    feedback="""On the left this is exp(x) - 1, as in ELU. ReLU is 0 there.""",
)
def exponential_on_the_left(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0.0)))


@mistake(
    function="relu",
    severity="slip",
    feedback="""Your result is a flat list of the right numbers. relu works entry by entry: the result
    has the shape of x.""",
)
def result_flattened(x):
    return np.maximum(0.0, x).ravel()


@mistake(
    function="relu",
    severity="slip",
    feedback="""np.max looks for the largest entry along an axis: np.max(x, 0) is that of each column.
    Entry by entry, the larger of two numbers is np.maximum(0, x).""",
)
def largest_of_each_column(x):
    return np.max(x, 0)


# --- Leaky ReLU ---------------------------------------------------------------------------------


@mistake(
    function="leaky_relu_backward",
    severity="slip",
    feedback="""On the left your gradient is 0, as for plain ReLU. Leaky ReLU has slope `slope` there, so a
    share of grad_out flows back.""",
)
def left_side_blocked(x, grad_out, slope=0.01):
    return grad_out * (x > 0)


@mistake(
    function="leaky_relu_backward",
    severity="slip",
    feedback="""The slope is on the wrong side: it multiplies the gradient where x is positive. It belongs
    where x is negative.""",
)
def gradient_slope_on_the_positive_side(x, grad_out, slope=0.01):
    return grad_out * np.where(x > 0, slope, 1.0)


@mistake(
    function="leaky_relu_backward",
    severity="useless",
    feedback="""You choose the side by the sign of grad_out. Which of the two slopes applies is decided by the
    forward's input x.""",
)
def leaky_mask_from_grad_out(x, grad_out, slope=0.01):
    return np.where(grad_out > 0, grad_out, slope * grad_out)


@mistake(
    function="leaky_relu_backward",
    severity="slip",
    feedback="""On the left you multiply by slope * x, which is the function's value. Its derivative with
    respect to x is slope alone.""",
)
def leaky_value_on_the_left(x, grad_out, slope=0.01):
    return grad_out * np.where(x > 0, 1.0, slope * x)


@mistake(
    function="leaky_relu_backward",
    severity="slip",
    feedback="""On the left you return the slope itself and leave out grad_out. The chain rule multiplies by
    grad_out on both sides.""",
)
def leaky_grad_out_forgotten_on_the_left(x, grad_out, slope=0.01):
    return np.where(x > 0, grad_out, slope)


@mistake(
    function="leaky_relu_backward",
    severity="useless",
    feedback="""This is the local derivative, slope or 1, and grad_out is not used. The chain rule multiplies
    the local derivative by the gradient that comes from above.""",
)
def leaky_grad_out_forgotten(x, grad_out, slope=0.01):
    return np.where(x > 0, 1.0, slope)


@mistake(
    function="leaky_relu_backward",
    severity="slip",
    feedback="""Your gradient uses 0.01 whatever slope it is given. 0.01 is only the default: use the
    argument.""",
)
def gradient_slope_hard_coded(x, grad_out, slope=0.01):
    return grad_out * np.where(x > 0, 1.0, 0.01)


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""The slope is on the wrong side: it multiplies positive inputs. Positive inputs pass unchanged,
    negative ones are scaled.""",
)
def slope_on_the_positive_side(x, slope=0.01):
    return np.where(x > 0, slope * x, x)


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""This is plain ReLU: negative inputs become 0. Here they are multiplied by slope, so that a
    unit which is negative everywhere still gets a gradient.""",
)
def no_leak(x, slope=0.01):
    return np.maximum(0.0, x)


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""For negative x you return the number slope itself. The left side is a line through the origin
    with that slope.""",
)
def constant_on_the_left(x, slope=0.01):
    return np.where(x > 0, x, slope)


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""Your left side is positive: the sign is flipped. A negative x stays negative and only gets
    smaller in size.""",
)
def left_side_mirrored(x, slope=0.01):
    return np.where(x > 0, x, -slope * x)


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""Your function uses 0.01 whatever slope it is given. 0.01 is only the default: use the
    argument.""",
)
def slope_hard_coded(x, slope=0.01):
    return np.where(x > 0, x, 0.01 * x)


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""The numbers are right, but x[...] *= slope writes into the caller's array. Work on a copy, or
    build a new array.""",
)
def leaky_writes_into_x(x, slope=0.01):
    x[x < 0] *= slope
    return x


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""Both sides are multiplied by slope, so this is a straight line. It belongs to the left
    side; on the right x stays as it is.""",
)
def slope_on_both_sides(x, slope=0.01):
    return slope * x


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""You add slope * x on both sides, so the right one has slope 1 + slope. The leak belongs
    to the negative entries alone.""",
)
def leak_added_on_both_sides(x, slope=0.01):
    return np.maximum(0.0, x) + slope * x


@mistake(
    function="leaky_relu",
    severity="slip",
    feedback="""The sum of the array decides the side of all its entries. Every entry has a side of its
    own: np.where(x > 0, x, slope * x).""",
)
def one_side_for_the_array(x, slope=0.01):
    return x if np.sum(x) > 0 else slope * x


# --- PReLU --------------------------------------------------------------------------------------


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""Your grad_alpha has the shape of x: it still holds what each entry contributes. All entries
    that share an alpha add up to one number of its gradient; sum until the shape is alpha's.""",
)
def grad_alpha_not_summed(x, grad_out, alpha):
    return grad_out * np.where(x > 0, 1.0, alpha), grad_out * np.where(x > 0, 0.0, x)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""Your grad_alpha is one number even when alpha has one entry per feature. Sum over the axes
    that alpha does not have, and keep the last one.""",
)
def grad_alpha_summed_over_features(x, grad_out, alpha):
    return grad_out * np.where(x > 0, 1.0, alpha), np.sum(grad_out * np.where(x > 0, 0.0, x))


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""Your grad_alpha has one entry per feature even when alpha is a single number. Then every entry
    of x shares it, so the sum runs over all axes.""",
)
def grad_alpha_always_per_feature(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    axes = tuple(range(x.ndim - 1))
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""You sum grad_alpha over axis 0. That is right for a matrix only: x may have any number of
    axes, and alpha belongs to the last one. Sum over all the others.""",
)
def grad_alpha_summed_over_the_first_axis_only(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    grad_alpha = contributions.sum() if np.ndim(alpha) == 0 else contributions.sum(axis=0)
    return grad_out * np.where(x > 0, 1.0, alpha), grad_alpha


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""You sum grad_alpha over the last axis, which adds the features of one example up. alpha
    belongs to the last axis: keep that one and sum over the others.""",
)
def grad_alpha_summed_over_the_last_axis(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    grad_alpha = contributions.sum() if np.ndim(alpha) == 0 else contributions.sum(axis=-1)
    return grad_out * np.where(x > 0, 1.0, alpha), grad_alpha


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""Your grad_alpha keeps its summed axes with length 1. It must have exactly alpha's shape, or
    alpha - lr * grad_alpha changes shape at the first update: look for keepdims.""",
)
def grad_alpha_keeps_dimensions(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.sum(axis=axes, keepdims=True)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""You average grad_alpha instead of summing it. If a mean over the batch is wanted, the loss has
    already put its 1/N into grad_out; the chain rule itself only adds.""",
)
def grad_alpha_averaged(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.mean(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""grad_alpha leaves out grad_out. Each negative entry contributes its x times the upstream
    gradient at that entry.""",
)
def grad_alpha_without_grad_out(x, grad_out, alpha):
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, 1.0, alpha), np.where(x > 0, 0.0, x).sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""grad_alpha also counts entries with positive x. Where x is positive the output does not depend
    on alpha, so they contribute nothing.""",
)
def grad_alpha_without_mask(x, grad_out, alpha):
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, 1.0, alpha), (grad_out * x).sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""In grad_alpha you use alpha * x. That is the function's value; its derivative with respect to
    alpha is x.""",
)
def grad_alpha_from_the_value(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, alpha * x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""In grad_alpha the derivative is taken as 1 where x is negative: you sum grad_out alone. The
    output there is alpha * x, and its derivative with respect to alpha is x.""",
)
def grad_alpha_without_x(x, grad_out, alpha):
    contributions = grad_out * (x <= 0)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""In grad_x the left side is 0, as for plain ReLU. There the slope is alpha.""",
)
def grad_x_blocked_on_the_left(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * (x > 0), contributions.sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""In grad_x the slopes are on the wrong sides: alpha belongs where x is negative, 1 where it is
    positive.""",
)
def grad_x_slope_on_the_positive_side(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(x > 0, alpha, 1.0), contributions.sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="useless",
    feedback="""You choose the side by the sign of grad_out. Which slope applies, and which entries depend on
    alpha, is decided by the forward's input x.""",
)
def prelu_mask_from_grad_out(x, grad_out, alpha):
    contributions = grad_out * np.where(grad_out > 0, 0.0, x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return grad_out * np.where(grad_out > 0, 1.0, alpha), contributions.sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""You decide the side by comparing x with alpha * x. That works only while alpha is below 1, and
    alpha is learned: it may go anywhere. Ask for the sign of x.""",
)
def side_by_comparing_with_alpha_x(x, grad_out, alpha):
    right = x > alpha * x
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    grad_x = grad_out * np.where(right, 1.0, alpha)
    return grad_x, (grad_out * np.where(right, 0.0, x)).sum(axis=axes)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""The two gradients come in the wrong order: grad_x first, then grad_alpha, as in the forward's
    arguments.""",
)
def gradients_swapped(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    axes = tuple(range(x.ndim - np.ndim(alpha)))
    return contributions.sum(axis=axes), grad_out * np.where(x > 0, 1.0, alpha)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""Only grad_x is returned. alpha is learned too: return (grad_x, grad_alpha).""",
)
def grad_alpha_missing(x, grad_out, alpha):
    return grad_out * np.where(x > 0, 1.0, alpha)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""You sum grad_alpha over axis 0 whatever alpha is. A single alpha is shared by all
    entries of x, and an alpha per feature by all axes but the last: sum until the shape is alpha's.""",
)
def grad_alpha_summed_over_axis_0_for_a_number_too(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.sum(axis=0)


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""Your grad_alpha is the mean over all entries, one number whatever alpha is. The chain
    rule adds, and each entry of alpha gets the sum over those entries of x that share it.""",
)
def grad_alpha_one_mean(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.mean()


@mistake(
    function="prelu_backward",
    severity="slip",
    feedback="""You sum grad_alpha over axis 0 and keep that axis with length 1. It must have exactly
    alpha's shape, which keepdims does not give, and a single alpha gets the sum over all entries.""",
)
def grad_alpha_keeps_axis_0(x, grad_out, alpha):
    contributions = grad_out * np.where(x > 0, 0.0, x)
    return grad_out * np.where(x > 0, 1.0, alpha), contributions.sum(axis=0, keepdims=True)


@mistake(
    function="prelu",
    severity="slip",
    feedback="""maximum(x, alpha * x) is PReLU only while alpha is at most 1. alpha is learned and may grow
    past 1, and then the maximum picks the wrong side. Ask for the sign of x.""",
)
def maximum_of_both(x, alpha):
    return np.maximum(x, alpha * x)


@mistake(
    function="prelu",
    severity="slip",
    feedback="""alpha is on the wrong side: it multiplies positive inputs. Positive inputs pass unchanged,
    negative ones are scaled.""",
)
def alpha_on_the_positive_side(x, alpha):
    return np.where(x > 0, alpha * x, x)


@mistake(
    function="prelu",
    severity="slip",
    feedback="""You use the fixed slope 0.25. That is the value at which He et al. start; from then on alpha
    is learned, so use the argument.""",
)
def alpha_hard_coded(x, alpha):
    return np.where(x > 0, x, 0.25 * x)


@mistake(
    function="prelu",
    severity="slip",
    feedback="""This is plain ReLU: negative inputs become 0, and alpha has no effect. They should be
    multiplied by alpha.""",
)
def alpha_unused(x, alpha):
    return np.maximum(0.0, x)


@mistake(
    function="prelu",
    severity="slip",
    feedback="""Both sides are multiplied by alpha. It belongs to the left side; on the right x stays as
    it is.""",
)
def alpha_on_both_sides(x, alpha):
    return alpha * x


@mistake(
    function="prelu",
    severity="slip",
    feedback="""This is the left side alone: positive entries become 0. Where x is positive, the result
    is x.""",
)
def right_side_forgotten(x, alpha):
    return alpha * np.minimum(0.0, x)


# --- SiLU ---------------------------------------------------------------------------------------


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""This is the derivative of the sigmoid, s (1 - s). SiLU is x times the sigmoid, so its
    derivative needs the product rule.""",
)
def derivative_of_the_sigmoid(x, grad_out):
    s = sigmoid(x)
    return grad_out * s * (1.0 - s)


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""One term of the product rule is missing: you differentiate the factor x and keep the sigmoid
    fixed. The sigmoid depends on x as well.""",
)
def sigmoid_held_fixed(x, grad_out):
    return grad_out * sigmoid(x)


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""One term of the product rule is missing: you differentiate the sigmoid and keep the factor x
    fixed. The derivative of x is 1, and that term is sigmoid(x).""",
)
def x_held_fixed(x, grad_out):
    s = sigmoid(x)
    return grad_out * x * s * (1.0 - s)


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""The two terms of the product rule are added without the factor x: sigmoid(x) plus the
    sigmoid's derivative. The second term is x times the sigmoid's derivative.""",
)
def product_rule_without_x(x, grad_out):
    s = sigmoid(x)
    return grad_out * (s + s * (1.0 - s))


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""The derivative is evaluated at the wrong variable: you take the sigmoid of silu(x). Both
    sigmoids in the product rule are taken at the input x.""",
)
def derivative_at_the_output(x, grad_out):
    s = sigmoid(x * sigmoid(x))
    return grad_out * (s + x * s * (1.0 - s))


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""The derivative is evaluated at the wrong variable: you take the sigmoid of grad_out. It is
    taken at the input x; grad_out only multiplies the result.""",
)
def derivative_at_grad_out(x, grad_out):
    s = sigmoid(grad_out)
    return grad_out * (s + x * s * (1.0 - s))


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""In the term with x you use y (1 - y) where y = silu(x). s (1 - s) is the derivative of the
    sigmoid in terms of its own output s; y is not the output of a sigmoid.""",
)
def sigmoid_rule_on_the_output(x, grad_out):
    s = sigmoid(x)
    y = x * s
    return grad_out * (s + y * (1.0 - y))


@mistake(
    function="silu_backward",
    severity="useless",
    feedback="""This is the local derivative, and grad_out is not used. The chain rule multiplies it by the
    gradient that comes from above.""",
)
def silu_grad_out_forgotten(x, grad_out):
    s = sigmoid(x)
    return s * (1.0 + x * (1.0 - s))


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""exp(x) overflows to infinity for large x, and infinity / infinity is NaN. Write the sigmoid so
    that the exponential stands in the denominator only, or choose the form by the sign of x.""",
)
def gradient_overflows(x, grad_out):
    s = np.exp(x) / (1.0 + np.exp(x))
    return grad_out * s * (1.0 + x * (1.0 - s))


@mistake(
    function="silu",
    severity="slip",
    feedback="""exp(x) overflows to infinity for large x, and infinity / infinity is NaN. Write the sigmoid so
    that the exponential stands in the denominator only, or choose the form by the sign of x.""",
)
def overflows(x):
    return x * np.exp(x) / (1.0 + np.exp(x))


@mistake(
    function="silu",
    severity="slip",
    feedback="""This is the sigmoid itself, between 0 and 1. SiLU is x times the sigmoid.""",
)
def x_forgotten(x):
    return sigmoid(x)


@mistake(
    function="silu",
    severity="slip",
    feedback="""The sign in the exponent is flipped, so you multiply by sigmoid(-x): the gate is open on the
    left and closed on the right.""",
)
def exponent_sign_flipped(x):
    return x * sigmoid(-x)


@mistake(
    function="silu",
    severity="slip",
    feedback="""You multiply by sigmoid(1.702 x). That is the usual approximation of GELU; SiLU has no factor
    in front of x.""",
)
def gelu_approximation(x):
    return x * sigmoid(1.702 * x)


@mistake(
    function="silu",
    severity="slip",
    feedback="""You multiply by tanh(x). The gate of SiLU is the sigmoid, which goes from 0 to 1 and not from
    -1 to 1: your function is even, SiLU tends to 0 on the left.""",
)
def tanh_gate(x):
    return x * np.tanh(x)


@mistake(
    function="silu",
    severity="slip",
    feedback="""You add the gate sigmoid(x). It multiplies: x * sigmoid(x).""",
)
def gate_added(x):
    return x + sigmoid(x)


@mistake(
    function="silu",
    severity="slip",
    feedback="""Your gate is made of straight lines, as in hard swish. SiLU's gate is the sigmoid itself.""",
)
def piecewise_linear_gate(x):
    return x * np.clip(x / 6 + 0.5, 0.0, 1.0)


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""A factor is missing: the derivative of the gate is s * (1 - s), so the second term is x * s
    * (1 - s).""",
)
def x_in_place_of_a_factor(x, grad_out):
    s = sigmoid(x)
    return grad_out * (s + x * (1 - s))


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""The derivative of the sigmoid is s * (1 - s), with a minus. Yours comes out as
    s + x * s * (1 + s), with a plus.""",
)
def one_plus_s(x, grad_out):
    s = sigmoid(x)
    return grad_out * s * (1 + x * (1 + s))


@mistake(
    function="silu_backward",
    severity="slip",
    feedback="""You add grad_out to the derivative. The chain rule multiplies: grad_x = grad_out *
    silu'(x).""",
)
def grad_out_added(x, grad_out):
    s = sigmoid(x)
    return grad_out + s + x * s * (1.0 - s)


# --- SmoothReLU ---------------------------------------------------------------------------------


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""grad_x is a sigmoid: that is the derivative of softplus, log(1 + exp(alpha x)) / alpha.
    SmoothReLU is another function; differentiate x - log(alpha x + 1) / alpha.""",
)
def derivative_of_softplus(x, grad_out, alpha):
    z = alpha * np.maximum(x, 0.0)
    contributions = grad_out * np.where(x > 0, np.log1p(z) / alpha**2 - x / (alpha * (z + 1.0)), 0.0)
    return grad_out * sigmoid(alpha * x), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""grad_x is 1 / (alpha x + 1): that is the derivative of the logarithm's part alone. The leading
    x of the formula contributes a 1, from which it is subtracted.""",
)
def grad_x_of_the_logarithm_only(x, grad_out, alpha):
    z = alpha * np.maximum(x, 0.0)
    contributions = grad_out * np.where(x > 0, np.log1p(z) / alpha**2 - x / (alpha * (z + 1.0)), 0.0)
    return grad_out * np.where(x > 0, 1.0 / (z + 1.0), 0.0), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""In grad_x the logarithm's derivative lacks its inner factor. d log(alpha x + 1) / dx is alpha
    / (alpha x + 1), and that alpha cancels the one below the logarithm: nothing is left to divide by.""",
)
def grad_x_inner_derivative_forgotten(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0)))
    return grad_out * np.where(x > 0, 1.0 - 1.0 / (alpha * (z + 1.0)), 0.0), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""grad_x is 0 on the left and 1 on the right, as for ReLU. SmoothReLU bends: its slope rises
    from 0 at the origin and only tends to 1.""",
)
def grad_x_of_relu(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0)))
    return grad_out * (x > 0), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""The formula of the right side is used on the left too. For x < 0 the function is 0, and so are
    both of its derivatives.""",
)
def gradient_left_side_not_cut(x, grad_out, alpha):
    z = alpha * x
    contributions = grad_out * (np.log(z + 1.0) / alpha**2 - x / (alpha * (z + 1.0)))
    return grad_out * (1.0 - 1.0 / (z + 1.0)), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""Multiplying by a mask does not remove a NaN: for negative x the logarithm is NaN, 0 * NaN is
    NaN, and one NaN spoils the whole sum. Choose with np.where, or clamp x before the logarithm.""",
)
def gradient_mask_times_nan(x, grad_out, alpha):
    right = x >= 0
    contributions = grad_out * right * (np.log(alpha * x + 1.0) / alpha**2 - x / (alpha * (alpha * x + 1.0)))
    return grad_out * right * (1.0 - 1.0 / (alpha * x + 1.0)), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""grad_alpha has the wrong sign. -log(alpha x + 1) / alpha grows with alpha: differentiate
    1/alpha and the logarithm once more, and mind the minus in front.""",
)
def grad_alpha_sign(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (p / (alpha * (z + 1.0)) - np.log1p(z) / alpha**2)
    return grad_out * z / (z + 1.0), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""In grad_alpha you treat the alpha inside the logarithm as a constant. It stands in two places,
    so there are two terms.""",
)
def grad_alpha_inner_alpha_fixed(x, grad_out, alpha):
    z = alpha * np.maximum(x, 0.0)
    return grad_out * z / (z + 1.0), (grad_out * np.log1p(z)).sum() / alpha**2


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""In grad_alpha you treat the alpha below the logarithm as a constant. It stands in two places,
    so there are two terms.""",
)
def grad_alpha_outer_alpha_fixed(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    return grad_out * z / (z + 1.0), -(grad_out * p / (alpha * (z + 1.0))).sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""In grad_alpha the logarithm is divided by alpha only once. The derivative of 1 / alpha is -1 /
    alpha squared.""",
)
def grad_alpha_not_squared(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (np.log1p(z) / alpha - p / (alpha * (z + 1.0)))
    return grad_out * z / (z + 1.0), contributions.sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""Your grad_alpha has the shape of x: it still holds what each entry contributes. All entries
    share the one alpha; add them up.""",
)
def smooth_grad_alpha_not_summed(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    return grad_out * z / (z + 1.0), grad_out * (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0)))


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""You sum grad_alpha over the first axis only. alpha is a single number that every entry shares,
    so the sum runs over all axes.""",
)
def smooth_grad_alpha_summed_over_the_first_axis(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0)))
    return grad_out * z / (z + 1.0), contributions.sum(axis=0)


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""You average grad_alpha instead of summing it. If a mean over the batch is wanted, the loss has
    already put its 1/N into grad_out; the chain rule itself only adds.""",
)
def smooth_grad_alpha_averaged(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0)))
    return grad_out * z / (z + 1.0), contributions.mean()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""grad_alpha leaves out grad_out. Each entry contributes its own derivative times the upstream
    gradient at that entry.""",
)
def smooth_grad_alpha_without_grad_out(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    return grad_out * z / (z + 1.0), (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0))).sum()


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""The two gradients come in the wrong order: grad_x first, then grad_alpha, as in the forward's
    arguments.""",
)
def smooth_gradients_swapped(x, grad_out, alpha):
    p = np.maximum(x, 0.0)
    z = alpha * p
    contributions = grad_out * (np.log1p(z) / alpha**2 - p / (alpha * (z + 1.0)))
    return contributions.sum(), grad_out * z / (z + 1.0)


@mistake(
    function="smooth_relu_backward",
    severity="slip",
    feedback="""Only grad_x is returned. alpha is learned too: return (grad_x, grad_alpha).""",
)
def smooth_grad_alpha_missing(x, grad_out, alpha):
    z = alpha * np.maximum(x, 0.0)
    return grad_out * z / (z + 1.0)


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""This is softplus, log(1 + exp(alpha x)) / alpha, which is above 0 everywhere. SmoothReLU is
    exactly 0 on the left and lies below ReLU on the right; use x - log(alpha x + 1) / alpha.""",
)
def softplus(x, alpha):
    return np.logaddexp(0.0, alpha * x) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""Multiplying by a mask does not remove a NaN: for negative x the logarithm is NaN, and 0 * NaN
    is NaN. Choose with np.where, or clamp x before the logarithm.""",
)
def mask_times_nan(x, alpha):
    return (x >= 0) * (x - np.log(alpha * x + 1.0) / alpha)


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""The formula of the right side is used for negative x too. There the function is 0, and the
    logarithm does not even exist once alpha x falls below -1.""",
)
def left_side_not_cut(x, alpha):
    return x - np.log(alpha * x + 1.0) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""Negative inputs pass unchanged: the two branches are mixed up or the left one returns x.
    SmoothReLU is 0 there, as ReLU is.""",
)
def left_side_passes(x, alpha):
    return np.where(x >= 0, x - np.log1p(alpha * np.maximum(x, 0.0)) / alpha, x)


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""The logarithm is not divided by alpha. Without the division the slope at 0 is 1 - alpha
    instead of 0, and the function does not tend to ReLU.""",
)
def division_by_alpha_forgotten(x, alpha):
    positive = np.maximum(x, 0.0)
    return positive - np.log1p(alpha * positive)


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""alpha is missing inside the logarithm: it is log(alpha x + 1), not log(x + 1).""",
)
def alpha_missing_in_the_logarithm(x, alpha):
    positive = np.maximum(x, 0.0)
    return positive - np.log1p(positive) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""The division by alpha takes in too much: you compute (x - log(alpha x + 1)) / alpha. Only the
    logarithm is divided; check your parentheses.""",
)
def everything_divided_by_alpha(x, alpha):
    positive = np.maximum(x, 0.0)
    return (positive - np.log1p(alpha * positive)) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""This is plain ReLU, the limit for large alpha. At an ordinary alpha log(alpha x + 1) / alpha
    is subtracted on the right.""",
)
def logarithm_forgotten(x, alpha):
    return np.maximum(x, 0.0)


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""You add the logarithm. It is subtracted: the curve lies below ReLU.""",
)
def plus_in_place_of_minus(x, alpha):
    z = np.maximum(x, 0.0)
    return z + np.log1p(alpha * z) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""You take the logarithm to base 10. np.log is the natural one, which the formula means.""",
)
def other_base(x, alpha):
    z = np.maximum(x, 0.0)
    return z - np.log10(alpha * z + 1) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""You multiply the logarithm by alpha. It is divided by alpha, so that the curve tends to
    ReLU as alpha grows.""",
)
def multiplied_by_alpha(x, alpha):
    z = np.maximum(x, 0.0)
    return z - np.log1p(alpha * z) * alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""Your logarithm is of x + alpha. It is of alpha * x + 1, which is 1 at 0, so that the
    result begins at 0.""",
)
def alpha_added_in_the_logarithm(x, alpha):
    positive = np.maximum(0.0, x)
    return positive - np.log(positive + alpha) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""You subtract an exponential where the logarithm belongs: the formula has log(alpha * x +
    1) / alpha.""",
)
def exponential_in_place_of_the_logarithm(x, alpha):
    positive = np.maximum(0.0, x)
    return positive - np.exp(-alpha * positive) / alpha


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""alpha multiplies the logarithm of x + 1. It belongs inside, with x, and divides outside:
    log(alpha * x + 1) / alpha.""",
)
def alpha_outside_of_the_logarithm_alone(x, alpha):
    positive = np.maximum(0.0, x)
    return positive - alpha * np.log1p(positive)


@mistake(
    function="smooth_relu",
    severity="slip",
    feedback="""The division by alpha stands inside of the logarithm. It is the logarithm that is
    divided: log(alpha * x + 1) / alpha.""",
)
def divided_inside_the_logarithm(x, alpha):
    positive = np.maximum(0.0, x)
    return positive - np.log((alpha * positive + 1.0) / alpha)


# --- Vanishing gradients ------------------------------------------------------------------------


def slope_at(h, activation):
    """The derivative of an activation where its output is h."""
    return h * (1.0 - h) if activation == "sigmoid" else h > 0


def layer_outputs(x, weights, activation):
    """What goes into a network, and what each of its layers gives."""
    outputs = [x]
    for W in weights:
        z = outputs[-1] @ W
        outputs.append(sigmoid(z) if activation == "sigmoid" else np.maximum(0.0, z))
    return outputs


def passed_back(x, grad, weights, activation, slope=slope_at):
    """For each layer, the last one first: what goes in, the gradient of its sums, and that of its output."""
    outputs = layer_outputs(x, weights, activation)
    for k in reversed(range(len(weights))):
        grad_z = grad * slope(outputs[k + 1], activation)
        yield outputs[k], grad_z, grad
        grad = grad_z @ weights[k].T


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""The derivative of the sigmoid is taken at the wrong variable: you apply the sigmoid once more
    to h, which already is a sigmoid's output. It is h (1 - h), or s (1 - s) with s the sigmoid of z =
    h_before @ W.""",
)
def sigmoid_derivative_at_the_output(x, grad_out, weights, activation):
    def slope(h, name):
        s = sigmoid(h)
        return s * (1.0 - s) if name == "sigmoid" else h > 0

    layers = passed_back(x, grad_out, weights, activation, slope)
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""The derivative of the sigmoid is taken at the wrong variable: you compute z (1 - z) from the
    layer's sum z. The rule s (1 - s) wants the sigmoid's output.""",
)
def sigmoid_rule_on_the_sum(x, grad_out, weights, activation):
    inputs, sums = [], []
    for W in weights:
        inputs.append(x)
        sums.append(x @ W)
        x = sigmoid(sums[-1]) if activation == "sigmoid" else np.maximum(0.0, sums[-1])
    norms, grad = [], grad_out
    for h, z, W in zip(reversed(inputs), reversed(sums), reversed(weights), strict=True):
        grad_z = grad * (z * (1.0 - z) if activation == "sigmoid" else z > 0)
        norms.insert(0, float(np.linalg.norm(h.T @ grad_z)))
        grad = grad_z @ W.T
    return norms


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""With ReLU your mask looks at the sign of the gradient that comes from above. Whether a unit
    lets it through is decided by its own z: only where z is positive.""",
)
def relu_mask_from_the_gradient(x, grad_out, weights, activation):
    outputs = layer_outputs(x, weights, activation)
    norms, grad = [], grad_out
    for k in reversed(range(len(weights))):
        h = outputs[k + 1]
        grad_z = grad * (h * (1.0 - h) if activation == "sigmoid" else grad > 0)
        norms.insert(0, float(np.linalg.norm(outputs[k].T @ grad_z)))
        grad = grad_z @ weights[k].T
    return norms


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""The gradient goes back as if the layers were linear: the activation's derivative is missing.
    Multiply by act'(z) in each layer before you use the gradient.""",
)
def activation_derivative_missing(x, grad_out, weights, activation):
    def slope(h, _):
        return np.ones_like(h)

    layers = passed_back(x, grad_out, weights, activation, slope)
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""What you hand down to the layer below lacks the activation's derivative: dL/dW has it, but the
    gradient that goes on through W^T does not. It is dL/dz that continues, not dL/dh.""",
)
def derivative_missing_on_the_way_down(x, grad_out, weights, activation):
    outputs = layer_outputs(x, weights, activation)
    norms, grad = [], grad_out
    for k in reversed(range(len(weights))):
        h = outputs[k + 1]
        grad_z = grad * (h * (1.0 - h) if activation == "sigmoid" else h > 0)
        norms.insert(0, float(np.linalg.norm(outputs[k].T @ grad_z)))
        grad = grad @ weights[k].T
    return norms


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""dL/dW lacks the derivative of the layer's own activation: you multiply h_before by dL/dh. The
    weights act on z, so multiply by act'(z) before you form dL/dW, not after.""",
)
def derivative_missing_in_the_weights_gradient(x, grad_out, weights, activation):
    outputs = layer_outputs(x, weights, activation)
    norms, grad = [], grad_out
    for k in reversed(range(len(weights))):
        h = outputs[k + 1]
        norms.insert(0, float(np.linalg.norm(outputs[k].T @ grad)))
        grad = (grad * (h * (1.0 - h) if activation == "sigmoid" else h > 0)) @ weights[k].T
    return norms


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""You use the sigmoid's derivative whatever the activation is. With "relu" it is 1 where z is
    positive and 0 elsewhere.""",
)
def sigmoid_derivative_for_both(x, grad_out, weights, activation):
    def slope(h, _):
        return h * (1.0 - h)

    layers = passed_back(x, grad_out, weights, activation, slope)
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""You use ReLU's derivative, 1 where h is positive, whatever the activation is. A sigmoid's
    output is always positive, so for "sigmoid" everything passes unchanged; its derivative is h (1 - h).""",
)
def relu_derivative_for_both(x, grad_out, weights, activation):
    def slope(h, _):
        return h > 0

    layers = passed_back(x, grad_out, weights, activation, slope)
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""The argument activation has no effect: your network is a sigmoid network either way. With
    "relu" both the layers and their derivatives are ReLU's.""",
)
def sigmoid_network_either_way(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, "sigmoid")
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""For "sigmoid" you use 1 - h squared. That is the derivative of tanh in terms of its output;
    the sigmoid's is another one.""",
)
def derivative_of_tanh(x, grad_out, weights, activation):
    def slope(h, name):
        return 1.0 - h**2 if name == "sigmoid" else h > 0

    layers = passed_back(x, grad_out, weights, activation, slope)
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""Your last layer is linear: its activation is left out. Here every layer is h = act(h @ W), the
    last one too, and grad_out is the gradient behind that activation.""",
)
def last_layer_linear(x, grad_out, weights, activation):
    outputs = layer_outputs(x, weights, activation)
    norms, grad = [], grad_out
    for k in reversed(range(len(weights))):
        h = outputs[k + 1]
        slope = h * (1.0 - h) if activation == "sigmoid" else h > 0
        grad_z = grad if k == len(weights) - 1 else grad * slope
        norms.insert(0, float(np.linalg.norm(outputs[k].T @ grad_z)))
        grad = grad_z @ weights[k].T
    return norms


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""The norms are right but in the wrong order: backpropagation starts at the last layer, and your
    list does too. The first layer's norm comes first.""",
)
def last_layer_first(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""These are the squared norms: the sum of squares without the root. The Frobenius norm is the
    root of that sum.""",
)
def squared_norm(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.sum((h.T @ grad_z) ** 2)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""np.linalg.norm(dW, 2) is the largest singular value of a matrix. The Frobenius norm, the root
    of the sum of all squares, is what np.linalg.norm gives without a second argument.""",
)
def spectral_norm(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.linalg.norm(h.T @ grad_z, 2)) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""You divide dL/dW by the batch size. If the loss is a mean, its 1/N is already in grad_out;
    h_before^T @ dL/dz adds the examples up and is not divided again.""",
)
def divided_by_the_batch(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.linalg.norm(h.T @ grad_z)) / len(x) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""These are norms of dL/dz, the gradient at each layer's sum. Asked for are those of dL/dW: one
    more product, with the input of the layer.""",
)
def norm_of_the_sums_gradient(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.linalg.norm(grad_z)) for _, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""You add up the sizes of the entries. The Frobenius norm is the root of the sum of their
    squares.""",
)
def sum_of_sizes(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.abs(h.T @ grad_z).sum()) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""You return the largest entry of each gradient. The Frobenius norm is the root of the sum
    of all squares.""",
)
def largest_size(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, activation)
    return [float(np.abs(h.T @ grad_z).max()) for h, grad_z, _ in layers][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="useless",
    feedback="""These are the gradients themselves. Return one number for each layer, the gradient's
    norm: np.linalg.norm.""",
)
def gradients_in_place_of_norms(x, grad_out, weights, activation):
    return [h.T @ grad_z for h, grad_z, _ in passed_back(x, grad_out, weights, activation)][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""These are the norms of dL/dh, the gradients that reach each layer's output. What is
    asked for is dL/dW = h_before.T @ dL/dz.""",
)
def norm_of_the_outputs_gradient(x, grad_out, weights, activation):
    return [float(np.linalg.norm(grad)) for _, _, grad in passed_back(x, grad_out, weights, activation)][::-1]


@mistake(
    function="layer_gradient_norms",
    severity="slip",
    feedback="""The argument activation has no effect: your network is a ReLU network either way.
    Compare it with the text "sigmoid" exactly as it is written.""",
)
def relu_network_either_way(x, grad_out, weights, activation):
    layers = passed_back(x, grad_out, weights, "relu")
    return [float(np.linalg.norm(h.T @ grad_z)) for h, grad_z, _ in layers][::-1]
