"""Wrong functions of homework 4, written from the handout, before any of them was measured."""

import numpy as np

from autograder.checks import wrong


@wrong(task="adagrad", cause="sum overwritten by the latest square", true=("accumulator_overwritten",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = grad**2
    theta = theta - lr * grad / (np.sqrt(sum_sq) + eps)
    return theta, sum_sq


@wrong(task="adagrad", cause="root missing", true=("root_missing",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (sum_sq + eps), sum_sq


@wrong(task="adagrad", cause="divides by the old sum", true=("old_sum_used",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    new_theta = theta - lr * grad / (np.sqrt(sum_sq) + eps)
    return new_theta, sum_sq + grad**2


@wrong(task="adagrad", cause="the sum over all parameters", true=("one_sum_for_all",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.sum(grad**2)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="sum of gradients, not of squares")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad
    return theta - lr * grad / (np.sqrt(np.abs(sum_sq)) + eps), sum_sq


@wrong(task="adagrad", cause="sum of absolute values", true=["sizes_added_without_root"])
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr * grad / (sum_sq + eps), sum_sq


@wrong(task="adagrad", cause="in place on the sum", true=("sum_changed_in_place",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq += grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="eps missing: NaN where the gradient is 0", true=("no_epsilon",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / np.sqrt(sum_sq), sum_sq


@wrong(task="adagrad", cause="results in the wrong order", true=("adagrad_results_swapped",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return sum_sq, theta - lr * grad / (np.sqrt(sum_sq) + eps)


@wrong(task="adagrad", cause="only theta returned", true=("sum_not_returned",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps)


@wrong(task="adagrad", cause="the gradient squared in the step", true=["gradient_squared_in_the_step"])
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad**2 / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="precedence: / root + eps")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr / np.sqrt(sum_sq + eps) + grad, sum_sq


@wrong(task="adagrad", cause="plus", true=("adagrad_ascends",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta + lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="root of the sum kept as the state", true=("root_kept",))
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    root = np.sqrt(sum_sq + grad**2)
    return theta - lr * grad / (root + eps), root


@wrong(task="adagrad", cause="a mean with one half")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = (sum_sq + grad**2) / 2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="the step multiplied by the root", true=["step_times_the_root"])
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad * np.sqrt(sum_sq + eps), sum_sq


@wrong(task="momentum", cause="theta plus mu times the old velocity")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity, v


@wrong(task="momentum", cause="running average v = mu v + (1 - mu) g, theta - lr v", true=["running_average"])
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + (1 - mu) * grad
    return theta - lr * v, v


@wrong(task="momentum", cause="running average with minus", true=("a_mean_of_gradients",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - (1 - mu) * lr * grad
    return theta + v, v


@wrong(task="momentum", cause="theta minus v although v has the minus", true=("velocity_subtracted",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta - v, v


@wrong(task="momentum", cause="v holds gradients but theta moves by v without lr", true=("parameter_unused",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + grad
    return theta - v, v


@wrong(task="momentum", cause="lr used twice", true=("lr_applied_twice",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + lr * v, v


@wrong(task="momentum", cause="the old velocity is returned", true=("old_velocity_returned",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v, velocity


@wrong(task="momentum", cause="velocity forgotten", true=("velocity_forgotten",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = -lr * grad
    return theta + v, v


@wrong(task="momentum", cause="mu also scales the gradient", true=("mu_on_both",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * (velocity - lr * grad)
    return theta + v, v


@wrong(task="momentum", cause="mu is 0.99", true=("another_default",))
def momentum_update(theta, grad, velocity, lr, mu=0.99):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="1 - mu on the velocity", true=["one_minus_mu_on_the_velocity"])
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = (1 - mu) * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="Nesterov", true=("nesterov_in_place_of_classical",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v - lr * grad, v


@wrong(task="momentum", cause="mu ignored", true=("mu_fixed",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = 0.9 * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="lr and mu swapped in the call", true=("parameters_in_another_order",))
def momentum_update(theta, grad, velocity, mu, lr=0.9):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="in place on the velocity", true=("velocity_changed_in_place",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity *= mu
    velocity -= lr * grad
    return theta + velocity, velocity


@wrong(task="momentum", cause="the gradient step is done besides the velocity", true=("gradient_used_twice",))
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    theta = theta - lr * grad
    return theta + v, v


@wrong(task="nesterov", cause="classical momentum", true=("classical_in_place_of_nesterov",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(task="nesterov", cause="mu times the old velocity", true=("classical_in_place_of_nesterov",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity - lr * grad, v


@wrong(task="nesterov", cause="v added once more", true=["velocity_in_place_of_own_step"])
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v + mu * v, v


@wrong(task="nesterov", cause="the older form -mu v_old + (1 + mu) v with a plus")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity + (1 + mu) * v, v


@wrong(task="nesterov", cause="only mu v", true=("own_step_missing",))
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v, v


@wrong(
    task="nesterov",
    cause="sign of the gradient part",
    true=["near miss: the part with `grad` and `lr` is added, not subtracted"],
)
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v + lr * grad, v


@wrong(task="rmsprop", cause="a sum as in Adagrad", true=("a_sum_in_place_of_a_mean",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="decay and 1 - decay swapped", true=("decay_swapped",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (1 - decay) * mean_sq + decay * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="square forgotten", true=["mean_of_sizes"])
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * np.abs(grad)
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="1 - decay forgotten", true=("new_square_at_full_weight",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="root forgotten", true=("mean_without_root",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (mean_sq + eps), mean_sq


@wrong(task="rmsprop", cause="divides by the old mean", true=("old_mean_used",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    new = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), new


@wrong(task="rmsprop", cause="default decay 0.99", true=("another_default",))
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.99, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="adam", cause="no bias correction", true=("no_correction",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="1 - beta * t")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1 * t)
    vh = v / (1 - beta2 * t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="t + 1", true=("t_counted_from_zero",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1 ** (t + 1))
    vh = v / (1 - beta2 ** (t + 1))
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="corrected states returned", true=("corrected_state_returned",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m = m / (1 - beta1**t)
    v = v / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="only m is corrected", true=["only_the_mean_corrected"])
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="v without the square", true=["sizes_in_place_of_squares"])
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.abs(grad)
    mh = m / (1 - beta1**t)
    vh = v / (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="m and v swapped in the results", true=("results_exchanged",))
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1**t)
    vh = v / (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), v, m


@wrong(task="adam", cause="multiplied by the correction", true=["multiplied_by_the_correction"])
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m * (1 - beta1**t)
    vh = v * (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v
