"""XML elements that remember which of their parts were read, so that nothing unread goes unsaid."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from quizzes.interchange.xml_tree import inner_xml

__all__ = ["Node"]


class Node:
    """An element; whoever asks for a child or an attribute has read it."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._nodes = [Node(child) for child in element]
        self._read: set[int] = set()
        self._attributes: set[str] = set()

    @property
    def name(self) -> str:
        """The tag."""
        return self._element.tag

    def attribute(self, name: str, default: str = "") -> str:
        """An attribute."""
        self._attributes.add(name)
        return self._element.get(name, default).strip()

    def child(self, name: str) -> Node | None:
        """The first child of this name."""
        for number, node in enumerate(self._nodes):
            if node.name == name:
                self._read.add(number)
                return node
        return None

    def children(self, name: str) -> list[Node]:
        """All children of this name."""
        found = [(number, node) for number, node in enumerate(self._nodes) if node.name == name]
        self._read |= {number for number, _ in found}
        return [node for _, node in found]

    def value(self, name: str, default: str = "") -> str:
        """The text of a child, or of its own child `text`."""
        node = self.child(name)
        if node is None:
            return default
        inner = node.child("text")
        return (node if inner is None else inner).text() or default

    def text(self) -> str:
        """The element's own text, or its content as markup if it has elements in it."""
        self._read |= set(range(len(self._nodes)))
        if self._nodes:
            for node in self._nodes:
                node.ignore_all()
            return inner_xml(self._element).strip()
        return (self._element.text or "").strip()

    def replace_text(self, text: str) -> None:
        """Give the child `text`, or the element itself, another text."""
        inner = self.child("text")
        if inner is not None:
            inner.replace_text(text)
            return
        for child in list(self._element):
            self._element.remove(child)
        self._nodes, self._element.text = [], text

    def own_text(self) -> str:
        """The text before the first child."""
        return (self._element.text or "").strip()

    def ignore(self, *names: str) -> None:
        """Count all children of these names as read, with everything in them."""
        for name in names:
            for node in self.children(name):
                node.ignore_all()

    def ignore_all(self) -> None:
        """Count everything in the element as read."""
        self._read |= set(range(len(self._nodes)))
        self._attributes |= set(self._element.keys())
        for node in self._nodes:
            node.ignore_all()

    def unread(self) -> Iterator[str]:
        """What nobody has asked for, as `<tag>` or `name="…"`."""
        for name in set(self._element.keys()) - self._attributes:
            yield f'{name}="…" of <{self.name}>'
        for number, node in enumerate(self._nodes):
            if number in self._read:
                yield from node.unread()
            else:
                yield f"<{node.name}>"
