"""Hidden checks of homework 2: values, gradients, probability 0 and extremes, all with inputs left alone.

Most batches have more examples than classes: labels repeat, and every class is some example's label.
Two kinds of trouble with large logits are kept apart: logits near 10000 overflow in exp, and rows of
very different size are lost when one maximum is taken for the whole batch.

Points: 45 % of softmax and cross_entropy are for a function that does what it is for, though a sign, a
factor or an extreme may be wrong. A loss and its backward share 30 % of that kind, have 15 % each for values
and gradient, and 40 % for being right in every corner: a slip keeps about half, and a function that is of
no use leaves its partner's 15 %.
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
    assert_plausible,
    assert_same,
    check,
    convergence,
    draw_curve,
    gradient_check,
    require_float64_and_unmodified,
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
def explained(kind, hint, is_so):
    """Give failures of this kind a hint where `is_so()` shows that it is true of the function."""
    try:
        yield
    except kind as problem:
        if not problem.hint and is_so():
            problem.hint = hint
        raise


def is_right_for(student, reference, *arguments):
    """Whether a function is right for these arguments, a guard against log(0) aside."""
    try:
        assert_same(student, reference, *arguments, **GUARDED)
    except Failure:
        return False
    return True


def assert_same_far_out(student, reference, logits, *labels):
    """As assert_same, with a hint where logits become NaN that are right a thousandth as large."""

    def is_size_alone():
        return is_right_for(student, reference, logits / 1000, *labels)

    with explained(NotFinite, SHIFT, is_size_alone):
        assert_same(student, reference, logits, *labels, pure=True)


def assert_exact_far_out(student, reference, logits, labels):
    """As assert_same_far_out for a loss, with a hint where it is right for ordinary logits."""
    ordinary = np.resize(np.linspace(-1.5, 1.0, 7), logits.shape)

    def is_right_elsewhere():
        return is_right_for(student, reference, ordinary, labels)

    with explained(WrongValue, EXACT, is_right_elsewhere):
        assert_same_far_out(student, reference, logits, labels)


def only_guards(function, probs, labels):
    """Whether cross_entropy is right where no probability is near 0, so that its guard alone is wrong."""
    ordinary = 0.9 * probs + 0.1 / probs.shape[1]
    found = to_array(function(ordinary, labels))
    right = -np.mean(np.log(ordinary[np.arange(len(labels)), labels]))
    return found is not None and found.shape == () and abs(found - right) <= 0.02


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
    require_float64_and_unmodified(function, arguments)
    call, evidence = function.describe(arguments), function.evidence(arguments)
    p_label = probs[np.arange(len(labels)), labels]
    possible = p_label > 0
    impossible = np.sum(~possible)
    where = "where p[label] is 0" + (f" for {impossible} of {len(labels)}" if len(labels) > 1 else "")
    if not np.isfinite(loss):
        raise NotFinite(
            f"{call} is {loss}, {where}; the loss has to stay finite.",
            hint="log(0) is minus infinity: keep the probability a tiny bit above 0 before the logarithm."
            if only_guards(function, probs, labels)
            else "",
            evidence=evidence,
        )
    each = (loss * len(labels) + np.log(p_label[possible]).sum()) / impossible
    if each <= 10:
        raise Failure(
            f"{call} is {loss:.6g}, {where}: {each:.4g} for each of these; it has to be above 10.",
            hint="An example whose label was given probability 0 is the worst mistake of all. Count it, and "
            "let its loss be large: a floor under the probability has to be 1e-7 or less."
            if only_guards(function, probs, labels)
            else "",
            evidence=evidence,
        )


def assert_small_is_counted(student, reference, probs, labels, within=0.7):
    """Where p[label] is 2e-7, p + 1e-7 makes the loss 0.4 too small, which is allowed; p + 1e-6 1.8."""
    function, arguments = student.cross_entropy, (probs, labels)
    loss, right = number_of(function, arguments, function(*arguments)), reference.cross_entropy(*arguments)
    if not abs(loss - right) <= within:
        raise Failure(
            f"{function.describe(arguments)} is {loss:.6g}, where p[label] is 2e-07; {right:.6g} is right.",
            hint="A guard against log(0) should touch nothing but 0: an epsilon or a floor is at most 1e-7."
            if loss < right and only_guards(function, probs, labels)
            else "",
            evidence=function.evidence(arguments),
        )


def assert_same_column(student, reference, arguments, column, scale, label):
    """Compare two functions of logits with a row for each value in RANGE; one column is kept as a curve."""
    expected, got = reference(*arguments), student(*arguments)
    require_float64_and_unmodified(student, arguments)
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


def assert_loss_is_plausible(student, reference, rng, inputs):
    """A loss of a hundred batches: it depends on both arguments, and goes with the right one.

    Labels are drawn: what adds up over the batch sees no order in them.
    """
    calls = [(inputs(), rng.integers(3, size=4)) for _ in range(100)]
    assert_plausible(student, reference, *calls, uses=(0, 1))


def pair_is_plausible(student, reference, name, rng):
    """A loss of logits and its backward."""
    for function in (name, name + "_backward"):
        assert_loss_is_plausible(
            getattr(student, function),
            getattr(reference, function),
            rng,
            lambda: rng.normal(scale=1.5, size=(4, 3)),
        )


def shifted(rng, logits):
    """The same logits with a number added to each row, of very different size: no probability changes."""
    count = len(logits)
    shifts = np.concatenate([[1e4, -1e4, 0.0], rng.uniform(-1e4, 1e4, size=count - 3)])
    return logits + rng.permutation(shifts)[:, None]


# --- Softmax: 4 points --------------------------------------------------------------------------


@check(task="softmax", points=1.8)
def softmax_is_plausible(student, reference, rng):
    """softmax depends on its logits, and where a logit is larger the probability is."""
    calls = [(rng.normal(scale=2.0, size=(20, 4)),) for _ in range(3)]
    assert_plausible(student.softmax, reference.softmax, *calls)


@check(task="softmax", points=0.7)
def softmax_values(student, reference, rng):
    """softmax(logits) is exp(z) divided by the sum of exp(z) over the row, for batches of any size."""
    for shape in [(7, 4), (2, 10), (1, 5)]:
        assert_same(student.softmax, reference.softmax, rng.normal(scale=2.0, size=shape), pure=True)
    logits, _ = wrong_logit_varies()
    label = "softmax([0, z, -1]): the probability of z"
    assert_same_column(student.softmax, reference.softmax, (logits,), 1, 1.0, label)


@check(task="softmax", points=0.75)
def softmax_extremes(student, reference, rng):
    """softmax is finite and right for rows near 10000, near -10000, and of very different size."""
    for logits, _ in (large_logits(rng), large_negative_logits(rng), rows_of_different_size(rng)):
        assert_same_far_out(student.softmax, reference.softmax, logits)


@check(task="softmax", points=0.75)
def softmax_of_shifted_rows(student, reference, rng):
    """Adding a number to all logits of a row changes nothing, be it 10000 or another one for each row."""
    logits = rng.normal(scale=2.0, size=(6, 4))
    assert_same_far_out(student.softmax, reference.softmax, logits + 1e4)
    assert_same_far_out(student.softmax, reference.softmax, shifted(rng, logits))


# --- Cross-entropy: 4 points --------------------------------------------------------------------


@check(task="cross_entropy", points=1.8)
def cross_entropy_is_plausible(student, reference, rng):
    """cross_entropy depends on probs and on labels, and is larger where the right loss is."""
    functions = student.cross_entropy, reference.cross_entropy
    assert_loss_is_plausible(*functions, rng, lambda: probabilities(rng, 4, 8))


@check(task="cross_entropy", points=0.7)
def cross_entropy_values(student, reference, rng):
    """cross_entropy(probs, labels) is the mean of -log p[label], for batches of any size."""
    for count, classes in [(7, 4), (1, 5), (12, 3), (1500, 4)]:
        probs, labels = probabilities(rng, count, classes), labels_for(rng, count, classes)
        assert_same(student.cross_entropy, reference.cross_entropy, probs, labels, **GUARDED, pure=True)
    calls = [(np.array([[1.0 - p, p]]), np.array([1])) for p in PROBABILITIES]
    values = student.cross_entropy.many(calls)
    got = np.array([number_of(student.cross_entropy, *pair) for pair in zip(calls, values, strict=True)])
    expected = np.array(reference.cross_entropy.many(calls))
    label = "cross-entropy of one example over p[label]"
    draw_curve(student.cross_entropy, label, PROBABILITIES, got, expected)
    assert_close(got, expected, call="cross_entropy([[1 - p, p]], [1]) for p from 0.02 to 0.98", **GUARDED)


@check(task="cross_entropy", points=0.75)
def cross_entropy_impossible_labels(student, reference, rng):
    """Each example whose p[label] is 0 adds a finite loss above 10, and where it is 2e-7 about 15.4."""
    p = rng.uniform(0.2, 0.8)
    assert_above_ten(student.cross_entropy, np.array([[p, 0.0, 1.0 - p]]), np.array([1]))
    probs = np.array([[p, 1.0 - p, 0.0], [0.0, p, 1.0 - p], [1.0 - p, 0.0, p], [0.0, 1.0, 0.0]])
    assert_above_ten(student.cross_entropy, probs, np.array([0, 1, 1, 1]))  # one
    assert_above_ten(student.cross_entropy, probs, np.array([2, 0, 1, 1]))  # three
    tiny = 2e-7
    probs = np.array([[tiny, 0.3, 0.2, 0.5 - tiny], [0.6, 0.3 - tiny, 0.1, tiny]])
    assert_small_is_counted(student, reference, probs, np.array([0, 3]))


@check(task="cross_entropy", points=0.75)
def cross_entropy_of_a_thousand(student, reference, rng):
    """In a batch of a thousand, sure and right answers cost nothing, and impossible ones cost much each."""
    probs, labels = probabilities(rng, 1000, 4), labels_for(rng, 1000, 4)
    sure = rng.permutation(1000)[:300]
    probs[sure] = np.eye(4)[labels[sure]]
    assert_same(student.cross_entropy, reference.cross_entropy, probs, labels, **GUARDED, pure=True)
    tiny = probs.copy()
    tiny[sure] = np.where(np.eye(4, dtype=bool)[labels[sure]], 2e-7, (1 - 2e-7) / 3)
    assert_small_is_counted(student, reference, tiny, labels, 0.7 * 0.3)
    wrong = labels.copy()
    wrong[sure] = (labels[sure] + 1) % 4
    assert_above_ten(student.cross_entropy, probs, wrong)


# --- Softmax and cross-entropy in one: 6 points -------------------------------------------------


@check(task="softmax_cross_entropy", points=1.8)
def softmax_cross_entropy_pair_is_plausible(student, reference, rng):
    """The loss and its backward depend on logits and labels, and go with the right answers."""
    pair_is_plausible(student, reference, "softmax_cross_entropy", rng)


@check(task="softmax_cross_entropy", points=0.9)
def softmax_cross_entropy_values(student, reference, rng):
    """softmax_cross_entropy is the mean of -log softmax(logits)[label], for batches of any size."""
    functions = student.softmax_cross_entropy, reference.softmax_cross_entropy
    for count, classes in [(7, 4), (1, 5), (12, 3)]:
        assert_same(*functions, *examples(rng, count, classes), **GUARDED, pure=True)


@check(task="softmax_cross_entropy", points=0.9)
def softmax_cross_entropy_gradient(student, reference, rng):
    """softmax_cross_entropy_backward is the gradient of the loss, a mean over the batch of any size."""
    functions = reference.softmax_cross_entropy, student.softmax_cross_entropy_backward
    for count, classes in [(7, 4), (1, 5)]:
        gradient_check(*functions, at=examples(rng, count, classes), pure=True)


@check(task="softmax_cross_entropy", points=1.1)
def softmax_cross_entropy_extremes(student, reference, rng):
    """Both are exact for rows near 10000, near -10000, and of very different size, and where p is tiny."""
    confident, labels = examples(rng, 5, 4)
    confident[np.arange(5), labels] -= [28.0, 31.0, 37.0, 40.0, 46.0]
    for arguments in (
        (confident, labels),
        large_negative_logits(rng),
        large_logits(rng),
        rows_of_different_size(rng),
    ):
        assert_exact_far_out(student.softmax_cross_entropy, reference.softmax_cross_entropy, *arguments)
        assert_same_far_out(
            student.softmax_cross_entropy_backward, reference.softmax_cross_entropy_backward, *arguments
        )


@check(task="softmax_cross_entropy", points=1.05)
def softmax_cross_entropy_curves(student, reference, rng):
    """As a wrong logit grows, the slope rises from 0 to 1; a number added to a row changes nothing."""
    backwards = student.softmax_cross_entropy_backward, reference.softmax_cross_entropy_backward
    label = "slope of softmax_cross_entropy over a wrong logit"
    assert_same_column(*backwards, wrong_logit_varies(), 1, len(RANGE), label)
    logits, labels = examples(rng, 6, 4)
    logits[np.arange(6), labels] -= [0.0, 0.0, 32.0, 38.0, 45.0, 0.0]
    for far in (900.0, 725.0, 735.0):  # from 745 on p is 0; exp overflows from 710 on
        logits[5, labels[5]] = np.delete(logits[5], labels[5]).max() - far
        moved = {900.0: logits, 725.0: logits + 1e4, 735.0: shifted(rng, logits)}[far]
        assert_exact_far_out(student.softmax_cross_entropy, reference.softmax_cross_entropy, moved, labels)
        assert_same_far_out(*backwards, moved, labels)


@convergence(task="softmax_cross_entropy", points=0.25)
def softmax_cross_entropy_trains_a_network(pieces, images, rng):
    """A network that goes down your softmax_cross_entropy_backward learns to read digits."""
    return train(pieces.softmax_cross_entropy, pieces.softmax_cross_entropy_backward, images, rng)


# --- Squared error behind a softmax: 6 points ---------------------------------------------------


@check(task="softmax_squared_error", points=1.8)
def softmax_squared_error_pair_is_plausible(student, reference, rng):
    """The squared error and its backward depend on logits and labels, and go with the right answers."""
    pair_is_plausible(student, reference, "softmax_squared_error", rng)


@check(task="softmax_squared_error", points=0.9)
def softmax_squared_error_values(student, reference, rng):
    """softmax_squared_error is the sum over the classes of (p - onehot)^2, a mean over the batch."""
    functions = student.softmax_squared_error, reference.softmax_squared_error
    for count, classes in [(7, 4), (1, 5), (12, 3)]:
        assert_same(*functions, *examples(rng, count, classes), pure=True)


@check(task="softmax_squared_error", points=0.9)
def softmax_squared_error_gradient(student, reference, rng):
    """softmax_squared_error_backward is the gradient of the loss, through the softmax."""
    functions = reference.softmax_squared_error, student.softmax_squared_error_backward
    for count, classes in [(7, 4), (1, 5)]:
        gradient_check(*functions, at=examples(rng, count, classes), pure=True)


@check(task="softmax_squared_error", points=1.1)
def softmax_squared_error_extremes(student, reference, rng):
    """Both are finite and right for rows near 10000, near -10000, and of very different size."""
    for arguments in (large_negative_logits(rng), large_logits(rng), rows_of_different_size(rng)):
        assert_same_far_out(student.softmax_squared_error, reference.softmax_squared_error, *arguments)
        assert_same_far_out(
            student.softmax_squared_error_backward, reference.softmax_squared_error_backward, *arguments
        )


@check(task="softmax_squared_error", points=1.05)
def softmax_squared_error_curves(student, reference, rng):
    """As a wrong logit grows, the slope rises and falls to 0; a number added to a row changes nothing."""
    functions = student.softmax_squared_error, reference.softmax_squared_error
    backwards = student.softmax_squared_error_backward, reference.softmax_squared_error_backward
    label = "slope of softmax_squared_error over a wrong logit"
    assert_same_column(*backwards, wrong_logit_varies(), 1, len(RANGE), label)
    logits, labels = examples(rng, 6, 4)
    for moved in (logits, logits + 1e4, shifted(rng, logits)):
        assert_same_far_out(*functions, moved, labels)
        assert_same_far_out(*backwards, moved, labels)


@convergence(task="softmax_squared_error", points=0.25, floor=0.25)
def softmax_squared_error_trains_a_network(pieces, images, rng):
    """Going down your softmax_squared_error_backward, it learns too, only more slowly."""
    return train(pieces.softmax_squared_error, pieces.softmax_squared_error_backward, images, rng)
