"""Hidden checks of homework 3: differences, batches, schedules, and an epoch looked at from inside.

Functions that are handed to the student's (a loss, a gradient) are the judge's own: they note down what they
are called with, and so tell what happens inside. Every example carries its number, so that it can be
followed through any shuffle; the order itself is the student's choice.

Points: 45 % of a task are for a function that does what it is for, though a sign, a factor, a default, the
seed or the last batch may be wrong; the others are for being right in every respect. So each of the other
checks looks at everything that has to hold, and a slip keeps about half.
"""

from __future__ import annotations

import numpy as np

from autograder.checks import (
    PROBLEMS,
    Training,
    WrongType,
    accuracy,
    assert_close,
    assert_plausible,
    assert_same,
    assert_same_widely,
    check,
    convergence,
    cross_entropy,
    draw_curve,
    fail,
    kind_of,
    require,
    require_float64_and_unmodified,
    to_array,
    trace,
)

UNSEEDED = (
    "Something does not get the seed. Make a generator inside the function, "
    "np.random.default_rng(seed), at every call."
)
FAR_SEED = 32_000  # above another seed, with which it agrees in its last bits and in its last digits
OTHER_PROCESS = "After a restart the same seed gives another order: something besides the seed decides it."
ONLY_THE_SEED = (
    "Give the seed itself to np.random.default_rng, at every call: no time, no hash(...) of a text, no cache."
)

# --- Gradients by differences: 4 points ---------------------------------------------------------


def coupled(rng, shape):
    """A loss whose entries all depend on one another, and its gradient."""
    size = int(np.prod(shape))
    matrix, shift = rng.normal(size=(size, size)), rng.normal(size=size)
    curvature = matrix @ matrix.T / size

    def loss(theta):
        flat = np.ravel(theta)
        return float(flat @ curvature @ flat / 2 + shift @ flat)

    return loss, lambda theta: (curvature @ theta.ravel() + shift).reshape(theta.shape)


def cubes(theta):
    """A loss that central differences get wrong by delta^2: the sum of theta^3."""
    return float(np.sum(theta**3))


@check(task="numerical_gradient", points=1.8)
def numerical_gradient_is_plausible(student, reference, rng):
    """numerical_gradient depends on loss and theta, and is large where the gradient is."""
    calls = [(coupled(rng, (2, 3))[0], rng.normal(size=(2, 3)), 1e-5) for _ in range(40)]
    assert_plausible(student.numerical_gradient, reference.numerical_gradient, *calls, uses=(0, 1))


@check(task="numerical_gradient", points=0.7)
def numerical_gradient_values(student, rng):
    """numerical_gradient gives the gradient of losses whose entries depend on one another."""
    for shape in ((4,), (2, 3)):
        loss, gradient = coupled(rng, shape)
        theta = rng.normal(size=shape)
        assert_gradient(student, loss, theta, 1e-5, gradient(theta), rtol=1e-6, atol=1e-6)


@check(task="numerical_gradient", points=0.75)
def numerical_gradient_is_central(student, rng):
    """For a quadratic loss central differences are exact even with delta = 0.5; one-sided ones are not."""
    for shape in ((3,), (2, 2)):
        loss, gradient = coupled(rng, shape)
        theta = rng.normal(size=shape)
        assert_gradient(student, loss, theta, 0.5, gradient(theta), rtol=1e-8, atol=1e-8)
    theta = rng.uniform(0.5, 2, (2, 2))
    assert_gradient(student, cubes, theta, 0.2, 3 * theta**2 + 0.2**2, rtol=1e-7)
    assert_gradient(student, cubes, theta, None, 3 * theta**2, rtol=1e-7, atol=1e-7)
    assert_gradient(student, cubes, 50 * theta, 0.5, 3 * (50 * theta) ** 2 + 0.5**2, rtol=1e-7)


@check(task="numerical_gradient", points=0.75)
def numerical_gradient_uses_its_delta(student, rng):
    """One entry at a time is moved by the delta that is given, by 1e-5 if none is; theta stays as it was."""
    for shape in ((4,), (1, 2, 2)):
        theta = rng.uniform(0.5, 2, shape)
        for delta in (0.1, 0.3, None):
            asked = []

            def loss(theta, asked=asked):
                asked.append(np.array(theta))
                return cubes(theta)

            right = 3 * theta**2 + (delta or 0.0) ** 2
            assert_gradient(student, loss, theta, delta, right, rtol=1e-7, atol=1e-7)
            for there in asked:
                require_one_entry_moved(there, theta)
            require_moved_by(asked, theta, 1e-5 if delta is None else delta)


