"""Orders: all or nothing, by position, or by the longest part in the right order."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

__all__ = ["OrderRule", "order_sentence", "order_share"]


class OrderRule(StrEnum):
    """How an order becomes a share."""

    EXACT = "exact"
    POSITION = "position"
    LCS = "lcs"


SENTENCES = {
    OrderRule.EXACT: "The whole order must be right.",
    OrderRule.POSITION: "Each entry in its right place counts.",
    OrderRule.LCS: "The longest run of entries in the right order counts; a single entry earns nothing.",
}


def order_sentence(rule: OrderRule) -> str:
    """The rule in a sentence for students."""
    return SENTENCES[rule]


def order_share(rule: OrderRule, given: Sequence[str], right: Sequence[str]) -> Fraction:
    """The share of an order of the same entries; any other order of entries earns nothing."""
    if sorted(given) != sorted(right):
        return Fraction(0)
    if rule is OrderRule.EXACT:
        return Fraction(list(given) == list(right))
    if rule is OrderRule.POSITION:
        return Fraction(sum(a == b for a, b in zip(given, right, strict=True)), len(right))
    return Fraction(_longest(given, right) - 1, len(right) - 1)  # any order has a run of one


def _longest(given: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest common subsequence."""
    row = [0] * (len(right) + 1)
    for one in given:
        previous = row
        row = [0]
        for index, other in enumerate(right):
            row.append(previous[index] + 1 if one == other else max(previous[index + 1], row[index]))
    return row[-1]
