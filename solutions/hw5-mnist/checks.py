"""Hidden checks of homework 5: a start, a network, its gradients, training, reading.

`forward`, `loss_and_gradients` and `predict` get networks that are drawn here, of one, two and three
layers, so a mistake in another function costs nothing there. All sizes of a network differ. Gradients
are compared with central differences of the reference's loss, away from the kinks of the ReLU; what
happens at a kink has a check of its own.

Points: 45 % of a task are for a function that does what it is for, though a sign, a factor, the seed or a
shape may be wrong; the others are for being right in every respect. So each of the other checks looks at
everything that has to hold, and a slip keeps about half.
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
    assert_depends,
    assert_plausible,
    assert_same,
    check,
    convergence,
    draw_curve,
    fingerprint,
    kind_of,
    leaves,
    numeric_gradient,
    require,
    require_float64_and_unmodified,
    require_no_mutation,
    show,
    to_array,
    with_call,
)

MOST_UNITS = 20_000  # hidden units of a network that the judge evaluates
KNOWS_WHAT_IT_SAW = 0.6  # of exchanged labels; twice what knowing the digits is good for
TOO_LARGE = "Are the steps too large? Try a tenth of the learning rate."
WIDE = (240, 90, 320, 40)  # layers with so many weights that their spread can be measured
FEW_INPUTS = (3, 2000, 4, 1500)  # and where one input more or less makes a large difference


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


UNSEEDED = (
    "Some generator does not get the seed. Make one inside the function, np.random.default_rng(seed), "
    "and draw everything from it."
)
ONLY_THE_SEED = (
    "Draw everything from one generator, np.random.default_rng(seed), made of the seed itself at every "
    "call: no time, no hash(...) of a text, no cache."
)


FAR_SEED = 32_000  # above another seed, with which it agrees in its last bits and in its last digits


def require_same(first, again, after_restart=False):
    """Fail unless two calls with the same seed returned the same params."""
    require(
        same_params(first, again),
        "After a restart the same seed returns other params: something besides the seed decides them."
        if after_restart
        else "Two calls with the same seed return different params.",
        hint=ONLY_THE_SEED if after_restart else UNSEEDED,
    )


def require_other(first, other):
    """Fail unless two calls with different seeds returned different params."""
    require(
        not same_params(first, other),
        "Two different seeds return the same params.",
        hint="Is the seed used at all, or does a fixed number stand in its place?",
    )


def he_start(student, sizes, seed):
    """The params that init_params returns, after everything that has to hold for them."""
    params = started(student, sizes, seed)
    require_float64_and_unmodified(student.init_params, (sizes, int(seed)))
    for layer, ((W, b), inputs) in enumerate(zip(params, sizes, strict=False), start=1):
        call = f"init_params({sizes}, seed)"
        assert_close(b, np.zeros_like(b), call=call, parameter=f"b of layer {layer}")
        require(np.isfinite(W).all(), "Every weight should be an ordinary number.")
        right = np.sqrt(2 / inputs)
        require(
            abs(W.std() - right) <= uncertainty(W) * right,
            f"The weights of layer {layer} of {call} have standard deviation "
            f"{W.std():.4g}; sqrt(2 / {inputs}) = {right:.4g} is right.",
            hint=what_the_spread_is([W for W, _ in params]),
        )
        require(
            abs(W.mean()) <= 5 * W.std() / np.sqrt(W.size),
            f"The weights of layer {layer} have mean {W.mean():.3g} and standard deviation {W.std():.3g}.",
            hint="Draw them around 0: normal with mean 0, or uniform between -a and a.",
        )
        require_normal_or_uniform(W, layer)
        copies = min(len(np.unique(W, axis=0)), len(np.unique(W, axis=1))) < min(W.shape)
        require(not copies, "Some rows or columns of W are equal: units that start as copies stay copies.")
    return params


def require_normal_or_uniform(W, layer):
    """Fail where weights take a few values only, or more of them are large than in a normal draw."""
    require(
        len(np.unique(W)) > 0.9 * W.size,
        f"The weights of layer {layer} have only {len(np.unique(W))} different values, of {W.size}.",
        hint="Draw every weight by itself, from a normal or a uniform distribution.",
    )
    # The fourth moment is 1.8 for a uniform distribution and 3 for a normal one.
    fourth = np.mean(((W - W.mean()) / W.std()) ** 4)
    noise = 5 * np.sqrt(24 / W.size)
    require(
        1.8 - noise <= fourth <= 3 + noise,
        f"The weights of layer {layer} are neither normal nor uniform: too many of them are "
        f"{'large' if fourth > 3 else 'alike in size'}.",
        hint="Draw from rng.normal or rng.uniform, with the spread that the handout gives.",
    )


def require_seeded(student, sizes, seed):
    """Fail unless two starts with one seed are alike, and unlike the start with another seed."""
    first, other, again = (he_start(student, sizes, s) for s in (seed, seed + 1, seed))
    require_same(first, again)
    require_other(first, other)
    return first


def require_layers_apart(params):
    """Fail where two layers of the same shape have the same weights."""
    for (first, _), (second, _) in pairwise(params):
        require(
            first.shape != second.shape or abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.3,
            "Two layers of the same shape have the same weights.",
            hint="Is a generator with the same seed made anew for each layer? Make one, and let it run on.",
        )


@check(task="init_params", points=1.35)
def init_params_is_plausible(student, rng):
    """init_params returns weights for every layer, and draws them: hardly two are equal."""
    sizes = (7, 5, 6, 3)
    found = leaves(student.init_params(sizes, int(rng.integers(1000))))
    for inputs, outputs in pairwise(sizes):
        weights = [leaf for leaf in found if leaf.size == inputs * outputs and leaf.ndim > 1]
        require(
            any(np.isfinite(W).all() and len(np.unique(W)) > W.size / 2 for W in weights),
            f"There is no array of {inputs} by {outputs} weights that differ from one another.",
            hint="Every layer has its own matrix, and every weight in it is drawn.",
        )


@check(task="init_params", points=0.8)
def init_params_spread(student, rng):
    """W is (inputs, outputs) with standard deviation sqrt(2 / inputs) and mean 0, b is (outputs,) and 0."""
    for sizes in (WIDE, (40, 40, 40), [60, 90, 40, 80], FEW_INPUTS):
        for seed in (0, int(rng.integers(1, 1000))):
            first = require_seeded(student, sizes, seed)
            require_layers_apart(first)
    require_same(first, started(student.in_fresh_process_(), sizes, seed), after_restart=True)
    started(student, [6, 9, 4, 8, 2], rng.integers(1000))


@check(task="init_params", points=0.85)
def init_params_follows_its_seed(student, rng):
    """init_params returns the same weights for the same seed, others for another; 0 is a seed."""
    he_start(student, FEW_INPUTS, int(rng.integers(1000)))
    sizes = (60, 60, 60, 30)
    for seed in (0, *rng.integers(1, 1000, size=2)):
        first = require_seeded(student, sizes, int(seed))
        require_layers_apart(first)
    require_other(first, started(student, sizes, seed + FAR_SEED))
    require_same(first, started(student.in_fresh_process_(), sizes, seed), after_restart=True)


# --- The network: 3 points ----------------------------------------------------------------------


def forward_is_right(student, reference, rng, sizes, count):
    """Compare the logits of a drawn network, for a batch and for a batch of one."""
    params = drawn_network(rng, sizes)
    for images in (count, 1):
        x = rng.normal(size=(images, sizes[0]))
        for scale in (1.0, 50.0):  # hidden units have no upper limit
            assert_same(student.forward, reference.forward, params, scale * x, pure=True)
    large = [(50 * W, 50 * b) for W, b in params]  # and weights have none
    assert_same(student.forward, reference.forward, large, x, pure=True)


@check(task="forward", points=1.35)
def forward_is_plausible(student, reference, rng):
    """forward depends on params and on x, and is large where the logits are."""
    calls = [(drawn_network(rng, (5, 7, 3)), rng.normal(size=(20, 5))) for _ in range(6)]
    assert_plausible(student.forward, reference.forward, *calls, uses=(0, 1))


@check(task="forward", points=0.5)
def forward_one_layer(student, reference, rng):
    """A network of one layer is x @ W + b and nothing else: logits may be negative."""
    for sizes, count in [((5, 3), 7), ((4, 10), 6)]:
        forward_is_right(student, reference, rng, sizes, count)


@check(task="forward", points=0.6)
def forward_deep(student, reference, rng):
    """Networks of two to four layers: a ReLU between layers, none after the last; also for one image."""
    for sizes in [(4, 6, 3), (6, 4, 5, 3), (5, 7, 4, 6, 2)]:
        forward_is_right(student, reference, rng, sizes, 8)


@check(task="forward", points=0.55)
def forward_draws_a_broken_line(student, reference, rng):
    """Over a single input, each logit of a ReLU network is a broken line with a bend for each hidden unit."""
    bends = np.linspace(-2.4, 2.4, 6)
    steepness = rng.permutation([1.0, -1.0, 1.0, -1.0, 0.6, -0.6])
    params = [(steepness[None, :], -steepness * bends), (rng.normal(size=(6, 2)), rng.normal(size=2))]
    arguments = params, np.linspace(-3, 3, 60)[:, None]
    expected, got = reference.forward(*arguments), student.forward(*arguments)
    require_float64_and_unmodified(student.forward, arguments)
    found = to_array(got)
    if found is not None and found.shape == expected.shape:
        label = "forward: a logit of a network of six hidden units, over its one input"
        draw_curve(student.forward, label, arguments[1][:, 0], found[:, 0], expected[:, 0])
    compare(student.forward, arguments, got, expected, "")
    for far in (0.7, -150.0, 150.0):
        assert_same(student.forward, reference.forward, params, np.array([[far]]), pure=True)
    forward_is_right(student, reference, rng, (1, 6, 5, 2), 9)  # bends of two hidden layers


# --- Loss and gradients: 6 points ---------------------------------------------------------------


def all_is_right(student, reference, arguments, gradients=None):
    """Compare the loss and all gradients; params, x and labels have to be as they were."""
    function = student.loss_and_gradients
    loss, _ = two_results(function, arguments)
    require_float64_and_unmodified(function, arguments)
    right, expected = reference.loss_and_gradients(*arguments)
    compare(function, arguments, loss, right, "the loss")
    for which in (0, 1):
        assert_gradients(student, gradients or expected, arguments, which)


def differences_are_right(student, reference, rng, sizes, count):
    """As all_is_right, the gradients against central differences of the reference's loss."""
    arguments = drawn_problem(rng, sizes, count)
    all_is_right(student, reference, arguments, slopes(reference, *arguments)[0])


