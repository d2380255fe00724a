"""Known mistakes of homework 2, each with what a teaching assistant would say about it.

Within a task the backwards come first: a gradient check also calls the student's forward, and where
both are wrong the sentence should be about the backward. Among those that agree on many inputs, the
more particular one comes first.
"""

from __future__ import annotations

import numpy as np
from reference import log_softmax, one_hot

from autograder.checks import mistake

# --- Softmax ------------------------------------------------------------------------------------


@mistake(
    function="softmax",
    severity="slip",
    feedback="""exp overflows: from a logit of about 710 on it is infinite, and infinity over infinity is NaN;
    far below 0 every exp is 0, and 0/0 is NaN as well. Adding a constant to a row does not change its
    softmax: which constant makes all exponents harmless?""",
)
def overflow_in_exp(logits):
    exps = np.exp(logits)
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You subtract one maximum for the whole batch. A row far below it has only exponentials that
    round to 0, and 0/0 is NaN. Each row needs its own maximum.""",
)
def one_maximum_for_the_batch(logits):
    exps = np.exp(logits - logits.max())
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You subtract the maximum of each column. Only a constant that is the same for the whole row
    cancels; this changes the probabilities. Look at the axis of your max.""",
)
def maximum_of_each_column(logits):
    exps = np.exp(logits - logits.max(axis=0))
    return exps / exps.sum(axis=1, keepdims=True)


COLUMNS_HAVE_SUM_1 = """Your columns have sum 1, not your rows: the sum runs over the examples. Each
    example has its own probabilities, so sum over the classes."""


@mistake(
    function="softmax",
    severity="slip",
    feedback=COLUMNS_HAVE_SUM_1,
)
def softmax_summed_over_the_examples(logits):
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=0)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""All your entries together have sum 1: the sum runs over the whole batch. Each row is a
    distribution of its own; give the sum an axis.""",
)
def summed_over_everything(logits):
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum()


@mistake(
    function="softmax",
    severity="useless",
    feedback="""Dividing (N, C) by a sum of shape (N,) does not broadcast by rows: NumPy lines shapes up from
    the right. Keep the summed axis with length 1.""",
)
def keepdims_forgotten(logits):
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""The sign is flipped: your largest logit gets the smallest probability. You seem to take
    exp(-z), or to subtract the logits from the maximum.""",
)
def sign_flipped(logits):
    exps = np.exp(logits.min(axis=1, keepdims=True) - logits)
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""The exponentials are there, but the division is not: your rows do not have sum 1.""",
)
def not_divided(logits):
    return np.exp(logits - logits.max(axis=1, keepdims=True))


@mistake(
    function="softmax",
    severity="useless",
    feedback="""You divide the logits themselves by their sum. Logits may be negative; the exponential comes
    first and makes them positive.""",
)
def exp_forgotten(logits):
    return logits / logits.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""These are sigmoids: each entry looks at its own logit only. In softmax the classes compete,
    and all of a row share one denominator.""",
)
def sigmoid_in_place_of_softmax(logits):
    return np.exp(-np.logaddexp(0.0, -logits))


