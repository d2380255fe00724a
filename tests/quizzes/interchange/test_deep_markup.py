"""Markup that is nested deeper than Python's stack: its words are kept, and the rest of a package too."""

from __future__ import annotations

import sys

import pytest

from quizzes.interchange.html_markup import markdown_of
from quizzes.interchange.xml_tree import parsed, written


@pytest.mark.parametrize("tag", ["div", "b", "span", "ul><li", "blockquote"])
@pytest.mark.parametrize("depth", [3000, 20_000])
def test_deep_html(tag: str, depth: int) -> None:
    """Its text stays, what is lost is said, and what is beside it is as it was."""
    lost: list[str] = []
    end = "".join(f"</{name}>" for name in reversed(tag.replace("<", "").split(">")))
    html = f"<p><em>before</em></p>{f'<{tag}>' * depth}words{end * depth}<p>after</p>"
    markdown = markdown_of(html, lost.append)
    assert "*before*" in markdown and "words" in markdown and "after" in markdown
    assert lost == ["HTML nested more than 100 deep was left out; its text is kept."]


def test_usual_html_is_not_deep() -> None:
    """Fifty levels are as they were."""
    lost: list[str] = []
    assert markdown_of(f"{'<div>' * 50}words{'</div>' * 50}", lost.append) == "words"
    assert lost == []


def test_deep_xml() -> None:
    """A document is read and can be written again."""
    depth = 10 * sys.getrecursionlimit()
    document = f"<item><p>before</p>{'<div>' * depth}words{'</div>' * depth}<p>after</p></item>"
    root = parsed(document.encode(), "item.xml")
    markup = written(root).decode()
    assert "before" in markup and "words" in markup and "after" in markup
