"""Canonical forms of homework 5: weights may come from any generator, and training may go any way.

Of a start, what is compared is shapes, what the spread of the weights follows, how biases start, whether
units or layers are copies, and what seeds do. A spread is judged over the layers of all calls together. Of
training, it is what is returned, what the networks of all calls say of the images that they were shown, how
far labels move them, which images count, and what seeds do.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from autograder.checks import canonical_form, fingerprint, to_array

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


# --- Training -----------------------------------------------------------------------------------

CLASSES = 10
FEW_IMAGES = 400  # fewer of them are easily learnt
MANY_IMAGES = 1000  # of more, it is asked which ones count
LEARNT, HALF_LEARNT = 0.95, 0.85  # shares of the own images that a trained network reads
HARDLY_MOVED, MOVED = 0.03, 0.4  # distance of two trainings with other labels, relative to the params
CLOSE = 0.5  # the same for two trainings that begin alike
KNOWS_NOTHING = np.log(CLASSES)  # the loss of a network that calls all digits equally likely
# Of a loss that is far too high; by the processor, rates that are too large end at 30 to 60. After few
# updates, it is above that of a network that knows nothing, while hardly any image is read.
FAR_ABOVE, ABOVE, HARDLY_ANY = 20.0, 1.25 * KNOWS_NOTHING, 0.2


@canonical_form(function="train")
def trainings(calls):
    """What each call returns; of all together, what is learnt, which images count and what seeds do."""
    found = [network_of(call.value, call.arguments[0]) for call in calls]
    outputs = [outputs_of(layers, call.arguments[1]) for (_, layers), call in zip(found, calls, strict=True)]
    networks = [
        (layers, *call.arguments)
        for (_, layers), call in zip(found, calls, strict=True)
        if layers and layers[-1][0].shape[1] == CLASSES
    ]
    if any(kind != "params" for kind, _ in found):
        return [(kind, width, *seeds_of(calls)) for (kind, _), width in zip(found, outputs, strict=True)]
    count = images_that_count(networks)
    learnt = verdict(networks)
    shared = learnt, count if learnt in ("learnt", "the easy ones") else "", *seeds_of(calls)
    return [(kind, width, *shared) for (kind, _), width in zip(found, outputs, strict=True)]


def network_of(value, x):
    """What kind of thing train returned, and the layers (W, b) in it; none where it is no network for x."""
    if layers := chained(value, x):
        return "params", layers
    if isinstance(value, (list, tuple)) and len(value) > 1 and (layers := chained(value[0], x)):
        return "params and more", layers
    return shapes(value) if value is not None else "nothing", []


def chained(value, x):
    """Layers (W, b), each as wide as the next one's inputs, the first as x; empty for anything else."""
    if not isinstance(value, (list, tuple)) or not all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in value
    ):
        return []
    layers = [(to_array(W), to_array(b)) for W, b in value]
    inputs = x.shape[1]
    for W, b in layers:
        if W is None or b is None or W.ndim != 2 or b.shape != W.shape[1:] or len(W) != inputs:
            return []
        inputs = len(b)
    return layers


def outputs_of(layers, y):
    """The number of outputs, in words where it follows the labels."""
    if not layers:
        return "none"
    width = layers[-1][0].shape[1]
    if width == CLASSES:
        return "ten"
    return "as many as labels" if width in (len(np.unique(y)), y.max() + 1) else width


def verdict(networks):
    """What is wrong with networks that were trained, by the first thing that shows; "learnt" for nothing."""
    shown = [
        (reading(layers, x, y), y)
        for layers, x, y, _ in networks
        if len(np.unique(y)) == CLASSES and len(x) <= MANY_IMAGES
    ]
    if not shown:
        return "none"
    if all(not layers[0][0].any() for layers, *_ in networks):
        return "zeros"
    if not all(np.isfinite(each.logits).all() for each, _ in shown):
        return "not finite"
    moved = distance_by_labels(networks)
    if moved == 0:  # a bias that has started at 0 would have been moved
        return (
            "the labels do not matter"
            if any(b.any() for layers, *_ in networks for _, b in layers)
            else "start"
        )
    readings = [each for each, _ in shown]
    easy = [each for each, y in shown if len(y) < FEW_IMAGES] or readings
    right = np.median([each.right for each in easy])
    loss = np.median([each.loss for each in easy])
    if right >= LEARNT:
        return "learnt" if min(each.right for each in readings) >= HALF_LEARNT else "the easy ones"
    if all(each.dead for each in readings):
        return "copies" if all(np.ptp(layers[0][0], axis=1).max() == 0 for layers, *_ in networks) else "dead"
    shifts = {each.shift for each in easy}
    if len(shifts) == 1 and "" not in shifts:
        return f"labels shifted by {shifts.pop()}"
    if min(each.right_if_standardised for each in readings) >= LEARNT:
        return "standardised"
    little = moved is not None and moved < MOVED and right <= HARDLY_ANY
    if (loss > FAR_ABOVE or (loss > ABOVE and little)) and not any(map(has_another_digit_for_each, easy)):
        return "the loss grows"
    if moved is not None and moved < HARDLY_MOVED:
        return "hardly moved"
    if moved is not None and moved < MOVED and loss < KNOWS_NOTHING and max(e.lowest for e in easy) <= 0.02:
        return "slowly"
    if moved is not None and moved > MOVED and all(map(has_learnt_other_labels, easy)):
        return "labels apart"
    return float(right), float(loss), moved


