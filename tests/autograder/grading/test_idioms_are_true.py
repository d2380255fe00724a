"""Idioms say nothing that the student's own code or numbers contradict."""

from __future__ import annotations

from functools import cache

import pytest
from repository_assignments import assignment

from autograder.grading.cause_probe import CauseProbe
from autograder.grading.causes import Cause

SUMMED = """
def softmax_cross_entropy(logits, labels):
    N = logits.shape[0]
    m = logits.max(axis=1, keepdims=True)
    sums = m + np.log(np.exp(logits - m).sum(axis=1, keepdims=True))
    return float(np.sum({terms}){mean})
"""
COLUMN, ROW = "sums - logits[np.arange(N), labels]", "sums[:, 0] - logits[np.arange(N), labels]"
TUNED = """
def tune_sgd(loss, gradient, theta, steps):
    ends, rates = [], np.logspace(-3, 1, 161)
    for lr in rates:
        t = theta
        for _ in range(steps):
            t = t - lr * gradient(t)
        ends.append(loss(t))
    return {result}
"""


@cache
def probe(name: str) -> CauseProbe:
    """The probe of one of the repository's assignments."""
    return CauseProbe(assignment(name))


def cause_of(name: str, function: str, source: str) -> Cause:
    """What is told for a function of an assignment."""
    return probe(name).told_cause(function, source)


@pytest.mark.parametrize(
    ("terms", "mean", "cause"),
    [
        (COLUMN, " / N", "every_pair_of_examples"),
        (COLUMN, " / len(labels)", "every_pair_of_examples"),
        (ROW, "", "loss_without_1_over_n"),
    ],
)
def test_nobody_who_divides_by_n_is_told_to(terms: str, mean: str, cause: str) -> None:
    """A loss that is N times too large has one cause with the division and another without it."""
    source = SUMMED.format(terms=terms, mean=mean)
    assert cause_of("hw2-losses", "softmax_cross_entropy", source).name == cause


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        ("int(np.nanargmin(ends))", "position_of_the_best_rate"),  # which never had digits after the point
        ("round(float(rates[np.nanargmin(ends)]))", "whole_numbers"),
    ],
)
def test_a_position_has_lost_no_digits(result: str, cause: str) -> None:
    """What is whole by nature was not rounded."""
    assert cause_of("hw4-optimizers", "tune_sgd", TUNED.format(result=result)).name == cause


@pytest.mark.parametrize(
    ("name", "function", "source", "cause", "words"),
    [
        (
            "hw1-activations",
            "leaky_relu_backward",
            "def leaky_relu_backward(x, grad_out, slope=0.01):\n"
            "    dx = np.where(x > 0, grad_out, slope * grad_out)\n"
            "    return dx, np.sum(np.where(x > 0, 0, x) * grad_out)\n",
            "more_than_one_result",
            "It returns 2 things, and only the first of them is asked for.",
        ),
        (
            "hw1-activations",
            "relu",
            "def relu(x):\n    cache = x\n    return np.maximum(0, x), cache\n",
            "value_and_cache",
            "only the first of them is asked for. No cache",
        ),
        (
            "hw2-losses",
            "softmax",
            "def softmax(z):\n    e = np.exp(z)\n    return e, e / e.sum(axis=1, keepdims=True)\n",
            "more_than_one_result",
            "and only one is asked for.",
        ),
    ],
)
def test_more_than_one_result_is_told_as_what_it_is(
    name: str, function: str, source: str, cause: str, words: str
) -> None:
    """A cache is spoken of where the code has one, and the first result is right where it is said to be."""
    found = cause_of(name, function, source)
    assert found.name == cause
    assert words in found.sentence


@pytest.mark.parametrize(
    ("name", "function", "source", "cause"),
    [
        (
            "hw1-activations",
            "relu_backward",
            "def relu_backward(x, grad_out):\n    return (x > 0).astype(float).T @ grad_out\n",
            "matrix_product",
        ),
        (
            "hw4-optimizers",
            "adagrad_update",
            "def adagrad_update(theta, grad, sum_sq, lr, eps=1e-8):\n"
            "    sum_sq = sum_sq + grad.T @ grad\n"
            "    return theta - lr * grad / (np.sqrt(np.abs(sum_sq)) + eps), sum_sq\n",
            "matrix_product",
        ),
        (
            "hw1-activations",
            "layer_gradient_norms",
            "def layer_gradient_norms(x, grad_out, weights, activation):\n    return [x.T @ weights[0]]\n",
            "inner_sizes_differ",
        ),
    ],
)
def test_a_transpose_is_not_missing_where_no_matrix_product_belongs(
    name: str, function: str, source: str, cause: str
) -> None:
    """Where all arrays have one shape, @ itself is the mistake; elsewhere its sizes may be."""
    assert cause_of(name, function, source).name == cause