@mistake(
    function="softmax",
    severity="slip",
    feedback="""These are logarithms of probabilities, so none is above 0. softmax returns the
    probabilities.""",
)
def log_probabilities(logits):
    return log_softmax(logits)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You divide the logits by the maximum. That changes the distances between them, and with them
    the probabilities. To keep exp from overflowing, subtract it.""",
)
def divided_by_the_maximum(logits):
    exps = np.exp(logits / np.abs(logits).max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You clip large logits. That avoids the overflow, but logits beyond the limit become equal, and
    so do their probabilities. Shift each row instead: that changes nothing.""",
)
def logits_clipped(logits):
    exps = np.exp(np.clip(logits, -500, 500))
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You replace NaN after the division. The NaN is gone, but the probability that was lost in the
    overflow does not come back. Shift the row before exp, and no NaN appears.""",
)
def nan_replaced(logits):
    exps = np.exp(logits)
    return np.nan_to_num(exps / exps.sum(axis=1, keepdims=True))


@mistake(
    function="softmax",
    severity="slip",
    feedback="""This is a hard maximum: 1 for the largest logit, 0 for all others. Softmax is its soft version
    and gives every class a share.""",
)
def hard_maximum(logits):
    return one_hot(logits.argmax(axis=1), logits.shape[1])


@mistake(
    function="softmax",
    severity="slip",
    feedback="""The numbers are right, but logits -= ... writes into the caller's array. Write logits = logits
    - ..., which makes a new one.""",
)
def writes_into_logits(logits):
    logits -= logits.max(axis=1, keepdims=True)
    exps = np.exp(logits)
    return exps / exps.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback=COLUMNS_HAVE_SUM_1,
)
def softmax_of_the_columns(logits):
    exps = np.exp(logits - logits.max(axis=0))
    return exps / exps.sum(axis=0)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""Only your first row has sum 1: the other ones are not divided by their sums. Divide
    every row by its own, with axis=1 and keepdims=True.""",
)
def only_the_first_row_normalised(logits):
    exps = np.exp(logits - logits.max(axis=1, keepdims=True))
    exps[0] /= exps[0].sum()
    return exps


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You take powers of 2. softmax takes powers of e: np.exp.""",
)
def powers_of_two(logits):
    powers = 2.0 ** (logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@mistake(
    function="softmax",
    severity="slip",
    feedback="""You square the logits where exp belongs. A square forgets the sign: a very negative
    logit gets a large probability.""",
)
def squares_in_place_of_exponentials(logits):
    squares = logits**2
    return squares / squares.sum(axis=1, keepdims=True)


# --- Cross-entropy ------------------------------------------------------------------------------


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You add the losses up. Here a loss is the mean over the batch: divide by the number of
    examples, or every gradient grows with the batch size.""",
)
def mean_forgotten(probs, labels):
    p_label = probs[np.arange(len(labels)), labels]
    return -np.sum(np.log(np.maximum(p_label, 1e-12)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You divide by N times C: np.mean over the one-hot product also counts the zeros of the other
    classes. Sum over the classes, and take the mean over the examples only.""",
)
def divided_by_all_entries(probs, labels):
    return -np.mean(one_hot(labels, probs.shape[1]) * np.log(np.maximum(probs, 1e-12)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""The sign is missing. The logarithm of a probability is negative or 0; the loss is minus
    that.""",
)
def minus_forgotten(probs, labels):
    p_label = probs[np.arange(len(labels)), labels]
    return np.mean(np.log(np.maximum(p_label, 1e-12)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""log(0) is minus infinity, so a single example with p[label] = 0 makes the whole loss infinite.
    Keep the probability a tiny bit above 0 before you take the logarithm.""",
)
def log_of_zero(probs, labels):
    return -np.mean(np.log(probs[np.arange(len(labels)), labels]))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Multiplying by the one-hot rows does not hide the other classes: where their probability is 0
    you compute 0 * log(0), which is NaN. Pick out p[label] first, or keep all probabilities above 0.""",
)
def zero_times_log_of_zero(probs, labels):
    return -np.sum(one_hot(labels, probs.shape[1]) * np.log(probs)) / len(labels)


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""np.nan_to_num turns minus infinity into the largest number there is. One such loss is finite,
    two already add up to infinity. Guard the probability, not the logarithm.""",
)
def nan_to_num_of_the_logarithm(probs, labels):
    return -np.mean(np.nan_to_num(np.log(probs[np.arange(len(labels)), labels])))


IMPOSSIBLE_COST_NOTHING = """Examples whose label has probability 0 cost nothing in your loss. They are
    the worst mistakes of all, and have to cost the most."""


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback=IMPOSSIBLE_COST_NOTHING,
)
def impossible_examples_cost_nothing(probs, labels):
    p_label = probs[np.arange(len(labels)), labels]
    return -np.sum(np.log(p_label[p_label > 0])) / len(labels)


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Your floor under the probabilities is 1e-3. It hides how wrong the worst examples are: below
    it, the loss stops growing, at 6.9. Take 1e-7 or less.""",
)
def floor_of_1e_3(probs, labels):
    return -np.mean(np.log(np.maximum(probs[np.arange(len(labels)), labels], 1e-3)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Your floor under the probabilities is 1e-5. It hides how wrong the worst examples are: below
    it, the loss stops growing, at 11.5. Take 1e-7 or less.""",
)
def floor_of_1e_5(probs, labels):
    return -np.mean(np.log(np.maximum(probs[np.arange(len(labels)), labels], 1e-5)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Your epsilon is 1e-6. A probability of that size should still cost more than a larger one, and
    with this epsilon the loss stops growing, at 13.8. Take 1e-7 or less.""",
)
def epsilon_of_1e_6(probs, labels):
    return -np.mean(np.log(probs[np.arange(len(labels)), labels] + 1e-6))


@mistake(
    function="cross_entropy",
    severity="useless",
    feedback="""Your loss adds up -log p over all classes. Only the label's class counts: multiply by the
    one-hot rows, or pick out one entry in each row.""",
)
def one_hot_forgotten(probs, labels):
    return -np.sum(np.log(np.maximum(probs, 1e-12))) / len(labels)


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""probs[:, labels] takes whole columns, one for each label: an array of shape (N, N), in which
    every example meets every label. To pair row n with label n, index both axes with arrays of length
    N.""",
)
def every_row_with_every_label(probs, labels):
    return -np.mean(np.log(np.maximum(probs[:, labels], 1e-12)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You take the logarithm of the mean probability. The loss is the mean of the logarithms: each
    example's loss first, then the average.""",
)
def log_of_the_mean(probs, labels):
    return -np.log(max(np.mean(probs[np.arange(len(labels)), labels]), 1e-12))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""There is no logarithm: your loss is minus the mean probability of the labels. It cannot tell a
    bad prediction from a disastrous one.""",
)
def log_forgotten(probs, labels):
    return -np.mean(probs[np.arange(len(labels)), labels])


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Your logarithm has base 2. That measures the loss in bits; the course, and its gradients, use
    the natural logarithm, np.log.""",
)
def base_two(probs, labels):
    return -np.mean(np.log2(np.maximum(probs[np.arange(len(labels)), labels], 1e-12)))