def assert_gradient(student, loss, theta, delta, right, **tolerance):
    """Compare the gradient of one loss; theta has to be as it was. A delta of None is left out."""
    arguments = (loss, theta) if delta is None else (loss, theta, delta)
    got = student.numerical_gradient(*arguments)
    require_float64_and_unmodified(student.numerical_gradient, arguments)
    assert_close(got, right, call=student.numerical_gradient.describe(arguments), **tolerance)


def require_one_entry_moved(there, theta):
    """Fail unless the loss was asked for a theta in which at most one entry is another."""
    require(
        there.shape == theta.shape,
        f"The loss was called with an array of shape {there.shape}; theta has shape {theta.shape}.",
    )
    moved = int(np.sum(np.abs(there - theta) > 1e-9))
    require(
        moved <= 1,
        f"The loss was called with a theta in which {moved} entries are moved at once.",
        hint="Move one entry, ask for the loss, and move it back before the next one.",
    )


def require_moved_by(asked, theta, delta):
    """Fail unless the loss was asked for thetas that are moved by delta."""
    moved = max((float(np.abs(there - theta).max()) for there in asked), default=0.0)
    require(
        abs(moved - delta) <= 0.01 * delta,
        f"theta was moved by {moved:.3g}; delta is {delta:g}.",
        hint="Move an entry up and down by delta; without a third argument delta is 1e-5.",
    )


# --- Mini-batches: 5 points ---------------------------------------------------------------------


def numbered(count, size=3):
    """Examples that carry their number: x[n] starts with n, y[n] is 10 n."""
    return rows_numbered(np.arange(count), size), 10 * np.arange(count)


def rows_numbered(numbers, size):
    """The rows of x with these numbers: not round, and of both signs."""
    x = np.asarray(numbers)[:, None] + np.linspace(0, 1 / 3, size)
    x[:, -1] *= -1
    return x


def batches_of(student, x, y, batch_size, seed):
    """The batches of one call as a list of pairs of arrays."""
    arguments = x, y, batch_size, int(seed)
    result, call = student.minibatches(*arguments), student.minibatches.describe(arguments)
    if not isinstance(result, (list, tuple)):
        hint = "Did you forget to return or yield the batches?" if result is None else ""
        raise WrongType(
            f"{call} should give one pair (x_batch, y_batch) after another, not {kind_of(result)}.", hint=hint
        )
    for number, pair in enumerate(result, start=1):
        good = isinstance(pair, (list, tuple)) and len(pair) == 2
        if not good or any(to_array(one) is None for one in pair):
            raise WrongType(
                f"{call}: batch {number} should be a pair (x_batch, y_batch), not {kind_of(pair)}."
            )
    pairs = [(to_array(one), labels_in(other)) for one, other in result]
    for number, (one, other) in enumerate(pairs, start=1):
        require(
            len(one) > 0, f"{call}: batch {number} is empty.", hint="range(0, N, batch_size) stops in time."
        )
        require(
            one.shape[1:] == x.shape[1:] and other.ndim == 1,
            f"{call}: x_batch has shape {one.shape} and y_batch {other.shape}; one row is one example.",
        )
    return pairs


def labels_in(value):
    """Labels as an array; those of a list of integers are integers."""
    if isinstance(value, (list, tuple)) and all(np.asarray(label).dtype.kind in "iu" for label in value):
        return np.array(value, dtype=np.int64)
    return to_array(value)


def examples_in(pairs):
    """The numbers of the examples in x, batch after batch."""
    return np.concatenate([np.rint(x[:, 0]) for x, _ in pairs]).astype(int) if pairs else np.zeros(0, int)


def require_each_once(seen, count, what):
    """Fail unless every number from 0 to count - 1 is there exactly once."""
    missing = sorted(set(range(count)) - set(seen.tolist()))
    require(
        not missing,
        f"{what}: {len(missing)} of {count} examples never come up, such as {(missing or [0])[0]}.",
        hint="Is the last, short batch left out? Or is an example drawn more than once?",
    )
    require(len(seen) == count, f"{what}: {len(seen) - count} examples come up more than once.")


