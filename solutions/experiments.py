"""What lecture 15 claims about training, shown with the reference solutions.

Every run is a plain network from `autograder.checks` with one piece replaced by a reference: the loss, the
activation, or the update rule. Both sides of an experiment start from the same weights and see the same
mini-batches, so only that piece differs.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from autograder.checks import (
    RELU,
    Activation,
    Network,
    Run,
    accuracy,
    cross_entropy,
    experiment,
    shuffled_batches,
)

BATCH = 100
LOOKS = 20  # times that a run's test accuracy is measured


@experiment(better=["cross-entropy"], than="squared error")
def proper_loss(references, images, rng):
    """Cross-entropy beats squared error.

    One hidden layer of 64, 100 mini-batches of 100, plain gradient descent with learning rate 0.1. Behind a
    softmax the squared error is flat where the network is confidently wrong (Glorot 2010).
    """
    losses = references["hw2-losses"]

    def squared_error(logits, labels):
        loss = losses.softmax_squared_error(logits, labels)
        return loss, losses.softmax_squared_error_backward(logits, labels)

    def softmax_cross_entropy(logits, labels):
        loss = losses.softmax_cross_entropy(logits, labels)
        return loss, losses.softmax_cross_entropy_backward(logits, labels)

    seed = rng.integers(2**32)
    return {
        name: train(images, seed, [64], sgd(0.1), updates=100, loss=loss)
        for name, loss in (("cross-entropy", softmax_cross_entropy), ("squared error", squared_error))
    }


@experiment(better=["ReLU"], than="sigmoid")
def new_activation(references, images, rng):
    """ReLU trains eight layers where sigmoid stays at chance.

    Eight hidden layers of 50, 500 mini-batches of 100, learning rate 0.1. Each sigmoid layer passes on at
    most a quarter of the gradient, so the first layers hardly move (Glorot 2011).
    """
    activations = references["hw1-activations"]
    relu = Activation(activations.relu, activations.relu_backward)

    def sigmoid(x):
        return 0.5 * (1 + np.tanh(0.5 * x))

    logistic = Activation(sigmoid, lambda x, grad_out: grad_out * sigmoid(x) * (1 - sigmoid(x)))
    seed = rng.integers(2**32)
    return {
        name: train(images, seed, [50] * 8, sgd(0.1), updates=500, activation=activation)
        for name, activation in (("ReLU", relu), ("sigmoid", logistic))
    }


@experiment(better=["momentum", "Adagrad"], than="plain SGD")
def better_steps(references, images, rng):
    """Adagrad and momentum beat plain gradient descent.

    One hidden layer of 64, 600 mini-batches of 100 (on MNIST one epoch): learning rate 0.1 for plain SGD and
    for momentum 0.9, 0.05 for Adagrad (Duchi 2011, Polyak 1964).
    """
    optimizers = references["hw4-optimizers"]
    seed = rng.integers(2**32)
    rules = {
        "momentum": lambda theta, grad, velocity: optimizers.momentum_update(theta, grad, velocity, 0.1),
        "Adagrad": lambda theta, grad, sum_sq: optimizers.adagrad_update(theta, grad, sum_sq, 0.05),
        "plain SGD": sgd(0.1),
    }
    return {name: train(images, seed, [64], rule, updates=600) for name, rule in rules.items()}


def sgd(lr):
    """Plain gradient descent, as a rule that carries a state it does not need."""
    return lambda theta, grad, state: (theta - lr * grad, state)


def train(images, seed, hidden, rule, *, updates, activation=RELU, loss=cross_entropy):
    """Train a network from the start and with the batches that the seed gives."""
    rng = np.random.default_rng(seed)
    network = Network([images.train_pixels.shape[1], *hidden, 10], activation, loss)
    theta = network.start(rng)
    state = np.zeros_like(theta)
    run = Run([0], [accuracy(partial(network.logits, theta), images)])
    for update, (x, labels) in enumerate(shuffled_batches(rng, images, BATCH, updates), start=1):
        theta, state = rule(theta, network.loss_and_gradient(theta, x, labels)[1], state)
        if update % (updates // LOOKS) == 0:
            run.updates.append(update)
            run.accuracies.append(accuracy(partial(network.logits, theta), images))
    return run