@mistake(
    function="cross_entropy",
    severity="useless",
    feedback="""You look at the largest probability of each row and never at the label. A sure but wrong
    answer costs nothing then.""",
)
def largest_in_place_of_label(probs, labels):
    return -np.mean(np.log(probs.max(axis=1)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You apply softmax to probs. They are probabilities already: softmax has been applied, and a
    second one flattens them.""",
)
def softmax_of_probabilities(probs, labels):
    return -np.mean(log_softmax(probs)[np.arange(len(labels)), labels])


@mistake(
    function="cross_entropy",
    severity="useless",
    feedback="""This is the entropy of probs: each -log p is weighted by p itself. The weights come from the
    labels, as one-hot rows.""",
)
def entropy(probs, labels):
    return -np.sum(probs * np.log(np.maximum(probs, 1e-12))) / len(labels)


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Your loss also adds -log(1 - p) for the other classes. That is binary cross-entropy, for
    yes-or-no questions that may all be answered with yes. Here one class is right, and only its p
    counts.""",
)
def binary_cross_entropy(probs, labels):
    truth = one_hot(labels, probs.shape[1])
    yes, no = np.log(np.maximum(probs, 1e-12)), np.log(np.maximum(1.0 - probs, 1e-12))
    return -np.sum(truth * yes + (1.0 - truth) * no) / len(labels)


@mistake(
    function="cross_entropy",
    severity="useless",
    feedback="""You count the labels from 1. They go from 0 to C - 1, as NumPy's indices do: use them as they
    are.""",
)
def labels_counted_from_one(probs, labels):
    p_label = probs[np.arange(len(labels)), labels - 1]
    return -np.mean(np.log(np.maximum(p_label, 1e-12)))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You return one loss for each example. The loss of a batch is a single number, their mean.""",
)
def one_loss_for_each_example(probs, labels):
    p_label = probs[np.arange(len(labels)), labels]
    return -np.log(np.maximum(p_label, 1e-12))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""The numbers are right, but the guard against 0 writes into the caller's probs. Apply it to a
    copy, or let np.maximum or np.clip return a new array.""",
)
def writes_into_probs(probs, labels):
    probs[probs < 1e-12] = 1e-12
    return -np.mean(np.log(probs[np.arange(len(labels)), labels]))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You multiply all probabilities before you take the logarithm. In a large batch the product
    underflows to 0. Take each logarithm first, and then their mean.""",
)
def product_of_all(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.log(max(np.prod(p), 1e-300)) / len(labels)


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""You take the logarithm to base 10. np.log is the natural one, which the formula means.""",
)
def base_ten(probs, labels):
    p = np.maximum(probs[np.arange(len(labels)), labels], 1e-300)
    return -np.mean(np.log10(p))


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback="""Your loss is 1 - p of the label. The cross-entropy is -log p: it has no upper bound, so
    that a confident mistake costs most.""",
)
def one_minus_p(probs, labels):
    return np.mean(1.0 - probs[np.arange(len(labels)), labels])


