"""Short texts: compared after trimming and collapsing spaces, and folding case unless it matters.

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


def plain(text: str, *, match_case: bool = False) -> str:
    """The text as it is compared: NFC, trimmed, single spaces, case folded unless it matters."""
    typed = unicodedata.normalize("NFC", " ".join(text.split()))
    return typed if match_case else unicodedata.normalize("NFC", typed.casefold())


def pattern_problem(pattern: str) -> str:
    """Why a pattern cannot be used, or nothing."""
    if len(pattern) > LONGEST_PATTERN:
        return f"a pattern has at most {LONGEST_PATTERN} characters"
    try:
        _compiled(pattern, match_case=False)
    except re2.error as problem:
        reason = problem.args[0]
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        return f"the pattern cannot be read (RE2 knows no look-around and no \\1): {reason}"
    return ""


def matches(text: str, accepted: Iterable[str], pattern: str = "", *, match_case: bool = False) -> bool:
    """Is the text one of the accepted ones, or does all of it match the pattern?"""
    plain_text = plain(text, match_case=match_case)
    if any(plain_text == plain(text, match_case=match_case) for text in accepted):
        return True
    if not pattern or len(plain_text) > LONGEST_TEXT:
        return False
    # An author may write ß where folding makes it ss: the text is tried as it was typed, too.
    typed = unicodedata.normalize("NFC", " ".join(text.split()))
    compiled = _compiled(unicodedata.normalize("NFC", pattern), match_case)
    return any(compiled.fullmatch(form) is not None for form in (plain_text, typed))


@lru_cache(1024)
def _compiled(pattern: str, match_case: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = match_case
    options.log_errors = False  # they are said in a sentence
    options.max_mem = MEMORY
    return re2.compile(pattern, options=options)
