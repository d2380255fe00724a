"""How much each of several blanks counts, from the constants that the marking gives them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from xml.etree.ElementTree import Element

from quizzes.interchange.ranges import decimal_of
from quizzes.interchange.xml import text_of

__all__ = ["parts_of"]

HEAVIEST = 100  # of an item's weights


def parts_of(document: Element, outcomes: Sequence[str]) -> tuple[list[int], str]:
    """The weights of the parts with these outcomes, and the penalty; all the same where nothing is said."""
    given: dict[str, list[Decimal]] = {}
    for one in document.iter("setOutcomeValue"):
        value = decimal_of(text_of(one.find("baseValue")))
        if value:
            given.setdefault(one.get("identifier", ""), []).append(value)
    right = [max(given.get(name, [Decimal(0)])) for name in outcomes]
    if any(value <= 0 for value in right):
        return [1] * len(outcomes), ""
    shares = [Fraction(value / sum(right)).limit_denominator(HEAVIEST * len(right)) for value in right]
    scale = lcm(*(share.denominator for share in shares))
    weights = [int(share * scale) for share in shares]
    common = gcd(*weights)
    weights = [weight // common for weight in weights]
    if max(weights) > HEAVIEST:
        return [1] * len(outcomes), ""
    taken = max(-min(given[name]) / most for name, most in zip(outcomes, right, strict=True))
    return weights, f"{float(taken):.6g}" if taken > 0 else ""
