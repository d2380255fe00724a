"""Hidden checks of homework 2: values, gradients, probability 0, extremes, and inputs left alone.

Most batches have more examples than classes: labels repeat, and every class is some example's label.
Two kinds of trouble with large logits are kept apart: logits near 10000 overflow in exp, and rows of
very different size are lost when one maximum is taken for the whole batch.
"""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np

from autograder.checks import (
    Failure,
    Network,
    NotFinite,
    Training,
    WrongShape,
    WrongType,
    WrongValue,
    accuracy,
    assert_close,
    assert_float64_and_unmodified,
    assert_same,
    check,
    convergence,
    draw_curve,
    gradient_check,
    require,
    show,
    shuffled_batches,
    to_array,
)

RANGE = np.linspace(-8, 8, 80)  # of one logit, the others fixed
PROBABILITIES = np.linspace(0.02, 0.98, 16)

# A textbook guard against log(0), such as p + 1e-7, moves the loss a little. So cross-entropy of ordinary
# probabilities is compared to four digits; what stays exact near 0 and far out has checks of its own.
GUARDED = {"rtol": 1e-4, "atol": 1e-6}

SHIFT = "This comes from exp: it overflows, or a whole row is 0. Subtract each row's own maximum first."
EXACT = (
    "Does your loss take the logarithm of finished probabilities? Then these have lost their digits, or "
    "an epsilon covers them. From the logits, log p is exact: z minus log-sum-exp."
)


def labels_for(rng, count, classes):
    """Labels in random order, each class among them as long as there are examples enough."""
    return rng.permutation(np.arange(count) % classes)


def examples(rng, count, classes):
    """Logits of order 1, and labels."""
    return rng.normal(scale=1.5, size=(count, classes)), labels_for(rng, count, classes)


def probabilities(rng, count, classes):
    """Rows with sum 1, every entry at least 0.1 / classes."""
    weights = rng.uniform(0.1, 1.0, size=(count, classes))
    return weights / weights.sum(axis=1, keepdims=True)


def large_logits(rng):
    """Every row reaches 10000, and some labels are at -10000: softmax rounds to 0 and 1."""
    logits, labels = 1e4 + examples(rng, 6, 4)[0], labels_for(rng, 6, 4)
    logits[:, 1] = -1e4
    logits[:2, 2] = 0.0
    return logits, labels


def large_negative_logits(rng):
    """Every row is around -10000: without a shift, all exponentials are 0."""
    logits, labels = examples(rng, 5, 3)
    return logits - 1e4, labels


def rows_of_different_size(rng):
    """Rows around 500, 0 and -500: harmless for exp as they are, lost under the batch's maximum."""
    logits, labels = examples(rng, 6, 4)
    return logits + np.array([500.0, 0.0, -500.0, 500.0, -500.0, 0.0])[:, None], labels


@contextmanager
def explained(kind, hint):
    """Give failures of this kind a hint; a known mistake that is recognised still says more."""
    try:
        yield
    except kind as problem:
        problem.hint = problem.hint or hint
        raise


def assert_same_far_out(student, reference, *arguments):
    """As assert_same, with a hint where large logits have become NaN."""
    with explained(NotFinite, SHIFT):
        assert_same(student, reference, *arguments)


def number_of(function, arguments, value):
    """The one number that a loss returned; fails when it is anything else."""
    found = to_array(value)
    call, evidence = function.describe(arguments), function.evidence(arguments)
    if found is None:
        hint = "Did you forget the return statement?" if value is None else ""
        raise WrongType(
            f"{call} returned {show(value)}; one number is expected.", hint=hint, evidence=evidence
        )
    if found.shape != ():
        raise WrongShape(
            f"{call} has shape {found.shape}; one number is expected.",
            hint="Return the mean over the batch as a plain number: shape () and shape (1,) differ.",
            got=found,
            expected=np.zeros(()),
            evidence=evidence,
        )
    return float(found)


