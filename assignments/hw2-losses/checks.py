"""Public checks of homework 2: small numbers worked out by hand. They carry no points.

Run one with `check("softmax")` in the notebook. Passing them is a good sign; grading uses other inputs,
larger batches, and extremes.

Logits that are logarithms make round probabilities: softmax([0, log 3]) is [1/4, 3/4].
"""

from __future__ import annotations

import numpy as np

from autograder.checks import assert_close, assert_no_mutation, check, gradient_check, require, to_array

LOG2, LOG3 = np.log(2.0), np.log(3.0)

# Five examples of three classes.
LOGITS = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7], [-2.0, 0.4, 1.1], [0.2, 0.9, -1.3], [1.0, -0.6, 0.1]])
LABELS = np.array([0, 2, 1, 1, 0])


def require_number(value, call):
    """Fail unless a loss is one ordinary number."""
    found = to_array(value)
    require(
        found is not None and found.shape == (), f"{call} should return one number, the mean over the batch."
    )
    require(np.isfinite(found), f"{call} is {found}; it should be an ordinary number.")


# --- Softmax ------------------------------------------------------------------------------------


@check(task="softmax")
def softmax_by_hand(student):
    """softmax([[0, log 3]]) is [[1/4, 3/4]]: the exponentials 1 and 3, divided by their sum."""
    got = student.softmax(np.array([[0.0, LOG3]]))
    assert_close(got, np.array([[0.25, 0.75]]), call="softmax([[0, log 3]])")


@check(task="softmax")
def softmax_works_row_by_row(student):
    """softmax([[0, log 3, 0], [log 2, 0, 0]]) is [[1/5, 3/5, 1/5], [1/2, 1/4, 1/4]]: each row has sum 1."""
    got = student.softmax(np.array([[0.0, LOG3, 0.0], [LOG2, 0.0, 0.0]]))
    expected = np.array([[0.2, 0.6, 0.2], [0.5, 0.25, 0.25]])
    assert_close(got, expected, call="softmax([[0, log 3, 0], [log 2, 0, 0]])")


@check(task="softmax")
def softmax_of_large_logits(student):
    """softmax([[10000, 10000], [0, log 3]]) is [[1/2, 1/2], [1/4, 3/4]]: no NaN, each row for itself."""
    got = student.softmax(np.array([[1e4, 1e4], [0.0, LOG3]]))
    call = "softmax([[10000, 10000], [0, log 3]])"
    assert_close(got, np.array([[0.5, 0.5], [0.25, 0.75]]), call=call)


@check(task="softmax")
def softmax_works_on_a_copy(student):
    """softmax leaves its input as it was."""
    got = assert_no_mutation(student.softmax, np.array([[0.0, LOG3]]))
    assert_close(got, np.array([[0.25, 0.75]]), call="softmax([[0, log 3]])")


# --- Cross-entropy ------------------------------------------------------------------------------


@check(task="cross_entropy")
def cross_entropy_of_one_example(student):
    """cross_entropy([[1/4, 3/4]], [0]) is -log(1/4) = 1.386; for label 1 it is -log(3/4) = 0.288."""
    probs = np.array([[0.25, 0.75]])
    for label, p in [(0, 0.25), (1, 0.75)]:
        got = student.cross_entropy(probs, np.array([label]))
        assert_close(got, -np.log(p), call=f"cross_entropy([[1/4, 3/4]], [{label}])", rtol=1e-4)


