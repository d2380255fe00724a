"""Public checks of homework 5: small networks worked out by hand. They carry no points.

Run one with `check("forward")` in the notebook. Passing them is a good sign; grading uses other networks,
deeper ones, and for `train` the images themselves.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import (
    assert_close,
    assert_fits,
    assert_no_mutation,
    check,
    numeric_gradient,
    require,
    to_array,
)

LOG3 = np.log(3.0)


def two_units():
    """Two inputs, two hidden units, two logits: the hidden units are relu(a - b) and relu(b - a + 1)."""
    W1, b1 = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([0.0, 1.0])
    W2, b2 = np.array([[1.0, 0.0], [2.0, -1.0]]), np.array([0.0, 0.5])
    return [(W1, b1), (W2, b2)]


def small_problem(sizes):
    """A network, five examples and their labels, with no hidden unit near its kink."""
    for seed in range(15, 100):
        rng = np.random.default_rng(seed)
        params = [(rng.normal(size=shape), rng.normal(size=shape[1])) for shape in pairwise(sizes)]
        x = h = rng.normal(size=(5, sizes[0]))
        nearest = np.inf
        for W, b in params[:-1]:
            z = h @ W + b
            nearest, h = min(nearest, np.abs(z).min()), np.maximum(z, 0)
        if nearest > 0.01:
            break
    return params, x, np.array([0, 2, 1, 1, 0])


def require_pairs(value, call):
    """The pairs (W, b) that a call returned; fails when it is not a list of them."""
    right = isinstance(value, (list, tuple)) and all(
        isinstance(pair, (list, tuple))
        and len(pair) == 2
        and all(to_array(part) is not None for part in pair)
        for pair in value
    )
    require(right, f"{call} should be a list with one pair (W, b) for each layer.")
    return [(to_array(W), to_array(b)) for W, b in value]


def require_weights(pairs):
    """Fail where a layer's weights are all the same: its units would stay alike."""
    require(pairs, "There is no layer.")
    for layer, (W, _) in enumerate(pairs, start=1):
        require(np.ptp(W) > 0, f"All weights of layer {layer} are {W.flat[0]:.3g}: its units stay alike.")


def require_loss_and_gradients(student, params, x, labels):
    """What loss_and_gradients returned: a loss and a list of pairs."""
    value = student.loss_and_gradients(params, x, labels)
    require(
        isinstance(value, (list, tuple)) and len(value) == 2,
        "loss_and_gradients should return two things: the loss, and the list of gradients.",
    )
    return value[0], require_pairs(value[1], "the gradients")


# --- A good start -------------------------------------------------------------------------------


@check(task="init_params")
def init_params_gives_a_pair_for_each_layer(student):
    """init_params((784, 64, 10), seed) is [(W, b), (W, b)]: W (784, 64) and (64, 10), b (64,) and (10,)."""
    pairs = require_pairs(student.init_params((784, 64, 10), 1), "init_params((784, 64, 10), 1)")
    shapes = [(W.shape, b.shape) for W, b in pairs]
    right = [((784, 64), (64,)), ((64, 10), (10,))]
    require(shapes == right, f"init_params((784, 64, 10), 1) has the shapes {shapes}; {right} are right.")
    require(all(not b.any() for _, b in pairs), "Biases start at 0.")
    require_weights(pairs)


@check(task="init_params")
def init_params_scales_the_weights(student):
    """With 800 inputs the weights have standard deviation sqrt(2/800) = 0.05, with 200 inputs 0.1."""
    pairs = require_pairs(student.init_params((800, 200, 100), 2), "init_params((800, 200, 100), 2)")
    require(len(pairs) == 2, f"init_params((800, 200, 100), 2) has {len(pairs)} layers; 2 are right.")
    for (W, _), spread in zip(pairs, (0.05, 0.1), strict=False):
        require(
            abs(W.std() / spread - 1) < 0.04,
            f"The weights of shape {W.shape} have standard deviation {W.std():.4f}; {spread} is right.",
        )


@check(task="init_params")
def init_params_uses_its_seed(student):
    """The same seed gives the same weights, another seed gives others; 0 is a seed, too."""
    for seed in (3, 0):
        first, other, again = (
            require_pairs(student.init_params((4, 3), s), f"init_params((4, 3), {s})")[0][0]
            for s in (seed, seed + 1, seed)
        )
        require(np.array_equal(first, again), f"Two calls with seed {seed} give different weights.")
        require(not np.array_equal(first, other), f"Seeds {seed} and {seed + 1} give the same weights.")


@check(task="init_params")
def init_params_draws_every_layer_anew(student):
    """Two layers of the same size have different weights: one generator draws them all."""
    pairs = require_pairs(student.init_params((5, 5, 5), 6), "init_params((5, 5, 5), 6)")
    require(len(pairs) == 2, f"init_params((5, 5, 5), 6) has {len(pairs)} layers; 2 are right.")
    require_weights(pairs)
    alike = np.array_equal(pairs[0][0], pairs[1][0])
    require(not alike, "Both layers have the same weights: is a new generator made for each layer?")