def require_exact(pairs):
    """Fail where a number of x has lost digits, or a label has become a float."""
    for x, y in pairs:
        rows = np.rint(x[:, 0])
        require(
            np.array_equal(x, rows_numbered(rows, x.shape[1])),
            "The numbers in x_batch are not exactly those of x.",
            hint="Take rows of x as they are: no rounding, no other type of number.",
        )
        require(
            y.dtype.kind in "iu",
            "The labels in y_batch are floats; in y they are integers.",
            hint="A label is used as an index, which a float cannot be. Take rows of y as they are.",
        )


def require_pairs(pairs):
    """Fail unless every row of x_batch comes with its own label in y_batch."""
    for x, y in pairs:
        require(
            len(x) == len(y) and np.array_equal(10 * np.rint(x[:, 0]), y),
            "Examples have got labels of others.",
            hint="Draw one order of the row numbers, and take the rows of x and of y by it.",
        )


def an_epoch(student, count, size, seed):
    """The order of the examples in one epoch, after everything that has to hold for it."""
    pairs = batches_of(student, *numbered(count), size, seed)
    require_float64_and_unmodified(student.minibatches, (*numbered(count), size, seed))
    require_pairs(pairs)
    require_exact(pairs)
    order = examples_in(pairs)
    require_each_once(order, count, f"{count} examples in batches of {size}")
    sizes = [len(x) for x, _ in pairs]
    expected = [size] * (count // size) + [count % size] * (count % size > 0)
    require(
        sizes == expected,
        f"{count} examples in batches of {size} should make batches of {expected}, not of {sizes}.",
    )
    return order


def require_shuffled(order, size):
    """Fail where examples are left in order, moved in blocks, or shuffled inside their batches alone."""
    followers, pairs = int(np.sum(np.diff(order) == 1)), len(order) - 1
    require(
        followers < 0.9 * pairs,
        "The examples come in the order in which they are given: nothing is shuffled.",
    )
    require(
        followers < 0.25 * pairs,
        f"{followers} of {pairs} examples still stand before their neighbour: blocks are shuffled.",
        hint="Shuffle the row numbers first, and cut them into batches afterwards.",
    )
    batches = [order[start : start + size] for start in range(0, len(order) - size + 1, size)]
    require(
        any(np.ptp(batch) >= 2 * size for batch in batches),
        "Each batch holds neighbours alone: examples are shuffled inside their batches only.",
        hint="Shuffle all row numbers first, and cut them into batches afterwards.",
    )


@check(task="minibatches", points=2.25)
def minibatches_are_plausible(student, rng):
    """The batches hold most of the examples, each with its own label."""
    pairs = batches_of(student, *numbered(60), 7, rng.integers(1, 1000))
    require_pairs(pairs)
    share = len(set(examples_in(pairs).tolist())) / 60
    require(
        share >= 0.4,
        f"Only {share:.0%} of the examples come up in an epoch.",
        hint="Does a return stand inside the loop? Use yield, or collect the batches in a list.",
    )


@check(task="minibatches", points=1.35)
def minibatches_cover_an_epoch(student, rng):
    """Every example comes up once, shuffled by the seed, in batches of batch_size; the last may be short."""
    for count, size in ((23, 5), (12, 4), (9, 8), (6, 1), (5, 8)):
        an_epoch(student, count, size, rng.integers(1, 1000))
    for seed in (0, rng.integers(1, 1000)):
        first, again, other = (an_epoch(student, 120, 10, s) for s in (seed, seed, seed + 1))
        require_seeded(first, again, other, seed, 10)
    require_same_after_restart(first, an_epoch(student.in_fresh_process_(), 120, 10, seed))


@check(task="minibatches", points=1.4)
def minibatches_follow_their_seed(student, rng):
    """The same seed gives the same epoch, another one another, and 0 is a seed like any other."""
    seed = int(rng.integers(1, 1000))
    for count, size in ((40, 8), (43, 8)):
        orders = {s: an_epoch(student, count, size, s) for s in (seed, seed + 1, 0)}
        for one, other in ((seed, seed + 1), (seed + 1, 0), (0, seed)):
            require_seeded(orders[one], an_epoch(student, count, size, one), orders[other], one, size)
    require_seeded(orders[seed], orders[seed], an_epoch(student, count, size, seed + FAR_SEED), seed, size)
    require_same_after_restart(orders[seed], an_epoch(student.in_fresh_process_(), count, size, seed))


def require_seeded(first, again, other, seed, size):
    """Fail unless two epochs of one seed are alike, shuffled, and unlike the epoch of another seed."""
    require(np.array_equal(first, again), f"Two calls with seed {seed} give different orders.", hint=UNSEEDED)
    require_shuffled(first, size)
    require(not np.array_equal(first, other), "Two different seeds give the same order: is the seed used?")


def require_same_after_restart(first, later):
    """Fail unless a process that has forgotten every earlier call takes the same order."""
    require(np.array_equal(first, later), OTHER_PROCESS, hint=ONLY_THE_SEED)


# --- One update: 2 points -----------------------------------------------------------------------


@check(task="sgd_update", points=0.9)
def sgd_update_is_plausible(student, reference, rng):
    """sgd_update depends on theta and on grad, and ends near the right place."""
    calls = [(rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), 0.1) for _ in range(3)]
    assert_plausible(student.sgd_update, reference.sgd_update, *calls, uses=(0, 1))


