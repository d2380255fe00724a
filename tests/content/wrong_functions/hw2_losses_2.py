"""A second list of wrong functions of homework 2, written after the feedback was tuned with the first."""

import numpy as np

from autograder.checks import wrong


@wrong(task="softmax", cause="exp of the negative logits", true=("sign_flipped",))
def softmax(logits):
    z = -logits
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="the square of the logits", true=["squares_in_place_of_exponentials"])
def softmax(logits):
    e = logits**2
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="sum without an axis", true=("summed_over_everything",))
def softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return e / np.sum(e)


@wrong(task="softmax", cause="mean in place of sum", true=("multiplied_by_last_axis",))
def softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return e / np.mean(e, axis=1, keepdims=True)


@wrong(task="softmax", cause="the transposed result", true=("transposed",))
def softmax(logits):
    z = logits.T
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)


@wrong(task="softmax", cause="rounded to four digits")
def softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1, keepdims=True))
    return np.round(e / e.sum(axis=1, keepdims=True), 4)


@wrong(
    task="cross_entropy", cause="the labels one-hot by comparing with range(10)", true=("shapes_do_not_fit",)
)
def cross_entropy(probs, labels):
    onehot = labels[:, None] == np.arange(10)
    return -np.mean(np.sum(onehot * np.log(probs + 1e-12), axis=1))


@wrong(task="cross_entropy", cause="sum over all log p", true=("one_hot_forgotten",))
def cross_entropy(probs, labels):
    return -np.mean(np.sum(np.log(probs + 1e-12), axis=1))


@wrong(task="cross_entropy", cause="no minus", true=("minus_forgotten",))
def cross_entropy(probs, labels):
    n = len(labels)
    return np.log(probs[np.arange(n), labels] + 1e-12).sum() / n


@wrong(task="cross_entropy", cause="divided by N minus 1")
def cross_entropy(probs, labels):
    n = len(labels)
    return -np.log(probs[np.arange(n), labels] + 1e-12).sum() / max(1, n - 1)


@wrong(task="cross_entropy", cause="loops with range(len(probs) - 1)")
def cross_entropy(probs, labels):
    total = 0
    for i in range(len(probs) - 1):
        total -= np.log(probs[i, labels[i]] + 1e-12)
    return total / len(probs)


@wrong(task="softmax_cross_entropy", cause="log of the sum without exp")
def softmax_cross_entropy(logits, labels):
    n = len(labels)
    return np.mean(np.log(np.abs(logits).sum(axis=1)) - logits[np.arange(n), labels])


