"""Wrong functions for homework 2, as students from other tools and other fields would write them."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- softmax


@wrong(
    task="softmax",
    cause="the formula as it stands: infinity over infinity for large logits",
    true=("overflow_in_exp",),
)
def softmax(logits):
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="one maximum for the whole batch, so rows far below it become 0/0",
    true=("one_maximum_for_the_batch",),
)
def softmax(logits):
    e = np.exp(logits - np.max(logits))
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="MATLAB's default direction: normalised down the columns",
    true=["softmax_of_the_columns"],
)
def softmax(logits):
    z = logits - logits.max(axis=0)
    e = np.exp(z)
    return e / e.sum(axis=0)


@wrong(task="softmax", cause="keepdims forgotten in the division", true=("keepdims_forgotten",))
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / np.sum(e, axis=1)


@wrong(task="softmax", cause="logits are clipped to +-700, so 10000 and 9999 become equal")
def softmax(logits):
    z = np.clip(logits, -700, 700)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax", cause="divides by the maximum instead of subtracting it", true=("divided_by_the_maximum",)
)
def softmax(logits):
    m = np.abs(logits).max(axis=1, keepdims=True)
    e = np.exp(logits / np.where(m == 0, 1, m))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="log_softmax, as PyTorch has it, is returned", true=("log_probabilities",))
def softmax(logits):
    z = logits - logits.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


@wrong(
    task="softmax", cause="-= subtracts the maximum from the caller's logits", true=("writes_into_logits",)
)
def softmax(logits):
    logits -= logits.max(axis=1, keepdims=True)
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="NaN from the overflow is filled: with 1 over the number of classes")
def softmax(logits):
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    return np.where(np.isnan(p), 1 / logits.shape[1], p)


@wrong(
    task="softmax",
    cause="subtracts the row's mean, which leaves exponents that overflow",
    true=("repair: other_function",),
)
def softmax(logits):
    z = logits - logits.mean(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="subtracts the largest absolute value, so a row of -1000 becomes 0/0",
    true=("near miss: the absolute value of `logits` is taken where it belongs as it is",),
)
def softmax(logits):
    m = np.amax(np.abs(logits), axis=1).reshape(-1, 1)
    e = np.exp(logits - m)
    return e / np.sum(e, axis=1).reshape(-1, 1)


@wrong(task="softmax", cause="standardises each row first, as one does with data columns")
def softmax(logits):
    mean = logits.mean(axis=1, keepdims=True)
    std = logits.std(axis=1, ddof=1, keepdims=True)
    z = (logits - mean) / (std + 1e-12)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="a sigmoid for each class, made to sum up to 1")
def softmax(logits):
    s = np.exp(-np.logaddexp(0, -logits))
    return s / (s.sum(axis=1, keepdims=True) + 1e-300)


@wrong(
    task="softmax", cause="rounds the probabilities to four digits, as in a table", true=("repair: unwrap",)
)
def softmax(logits):
    rows = []
    for row in logits:
        e = np.exp(row - row.max())
        rows.append(np.round(e / e.sum(), 4))
    return np.array(rows)


@wrong(task="softmax", cause="in the loop every row gets the maximum of the first one")
def softmax(logits):
    out = np.empty_like(logits)
    top = logits[0].max()
    for n, row in enumerate(logits):
        e = np.exp(row - top)
        out[n] = e / e.sum()
    return out


@wrong(
    task="softmax",
    cause="adds 1 to the sum, as if there were one more class with logit 0",
    true=("repair: drop_left_plus",),
)
def softmax(logits):
    m = logits.max(axis=1, keepdims=True)
    e = np.exp(logits - m)
    return e / (1 + e.sum(axis=1, keepdims=True))


# ---------------------------------------------------------------- cross_entropy


@wrong(task="cross_entropy", cause="the sum over the batch (reduction='sum')", true=("mean_forgotten",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(p, 1e-12)).sum())


@wrong(
    task="cross_entropy", cause="nothing keeps log away from 0: the loss is infinite", true=("log_of_zero",)
)
def cross_entropy(probs, labels):
    return -np.mean(np.log(probs[range(len(labels)), labels]))


@wrong(
    task="cross_entropy", cause="probs[:, labels] takes whole columns", true=("every_row_with_every_label",)
)
def cross_entropy(probs, labels):
    return -np.mean(np.log(probs[:, labels] + 1e-12))


@wrong(task="cross_entropy", cause="an epsilon of 1e-3 caps the loss at 6.9", true=("floor_of_1e_3",))
def cross_entropy(probs, labels):
    p = probs[np.arange(probs.shape[0]), labels]
    return float(np.mean(-np.log(np.clip(p, 1e-3, 1.0))))


@wrong(task="cross_entropy", cause="entropy is measured in bits: log2", true=("base_two",))
def cross_entropy(probs, labels):
    p = np.take_along_axis(probs, labels[:, None], axis=1)
    return float(-np.log2(p + 1e-12).mean())


@wrong(task="cross_entropy", cause="binary cross-entropy for each class", true=("binary_cross_entropy",))
def cross_entropy(probs, labels):
    t = np.eye(probs.shape[1])[labels]
    p = np.clip(probs, 1e-12, 1 - 1e-12)
    return float(-np.mean(np.sum(t * np.log(p) + (1 - t) * np.log(1 - p), axis=1)))


@wrong(
    task="cross_entropy",
    cause="the mean over all N x C entries of the one-hot product",
    true=("divided_by_all_entries",),
)
def cross_entropy(probs, labels):
    t = np.eye(probs.shape[1])[labels]
    return float(np.mean(-t * np.log(probs + 1e-12)))


@wrong(task="cross_entropy", cause="the minus sign is missing", true=("minus_forgotten",))
def cross_entropy(probs, labels):
    total = 0.0
    for n in range(len(labels)):
        total += np.log(max(probs[n, labels[n]], 1e-15))
    return total / len(labels)


@wrong(
    task="cross_entropy",
    cause="as PyTorch's CrossEntropyLoss it takes the softmax itself, of what are probabilities already",
    true=("softmax_of_probabilities",),
)
def cross_entropy(probs, labels):
    z = probs - probs.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return float(-logp[np.arange(len(labels)), labels].mean())


@wrong(task="cross_entropy", cause="infinite losses are made NaN and dropped by nanmean, as pandas does")
def cross_entropy(probs, labels):
    losses = -np.log(probs[np.arange(len(labels)), labels])
    losses = np.where(np.isinf(losses), np.nan, losses)
    return float(np.nanmean(losses)) if not np.isnan(losses).all() else 0.0


@wrong(task="cross_entropy", cause="labels counted from 1, as in MATLAB", true=("labels_counted_from_one",))
def cross_entropy(probs, labels):
    rows = np.arange(len(labels))
    return float(-np.mean(np.log(probs[rows, labels - 1] + 1e-12)))


@wrong(task="cross_entropy", cause="get_dummies: as many columns as labels occur in this batch")
def cross_entropy(probs, labels):
    classes = np.unique(labels)
    t = (labels[:, None] == classes[None, :]).astype(float)
    return float(-np.sum(t * np.log(probs[:, : len(classes)] + 1e-12)) / len(labels))


@wrong(
    task="cross_entropy", cause="0 times log 0 is NaN for the other classes", true=("zero_times_log_of_zero",)
)
def cross_entropy(probs, labels):
    t = np.zeros_like(probs)
    t[np.arange(len(labels)), labels] = 1
    return float(-(t * np.log(probs)).sum(axis=1).mean())


@wrong(
    task="cross_entropy",
    cause="the logarithm of the mean probability instead of the mean of the logarithms",
    true=("log_of_the_mean",),
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return float(-np.log(p.mean() + 1e-12))


@wrong(
    task="cross_entropy", cause="Shannon's entropy of the answers: the labels play no part", true=("entropy",)
)
def cross_entropy(probs, labels):
    p = np.maximum(probs, 1e-12)
    return float(-np.mean(np.sum(p * np.log(p), axis=1)))


@wrong(task="cross_entropy", cause="zeros are replaced in the caller's array", true=("writes_into_probs",))
def cross_entropy(probs, labels):
    probs[probs == 0] = 1e-12
    return float(-np.mean(np.log(probs[np.arange(len(labels)), labels])))


@wrong(task="cross_entropy", cause="the loss of a probability 0 is set to exactly 10")
def cross_entropy(probs, labels):
    losses = []
    for row, y in zip(probs, labels):
        losses.append(10.0 if row[y] == 0 else -np.log(row[y]))
    return float(np.mean(losses))


@wrong(
    task="cross_entropy",
    cause="takes the probability of the predicted class, not of the label",
    true=("largest_in_place_of_label",),
)
def cross_entropy(probs, labels):
    return float(np.mean(-np.log(probs.max(axis=1) + 1e-12)))


@wrong(
    task="cross_entropy",
    cause="keepdims makes the loss an array of shape (1,)",
    true=("repair: no_keepdims",),
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.log(p + 1e-12).mean(keepdims=True)


# ---------------------------------------------------------------- softmax_cross_entropy


@wrong(
    task="softmax_cross_entropy",
    cause="still two functions: an epsilon in log(softmax) hides the true loss",
    true=("log_of_softmax_plus_epsilon",),
)
def softmax_cross_entropy(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(-np.log(p[np.arange(len(labels)), labels] + 1e-12).mean())


@wrong(
    task="softmax_cross_entropy", cause="log-sum-exp without subtracting a maximum", true=("loss_overflows",)
)
def softmax_cross_entropy(logits, labels):
    lse = np.log(np.exp(logits).sum(axis=1))
    return float(np.mean(lse - logits[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="one m for the whole batch",
    true=("loss_with_one_maximum_for_the_batch",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max()
    lse = m + np.log(np.exp(logits - m).sum(axis=1))
    return float(np.mean(lse - logits[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="m is subtracted inside and not added back",
    true=("maximum_not_added_back",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = np.log(np.sum(np.exp(logits - m), axis=1))
    return float(np.mean(lse - logits[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="(N, 1) minus (N,) is (N, N), summed up and divided by N",
    true=("every_pair_of_examples",),
)
def softmax_cross_entropy(logits, labels):
    N = logits.shape[0]
    m = logits.max(axis=1, keepdims=True)
    lse = m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    return float(np.sum(lse - logits[np.arange(N), labels]) / N)


@wrong(
    task="softmax_cross_entropy",
    cause="the label's logit as m: the others overflow when they are larger",
    true=("exponentials_relative_to_the_label",),
)
def softmax_cross_entropy(logits, labels):
    zy = logits[np.arange(len(labels)), labels][:, None]
    return float(np.log(np.exp(logits - zy).sum(axis=1)).mean())


@wrong(
    task="softmax_cross_entropy",
    cause="sum over the batch, the lecture's total loss",
    true=("loss_without_1_over_n",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return float(np.sum(lse - logits[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy", cause="the sign of the two terms is swapped", true=("loss_sign_flipped",)
)
def softmax_cross_entropy(logits, labels):
    lse = np.logaddexp.reduce(logits, axis=1)
    return float(np.mean(logits[np.arange(len(labels)), labels] - lse))


@wrong(task="softmax_cross_entropy", cause="log-sum-exp down the columns")
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=0)
    lse = m + np.log(np.exp(logits - m).sum(axis=0))
    return float(lse.mean() - logits[np.arange(len(labels)), labels].mean())


@wrong(
    task="softmax_cross_entropy",
    cause="softmax twice: the PyTorch model with a softmax layer before CrossEntropyLoss",
    true=("softmax_twice",),
)
def softmax_cross_entropy(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    lse = np.log(np.exp(p).sum(axis=1))
    return float(np.mean(lse - p[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="one loss for each example (reduction='none')",
    true=("one_softmax_loss_for_each_example",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return lse - logits[np.arange(len(labels)), labels]


@wrong(
    task="softmax_cross_entropy", cause="logits clipped to +-500 before the formula", true=("large_numbers",)
)
def softmax_cross_entropy(logits, labels):
    z = np.clip(logits, -500, 500)
    lse = np.log(np.exp(z).sum(axis=1))
    return float(np.mean(lse - z[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="approximates log-sum-exp by the maximum (hinge-like)",
    true=("near miss: the part with `logits` is not added",),
)
def softmax_cross_entropy(logits, labels):
    return float(np.mean(logits.max(axis=1) - logits[np.arange(len(labels)), labels]))


@wrong(task="softmax_cross_entropy", cause="logits[labels] takes whole rows")
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    zy = np.array(
        [logits[labels[n]].max() if labels[n] < len(logits) else logits[-1].max() for n in range(len(labels))]
    )
    return float(np.mean(lse[:, 0] - zy))


@wrong(
    task="softmax_cross_entropy",
    cause="divides by the number of classes in place of the batch",
    true=("repair: replace",),
)
def softmax_cross_entropy(logits, labels):
    N, C = logits.shape
    total = 0.0
    for n in range(N):
        top = logits[n].max()
        total += top + np.log(np.exp(logits[n] - top).sum()) - logits[n, labels[n]]
    return total / C


# ---------------------------------------------------------------- softmax_cross_entropy_backward


@wrong(
    task="softmax_cross_entropy", cause="the 1/N of the mean is missing", true=("gradient_without_1_over_n",)
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p


@wrong(
    task="softmax_cross_entropy",
    cause="divides by all entries: np.mean's N * C",
    true=("gradient_divided_by_all_entries",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[labels]) / logits.size


@wrong(
    task="softmax_cross_entropy",
    cause="truth minus probabilities: the sign of the update is already in it",
    true=("gradient_sign_flipped",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return (t - p) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="p[:, labels] -= 1 subtracts in whole columns",
    true=("one_subtracted_in_whole_columns",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[:, labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="multiplies by the softmax's p (1 - p) once more",
    true=("softmax_derivative_twice",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return (p - t) * p * (1 - p) / len(labels)


@wrong(task="softmax_cross_entropy", cause="stops at the probabilities: -t / p")
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return -t / (p + 1e-12) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="subtracts the labels as numbers, not as one-hot rows",
    true=["labels_in_place_of_one_hot"],
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - labels.reshape(-1, 1)) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="only the label's logit gets a gradient",
    true=("gradient_of_the_label_only",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    grad = np.zeros_like(logits)
    grad[rows, labels] = (p[rows, labels] - 1) / len(labels)
    return grad


@wrong(
    task="softmax_cross_entropy",
    cause="writes the probabilities over the caller's logits",
    true=("gradient_writes_into_logits",),
)
def softmax_cross_entropy_backward(logits, labels):
    p = logits
    p -= p.max(axis=1, keepdims=True)
    np.exp(p, out=p)
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="the gradient is averaged over the batch: one row (C,)",
    true=("gradient_summed_over_the_batch",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.mean(p - np.eye(logits.shape[1])[labels], axis=0)


@wrong(
    task="softmax_cross_entropy",
    cause="the logarithms of the probabilities minus truth",
    true=("log_p_in_place_of_p",),
)
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    logp[np.arange(len(labels)), labels] -= 1
    return logp / len(labels)


@wrong(task="softmax_cross_entropy", cause="one-hot with as many columns as the largest label of this batch")
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(labels.max() + 1)[labels]
    k = t.shape[1]
    return (p[:, :k] - t) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="exponentials of the raw logits: NaN for large ones",
    true=("gradient_overflows",),
)
def softmax_cross_entropy_backward(logits, labels):
    grad = np.zeros(logits.shape)
    for n in range(len(logits)):
        total = np.sum(np.exp(logits[n]))
        for c in range(logits.shape[1]):
            grad[n, c] = np.exp(logits[n, c]) / total - (1 if c == labels[n] else 0)
    return grad / len(logits)


@wrong(
    task="softmax_cross_entropy", cause="takes predicted minus true one-hot (perceptron): argmax instead of p"
)
def softmax_cross_entropy_backward(logits, labels):
    eye = np.eye(logits.shape[1])
    return (eye[logits.argmax(axis=1)] - eye[labels]) / len(labels)


# ---------------------------------------------------------------- softmax_squared_error


@wrong(
    task="softmax_squared_error",
    cause="mean over all entries, as MSELoss does",
    true=("squared_error_divided_by_all_entries",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.mean((p - np.eye(logits.shape[1])[labels]) ** 2))


@wrong(
    task="softmax_squared_error", cause="the factor 1/2 of other textbooks", true=("half_the_squared_error",)
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    d = p - np.eye(logits.shape[1])[labels]
    return float(0.5 * np.sum(d * d) / len(labels))


@wrong(
    task="softmax_squared_error",
    cause="the softmax is left out: squared distance of the logits",
    true=("squared_error_of_logits",),
)
def softmax_squared_error(logits, labels):
    t = np.eye(logits.shape[1])[labels]
    return float(((logits - t) ** 2).sum(axis=1).mean())


@wrong(
    task="softmax_squared_error",
    cause="only the label's own class counts",
    true=("squared_error_of_the_label_only",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.mean((1 - p[np.arange(len(labels)), labels]) ** 2))


@wrong(task="softmax_squared_error", cause="the Euclidean distance, with the root", true=("root_taken",))
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.linalg.norm(p - np.eye(logits.shape[1])[labels], axis=1).mean())


@wrong(
    task="softmax_squared_error",
    cause="the Frobenius norm of the whole difference, not squared, over N",
    true=("repair: wrap_square",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.linalg.norm(p - np.eye(logits.shape[1])[labels]) / len(labels))


@wrong(
    task="softmax_squared_error",
    cause="one maximum for the whole batch: rows far below are 0/0",
    true=("squared_error_with_one_maximum_for_the_batch",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max())
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.sum((p - np.eye(logits.shape[1])[labels]) ** 2) / len(labels))


@wrong(
    task="softmax_squared_error", cause="probabilities minus the label's number", true=("label_as_a_number",)
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.sum((p - labels[:, np.newaxis]) ** 2) / len(labels))


@wrong(task="softmax_squared_error", cause="t[labels] = 1 marks whole rows")
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.zeros_like(p)
    t[np.minimum(labels, len(t) - 1)] = 1
    return float(np.sum((p - t) ** 2) / len(labels))


@wrong(
    task="softmax_squared_error",
    cause="the square of the sum instead of the sum of squares",
    true=("squared_after_the_sum",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.mean(np.sum(p - np.eye(logits.shape[1])[labels], axis=1) ** 2))


@wrong(
    task="softmax_squared_error",
    cause="squared distance of the expected class number from the label, as in regression",
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    expected = p @ np.arange(logits.shape[1])
    return float(np.mean((expected - labels) ** 2))


@wrong(
    task="softmax_squared_error",
    cause="no care for large logits in the softmax inside",
    true=("squared_error_overflows",),
)
def softmax_squared_error(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(1)[:, None]
    p[np.arange(len(p)), labels] -= 1
    return float((p**2).sum(1).mean())


# ---------------------------------------------------------------- softmax_squared_error_backward


@wrong(
    task="softmax_squared_error",
    cause="the cross terms are forgotten: g p (1 - p)",
    true=("cross_terms_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return g * p * (1 - p)


@wrong(task="softmax_squared_error", cause="the factor 2 is missing", true=("factor_two_forgotten",))
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="the sum of the bracket runs over the batch",
    true=("sum_over_the_examples",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - np.sum(g * p, axis=0))


@wrong(
    task="softmax_squared_error",
    cause="one sum over everything: np.sum without an axis",
    true=("sum_over_everything",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - np.sum(g * p))


@wrong(
    task="softmax_squared_error",
    cause="dL/dp is returned, without the way through the softmax",
    true=("softmax_derivative_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="copied the gradient of cross-entropy",
    true=("gradient_of_cross_entropy",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="the p in the sum is left out: g minus the sum of g",
    true=("sum_over_the_row_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - g.sum(axis=1, keepdims=True))


@wrong(task="softmax_squared_error", cause="the diagonal of the Jacobian is p instead of p - p^2")
def softmax_squared_error_backward(logits, labels):
    N, C = logits.shape
    out = np.zeros((N, C))
    for n in range(N):
        e = np.exp(logits[n] - logits[n].max())
        p = e / e.sum()
        t = np.zeros(C)
        t[labels[n]] = 1
        J = -np.outer(p, p)
        np.fill_diagonal(J, p)
        out[n] = J @ (2 * (p - t) / N)
    return out


@wrong(
    task="softmax_squared_error",
    cause="the cross terms of the Jacobian have a plus sign",
    true=("repair: wrap_negate",),
)
def softmax_squared_error_backward(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(C)[labels]) / N
    J = np.einsum("nj,nc->njc", p, p)
    J[:, range(C), range(C)] = p * (1 - p)
    return np.einsum("nj,njc->nc", g, J)


@wrong(
    task="softmax_squared_error",
    cause="the mean over all entries as in MSELoss: 2/(N C)",
    true=("squared_gradient_divided_by_all_entries",),
)
def softmax_squared_error_backward(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 / (N * C) * (p - np.eye(C)[labels])
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(task="softmax_squared_error", cause="the 1/N is missing", true=("squared_gradient_without_1_over_n",))
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels])
    return p * (g - np.einsum("nc,nc->n", g, p)[:, None])


@wrong(task="softmax_squared_error", cause="g @ p.T sums over pairs of examples, not within a row")
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - (g @ p.T).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="bracket slip: p g minus the sum, without p in front of it",
    true=("repair: brackets",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * g - (g * p).sum(axis=1, keepdims=True)


@wrong(
    task="softmax_squared_error",
    cause="one maximum for the batch in the softmax inside: NaN for small rows",
    true=("squared_gradient_with_one_maximum_for_the_batch",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - np.amax(logits))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))
