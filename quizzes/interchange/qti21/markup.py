"""Turns authors' texts into the HTML and the MathML 2 that the schemas of QTI 2.1 allow."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from quizzes.interchange.html_markup import MATHML, xhtml
from quizzes.interchange.xml_tree import element, fragment

__all__ = ["flow", "labelled"]


MATH = f"{{{MATHML}}}"
STYLE = ("displaystyle", "scriptlevel")  # of MathML Core; MathML 2 has them on mstyle
TABLE = "mtable"
BLOCKS = ("p", "div", "ul", "ol", "pre", "table", "blockquote", "hr", "h1", "h2", "h3", "h4", "h5", "h6")
NOT_ALLOWED = {"ol": ("start",), "a": ("title",)}


def flow(text: str, tag: str = "div") -> Element:
    """A text inside an element that takes blocks."""
    content = fragment(xhtml(text), tag)
    _make_valid(content)
    return content


def labelled(text: str) -> Element:
    """A text before a gap: inline where it can be."""
    content = flow(text, "span")
    if any(node.tag in BLOCKS for node in content):
        content.tag = "div"
    return content


def _make_valid(root: Element) -> None:
    for node in list(root.iter()):
        for name in NOT_ALLOWED.get(node.tag, ()):
            node.attrib.pop(name, None)
        if not node.tag.startswith(MATH):
            continue
        name = node.tag.removeprefix(MATH)
        if name == "mtext":
            node.text = "".join(node.itertext())
            for child in list(node):
                node.remove(child)
        for child in list(node):
            _wrap(node, child)
        if name in ("math", "mstyle"):
            continue
        for attribute in STYLE:
            if not (name == TABLE and attribute == "displaystyle"):
                node.attrib.pop(attribute, None)


def _wrap(parent: Element, child: Element) -> None:
    """Put a style of MathML Core around the element that has it."""
    name = child.tag.removeprefix(MATH)
    kept = ("displaystyle",) if name in (TABLE, "mstyle", "math") else ()
    style = {
        attribute: child.attrib[attribute]
        for attribute in STYLE
        if attribute in child.attrib and attribute not in kept
    }
    if not style or name == "mstyle":
        return
    at, tail = list(parent).index(child), child.tail
    child.tail = None
    for attribute in style:
        del child.attrib[attribute]
    wrapper = element(f"{MATH}mstyle", style, child)
    wrapper.tail = tail
    parent.remove(child)
    parent.insert(at, wrapper)