class Reading(NamedTuple):
    """What a network says of the images that it was shown."""

    logits: np.ndarray
    answers: np.ndarray  # the digits that it reads
    labels: np.ndarray
    right: float  # share of the images that it reads
    lowest: float  # share of the images whose label has the smallest logit
    loss: float
    shift: str  # by how much nearly all answers are off; "" where they are not
    right_if_standardised: float
    dead: bool  # whether all its last hidden units are 0 for all images


def has_learnt_other_labels(each):
    """Whether a network tells images apart, by labels that have nothing to do with their own."""
    classes = len(np.unique(each.answers))
    return each.right <= 0.3 and classes >= 0.7 * CLASSES and 0.9 < each.loss / KNOWS_NOTHING < 2.5


def has_another_digit_for_each(each):
    """Whether a network tells digits apart, and calls most images of a digit by one other digit."""
    common = [np.bincount(each.answers[each.labels == digit]) for digit in np.unique(each.labels)]
    return (
        len({int(counts.argmax()) for counts in common}) > CLASSES / 2
        and np.mean([counts.max() / counts.sum() for counts in common]) > 0.6
    )


def reading(layers, x, y):
    """Have a network read images."""
    with np.errstate(all="ignore"):
        hidden, logits = passed(layers, x)
        _, standardised = passed(layers, (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8))
        highest = logits.max(axis=1)
        normalizer = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
        loss = float(np.mean(normalizer - logits[np.arange(len(y)), y]))
    answers = logits.argmax(axis=1)
    counts = np.bincount((answers - y) % CLASSES, minlength=CLASSES) / len(y)
    shift = int(counts.argmax())
    return Reading(
        logits,
        answers,
        y,
        float(np.mean(answers == y)),
        float(np.mean(logits.argmin(axis=1) == y)),
        loss,
        str(shift) if shift and counts[shift] >= 0.8 else "",
        float(np.mean(standardised.argmax(axis=1) == y)),
        len(layers) > 1 and not hidden.any(),
    )


def passed(layers, x):
    """What went into the last layer, and the logits."""
    hidden = x
    for W, b in layers[:-1]:
        hidden = np.maximum(hidden @ W + b, 0)
    W, b = layers[-1]
    return hidden, hidden @ W + b


def flat_params(layers):
    """All parameters in one vector."""
    return np.concatenate([np.ravel(array) for pair in layers for array in pair])


def apart(first, second):
    """How far two networks are apart, relative to the first; infinite for others of other sizes."""
    first, second = flat_params(first), flat_params(second)
    if first.shape != second.shape:
        return np.inf
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(first - second) / max(np.linalg.norm(first), 1e-300))


def distance_by_labels(networks):
    """How far other labels move what the same images and seed lead to; None where no call asks."""
    distances = [
        apart(layers, other)
        for at, (layers, x, y, seed) in enumerate(networks)
        for other, other_x, other_y, other_seed in networks[at + 1 :]
        if seed == other_seed and np.array_equal(x, other_x) and np.mean(y != other_y) > 0.5
    ]
    return max(distances, default=None)


def images_that_count(networks):
    """Whether another label of one image among thousands changes what is returned: for most, or few."""
    many = [(layers, y) for layers, x, y, _ in networks if len(x) > MANY_IMAGES]
    changed = [apart(many[0][0], layers) > 0 for layers, y in many[1:] if np.sum(y != many[0][1]) == 1]
    return "" if not changed else "few" if np.mean(changed) < 1 / 3 else "most"


def seeds_of(calls):
    """What the same seed, seed 0 and other seeds do, by all pairs of calls with the same images."""
    same, of_zero, others = set(), set(), set()
    images = [fingerprint(call.arguments[:2]) for call in calls]
    values = [fingerprint((call.value,)) for call in calls]
    for at, call in enumerate(calls):
        x, _, seed = call.arguments
        for before in range(at):
            if images[before] != images[at]:
                continue
            other = calls[before]
            kinds = others if other.arguments[2] != seed else of_zero if seed == 0 else same
            kinds.add("the same" if values[before] == values[at] else relation(call.value, other.value, x))
    return tuple(" or ".join(sorted(kinds)) for kinds in (same, of_zero, others))


def relation(value, other, x):
    """Whether two answers that differ are close, or apart."""
    layers, other_layers = network_of(value, x)[1], network_of(other, x)[1]
    return "close" if layers and other_layers and apart(layers, other_layers) < CLOSE else "apart"
