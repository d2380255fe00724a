"""Known mistakes of homework 3, each with the sentence a teaching assistant would say."""

from __future__ import annotations

import numpy as np
from reference import batch_indices

from autograder.checks import mistake

#: Of a seeded function whose calls are not alike: what tells the two apart happens before the first call.
SEED_NOT_FOLLOWED = """Two calls with the same seed give different results. What is drawn comes from a
    generator that no call makes from its seed: from one without a seed, or from one that an earlier
    call has made. Make a new one at every call, np.random.default_rng(seed), and draw everything from
    that."""


# --- Gradients by differences -------------------------------------------------------------------


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""This is a difference to one side: (l(theta + delta) - l(theta)) / delta. It is off by
    about delta; ask for the loss on both sides and divide by 2 delta.""",
)
def one_sided(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up = theta.copy()
        up[i] += delta
        gradient[i] = (loss(up) - loss(theta)) / delta
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""Your gradient is twice too large: the two points are 2 delta apart, and you divide by
    delta.""",
)
def divided_by_delta(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        gradient[i] = (loss(up) - loss(down)) / delta
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""The argument delta is not used: a number of your own stands in its place.""",
)
def delta_ignored(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += 1e-5
        down[i] -= 1e-5
        gradient[i] = (loss(up) - loss(down)) / (2 * 1e-5)
    return gradient


STAYS_MOVED = """Entries that were moved are not moved back: from the second entry on, the loss is asked
    at a theta that has drifted away. Restore each entry before the next."""


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback=STAYS_MOVED,
)
def entries_stay_moved(loss, theta, delta=1e-5):
    gradient, moved = np.zeros_like(theta), theta.copy()
    for i in np.ndindex(theta.shape):
        moved[i] += delta
        above = loss(moved)
        moved[i] -= 2 * delta
        gradient[i] = (above - loss(moved)) / (2 * delta)
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback=STAYS_MOVED,
)
def copies_stay_moved(loss, theta, delta=1e-5):
    grad, up, down = np.zeros_like(theta), theta.copy(), theta.copy()
    for i in np.ndindex(theta.shape):
        up[i] += delta
        down[i] -= delta
        grad[i] = (loss(up) - loss(down)) / (2 * delta)
    return grad


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""theta itself is left changed: you move its entries in place and do not put them back.
    The caller's array is another one after the call.""",
)
def theta_left_changed(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        theta[i] += delta
        above = loss(theta)
        theta[i] -= 2 * delta
        gradient[i] = (above - loss(theta)) / (2 * delta)
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""You move all entries at once, so every entry of the result is the sum of all
    derivatives. Move one entry at a time.""",
)
def all_entries_at_once(loss, theta, delta=1e-5):
    slope = (loss(theta + delta) - loss(theta - delta)) / (2 * delta)
    return np.full(theta.shape, slope)


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""The sign is flipped: you subtract the loss above from the loss below. Uphill is
    positive.""",
)
def below_minus_above(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        gradient[i] = (loss(down) - loss(up)) / (2 * delta)
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""You return a flat vector. The gradient has the shape of theta: reshape it, or loop over
    np.ndindex.""",
)
def flat_result(loss, theta, delta=1e-5):
    gradient = []
    for i in np.ndindex(theta.shape):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        gradient.append((loss(up) - loss(down)) / (2 * delta))
    return np.array(gradient)


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""You loop over rows only: theta[i] of a matrix is a whole row, and all of it is moved at
    once. np.ndindex goes through single entries.""",
)
def rows_at_once(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta)
    for i in range(len(theta)):
        up, down = theta.copy(), theta.copy()
        up[i] += delta
        down[i] -= delta
        gradient[i] = (loss(up) - loss(down)) / (2 * delta)
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""You compare the loss at theta with the loss below it: a difference to one side, which is
    off by about delta. Go delta up and delta down, and divide by 2 * delta.""",
)
def backward_difference(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta, dtype=float)
    for i in np.ndindex(theta.shape):
        down = theta.copy()
        down[i] -= delta
        gradient[i] = (loss(theta.copy()) - loss(down)) / delta
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""Your step is delta times the size of theta. It is delta itself, whatever theta is.""",
)
def a_step_relative_to_theta(loss, theta, delta=1e-5):
    gradient = np.zeros_like(theta, dtype=float)
    for i in np.ndindex(theta.shape):
        up, down, step = theta.copy(), theta.copy(), delta * max(1e-8, abs(theta[i]))
        up[i] += step
        down[i] -= step
        gradient[i] = (loss(up) - loss(down)) / (2 * step)
    return gradient


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""You return the difference of two losses. The slope is that difference divided by the
    distance of the two points, 2 delta.""",
)
def not_divided(loss, theta, delta=1e-5):
    slopes = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = delta
        slopes[i] = loss(theta + step) - loss(theta - step)
    return slopes


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""Your points are 4 delta apart, and you divide by 2 delta: the gradient is twice too
    large. Move each entry by delta to either side.""",
)
def twice_the_step(loss, theta, delta=1e-5):
    slopes = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = delta
        slopes[i] = (loss(theta + 2 * step) - loss(theta - 2 * step)) / (2 * delta)
    return slopes


