"""What lecture 15 claims about training, tried with the reference solutions.

Every run is a plain network from `autograder.checks` with one piece replaced by a reference: the loss, the
activation, or the update rule. All methods of an experiment start from the same weights, see the same
mini-batches and try the same learning rates, so only that piece differs.
"""

from __future__ import annotations

from dataclasses import replace
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
    learning_curve,
    shuffled_batches,
)

BATCH = 100
LOOKS = 20  # times that a run's accuracy on new images is measured
RATES = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]


@experiment(better=["cross-entropy"], than="squared error", rates=RATES)
def proper_loss(references, images, rng):
    """Does cross-entropy beat squared error?

    One hidden layer of 64, 100 mini-batches of 100, plain gradient descent. Behind a softmax the squared
    error is flat where the network is confidently wrong (Glorot 2010).
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
        name: lambda rate, loss=loss: train(images, seed, [64], sgd(rate), updates=100, loss=loss)
        for name, loss in (("cross-entropy", softmax_cross_entropy), ("squared error", squared_error))
    }


@experiment(better=["ReLU"], than="sigmoid", rates=RATES)
def new_activation(references, images, rng):
    """Does ReLU train eight layers where sigmoid does not?

    Eight hidden layers of 50, 500 mini-batches of 100. Each sigmoid layer passes on at most a quarter of the
    gradient, so the first layers hardly move (Glorot 2011).
    """
    activations = references["hw1-activations"]
    relu = Activation(activations.relu, activations.relu_backward)

    def sigmoid(x):
        return 0.5 * (1 + np.tanh(0.5 * x))

    logistic = Activation(sigmoid, lambda x, grad_out: grad_out * sigmoid(x) * (1 - sigmoid(x)))
    seed = rng.integers(2**32)
    return {
        name: lambda rate, activation=activation: train(
            images, seed, [50] * 8, sgd(rate), updates=500, activation=activation
        )
        for name, activation in (("ReLU", relu), ("sigmoid", logistic))
    }


@experiment(better=["momentum", "Adagrad"], than="plain SGD", rates=RATES)
def better_steps(references, images, rng):
    """Do Adagrad and momentum beat plain gradient descent?

    One hidden layer of 64, 600 mini-batches of 100; momentum is 0.9 (Duchi 2011, Polyak 1964).
    """
    optimizers = references["hw4-optimizers"]
    seed = rng.integers(2**32)
    rules = {
        "momentum": lambda rate: (
            lambda theta, grad, velocity: optimizers.momentum_update(theta, grad, velocity, rate)
        ),
        "Adagrad": lambda rate: (
            lambda theta, grad, sum_sq: optimizers.adagrad_update(theta, grad, sum_sq, rate)
        ),
        "plain SGD": sgd,
    }
    return {
        name: lambda rate, rule=rule: train(images, seed, [64], rule(rate), updates=600)
        for name, rule in rules.items()
    }


@learning_curve
def overfitting(references, images, rng):
    """Overfitting: better and better on what it has seen.

    One hidden layer of 128 and only 300 training images, 60 epochs of mini-batches of 50 with momentum 0.9
    and learning rate 0.1. Good on training data, but not as good on other data. After the dotted line the
    loss there rises again.
    """
    few = replace(images, train_pixels=images.train_pixels[:300], train_y=images.train_y[:300])
    momentum = references["hw4-optimizers"].momentum_update
    return train(
        few,
        rng.integers(2**32),
        [128],
        lambda theta, grad, velocity: momentum(theta, grad, velocity, 0.1),
        updates=360,
        batch=50,
        losses=True,
    )


def sgd(lr):
    """Plain gradient descent, as a rule that carries a state it does not need."""
    return lambda theta, grad, state: (theta - lr * grad, state)


def train(
    images, seed, hidden, rule, *, updates, activation=RELU, loss=cross_entropy, batch=BATCH, losses=False
):
    """Train a network from the start and with the batches that the seed gives.

    The accuracy on training images is measured at the end; with `losses` it is measured at every look, and
    so are both losses.
    """
    rng = np.random.default_rng(seed)
    network = Network([images.train_pixels.shape[1], *hidden, 10], activation, loss)
    theta = network.start(rng)
    state = np.zeros_like(theta)
    count = len(images.test_y)
    seen = replace(images, test_pixels=images.train_pixels[:count], test_y=images.train_y[:count])
    run = Run([], [])

    def look(update):
        predict = partial(network.logits, theta)
        run.updates.append(update)
        run.accuracies.append(accuracy(predict, images))
        if losses or update == updates:
            run.training_accuracies.append(accuracy(predict, seen))
        if losses:
            run.losses.append(loss(predict(images.test_x), images.test_y)[0])
            run.training_losses.append(loss(predict(seen.test_x), seen.test_y)[0])

    look(0)
    for update, (x, labels) in enumerate(shuffled_batches(rng, images, batch, updates), start=1):
        theta, state = rule(theta, network.loss_and_gradient(theta, x, labels)[1], state)
        if update % (updates // LOOKS) == 0:
            look(update)
    return run
