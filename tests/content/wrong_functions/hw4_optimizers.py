"""Wrong functions of homework 4, written from the handout, before any of them was measured."""

import numpy as np

from autograder.checks import wrong


@wrong(task="adagrad", cause="sum overwritten by the latest square")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = grad**2
    theta = theta - lr * grad / (np.sqrt(sum_sq) + eps)
    return theta, sum_sq


@wrong(task="adagrad", cause="root missing")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (sum_sq + eps), sum_sq


@wrong(task="adagrad", cause="divides by the old sum")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    new_theta = theta - lr * grad / (np.sqrt(sum_sq) + eps)
    return new_theta, sum_sq + grad**2


@wrong(task="adagrad", cause="the sum over all parameters")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.sum(grad**2)
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="sum of gradients, not of squares")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad
    return theta - lr * grad / (np.sqrt(np.abs(sum_sq)) + eps), sum_sq


@wrong(task="adagrad", cause="sum of absolute values")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + np.abs(grad)
    return theta - lr * grad / (sum_sq + eps), sum_sq


@wrong(task="adagrad", cause="in place on the sum")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq += grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="eps missing: NaN where the gradient is 0")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / np.sqrt(sum_sq), sum_sq


@wrong(task="adagrad", cause="results in the wrong order")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return sum_sq, theta - lr * grad / (np.sqrt(sum_sq) + eps)


@wrong(task="adagrad", cause="only theta returned")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps)


@wrong(task="adagrad", cause="the gradient squared in the step")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad**2 / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="precedence: / root + eps")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr / np.sqrt(sum_sq + eps) + grad, sum_sq


@wrong(task="adagrad", cause="plus")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta + lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="root of the sum kept as the state")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    root = np.sqrt(sum_sq + grad**2)
    return theta - lr * grad / (root + eps), root


@wrong(task="adagrad", cause="a mean with one half")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = (sum_sq + grad**2) / 2
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


@wrong(task="adagrad", cause="the step multiplied by the root")
def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    sum_sq = sum_sq + grad**2
    return theta - lr * grad * np.sqrt(sum_sq + eps), sum_sq


@wrong(task="momentum", cause="theta plus mu times the old velocity")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity, v


@wrong(task="momentum", cause="running average v = mu v + (1 - mu) g, theta - lr v")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + (1 - mu) * grad
    return theta - lr * v, v


@wrong(task="momentum", cause="running average with minus")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - (1 - mu) * lr * grad
    return theta + v, v


@wrong(task="momentum", cause="theta minus v although v has the minus")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta - v, v


@wrong(task="momentum", cause="v holds gradients but theta moves by v without lr")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity + grad
    return theta - v, v


@wrong(task="momentum", cause="lr used twice")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + lr * v, v


@wrong(task="momentum", cause="the old velocity is returned")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v, velocity


@wrong(task="momentum", cause="velocity forgotten")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = -lr * grad
    return theta + v, v


@wrong(task="momentum", cause="mu also scales the gradient")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * (velocity - lr * grad)
    return theta + v, v


@wrong(task="momentum", cause="mu is 0.99")
def momentum_update(theta, grad, velocity, lr, mu=0.99):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="1 - mu on the velocity")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = (1 - mu) * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="Nesterov")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v - lr * grad, v


@wrong(task="momentum", cause="mu ignored")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = 0.9 * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="lr and mu swapped in the call")
def momentum_update(theta, grad, velocity, mu, lr=0.9):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(task="momentum", cause="in place on the velocity")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    velocity *= mu
    velocity -= lr * grad
    return theta + velocity, velocity


@wrong(task="momentum", cause="the gradient step is done besides the velocity")
def momentum_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    theta = theta - lr * grad
    return theta + v, v


@wrong(task="nesterov", cause="classical momentum")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v, v


@wrong(task="nesterov", cause="mu times the old velocity")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity - lr * grad, v


@wrong(task="nesterov", cause="v added once more")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + v + mu * v, v


@wrong(task="nesterov", cause="the older form -mu v_old + (1 + mu) v with a plus")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * velocity + (1 + mu) * v, v


@wrong(task="nesterov", cause="only mu v")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v, v


@wrong(task="nesterov", cause="sign of the gradient part")
def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    v = mu * velocity - lr * grad
    return theta + mu * v + lr * grad, v


@wrong(task="rmsprop", cause="a sum as in Adagrad")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="decay and 1 - decay swapped")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = (1 - decay) * mean_sq + decay * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="square forgotten")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * np.abs(grad)
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="1 - decay forgotten")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="rmsprop", cause="root forgotten")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (mean_sq + eps), mean_sq


@wrong(task="rmsprop", cause="divides by the old mean")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    new = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), new


@wrong(task="rmsprop", cause="default decay 0.99")
def rmsprop_update(theta, grad, mean_sq, lr, decay=0.99, eps=1e-8):
    mean_sq = decay * mean_sq + (1 - decay) * grad**2
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


@wrong(task="adam", cause="no bias correction")
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


@wrong(task="adam", cause="t + 1")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1 ** (t + 1))
    vh = v / (1 - beta2 ** (t + 1))
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="corrected states returned")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m = m / (1 - beta1**t)
    v = v / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="only m is corrected")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    return theta - lr * m / (1 - beta1**t) / (np.sqrt(v) + eps), m, v


@wrong(task="adam", cause="v without the square")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * np.abs(grad)
    mh = m / (1 - beta1**t)
    vh = v / (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v


@wrong(task="adam", cause="m and v swapped in the results")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m / (1 - beta1**t)
    vh = v / (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), v, m


@wrong(task="adam", cause="multiplied by the correction")
def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    mh = m * (1 - beta1**t)
    vh = v * (1 - beta2**t)
    return theta - lr * mh / (np.sqrt(vh) + eps), m, v
