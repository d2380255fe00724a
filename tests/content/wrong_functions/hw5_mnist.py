"""Wrong functions of homework 5, written from the handout, before any of them was measured."""

import numpy as np

from autograder.checks import wrong


@wrong(task="init_params", cause="Xavier: 1 / inputs", true=("factor_two_forgotten",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i in range(len(sizes) - 1):
        W = rng.normal(size=(sizes[i], sizes[i + 1])) * np.sqrt(1 / sizes[i])
        params.append((W, np.zeros(sizes[i + 1])))
    return params


@wrong(
    task="init_params",
    cause="variance in place of standard deviation",
    true=("variance_in_place_of_standard_deviation",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, 2 / a, (a, b)), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="range goes over all sizes: IndexError", true=("index_past_the_end",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i in range(len(sizes)):
        W = rng.normal(size=(sizes[i], sizes[i + 1])) * np.sqrt(2 / sizes[i])
        params.append((W, np.zeros(sizes[i + 1])))
    return params


@wrong(task="init_params", cause="W has shape (outputs, inputs)", true=("weights_transposed",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(b, a)) * np.sqrt(2 / a), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="biases of shape (1, outputs)", true=("biases_as_rows",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(a, b)) * np.sqrt(2 / a), np.zeros((1, b))) for a, b in zip(sizes[:-1], sizes[1:])
    ]


@wrong(task="init_params", cause="rng.random draws only positive weights", true=("only_positive_weights",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.random((a, b)) * np.sqrt(2 / a), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="a dictionary W1, b1, ...", true=("dictionary",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = {}
    for l in range(1, len(sizes)):
        params["W" + str(l)] = rng.normal(size=(sizes[l - 1], sizes[l])) * np.sqrt(2 / sizes[l - 1])
        params["b" + str(l)] = np.zeros(sizes[l])
    return params


@wrong(task="init_params", cause="no seed", true=("parameter_unused", "start_unseeded"))
def init_params(sizes, seed):
    return [(np.random.randn(a, b) * np.sqrt(2 / a), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="He with outputs", true=("outputs_in_place_of_inputs",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(a, b)) * np.sqrt(2 / b), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="biases drawn at random", true=("random_biases",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(a, b)) * np.sqrt(2 / a), rng.normal(size=b) * np.sqrt(2 / a))
        for a, b in zip(sizes[:-1], sizes[1:])
    ]


@wrong(task="forward", cause="relu on the last layer too", true=("relu_after_the_last_layer",))
def forward(params, x):
    h = x
    for W, b in params:
        h = np.maximum(0, h @ W + b)
    return h


@wrong(task="forward", cause="no relu", true=("activation_missing",))
def forward(params, x):
    h = x
    for W, b in params:
        h = h @ W + b
    return h


@wrong(task="forward", cause="bias forgotten on the last layer", true=("last_bias_forgotten",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    return h @ params[-1][0]


@wrong(task="forward", cause="returns logits and cache", true=("value_and_cache", "more_than_one_result"))
def forward(params, x):
    h = x
    hs = [h]
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
        hs.append(h)
    return h @ params[-1][0] + params[-1][1], hs


@wrong(task="forward", cause="skips the last hidden layer", true=("inner_sizes_differ",))
def forward(params, x):
    h = x
    for W, b in params[:-2]:
        h = np.maximum(0, h @ W + b)
    W, b = params[-1]
    return h @ W + b


@wrong(task="forward", cause="softmax at the end", true=("softmax_at_the_end",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    z = h @ params[-1][0] + params[-1][1]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="forward", cause="bias subtracted", true=["near miss: a minus stands wherever a plus belongs"])
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W - b)
    return h @ params[-1][0] - params[-1][1]


@wrong(task="forward", cause="leaky relu")
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        z = h @ W + b
        h = np.where(z > 0, z, 0.01 * z)
    return h @ params[-1][0] + params[-1][1]


@wrong(task="forward", cause="max in place of maximum", true=("python_max",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = max(0, h @ W + b)
    return h @ params[-1][0] + params[-1][1]


@wrong(task="loss_and_gradients", cause="not divided by N", true=("one_over_n_forgotten",))
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
    grads = []
    for i in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="p[labels] -= 1", true=("rows_by_label",))
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
    g[labels] -= 1
    g /= n
    grads = []
    for i in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="gradients in reverse order", true=("last_layer_first",))
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
        grads.append((hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="bias gradient is a mean", true=("bias_gradients_averaged",))
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
        grads.insert(0, (hs[i].T @ g, g.mean(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="no relu derivative", true=("relu_mask_missing",))
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
        g = g @ params[i][0].T
    return loss, grads


@wrong(task="loss_and_gradients", cause="loss summed, gradients right", true=("loss_summed",))
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    n = len(labels)
    loss = -logp[np.arange(n), labels].sum()
    g = np.exp(logp)
    g[np.arange(n), labels] -= 1
    g /= n
    grads = []
    for i in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="sign of the gradients", true=("sign_flipped",))
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    n = len(labels)
    loss = -logp[np.arange(n), labels].mean()
    g = -np.exp(logp)
    g[np.arange(n), labels] += 1
    g /= n
    grads = []
    for i in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[i].T @ g, g.sum(axis=0)))
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="a flat list dW, db, dW, db", true=("grouped_otherwise",))
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
        grads = [hs[i].T @ g, g.sum(axis=0), *grads]
        g = (g @ params[i][0].T) * (hs[i] > 0)
    return loss, grads


@wrong(task="predict", cause="argmax over the batch", true=("argmax_over_the_examples",))
def predict(params, x):
    return np.argmax(forward(params, x), axis=0)


@wrong(
    task="predict",
    cause="softmax probabilities, not labels",
    true=("argmax_not_taken", "probabilities_in_place_of_labels"),
)
def predict(params, x):
    z = forward(params, x)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="predict", cause="the largest value in place of its index", true=("max_in_place_of_argmax",))
def predict(params, x):
    return forward(params, x).max(axis=1)


@wrong(task="predict", cause="labels counted from 1", true=("shifted",))
def predict(params, x):
    return np.argmax(forward(params, x), axis=1) + 1


@wrong(task="predict", cause="one-hot rows", true=("argmax_not_taken", "one_hot_in_place_of_labels"))
def predict(params, x):
    z = forward(params, x)
    return (z == z.max(axis=1, keepdims=True)).astype(int)


@wrong(task="predict", cause="argsort, first of ascending order", true=("argmin_in_place_of_argmax",))
def predict(params, x):
    return np.argsort(forward(params, x), axis=1)[:, 0]


@wrong(
    task="predict",
    cause="forward forgotten: argmax of x",
    true=("near miss: the old `x` is used where the new one belongs", "parameter_unused"),
)
def predict(params, x):
    return np.argmax(x, axis=1)