@mistake(
    function="numerical_gradient",
    severity="slip",
    feedback="""You go one step to one side and divide by two steps, so the gradient is half as large.
    Take the losses on either side, theta + delta and theta - delta.""",
)
def one_side_over_two_steps(loss, theta, delta=1e-5):
    slopes = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = delta
        slopes[i] = (loss(theta + step) - loss(theta)) / (2 * delta)
    return slopes


@mistake(
    function="numerical_gradient",
    severity="useless",
    feedback="""This is the second difference, l(theta + delta) - 2 l(theta) + l(theta - delta): it says
    how the slope bends. The slope is (l(theta + delta) - l(theta - delta)) / (2 delta).""",
)
def second_difference(loss, theta, delta=1e-5):
    slopes = np.zeros(theta.shape)
    for i in np.ndindex(theta.shape):
        step = np.zeros(theta.shape)
        step[i] = delta
        slopes[i] = (loss(theta + step) - 2 * loss(theta) + loss(theta - step)) / (2 * delta)
    return slopes


# --- Mini-batches -------------------------------------------------------------------------------


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""The last batch is dropped when it is short: N // batch_size counts the full ones only.
    Its examples are never learnt from.""",
)
def short_batch_dropped(x, y, batch_size, seed):
    for rows in batch_indices(len(x), batch_size, seed)[: len(x) // batch_size]:
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="useless",
    feedback="""x and y are shuffled apart: each gets an order of its own, and examples lose their
    labels. Draw one order and take the rows of both by it.""",
)
def shuffled_apart(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    x, y = x[rng.permutation(len(x))], y[rng.permutation(len(y))]
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Nothing is shuffled: the batches come in the order of the data, the same in every
    epoch.""",
)
def not_shuffled(x, y, batch_size, seed):
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""The order does not depend on the seed: it is the same in every epoch. Make the generator
    from the seed you are given.""",
)
def seed_ignored(x, y, batch_size, seed):
    for rows in batch_indices(len(x), batch_size, 0):
        yield x[rows], y[rows]


BATCHES_SHUFFLED = """You shuffle the batches, not the examples: neighbours always meet in the same
    batch. Shuffle the rows first, and cut afterwards."""


@mistake(
    function="minibatches",
    severity="slip",
    feedback=BATCHES_SHUFFLED,
)
def blocks_shuffled(x, y, batch_size, seed):
    starts = np.arange(0, len(x), batch_size)
    for start in starts[np.random.default_rng(seed).permutation(len(starts))]:
        yield x[start : start + batch_size], y[start : start + batch_size]


@mistake(
    function="minibatches",
    severity="slip",
    feedback=BATCHES_SHUFFLED,
)
def blocks_shuffled_but_the_last(x, y, batch_size, seed):
    starts = np.arange(0, len(x), batch_size)
    for start in [*np.random.default_rng(seed).permutation(starts[:-1]), starts[-1]]:
        yield x[start : start + batch_size], y[start : start + batch_size]


DRAWN_WITH_REPLACEMENT = """Examples are drawn with replacement: some come up twice in an epoch and
    others not at all. Shuffle the row numbers once instead."""


@mistake(
    function="minibatches",
    severity="slip",
    feedback=DRAWN_WITH_REPLACEMENT,
)
def drawn_with_replacement(x, y, batch_size, seed):
    rows = np.random.default_rng(seed).integers(len(x), size=len(x))
    for start in range(0, len(x), batch_size):
        yield x[rows[start : start + batch_size]], y[rows[start : start + batch_size]]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Each batch is drawn anew from all examples. In an epoch every example has to come up
    exactly once: shuffle once, then cut.""",
)
def each_batch_drawn_anew(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    for start in range(0, len(x), batch_size):
        rows = rng.permutation(len(x))[: min(batch_size, len(x) - start)]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""There is one batch too many: when batch_size divides N, an empty one comes last.
    range(0, N, batch_size) ends in time.""",
)
def an_empty_batch(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for number in range(len(x) // batch_size + 1):
        rows = order[number * batch_size : (number + 1) * batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Your batches are of nearly equal size, as np.array_split makes them. Here all but the
    last have exactly batch_size examples.""",
)
def split_evenly(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for rows in np.array_split(order, -(-len(x) // batch_size)):
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="useless",
    feedback="""Only x is shuffled, y keeps its old order, so examples lose their labels. Index both by
    one order.""",
)
def labels_not_shuffled(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]], y[start : start + batch_size]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""You make batch_size batches. It is the number of examples in a batch, not the number
    of batches.""",
)
def number_of_batches(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for rows in np.array_split(order, batch_size):
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Your short batch comes first. Every batch but the last has batch_size examples.""",
)
def short_batch_first(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    rest = len(x) % batch_size
    if rest:
        yield x[order[:rest]], y[order[:rest]]
    for start in range(rest, len(x), batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Your last batch is filled up with examples that have been used already. It holds only
    what is left, so that every example comes once.""",
)
def last_batch_filled_up(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = np.take(order, np.arange(start, start + batch_size), mode="wrap")
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Each of your batches lacks its last example: a slice stops before its end, so start :
    start + batch_size has batch_size entries already.""",
)
def slices_end_too_early(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size - 1]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""Your batches overlap by one example: a slice stops before its end, so start : start +
    batch_size has batch_size entries already.""",
)
def slices_overlap(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size + 1]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""The first example of the order is lost: counting starts at 0 in Python.""",
)
def first_example_lost(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for start in range(1, len(x), batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


@mistake(
    function="minibatches",
    severity="useless",
    feedback="""You return two lists, the batches of x and those of y. Return one list of pairs
    (x_batch, y_batch); zip makes it of the two.""",
)
def two_lists(x, y, batch_size, seed):
    batches = [(x[rows], y[rows]) for rows in batch_indices(len(x), batch_size, seed)]
    return [first for first, _ in batches], [second for _, second in batches]


SHUFFLED_INSIDE = """Examples are shuffled inside their own batch only: neighbours always meet in the
    same one. Shuffle all rows first, and cut afterwards."""


@mistake(
    function="minibatches",
    severity="slip",
    feedback=SHUFFLED_INSIDE,
)
def shuffled_inside_the_batches(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    for start in range(0, len(x), batch_size):
        rows = rng.permutation(np.arange(start, min(start + batch_size, len(x))))
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""The seed only decides where the order begins: neighbours stay together. Shuffle the
    rows one by one.""",
)
def turned_round(x, y, batch_size, seed):
    order = np.roll(np.arange(len(x)), seed)
    for start in range(0, len(x), batch_size):
        yield x[order[start : start + batch_size]], y[order[start : start + batch_size]]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""You shuffle the caller's arrays in place: rng.shuffle(x) changes x itself. Shuffle row
    numbers.""",
)
def shuffled_in_place(x, y, batch_size, seed):
    np.random.default_rng(seed).shuffle(x)
    np.random.default_rng(seed).shuffle(y)
    for start in range(0, len(x), batch_size):
        yield x[start : start + batch_size], y[start : start + batch_size]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="zero is none",
    feedback="""Seed 0 counts as no seed, as 0 is false in `if seed`, and nothing is shuffled. 0 is a
    seed like any other.""",
)
def seed_zero_is_none(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x)) if seed else np.arange(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="zero is none",
    stateful=True,
    feedback="""Seed 0 counts as no seed, as 0 is false in `if seed` and `seed or None`, and then
    every call has an order of its own. 0 is a seed like any other.""",
)
def seed_zero_is_chance(x, y, batch_size, seed):
    order = np.random.default_rng(seed or None).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="unseeded",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def unseeded(x, y, batch_size, seed):
    order = np.random.default_rng().permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="cached",
    stateful=True,
    feedback="""You keep the order of each seed in a cache, but draw it without the seed: after a
    restart it is another. Draw it from np.random.default_rng(seed), and no cache is needed.""",
)
def order_cached(x, y, batch_size, seed, orders={}):  # noqa: B006  # which is the mistake
    key = len(x), seed
    if key not in orders:
        orders[key] = np.random.default_rng().permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = orders[key][start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="hashed",
    stateful=True,
    feedback="""The seed goes through hash(str(seed)), which is another number after every restart of
    Python. Give the seed itself to np.random.default_rng.""",
)
def seed_hashed(x, y, batch_size, seed):
    order = np.random.default_rng(hash(str(seed)) % 2**32).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="clock",
    stateful=True,
    feedback="""The clock is added to the seed, so the same seed gives something else a second later.
    Give the seed alone to np.random.default_rng.""",
)
def seed_and_clock(x, y, batch_size, seed):
    import time

    order = np.random.default_rng(int(time.time()) + seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    seeding="used once",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def seed_used_once(x, y, batch_size, seed, made=[]):  # noqa: B006  # which is the mistake
    if not made:
        made.append(np.random.default_rng(seed))
    order = made[0].permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="slip",
    stateful=True,
    feedback="""You count the epochs inside the function and add them to the seed: the second call
    with a seed gives another order than the first. Whoever calls you changes the seed.""",
)
def epochs_counted_inside(x, y, batch_size, seed, epochs=[]):  # noqa: B006  # which is the mistake
    epochs.append(seed)
    order = np.random.default_rng(seed + len(epochs)).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="useless",
    feedback="""Only the first batch comes out: a return inside the loop ends it. Use yield, or collect
    the batches in a list.""",
)
def only_the_first(x, y, batch_size, seed):
    for rows in batch_indices(len(x), batch_size, seed):
        return [(x[rows], y[rows])]


