"""Hidden checks of k-means: 45 % of a task for doing its job, the rest for being right."""

import numpy as np

from autograder.checks import (
    assert_plausible,
    assert_same,
    check,
    fingerprint,
    require,
    require_float64_and_unmodified,
    to_array,
)


def clusters(rng, count=30, k=3, features=2):
    """Points in k loose groups, and centers that are somewhere among them."""
    middles = rng.normal(scale=6, size=(k, features))
    x = middles[rng.integers(k, size=count)] + rng.normal(size=(count, features))
    return x, middles + rng.normal(scale=1.5, size=(k, features))


def centers_of(student, x, k, seed):
    """The numbers of the points that were chosen; fails unless these are k different points."""
    centers = to_array(student.first_centers(x, k, seed))
    require(
        centers is not None and centers.shape == (k, x.shape[1]),
        f"first_centers(x, {k}, {seed}) has to return an array of shape ({k}, {x.shape[1]}).",
    )
    chosen = [np.flatnonzero((x == row).all(axis=1)).tolist() for row in centers]
    require(all(chosen), "A center is not a point of the data.")
    return [rows[0] for rows in chosen]


def require_the_same_after_a_restart(student, x, k, seed):
    """Fail where a process that remembers no call gives other centers."""
    fresh = centers_of(student.in_fresh_process_(), x, k, seed)
    require(fresh == centers_of(student, x, k, seed), "After a restart the same seed gives other centers.")


@check(task="first_centers", points=1.35)
def first_centers_follow_the_seed(student, rng):
    """first_centers picks points of the data, others for another seed, the same ones after a restart."""
    x = rng.normal(size=(40, 2))
    chosen = {tuple(centers_of(student, x, 5, seed)) for seed in (1, 2, 3, 4)}
    require(len(chosen) > 1, "Every seed gives the same centers.")
    require(
        centers_of(student, x, 5, 1) == centers_of(student, x, 5, 1), "The same seed gives other centers."
    )
    require_the_same_after_a_restart(student, x, 5, 2)


@check(task="first_centers", points=1.65)
def first_centers_differ_and_keep_to_their_seed(student, rng):
    """No point is taken twice, 0 is a seed like any other, and each seed has centers of its own."""
    x = rng.normal(scale=8, size=(12, 3))
    before = fingerprint(x)
    for seed in (0, 5):
        for k in (1, 7, 12):
            chosen = centers_of(student, x, k, seed)
            require(len(set(chosen)) == k, f"{k} centers are asked for; some point is taken twice.")
            require(chosen == centers_of(student, x, k, seed), f"Seed {seed} gives other centers each time.")
    require_float64_and_unmodified(student.first_centers, (x, 12, 5))
    require(fingerprint(x) == before, "The data were changed.")
    x = rng.normal(size=(200, 2))
    require(
        len({tuple(centers_of(student, x, 6, seed)) for seed in range(8)}) == 8,
        "Different seeds give the same centers.",
    )
    require_the_same_after_a_restart(student, x, 6, 11)


@check(task="nearest", points=1.35)
def nearest_does_its_job(student, reference, rng):
    """nearest depends on the points and the centers, and goes with the right labels."""
    calls = [clusters(rng) for _ in range(8)]
    assert_plausible(student.nearest, reference.nearest, *calls, uses=(0, 1))


@check(task="nearest", points=1.65)
def nearest_values(student, reference, rng):
    """nearest labels points by distance, for any number of centers and features."""
    for k, features in ((1, 2), (3, 1), (4, 3)):
        x, centers = clusters(rng, 25, k, features)
        assert_same(student.nearest, reference.nearest, x, centers)
        require_float64_and_unmodified(student.nearest, (x, centers))


@check(task="move_centers", points=1.35)
def move_centers_does_its_job(student, reference, rng):
    """move_centers depends on the points and their labels, and goes with the right centers."""
    calls = []
    for _ in range(8):
        x, centers = clusters(rng)
        calls.append((x, rng.permutation(np.arange(30) % 3), centers))
    assert_plausible(student.move_centers, reference.move_centers, *calls, uses=(0, 1))


@check(task="move_centers", points=1.65)
def move_centers_values(student, reference, rng):
    """move_centers takes the mean of each cluster; a center without points stays where it is."""
    for k in (2, 3, 4):
        x, centers = clusters(rng, 23, k, 3)
        for labels in (rng.integers(k, size=23), rng.integers(k - 1, size=23)):
            arguments = (x, labels, centers)
            assert_same(student.move_centers, reference.move_centers, *arguments, pure=True)


@check(task="inertia", points=1.35)
def inertia_does_its_job(student, reference, rng):
    """inertia is large where points are far from their centers."""
    calls = []
    for scale in np.linspace(0.5, 3, 30):
        x, centers = clusters(rng, 25)
        calls.append((scale * x, centers))
    assert_plausible(student.inertia, reference.inertia, *calls, uses=(0, 1))


@check(task="inertia", points=1.65)
def inertia_values(student, reference, rng):
    """inertia adds up the squared distances to the nearest centers, a number."""
    for k, features in ((1, 2), (3, 1), (4, 3)):
        x, centers = clusters(rng, 20 + k, k, features)
        assert_same(student.inertia, reference.inertia, x, centers, rtol=1e-9)
        require_float64_and_unmodified(student.inertia, (x, centers))


@check(task="k_means", points=1.35)
def k_means_tightens_the_clusters(student, reference, rng):
    """k_means returns centers and labels, and the points end closer to the centers than they began."""
    for _ in range(3):
        x, centers = clusters(rng, 40)
        got = student.k_means(x, centers + 3.0, 4)
        require(
            isinstance(got, (tuple, list)) and len(got) == 2,
            "Return two results: centers, labels.",
        )
        ended = to_array(got[0])
        require(
            ended is not None and ended.shape == centers.shape and bool(np.isfinite(ended).all()),
            "The first result are the centers, in the shape they were given in.",
        )
        start = reference.inertia(x, centers + 3.0)
        least = reference.inertia(x, reference.k_means(x, centers + 3.0, 4)[0])
        require(
            reference.inertia(x, ended) < (start + least) / 2,
            "The points are hardly closer to the centers than before.",
        )


@check(task="k_means", points=1.65)
def k_means_values(student, reference, rng):
    """k_means makes exactly the steps it is asked for, and its labels belong to the centers it returns."""
    for steps in (1, 2, 5):
        x, centers = clusters(rng, 60, 4)
        arguments = (x, centers + rng.normal(scale=4, size=centers.shape), steps)
        assert_same(student.k_means, reference.k_means, *arguments, names=("centers", "labels"))
        require_float64_and_unmodified(student.k_means, arguments)
