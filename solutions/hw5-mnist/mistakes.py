"""Known mistakes of homework 5, each with what a teaching assistant would say about it.

Mistakes of `train` come in two groups: the first returns something that is not what was asked for, the
second returns a network that has not learnt, which only its accuracy shows.
"""

from __future__ import annotations

from itertools import pairwise, repeat

import numpy as np
from reference import HIDDEN, UPDATES, backpropagate, he_layers, layer_outputs, shuffled_batches

from autograder.checks import mistake

#: Of a seeded function whose calls are not alike: what tells the two apart happens before the first call.
SEED_NOT_FOLLOWED = """Two calls with the same seed give different results. What is drawn comes from a
    generator that no call makes from its seed: from one without a seed, or from one that an earlier
    call has made. Make a new one at every call, np.random.default_rng(seed), and draw everything from
    that."""


FEW_PIXELS = 50


def drawn_layers(sizes, draw):
    """A pair (W, b) for each layer, W by draw(inputs, outputs), b zero."""
    return [(draw(inputs, outputs), np.zeros(outputs)) for inputs, outputs in pairwise(sizes)]


def backpropagated(inputs, params, grad):
    """The gradients of all layers from that of the logits; inputs are what went into each layer."""
    gradients = []
    for (W, _), h in zip(params[::-1], inputs[::-1], strict=True):
        gradients.append((h.T @ grad, grad.sum(axis=0)))
        grad = (grad @ W.T) * (h > 0)
    return gradients[::-1]


def descended(x, y, params, batches, rate=0.1):
    """Momentum's updates of params, one for each batch of row numbers."""
    velocities = [[np.zeros_like(W), np.zeros_like(b)] for W, b in params]
    for batch in batches:
        _, gradients = backpropagate(params, x[batch], y[batch])
        for pair, velocity, gradient in zip(params, velocities, gradients, strict=True):
            for k in (0, 1):
                velocity[k] = 0.9 * velocity[k] - rate * gradient[k]
                pair[k][...] += velocity[k]
    return params


def trained(x, y, seed, **changes):
    """The recipe with its own start and batches, and what else is changed in its descent."""
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x), **changes)


