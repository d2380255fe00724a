"""Update rules that remember: each takes theta, the gradient and its own state, and returns both anew.

Plain gradient descent, theta - lr * grad, looks at the present gradient alone. Adagrad remembers how large
the gradients of each parameter were, momentum in which direction they pointed. Nothing is changed in place:
theta, gradient and state all have the same shape, whatever it is, and what comes back are new arrays.
"""

from __future__ import annotations

import numpy as np

# --- Adagrad ------------------------------------------------------------------------------------


def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):
    """One step in which every parameter has a learning rate of its own.

    theta, grad, sum_sq: arrays of one shape; sum_sq holds the sum of all squared gradients so far.
    Returns (theta, sum_sq).

        sum_sq <- sum_sq + grad^2
        theta  <- theta - lr / (sqrt(sum_sq) + eps) * grad

    Duchi, Hazan and Singer, "Adaptive subgradient methods", 2011.
    """
    sum_sq = sum_sq + grad**2  # entry by entry: no parameter knows of the others
    # The present gradient is already in the sum. So the first step has length lr whatever the gradient is,
    # and eps only matters where all gradients were 0: it turns 0/0 into 0.
    return theta - lr * grad / (np.sqrt(sum_sq) + eps), sum_sq


# --- Momentum -----------------------------------------------------------------------------------


def momentum_update(theta, grad, velocity, lr, mu=0.9):
    """One step of a ball that rolls: the slope changes its velocity, the velocity its place.

    theta, grad, velocity: arrays of one shape. Returns (theta, velocity).

        velocity <- mu * velocity - lr * grad
        theta    <- theta + velocity

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """
    velocity = mu * velocity - lr * grad  # mu < 1 is friction: an old gradient counts mu^k after k steps
    return theta + velocity, velocity


# --- Nesterov's momentum ------------------------------------------------------------------------


def nesterov_update(theta, grad, velocity, lr, mu=0.9):
    """One step of momentum that looks ahead: the new velocity is applied once more, with friction.

    theta, grad, velocity: arrays of one shape; grad is the gradient at theta as given. Returns
    (theta, velocity).

        velocity <- mu * velocity - lr * grad
        theta    <- theta + mu * velocity - lr * grad

    Nesterov, "A method of solving a convex programming problem with convergence rate O(1/k^2)", 1983;
    in this form Sutskever, Martens, Dahl and Hinton, 2013.
    """
    velocity = mu * velocity - lr * grad
    return theta + mu * velocity - lr * grad, velocity


# --- RMSProp ------------------------------------------------------------------------------------


def rmsprop_update(theta, grad, mean_sq, lr, decay=0.9, eps=1e-8):
    """Adagrad that forgets: a running mean of squared gradients in place of their sum.

    theta, grad, mean_sq: arrays of one shape. Returns (theta, mean_sq).

        mean_sq <- decay * mean_sq + (1 - decay) * grad^2
        theta   <- theta - lr / (sqrt(mean_sq) + eps) * grad

    Hinton, lecture 6e of "Neural networks for machine learning", 2012; Ruder, 2016.
    """
    mean_sq = decay * mean_sq + (1 - decay) * grad**2  # a sum only grows, and Adagrad's steps only shrink
    return theta - lr * grad / (np.sqrt(mean_sq) + eps), mean_sq


# --- Adam ---------------------------------------------------------------------------------------


def adam_update(theta, grad, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """Momentum and RMSProp in one, with both means corrected for their start at 0.

    theta, grad, m, v: arrays of one shape; t: the number of this step, 1 for the first. Returns
    (theta, m, v).

        m <- beta1 * m + (1 - beta1) * grad
        v <- beta2 * v + (1 - beta2) * grad^2
        theta <- theta - lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    """
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    # After t steps the weights in m add up to 1 - beta1^t: dividing by it makes m a mean. The state keeps m
    # as it is, or the next step would correct what is corrected already.
    m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


# --- Choosing a rate ----------------------------------------------------------------------------


def tune_sgd(loss, gradient, theta, steps):
    """The constant learning rate with which plain gradient descent ends lowest.

    loss(theta) is a number, gradient(theta) an array like theta; steps is how many updates are made.
    Returns a rate between 0.001 and 10.
    """
    best, lowest = 1e-3, np.inf
    for lr in np.logspace(-3, 1, 161):  # forty rates in each power of ten, evenly on a logarithmic scale
        place = theta  # every rate starts where the others did
        for _ in range(steps):
            place = place - lr * gradient(place)
        ended = loss(place)
        if ended < lowest:  # never true of NaN, which is where a rate that is too large ends
            best, lowest = float(lr), ended
    return best


def adagrad_stall():
    """Gradients after which Adagrad has hardly moved, while plain gradient descent has come far.

    Returns (gradients, lr): a list of at most 1000 numbers, and the learning rate for both.
    """
    # The first gradient is enormous. Adagrad divides it by its own size, and all later ones by it, too.
    return [1000.0, 1.0, 1.0, 1.0], 0.1