@check(task="sgd_update", points=0.55)
def sgd_update_values(student, reference, rng):
    """sgd_update is theta - lr * grad for arrays of any shape, which stay as they were."""
    functions = student.sgd_update, reference.sgd_update
    for shape, lr in (((5,), 0.1), ((3, 4), 0.5), ((2, 3, 2), 0.01), ((1,), 2.0)):
        assert_same(*functions, rng.normal(size=shape), rng.normal(size=shape), lr, pure=True)
    assert_same_widely(*functions, rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), 0.1)


@check(task="sgd_update", points=0.55)
def sgd_update_path(student, reference, rng):
    """Ten updates on each of three problems take the right path."""
    for make in PROBLEMS:
        trace(student.sgd_update, reference.sgd_update, make(rng), then=lambda step: (0.08,), pure=True)
    far = 50 * rng.normal(size=5), 50 * rng.normal(size=5)
    assert_same(student.sgd_update, reference.sgd_update, *far, 0.1, pure=True)


# --- Learning rates that decay: 4 points --------------------------------------------------------


def rates(rng, *numbers):
    """Learning rates that hardly differ, each with one of the numbers."""
    return [(float(rng.uniform(0.3, 0.31)), number) for number in numbers]


@check(task="inverse_sqrt_decay", points=0.9)
def inverse_sqrt_decay_is_plausible(student, reference, rng):
    """inverse_sqrt_decay depends on lr and on t, and changes with t as the right rate does."""
    calls = rates(rng, *(1 + rng.permutation(60)).tolist())
    assert_plausible(student.inverse_sqrt_decay, reference.inverse_sqrt_decay, *calls, uses=(0, 1))


@check(task="inverse_sqrt_decay", points=0.55)
def inverse_sqrt_decay_values(student, reference, rng):
    """Update t, counted from 0, has the learning rate lr / sqrt(t + 1)."""
    for t in (0, 1, 3, 8, int(rng.integers(20, 99)), 9999):
        for lr in (float(rng.uniform(0.01, 1)), float(rng.uniform(10, 60))):
            assert_same(student.inverse_sqrt_decay, reference.inverse_sqrt_decay, lr, t, pure=True)


@check(task="inverse_sqrt_decay", points=0.55)
def inverse_sqrt_decay_curve(student, reference):
    """Over a hundred updates the rate falls quickly first and slowly later, from the full rate at t = 0."""
    schedule_curve(
        student.inverse_sqrt_decay, reference.inverse_sqrt_decay, 100, "learning rate over updates"
    )


