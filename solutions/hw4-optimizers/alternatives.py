"""Right answers to homework 4 in other styles; each keeps full marks."""

from __future__ import annotations

import math
import warnings

import numpy as np

from autograder.checks import alternative

# --- Adagrad ------------------------------------------------------------------------------------


@alternative(function="adagrad_update")
def epsilon_inside_the_root(theta, grad, sum_sq, lr, eps=1e-8):
    total = sum_sq + grad * grad
    return theta - lr / np.sqrt(total + eps) * grad, total


@alternative(function="adagrad_update")
def epsilon_of_1e_10(theta, grad, sum_sq, lr, eps=1e-10):
    total = sum_sq + np.square(grad)
    return theta - (lr / (np.sqrt(total) + eps)) * grad, total


@alternative(function="adagrad_update")
def epsilon_of_1e_7(theta, grad, sum_sq, lr, eps=1e-7):
    total = sum_sq + grad**2
    return theta - lr * grad / (total**0.5 + eps), total


@alternative(function="adagrad_update")
def entry_by_entry(theta, grad, sum_sq, lr, eps=1e-8):
    new_theta, new_sum = np.empty_like(theta), np.empty_like(theta)
    for i in np.ndindex(theta.shape):
        new_sum[i] = sum_sq[i] + grad[i] ** 2
        new_theta[i] = theta[i] - lr * grad[i] / (math.sqrt(new_sum[i]) + eps)
    return new_theta, new_sum


@alternative(function="adagrad_update")
def in_place_on_copies(theta, grad, sum_sq, lr, eps=1e-8):
    theta, sum_sq = theta.copy(), sum_sq.copy()
    sum_sq += grad**2
    theta -= lr * grad / (np.sqrt(sum_sq) + eps)
    return [theta, sum_sq]


@alternative(function="adagrad_update")
def the_maximum_guards(theta, grad, sum_sq, lr, eps=1e-8):
    print("one more step")
    total = sum_sq + grad**2
    return theta - lr * grad / np.maximum(np.sqrt(total), eps), total


# --- Momentum -----------------------------------------------------------------------------------


@alternative(function="momentum_update")
def velocity_as_sum_of_gradients(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + grad
    return theta - lr * velocity, velocity


@alternative(function="momentum_update")
def velocity_downhill_positive(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + lr * grad
    return theta - velocity, velocity


@alternative(function="momentum_update")
def momentum_in_place_on_copies(theta, grad, velocity, lr, mu=0.9):
    velocity, theta = velocity.copy(), theta.copy()
    velocity *= mu
    velocity -= lr * grad
    theta += velocity
    return [theta, velocity]


@alternative(function="momentum_update")
def momentum_entry_by_entry(theta, grad, velocity, lr, mu=0.9):
    new_theta, new_velocity = np.zeros(theta.shape), np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        new_velocity[i] = mu * velocity[i] - lr * grad[i]
        new_theta[i] = theta[i] + new_velocity[i]
    return new_theta, new_velocity


@alternative(function="momentum_update")
def two_steps_in_one(theta, grad, velocity, lr, mu=0.9):
    warnings.warn("as written in the lecture", stacklevel=1)
    step = np.subtract(np.multiply(mu, velocity), np.multiply(lr, grad))
    return np.add(theta, step), step


# --- Extra credit -------------------------------------------------------------------------------


@alternative(function="nesterov_update")
def nesterov_spelled_out(theta, grad, velocity, lr, mu=0.9):
    new = mu * velocity - lr * grad
    return theta + mu**2 * velocity - (1 + mu) * lr * grad, new


@alternative(function="nesterov_update")
def nesterov_from_the_look_ahead(theta, grad, velocity, lr, mu=0.9):
    new = mu * velocity - lr * grad
    return theta - mu * velocity + (1 + mu) * new, new


@alternative(function="nesterov_update")
def nesterov_with_sum_of_gradients(theta, grad, velocity, lr, mu=0.9):
    velocity = mu * velocity + grad
    return theta - lr * (grad + mu * velocity), velocity


@alternative(function="rmsprop_update")
def rmsprop_epsilon_inside(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq + (1 - decay) * (grad**2 - mean_sq)
    return theta - lr * grad / np.sqrt(mean_sq + eps), mean_sq


@alternative(function="rmsprop_update")
def rmsprop_in_place_on_copies(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq.copy()
    mean_sq *= decay
    mean_sq += (1 - decay) * np.square(grad)
    return [theta - lr / (np.sqrt(mean_sq) + eps) * grad, mean_sq]


@alternative(function="adam_update")
def correction_in_the_step_size(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)  # the form at the end of the paper's section 2
    return theta - rate * m / (np.sqrt(v) + eps), m, v


@alternative(function="adam_update")
def adam_as_a_list(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = m + (1 - beta1) * (grad - m)
    v = v + (1 - beta2) * (grad * grad - v)
    return [theta - lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps**2), m, v]


# --- Choosing a rate ----------------------------------------------------------------------------


@alternative(function="tune_sgd")
def ten_rates_in_a_power_of_ten(loss, gradient, theta, steps):
    ended = {}
    with np.errstate(all="ignore"):
        for number in range(41):
            lr, there = 10 ** (-3 + number / 10), theta.copy()
            for _ in range(steps):
                there = there - lr * gradient(there)
            value = loss(there)
            if math.isfinite(value):
                ended[lr] = value
    return min(ended, key=ended.get)


@alternative(function="tune_sgd")
def coarse_then_fine(loss, gradient, theta, steps):
    def end(lr):
        there = theta
        with np.errstate(all="ignore"):
            for _ in range(steps):
                there = there - lr * gradient(there)
            value = loss(there)
        return value if np.isfinite(value) else np.inf

    best = min(np.logspace(-3, 1, 21), key=end)
    fine = np.clip(best * np.logspace(-0.25, 0.25, 31), 1e-3, 10)
    return np.float64(min(fine, key=end))


# --- Where Adagrad stalls -----------------------------------------------------------------------


@alternative(function="adagrad_stall")
def one_enormous_gradient():
    return [1e6], 1


@alternative(function="adagrad_stall")
def growing_gradients():
    return np.array([3.0**k for k in range(15)]), 0.01
