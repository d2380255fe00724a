"""A page taken apart by an HTML parser, to ask what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "ParsedPage", "parse"]

VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Element:
    """An element: its attributes, and the text of it and everything inside it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    words: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its text with white space made single."""
        return " ".join("".join(self.words).split())

    def find(self, tag: str) -> list[Element]:
        """Every element of this kind inside it."""
        found = [child for child in self.children if child.tag == tag]
        return found + [inner for child in self.children for inner in child.find(tag)]


class ParsedPage(HTMLParser):
    """All elements in order; fails on an end tag that closes something else."""

    def __init__(self) -> None:
        """Start with nothing open."""
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]
        self.elements: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        assert len(dict(attrs)) == len(attrs), f"an attribute of <{tag}> is given twice"
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open[-1])
        self.open[-1].children.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"
        if tag in ("td", "th", "dt", "dd"):
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        """Text belongs to everything that is open."""
        for element in self.open:
            element.words.append(data)

    def all(self, tag: str) -> list[Element]:
        """Every element of this kind."""
        return [element for element in self.elements if element.tag == tag]

    def by_id(self, name: str) -> Element:
        """The one element with this id."""
        (element,) = [element for element in self.elements if element.attributes.get("id") == name]
        return element

    @property
    def body(self) -> str:
        """The text a reader sees."""
        (body,) = self.all("body")
        return body.text

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The page without any of its words: tags and the names of their attributes, in order."""
        return [(element.tag, tuple(element.attributes)) for element in self.elements]


def parse(html: str) -> ParsedPage:
    """Take a page apart; fails when something in it is left open."""
    page = ParsedPage()
    page.feed(html)
    page.close()
    assert [element.tag for element in page.open] == [""], "something is left open"
    return page
