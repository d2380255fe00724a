"""Records what a reader used of an XML element, so that nothing unread is kept in silence.

A reader takes children by name, gets attributes and reads texts; `check_all_read` then looks for the rest.
What can only change how an item looks is listed by the format's reader; anything else leaves the item out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from quizzes.content.markup import unescaped
from quizzes.interchange.html_markup import LeftOut, Lost
from quizzes.interchange.xml_tree import FOREIGN, TOO_DEEP

__all__ = ["Node", "Unread", "check_all_read", "short"]


EVERYWHERE = "*"  # in a table of attributes: for every element


@dataclass(frozen=True)
class Unread:
    """A part of an item that no reader used."""

    kind: Literal["element", "attribute", "text"]
    tag: str  # of the element
    name: str = ""  # of the attribute, or the text
    value: str = ""


class Node:
    """An element whose reads are recorded."""

    def __init__(self, element: Element) -> None:
        self.tag, self._element = element.tag, element
        self.children = [Node(child) for child in element]
        self._got: set[str] = set()
        self._used = self._text_used = self._whole = False
        self.swapped = ""  # what stands for the text where a range was the wrong way round

    @property
    def size(self) -> int:
        """The number of elements in it, itself included."""
        return 1 + sum(child.size for child in self.children)

    def get(self, name: str, default: str = "") -> str:
        """An attribute."""
        self._got.add(name)
        return self._element.get(name, default).strip()

    def is_set(self, name: str, default: bool = False) -> bool:
        """Whether an attribute says yes."""
        return self.get(name, str(default)).lower() in ("true", "yes", "1")

    @property
    def attributes(self) -> dict[str, str]:
        """All attributes, for a reader that looks at each."""
        self._got |= set(self._element.keys())
        return dict(self._element.attrib)

    def take(self, *tags: str) -> list[Node]:
        """The children with these names, or all, which count as used."""
        taken = [child for child in self.children if not tags or child.tag in tags]
        for child in taken:
            child._used = True
        return taken

    def take_first(self, tag: str) -> Node | None:
        """The first child with this name; a second one stays unused."""
        child = next((child for child in self.children if child.tag == tag), None)
        if child is not None:
            child._used = True
        return child

    def all(self, *tags: str) -> Iterator[Node]:
        """The descendants with these names, in the document's order; looking at them uses none."""
        for child in self.children:
            if child.tag in tags:
                yield child
            yield from child.all(*tags)

    @property
    def own_text(self) -> str:
        """The text before the first child."""
        self._text_used = True
        return self._element.text or ""

    @property
    def tail(self) -> str:
        """The text after this element; whoever reads the parent's text reads it."""
        return self._element.tail or ""

    @property
    def text(self) -> str:
        """The element's text without its elements'."""
        return (self.own_text + "".join(child.tail for child in self.children)).strip()

    def markup(self) -> str:
        """The element with everything in it, which counts as used."""
        self.use_all()
        tail, self._element.tail = self._element.tail, None
        markup = tostring(self._element, encoding="unicode")
        self._element.tail = tail
        return markup

    def plain(self) -> str:
        """All text in the element, which counts as used."""
        self.use_all()
        return " ".join("".join(self._element.itertext()).split())

    def use_all(self) -> None:
        """Count the element and everything in it as used."""
        self._used = self._whole = True

    def unread(self) -> Iterator[Unread]:
        """What is left in this element, outermost first."""
        if self._whole:
            return
        for name, value in self._element.attrib.items():
            if name not in self._got:
                yield Unread("attribute", self.tag, name, value)
        if not self._text_used:
            text = (self._element.text or "") + "".join(child.tail for child in self.children)
            if text.strip():
                yield Unread("text", self.tag, short(text))
        for child in self.children:
            if child._used:
                yield from child.unread()
            else:
                yield Unread("element", child.tag)


def short(text: str) -> str:
    """The beginning of a text, on one line and without Markdown's backslashes."""
    words = unescaped(" ".join(text.split()))
    return words if len(words) <= 80 else f"{words[:79]}…"


def check_all_read(
    node: Node,
    harmless_elements: Collection[str],
    harmless_attributes: Mapping[str, Collection[str]],
    lost: Lost,
) -> None:
    """Raises LeftOut for what no reader used, unless it can only change how the item looks.

    Settings that belong to another system, and to no standard, are reported.
    """
    everywhere = harmless_attributes.get(EVERYWHERE, ())
    for part in node.unread():
        if part.tag == TOO_DEEP:
            raise LeftOut("it nests elements more than 200 deep")
        if part.kind == "element" and part.tag not in harmless_elements:
            raise LeftOut(f"its part “{part.tag}” is not known here and may change what is right")
        if part.kind == "text":
            raise LeftOut(f"the text “{part.name}” stands where none is expected")
        if part.kind == "attribute" and part.name.startswith(FOREIGN):
            name = part.name.removeprefix(FOREIGN)
            lost(f"A setting of the other system's own was passed over: {name}=“{short(part.value)}”.")
        elif part.kind == "attribute":
            is_looks = part.name in everywhere or part.name in harmless_attributes.get(part.tag, ())
            if not is_looks and not part.name.startswith(("data-", "aria-")):
                raise LeftOut(
                    f"the setting {part.name}=“{short(part.value)}” of its part “{part.tag}” is not known "
                    "here and may change what is right"
                )
