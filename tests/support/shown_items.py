"""Items as students see them: for tests that send them to other systems and back."""

from __future__ import annotations

import re
from typing import Any

from quizzes.content.markup import render

TEXTS = ("prompt", "explanation", "text", "feedback", "label", "left", "right", "model_answer")
MORE_TEXTS = ("options", "accept", "entries", "distractors")


def as_shown(data: Any) -> Any:
    """The data with texts as students see them: how a line is broken in a file does not matter."""
    if isinstance(data, dict):
        return {
            key: shown(value)
            if key in TEXTS and isinstance(value, str)
            else [shown(entry) if isinstance(entry, str) else as_shown(entry) for entry in value]
            if key in MORE_TEXTS
            else as_shown(value)
            for key, value in data.items()
        }
    return [as_shown(entry) for entry in data] if isinstance(data, list) else data


def shown(text: str) -> str:
    """A text as HTML, without the line breaks of its file."""
    return re.sub(r"\s+", " ", render(text)).strip()
