"""A fully connected network that learns to read digits: the whole recipe, in NumPy.

The network's parameters are a list with one pair (W, b) for each layer; a layer computes h @ W + b, where
W is (inputs, outputs) and b is (outputs,). Between layers stands a ReLU, after the last layer nothing: its
outputs are the logits (N, C). Labels are integers (N,) from 0 to C - 1, the loss is a mean over the batch.

What several functions need stands in helpers: `he_layers`, `layer_outputs`, `backpropagate`,
`shuffled_batches`.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

HIDDEN = 64  # units between the pixels and the ten logits
UPDATES = 600  # one epoch of MNIST's 60,000 images; a smaller data set is gone through more often
BATCH_SIZE = 100
LEARNING_RATE = 0.1
MOMENTUM = 0.9


def he_layers(sizes, rng):
    """A pair (W, b) for each layer, W normal with standard deviation sqrt(2 / inputs), b zero."""
    # A unit adds up `inputs` products. With variance 1 / inputs the sum would be as large as one input;
    # the ReLU then sets half of the outputs to 0, and the 2 makes up for that. So signals keep their size
    # from layer to layer, and gradients keep theirs on the way back.
    return [
        (rng.normal(0.0, np.sqrt(2 / inputs), size=(inputs, outputs)), np.zeros(outputs))
        for inputs, outputs in pairwise(sizes)
    ]


def layer_outputs(params, x):
    """What each layer makes of x (N, D): the hidden layers after their ReLU, and last the logits (N, C)."""
    outputs = []
    for layer, (W, b) in enumerate(params):
        x = x @ W + b
        if layer < len(params) - 1:
            x = np.maximum(x, 0)  # not after the last layer: a logit may be negative
        outputs.append(x)
    return outputs


def backpropagate(params, x, labels):
    """The mean cross-entropy and its gradients, by the chain rule from the last layer to the first."""
    *hidden, logits = layer_outputs(params, x)
    rows, count = np.arange(len(labels)), len(labels)

    # log p = z - log sum_j exp(z_j). With each row's maximum subtracted, exp cannot overflow and the
    # logarithm never sees 0: exact however large the logits are.
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -np.mean(log_p[rows, labels])

    grad = np.exp(log_p)  # dL/dlogits = (p - onehot) / N
    grad[rows, labels] -= 1.0
    grad /= count  # once, here: the chain rule carries the 1/N to every layer

    inputs = [x, *hidden]  # what went into each layer
    gradients = []
    for layer in reversed(range(len(params))):
        W, h = params[layer][0], inputs[layer]
        gradients.append((h.T @ grad, grad.sum(axis=0)))  # b reaches every example: its gradients add up
        if layer > 0:  # h came out of a ReLU, which passes back only where it let something through
            grad = (grad @ W.T) * (h > 0)
    return loss, gradients[::-1]


def shuffled_batches(count, rng):
    """The row numbers of one mini-batch after the other, epoch after epoch, without end."""
    while True:
        order = rng.permutation(count)  # a new order in every epoch; rows of x and y stay together
        for start in range(0, count, BATCH_SIZE):
            yield order[start : start + BATCH_SIZE]


def record(loss):
    """Take note of a mini-batch's loss; in the handout, this draws the loss curve."""


# --- A good start -------------------------------------------------------------------------------


def init_params(sizes, seed):
    """Draw the parameters of a network, so that signals keep their size through its layers.

    sizes: numbers of units, such as (784, 64, 10), from the input to the logits; seed: an int.
    Returns a list of (W, b): W (inputs, outputs), b (outputs,).

        W ~ N(0, 2 / inputs), b = 0

    He, Zhang, Ren and Sun, "Delving deep into rectifiers", 2015.
    """
    return he_layers(sizes, np.random.default_rng(seed))


# --- The network --------------------------------------------------------------------------------


def forward(params, x):
    """Send a batch through the network.

    params: list of (W, b); x: (N, D). Returns the logits (N, C).

        h = relu(h @ W + b) for each layer but the last, logits = h @ W + b

    Glorot, Bordes and Bengio, "Deep sparse rectifier neural networks", 2011.
    """
    return layer_outputs(params, x)[-1]


# --- Loss and gradients -------------------------------------------------------------------------


def loss_and_gradients(params, x, labels):
    """The mean cross-entropy of a batch, and its gradient with respect to every parameter.

    params: list of (W, b); x: (N, D); labels: (N,). Returns the loss, a float, and a list of
    (dL/dW, dL/db) in the shapes of params.

        g = (p - onehot) / N at the logits; then, from the last layer to the first,
        dL/dW = h.T @ g, dL/db = sum_n g, g <- (g @ W.T) * (h > 0)        h: what went into the layer

    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", 1986.
    """
    return backpropagate(params, x, labels)


# --- Training -----------------------------------------------------------------------------------


def train(x, y, seed):
    """Train a network with one hidden layer by mini-batches and momentum.

    x: (N, D), 0 to 1; y: (N,), labels from 0 to 9; seed: an int. Returns params, a list of (W, b).

        v <- mu v - lr dL/dW, W <- W + v, for W and b alike

    Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
    """
    rng = np.random.default_rng(seed)  # every random choice below comes from this one generator
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    velocities = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]

    for _, batch in zip(range(UPDATES), shuffled_batches(len(x), rng), strict=False):
        loss, gradients = backpropagate(params, x[batch], y[batch])
        record(loss)
        for (W, b), (v_W, v_b), (grad_W, grad_b) in zip(params, velocities, gradients, strict=True):
            v_W[:] = MOMENTUM * v_W - LEARNING_RATE * grad_W
            v_b[:] = MOMENTUM * v_b - LEARNING_RATE * grad_b
            W += v_W  # in place: these arrays are our own
            b += v_b
    return params


# --- Reading images -----------------------------------------------------------------------------


def predict(params, x):
    """Name the class with the largest logit.

    params: list of (W, b); x: (N, D). Returns labels (N,), integers.

        label_n = argmax_c logits[n, c]

    No softmax is needed: it keeps the order of the logits.
    """
    return layer_outputs(params, x)[-1].argmax(axis=1)