def all_is_right_far_out(student, reference, rng, sizes):
    """As all_is_right, for logits near 10000 and -10000, and for rows of very different size."""
    params, x, labels = drawn_problem(rng, sizes, 7)
    large = with_large_logits(params, rng)
    all_is_right(student, reference, (large, x, labels))
    sure = reference.forward(large, x).argmax(axis=1)  # a loss of exactly 0
    all_is_right(student, reference, (large, x, sure))
    spread = x * np.where(np.arange(len(x)) % 2, 1.0, 3e3)[:, None]
    all_is_right(student, reference, (params, spread, labels))


@check(task="loss_and_gradients", points=2.7)
def loss_and_gradients_are_plausible(student, reference, rng):
    """The loss and the gradients depend on params, x and labels, and go with the right ones."""

    def loss(value):
        return value[0] if isinstance(value, (list, tuple)) and len(value) == 2 else None

    def gradients(value):
        return value[1] if isinstance(value, (list, tuple)) and len(value) == 2 else None

    calls = [drawn_problem(rng, (4, 6, 3), 7) for _ in range(60)]
    functions = student.loss_and_gradients, reference.loss_and_gradients
    assert_plausible(*functions, *calls, uses=(0, 1, 2), part=loss)
    assert_plausible(*functions, *calls, uses=(0, 1, 2), part=gradients)