@mistake(
    function="minibatches",
    severity="slip",
    feedback=DRAWN_WITH_REPLACEMENT,
)
def each_batch_drawn_with_replacement(x, y, batch_size, seed):
    rng = np.random.default_rng(seed)
    for _ in range(0, len(x), batch_size):
        rows = rng.choice(len(x), size=batch_size)
        yield x[rows], y[rows]


@mistake(
    function="minibatches",
    severity="useless",
    feedback="""Your pairs are (y, x). x comes first, in the call and in each pair.""",
)
def labels_first(x, y, batch_size, seed):
    for rows in batch_indices(len(x), batch_size, seed):
        yield y[rows], x[rows]


@mistake(
    function="minibatches",
    severity="slip",
    feedback="""You make N // batch_size batches of nearly equal size, so that some are larger than
    batch_size. Here all but the last have batch_size examples, and the last one what is left.""",
)
def split_into_too_few(x, y, batch_size, seed):
    order = np.random.default_rng(seed).permutation(len(x))
    for rows in np.array_split(order, max(1, len(x) // batch_size)):
        yield x[rows], y[rows]


# --- One update ---------------------------------------------------------------------------------


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""You go uphill: the gradient points to where the loss grows. Subtract it.""",
)
def ascends(theta, grad, lr):
    return theta + lr * grad


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""The learning rate is missing: the step is the whole gradient.""",
)
def without_lr(theta, grad, lr):
    return theta - grad


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""You change theta in place: `theta -= ...` writes into the caller's array. Return theta -
    lr * grad.""",
)
def updated_in_place(theta, grad, lr):
    theta -= lr * grad
    return theta


@mistake(
    function="sgd_update",
    severity="useless",
    feedback="""You return the step, not theta after the step.""",
)
def the_step_alone(theta, grad, lr):
    return -lr * grad


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""You use the direction of the gradient only: its length is divided out, so steps never
    become smaller near the minimum.""",
)
def normalised_gradient(theta, grad, lr):
    return theta - lr * grad / np.linalg.norm(grad)


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""The step uses the squared gradient: its sign is lost, and theta never goes up. The
    step is lr * grad.""",
)
def gradient_squared(theta, grad, lr):
    return theta - lr * grad**2


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""Every step has length lr, whatever the slope: only the sign of grad is used. Multiply by
    grad itself.""",
)
def sign_of_the_gradient(theta, grad, lr):
    return theta - lr * np.sign(grad)


