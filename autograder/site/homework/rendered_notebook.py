"""A submitted notebook as HTML of ours: code and texts escaped, Markdown without HTML, pictures as data.

A notebook is a stranger's page: nothing of it reaches the browser as markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markupsafe import Markup

from autograder.submissions.notebook_text import notebook_text_of

__all__ = ["RenderedCell", "render_notebook"]

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_inline"])
HEADING = re.compile(r"(</?h)([1-6])(?=>)")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class RenderedCell:
    """A cell as the page shows it; each output is a text, or a picture's address."""

    kind: str
    source: str
    html: Markup  # of Markdown
    outputs: list[tuple[str, str]]


def render_notebook(content: bytes, file: str) -> tuple[list[RenderedCell], str]:
    """The cells of a submitted file, and why it cannot be shown, if so."""
    text = notebook_text_of(content, file)
    cells = [
        RenderedCell(
            cell.kind,
            cell.source,
            _markdown(cell.source) if cell.kind == "markdown" else Markup(""),
            [_output(kind, shown) for kind, shown in cell.outputs],
        )
        for cell in text.cells
    ]
    return cells, text.problem


def _markdown(source: str) -> Markup:
    """The HTML of a text, its headings below those of the page."""
    html = MARKDOWN.render(source)
    return Markup(HEADING.sub(lambda match: f"{match[1]}{min(6, int(match[2]) + 2)}", html))


def _output(kind: str, text: str) -> tuple[str, str]:
    if kind in ("image/png", "image/jpeg"):
        return "picture", f"data:{kind};base64,{text}"
    return ("error" if kind == "error" else "text"), COLOURS.sub("", text)
