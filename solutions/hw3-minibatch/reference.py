"""Gradient descent by mini-batches: what a gradient is, what an update is, what an epoch is.

An **update** changes the parameters once, by the gradient of one mini-batch. An **epoch** is one pass through
all training examples: with N examples and batches of B it makes N / B updates, rounded up. Nothing here is
changed in place.
"""

from __future__ import annotations

import numpy as np


def batch_indices(count, batch_size, seed):
    """The numbers 0 to count - 1 in an order that the seed decides, cut into batches."""
    order = np.random.default_rng(seed).permutation(count)
    # range stops before count, so no batch is empty; the last slice ends where the numbers end.
    return [order[start : start + batch_size] for start in range(0, count, batch_size)]


# --- Gradients by differences -------------------------------------------------------------------


def numerical_gradient(loss, theta, delta=1e-5):
    """The gradient of a loss by central differences, one entry of theta at a time.

    loss: a function of theta that returns a float; theta: an array of any shape. Returns an array of that
    shape.

        dl/dtheta_i = (l(theta + delta e_i) - l(theta - delta e_i)) / (2 delta)

    The error shrinks with delta^2: a difference to one side only, (l(theta + delta) - l(theta)) / delta, is
    off by about delta.
    """
    gradient = np.zeros_like(theta, dtype=float)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()  # fresh copies: all other entries stay where they are
        up[i] += delta
        down[i] -= delta
        gradient[i] = (loss(up) - loss(down)) / (2 * delta)
    return gradient


# --- Mini-batches -------------------------------------------------------------------------------


def minibatches(x, y, batch_size, seed):
    """One epoch of mini-batches, in an order that the seed decides.

    x: (N, ...), y: (N,). Yields (x_batch, y_batch); every example once, rows of x and y together. Every batch
    has batch_size examples but the last, which has what is left.
    """
    for rows in batch_indices(len(x), batch_size, seed):
        yield x[rows], y[rows]  # the same rows of both: an image keeps its label


# --- One update ---------------------------------------------------------------------------------


def sgd_update(theta, grad, lr):
    """One step of gradient descent: against the gradient, since that points uphill.

    theta, grad: arrays of one shape. Returns theta, a new array.

        theta <- theta - lr * grad

    Robbins and Monro, "A stochastic approximation method", 1951.
    """
    return theta - lr * grad


# --- Learning rates that decay ------------------------------------------------------------------


def inverse_sqrt_decay(lr, t):
    """The learning rate of update t, counted from 0: large steps first, small ones near the end.

    lr / sqrt(t + 1)
    """
    return lr / np.sqrt(t + 1)  # t = 0 leaves lr as it is


def step_decay(lr, epoch, factor=0.5, every=10):
    """The learning rate of an epoch, counted from 0: multiplied by factor after every so many epochs.

    lr * factor^(epoch // every)
    """
    return lr * factor ** (epoch // every)  # epochs 0 to 9: not yet; the first drop is at epoch 10


# --- One epoch ----------------------------------------------------------------------------------


def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    """Train for one epoch: one update for each mini-batch, until all examples have been picked.

    theta: an array; x: (N, ...), y: (N,); gradient(theta, x_batch, y_batch) returns the mean gradient of a
    batch in the shape of theta. Returns theta after the last update.
    """
    for rows in batch_indices(len(x), batch_size, seed):
        # The gradient at the theta of now: each update starts from where the last one ended.
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta
