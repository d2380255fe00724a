"""Hidden checks of homework 5: a start, a network, its gradients, training, reading.

`forward`, `loss_and_gradients` and `predict` get networks that are drawn here, of one, two and three
layers, so a mistake in another function costs nothing there. All sizes of a network differ. Gradients
are compared with central differences of the reference's loss, away from the kinks of the ReLU; what
happens at a kink has a check of its own.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from reference import layer_outputs

from autograder.checks import (
    Failure,
    Training,
    WrongType,
    accuracy,
    assert_close,
    assert_float64_and_unmodified,
    assert_same,
    check,
    convergence,
    draw_curve,
    fingerprint,
    kind_of,
    numeric_gradient,
    require,
    show,
    to_array,
    with_call,
)

SIZES = [(5, 3), (4, 6, 3), (6, 4, 5, 3)]  # networks of one, two and three layers

MOST_UNITS = 20_000  # hidden units of a network that the judge evaluates
TOO_LARGE = "Are the steps too large? Try a tenth of the learning rate."
WIDE = (240, 90, 320, 40)  # layers with so many weights that their spread can be measured


# --- Drawing networks and data ------------------------------------------------------------------


def drawn_network(rng, sizes, bias=0.3):
    """Parameters as the judge draws them: He's weights, and biases that are not 0."""
    return [
        (rng.normal(scale=np.sqrt(2 / inputs), size=(inputs, outputs)), rng.normal(scale=bias, size=outputs))
        for inputs, outputs in pairwise(sizes)
    ]


def smallest_preactivation(params, x):
    """How close the hidden layers come to the kink of the ReLU: the smallest |h @ W + b| of a batch."""
    smallest = np.inf
    for W, b in params[:-1]:
        before = x @ W + b
        smallest = min(smallest, np.abs(before).min())
        x = np.maximum(before, 0)
    return smallest


def drawn_problem(rng, sizes, count, bias=0.3):
    """A network, a batch and its labels, with no hidden unit near its kink."""
    for _ in range(1000):
        params, x = drawn_network(rng, sizes, bias), rng.normal(size=(count, sizes[0]))
        if smallest_preactivation(params, x) > 0.005:
            break
    return params, x, rng.permutation(np.arange(count) % sizes[-1])


def with_large_logits(params, rng):
    """The same network with logits around 10000 and -10000: exp overflows, or a whole row of it is 0."""
    W, b = params[-1]
    large = rng.permutation([1e4, -1e4, *rng.normal(scale=1e4, size=len(b) - 2)])
    return [*params[:-1], (W, b + large)]


# --- Looking at what came back ------------------------------------------------------------------


def pairs_of(function, arguments, value, what):
    """What was returned as a list of (W, b); fails when it is not one pair for each layer."""
    call = function.describe(arguments)
    evidence = function.evidence(arguments).model_copy(update={"got": show(value)})
    if not isinstance(value, (list, tuple)):
        hint = "Did you forget the return statement?" if value is None else ""
        message = (
            f"{call}: {what} should be a list with one pair (W, b) for each layer, not {kind_of(value)}."
        )
        raise WrongType(message, hint=hint, evidence=evidence)
    for layer, pair in enumerate(value, start=1):
        if (
            not isinstance(pair, (list, tuple))
            or len(pair) != 2
            or any(to_array(one) is None for one in pair)
        ):
            raise WrongType(
                f"{call}: {what} should be a list with one pair (W, b) for each layer; "
                f"entry {layer} is {kind_of(pair)}.",
                hint="Keep each layer's two arrays together: [(W1, b1), (W2, b2), ...].",
                evidence=evidence,
            )
    return [(to_array(W), to_array(b)) for W, b in value]


def require_shapes(function, arguments, pairs, sizes, what):
    """Fail unless the pairs have the shapes of a network with these sizes."""
    found = [(W.shape, b.shape) for W, b in pairs]
    right = [((inputs, outputs), (outputs,)) for inputs, outputs in pairwise(sizes)]
    call, evidence = function.describe(arguments), function.evidence(arguments)
    if len(found) != len(right):
        message = f"{call}: the number of layers in {what} is {len(found)}; {len(right)} is right."
        hint = "A layer leads from one size to the next, so there is one layer fewer than sizes."
        raise WrongType(message, hint=hint, evidence=evidence)
    for layer, (own, expected) in enumerate(zip(found, right, strict=True), start=1):
        for name, shape, wanted in zip(("W", "b"), own, expected, strict=True):
            if shape != wanted:
                transposed = shape == wanted[::-1] and name == "W"
                raise WrongType(
                    f"{call}: {name} of layer {layer} in {what} has shape {shape}; {wanted} is right.",
                    hint="W is (inputs, outputs), so that a layer is h @ W + b." if transposed else "",
                    evidence=evidence,
                )


def two_results(function, arguments):
    """Call loss_and_gradients; returns the two things that it returned."""
    value = function(*arguments)
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise WrongType(
            f"{function.describe(arguments)} should return two things, the loss and the list of gradients, "
            f"not {kind_of(value)}.",
            hint="Did you forget the return statement?" if value is None else "",
            evidence=function.evidence(arguments).model_copy(update={"got": show(value)}),
        )
    return value[0], value[1]


def compare(function, arguments, got, expected, parameter, **tolerance):
    """As assert_close, with the call as evidence."""
    try:
        assert_close(got, expected, call=function.describe(arguments), parameter=parameter, **tolerance)
    except Failure as problem:
        problem.evidence = with_call(problem.evidence, function.evidence(arguments))
        raise


# --- Gradients of nested parameters -------------------------------------------------------------


def flat(params):
    """All parameters in one vector."""
    return np.concatenate([array.ravel() for pair in params for array in pair])


def like(params, vector):
    """A vector's entries as a list of (W, b) in the shapes of params."""
    pairs, offset = [], 0
    for W, b in params:
        middle, end = offset + W.size, offset + W.size + b.size
        pairs.append((vector[offset:middle].reshape(W.shape), vector[middle:end].copy()))
        offset = end
    return pairs


def slopes(reference, params, x, labels):
    """The differences of the reference's loss: central, left and right, each in the shapes of params."""

    def losses(calls):
        values = reference.loss_and_gradients.many([(like(params, theta), x, labels) for (theta,) in calls])
        return [loss for loss, _ in values]

    key = ("slopes", fingerprint((params, x, labels)))
    found = reference.remember_(key, lambda: numeric_gradient(losses, (flat(params),), 0, None))
    return like(params, found.central), like(params, found.left), like(params, found.right)


def gradient_pairs(student, arguments):
    """The student's gradients, a pair for each layer of params."""
    function = student.loss_and_gradients
    pairs = pairs_of(function, arguments, two_results(function, arguments)[1], "the gradients")
    layers = len(arguments[0])
    require(
        len(pairs) == layers,
        f"The gradients are {len(pairs)} pairs, of a network with {layers} layers.",
        hint="The gradients have the form of params: one pair (dL/dW, dL/db) for each layer.",
    )
    return pairs


def assert_gradients(student, expected, arguments, which, rtol=1e-6, atol=1e-9):
    """Compare the gradients of all weights (which = 0), or of all biases (which = 1)."""
    scale = max(1.0, np.abs(flat(expected)).max())
    pairs = gradient_pairs(student, arguments)
    for layer, (got, right) in enumerate(zip(pairs, expected, strict=True), start=1):
        name = f"dL/d{'Wb'[which]} of layer {layer}"
        compare(
            student.loss_and_gradients,
            arguments,
            got[which],
            right[which],
            name,
            rtol=rtol,
            atol=atol * scale,
        )


def gradients_are_right(student, reference, rng, shapes, which):
    """Networks of the given sizes and batches: (sizes, count) each."""
    for sizes, count in shapes:
        arguments = drawn_problem(rng, sizes, count)
        central, _, _ = slopes(reference, *arguments)
        assert_gradients(student, central, arguments, which)


# --- A good start: 3 points ---------------------------------------------------------------------


def started(student, sizes, seed):
    """The params that init_params returns, with the shapes that the sizes ask for."""
    arguments = sizes, int(seed)
    pairs = pairs_of(student.init_params, arguments, student.init_params(*arguments), "params")
    require_shapes(student.init_params, arguments, pairs, sizes, "params")
    return pairs


def uncertainty(W):
    """How far, relative to itself, the spread of that many weights may be off: five standard errors."""
    return 0.005 + 5 / np.sqrt(2 * W.size)


def what_the_spread_is(weights):
    """A hint where the weights of all layers follow another rule, "" where none is known."""
    inputs, outputs = np.array([W.shape for W in weights]).T
    rules = [
        (0 * inputs, "All weights of a layer are equal: all its units would stay copies of one another."),
        (2 / inputs, "2 / inputs is the variance. The standard deviation is its square root."),
        (np.sqrt(1 / inputs), "sqrt(1 / inputs) is for layers without ReLU, which sets half of them to 0."),
        (1 / inputs, "Not the number of inputs divides, but its square root; and the 2 is missing."),
        (np.sqrt(2 / outputs), "You count the outputs. A unit adds up its inputs: W.shape[0] of them."),
        (np.sqrt(2 / (inputs + outputs)), "This is Xavier's rule, with inputs + outputs; He's has inputs."),
        (1.0 + 0 * inputs, "The weights are not scaled at all: multiply them by sqrt(2 / inputs)."),
        (
            np.sqrt(2 / inputs / 3),
            "A uniform draw between -a and a has standard deviation a / sqrt(3), so a is sqrt(6 / inputs).",
        ),
        (np.full(len(inputs), weights[0].std()), "All layers are spread alike; each has its own inputs."),
    ]
    for spreads, hint in rules:
        if all(abs(W.std() - s) <= uncertainty(W) * s + 1e-12 for W, s in zip(weights, spreads, strict=True)):
            return hint
    return ""


def same_params(one, other):
    """Whether two lists of pairs agree, rounding aside."""
    return [W.shape for W, _ in one] == [W.shape for W, _ in other] and np.allclose(
        flat(one), flat(other), rtol=1e-6, atol=1e-12, equal_nan=True
    )


def require_same(first, again, after_restart=False):
    """Fail unless two calls with the same seed returned the same params."""
    require(
        same_params(first, again),
        "After a restart the same seed returns other params: something besides the seed decides them."
        if after_restart
        else "Two calls with the same seed return different params.",
        hint="Some generator does not get the seed. Make one inside the function, "
        "np.random.default_rng(seed), and draw everything from it.",
    )


def require_other(first, other):
    """Fail unless two calls with different seeds returned different params."""
    require(
        not same_params(first, other),
        "Two different seeds return the same params.",
        hint="Is the seed used at all, or does a fixed number stand in its place?",
    )


@check(task="init_params", points=0.75)
def init_params_shapes(student, rng):
    """init_params returns a pair (W, b) for each layer: W (inputs, outputs), b (outputs,)."""
    for sizes in [(12, 10), (7, 5, 3), [6, 9, 4, 8, 2]]:
        started(student, sizes, rng.integers(1000))


@check(task="init_params", points=0.25)
def init_params_biases_are_zero(student, rng):
    """All biases start at 0."""
    for layer, (_, b) in enumerate(started(student, (6, 5, 4), rng.integers(1000)), start=1):
        assert_close(
            b, np.zeros_like(b), call="init_params((6, 5, 4), seed)", parameter=f"b of layer {layer}"
        )


@check(task="init_params", points=1.25)
def init_params_spread(student, rng):
    """The weights of every layer have standard deviation sqrt(2 / inputs)."""
    weights = [W for W, _ in started(student, WIDE, rng.integers(1000))]
    require(all(np.isfinite(W).all() for W in weights), "Every weight should be an ordinary number.")
    for layer, (W, inputs) in enumerate(zip(weights, WIDE, strict=False), start=1):
        right = np.sqrt(2 / inputs)
        require(
            abs(W.std() - right) <= uncertainty(W) * right,
            f"The weights of layer {layer} of init_params({WIDE}, seed) have standard deviation "
            f"{W.std():.4g}; sqrt(2 / {inputs}) = {right:.4g} is right.",
            hint=what_the_spread_is(weights),
        )


@check(task="init_params", points=0.25)
def init_params_mean(student, rng):
    """The weights of every layer have mean 0."""
    for layer, (W, _) in enumerate(started(student, WIDE, rng.integers(1000)), start=1):
        require(
            abs(W.mean()) <= 5 * W.std() / np.sqrt(W.size),
            f"The weights of layer {layer} have mean {W.mean():.3g} and standard deviation {W.std():.3g}.",
            hint="Draw them around 0: normal with mean 0, or uniform between -a and a.",
        )


@check(task="init_params", points=0.25)
def init_params_follows_its_seed(student, rng):
    """init_params returns the same weights for the same seed, and others for another seed."""
    seed = rng.integers(1, 1000)
    first, other, again = (started(student, (6, 5, 4), s) for s in (seed, seed + 1, seed))
    require_same(first, again)
    require_other(first, other)
    require_same(first, started(student.in_fresh_process_(), (6, 5, 4), seed), after_restart=True)


@check(task="init_params", points=0.25)
def init_params_draws_every_weight(student, rng):
    """Every weight is drawn on its own: no two units, and no two layers, are copies."""
    (first, _), (second, _) = started(student, (40, 40, 40), rng.integers(1000))
    for W in (first, second):
        copies = min(len(np.unique(W, axis=0)), len(np.unique(W, axis=1))) < 40
        require(not copies, "Some rows or columns of W are equal: units that start as copies stay copies.")
    require(
        abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.3,
        "Two layers of the same shape have the same weights.",
        hint="Is a generator with the same seed made anew for each layer? Make one, and let it run on.",
    )


# --- The network: 3 points ----------------------------------------------------------------------


@check(task="forward", points=0.75)
def forward_one_layer(student, reference, rng):
    """A network of one layer is x @ W + b and nothing else: logits may be negative."""
    for sizes, count in [((5, 3), 7), ((4, 10), 6)]:
        params = drawn_network(rng, sizes)
        assert_same(student.forward, reference.forward, params, rng.normal(size=(count, sizes[0])))


@check(task="forward", points=1.25)
def forward_deep(student, reference, rng):
    """Networks of two, three and four layers: a ReLU between layers, none after the last."""
    for sizes in [(4, 6, 3), (6, 4, 5, 3), (5, 7, 4, 6, 2)]:
        params = drawn_network(rng, sizes)
        assert_same(student.forward, reference.forward, params, rng.normal(size=(8, sizes[0])))


@check(task="forward", points=0.25)
def forward_of_one_image(student, reference, rng):
    """forward takes a batch of one, (1, D), and returns (1, C)."""
    assert_same(student.forward, reference.forward, drawn_network(rng, (5, 4, 3)), rng.normal(size=(1, 5)))


@check(task="forward", points=0.5)
def forward_draws_a_broken_line(student, reference, rng):
    """Over a single input, each logit of a ReLU network is a broken line with a bend for each hidden unit."""
    bends = np.linspace(-2.4, 2.4, 6)
    steepness = rng.permutation([1.0, -1.0, 1.0, -1.0, 0.6, -0.6])
    params = [(steepness[None, :], -steepness * bends), (rng.normal(size=(6, 2)), rng.normal(size=2))]
    arguments = params, np.linspace(-3, 3, 60)[:, None]
    expected, got = reference.forward(*arguments), student.forward(*arguments)
    found = to_array(got)
    if found is not None and found.shape == expected.shape:
        label = "forward: a logit of a network of six hidden units, over its one input"
        draw_curve(student.forward, label, arguments[1][:, 0], found[:, 0], expected[:, 0])
    compare(student.forward, arguments, got, expected, "")


@check(task="forward", points=0.25)
def forward_leaves_inputs(student, rng):
    """forward works in float64 and leaves params and x as they were."""
    assert_float64_and_unmodified(student.forward, drawn_network(rng, (5, 4, 3)), rng.normal(size=(6, 5)))


# --- Loss and gradients: 6 points ---------------------------------------------------------------


@check(task="loss_and_gradients", points=1.25)
def loss_values(student, reference, rng):
    """The loss is the mean cross-entropy of the batch, for networks of one, two and three layers."""
    function = student.loss_and_gradients
    for sizes, count in [*zip(SIZES, (7, 8, 9), strict=True), ((4, 5, 3), 1)]:
        arguments = drawn_problem(rng, sizes, count)
        loss, _ = two_results(function, arguments)
        compare(function, arguments, loss, reference.loss_and_gradients(*arguments)[0], "the loss")


@check(task="loss_and_gradients", points=0.5)
def loss_of_large_logits(student, reference, rng):
    """The loss is finite and right for logits near 10000 and -10000, and for rows of very different size."""
    function = student.loss_and_gradients
    for sizes in [(5, 4), (4, 6, 3)]:
        params, x, labels = drawn_problem(rng, sizes, 7)
        x[::2] *= 3e3
        arguments = with_large_logits(params, rng) if len(sizes) > 2 else params, x, labels
        loss, _ = two_results(function, arguments)
        compare(function, arguments, loss, reference.loss_and_gradients(*arguments)[0], "the loss")


@check(task="loss_and_gradients", points=0.75)
def weight_gradients_of_one_layer(student, reference, rng):
    """For a network of one layer, dL/dW is x.T @ (p - onehot) / N."""
    gradients_are_right(student, reference, rng, [((5, 3), 7), ((4, 3), 1)], 0)


@check(task="loss_and_gradients", points=0.5)
def bias_gradients_of_one_layer(student, reference, rng):
    """For a network of one layer, dL/db is the sum of (p - onehot) / N over the batch."""
    gradients_are_right(student, reference, rng, [((5, 3), 7), ((4, 3), 1)], 1)


@check(task="loss_and_gradients", points=1.25)
def weight_gradients_of_deep_networks(student, reference, rng):
    """dL/dW of every layer agrees with finite differences, for networks of two and three layers."""
    gradients_are_right(student, reference, rng, [((4, 6, 3), 7), ((6, 4, 5, 3), 8)], 0)


@check(task="loss_and_gradients", points=0.75)
def bias_gradients_of_deep_networks(student, reference, rng):
    """dL/db of every layer agrees with finite differences, for networks of two and three layers."""
    gradients_are_right(student, reference, rng, [((4, 6, 3), 7), ((6, 4, 5, 3), 8)], 1)


@check(task="loss_and_gradients", points=0.5)
def gradients_of_large_logits(student, reference, rng):
    """The gradients are finite and right for logits near 10000 and -10000."""
    params, x, labels = drawn_problem(rng, (4, 6, 3), 7)
    arguments = with_large_logits(params, rng), x, labels
    _, expected = reference.loss_and_gradients(*arguments)
    for which in (0, 1):
        assert_gradients(student, expected, arguments, which)


@check(task="loss_and_gradients", points=0.25)
def gradients_at_a_kink(student, reference, rng):
    """Where hidden units get exactly 0, any slope between the left and the right one is right."""
    params, x, labels = drawn_problem(rng, (4, 5, 3), 6, bias=0)
    x[2] = 0.0  # without biases, a black image leads every hidden unit to its kink
    central, left, right = slopes(reference, params, x, labels)
    (_, got), *_ = gradient_pairs(student, (params, x, labels))
    (weights, _), last = central[0], central[1]
    low, high = np.minimum(left[0][1], right[0][1]), np.maximum(left[0][1], right[0][1])
    if got.shape == low.shape and np.isfinite(got).all():
        low = np.clip(got, low, high)  # inside, any answer is right
    for which in (0, 1):
        assert_gradients(student, [(weights, low), last], (params, x, labels), which, rtol=1e-4, atol=1e-4)


@check(task="loss_and_gradients", points=0.25)
def loss_and_gradients_leaves_inputs(student, rng):
    """loss_and_gradients works in float64 and leaves params, x and labels as they were."""
    assert_float64_and_unmodified(student.loss_and_gradients, *drawn_problem(rng, (5, 4, 3), 6))


# --- Training: 6 points -------------------------------------------------------------------------


def few_images(rng, classes=10):
    """300 images of 12 pixels in 0..1, each class a pattern of its own with noise."""
    y = rng.permutation(np.arange(300) % classes)
    patterns = rng.random(size=(classes, 12))
    return np.clip(patterns[y] + rng.normal(scale=0.1, size=(300, 12)), 0, 1), y


def trained(student, x, y, seed):
    """The params that train returns, layer by layer from D inputs to 10 logits."""
    arguments = x, y, int(seed)
    pairs = pairs_of(student.train, arguments, student.train(*arguments), "params")
    require(pairs, "train returned no layers.")
    for layer, (_, b) in enumerate(pairs, start=1):
        require(b.ndim == 1, f"b of layer {layer} in params has shape {b.shape}; (outputs,) is right.")
    widths = [len(b) for _, b in pairs[:-1]]
    require_shapes(student.train, arguments, pairs, [x.shape[1], *widths, 10], "params")
    require(
        sum(widths) <= MOST_UNITS,
        f"The network that train returns has {sum(widths)} hidden units; up to {MOST_UNITS} are graded.",
        hint="A hundred or two read these images well.",
    )
    return pairs


@check(task="train", points=0.2)
def train_returns_a_network(student, rng):
    """train returns params from D inputs to 10 logits, every entry finite, whichever labels are in y."""
    for classes in (10, 7):
        params = trained(student, *few_images(rng, classes), rng.integers(1000))
        require(
            np.isfinite(flat(params)).all(), "Some of train's params are NaN or infinite.", hint=TOO_LARGE
        )


@check(task="train", points=0.2)
def train_follows_its_seed(student, rng):
    """train returns the same params for the same seed."""
    x, y = few_images(rng)
    seed = rng.integers(1, 1000)
    first, again, later = (trained(s, x, y, seed) for s in (student, student, student.in_fresh_process_()))
    require_same(first, again)
    require_same(first, later, after_restart=True)


@check(task="train", points=0.2)
def train_depends_on_its_seed(student, rng):
    """train returns other params for another seed."""
    x, y = few_images(rng)
    seed = rng.integers(1, 1000)
    require_other(*(trained(student, x, y, s) for s in (seed, seed + 1)))


@check(task="train", points=0.2, requires=["train_returns_a_network"])
def train_leaves_inputs(student, rng):
    """train leaves x and y as they were: it neither shuffles nor scales them in place."""
    x, y = few_images(rng)
    assert_float64_and_unmodified(student.train, x, y, int(rng.integers(1000)))


def handwriting(rng, classes=10, styles=12, size=30):
    """480 images of 30 pixels to learn from and 600 to test with: each class is written in twelve styles.

    A hundred of the images hold hardly two thirds of the styles; all of them hold every style four times.
    """
    patterns = rng.random(size=(classes * styles, size))

    def written(style):
        x = np.clip(patterns[style] + rng.normal(scale=0.05, size=(len(style), size)), 0, 1)
        return x, style % classes

    return *written(rng.permutation(480) % len(patterns)), *written(np.arange(600) % len(patterns))


@check(task="train", points=0.2)
def train_learns_from_every_image(student, rng):
    """On 480 small images, train's network learns to read others like them."""
    x, y, test_x, test_y = handwriting(rng)
    seed = int(rng.integers(1000))
    right = np.mean(logits(trained(student, x, y, seed), test_x).argmax(axis=1) == test_y)
    require(
        right >= 0.85,
        f"The network that train returns reads {right:.0%} of them; the recipe reads all.",
        hint="Does the loss fall? Does every image take part, with its own label? On a small data set count "
        "updates, not epochs.",
    )


@convergence(task="train", points=5, floor=0.5)
def train_reads_the_test_images(pieces, images, rng):
    """The network that train returns reads the test images, their pixels in a secret order."""
    seed = int(rng.integers(1000))
    params = trained(pieces, images.train_x, images.train_y, seed)
    require(np.isfinite(flat(params)).all(), "Some of train's params are NaN or infinite.", hint=TOO_LARGE)
    units = sum(len(b) for _, b in params)
    return Training(accuracy(partial(logits, params), images, units), losses=[])


def logits(params, x):
    """The judge's own forward pass: a mistake in the student's costs `train` nothing."""
    return layer_outputs(params, x)[-1]


# --- Reading images: 2 points -------------------------------------------------------------------


@check(task="predict", points=1)
def predict_labels(student, reference, rng):
    """predict names the class with the largest logit, for networks of one, two and three layers."""
    for sizes in [(6, 10), (4, 9, 5), (6, 8, 7, 4)]:
        params = drawn_network(rng, sizes, bias=0.1)
        assert_same(student.predict, reference.predict, params, rng.normal(size=(12, sizes[0])))


@check(task="predict", points=0.25)
def predict_of_one_image(student, reference, rng):
    """predict returns as many labels as there are images, also for a batch of one: (1, D) gives (1,)."""
    params = drawn_network(rng, (5, 4, 6))
    for count in (3, 1):
        assert_same(student.predict, reference.predict, params, rng.normal(size=(count, 5)))


@check(task="predict", points=0.25)
def predict_negative_logits(student, reference, rng):
    """predict is right where all logits are negative: the largest of them counts."""
    params = drawn_network(rng, (6, 8, 5), bias=0.1)
    params[-1] = params[-1][0], params[-1][1] - 100.0
    assert_same(student.predict, reference.predict, params, rng.normal(size=(12, 6)))


@check(task="predict", points=0.25)
def predict_large_logits(student, reference, rng):
    """predict is right for logits of several thousand, where exp overflows."""
    params = drawn_network(rng, (6, 8, 5), bias=0.1)
    params[-1] = 1e4 * params[-1][0], params[-1][1]
    assert_same(student.predict, reference.predict, params, rng.normal(size=(12, 6)))


@check(task="predict", points=0.25)
def predict_leaves_inputs(student, rng):
    """predict leaves params and x as they were."""
    assert_float64_and_unmodified(student.predict, drawn_network(rng, (5, 4, 3)), rng.normal(size=(6, 5)))
