"""A second list of wrong functions of homework 4, written after the feedback was tuned with the first."""

import numpy as np

from autograder.checks import wrong


@wrong(task="adagrad", cause="eps inside the square: (root + eps) squared")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps) ** 2, sum_sq


@wrong(task="adagrad", cause="returns the step", true=("parameter_unused",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return -lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="sum of squares of the sum", true=("square_of_the_sum",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = (sum_sq + grad) ** 2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="learning rate missing", true=("adagrad_without_lr",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="theta scaled", true=["theta_in_place_of_gradient"])
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta * (1 - lr / (np.sqrt(sum_sq) + eps)), sum_sq


@wrong(task="momentum", cause="velocity and gradient exchanged", true=("arguments_exchanged",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * grad - lr * velocity
    return theta + v, v


@wrong(task="momentum", cause="plus in the velocity, plus in theta", true=("momentum_ascends",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + lr * grad
    return theta + v, v


@wrong(task="momentum", cause="the velocity without lr, theta plus lr v")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + grad
    return theta + lr * v, v


@wrong(task="momentum", cause="theta moves by the old velocity", true=("old_velocity_used",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + velocity, v


@wrong(task="momentum", cause="running average, theta + v, v without lr", true=("negative_running_average",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - (1 - mu) * grad
    return theta + lr * v, v


@wrong(task="momentum", cause="only theta returned", true=("velocity_not_returned",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v


@wrong(task="momentum", cause="loop over entries in place", true=("changed_in_place",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    for i in range(len(theta)):
        velocity[i] = mu * velocity[i] - lr * grad[i]
        theta[i] = theta[i] + velocity[i]
    return theta, velocity


@wrong(task="momentum", cause="mu squared", true=("near miss: `mu` is squared where it belongs as it is",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu**2 * velocity - lr * grad
    return theta + v, v


@wrong(task="nesterov", cause="mu twice: mu (mu v) on top")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * mu * v - lr * grad, v


@wrong(
    task="rmsprop",
    cause="no square root and eps",
    true=("near miss: `mean_sq` alone stands where a calculation with it belongs",),
)
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / mean_sq, mean_sq


@wrong(task="rmsprop", cause="plus", true=("step_the_other_way",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta + lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="mean of the gradient squared afterwards", true=["square_of_a_mean"])
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (decay * np.sqrt(mean_sq) + (1 - decay) * grad) ** 2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="adam", cause="t - 1", true=["correction_one_step_behind"])
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1 ** max(t - 1, 1))
    vh = v / (1 - beta2 ** max(t - 1, 1))
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="only v is corrected", true=("only_the_square_corrected",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    vh = v / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(vh) + eps), m, v


@wrong(
    task="adam", cause="1 + beta in the correction", true=("near miss: a plus stands where a minus belongs",)
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 + beta1**t)
    vh = v / (1 + beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adagrad", cause="the sum of absolute values in place of the squares", true=("sizes_added",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(
    task="adagrad",
    cause="the square root is remembered, and squared gradients are added to it",
    true=("root_kept",),
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    root = np.sqrt(sum_sq + grad**2)
    return theta - lr / (root + eps) * grad, root


@wrong(task="adagrad", cause="divides theta as well: the bracket is wrong")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return (theta - lr * grad) / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(
    task="adagrad", cause="the gradient is left out: theta moves by the rate", true=("rate_without_gradient",)
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    s = sum_sq + grad * grad
    rate = lr / (np.sqrt(s) + eps)
    return theta - rate, s


@wrong(
    task="adagrad", cause="the square of the sum of gradients is remembered", true=["square_of_added_roots"]
)
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    s = (np.sqrt(sum_sq) + grad) ** 2
    return theta - lr * grad / (np.sqrt(s) + eps), s


@wrong(task="momentum", cause="dampening: (1 - mu) on the step only when the velocity is not zero")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    if np.any(velocity):
        v = mu * velocity - (1 - mu) * lr * grad
    else:
        v = -lr * grad
    return theta + v, v


@wrong(
    task="momentum",
    cause="the velocity is added to the gradient and multiplied by mu: v = mu (v - lr g)",
    true=("mu_on_both",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * (velocity - lr * grad)
    return theta + v, v


@wrong(
    task="momentum",
    cause="theta moves by the velocity and by the gradient once more",
    true=("gradient_used_twice",),
)
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v - lr * grad, v


@wrong(task="momentum", cause="v = mu v + g, theta - lr v, but the scaled velocity is returned")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + grad
    return theta - lr * v, lr * v


@wrong(task="momentum", cause="the new theta is returned as the velocity, too")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity - lr * grad
    theta = theta + velocity
    return theta, theta


@wrong(
    task="nesterov", cause="the look-ahead uses the old velocity", true=("classical_in_place_of_nesterov",)
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity - lr * grad, v


@wrong(task="nesterov", cause="mu (1 + mu) on the velocity: the look-ahead is counted twice")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta - mu * velocity + (1 + mu) * v - mu * lr * grad, v


@wrong(
    task="rmsprop",
    cause="the decay is on the new square and 1 - decay on the old mean",
    true=("decay_swapped",),
)
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = (1 - decay) * mean_sq + decay * grad**2
    return theta - lr * grad / (np.sqrt(r) + eps), r


@wrong(task="rmsprop", cause="bias-corrected as in Adam by 1 - decay")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    r = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(r / (1 - decay)) + eps), r


@wrong(task="rmsprop", cause="the old mean is used for the step", true=("old_mean_used",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    step = lr / (np.sqrt(mean_sq) + eps) * grad
    return theta - step, decay * mean_sq + (1 - decay) * grad**2


@wrong(
    task="adam",
    cause="the correction is applied to the gradient's mean only",
    true=("only_the_mean_corrected",),
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    return theta - lr * m_hat / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="v is returned as its root")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    root = np.sqrt(v / (1 - beta2**t))
    return theta - lr * m_hat / (root + eps), m, root


@wrong(task="adam", cause="the power is t + 1", true=("t_counted_from_zero",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1 ** (t + 1))
    v_hat = v / (1 - beta2 ** (t + 1))
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@wrong(task="adam", cause="the two means are returned in the wrong order", true=("results_exchanged",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return theta - step, v, m


@wrong(
    task="adam",
    cause="weight on the old mean and the new gradient swapped in m only",
    true=["weights_of_the_mean_swapped"],
)
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (1 - beta1) * m + beta1 * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


@wrong(task="tune_sgd", cause="the rate after which the loss fell most in one step", true=("one_step_only",))
def tune_sgd(loss, gradient, theta, steps):
    rates = np.logspace(-3, 1, 100)
    return min(rates, key=lambda lr: loss(theta - lr * gradient(theta)))


@wrong(task="tune_sgd", cause="theta is not set back between the rates", true=("theta_not_set_back",))
def tune_sgd(loss, gradient, theta, steps):
    best, best_loss = None, np.inf
    for lr in np.logspace(-3, 1, 100):
        for _ in range(steps):
            theta = theta - lr * gradient(theta)
        value = loss(theta)
        if value < best_loss:
            best, best_loss = lr, value
    return best
