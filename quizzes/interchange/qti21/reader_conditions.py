"""How much each of several blanks counts, from the constants that the marking gives them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any
from xml.etree.ElementTree import Element

from quizzes.interchange.html_markup import Lost
from quizzes.interchange.ranges import decimal_of, tolerance_of
from quizzes.interchange.xml_tree import text_of

__all__ = ["number_of", "parts_of"]


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


def number_of(document: Element, declaration: Element, right: Sequence[str], lost: Lost) -> dict[str, Any]:
    """Key and tolerance of a response, from what is declared and from the conditions on it."""
    ident = declaration.get("identifier", "")
    key = next((value for value in map(decimal_of, right) if value is not None), None)
    conditions = [one for one in document.iter() if _is_about(one, ident)]
    ends = {one.tag: decimal_of(text_of(one.find("baseValue"))) for one in conditions}
    least, most = ends.get("gte", ends.get("gt")), ends.get("lte", ends.get("lt"))
    for one in conditions:
        if one.tag == "equal" and key is not None:
            least, most = _equal(one, key)
    return tolerance_of(key, least, most, lost)


def _is_about(one: Element, ident: str) -> bool:
    asked = any(each.get("identifier") == ident for each in one.findall("variable"))
    return one.tag in ("gte", "gt", "lte", "lt", "equal") and asked


def _equal(one: Element, key: Decimal) -> tuple[Decimal, Decimal]:
    """The ends of `equal`: exact, absolute, or relative in per cent of the key."""
    said = [decimal_of(text) for text in one.get("tolerance", "").split()]
    below, above = [*said, *said[-1:], None, None][:2]
    share = abs(key) / 100 if one.get("toleranceMode") == "relative" else Decimal(1)
    if one.get("toleranceMode", "exact") == "exact":
        share = Decimal(0)
    return key - share * (below or Decimal(0)), key + share * (above or Decimal(0))
