"""The references' backward functions are the gradients of their forward functions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from autograder.checks.calls import Functions
from autograder.checks.failures import WrongValue
from autograder.checks.gradients import Slopes, gradient_check, numeric_gradient
from autograder.checks.values import Array, Value
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.grading.backends import ReferenceBackend

COURSE = find_course(Path(__file__).parent)
REFERENCES = {name: load_assignment(COURSE, name).reference for name in COURSE.assignment_ids()}
BACKWARD = "_backward"
# Every forward with a backward: the assignment's id and the forward's name.
PAIRS = [
    (name, function.removesuffix(BACKWARD))
    for name, reference in REFERENCES.items()
    for function in reference
    if function.endswith(BACKWARD)
]
PER_FEATURE = {"prelu"}  # whose alpha may be one number for each feature
ELEMENTWISE = [
    (name, f) for name, f in PAIRS if next(iter(inspect.signature(REFERENCES[name][f]).parameters)) == "x"
]

Arguments = tuple[Value, ...]


def draw(parameter: str, shape: tuple[int, ...], rng: np.random.Generator, per_feature: bool) -> Value:
    """A random value for a forward's parameter; x stays clear of the kink at 0."""
    if parameter == "x":
        return rng.uniform(0.1, 3.0, shape) * rng.choice([-1.0, 1.0], shape)
    if parameter == "alpha" and per_feature:
        return rng.uniform(0.1, 2.0, shape[-1])
    if parameter in ("alpha", "slope"):
        return float(rng.uniform(0.1, 2.0))
    if parameter == "logits":
        return rng.normal(scale=2.0, size=shape)
    if parameter == "labels":
        return rng.integers(shape[1], size=shape[0])
    raise AssertionError(f"Say here how to draw {parameter}.")


def drawn(
    forward: Callable[..., Any], shape: tuple[int, ...], seed: int, per_feature: bool = False
) -> Arguments:
    """Random arguments for a forward function."""
    rng = np.random.default_rng(seed)
    return tuple(draw(name, shape, rng, per_feature) for name in inspect.signature(forward).parameters)


def gradients(backward: Callable[..., Any], at: Arguments, grad_out: Array | None) -> list[Any]:
    """What the backward says, one gradient for each float argument; its arguments stay as they were."""
    arguments = at if grad_out is None else (at[0], grad_out, *at[1:])
    copies = [np.copy(argument) if isinstance(argument, np.ndarray) else argument for argument in arguments]
    found = backward(*arguments)
    for argument, copy in zip(arguments, copies, strict=True):
        np.testing.assert_array_equal(argument, copy)
    return list(found) if isinstance(found, tuple) else [found]


def slopes(forward: Callable[..., Any], at: Arguments, grad_out: Array | None) -> list[Slopes]:
    """Finite differences of the forward, for each argument that its backward answers for."""

    def many(calls: Sequence[Arguments]) -> list[Value]:
        return [forward(*call) for call in calls]

    floats = [i for i, argument in enumerate(at) if np.asarray(argument).dtype == np.float64]
    names = list(inspect.signature(forward).parameters)
    learned = [i for i in floats if names[i] != "slope"]  # a slope is chosen, not learned
    return [numeric_gradient(many, at, which, grad_out) for which in learned]


def assert_is_gradient(name: str, function: str, at: Arguments, seed: int) -> None:
    """Compare a backward with finite differences, for a random gradient from above."""
    forward, backward = REFERENCES[name][function], REFERENCES[name][function + BACKWARD]
    has_grad_out = "grad_out" in inspect.signature(backward).parameters
    out = np.shape(forward(*at))
    grad_out = np.random.default_rng([seed, 1]).normal(size=out) if has_grad_out else None
    found, right = gradients(backward, at, grad_out), slopes(forward, at, grad_out)
    assert len(found) == len(right)
    for got, slope in zip(found, right, strict=True):
        assert np.shape(got) == slope.central.shape
        assert np.asarray(got).dtype == np.float64
        largest = max(1.0, float(np.max(np.abs(slope.central), initial=0.0)))
        np.testing.assert_allclose(got, slope.central, rtol=1e-6, atol=1e-8 * largest)


def test_there_are_pairs() -> None:
    """Every `*_backward` has its forward in the same reference, and some were found."""
    assert PAIRS
    assert [pair for pair in PAIRS if pair[1] not in REFERENCES[pair[0]]] == []


