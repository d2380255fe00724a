"""Known mistakes of homework 4, each with the sentence a teaching assistant would say."""

from __future__ import annotations

import numpy as np

from autograder.checks import mistake

# --- Adagrad ------------------------------------------------------------------------------------


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You overwrite the accumulator: sum_sq holds the last squared gradient alone, so every
    step has length lr. Adagrad adds the new square to all that came before.""",
)
def accumulator_overwritten(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You divide by the sum of squares itself; the root is missing. Without it the rate has
    the wrong unit: a gradient ten times as large would make a step a tenth as long.""",
)
def root_missing(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (sum_sq + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""Your epsilon is about 0.1, as large as an ordinary gradient: it changes the steps
    instead of only guarding against 0/0. Use the eps you are given, 1e-8.""",
)
def epsilon_too_large(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + 0.1), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""All parameters share one rate: you add up the squares over the entries. Each parameter
    has a sum of its own, so there is no np.sum here; the only sum is over the steps.""",
)
def one_sum_for_all(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.sum(grad**2)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""All parameters share one rate: you average the squares over the entries. Each parameter
    has a sum of its own.""",
)
def one_mean_for_all(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.mean(grad**2)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You add the gradient, not its square, to sum_sq. Gradients of opposite sign then cancel,
    and the root of a negative sum is NaN.""",
)
def gradient_not_squared(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


SIZES_ADDED = """You add the size of the gradient, not its square, to sum_sq: np.abs(grad) in place of
    grad**2."""


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback=SIZES_ADDED,
)
def sizes_added(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You divide by the old sum and add the present gradient afterwards. The first step then
    divides by 0. Update sum_sq first, and use the new one.""",
)
def old_sum_used(theta, grad, sum_sq, lr, eps=1e-8):
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq + grad**2


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You return the old sum_sq, so nothing is remembered: the next step starts from the same
    sum again. Return the new one.""",
)
def old_sum_returned(theta, grad, sum_sq, lr, eps=1e-8):
    return theta - lr * grad / (np.sqrt(sum_sq + grad**2) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You go uphill: the step is added to theta. The gradient points to where the loss grows;
    subtract.""",
)
def adagrad_ascends(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta + lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""The learning rate is missing: steps have length 1 where lr was asked for.""",
)
def adagrad_without_lr(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""Your step is lr / sqrt(sum_sq) alone: that is the rate. The gradient itself is missing
    as a factor, and with it the direction.""",
)
def rate_without_gradient(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You add first and square afterwards: (sum_sq + grad)**2. Squares are added: sum_sq +
    grad**2.""",
)
def square_of_the_sum(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = (sum_sq + grad) ** 2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You keep the root in the state: the next step adds a square to a root. Keep the sum of
    squares, and take the root only for the step.""",
)
def root_kept(theta, grad, sum_sq, lr, eps=1e-8):
    root = np.sqrt(sum_sq + grad**2)
    return theta - lr * grad / (root + eps), root


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""This is RMSProp: you keep a running mean, which forgets. Adagrad keeps the sum of all
    squared gradients.""",
)
def a_running_mean(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = 0.9 * sum_sq + 0.1 * grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You return theta alone. The sum belongs to the result too: without it the next step
    cannot know the past.""",
)
def sum_not_returned(theta, grad, sum_sq, lr, eps=1e-8):
    return theta - lr * grad / (np.sqrt(sum_sq + grad**2) + eps)


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You return the two results in the other order. theta comes first, then sum_sq.""",
)
def adagrad_results_swapped(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return sum_sq, theta - lr * grad / (np.sqrt(sum_sq) + eps)


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You change sum_sq in place: `sum_sq += ...` writes into the caller's array. Write sum_sq
    = sum_sq + ..., which makes a new one.""",
)
def sum_changed_in_place(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq += grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You change theta in place: `theta -= ...` writes into the caller's array. Return theta -
    ..., a new one.""",
)
def theta_changed_in_place(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    theta -= lr * grad / (np.sqrt(sum_sq) + eps)
    return theta, sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""There is no epsilon: a parameter whose gradients were all 0 gets 0/0, which is NaN. Add
    eps to the root.""",
)
def no_epsilon(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / np.sqrt(sum_sq), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    stateful=True,
    feedback="""You keep the sum inside the function, over all its calls, and do not look at the
    sum_sq that you are given. Two networks that are trained in turn then share one past.""",
)
def sum_kept_inside(theta, grad, sum_sq, lr, eps=1e-8, kept={}):  # noqa: B006  # which is the mistake
    kept[theta.shape] = kept.get(theta.shape, 0.0) + grad**2
    return theta - lr * grad / (np.sqrt(kept[theta.shape]) + eps), kept[theta.shape]


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""eps is the same whatever you are given: a number stands in the formula where the
    argument belongs.""",
)
def eps_ignored(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + 1e-8), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""The step uses the squared gradient, so its sign is lost and theta never goes up. The
    square belongs to the sum only; the step is along grad itself.""",
)
def gradient_squared_in_the_step(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad**2 / (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You multiply by the root of the sum. Adagrad divides by it: a parameter with large
    gradients gets a small rate.""",
)
def step_times_the_root(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad * (np.sqrt(sum_sq) + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You keep eps in the sum, so it is added again at every step. It only guards the
    division; return the sum of squares without it.""",
)
def epsilon_added_to_the_sum(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2 + eps
    return theta - lr * grad / np.sqrt(sum_sq), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You add the size of the gradient to sum_sq, and divide by the sum without a root.
    Adagrad adds squares, and takes the root of their sum.""",
)
def sizes_added_without_root(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr * grad / (sum_sq + eps), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""Your step is a share of theta: theta * (1 - rate). The step is rate times the gradient:
    theta - lr * grad / (sqrt(sum_sq) + eps).""",
)
def theta_in_place_of_gradient(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta * (1 - lr / (np.sqrt(sum_sq) + eps)), sum_sq


@mistake(
    function="adagrad_update",
    severity="slip",
    feedback="""You add the gradient to the root of the old sum and square the two together:
    (sqrt(sum_sq) + grad)**2. Squares are added: sum_sq + grad**2, or gradients of opposite sign cancel.""",
)
def square_of_added_roots(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = (np.sqrt(sum_sq) + grad) ** 2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


# --- Momentum -----------------------------------------------------------------------------------


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""Your velocity forgets its past: the old velocity does not enter the new one, so this is
    plain gradient descent. Add mu times the velocity that you are given.""",
)
def velocity_forgotten(theta, grad, velocity, lr, mu=0.9):
    velocity = -lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You return the old velocity. It is then 0 for ever, and every step is plain gradient
    descent: return the one that you have just computed.""",
)
def old_velocity_returned(theta, grad, velocity, lr, mu=0.9):
    return theta + mu * velocity - lr * grad, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""theta moves by the old velocity, so the present gradient takes effect one step too late.
    Update the velocity first, then move by the new one.""",
)
def old_velocity_used(theta, grad, velocity, lr, mu=0.9):
    return theta + velocity, mu * velocity - lr * grad


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You go uphill: the velocity grows along the gradient, and theta moves along the
    velocity. One of the two has to carry a minus.""",
)
def momentum_ascends(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You subtract a velocity that already carries the minus of -lr * grad: two minuses, and
    theta goes uphill.""",
)
def velocity_subtracted(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta - velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""The learning rate is applied twice, in the velocity and again in the step. Once is
    enough.""",
)
def lr_applied_twice(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + lr * velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""The learning rate is missing: the gradient enters the velocity at full size.""",
)
def momentum_without_lr(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""This is Nesterov's momentum: theta moves by mu * velocity - lr * grad with the new
    velocity. In the classical form it moves by the velocity itself.""",
)
def nesterov_in_place_of_classical(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + mu * velocity - lr * grad, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You weight the gradient by 1 - mu, as in a running mean. Here the velocity adds up: mu *
    velocity - lr * grad, so a steady slope makes steps up to 1 / (1 - mu) times as long.""",
)
def a_mean_of_gradients(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - (1 - mu) * lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""mu stands at the gradient, not at the velocity: nothing slows the ball down, and the
    gradient is weakened instead. mu is the friction; it multiplies the old velocity.""",
)
def mu_on_the_gradient(theta, grad, velocity, lr, mu=0.9):
    velocity = velocity - mu * lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""There is no friction: the old velocity is kept whole, and the ball never comes to rest.
    Multiply it by mu.""",
)
def no_friction(theta, grad, velocity, lr, mu=0.9):
    velocity = velocity - lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""mu multiplies the gradient's push as well: mu * (velocity - lr * grad). Only the old
    velocity is slowed down.""",
)
def mu_on_both(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * (velocity - lr * grad)
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""The gradient is used twice: once in the velocity, and once more when theta moves. theta
    + velocity is all.""",
)
def gradient_used_twice(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + velocity - lr * grad, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""mu is 0.9 whatever you are given: a number stands in the formula where the argument
    belongs.""",
)
def mu_fixed(theta, grad, velocity, lr, mu=0.9):
    velocity = 0.9 * velocity - lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You return theta alone. The velocity belongs to the result too: without it the ball is
    at rest before every step.""",
)
def velocity_not_returned(theta, grad, velocity, lr, mu=0.9):
    return theta + mu * velocity - lr * grad


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You return the two results in the other order. theta comes first, then the velocity.""",
)
def momentum_results_swapped(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return velocity, theta + velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""You change the velocity in place: `velocity *= mu` writes into the caller's array. Make
    a new one.""",
)
def velocity_changed_in_place(theta, grad, velocity, lr, mu=0.9):
    velocity *= mu
    velocity -= lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    stateful=True,
    feedback="""You keep the velocity inside the function, over all its calls, and do not look at the
    one that you are given. Two networks that are trained in turn then push each other.""",
)
def velocity_kept_inside(theta, grad, velocity, lr, mu=0.9, kept={}):  # noqa: B006  # which is the mistake
    kept[theta.shape] = mu * kept.get(theta.shape, 0.0) - lr * grad
    return theta + kept[theta.shape], kept[theta.shape]


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""Your velocity is a running average: the gradient counts 1 - mu. Many courses teach
    that form; here the gradient counts fully, mu * velocity - lr * grad, so steps are up to 1 / (1 -
    mu) times as long.""",
)
def running_average(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + (1 - mu) * grad
    return theta - lr * velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""Your velocity is a running average of the negative gradient, which counts 1 - mu. Here
    the gradient counts fully: mu * velocity - lr * grad.""",
)
def negative_running_average(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - (1 - mu) * grad
    return theta + lr * velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""Your velocity is a running average of the steps lr * grad: a new step counts 1 - mu.
    Here it counts fully: mu * velocity - lr * grad.""",
)
def running_average_of_steps(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + (1 - mu) * lr * grad
    return theta - velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""Your velocity is a running average, and its weights are swapped too: the past counts 1 -
    mu, the gradient mu. Here mu multiplies the old velocity, and the gradient counts lr.""",
)
def running_average_weights_swapped(theta, grad, velocity, lr, mu=0.9):
    velocity = (1 - mu) * velocity + mu * grad
    return theta - lr * velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""The old velocity counts 1 - mu, 0.1 by default: nearly all of it is forgotten. mu
    itself, 0.9, is the share that is kept.""",
)
def one_minus_mu_on_the_velocity(theta, grad, velocity, lr, mu=0.9):
    velocity = (1 - mu) * velocity - lr * grad
    return theta + velocity, velocity


@mistake(
    function="momentum_update",
    severity="slip",
    feedback="""theta moves by mu times the new velocity. mu belongs to the old velocity only; theta
    moves by the whole new one.""",
)
def moves_by_mu_times_the_new_velocity(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + mu * velocity, velocity


# --- Nesterov's momentum ------------------------------------------------------------------------


@mistake(
    function="nesterov_update",
    severity="slip",
    feedback="""Your theta moves by the new velocity itself, which is classical momentum: the same as
    mu times the old velocity minus lr * grad. Nesterov's form looks ahead: work out the new velocity
    first, then move by mu times the new one minus lr * grad.""",
)
def classical_in_place_of_nesterov(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + velocity, velocity


@mistake(
    function="nesterov_update",
    severity="slip",
    feedback="""theta moves by mu * velocity alone; the gradient's own step, - lr * grad, is
    missing.""",
)
def own_step_missing(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + mu * velocity, velocity


@mistake(
    function="nesterov_update",
    severity="slip",
    feedback="""What you return as velocity is the whole step that looks ahead. Keep the velocity as mu
    * velocity - lr * grad; the look ahead belongs to theta only.""",
)
def step_returned_as_velocity(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    step = mu * velocity - lr * grad
    return theta + step, step


@mistake(
    function="nesterov_update",
    severity="slip",
    feedback="""You move by v + mu * v: the whole new velocity stands where the gradient's own step, -
    lr * grad, belongs. theta + mu * v - lr * grad.""",
)
def velocity_in_place_of_own_step(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v + mu * v, v


# --- RMSProp ------------------------------------------------------------------------------------


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""decay and 1 - decay are swapped: the mean is nearly the last squared gradient. The past
    keeps the share decay, 0.9.""",
)
def decay_swapped(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (1 - decay) * mean_sq + decay * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""This is Adagrad: you add up all squares. RMSProp forgets: the old mean counts decay, the
    new square 1 - decay.""",
)
def a_sum_in_place_of_a_mean(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""The new square enters at full weight: decay * mean_sq + grad**2. For a mean the weights
    add up to 1, so it takes 1 - decay.""",
)
def new_square_at_full_weight(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""You divide by the mean square itself; the root, the R in RMS, is missing.""",
)
def mean_without_root(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (mean_sq + eps), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""You divide by the root of the old mean; the present gradient has to be in it
    already.""",
)
def old_mean_used(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    new = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), new


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""There is no epsilon: a parameter whose gradients were all 0 gets 0/0, which is NaN.
    Add eps to the root.""",
)
def rmsprop_without_epsilon(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / np.sqrt(mean_sq), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""You average the sizes of the gradients. RMSProp averages their squares, and takes the
    root of that.""",
)
def mean_of_sizes(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * np.abs(grad)
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""The old mean is kept whole. It counts decay, so that the weights add up to 1 and the
    past is forgotten.""",
)
def gradient_weight_missing_on_the_past(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@mistake(
    function="rmsprop_update",
    severity="slip",
    feedback="""You average the root of mean_sq with the gradient and square the result. The mean is one
    of squares: decay * mean_sq + (1 - decay) * grad**2, or gradients of opposite sign cancel.""",
)
def square_of_a_mean(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (decay * np.sqrt(mean_sq) + (1 - decay) * grad) ** 2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


# --- Adam ---------------------------------------------------------------------------------------


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""The correction is missing: m and v start at 0, so the first means are far too small.
    Divide m by 1 - beta1^t and v by 1 - beta2^t.""",
)
def no_correction(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You count t from 0 and correct with t + 1. The caller counts from 1 and says so with t
    itself.""",
)
def t_counted_from_zero(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1 ** (t + 1)), v / (1 - beta2 ** (t + 1))
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You correct as if every step were the first: 1 - beta without the power t.""",
)
def power_missing(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You return the corrected means as the state, and the next step corrects them again. The
    correction is for the step only; return m and v as they are.""",
)
def corrected_state_returned(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * grad**2) / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""Both means use beta1. The mean of squares changes more slowly, with beta2.""",
)
def one_beta_for_both(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta1 * v + (1 - beta1) * grad**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta1**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""beta1 and beta2 are swapped: the mean of gradients is the quick one, 0.9.""",
)
def betas_swapped(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta2 * m + (1 - beta2) * grad
    v = beta1 * v + (1 - beta1) * grad**2
    m_hat, v_hat = m / (1 - beta2**t), v / (1 - beta1**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You divide by the mean square itself; the root is missing.""",
)
def adam_without_root(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""The step uses the present gradient; Adam's direction is the corrected mean m.""",
)
def gradient_in_place_of_mean(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * grad / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You correct with 1 - beta * t. The correction is 1 - beta ** t: after t steps the first
    gradient has been multiplied by beta t times.""",
)
def product_in_place_of_power(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1 * t), v / (1 - beta2 * t)
    return theta - lr * m_hat / (np.sqrt(np.abs(v_hat)) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You correct m and not v. Both start at 0, so both are too small: divide v by 1 - beta2
    ** t as well.""",
)
def only_the_mean_corrected(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You correct v and not m. Both start at 0, so both are too small: divide m by 1 - beta1
    ** t as well.""",
)
def only_the_square_corrected(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You multiply by 1 - beta ** t, which makes the means smaller still. They are too small
    already: divide.""",
)
def multiplied_by_the_correction(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m * (1 - beta1**t), v * (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You average the sizes of the gradients. v is the mean of their squares, and the step
    divides by its root.""",
)
def sizes_in_place_of_squares(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.abs(grad)
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    stateful=True,
    feedback="""You count the steps inside the function and do not look at t. The count then goes on
    over all networks that are trained; the caller says which step it is.""",
)
def counter_of_its_own(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8, steps=[0]):  # noqa: B006  # which is the mistake
    steps[0] += 1  # in all calls together
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1 ** steps[0]), v / (1 - beta2 ** steps[0])
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""You correct with t - 1. t is 1 at the first step, and the correction is 1 - beta ** t.""",
)
def correction_one_step_behind(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    before = max(t - 1, 1)
    m_hat, v_hat = m / (1 - beta1**before), v / (1 - beta2**before)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@mistake(
    function="adam_update",
    severity="slip",
    feedback="""beta1 and 1 - beta1 are swapped in m: it is nearly the latest gradient. The past counts
    beta1, the new gradient 1 - beta1.""",
)
def weights_of_the_mean_swapped(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (1 - beta1) * m + beta1 * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


# --- Choosing a rate ----------------------------------------------------------------------------


def ends_with(loss, gradient, theta, steps, rates):
    """The losses where each rate ends."""
    ends = []
    with np.errstate(all="ignore"):
        for lr in rates:
            place = theta
            for _ in range(steps):
                place = place - lr * gradient(place)
            ends.append(loss(place))
    return np.array(ends)


@mistake(
    function="tune_sgd",
    severity="slip",
    feedback="""You try powers of ten only. The best rate usually lies between two of them; try ten
    rates or more in each power of ten, evenly on a logarithmic scale.""",
)
def powers_of_ten(loss, gradient, theta, steps):
    rates = np.array([1e-3, 1e-2, 1e-1, 1.0, 10.0])
    return float(rates[np.nanargmin(ends_with(loss, gradient, theta, steps, rates))])


@mistake(
    function="tune_sgd",
    severity="slip",
    feedback="""You compare the losses after a single step. The rate that is best for one step need not
    be best for all of them: make as many steps as you are given.""",
)
def one_step_only(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 41)
    return float(rates[np.nanargmin(ends_with(loss, gradient, theta, 1, rates))])


@mistake(
    function="tune_sgd",
    severity="slip",
    feedback="""You return the largest rate that does not make the loss grow. It only just converges; a
    smaller one ends lower. Compare the losses where the rates end.""",
)
def largest_that_converges(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 161)
    ends = ends_with(loss, gradient, theta, steps, rates)
    return float(rates[np.flatnonzero(ends < loss(theta))[-1]])


@mistake(
    function="tune_sgd",
    severity="useless",
    feedback="""You return the lowest loss. What is asked for is the learning rate that leads to it.""",
)
def the_loss_itself(loss, gradient, theta, steps):
    return float(np.nanmin(ends_with(loss, gradient, theta, steps, np.logspace(-3, 1, 41))))


@mistake(
    function="tune_sgd",
    severity="useless",
    feedback="""You return the same rate for every loss. Try many rates with the loss and the gradient
    that you are given, and return the one that ends lowest.""",
)
def always_a_tenth(loss, gradient, theta, steps):
    return 0.1


@mistake(
    function="tune_sgd",
    severity="slip",
    feedback="""Each rate goes on where the last one ended: theta is not set back. Begin every rate at
    the theta that you are given.""",
)
def theta_not_set_back(loss, gradient, theta, steps):
    rates, ends = np.logspace(-3, 1, 41), []
    with np.errstate(all="ignore"):
        for lr in rates:
            for _ in range(steps):
                theta = theta - lr * gradient(theta)
            ends.append(loss(theta))
    return float(rates[np.nanargmin(ends)])


@mistake(
    function="tune_sgd",
    severity="slip",
    feedback="""Where a rate is too large the loss becomes NaN, and you pick such a rate: np.argmin
    takes NaN for the smallest, and every comparison with NaN is false. Leave these rates out, as
    np.nanargmin does.""",
)
def nan_taken_for_the_lowest(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 41)
    return float(rates[np.argmin(ends_with(loss, gradient, theta, steps, rates))])


@mistake(
    function="tune_sgd",
    severity="useless",
    feedback="""Your rates lie evenly between the smallest and the largest, as np.linspace makes them,
    so hardly any is small. Rates differ by factors: np.logspace.""",
)
def rates_evenly_spaced(loss, gradient, theta, steps):
    rates = np.linspace(1e-3, 10, 100)
    return float(rates[np.nanargmin(ends_with(loss, gradient, theta, steps, rates))])


@mistake(
    function="tune_sgd",
    severity="useless",
    feedback="""The rates that you try do not reach from 0.001 to 10. np.logspace takes exponents of 10:
    np.logspace(-3, 1, ...).""",
)
def rates_from_elsewhere(loss, gradient, theta, steps):
    rates = np.logspace(-5, -2, 31)
    return float(rates[np.nanargmin(ends_with(loss, gradient, theta, steps, rates))])


@mistake(
    function="tune_sgd",
    severity="useless",
    feedback="""You return the position of the best rate in your list. Return the rate that stands
    there.""",
)
def position_of_the_best_rate(loss, gradient, theta, steps):
    return int(np.nanargmin(ends_with(loss, gradient, theta, steps, np.logspace(-3, 1, 41))))


@mistake(
    function="tune_sgd",
    severity="useless",
    feedback="""You return the rate with the highest loss. The lowest one is asked for.""",
)
def rate_of_the_highest_loss(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 41)
    return float(rates[np.nanargmax(ends_with(loss, gradient, theta, steps, rates))])


# --- Where Adagrad stalls -----------------------------------------------------------------------


@mistake(
    function="adagrad_stall",
    severity="slip",
    feedback="""All your gradients have one size. Then Adagrad's steps shrink as the root of their
    number, and even after 1000 of them it has come 6 % as far. Let an early gradient be
    much larger than the later ones.""",
)
def gradients_of_one_size():
    return [1.0] * 1000, 0.1


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""Your gradients become smaller and smaller, so plain gradient descent itself makes
    short steps, and Adagrad comes about as far, or further. Let the first gradient be far larger than
    the others, and let these stay of one size.""",
)
def gradients_that_shrink():
    return [0.5**k for k in range(20)], 0.1


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""You return the gradients alone. The learning rate belongs to the answer: return
    (gradients, lr).""",
)
def without_the_rate():
    return [1000.0, 1.0, 1.0]


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""You return the rate first. The gradients come first: return (gradients, lr).""",
)
def rate_before_the_gradients():
    return 0.1, [1000.0, 1.0, 1.0]


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""Your list has more than 1000 gradients, and at most 1000 are asked for. A long list is
    not needed: one large gradient in front makes all later steps short.""",
)
def too_many_gradients():
    return [1000.0] + [1.0] * 1000, 0.1


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""Your learning rate is not a positive finite number. With a rate of 0, neither rule
    moves, and there are no distances to compare.""",
)
def a_rate_of_zero():
    return [1000.0] + [1.0] * 999, 0.0


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""Your list holds infinity or NaN. A step with it is not a number; take a gradient that
    is large and finite.""",
)
def an_infinite_gradient():
    return [np.inf] + [1.0] * 999, 0.1


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""All your gradients are 0, so plain gradient descent does not move. It has to come
    far.""",
)
def gradients_of_zero():
    return [0.0] * 1000, 0.1


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""Your gradients cancel: what those of one sign move, those of the other move back, so
    plain gradient descent ends near where it began. It has to come far; let all gradients have one
    sign.""",
)
def gradients_that_cancel():
    return [(-1.0) ** k for k in range(1000)], 0.1


@mistake(
    function="adagrad_stall",
    severity="slip",
    feedback="""Your largest gradient comes late, when Adagrad has already moved. A large gradient
    shortens the steps after it, not those before: put it first.""",
)
def large_gradient_last():
    return [1.0] * 999 + [1000.0], 0.1


@mistake(
    function="adagrad_stall",
    severity="slip",
    feedback="""Your first gradient is the largest, as it has to be, but it is not large enough: the
    squares of the later ones still add up to something beside its own. Make it many times as
    large.""",
)
def first_gradient_not_large_enough():
    return [10.0] + [1.0] * 999, 0.1


@mistake(
    function="adagrad_stall",
    severity="useless",
    feedback="""Your gradients are so small that Adagrad comes further than plain gradient descent: it
    divides by the root of their squares, so small gradients get large rates. Take larger gradients,
    the first one by far the largest.""",
)
def small_gradients():
    return [1e-4] * 1000, 0.1