def taken(batches, x):
    """As many batches as the recipe takes; a third of them for images of a few pixels, learnt sooner."""
    return [next(batches) for _ in range(UPDATES if x.shape[1] > FEW_PIXELS else UPDATES // 3)]


# --- A good start -------------------------------------------------------------------------------


@mistake(
    function="init_params",
    severity="slip",
    feedback="""This is Xavier's rule, 2 / (inputs + outputs). It was made for layers without ReLU;
    He's rule counts the inputs only, because a unit adds up its inputs and half of them are 0.""",
)
def xavier_in_place_of_he(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, np.sqrt(2 / (i + o)), size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your variance is 1 / inputs. A ReLU sets about half of what comes in to 0, so signals
    shrink by half in each layer. He's rule makes up for that with a factor of 2.""",
)
def factor_two_forgotten(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, np.sqrt(1 / i), size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""2 / inputs is the variance. rng.normal takes the standard deviation, and that is its
    square root; your weights are far too small.""",
)
def variance_in_place_of_standard_deviation(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, 2 / i, size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your standard deviation is 1 / inputs. A sum of many random terms grows with the
    square root of their number, so divide by the square root of inputs; and the ReLU wants a 2 under
    it.""",
)
def one_over_inputs(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, 1 / i, size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your weights have standard deviation 1, however many inputs a unit has. With 784
    inputs its sum is then about 28 times as large as one input, in every layer again. Scale the
    weights.""",
)
def standard_deviation_one(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your weights have standard deviation 0.01 in every layer. What fits depends on the
    number of inputs; with many layers, signals would fade away.""",
)
def standard_deviation_one_hundredth(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, 0.01, size=(i, o)))


@mistake(
    function="init_params",
    severity="useless",
    feedback="""All your weights are 0. Then all units of a layer compute the same and get the same
    gradient: they stay copies of one another for ever, and behind ReLUs that gradient is 0. Draw the
    weights at random; only the biases may start at 0.""",
)
def all_zeros(sizes, seed):
    return drawn_layers(sizes, lambda i, o: np.zeros((i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""You count the outputs of a layer. A unit adds up its inputs: that number decides how
    large the sum becomes. With W of shape (inputs, outputs) it is the first.""",
)
def outputs_in_place_of_inputs(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, np.sqrt(2 / o), size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""You draw uniformly between -a and a with a = sqrt(2 / inputs). That a is the limit,
    not the standard deviation: a uniform draw has a / sqrt(3). Which limit gives sqrt(2 /
    inputs)?""",
)
def limit_in_place_of_standard_deviation(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.uniform(-1, 1, size=(i, o)) * np.sqrt(2 / i))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your weights are all positive: rng.random draws from 0 to 1, like np.random.rand.
    Weights have to be drawn around 0, or every unit sums up to something large.""",
)
def only_positive_weights(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.random(size=(i, o)) * np.sqrt(2 / i))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your W is (outputs, inputs). Here a layer is h @ W + b with one example in each row of
    h, so W is (inputs, outputs).""",
)
def weights_transposed(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, np.sqrt(2 / i), size=(o, i)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="Your biases are random. The random weights already make the units differ; biases start at 0.",
)
def random_biases(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(W, rng.normal(0, 0.1, size=b.shape)) for W, b in he_layers(sizes, rng)]


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your biases have shape (1, outputs); one axis is asked for, (outputs,). NumPy adds
    that to each row of h @ W all the same.""",
)
def biases_as_rows(sizes, seed):
    return [(W, b[None, :]) for W, b in he_layers(sizes, np.random.default_rng(seed))]


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your weights are the same for every seed: a fixed number stands where seed should.""",
)
def seed_ignored(sizes, seed):
    return he_layers(sizes, np.random.default_rng(0))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""You make a generator with the same seed anew for each layer, so every layer starts
    with the same random numbers. Make one before the loop, and let it run on.""",
)
def generator_made_for_each_layer(sizes, seed):
    def draw(inputs, outputs):
        return np.random.default_rng(seed).normal(0, np.sqrt(2 / inputs), size=(inputs, outputs))

    return drawn_layers(sizes, draw)


@mistake(
    function="init_params",
    severity="slip",
    feedback="""You return one flat list W, b, W, b, ... Keep each layer's two arrays together as a
    pair: [(W, b), (W, b), ...].""",
)
def flat_list(sizes, seed):
    return [array for pair in he_layers(sizes, np.random.default_rng(seed)) for array in pair]


@mistake(
    function="init_params",
    severity="slip",
    seeding="unseeded",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def start_unseeded(sizes, seed):
    return drawn_layers(sizes, lambda inputs, outputs: np.random.randn(inputs, outputs) * np.sqrt(2 / inputs))


@mistake(
    function="init_params",
    severity="slip",
    seeding="zero is none",
    stateful=True,
    feedback="""Seed 0 counts as no seed, as 0 is false in `if seed` and `seed or None`, and then
    every call draws other weights. 0 is a seed like any other.""",
)
def start_of_seed_zero_is_chance(sizes, seed):
    rng = np.random.default_rng(seed or None)
    return drawn_layers(
        sizes, lambda inputs, outputs: rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs))
    )


@mistake(
    function="init_params",
    severity="slip",
    seeding="cached",
    stateful=True,
    feedback="""You keep the weights of each seed in a cache, but draw them without the seed: after a
    restart they are others. Draw them from np.random.default_rng(seed), and no cache is needed.""",
)
def start_cached(sizes, seed, made={}):  # noqa: B006  # which is the mistake
    key = tuple(sizes), seed
    if key not in made:
        made[key] = he_layers(sizes, np.random.default_rng())
    return [(W.copy(), b.copy()) for W, b in made[key]]


@mistake(
    function="init_params",
    severity="slip",
    seeding="hashed",
    stateful=True,
    feedback="""The seed goes through hash(str(seed)), which is another number after every restart of
    Python. Give the seed itself to np.random.default_rng.""",
)
def start_seed_hashed(sizes, seed):
    return he_layers(sizes, np.random.default_rng(hash(str(seed)) % 2**32))


@mistake(
    function="init_params",
    severity="slip",
    seeding="clock",
    stateful=True,
    feedback="""The clock is added to the seed, so the same seed gives something else a second later.
    Give the seed alone to np.random.default_rng.""",
)
def start_seed_and_clock(sizes, seed):
    import time

    return he_layers(sizes, np.random.default_rng(int(time.time()) + seed))


@mistake(
    function="init_params",
    severity="slip",
    seeding="used once",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def start_seed_used_once(sizes, seed, made=[]):  # noqa: B006  # which is the mistake
    if not made:
        made.append(np.random.default_rng(seed))
    rng = made[0]
    return drawn_layers(
        sizes, lambda inputs, outputs: rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs))
    )


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your biases start at a number other than 0. The random weights already make the units
    differ; biases start at 0.""",
)
def biases_of_one_number(sizes, seed):
    return [(W, b + 0.01) for W, b in he_layers(sizes, np.random.default_rng(seed))]


@mistake(
    function="init_params",
    severity="slip",
    feedback="""This is the default of PyTorch: uniform within 1 / sqrt(inputs), biases as well. He's
    rule has standard deviation sqrt(2 / inputs), and biases start at 0.""",
)
def uniform_within_one_over_root(sizes, seed):
    rng = np.random.default_rng(seed)
    return [
        (rng.uniform(-1, 1, size=(i, o)) / np.sqrt(i), rng.uniform(-1, 1, size=o) / np.sqrt(i))
        for i, o in pairwise(sizes)
    ]


