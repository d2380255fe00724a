"""Text, numbers and scores as people read them."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from autograder.report import Number

__all__ = [
    "clean",
    "count",
    "cut",
    "cut_middle",
    "fraction",
    "number",
    "of_points",
    "percent",
    "points",
    "worth",
]


# Control characters but tab and newline; format characters that are invisible or change the
# direction of what follows (the joiners U+200C and U+200D stay: Persian and Hindi names need them);
# surrogates and noncharacters, which no file can hold.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f"
    + "".join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_PILE = re.compile(f"({_MARK}{{4}}){_MARK}+")
_UNUSUAL = re.compile("[^\n\t -~]+")  # most of a page is none of this, and skipped quickly


def clean(text: str) -> str:
    """The text with every character visible, without characters that affect other text.

    Cleaning twice changes nothing more, so it does not matter who cleans first.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNUSUAL.sub(_tamed, text)


def _tamed(match: re.Match[str]) -> str:
    return _PILE.sub(r"\1", _UNWANTED.sub(_visible, match[0]))


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE:
        return "\ufffd"
    if code < 0x20:
        return chr(0x2400 + code)  # the block of pictures for control characters, such as ␛
    return "\u2421" if code == 0x7F else f"\u27e8U+{code:04X}\u27e9"


def cut(text: str, most: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= most else text[: most - 1] + "…"


def cut_middle(text: str, most: int) -> str:
    """Both ends of a text that is too long: a trace says most in its last lines."""
    if len(text) <= most:
        return text
    head = most * 2 // 3
    return f"{text[:head]}\n… {len(text) - most:,} characters left out …\n{text[head - most :]}"


def count(amount: int, noun: str, plural: str = "") -> str:
    """A number and its noun, such as `1 check` and `2 checks`."""
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"


def points(value: float | Decimal) -> str:
    """Points with at most four decimals, as they are stored, such as `2`, `1.5` and `0.3333`."""
    is_finite = value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)
    if not is_finite:
        return "\u2013"
    if not -1e6 < value < 1e6:
        return f"{value:g}"
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent(share: float) -> str:
    """A share as whole per cents; 0% and 100% are said only when they are exact."""
    if not math.isfinite(share):
        return "\u2013"
    rounded = round(share * 100)
    if 0 < share < 1:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded}%"


def number(value: Number, digits: int = 6) -> str:
    """A number from the evidence as short text."""
    return value if isinstance(value, str) else f"{value:.{digits}g}"


def fraction(earned: float, possible: float) -> float:
    """The share of the points; 0 where none were possible, above 1 with extra credit."""
    share = earned / possible if possible > 0 else 0.0
    return share if math.isfinite(share) else 0.0


def worth(value: float | Decimal) -> str:
    """Such as `1 point` and `1.5 points`."""
    text = points(value)
    return f"{text} {'point' if text == '1' else 'points'}"


def of_points(earned: float, possible: float) -> str:
    """Such as `1.5 of 2 points`."""
    if possible == 0 and earned == 0:
        return "no points"
    return f"{points(earned)} of {worth(possible)}"