@check(task="loss_and_gradients", points=1.0)
def gradients_of_one_layer(student, reference, rng):
    """For one layer, dL/dW is x.T @ (p - onehot) / N, and dL/db is (p - onehot) / N summed over the batch."""
    for sizes, count in [((5, 3), 7), ((4, 3), 1)]:
        differences_are_right(student, reference, rng, sizes, count)
    all_is_right_far_out(student, reference, rng, (5, 4))


@check(task="loss_and_gradients", points=1.3)
def gradients_of_deep_networks(student, reference, rng):
    """For two and three layers, the loss is right, and all gradients agree with finite differences."""
    for sizes, count in [((4, 6, 3), 7), ((6, 4, 5, 3), 8)]:
        differences_are_right(student, reference, rng, sizes, count)
    all_is_right(student, reference, drawn_problem(rng, (4, 6, 5, 7, 3), 7))
    all_is_right_far_out(student, reference, rng, (4, 6, 3))


@check(task="loss_and_gradients", points=1.0)
def gradients_at_a_kink(student, reference, rng):
    """Where hidden units get exactly 0, any slope between the left and the right one is right."""
    params, x, labels = drawn_problem(rng, (4, 5, 3), 6, bias=0)
    x[2] = 0.0  # without biases, a black image leads every hidden unit to its kink
    arguments = params, x, labels
    central, left, right = slopes(reference, *arguments)
    (_, got), *_ = gradient_pairs(student, arguments)
    (weights, _), last = central[0], central[1]
    low, high = np.minimum(left[0][1], right[0][1]), np.maximum(left[0][1], right[0][1])
    if got.shape == low.shape and np.isfinite(got).all():
        low = np.clip(got, low, high)  # inside, any answer is right
    for which in (0, 1):
        assert_gradients(student, [(weights, low), last], arguments, which, rtol=1e-4, atol=1e-4)
    require_float64_and_unmodified(student.loss_and_gradients, arguments)
    all_is_right_far_out(student, reference, rng, (4, 6, 3))
    differences_are_right(student, reference, rng, (5, 6, 4), 1)


