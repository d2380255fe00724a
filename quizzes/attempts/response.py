"""An answer as it was given: plain JSON data, kept as the text the student sent.

A question with one field has a string, one with several choices a list, one with several blanks a mapping;
None is no answer. What was typed is stored unchanged, "0,22" included; reading it is marking's business.
"""

from __future__ import annotations

import json
from typing import cast

from autograder.errors import Refused, TooLarge

__all__ = ["Answer", "is_blank", "response_of", "response_text"]


Answer = str | list[str] | dict[str, str] | None
LARGEST = 64 * 1024  # bytes of UTF-8


def response_text(answer: Answer) -> str:
    """The JSON text of an answer; raises Refused for other data and TooLarge above 64 KB."""
    many = answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else [answer]
    keys = answer if isinstance(answer, dict) else ()
    if not all(isinstance(one, str) for one in (*many, *keys)) and answer is not None:
        raise Refused("This is no answer a question can have.", next_step="Reload the page and answer again.")
    raw = json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        size = len(raw.encode())
    except UnicodeEncodeError:
        raise Refused(
            "This answer has characters that are no text.",
            next_step="Type it anew, or paste it as plain text.",
        ) from None
    if size > LARGEST:
        raise TooLarge(
            f"This answer has {size // 1024} KB; an answer may have {LARGEST // 1024} KB.",
            next_step="Shorten it. What was saved before is kept.",
        )
    return raw


def response_of(raw: str) -> Answer:
    """The answer of a JSON text made by `as_raw`."""
    return cast(Answer, json.loads(raw))


def is_blank(answer: Answer) -> bool:
    """Whether nothing was given: no value, only empty ones, or only spaces."""
    if isinstance(answer, dict):
        return all(is_blank(one) for one in answer.values())
    if isinstance(answer, list):
        return all(is_blank(one) for one in answer)
    return answer is None or not answer.strip()