def schedule_curve(student, reference, count, label):
    """Compare a schedule number by number, in one go, and draw both."""
    numbers = range(0, count, max(1, count // 50))
    calls = [(0.5, n) for n in numbers]
    got, expected = student.many(calls), reference.many(calls)
    require_float64_and_unmodified(student, calls[-1])
    values = [to_array(one) for one in got]
    if all(one is not None and one.shape == () for one in values):
        draw_curve(
            student, label, np.array(numbers, dtype=float), np.array(values, dtype=float), np.array(expected)
        )
    for (lr, n), own, right in zip(calls, got, expected, strict=True):
        assert_close(own, right, call=f"{student.name}({lr:g}, {n})")


@check(task="step_decay", points=0.9)
def step_decay_is_plausible(student, reference, rng):
    """step_decay depends on lr and on the epoch, and changes from epoch to epoch as the right rate does."""
    calls = rates(rng, *rng.permutation(60).tolist())
    assert_plausible(student.step_decay, reference.step_decay, *calls, uses=(0, 1))


@check(task="step_decay", points=0.55)
def step_decay_curve(student, reference, rng):
    """With the defaults the rate is halved after every ten epochs, with others as they say."""
    schedule_curve(student.step_decay, reference.step_decay, 50, "learning rate over epochs")
    for epoch in range(0, 12):
        lr = float(rng.choice([rng.uniform(0.1, 1), rng.uniform(10, 60)]))
        assert_same(student.step_decay, reference.step_decay, lr, epoch, 0.7, 3, pure=True)
    for epoch in (10, 25):
        assert_same(student.step_decay, reference.step_decay, 0.5, epoch, 0.3, pure=True)


@check(task="step_decay", points=0.55)
def step_decay_drops(student, reference, rng):
    """Epochs are counted from 0: epoch 9 still has the full rate, epoch 10 is the first with half of it."""
    lr = float(rng.uniform(0.1, 1))
    for epoch, right in ((0, lr), (9, lr), (10, lr / 2), (19, lr / 2), (20, lr / 4)):
        assert_close(student.step_decay(lr, epoch), right, call=f"step_decay({lr:.4g}, {epoch})")
        require_float64_and_unmodified(student.step_decay, (lr, epoch))
    for factor, every in ((0.1, 30), (0.9, 1), (0.5, 4)):
        for epoch in (0, every - 1, every, 3 * every + 1):
            assert_same(student.step_decay, reference.step_decay, lr, epoch, factor, every, pure=True)


# --- One epoch: 5 points ------------------------------------------------------------------------


class Epoch:
    """One call of train_epoch, seen from inside: the gradients it asked for, and what it made of them."""

    def __init__(self, student, rng, count=23, batch_size=5, lr=0.1, seed=None, theta=None):
        self.x, self.y = numbered(count)
        self.count, self.batch_size, self.lr = count, batch_size, lr
        self.theta = rng.normal(size=3) if theta is None else theta
        self.target = rng.normal(size=3)
        self.asked = []  # (theta, x_batch, y_batch, gradient) of each question
        seed = int(rng.integers(1, 1000)) if seed is None else seed
        self.arguments = (self.theta, self.x, self.y, batch_size, lr, seed, self.gradient)
        self.result = student.train_epoch(*self.arguments)
        self.changed = student.train_epoch.last_answer.changed
        found = to_array(self.result)
        if found is None or found.shape != self.theta.shape:
            raise WrongType(
                f"train_epoch should return theta, an array of shape (3,), not {kind_of(self.result)}.",
                hint="Did you forget the return statement?" if self.result is None else "",
            )
        if not self.asked:
            fail("train_epoch never calls gradient(theta, x_batch, y_batch).")

    def gradient(self, theta, x_batch, y_batch):
        """The slope of a bowl whose lowest point depends on the batch."""
        mean = np.mean(np.sin(x_batch[:, 0])) + np.mean(y_batch) / 500
        slope = (theta - self.target) * np.array([1.0, 2.0, 0.5]) + 0.3 * mean
        self.asked.append((np.array(theta), np.array(x_batch), np.array(y_batch), slope))
        return slope

    @property
    def order(self):
        """The numbers of the examples in the order of the questions."""
        return np.concatenate([np.rint(x[:, 0]) for _, x, _, _ in self.asked]).astype(int)


def whole_epoch(student, rng, count, size, seed, theta=None):
    """One epoch, after everything that has to hold for it; returns the order of the examples."""
    epoch = Epoch(student, rng, count, size, seed=seed, theta=theta)
    names = ("theta", "x", "y")
    changed = [names[i] for i in epoch.changed if i < 3]
    require(
        not changed,
        f"{' and '.join(changed)} is changed by train_epoch.",
        hint="theta = theta - ... makes a new array; theta -= ... writes into the caller's.",
    )
    require_float64_and_unmodified(student.train_epoch, epoch.arguments)
    require_pairs((x, y) for _, x, y, _ in epoch.asked)
    require_exact((x, y) for _, x, y, _ in epoch.asked)
    require_each_once(epoch.order, count, f"{count} examples in batches of {size}")
    sizes = [len(x) for _, x, _, _ in epoch.asked]
    expected = [size] * (count // size) + [count % size] * (count % size > 0)
    require(
        sizes == expected,
        f"{count} examples with batch_size {size} should make updates with {expected}, not {sizes}.",
    )
    theta = epoch.theta
    for number, (asked, _, _, slope) in enumerate(epoch.asked, start=1):
        assert_close(
            asked, theta, call=f"the theta that update {number} asks the gradient for", parameter="theta"
        )
        theta = theta - epoch.lr * slope
    assert_close(epoch.result, theta, call="train_epoch(...) after the last update", parameter="theta")
    return epoch.order


@check(task="train_epoch", points=2.25)
def train_epoch_is_plausible(student, rng):
    """Most examples are used, each with its own label, and theta moves along the gradients."""
    moves, slopes, start = [], [], rng.normal(size=3)
    for _ in range(6):  # from one start to different targets
        epoch = Epoch(student, rng, 40, 6, theta=start)
        require_pairs((x, y) for _, x, y, _ in epoch.asked)
        share = len(set(epoch.order.tolist())) / 40
        require(share >= 0.4, f"Only {share:.0%} of the examples are used.", hint="Where does return stand?")
        moves.append(to_array(epoch.result))
        slopes.append(np.mean([slope for *_, slope in epoch.asked], axis=0))
    moved, slope = (np.ravel(each - np.mean(each, axis=0)) for each in (moves, slopes))
    require(
        np.isfinite(moved).all() and np.ptp(moved) > 0 and abs(np.corrcoef(moved, slope)[0, 1]) >= 0.3,
        "Where theta ends has little to do with the gradients that you asked for.",
    )


@check(task="train_epoch", points=1.1)
def train_epoch_updates(student, rng):
    """There is one update for each mini-batch, and each starts where the last one ended."""
    for count, size in ((23, 5), (12, 4), (4, 10)):
        whole_epoch(student, rng, count, size, int(rng.integers(1, 1000)))
    far = np.array([50.0, -50.0, 50.0]) * rng.uniform(1, 2, 3)
    whole_epoch(student, rng, 11, 5, 3, theta=far)  # the last batch is a single example
    epoch_follows_seed(student, rng, int(rng.integers(1, 1000)))
    require_same_after_restart(
        epoch_follows_seed(student, rng, 0), whole_epoch(student.in_fresh_process_(), rng, 43, 8, 0)
    )


@check(task="train_epoch", points=1.15)
def train_epoch_follows_its_seed(student, rng):
    """The order follows the seed: the same for the same seed, another for another; 0 is a seed."""
    for seed in (0, int(rng.integers(1, 1000))):
        order = epoch_follows_seed(student, rng, seed)
    require_seeded(order, order, whole_epoch(student, rng, 43, 8, seed + FAR_SEED), seed, 8)
    require_same_after_restart(order, whole_epoch(student.in_fresh_process_(), rng, 43, 8, seed))


def epoch_follows_seed(student, rng, seed):
    """Three epochs from the same start, the last one with another seed; returns the order of the first."""
    first, again, other = (whole_epoch(student, rng, 43, 8, s) for s in (seed, seed, seed + 1))
    require_seeded(first, again, other, seed, 8)
    return first


def require_moved_along(before, after, gradients):
    """Fail where theta has not moved along the sum of an epoch's gradients: it is known from elsewhere."""
    moved = before - after
    lengths = np.linalg.norm(moved) * np.linalg.norm(gradients)
    if np.isfinite(lengths) and np.linalg.norm(moved) > 0:
        require(
            abs(np.sum(moved * gradients)) >= 0.9 * lengths > 0,
            "train_epoch returns a theta that does not lie where its gradients lead.",
            hint="Every update is theta - lr * gradient(theta, x_batch, y_batch); nothing else moves theta.",
        )


@convergence(task="train_epoch", points=0.5, requires=["train_epoch_is_plausible"])
def train_epoch_trains_a_classifier(pieces, images, rng):
    """Four epochs of your train_epoch teach a linear classifier to read the test images."""
    rows = rng.permutation(len(images.train_y))[:4000]
    x, y = images.scaled(images.train_pixels[rows]), images.train_y[rows]
    theta, losses, total = np.zeros((x.shape[1], 10)), [], np.zeros((x.shape[1], 10))

    def gradient(theta, x_batch, y_batch):
        loss, grad = cross_entropy(x_batch @ theta, np.asarray(y_batch, dtype=np.int64))
        losses.append(loss)
        slope = x_batch.T @ grad
        total[:] += slope
        return slope

    for _ in range(4):
        before = theta
        total[:] = 0
        theta = pieces.train_epoch(theta, x, y, 50, 0.2, int(rng.integers(1, 2**31)), gradient)
        require(np.shape(theta) == (x.shape[1], 10), "theta has lost its shape.")
        require_moved_along(before, theta, total)
    return Training(accuracy(lambda test: test @ theta, images), losses)