@check(task="cross_entropy")
def cross_entropy_is_a_mean(student):
    """cross_entropy([[1/2, 1/4, 1/4], [1/8, 1/8, 3/4]], [0, 1]) is (log 2 + log 8) / 2 = 1.386."""
    got = student.cross_entropy(np.array([[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]), np.array([0, 1]))
    call = "cross_entropy([[1/2, 1/4, 1/4], [1/8, 1/8, 3/4]], [0, 1])"
    assert_close(got, (np.log(2.0) + np.log(8.0)) / 2, call=call, rtol=1e-4)


@check(task="cross_entropy")
def cross_entropy_of_an_impossible_label(student):
    """cross_entropy([[1, 0]], [1]) is finite and above 10, although log(0) is not finite."""
    got = student.cross_entropy(np.array([[1.0, 0.0]]), np.array([1]))
    require_number(got, "cross_entropy([[1, 0]], [1])")
    require(got > 10, f"cross_entropy([[1, 0]], [1]) is {got:.3g}; it has to be above 10.")
    sure = assert_no_mutation(student.cross_entropy, np.array([[1.0, 0.0]]), np.array([0]))
    assert_close(sure, 0.0, atol=1e-4, call="cross_entropy([[1, 0]], [0])")


@check(task="cross_entropy")
def cross_entropy_of_many_examples(student):
    """A thousand examples with p = 1/4 have the mean loss log 4: a product of a thousand numbers is 0."""
    got = assert_no_mutation(student.cross_entropy, np.full((1000, 4), 0.25), np.arange(1000) % 4)
    assert_close(got, np.log(4.0), call="cross_entropy(1/4 everywhere, labels)", rtol=1e-4)


# --- Softmax and cross-entropy in one -----------------------------------------------------------


@check(task="softmax_cross_entropy")
def softmax_cross_entropy_by_hand(student):
    """For logits [[0, log 3]] the probabilities are 1/4 and 3/4, so the loss is log 4 or log(4/3)."""
    logits = np.array([[0.0, LOG3]])
    for label, loss in [(0, np.log(4.0)), (1, np.log(4.0 / 3.0))]:
        got = student.softmax_cross_entropy(logits, np.array([label]))
        assert_close(got, loss, call=f"softmax_cross_entropy([[0, log 3]], [{label}])")


@check(task="softmax_cross_entropy")
def knowing_nothing_costs_log_10(student):
    """With ten equal logits the loss is log 10 = 2.303 for any label: the first loss of a new network."""
    got = student.softmax_cross_entropy(np.zeros((2, 10)), np.array([3, 7]))
    assert_close(got, np.log(10.0), call="softmax_cross_entropy(zeros of (2, 10), [3, 7])")


@check(task="softmax_cross_entropy")
def softmax_cross_entropy_of_large_logits(student):
    """softmax_cross_entropy([[10000, -10000]], [1]) is 20000, the distance between the two.

    With a second row [0, 0] the mean is (20000 + log 2) / 2, and the gradient is [[1/2, -1/2], [-1/4, 1/4]].
    """
    got = student.softmax_cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    assert_close(got, 2e4, call="softmax_cross_entropy([[10000, -10000]], [1])")
    logits, labels = np.array([[1e4, -1e4], [0.0, 0.0]]), np.array([1, 0])
    got = assert_no_mutation(student.softmax_cross_entropy, logits, labels)
    call = "([[10000, -10000], [0, 0]], [1, 0])"
    assert_close(got, (2e4 + LOG2) / 2, call=f"softmax_cross_entropy{call}")
    got = assert_no_mutation(student.softmax_cross_entropy_backward, logits, labels)
    right = np.array([[0.5, -0.5], [-0.25, 0.25]])
    assert_close(got, right, call=f"softmax_cross_entropy_backward{call}")


@check(task="softmax_cross_entropy")
def softmax_cross_entropy_backward_by_hand(student):
    """For logits [[0, log 3]] and label 0 the gradient is [[1/4 - 1, 3/4]]."""
    got = student.softmax_cross_entropy_backward(np.array([[0.0, LOG3]]), np.array([0]))
    call = "softmax_cross_entropy_backward([[0, log 3]], [0])"
    assert_close(got, np.array([[-0.75, 0.75]]), call=call)


@check(
    task="softmax_cross_entropy", requires=["softmax_cross_entropy_by_hand", "knowing_nothing_costs_log_10"]
)
def softmax_cross_entropy_backward_fits(student):
    """softmax_cross_entropy_backward is the gradient of your loss, measured by finite differences."""
    require_number(student.softmax_cross_entropy(LOGITS, LABELS), "softmax_cross_entropy(logits, labels)")
    gradient_check(student.softmax_cross_entropy, student.softmax_cross_entropy_backward, at=(LOGITS, LABELS))


# --- Squared error behind a softmax -------------------------------------------------------------


@check(task="softmax_squared_error")
def softmax_squared_error_by_hand(student):
    """For logits [[0, log 3]] and label 1 it is (1/4)^2 + (3/4 - 1)^2 = 1/8; for label 0 it is 9/8."""
    logits = np.array([[0.0, LOG3]])
    for label, loss in [(1, 0.125), (0, 1.125)]:
        got = student.softmax_squared_error(logits, np.array([label]))
        assert_close(got, loss, call=f"softmax_squared_error([[0, log 3]], [{label}])")


@check(task="softmax_squared_error")
def softmax_squared_error_is_a_mean(student):
    """The two examples together, [[0, log 3], [0, log 3]] with labels [1, 0], have loss 5/8."""
    got = student.softmax_squared_error(np.array([[0.0, LOG3], [0.0, LOG3]]), np.array([1, 0]))
    assert_close(got, 0.625, call="softmax_squared_error([[0, log 3], [0, log 3]], [1, 0])")


@check(task="softmax_squared_error")
def softmax_squared_error_of_large_logits(student):
    """For logits [[10000, -10000], [0, 0]] and labels [1, 0] the loss is (2 + 1/2) / 2.

    The first row is certain and wrong: its gradient is 0. That of the second one is [-1/4, 1/4].
    """
    logits, labels = np.array([[1e4, -1e4], [0.0, 0.0]]), np.array([1, 0])
    call = "([[10000, -10000], [0, 0]], [1, 0])"
    got = student.softmax_squared_error(logits, labels)
    assert_close(got, 1.25, call=f"softmax_squared_error{call}")
    got = student.softmax_squared_error_backward(logits, labels)
    right = np.array([[0.0, 0.0], [-0.25, 0.25]])
    assert_close(got, right, call=f"softmax_squared_error_backward{call}")


@check(task="softmax_squared_error")
def softmax_squared_error_backward_by_hand(student):
    """For logits [[0, log 3]] and label 0, dL/dp is [-3/2, 3/2] and the gradient is [[-9/16, 9/16]]."""
    got = student.softmax_squared_error_backward(np.array([[0.0, LOG3]]), np.array([0]))
    call = "softmax_squared_error_backward([[0, log 3]], [0])"
    assert_close(got, np.array([[-0.5625, 0.5625]]), call=call)


@check(
    task="softmax_squared_error",
    requires=["softmax_squared_error_by_hand", "softmax_squared_error_is_a_mean"],
)
def softmax_squared_error_backward_fits(student):
    """softmax_squared_error_backward is the gradient of your loss, measured by finite differences."""
    require_number(student.softmax_squared_error(LOGITS, LABELS), "softmax_squared_error(logits, labels)")
    gradient_check(student.softmax_squared_error, student.softmax_squared_error_backward, at=(LOGITS, LABELS))
