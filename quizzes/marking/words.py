"""Short texts: compared after trimming, collapsing spaces and folding case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

__all__ = ["LONGEST_TEXT", "matches", "plain", "unsafe_pattern"]

LONGEST_TEXT = 200
LONGEST_PATTERN = 100
# A repeated group, or two open repeats in a row, is where backtracking can take for ever.
REPEATED_GROUP = re.compile(r"\)\s*(?:[*+]|\{\d+,\d*\})")
OPEN_REPEAT = re.compile(r"(?<!\\)[*+]|\{\d+,\}")


def plain(text: str) -> str:
    """The text as it is compared: NFC, trimmed, single spaces, case folded."""
    folded = unicodedata.normalize("NFC", " ".join(text.split())).casefold()
    return unicodedata.normalize("NFC", folded)


def unsafe_pattern(pattern: str) -> str:
    """Why a pattern may not be used, or nothing; what is left runs in time quadratic at worst."""
    if len(pattern) > LONGEST_PATTERN:
        return f"a pattern has at most {LONGEST_PATTERN} characters"
    try:
        re.compile(pattern)
    except re.error as problem:
        return f"the pattern cannot be read: {problem}"
    if REPEATED_GROUP.search(pattern):
        return "a group may not be repeated: such a pattern can take for ever on some answers"
    if len(OPEN_REPEAT.findall(pattern)) > 2:
        return "more than two open repeats (* or +) can take too long on some answers"
    if re.search(r"\\[1-9]|\(\?P=", pattern):
        return "a pattern may not refer back to a group"
    return ""


def matches(text: str, accepted: Iterable[str], pattern: str = "") -> bool:
    """Is the text one of the accepted ones, or does all of it match the pattern?"""
    given = plain(text)
    if any(given == plain(one) for one in accepted):
        return True
    return bool(pattern) and len(given) <= LONGEST_TEXT and bool(re.fullmatch(pattern, given, re.IGNORECASE))
