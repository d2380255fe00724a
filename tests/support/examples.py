"""How many examples a property test draws: what it asks for, or less in the quick suite.

The full suite runs every property test again with all of them.
"""

from __future__ import annotations

from hypothesis import settings

__all__ = ["FEWEST", "QUICK", "USUAL", "examples"]

USUAL, QUICK = 100, 30  # examples of a property test that asks for no number
FEWEST = 10  # or all, if a test asks for less


def examples(wanted: int) -> int:
    """The number for `max_examples` of a test that asks for `wanted` in the full suite."""
    share = min(USUAL, settings().max_examples) / USUAL
    return max(min(wanted, FEWEST), round(share * wanted))
