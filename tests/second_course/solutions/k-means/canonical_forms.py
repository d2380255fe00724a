"""What right first centers have in common: any k different points are right, in any order."""

import numpy as np

from autograder.checks import canonical_form, to_array


@canonical_form(function="first_centers")
def chosen_points(calls):
    """For each call: the shape, whether all rows are points, and whether one is taken twice."""
    return [form(call) for call in calls]


def form(call):
    """The form of one call."""
    x, k, _ = call.arguments
    centers = to_array(call.value)
    if centers is None or centers.shape != (k, x.shape[1]):
        return "another shape"
    rows = [np.flatnonzero((x == center).all(axis=1)).tolist() for center in centers]
    if not all(rows):
        return "other points"
    taken = [row[0] for row in rows]
    return "first rows" if taken == list(range(k)) and 1 < k < len(x) else len(set(taken)) == k
