"""Canonical forms of homework 5: weights may come from any generator, normal or uniform.

What is compared is shapes, what the spread of the weights follows, how biases start, whether units or layers
are copies, and what seeds do. A spread is judged over the layers of all calls together.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import canonical_form, to_array

#: Standard deviations by inputs, outputs and the first size; the first rule that fits is the form.
RULES = (
    ("0", lambda i, o, first: 0.0 * i),
    ("He", lambda i, o, first: np.sqrt(2 / i)),
    ("one over inputs, rooted", lambda i, o, first: np.sqrt(1 / i)),
    ("variance", lambda i, o, first: 2 / i),
    ("one over inputs", lambda i, o, first: 1 / i),
    ("outputs", lambda i, o, first: np.sqrt(2 / o)),
    ("Xavier", lambda i, o, first: np.sqrt(2 / (i + o))),
    ("limit", lambda i, o, first: np.sqrt(2 / i / 3)),
    ("limit of one", lambda i, o, first: np.sqrt(1 / i / 3)),
    ("one side", lambda i, o, first: np.sqrt(2 / i / 12)),
    ("one", lambda i, o, first: 1.0 + 0.0 * i),
    ("a hundredth", lambda i, o, first: 0.01 + 0.0 * i),
    ("first size", lambda i, o, first: np.sqrt(2 / first)),
)
REPEATED = 0.99  # correlation of two layers that are made of the same numbers
FEWEST = 20  # weights among which a correlation says something


@canonical_form(function="init_params")
def starts(calls):
    """Shapes, spread, biases, copies and seeds of each start."""
    layers = [layers_of(call) for call in calls]
    hidden = [layer for found in layers for layer in found[:-1]]
    last = [layer for found in layers for layer in found[-1:]]
    shared = (spread(hidden), spread(last), biases(hidden + last), sides(hidden + last), repeated(layers))
    earlier = {}
    return [
        (shapes(call.value), *shared, *seeds(call, found, earlier))
        for call, found in zip(calls, layers, strict=True)
    ]


def layers_of(call):
    """Weights, bias, inputs, outputs and the first size of each layer; none where there are no pairs."""
    sizes, _ = call.arguments
    if not isinstance(call.value, (list, tuple)) or not all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in call.value
    ):
        return []
    arrays = [(to_array(W), to_array(b)) for W, b in call.value]
    if any(W is None or b is None or W.ndim != 2 for W, b in arrays):
        return []
    return [(W, b, i, o, sizes[0]) for (W, b), (i, o) in zip(arrays, pairwise(sizes), strict=False)]


def shapes(value):
    """The shapes of an answer, in the form of its lists and tuples."""
    if isinstance(value, (list, tuple)) and to_array(value) is None:
        return tuple(shapes(each) for each in value)
    return str(np.shape(value))


def spread(layers):
    """The rule that the standard deviations follow; several numbers where none is known."""
    if not layers:
        return "none"
    if copies := copied([W for W, *_ in layers]):
        return copies
    found = np.array([W.std() for W, *_ in layers])
    slack = np.array([0.005 + 5 / np.sqrt(2 * W.size) for W, *_ in layers])
    inputs, outputs, first = np.array([layer[2:] for layer in layers], dtype=float).T
    for name, rule in RULES:
        right = rule(inputs, outputs, first)
        if np.all(np.abs(found - right) <= slack * right + 1e-12):
            return name
    weights = np.array([W.size for W, *_ in layers])
    for name, right in (("alike", 1.0 + 0.0 * inputs), ("another number", np.sqrt(2 / inputs))):
        factor = np.average(found / right, weights=weights)
        if np.all(np.abs(found - factor * right) <= slack * factor * right):
            return name
    return tuple(found.tolist())


def copied(weights):
    """Which units are copies of one another in all layers that are large enough; "" for none."""
    large = [W for W in weights if min(W.shape) > 1 and W.any()]
    for axis, name in ((0, "equal rows"), (1, "equal columns")):
        if large and all(np.ptp(W, axis=axis).max() == 0 for W in large):
            return name
    return ""


def biases(layers):
    """How biases start."""
    every = np.concatenate([np.ravel(b) for _, b, *_ in layers]) if layers else np.zeros(0)
    if not every.any():
        return "0"
    return "one number" if np.ptp(every) == 0 else "drawn"


def sides(layers):
    """Whether all weights are on one side of 0."""
    every = np.concatenate([np.ravel(W) for W, *_ in layers]) if layers else np.zeros(0)
    return "positive" if every.any() and np.all(every >= 0) else "both"


def repeated(calls):
    """Whether each layer begins with the random numbers of the one before it."""
    found = []
    for layers in calls:
        for (W, *_), (other, *_) in pairwise(layers):
            count = min(W.size, other.size)
            one, two = W.ravel()[:count], other.ravel()[:count]
            if count >= FEWEST and one.std() > 0 and two.std() > 0:
                found.append(np.corrcoef(one, two)[0, 1] > REPEATED)
    return "repeated" if found and all(found) else "apart"


def seeds(call, layers, earlier):
    """Whether an earlier start with the same seed, and with another one, had the same weights."""
    sizes, seed = call.arguments
    weights = np.concatenate([W.ravel() for W, *_ in layers]) if layers else np.zeros(0)
    before = earlier.setdefault(tuple(sizes), [])
    same = [np.array_equal(weights, other) for number, other in before if number == seed]
    others = [np.array_equal(weights, other) for number, other in before if number != seed]
    before.append((seed, weights))
    of_zero = "0" if seed == 0 else ""
    kinds = {True: "the same", False: "another"}
    return (
        of_zero + kinds[all(same)] if same else "first",
        of_zero + kinds[any(others)] if others else "first",
    )
