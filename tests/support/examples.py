"""How much of a test the quick suite runs: fewer examples of a property, one case in so many of a table.

The full suite runs every property test again with all examples, and the other cases.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest
from hypothesis import settings

__all__ = ["FEWEST", "QUICK", "USUAL", "examples", "one_in", "shared_out"]

USUAL, QUICK = 100, 30  # examples of a property test that asks for no number
FEWEST = 10  # or all, if a test asks for less


def examples(wanted: int) -> int:
    """The number for `max_examples` of a test that asks for `wanted` in the full suite."""
    share = min(USUAL, settings().max_examples) / USUAL
    return max(min(wanted, FEWEST), round(share * wanted))


def one_in(number: int, values: Iterable[Any]) -> list[Any]:
    """Values as parameters of a test: the quick suite tries one in so many, the full one the others."""
    return [
        pytest.param(value, marks=pytest.mark.full if place % number else ())
        for place, value in enumerate(values)
    ]


def shared_out(values: Iterable[Any], quick: Container[Any]) -> list[Any]:
    """Values as parameters of a test: the quick suite tries those in `quick`, the full one the others."""
    return [pytest.param(value, marks=() if value in quick else pytest.mark.full) for value in values]
