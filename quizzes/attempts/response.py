"""Responses: an answer as JSON text, the form in which it is sent, logged and stored.

The answer to a question with one field is a string, with several choices a list, with several blanks a
mapping; None means no answer. What was typed is stored unchanged, "0,22" too: only marking interprets it.
The store, the exam service and the pages convert between answers and responses here.
"""

from __future__ import annotations

import json
from typing import cast

from autograder.errors import Refused, TooLarge
from quizzes.content.question import Answer

__all__ = ["LARGEST", "answer_from", "is_blank", "response_from"]


LARGEST = 64 * 1024  # bytes of UTF-8
MOST_PARTS = 1000  # texts of one answer


def response_from(answer: Answer) -> str:
    """The response of an answer, as JSON text; raises Refused for other data and TooLarge above 64 KB."""
    parts: list[object] = [] if answer is None else [answer]
    if isinstance(answer, list | dict):
        parts = [*answer, *(answer.values() if isinstance(answer, dict) else ())]
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) < len(parts) or len(parts) > MOST_PARTS:
        raise Refused(
            "This is not an answer that a question can have.", next_step="Reload the page and answer again."
        )
    if (characters := sum(map(len, texts))) > LARGEST:
        raise _too_large(characters)
    response = json.dumps(answer, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        size = len(response.encode())
    except UnicodeEncodeError:
        raise Refused(
            "This answer has characters that are not text.",
            next_step="Type it again, or paste it as plain text.",
        ) from None
    if size > LARGEST:
        raise _too_large(size)
    return response


def _too_large(size: int) -> TooLarge:
    return TooLarge(
        f"This answer has {-(-size // 1024)} KB; an answer may have {LARGEST // 1024} KB.",
        next_step="Shorten it. What was saved before is kept.",
    )


def answer_from(response: str) -> Answer:
    """The answer of a response that `response_from` made."""
    return cast(Answer, json.loads(response))


def is_blank(answer: Answer) -> bool:
    """Whether nothing was answered: no value, only empty values, or only spaces."""
    if isinstance(answer, dict):
        return all(is_blank(value) for value in answer.values())
    if isinstance(answer, list):
        return all(is_blank(value) for value in answer)
    return answer is None or not answer.strip()