@mistake(
    function="init_params",
    severity="slip",
    feedback="""All your layers have the spread that fits the first one, sqrt(2 / sizes[0]). Each
    layer has its own number of inputs.""",
)
def spread_of_the_first_layer(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, np.sqrt(2 / sizes[0]), size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""All your layers have the same spread. What fits is sqrt(2 / inputs), and each layer has
    its own number of inputs.""",
)
def spread_alike(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, 0.1, size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your spread falls with the root of the number of inputs, as it has to, but by another
    factor: the standard deviation is sqrt(2 / inputs). A uniform draw between -a and a has a /
    sqrt(3).""",
)
def spread_of_another_factor(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: rng.normal(0, np.sqrt(6 / i), size=(i, o)))


@mistake(
    function="init_params",
    severity="slip",
    feedback="""Your last layer has standard deviation 0.01, while the others follow He's rule. It
    holds for every layer, the last one too.""",
)
def last_layer_small(sizes, seed):
    rng = np.random.default_rng(seed)
    *rest, (W, b) = he_layers(sizes, rng)
    return [*rest, (rng.normal(0, 0.01, size=W.shape), b)]


@mistake(
    function="init_params",
    severity="useless",
    feedback="""All columns of your W are equal: one is drawn, and every unit gets it. Then all units
    of a layer compute the same and stay copies of one another. Draw every weight by itself.""",
)
def columns_copied(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: np.tile(rng.normal(0, np.sqrt(2 / i), size=(i, 1)), (1, o)))


@mistake(
    function="init_params",
    severity="useless",
    feedback="""All rows of your W are equal: one is drawn, and every input gets it. A unit then sees
    only the sum of its inputs. Draw every weight by itself.""",
)
def rows_copied(sizes, seed):
    rng = np.random.default_rng(seed)
    return drawn_layers(sizes, lambda i, o: np.tile(rng.normal(0, np.sqrt(2 / i), size=o), (i, 1)))


@mistake(
    function="init_params",
    severity="useless",
    feedback="""The last layer is missing. There is one layer between each two neighbours in sizes, so
    one fewer than sizes.""",
)
def last_layer_missing(sizes, seed):
    return he_layers(sizes, np.random.default_rng(seed))[:-1]


# --- The network --------------------------------------------------------------------------------


@mistake(
    function="forward",
    severity="slip",
    feedback="""There is a ReLU after your last layer, too, so no logit is ever below 0. The last
    layer's outputs are the logits as they are: leave them to the softmax in the loss.""",
)
def relu_after_the_last_layer(params, x):
    for W, b in params:
        x = np.maximum(x @ W + b, 0)
    return x


@mistake(
    function="forward",
    severity="slip",
    feedback="""There is no activation between your layers. Layers without one in between collapse
    into a single linear layer, however many there are.""",
)
def activation_missing(params, x):
    for W, b in params:
        x = x @ W + b
    return x


@mistake(
    function="forward",
    severity="slip",
    feedback="""The biases are missing: a layer is h @ W + b.""",
)
def biases_forgotten(params, x):
    for W, _ in params[:-1]:
        x = np.maximum(x @ W, 0)
    return x @ params[-1][0]


@mistake(
    function="forward",
    severity="slip",
    feedback="""You add b after the ReLU. The bias belongs inside: it decides where a unit switches
    on.""",
)
def bias_added_after_the_relu(params, x):
    for W, b in params[:-1]:
        x = np.maximum(x @ W, 0) + b
    return x @ params[-1][0] + params[-1][1]


@mistake(
    function="forward",
    severity="slip",
    feedback="""Your ReLU stands before each layer, so it also cuts off what comes in negative in x. It
    belongs between the layers: after h @ W + b, except after the last.""",
)
def relu_on_the_input(params, x):
    for W, b in params:
        x = np.maximum(x, 0) @ W + b
    return x


@mistake(
    function="forward",
    severity="slip",
    feedback="""You use the sigmoid between the layers; this network has ReLUs, max(0, z).""",
)
def sigmoid_in_place_of_relu(params, x):
    for W, b in params[:-1]:
        x = 1 / (1 + np.exp(-(x @ W + b)))
    return x @ params[-1][0] + params[-1][1]


@mistake(
    function="forward",
    severity="slip",
    feedback="""Your rows have sum 1: you return probabilities. forward returns the logits, before the
    softmax; the loss works from these, and stays exact.""",
)
def softmax_at_the_end(params, x):
    logits = layer_outputs(params, x)[-1]
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="forward",
    severity="slip",
    feedback="""For a batch of one, the first axis is lost: (1, D) has to give (1, C). Look for a
    squeeze, a flatten or an index [0].""",
)
def batch_of_one_squeezed(params, x):
    return np.squeeze(layer_outputs(params, x)[-1])


