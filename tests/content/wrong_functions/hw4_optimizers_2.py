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


@wrong(task="adagrad", cause="theta scaled")
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


@wrong(task="rmsprop", cause="mean of the gradient squared afterwards")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (decay * np.sqrt(mean_sq) + (1 - decay) * grad) ** 2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="adam", cause="t - 1")
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
