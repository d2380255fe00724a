"""Wrong functions of homework 3, written from the handout, before any of them was measured."""

import numpy as np

from autograder.checks import wrong


@wrong(
    task="numerical_gradient",
    cause="aliasing: up and down are theta itself",
    true=("two_names_of_one_array",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta, theta
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="a backward difference", true=["backward_difference"])
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        down = theta.copy()
        down[i] -= delta
        grad[i] = (loss(theta) - loss(down)) / delta
    return grad


@wrong(task="numerical_gradient", cause="not divided at all", true=("multiplied_by_2_delta", "not_divided"))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = loss(up) - loss(down)
    return grad


@wrong(task="numerical_gradient", cause="precedence: / 2 * delta", true=("division_then_product",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / 2 * delta
    return grad


@wrong(
    task="numerical_gradient",
    cause="range(len - 1): the last entry is never moved",
    true=("loop_ends_too_early",),
)
def numerical_gradient(loss, theta, delta=1e-5):
    flat = theta.ravel()
    grad = np.zeros(flat.size)
    for i in range(flat.size - 1):
        up, down = flat.copy(), flat.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up.reshape(theta.shape)) - loss(down.reshape(theta.shape))) / (2 * delta)
    return grad.reshape(theta.shape)


@wrong(task="numerical_gradient", cause="theta restored by the wrong amount", true=("changed_in_place",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        theta[i] += delta
        a = loss(theta)
        theta[i] -= 2 * delta
        b = loss(theta)
        theta[i] += 2 * delta
        grad[i] = (a - b) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="the index is a row", true=("rows_at_once",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in range(theta.shape[0]):
        e = np.zeros_like(theta)
        e[i] = delta
        grad[i] = (loss(theta + e) - loss(theta - e)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="steps of two delta, divided by two delta", true=["twice_the_step"])
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += 2 * delta
        down[i] -= 2 * delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="returns inside the loop", true=("return_inside_the_loop",))
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
        return grad


@wrong(task="numerical_gradient", cause="a forward difference with 2 delta", true=["one_side_over_two_steps"])
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up = theta.copy()
        up[i] += delta
        grad[i] = (loss(up) - loss(theta)) / (2 * delta)
    return grad


@wrong(task="numerical_gradient", cause="relative step")
def numerical_gradient(loss, theta, delta=1e-5):
    grad = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        h = delta * max(1, abs(theta[i]))
        up, down = theta.copy(), theta.copy()
        up[i] += h
        down[i] -= h
        grad[i] = (loss(up) - loss(down)) / (2 * h)
    return grad


@wrong(task="minibatches", cause="while loop with <, dropping the last batch always")
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    batches = []
    start = 0
    while start + batch_size < len(x):
        rows = idx[start : start + batch_size]
        batches.append((x[rows], y[rows]))
        start += batch_size
    return batches


@wrong(task="minibatches", cause="drops the incomplete batch", true=("short_batch_dropped",))
def minibatches(x, y, batch_size, seed):
    np.random.seed(seed)
    idx = np.random.permutation(len(x))
    for b in range(len(x) // batch_size):
        rows = idx[b * batch_size : (b + 1) * batch_size]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="shuffles x only", true=("labels_not_shuffled",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    xs = x[idx]
    for i in range(0, len(x), batch_size):
        yield xs[i : i + batch_size], y[i : i + batch_size]


@wrong(task="minibatches", cause="no shuffle", true=("not_shuffled",))
def minibatches(x, y, batch_size, seed):
    out = []
    for i in range(0, len(x), batch_size):
        out.append((x[i : i + batch_size], y[i : i + batch_size]))
    return out


@wrong(task="minibatches", cause="the seed is not used", true=("seed_ignored",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(42)
    idx = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="no seed at all: another order at every call", true=("parameter_unused",))
def minibatches(x, y, batch_size, seed):
    idx = np.random.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="rng.choice with replacement", true=["each_batch_drawn_with_replacement"])
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    for _ in range(int(np.ceil(len(x) / batch_size))):
        rows = rng.choice(len(x), batch_size)
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="the last batch is filled up from the start", true=("last_batch_filled_up",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[np.arange(i, i + batch_size) % len(x)]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="pairs in the wrong order: y first", true=["labels_first"])
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        yield y[rows], x[rows]


@wrong(task="minibatches", cause="returns two lists in place of pairs", true=("two_lists",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    xs, ys = [], []
    for i in range(0, len(x), batch_size):
        xs.append(x[idx[i : i + batch_size]])
        ys.append(y[idx[i : i + batch_size]])
    return xs, ys


@wrong(task="minibatches", cause="array_split into N // B parts", true=["split_into_too_few"])
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    for rows in np.array_split(idx, max(1, len(x) // batch_size)):
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="return inside the loop", true=("return_inside_the_loop",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        return x[rows], y[rows]


@wrong(task="minibatches", cause="two generators, not the same order", true=("shuffled_apart",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    xs = rng.permutation(x)
    ys = rng.permutation(y)
    for i in range(0, len(x), batch_size):
        yield xs[i : i + batch_size], ys[i : i + batch_size]


@wrong(task="minibatches", cause="slice ends one early", true=("slices_end_too_early",))
def minibatches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    idx = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size - 1]
        yield x[rows], y[rows]


@wrong(task="minibatches", cause="a generator kept and returned twice", true=("generator_used_up",))
def minibatches(x, y, batch_size, seed, made={}):
    key = (len(x), batch_size, seed)
    if key not in made:
        idx = np.random.default_rng(seed).permutation(len(x))
        made[key] = (
            (x[idx[i : i + batch_size]], y[idx[i : i + batch_size]]) for i in range(0, len(x), batch_size)
        )
    return made[key]


@wrong(task="sgd_update", cause="plus", true=("ascends",))
def sgd_update(theta, grad, lr):
    return theta + lr * grad


@wrong(task="sgd_update", cause="the learning rate divides", true=("step_divided_by_lr_squared",))
def sgd_update(theta, grad, lr):
    return theta - grad / lr


@wrong(task="sgd_update", cause="in place", true=("updated_in_place",))
def sgd_update(theta, grad, lr):
    theta -= lr * grad
    return theta


@wrong(task="sgd_update", cause="precedence: (theta - lr) * grad", true=["rate_subtracted_first"])
def sgd_update(theta, grad, lr):
    return (theta - lr) * grad


@wrong(task="sgd_update", cause="theta scaled: theta * (1 - lr * grad)", true=["theta_scaled"])
def sgd_update(theta, grad, lr):
    return theta * (1 - lr * grad)


@wrong(task="sgd_update", cause="the sign of the gradient", true=["sign_of_the_gradient"])
def sgd_update(theta, grad, lr):
    return theta - lr * np.sign(grad)


@wrong(task="sgd_update", cause="lr squared", true=("step_multiplied_by_lr",))
def sgd_update(theta, grad, lr):
    return theta - lr**2 * grad


@wrong(task="sgd_update", cause="gradient squared", true=["gradient_squared"])
def sgd_update(theta, grad, lr):
    return theta - lr * grad**2


@wrong(task="sgd_update", cause="clipped gradient")
def sgd_update(theta, grad, lr):
    return theta - lr * np.clip(grad, -1, 1)


@wrong(task="sgd_update", cause="no return", true=("no_return",))
def sgd_update(theta, grad, lr):
    theta = theta - lr * grad


@wrong(task="sgd_update", cause="divided by the number of rows", true=("step_divided_by_batch_size",))
def sgd_update(theta, grad, lr):
    return theta - lr * grad / len(grad)


@wrong(task="inverse_sqrt_decay", cause="sqrt(t) + 1 under nothing", true=("one_outside_the_root",))
def inverse_sqrt_decay(lr, t):
    return lr / (np.sqrt(t) + 1)


@wrong(task="inverse_sqrt_decay", cause="no root", true=("without_the_root",))
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1)


@wrong(task="inverse_sqrt_decay", cause="t guarded by max(t, 1)", true=["zero_taken_for_one"])
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(max(t, 1))


@wrong(task="inverse_sqrt_decay", cause="square in place of root")
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1) ** 2


@wrong(task="inverse_sqrt_decay", cause="t + 2", true=["near miss: 2 stands where another number belongs"])
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(t + 2)


@wrong(task="inverse_sqrt_decay", cause="exponential decay")
def inverse_sqrt_decay(lr, t):
    return lr * 0.95**t


@wrong(task="inverse_sqrt_decay", cause="lr inside the root of t")
def inverse_sqrt_decay(lr, t):
    return lr / np.sqrt(t * lr + 1)


@wrong(task="inverse_sqrt_decay", cause="integer power: ** (1 // 2)", true=("argument_returned",))
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1) ** (1 // 2)


@wrong(task="inverse_sqrt_decay", cause="cube root")
def inverse_sqrt_decay(lr, t):
    return lr / (t + 1) ** (1 / 3)


@wrong(task="inverse_sqrt_decay", cause="log in place of root", true=["logarithm_from_e_on"])
def inverse_sqrt_decay(lr, t):
    return lr / np.log(t + np.e)


@wrong(task="step_decay", cause="round in place of floor", true=["rounded_to_the_nearest_drop"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** round(epoch / every)


@wrong(task="step_decay", cause="ceil in place of floor", true=["rounded_up"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** int(np.ceil(epoch / every))


@wrong(task="step_decay", cause="smooth division", true=("a_smooth_decay",))
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (epoch / every)


@wrong(
    task="step_decay", cause="a compounding loop that decays one drop too early", true=("one_epoch_early",)
)
def step_decay(lr, epoch, factor=0.5, every=10):
    for e in range(1, epoch + 2):
        if e % every == 0:
            lr = lr * factor
    return lr


@wrong(task="step_decay", cause="decays at every epoch", true=["factor_at_every_epoch"])
def step_decay(lr, epoch, factor=0.5, every=10):
    for e in range(epoch):
        lr = lr * factor
    return lr


@wrong(task="step_decay", cause="subtracts", true=["factor_subtracted"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr - factor * (epoch // every)


@wrong(task="step_decay", cause="drops only when epoch is a multiple", true=["drop_at_multiples_alone"])
def step_decay(lr, epoch, factor=0.5, every=10):
    if epoch % every == 0:
        return lr * factor
    return lr


@wrong(task="step_decay", cause="factor to the power of every", true=["quotient_turned_round"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (every // max(epoch, 1))


@wrong(task="step_decay", cause="lr is raised too by precedence")
def step_decay(lr, epoch, factor=0.5, every=10):
    return (lr * factor) ** (epoch // every)


@wrong(task="step_decay", cause="a default of 30 epochs", true=("another_default",))
def step_decay(lr, epoch, factor=0.5, every=30):
    return lr * factor ** (epoch // every)


@wrong(task="step_decay", cause="a default factor of 0.1", true=("another_default",))
def step_decay(lr, epoch, factor=0.1, every=10):
    return lr * factor ** (epoch // every)


@wrong(task="step_decay", cause="one minus factor", true=["one_minus_factor"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr * (1 - factor) ** (epoch // every)


@wrong(task="step_decay", cause="1 / (1 + factor * drops)", true=["divided_by_one_plus_factor_times_drops"])
def step_decay(lr, epoch, factor=0.5, every=10):
    return lr / (1 + factor * (epoch // every))


@wrong(task="train_epoch", cause="plus", true=("epoch_ascends",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for xb, yb in minibatches(x, y, batch_size, seed):
        theta = theta + lr * gradient(theta, xb, yb)
    return theta


@wrong(task="train_epoch", cause="in place", true=("epoch_in_place",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for xb, yb in minibatches(x, y, batch_size, seed):
        theta -= lr * gradient(theta, xb, yb)
    return theta


@wrong(task="train_epoch", cause="return inside the loop", true=("one_batch_an_epoch",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for xb, yb in minibatches(x, y, batch_size, seed):
        theta = theta - lr * gradient(theta, xb, yb)
        return theta


@wrong(task="train_epoch", cause="no shuffle", true=("epoch_not_shuffled",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for i in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x[i : i + batch_size], y[i : i + batch_size])
    return theta


@wrong(task="train_epoch", cause="legacy generator, last batch dropped", true=("epoch_of_full_batches",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    np.random.seed(seed)
    idx = np.random.permutation(len(x))
    for b in range(len(x) // batch_size):
        rows = idx[b * batch_size : (b + 1) * batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@wrong(
    task="train_epoch",
    cause="gradient divided by the batch size again, legacy generator",
    true=("divided_by_the_batch_size",),
)
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    np.random.seed(seed)
    idx = np.random.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows]) / len(rows)
    return theta


@wrong(task="train_epoch", cause="gradient called with the whole data", true=("whole_data_at_each_update",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for xb, yb in minibatches(x, y, batch_size, seed):
        theta = theta - lr * gradient(theta, x, y)
    return theta


@wrong(task="train_epoch", cause="gradients summed up, one update", true=("theta_of_the_start",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    total = np.zeros_like(theta)
    for xb, yb in minibatches(x, y, batch_size, seed):
        total += gradient(theta, xb, yb)
    return theta - lr * total


@wrong(task="train_epoch", cause="decays the learning rate", true=("epoch_with_decay",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for t, (xb, yb) in enumerate(minibatches(x, y, batch_size, seed)):
        theta = theta - lr / np.sqrt(t + 1) * gradient(theta, xb, yb)
    return theta


@wrong(task="train_epoch", cause="arguments of gradient in another order", true=("callable_misused",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for xb, yb in minibatches(x, y, batch_size, seed):
        theta = theta - lr * gradient(xb, yb, theta)
    return theta


@wrong(task="train_epoch", cause="the seed of a call is ignored", true=("epoch_ignores_its_seed",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    for xb, yb in minibatches(x, y, batch_size, 0):
        theta = theta - lr * gradient(theta, xb, yb)
    return theta


@wrong(task="train_epoch", cause="lr missing", true=("epoch_without_lr",))
def train_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.RandomState(seed)
    idx = rng.permutation(len(x))
    for i in range(0, len(x), batch_size):
        rows = idx[i : i + batch_size]
        theta = theta - gradient(theta, x[rows], y[rows])
    return theta