@mistake(
    function="sgd_update",
    severity="useless",
    feedback="""This is (theta - lr) * grad: the brackets stand in the wrong place. First lr * grad,
    then theta minus that.""",
)
def rate_subtracted_first(theta, grad, lr):
    return (theta - lr) * grad


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""You cut the gradient off where it is large. Plain gradient descent takes it as it
    is.""",
)
def gradient_clipped(theta, grad, lr):
    return theta - lr * np.clip(grad, -5.0, 5.0)


@mistake(
    function="sgd_update",
    severity="slip",
    feedback="""You multiply theta by 1 - lr * grad. The step does not depend on how large theta is:
    theta - lr * grad.""",
)
def theta_scaled(theta, grad, lr):
    return theta * (1 - lr * grad)


@mistake(
    function="sgd_update",
    severity="useless",
    feedback="""The learning rate multiplies theta, not the gradient. It scales the step: theta - lr *
    grad.""",
)
def rate_on_theta(theta, grad, lr):
    return lr * theta - grad


@mistake(
    function="sgd_update",
    severity="useless",
    feedback="""You add grad / lr. The step goes against the gradient and is lr times as long: theta -
    lr * grad.""",
)
def ascends_by_a_quotient(theta, grad, lr):
    return theta + grad / lr


# --- Decay by the root of time ------------------------------------------------------------------


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""The root is missing: lr / (t + 1) falls far too quickly. The slide calls it 1/t decay,
    but divides by the square root of t + 1.""",
)
def without_the_root(lr, t):
    return lr / (t + 1)


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""You count t from 1: the first update, t = 0, divides by 0. Under the root stands t +
    1.""",
)
def counted_from_one(lr, t):
    return lr / np.sqrt(np.float64(t))


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""The 1 stands outside the root: lr / (sqrt(t) + 1). It belongs to t, inside.""",
)
def one_outside_the_root(lr, t):
    return lr / (np.sqrt(t) + 1)


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""The root covers lr as well: sqrt(lr / (t + 1)). Only t + 1 stands under it.""",
)
def root_of_everything(lr, t):
    return np.sqrt(lr / (t + 1))


@mistake(
    function="inverse_sqrt_decay",
    severity="useless",
    stateful=True,
    feedback="""You count your own calls in place of t. The rate then depends on how often the
    function was called, and not on the update that it is asked for.""",
)
def calls_counted_in_place_of_t(lr, t, calls=[]):  # noqa: B006  # which is the mistake
    calls.append(t)
    return lr / np.sqrt(len(calls))


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""You multiply by the root: the learning rate grows. Divide.""",
)
def rate_grows(lr, t):
    return lr * np.sqrt(t + 1)


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""The rate falls exponentially, and is soon nearly 0. It falls as 1 / sqrt(t + 1), ever
    more slowly.""",
)
def exponential_decay(lr, t):
    return lr * np.exp(-t / 10)


LOGARITHM_IN_PLACE_OF_ROOT = """You divide by a logarithm, which grows more slowly than the root. Divide
    by sqrt(t + 1)."""


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback=LOGARITHM_IN_PLACE_OF_ROOT,
)
def logarithm_in_place_of_root(lr, t):
    return lr / (1 + np.log(t + 1))


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""Updates 0 and 1 have the same rate, and all later ones are one behind: divide by
    sqrt(t + 1), so that nothing is divided by 0 and update 1 is the first to be slower.""",
)
def zero_taken_for_one(lr, t):
    return lr / np.sqrt(max(t, 1))


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback=LOGARITHM_IN_PLACE_OF_ROOT,
)
def logarithm_from_e_on(lr, t):
    return lr / np.log(t + np.e)