# --- Training: 6 points -------------------------------------------------------------------------


def few_images(rng, classes=10, count=300):
    """300 images of 12 pixels in 0..1, each class a pattern of its own with noise."""
    y = rng.permutation(np.arange(count) % classes)
    patterns = rng.random(size=(classes, 12))
    return np.clip(patterns[y] + rng.normal(scale=0.1, size=(count, 12)), 0, 1), y


def trained(student, x, y, seed):
    """The params that train returns, layer by layer from D inputs to 10 logits."""
    arguments = x, y, int(seed)
    pairs = pairs_of(student.train, arguments, student.train(*arguments), "params")
    require(pairs, "train returned no layers.")
    for layer, (_, b) in enumerate(pairs, start=1):
        require(b.ndim == 1, f"b of layer {layer} in params has shape {b.shape}; (outputs,) is right.")
    widths = [len(b) for _, b in pairs[:-1]]
    require_shapes(student.train, arguments, pairs, [x.shape[1], *widths, 10], "params")
    require_few_units(pairs)
    return pairs


def require_few_units(params):
    """Fail where the judge would need too much memory to evaluate a network."""
    units = sum(W.shape[1] for W, _ in params[:-1])
    require(
        units <= MOST_UNITS,
        f"The network that train returns has {units} hidden units; up to {MOST_UNITS} are graded.",
        hint="A hundred or two read these images well.",
    )


def network_in(value, x):
    """What was returned as layers (W, b) from x to 10 logits, biases of 0 where there are none; or None."""
    found, params = leaves(value), []
    while not params or params[-1][0].shape[1] != 10:
        inputs = params[-1][0].shape[1] if params else x.shape[1]
        place = next((i for i, leaf in enumerate(found) if leaf.ndim == 2 and len(leaf) == inputs), None)
        if place is None:
            return None
        W = found[place]
        b = found[place + 1].ravel() if place + 1 < len(found) else np.zeros(0)
        params.append((W, b if b.size == W.shape[1] else np.zeros(W.shape[1])))
        found = found[place + 1 :]
    return params


@check(task="train", points=2.7)
def train_is_plausible(student, rng):
    """train returns a network that depends on the labels, and on which image has which."""
    x, y = few_images(rng)
    seed = int(rng.integers(1, 1000))
    other = (y + rng.integers(1, 10)) % 10  # every class under another name
    values = [student.train(x, labels, seed) for labels in (y, other)]
    first, second = (network_in(value, x) for value in values)
    require(
        first is not None and second is not None,
        f"train returned {kind_of(values[0])}, without a network from {x.shape[1]} pixels to 10 logits.",
        hint="Did you forget the return statement?" if values[0] is None else "",
    )
    require_few_units(first)
    require_few_units(second)
    gain, rows = logits(first, x) - logits(second, x), np.arange(len(y))
    for labels in (y, other):
        # Near 1 whatever the size and the sign of the steps, even if all images get the same logits.
        raised = [abs(np.sign(each[rows, labels]).mean()) for each in (gain, gain - gain.mean(axis=0))]
        require(
            max(raised) >= 0.7,
            "What train returns hardly depends on which image has which label.",
            hint="Do the updates reach the params that you return? Does every image keep its own label?",
        )


@check(task="train", points=0.7)
def train_follows_the_rules(student, rng):
    """train returns 10 logits for any labels, follows its seed, 0 too, and leaves x and y as they were."""
    x, y = few_images(rng)
    seed = int(rng.integers(1, 1000))
    params = {}
    for own in (seed, 0, seed + 1):
        params[own], again = trained(student, x, y, own), trained(student, x, y, own)
        require_no_mutation(student.train, (x, y, own))
        require_same(params[own], again)
    require_other(params[seed], params[seed + 1])
    require_other(params[seed], params[0])
    require_other(params[seed + 1], params[0])
    require_same(params[seed], trained(student.in_fresh_process_(), x, y, seed), after_restart=True)
    for classes in (7, 5):  # labels that y happens to lack are classes all the same
        params[classes] = trained(student, *few_images(rng, classes), seed)
    for found in params.values():
        require(np.isfinite(flat(found)).all(), "Some of train's params are NaN or infinite.", hint=TOO_LARGE)


@check(task="train", points=0.2)
def train_uses_every_image(student, rng):
    """Among 10,000 images another label of a single one changes what train returns."""
    x, y = few_images(rng, count=10_000)
    seed = int(rng.integers(1000))
    rows = rng.choice(len(y), size=6, replace=False)
    before, *after = (flat(trained(student, x, with_another_label(y, row), seed)) for row in (None, *rows))
    matter = sum(not np.array_equal(before, each, equal_nan=True) for each in after)
    require(
        # One or two may be missed: drawn by chance, or kept for validation.
        matter >= 2,
        f"For {len(rows) - matter} of {len(rows)} images it does not matter which label they have.",
        hint="Do you train on the first mini-batch only? Take another one for each update, until every image "
        "has had its turn.",
    )


def with_another_label(y, row):
    """The labels with one of them changed, or none."""
    other = y.copy()
    if row is not None:
        other[row] = (other[row] + 1) % 10
    return other


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


