"""A second list of wrong functions of homework 5, written after the feedback was tuned with the first."""

import numpy as np

from autograder.checks import wrong


@wrong(task="init_params", cause="standard deviation 0.01", true=("standard_deviation_one_hundredth",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(0.01 * rng.standard_normal((a, b)), np.zeros(b)) for a, b in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="zeros everywhere", true=("all_zeros",))
def init_params(sizes, seed):
    return [(np.zeros((a, b)), np.zeros(b)) for a, b in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="biases are ones", true=("biases_of_one_number",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, np.sqrt(2 / a), (a, b)), np.ones(b)) for a, b in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="legacy generator, Xavier", true=("factor_two_forgotten",))
def init_params(sizes, seed):
    np.random.seed(seed)
    return [(np.random.randn(a, b) / np.sqrt(a), np.zeros(b)) for a, b in zip(sizes, sizes[1:])]


@wrong(task="forward", cause="sigmoid between the layers", true=("sigmoid_in_place_of_relu",))
def forward(params, x):
    for W, b in params[:-1]:
        x = 1 / (1 + np.exp(-(x @ W + b)))
    W, b = params[-1]
    return x @ W + b


@wrong(task="forward", cause="no bias anywhere", true=("biases_forgotten",))
def forward(params, x):
    for W, _ in params[:-1]:
        x = np.maximum(0, x @ W)
    return x @ params[-1][0]


@wrong(task="forward", cause="W transposed", true=("inner_sizes_differ",))
def forward(params, x):
    for W, b in params[:-1]:
        x = np.maximum(0, W.T @ x + b)
    return params[-1][0].T @ x + params[-1][1]


@wrong(task="loss_and_gradients", cause="mask h >= 0", true=("relu_mask_missing",))
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    n = len(labels)
    loss = -logp[np.arange(n), labels].mean()
    g = np.exp(logp)
    g[np.arange(n), labels] -= 1
    g /= n
    grads = []
    for i in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] >= 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="bias gradient keeps an axis", true=("bias_gradients_as_rows",))
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    n = len(labels)
    loss = -logp[np.arange(n), labels].mean()
    g = np.exp(logp)
    g[np.arange(n), labels] -= 1
    g /= n
    grads = []
    for i in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0, keepdims=True)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(
    task="loss_and_gradients",
    cause="the loop stops before the first layer",
    true=("loop_leaves_out_the_first",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    n = len(labels)
    loss = -logp[np.arange(n), labels].mean()
    g = np.exp(logp)
    g[np.arange(n), labels] -= 1
    g /= n
    grads = []
    for i in range(len(params) - 1, 0, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="predict", cause="float labels of the largest value, axis 0")
def predict(params, x):
    return forward(params, x).max(axis=0)


@wrong(task="predict", cause="argmax without an axis", true=("argmax_without_an_axis",))
def predict(params, x):
    return np.argmax(forward(params, x))
