"""Canonical forms of the course: right answers share one, whatever they leave to chance."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from repository_assignments import assignment

from autograder.checks.calls import Functions
from autograder.checks.canonical_forms import AnsweredCall
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate

SIZES = ((240, 90, 320, 40), (40, 40, 40), [60, 90, 40, 80], (3, 2000, 4, 1500))
NUMBERS = st.floats(-1e4, 1e4, allow_nan=False)


def started(draw: Any, seeds: tuple[int, ...]) -> list[AnsweredCall]:
    """Answers to calls of init_params, with weights that `draw` makes of a generator and the sizes."""
    calls = []
    for sizes in SIZES:
        for seed in seeds:
            rng = np.random.default_rng(seed)
            value = [(draw(rng, i, o), np.zeros(o)) for i, o in pairwise(sizes)]
            calls.append(AnsweredCall((sizes, seed), value))
    return calls


@given(st.integers(0, 10**6), st.sampled_from(["normal", "uniform"]))
@settings(max_examples=examples(25), deadline=None)
def test_right_starts_share_one_form(first: int, kind: str) -> None:
    """Normal and uniform weights of any seed with He's spread have the reference's form."""
    form = assignment("hw5-mnist").canonical_forms["init_params"]
    seeds = (first, first + 1, first)

    def draw(rng: Any, i: int, o: int) -> Any:
        limit = np.sqrt(6 / i)
        return (
            rng.uniform(-limit, limit, (i, o)) if kind == "uniform" else rng.normal(0, np.sqrt(2 / i), (i, o))
        )

    def usual(rng: Any, i: int, o: int) -> Any:
        return np.sqrt(2 / i) * rng.standard_normal((i, o))

    assert form(started(draw, seeds)) == form(started(usual, seeds))


@given(
    st.one_of(
        st.tuples(st.lists(NUMBERS, max_size=12), st.floats(-1, 10)),
        st.builds(
            lambda first, rest, count, lr: ([first] + [rest] * count, lr),
            st.sampled_from([1.0, 10.0, 30.0, 100.0, 1e3, 1e5]),
            st.sampled_from([1e-4, 0.5, 1.0, 2.0]),
            st.integers(0, 1200),
            st.sampled_from([0.0, 0.01, 0.1]),
        ),
        st.lists(NUMBERS, max_size=4),
        NUMBERS,
    )
)
@settings(max_examples=examples(150), deadline=None)
def test_a_list_of_gradients_has_the_right_form_only_where_it_passes(value: Any) -> None:
    """What the form of adagrad_stall calls stalled passes all checks, and nothing else that is told does."""
    loaded = assignment("hw4-optimizers")
    form = loaded.canonical_forms["adagrad_stall"]
    reference = Functions(ReferenceBackend(loaded.reference), loaded.parameters)
    student = Functions(NotebookBackend({"adagrad_stall": lambda: value}), loaded.parameters)
    statuses = {
        evaluate(check, student, reference, 15).status
        for check in loaded.hidden_checks
        if check.task == "adagrad_stall"
    }
    named = form([AnsweredCall((), value)])[0]
    if named == "stalls":
        assert statuses == {"passed"}
    elif statuses == {"passed"}:
        assert named in ("cancel", "other")  # told of those alone that fail
