"""Canonical forms of homework 3: an epoch may take the examples in any order that the seed decides."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from autograder.checks import canonical_form, to_array

FEW = 12  # examples among which chance decides too much
MANY = 20  # examples whose order can be judged
NO_MULTIPLE = -99.0
TWICE, ONCE = "an example twice in a batch", "an example once in a batch"


@canonical_form(function="minibatches")
def batches(calls):
    """Sizes, pairing and coverage of each epoch, and whether seeds make the difference."""
    orders = {}
    return with_repeats([batches_of_one_call(call, orders) for call in calls])


def batches_of_one_call(call, orders):
    """The form of one epoch; `orders` are those of earlier calls."""
    x, y, size, seed = call.arguments
    pairs = call.value
    if is_two_lists(pairs, len(x)):
        return "two lists"
    if not isinstance(pairs, (list, tuple)) or not all(
        isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs
    ):
        return "no pairs"
    taken = [(to_array(first), to_array(second)) for first, second in pairs]
    if any(first is None or second is None for first, second in taken):
        return "no arrays"
    if all(rows_of(second, x) is not None and rows_of(first, x) is None for first, second in taken):
        taken, order_of_pair = [(second, first) for first, second in taken], "y first"
    else:
        order_of_pair = "x first"
    return (order_of_pair, *epoch(taken, x, y, size, seed, orders))


def is_two_lists(value, count):
    """Whether batches come as one list for x and one for y."""
    return (
        isinstance(value, (list, tuple))
        and len(value) == 2
        and all(isinstance(each, (list, tuple)) for each in value)
        and len(value[0]) == len(value[1])
        and all(sum(len(part) for part in each if np.ndim(part)) == count for each in value)
    )


@canonical_form(function="train_epoch")
def updates(calls):
    """As for batches, of the batches that gradients were asked for; and what each update made of them."""
    orders, forms = {}, []
    for call in calls:
        theta, x, y, size, lr, seed, _ = call.arguments
        asked = [(arguments, slope) for arguments, slope in call.asked if len(arguments) == 3]
        result = to_array(call.value)
        if not asked or result is None or result.shape != theta.shape:
            forms.append("no updates")
            continue
        taken = [(to_array(arguments[1]), to_array(arguments[2])) for arguments, _ in asked]
        if any(first is None or second is None for first, second in taken):
            forms.append("no arrays")
            continue
        thetas = [to_array(arguments[0]) for arguments, _ in asked]
        if any(each is None or each.shape != theta.shape for each in thetas):
            forms.append("no theta")
            continue
        steps = np.diff(np.array([*thetas, result]), axis=0)
        slopes = [slope for _, slope in asked]
        forms.append(
            (
                *epoch(taken, x, y, size, seed, orders),
                bool(np.array_equal(thetas[0], theta)),
                tuple(multiple(step, -lr * slope) for step, slope in zip(steps, slopes, strict=True)),
                multiple(result - theta, -lr * np.sum(slopes, axis=0)),
                is_mean_on_the_way(result, thetas[1:], thetas[-1] - lr * slopes[-1]),
            )
        )
    return with_repeats(forms)


def with_repeats(forms):
    """The forms, and whether any batch of any call holds an example twice: chance decides in which."""
    twice = any(
        any(isinstance(part, str) and part == TWICE for part in form)
        for form in forms
        if isinstance(form, tuple)
    )
    return [
        (*(part for part in form if not (isinstance(part, str) and part in (TWICE, ONCE))), twice)
        if isinstance(form, tuple)
        else form
        for form in forms
    ]


def is_mean_on_the_way(result, thetas, last):
    """Whether the result is the mean of the thetas after each update."""
    means = np.mean([*thetas, last], axis=0)
    return len(thetas) > 0 and not np.allclose(means, last) and bool(np.allclose(result, means))


def epoch(taken, x, y, size, seed, orders):
    """Sizes, whether labels are kept, what is missing or repeated, the kind of order, what seeds do."""
    count = len(x)
    rows = [rows_of(first, x) for first, _ in taken]
    if any(each is None for each in rows):
        return ("other rows",)
    labels_kept = all(
        len(each) == len(second) and np.array_equal(y[each], second)
        for each, (_, second) in zip(rows, taken, strict=True)
    )
    order = np.concatenate([*rows, np.zeros(0, dtype=int)]).astype(int)
    different = len(set(order.tolist()))
    twice_in_a_batch = any(len(set(each.tolist())) < len(each) for each in rows)
    coverage = (different < count, different < len(order)) if count >= FEW else "few"
    sizes = [len(each) for each in rows]
    return (
        tuple(sorted(sizes, reverse=True) if breaks(rows) else sizes),
        labels_kept or kind_of_order(order_of_labels(taken, y), count),
        coverage,
        TWICE if twice_in_a_batch and count >= MANY else ONCE,
        "inside blocks"
        if are_blocks(rows, count)
        else "blocks"
        if are_shuffled_blocks(rows, count)
        else kind_of_order(order, count),
        *seeds(order, (count, size), seed, orders),
    )


def rows_of(part, whole):
    """The numbers of the rows of `whole` that a batch holds; None where it holds others."""
    if part is None or part.shape[1:] != whole.shape[1:]:
        return None
    numbers = {row.tobytes(): number for number, row in enumerate(np.asarray(whole, dtype=float))}
    found = [numbers.get(row.tobytes(), -1) for row in np.asarray(part, dtype=float)]
    return None if -1 in found else np.array(found, dtype=int)


def order_of_labels(taken, y):
    """The numbers of the labels in the order in which they came; empty where labels are not all different."""
    numbers = {float(label): number for number, label in enumerate(np.ravel(y))}
    came = np.concatenate([np.ravel(second) for _, second in taken])
    if len(numbers) < len(y) or any(float(label) not in numbers for label in came):
        return np.zeros(0, dtype=int)
    return np.array([numbers[float(label)] for label in came], dtype=int)


def kind_of_order(order, count):
    """As given, turned round, in blocks, or shuffled; "few" where too few rows tell."""
    if count < MANY or len(order) < MANY:
        return "few"
    followers = np.sum(np.diff(order) == 1) / (len(order) - 1)
    if followers >= 0.9:
        return "as given" if order[0] <= 1 else "turned round"
    return "blocks" if followers >= 0.25 else "shuffled"


def are_shuffled_blocks(rows, count):
    """Whether each batch holds neighbours in their order, and batches come in another one."""
    return count >= MANY and breaks(rows) > 1


def breaks(rows):
    """Between how many batches the order jumps, where each batch holds neighbours in their order; else 0."""
    if not all(len(each) and np.all(np.diff(each) == 1) for each in rows):
        return 0
    return sum(after[0] != before[-1] + 1 for before, after in pairwise(rows))


def are_blocks(rows, count):
    """Whether each batch holds neighbours that are shuffled among themselves."""
    several = [each for each in rows if len(each) > 2]
    order = np.concatenate([*several, np.zeros(0, dtype=int)])
    if count < MANY or len(several) < 2 or len(order) < MANY:
        return False
    neighbours = all(np.ptp(each) == len(each) - 1 == len(set(each.tolist())) - 1 for each in several)
    return neighbours and np.sum(np.diff(order) == 1) < 0.25 * len(order)


def seeds(order, key, seed, orders):
    """Whether an earlier epoch with the same seed, and with another one, had the same order."""
    earlier = orders.setdefault(key, [])
    same = [np.array_equal(order, other) for before, other in earlier if before == seed]
    others = [np.array_equal(order, other) for before, other in earlier if before != seed]
    earlier.append((seed, order))
    if key[0] < MANY:
        return "few", "few"
    kinds = {True: "the same", False: "another"}
    of_zero = "0" if seed == 0 else ""
    return (
        of_zero + kinds[all(same)] if same else "first",
        of_zero + kinds[any(others)] if others else "first",
    )


def multiple(step, right):
    """What a step is as a multiple of the right one, or NO_MULTIPLE."""
    telling = np.abs(right) > 1e-3 * np.max(np.abs(right), initial=1e-300)
    if not telling.any():
        return NO_MULTIPLE
    ratios = step[telling] / right[telling]
    ratio = float(np.median(ratios))
    return round(ratio, 6) if np.allclose(ratios, ratio, rtol=1e-5, atol=1e-7) else NO_MULTIPLE
