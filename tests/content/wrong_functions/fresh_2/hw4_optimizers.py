"""Wrong functions for homework 4, as students from other tools and other fields would write them."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- adagrad


@wrong(
    task="adagrad",
    cause="divides by the root of the old sum, then adds the present gradient",
    true=("old_sum_used",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    theta = theta - lr / (np.sqrt(sum_sq) + eps) * grad
    sum_sq = sum_sq + grad**2
    return theta, sum_sq


@wrong(task="adagrad", cause="the old sum is returned, so nothing is remembered", true=("old_sum_returned",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    s = sum_sq + np.square(grad)
    return theta - lr * grad / (np.sqrt(s) + eps), sum_sq


@wrong(
    task="adagrad",
    cause="PyTorch's in-place addcmul: the caller's sum is changed",
    true=("sum_changed_in_place",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    np.add(sum_sq, grad * grad, out=sum_sq)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="the root is missing", true=("root_missing",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (sum_sq + eps), sum_sq


@wrong(
    task="adagrad",
    cause="one sum for all parameters: the norm of the whole gradient",
    true=("one_sum_for_all",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.sum(grad**2)
    theta = theta - lr / (np.sqrt(sum_sq) + eps) * grad
    return theta, sum_sq


@wrong(task="adagrad", cause="no epsilon: 0/0 where all gradients were 0", true=("no_epsilon",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / np.sqrt(sum_sq), sum_sq


@wrong(task="adagrad", cause="brackets: lr / sqrt(s) + eps * grad")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    theta = theta - lr / np.sqrt(sum_sq + eps) + eps * grad
    return theta, sum_sq


@wrong(task="adagrad", cause="Keras' initial accumulator value of 0.1", true=("repair: unwrap",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    if not np.any(sum_sq):
        sum_sq = np.full_like(sum_sq, 0.1)
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(
    task="adagrad",
    cause="adds the absolute gradients and not their squares",
    true=["sizes_added_without_root"],
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr / (sum_sq + eps) * grad, sum_sq


@wrong(task="adagrad", cause="the root is stored as the new state", true=("root_kept",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    root = np.sqrt(sum_sq + grad**2)
    return theta - lr * grad / (root + eps), root


@wrong(
    task="adagrad",
    cause="the function remembers the sum itself and ignores what is handed in",
    true=("repair: replace",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8, memory={}):
    s = memory.get(grad.shape, 0.0) + grad**2
    memory[grad.shape] = s
    return theta - lr * grad / (np.sqrt(s) + eps), s


@wrong(
    task="adagrad",
    cause="squares the sum of gradients: gradients of both signs cancel",
    true=["square_of_added_roots"],
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    total = np.sqrt(sum_sq) + grad
    sum_sq = total**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="the state comes first in what is returned", true=("adagrad_results_swapped",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    theta = theta - lr / (np.sqrt(sum_sq) + eps) * grad
    return sum_sq, theta


@wrong(
    task="adagrad",
    cause="the rate is not multiplied by the gradient, only by its sign",
    true=("repair: unwrap",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    rate = lr / (np.sqrt(sum_sq) + eps)
    return theta - rate * np.sign(grad), sum_sq


@wrong(
    task="adagrad",
    cause="the matrix product grad @ grad instead of entrywise squares",
    true=("matrix_product",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad.T @ grad
    return theta - lr * grad / (np.sqrt(np.abs(sum_sq)) + eps), sum_sq


# ---------------------------------------------------------------- momentum


@wrong(task="momentum", cause="Polyak's paper: the state is taken for the previous theta")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    new = theta - lr * grad + mu * (theta - velocity)
    return new, theta


@wrong(
    task="momentum",
    cause="an exponential mean: the gradient is weighted by 1 - mu",
    true=("running_average",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + (1 - mu) * grad
    return theta - lr * v, v


@wrong(
    task="momentum",
    cause="the signs of both textbooks are mixed: theta - v with v from -lr g",
    true=("velocity_subtracted",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta - v, v


@wrong(task="momentum", cause="theta moves by the old velocity", true=("old_velocity_used",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    theta = theta + velocity
    velocity = mu * velocity - lr * grad
    return theta, velocity


@wrong(task="momentum", cause="the learning rate is applied twice", true=("lr_applied_twice",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + lr * v, v


@wrong(
    task="momentum",
    cause="the learning rate is not used at all",
    true=("repair: insert_times", "parameter_unused"),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + grad
    return theta - v, v


@wrong(
    task="momentum",
    cause="the velocity returned is not the one that the rule takes back: it has lr in it",
    true=("repair: replace",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    buf = mu * velocity + grad
    step = lr * buf
    return theta - step, step


@wrong(
    task="momentum",
    cause="mu is taken for the friction: 1 - mu of the velocity is kept",
    true=("one_minus_mu_on_the_velocity",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = (1 - mu) * velocity - lr * grad
    return theta + v, v


@wrong(
    task="momentum", cause="velocity *= mu changes the caller's velocity", true=("velocity_changed_in_place",)
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity *= mu
    velocity -= lr * grad
    return theta + velocity, velocity


@wrong(task="momentum", cause="the argument mu is ignored", true=("mu_fixed",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = 0.9 * velocity - lr * grad
    return theta + v, v


@wrong(
    task="momentum",
    cause="the first velocity is set to the gradient's step and then used again (a library's first step)",
    true=("repair: line",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    if not velocity.any():
        velocity = -lr * grad
    velocity = mu * velocity - lr * grad
    return theta + velocity, velocity


@wrong(
    task="momentum",
    cause="the velocity is read off as old minus new place",
    true=("repair: swap_plus_minus",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    new = theta + mu * velocity - lr * grad
    return new, theta - new


@wrong(task="momentum", cause="Nesterov's look-ahead", true=("nesterov_in_place_of_classical",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v - lr * grad, v


@wrong(task="momentum", cause="mu scales the gradient as well", true=("mu_on_both",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * (velocity - lr * grad)
    return theta + v, v


@wrong(
    task="momentum",
    cause="restart rule from another paper: the velocity is set to 0 where it points uphill",
    true=("repair: line",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    v = np.where(v * grad > 0, 0.0, v)
    return theta + v, v


# ---------------------------------------------------------------- tune_sgd


@wrong(task="tune_sgd", cause="np.argmin takes NaN for the smallest", true=("nan_taken_for_the_lowest",))
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 200)
    ends = []
    for lr in rates:
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        ends.append(loss(t))
    return float(rates[np.argmin(ends)])


@wrong(task="tune_sgd", cause="np.logspace(0.001, 10): its arguments are exponents")
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = None, np.inf
    for lr in np.logspace(0.001, 10, 300):
        t = np.array(theta)
        for _ in range(steps):
            t = t - lr * gradient(t)
        value = loss(t)
        if best is None or value < best_loss:
            best, best_loss = lr, value
    return float(best)


@wrong(task="tune_sgd", cause="one rate for each power of ten is too coarse", true=("powers_of_ten",))
def tune_sgd(loss, gradient, theta, steps):
    results = {}
    for lr in [0.001, 0.01, 0.1, 1.0, 10.0]:
        t = theta
        for _ in range(steps):
            t = t - lr * gradient(t)
        value = loss(t)
        results[lr] = value if np.isfinite(value) else np.inf
    return min(results, key=results.get)


@wrong(task="tune_sgd", cause="evenly spaced rates: hardly any below 0.1", true=("rates_evenly_spaced",))
def tune_sgd(loss, gradient, theta, steps):
    rates = np.linspace(0.001, 10, 100)
    ends = np.empty(len(rates))
    for k, lr in enumerate(rates):
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        ends[k] = loss(t)
    ends[~np.isfinite(ends)] = np.inf
    return float(rates[ends.argmin()])


@wrong(task="tune_sgd", cause="each rate goes on from where the last one ended", true=("theta_not_set_back",))
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = 0.001, np.inf
    t = np.array(theta, dtype=float)
    for lr in np.logspace(-3, 1, 161):
        for _ in range(steps):
            t = t - lr * gradient(t)
        value = loss(t)
        if value < best_loss:
            best, best_loss = lr, value
    return float(best)


@wrong(
    task="tune_sgd",
    cause="takes the lowest loss on the way, not the one in the end",
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = None, np.inf
    for lr in np.logspace(1, -3, 161):
        t = theta.copy()
        for _ in range(max(1, steps // 4)):
            t = t - lr * gradient(t)
            value = loss(t)
            if np.isfinite(value) and value < best_loss:
                best, best_loss = lr, value
    return float(best)


@wrong(
    task="tune_sgd",
    cause="only one update is tried (a line search for the first step)",
    true=("parameter_unused",),
)
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 400)
    g = gradient(theta)
    losses = np.array([loss(theta - lr * g) for lr in rates])
    return float(rates[np.nanargmin(losses)])


@wrong(task="tune_sgd", cause="returns the lowest loss instead of its rate", true=("the_loss_itself",))
def tune_sgd(loss, gradient, theta, steps):
    ends = []
    for lr in np.logspace(-3, 1, 161):
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        ends.append(loss(t))
    return float(np.nanmin(ends))


@wrong(
    task="tune_sgd",
    cause="returns the row number of the best rate (idxmin)",
    true=("position_of_the_best_rate",),
)
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 161)
    ends = []
    for lr in rates:
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        ends.append(loss(t))
    return int(np.nanargmin(ends))


@wrong(
    task="tune_sgd",
    cause="t -= changes the caller's theta, and each start is another one",
    true=("changed_in_place",),
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = 0.001, np.inf
    for lr in np.logspace(-3, 1, 161):
        t = theta
        for _ in range(steps):
            t -= lr * gradient(t)
        if loss(t) < best_loss:
            best, best_loss = lr, loss(t)
    return float(best)


@wrong(
    task="tune_sgd",
    cause="theory: 1/L with a Lipschitz constant measured at the start, no trial at all",
    true=("parameter_unused",),
)
def tune_sgd(loss, gradient, theta, steps):
    h = 1e-4 * np.ones_like(theta)
    L = np.linalg.norm(gradient(theta + h) - gradient(theta)) / np.linalg.norm(h)
    return float(np.clip(0.5 / (L + 1e-12), 0.001, 10))


@wrong(task="tune_sgd", cause="fillna(0): diverged rates get loss 0 and win")
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 161)
    ends = []
    for lr in rates:
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        ends.append(loss(t))
    ends = np.nan_to_num(np.array(ends), nan=0.0, posinf=0.0)
    return float(rates[np.argmin(ends)])


@wrong(
    task="tune_sgd",
    cause="the largest rate that does not diverge is taken for the best",
    true=("largest_that_converges",),
)
def tune_sgd(loss, gradient, theta, steps):
    chosen = 0.001
    for lr in np.logspace(-3, 1, 161):
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        value = loss(t)
        if np.isfinite(value) and value < loss(theta):
            chosen = lr
    return float(chosen)


@wrong(
    task="tune_sgd",
    cause="the rate is lowered during each trial, so it is not a constant one that is chosen",
    true=("repair: drop_divide",),
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = 0.001, np.inf
    for lr in np.logspace(-3, 1, 161):
        t = theta.copy()
        for k in range(steps):
            t = t - lr / (k + 1) * gradient(t)
        value = loss(t)
        if value < best_loss:
            best, best_loss = lr, value
    return float(best)


@wrong(
    task="tune_sgd",
    cause="ternary search on the plain scale; comparisons with NaN send it to the large rates",
)
def tune_sgd(loss, gradient, theta, steps):
    def end(lr):
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        return loss(t) - loss(t) * 0

    lo, hi = 0.001, 10.0
    for _ in range(60):
        a, b = lo + (hi - lo) / 3, hi - (hi - lo) / 3
        if end(a) < end(b):
            hi = b
        else:
            lo = a
    return (lo + hi) / 2


@wrong(
    task="tune_sgd",
    cause="the rule of thumb 0.01, without a search",
    true=("always_the_same", "always_a_tenth"),
)
def tune_sgd(loss, gradient, theta, steps):
    return 0.01


@wrong(
    task="tune_sgd",
    cause="a first NaN is kept: 'not value > best' is true for NaN",
    true=("nan_taken_for_the_lowest",),
)
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = 10.0, np.inf
    for lr in np.logspace(-3, 1, 161):
        t = theta.copy()
        for _ in range(steps):
            t = t - lr * gradient(t)
        value = min(loss(t), 1e300)
        if not value > best_loss:
            best, best_loss = lr, value
        if not np.all(np.isfinite(t)) or np.abs(t).max() > 1e100:
            best = lr
    return float(best)


# ---------------------------------------------------------------- adagrad_stall


@wrong(
    task="adagrad_stall",
    cause="a thousand equal gradients: six per cent, not one",
    true=("gradients_of_one_size",),
)
def adagrad_stall():
    return [1.0] * 1000, 0.1


@wrong(
    task="adagrad_stall",
    cause="the large gradient comes last, when Adagrad has gone its way",
    true=("large_gradient_last",),
)
def adagrad_stall():
    return [1e-3] * 999 + [5.0], 0.1


@wrong(
    task="adagrad_stall",
    cause="the signs alternate, so gradient descent goes nowhere either",
    true=("gradients_that_cancel",),
)
def adagrad_stall():
    return [1000.0, -1000.0] * 500, 0.01


@wrong(task="adagrad_stall", cause="a hundred thousand gradients: the limit is a thousand")
def adagrad_stall():
    return [1.0] * 100_000, 0.1


@wrong(
    task="adagrad_stall",
    cause="the first gradient is too small to stall the others",
    true=("first_gradient_not_large_enough",),
)
def adagrad_stall():
    gradients = [30.0]
    gradients.extend([1.0] * 999)
    return gradients, 0.01


@wrong(task="adagrad_stall", cause="a learning rate of 0: neither of them moves", true=("a_rate_of_zero",))
def adagrad_stall():
    return [1e4] + [1.0] * 999, 0.0


@wrong(task="adagrad_stall", cause="rate and list in the other order", true=("rate_before_the_gradients",))
def adagrad_stall():
    gradients = [1000.0] + [1.0] * 999
    return 0.1, gradients


@wrong(
    task="adagrad_stall",
    cause="the harmonic series: both go about equally far",
    true=("gradients_that_shrink",),
)
def adagrad_stall():
    return [1 / k for k in range(1, 1001)], 0.1


@wrong(
    task="adagrad_stall",
    cause="small gradients, thought to make small steps: Adagrad enlarges them",
    true=("small_gradients",),
)
def adagrad_stall():
    return list(np.full(1000, 1e-4)), 0.01


@wrong(
    task="adagrad_stall",
    cause="an infinite first gradient: infinity / infinity is NaN",
    true=("an_infinite_gradient",),
)
def adagrad_stall():
    return [float("inf")] + [1.0] * 999, 0.1


@wrong(
    task="adagrad_stall",
    cause="1001 numbers: the large one was added to a full list",
    true=("too_many_gradients",),
)
def adagrad_stall():
    gradients = [1.0] * 1000
    gradients.insert(0, 1e5)
    return gradients, 0.1


@wrong(
    task="adagrad_stall", cause="only the gradients are returned, without a rate", true=("without_the_rate",)
)
def adagrad_stall():
    return [1000.0] + [1.0] * 999


@wrong(
    task="adagrad_stall",
    cause="a large gradient and back: gradient descent ends where it began",
    true=("gradients_that_cancel",),
)
def adagrad_stall():
    return [500.0] + [0.0] * 998 + [-500.0], 0.1


# ---------------------------------------------------------------- nesterov


@wrong(task="nesterov", cause="plain momentum: no look-ahead", true=("classical_in_place_of_nesterov",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(
    task="nesterov",
    cause="mu v with the new v worked out wrongly: the look-ahead misses the present gradient",
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    new_v = mu * velocity - lr * grad
    return theta + mu * mu * velocity - lr * grad, new_v


@wrong(
    task="nesterov", cause="v and the look-ahead both: theta + v + mu v - lr g", true=("repair: drop_plus",)
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    theta = theta + v
    theta = theta + mu * v - lr * grad
    return theta, v


@wrong(
    task="nesterov",
    cause="the look-ahead step is returned as the velocity",
    true=("step_returned_as_velocity",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    step = mu * v - lr * grad
    return theta + step, step


@wrong(
    task="nesterov",
    cause="the other form's -mu v_old + (1 + mu) v with the sign of v_old turned round",
    true=("repair: swap_plus_minus",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity + (1 + mu) * v, v


@wrong(task="nesterov", cause="the gradient step of the second line is left out", true=("own_step_missing",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v, v


@wrong(
    task="nesterov",
    cause="PyTorch's buffer (without lr) mixed with this velocity (with lr)",
    true=("repair: drop_left_times",),
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    buf = mu * velocity + grad
    d = grad + mu * buf
    return theta - lr * d, -lr * buf


@wrong(task="nesterov", cause="theta and velocity are changed in place", true=("changed_in_place",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    velocity[...] = mu * velocity - lr * grad
    theta += mu * velocity - lr * grad
    return theta, velocity


# ---------------------------------------------------------------- rmsprop


@wrong(task="rmsprop", cause="decay and 1 - decay are swapped", true=("decay_swapped",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = (1 - decay) * mean_sq + decay * grad**2
    return theta - lr / (np.sqrt(r) + eps) * grad, r


@wrong(task="rmsprop", cause="PyTorch's default 0.99 for the decay", true=("another_default",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.99, eps=1e-8):
    r = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr / (np.sqrt(r) + eps) * grad, r


@wrong(task="rmsprop", cause="the factor 1 - decay is missing", true=("new_square_at_full_weight",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = decay * mean_sq + grad * grad
    return theta - lr * grad / (np.sqrt(r) + eps), r


@wrong(
    task="rmsprop",
    cause="the mean square is taken over the parameters, not over time alone",
    true=("repair: unwrap",),
)
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = decay * mean_sq + (1 - decay) * np.mean(grad**2)
    return theta - lr * grad / (np.sqrt(r) + eps), r


@wrong(task="rmsprop", cause="a bias correction as in Adam's first step", true=("repair: drop_divide",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(r / (1 - decay)) + eps), r


@wrong(task="rmsprop", cause="the old mean square is used for the step", true=("old_mean_used",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    step = lr * grad / (np.sqrt(mean_sq) + eps)
    return theta - step, decay * mean_sq + (1 - decay) * grad**2


@wrong(task="rmsprop", cause="the running mean of the gradients (not squared) is kept and its size taken")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = decay * mean_sq + (1 - decay) * grad
    return theta - lr * grad / (np.abs(r) + eps), r


@wrong(
    task="rmsprop",
    cause="the first mean square is set to the square itself, since 0 'is no data'",
    true=("repair: second_case",),
)
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = np.where(mean_sq == 0, grad**2, decay * mean_sq + (1 - decay) * grad**2)
    return theta - lr * grad / (np.sqrt(r) + eps), r


@wrong(task="rmsprop", cause="mean_sq *= decay writes into the caller's array", true=("changed_in_place",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq *= decay
    mean_sq += (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


# ---------------------------------------------------------------- adam


@wrong(task="adam", cause="no bias correction", true=("no_correction",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="the corrected means are returned as the state", true=("corrected_state_returned",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (beta1 * m + (1 - beta1) * grad) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * grad**2) / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="counts from 0 and adds 1 to t", true=("t_counted_from_zero",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    t = t + 1
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mhat, vhat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - lr * mhat / (np.sqrt(vhat) + eps), m, v


@wrong(task="adam", cause="beta * t in place of beta ** t, kept positive", true=("repair: swap_times_power",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mhat = m / abs(1 - beta1 * t)
    vhat = v / abs(1 - beta2 * t)
    return theta - lr * mhat / (np.sqrt(vhat) + eps), m, v


@wrong(task="adam", cause="beta1 for both means", true=("one_beta_for_both",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = beta1 * m + (1 - beta1) * grad, beta1 * v + (1 - beta1) * grad**2
    c = 1 - beta1**t
    return theta - lr * (m / c) / (np.sqrt(v / c) + eps), m, v


@wrong(
    task="adam",
    cause="the correction always is that of the first step, t is ignored",
    true=("power_missing",),
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1)) / (np.sqrt(v / (1 - beta2)) + eps), m, v


@wrong(task="adam", cause="the root of v is corrected by 1 - beta2^t outside of the root")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v) / (1 - beta2**t) + eps), m, v


@wrong(task="adam", cause="AdamW's weight decay of a library is added", true=("repair: drop_times",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    theta = theta * (1 - lr * 0.01)
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(
    task="adam",
    cause="the variance: squares of the differences between gradient and its mean",
    true=("repair: drop_minus",),
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * (grad - m) ** 2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong(
    task="adam",
    cause="the step uses the present gradient instead of its mean",
    true=("gradient_in_place_of_mean",),
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * grad / (np.sqrt(v / (1 - beta2**t)) + eps), m, v
