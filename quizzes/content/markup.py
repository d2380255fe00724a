"""TeX as MathML, on the server: pages need no script and no font from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from html import escape, unescape
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from math_core import LatexError, LatexToMathML

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


ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)[A-Za-z]+;")


class MathProblem(ValueError):
    """The TeX cannot be read."""


@lru_cache(maxsize=4096)
def mathml(tex: str, *, display: bool = False) -> str:
    """The formula as well-formed MathML Core with the TeX as alternative text; raises MathProblem."""
    try:
        markup = LatexToMathML(fancy_error=False).convert_with_local_state(tex, displaystyle=display)
    except LatexError as problem:
        raise MathProblem(f"${tex[:60]}$ is not TeX that can be shown: {problem}") from problem
    # HTML's own names of signs are unknown to XML; the signs themselves are known to both.
    markup = ENTITY.sub(lambda match: unescape(match[0]), markup)
    try:
        ElementTree.fromstring(markup)
    except ElementTree.ParseError as problem:
        raise MathProblem(f"${tex[:60]}$ gives MathML that is not well formed: {problem}") from problem
    return markup.replace("<math", f'<math alttext="{escape(" ".join(tex.split()))}"', 1)


PLACE = re.compile(r"\[\[\s*([^\W\d]\w*)(?::([+]?\.\d[feg]))?\s*\]\]")
PIECE = re.compile(r"(```.*?```|`[^`]+`)|\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$", re.DOTALL)
MARK = re.compile("\ue000(\\d+)\ue001")
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_inline"])


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
    formulas: list[str] = []

    def placeholder(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        formulas.append(mathml(match[2] or match[3], display=bool(match[2])))
        return f"\ue000{len(formulas) - 1}\ue001"

    if not text.strip():
        return ""
    html = MARKDOWN.render(PIECE.sub(placeholder, re.sub("[\ue000\ue001]", "", text))).strip()
    if html.count("<p>") == 1 and html.startswith("<p>") and html.endswith("</p>"):
        html = html[3:-4]  # one paragraph stands in a place that has its own
    return MARK.sub(lambda match: formulas[int(match[1])], html)