@wrong(task="softmax_cross_entropy", cause="minus log-sum-exp", true=("loss_sign_flipped",))
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return -np.mean(lse - logits[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="the largest logit in place of the label's",
    true=("parameter_unused",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return np.mean(lse - m)


@wrong(
    task="softmax_cross_entropy",
    cause="backward: labels subtracted from p of the wrong rows, range forgotten",
    true=("rows_by_label",),
)
def softmax_cross_entropy_backward(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad = z / z.sum(axis=1, keepdims=True)
    grad[labels] = grad[labels] - 1
    return grad / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="backward: adds one",
    true=("near miss: the part with `labels` is added, not subtracted",),
)
def softmax_cross_entropy_backward(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    grad = z / z.sum(axis=1, keepdims=True)
    grad[np.arange(len(labels)), labels] += 1
    return grad / len(labels)


@wrong(task="softmax_cross_entropy", cause="backward: p only", true=("gradient_without_one_hot",))
def softmax_cross_entropy_backward(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    return z / z.sum(axis=1, keepdims=True) / len(labels)


@wrong(task="softmax_cross_entropy", cause="backward: integer one-hot array", true=("integer_array",))
def softmax_cross_entropy_backward(logits, labels):
    n, c = logits.shape
    out = np.zeros((n, c), dtype=int)
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    out[:] = z / z.sum(axis=1, keepdims=True)
    out[np.arange(n), labels] -= 1
    return out / n


@wrong(task="softmax_squared_error", cause="the absolute difference", true=("absolute_error",))
def softmax_squared_error(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    return np.abs(p - np.eye(p.shape[1])[labels]).sum() / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="the sum, not the mean over the batch",
    true=("squared_error_without_1_over_n",),
)
def softmax_squared_error(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    return ((p - np.eye(p.shape[1])[labels]) ** 2).sum()


@wrong(
    task="softmax_squared_error",
    cause="backward with 2 and 1/N but a sum of g without p",
    true=("sum_over_the_row_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    n = len(labels)
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(p.shape[1])[labels]) / n
    return p * g


@wrong(
    task="softmax_squared_error",
    cause="backward for the sum of squares",
    true=("squared_gradient_without_1_over_n",),
)
def softmax_squared_error_backward(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(p.shape[1])[labels])
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="returns the loss, not the gradient",
    true=["loss_in_place_of_its_gradient"],
)
def softmax_squared_error_backward(logits, labels):
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    return np.sum((p - np.eye(p.shape[1])[labels]) ** 2) / len(labels)


@wrong(task="softmax", cause="the minimum is subtracted, which makes large exponents larger")
def softmax(logits):
    z = logits - logits.min(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="divides by the row's maximum instead of subtracting it",
    true=("divided_by_the_maximum",),
)
def softmax(logits):
    z = logits / np.max(np.abs(logits), axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="the mean of the row is subtracted")
def softmax(logits):
    z = logits - logits.mean(axis=1, keepdims=True)
    e = np.exp(z)
    return e / np.sum(e, axis=1, keepdims=True)


@wrong(task="softmax", cause="the maximum of each column is subtracted", true=("maximum_of_each_column",))
def softmax(logits):
    z = logits - logits.max(axis=0)
    e = np.exp(z)
    return e / np.sum(e, axis=1, keepdims=True)


@wrong(task="softmax", cause="normalised by the root of the sum of squares")
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / np.linalg.norm(e, axis=1, keepdims=True)


@wrong(
    task="cross_entropy",
    cause="binary cross-entropy: also -log(1 - p) of the other classes",
    true=("binary_cross_entropy",),
)
def cross_entropy(probs, labels):
    t = np.zeros_like(probs)
    t[np.arange(len(labels)), labels] = 1
    p = np.clip(probs, 1e-12, 1 - 1e-12)
    return float(-np.mean(np.sum(t * np.log(p) + (1 - t) * np.log(1 - p), axis=1)))


@wrong(task="cross_entropy", cause="the logarithm of the mean probability", true=("log_of_the_mean",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return float(-np.log(np.mean(p) + 1e-12))


@wrong(
    task="cross_entropy",
    cause="the probability of the most likely class instead of the label's",
    true=("largest_in_place_of_label",),
)
def cross_entropy(probs, labels):
    return float(-np.mean(np.log(np.max(probs, axis=1) + 1e-12)))


@wrong(
    task="cross_entropy",
    cause="examples with p = 0 are left out of the mean",
    true=["impossible_examples_left_out"],
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    p = p[p > 0]
    return float(-np.mean(np.log(p)))


@wrong(task="softmax_cross_entropy", cause="the sign of the logit of the label is wrong: logsumexp + z_y")
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return float(np.mean(lse + logits[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="the maximum is not added back to the log of the sum",
    true=("maximum_not_added_back",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(logits - m).sum(axis=1))
    return float(np.mean(lse - logits[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="softmax then log with 1e-12: exact only for moderate logits",
    true=("log_of_softmax_plus_epsilon",),
)
def softmax_cross_entropy(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(-np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-12)))


@wrong(
    task="softmax_cross_entropy",
    cause="onehot - p, the sign turned, then divided by N",
    true=("gradient_sign_flipped",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return (t - p) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="1 is subtracted from the whole column of each label in the batch",
    true=("one_subtracted_in_whole_columns",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[:, labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="only the label's entry of the gradient is kept",
    true=("gradient_of_the_label_only",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    grad = np.zeros_like(logits)
    rows = np.arange(len(labels))
    grad[rows, labels] = (p[rows, labels] - 1) / len(labels)
    return grad


@wrong(
    task="softmax_squared_error",
    cause="only the label's class counts: (p_y - 1)^2",
    true=("squared_error_of_the_label_only",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return float(np.mean((p[np.arange(len(labels)), labels] - 1) ** 2))


@wrong(
    task="softmax_squared_error", cause="absolute differences instead of squares", true=("absolute_error",)
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return float(np.mean(np.abs(p - t).sum(axis=1)))


@wrong(
    task="softmax_squared_error",
    cause="only the diagonal of the Jacobian: 2 (p - t) p (1 - p)",
    true=("cross_terms_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return 2 * (p - t) * p * (1 - p) / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="the inner sum runs over the batch instead of the classes",
    true=("sum_over_the_examples",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    d = 2 * (p - t) / len(labels)
    return p * (d - (d * p).sum(axis=0, keepdims=True))