# --- The network --------------------------------------------------------------------------------


@check(task="forward")
def forward_of_a_single_layer(student):
    """One layer is x @ W + b: with W = [[1, 2], [3, 4]] and b = [0, -9], [[1, 1]] becomes [[4, -3]]."""
    params = [(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.0, -9.0]))]
    assert_close(student.forward(params, np.array([[1.0, 1.0]])), np.array([[4.0, -3.0]]), call="forward")


@check(task="forward")
def forward_by_hand(student):
    """Two layers by hand: [3, 1] makes the hidden units relu(2) = 2 and relu(-1) = 0, the logits [2, 0.5].

    And [-1, 2] makes the hidden units 0 and 4: the inputs themselves go through no ReLU.
    """
    got = student.forward(two_units(), np.array([[3.0, 1.0], [0.0, 2.0], [-1.0, 2.0]]))
    right = np.array([[2.0, 0.5], [6.0, -2.5], [8.0, -3.5]])
    assert_close(got, right, call="forward(params, [[3, 1], [0, 2], [-1, 2]])")


@check(task="forward")
def forward_of_three_layers(student):
    """Three layers that double, add 1 and change the sign: 3 becomes 6, 7 and -7; -3 becomes 0, 1, -1."""
    params = [
        (np.array([[2.0]]), np.zeros(1)),
        (np.array([[1.0]]), np.ones(1)),
        (np.array([[-1.0]]), np.zeros(1)),
    ]
    got = student.forward(params, np.array([[3.0], [-3.0]]))
    assert_close(got, np.array([[-7.0], [-1.0]]), call="forward(params of three layers, [[3], [-3]])")


@check(task="forward")
def forward_leaves_its_inputs(student):
    """forward leaves params and x as they were."""
    got = assert_no_mutation(student.forward, two_units(), np.array([[3.0, 1.0], [0.0, 2.0]]))
    assert_close(got, np.array([[2.0, 0.5], [6.0, -2.5]]), call="forward(params, [[3, 1], [0, 2]])")


# --- Loss and gradients -------------------------------------------------------------------------


@check(task="loss_and_gradients")
def loss_of_a_network_that_knows_nothing(student):
    """With all parameters 0 the ten logits are equal, and the loss is log 10 = 2.303."""
    params = [(np.zeros((4, 10)), np.zeros(10))]
    loss, _ = require_loss_and_gradients(student, params, np.ones((2, 4)), np.array([3, 7]))
    assert_close(loss, np.log(10.0), call="the loss")


@check(task="loss_and_gradients")
def gradients_of_one_layer_by_hand(student):
    """Logits [[0, log 3]] and label 0: p is [1/4, 3/4], so dL/db = [-3/4, 3/4], and dL/dW is x times that."""
    params = [(np.zeros((1, 2)), np.array([0.0, LOG3]))]
    loss, pairs = require_loss_and_gradients(student, params, np.array([[2.0]]), np.array([0]))
    assert_close(loss, np.log(4.0), call="the loss")
    require(len(pairs) == 1, f"A network of one layer has one pair of gradients, not {len(pairs)}.")
    assert_close(pairs[0][0], np.array([[-1.5, 1.5]]), call="dL/dW")
    assert_close(pairs[0][1], np.array([-0.75, 0.75]), call="dL/db")


@check(task="loss_and_gradients")
def large_logits_by_hand(student):
    """For logits [[10000, -10000], [0, 0]] and labels [1, 0] the loss is (20000 + log 2) / 2, without NaN."""
    params = [(np.array([[1e4, -1e4]]), np.zeros(2))]
    loss, _ = require_loss_and_gradients(student, params, np.array([[1.0], [0.0]]), np.array([1, 0]))
    assert_close(loss, (2e4 + np.log(2.0)) / 2, call="the loss")


@check(task="loss_and_gradients", requires=["loss_of_a_network_that_knows_nothing", "large_logits_by_hand"])
def gradients_fit_the_loss(student):
    """The gradients of networks of one to four layers are those of your loss, by finite differences."""
    for sizes in ((3, 4, 3), (3, 3), (4, 3, 5, 3), (2, 3, 4, 5, 3)):
        compare_gradients(student, *small_problem(sizes))


def compare_gradients(student, params, x, labels):
    """Fail unless every gradient agrees with differences of the student's own loss."""
    loss, gradients = require_loss_and_gradients(student, params, x, labels)
    require(np.shape(loss) == (), "The loss should be one number, the mean over the batch.")
    require(
        len(gradients) == len(params),
        f"A network of {len(params)} layers has as many pairs of gradients, not {len(gradients)}.",
    )
    require(any(np.any(abs(part) > 1e-9) for pair in gradients for part in pair), "All gradients are 0.")
    for layer in range(len(params)):
        for which, name in ((0, "dL/dW"), (1, "dL/db")):

            def losses(calls, layer=layer, which=which):
                moved = [[list(pair) for pair in params] for _ in calls]
                for shifted, (theta,) in zip(moved, calls, strict=True):
                    shifted[layer][which] = theta
                arguments = [([tuple(pair) for pair in shifted], x, labels) for shifted in moved]
                return [value[0] for value in student.loss_and_gradients.many(arguments)]

            slopes = numeric_gradient(losses, (params[layer][which],), 0, None).central
            call = f"{name} of layer {layer + 1} of {len(params)}"
            assert_fits(gradients[layer][which], slopes, "loss", call=call, rtol=1e-5, atol=1e-8)


