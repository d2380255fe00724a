"""Wrong functions for homework 5, as students from other tools and other fields would write them."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- init_params


@wrong(
    task="init_params",
    cause="the variance 2/n is given as the standard deviation",
    true=("variance_in_place_of_standard_deviation",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, 2 / i, size=(i, o)), np.zeros(o)) for i, o in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="Xavier/Glorot: 2 / (inputs + outputs)", true=("xavier_in_place_of_he",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        params.append((rng.standard_normal((i, o)) * np.sqrt(2 / (i + o)), np.zeros(o)))
    return params


@wrong(
    task="init_params",
    cause="fan_out: the outputs instead of the inputs",
    true=("outputs_in_place_of_inputs",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for k in range(len(sizes) - 1):
        W = rng.normal(size=(sizes[k], sizes[k + 1]))
        params.append((W * np.sqrt(2 / W.shape[1]), np.zeros(sizes[k + 1])))
    return params


@wrong(
    task="init_params", cause="W is (outputs, inputs) as in PyTorch's nn.Linear", true=("weights_transposed",)
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(scale=np.sqrt(2 / i), size=(o, i)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(
    task="init_params",
    cause="a uniform draw between -sigma and sigma",
    true=("limit_in_place_of_standard_deviation",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        a = (2 / i) ** 0.5
        params.append((rng.uniform(-a, a, (i, o)), np.zeros(o)))
    return params


@wrong(
    task="init_params",
    cause="PyTorch's default: uniform within 1/sqrt(inputs), biases too",
    true=("uniform_within_one_over_root",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        k = 1 / np.sqrt(i)
        params.append((rng.uniform(-k, k, (i, o)), rng.uniform(-k, k, o)))
    return params


@wrong(
    task="init_params",
    cause="a new generator with the same seed in every layer: equal layers are copies",
    true=("generator_made_for_each_layer",),
)
def init_params(sizes, seed):
    params = []
    for i, o in zip(sizes, sizes[1:]):
        rng = np.random.default_rng(seed)
        params.append((rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)))
    return params


@wrong(
    task="init_params",
    cause="MATLAB's rand: numbers between 0 and 1, never negative",
    true=("only_positive_weights",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.random((i, o)) * np.sqrt(2 / i), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="the bias is a row (1, outputs)", true=("biases_as_rows",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros((1, o))) for i, o in zip(sizes, sizes[1:])]


@wrong(
    task="init_params", cause="one row of weights is drawn and broadcast to all inputs", true=("rows_copied",)
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        W = np.zeros((i, o)) + rng.normal(0, np.sqrt(2 / i), size=o)
        params.append((W, np.zeros(o)))
    return params


@wrong(
    task="init_params",
    cause="the number of inputs of the whole network is used in every layer",
    true=("spread_of_the_first_layer",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    std = np.sqrt(2 / sizes[0])
    return [(std * rng.normal(size=(i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="the last layer gets small weights 0.01", true=("last_layer_small",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    W, b = params[-1]
    params[-1] = (rng.normal(0, 0.01, W.shape), b)
    return params


@wrong(task="init_params", cause="the seed is not used", true=("parameter_unused", "start_unseeded"))
def init_params(sizes, seed):
    return [(np.random.randn(i, o) * np.sqrt(2 / i), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(
    task="init_params",
    cause="only the hidden layers: off by one at the end",
    true=("loop_ends_too_early", "last_layer_missing"),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for k in range(1, len(sizes) - 1):
        params.append(
            (rng.normal(0, np.sqrt(2 / sizes[k - 1]), (sizes[k - 1], sizes[k])), np.zeros(sizes[k]))
        )
    return params


@wrong(
    task="init_params", cause="biases start at 0.01 so that no ReLU is dead", true=("biases_of_one_number",)
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.full(o, 0.01)) for i, o in zip(sizes, sizes[1:])]


# ---------------------------------------------------------------- forward


@wrong(task="forward", cause="ReLU after the last layer, too", true=("relu_after_the_last_layer",))
def forward(params, x):
    h = x
    for W, b in params:
        h = np.maximum(0, h @ W + b)
    return h


@wrong(task="forward", cause="no ReLU: the layers collapse", true=("activation_missing",))
def forward(params, x):
    for W, b in params:
        x = x @ W + b
    return x


@wrong(task="forward", cause="softmax at the end: probabilities and not logits", true=("softmax_at_the_end",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    z = h @ params[-1][0] + params[-1][1]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="forward", cause="written for two layers", true=("fewer_entries",))
def forward(params, x):
    W1, b1 = params[0]
    W2, b2 = params[1]
    return np.maximum(x @ W1 + b1, 0) @ W2 + b2


@wrong(task="forward", cause="the bias is added after the ReLU", true=("bias_added_after_the_relu",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W, 0) + b
    W, b = params[-1]
    return h @ W + b


@wrong(
    task="forward",
    cause="ReLU before each layer, so the input is cut off as well",
    true=("relu_on_the_input",),
)
def forward(params, x):
    h = x
    for W, b in params:
        h = np.maximum(h, 0) @ W + b
    return h


@wrong(task="forward", cause="np.max(z, 0) is a maximum over the batch", true=("inner_sizes_differ",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.max(h @ W + b, 0)
    return h @ params[-1][0] + params[-1][1]


@wrong(task="forward", cause="pops the last layer off the caller's list", true=("changed_in_place",))
def forward(params, x):
    W_last, b_last = params.pop()
    for W, b in params:
        x = np.maximum(x @ W + b, 0)
    return x @ W_last + b_last


@wrong(task="forward", cause="squeezes a batch of one to a vector", true=("batch_of_one_squeezed",))
def forward(params, x):
    h = x
    for k, (W, b) in enumerate(params):
        h = h @ W + b
        if k < len(params) - 1:
            h = h * (h > 0)
    return np.squeeze(h)


@wrong(task="forward", cause="the last layer is recognised by its ten outputs")
def forward(params, x):
    h = x
    for W, b in params:
        h = h @ W + b
        if W.shape[1] != 10:
            h = np.maximum(h, 0)
    return h


@wrong(
    task="forward",
    cause="stops one layer too early: the last hidden layer is returned",
    true=("last_layer_left_out",),
)
def forward(params, x):
    h = x
    for i in range(len(params) - 1):
        W, b = params[i]
        h = np.maximum(h @ W + b, 0)
    return h


@wrong(task="forward", cause="sigmoids between the layers", true=("sigmoid_in_place_of_relu",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.exp(-np.logaddexp(0, -(h @ W + b)))
    return h @ params[-1][0] + params[-1][1]


@wrong(
    task="forward",
    cause="W.T as in PyTorch, where weights are (outputs, inputs)",
    true=("inner_sizes_differ",),
)
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W.T + b, 0)
    return h @ params[-1][0].T + params[-1][1]


@wrong(task="forward", cause="all layers' outputs are returned in a list", true=("repair: replace",))
def forward(params, x):
    outs = [x]
    for k, (W, b) in enumerate(params):
        z = outs[-1] @ W + b
        outs.append(z if k == len(params) - 1 else np.maximum(z, 0))
    return outs


@wrong(
    task="forward", cause="the first layer has no ReLU: range starts at 1", true=("first_layer_without_relu",)
)
def forward(params, x):
    W, b = params[0]
    h = x @ W + b
    for k in range(1, len(params) - 1):
        W, b = params[k]
        h = np.maximum(0, h @ W + b)
    if len(params) > 1:
        W, b = params[-1]
        h = h @ W + b
    return h


# ---------------------------------------------------------------- loss_and_gradients


@wrong(
    task="loss_and_gradients",
    cause="the mean is taken again for the biases",
    true=("bias_gradients_averaged",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    m = z.max(axis=1, keepdims=True)
    e = np.exp(z - m)
    rows = np.arange(len(x))
    loss = np.mean(m[:, 0] + np.log(e.sum(axis=1)) - z[rows, labels])
    g = e / e.sum(axis=1, keepdims=True)
    g[rows, labels] -= 1
    g = g / len(x)
    grads = []
    for (W, b), h in zip(params[::-1], hs[::-1]):
        grads.append((h.T @ g, g.mean(axis=0)))
        g = (g @ W.T) * (h > 0)
    return float(loss), grads[::-1]


@wrong(
    task="loss_and_gradients", cause="the gradients are returned last layer first", true=("last_layer_first",)
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    m = z.max(axis=1, keepdims=True)
    e = np.exp(z - m)
    rows = np.arange(len(x))
    loss = np.mean(m[:, 0] + np.log(e.sum(axis=1)) - z[rows, labels])
    g = e / e.sum(axis=1, keepdims=True)
    g[rows, labels] -= 1
    g = g / len(x)
    grads = []
    for (W, b), h in zip(reversed(params), reversed(hs)):
        grads.append((h.T @ g, g.sum(axis=0)))
        g = (g @ W.T) * (h > 0)
    grads.reverse
    return float(loss), grads


@wrong(
    task="loss_and_gradients",
    cause="the ReLU's mask is taken from the gradient",
    true=("mask_from_the_gradient",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1)
    rows = np.arange(len(x))
    loss = np.mean(lse - z[rows, labels])
    g = np.exp(z - lse[:, None])
    g[rows, labels] -= 1
    g /= len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
        g = g @ params[k][0].T
        g = np.where(g > 0, g, 0)
    return float(loss), grads


@wrong(
    task="loss_and_gradients",
    cause="no mask at all: the ReLU is left out on the way back",
    true=("relu_mask_missing",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1)
    rows = np.arange(len(x))
    loss = np.mean(lse - z[rows, labels])
    g = np.exp(z - lse[:, None])
    g[rows, labels] -= 1
    g /= len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
        g = g @ W.T
    return float(loss), grads


@wrong(
    task="loss_and_gradients",
    cause="the gradient is that of the sum, the loss that of the mean",
    true=("one_over_n_forgotten",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1)
    rows = np.arange(len(x))
    loss = np.mean(lse - z[rows, labels])
    g = np.exp(z - lse[:, None]) - np.eye(z.shape[1])[labels]
    grads = [None] * len(params)
    for k in reversed(range(len(params))):
        grads[k] = (hs[k].T @ g, g.sum(axis=0))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return float(loss), grads


@wrong(
    task="loss_and_gradients",
    cause="an epsilon in log(p): the loss is not exact for large logits",
    true=("logarithm_with_epsilon_1e_8",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = -np.sum(t * np.log(p + 1e-8)) / len(x)
    g = (p - t) / len(x)
    grads = [None] * len(params)
    for k in reversed(range(len(params))):
        grads[k] = (hs[k].T @ g, g.sum(axis=0))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return float(loss), grads


@wrong(
    task="loss_and_gradients", cause="one maximum for the whole batch", true=("one_maximum_for_the_batch",)
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max()
    e = np.exp(z)
    s = e.sum(axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = np.mean(np.log(s[:, 0]) - np.sum(t * z, axis=1))
    g = (e / s - t) / len(x)
    grads = [None] * len(params)
    for k in reversed(range(len(params))):
        grads[k] = (hs[k].T @ g, g.sum(axis=0))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return float(loss), grads


@wrong(
    task="loss_and_gradients",
    cause="a mask at the logits: negative logits get no gradient",
    true=("mask_on_the_logits",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    zs = []
    for k, (W, b) in enumerate(params):
        zs.append(hs[-1] @ W + b)
        hs.append(np.maximum(zs[-1], 0))
    z = zs[-1]
    lse = np.logaddexp.reduce(z, axis=1)
    rows = np.arange(len(x))
    loss = np.mean(lse - z[rows, labels])
    g = np.exp(z - lse[:, None])
    g[rows, labels] -= 1
    g /= len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        g = g * (zs[k] > 0)
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        g = g @ params[k][0].T
    return float(loss), grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="the gradient of b keeps its dimension (1, outputs)",
    true=("bias_gradients_as_rows",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = np.mean(np.sum(t * (lse - z), axis=1))
    g = (np.exp(z - lse) - t) / len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0, keepdims=True)))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return float(loss), grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="only the last layer gets gradients, those below stay 0",
    true=("last_layer_only",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = np.mean(np.sum(t * (lse - z), axis=1))
    g = (np.exp(z - lse) - t) / len(x)
    grads = [(hs[-1].T @ g, g.sum(axis=0))]
    for k in range(len(params) - 2, -1, -1):
        grads.insert(0, (np.zeros_like(params[k][0]), np.zeros_like(params[k][1])))
    return float(loss), grads


@wrong(
    task="loss_and_gradients",
    cause="W is updated before it is used to pass the gradient on, and params are changed",
    true=("changed_in_place",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = np.mean(np.sum(t * (lse - z), axis=1))
    g = (np.exp(z - lse) - t) / len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW, db = hs[k].T @ g, g.sum(axis=0)
        W -= 0.1 * dW
        b -= 0.1 * db
        grads.append((dW, db))
        g = (g @ W.T) * (hs[k] > 0)
    return float(loss), grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="the mask is applied only below the last layer: for deeper networks it is missing",
    true=("repair: equality",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = np.mean(np.sum(t * (lse - z), axis=1))
    g = (np.exp(z - lse) - t) / len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        g = g @ params[k][0].T
        if k == len(params) - 1:
            g = g * (hs[k] > 0)
    return float(loss), grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="mean squared error of the softmax, with the gradient of cross-entropy",
    true=("squared_error_for_the_loss",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = p - np.eye(z.shape[1])[labels]
    loss = np.mean(np.sum(g**2, axis=1))
    g = g / len(x)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return float(loss), grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="two flat lists, all dW and all db, in place of pairs",
    true=("grouped_otherwise",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(hs[-1] @ W + b, 0))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    lse = np.logaddexp.reduce(z, axis=1, keepdims=True)
    t = np.eye(z.shape[1])[labels]
    loss = np.mean(np.sum(t * (lse - z), axis=1))
    g = (np.exp(z - lse) - t) / len(x)
    dWs, dbs = [], []
    for k in range(len(params) - 1, -1, -1):
        dWs.insert(0, hs[k].T @ g)
        dbs.insert(0, g.sum(axis=0))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return float(loss), (dWs + dbs)


# ---------------------------------------------------------------- train


@wrong(
    task="train",
    cause="W = W - lr dW in a loop gives a new array to a name: the params stay as drawn",
    true=("never_updates",),
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        for (W, b), (dW, db) in zip(params, gradients(params, x[rows], y[rows])):
            W = W - 0.1 * dW
            b = b - 0.1 * db
    return params


@wrong(task="train", cause="784 inputs are written into the code", true=("inputs_fixed_at_784",))
def train(x, y, seed):
    def grads(W1, b1, W2, b2, xb, yb):
        h = np.maximum(xb @ W1 + b1, 0)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g /= len(yb)
        gh = (g @ W2.T) * (h > 0)
        return xb.T @ gh, gh.sum(0), h.T @ g, g.sum(0)

    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(0, np.sqrt(2 / 784), (784, 64)), np.zeros(64)
    W2, b2 = rng.normal(0, np.sqrt(2 / 64), (64, 10)), np.zeros(10)
    v = [0, 0, 0, 0]
    for update in range(600):
        rows = rng.permutation(len(x))[:100]
        g = grads(W1, b1, W2, b2, x[rows], y[rows])
        v = [0.9 * a - 0.1 * c for a, c in zip(v, g)]
        W1, b1, W2, b2 = W1 + v[0], b1 + v[1], W2 + v[2], b2 + v[3]
    return [(W1, b1), (W2, b2)]


@wrong(
    task="train",
    cause="as many outputs as there are different labels in y (get_dummies)",
    true=["outputs_counted_from_the_labels"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(seed)
    classes, codes = np.unique(y, return_inverse=True)
    sizes = (x.shape[1], 64, len(classes))
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    speed = [(0.0, 0.0)] * 2
    for epoch in range(max(1, -(-60000 // len(x)))):
        order = rng.permutation(len(x))
        for i in range(0, len(x), 100):
            rows = order[i : i + 100]
            g = gradients(params, x[rows], codes[rows])
            speed = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(speed, g)]
            params = [(W + v, b + u) for (W, b), (v, u) in zip(params, speed)]
    return params


@wrong(
    task="train",
    cause="one epoch on whatever there is, with a rate that is far too small",
    true=["learning_rate_far_too_small"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    order = rng.permutation(len(x))
    for i in range(0, len(x), 100):
        rows = order[i : i + 100]
        g = gradients(params, x[rows], y[rows])
        params = [(W - 0.001 * dW, b - 0.001 * db) for (W, b), (dW, db) in zip(params, g)]
    return params


@wrong(
    task="train",
    cause="the velocity starts at 0 again in every batch, so there is no momentum, and the rate is that of Adam",
    true=["learns_too_slowly"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        v = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
        g = gradients(params, x[rows], y[rows])
        v = [(0.9 * vW - 0.001 * dW, 0.9 * vb - 0.001 * db) for (vW, vb), (dW, db) in zip(v, g)]
        params = [(W + vW, b + vb) for (W, b), (vW, vb) in zip(params, v)]
    return params


@wrong(
    task="train",
    cause="x and y are shuffled in place, with one state of the generator for both",
    true=("changed_in_place",),
)
def train(x, y, seed):
    def grads(W1, b1, W2, b2, xb, yb):
        h = np.maximum(xb @ W1 + b1, 0)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g /= len(yb)
        gh = (g @ W2.T) * (h > 0)
        return xb.T @ gh, gh.sum(0), h.T @ g, g.sum(0)

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    W1, b1 = rng.normal(0, np.sqrt(2 / D), (D, 64)), np.zeros(64)
    W2, b2 = rng.normal(0, np.sqrt(2 / 64), (64, 10)), np.zeros(10)
    v = [0, 0, 0, 0]
    for epoch in range(max(1, -(-60000 // len(x)))):
        state = rng.bit_generator.state
        rng.shuffle(x)
        rng.bit_generator.state = state
        rng.shuffle(y)
        for i in range(0, len(x), 100):
            g = grads(W1, b1, W2, b2, x[i : i + 100], y[i : i + 100])
            v = [0.9 * a - 0.1 * c for a, c in zip(v, g)]
            W1, b1, W2, b2 = W1 + v[0], b1 + v[1], W2 + v[2], b2 + v[3]
    return [(W1, b1), (W2, b2)]


@wrong(
    task="train",
    cause="images are standardised for training, and the params returned expect standardised images",
    true=["images_standardised"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    mean, std = x.mean(axis=0), x.std(axis=0, ddof=1) + 0.1
    x = (x - mean) / std
    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    v = [(0.0, 0.0)] * 2
    for epoch in range(max(1, -(-60000 // len(x)))):
        order = rng.permutation(len(x))
        for i in range(0, len(x), 100):
            rows = order[i : i + 100]
            g = gradients(params, x[rows], y[rows])
            v = [(0.9 * a - 0.05 * dW, 0.9 * c - 0.05 * db) for (a, c), (dW, db) in zip(v, g)]
            params = [(W + a, b + c) for (W, b), (a, c) in zip(params, v)]
    return params


@wrong(task="train", cause="the last fifth is kept for validation and never trained on")
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    n = int(0.8 * len(x))
    x_train, y_train = x[:n], y[:n]
    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    v = [(0.0, 0.0)] * 2
    for epoch in range(max(1, -(-60000 // n))):
        order = rng.permutation(n)
        for i in range(0, n, 100):
            rows = order[i : i + 100]
            g = gradients(params, x_train[rows], y_train[rows])
            v = [(0.9 * a - 0.1 * dW, 0.9 * c - 0.1 * db) for (a, c), (dW, db) in zip(v, g)]
            params = [(W + a, b + c) for (W, b), (a, c) in zip(params, v)]
    return params


@wrong(
    task="train",
    cause="the same shuffle for all seeds: the generator gets a number of its own",
    true=("parameter_unused", "train_ignores_its_seed"),
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(42)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    v = [(0.0, 0.0)] * 2
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        g = gradients(params, x[rows], y[rows])
        v = [(0.9 * a - 0.1 * dW, 0.9 * c - 0.1 * db) for (a, c), (dW, db) in zip(v, g)]
        params = [(W + a, b + c) for (W, b), (a, c) in zip(params, v)]
    return params


@wrong(
    task="train",
    cause="the weights come from the seed, the batches from np.random without one",
    true=["train_order_unseeded"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    v = [(0.0, 0.0)] * 2
    for epoch in range(max(1, -(-60000 // len(x)))):
        order = np.random.permutation(len(x))
        for i in range(0, len(x), 100):
            rows = order[i : i + 100]
            g = gradients(params, x[rows], y[rows])
            v = [(0.9 * a - 0.1 * dW, 0.9 * c - 0.1 * db) for (a, c), (dW, db) in zip(v, g)]
            params = [(W + a, b + c) for (W, b), (a, c) in zip(params, v)]
    return params


@wrong(
    task="train", cause="all weights start at 0, so the hidden units never learn", true=["starts_with_zeros"]
)
def train(x, y, seed):
    def grads(W1, b1, W2, b2, xb, yb):
        h = np.maximum(xb @ W1 + b1, 0)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g /= len(yb)
        gh = (g @ W2.T) * (h > 0)
        return xb.T @ gh, gh.sum(0), h.T @ g, g.sum(0)

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    W1, b1, W2, b2 = np.zeros((D, 64)), np.zeros(64), np.zeros((64, 10)), np.zeros(10)
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        dW1, db1, dW2, db2 = grads(W1, b1, W2, b2, x[rows], y[rows])
        W1, b1, W2, b2 = W1 - 0.1 * dW1, b1 - 0.1 * db1, W2 - 0.1 * dW2, b2 - 0.1 * db2
    return [(W1, b1), (W2, b2)]


@wrong(task="train", cause="the pixels are divided by 255 once more", true=["learning_rate_far_too_small"])
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    x = x / 255
    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        g = gradients(params, x[rows], y[rows])
        params = [(W - 0.1 * dW, b - 0.1 * db) for (W, b), (dW, db) in zip(params, g)]
    return params


@wrong(
    task="train",
    cause="params and the list of losses are returned together",
    true=["losses_returned_as_well"],
)
def train(x, y, seed):
    def grads(W1, b1, W2, b2, xb, yb):
        h = np.maximum(xb @ W1 + b1, 0)
        z = h @ W2 + b2
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g /= len(yb)
        gh = (g @ W2.T) * (h > 0)
        return xb.T @ gh, gh.sum(0), h.T @ g, g.sum(0)

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    W1, b1 = rng.normal(0, np.sqrt(2 / D), (D, 64)), np.zeros(64)
    W2, b2 = rng.normal(0, np.sqrt(2 / 64), (64, 10)), np.zeros(10)
    history = []
    v = [0, 0, 0, 0]
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        g = grads(W1, b1, W2, b2, x[rows], y[rows])
        history.append(float(np.abs(g[3]).sum()))
        v = [0.9 * a - 0.1 * c for a, c in zip(v, g)]
        W1, b1, W2, b2 = W1 + v[0], b1 + v[1], W2 + v[2], b2 + v[3]
    return [(W1, b1), (W2, b2)], history


@wrong(
    task="train",
    cause="the minus of v is lost: training climbs the loss, slowly enough not to overflow",
    true=["goes_uphill"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    v = [0.0, 0.0]
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        g = gradients(params, x[rows], y[rows])
        v = [0.9 * a + 0.01 * dW for a, (dW, db) in zip(v, g)]
        params = [(W + a, b + 0.01 * db) for (W, b), a, (dW, db) in zip(params, v, g)]
    return params


@wrong(
    task="train",
    cause="only the first 1000 images are used, to save time",
    true=["first_thousand_images_only"],
)
def train(x, y, seed):
    def gradients(params, xb, yb):
        hs = [xb]
        for W, b in params[:-1]:
            hs.append(np.maximum(hs[-1] @ W + b, 0))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(yb)), yb] -= 1
        g = g / len(yb)
        grads = []
        for (W, b), h in zip(params[::-1], hs[::-1]):
            grads.insert(0, (h.T @ g, g.sum(axis=0)))
            g = (g @ W.T) * (h > 0)
        return grads

    x, y = x[:1000], y[:1000]
    rng = np.random.default_rng(seed)
    sizes = (x.shape[1], 64, 10)
    params = [(rng.normal(0, np.sqrt(2 / i), (i, o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]
    v = [(0.0, 0.0)] * 2
    for update in range(600):
        rows = rng.choice(len(x), size=min(100, len(x)), replace=False)
        g = gradients(params, x[rows], y[rows])
        v = [(0.9 * a - 0.1 * dW, 0.9 * c - 0.1 * db) for (a, c), (dW, db) in zip(v, g)]
        params = [(W + a, b + c) for (W, b), (a, c) in zip(params, v)]
    return params


@wrong(
    task="train",
    cause="labels are taken to count from 1, so every answer is one too low",
    true=["labels_counted_from_one"],
)
def train(x, y, seed):
    rng = np.random.default_rng(seed)
    D = x.shape[1]
    t = np.roll(np.eye(10), -1, axis=1)[y]
    W1, b1 = rng.normal(0, np.sqrt(2 / D), (D, 64)), np.zeros(64)
    W2, b2 = rng.normal(0, np.sqrt(2 / 64), (64, 10)), np.zeros(10)
    for epoch in range(max(1, -(-60000 // len(x)))):
        order = rng.permutation(len(x))
        for i in range(0, len(x), 100):
            rows = order[i : i + 100]
            h = np.maximum(x[rows] @ W1 + b1, 0)
            z = h @ W2 + b2
            p = np.exp(z - z.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            g = (p - t[rows]) / len(rows)
            gh = (g @ W2.T) * (h > 0)
            W1, b1 = W1 - 0.1 * x[rows].T @ gh, b1 - 0.1 * gh.sum(axis=0)
            W2, b2 = W2 - 0.1 * h.T @ g, b2 - 0.1 * g.sum(axis=0)
    return [(W1, b1), (W2, b2)]


@wrong(
    task="train",
    cause="drop_last: the images left over in each epoch are lost, and the order is shuffled only once",
)
def train(x, y, seed):
    rng = np.random.default_rng(seed)
    D = x.shape[1]
    order = rng.permutation(len(x))[: len(x) // 128 * 128].reshape(-1, 128)
    W1, b1 = rng.normal(0, np.sqrt(2 / D), (D, 64)), np.zeros(64)
    W2, b2 = rng.normal(0, np.sqrt(2 / 64), (64, 10)), np.zeros(10)
    v = [0.0] * 4
    for epoch in range(max(1, -(-60000 // len(x)))):
        for rows in order:
            h = np.maximum(x[rows] @ W1 + b1, 0)
            z = h @ W2 + b2
            g = np.exp(z - z.max(axis=1, keepdims=True))
            g /= g.sum(axis=1, keepdims=True)
            g = (g - np.eye(10)[y[rows]]) / len(rows)
            gh = (g @ W2.T) * (h > 0)
            slopes = [x[rows].T @ gh, gh.sum(axis=0), h.T @ g, g.sum(axis=0)]
            v = [0.9 * a - 0.1 * d for a, d in zip(v, slopes)]
            W1, b1, W2, b2 = W1 + v[0], b1 + v[1], W2 + v[2], b2 + v[3]
    return [(W1, b1), (W2, b2)]


# ---------------------------------------------------------------- predict


@wrong(task="predict", cause="MATLAB's [~, i] = max: labels counted from 1", true=("repair: drop_plus",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return np.argmax(h @ params[-1][0] + params[-1][1], axis=1) + 1


@wrong(task="predict", cause="the largest logit itself, not its class", true=("max_in_place_of_argmax",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return np.max(h @ params[-1][0] + params[-1][1], axis=1)


@wrong(
    task="predict",
    cause="argmax down the columns: the best image of each class",
    true=("argmax_over_the_examples",),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return np.argmax(h @ params[-1][0] + params[-1][1], axis=0)


@wrong(
    task="predict", cause="argmax without an axis: one number for the batch", true=("argmax_without_an_axis",)
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return (h @ params[-1][0] + params[-1][1]).argmax()


@wrong(
    task="predict", cause="one-hot rows are returned", true=("argmax_not_taken", "one_hot_in_place_of_labels")
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    z = h @ params[-1][0] + params[-1][1]
    return (z == z.max(axis=1, keepdims=True)).astype(int)


@wrong(
    task="predict",
    cause="a ReLU on the logits: where all are negative, class 0 wins",
    true=("predict_with_a_relu_after_the_last_layer",),
)
def predict(params, x):
    h = x
    for W, b in params:
        h = np.maximum(h @ W + b, 0)
    return h.argmax(axis=1)


@wrong(task="predict", cause="a column (N, 1)", true=("repair: no_keepdims",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return np.argmax(h @ params[-1][0] + params[-1][1], axis=1, keepdims=True)


@wrong(
    task="predict", cause="looks for a probability above 1/2, so unsure images get no answer and are missing"
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    z = h @ params[-1][0] + params[-1][1]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.where(p > 0.5)[1]


@wrong(
    task="predict", cause="sorts the wrong way round: the smallest logit", true=("argmin_in_place_of_argmax",)
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    order = np.argsort(h @ params[-1][0] + params[-1][1], axis=1)
    return order[:, 0]


@wrong(task="predict", cause="the largest in absolute value", true=["largest_size_in_place_of_largest"])
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return np.abs(h @ params[-1][0] + params[-1][1]).argmax(axis=1)


@wrong(
    task="predict", cause="labels as floats, filled into an array of np.zeros", true=("one_label_squeezed",)
)
def predict(params, x):
    labels = np.zeros(len(x))
    for n in range(len(x)):
        h = x[n]
        for W, b in params[:-1]:
            h = np.maximum(h @ W + b, 0)
        labels[n] = np.argmax(h @ params[-1][0] + params[-1][1]) + 0.5 - 0.5
    return labels / 1.0 if len(x) > 1 else labels[0]


@wrong(task="predict", cause="squeeze: a batch of one gives a bare number", true=("one_label_squeezed",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(h @ W + b, 0)
    return np.argmax(h @ params[-1][0] + params[-1][1], axis=1).squeeze()