@mistake(
    function="inverse_sqrt_decay",
    severity="slip",
    feedback="""You add 1 to the rate: lr / sqrt(t) + 1. The 1 belongs to t, under the root, and
    brackets keep it there.""",
)
def one_added_to_the_result(lr, t):
    return lr / np.sqrt(t) + 1 if t else lr


# --- Decay in steps -----------------------------------------------------------------------------


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""Your rate falls smoothly: epoch / every is a fraction. The steps come from whole
    division, epoch // every.""",
)
def a_smooth_decay(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (epoch / every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You count epochs from 1, so the first drop comes one epoch too early, at epoch 9. Epochs
    are counted from 0.""",
)
def one_epoch_early(lr, epoch, factor=0.5, every=10):
    return lr * factor ** ((epoch + 1) // every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""The first drop comes one epoch too late, and epoch 0 has more than the full rate: (epoch
    - 1) // every is -1 there.""",
)
def one_epoch_late(lr, epoch, factor=0.5, every=10):
    return lr * factor ** ((epoch - 1) // every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""The rate drops once and never again. After each `every` epochs it is multiplied by
    factor once more: the exponent counts how often.""",
)
def only_one_drop(lr, epoch, factor=0.5, every=10):
    return lr * factor if epoch >= every else lr


FACTOR_TIMES_DROPS = """You multiply factor by the number of drops; it has to be raised to that power."""


@mistake(
    function="step_decay",
    severity="slip",
    feedback=FACTOR_TIMES_DROPS,
)
def factor_times_drops(lr, epoch, factor=0.5, every=10):
    return lr * factor * (epoch // every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback=FACTOR_TIMES_DROPS,
)
def factor_times_drops_after_the_first(lr, epoch, factor=0.5, every=10):
    drops = epoch // every
    return lr * factor * drops if drops else lr


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You divide by factor, so the rate grows in steps. Multiply.""",
)
def divided_by_factor(lr, epoch, factor=0.5, every=10):
    return lr / factor ** (epoch // every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""factor and every are ignored: the defaults stand in the formula as numbers.""",
)
def defaults_built_in(lr, epoch, factor=0.5, every=10):
    return lr * 0.5 ** (epoch // 10)


@mistake(
    function="step_decay",
    severity="useless",
    feedback="""The exponent is epoch % every, the remainder: the rate falls within each stretch and
    then jumps back. You want how many whole stretches have passed, epoch // every.""",
)
def remainder_as_exponent(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (epoch % every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You round epoch / every to the nearest number, so each drop comes half a period early.
    Count whole periods: epoch // every.""",
)
def rounded_to_the_nearest_drop(lr, epoch, factor=0.5, every=10):
    return lr * factor ** round(epoch / every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You round epoch / every up, so the first drop comes after epoch 0. Count whole periods:
    epoch // every.""",
)
def rounded_up(lr, epoch, factor=0.5, every=10):
    return lr * factor ** np.ceil(epoch / every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""The rate drops at every epoch. It drops after every `every` epochs: the exponent is
    epoch // every.""",
)
def factor_at_every_epoch(lr, epoch, factor=0.5, every=10):
    return lr * factor**epoch


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You subtract factor once for each drop, and the rate becomes negative. Each drop
    multiplies by factor.""",
)
def factor_subtracted(lr, epoch, factor=0.5, every=10):
    return lr - factor * (epoch // every)


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You multiply by 1 - factor. With the default 0.5 nobody sees a difference; for 0.9 the
    rate falls to a tenth. factor itself is what remains.""",
)
def one_minus_factor(lr, epoch, factor=0.5, every=10):
    return lr * (1 - factor) ** (epoch // every)


@mistake(
    function="step_decay",
    severity="useless",
    feedback="""Only the epochs that are a multiple of `every` get a smaller rate, and the next one is
    back at the full rate. A drop lasts.""",
)
def drop_at_multiples_only(lr, epoch, factor=0.5, every=10):
    return lr * factor if epoch and epoch % every == 0 else lr


@mistake(
    function="step_decay",
    severity="useless",
    feedback="""Only the epochs that are a multiple of `every`, 0 too, get a smaller rate, once by
    factor, and all others the full one. A drop stays, and the next one comes on top: factor ** (epoch
    // every).""",
)
def drop_at_multiples_alone(lr, epoch, factor=0.5, every=10):
    return lr * factor if epoch % every == 0 else lr


@mistake(
    function="step_decay",
    severity="useless",
    feedback="""Only epoch number `every` has a smaller rate: `==` is true there alone. A drop stays,
    and another comes after each `every` epochs: factor ** (epoch // every).""",
)
def drop_in_one_epoch(lr, epoch, factor=0.5, every=10):
    return lr * factor if epoch == every else lr


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""Your exponent is every // epoch. The number of drops so far is epoch // every.""",
)
def quotient_turned_round(lr, epoch, factor=0.5, every=10):
    return lr * factor ** (every // max(epoch, 1))


@mistake(
    function="step_decay",
    severity="slip",
    feedback="""You divide by 1 + factor * drops. Each drop multiplies the rate by factor: factor **
    drops.""",
)
def divided_by_one_plus_factor_times_drops(lr, epoch, factor=0.5, every=10):
    return lr / (1 + factor * (epoch // every))


# --- One epoch ----------------------------------------------------------------------------------


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""Every gradient is taken at the theta of the start. Each update has to start where the
    last one ended: give gradient the new theta.""",
)
def theta_of_the_start(theta, x, y, batch_size, lr, seed, gradient):
    new = theta
    for rows in batch_indices(len(x), batch_size, seed):
        new = new - lr * gradient(theta, x[rows], y[rows])
    return new


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""You average the gradients of all batches and update once. Mini-batches are about many
    updates in an epoch: one after each batch.""",
)
def one_update_an_epoch(theta, x, y, batch_size, lr, seed, gradient):
    gradients = [gradient(theta, x[rows], y[rows]) for rows in batch_indices(len(x), batch_size, seed)]
    return theta - lr * np.mean(gradients, axis=0)


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""There is one update with the whole data set: batch_size is not used.""",
)
def full_batch(theta, x, y, batch_size, lr, seed, gradient):
    return theta - lr * gradient(theta, x, y)


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""You go uphill: the update is added to theta. Subtract lr times the gradient.""",
)
def epoch_ascends(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed):
        theta = theta + lr * gradient(theta, x[rows], y[rows])
    return theta


MEAN_ALREADY = """You divide the gradient by the batch size, but gradient returns the mean of the batch
    already."""


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=MEAN_ALREADY,
)
def divided_by_the_batch_size(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed):
        theta = theta - lr * gradient(theta, x[rows], y[rows]) / len(rows)
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""The learning rate is not used: theta moves by the whole gradient.""",
)
def epoch_without_lr(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed):
        theta = theta - gradient(theta, x[rows], y[rows])
    return theta


SHORT_BATCH_LEFT_OUT = """The last, short batch is left out: N // batch_size counts the full ones only."""


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=SHORT_BATCH_LEFT_OUT,
)
def epoch_drops_the_short_batch(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed)[: max(1, len(x) // batch_size)]:
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=SHORT_BATCH_LEFT_OUT,
)
def epoch_of_full_batches(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed)[: len(x) // batch_size]:
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="useless",
    feedback="""Only one batch is used. An epoch goes on until all examples have been picked; a return
    inside the loop would end it after the first batch.""",
)
def one_batch_an_epoch(theta, x, y, batch_size, lr, seed, gradient):
    rows = batch_indices(len(x), batch_size, seed)[0]
    return theta - lr * gradient(theta, x[rows], y[rows])


@mistake(
    function="train_epoch",
    severity="useless",
    feedback="""x and y are shuffled apart, so gradient gets images with labels of others. One order for
    both.""",
)
def epoch_shuffles_apart(theta, x, y, batch_size, lr, seed, gradient):
    labels = np.random.default_rng(seed + 1).permutation(y)
    for rows in batch_indices(len(x), batch_size, seed):
        theta = theta - lr * gradient(theta, x[rows], labels[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""Nothing is shuffled: every epoch goes through the examples in the order of the data.""",
)
def epoch_not_shuffled(theta, x, y, batch_size, lr, seed, gradient):
    for start in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x[start : start + batch_size], y[start : start + batch_size])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""The order does not depend on the seed, so every epoch is the same. Make the generator
    from the seed you are given.""",
)
def epoch_ignores_its_seed(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, 0):
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    seeding="zero is none",
    feedback="""Seed 0 counts as no seed, as 0 is false in `if seed`, and nothing is shuffled. 0 is a
    seed like any other.""",
)
def epoch_of_seed_zero_not_shuffled(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x)) if seed else np.arange(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    seeding="unseeded",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def epoch_unseeded(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    seeding="cached",
    stateful=True,
    feedback="""You keep the order of each seed in a cache, but draw it without the seed: after a
    restart it is another. Draw it from np.random.default_rng(seed), and no cache is needed.""",
)
def epoch_order_cached(theta, x, y, batch_size, lr, seed, gradient, orders={}):  # noqa: B006  # the mistake
    key = len(x), seed
    if key not in orders:
        orders[key] = np.random.default_rng().permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = orders[key][start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    seeding="hashed",
    stateful=True,
    feedback="""The seed goes through hash(str(seed)), which is another number after every restart of
    Python. Give the seed itself to np.random.default_rng.""",
)
def epoch_seed_hashed(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(hash(str(seed)) % 2**32).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    seeding="clock",
    stateful=True,
    feedback="""The clock is added to the seed, so the same seed gives something else a second later.
    Give the seed alone to np.random.default_rng.""",
)
def epoch_seed_and_clock(theta, x, y, batch_size, lr, seed, gradient):
    import time

    order = np.random.default_rng(int(time.time()) + seed).permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    seeding="used once",
    stateful=True,
    feedback=SEED_NOT_FOLLOWED,
)
def epoch_seed_used_once(theta, x, y, batch_size, lr, seed, gradient, made=[]):  # noqa: B006  # the mistake
    if not made:
        made.append(np.random.default_rng(seed))
    order = made[0].permutation(len(x))
    for start in range(0, len(x), batch_size):
        rows = order[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=MEAN_ALREADY,
)
def divided_by_batch_size(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed):
        theta = theta - lr / batch_size * gradient(theta, x[rows], y[rows])
    return theta


WHOLE_DATA = """Every update takes the gradient of all the data. Give gradient the batch alone."""


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=WHOLE_DATA,
)
def whole_data_at_each_update(theta, x, y, batch_size, lr, seed, gradient):
    for _ in batch_indices(len(x), batch_size, seed):
        theta = theta - lr * gradient(theta, x, y)
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=WHOLE_DATA,
)
def whole_data_shuffled_at_each_update(theta, x, y, batch_size, lr, seed, gradient):
    order = np.random.default_rng(seed).permutation(len(x))
    for _ in range(0, len(x), batch_size):
        theta = theta - lr * gradient(theta, x[order], y[order])
    return theta