def assert_above_ten(function, probs, labels):
    """Each example whose label has probability 0 adds a finite loss above 10."""
    arguments = probs, labels
    loss = number_of(function, arguments, function(*arguments))
    call, evidence = function.describe(arguments), function.evidence(arguments)
    p_label = probs[np.arange(len(labels)), labels]
    possible = p_label > 0
    impossible = np.sum(~possible)
    where = "where p[label] is 0" + (f" for {impossible} of {len(labels)}" if len(labels) > 1 else "")
    if not np.isfinite(loss):
        raise NotFinite(
            f"{call} is {loss}, {where}; the loss has to stay finite.",
            hint="log(0) is minus infinity: keep the probability a tiny bit above 0 before the logarithm.",
            evidence=evidence,
        )
    each = (loss * len(labels) + np.log(p_label[possible]).sum()) / impossible
    if each <= 10:
        raise Failure(
            f"{call} is {loss:.6g}, {where}: {each:.4g} for each of these; it has to be above 10.",
            hint="An example whose label was given probability 0 is the worst mistake of all. Count it, and "
            "let its loss be large: a floor under the probability has to be 1e-7 or less.",
            evidence=evidence,
        )


def assert_same_column(student, reference, arguments, column, scale, label):
    """Compare two functions of logits with a row for each value in RANGE; one column is kept as a curve."""
    expected, got = reference(*arguments), student(*arguments)
    found = to_array(got)
    if found is not None and found.shape == expected.shape:
        draw_curve(student, label, RANGE, scale * found[:, column], scale * expected[:, column])
    try:
        assert_close(got, expected, call=student.describe(arguments))
    except Failure as problem:
        shown = student.evidence(arguments)
        update = {"call": shown.call, "arguments": shown.arguments}
        problem.evidence = problem.evidence.model_copy(update=update)
        raise


def wrong_logit_varies():
    """Label 0, three classes: the second logit, a wrong one, runs through RANGE."""
    logits = np.column_stack([np.zeros_like(RANGE), RANGE, np.full_like(RANGE, -1.0)])
    return logits, np.zeros(len(RANGE), dtype=np.int64)


def train(loss, backward, images, rng):
    """150 updates of plain gradient descent; the judge alone measures the accuracy."""
    network = Network(
        (images.train_pixels.shape[1], 64, 10),
        loss=lambda logits, labels: (loss(logits, labels), backward(logits, labels)),
    )
    theta, losses = network.start(rng), []
    for x, labels in shuffled_batches(rng, images, 100, 150):
        value, gradient = network.loss_and_gradient(theta, x, labels)
        losses.append(float(value))
        theta = theta - 0.1 * gradient
    return Training(accuracy(lambda x: network.logits(theta, x), images), losses)


# --- Softmax: 4 points --------------------------------------------------------------------------


@check(task="softmax", points=1.25)
def softmax_values(student, reference, rng):
    """softmax(logits) is exp(z) divided by the sum of exp(z) over the row, for batches of any size."""
    for shape in [(7, 4), (2, 10), (1, 5)]:
        assert_same(student.softmax, reference.softmax, rng.normal(scale=2.0, size=shape))


@check(task="softmax", points=0.5)
def softmax_rows_are_probabilities(student, rng):
    """Each row of softmax(logits) has sum 1, and no entry is below 0."""
    logits = rng.normal(scale=2.0, size=(6, 3))
    got = to_array(student.softmax(logits))
    require(got is not None and got.shape == (6, 3), "softmax(logits) should have the shape of logits.")
    assert_close(got.sum(axis=1), np.ones(6), call="softmax(logits).sum(axis=1)")
    require(
        got.min() >= 0, f"softmax(logits) has an entry of {got.min():.3g}: a probability is never below 0."
    )


@check(task="softmax", points=0.5)
def softmax_curve(student, reference):
    """With one logit running from -8 to 8 and the others fixed, its probability rises from 0 to 1."""
    logits, _ = wrong_logit_varies()
    label = "softmax([0, z, -1]): the probability of z"
    assert_same_column(student.softmax, reference.softmax, (logits,), 1, 1.0, label)


@check(task="softmax", points=0.75)
def softmax_extremes(student, reference, rng):
    """softmax is finite and right for rows near 10000 and rows near -10000."""
    for logits, _ in (large_logits(rng), large_negative_logits(rng)):
        assert_same_far_out(student.softmax, reference.softmax, logits)


@check(task="softmax", points=0.5)
def softmax_rows_of_different_size(student, reference, rng):
    """Rows around 500, 0 and -500 in one batch are all right."""
    logits, _ = rows_of_different_size(rng)
    assert_same_far_out(student.softmax, reference.softmax, logits)


@check(task="softmax", points=0.5)
def softmax_leaves_inputs(student, rng):
    """softmax returns float64 and leaves logits as they were."""
    assert_float64_and_unmodified(student.softmax, rng.normal(size=(5, 3)))


# --- Cross-entropy: 4 points --------------------------------------------------------------------


@check(task="cross_entropy", points=1.25)
def cross_entropy_values(student, reference, rng):
    """cross_entropy(probs, labels) is the mean of -log p[label], for batches of any size."""
    for count, classes in [(7, 4), (1, 5), (12, 3)]:
        probs, labels = probabilities(rng, count, classes), labels_for(rng, count, classes)
        assert_same(student.cross_entropy, reference.cross_entropy, probs, labels, **GUARDED)


@check(task="cross_entropy", points=0.5)
def cross_entropy_curve(student, reference):
    """For a single example the loss falls from 3.9 at p[label] = 0.02 to 0.02 at p[label] = 0.98."""
    calls = [(np.array([[1.0 - p, p]]), np.array([1])) for p in PROBABILITIES]
    values = student.cross_entropy.many(calls)
    got = np.array([number_of(student.cross_entropy, *pair) for pair in zip(calls, values, strict=True)])
    expected = np.array(reference.cross_entropy.many(calls))
    draw_curve(
        student.cross_entropy, "cross-entropy of one example over p[label]", PROBABILITIES, got, expected
    )
    assert_close(got, expected, call="cross_entropy([[1 - p, p]], [1]) for p from 0.02 to 0.98", **GUARDED)


@check(task="cross_entropy", points=0.5)
def cross_entropy_zeros_elsewhere(student, reference, rng):
    """Probability 0 for classes that are not the label costs nothing; a sure and right answer costs 0."""
    sure = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    assert_same(student.cross_entropy, reference.cross_entropy, sure, np.array([1, 0]), **GUARDED)
    p = rng.uniform(0.2, 0.8)
    mixed = np.array([[p, 1.0 - p, 0.0], [0.0, 0.0, 1.0], [0.0, p, 1.0 - p], [1.0 - p, 0.0, p]])
    assert_same(student.cross_entropy, reference.cross_entropy, mixed, np.array([0, 2, 1, 2]), **GUARDED)


@check(task="cross_entropy", points=0.5)
def cross_entropy_impossible_label(student, rng):
    """Where p[label] is 0, the loss of a single example is finite and above 10."""
    p = rng.uniform(0.1, 0.4)
    assert_above_ten(student.cross_entropy, np.array([[p, 0.0, 1.0 - p]]), np.array([1]))


@check(task="cross_entropy", points=0.5)
def cross_entropy_impossible_labels(student, rng):
    """Where p[label] is 0 for one or for several of a batch, each of these adds a finite loss above 10."""
    p = rng.uniform(0.2, 0.8)
    probs = np.array([[p, 1.0 - p, 0.0], [0.0, p, 1.0 - p], [1.0 - p, 0.0, p], [0.0, 1.0, 0.0]])
    assert_above_ten(student.cross_entropy, probs, np.array([0, 1, 1, 1]))  # one
    assert_above_ten(student.cross_entropy, probs, np.array([2, 0, 1, 1]))  # three


@check(task="cross_entropy", points=0.5)
def cross_entropy_small_probabilities(student, reference):
    """At p[label] = 2e-7 the loss is about 15.4, so a guard against log(0) is not above 1e-7."""
    p = 2e-7
    arguments = np.array([[p, 0.3, 0.2, 0.5 - p], [0.6, 0.3 - p, 0.1, p]]), np.array([0, 3])
    loss = number_of(student.cross_entropy, arguments, student.cross_entropy(*arguments))
    right = reference.cross_entropy(*arguments)
    if not abs(loss - right) <= 0.7:  # p + 1e-7 is off by 0.4, p + 1e-6 by 1.8
        call = student.cross_entropy.describe(arguments)
        raise Failure(
            f"{call} is {loss:.6g}, where p[label] is {p:g}; {right:.6g} is right.",
            hint="A guard against log(0) should touch nothing but 0: an epsilon or a floor is at most 1e-7.",
            evidence=student.cross_entropy.evidence(arguments),
        )


