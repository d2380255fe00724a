"""Converts tolerances: QTI has the ends of a range, Moodle numbers with a distance to both sides."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from quizzes.content.items.numeric import NumberKey
from quizzes.content.written_numbers import LARGEST_EXPONENT

__all__ = ["decimal_of", "ends_of", "ranges_of", "swapped_range", "symmetric_parts"]


NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def decimal_of(text: str) -> Decimal | None:
    """The number in a text; None if it is not a number, or not one that a student could type."""
    if not NUMBER.fullmatch(text.strip()):
        return None
    try:
        value = Decimal(text.strip())
    except InvalidOperation:  # an exponent beyond anything
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= LARGEST_EXPONENT else None


def ends_of(item: NumberKey) -> tuple[str, str]:
    """The smallest and the largest right value, with all digits."""
    key = Decimal(item.key)
    below, above = item.tolerance.margins(key)
    return f"{key - below:f}", f"{key + above:f}"


def ranges_of(item: NumberKey) -> list[tuple[Decimal, Decimal]]:
    """Numbers with distances to both sides that make the item's range together; the key is the first."""
    key = Decimal(item.key)
    return [(key + shift, distance) for shift, distance in symmetric_parts(*item.tolerance.margins(key))]


def symmetric_parts(below: Decimal, above: Decimal) -> list[tuple[Decimal, Decimal]]:
    """Shifts of a key, each with a distance to both sides, that cover its range together; the first is 0."""
    parts = [(Decimal(0), min(below, above))]
    if below != above:
        parts.append(((above - below) / 2, (below + above) / 2))
    return parts


def swapped_range(least: Decimal, most: Decimal) -> str:
    """The sentence on a range that no number is in until its ends change places."""
    return f"The ends of its range, {least:f} and {most:f}, stood the wrong way round and were swapped."
