"""Wrong functions of homework 2, written from the handout, before any of them was measured."""

import numpy as np

from autograder.checks import wrong


@wrong(task="softmax", cause="keepdims forgotten in both", true=("keepdims_forgotten",))
def softmax(logits):
    e = np.exp(logits - np.max(logits, axis=1))
    return e / np.sum(e, axis=1)


@wrong(task="softmax", cause="keepdims forgotten in the sum", true=("keepdims_forgotten",))
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1)


@wrong(task="softmax", cause="axis 0", true=["softmax_of_the_columns"])
def softmax(logits):
    e = np.exp(logits - logits.max(axis=0))
    return e / e.sum(axis=0)


@wrong(
    task="softmax",
    cause="subtracts the mean, not the maximum",
    true=["near miss: a mean is taken where a maximum belongs"],
)
def softmax(logits):
    e = np.exp(logits - logits.mean(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(
    task="softmax",
    cause="only the first row is normalised",
    true=("only_first_row_right", "only_the_first_row_normalised"),
)
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    e[0] = e[0] / e[0].sum()
    return e


@wrong(task="softmax", cause="adds an epsilon to the denominator")
def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / (e.sum(axis=1, keepdims=True) + 1e-3)


@wrong(task="softmax", cause="base two", true=["powers_of_two"])
def softmax(logits):
    e = 2.0 ** (logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="in place on the logits", true=("writes_into_logits",))
def softmax(logits):
    logits -= logits.max(axis=1, keepdims=True)
    e = np.exp(logits)
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="a temperature of two")
def softmax(logits):
    z = logits / 2
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@wrong(task="softmax", cause="np.matrix", true=("np_matrix",))
def softmax(logits):
    m = np.matrix(logits)
    e = np.exp(m - m.max(axis=1))
    return e / np.sqrt(e.sum(axis=1))


@wrong(
    task="softmax",
    cause="math.exp in a list comprehension without normalising by row",
    true=("summed_over_everything",),
)
def softmax(logits):
    import math

    out = np.zeros(logits.shape)
    for i in range(logits.shape[0]):
        for j in range(logits.shape[1]):
            out[i, j] = math.exp(logits[i, j] - logits[i].max())
    return out / out.sum()


@wrong(task="softmax", cause="range off by one leaves the last row", true=("loop_ends_too_early",))
def softmax(logits):
    out = np.zeros_like(logits)
    for i in range(len(logits) - 1):
        e = np.exp(logits[i] - logits[i].max())
        out[i] = e / e.sum()
    return out


@wrong(task="cross_entropy", cause="the sum over the batch", true=("mean_forgotten",))
def cross_entropy(probs, labels):
    n = len(labels)
    return -np.sum(np.log(probs[np.arange(n), labels] + 1e-12))


@wrong(task="cross_entropy", cause="log10", true=["constant_factor", "base_ten"])
def cross_entropy(probs, labels):
    return -np.mean(np.log10(probs[range(len(labels)), labels] + 1e-12))


@wrong(task="cross_entropy", cause="label ignored: always class 0", true=("parameter_unused",))
def cross_entropy(probs, labels):
    return -np.mean(np.log(probs[:, 0] + 1e-12))


@wrong(task="cross_entropy", cause="divided by the number of classes")
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.sum(np.log(p + 1e-12)) / probs.shape[1]


@wrong(task="cross_entropy", cause="indexing selects whole rows", true=("rows_by_label",))
def cross_entropy(probs, labels):
    return -np.mean(np.log(probs[labels] + 1e-12))


@wrong(task="cross_entropy", cause="indexing selects whole columns", true=("every_row_with_every_label",))
def cross_entropy(probs, labels):
    return -np.mean(np.log(probs[:, labels] + 1e-12))


@wrong(task="cross_entropy", cause="log of the product", true=["product_of_all"])
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.log(np.prod(p) + 1e-300) / len(labels)


@wrong(task="cross_entropy", cause="one minus p")
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(1 - p + 1e-12))