@mistake(
    function="forward",
    severity="slip",
    feedback="""You return the outputs of all layers. Only the last one's are asked for, the logits; for
    backpropagation, compute the others in a helper.""",
)
def every_layer_returned(params, x):
    return layer_outputs(params, x)


@mistake(
    function="forward",
    severity="slip",
    feedback="""The bias of your last layer is missing: that layer is h @ W + b as well, only without
    a ReLU.""",
)
def last_bias_forgotten(params, x):
    for W, b in params[:-1]:
        x = np.maximum(x @ W + b, 0)
    return x @ params[-1][0]


@mistake(
    function="forward",
    severity="slip",
    feedback="""Only your first layer has a ReLU. It stands after every layer but the last.""",
)
def relu_after_the_first_layer_only(params, x):
    for layer, (W, b) in enumerate(params):
        x = x @ W + b
        if layer == 0 and len(params) > 1:
            x = np.maximum(x, 0)
    return x


@mistake(
    function="forward",
    severity="slip",
    feedback="""Your first layer has no ReLU. It stands after every layer but the last, the first one
    too.""",
)
def first_layer_without_relu(params, x):
    for layer, (W, b) in enumerate(params):
        x = x @ W + b
        if 0 < layer < len(params) - 1:
            x = np.maximum(x, 0)
    return x


@mistake(
    function="forward",
    severity="useless",
    feedback="""You stop before the last layer and return what goes into it. The logits are the last
    layer's h @ W + b.""",
)
def last_layer_left_out(params, x):
    for W, b in params[:-1]:
        x = np.maximum(x @ W + b, 0)
    return x


# --- Loss and gradients -------------------------------------------------------------------------


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Loss and gradients are sums over the batch. Here the loss is the mean: divide both by
    the number of examples, or the steps grow with the batch size.""",
)
def sum_in_place_of_mean(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss * len(x), [(W * len(x), b * len(x)) for W, b in gradients]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your loss is the sum over the batch, while your gradients are those of the mean.
    Divide the loss by the number of examples, too.""",
)
def loss_summed(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss * len(x), gradients


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your gradients are those of the summed loss: N times too large. The loss is a mean,
    and its gradient (p - onehot) / N carries the 1/N to every layer.""",
)
def one_over_n_forgotten(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss, [(W * len(x), b * len(x)) for W, b in gradients]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""You divide by N times C. The mean runs over the examples only; over the classes,
    everything is added up.""",
)
def divided_by_all_entries(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    classes = len(params[-1][1])
    return loss / classes, [(W / classes, b / classes) for W, b in gradients]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Nothing is blocked in your backward pass. A unit that was switched off in the forward
    pass passes no gradient back: multiply by (h > 0) on the way. Behind a ReLU, h >= 0 is true
    everywhere.""",
)
def relu_mask_missing(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    grad = (np.exp(log_p) - np.eye(logits.shape[1])[labels]) / len(x)
    gradients = []
    for (W, _), h in zip(params[::-1], [x, *hidden][::-1], strict=True):
        gradients.append((h.T @ grad, grad.sum(axis=0)))
        grad = grad @ W.T
    return -np.mean(log_p[np.arange(len(x)), labels]), gradients[::-1]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your ReLU mask looks at the gradient: it lets positive gradients through. It has to
    look at what the unit put out in the forward pass.""",
)
def mask_from_the_gradient(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    grad = (np.exp(log_p) - np.eye(logits.shape[1])[labels]) / len(x)
    gradients = []
    for (W, _), h in zip(params[::-1], [x, *hidden][::-1], strict=True):
        gradients.append((h.T @ grad, grad.sum(axis=0)))
        grad = np.maximum(grad @ W.T, 0)
    return -np.mean(log_p[np.arange(len(x)), labels]), gradients[::-1]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""You also mask the gradient of the logits with (logits > 0). There is no ReLU after the
    last layer, so there is nothing to mask.""",
)
def mask_on_the_logits(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    grad = (np.exp(log_p) - np.eye(logits.shape[1])[labels]) / len(x) * (logits > 0)
    return -np.mean(log_p[np.arange(len(x)), labels]), backpropagated([x, *hidden], params, grad)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your bias gradients are means over the batch. The 1/N is already in the gradient of the
    logits; from there on b's gradients are added up over the examples, as h.T @ grad does it for W.""",
)
def bias_gradients_averaged(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss, [(W, b / len(x)) for W, b in gradients]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your bias gradients have shape (1, outputs); b has shape (outputs,). Sum over the batch
    without keepdims.""",
)
def bias_gradients_as_rows(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss, [(W, b[None, :]) for W, b in gradients]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your gradients come last layer first, in the order in which they are computed. Turn
    the list round: it has the order of params.""",
)
def last_layer_first(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss, gradients[::-1]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Every gradient has the wrong sign: you start from onehot - p. Updates subtract the
    gradient, so this one would go uphill.""",
)
def sign_flipped(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss, [(-W, -b) for W, b in gradients]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""You go back from p; the one-hot labels are missing. The gradient of the logits is (p -
    onehot) / N.""",
)
def one_hot_forgotten(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad = exps / exps.sum(axis=1, keepdims=True) / len(x)
    return backpropagate(params, x, labels)[0], backpropagated([x, *hidden], params, grad)


EXP_OVERFLOWS = """exp overflows for large logits: infinity over infinity is NaN, and far below 0 you
    get 0/0. Subtract each row's maximum first; that changes no probability."""


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback=EXP_OVERFLOWS,
)
def overflow_in_exp(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    grad = p.copy()
    grad[rows, labels] -= 1
    return -np.mean(np.log(p[rows, labels])), backpropagated([x, *hidden], params, grad / len(x))


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback=EXP_OVERFLOWS,
)
def overflow_in_the_log_of_the_sum(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    sums = np.exp(logits).sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    grad = np.exp(logits) / sums
    grad[rows, labels] -= 1
    loss = np.mean(np.log(sums[:, 0]) - logits[rows, labels])
    return loss, backpropagated([x, *hidden], params, grad / len(x))


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""You subtract one maximum for the whole batch. A row far below it has only exponentials
    that round to 0. Each row needs its own maximum.""",
)
def one_maximum_for_the_batch(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    exps = np.exp(logits - logits.max())
    p = exps / exps.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    grad = p.copy()
    grad[rows, labels] -= 1
    loss = -np.mean(logits[rows, labels] - logits.max() - np.log(exps.sum(axis=1)))
    return loss, backpropagated([x, *hidden], params, grad / len(x))


LOGARITHM_WITH_EPSILON = """You take the logarithm of finished probabilities with an epsilon. For a
    confidently wrong example p is rounded to 0, and its loss stops growing at minus the logarithm of
    epsilon. From the logits log p is exact: z minus log-sum-exp."""


def loss_with_epsilon(params, x, labels, epsilon):
    """The right gradients, and the loss as the logarithm of probabilities plus epsilon."""
    *_, logits = layer_outputs(params, x)
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = exps / exps.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(p[np.arange(len(x)), labels] + epsilon))
    return loss, backpropagate(params, x, labels)[1]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback=LOGARITHM_WITH_EPSILON,
)
def logarithm_of_finished_probabilities(params, x, labels):
    return loss_with_epsilon(params, x, labels, 1e-12)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback=LOGARITHM_WITH_EPSILON,
)
def logarithm_with_epsilon_1e_8(params, x, labels):
    return loss_with_epsilon(params, x, labels, 1e-8)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback=LOGARITHM_WITH_EPSILON,
)
def logarithm_with_epsilon_1e_10(params, x, labels):
    return loss_with_epsilon(params, x, labels, 1e-10)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback=LOGARITHM_WITH_EPSILON,
)
def logarithm_with_epsilon_1e_15(params, x, labels):
    return loss_with_epsilon(params, x, labels, 1e-15)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your loss is one number for each example. Return their mean, one number.""",
)
def a_loss_for_each_example(params, x, labels):
    logits = layer_outputs(params, x)[-1]
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(x)), labels]
    return losses, backpropagate(params, x, labels)[1]


def backpropagated_by(params, x, labels, slope):
    """The loss, and the gradients with `slope` of a layer's output in place of the ReLU's mask."""
    *hidden, _ = layer_outputs(params, x)
    loss, _ = backpropagate(params, x, labels)
    grad = logits_gradient(params, x, labels)
    gradients = []
    for (W, _), h in zip(params[::-1], [x, *hidden][::-1], strict=True):
        gradients.append((h.T @ grad, grad.sum(axis=0)))
        grad = (grad @ W.T) * slope(h)
    return loss, gradients[::-1]


def logits_gradient(params, x, labels):
    """(p - onehot) / N."""
    logits = layer_outputs(params, x)[-1]
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (exps / exps.sum(axis=1, keepdims=True) - np.eye(logits.shape[1])[labels]) / len(x)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""On the way back you multiply by the activation h itself. The slope of a ReLU is 1
    where h > 0 and 0 elsewhere: multiply by (h > 0).""",
)
def activation_in_place_of_its_slope(params, x, labels):
    return backpropagated_by(params, x, labels, lambda h: h)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""On the way back you multiply by h (1 - h), which is the slope of a sigmoid. Behind a
    ReLU it is (h > 0).""",
)
def slope_of_a_sigmoid(params, x, labels):
    return backpropagated_by(params, x, labels, lambda h: h * (1 - h))


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Only the last layer has gradients, those of the others are 0. Carry the gradient on:
    grad @ W.T, then the ReLU's mask, then the layer below.""",
)
def last_layer_only(params, x, labels):
    loss, gradients = backpropagate(params, x, labels)
    return loss, [*((0 * W, 0 * b) for W, b in gradients[:-1]), gradients[-1]]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your forward pass has a ReLU after the last layer, too, so no logit is below 0. The
    softmax takes the last layer's outputs as they are.""",
)
def relu_on_the_logits(params, x, labels):
    *hidden, logits = layer_outputs(params, x)
    logits = np.maximum(logits, 0)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    grad = (np.exp(log_p) - np.eye(logits.shape[1])[labels]) / len(x)
    loss = -np.mean(log_p[np.arange(len(x)), labels])
    return loss, backpropagated([x, *hidden], params, grad)


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your loss is the squared error between probabilities and one-hot labels, while your
    gradients are those of the cross-entropy. The loss is the mean of -log p of each label.""",
)
def squared_error_for_the_loss(params, x, labels):
    p = logits_gradient(params, x, labels) * len(x)  # p - onehot
    return np.mean(np.sum(p**2, axis=1)), backpropagate(params, x, labels)[1]


@mistake(
    function="loss_and_gradients",
    severity="slip",
    feedback="""Your loss is the mean of all squared differences between probabilities and one-hot
    labels, while your gradients are those of the cross-entropy. The loss is the mean of -log p of
    each label.""",
)
def mean_squared_error_for_the_loss(params, x, labels):
    p = logits_gradient(params, x, labels) * len(x)
    return np.mean(p**2), backpropagate(params, x, labels)[1]


# --- Training: not what was asked for -----------------------------------------------------------


@mistake(
    function="train",
    severity="slip",
    feedback="""Every seed gives the same params: somewhere a fixed number stands in place of seed.
    Make one generator from it, and draw the weights and the order of the images from that.""",
)
def train_ignores_its_seed(x, y, seed):
    rng = np.random.default_rng(0)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    seeding="unseeded",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def train_unseeded(x, y, seed):
    rng = np.random.default_rng()
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    seeding="zero is none",
    stateful=True,
    feedback="""Seed 0 counts as no seed, as 0 is false in `if seed` and `seed or None`, and then
    every call returns other params. 0 is a seed like any other.""",
)
def train_of_seed_zero_is_chance(x, y, seed):
    rng = np.random.default_rng(seed or None)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    seeding="cached",
    stateful=True,
    feedback="""You keep a generator's seed for each seed in a cache, but draw it by chance: after a
    restart the same seed returns other params. Give the seed itself to np.random.default_rng.""",
)
def train_cached(x, y, seed, drawn={}):  # noqa: B006  # which is the mistake
    rng = np.random.default_rng(drawn.setdefault(seed, np.random.randint(2**31)))
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    seeding="hashed",
    stateful=True,
    feedback="""The seed goes through hash(str(seed)), which is another number after every restart of
    Python. Give the seed itself to np.random.default_rng.""",
)
def train_seed_hashed(x, y, seed):
    rng = np.random.default_rng(hash(str(seed)) % 2**32)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    seeding="clock",
    stateful=True,
    feedback="""The clock is added to the seed, so the same seed gives something else a second later.
    Give the seed alone to np.random.default_rng.""",
)
def train_seed_and_clock(x, y, seed):
    import time

    rng = np.random.default_rng(int(time.time()) + seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    seeding="used once",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def train_seed_used_once(x, y, seed, made=[]):  # noqa: B006  # which is the mistake
    if not made:
        made.append(np.random.default_rng(seed))
    params = he_layers((x.shape[1], HIDDEN, 10), made[0])
    batches = shuffled_batches(len(x), made[0])
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    stateful=True,
    feedback="""You go on from the params of the last call, which a global or a default keeps. Every
    call of train starts anew: the same seed gives the same params.""",
)
def train_goes_on(x, y, seed, kept={}):  # noqa: B006  # which is the mistake
    rng = np.random.default_rng(seed)
    params = kept.setdefault(x.shape, he_layers((x.shape[1], HIDDEN, 10), rng))
    batches = shuffled_batches(len(x), rng)
    descended(x, y, params, taken(batches, x))
    return [(W.copy(), b.copy()) for W, b in params]


@mistake(
    function="train",
    severity="useless",
    feedback="""You shuffle x itself: rng.shuffle works in place, on the caller's array. And x and y are
    shuffled apart, so images lose their labels. Draw one order with rng.permutation, and index both by
    it.""",
)
def shuffles_in_place(x, y, seed):
    rng = np.random.default_rng(seed)
    rng.shuffle(x)
    rng.shuffle(y)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    feedback="""x -= ... shifts the caller's images in place. It would not help either: predict gets
    images that are not shifted, so a network may not rely on it.""",
)
def centres_in_place(x, y, seed):
    x -= x.mean(axis=0)
    return trained(x, y, seed)


@mistake(
    function="train",
    severity="slip",
    feedback="""You return more than the params: losses, velocities or something else beside them. train
    returns params alone; to draw the loss, print it or keep it in a helper that train calls.""",
)
def losses_returned_as_well(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = taken(shuffled_batches(len(x), rng), x)
    losses = []
    for start in range(0, len(batches), 20):
        descended(x, y, params, batches[start : start + 20])
        losses.append(backpropagate(params, x, y)[0])
    return params, losses


@mistake(
    function="train",
    severity="slip",
    feedback="""Your last layer has as many outputs as there are different labels in y. The network
    always has ten, one for each digit, even if y happens to lack some.""",
)
def outputs_counted_from_the_labels(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, int(y.max()) + 1), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="useless",
    feedback="""Your first layer has 784 inputs whatever x is. Take their number from x: x.shape[1].""",
)
def inputs_fixed_at_784(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((784, HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    feedback="""You return the weights without the biases. params is a list of pairs (W, b), one for
    each layer.""",
)
def biases_not_returned(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return [W for W, _ in descended(x, y, params, taken(batches, x))]


# --- Training: a network that has not learnt ----------------------------------------------------


@mistake(
    function="train",
    severity="useless",
    feedback="""The params that you return are the ones that you started with: the updates do not reach
    them. W = W - ... in a loop gives a new array to a name and leaves the list as it was; or the list
    that you return is not the one that is updated.""",
)
def never_updates(x, y, seed):
    return he_layers((x.shape[1], HIDDEN, 10), np.random.default_rng(seed))


@mistake(
    function="train",
    severity="slip",
    feedback="""After training, your loss is above that of a network that calls all digits equally likely.
    Print it as you train. If it rises, you go along the gradient, not against it: look at the sign of the
    update, or of the velocity. Or every step is so large that it overshoots: try a tenth of the learning
    rate. If it falls, but from far above, the weights start too large.""",
)
def goes_uphill(x, y, seed):
    return trained(x, y, seed, rate=-0.1)


@mistake(
    function="train",
    severity="slip",
    feedback="""You train on the first mini-batch only. The network learns these images by heart and
    sees no others; take another batch for each update.""",
)
def first_batch_only(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    return descended(x, y, params, taken(repeat(next(shuffled_batches(len(x), rng))), x))


@mistake(
    function="train",
    severity="useless",
    feedback="""Images and labels are shuffled apart: each has an order of its own, so an image no
    longer meets its label. Draw one permutation, and index both by it.""",
)
def labels_shuffled_apart(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    batches = taken(batches, x)
    return descended(x, y[rng.permutation(len(y))], params, batches)


@mistake(
    function="train",
    severity="useless",
    feedback="""Your network starts with all weights at 0. Behind ReLUs all gradients but that of the
    last bias are then 0, and it can never learn more than how frequent each digit is. Draw the
    weights at random.""",
)
def starts_with_zeros(x, y, seed):
    rng = np.random.default_rng(seed)
    params = [(np.zeros_like(W), b) for W, b in he_layers((x.shape[1], HIDDEN, 10), rng)]
    batches = shuffled_batches(len(x), rng)
    return descended(x, y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    feedback="""After training the network is still close to where it started. Mostly the learning rate is
    far too small, or a small data set gets a few updates only (a return inside the loop, one epoch), or
    images that are 0 to 1 already are divided by 255 once more. Count updates, and try ten times the
    rate until the loss falls quickly.""",
)
def learning_rate_far_too_small(x, y, seed):
    return trained(x, y, seed, rate=1e-5)


@mistake(
    function="train",
    severity="slip",
    feedback="""The network has learnt a part only: its loss has fallen, but not far, even on the images that
    it was trained with, and its params have not moved far from where they started. Mostly there are
    too few updates, or the learning rate is too small: on a small data set count updates, not epochs.
    """,
)
def learns_too_slowly(x, y, seed):
    return trained(x, y, seed, rate=5e-4)


@mistake(
    function="train",
    severity="useless",
    feedback="""Behind the ReLU all hidden units are 0 for every image, so that all images get the same
    logits and no gradient comes back. Steps that are far too large throw a network there: divide the
    gradient by N, and try a tenth of the learning rate, and again.""",
)
def learning_rate_far_too_large(x, y, seed):
    return trained(x, y, seed, rate=10.0)


@mistake(
    function="train",
    severity="useless",
    feedback="""Every answer of your network is off by the same number: it was shown labels that count from
    1, or columns in another order. Label k belongs to logit k, from 0 to 9.""",
)
def labels_counted_from_one(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended(x, y - 1, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    feedback="""Your network reads the images once their mean is subtracted and each pixel divided by its
    standard deviation, and not as they are. predict gets images from 0 to 1: train with these, or
    put the shift and the scale into the first layer's W and b.""",
)
def images_standardised(x, y, seed):
    rng = np.random.default_rng(seed)
    params = he_layers((x.shape[1], HIDDEN, 10), rng)
    batches = shuffled_batches(len(x), rng)
    return descended((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8), y, params, taken(batches, x))


