"""A submitted notebook as HTML of ours: escaped code, Markdown without HTML, formulas, pictures by address.

A notebook is a stranger's page: nothing of it reaches the browser as markup.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from autograder.pages.formulas import MathProblem, markdown_html, mathml
from autograder.site.file_store import FileStore
from autograder.submissions.notebook_text import NotebookText, notebook_text_of

__all__ = ["RenderedCell", "picture_of", "render_notebook"]

HEADING = re.compile(r"(</?h)([1-6])(?=>)")
PAGE_LEVEL, LOWEST = 2, 6  # of headings: the page's own above the notebook, and the lowest there is
PICTURES = ("image/png", "image/jpeg")
MOST_MATHML = 200_000  # characters of all formulas of a notebook
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class RenderedCell:
    """A cell as the page shows it; each output is a text, or a picture's address."""

    kind: str
    source: str
    html: Markup  # of Markdown
    outputs: list[tuple[str, str]]


def render_notebook(
    files: FileStore, digest: str, file: str, pictures: str
) -> tuple[list[RenderedCell], str]:
    """The cells of a submitted file, and why it cannot be shown, if so.

    A picture's address is `pictures` with its number, from 1.
    """
    text, many, level, left = _read(files, digest, file), 0, PAGE_LEVEL, MOST_MATHML

    def heading(match: re.Match[str]) -> str:
        """A tag of a heading, at most one level below the heading before it, so that no level is skipped."""
        nonlocal level
        if "/" not in match[1]:
            level = min(level + 1, LOWEST, int(match[2]) + PAGE_LEVEL)
        return f"{match[1]}{level}"

    def formula(tex: str, display: bool) -> str:
        """The markup of a formula; its source where it cannot be read or the page has enough of them."""
        nonlocal left
        source = str(escape(f"$${tex}$$" if display else f"${tex}$"))
        if left <= 0:
            return source
        try:
            markup = mathml(tex, display=display)
        except MathProblem:
            return source
        left -= len(markup)
        return markup

    def html_of(source: str) -> Markup:
        return Markup(HEADING.sub(heading, markdown_html(source, formula)))

    def output(kind: str, shown: str) -> tuple[str, str]:
        nonlocal many
        if kind in PICTURES:
            many += 1
            return "picture", f"{pictures}{many}"
        return ("error" if kind == "error" else "text"), COLOURS.sub("", shown)

    cells = [
        RenderedCell(
            cell.kind,
            cell.source,
            html_of(cell.source) if cell.kind == "markdown" else Markup(""),
            [output(kind, shown) for kind, shown in cell.outputs],
        )
        for cell in text.cells
    ]
    return cells, text.problem


def picture_of(files: FileStore, digest: str, file: str, number: int) -> tuple[str, bytes] | None:
    """The media type and the bytes of one picture of a submitted file; None if it has fewer."""
    outputs = (output for cell in _read(files, digest, file).cells for output in cell.outputs)
    pictures = [output for output in outputs if output[0] in PICTURES]
    if not 1 <= number <= len(pictures):
        return None
    kind, encoded = pictures[number - 1]
    return kind, base64.b64decode(encoded)


@lru_cache(maxsize=4)  # a page and its pictures ask one after another; each may have megabytes
def _read(files: FileStore, digest: str, file: str) -> NotebookText:
    return notebook_text_of(files.get(digest), file)