# --- Training -----------------------------------------------------------------------------------


def few_images():
    """300 images of 12 pixels, each digit a pattern of its own with noise."""
    rng = np.random.default_rng(15)
    y = rng.permutation(np.arange(300) % 10)
    return np.clip(rng.random(size=(10, 12))[y] + rng.normal(scale=0.1, size=(300, 12)), 0, 1), y


@check(task="train")
def train_returns_params(student):
    """train returns a list of (W, b) from D inputs to 10 logits; here D is 12, and no label is 9."""
    x, y = few_images()
    pairs = require_pairs(student.train(x[y < 9], y[y < 9], 1), "train(x, y, 1)")
    require(pairs, "train(x, y, 1) returned no layer.")
    first, last = pairs[0][0].shape, pairs[-1][0].shape
    require(first[:1] == (12,), f"W of the first layer has shape {first}; x has 12 columns.")
    require(last[1:] == (10,), f"W of the last layer has shape {last}; there are 10 logits.")
    finite = all(np.isfinite(array).all() for pair in pairs for array in pair)
    require(finite, "Some entries are NaN or infinite: are the steps too large?")
    require_weights(pairs)


@check(task="train")
def train_learns_easy_images(student):
    """After training, the returned network reads at least half of 300 easy training images."""
    x, y = few_images()
    h = x
    pairs = require_pairs(student.train(x, y, 1), "train(x, y, 1)")
    for layer, (W, b) in enumerate(pairs, start=1):
        fits = W.ndim == 2 and W.shape[0] == h.shape[1] and b.shape == W.shape[1:]
        require(
            fits, f"Layer {layer} has W {W.shape} and b {b.shape}; it gets {h.shape[1]} numbers per image."
        )
        z = h @ W + b
        h = np.maximum(z, 0)
    right = float(np.mean(np.argmax(z, axis=1) == y)) if pairs else 0.0
    require(right >= 0.5, f"{right:.0%} of the training images are read correctly; guessing reads 10%.")


@check(task="train")
def train_uses_its_seed(student):
    """The same seed gives the same params, another seed gives others; 0 is a seed, too."""
    for seed in (1, 0):
        first, other, again = (
            require_pairs(student.train(*few_images(), s), f"train(x, y, {s})")
            for s in (seed, seed + 2, seed)
        )
        agree = [np.array_equal(W, V) for (W, _), (V, _) in zip(first, again, strict=False)]
        require(
            all(agree),
            f"Two calls with seed {seed} give different params: is some draw made without the seed?",
        )
        differ = [not np.array_equal(W, V) for (W, _), (V, _) in zip(first, other, strict=False)]
        require(any(differ), f"Seeds {seed} and {seed + 2} give the same params.")


@check(task="train")
def train_leaves_its_inputs(student):
    """train leaves x and y as they were: shuffle an order of row numbers, not the arrays."""
    require_weights(require_pairs(assert_no_mutation(student.train, *few_images(), 1), "train(x, y, 1)"))


# --- Reading images -----------------------------------------------------------------------------


@check(task="predict")
def predict_by_hand(student):
    """The logits [2, 0.5] and [6, -2.5] of the network above both say 0; with W2 negated, both say 1."""
    x = np.array([[3.0, 1.0], [0.0, 2.0]])
    first, (W2, b2) = two_units()
    assert_close(student.predict([first, (W2, b2)], x), np.array([0, 0]), call="predict(params, x)")
    got = student.predict([first, (-W2, b2)], x)
    assert_close(got, np.array([1, 1]), call="predict(params with -W2, x)")


@check(task="predict")
def predict_names_one_label_an_image(student):
    """For logits [1, 9, 3], [7, 2, 5] and [-3, -2, -1] the labels are [1, 0, 2]."""
    params = [(np.eye(3), np.zeros(3))]
    x = np.array([[1.0, 9.0, 3.0], [7.0, 2.0, 5.0], [-3.0, -2.0, -1.0]])
    assert_close(student.predict(params, x), np.array([1, 0, 2]), call="predict(params, x)")


@check(task="predict")
def predict_of_one_image(student):
    """A batch of one gives an array of one label, shape (1,), also for logits of 10000."""
    params = [(np.eye(3), np.zeros(3))]
    got = student.predict(params, np.array([[9e3, 1e4, -1e4]]))
    assert_close(got, np.array([1]), call="predict(params, [[9000, 10000, -10000]])")