@mistake(
    function="train",
    severity="slip",
    feedback="""Only some of the images are used: for most of a few that were drawn from 10,000 another label
    changes nothing in the params. Take another batch for each update, until all images have had their
    turn.""",
)
def first_thousand_images_only(x, y, seed):
    x, y = x[:1000], y[:1000]
    return trained(x, y, seed)


@mistake(
    function="train",
    severity="slip",
    stateful=True,
    feedback="""Two calls with the same seed return params that are close and not the same: the weights
    follow the seed, but something is drawn without it, such as the order of the images. Make one
    generator from the seed, and draw everything from that.""",
)
def train_order_unseeded(x, y, seed):
    params = he_layers((x.shape[1], HIDDEN, 10), np.random.default_rng(seed))
    batches = shuffled_batches(len(x), np.random.default_rng())
    return descended(x, y, params, taken(batches, x))


# --- Reading images -----------------------------------------------------------------------------


@mistake(
    function="predict",
    severity="slip",
    feedback="""Your argmax runs over the examples: it names one example for each class. You want one
    class for each example; the classes are the last axis of the logits.""",
)
def argmax_over_the_examples(params, x):
    return layer_outputs(params, x)[-1].argmax(axis=0)


@mistake(
    function="predict",
    severity="slip",
    feedback="""Without an axis, np.argmax runs over the whole batch and returns one number. Each row
    of the logits has its own largest entry: give it an axis.""",
)
def argmax_without_an_axis(params, x):
    return layer_outputs(params, x)[-1].argmax()