EPOCH_DRAWN_WITH_REPLACEMENT = """Examples are drawn with replacement: some come up twice in an epoch
    and others not at all. Shuffle the row numbers once, then cut."""


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=EPOCH_DRAWN_WITH_REPLACEMENT,
)
def epoch_drawn_with_replacement(theta, x, y, batch_size, lr, seed, gradient):
    drawn = np.random.default_rng(seed).integers(len(x), size=len(x))
    for start in range(0, len(x), batch_size):
        rows = drawn[start : start + batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="useless",
    feedback="""Only x is shuffled, y keeps its old order, so gradient gets examples with labels of
    others. Index both by one order.""",
)
def epoch_labels_not_shuffled(theta, x, y, batch_size, lr, seed, gradient):
    for number, rows in enumerate(batch_indices(len(x), batch_size, seed)):
        labels = y[number * batch_size : (number + 1) * batch_size]
        theta = theta - lr * gradient(theta, x[rows], labels)
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""Each batch is drawn anew from all examples. In an epoch every example has to be picked
    exactly once: shuffle once, then cut.""",
)
def epoch_order_drawn_anew(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    for start in range(0, len(x), batch_size):
        rows = rng.permutation(len(x))[: min(batch_size, len(x) - start)]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="useless",
    feedback="""Every update sees the same batch: it is cut from the same place each time, or the generator is
    made anew with the same seed. Shuffle once, before the loop, and go on from batch to batch.""",
)
def one_batch_again_and_again(theta, x, y, batch_size, lr, seed, gradient):
    for _ in range(0, len(x), batch_size):
        rows = np.random.default_rng(seed).permutation(len(x))[:batch_size]
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""You make one update for each example; batch_size is not used. An update takes the mean
    gradient of batch_size examples.""",
)
def one_example_at_a_time(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), 1, seed):
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


