"""Wrong functions for homework 3, as students from other tools and other fields would write them."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- numerical_gradient


@wrong(task="numerical_gradient", cause="a difference to one side only", true=("one_sided",))
def numerical_gradient(loss, theta, delta=1e-5):
    base = loss(theta)
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        moved = theta.copy()
        moved[i] += delta
        grad[i] = (loss(moved) - base) / delta
    return grad


@wrong(
    task="numerical_gradient",
    cause="/ 2 * delta: a missing bracket multiplies by delta",
    true=("division_then_product",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[i] = delta
        grad[i] = (loss(theta + e) - loss(theta - e)) / 2 * delta
    return grad


@wrong(task="numerical_gradient", cause="all entries are moved at once", true=("all_entries_at_once",))
def numerical_gradient(loss, theta, delta=1e-5):
    slope = (loss(theta + delta) - loss(theta - delta)) / (2 * delta)
    return slope * np.ones_like(theta)


@wrong(task="numerical_gradient", cause="the copy is made once, and the moved entries are not moved back")
def numerical_gradient(loss, theta, delta=1e-2):
    up, down = theta.copy(), theta.copy()
    grad = np.empty_like(theta)
    for i in np.ndindex(theta.shape):
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="works on theta itself and leaves it moved down",
    true=("theta_left_changed",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        theta[i] += delta
        high = loss(theta)
        theta[i] -= 2 * delta
        low = loss(theta)
        grad[i] = (high - low) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="returns the flat list of slopes", true=("other_shape",))
def numerical_gradient(loss, theta, delta=1e-5):
    flat = theta.flatten()
    slopes = []
    for k in range(flat.size):
        a, b = flat.copy(), flat.copy()
        a[k] += delta
        b[k] -= delta
        slopes.append((loss(a.reshape(theta.shape)) - loss(b.reshape(theta.shape))) / (2 * delta))
    return np.array(slopes).reshape(-1, 1)


@wrong(
    task="numerical_gradient",
    cause="loops over the first axis, so whole rows are moved",
    true=("rows_at_once",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in range(len(theta)):
        e = np.zeros_like(theta)
        e[i] = delta
        grad[i] = (loss(theta + e) - loss(theta - e)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="a step relative to theta, which is 0 where theta is 0",
    true=("a_step_relative_to_theta",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        h = delta * theta[i]
        e = np.zeros_like(theta)
        e[i] = h
        grad[i] = np.float64(loss(theta + e) - loss(theta - e)) / (2 * h)
    return grad


@wrong(task="numerical_gradient", cause="float32, in which the small move is lost", true=("repair: unwrap",))
def numerical_gradient(loss, theta, delta=1e-5):
    t = theta.astype(np.float32)
    grad = np.zeros_like(t)
    for i in np.ndindex(t.shape):
        old = t[i]
        t[i] = old + delta
        a = loss(t)
        t[i] = old - delta
        b = loss(t)
        t[i] = old
        grad[i] = (a - b) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="the entry is set to +-delta instead of being moved by it")
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] = delta
        down[i] = -delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="the direction of steepest ascent: divided by its length",
    true=("repair: drop_divide",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[i] = 1
        grad[i] = (loss(theta + delta * e) - loss(theta - delta * e)) / (2 * delta)
    return grad / np.linalg.norm(grad)


@wrong(
    task="numerical_gradient",
    cause="divides by delta although the two places are 2 delta apart",
    true=("divided_by_delta",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    it = np.nditer(theta, flags=["multi_index"])
    grad = np.zeros_like(theta)
    for _ in it:
        i = it.multi_index
        e = np.zeros_like(theta)
        e[i] = delta
        grad[i] = (loss(theta + e) - loss(theta - e)) / delta
    return grad


@wrong(
    task="numerical_gradient",
    cause="+= delta, -= 2 delta, += delta: done on a view, theta comes back only up to rounding",
    true=("changed_in_place",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    t = theta.view()
    grad = np.zeros_like(theta)
    for i in np.ndindex(t.shape):
        t[i] += delta
        a = loss(t)
        t[i] -= 2 * delta
        b = loss(t)
        t[i] += delta
        grad[i] = (a - b) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="the argument delta is ignored for a step of 0.01",
    true=("repair: replace",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    h = 0.01
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        e = np.zeros_like(theta)
        e[i] = h
        grad[i] = (loss(theta + e) - loss(theta - e)) / (2 * h)
    return grad


# ---------------------------------------------------------------- minibatches


@wrong(task="minibatches", cause="drop_last=True: the rest is thrown away", true=("short_batch_dropped",))
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for k in range(len(x) // batch_size):
        rows = order[k * batch_size : (k + 1) * batch_size]
        yield x[rows], y[rows]


@wrong(
    task="minibatches",
    cause="x and y are shuffled one after the other by one generator",
    true=("shuffled_apart",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    xs = rng.permutation(x)
    ys = rng.permutation(y)
    return [(xs[i : i + batch_size], ys[i : i + batch_size]) for i in range(0, len(x), batch_size)]


@wrong(task="minibatches", cause="shuffles the caller's arrays themselves", true=("shuffled_in_place",))
def minibatches(x, y, batch_size, seed):
    np.random.default_rng(seed).shuffle(x)
    np.random.default_rng(seed).shuffle(y)
    return [(x[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(x), batch_size)]


@wrong(
    task="minibatches",
    cause="every batch is drawn anew, so examples repeat and others are missing",
    true=("each_batch_drawn_anew",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    left = len(x)
    while left > 0:
        size = min(batch_size, left)
        rows = rng.choice(len(x), size=size, replace=False)
        yield x[rows], y[rows]
        left -= size


@wrong(
    task="minibatches",
    cause="samples with replacement, independent draws as in the theorem",
    true=("drawn_with_replacement",),
)
def minibatches(x, y, batch_size, seed):
    rows = np.random.default_rng(seed).integers(0, len(x), size=len(x))
    return [(x[rows[i : i + batch_size]], y[rows[i : i + batch_size]]) for i in range(0, len(x), batch_size)]


@wrong(
    task="minibatches",
    cause="only the order of the batches is shuffled, neighbours stay together",
    true=("blocks_shuffled_but_the_last",),
)
def minibatches(x, y, batch_size, seed):
    starts = np.arange(0, len(x), batch_size)
    last = starts[-1]
    rest = np.random.default_rng(seed).permutation(starts[:-1])
    for s in list(rest) + [last]:
        yield x[s : s + batch_size], y[s : s + batch_size]


@wrong(task="minibatches", cause="if seed: takes 0 for no seed at all", true=("seed_zero_is_none",))
def minibatches(x, y, batch_size, seed):
    order = np.arange(len(x))
    if seed:
        order = np.random.default_rng(seed).permutation(len(x))
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


@wrong(
    task="minibatches",
    cause="seed or None: seed 0 gives another order each time",
    true=("seed_zero_is_chance",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed or None)
    order = rng.permutation(len(x))
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


@wrong(
    task="minibatches",
    cause="N // B + 1 batches: an empty one where N is a multiple of B",
    true=("an_empty_batch",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    batches = []
    for k in range(len(x) // batch_size + 1):
        rows = order[k * batch_size : (k + 1) * batch_size]
        batches.append((x[rows], y[rows]))
    return batches


@wrong(
    task="minibatches",
    cause="np.array_split into equal parts: batches have not batch_size examples",
    true=("split_evenly",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    parts = -(-len(x) // batch_size)
    return [(x[rows], y[rows]) for rows in np.array_split(order, parts)]


@wrong(task="minibatches", cause="batch_size is taken for the number of batches")
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    return [(x[rows], y[rows]) for rows in np.array_split(order, batch_size) if len(rows)]


@wrong(task="minibatches", cause="the labels keep the old order", true=("labels_not_shuffled",))
def minibatches(x, y, batch_size, seed):
    x = x[np.random.default_rng(seed).permutation(len(x))]
    for i in range(0, len(x), batch_size):
        yield x[i : i + batch_size], y[i : i + batch_size]


@wrong(
    task="minibatches",
    cause="the end is included, as in pandas' .loc: batches overlap by one",
    true=("slices_overlap",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    return [
        (x[order[i : i + batch_size + 1]], y[order[i : i + batch_size + 1]])
        for i in range(0, len(x), batch_size)
    ]


@wrong(
    task="minibatches",
    cause="counts from 1 as in MATLAB: the first example of the order is lost",
    true=("first_example_lost",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(1, len(x), batch_size):
        yield x[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    task="minibatches",
    cause="two lists, one of x batches and one of y batches, instead of pairs",
    true=("two_lists",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    xs = [x[order[i : i + batch_size]] for i in range(0, len(x), batch_size)]
    ys = [y[order[i : i + batch_size]] for i in range(0, len(y), batch_size)]
    return xs, ys


@wrong(task="minibatches", cause="return inside the loop: only the first batch", true=("only_the_first",))
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        return [(x[rows], y[rows])]


@wrong(
    task="minibatches",
    cause="every k-th example: the sizes are evened out instead of filling each batch",
    true=("split_evenly",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    k = int(np.ceil(len(x) / batch_size))
    return [(x[order[j::k]], y[order[j::k]]) for j in range(k)]


@wrong(
    task="minibatches",
    cause="the seed only turns the order round in a circle, neighbours stay together",
    true=("turned_round",),
)
def minibatches(x, y, batch_size, seed):
    order = np.roll(np.arange(len(x)), seed)
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


@wrong(
    task="minibatches",
    cause="the last batch is filled up from the beginning of the order",
    true=("last_batch_filled_up",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = np.take(order, np.arange(i, i + batch_size), mode="wrap")
        yield x[rows], y[rows]


@wrong(
    task="minibatches",
    cause="the examples are only shuffled inside their own batch",
    true=("shuffled_inside_the_batches",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    for i in range(0, len(x), batch_size):
        rows = rng.permutation(np.arange(i, min(i + batch_size, len(x))))
        yield x[rows], y[rows]


@wrong(
    task="minibatches",
    cause="the seed is given to the old global generator but the order comes from a new one without seed",
)
def minibatches(x, y, batch_size, seed):
    np.random.seed(seed)
    order = np.random.default_rng().permutation(len(x))
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


# ---------------------------------------------------------------- sgd_update


@wrong(
    task="sgd_update",
    cause="a slice is taken for a copy: theta is changed in place",
    true=("updated_in_place",),
)
def sgd_update(theta, grad, lr):
    new = theta[:]
    new -= lr * grad
    return new


@wrong(task="sgd_update", cause="goes with the gradient", true=("ascends",))
def sgd_update(theta, grad, lr):
    return theta + lr * grad


@wrong(
    task="sgd_update",
    cause="a step of fixed length in the direction of the gradient",
    true=("normalised_gradient",),
)
def sgd_update(theta, grad, lr):
    return theta - lr * grad / (np.linalg.norm(grad) + 1e-12)


@wrong(task="sgd_update", cause="factors theta out: theta (1 - lr grad)", true=("theta_scaled",))
def sgd_update(theta, grad, lr):
    return theta * (1 - lr * grad)


@wrong(
    task="sgd_update",
    cause="takes the mean once more: divides by the length of the gradient",
    true=("repair: drop_divide",),
)
def sgd_update(theta, grad, lr):
    return theta - (lr / len(grad)) * grad


@wrong(task="sgd_update", cause="only the step is returned", true=("the_step_alone",))
def sgd_update(theta, grad, lr):
    step = -lr * grad
    return step


@wrong(task="sgd_update", cause="one mean slope for all parameters", true=("repair: unwrap",))
def sgd_update(theta, grad, lr):
    return theta - lr * np.mean(grad)


@wrong(task="sgd_update", cause="weight decay as in an optimizer of a library", true=("repair: default",))
def sgd_update(theta, grad, lr, weight_decay=1e-2):
    grad = grad + weight_decay * theta
    return theta - lr * grad


@wrong(task="sgd_update", cause="the gradient is clipped to [-1, 1]", true=("repair: unwrap",))
def sgd_update(theta, grad, lr):
    return theta - lr * np.clip(grad, -1, 1)


@wrong(task="sgd_update", cause="only the sign of the gradient counts", true=("sign_of_the_gradient",))
def sgd_update(theta, grad, lr):
    return np.where(grad > 0, theta - lr, np.where(grad < 0, theta + lr, theta))


@wrong(task="sgd_update", cause="np.subtract with out=theta", true=("updated_in_place",))
def sgd_update(theta, grad, lr):
    np.subtract(theta, lr * grad, out=theta)
    return theta.copy()


@wrong(task="sgd_update", cause="a brackets slip: (theta - lr) * grad", true=("rate_subtracted_first",))
def sgd_update(theta, grad, lr):
    return (theta - lr) * grad


# ---------------------------------------------------------------- inverse_sqrt_decay


@wrong(
    task="inverse_sqrt_decay", cause="1/t decay taken literally, without the root", true=("without_the_root",)
)
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1)


@wrong(
    task="inverse_sqrt_decay",
    cause="the root of t instead of t + 1, with t = 0 handled apart",
    true=("zero_taken_for_one",),
)
def inverse_sqrt_decay(lr, t):
    if t == 0:
        return lr
    return lr / np.sqrt(t)


@wrong(task="inverse_sqrt_decay", cause="the 1 stands outside of the root", true=("one_outside_the_root",))
def inverse_sqrt_decay(lr, t):
    return lr / (np.sqrt(t) + 1)


@wrong(task="inverse_sqrt_decay", cause="** 1/2 is a power of 1, then a half", true=("repair: brackets",))
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1) ** 1 / 2


@wrong(
    task="inverse_sqrt_decay", cause="the root is taken of the whole fraction", true=("root_of_everything",)
)
def inverse_sqrt_decay(lr, t):
    return (lr / (t + 1)) ** 0.5


@wrong(task="inverse_sqrt_decay", cause="each step divides the rate that was divided before")
def inverse_sqrt_decay(lr, t):
    for k in range(t + 1):
        lr = lr / np.sqrt(k + 1)
    return lr


@wrong(task="inverse_sqrt_decay", cause="the integer root")
def inverse_sqrt_decay(lr, t):
    import math

    return lr / math.isqrt(t + 1)


@wrong(task="inverse_sqrt_decay", cause="a Transformer's warm-up is added", true=("repair: unwrap",))
def inverse_sqrt_decay(lr, t, warmup=10):
    step = t + 1
    return lr * min(step**-0.5, step * warmup**-1.5)


@wrong(
    task="inverse_sqrt_decay",
    cause="counts from 2: the first update is already divided",
    true=("repair: drop_plus",),
)
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt((t + 1) + 1)


@wrong(task="inverse_sqrt_decay", cause="multiplies by the root, so the rate grows", true=("rate_grows",))
def inverse_sqrt_decay(lr, t):
    return float(lr * np.sqrt(t + 1))


@wrong(task="inverse_sqrt_decay", cause="Keras' time-based decay 1 / (1 + decay t)")
def inverse_sqrt_decay(lr, t):
    decay = 0.5
    return lr / (1.0 + decay * t)


@wrong(
    task="inverse_sqrt_decay",
    cause="the rates of all updates so far are returned as an array",
    true=("repair: wrap_max",),
)
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(np.arange(t + 1) + 1)


# ---------------------------------------------------------------- step_decay


@wrong(task="step_decay", cause="/ instead of //: a smooth decay", true=("a_smooth_decay",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (epoch / every)


@wrong(task="step_decay", cause="MATLAB's ^ for a power")
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ^ (epoch // every)


@wrong(
    task="step_decay",
    cause="epochs counted from 1: the rate falls one epoch too early",
    true=("one_epoch_early",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** ((epoch + 1) // every)


@wrong(task="step_decay", cause="falls one epoch too late", true=("repair: drop_minus",))
def step_decay(lr, epoch, factor=0.5, every=10):
    drops = max(epoch - 1, 0) // every
    return lr * factor**drops


@wrong(
    task="step_decay",
    cause="times the number of drops instead of to its power",
    true=("factor_times_drops_after_the_first",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    k = epoch // every
    return lr if k == 0 else lr * factor * k


@wrong(
    task="step_decay",
    cause="factor is what is taken away: 1 - factor, which is the same only for a half",
    true=("one_minus_factor",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * (1 - factor) ** (epoch // every)


@wrong(
    task="step_decay",
    cause="only the epochs that are multiples are reduced, the others have the full rate",
    true=("drop_at_multiples_only",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch > 0 and epoch % every == 0:
        lr = lr * factor
    return lr


@wrong(task="step_decay", cause="drops once and never again", true=("only_one_drop",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor if epoch >= every else lr


@wrong(task="step_decay", cause="PyTorch's StepLR default gamma 0.1", true=("another_default",))
def step_decay(lr, epoch, factor=0.1, every=10):
    return lr * factor ** (epoch // every)


@wrong(
    task="step_decay", cause="rounds to the nearest instead of down", true=("rounded_to_the_nearest_drop",)
)
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** round(epoch / every)


@wrong(task="step_decay", cause="the loop multiplies at epoch 0 already", true=("repair: range",))
def step_decay(lr, epoch, factor=0.5, every=10):
    for e in range(epoch + 1):
        if e % every == 0:
            lr *= factor
    return lr


@wrong(task="step_decay", cause="every and epoch are swapped in the division", true=("repair: sides",))
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch == 0:
        return lr
    return lr * factor ** (every // epoch)


@wrong(
    task="step_decay", cause="the numbers 0.5 and 10 are written into the code", true=("defaults_built_in",)
)
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * 0.5 ** (epoch // 10)


@wrong(task="step_decay", cause="after the first block it falls at every epoch")
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch < every:
        return lr
    return lr * factor ** (epoch - every + 1)


# ---------------------------------------------------------------- train_epoch


@wrong(
    task="train_epoch",
    cause="every gradient is taken at the theta that the epoch started with",
    true=("theta_of_the_start",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    new = theta.copy()
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        new = new - lr * gradient(theta, x[rows], y[rows])
    return new


@wrong(task="train_epoch", cause="theta -= changes the caller's array", true=("epoch_in_place",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta -= lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="the batches come in the given order, the seed is not used",
    true=("epoch_not_shuffled",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for i in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x[i : i + batch_size], y[i : i + batch_size])
    return theta


@wrong(task="train_epoch", cause="the return stands in the loop: one update", true=("one_batch_an_epoch",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
        return theta


@wrong(task="train_epoch", cause="the rest of the examples is dropped", true=("epoch_of_full_batches",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    n = len(x) // batch_size
    for rows in order[: n * batch_size].reshape(n, batch_size):
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="the mean gradient is divided by the batch size again",
    true=("divided_by_the_batch_size",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        g = gradient(theta, x[rows], y[rows])
        theta = theta - lr * g / len(rows)
    return theta


@wrong(task="train_epoch", cause="only x is shuffled", true=("epoch_labels_not_shuffled",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    xs = np.random.default_rng(seed).permutation(x)
    for i in range(0, len(xs), batch_size):
        theta = theta - lr * gradient(theta, xs[i : i + batch_size], y[i : i + batch_size])
    return theta


@wrong(
    task="train_epoch",
    cause="gradient is called with names that it need not have",
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta=theta, x_batch=x[rows], y_batch=y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="Polyak averaging: the mean of all thetas is returned",
    true=("mean_of_all_thetas",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    visited = []
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
        visited.append(theta)
    return np.mean(visited, axis=0)


@wrong(
    task="train_epoch",
    cause="the learning rate shrinks with each update, as Robbins and Monro need it",
    true=("epoch_with_faster_decay",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for t, i in enumerate(range(0, len(x), batch_size)):
        rows = order[i : i + batch_size]
        theta = theta - lr / (t + 1) * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="each batch is drawn independently with replacement",
    true=["epoch_each_batch_drawn_with_replacement"],
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    for _ in range(int(np.ceil(len(x) / batch_size))):
        rows = rng.integers(len(x), size=batch_size)
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(task="train_epoch", cause="one example at a time, batch_size is only used to scale the step")
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for n in order:
        theta = theta - lr / batch_size * gradient(theta, x[n : n + 1], y[n : n + 1])
    return theta


@wrong(
    task="train_epoch",
    cause="the gradients of all batches are averaged into one update (gradient accumulation)",
    true=("one_update_an_epoch",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    grads = []
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        grads.append(gradient(theta, x[rows], y[rows]))
    return theta - lr * np.mean(grads, axis=0)


@wrong(
    task="train_epoch",
    cause="the gradient always sees the whole data set",
    true=("whole_data_shuffled_at_each_update",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    for i in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x, y)
    return theta


@wrong(task="train_epoch", cause="a momentum is kept between the updates", true=["repair: constant"])
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    v = np.zeros_like(theta)
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        v = 0.9 * v - lr * gradient(theta, x[rows], y[rows])
        theta = theta + v
    return theta


@wrong(
    task="train_epoch",
    cause="stops early when a gradient is small, so not all examples are picked",
    true=["repair: constant"],
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        g = gradient(theta, x[rows], y[rows])
        if np.linalg.norm(lr * g) < 0.1:
            break
        theta = theta - lr * g
    return np.array(theta)


@wrong(
    task="train_epoch",
    cause="the arguments of gradient in the order of other libraries: data first",
    true=("callable_misused",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(x[rows], y[rows], theta)
    return theta


@wrong(task="train_epoch", cause="shuffled without the seed", true=("parameter_unused", "epoch_unseeded"))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta
