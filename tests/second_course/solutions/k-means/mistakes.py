"""Known mistakes of k-means, each with the sentence a teaching assistant would say."""

import numpy as np
from reference import labels_of, means_of, squared_distances

from autograder.checks import mistake


@mistake(
    function="first_centers",
    severity="slip",
    feedback="A point may be taken twice: draw without putting it back, as the start of a permutation.",
)
def with_replacement(x, k, seed):
    return x[np.random.default_rng(seed).integers(len(x), size=k)]


@mistake(
    function="first_centers",
    severity="useless",
    feedback="You take the first k rows whatever the seed is. Data are often sorted: shuffle first.",
)
def first_rows(x, k, seed):
    return x[:k].copy()


@mistake(
    function="first_centers",
    severity="useless",
    seeding="unseeded",
    stateful=True,
    feedback="The seed is not used, so no two calls are alike.",
)
def unseeded(x, k, seed):
    return x[np.random.default_rng().permutation(len(x))[:k]]


@mistake(
    function="first_centers",
    severity="slip",
    seeding="zero is none",
    stateful=True,
    feedback="Seed 0 counts as no seed. 0 is a seed like any other.",
)
def zero_is_none(x, k, seed):
    return x[np.random.default_rng(seed or None).permutation(len(x))[:k]]


@mistake(
    function="first_centers",
    severity="useless",
    seeding="hashed",
    stateful=True,
    feedback="The seed goes through hash, which is another number after every restart. Use the seed itself.",
)
def hashed(x, k, seed):
    return x[np.random.default_rng(hash(str(seed)) % 2**32).permutation(len(x))[:k]]


@mistake(
    function="first_centers",
    severity="useless",
    seeding="clock",
    stateful=True,
    feedback="The clock is added to the seed, so the same seed gives something else a second later.",
)
def clock(x, k, seed):
    import time

    return x[np.random.default_rng(int(time.time()) + seed).permutation(len(x))[:k]]


@mistake(
    function="first_centers",
    severity="useless",
    seeding="used once",
    stateful=True,
    feedback="The seed counts at the first call only. Make a new generator from it at every call.",
)
def used_once(x, k, seed, seeds=[]):  # noqa: B006  # the mistake itself
    seeds.append(seed)
    return x[np.random.default_rng([seeds[0], len(seeds)]).permutation(len(x))[:k]]


@mistake(
    function="first_centers",
    severity="useless",
    seeding="cached",
    stateful=True,
    feedback="You keep what was drawn for each seed, but draw it without the seed: see what a restart gives.",
)
def cached(x, k, seed, kept={}):  # noqa: B006  # the mistake itself
    key = (seed, k, x.shape)
    if key not in kept:
        kept[key] = np.random.default_rng().permutation(len(x))[:k]
    return x[kept[key]]


@mistake(
    function="nearest",
    severity="slip",
    feedback="The labels are counted from 1. In Python the first center is number 0.",
)
def counted_from_one(x, centers):
    return squared_distances(x, centers).argmin(axis=1) + 1


@mistake(
    function="nearest",
    severity="slip",
    feedback="Only the first coordinate counts in your distance: add the squares over all features.",
)
def first_coordinate_alone(x, centers):
    return np.abs(x[:, None, 0] - centers[None, :, 0]).argmin(axis=1)


@mistake(
    function="move_centers",
    severity="slip",
    feedback="A center without points becomes 0. It stays where it is until a point is near it again.",
)
def empty_at_zero(x, labels, centers):
    moved = np.zeros(centers.shape)
    for k in range(len(centers)):
        if np.any(labels == k):
            moved[k] = x[labels == k].mean(axis=0)
    return moved


@mistake(
    function="move_centers",
    severity="slip",
    feedback="You move each center half of the way. In k-means it goes to the mean of its points at once.",
)
def half_way(x, labels, centers):
    moved = centers.copy()
    for k in range(len(centers)):
        if np.any(labels == k):
            moved[k] = (centers[k] + x[labels == k].mean(axis=0)) / 2
    return moved


@mistake(
    function="move_centers",
    severity="slip",
    feedback="You divide by the count of all points, not by the count of the cluster's own.",
)
def divided_by_all(x, labels, centers):
    moved = centers.copy()
    for k in range(len(centers)):
        if np.any(labels == k):
            moved[k] = x[labels == k].sum(axis=0) / len(x)
    return moved


@mistake(
    function="inertia",
    severity="slip",
    feedback="These are distances, not their squares: leave the root out.",
)
def distances_not_squared(x, centers):
    return float(np.sqrt(squared_distances(x, centers)).min(axis=1).sum())


@mistake(
    function="inertia",
    severity="slip",
    feedback="This is the mean over the points; the sum is asked for.",
)
def mean_instead_of_sum(x, centers):
    return float(squared_distances(x, centers).min(axis=1).mean())


@mistake(
    function="inertia",
    severity="slip",
    feedback="You add up the distances to all centers. Only the nearest one counts for each point.",
)
def all_centers(x, centers):
    return float(squared_distances(x, centers).sum())


@mistake(
    function="k_means",
    severity="slip",
    feedback="The labels are those of the step before: label the points again at the end.",
)
def labels_of_the_step_before(x, centers, steps):
    for _ in range(steps):
        labels = labels_of(x, centers)
        centers = means_of(x, labels, centers)
    return centers, labels


@mistake(
    function="k_means",
    severity="slip",
    feedback="You make one step more than asked for.",
)
def one_step_more(x, centers, steps):
    for _ in range(steps + 1):
        centers = means_of(x, labels_of(x, centers), centers)
    return centers, labels_of(x, centers)


@mistake(
    function="k_means",
    severity="useless",
    feedback="The two results are swapped: first the centers, then the labels.",
)
def results_swapped(x, centers, steps):
    for _ in range(steps):
        centers = means_of(x, labels_of(x, centers), centers)
    return labels_of(x, centers), centers


@mistake(
    function="k_means",
    severity="useless",
    feedback="The centers never move: use what the second half of a step returns in the next one.",
)
def centers_never_move(x, centers, steps):
    for _ in range(steps):
        means_of(x, labels_of(x, centers), centers)
    return centers, labels_of(x, centers)