@pytest.mark.parametrize(("name", "function"), PAIRS)
@pytest.mark.parametrize("seed", range(10))
def test_a_backward_is_the_gradient(name: str, function: str, seed: int) -> None:
    """On random inputs it agrees with central differences, entry by entry, for every parameter."""
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(2, 7)), int(rng.integers(2, 7)))
    for per_feature in {False, function in PER_FEATURE}:
        assert_is_gradient(name, function, drawn(REFERENCES[name][function], shape, seed, per_feature), seed)


@pytest.mark.parametrize(("name", "function"), ELEMENTWISE)
@settings(max_examples=examples(40))
@given(
    shape=array_shapes(min_dims=1, max_dims=4, max_side=4),
    seed=st.integers(0, 2**32 - 1),
    per_feature=st.booleans(),
)
def test_any_shape(name: str, function: str, shape: tuple[int, ...], seed: int, per_feature: bool) -> None:
    """An activation has the gradient of each of its entries, whatever shape they stand in."""
    forward = REFERENCES[name][function]
    at = drawn(forward, shape, seed, per_feature and function in PER_FEATURE)
    assert np.shape(forward(*at)) == shape
    assert_is_gradient(name, function, at, seed)


@pytest.mark.parametrize(("name", "function"), ELEMENTWISE)
def test_at_the_kink(name: str, function: str) -> None:
    """At 0 the gradient lies between the left and the right derivative."""
    forward, backward = REFERENCES[name][function], REFERENCES[name][function + BACKWARD]
    at = (np.zeros(3), *drawn(forward, (3,), 1)[1:])
    grad_out = np.array([1.0, -2.0, 0.5])
    got, slope = gradients(backward, at, grad_out)[0], slopes(forward, at, grad_out)[0]
    assert np.all(got >= np.minimum(slope.left, slope.right) - 1e-4)
    assert np.all(got <= np.maximum(slope.left, slope.right) + 1e-4)


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
@pytest.mark.parametrize("seed", range(5))
def test_layer_gradient_norms(activation: str, seed: int) -> None:
    """Each norm is that of the numeric gradient with respect to the layer's weights."""
    reference = REFERENCES["hw1-activations"]
    act = reference["sigmoid"] if activation == "sigmoid" else reference["relu"]
    rng = np.random.default_rng(seed)
    x, sizes = rng.normal(size=(3, 4)), (4, 5, 3, 2)
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    grad_out = rng.normal(size=(3, 2))

    def outputs(calls: Sequence[Arguments]) -> list[Value]:
        results: list[Value] = []
        for matrices in calls:
            h = x
            for matrix in matrices:
                h = act(h @ matrix)
            results.append(h)
        return results

    got = reference["layer_gradient_norms"](x, grad_out, weights, activation)
    right = [numeric_gradient(outputs, tuple(weights), which, grad_out).central for which in range(3)]
    np.testing.assert_allclose(got, [np.linalg.norm(argument) for argument in right], rtol=1e-6, atol=1e-9)


class TestKinks:
    """Any slope between the one-sided derivatives is right at a kink, and at a kink alone."""

    @given(
        seed=st.integers(0, 2**32 - 1),
        upstream=st.floats(1e-12, 1e12),
        share=st.floats(0.0, 1.0),
        slope=st.floats(-2.0, 0.9),
        is_at_kink=st.booleans(),
    )
    def test_the_whole_interval(
        self, seed: int, upstream: float, share: float, slope: float, is_at_kink: bool
    ) -> None:
        """However small or large the upstream gradient of one entry is beside the others'."""
        rng = np.random.default_rng(seed)
        x = rng.choice([-1.0, 1.0], 5) * rng.uniform(0.1, 3.0, 5)
        x[2] = 0.0 if is_at_kink else -0.5
        grad_out = rng.normal(size=5)
        grad_out[2] = upstream
        inside = slope + share * (1.0 - slope)

        def leaky(x: Array) -> Array:
            return np.where(x > 0, x, slope * x)

        def leaky_backward(x: Array, grad_out: Array) -> Array:
            grad_x = grad_out * np.where(x > 0, 1.0, slope)
            grad_x[2] = inside * grad_out[2]
            return grad_x

        functions = Functions(ReferenceBackend({"leaky": leaky, "leaky_backward": leaky_backward}))
        right = is_at_kink or upstream * abs(inside - slope) < 1e-9
        wrong = upstream * abs(inside - slope) > 1e-5 * max(1.0, upstream, float(np.abs(grad_out).max()))
        if right or wrong:
            with nullcontext() if right else pytest.raises(WrongValue):
                gradient_check(
                    functions.leaky, functions.leaky_backward, at=(x,), grad_out=grad_out, kinks=True
                )
