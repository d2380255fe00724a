"""A function with a slip does what it is for, one that is of no use does not: whatever the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.checks.calls import Functions
from autograder.checks.comparisons import assert_depends, assert_plausible
from autograder.checks.failures import Failure
from autograder.checks.values import Array
from autograder.grading.backends import NotebookBackend, ReferenceBackend

Body = Callable[..., Any]


def gated(x: Array, upstream: Array, slope: float) -> tuple[Array, Array]:
    """The right answer: the gradients of a leaky gate with respect to x and to its slope."""
    return upstream * np.where(x > 0, 1.0, slope), np.sum(upstream * np.minimum(x, 0.0))


def judge(body: Body, seed: int) -> None:
    """Ask whether a function is plausible in place of `gated`."""
    rng = np.random.default_rng(seed)
    calls = [
        (rng.choice([-1.0, 1.0], (5, 4)) * rng.uniform(0.2, 3, (5, 4)), rng.uniform(0.5, 2, (5, 4)), 0.2)
        for _ in range(3)
    ]
    student = Functions(NotebookBackend({"gated": body}))
    reference = Functions(ReferenceBackend({"gated": gated}))
    assert_plausible(student.gated, reference.gated, *calls, uses=(0, 1))


SLIPS: dict[str, Body] = {
    "right": gated,
    "results swapped": lambda x, g, a: gated(x, g, a)[::-1],
    "one result only": lambda x, g, a: gated(x, g, a)[0],
    "mask the wrong way round": lambda x, g, a: gated(-x, g, a),
    "argument ignored that is not asked about": lambda x, g, a: gated(x, g, 0.01),
    "not summed": lambda x, g, a: (gated(x, g, a)[0], g * np.minimum(x, 0)),
    "summed over the batch": lambda x, g, a: gated(x, g, a)[0].sum(axis=0),
    "flattened": lambda x, g, a: gated(x, g, a)[0].ravel(),
    "half of it NaN": lambda x, g, a: np.where(
        np.arange(x.size).reshape(x.shape) % 2, gated(x, g, a)[0], np.nan
    ),
    "a list of lists": lambda x, g, a: gated(x, g, a)[0].tolist(),
}
USELESS: dict[str, Body] = {
    "None": lambda x, g, a: None,
    "zeros": lambda x, g, a: (0 * x, 0.0),
    "a constant": lambda x, g, a: 7.0,
    "the first argument": lambda x, g, a: x,
    "both arguments": lambda x, g, a: (x, g),
    "the upstream gradient is not used": lambda x, g, a: gated(x, np.ones_like(x), a),
    "x is not used": lambda x, g, a: (g, np.sum(g)),
    "NaN": lambda x, g, a: x * g * np.nan,
    "text": lambda x, g, a: "x",
    "a shape of its own": lambda x, g, a: np.arange(17.0) * x.sum() * g.sum(),
}


@pytest.mark.parametrize("body", SLIPS.values(), ids=SLIPS)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_slip_is_plausible(body: Body, seed: int) -> None:
    """The order, the shape, a mask or an unused option may be wrong: it still goes with the right answer."""
    judge(body, seed)


@given(seed=st.integers(0, 2**32 - 1), factor=st.floats(1e-3, 1e3), sign=st.sampled_from([-1.0, 1.0]))
def test_a_sign_and_a_factor_are_plausible(seed: int, factor: float, sign: float) -> None:
    """Whatever the factor."""
    judge(lambda x, g, a: sign * factor * gated(x, g, a)[0], seed)


@pytest.mark.parametrize("body", USELESS.values(), ids=USELESS)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_of_no_use_is_not(body: Body, seed: int) -> None:
    """An argument unused or handed back, no numbers, always the same ones."""
    with pytest.raises(Failure):
        judge(body, seed)


def test_an_argument_matters_if_it_does_so_once() -> None:
    """Where one call cannot show it, such as a network whose units are all off, another one can."""
    student = Functions(NotebookBackend({"f": lambda x, y: y * max(x, 0.0)}))
    assert_depends(student.f, (-1.0, 2.0), (1.0, 3.0), uses=(1,))
    with pytest.raises(Failure, match="the same whatever argument 2 is"):
        assert_depends(student.f, (-1.0, 2.0), (-2.0, 3.0), uses=(1,))


def judge_numbers(body: Body, right: Body, count: int, seed: int) -> None:
    """Ask whether a function of an array that returns one number is plausible, by so many calls."""
    rng = np.random.default_rng(seed)
    calls = [(rng.normal(size=7),) for _ in range(count)]
    student = Functions(NotebookBackend({"f": body}))
    assert_plausible(student.f, Functions(ReferenceBackend({"f": right})).f, *calls)


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(6, 20),
    factor=st.floats(1e-3, 1e3),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_one_number_with_a_slip_is_plausible(seed: int, count: int, factor: float, sign: float) -> None:
    """A factor, a sign or a constant is a slip where a function returns one number, too."""

    def norm(x: Array) -> float:
        return float(np.sqrt((x**2).sum()))

    judge_numbers(lambda x: sign * factor * norm(x) + factor, norm, count, seed)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 3))
def test_three_numbers_prove_nothing(seed: int, count: int) -> None:
    """Two or three numbers go together with any others by chance."""
    with pytest.raises(Failure, match="has little to do with"):
        judge_numbers(lambda x: float(-x.sum()), lambda x: float(x.sum()), count, seed)


@pytest.mark.full
def test_chance_is_rarely_plausible() -> None:
    """Of 2,000 unrelated functions that return one number, at most one in fifty passes by few calls."""
    passed = 0
    for seed in range(2000):
        try:
            judge_numbers(lambda x: float(x[0]), lambda x: float(x[1]), 5 + seed % 16, seed)
        except Failure:
            continue
        passed += 1
    assert passed <= 40
