"""A second list of wrong functions of homework 3, written after the feedback was tuned with the first."""

import numpy as np

from autograder.checks import wrong


@wrong(task="numerical_gradient", cause="delta squared below")
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[i] = delta
        grad[i] = (loss(theta + e) - loss(theta - e)) / delta**2
    return grad


@wrong(task="numerical_gradient", cause="the second difference", true=["second_difference"])
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[i] = delta
        grad[i] = (loss(theta + e) - 2 * loss(theta) + loss(theta - e)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="a = b = theta.copy()", true=("two_names_of_one_array",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up = down = theta.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="range(1, n): the first entry is left out",
    true=("loop_leaves_out_the_first",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    flat, grad = theta.ravel(), np.zeros(theta.size)
    for i in range(1, theta.size):
        e = np.zeros(theta.size)
        e[i] = delta
        grad[i] = (loss((flat + e).reshape(theta.shape)) - loss((flat - e).reshape(theta.shape))) / (
            2 * delta
        )
    return grad.reshape(theta.shape)


@wrong(
    task="minibatches",
    cause="the seed shuffles by np.random.shuffle on x and y in place",
    true=("shuffled_in_place",),
)
def minibatches(x, y, batch_size, seed):
    np.random.seed(seed)
    np.random.shuffle(x)
    np.random.seed(seed)
    np.random.shuffle(y)
    for i in range(0, len(x), batch_size):
        yield x[i : i + batch_size], y[i : i + batch_size]


@wrong(task="minibatches", cause="legacy generator, shuffles apart", true=("shuffled_apart",))
def minibatches(x, y, batch_size, seed):
    np.random.seed(seed)
    xs = x[np.random.permutation(len(x))]
    ys = y[np.random.permutation(len(y))]
    return [(xs[i : i + batch_size], ys[i : i + batch_size]) for i in range(0, len(x), batch_size)]


@wrong(
    task="minibatches",
    cause="random.Random, batches in order but batch order shuffled",
    true=["blocks_shuffled"],
)
def minibatches(x, y, batch_size, seed):
    import random

    starts = list(range(0, len(x), batch_size))
    random.Random(seed).shuffle(starts)
    return [(x[i : i + batch_size], y[i : i + batch_size]) for i in starts]


@wrong(task="minibatches", cause="legacy generator, one empty batch at the end", true=("an_empty_batch",))
def minibatches(x, y, batch_size, seed):
    idx = np.random.RandomState(seed).permutation(len(x))
    out = []
    for b in range(len(x) // batch_size + 1):
        rows = idx[b * batch_size : (b + 1) * batch_size]
        out.append((x[rows], y[rows]))
    return out


@wrong(task="minibatches", cause="legacy generator, no shuffle for seed 0", true=("seed_zero_is_none",))
def minibatches(x, y, batch_size, seed):
    idx = np.arange(len(x))
    if seed:
        np.random.RandomState(seed).shuffle(idx)
    for i in range(0, len(x), batch_size):
        yield x[idx[i : i + batch_size]], y[idx[i : i + batch_size]]


@wrong(task="minibatches", cause="legacy generator, drawn with replacement", true=["drawn_with_replacement"])
def minibatches(x, y, batch_size, seed):
    idx = np.random.RandomState(seed).randint(len(x), size=len(x))
    for i in range(0, len(x), batch_size):
        yield x[idx[i : i + batch_size]], y[idx[i : i + batch_size]]


@wrong(task="minibatches", cause="pairs of single examples", true=("parameter_unused",))
def minibatches(x, y, batch_size, seed):
    idx = np.random.default_rng(seed).permutation(len(x))
    return [(x[i], y[i]) for i in idx]


@wrong(task="sgd_update", cause="theta times lr", true=["rate_on_theta"])
def sgd_update(theta, grad, lr):
    return lr * theta - grad


@wrong(task="sgd_update", cause="sign and factor: theta + grad / lr", true=["ascends_by_a_quotient"])
def sgd_update(theta, grad, lr):
    return theta + grad / lr


@wrong(task="inverse_sqrt_decay", cause="t + 1 multiplied under the root", true=["one_added_to_the_result"])
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(t) + 1 if t else lr


@wrong(task="inverse_sqrt_decay", cause="integer root by int()")
def inverse_sqrt_decay(lr, t):
    return lr / int(np.sqrt(t + 1))


@wrong(task="inverse_sqrt_decay", cause="t halved")
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(t / 2 + 1)


@wrong(task="step_decay", cause="every and factor in another order", true=("parameters_in_another_order",))
def step_decay(lr, epoch, every=10, factor=0.5):
    return lr * factor ** (epoch // every)


@wrong(task="step_decay", cause="one drop only at exactly every", true=["drop_in_one_epoch"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor if epoch == every else lr


@wrong(task="step_decay", cause="strictly greater: epoch > every")
def step_decay(lr, epoch, factor=0.5, every=10):
    drops = 0
    while epoch > every:
        epoch -= every
        drops += 1
    return lr * factor**drops


@wrong(task="train_epoch", cause="legacy generator, shuffles apart", true=("epoch_shuffles_apart",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.RandomState(seed)
    xs, ys = x[rng.permutation(len(x))], y[rng.permutation(len(y))]
    for i in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, xs[i : i + batch_size], ys[i : i + batch_size])
    return theta


@wrong(task="train_epoch", cause="legacy generator, plus", true=("epoch_ascends",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    idx = np.random.RandomState(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        theta = theta + lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch", cause="legacy generator, gradient at the start's theta", true=("theta_of_the_start",)
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    idx = np.random.RandomState(seed).permutation(len(x))
    new = theta
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        new = new - lr * gradient(theta, x[rows], y[rows])
    return new


@wrong(task="train_epoch", cause="lr divided by the batch number", true=("epoch_with_faster_decay",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for k, (xb, yb) in enumerate(minibatches(x, y, batch_size, seed), 1):
        theta = theta - lr / k * gradient(theta, xb, yb)
    return theta


@wrong(task="numerical_gradient", cause="all entries are moved at once", true=("all_entries_at_once",))
def numerical_gradient(loss, theta, delta=1e-5):
    g = (loss(theta + delta) - loss(theta - delta)) / (2 * delta)
    return np.full(theta.shape, g)


@wrong(
    task="numerical_gradient", cause="an entry that was moved is not put back", true=("entries_stay_moved",)
)
def numerical_gradient(loss, theta, delta=1e-5):
    theta = theta.copy()
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        theta[i] += delta
        up = loss(theta)
        theta[i] -= 2 * delta
        down = loss(theta)
        grad[i] = (up - down) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="the relative step: delta times theta, divided by the plain delta")
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[i] = delta * theta[i]
        grad[i] = (loss(theta + e) - loss(theta - e)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="loops over the first axis only: a whole row is moved",
    true=("rows_at_once",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(task="minibatches", cause="examples are drawn with replacement", true=("drawn_with_replacement",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    n = len(x)
    out = []
    for start in range(0, n, batch_size):
        idx = rng.integers(0, n, size=min(batch_size, n - start))
        out.append((x[idx], y[idx]))
    return out


@wrong(
    task="minibatches",
    cause="the batches are cut first and then their order is shuffled",
    true=("blocks_shuffled",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    starts = np.arange(0, len(x), batch_size)
    rng.shuffle(starts)
    for s in starts:
        yield x[s : s + batch_size], y[s : s + batch_size]


@wrong(
    task="minibatches",
    cause="the remainder is put at the front: the first batch is short",
    true=("short_batch_first",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    rest = len(x) % batch_size
    if rest:
        yield x[order[:rest]], y[order[:rest]]
    for s in range(rest, len(x), batch_size):
        yield x[order[s : s + batch_size]], y[order[s : s + batch_size]]


@wrong(task="minibatches", cause="np.array_split: batches of almost equal size", true=("split_evenly",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    parts = np.array_split(order, int(np.ceil(len(x) / batch_size)))
    return [(x[p], y[p]) for p in parts]


@wrong(task="minibatches", cause="batch_size is used as the number of batches", true=("number_of_batches",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    return [(x[p], y[p]) for p in np.array_split(order, batch_size)]


@wrong(task="sgd_update", cause="the gradient is normalised to length one", true=("normalised_gradient",))
def sgd_update(theta, grad, lr):
    return theta - lr * grad / np.linalg.norm(grad)


@wrong(task="sgd_update", cause="only the sign of the gradient is used", true=("sign_of_the_gradient",))
def sgd_update(theta, grad, lr):
    return theta - lr * np.sign(grad)


@wrong(
    task="inverse_sqrt_decay", cause="one plus the root: lr / (1 + sqrt(t))", true=("one_outside_the_root",)
)
def inverse_sqrt_decay(lr, t):
    return lr / (1 + t**0.5)


@wrong(task="inverse_sqrt_decay", cause="exponent 1 // 2 is 0")
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1) ** (1 // 2)


@wrong(
    task="step_decay",
    cause="the factor is multiplied by the number of drops instead of raised to it",
    true=("factor_times_drops_after_the_first",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    drops = epoch // every
    if drops == 0:
        return lr
    return lr * factor * drops


@wrong(
    task="step_decay",
    cause="drops only in epochs that are a multiple of every",
    true=("drop_at_multiples_only",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch > 0 and epoch % every == 0:
        return lr * factor
    return lr


@wrong(task="train_epoch", cause="a single batch is drawn and used", true=("one_batch_an_epoch",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    idx = rng.choice(len(x), size=min(batch_size, len(x)), replace=False)
    return theta - lr * gradient(theta, x[idx], y[idx])


@wrong(
    task="train_epoch",
    cause="the learning rate is divided by the batch size",
    true=("divided_by_batch_size",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for s in range(0, len(x), batch_size):
        idx = order[s : s + batch_size]
        theta = theta - lr / batch_size * gradient(theta, x[idx], y[idx])
    return theta


@wrong(
    task="train_epoch", cause="a new permutation is drawn for every batch", true=("epoch_order_drawn_anew",)
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    for s in range(0, len(x), batch_size):
        order = rng.permutation(len(x))
        idx = order[s : s + batch_size]
        theta = theta - lr * gradient(theta, x[idx], y[idx])
    return theta


@wrong(
    task="train_epoch",
    cause="the rate decays within the epoch as if it had been asked for",
    true=("epoch_with_decay",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for t, s in enumerate(range(0, len(x), batch_size)):
        idx = order[s : s + batch_size]
        theta = theta - lr / np.sqrt(t + 1) * gradient(theta, x[idx], y[idx])
    return theta
