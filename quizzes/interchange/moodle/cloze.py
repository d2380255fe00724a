"""Moodle's embedded answers ("Cloze"): gaps such as `{2:NUMERICAL:=3.14:0.01~%0%3#Too rough.}` in a text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape, unescape

from quizzes.interchange.html_markup import LeftOut

__all__ = ["GAP", "Alternative", "Gap", "gap_text", "gaps_in"]


GAP = "\ue002{}\ue003"  # stands in a text for the gap with this number, from 1
KINDS = {
    **dict.fromkeys(("NUMERICAL", "NM"), "number"),
    **dict.fromkeys(("SHORTANSWER", "SA", "MW"), "text"),
    **dict.fromkeys(("SHORTANSWER_C", "SAC", "MWC"), "exact text"),
    **dict.fromkeys(("MULTICHOICE", "MC", "MULTICHOICE_S", "MCS"), "list"),
    **dict.fromkeys(("MULTICHOICE_V", "MCV", "MULTICHOICE_VS", "MCVS"), "options"),
    **dict.fromkeys(("MULTICHOICE_H", "MCH", "MULTICHOICE_HS", "MCHS"), "options"),
    **dict.fromkeys(("MULTIRESPONSE", "MR", "MULTIRESPONSE_H", "MRH"), "several"),
    **dict.fromkeys(("MULTIRESPONSE_S", "MRS", "MULTIRESPONSE_HS", "MRHS"), "several"),
}
START = re.compile(r"\{(\d*):([A-Z_]+):")
LIKE_A_START = re.compile(r"\{\d*:[A-Za-z_]+:")
SHARE = re.compile(r"=|%(-?\d+(?:[.,]\d*)?)%")
NUMBER = re.compile(r"([+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?)(?::([+-]?[\d.,]+(?:[eE][-+]?\d+)?))?")
MOST_GAPS = 50


@dataclass(frozen=True)
class Alternative:
    """One alternative of a gap; its text is HTML, in lists still to be decoded once, or plain text."""

    text: str
    share: Decimal
    feedback: str = ""  # HTML
    tolerance: str = "0"


@dataclass(frozen=True)
class Gap:
    """A gap with its weight and its alternatives."""

    kind: str
    weight: int
    alternatives: Sequence[Alternative]


def gaps_in(html: str) -> tuple[str, list[Gap]]:
    """A text with places for its gaps, and these; raises LeftOut for a gap that cannot be read."""
    gaps: list[Gap] = []
    text, at = "", 0
    html = re.sub("[\ue002\ue003]", "", html)
    while match := START.search(html, at):
        if match[2] not in KINDS:
            raise LeftOut(f"a gap is of an unknown kind, “{match[2][:30]}”")
        if KINDS[match[2]] == "several":
            raise LeftOut("a gap asks for several options")
        if len(gaps) == MOST_GAPS:
            raise LeftOut(f"it has more than {MOST_GAPS} gaps")
        alternatives, end = _alternatives(html, match.end(), KINDS[match[2]])
        gaps.append(Gap(KINDS[match[2]], int(match[1] or 1) if len(match[1]) < 6 else 0, alternatives))
        text += html[at : match.start()] + GAP.format(len(gaps))
        at = end
    text += html[at:]
    if strange := LIKE_A_START.search(text):
        raise LeftOut(f"a gap cannot be read, “{text[strange.start() : strange.start() + 40]}”")
    return text, gaps


def _alternatives(html: str, at: int, kind: str) -> tuple[list[Alternative], int]:
    """The alternatives from a position on, and the position after the closing brace."""
    found = []
    while True:
        share = Decimal(0)
        if match := SHARE.match(html, at):
            share = Decimal(1) if match[0] == "=" else Decimal(match[1].replace(",", ".")) / 100
            at = match.end()
        text, at = _until(html, at, "~#}", after=("\\", "&", "&amp;"))
        feedback = ""
        if html[at] == "#":
            feedback, at = _until(html, at + 1, "~}", after=("\\",))
        if text.strip() or feedback.strip():
            found.append(_alternative(text, share, unescape(_unescaped(feedback)), kind))
        at += 1
        if html[at - 1] == "}":
            return found, at


def _until(html: str, at: int, signs: str, after: tuple[str, ...]) -> tuple[str, int]:
    """The text up to the first of some signs; behind certain other signs they are part of the text."""
    start = at
    while at < len(html):
        if html[at] in signs and not html[max(at - 5, start) : at].endswith(after):
            return html[start:at], at
        at += 1
    raise LeftOut(f"a gap does not end, “{html[start : start + 40]}”")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([}#~])", r"\1", text)


def _alternative(text: str, share: Decimal, feedback: str, kind: str) -> Alternative:
    text = _unescaped(text).strip()
    plain = " ".join(unescape(text).split())
    if kind == "number":
        match = NUMBER.fullmatch(plain)
        if match is None and plain != "*":
            raise LeftOut(f"“{plain[:40]}” in a gap is not a number")
        number, tolerance = (match[1], match[2] or "0") if match else ("*", "0")
        return Alternative(number, share, feedback, tolerance)
    if kind in ("text", "exact text"):
        if re.search(r"<[a-zA-Z/]", text):
            raise LeftOut(f"a text of a gap has formatting, “{text[:40]}”")
        return Alternative(plain, share, feedback)
    return Alternative(text, share, feedback)


NAMES = {
    "number": "NUMERICAL",
    "text": "SHORTANSWER",
    "exact text": "SHORTANSWER_C",
    "list": "MULTICHOICE_S",
    "options": "MULTICHOICE_VS",
    "fixed list": "MULTICHOICE",
}


def gap_text(kind: str, weight: int, alternatives: Sequence[Alternative]) -> str:
    """A gap as HTML."""
    parts = []
    for alternative in alternatives:
        share = alternative.share * 100
        sign = "=" if share == 100 else f"%{float(share):.7g}%" if share or kind == "number" else ""
        text = alternative.text
        if kind == "number":
            text += "" if text == "*" else f":{alternative.tolerance}"
        else:  # decoded once by Moodle, lists are HTML after that
            text = _closed(escape(text, quote=False) if "text" in kind else text.replace("&", "&amp;"))
        feedback = _closed(alternative.feedback.replace("&", "&amp;"))
        parts.append(f"{sign}{text}{'#' if feedback else ''}{feedback}")
    return f"{{{weight}:{NAMES[kind]}:{'~'.join(parts)}}}"


def _closed(html: str) -> str:
    """HTML without the signs that end an alternative, which stand in it as entities."""
    html = re.sub(r"[~#{}]|\\$|^[=%]", lambda match: f"&#{ord(match[0])};", html)
    return re.sub(r"\\(?=&#)", "&#92;", html)
