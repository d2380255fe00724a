"""Whatever a function returns, its checks fail and never break: more than sixty odd results of each function.

A seventh of them, another seventh for each function, runs here; `make fuzz` and `autograder lint` run all.
"""

from __future__ import annotations

import os
from functools import cache

import pytest
from repository_assignments import NAMES, assignment

from autograder.authoring.lint_odd_values import OddValueProof
from autograder.authoring.odd_values import ACCEPTED, ODD_VALUES

STRIDE = 1 if "FUZZ" in os.environ else 14
FUNCTIONS = [(name, function) for name in NAMES for function in assignment(name).functions]
# Whose checks train networks, or take them through many examples: in the full suite.
SLOW = ("train", "init_params", "loss_and_gradients", "forward")
PARAMETERS = [pytest.param(*pair, marks=pytest.mark.full if pair[1] in SLOW else ()) for pair in FUNCTIONS]


def test_there_are_enough_odd_values() -> None:
    """At least sixty that nothing can be right about, each with a name of its own."""
    assert len([value for value in ODD_VALUES if not value.may_pass]) >= 60
    for values in (ODD_VALUES, ACCEPTED):
        assert len({value.name for value in values}) == len(values)


@cache
def proof_of(name: str) -> OddValueProof:
    """The proof of an assignment, without training."""
    return OddValueProof(assignment(name))


@pytest.mark.parametrize(("name", "function"), PARAMETERS)
def test_odd_results(name: str, function: str) -> None:
    """Wrong values end in no error and pass no check, hidden or public; right ones pass however wrapped."""
    first = FUNCTIONS.index((name, function)) % STRIDE
    values, accepted = ODD_VALUES[first::STRIDE], ACCEPTED[first % 3 :: min(3, STRIDE)]
    assert list(proof_of(name).faults(function, values, accepted)) == []
