"""Reads QTI 2.1 response processing: the weights of blanks, and the ranges of numbers."""

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
    """The weights of the parts with these outcomes, by default equal, and the penalty."""
    values: dict[str, list[Decimal]] = {}
    for node in document.iter("setOutcomeValue"):
        value = decimal_of(text_of(node.find("baseValue")))
        if value:
            values.setdefault(node.get("identifier", ""), []).append(value)
    right = [max(values.get(name, [Decimal(0)])) for name in outcomes]
    if any(value <= 0 for value in right):
        return [1] * len(outcomes), ""
    shares = [Fraction(value / sum(right)).limit_denominator(HEAVIEST * len(right)) for value in right]
    scale = lcm(*(share.denominator for share in shares))
    weights = [int(share * scale) for share in shares]
    common = gcd(*weights)
    weights = [weight // common for weight in weights]
    if max(weights) > HEAVIEST:
        return [1] * len(outcomes), ""
    taken = max(-min(values[name]) / most for name, most in zip(outcomes, right, strict=True))
    return weights, f"{float(taken):.6g}" if taken > 0 else ""


def number_of(document: Element, declaration: Element, right: Sequence[str], lost: Lost) -> dict[str, Any]:
    """The key and tolerance of a response, from its declaration and the conditions on it."""
    ident = declaration.get("identifier", "")
    key = next((value for value in map(decimal_of, right) if value is not None), None)
    conditions = [node for node in document.iter() if _is_about(node, ident)]
    ends = {condition.tag: decimal_of(text_of(condition.find("baseValue"))) for condition in conditions}
    least, most = ends.get("gte", ends.get("gt")), ends.get("lte", ends.get("lt"))
    for condition in conditions:
        if condition.tag == "equal" and key is not None:
            least, most = _equal(condition, key)
    return tolerance_of(key, least, most, lost)


def _is_about(node: Element, ident: str) -> bool:
    is_variable = any(variable_node.get("identifier") == ident for variable_node in node.findall("variable"))
    return node.tag in ("gte", "gt", "lte", "lt", "equal") and is_variable


def _equal(node: Element, key: Decimal) -> tuple[Decimal, Decimal]:
    """The ends of `equal`: exact, absolute, or relative in per cent of the key."""
    tolerances = [decimal_of(text) for text in node.get("tolerance", "").split()]
    below, above = [*tolerances, *tolerances[-1:], None, None][:2]
    share = abs(key) / 100 if node.get("toleranceMode") == "relative" else Decimal(1)
    if node.get("toleranceMode", "exact") == "exact":
        share = Decimal(0)
    return key - share * (below or Decimal(0)), key + share * (above or Decimal(0))