@mistake(
    function="cross_entropy",
    severity="slip",
    feedback=IMPOSSIBLE_COST_NOTHING,
)
def impossible_examples_left_out(probs, labels):
    p_label = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(p_label[p_label > 0]))


# --- Softmax and cross-entropy in one -----------------------------------------------------------


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""The factor 1/N is missing. The loss is a mean over the batch, so each example moves it by one
    Nth only.""",
)
def gradient_without_1_over_n(logits, labels):
    return np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="You divide by N times C. The mean runs over the N examples; over the classes there is a sum.",
)
def gradient_divided_by_all_entries(logits, labels):
    return (np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) / logits.size


@mistake(
    function="softmax_cross_entropy_backward",
    severity="useless",
    feedback="""This is p / N: the one-hot rows are not subtracted. Without them the gradient does not know
    the labels.""",
)
def gradient_without_one_hot(logits, labels):
    return np.exp(log_softmax(logits)) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""The sign is flipped: you return onehot - p. That is the direction in which the loss falls; the
    gradient points to where it rises, and the update rule brings the minus.""",
)
def gradient_sign_flipped(logits, labels):
    return (one_hot(labels, logits.shape[1]) - np.exp(log_softmax(logits))) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""You divide p by N and then subtract a full 1 at the label. The whole difference p - onehot is
    divided by N.""",
)
def only_p_divided(logits, labels):
    return np.exp(log_softmax(logits)) / len(labels) - one_hot(labels, logits.shape[1])


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""You divide the one-hot rows by N, but not p. The whole difference p - onehot is divided by
    N.""",
)
def only_one_hot_divided(logits, labels):
    return np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1]) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""grad[:, labels] -= 1 subtracts 1 in every row, in the column of every label of the batch. To
    pair row n with label n, index both axes with arrays of length N.""",
)
def one_subtracted_in_whole_columns(logits, labels):
    grad = np.exp(log_softmax(logits))
    grad[:, labels] -= 1.0
    return grad / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""Only the label's entry has a gradient. The other logits stand in the denominator of the
    softmax: raising one of them lowers p[label], so it has a gradient too, its own p.""",
)
def gradient_of_the_label_only(logits, labels):
    truth = one_hot(labels, logits.shape[1])
    return truth * (np.exp(log_softmax(logits)) - 1.0) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""This is the gradient with respect to the probabilities, -onehot / p. The function takes
    logits: one more step of the chain rule leads through the softmax.""",
)
def gradient_with_respect_to_p(logits, labels):
    return -one_hot(labels, logits.shape[1]) / np.exp(log_softmax(logits)) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""You multiply p - onehot by p (1 - p). The derivative of the softmax is in p - onehot already:
    it cancels against the 1/p of the logarithm.""",
)
def softmax_derivative_twice(logits, labels):
    p = np.exp(log_softmax(logits))
    return (p - one_hot(labels, logits.shape[1])) * p * (1.0 - p) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""You subtract the one-hot rows from log p. The gradient has the probabilities themselves.""",
)
def log_p_in_place_of_p(logits, labels):
    return (log_softmax(logits) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""You subtract the one-hot rows from the logits. Turn the logits into probabilities first.""",
)
def logits_in_place_of_p(logits, labels):
    return (logits - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""The softmax in your gradient sums over the examples. Each row is a distribution of its own:
    sum over the classes.""",
)
def gradient_softmax_over_the_examples(logits, labels):
    p = np.exp(log_softmax(logits.T).T)
    return (p - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""Your gradient is summed over the batch. It has one row for each example, the shape of logits:
    each example's logits are moved on their own.""",
)
def gradient_summed_over_the_batch(logits, labels):
    return (np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])).sum(axis=0) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""exp overflows in the softmax of your gradient. Subtract each row's maximum before exp, as in
    the forward.""",
)
def gradient_overflows(logits, labels):
    exps = np.exp(logits)
    return (exps / exps.sum(axis=1, keepdims=True) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""In your gradient one maximum serves the whole batch. A row far below it becomes 0/0: each row
    needs its own maximum.""",
)
def gradient_with_one_maximum_for_the_batch(logits, labels):
    exps = np.exp(logits - logits.max())
    return (exps / exps.sum(axis=1, keepdims=True) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""The numbers are right, but the caller's logits are changed on the way: look for -= or out=.
    The caller may still need them.""",
)
def gradient_writes_into_logits(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    p = np.exp(logits)
    return (p / p.sum(axis=1, keepdims=True) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_cross_entropy_backward",
    severity="slip",
    feedback="""You subtract the label itself, a class number, from every probability of its row.
    Subtract 1 from that of the label's class alone: the row of p - onehot.""",
)
def labels_in_place_of_one_hot(logits, labels):
    return (np.exp(log_softmax(logits)) - labels[:, None]) / len(labels)


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You add the losses up. Here a loss is the mean over the batch: divide by the number of
    examples.""",
)
def loss_without_1_over_n(logits, labels):
    return -np.sum(log_softmax(logits)[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You divide by N times C: np.mean over the one-hot product also counts the zeros of the other
    classes. Sum over the classes, and take the mean over the examples only.""",
)
def loss_divided_by_all_entries(logits, labels):
    return -np.mean(one_hot(labels, logits.shape[1]) * log_softmax(logits))


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""The sign is flipped: you return the mean of log p[label], which is never above 0. The loss is
    minus that.""",
)
def loss_sign_flipped(logits, labels):
    return np.mean(log_softmax(logits)[np.arange(len(labels)), labels])


EXP_OVERFLOWS_IN_THE_LOSS = """exp overflows inside the logarithm: it is infinite from about 710 on, and
    far below 0 you take the logarithm of 0. Take the row's maximum out of the sum before exp, and add
    it again after the logarithm."""


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback=EXP_OVERFLOWS_IN_THE_LOSS,
)
def loss_overflows(logits, labels):
    log_sums = np.log(np.exp(logits).sum(axis=1))
    return np.mean(log_sums - logits[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You take one maximum for the whole batch out of the sums. In a row far below it all
    exponentials round to 0, and log(0) is minus infinity. Each row needs its own maximum.""",
)
def loss_with_one_maximum_for_the_batch(logits, labels):
    top = logits.max()
    log_sums = top + np.log(np.exp(logits - top).sum(axis=1))
    return np.mean(log_sums - logits[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You subtract the maximum inside exp and do not make up for it: log sum exp(z - m) is m too
    small. Add m again, or subtract it from the label's logit too.""",
)
def maximum_not_added_back(logits, labels):
    log_sums = np.log(np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1))
    return np.mean(log_sums - logits[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You take the logarithm of a finished softmax. Where p[label] has rounded to 0 that is
    infinite, however carefully the softmax was computed. Write log p as z minus log-sum-exp and simplify.""",
)
def log_of_a_rounded_softmax(logits, labels):
    p = np.exp(log_softmax(logits))
    return -np.mean(np.log(p[np.arange(len(labels)), labels]))


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You subtract the label's own logit inside exp. Where another logit of the row is more than 709
    larger, exp overflows and the loss is infinite. Subtract the row's maximum instead, and make up for it
    after the logarithm.""",
)
def exponentials_relative_to_the_label(logits, labels):
    own = logits[np.arange(len(labels)), labels][:, None]
    return np.mean(np.log(np.exp(logits - own).sum(axis=1)))


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You take the logarithm of a softmax plus 1e-12. That is finite, but the loss never gets above
    27.6, however wrong the example is. From the logits the exact value can be had: z minus log-sum-exp.""",
)
def log_of_softmax_plus_epsilon(logits, labels):
    p = np.exp(log_softmax(logits))
    return -np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-12))


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You take the logarithm of a softmax that is kept above 1e-12. That is finite, but the loss
    never gets above 27.6, however wrong the example is. From the logits the exact value can be had: z minus
    log-sum-exp.""",
)
def log_of_softmax_with_a_floor(logits, labels):
    p = np.exp(log_softmax(logits))
    return -np.mean(np.log(np.maximum(p[np.arange(len(labels)), labels], 1e-12)))


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""The log-sum-exp is missing: your loss is minus the label's logit. It falls for ever as the
    logit grows, whatever the others do. The softmax's denominator makes the classes compete.""",
)
def denominator_forgotten(logits, labels):
    return -np.mean(logits[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""Your log-sum-exp runs over the examples. Each example has its own denominator: sum over the
    classes.""",
)
def loss_softmax_over_the_examples(logits, labels):
    return -np.mean(log_softmax(logits.T).T[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""Your log-sum-exp runs over the whole batch. Each row has its own; give the sum an axis.""",
)
def loss_softmax_over_everything(logits, labels):
    top = logits.max()
    log_sum = top + np.log(np.exp(logits - top).sum())
    return np.mean(log_sum - logits[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""logits[:, labels] takes whole columns, one for each label: an array of shape (N, N), in which
    every example meets every label. To pair row n with label n, index both axes with arrays of length
    N.""",
)
def every_row_with_every_label_in_the_loss(logits, labels):
    return -np.mean(log_softmax(logits)[:, labels])


@mistake(
    function="softmax_cross_entropy",
    severity="useless",
    feedback="""Your loss adds up -log p over all classes. Only the label's class counts: multiply by the
    one-hot rows, or pick out one entry in each row.""",
)
def loss_without_one_hot(logits, labels):
    return -np.sum(log_softmax(logits)) / len(labels)


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""Softmax is applied twice: first to the logits, then to the probabilities that came out. Once
    is enough; the second one flattens them.""",
)
def softmax_twice(logits, labels):
    return -np.mean(log_softmax(np.exp(log_softmax(logits)))[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You return one loss for each example. The loss of a batch is a single number, their mean.""",
)
def one_softmax_loss_for_each_example(logits, labels):
    return -log_softmax(logits)[np.arange(len(labels)), labels]


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""The numbers are right, but logits -= ... writes into the caller's array. Write logits = logits
    - ..., which makes a new one.""",
)
def loss_writes_into_logits(logits, labels):
    logits -= logits.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(logits).sum(axis=1))
    return np.mean(log_sums - logits[np.arange(len(labels)), labels])


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback=EXP_OVERFLOWS_IN_THE_LOSS,
)
def loss_of_an_overflowing_softmax(logits, labels):
    exps = np.exp(logits)
    p = exps / exps.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(labels)), labels]))


