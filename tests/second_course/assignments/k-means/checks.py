"""Public checks of k-means: few points, distances that can be seen."""

import numpy as np

from autograder.checks import assert_close, check, require, to_array

POINTS = np.array([[0.0, 0.0], [0.0, 2.0], [10.0, 0.0], [10.0, 2.0]])
CENTERS = np.array([[1.0, 1.0], [9.0, 1.0]])


@check(task="first_centers")
def first_centers_are_points(student):
    """The first centers are k different points of the data."""
    centers = to_array(student.first_centers(POINTS, 2, 0))
    require(centers is not None and centers.shape == (2, 2), "Two centers have the shape (2, 2).")
    found = {tuple(row) for row in centers.tolist()} & {tuple(row) for row in POINTS.tolist()}
    require(len(found) == 2, "Each center is a point of the data, and no point is taken twice.")


@check(task="nearest")
def nearest_of_four_points(student):
    """Two points belong to each of two centers."""
    assert_close(student.nearest(POINTS, CENTERS), np.array([0, 0, 1, 1]), call="nearest(points, centers)")


@check(task="move_centers")
def move_centers_to_the_middle(student):
    """Each center moves to the mean of its points."""
    got = student.move_centers(POINTS, np.array([0, 0, 1, 1]), CENTERS)
    assert_close(got, np.array([[0.0, 1.0], [10.0, 1.0]]), call="move_centers(points, labels, centers)")


@check(task="inertia")
def inertia_of_four_points(student):
    """Four points at squared distance 2 from their center: 8."""
    assert_close(student.inertia(POINTS, CENTERS), 8.0, call="inertia(points, centers)")


@check(task="k_means")
def k_means_of_four_points(student):
    """After one step both centers are where they belong."""
    got = student.k_means(POINTS, CENTERS, 1)
    expected = (np.array([[0.0, 1.0], [10.0, 1.0]]), np.array([0, 0, 1, 1]))
    assert_close(got, expected, call="k_means(points, centers, 1)", names=("centers", "labels"))
