"""Numbers as students type them, read exactly.

`0.22`, `0,22`, `1e-3`, `−3` (with the typographic minus), `3×10⁻²` and, where the item allows it, `1/3`,
`⅓` and `1½`. What could mean two numbers is refused with a sentence: `16,000` and `16.000` may be sixteen or
sixteen thousand.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Context, Decimal, InvalidOperation

__all__ = ["LARGEST_EXPONENT", "NumberProblem", "decimal_text", "parse_number", "significant_digits"]


LONGEST = 60
LARGEST_EXPONENT = 300
EXACT = Context(prec=50)
MINUS = str.maketrans({"−": "-", "‐": "-", "‑": "-", "–": "-", "＋": "+"})
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?", re.ASCII)
TIMES_TEN = re.compile(r"\s*[×·*x]\s*10\s*(?:\^|\*\*)\s*\(?([+-]?\d{1,4})\)?$", re.ASCII)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
# Nobody ends a decimal number with a zero unless digits are asked for: the point may separate thousands.
POINTED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d\d0", re.ASCII)
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
RAISED_TEN = re.compile(r"(?<=10)[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+$")


class NumberProblem(ValueError):
    """The text is not a number, or could be two; the message is for the student."""


def parse_number(text: str, *, fractions: bool = False, digits_count: bool = False) -> Decimal:
    """The number a student typed; raises NumberProblem with a sentence for them.

    `digits_count`: the item asks for so many digits, so a zero at the end is meant.
    """
    typed = text.strip()
    if not typed:
        raise NumberProblem("Write a number.")
    if len(typed) > LONGEST:
        raise NumberProblem(f"That is longer than {LONGEST} characters; write one number.")
    spelled = RAISED_TEN.sub(lambda match: f"^{match[0].translate(RAISED)}", typed)
    if any(unicodedata.decomposition(character).startswith(("<super>", "<sub>")) for character in spelled):
        raise NumberProblem(f"{typed!r} is not a number such as 0.25, -3 or 1e-3. No other signs are needed.")
    if vulgar := next((sign for sign in spelled if _is_vulgar_fraction(sign)), ""):
        return _mixed(spelled, vulgar, typed, fractions)
    plain = unicodedata.normalize("NFKC", spelled).replace("⁄", "/").translate(MINUS).strip()
    if "/" in plain:
        return _fraction(plain, typed, fractions)
    if POINTED.fullmatch(plain) and not digits_count:
        raise _two_meanings(typed, plain, plain.replace(".", ""))
    return _decimal(TIMES_TEN.sub(r"e\1", plain), typed)


def _is_vulgar_fraction(sign: str) -> bool:
    """Whether a character is a fraction of its own, such as `⅓`."""
    return unicodedata.decomposition(sign).startswith("<fraction>")


def _mixed(spelled: str, vulgar: str, typed: str, allowed: bool) -> Decimal:
    """A fraction in one character, alone or after a whole number."""
    before, _, after = spelled.partition(vulgar)
    before = before.translate(MINUS).strip()
    over, _, under = unicodedata.normalize("NFKC", vulgar).partition("⁄")
    if after or not over or not under or not re.fullmatch(r"[+-]?\d{0,15}", before, re.ASCII):
        raise NumberProblem(f"{typed!r} is not a number such as 0.25, -3 or 1e-3.")
    if not allowed:
        raise NumberProblem(f"{typed!r} is a fraction; write it as a decimal number, such as 0.25.")
    if not int(under):
        raise NumberProblem(f"{typed!r} divides by zero.")
    whole = Decimal(before.lstrip("+-") or 0)
    value = EXACT.add(whole, EXACT.divide(Decimal(over), Decimal(under)))
    return -value if before.startswith("-") else value


def _two_meanings(typed: str, point: str, whole: str) -> NumberProblem:
    """What is said of a number that can be read in two ways."""
    short = point.rstrip("0").rstrip(".")
    return NumberProblem(f"{typed!r} can mean {point} or {whole}; write {short} or {whole}.")


def _fraction(plain: str, typed: str, allowed: bool) -> Decimal:
    if not allowed:
        raise NumberProblem(f"{typed!r} is a fraction; write it as a decimal number, such as 0.25.")
    over, _, under = plain.partition("/")
    above, below = _decimal(over.strip(), typed), _decimal(under.strip(), typed)
    if not below:
        raise NumberProblem(f"{typed!r} divides by zero.")
    return EXACT.divide(above, below)


def _decimal(plain: str, typed: str) -> Decimal:
    if "," in plain:
        plain = _with_point(plain, typed)
    if not PLAIN.fullmatch(plain):
        what = "No units and no other signs are needed." if re.search(r"\d", plain) else ""
        raise NumberProblem(f"{typed!r} is not a number such as 0.25, -3 or 1e-3. {what}".strip())
    try:
        value = Decimal(plain)
    except InvalidOperation as problem:  # an exponent beyond anything
        raise NumberProblem(f"{typed!r} is too large or too small.") from problem
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        raise NumberProblem(f"{typed!r} is too large or too small.")
    return value


def _with_point(plain: str, typed: str) -> str:
    """One comma is a decimal mark when it can be nothing else."""
    if plain.count(",") > 1 or "." in plain:
        raise NumberProblem(f"{typed!r} has several separators; write a point before the decimals only.")
    if GROUPED.fullmatch(plain):
        raise _two_meanings(typed, plain.replace(",", "."), plain.replace(",", ""))
    return plain.replace(",", ".")


def significant_digits(text: str) -> int:
    """How many significant digits a number was typed with; zeros in front do not count."""
    plain = unicodedata.normalize("NFKC", text).translate(MINUS).strip().lstrip("+-").replace(",", ".")
    digits = re.split(r"[eE×·*x]", plain)[0].replace(".", "").lstrip("0")
    return len(digits) or 1


def decimal_text(value: Decimal, digits: int = 6) -> str:
    """A number for people: at most so many significant digits, no trailing zeros, an exponent if far out."""
    rounded = Context(prec=digits).plus(value).normalize()
    if not rounded:
        return "0"
    if -6 <= rounded.adjusted() <= 12:
        return f"{rounded:f}"
    return f"{rounded:e}".replace("E", "e")