@mistake(
    function="softmax_cross_entropy",
    severity="slip",
    feedback="""You take the logarithm of a softmax plus 1e-9. That is finite, but the loss never gets
    above 20.7, however wrong the example is. From the logits the exact value can be had: z minus
    log-sum-exp.""",
)
def log_of_softmax_plus_a_billionth(logits, labels):
    p = np.exp(log_softmax(logits))
    return -np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-9))


@mistake(
    function="softmax_cross_entropy",
    severity="useless",
    feedback="""You subtract the label itself, a class number, from log-sum-exp. It says which logit to
    subtract: logits[np.arange(N), labels].""",
)
def label_in_place_of_its_logit(logits, labels):
    top = logits.max(axis=1)
    log_sums = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    return np.mean(log_sums - labels)


# --- Squared error behind a softmax -------------------------------------------------------------


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""You multiply by p (1 - p) as if each probability depended on its own logit only. Through the
    common denominator it depends on all logits of its row: the cross terms, -p_j p_c, are missing.""",
)
def cross_terms_forgotten(logits, labels):
    p = np.exp(log_softmax(logits))
    return 2.0 * (p - one_hot(labels, logits.shape[1])) * p * (1.0 - p) / len(labels)


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""This is the gradient with respect to the probabilities, 2 (p - onehot) / N. The function takes
    logits: one more step of the chain rule leads through the softmax.""",
)
def softmax_derivative_forgotten(logits, labels):
    return 2.0 * (np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""This is the gradient of cross-entropy, (p - onehot) / N. With the squared error nothing
    cancels: the derivative of the softmax stays in the product.""",
)
def gradient_of_cross_entropy(logits, labels):
    return (np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""The factor 2 is missing. The derivative of a square is twice the base, and this loss has no
    1/2 in front that would cancel it.""",
)
def factor_two_forgotten(logits, labels):
    p = np.exp(log_softmax(logits))
    g = (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""The factor 1/N is missing. The loss is a mean over the batch, so each example moves it by one
    Nth only.""",
)
def squared_gradient_without_1_over_n(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1]))
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="You divide by N times C. The mean runs over the N examples; over the classes there is a sum.",
)
def squared_gradient_divided_by_all_entries(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / logits.size
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""The sign is flipped. That is the direction in which the loss falls; the gradient points to
    where it rises, and the update rule brings the minus.""",
)
def squared_gradient_sign_flipped(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (one_hot(labels, logits.shape[1]) - p) / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="useless",
    feedback="""You start from 2 p: the one-hot rows are not subtracted. Without them the gradient does not
    know the labels.""",
)
def squared_gradient_without_one_hot(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * p / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""What you return is p g: the sum over the row is missing, or it adds up g itself, which is
    always 0. Each g is weighted by its p: raising one logit lowers all other probabilities.""",
)
def sum_over_the_row_forgotten(logits, labels):
    p = np.exp(log_softmax(logits))
    return p * 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""The sum over the row has the wrong sign: you add it. The derivative of p_j by another logit is
    negative, -p_j p_c, so the sum is subtracted.""",
)
def sum_over_the_row_added(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g + np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""Your inner sum runs over the examples. The softmax ties the classes of one row together: sum
    over the classes, and keep the axis so that it broadcasts.""",
)
def sum_over_the_examples(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.sum(g * p, axis=0))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""Your inner sum runs over the whole batch. The softmax ties the classes of one row together:
    give the sum an axis, and keep it so that it broadcasts.""",
)
def sum_over_everything(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.sum(g * p))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""Your inner sum is a mean over the classes. The chain rule adds up what flows through every
    probability of the row, without dividing.""",
)
def mean_over_the_row(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.mean(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""In front of the bracket p is missing. Each term of the softmax's derivative has two factors p,
    one for each index: one of them is in the sum, the other one outside.""",
)
def factor_p_forgotten(logits, labels):
    p = np.exp(log_softmax(logits))
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return g - np.sum(g * p, axis=1, keepdims=True)


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""Only the label's probability enters your gradient. The squared error counts every class: a
    probability that should be 0 and is not adds its square.""",
)
def squared_gradient_of_the_label_only(logits, labels):
    p = np.exp(log_softmax(logits))
    truth = one_hot(labels, logits.shape[1])
    g = 2.0 * truth * (p - 1.0) / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""The softmax in your gradient sums over the examples. Each row is a distribution of its own:
    sum over the classes.""",
)
def squared_gradient_softmax_over_the_examples(logits, labels):
    p = np.exp(log_softmax(logits.T).T)
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""exp overflows in the softmax of your gradient. Subtract each row's maximum before exp, as in
    the forward.""",
)
def squared_gradient_overflows(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="slip",
    feedback="""In your gradient one maximum serves the whole batch. A row far below it becomes 0/0: each row
    needs its own maximum.""",
)
def squared_gradient_with_one_maximum_for_the_batch(logits, labels):
    p = np.exp(logits - logits.max())
    p = p / p.sum(axis=1, keepdims=True)
    g = 2.0 * (p - one_hot(labels, logits.shape[1])) / len(labels)
    return p * (g - np.sum(g * p, axis=1, keepdims=True))


@mistake(
    function="softmax_squared_error_backward",
    severity="useless",
    feedback="""You return the loss, one number. The gradient has an entry for each logit, in the shape
    of logits.""",
)
def loss_in_place_of_its_gradient(logits, labels):
    return np.sum((np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""You add the losses up. Here a loss is the mean over the batch: divide by the number of
    examples.""",
)
def squared_error_without_1_over_n(logits, labels):
    return np.sum((np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) ** 2)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""You divide by N times C: np.mean without an axis also averages over the classes. Sum over the
    classes, and take the mean over the examples only.""",
)
def squared_error_divided_by_all_entries(logits, labels):
    return np.mean((np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) ** 2)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""Your loss has a factor 1/2 in front. Many books write it so, because it cancels the 2 of the
    derivative; this course's loss has none.""",
)
def half_the_squared_error(logits, labels):
    return np.sum((np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) ** 2) / (2 * len(labels))


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""You take a root: this is the distance, not its square. The loss is the sum of the squares.""",
)
def root_taken(logits, labels):
    error = np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])
    return np.mean(np.sqrt(np.sum(error**2, axis=1)))


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""You sum absolute errors. Each difference is squared before it is added.""",
)
def absolute_error(logits, labels):
    return np.sum(np.abs(np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1]))) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="useless",
    feedback="""You square after the sum. Both p and onehot have sum 1, so the differences of a row always add
    up to 0: square each of them first.""",
)
def squared_after_the_sum(logits, labels):
    error = np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])
    return np.mean(np.sum(error, axis=1) ** 2)


