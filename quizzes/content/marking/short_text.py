"""Short texts: compared after trimming, collapsing spaces and folding case.

Patterns are read by RE2, whose time grows with the text and never explodes, whatever the pattern; in return
it has no look-around and no references back to a group.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

__all__ = ["LONGEST_TEXT", "matches", "pattern_problem", "plain"]


LONGEST_TEXT = 200
LONGEST_PATTERN = 500
MEMORY = 1 << 20  # bytes for one compiled pattern
OPTIONS = re2.Options()
OPTIONS.case_sensitive = False
OPTIONS.log_errors = False  # they are said in a sentence
OPTIONS.max_mem = MEMORY


def plain(text: str) -> str:
    """The text as it is compared: NFC, trimmed, single spaces, case folded."""
    folded = unicodedata.normalize("NFC", " ".join(text.split())).casefold()
    return unicodedata.normalize("NFC", folded)


def pattern_problem(pattern: str) -> str:
    """Why a pattern cannot be used, or nothing."""
    if len(pattern) > LONGEST_PATTERN:
        return f"a pattern has at most {LONGEST_PATTERN} characters"
    try:
        _compiled(pattern)
    except re2.error as problem:
        said = problem.args[0]
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return f"the pattern cannot be read (RE2 knows no look-around and no \\1): {said}"
    return ""


def matches(text: str, accepted: Iterable[str], pattern: str = "") -> bool:
    """Is the text one of the accepted ones, or does all of it match the pattern?"""
    given = plain(text)
    if any(given == plain(one) for one in accepted):
        return True
    if not pattern or len(given) > LONGEST_TEXT:
        return False
    # An author may write ß where folding makes it ss: the text is tried as it was typed, too.
    typed = unicodedata.normalize("NFC", " ".join(text.split()))
    compiled = _compiled(unicodedata.normalize("NFC", pattern))
    return any(compiled.fullmatch(one) is not None for one in (given, typed))


@lru_cache(1024)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, options=OPTIONS)