@mistake(
    function="predict",
    severity="slip",
    feedback="""You return the largest logit itself. The label is its place in the row: argmax, not
    max.""",
)
def max_in_place_of_argmax(params, x):
    return layer_outputs(params, x)[-1].max(axis=1)


@mistake(
    function="predict",
    severity="slip",
    feedback="""You return the class with the smallest logit. The most likely class has the largest.""",
)
def argmin_in_place_of_argmax(params, x):
    return layer_outputs(params, x)[-1].argmin(axis=1)


@mistake(
    function="predict",
    severity="slip",
    feedback="""There is a ReLU after your last layer. Where all logits are negative they all become
    0, and argmax answers class 0.""",
)
def predict_with_a_relu_after_the_last_layer(params, x):
    return np.maximum(layer_outputs(params, x)[-1], 0).argmax(axis=1)


@mistake(
    function="predict",
    severity="slip",
    feedback="""There is no ReLU between the layers in your predict: these are the labels of another
    network than the one that was trained.""",
)
def predict_without_activation(params, x):
    for W, b in params:
        x = x @ W + b
    return x.argmax(axis=1)


@mistake(
    function="predict",
    severity="slip",
    feedback="""You compare probabilities that have overflowed: exp of a large logit is infinite, and
    infinity over infinity is NaN. The softmax keeps the order of the logits, so you do not need it
    here.""",
)
def predict_with_overflow_in_exp(params, x):
    exps = np.exp(layer_outputs(params, x)[-1])
    return (exps / exps.sum(axis=1, keepdims=True)).argmax(axis=1)


