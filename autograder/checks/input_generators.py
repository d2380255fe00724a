"""Inputs: for each function of an assignment, a generator of arguments that the handout allows.

    @inputs(function="relu")
    def relu_inputs(rng):
        return (numbers(rng, any_shape(rng)),)

They stand in `inputs.py` beside the solution. Two versions of a function are called equal where they answer a
thousand of these calls alike: so the arguments cover what students are promised, however little of it the
checks draw: small and large numbers, exact zeros, optional arguments left out and of unusual value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import TypeVar

import numpy as np

from autograder.checks.values import Array, Value
from autograder.errors import ContentError

__all__ = ["Generator", "any_shape", "collect_inputs", "inputs", "numbers", "optional"]

Generator = Callable[[np.random.Generator], tuple[Value, ...]]
Body = TypeVar("Body", bound=Callable[..., object])
SIZES = 0.1, 1.0, 1.0, 10.0, 100.0  # of the numbers in an array


def inputs(*, function: str) -> Callable[[Body], Body]:
    """Mark a function of a random generator as the source of arguments for `function`."""

    def mark(body: Body) -> Body:
        body.__inputs__ = function  # type: ignore[attr-defined]  # read by collect_inputs
        return body

    return mark


def collect_inputs(module: ModuleType) -> dict[str, Generator]:
    """The generators of a file by function; raises ContentError where a function has two."""
    generators: dict[str, Generator] = {}
    for name, body in vars(module).items():
        if (function := getattr(body, "__inputs__", None)) is None:
            continue
        if function in generators:
            raise ContentError(
                f"{module.__file__}: {name} is a second generator for {function}.",
                next_step="Keep one generator for each function.",
            )
        generators[function] = body
    return generators


def any_shape(rng: np.random.Generator, most_axes: int = 3) -> tuple[int, ...]:
    """A shape of one to `most_axes` axes, each 1 to 5 long."""
    return tuple(int(n) for n in rng.integers(1, 6, size=rng.integers(1, most_axes + 1)))


def numbers(rng: np.random.Generator, shape: Sequence[int], zeros: float = 0.05) -> Array:
    """Floats of either sign, of order 0.1 to 100 and alike in size; a share of `zeros` is exactly 0."""
    values = rng.normal(scale=rng.choice(SIZES), size=tuple(shape))
    values[rng.random(size=tuple(shape)) < zeros] = 0.0
    return values


def optional(rng: np.random.Generator, *values: Value) -> tuple[Value, ...]:
    """The first so many of the optional arguments, none to all of them."""
    return values[: rng.integers(len(values) + 1)]
