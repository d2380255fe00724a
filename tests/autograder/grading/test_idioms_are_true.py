"""Idioms say nothing that the student's own code or numbers contradict."""

from __future__ import annotations

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


def cause_of(name: str, function: str, source: str) -> Cause:
    """What is told for a function of an assignment."""
    return CauseProbe(assignment(name)).told_cause(function, source)


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
        ("int(np.nanargmin(ends))", ""),  # a position, which never had digits after the point
        ("round(float(rates[np.nanargmin(ends)]))", "whole_numbers"),
    ],
)
def test_a_position_has_lost_no_digits(result: str, cause: str) -> None:
    """What is whole by nature was not rounded."""
    assert cause_of("hw4-optimizers", "tune_sgd", TUNED.format(result=result)).name == cause