@wrong(task="cross_entropy", cause="p in place of log p", true=["one_minus_p"])
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return np.mean(1 - p)


@wrong(
    task="cross_entropy",
    cause="epsilon of a hundredth",
    true=["near miss: 0.01 stands where another number belongs"],
)
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(p + 0.01))


@wrong(task="cross_entropy", cause="p log p")
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels] + 1e-12
    return -np.mean(p * np.log(p))


@wrong(task="cross_entropy", cause="the median", true=["near miss: a median is taken where a mean belongs"])
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels] + 1e-12
    return np.median(-np.log(p))


@wrong(task="cross_entropy", cause="returns an array of shape (1,)", true=("one_entry",))
def cross_entropy(probs, labels):
    total = np.zeros(1)
    for i in range(len(labels)):
        total -= np.log(probs[i, labels[i]] + 1e-12)
    return total / len(labels)


@wrong(task="cross_entropy", cause="starts at 1 and misses the first example")
def cross_entropy(probs, labels):
    total = 0.0
    for i in range(1, len(labels)):
        total += -np.log(probs[i, labels[i]] + 1e-12)
    return total / len(labels)


@wrong(task="cross_entropy", cause="integer division by the batch size", true=("whole_numbers",))
def cross_entropy(probs, labels):
    p = probs[np.arange(len(labels)), labels]
    return -np.log(p + 1e-12).sum() // len(labels)


@wrong(task="cross_entropy", cause="argument order: labels first", true=("parameters_in_another_order",))
def cross_entropy(labels, probs):
    p = probs[np.arange(len(labels)), labels]
    return -np.mean(np.log(p + 1e-12))


@wrong(task="softmax_cross_entropy", cause="naive exp", true=["loss_of_an_overflowing_softmax"])
def softmax_cross_entropy(logits, labels):
    e = np.exp(logits)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(labels)), labels]))


@wrong(
    task="softmax_cross_entropy",
    cause="log of softmax with an epsilon",
    true=["log_of_softmax_plus_a_billionth"],
)
def softmax_cross_entropy(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(labels)), labels] + 1e-9))


@wrong(task="softmax_cross_entropy", cause="the sum over the batch", true=("loss_without_1_over_n",))
def softmax_cross_entropy(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(z).sum(axis=1))
    return np.sum(lse - z[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy", cause="log-sum-exp over everything", true=("loss_softmax_over_everything",)
)
def softmax_cross_entropy(logits, labels):
    z = logits - logits.max()
    lse = np.log(np.exp(z).sum())
    return np.mean(lse - z[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="the shift only in one of two places",
    true=("maximum_not_added_back",),
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(logits - m).sum(axis=1))
    return np.mean(lse - logits[np.arange(len(labels)), labels])


@wrong(task="softmax_cross_entropy", cause="keepdims makes a table")
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1, keepdims=True)
    lse = m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    return np.mean(lse - logits[np.arange(len(labels)), labels])


@wrong(
    task="softmax_cross_entropy",
    cause="labels subtracted in place of logits of labels",
    true=["label_in_place_of_its_logit"],
)
def softmax_cross_entropy(logits, labels):
    m = logits.max(axis=1)
    lse = m + np.log(np.exp(logits - m[:, None]).sum(axis=1))
    return np.mean(lse - labels)


@wrong(task="softmax_cross_entropy", cause="backward: p[labels] -= 1", true=("rows_by_label",))
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p[labels] -= 1
    return p / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="backward: p[:, labels] -= 1",
    true=("one_subtracted_in_whole_columns",),
)
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p[:, labels] -= 1
    return p / len(labels)


@wrong(task="softmax_cross_entropy", cause="backward not divided by N", true=("gradient_without_1_over_n",))
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p


@wrong(task="softmax_cross_entropy", cause="backward divided by the classes")
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / logits.shape[1]


@wrong(task="softmax_cross_entropy", cause="backward: onehot minus p", true=("gradient_sign_flipped",))
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.zeros_like(p)
    y[np.arange(len(labels)), labels] = 1
    return (y - p) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="one-hot as integers of labels equal to a column",
    true=["labels_in_place_of_one_hot"],
)
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return (p - labels[:, None]) / len(labels)


@wrong(
    task="softmax_cross_entropy",
    cause="division only of the one-hot by precedence",
    true=("only_one_hot_divided",),
)
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(logits.shape[1])[labels]
    return p - y / len(labels)


@wrong(task="softmax_cross_entropy", cause="times p(1-p) once more", true=("softmax_derivative_twice",))
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(logits.shape[1])[labels]
    return (p - y) * p * (1 - p) / len(labels)


@wrong(
    task="softmax_cross_entropy", cause="mean over the rows kept", true=("gradient_summed_over_the_batch",)
)
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(logits.shape[1])[labels]
    return np.mean(p - y, axis=0)


@wrong(task="softmax_cross_entropy", cause="the one-hot has ten columns always", true=("shapes_do_not_fit",))
def softmax_cross_entropy_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return (p - np.eye(10)[labels]) / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="the mean over all entries",
    true=("squared_error_divided_by_all_entries",),
)
def softmax_squared_error(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return np.mean((p - np.eye(logits.shape[1])[labels]) ** 2)


@wrong(task="softmax_squared_error", cause="half", true=("half_the_squared_error",))
def softmax_squared_error(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return 0.5 * np.sum((p - np.eye(logits.shape[1])[labels]) ** 2) / len(labels)


@wrong(
    task="softmax_squared_error", cause="only the label's entry", true=("squared_error_of_the_label_only",)
)
def softmax_squared_error(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return np.mean((p[np.arange(len(labels)), labels] - 1) ** 2)


@wrong(task="softmax_squared_error", cause="the norm, not its square", true=("root_taken",))
def softmax_squared_error(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return np.mean(np.linalg.norm(p - np.eye(logits.shape[1])[labels], axis=1))


@wrong(task="softmax_squared_error", cause="without softmax", true=("squared_error_of_logits",))
def softmax_squared_error(logits, labels):
    return np.sum((logits - np.eye(logits.shape[1])[labels]) ** 2) / len(labels)


@wrong(task="softmax_squared_error", cause="p squared plus one-hot squared", true=["difference_of_squares"])
def softmax_squared_error(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    y = np.eye(logits.shape[1])[labels]
    return np.sum(p**2 - y**2) / len(labels)


@wrong(
    task="softmax_squared_error",
    cause="backward without the softmax's derivative",
    true=("softmax_derivative_forgotten",),
)
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)


@wrong(task="softmax_squared_error", cause="backward with p(1-p) only", true=("cross_terms_forgotten",))
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return g * p * (1 - p)


@wrong(task="softmax_squared_error", cause="factor 2 missing", true=("factor_two_forgotten",))
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    g = (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - (g * p).sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error", cause="g not weighted by p in the sum", true=("sum_over_the_row_forgotten",)
)
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - g.sum(axis=1, keepdims=True))


@wrong(
    task="softmax_squared_error",
    cause="Jacobian applied with a transposed batch",
    true=("sum_over_the_examples",),
)
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g - (g * p).sum(axis=0))


@wrong(task="softmax_squared_error", cause="divided by N twice", true=("divided_by_batch_size",))
def softmax_squared_error_backward(logits, labels):
    n = len(labels)
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / n
    return p * (g - (g * p).sum(axis=1, keepdims=True)) / n


@wrong(
    task="softmax_squared_error", cause="the gradient of cross-entropy", true=("gradient_of_cross_entropy",)
)
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return (p - np.eye(logits.shape[1])[labels]) / len(labels)


@wrong(task="softmax_squared_error", cause="plus in the Jacobian", true=("sum_over_the_row_added",))
def softmax_squared_error_backward(logits, labels):
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    g = 2 * (p - np.eye(logits.shape[1])[labels]) / len(labels)
    return p * (g + (g * p).sum(axis=1, keepdims=True))
