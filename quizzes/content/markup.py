"""The texts of quizzes: values written in, Markdown with formulas as HTML, and strangers' texts escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from autograder.pages.formulas import MathProblem, markdown_html, mathml
from quizzes.content.written_numbers import decimal_text

__all__ = [
    "PLACE",
    "MathProblem",
    "TextProblem",
    "escaped",
    "fill",
    "mathml",
    "names_in",
    "render",
    "shown_values",
    "unescaped",
]


_mathml = lru_cache(maxsize=4096)(mathml)
PLACE = re.compile(r"\[\[\s*([^\W\d]\w*)(?::([+]?\.\d[feg]))?\s*\]\]")


class TextProblem(ValueError):
    """A text names a value that the item does not have."""


def names_in(text: str) -> set[str]:
    """The values a text asks for."""
    return {match[1] for match in PLACE.finditer(text)}


def fill(text: str, values: Mapping[str, Decimal]) -> str:
    """The text with its values written in; raises TextProblem for an unknown name."""

    def value_of(match: re.Match[str]) -> str:
        name, form = match[1], match[2]
        if name not in values:
            raise TextProblem(f"[[{name}]] is neither a parameter nor a derived value of this item")
        return format(values[name], form) if form else decimal_text(values[name])

    return PLACE.sub(value_of, text)


def shown_values(text: str, values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The values that a text shows, as a reader gets them: rounded to the digits that are written."""
    return {
        match[1]: Decimal(format(values[match[1]], match[2]) if match[2] else decimal_text(values[match[1]]))
        for match in PLACE.finditer(text)
        if match[1] in values
    }


def escaped(text: str) -> str:
    """A stranger's text on one line, so that Markdown shows it as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def unescaped(text: str) -> str:
    """What `escaped` was given, on one line."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)


@lru_cache(8192)  # numbers come from small ranges: many students read the same text
def render(text: str) -> str:
    """HTML with MathML; raises MathProblem for TeX that cannot be read."""
    if not text.strip():
        return ""
    html = markdown_html(text, lambda tex, display: _mathml(tex, display=display)).strip()
    if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
        html = html[3:-4]  # one paragraph stands in a place that has its own
    return html
