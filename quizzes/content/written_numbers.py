"""Numbers as students type them, read exactly.

`0.22`, `0,22`, `1e-3`, `−3` (with the typographic minus), `3×10⁻²`, powers such as `0.25^8`, `0.25⁸` and
`2**-5` and, where the item allows it, `1/3`, `⅓`, `1½` and `(1/4)^8`. What could mean two numbers is refused
with a sentence: `16,000` and `16.000` may be sixteen or sixteen thousand, `-2^2` may be 4 or -4.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Context, Decimal, InvalidOperation

__all__ = [
    "LARGEST_EXPONENT",
    "LONGEST",
    "NumberProblem",
    "decimal_text",
    "is_power",
    "parse_number",
    "significant_digits",
]


LONGEST = 60
LARGEST_EXPONENT = 300
LARGEST_POWER = 1000  # the exponent of a power as it is typed
EXACT = Context(prec=50)
SIGNS = str.maketrans(
    {**dict.fromkeys("−‐‑–", "-"), "＋": "+", **dict.fromkeys("·⋅∙•×✕⨯∗", "*"), "ˆ": "^", "↑": "^", "⁄": "/"}
)
PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?", re.ASCII)
TIMES_TEN = re.compile(r"\s*[*xX]\s*10\s*(?:\^|\*\*)\s*\(?\s*([+-]?\d{1,4})\s*\)?$", re.ASCII)
POWER = re.compile(
    r"(?P<sign>[+-]?)\s*(?:\((?P<inner>[^()]+)\)|(?P<base>[^()^*+-][^()^*]*?))\s*(?:\^|\*\*)"
    r"\s*(?:\(\s*(?P<bracketed>[+-]?\d{1,4})\s*\)|(?P<exponent>[+-]?\d{1,4}))",
    re.ASCII,
)
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
# Nobody ends a decimal number with a zero unless digits are asked for: the point may separate thousands.
POINTED = re.compile(r"[+-]?[1-9]\d{0,2}\.\d\d0", re.ASCII)
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
RAISED_END = re.compile(r"(?<=[\d).])\s*[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+$")


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
    spelled = RAISED_END.sub(lambda match: f"^{match[0].strip().translate(RAISED)}", typed)
    if any(unicodedata.decomposition(character).startswith(("<super>", "<sub>")) for character in spelled):
        raise NumberProblem(f"{typed!r} is not a number such as 0.25, -3 or 1e-3. No other signs are needed.")
    if vulgar := next((sign for sign in spelled if _is_vulgar_fraction(sign)), ""):
        return _mixed(spelled, vulgar, typed, fractions)
    plain = unicodedata.normalize("NFKC", spelled.translate(SIGNS)).translate(SIGNS).strip()
    plain = TIMES_TEN.sub(r"e\1", plain)
    if power := POWER.fullmatch(plain):
        return _power(power, typed, fractions)
    if "/" in plain:
        return _fraction(plain, typed, fractions)
    if POINTED.fullmatch(plain) and not digits_count:
        raise _two_meanings(typed, plain, plain.replace(".", ""))
    return _decimal(plain, typed)


def _power(power: re.Match[str], typed: str, fractions: bool) -> Decimal:
    """A number to a whole power; as everywhere, the power binds closer than a sign or a fraction bar."""
    exponent = int(power["bracketed"] or power["exponent"])
    if abs(exponent) > LARGEST_POWER:
        raise NumberProblem(f"{typed!r} is too large or too small.")
    if POINTED.fullmatch(stated := (power["inner"] or power["base"]).strip()):
        raise _two_meanings(typed, stated, stated.replace(".", ""))
    if power["inner"]:
        inner = power["inner"].strip()
        base = _fraction(inner, typed, fractions) if "/" in inner else _decimal(inner, typed)
        over = Decimal(1)
    else:
        above, bar, below = power["base"].rpartition("/")
        base = _decimal(below.strip(), typed)
        if bar and not fractions:
            raise NumberProblem(f"{typed!r} is a fraction; write it as a decimal number, such as 0.25.")
        over = _decimal(above.strip(), typed) if bar else Decimal(1)
        if power["sign"] == "-" and not bar and exponent % 2 == 0:
            raise NumberProblem(
                f"{typed!r} can mean ({power['sign']}{power['base'].strip()})^{exponent} or "
                f"-({power['base'].strip()}^{exponent}); write the number itself."
            )
    if not base and exponent <= 0:
        raise NumberProblem(f"{typed!r} divides by zero." if exponent else f"{typed!r} is not a number.")
    raised = EXACT.power(base, exponent)
    if not raised.is_finite() or (raised and abs(raised.adjusted()) > LARGEST_EXPONENT):
        raise NumberProblem(f"{typed!r} is too large or too small.")
    if power["inner"] is None and "/" in power["base"]:
        if not raised:
            raise NumberProblem(f"{typed!r} divides by zero.")
        raised = EXACT.divide(over, raised)
    return _in_range(-raised if power["sign"] == "-" else raised, typed)


def _in_range(value: Decimal, typed: str) -> Decimal:
    """The value, if it is not far out."""
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        raise NumberProblem(f"{typed!r} is too large or too small.")
    return value


def _is_vulgar_fraction(sign: str) -> bool:
    """Whether a character is a fraction of its own, such as `⅓`."""
    return unicodedata.decomposition(sign).startswith("<fraction>")


def _mixed(spelled: str, vulgar: str, typed: str, allowed: bool) -> Decimal:
    """A fraction in one character, alone or after a whole number."""
    before, _, after = spelled.partition(vulgar)
    before = before.translate(SIGNS).strip()
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
    return _in_range(EXACT.divide(above, below), typed)


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
    return _in_range(value, typed)


def _with_point(plain: str, typed: str) -> str:
    """One comma is a decimal mark when it can be nothing else."""
    if plain.count(",") > 1 or "." in plain:
        raise NumberProblem(f"{typed!r} has several separators; write a point before the decimals only.")
    if GROUPED.fullmatch(plain):
        raise _two_meanings(typed, plain.replace(",", "."), plain.replace(",", ""))
    return plain.replace(",", ".")


def is_power(text: str) -> bool:
    """Whether a number was typed as a power, such as `0.25^8`; `3×10⁻²` is a decimal number."""
    plain = RAISED_END.sub(lambda match: f"^{match[0].strip().translate(RAISED)}", text.strip())
    return POWER.fullmatch(TIMES_TEN.sub(r"e\1", plain.translate(SIGNS))) is not None


def significant_digits(text: str) -> int:
    """How many significant digits a number was typed with; zeros in front do not count."""
    plain = unicodedata.normalize("NFKC", text.translate(SIGNS)).translate(SIGNS)
    plain = plain.strip().lstrip("+-").replace(",", ".")
    digits = re.split(r"[eExX*]", plain)[0].strip().replace(".", "").lstrip("0")
    return len(digits) or 1


def decimal_text(value: Decimal, digits: int = 6) -> str:
    """A number for people: at most so many significant digits, no trailing zeros, an exponent if far out."""
    rounded = Context(prec=digits).plus(value).normalize()
    if not rounded:
        return "0"
    if -6 <= rounded.adjusted() <= 12:
        return f"{rounded:f}"
    return f"{rounded:e}".replace("E", "e")
