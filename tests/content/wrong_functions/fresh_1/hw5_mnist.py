"""Wrong functions for homework 5, as students would write them; made from the handout alone."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- init_params


@wrong(
    task="init_params",
    cause="variance taken for the standard deviation: root forgotten",
    true=("variance_in_place_of_standard_deviation",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i in range(len(sizes) - 1):
        W = rng.normal(0, 2 / sizes[i], size=(sizes[i], sizes[i + 1]))
        params.append((W, np.zeros(sizes[i + 1])))
    return params


@wrong(
    task="init_params",
    cause="uniform between -a and a with a = sqrt(2 / inputs)",
    true=("limit_in_place_of_standard_deviation",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        a = np.sqrt(2 / n_in)
        params.append((rng.uniform(-a, a, size=(n_in, n_out)), np.zeros(n_out)))
    return params


@wrong(
    task="init_params",
    cause="divides by the outputs instead of the inputs",
    true=("outputs_in_place_of_inputs",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(i, o)) * np.sqrt(2 / o), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(
    task="init_params",
    cause="Glorot's formula: sqrt(2 / (inputs + outputs))",
    true=("xavier_in_place_of_he",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(i, o)) * np.sqrt(2 / (i + o)), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(
    task="init_params",
    cause="sqrt(1 / inputs), without the factor 2 for ReLU",
    true=("factor_two_forgotten",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal((i, o)) / np.sqrt(i), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="biases of shape (1, outputs)", true=("biases_as_rows",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        params.append((rng.normal(scale=np.sqrt(2 / i), size=(i, o)), np.zeros((1, o))))
    return params


@wrong(task="init_params", cause="biases random, too", true=("random_biases",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        s = np.sqrt(2 / i)
        params.append((rng.normal(0, s, (i, o)), rng.normal(0, s, o)))
    return params


@wrong(
    task="init_params",
    cause="a new generator with the same seed in each layer: layers of one size are copies",
    true=("generator_made_for_each_layer",),
)
def init_params(sizes, seed):
    params = []
    for i, o in zip(sizes, sizes[1:]):
        rng = np.random.default_rng(seed)
        params.append((rng.normal(scale=np.sqrt(2 / i), size=(i, o)), np.zeros(o)))
    return params


@wrong(task="init_params", cause="seed ignored", true=("parameter_unused", "start_unseeded"))
def init_params(sizes, seed):
    params = []
    for i, o in zip(sizes, sizes[1:]):
        params.append((np.random.randn(i, o) * np.sqrt(2 / i), np.zeros(o)))
    return params


@wrong(task="init_params", cause="W transposed: (outputs, inputs)", true=("weights_transposed",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        W = rng.normal(size=(o, i)) * np.sqrt(2 / i)
        params.append((W, np.zeros(o)))
    return params


@wrong(task="init_params", cause="last layer with small weights of 0.01", true=("last_layer_small",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    L = len(sizes) - 1
    for k in range(L):
        std = np.sqrt(2 / sizes[k]) if k < L - 1 else 0.01
        params.append((std * rng.normal(size=(sizes[k], sizes[k + 1])), np.zeros(sizes[k + 1])))
    return params


@wrong(
    task="init_params",
    cause="rng.random is between 0 and 1: no negative weights",
    true=("only_positive_weights",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.random((i, o)) * np.sqrt(2 / i), np.zeros(o)) for i, o in zip(sizes, sizes[1:])]


@wrong(task="init_params", cause="one column drawn and repeated for all units", true=("columns_copied",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for i, o in zip(sizes, sizes[1:]):
        column = rng.normal(scale=np.sqrt(2 / i), size=(i, 1))
        params.append((np.tile(column, (1, o)), np.zeros(o)))
    return params


@wrong(task="init_params", cause="range(len(sizes) - 2): last layer is missing", true=("last_layer_missing",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for k in range(len(sizes) - 2):
        params.append(
            (rng.normal(size=(sizes[k], sizes[k + 1])) * np.sqrt(2 / sizes[k]), np.zeros(sizes[k + 1]))
        )
    return params


@wrong(
    task="init_params",
    cause="standard deviation of the first layer used for all layers",
    true=("spread_of_the_first_layer",),
)
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    sigma = np.sqrt(2 / sizes[0])
    return [(rng.normal(0, sigma, (a, b)), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="integer division 2 // inputs is 0: all weights 0", true=("all_zeros",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(a, b)) * np.sqrt(2 // a), np.zeros(b)) for a, b in zip(sizes[:-1], sizes[1:])]


@wrong(task="init_params", cause="one flat list W1, b1, W2, b2 instead of pairs", true=("flat_list",))
def init_params(sizes, seed):
    rng = np.random.default_rng(seed)
    params = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        params += [rng.normal(size=(a, b)) * np.sqrt(2 / a), np.zeros(b)]
    return params


# ---------------------------------------------------------------- forward


@wrong(task="forward", cause="ReLU after the last layer, too", true=("relu_after_the_last_layer",))
def forward(params, x):
    h = x
    for W, b in params:
        h = np.maximum(0, h @ W + b)
    return h


@wrong(task="forward", cause="no ReLU at all", true=("activation_missing",))
def forward(params, x):
    h = x
    for W, b in params:
        h = h @ W + b
    return h


@wrong(task="forward", cause="written for exactly two layers", true=("another_number_to_unpack",))
def forward(params, x):
    (W1, b1), (W2, b2) = params
    h = np.maximum(0, x @ W1 + b1)
    return h @ W2 + b2


@wrong(task="forward", cause="softmax on top: probabilities, not logits", true=("softmax_at_the_end",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    W, b = params[-1]
    z = h @ W + b
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="forward", cause="ReLU before each layer: cuts the negative inputs", true=("relu_on_the_input",))
def forward(params, x):
    h = x
    for W, b in params:
        h = np.maximum(0, h) @ W + b
    return h


@wrong(task="forward", cause="bias added after the ReLU", true=("bias_added_after_the_relu",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W) + b
    W, b = params[-1]
    return h @ W + b


@wrong(task="forward", cause="biases forgotten", true=("biases_forgotten",))
def forward(params, x):
    h = x
    for k, (W, b) in enumerate(params):
        h = np.dot(h, W)
        if k < len(params) - 1:
            h[h < 0] = 0
    return h


@wrong(task="forward", cause="last layer's bias forgotten", true=("last_bias_forgotten",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    return h @ params[-1][0]


@wrong(task="forward", cause="sigmoid in place of ReLU", true=("sigmoid_in_place_of_relu",))
def forward(params, x):
    h = x
    for i, (W, b) in enumerate(params):
        z = h @ W + b
        h = 1 / (1 + np.exp(-z)) if i < len(params) - 1 else z
    return h


@wrong(task="forward", cause="off by one: the last two layers have no ReLU", true=("repair: edge",))
def forward(params, x):
    h = x
    for i, (W, b) in enumerate(params):
        h = h @ W + b
        if i < len(params) - 2:
            h = np.maximum(h, 0)
    return h


@wrong(task="forward", cause="ReLU only after the first layer", true=("relu_after_the_first_layer_only",))
def forward(params, x):
    for i in range(len(params)):
        x = x @ params[i][0] + params[i][1]
        if i == 0 and len(params) > 1:
            x = np.maximum(x, 0)
    return x


@wrong(task="forward", cause="squeeze: a batch of one loses its axis", true=("batch_of_one_squeezed",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    return np.squeeze(h @ params[-1][0] + params[-1][1])


@wrong(task="forward", cause="W transposed, as in PyTorch's Linear", true=("inner_sizes_differ",))
def forward(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W.T + b)
    W, b = params[-1]
    return h @ W.T + b


@wrong(
    task="forward",
    cause="each layer takes x, not the output of the layer before",
    true=("inner_sizes_differ",),
)
def forward(params, x):
    for i, (W, b) in enumerate(params):
        z = x @ W + b
        h = np.maximum(z, 0)
    return z


@wrong(
    task="forward", cause="returns the hidden layers along with the logits", true=("more_than_one_result",)
)
def forward(params, x):
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    logits = hs[-1] @ params[-1][0] + params[-1][1]
    return logits, hs


# ---------------------------------------------------------------- loss_and_gradients


@wrong(task="loss_and_gradients", cause="1/N forgotten in the gradient", true=("one_over_n_forgotten",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    onehot = np.eye(p.shape[1])[labels]
    g = p - onehot
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(task="loss_and_gradients", cause="second mean for b: 1/N twice", true=("bias_gradients_averaged",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.mean(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g @ W.T) * (hs[k] > 0)
    return loss, grads


@wrong(
    task="loss_and_gradients",
    cause="the mask looks at the gradient instead of the forward pass",
    true=("mask_from_the_gradient",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = np.maximum(0, g @ W.T)
    return loss, grads


@wrong(task="loss_and_gradients", cause="gradients returned last layer first", true=("last_layer_first",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="ReLU's mask forgotten on the way back", true=("relu_mask_missing",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = g @ W.T
    return loss, grads


@wrong(task="loss_and_gradients", cause="truth minus probabilities", true=("sign_flipped",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    t = np.zeros_like(p)
    t[np.arange(N), labels] = 1
    g = (t - p) / N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="no maximum subtracted: overflow",
    true=("overflow_in_the_log_of_the_sum",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients", cause="one maximum for the whole batch", true=("one_maximum_for_the_batch",)
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max()
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="loss from rounded probabilities with an epsilon: not exact for large logits",
    true=("logarithm_of_finished_probabilities",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = -np.mean(np.log(p[np.arange(N), labels] + 1e-12))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(task="loss_and_gradients", cause="loss summed over the batch", true=("loss_summed",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.sum(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(task="loss_and_gradients", cause="p[:, labels] -= 1 changes whole columns", true=("columns_by_label",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[:, labels] -= 1
    g = g / N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients", cause="db kept as (1, outputs) by keepdims", true=("bias_gradients_as_rows",)
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=0, keepdims=True)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g @ W.T) * (hs[k] > 0)
    return loss, grads


@wrong(
    task="loss_and_gradients",
    cause="db summed over the units instead of the examples",
    true=("repair: axis",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=1)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g @ W.T) * (hs[k] > 0)
    return loss, grads


@wrong(task="loss_and_gradients", cause="dW divided by N a second time", true=("repair: drop_divide",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g / N
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g @ W.T) * (hs[k] > 0)
    return loss, grads


@wrong(
    task="loss_and_gradients",
    cause="multiplies by the activation itself instead of its mask",
    true=("activation_in_place_of_its_slope",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g @ W.T) * hs[k]
    return loss, grads


@wrong(
    task="loss_and_gradients",
    cause="sigmoid's slope h (1 - h) copied from the notes",
    true=("slope_of_a_sigmoid",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g @ W.T) * hs[k] * (1 - hs[k])
    return loss, grads


@wrong(task="loss_and_gradients", cause="a mask at the logits as well", true=("mask_on_the_logits",))
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g = g / N * ((hs[-1] @ params[-1][0] + params[-1][1]) > 0)
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="W updated by a step before the gradient goes through it, and in place",
    true=("changed_in_place",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        grads.append((dW, g.sum(axis=0)))
        W -= 0.1 * dW
        if k > 0:
            g = (g @ W.T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="p is an alias: the loss is read after 1 was subtracted",
    true=("two_names_of_one_array",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    g = p
    g[np.arange(N), labels] -= 1
    loss = -np.mean(np.log(np.abs(p[np.arange(N), labels]) + 1e-300))
    g = g / N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="divides by the number of classes instead of examples",
    true=("repair: replace",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= g.shape[1]
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="ReLU after the last layer in the forward pass",
    true=("relu_on_the_logits",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs.pop()
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="loop stops before the first layer: its gradient is missing",
    true=("loop_leaves_out_the_first",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, 0, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients",
    cause="maximum subtracted but m is added only to one term of the loss",
    true=("repair: drop_left_plus",),
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    m = (hs[-1] @ params[-1][0] + params[-1][1]).max(axis=1)
    loss = float(np.mean(m + np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(
    task="loss_and_gradients", cause="loss has shape (N,): mean forgotten", true=("a_loss_for_each_example",)
)
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params[:-1]:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-1] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = np.log(total[:, 0]) - z[np.arange(N), labels]
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        grads.append((hs[k].T @ g, g.sum(axis=0)))
        if k > 0:
            g = (g @ params[k][0].T) * (hs[k] > 0)
    return loss, grads[::-1]


@wrong(task="loss_and_gradients", cause="mask of the next layer is used: index off by one")
def loss_and_gradients(params, x, labels):
    N = len(x)
    hs = [x]
    for W, b in params:
        hs.append(np.maximum(0, hs[-1] @ W + b))
    z = hs[-2] @ params[-1][0] + params[-1][1]
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    p = e / total
    loss = float(np.mean(np.log(total[:, 0]) - z[np.arange(N), labels]))
    g = p.copy()
    g[np.arange(N), labels] -= 1
    g /= N
    grads = []
    for k in range(len(params) - 1, -1, -1):
        W, b = params[k]
        dW = hs[k].T @ g
        db = g.sum(axis=0)
        grads.insert(0, (dW, db))
        if k > 0:
            g = (g * (hs[k + 1] > 0)) @ W.T
    return loss, grads


@wrong(task="loss_and_gradients", cause="written for two layers only", true=("fewer_entries",))
def loss_and_gradients(params, x, labels):
    W1, b1 = params[0]
    W2, b2 = params[1]
    N = x.shape[0]
    a = x @ W1 + b1
    h = np.maximum(0, a)
    z = h @ W2 + b2
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    loss = -logp[np.arange(N), labels].mean()
    g = np.exp(logp)
    g[np.arange(N), labels] -= 1
    g /= N
    dW2, db2 = h.T @ g, g.sum(axis=0)
    gh = g @ W2.T
    gh[a <= 0] = 0
    return loss, [(x.T @ gh, gh.sum(axis=0)), (dW2, db2)]


@wrong(
    task="loss_and_gradients",
    cause="squared error with softmax instead of cross-entropy in the loss",
    true=("squared_error_for_the_loss",),
)
def loss_and_gradients(params, x, labels):
    hs = [x]
    for W, b in params[:-1]:
        z = hs[-1] @ W + b
        hs.append(z * (z > 0))
    logits = hs[-1] @ params[-1][0] + params[-1][1]
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(p.shape[1])[labels]
    loss = np.sum((p - t) ** 2) / len(x)
    g = (p - t) / len(x)
    gradients = []
    for (W, b), h in zip(params[::-1], hs[::-1]):
        gradients.append((h.T @ g, g.sum(axis=0)))
        g = (g @ W.T) * (h > 0)
    gradients.reverse()
    return loss, gradients


# ---------------------------------------------------------------- train


@wrong(
    task="train",
    cause="W = W - ... in the loop gives a new array to the name, params never change",
    true=("never_updates",),
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        for (W, b), (dW, db) in zip(params, grads):
            W = W - 0.1 * dW
            b = b - 0.1 * db
    return params


@wrong(
    task="train",
    cause="seed ignored: weights and order from an unseeded generator",
    true=("parameter_unused", "train_unseeded"),
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng()
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train",
    cause="fixed seed: another seed gives the same params",
    true=("parameter_unused", "train_ignores_its_seed"),
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(42)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="784 inputs written into the code", true=("inputs_fixed_at_784",))
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    params = [
        (rng.normal(size=(784, 64)) * np.sqrt(2 / 784), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train",
    cause="as many outputs as there are labels in y, not ten",
    true=("outputs_counted_from_the_labels",),
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    C = len(np.unique(y))
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, C)) * np.sqrt(2 / 64), np.zeros(C)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="shuffles the caller's x and y in place", true=("changed_in_place",))
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    state = rng.bit_generator.state
    rng.shuffle(x)
    rng.bit_generator.state = state
    rng.shuffle(y)
    order, start = np.arange(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train",
    cause="only x is shuffled, images and labels do not match any more",
    true=["labels_shuffled_apart"],
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    images = np.random.default_rng(seed).permutation(x)
    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, images[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="plus instead of minus: climbs up the loss", true=("goes_uphill",))
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v + 0.1 * dW, 0.9 * u + 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="keeps a tenth of the images for validation and never learns from them")
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = int(0.9 * len(x))
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="always the first 100 images: start is never moved on", true=("first_batch_only",))
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        rows = order[start : start + 100]
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="number of batches by (N - 1) // 100: the last batch is never picked")
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order = rng.permutation(N)
    count = (N - 1) // 100
    for k in range(600):
        i = k % count
        rows = order[i * 100 : (i + 1) * 100]
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="all weights start at 0: every hidden unit stays dead", true=["starts_with_zeros"])
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [(np.zeros((D, 64)), np.zeros(64)), (np.zeros((64, 10)), np.zeros(10))]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="learning rate 10: diverges", true=["learning_rate_far_too_large"])
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 10 * dW, 0.9 * u - 10 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="learning rate 1e-5: hardly moves", true=("learning_rate_far_too_small",))
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 1e-5 * dW, 0.9 * u - 1e-5 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="return inside the loop: one update", true=["learning_rate_far_too_small"])
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
        return params


@wrong(task="train", cause="ten full-batch steps in place of mini-batches", true=["learns_too_slowly"])
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for epoch in range(10):
        rows = order
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train",
    cause="returns the first params: the list of the start was kept as best",
    true=("never_updates",),
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    best = params
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return best


@wrong(
    task="train",
    cause="order from the global, unseeded np.random: the same seed gives other params",
    true=["train_order_unseeded"],
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = np.random.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = np.random.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train", cause="divides x by 255 in place, although it is 0 to 1 already", true=("changed_in_place",)
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    x /= 255.0
    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train",
    cause="gradients reversed once more: those of the last layer go to the first",
    true=("shapes_do_not_fit",),
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])[::-1]
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(
    task="train",
    cause="learns only from the first 1000 images, to be fast",
    true=["first_thousand_images_only"],
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = min(1000, len(x))
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params


@wrong(task="train", cause="returns a tuple of params and velocities", true=["losses_returned_as_well"])
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    velocity = [(np.zeros_like(W), np.zeros_like(b)) for W, b in params]
    N = len(x)
    order, start = rng.permutation(N), 0
    for update in range(600):
        if start >= N:
            order, start = rng.permutation(N), 0
        rows = order[start : start + 100]
        start += 100
        grads = gradients_of(params, x[rows], y[rows])
        velocity = [(0.9 * v - 0.1 * dW, 0.9 * u - 0.1 * db) for (v, u), (dW, db) in zip(velocity, grads)]
        params = [(W + v, b + u) for (W, b), (v, u) in zip(params, velocity)]
    return params, velocity


@wrong(
    task="train",
    cause="plain gradient descent for one epoch, too few updates on a small data set",
    true=["learning_rate_far_too_small"],
)
def train(x, y, seed):
    def gradients_of(params, x, labels):
        hs = [x]
        for W, b in params[:-1]:
            hs.append(np.maximum(0, hs[-1] @ W + b))
        z = hs[-1] @ params[-1][0] + params[-1][1]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        g = e / e.sum(axis=1, keepdims=True)
        g[np.arange(len(x)), labels] -= 1
        g /= len(x)
        grads = []
        for k in range(len(params) - 1, -1, -1):
            grads.insert(0, (hs[k].T @ g, g.sum(axis=0)))
            if k > 0:
                g = (g @ params[k][0].T) * (hs[k] > 0)
        return grads

    rng = np.random.default_rng(seed)
    D = x.shape[1]
    params = [
        (rng.normal(size=(D, 64)) * np.sqrt(2 / D), np.zeros(64)),
        (rng.normal(size=(64, 10)) * np.sqrt(2 / 64), np.zeros(10)),
    ]
    N = len(x)
    order, start = rng.permutation(N), 0
    for start in range(0, N, 100):
        rows = order[start : start + 100]
        grads = gradients_of(params, x[rows], y[rows])
        params = [(W - 0.01 * dW, b - 0.01 * db) for (W, b), (dW, db) in zip(params, grads)]
    return params


# ---------------------------------------------------------------- predict


@wrong(
    task="predict",
    cause="argmax along axis 0: over the images instead of the classes",
    true=("argmax_over_the_examples",),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmax(logits, axis=0)


@wrong(task="predict", cause="argmax of the whole matrix: one number", true=("argmax_without_an_axis",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmax(logits)


@wrong(task="predict", cause="the largest logit instead of its class", true=("max_in_place_of_argmax",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return logits.max(axis=1)


@wrong(task="predict", cause="keepdims: (N, 1) instead of (N,)", true=("repair: no_keepdims",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmax(logits, axis=1, keepdims=True)


@wrong(
    task="predict",
    cause="one-hot rows instead of numbers",
    true=("repair: replace", "one_hot_in_place_of_labels"),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    best = logits.argmax(axis=1)
    return np.eye(logits.shape[1], dtype=int)[best]


@wrong(task="predict", cause="squeeze turns a batch of one into a plain number", true=("one_label_squeezed",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmax(logits, axis=1).squeeze()[()]


@wrong(
    task="predict",
    cause="ReLU on the logits before argmax: all-negative rows give class 0",
    true=("predict_with_a_relu_after_the_last_layer",),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.maximum(0, logits).argmax(axis=1)


@wrong(
    task="predict",
    cause="softmax without the maximum: NaN for large logits",
    true=("predict_with_overflow_in_exp",),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return np.argmax(p, axis=1)


@wrong(task="predict", cause="classes counted from 1", true=("repair: drop_plus",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmax(logits, axis=1) + 1


@wrong(task="predict", cause="smallest logit: argmin", true=("argmin_in_place_of_argmax",))
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmin(logits, axis=1)


@wrong(task="predict", cause="answers stored in an array of floats")
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    answers = np.zeros(len(x))
    for n in range(len(x)):
        answers[n] = np.argmax(logits[n])
    return answers


@wrong(
    task="predict",
    cause="largest absolute logit",
    true=("repair: unwrap", "largest_size_in_place_of_largest"),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    return np.argmax(np.abs(logits), axis=1)


@wrong(task="predict", cause="no ReLU between layers", true=("predict_without_activation",))
def predict(params, x):
    h = x
    for W, b in params:
        h = h @ W + b
    return np.argmax(h, axis=1)


@wrong(
    task="predict",
    cause="last layer left out: the largest hidden unit",
    true=("predict_without_the_last_layer",),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    return np.argmax(h, axis=1)


@wrong(
    task="predict",
    cause="returns the probabilities",
    true=("argmax_not_taken", "probabilities_in_place_of_labels"),
)
def predict(params, x):
    h = x
    for W, b in params[:-1]:
        h = np.maximum(0, h @ W + b)
    logits = h @ params[-1][0] + params[-1][1]
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="predict", cause="two layers only", true=("another_number_to_unpack",))
def predict(params, x):
    (W1, b1), (W2, b2) = params
    logits = np.maximum(0, x @ W1 + b1) @ W2 + b2
    return np.argmax(logits, axis=1)