@mistake(
    function="softmax_squared_error",
    severity="useless",
    feedback="""You subtract the label's number from the probabilities. A label is a name, not an amount:
    class 3 is not three times class 1. Turn it into a one-hot row.""",
)
def label_as_a_number(logits, labels):
    return np.sum((np.exp(log_softmax(logits)) - labels[:, None]) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="useless",
    feedback="""You sum p^2 and subtract nothing: the one-hot rows are forgotten, and the loss does not know
    the labels.""",
)
def squared_error_without_one_hot(logits, labels):
    return np.sum(np.exp(log_softmax(logits)) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""Only the label's class counts in your loss. The squared error counts every class: a
    probability that should be 0 and is not adds its square.""",
)
def squared_error_of_the_label_only(logits, labels):
    p_label = np.exp(log_softmax(logits))[np.arange(len(labels)), labels]
    return np.mean((p_label - 1.0) ** 2)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""You compare the logits with the one-hot rows. Turn the logits into probabilities first: the
    softmax is missing.""",
)
def squared_error_of_logits(logits, labels):
    return np.sum((logits - one_hot(labels, logits.shape[1])) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""Your softmax sums over the examples. Each row is a distribution of its own: sum over the
    classes.""",
)
def squared_error_softmax_over_the_examples(logits, labels):
    p = np.exp(log_softmax(logits.T).T)
    return np.sum((p - one_hot(labels, logits.shape[1])) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""exp overflows in the softmax inside your loss. Subtract each row's maximum before exp.""",
)
def squared_error_overflows(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return np.sum((p - one_hot(labels, logits.shape[1])) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""In the softmax inside your loss one maximum serves the whole batch. A row far below it becomes
    0/0: each row needs its own maximum.""",
)
def squared_error_with_one_maximum_for_the_batch(logits, labels):
    p = np.exp(logits - logits.max())
    p = p / p.sum(axis=1, keepdims=True)
    return np.sum((p - one_hot(labels, logits.shape[1])) ** 2) / len(labels)


@mistake(
    function="softmax_squared_error",
    severity="slip",
    feedback="""You return one loss for each example. The loss of a batch is a single number, their mean.""",
)
def one_squared_error_for_each_example(logits, labels):
    return np.sum((np.exp(log_softmax(logits)) - one_hot(labels, logits.shape[1])) ** 2, axis=1)


@mistake(
    function="softmax_squared_error",
    severity="useless",
    feedback="""You square both parts and subtract: p**2 - onehot**2. The squared error is (p -
    onehot)**2, the square of the difference.""",
)
def difference_of_squares(logits, labels):
    return np.sum(np.exp(log_softmax(logits)) ** 2 - one_hot(labels, logits.shape[1]) ** 2) / len(labels)
