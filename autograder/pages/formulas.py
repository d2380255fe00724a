"""Markdown with TeX as HTML with MathML, on the server: pages need no script and no font from elsewhere.

The quizzes show their texts with it, and the site the texts of submitted notebooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from math_core import LatexError, LatexToMathML

__all__ = ["LONGEST_FORMULA", "MathProblem", "markdown_html", "mathml"]

# Characters. The library reads nested TeX by recursion: of some ten thousand levels the process would die.
LONGEST_FORMULA = 2000
ENTITY = re.compile(r"&(?!amp;|lt;|gt;|quot;|apos;)[A-Za-z]+;")
PIECE = re.compile(r"(```.*?```|`[^`]+`)|\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$", re.DOTALL)
# A formula's mark in the HTML; code and tags, where a formula stays as its source, come first.
MARK = re.compile("\ue000(\\d+)\ue001")
CODE_TAG_OR_MARK = re.compile(f"(<code[^>]*>.*?</code>|<[^>]*>)|{MARK.pattern}", re.DOTALL)
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_inline"])


class MathProblem(ValueError):
    """The TeX cannot be read."""


def mathml(tex: str, *, display: bool = False) -> str:
    """The formula as well-formed MathML Core with the TeX as alternative text; raises MathProblem."""
    if len(tex) > LONGEST_FORMULA:
        raise MathProblem(
            f"${tex[:60]}$ has {len(tex)} characters; the longest formula that is shown has {LONGEST_FORMULA}"
        )
    try:
        markup = LatexToMathML(fancy_error=False).convert_with_local_state(tex, displaystyle=display)
    except LatexError as problem:
        why = str(problem).rstrip(".")
        raise MathProblem(f"${tex[:60]}$ is not TeX that can be shown: {why}") from problem
    # HTML's own names of signs are unknown to XML; the signs themselves are known to both.
    markup = ENTITY.sub(lambda match: unescape(match[0]), markup)
    try:
        ElementTree.fromstring(markup)
    except ElementTree.ParseError as problem:
        raise MathProblem(f"${tex[:60]}$ gives MathML that is not well formed: {problem}") from problem
    return markup.replace("<math", f'<math alttext="{escape(" ".join(tex.split()))}"', 1)


def markdown_html(text: str, formula: Callable[[str, bool], str]) -> str:
    """Markdown as HTML, without the HTML and the pictures that the text asks for.

    `formula` makes the markup of the TeX between dollars, and is told whether the formula is displayed.
    """
    formulas: list[tuple[str, str]] = []  # source, markup

    def placeholder(match: re.Match[str]) -> str:
        if match[1]:
            return match[1]
        formulas.append((match[0], formula(match[2] or match[3], bool(match[2]))))
        return f"\ue000{len(formulas) - 1}\ue001"

    def source(match: re.Match[str]) -> str:
        return escape(formulas[int(match[1])][0])

    html = MARKDOWN.render(PIECE.sub(placeholder, re.sub("[\ue000\ue001]", "", text)))
    # Markup in an attribute, such as a link's title, would end it and begin another one.
    return CODE_TAG_OR_MARK.sub(
        lambda match: MARK.sub(source, match[1]) if match[1] else formulas[int(match[2])][1], html
    )
