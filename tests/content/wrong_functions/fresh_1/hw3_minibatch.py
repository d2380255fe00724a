"""Wrong functions for homework 3, as students would write them; made from the handout alone."""

import numpy as np
from autograder.checks import wrong


# ---------------------------------------------------------------- numerical_gradient


@wrong(task="numerical_gradient", cause="difference to one side only", true=("one_sided",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    base = loss(theta)
    for i in np.ndindex(theta.shape):
        moved = theta.copy()
        moved[i] += delta
        grad[i] = (loss(moved) - base) / delta
    return grad


@wrong(task="numerical_gradient", cause="divides by delta, not by 2 delta", true=("divided_by_delta",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / delta
    return grad


@wrong(task="numerical_gradient", cause="moves all entries at once", true=("all_entries_at_once",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = (loss(theta + delta) - loss(theta - delta)) / (2 * delta)
    return grad * np.ones_like(theta)


@wrong(
    task="numerical_gradient",
    cause="moves entries of theta itself and does not put them back",
    true=("theta_left_changed",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        theta[i] += delta
        plus = loss(theta)
        theta[i] -= 2 * delta
        minus = loss(theta)
        grad[i] = (plus - minus) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="range(len(theta)): moves a whole row of a matrix at once",
    true=("rows_at_once",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    for i in range(len(theta)):
        a = np.array(theta)
        b = np.array(theta)
        a[i] = a[i] + delta
        b[i] = b[i] - delta
        grad[i] = (loss(a) - loss(b)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="'copies' are the same array as theta", true=("changed_in_place",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        up = theta
        down = theta
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="copies made once before the loop, so earlier moves stay",
    true=("copies_stay_moved",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    up = theta.copy()
    down = theta.copy()
    for i in np.ndindex(theta.shape):
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="minus side first: the sign is reversed", true=("below_minus_above",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.empty(theta.shape)
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = delta
        grad[i] = (loss(theta - e) - loss(theta + e)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="returns a flat array", true=("flat_result",))
def numerical_gradient(loss, theta, delta=1e-5):
    grads = []
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = delta
        grads.append((loss(theta + e) - loss(theta - e)) / (2 * delta))
    return np.array(grads)


@wrong(task="numerical_gradient", cause="gives the loss a flattened theta, not one of theta's shape")
def numerical_gradient(loss, theta, delta=1e-5):
    flat = theta.flatten()
    grad = np.zeros(flat.size)
    for i in range(flat.size):
        e = np.zeros(flat.size)
        e[i] = delta
        grad[i] = (loss(flat + e) - loss(flat - e)) / (2 * delta)
    return grad.reshape(theta.shape)


@wrong(task="numerical_gradient", cause="calls the loss with a single number", true=("callable_misused",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        grad[i] = (loss(theta[i] + delta) - loss(theta[i] - delta)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="brackets missing: divides by 2 and multiplies by delta",
    true=("division_then_product",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = 1
        grad[i] = (loss(theta + delta * e) - loss(theta - delta * e)) / 2 * delta
    return grad


@wrong(task="numerical_gradient", cause="ignores delta and takes a large step of 0.1", true=("repair: line",))
def numerical_gradient(loss, theta, delta=1e-5):
    delta = 0.1
    grad = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        e = np.zeros(theta.shape)
        e[i] = delta
        grad[i] = (loss(theta + e) - loss(theta - e)) / (2 * delta)
    return grad


@wrong(
    task="numerical_gradient",
    cause="two nested loops: works for matrices only",
    true=("another_number_to_unpack",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    rows, cols = theta.shape
    grad = np.zeros((rows, cols))
    for r in range(rows):
        for c in range(cols):
            up = theta.copy()
            up[r, c] += delta
            down = theta.copy()
            down[r, c] -= delta
            grad[r, c] = (loss(up) - loss(down)) / (2 * delta)
    return grad


# ---------------------------------------------------------------- minibatches


@wrong(task="minibatches", cause="no shuffle at all", true=("not_shuffled",))
def minibatches(x, y, batch_size, seed):
    np.random.seed(seed)
    batches = []
    for start in range(0, len(x), batch_size):
        batches.append((x[start : start + batch_size], y[start : start + batch_size]))
    return batches


@wrong(
    task="minibatches",
    cause="floor division: the last, smaller batch is dropped",
    true=("short_batch_dropped",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    n = len(x) // batch_size
    return [
        (x[order[i * batch_size : (i + 1) * batch_size]], y[order[i * batch_size : (i + 1) * batch_size]])
        for i in range(n)
    ]


@wrong(
    task="minibatches",
    cause="N // B + 1 batches: an empty one at the end when B divides N",
    true=("an_empty_batch",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(x))
    for k in range(len(x) // batch_size + 1):
        rows = order[k * batch_size : (k + 1) * batch_size]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="x and y shuffled by two different permutations", true=("shuffled_apart",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    xs = rng.permutation(x)
    ys = rng.permutation(y)
    return [(xs[i : i + batch_size], ys[i : i + batch_size]) for i in range(0, len(x), batch_size)]


@wrong(
    task="minibatches", cause="only x is shuffled, y stays in its old order", true=("labels_not_shuffled",)
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    x = x[order]
    for i in range(0, len(x), batch_size):
        yield x[i : i + batch_size], y[i : i + batch_size]


@wrong(task="minibatches", cause="shuffles the caller's arrays in place", true=("shuffled_in_place",))
def minibatches(x, y, batch_size, seed):
    np.random.default_rng(seed).shuffle(x)
    np.random.default_rng(seed).shuffle(y)
    out = []
    for i in range(0, len(x), batch_size):
        out.append((x[i : i + batch_size], y[i : i + batch_size]))
    return out


@wrong(task="minibatches", cause="shuffles the batches, neighbours stay together", true=["blocks_shuffled"])
def minibatches(x, y, batch_size, seed):
    batches = [(x[i : i + batch_size], y[i : i + batch_size]) for i in range(0, len(x), batch_size)]
    last = batches.pop() if len(x) % batch_size else None
    order = np.random.default_rng(seed).permutation(len(batches))
    result = [batches[k] for k in order]
    if last is not None:
        result.append(last)
    return result


@wrong(
    task="minibatches",
    cause="if seed: treats seed 0 as 'no seed', so the order is random",
    true=("seed_zero_is_chance",),
)
def minibatches(x, y, batch_size, seed):
    if seed:
        rng = np.random.default_rng(seed)
    else:
        rng = np.random.default_rng()
    order = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        yield x[order[i : i + batch_size]], y[order[i : i + batch_size]]


@wrong(
    task="minibatches",
    cause="draws with replacement: some examples twice, some never",
    true=("drawn_with_replacement",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, len(x), size=len(x))
    return [(x[rows[i : i + batch_size]], y[rows[i : i + batch_size]]) for i in range(0, len(x), batch_size)]


@wrong(
    task="minibatches",
    cause="each batch drawn anew without replacement, but batches overlap",
    true=("each_batch_drawn_anew",),
)
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    N = len(x)
    left = N
    while left > 0:
        size = min(batch_size, left)
        rows = rng.choice(N, size=size, replace=False)
        yield x[rows], y[rows]
        left -= size


@wrong(task="minibatches", cause="seed ignored: another order at each call", true=("parameter_unused",))
def minibatches(x, y, batch_size, seed):
    order = np.random.permutation(len(x))
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


@wrong(task="minibatches", cause="fixed seed 0: the same order for every seed", true=("seed_ignored",))
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(0).permutation(len(x))
    return [
        (x[order[i : i + batch_size]], y[order[i : i + batch_size]]) for i in range(0, len(x), batch_size)
    ]


@wrong(
    task="minibatches",
    cause="np.array_split makes batches of almost equal size, not of batch_size",
    true=("split_evenly",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    count = int(np.ceil(len(x) / batch_size))
    return [(x[rows], y[rows]) for rows in np.array_split(order, count)]


@wrong(
    task="minibatches",
    cause="array_split with batch_size as the number of batches",
    true=("number_of_batches",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    return list(zip(np.array_split(x[order], batch_size), np.array_split(y[order], batch_size)))


@wrong(
    task="minibatches",
    cause="end of the slice off by one: each batch lacks its last example",
    true=("slices_end_too_early",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size - 1]
        yield x[rows], y[rows]


@wrong(
    task="minibatches",
    cause="last batch filled up with examples from the beginning",
    true=("last_batch_filled_up",),
)
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    missing = -len(order) % batch_size
    order = np.concatenate([order, np.resize(order, missing)])
    return [(x[r], y[r]) for r in order.reshape(-1, batch_size)]


@wrong(task="minibatches", cause="returns two lists instead of a list of pairs", true=("two_lists",))
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    cuts = range(batch_size, len(x), batch_size)
    return np.split(x[order], cuts), np.split(y[order], cuts)


@wrong(task="minibatches", cause="the smaller batch comes first, not last", true=("short_batch_first",))
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    first = len(x) % batch_size
    if first:
        yield x[order[:first]], y[order[:first]]
    for i in range(first, len(x), batch_size):
        rows = order[i : i + batch_size]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="return in the loop: only the first batch", true=("only_the_first",))
def minibatches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        return [(x[rows], y[rows])]


# ---------------------------------------------------------------- sgd_update


@wrong(task="sgd_update", cause="goes along the gradient: plus instead of minus", true=("ascends",))
def sgd_update(theta, grad, lr):
    return theta + lr * grad


@wrong(task="sgd_update", cause="changes theta in place with -=", true=("updated_in_place",))
def sgd_update(theta, grad, lr):
    theta -= lr * grad
    return theta


@wrong(task="sgd_update", cause="learning rate forgotten", true=("without_lr",))
def sgd_update(theta, grad, lr):
    return theta - grad


@wrong(task="sgd_update", cause="returns the step instead of the new theta", true=("the_step_alone",))
def sgd_update(theta, grad, lr):
    return -lr * grad


@wrong(task="sgd_update", cause="gradient normalised to length 1", true=("repair: drop_divide",))
def sgd_update(theta, grad, lr):
    return theta - lr * grad / (np.linalg.norm(grad) + 1e-8)


@wrong(task="sgd_update", cause="only the sign of the gradient", true=("sign_of_the_gradient",))
def sgd_update(theta, grad, lr):
    return theta - lr * np.sign(grad)


@wrong(
    task="sgd_update", cause="divides the mean gradient by its length again", true=("repair: drop_divide",)
)
def sgd_update(theta, grad, lr):
    return theta - lr * grad / len(grad)


@wrong(task="sgd_update", cause="brackets: (theta - lr) * grad", true=("rate_subtracted_first",))
def sgd_update(theta, grad, lr):
    return (theta - lr) * grad


@wrong(
    task="sgd_update",
    cause="works on an alias, so grad is scaled in the caller's array",
    true=("changed_in_place",),
)
def sgd_update(theta, grad, lr):
    step = grad
    step *= lr
    return theta - step


@wrong(
    task="sgd_update", cause="writes the result into the old array with slices", true=("updated_in_place",)
)
def sgd_update(theta, grad, lr):
    new = theta
    new[:] = theta - lr * grad
    return new


@wrong(task="sgd_update", cause="clips the gradient to +-1 as some frameworks do", true=("repair: unwrap",))
def sgd_update(theta, grad, lr):
    return theta - lr * np.clip(grad, -1, 1)


@wrong(task="sgd_update", cause="averages the gradient over all parameters", true=("repair: unwrap",))
def sgd_update(theta, grad, lr):
    return theta - lr * np.mean(grad)


@wrong(task="sgd_update", cause="adds weight decay, which nobody asked for", true=("repair: drop_plus",))
def sgd_update(theta, grad, lr):
    return theta - lr * (grad + 0.01 * theta)


# ---------------------------------------------------------------- inverse_sqrt_decay


@wrong(task="inverse_sqrt_decay", cause="root forgotten: real 1/t decay", true=("without_the_root",))
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1)


@wrong(task="inverse_sqrt_decay", cause="+ 1 outside of the root", true=("one_outside_the_root",))
def inverse_sqrt_decay(lr, t):
    return lr / (np.sqrt(t) + 1)


@wrong(
    task="inverse_sqrt_decay",
    cause="brackets missing: lr / sqrt(t) + 1, guarded at 0",
    true=["one_added_to_the_result"],
)
def inverse_sqrt_decay(lr, t):
    if t == 0:
        return lr
    return lr / np.sqrt(t) + 1


@wrong(
    task="inverse_sqrt_decay",
    cause="counts from 1: division by 0 at the first update",
    true=("counted_from_one",),
)
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(t)


@wrong(
    task="inverse_sqrt_decay",
    cause="off by one with a guard: updates 0 and 1 have the same rate",
    true=("zero_taken_for_one",),
)
def inverse_sqrt_decay(lr, t):
    return lr / max(1, t) ** 0.5


@wrong(
    task="inverse_sqrt_decay", cause="precedence: ** 1 / 2 is half, not the root", true=("repair: brackets",)
)
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1) ** 1 / 2


@wrong(task="inverse_sqrt_decay", cause="multiplies by the root, so the rate grows", true=("rate_grows",))
def inverse_sqrt_decay(lr, t):
    return lr * np.sqrt(t + 1)


@wrong(task="inverse_sqrt_decay", cause="root of the whole fraction", true=("root_of_everything",))
def inverse_sqrt_decay(lr, t):
    return np.sqrt(lr / (t + 1))


@wrong(
    task="inverse_sqrt_decay",
    cause="integer root: the rate changes only at square numbers",
    true=("repair: unwrap",),
)
def inverse_sqrt_decay(lr, t):
    return lr / int(np.sqrt(t + 1))


@wrong(
    task="inverse_sqrt_decay", cause="t + 2: counted from 1 and added 1 again", true=("repair: drop_plus",)
)
def inverse_sqrt_decay(lr, t):
    step = t + 1
    return lr / np.sqrt(step + 1)


@wrong(task="inverse_sqrt_decay", cause="square instead of square root", true=("repair: constant",))
def inverse_sqrt_decay(lr, t):
    return lr * (t + 1) ** -2.0


@wrong(task="inverse_sqrt_decay", cause="divides the already decayed rate again at every update")
def inverse_sqrt_decay(lr, t):
    for k in range(t + 1):
        lr = lr / np.sqrt(k + 1)
    return lr


# ---------------------------------------------------------------- step_decay


@wrong(task="step_decay", cause="/ instead of //: decays smoothly in each epoch", true=("a_smooth_decay",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (epoch / every)


@wrong(task="step_decay", cause="counts epochs from 1: drops one epoch early", true=("one_epoch_early",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** ((epoch + 1) // every)


@wrong(task="step_decay", cause="drops one epoch late", true=("repair: drop_minus",))
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch == 0:
        return lr
    return lr * factor ** ((epoch - 1) // every)


@wrong(
    task="step_decay",
    cause="multiplies by factor times the number of drops instead of the power",
    true=("factor_times_drops_after_the_first",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    drops = epoch // every
    if drops == 0:
        return lr
    return lr * factor * drops


@wrong(task="step_decay", cause="wrong default factor, 0.1 as in PyTorch", true=("another_default",))
def step_decay(lr, epoch, factor=0.1, every=10):
    return lr * factor ** (epoch // every)


@wrong(task="step_decay", cause="drops only once, however long the training", true=("only_one_drop",))
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch >= every:
        return lr * factor
    else:
        return lr


@wrong(task="step_decay", cause="remainder instead of quotient", true=("remainder_as_exponent",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (epoch % every)


@wrong(
    task="step_decay",
    cause="multiplies only in epochs divisible by every, then the rate is back",
    true=("drop_at_multiples_only",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch > 0 and epoch % every == 0:
        lr = lr * factor
    return lr


@wrong(task="step_decay", cause="10 and 0.5 written into the code", true=("defaults_built_in",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * 0.5 ** (epoch // 10)


@wrong(
    task="step_decay",
    cause="round instead of floor: drops in the middle",
    true=("rounded_to_the_nearest_drop",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** round(epoch / every)


@wrong(task="step_decay", cause="lr inside the power", true=("repair: brackets",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return (lr * factor) ** (epoch // every)


@wrong(
    task="step_decay", cause="takes factor for the part that is lost: 1 - factor", true=("one_minus_factor",)
)
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * (1 - factor) ** (epoch // every)


@wrong(task="step_decay", cause="defaults swapped in thought: every 5 epochs", true=("another_default",))
def step_decay(lr, epoch, factor=0.5, every=5):
    for k in range(epoch // every):
        lr = lr * factor
    return lr


@wrong(
    task="step_decay",
    cause="loop starts at epoch 0, which is divisible too: one drop too many",
    true=("repair: range",),
)
def step_decay(lr, epoch, factor=0.5, every=10):
    rate = lr
    for e in range(epoch + 1):
        if e % every == 0:
            rate *= factor
    return rate


# ---------------------------------------------------------------- train_epoch


@wrong(
    task="train_epoch",
    cause="all gradients at the theta that the epoch started with",
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


@wrong(task="train_epoch", cause="no shuffle: seed is not used", true=("epoch_not_shuffled",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for i in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x[i : i + batch_size], y[i : i + batch_size])
    return theta


@wrong(task="train_epoch", cause="the last, smaller batch is left out", true=("epoch_of_full_batches",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for k in range(len(x) // batch_size):
        rows = order[k * batch_size : (k + 1) * batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(task="train_epoch", cause="gradient ascent", true=("epoch_ascends",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta + lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="divides the mean gradient by the batch size again",
    true=("divided_by_the_batch_size",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows]) / len(rows)
    return theta


@wrong(task="train_epoch", cause="return inside the loop: one update only", true=("one_batch_an_epoch",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
        return theta


@wrong(
    task="train_epoch", cause="gradient of all the data at every update", true=("whole_data_at_each_update",)
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        x_batch, y_batch = x[order[i : i + batch_size]], y[order[i : i + batch_size]]
        theta = theta - lr * gradient(theta, x, y)
    return theta


@wrong(
    task="train_epoch",
    cause="batches drawn with replacement: not every example is picked",
    true=["epoch_each_batch_drawn_with_replacement"],
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    steps = int(np.ceil(len(x) / batch_size))
    for _ in range(steps):
        rows = rng.choice(len(x), size=batch_size)
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="only x is shuffled: labels belong to other rows",
    true=("epoch_labels_not_shuffled",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    x = np.random.default_rng(seed).permutation(x)
    for i in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x[i : i + batch_size], y[i : i + batch_size])
    return theta


@wrong(
    task="train_epoch",
    cause="a generator made anew for each batch: the same examples again and again",
    true=("one_batch_again_and_again",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for i in range(0, len(x), batch_size):
        rows = np.random.default_rng(seed).permutation(len(x))[:batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="collects the gradients and makes one update with their mean",
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
    cause="one update for each example, batch_size ignored",
    true=("one_example_at_a_time",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for n in order:
        theta = theta - lr * gradient(theta, x[n : n + 1], y[n : n + 1])
    return theta


@wrong(
    task="train_epoch",
    cause="learning rate decays within the epoch, nobody asked for it",
    true=("epoch_with_decay",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for t, i in enumerate(range(0, len(x), batch_size)):
        rows = order[i : i + batch_size]
        theta = theta - lr / np.sqrt(t + 1) * gradient(theta, x[rows], y[rows])
    return theta


@wrong(task="train_epoch", cause="arguments of gradient in the wrong order", true=("callable_misused",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(x[rows], y[rows], theta)
    return theta


@wrong(
    task="train_epoch",
    cause="seed ignored: global random numbers, another result at each call",
    true=("parameter_unused", "epoch_unseeded"),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.arange(len(x))
    np.random.shuffle(order)
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="an empty batch at the end gives NaN when batch_size divides N",
    true=("repair: edge",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    start = 0
    while start <= len(x):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
        start += batch_size
    return theta


@wrong(
    task="train_epoch",
    cause="result of the update is not stored: theta comes back unchanged",
    true=("updates_not_stored",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    def sgd_update(theta, grad, lr):
        return theta - lr * grad

    order = np.random.default_rng(seed).permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        sgd_update(theta, gradient(theta, x[rows], y[rows]), lr)
    return theta.copy()


@wrong(
    task="train_epoch",
    cause="mean of all thetas on the way instead of the last one",
    true=("mean_of_all_thetas",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    path = []
    for i in range(0, len(x), batch_size):
        rows = order[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
        path.append(theta)
    return np.mean(path, axis=0)