@check(task="cross_entropy", points=0.25)
def cross_entropy_leaves_inputs(student, rng):
    """cross_entropy works in float64 and leaves probs and labels as they were, also where p is 0."""
    probs, labels = probabilities(rng, 5, 3), labels_for(rng, 5, 3)
    probs[0] = np.roll([1.0, 0.0, 0.0], labels[0] + 1)
    assert_float64_and_unmodified(student.cross_entropy, probs, labels)


# --- Softmax and cross-entropy in one: 6 points -------------------------------------------------


@check(task="softmax_cross_entropy", points=1.0)
def softmax_cross_entropy_values(student, reference, rng):
    """softmax_cross_entropy is the mean of -log softmax(logits)[label], for batches of any size."""
    for count, classes in [(7, 4), (1, 5), (12, 3)]:
        arguments = examples(rng, count, classes)
        assert_same(student.softmax_cross_entropy, reference.softmax_cross_entropy, *arguments, **GUARDED)


@check(task="softmax_cross_entropy", points=0.5)
def softmax_cross_entropy_confident(student, reference, rng):
    """Where p[label] is tiny, around 1e-12, 1e-16 or 1e-20, the loss is still exact."""
    logits, labels = examples(rng, 5, 4)
    logits[np.arange(5), labels] -= [28.0, 31.0, 37.0, 40.0, 46.0]
    with explained(WrongValue, EXACT):
        assert_same(student.softmax_cross_entropy, reference.softmax_cross_entropy, logits, labels)


@check(task="softmax_cross_entropy", points=0.75)
def softmax_cross_entropy_extremes(student, reference, rng):
    """softmax_cross_entropy is exact for rows near 10000 and rows near -10000."""
    for logits, labels in (large_negative_logits(rng), large_logits(rng)):
        with explained(WrongValue, EXACT):
            assert_same_far_out(
                student.softmax_cross_entropy, reference.softmax_cross_entropy, logits, labels
            )


@check(task="softmax_cross_entropy", points=0.25)
def softmax_cross_entropy_rows_of_different_size(student, reference, rng):
    """softmax_cross_entropy is right for rows around 500, 0 and -500 in one batch."""
    logits, labels = rows_of_different_size(rng)
    with explained(NotFinite, SHIFT):
        assert_same(student.softmax_cross_entropy, reference.softmax_cross_entropy, logits, labels, **GUARDED)


@check(task="softmax_cross_entropy", points=1.25)
def softmax_cross_entropy_gradient(student, reference, rng):
    """softmax_cross_entropy_backward is the gradient of the loss, a mean over the batch."""
    at = examples(rng, 7, 4)
    gradient_check(reference.softmax_cross_entropy, student.softmax_cross_entropy_backward, at=at)


@check(task="softmax_cross_entropy", points=0.5)
def softmax_cross_entropy_gradient_of_one_example(student, reference, rng):
    """For a batch of one, the gradient is p - onehot."""
    at = examples(rng, 1, 5)
    gradient_check(reference.softmax_cross_entropy, student.softmax_cross_entropy_backward, at=at)


@check(task="softmax_cross_entropy", points=0.5)
def softmax_cross_entropy_gradient_curve(student, reference):
    """As a wrong logit grows, the slope of cross-entropy rises from 0 to 1."""
    functions = student.softmax_cross_entropy_backward, reference.softmax_cross_entropy_backward
    label = "slope of softmax_cross_entropy over a wrong logit"
    assert_same_column(*functions, wrong_logit_varies(), 1, len(RANGE), label)


@check(task="softmax_cross_entropy", points=0.5)
def softmax_cross_entropy_gradient_extremes(student, reference, rng):
    """softmax_cross_entropy_backward is finite and right for logits near 10000 and -10000."""
    functions = student.softmax_cross_entropy_backward, reference.softmax_cross_entropy_backward
    for logits, labels in (large_negative_logits(rng), large_logits(rng)):
        assert_same_far_out(*functions, logits, labels)


@check(task="softmax_cross_entropy", points=0.25)
def softmax_cross_entropy_gradient_rows_of_different_size(student, reference, rng):
    """softmax_cross_entropy_backward is right for rows around 500, 0 and -500 in one batch."""
    functions = student.softmax_cross_entropy_backward, reference.softmax_cross_entropy_backward
    assert_same_far_out(*functions, *rows_of_different_size(rng))


@check(task="softmax_cross_entropy", points=0.25)
def softmax_cross_entropy_leaves_inputs(student, rng):
    """softmax_cross_entropy and its backward work in float64 and leave their inputs as they were."""
    assert_float64_and_unmodified(student.softmax_cross_entropy, *examples(rng, 5, 3))
    assert_float64_and_unmodified(student.softmax_cross_entropy_backward, *examples(rng, 5, 3))


@convergence(task="softmax_cross_entropy", points=0.25)
def softmax_cross_entropy_trains_a_network(pieces, images, rng):
    """A network that goes down your softmax_cross_entropy_backward learns to read digits."""
    return train(pieces.softmax_cross_entropy, pieces.softmax_cross_entropy_backward, images, rng)


# --- Squared error behind a softmax: 6 points ---------------------------------------------------


@check(task="softmax_squared_error", points=1.5)
def softmax_squared_error_values(student, reference, rng):
    """softmax_squared_error is the sum over the classes of (p - onehot)^2, a mean over the batch."""
    for count, classes in [(7, 4), (1, 5), (12, 3)]:
        assert_same(
            student.softmax_squared_error, reference.softmax_squared_error, *examples(rng, count, classes)
        )


@check(task="softmax_squared_error", points=0.5)
def softmax_squared_error_extremes(student, reference, rng):
    """softmax_squared_error is finite and right for rows near 10000 and rows near -10000."""
    for logits, labels in (large_negative_logits(rng), large_logits(rng)):
        assert_same_far_out(student.softmax_squared_error, reference.softmax_squared_error, logits, labels)


@check(task="softmax_squared_error", points=0.25)
def softmax_squared_error_rows_of_different_size(student, reference, rng):
    """softmax_squared_error is right for rows around 500, 0 and -500 in one batch."""
    logits, labels = rows_of_different_size(rng)
    assert_same_far_out(student.softmax_squared_error, reference.softmax_squared_error, logits, labels)


@check(task="softmax_squared_error", points=1.75)
def softmax_squared_error_gradient(student, reference, rng):
    """softmax_squared_error_backward is the gradient of the loss, through the softmax."""
    at = examples(rng, 7, 4)
    gradient_check(reference.softmax_squared_error, student.softmax_squared_error_backward, at=at)


@check(task="softmax_squared_error", points=0.5)
def softmax_squared_error_gradient_of_one_example(student, reference, rng):
    """softmax_squared_error_backward is right for a batch of one."""
    at = examples(rng, 1, 5)
    gradient_check(reference.softmax_squared_error, student.softmax_squared_error_backward, at=at)


@check(task="softmax_squared_error", points=0.5)
def softmax_squared_error_gradient_curve(student, reference):
    """As a wrong logit grows, the slope of the squared error rises, and falls back to 0."""
    functions = student.softmax_squared_error_backward, reference.softmax_squared_error_backward
    label = "slope of softmax_squared_error over a wrong logit"
    assert_same_column(*functions, wrong_logit_varies(), 1, len(RANGE), label)


@check(task="softmax_squared_error", points=0.25)
def softmax_squared_error_gradient_extremes(student, reference, rng):
    """softmax_squared_error_backward is finite and right for logits near 10000 and -10000."""
    functions = student.softmax_squared_error_backward, reference.softmax_squared_error_backward
    for logits, labels in (large_negative_logits(rng), large_logits(rng)):
        assert_same_far_out(*functions, logits, labels)


@check(task="softmax_squared_error", points=0.25)
def softmax_squared_error_gradient_rows_of_different_size(student, reference, rng):
    """softmax_squared_error_backward is right for rows around 500, 0 and -500 in one batch."""
    functions = student.softmax_squared_error_backward, reference.softmax_squared_error_backward
    assert_same_far_out(*functions, *rows_of_different_size(rng))


@check(task="softmax_squared_error", points=0.25)
def softmax_squared_error_leaves_inputs(student, rng):
    """softmax_squared_error and its backward work in float64 and leave their inputs as they were."""
    assert_float64_and_unmodified(student.softmax_squared_error, *examples(rng, 5, 3))
    assert_float64_and_unmodified(student.softmax_squared_error_backward, *examples(rng, 5, 3))


@convergence(task="softmax_squared_error", points=0.25, floor=0.25)
def softmax_squared_error_trains_a_network(pieces, images, rng):
    """Going down your softmax_squared_error_backward, it learns too, only more slowly."""
    return train(pieces.softmax_squared_error, pieces.softmax_squared_error_backward, images, rng)