@mistake(
    function="predict",
    severity="slip",
    feedback="""You return the row of logits for each image. A label is one integer: the place of the
    row's largest entry.""",
)
def logits_in_place_of_labels(params, x):
    return layer_outputs(params, x)[-1]


@mistake(
    function="predict",
    severity="slip",
    feedback="""You stop before the last layer and name its largest hidden unit. The label is the
    place of the largest logit, which the last layer computes.""",
)
def predict_without_the_last_layer(params, x):
    return [x, *layer_outputs(params, x)][-2].argmax(axis=1)


@mistake(
    function="predict",
    severity="slip",
    feedback="""For a batch of one image you return a single number; a batch of one has one label, in
    an array of shape (1,).""",
)
def one_label_squeezed(params, x):
    return np.squeeze(layer_outputs(params, x)[-1].argmax(axis=1))


@mistake(
    function="predict",
    severity="slip",
    feedback="""You return the probabilities of all classes. Name the class: the position of the largest
    entry in each row, argmax(axis=1).""",
)
def probabilities_in_place_of_labels(params, x):
    logits = layer_outputs(params, x)[-1]
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="predict",
    severity="slip",
    feedback="""You return a row with a 1 for each image. Name the class: the position of that 1,
    argmax(axis=1).""",
)
def one_hot_in_place_of_labels(params, x):
    logits = layer_outputs(params, x)[-1]
    return (logits == logits.max(axis=1, keepdims=True)).astype(int)


@mistake(
    function="predict",
    severity="slip",
    feedback="""You look for the logit that is largest in size: a very negative one wins. Take the
    largest one, with its sign.""",
)
def largest_size_in_place_of_largest(params, x):
    return np.abs(layer_outputs(params, x)[-1]).argmax(axis=1)
