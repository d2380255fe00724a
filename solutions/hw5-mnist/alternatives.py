"""Right answers of homework 5 in other styles; each keeps full marks.

They differ in what the assignment leaves open: uniform weights, other generators, lists and tuples, loops,
recursion, other mixes of the recipe's tools.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from reference import backpropagate, he_layers, layer_outputs

from autograder.checks import alternative

# --- A good start -------------------------------------------------------------------------------


@alternative(function="init_params")
def uniform_weights(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i in range(len(sizes) - 1):
        limit = np.sqrt(6 / sizes[i])
        W = rng.uniform(-limit, limit, size=(sizes[i], sizes[i + 1]))
        params.append([W, np.zeros(sizes[i + 1])])
    return params


@alternative(function="init_params")
def global_generator(sizes, seed):
    np.random.seed(seed)
    return tuple((np.random.randn(i, o) * (2 / i) ** 0.5, np.zeros((o,))) for i, o in pairwise(sizes))


@alternative(function="init_params")
def a_generator_for_each_layer(sizes, seed):
    print("sizes", sizes)
    return [
        (
            np.random.RandomState(seed + 1000 * layer).normal(size=(i, o)) / np.sqrt(i / 2),
            np.array([0.0] * o),
        )
        for layer, (i, o) in enumerate(pairwise(sizes))
    ]


@alternative(function="init_params")
def numbers_drawn_one_by_one(sizes, seed):
    import random

    source = random.Random(seed)
    params = []
    for inputs, outputs in pairwise(sizes):
        W = np.array([[source.gauss(0, (2 / inputs) ** 0.5) for _ in range(outputs)] for _ in range(inputs)])
        params.append((W, np.zeros(outputs)))
    return params


# --- The network --------------------------------------------------------------------------------


@alternative(function="forward")
def forward_by_recursion(params, x):
    (W, b), *rest = params
    z = np.dot(x, W) + b

    def go_on(h, layers):
        if not layers:
            return h
        return go_on(np.where(h > 0, h, 0) @ layers[0][0] + layers[0][1], layers[1:])

    return go_on(z, rest)


@alternative(function="forward")
def forward_with_the_bias_as_a_weight(params, x):
    h = x
    for layer, (W, b) in enumerate(params):
        if layer:
            h = h * (h >= 0)
        h = np.column_stack([h, np.ones(len(h))]) @ np.vstack([W, b])
    return h


@alternative(function="forward")
def forward_in_loops(params, x):
    rows = []
    for row in x.tolist():
        for layer, (W, b) in enumerate(params):
            row = [sum(r * w for r, w in zip(row, W[:, j], strict=True)) + b[j] for j in range(len(b))]
            if layer + 1 < len(params):
                row = [max(0.0, value) for value in row]
        rows.append(row)
    return np.array(rows)


# --- Loss and gradients -------------------------------------------------------------------------


@alternative(function="loss_and_gradients")
def gradients_in_place_of_a_copy(params, x, labels):
    gradients = [[np.empty_like(W), np.empty_like(b)] for W, b in params]
    h, before = [x], []
    for W, b in params:
        before.append(h[-1] @ W + b)
        h.append(np.maximum(before[-1], 0))
    z = before[-1]
    m = z.max(axis=1)
    logsumexp = m + np.log(np.exp(z - m[:, None]).sum(axis=1))
    targets = np.zeros_like(z)
    targets[np.arange(len(z)), labels] = 1
    loss = (logsumexp - (z * targets).sum(axis=1)).mean()
    delta = (np.exp(z - logsumexp[:, None]) - targets) / len(z)
    for layer in range(len(params) - 1, -1, -1):
        gradients[layer][0][...] = h[layer].T @ delta
        gradients[layer][1][...] = delta.sum(axis=0)
        if layer:
            delta = delta @ params[layer][0].T
            delta[before[layer - 1] < 0] = 0  # at the kink the slope is 1
    return [np.array(loss), gradients]


@alternative(function="loss_and_gradients")
def one_example_at_a_time(params, x, labels):
    total, sums = 0.0, [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    for n in range(len(x)):
        h, z = [x[n]], []
        for W, b in params:
            z.append(h[-1] @ W + b)
            h.append(np.maximum(z[-1], 0))
        p = np.exp(z[-1] - z[-1].max())
        total += np.log(p.sum()) - (z[-1][labels[n]] - z[-1].max())
        delta = p / p.sum()
        delta[labels[n]] -= 1
        for layer in reversed(range(len(params))):
            sums[layer][0][...] += np.outer(h[layer], delta) / len(x)
            sums[layer][1][...] += delta / len(x)
            if layer:
                delta = (params[layer][0] @ delta) * np.heaviside(z[layer - 1], 0.5)
    return float(total / len(x)), sums


@alternative(function="loss_and_gradients")
def by_recursion(params, x, labels):
    import warnings

    warnings.warn("going down", stacklevel=1)

    def below(h, layers):
        W, b = layers[0]
        z = h @ W + b
        if len(layers) == 1:
            log_p = z - np.logaddexp.reduce(z, axis=1)[:, None]
            g = (np.exp(log_p) - np.eye(z.shape[1])[labels]) / len(z)
            loss, rest = -log_p[range(len(z)), labels].sum() / len(z), ()
        else:
            loss, g, rest = below(np.maximum(z, 0), layers[1:])
            g = g * (z > 0)
        return loss, g @ W.T, (((h.T @ g), np.ones(len(h)) @ g), *rest)

    loss, _, gradients = below(x, params)
    return loss, gradients


# --- Training -----------------------------------------------------------------------------------


@alternative(function="train")
def train_with_adam(x, y, seed):
    rng = np.random.default_rng(seed)
    params = [list(pair) for pair in he_layers((x.shape[1], 64, 10), rng)]
    m = [[np.zeros_like(one) for one in pair] for pair in params]
    v = [[np.zeros_like(one) for one in pair] for pair in params]
    for t in range(1, 601):
        batch = rng.integers(len(x), size=100)  # drawn with replacement
        _, gradients = backpropagate(params, x[batch], y[batch])
        for layer in range(len(params)):
            for k in (0, 1):
                g = gradients[layer][k]
                m[layer][k] = 0.9 * m[layer][k] + 0.1 * g
                v[layer][k] = 0.999 * v[layer][k] + 0.001 * g**2
                step = (m[layer][k] / (1 - 0.9**t)) / (np.sqrt(v[layer][k] / (1 - 0.999**t)) + 1e-8)
                params[layer][k] = params[layer][k] - 0.01 * (1 - t / 601) * step
    return params


@alternative(function="train")
def train_with_two_hidden_layers(x, y, seed):
    rng = np.random.default_rng(seed)
    params = tuple(he_layers((x.shape[1], 80, 40, 10), rng))
    velocities = [[0.0, 0.0] for _ in params]
    for t in range(700):
        batch = rng.choice(len(x), size=min(100, len(x)), replace=False)
        _, gradients = backpropagate(params, x[batch], y[batch])
        for layer, (pair, gradient) in enumerate(zip(params, gradients, strict=True)):
            for k in (0, 1):
                velocities[layer][k] = 0.9 * velocities[layer][k] - 0.1 * (1 - t / 700) * gradient[k]
                pair[k][...] += velocities[layer][k]
    return params


@alternative(function="train")
def train_with_adagrad(x, y, seed):
    np.random.seed(seed)
    d = x.shape[1]
    W1, b1 = np.random.randn(d, 100) * np.sqrt(2 / d), np.zeros(100)
    W2, b2 = np.random.randn(100, 10) * np.sqrt(2 / 100), np.zeros(10)
    sums = [np.zeros_like(one) for one in (W1, b1, W2, b2)]
    updates = 0
    while updates < 1000:
        order = np.random.permutation(len(x))
        for start in range(0, len(x), 64):
            batch = order[start : start + 64]
            _, ((g1, c1), (g2, c2)) = backpropagate([(W1, b1), (W2, b2)], x[batch], y[batch])
            for theta, g, total in zip((W1, b1, W2, b2), (g1, c1, g2, c2), sums, strict=True):
                total += g**2
                theta -= 0.05 * g / (np.sqrt(total) + 1e-8)
            updates += 1
    return [(W1, b1), (W2, b2)]


# --- Reading images -----------------------------------------------------------------------------


@alternative(function="predict")
def predict_in_a_loop(params, x):
    labels = []
    for row in layer_outputs(params, x)[-1].tolist():
        best = 0
        for c in range(len(row)):
            if row[c] > row[best]:
                best = c
        labels.append(best)
    return labels


@alternative(function="predict")
def predict_by_sorting(params, x):
    logits = layer_outputs(params, x)[-1]
    return np.argsort(logits, axis=-1)[:, -1]


@alternative(function="predict")
def predict_from_probabilities(params, x):
    logits = layer_outputs(params, x)[-1]
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.argmax(exps / exps.sum(axis=1, keepdims=True), axis=1).astype(np.int32)
