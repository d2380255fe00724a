"""Wrong functions for homework 2, as students would write them; made from the handout alone."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- softmax


@wrong(task="softmax", cause="no maximum subtracted, overflow for large logits", true=("overflow_in_exp",))
def softmax(logits):
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="maximum of the whole batch instead of each row's own",
    true=("one_maximum_for_the_batch",),
)
def softmax(logits):
    e = np.exp(logits - np.max(logits))
    return e / np.sum(e, axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="axis 0: columns have sum 1 instead of rows",
    true=("repair: constant", "softmax_of_the_columns"),
)
def softmax(logits):
    z = logits - logits.max(axis=0, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=0, keepdims=True)


@wrong(task="softmax", cause="keepdims forgotten, shapes (N, C) and (N,)", true=("keepdims_forgotten",))
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


@wrong(task="softmax", cause="sum over the whole batch instead of each row", true=("summed_over_everything",))
def softmax(logits):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return np.exp(shifted) / np.sum(np.exp(shifted))


@wrong(task="softmax", cause="subtracts the maximum in the caller's array", true=("writes_into_logits",))
def softmax(logits):
    logits -= logits.max(axis=1, keepdims=True)
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="clips logits to +-700, so differences beyond are lost")
def softmax(logits):
    z = np.clip(logits, -700, 700)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="subtracts the mean of the row, large differences still overflow",
    true=("repair: other_function",),
)
def softmax(logits):
    z = logits - logits.mean(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax", cause="divides by the maximum instead of subtracting it", true=("divided_by_the_maximum",)
)
def softmax(logits):
    z = logits / np.abs(logits).max(axis=1, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="hard maximum: one-hot of the argmax", true=("hard_maximum",))
def softmax(logits):
    p = np.zeros(logits.shape)
    p[np.arange(len(logits)), np.argmax(logits, axis=1)] = 1.0
    return p


@wrong(
    task="softmax",
    cause="sigmoid of each logit, no competition between classes",
    true=("sigmoid_in_place_of_softmax",),
)
def softmax(logits):
    return np.exp(-np.logaddexp(0.0, -logits))


@wrong(task="softmax", cause="exponential forgotten: shares of the logits themselves")
def softmax(logits):
    z = logits - logits.min(axis=1, keepdims=True)
    return z / z.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="NaN replaced by 0 instead of avoiding the overflow", true=("nan_replaced",))
def softmax(logits):
    e = np.exp(logits)
    return np.nan_to_num(e / e.sum(axis=1, keepdims=True))


@wrong(
    task="softmax",
    cause="adds 1 to the denominator 'for safety', rows no longer have sum 1",
    true=("repair: drop_left_plus",),
)
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / (1 + e.sum(axis=1, keepdims=True))


@wrong(task="softmax", cause="loop over rows writes in an integer array", true=("whole_numbers",))
def softmax(logits):
    p = np.zeros_like(logits, dtype=int)
    for n in range(logits.shape[0]):
        row = np.exp(logits[n] - max(logits[n]))
        p[n] = row / sum(row)
    return p


# ---------------------------------------------------------------- cross_entropy


@wrong(
    task="cross_entropy", cause="probs[:, labels] takes whole columns", true=("every_row_with_every_label",)
)
def cross_entropy(probs, labels):
    return np.mean(-np.log(probs[:, labels] + 1e-12))


@wrong(task="cross_entropy", cause="sum over the batch instead of the mean", true=("mean_forgotten",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.sum(np.log(np.maximum(p, 1e-12)))


@wrong(task="cross_entropy", cause="no guard: infinite where p is 0", true=("log_of_zero",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(p))


@wrong(
    task="cross_entropy",
    cause="epsilon of 1e-3 touches ordinary probabilities and keeps the loss below 10",
    true=("near miss: 0.001 stands where another number belongs",),
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(p + 1e-3))


@wrong(task="cross_entropy", cause="floor of 1e-4: the loss of p = 0 is below 10")
def cross_entropy(probs, labels):
    probs = np.clip(probs, 1e-4, 1 - 1e-4)
    return -np.log(probs[range(len(labels)), labels]).mean()


@wrong(task="cross_entropy", cause="epsilon outside the logarithm", true=("log_of_zero",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(p) + 1e-12)


@wrong(task="cross_entropy", cause="log2 instead of the natural logarithm", true=("base_two",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log2(p + 1e-15))


@wrong(
    task="cross_entropy",
    cause="mean over all N * C entries of the one-hot product",
    true=("divided_by_all_entries",),
)
def cross_entropy(probs, labels):
    onehot = np.eye(probs.shape[1])[labels]
    return -np.mean(onehot * np.log(probs + 1e-12))


@wrong(task="cross_entropy", cause="minus sign forgotten", true=("minus_forgotten",))
def cross_entropy(probs, labels):
    p = probs[np.arange(probs.shape[0]), labels]
    return np.log(np.maximum(p, 1e-10)).mean()


@wrong(
    task="cross_entropy",
    cause="binary cross-entropy over all classes, with the (1 - t) log(1 - p) terms",
    true=("binary_cross_entropy",),
)
def cross_entropy(probs, labels):
    eps = 1e-12
    t = np.eye(probs.shape[1])[labels]
    p = np.clip(probs, eps, 1 - eps)
    return -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p)) / len(labels)


@wrong(task="cross_entropy", cause="fills zeros in the caller's array", true=("writes_into_probs",))
def cross_entropy(probs, labels):
    probs[probs == 0] = 1e-12
    return -np.mean(np.log(probs[np.arange(len(labels)), labels]))


@wrong(
    task="cross_entropy",
    cause="one-hot times log without guard: 0 times -inf is NaN for other classes",
    true=("zero_times_log_of_zero",),
)
def cross_entropy(probs, labels):
    t = np.zeros(probs.shape)
    t[np.arange(len(labels)), labels] = 1
    return -np.sum(t * np.log(probs)) / len(labels)


@wrong(
    task="cross_entropy", cause="examples with p = 0 cost nothing", true=("impossible_examples_cost_nothing",)
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    safe = np.where(p > 0, p, 1.0)
    return -np.mean(np.log(safe))


@wrong(
    task="cross_entropy",
    cause="nan_to_num of -inf gives the largest float, and several of them overflow",
    true=("nan_to_num_of_the_logarithm",),
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return np.mean(np.nan_to_num(-np.log(p)))


@wrong(
    task="cross_entropy",
    cause="applies softmax to the probabilities first, as PyTorch's CrossEntropyLoss does with logits",
    true=("softmax_of_probabilities",),
)
def cross_entropy(probs, labels):
    e = np.exp(probs)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(labels)), labels]))


@wrong(
    task="cross_entropy",
    cause="logarithm of the mean instead of the mean of logarithms",
    true=("log_of_the_mean",),
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.log(np.mean(p) + 1e-12)


@wrong(task="cross_entropy", cause="counts classes from 1", true=("labels_counted_from_one",))
def cross_entropy(probs, labels):
    total = 0
    for n in range(len(labels)):
        total += -np.log(probs[n, labels[n] - 1] + 1e-12)
    return total / len(labels)


@wrong(
    task="cross_entropy",
    cause="looks at the largest probability instead of the label's",
    true=("largest_in_place_of_label",),
)
def cross_entropy(probs, labels):
    p = probs.max(axis=1)
    return float(np.mean(-np.log(p + 1e-12)))


@wrong(task="cross_entropy", cause="returns one loss for each example", true=("repair: wrap_mean",))
def cross_entropy(probs, labels):
    return -np.log(probs[np.arange(len(labels)), labels] + 1e-12)


@wrong(task="cross_entropy", cause="return inside the loop: only the first example counts")
def cross_entropy(probs, labels):
    loss = 0.0
    for p, y in zip(probs, labels):
        loss += -np.log(max(p[y], 1e-12))
        return loss


# ---------------------------------------------------------------- softmax_cross_entropy


@wrong(
    task="softmax_cross_entropy",
    cause="softmax first and then log with a floor: large losses become constant",
    true=("log_of_softmax_with_a_floor",),
)
def softmax_cross_entropy(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(np.maximum(p[np.arange(len(labels)), labels], 1e-12)))


@wrong(
    task="softmax_cross_entropy",
    cause="log-sum-exp without subtracting the maximum",
    true=("loss_overflows",),
)
def softmax_cross_entropy(logits, labels):
    lse = np.log(np.sum(np.exp(logits), axis=1))
    return np.mean(lse - logits[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="one maximum for the whole batch: small rows underflow to log 0",
    true=("loss_with_one_maximum_for_the_batch",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max()
    lse = m + np.log(np.exp(logits - m).sum(axis=1))
    return float(np.mean(lse - logits[np.arange(len(labels)), labels]))


@wrong(task="softmax_cross_entropy", cause="the maximum is not added back", true=("maximum_not_added_back",))
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(logits - m).sum(axis=1))
    return np.mean(lse - logits[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="m of shape (N, 1) plus a sum of shape (N,) broadcasts to (N, N)",
    true=("every_pair_of_examples",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = m + np.log(np.sum(np.exp(logits - m), axis=1))
    return np.sum(lse - logits[np.arange(len(labels)), labels]) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="sum over the batch instead of the mean",
    true=("loss_without_1_over_n",),
)
def softmax_cross_entropy(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(labels)), labels].sum()


@wrong(
    task="softmax_cross_entropy",
    cause="z[:, labels] takes whole columns",
    true=("every_row_with_every_label_in_the_loss",),
)
def softmax_cross_entropy(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -np.mean(logp[:, labels])


@wrong(task="softmax_cross_entropy", cause="changes logits in place", true=("loss_writes_into_logits",))
def softmax_cross_entropy(logits, labels):
    z = logits
    z -= z.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1))
    return np.mean(lse - z[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="softmax before log-sum-exp: softmax taken twice",
    true=("softmax_twice",),
)
def softmax_cross_entropy(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(p).sum(axis=1)) - p[np.arange(len(labels)), labels])


@wrong(task="softmax_cross_entropy", cause="logits clipped to +-700")
def softmax_cross_entropy(logits, labels):
    z = np.clip(logits, -700, 700)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="mean over N * C entries with a one-hot matrix",
    true=("loss_divided_by_all_entries",),
)
def softmax_cross_entropy(logits, labels):
    onehot = np.eye(logits.shape[1])[labels]
    m = logits.max(axis=1, keepdims=True)
    logp = logits - m - np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    return -(onehot * logp).mean()


@wrong(
    task="softmax_cross_entropy",
    cause="label's logit forgotten: only log-sum-exp",
    true=("parameter_unused",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    return np.mean(m + np.log(np.exp(logits - m[:, None]).sum(axis=1)))


@wrong(
    task="softmax_cross_entropy",
    cause="sum of logarithms instead of logarithm of the sum",
    true=("repair: wrap_sum",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = m[:, 0] + np.sum(np.log(np.exp(logits - m) + 1e-300), axis=1)
    return np.mean(lse - logits[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="log-sum-exp along the batch axis",
    true=("loss_softmax_over_the_examples",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=0)
    lse = m + np.log(np.exp(logits - m).sum(axis=0))
    total = 0
    for n, y in enumerate(labels):
        total += lse[y] - logits[n, y]
    return total / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="signs reversed: label's logit minus log-sum-exp",
    true=("loss_sign_flipped",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = (m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))).ravel()
    picked = logits[np.arange(len(labels)), labels]
    return np.mean(picked - lse)


# ---------------------------------------------------------------- softmax_cross_entropy_backward


@wrong(task="softmax_cross_entropy", cause="1/N forgotten", true=("gradient_without_1_over_n",))
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p


@wrong(task="softmax_cross_entropy", cause="truth minus probabilities", true=("gradient_sign_flipped",))
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return (t - p) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="p[:, labels] -= 1 changes whole columns",
    true=("one_subtracted_in_whole_columns",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[:, labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="divides by the number of classes instead of examples",
    true=("repair: constant",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]
    return (p - onehot) / logits.shape[1]


@wrong(
    task="softmax_cross_entropy",
    cause="divides by the number of all entries",
    true=("gradient_divided_by_all_entries",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]
    return (p - onehot) / p.size


@wrong(
    task="softmax_cross_entropy",
    cause="softmax without subtracting the maximum",
    true=("gradient_overflows",),
)
def softmax_cross_entropy_backward(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="labels subtracted as numbers, not as one-hot rows",
    true=["labels_in_place_of_one_hot"],
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return (p - labels[:, None]) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="multiplies p - t by the softmax slope p (1 - p) once more",
    true=("softmax_derivative_twice",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return (p - t) * p * (1 - p) / len(labels)


@wrong(
    task="softmax_cross_entropy", cause="gradient with respect to the probabilities, -t/p, not to the logits"
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return -t / (p + 1e-12) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="global maximum: rows far below it become 0/0",
    true=("gradient_with_one_maximum_for_the_batch",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - np.max(logits))
    p = e / np.sum(e, axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="one-hot rows as long as the largest label in the batch",
    true=("shapes_do_not_fit",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    onehot = np.zeros((labels.size, labels.max() + 1))
    onehot[np.arange(labels.size), labels] = 1
    return (p - onehot) / labels.size


@wrong(
    task="softmax_cross_entropy",
    cause="1/N only at the label's entry: precedence of - and /",
    true=("only_one_hot_divided",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    onehot = np.eye(logits.shape[1])[labels]
    return p - onehot / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="averages over the batch, the result is (C,)",
    true=("gradient_summed_over_the_batch",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p.mean(axis=0)


@wrong(
    task="softmax_cross_entropy",
    cause="subtracts 1 at the predicted class instead of the label",
    true=("repair: replace", "parameter_unused"),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    best = p.argmax(axis=1)
    p[np.arange(len(p)), best] -= 1
    return p / len(p)


@wrong(
    task="softmax_cross_entropy",
    cause="gradient only at the label, other classes get 0",
    true=("gradient_of_the_label_only",),
)
def softmax_cross_entropy_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    grad = np.zeros_like(p)
    for n in range(len(labels)):
        grad[n, labels[n]] = (p[n, labels[n]] - 1) / len(labels)
    return grad


# ---------------------------------------------------------------- softmax_squared_error


@wrong(
    task="softmax_squared_error",
    cause="mean over examples and classes",
    true=("squared_error_divided_by_all_entries",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return np.mean((p - t) ** 2)


@wrong(
    task="softmax_squared_error", cause="factor one half, as in regression", true=("half_the_squared_error",)
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return 0.5 * np.sum((p - t) ** 2) / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="sum over the batch, not the mean",
    true=("squared_error_without_1_over_n",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return np.sum(p**2)


@wrong(task="softmax_squared_error", cause="distance with a square root", true=("root_taken",))
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return np.mean(np.linalg.norm(p - t, axis=1))


@wrong(
    task="softmax_squared_error",
    cause="softmax forgotten: squared error of the logits",
    true=("squared_error_of_logits",),
)
def softmax_squared_error(logits, labels):
    t = np.eye(logits.shape[1])[labels]
    return np.mean(np.sum((logits - t) ** 2, axis=1))


@wrong(
    task="softmax_squared_error",
    cause="only the label's probability counts",
    true=("squared_error_of_the_label_only",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return np.mean((1 - p[np.arange(len(labels)), labels]) ** 2)


@wrong(
    task="softmax_squared_error",
    cause="overflow: softmax without the maximum",
    true=("squared_error_overflows",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return np.mean(np.sum((p - t) ** 2, axis=1))


@wrong(
    task="softmax_squared_error",
    cause="identity matrix of size N instead of C for the one-hot rows",
    true=("shapes_do_not_fit",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(len(logits))[labels]
    return np.mean(np.sum((p - t) ** 2, axis=1))


@wrong(task="softmax_squared_error", cause="compares the predicted class number with the label")
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    guess = p.argmax(axis=1)
    return np.mean((guess - labels) ** 2)


@wrong(
    task="softmax_squared_error",
    cause="square of the summed differences, which is always 0",
    true=("squared_after_the_sum",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return np.mean(np.sum(p - t, axis=1) ** 2)


@wrong(task="softmax_squared_error", cause="absolute instead of squared error", true=("absolute_error",))
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return np.abs(p).sum() / len(p)


@wrong(
    task="softmax_squared_error",
    cause="divides by the number of classes: mean over axis 0 of columns' sums",
    true=("repair: axis",),
)
def softmax_squared_error(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return np.mean(np.sum((p - t) ** 2, axis=0))


@wrong(
    task="softmax_squared_error",
    cause="subtracts the maximum in the caller's array",
    true=("changed_in_place",),
)
def softmax_squared_error(logits, labels):
    logits -= logits.max(axis=1)[:, None]
    p = np.exp(logits)
    p /= p.sum(axis=1)[:, None]
    p[np.arange(len(labels)), labels] -= 1
    return np.sum(p * p) / len(labels)


# ---------------------------------------------------------------- softmax_squared_error_backward


@wrong(
    task="softmax_squared_error",
    cause="cross terms forgotten: only p (1 - p)",
    true=("cross_terms_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return g * p * (1 - p)


@wrong(task="softmax_squared_error", cause="factor 2 forgotten", true=("factor_two_forgotten",))
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = (p - t) / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(task="softmax_squared_error", cause="1/N forgotten", true=("squared_gradient_without_1_over_n",))
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="plus instead of minus in the bracket",
    true=("sum_over_the_row_added",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return p * (g + (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="the inner sum runs over the whole batch",
    true=("sum_over_everything",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return p * (g - np.sum(g * p))


@wrong(
    task="softmax_squared_error",
    cause="the inner sum runs over the examples, axis 0",
    true=("sum_over_the_examples",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return p * (g - np.sum(g * p, axis=0))


@wrong(
    task="softmax_squared_error",
    cause="stops at the probabilities: returns dL/dp",
    true=("softmax_derivative_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    return 2 * (p - t) / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="copy of the cross-entropy gradient",
    true=("gradient_of_cross_entropy",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_squared_error", cause="sum of g without the weights p", true=("sum_over_the_row_forgotten",)
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return p * (g - g.sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="p changed in place when the one-hot is subtracted, and then used as probabilities",
    true=("repair: copy", "two_names_of_one_array"),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    diff = p
    diff[np.arange(len(labels)), labels] -= 1
    g = 2 * diff / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="no maximum subtracted: NaN for large logits",
    true=("squared_gradient_overflows",),
)
def softmax_squared_error_backward(logits, labels):
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="brackets: p g minus the sum, the sum not multiplied by p",
    true=("repair: brackets",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) / len(labels)
    return p * g - np.sum(g * p, axis=1, keepdims=True)


@wrong(
    task="softmax_squared_error",
    cause="Jacobian by loops with a plus sign off the diagonal",
    true=("repair: swap_plus_minus",),
)
def softmax_squared_error_backward(logits, labels):
    N, C = logits.shape
    grad = np.zeros((N, C))
    for n in range(N):
        e = np.exp(logits[n] - logits[n].max())
        p = e / e.sum()
        t = np.zeros(C)
        t[labels[n]] = 1
        g = 2 * (p - t) / N
        for c in range(C):
            for j in range(C):
                if j == c:
                    grad[n, c] += g[j] * p[c] * (1 - p[c])
                else:
                    grad[n, c] += g[j] * p[j] * p[c]
    return grad


@wrong(task="softmax_squared_error", cause="inner loop overwrites with = instead of adding with +=")
def softmax_squared_error_backward(logits, labels):
    N, C = logits.shape
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(C)[labels]) / N
    grad = np.zeros((N, C))
    for n in range(N):
        for c in range(C):
            for j in range(C):
                d = p[n, c] * (1 - p[n, c]) if j == c else -p[n, j] * p[n, c]
                grad[n, c] = g[n, j] * d
    return grad


@wrong(
    task="softmax_squared_error",
    cause="g only at the label: one-hot times the difference",
    true=("squared_gradient_of_the_label_only",),
)
def softmax_squared_error_backward(logits, labels):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    t = np.eye(logits.shape[1])[labels]
    g = 2 * (p - t) * t / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))
