"""Converts ranges: QTI has the ends of a range, an item has a key with a tolerance."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from quizzes.content.items.numeric import NumberKey
from quizzes.content.written_numbers import LARGEST_EXPONENT
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import Lost

__all__ = ["decimal_of", "ends_of", "tolerance_of"]


def decimal_of(text: str) -> Decimal | None:
    """The number in a text; None if it is not a number, or not one that a student could type."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= LARGEST_EXPONENT else None


def ends_of(item: NumberKey) -> tuple[str, str]:
    """The smallest and the largest right value, with all digits."""
    key = Decimal(item.key)
    below, above = item.tolerance.margins(key)
    return f"{key - below:f}", f"{key + above:f}"


def tolerance_of(
    key: Decimal | None, least: Decimal | None, most: Decimal | None, lost: Lost
) -> dict[str, Any]:
    """The key and tolerance of a range; a missing key, or one outside, becomes the middle."""
    if least is None or most is None or least > most:
        if key is None:
            lost("No right number came with it: 0 stands for it.")
        return {"key": number_text(key or Decimal(0)), "tolerance": {"mode": "exact"}}
    if key is None or not least <= key <= most:
        key = (least + most) / 2
    below, above = key - least, most - key
    if below == above:
        tolerance = {"mode": "abs", "abs": number_text(below)} if below else {"mode": "exact"}
    else:
        tolerance = {"mode": "range", "below": number_text(below), "above": number_text(above)}
    return {"key": number_text(key), "tolerance": tolerance}
