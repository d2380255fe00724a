"""A submitted notebook as a page's part: its headings, its formulas, and no markup of a stranger."""

from __future__ import annotations

import json
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.pages.formulas import LONGEST_FORMULA, markdown_html, mathml
from autograder.site.file_store import FileStore
from autograder.site.homework.rendered_notebook import MOST_MATHML, PAGE_LEVEL, render_notebook

TEXTS = [
    "# One\n\n### Three\n\n##### Five",
    "###### Six\n\n# One",
    "no heading",
    "## Two",
    "Title\n=====\n\n#### Four",
]
HOSTILE = (
    *("$", "$$", "`", "```", "~~~", "\\", "\n\n", "    ", "[x](u '", "')", "<a b='", "<script>", "</math>"),
    *(
        r"\text{",
        "}",
        "x onmouseover=alert(1) y",
        r"\frac{a}{b}",
        '"',
        "'",
        "&",
        "\ue000" + "0\ue001",
        "|",
        "#",
    ),
    *("[", "](", ")", "javascript:alert(1)", r"\href{javascript:alert(1)}{x}", r"\class{c}{x}"),
)


def test_no_level_of_headings_is_skipped(tmp_path: Path) -> None:
    """Whatever levels the cells use, and in whatever order; each heading is closed as it was opened."""
    files = FileStore(tmp_path)
    for texts in (TEXTS, TEXTS[::-1], TEXTS[1:]):
        cells = [{"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": []}]
        cells += [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
        notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
        digest = files.put(json.dumps(notebook).encode())
        rendered, problem = render_notebook(files, digest, "tiny.ipynb", "/pictures/")
        html = "".join(cell.html for cell in rendered)
        opened, closed = (list(map(int, re.findall(rf"<{slash}h([1-6])>", html))) for slash in ("", "/"))
        assert (
            problem == ""
            and opened == closed
            and len(opened) == sum(text.count("# ") for text in texts) + sum("===" in text for text in texts)
        )
        before = PAGE_LEVEL
        for level in opened:
            assert PAGE_LEVEL < level <= before + 1
            before = level


def html_of(tmp_path: Path, *texts: str) -> list[str]:
    """The texts of a notebook's Markdown cells as the page shows them."""
    files = FileStore(tmp_path)
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
    cells.append({"cell_type": "code", "metadata": {}, "source": "x = 1", "outputs": []})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    rendered, problem = render_notebook(files, files.put(json.dumps(notebook).encode()), "tiny.ipynb", "/p/")
    assert problem == ""
    return [str(cell.html).strip() for cell in rendered[:-1]]


def test_formulas_are_shown(tmp_path: Path) -> None:
    """A formula in a sentence, and one of several lines on its own; Markdown beside them is Markdown."""
    fraction, equation = r"\frac{a_1}{b_1}", "\nx_1\n= y_1\n"
    inline, displayed = html_of(tmp_path, f"*So* ${fraction}$ holds.", f"$${equation}$$")
    assert inline == f"<p><em>So</em> {mathml(fraction)} holds.</p>"
    assert displayed == f"<p>{mathml(equation, display=True)}</p>"
    assert "<mfrac>" in inline
    assert 'display="block"' in displayed


def test_what_is_no_formula_stays(tmp_path: Path) -> None:
    """Unreadable TeX, TeX in code of any kind, and a dollar alone are shown as they were written."""
    texts = (
        (r"$\nothing{x}$", r"<p>$\nothing{x}$</p>"),
        (r"$\href{javascript:alert(1)}{x}$", r"<p>$\href{javascript:alert(1)}{x}$</p>"),
        ("`$x$`", "<p><code>$x$</code></p>"),
        ("~~~\n$x$ & $y$\n~~~", "<pre><code>$x$ &amp; $y$\n</code></pre>"),
        ("    $x$", "<pre><code>$x$\n</code></pre>"),
        ("It costs 5 $.", "<p>It costs 5 $.</p>"),
    )
    assert html_of(tmp_path, *(text for text, _ in texts)) == [html for _, html in texts]


@pytest.mark.parametrize("level", ["{", r"\sqrt{", "x^{", r"\left(", r"\begin{matrix}"])
def test_formulas_are_bounded(tmp_path: Path, level: str) -> None:
    """Deep nesting and many formulas cost neither the process nor the page's size; what is left is source."""
    deep = level * (18_000 // len(level))
    [html] = html_of(tmp_path, f"${deep}$")
    assert html == f"<p>${deep}$</p>"
    as_deep_as_shown = level * (LONGEST_FORMULA // (len(level) + 1) - 1)
    mathml_or_source = "".join(html_of(tmp_path, f"${as_deep_as_shown}{'}' * as_deep_as_shown.count('{')}$"))
    assert len(mathml_or_source) < 30 * LONGEST_FORMULA


def test_enough_formulas_for_a_page(tmp_path: Path) -> None:
    """A notebook of formulas alone shows the first ones, and the source of the rest."""
    html = "".join(html_of(tmp_path, *["$x$ " * 4000] * 7))
    shown = html.count(mathml("x"))
    assert MOST_MATHML <= shown * len(mathml("x")) < MOST_MATHML + LONGEST_FORMULA
    assert html.count("$x$") == 4000 * 7 - shown


AROUND = ("{}", "${}$", "[x](u '${}$')", "[x](${}$)", "~~~\n${}$\n~~~", "| a |\n|---|\n| ${}$ |")


class Reader(HTMLParser):
    """What a browser would make of a text: its tags and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}


@given(st.sampled_from(AROUND), st.lists(st.sampled_from(HOSTILE), max_size=10).map("".join))
@settings(max_examples=150, deadline=None)
def test_no_markup_of_a_stranger(around: str, text: str) -> None:
    """Whatever a text mixes of Markdown, HTML and TeX: no script, no handler, no attribute but ours."""
    reader = Reader()
    reader.feed(
        markdown_html(around.format(text), lambda tex, display: f'<math alttext="{escape(tex)}"></math>')
    )
    assert not reader.tags & {"script", "img", "iframe", "style", "svg", "form", "input"}
    assert {name for name, _ in reader.attributes} <= {"alttext", "href", "title", "class", "start"}
    assert not [
        value for name, value in reader.attributes if name == "href" and value.startswith("javascript")
    ]


def test_a_formula_in_a_title_is_text() -> None:
    """Markup in an attribute would end it, and what stands in the formula would become attributes."""
    html = markdown_html("[x](u '$onmouseover=alert(1)$')", lambda tex, display: f'<math alttext="{tex}">')
    assert html == '<p><a href="u" title="$onmouseover=alert(1)$">x</a></p>\n'
