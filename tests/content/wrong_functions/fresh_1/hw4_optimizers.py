"""Wrong functions for homework 4, as students would write them; made from the handout alone."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- adagrad_update


@wrong(
    task="adagrad", cause="divides by the old sum, the present gradient is not in it", true=("old_sum_used",)
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    new_theta = theta - lr / (np.sqrt(sum_sq) + eps) * grad
    new_sum = sum_sq + grad**2
    return new_theta, new_sum


@wrong(task="adagrad", cause="sum_sq += writes into the caller's array", true=("sum_changed_in_place",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq += grad**2
    return theta - lr / (np.sqrt(sum_sq) + eps) * grad, sum_sq


@wrong(task="adagrad", cause="theta -= writes into the caller's parameters", true=("theta_changed_in_place",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad * grad
    theta -= lr * grad / (np.sqrt(sum_sq) + eps)
    return theta, sum_sq


@wrong(task="adagrad", cause="root forgotten", true=("root_missing",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    theta = theta - lr / (sum_sq + eps) * grad
    return theta, sum_sq


@wrong(
    task="adagrad",
    cause="nothing is added up: the sum is only the present square",
    true=("accumulator_overwritten",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = grad**2
    return theta - lr / (np.sqrt(sum_sq) + eps) * grad, sum_sq


@wrong(task="adagrad", cause="one sum for all parameters, by np.sum", true=("one_sum_for_all",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.sum(grad**2)
    return theta - lr / (np.sqrt(sum_sq) + eps) * grad, sum_sq


@wrong(task="adagrad", cause="running mean of RMSProp instead of the sum", true=("a_running_mean",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = 0.9 * sum_sq + 0.1 * grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="brackets missing: eps added after the division")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    theta = theta - lr / np.sqrt(sum_sq) + eps * grad
    return theta, sum_sq


@wrong(task="adagrad", cause="returns the root of the sum as the state", true=("root_kept",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    root = np.sqrt(sum_sq + grad**2)
    return theta - lr / (root + eps) * grad, root


@wrong(
    task="adagrad",
    cause="the new sum is not handed back: the old state is returned",
    true=("old_sum_returned",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    s = sum_sq + grad**2
    new_theta = theta - lr / (np.sqrt(s) + eps) * grad
    return new_theta, sum_sq


@wrong(task="adagrad", cause="adds the gradients without squaring them", true=("sizes_added",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr / (np.sqrt(sum_sq) + eps) * grad, sum_sq


@wrong(task="adagrad", cause="only theta is returned", true=("sum_not_returned",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr / (np.sqrt(sum_sq) + eps) * grad


@wrong(task="adagrad", cause="no epsilon: 0/0 where all gradients were 0", true=("no_epsilon",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.square(grad)
    return theta - lr / np.sqrt(sum_sq) * grad, sum_sq


@wrong(task="adagrad", cause="default eps of 0.1 is far from tiny", true=("another_default",))
def adagrad_update(theta, grad, sum_sq, lr, eps=0.1):
    sum_sq = sum_sq + grad**2
    return theta - lr / (np.sqrt(sum_sq) + eps) * grad, sum_sq


@wrong(
    task="adagrad",
    cause="step without the gradient: only the rate is subtracted",
    true=("rate_without_gradient",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    rate = lr / (np.sqrt(sum_sq) + eps)
    return theta - rate, sum_sq


@wrong(task="adagrad", cause="multiplies by the root where it should divide", true=("step_times_the_root",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * (np.sqrt(sum_sq) + eps) * grad, sum_sq


# ---------------------------------------------------------------- momentum_update


@wrong(task="momentum", cause="uphill: plus lr * grad in the velocity", true=("momentum_ascends",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + lr * grad
    return theta + velocity, velocity


@wrong(
    task="momentum",
    cause="mixes two textbooks: velocity has minus lr grad, theta minus velocity",
    true=("velocity_subtracted",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    theta = theta - v
    return theta, v


@wrong(task="momentum", cause="theta moves with the old velocity", true=("old_velocity_used",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    new_velocity = mu * velocity - lr * grad
    return theta + velocity, new_velocity


@wrong(task="momentum", cause="running mean: gradient weighted with 1 - mu", true=("a_mean_of_gradients",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - (1 - mu) * lr * grad
    return theta + velocity, velocity


@wrong(task="momentum", cause="velocity *= changes the caller's array", true=("velocity_changed_in_place",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity *= mu
    velocity -= lr * grad
    return theta + velocity, velocity


@wrong(task="momentum", cause="theta += changes the caller's parameters", true=("changed_in_place",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    theta += velocity
    return theta, velocity


@wrong(task="momentum", cause="learning rate applied twice", true=("lr_applied_twice",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + lr * velocity, velocity


@wrong(task="momentum", cause="default mu 0.5", true=("another_default",))
def momentum_update(theta, grad, velocity, lr, mu=0.5):
    velocity = mu * velocity - lr * grad
    return theta + velocity, velocity


@wrong(task="momentum", cause="0.9 written into the code, mu ignored", true=("mu_fixed",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = 0.9 * velocity - lr * grad
    return theta + v, v


@wrong(
    task="momentum",
    cause="the old velocity is returned, so nothing is carried on",
    true=("old_velocity_returned",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v, velocity


@wrong(task="momentum", cause="mu multiplies the whole bracket", true=("mu_on_both",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * (velocity - lr * grad)
    return theta + velocity, velocity


@wrong(task="momentum", cause="friction forgotten: velocity only adds up", true=("no_friction",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = velocity - lr * grad
    return theta + velocity, velocity


@wrong(
    task="momentum",
    cause="moves by the gradient step and by the velocity that has it already",
    true=("gradient_used_twice",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    theta = theta - lr * grad + velocity
    return theta, velocity


@wrong(
    task="momentum",
    cause="velocity is the step of one rule, and is read back by another one as a sum of gradients",
    true=("repair: replace",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + grad
    new_theta = theta - lr * v
    return new_theta, new_theta - theta


@wrong(task="momentum", cause="returns the velocity first", true=("momentum_results_swapped",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return v, theta + v


# ---------------------------------------------------------------- tune_sgd


@wrong(task="tune_sgd", cause="np.argmin takes NaN for the smallest", true=("nan_taken_for_the_lowest",))
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 200)
    ends = []
    for lr in rates:
        th = np.array(theta)
        for _ in range(steps):
            th = th - lr * gradient(th)
        ends.append(loss(th))
    return rates[np.argmin(ends)]


@wrong(
    task="tune_sgd",
    cause="theta is not reset: each rate goes on where the last one ended",
    true=("theta_not_set_back",),
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, None
    for lr in np.logspace(-3, 1, 200):
        for _ in range(steps):
            theta = theta - lr * gradient(theta)
        now = loss(theta)
        if now < best:
            best, best_lr = now, lr
    return best_lr


@wrong(task="tune_sgd", cause="theta -= changes the caller's start", true=("changed_in_place",))
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = float("inf"), 0.001
    for lr in np.logspace(-3, 1, 200):
        place = theta
        for _ in range(steps):
            place -= lr * gradient(place)
        if loss(place) < best:
            best, best_lr = loss(place), lr
    return best_lr


@wrong(task="tune_sgd", cause="one rate in each power of ten is too coarse", true=("powers_of_ten",))
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, 0.001
    for lr in [0.001, 0.01, 0.1, 1, 10]:
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        if loss(th) < best:
            best = loss(th)
            best_lr = lr
    return best_lr


@wrong(task="tune_sgd", cause="np.linspace: hardly any small rates", true=("rates_evenly_spaced",))
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, 0.001
    for lr in np.linspace(0.001, 10, 100):
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        value = loss(th)
        if np.isfinite(value) and value < best:
            best, best_lr = value, lr
    return best_lr


@wrong(task="tune_sgd", cause="returns the lowest loss instead of its rate", true=("the_loss_itself",))
def tune_sgd(loss, gradient, theta, steps):
    results = {}
    for lr in np.logspace(-3, 1, 200):
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        value = loss(th)
        if np.isfinite(value):
            results[lr] = value
    return min(results.values())


@wrong(task="tune_sgd", cause="returns the index of the best rate", true=("position_of_the_best_rate",))
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 200)
    ends = np.empty(len(rates))
    for k, lr in enumerate(rates):
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        ends[k] = loss(th)
    return np.nanargmin(ends)


@wrong(task="tune_sgd", cause="gradient computed only once, at the start")
def tune_sgd(loss, gradient, theta, steps):
    g = gradient(theta)
    best, best_lr = np.inf, 0.001
    for lr in np.logspace(-3, 1, 200):
        th = theta
        for _ in range(steps):
            th = th - lr * g
        if loss(th) < best:
            best, best_lr = loss(th), lr
    return best_lr


@wrong(task="tune_sgd", cause="steps ignored: judged after one update", true=("one_step_only",))
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, 0.001
    for lr in np.logspace(-3, 1, 200):
        value = loss(theta - lr * gradient(theta))
        if value < best:
            best, best_lr = value, lr
    return best_lr


@wrong(task="tune_sgd", cause="highest loss instead of the lowest", true=("rate_of_the_highest_loss",))
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 100)
    ends = []
    for lr in rates:
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        ends.append(loss(th))
    return rates[np.nanargmax(ends)]


@wrong(
    task="tune_sgd",
    cause="'not value > best' accepts NaN as the best loss",
    true=("nan_taken_for_the_lowest",),
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, 0.001
    for lr in np.logspace(-3, 1, 200):
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        value = loss(th)
        if not value > best:
            best, best_lr = value, lr
    return best_lr


@wrong(task="tune_sgd", cause="the largest rate that does not diverge", true=("largest_that_converges",))
def tune_sgd(loss, gradient, theta, steps):
    start = loss(theta)
    chosen = 0.001
    for lr in np.logspace(-3, 1, 200):
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        if loss(th) < start:
            chosen = lr
    return chosen


@wrong(task="tune_sgd", cause="the usual 0.01 without any search", true=("always_the_same", "always_a_tenth"))
def tune_sgd(loss, gradient, theta, steps):
    return 0.01


@wrong(task="tune_sgd", cause="tries rates with decay by the root of time, not constant ones")
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, 0.001
    for lr in np.logspace(-3, 1, 200):
        th = theta.copy()
        for t in range(steps):
            th = th - lr / np.sqrt(t + 1) * gradient(th)
        if loss(th) < best:
            best, best_lr = loss(th), lr
    return best_lr


@wrong(
    task="tune_sgd",
    cause="searches from 1e-5 to 0.1 only: large rates never tried",
    true=("rates_from_elsewhere",),
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_lr = np.inf, 0.001
    for lr in np.logspace(-5, -1, 200):
        th = theta.copy()
        for _ in range(steps):
            th = th - lr * gradient(th)
        if loss(th) < best:
            best, best_lr = loss(th), lr
    return best_lr


# ---------------------------------------------------------------- adagrad_stall


@wrong(
    task="adagrad_stall",
    cause="a thousand equal gradients: 6 %, not below 1 %",
    true=("gradients_of_one_size",),
)
def adagrad_stall():
    return [1.0] * 1000, 0.1


@wrong(
    task="adagrad_stall",
    cause="the large gradient comes last, when Adagrad has gone already",
    true=("large_gradient_last",),
)
def adagrad_stall():
    gradients = [1.0] * 999 + [1000.0]
    return gradients, 0.1


@wrong(
    task="adagrad_stall",
    cause="the first gradient is too small to stall enough",
    true=("first_gradient_not_large_enough",),
)
def adagrad_stall():
    gradients = [10.0]
    for i in range(999):
        gradients.append(1.0)
    return gradients, 0.01


@wrong(task="adagrad_stall", cause="more than 1000 gradients")
def adagrad_stall():
    return [1000.0] + [1.0] * 20000, 0.1


@wrong(
    task="adagrad_stall",
    cause="gradients that get smaller as 1/k: Adagrad keeps up",
    true=("gradients_that_shrink",),
)
def adagrad_stall():
    return [1.0 / k for k in range(1, 1001)], 1e-3


@wrong(
    task="adagrad_stall", cause="small gradients, where Adagrad is the faster one", true=("small_gradients",)
)
def adagrad_stall():
    return [1e-4] * 1000, 0.1


@wrong(task="adagrad_stall", cause="learning rate 0: both stay where they are", true=("a_rate_of_zero",))
def adagrad_stall():
    return [1000.0] + [1.0] * 999, 0.0


@wrong(
    task="adagrad_stall",
    cause="learning rate and gradients returned in the wrong order",
    true=("rate_before_the_gradients",),
)
def adagrad_stall():
    return 0.1, [1000.0] + [1.0] * 999


@wrong(
    task="adagrad_stall",
    cause="all gradients 0: 0/0 for Adagrad and no way for gradient descent",
    true=("gradients_of_zero",),
)
def adagrad_stall():
    return [0.0] * 1000, 0.5


@wrong(
    task="adagrad_stall",
    cause="gradients alternate, so that gradient descent goes nowhere as well",
    true=("gradients_that_cancel",),
)
def adagrad_stall():
    return [(-1.0) ** k for k in range(1000)], 0.1


@wrong(
    task="adagrad_stall",
    cause="geometric decay from 1: too few steps, both go about as far",
    true=("gradients_that_shrink",),
)
def adagrad_stall():
    return [0.5**k for k in range(50)], 0.1


@wrong(
    task="adagrad_stall",
    cause="slowly growing gradients: the last ones still count for Adagrad",
    true=("large_gradient_last",),
)
def adagrad_stall():
    return list(np.linspace(0.001, 1, 1000)), 0.01


@wrong(task="adagrad_stall", cause="only the list is returned", true=("without_the_rate",))
def adagrad_stall():
    return [1000.0] + [1.0] * 999


# ---------------------------------------------------------------- nesterov_update


@wrong(task="nesterov", cause="plain momentum, no look ahead", true=("classical_in_place_of_nesterov",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    return theta + velocity, velocity


@wrong(task="nesterov", cause="looks ahead with the old velocity", true=("classical_in_place_of_nesterov",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    new_v = mu * velocity - lr * grad
    theta = theta + mu * velocity - lr * grad
    return theta, new_v


@wrong(
    task="nesterov", cause="returns the look-ahead step as the velocity", true=("step_returned_as_velocity",)
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    step = mu * v - lr * grad
    return theta + step, step


@wrong(task="nesterov", cause="gradient term forgotten in the second line", true=("own_step_missing",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v, v


@wrong(
    task="nesterov",
    cause="adds the velocity and the look-ahead: gradient counted twice",
    true=("repair: drop_plus",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v + mu * v - lr * grad, v


@wrong(
    task="nesterov",
    cause="whole velocity added in place of mu times the velocity",
    true=("repair: insert_times",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v - lr * grad, v


@wrong(task="nesterov", cause="changes velocity in place", true=("changed_in_place",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    velocity *= mu
    velocity -= lr * grad
    return theta + mu * velocity - lr * grad, velocity


@wrong(
    task="nesterov",
    cause="sign of the gradient reversed in the second line",
    true=("repair: swap_plus_minus",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v + lr * grad, v


@wrong(
    task="nesterov",
    cause="formula with -mu v_old + (1 + mu) v, sign of the first term lost",
    true=("repair: swap_plus_minus",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v_old = velocity
    v = mu * velocity - lr * grad
    return theta + mu * v_old + (1 + mu) * v, v


@wrong(task="nesterov", cause="default mu 0.99", true=("another_default",))
def nesterov_update(theta, grad, velocity, lr, mu=0.99):
    v = mu * velocity - lr * grad
    return theta + mu * v - lr * grad, v


# ---------------------------------------------------------------- rmsprop_update


@wrong(task="rmsprop", cause="decay and 1 - decay swapped", true=("decay_swapped",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (1 - decay) * mean_sq + decay * grad**2
    return theta - lr / (np.sqrt(mean_sq) + eps) * grad, mean_sq


@wrong(task="rmsprop", cause="Adagrad: sum in place of the running mean", true=("a_sum_in_place_of_a_mean",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq + grad**2
    return theta - lr / (np.sqrt(mean_sq) + eps) * grad, mean_sq


@wrong(task="rmsprop", cause="factor 1 - decay forgotten", true=("new_square_at_full_weight",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="root forgotten", true=("mean_without_root",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (mean_sq + eps), mean_sq


@wrong(task="rmsprop", cause="gradient not squared", true=("mean_of_sizes",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * np.abs(grad)
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="default decay 0.99 as in PyTorch", true=("another_default",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.99, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="divides by the root of the old mean", true=("old_mean_used",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    new = theta - lr * grad / (np.sqrt(mean_sq) + eps)
    return new, decay * mean_sq + (1 - decay) * grad**2


@wrong(task="rmsprop", cause="mean over all parameters with np.mean", true=("repair: unwrap",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * np.mean(grad**2)
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="changes mean_sq in place", true=("changed_in_place",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq *= decay
    mean_sq += (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(
    task="rmsprop", cause="Adam's bias correction, and only for a first step", true=("repair: drop_divide",)
)
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    corrected = mean_sq / (1 - decay)
    return theta - lr * grad / (np.sqrt(corrected) + eps), mean_sq


@wrong(task="rmsprop", cause="lr inside the root, by a slip of brackets", true=("repair: wrap_square",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - np.sqrt(lr / (mean_sq + eps)) * grad, mean_sq


@wrong(task="rmsprop", cause="0.9 and 0.1 written into the code", true=("default_always_used",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = 0.9 * mean_sq + 0.1 * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


# ---------------------------------------------------------------- adam_update


@wrong(task="adam", cause="no bias correction", true=("no_correction",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="counts t from 0: t + 1 in the correction", true=("t_counted_from_zero",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1 ** (t + 1))
    v_hat = v / (1 - beta2 ** (t + 1))
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@wrong(task="adam", cause="returns the corrected means as the state", true=("corrected_state_returned",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m = m / (1 - beta1**t)
    v = v / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="gradient not squared in v", true=("sizes_in_place_of_squares",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.abs(grad)
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(task="adam", cause="beta * t instead of beta to the power t", true=("repair: swap_times_power",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1 * t)
    vh = v / (1 - beta2 * t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="beta1 and beta2 swapped", true=("betas_swapped",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta2 * m + (1 - beta2) * grad
    v = beta1 * v + (1 - beta1) * grad**2
    return theta - lr * (m / (1 - beta2**t)) / (np.sqrt(v / (1 - beta1**t)) + eps), m, v


@wrong(task="adam", cause="only m is corrected", true=("only_the_mean_corrected",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    return theta - lr * m_hat / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="correction outside of the root")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v) / (1 - beta2**t) + eps), m, v


@wrong(task="adam", cause="m and v changed in place", true=("changed_in_place",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m *= beta1
    m += (1 - beta1) * grad
    v *= beta2
    v += (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(task="adam", cause="root forgotten", true=("adam_without_root",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (v / (1 - beta2**t) + eps), m, v


@wrong(
    task="adam",
    cause="the gradient in place of the mean m in the step, as RMSProp",
    true=("gradient_in_place_of_mean",),
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * grad / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(task="adam", cause="default beta2 0.99", true=("another_default",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.99, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(
    task="adam",
    cause="correction multiplied by 1 - beta^t instead of divided",
    true=("multiplied_by_the_correction",),
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m * (1 - beta1**t)
    vh = v * (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(
    task="adam", cause="v computed from m, the mean, instead of from the gradient", true=("repair: replace",)
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * m**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(task="adam", cause="one if for the first step only: later steps are not corrected")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    if t == 1:
        return theta - lr * grad / (np.abs(grad) + eps), m, v
    return theta - lr * m / (np.sqrt(v) + eps), m, v
