"""Softmax, cross-entropy, and the squared error that learns so much more slowly behind a softmax.

A classifier's last layer gives one number per class and example, the logits (N, C). Softmax turns each row
into probabilities p; a loss compares them with the labels (N,), integers from 0 to C - 1. Losses are
means over the batch, so every gradient carries a factor 1/N. A loss ends the network: nothing comes
after it, and its backward takes no upstream gradient.
"""

from __future__ import annotations

import numpy as np


def log_softmax(logits):
    """The logarithms of the softmax probabilities, row by row, exact however large the logits are.

        log p_c = z_c - log sum_j exp(z_j)

    Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions", 2021.
    """
    # A constant added to a row cancels in p. Subtracting the row's maximum leaves exponents of at most 0,
    # so exp cannot overflow, and one term of the sum is exp(0) = 1, so the logarithm never sees 0.
    # Each row needs its own maximum: under another row's, all its terms could round to 0.
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def one_hot(labels, classes):
    """The labels as rows of (N, classes): 1 in the column of the label, 0 elsewhere."""
    return np.eye(classes)[labels]


# --- Softmax ------------------------------------------------------------------------------------


def softmax(logits):
    """Turn each row of logits into probabilities: positive, with sum 1, larger for larger logits.

    logits: (N, C). Returns (N, C).

        p_c = exp(z_c) / sum_j exp(z_j)

    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990.
    """
    return np.exp(log_softmax(logits))


# --- Cross-entropy ------------------------------------------------------------------------------


def cross_entropy(probs, labels):
    """How surprised the probabilities are by the labels, on average.

    probs: (N, C), each row with sum 1; labels: (N,). Returns a float.

        L = -1/N sum_n log p[n, label_n]

    Baum and Wilczek, "Supervised learning of probability distributions by neural networks", 1988.
    """
    p_label = probs[np.arange(len(labels)), labels]  # (N,): from each row the entry of its own label
    # log(0) is minus infinity. A floor at the smallest normal number makes that about 708: finite, and
    # a heavy penalty still. No other probability is touched.
    return -np.mean(np.log(np.maximum(p_label, np.finfo(float).tiny)))


# --- Softmax and cross-entropy in one -----------------------------------------------------------


def softmax_cross_entropy(logits, labels):
    """Cross-entropy straight from the logits.

    logits: (N, C); labels: (N,). Returns a float.

        L = 1/N sum_n (log sum_j exp(z[n, j]) - z[n, label_n])

    Solla, Levin and Fleisher, "Accelerated learning in layered neural networks", 1988.
    """
    # Going by way of p would lose what matters most: a confidently wrong p rounds to 0, and no
    # logarithm brings it back. In log p the large numbers stay what they are.
    return -np.mean(log_softmax(logits)[np.arange(len(labels)), labels])


def softmax_cross_entropy_backward(logits, labels):
    """The gradient of softmax_cross_entropy: probabilities minus truth.

    logits: (N, C); labels: (N,). Returns (N, C).

        dL/dz = (p - onehot) / N

    For a confidently wrong example the entries of p - onehot are close to 1 in size: the worse the
    mistake, the stronger the correction.
    """
    count, classes = logits.shape
    return (np.exp(log_softmax(logits)) - one_hot(labels, classes)) / count


# --- Squared error behind a softmax -------------------------------------------------------------


def softmax_squared_error(logits, labels):
    """The squared distance between probabilities and truth: between 0 and 2, and flat where it is near 2.

    logits: (N, C); labels: (N,). Returns a float.

        L = 1/N sum_n sum_c (p[n, c] - onehot[n, c])^2

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    2010, compare the two losses.
    """
    error = np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])
    return np.sum(error**2) / len(logits)


def softmax_squared_error_backward(logits, labels):
    """The gradient of softmax_squared_error: the chain rule through the softmax.

    logits: (N, C); labels: (N,). Returns (N, C).

        g = dL/dp = 2 (p - onehot) / N
        dL/dz_c = p_c (g_c - sum_j g_j p_j)        from dp_j/dz_c = p_j ((1 if j = c else 0) - p_c)
    """
    count, classes = logits.shape
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, classes)) / count
    # Every probability depends on every logit of its row, through the common denominator: hence the
    # sum. And the factor p in front is why this loss is slow: where softmax saturates, p is 0 or 1, and
    # either p or the bracket vanishes, also when the answer is wrong.
    return p * (g - np.sum(g * p, axis=1, keepdims=True))