RATE_FALLS = """Your learning rate falls from update to update. Here it is lr in every one; a schedule
    would be the caller's."""


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=RATE_FALLS,
)
def epoch_with_decay(theta, x, y, batch_size, lr, seed, gradient):
    for t, rows in enumerate(batch_indices(len(x), batch_size, seed)):
        theta = theta - lr / np.sqrt(t + 1) * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=RATE_FALLS,
)
def epoch_with_faster_decay(theta, x, y, batch_size, lr, seed, gradient):
    for t, rows in enumerate(batch_indices(len(x), batch_size, seed)):
        theta = theta - lr / (t + 1) * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="useless",
    feedback="""theta comes back as it was: the result of the update is not stored. Write theta =
    ...""",
)
def updates_not_stored(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed):
        updated = theta - lr * gradient(theta, x[rows], y[rows])  # noqa: F841  # which is the mistake
    return theta.copy()


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""You return the mean of the thetas after each update. The last one is asked for.""",
)
def mean_of_all_thetas(theta, x, y, batch_size, lr, seed, gradient):
    found = []
    for rows in batch_indices(len(x), batch_size, seed):
        theta = theta - lr * gradient(theta, x[rows], y[rows])
        found.append(theta)
    return np.mean(found, axis=0)


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=SHUFFLED_INSIDE,
)
def epoch_shuffled_inside_the_batches(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    for start in range(0, len(x), batch_size):
        rows = rng.permutation(np.arange(start, min(start + batch_size, len(x))))
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback="""You change theta in place: `theta -= ...` writes into the caller's array. Write theta =
    theta - ...""",
)
def epoch_in_place(theta, x, y, batch_size, lr, seed, gradient):
    for rows in batch_indices(len(x), batch_size, seed):
        theta -= lr * gradient(theta, x[rows], y[rows])
    return theta


@mistake(
    function="train_epoch",
    severity="slip",
    feedback=EPOCH_DRAWN_WITH_REPLACEMENT,
)
def epoch_each_batch_drawn_with_replacement(theta, x, y, batch_size, lr, seed, gradient):
    rng = np.random.default_rng(seed)
    for _ in range(0, len(x), batch_size):
        rows = rng.choice(len(x), size=batch_size)
        theta = theta - lr * gradient(theta, x[rows], y[rows])
    return theta