def exchanged(images, rng, digits=3, copies=200):
    """A small set of the images themselves, with labels that have nothing to do with what digit they show.

    Ten images of three digits, each with a label of its own and in 200 copies with noise. Whoever knows
    how to read digits, and finds out which label each digit has here, is right for three of the ten.
    """
    chosen = rng.choice(10, size=digits, replace=False)
    rows = [rng.choice(np.flatnonzero(images.train_y == chosen[i % digits])) for i in range(10)]
    y = rng.permutation(np.arange(10 * copies) % 10)
    x = images.scaled(images.train_pixels[rows])[y]
    x *= rng.uniform(0.8, 1.0, size=(len(y), 1))
    x += rng.normal(scale=0.05, size=x.shape)
    return np.clip(x, 0, 1), rng.permutation(10)[y]


def require_learning(pieces, images, rng):
    """Fail where train returns what it knew before, and not what it is shown."""
    x, y = exchanged(images, rng)
    params = trained(pieces, x, y, int(rng.integers(1000)))
    right = np.mean(logits(params, x).argmax(axis=1) == y)
    require(
        right >= KNOWS_WHAT_IT_SAW,
        f"Shown {len(y)} of the images with the labels exchanged, train's network gives {right:.0%} of them "
        "their labels. Nothing may be known about the images beforehand: train learns what it is shown.",
        hint="Does every call start anew and follow x and y? On a small data set count updates, not epochs.",
    )


@convergence(
    task="train",
    points=2.2,
    floor=0.82,
    requires=["train_is_plausible", "train_follows_the_rules", "train_uses_every_image"],
    disguised=True,
)
def train_reads_the_test_images(pieces, images, rng):
    """train learns labels that are exchanged, and from the images to read the test images, in disguise."""
    require_learning(pieces, images, rng)
    seed = int(rng.integers(1000))
    params = trained(pieces, images.train_x, images.train_y, seed)
    require(np.isfinite(flat(params)).all(), "Some of train's params are NaN or infinite.", hint=TOO_LARGE)
    units = sum(len(b) for _, b in params)
    return Training(accuracy(partial(logits, params), images, units), losses=[])


def logits(params, x):
    """The judge's own forward pass: a mistake in the student's costs `train` nothing."""
    return layer_outputs(params, x)[-1]


# --- Reading images: 2 points -------------------------------------------------------------------


def predict_is_right(student, reference, rng, scale=1.0, shift=0.0):
    """Compare the labels of networks of one to four layers, for batches and for a batch of one."""
    for sizes in [(6, 10), (4, 9, 5), (6, 8, 7, 4), (5, 7, 6, 8, 4)]:
        params = drawn_network(rng, sizes, bias=0.1)
        params[-1] = scale * params[-1][0], scale * params[-1][1] + shift
        for count in (12, 1):
            for factor in (1.0, 50.0):
                x = factor * rng.normal(size=(count, sizes[0]))
                assert_same(student.predict, reference.predict, params, x, pure=True)
                require_integers(student.predict, (params, x))


def require_integers(function, arguments):
    """Fail where the labels of the latest call are floats."""
    value = function.last_answer.value
    labels = value if isinstance(value, np.ndarray) else np.array(value)
    require(
        labels.dtype.kind in "iu",
        f"{function.describe(arguments)} returned floats; labels are integers.",
        hint="argmax gives integers; labels are used as indices, which floats cannot be.",
    )


@check(task="predict", points=0.9)
def predict_is_plausible(student, rng):
    """predict returns numbers that depend on params and on x."""
    calls = [(drawn_network(rng, (6, 9, 10)), rng.normal(size=(30, 6))) for _ in range(2)]
    assert_depends(student.predict, *calls, uses=(0, 1))


@check(task="predict", points=0.55)
def predict_labels(student, reference, rng):
    """predict names the class with the largest logit, also where all are negative, also for one image."""
    predict_is_right(student, reference, rng)
    predict_is_right(student, reference, rng, scale=1e3, shift=-1000.0)


@check(task="predict", points=0.55)
def predict_large_logits(student, reference, rng):
    """predict is right for logits of several thousand, where exp overflows, and for negative ones."""
    predict_is_right(student, reference, rng, scale=1e4)
    predict_is_right(student, reference, rng, scale=10.0, shift=-1000.0)
