"""The number a QTI 2.1 item takes for right: between two ends, or equal within a tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

from quizzes.interchange.html import Lost
from quizzes.interchange.ranges import decimal_of, tolerance_of
from quizzes.interchange.xml import text_of

__all__ = ["number_of"]


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
