"""The range that a condition accepts, as a key with a tolerance: QTI says ends, an item distances."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from quizzes.content.items.numeric import NumberKey
from quizzes.content.written_numbers import LARGEST_EXPONENT
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import Lost

__all__ = ["decimal_of", "ends_of", "tolerance_of"]


def decimal_of(text: str) -> Decimal | None:
    """A number, or None for what is none, or none that a student could type."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= LARGEST_EXPONENT else None


def ends_of(item: NumberKey) -> tuple[str, str]:
    """The least and the most that is right, with all digits, so that the distances can be told from them."""
    key = Decimal(item.key)
    below, above = item.tolerance.margins(key)
    return f"{key - below:f}", f"{key + above:f}"


def tolerance_of(
    key: Decimal | None, least: Decimal | None, most: Decimal | None, lost: Lost
) -> dict[str, Any]:
    """Key and tolerance of what is accepted; a key outside its range, or none, becomes the middle."""
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
