"""Builds XML, writes it deterministically, and reads untrusted XML safely."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring as safely_read

from autograder.errors import UsageError

__all__ = ["element", "fragment", "inner_xml", "parsed", "text_of", "written"]

DEEPEST = 200  # elements in each other


def element(tag: str, attributes: Mapping[str, str] | None = None, *inside: Element | str) -> Element:
    """An element with attributes, and elements and texts inside."""
    made_element = Element(tag, dict(attributes or {}))
    last: Element | None = None
    for part in inside:
        if isinstance(part, Element):
            made_element.append(part)
            last = part
        elif last is None:
            made_element.text = (made_element.text or "") + part
        else:
            last.tail = (last.tail or "") + part
    return made_element


def fragment(html: str, tag: str = "div") -> Element:
    """Well-formed HTML inside an element."""
    return fromstring(f"<{tag}>{html.replace('&nbsp;', '&#160;')}</{tag}>")


def written(root: Element) -> bytes:
    """A document as UTF-8."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n").encode()


def parsed(data: bytes, name: str) -> Element:
    """A document without its namespaces.

    Raises UsageError for what is not XML, and for entities and outside references, which no package needs.
    """
    try:
        root: Element = safely_read(data, forbid_dtd=False)
    except DefusedXmlException as problem:
        raise UsageError(
            f"{name} declares entities or asks for other files.",
            next_step="Export the package anew, as QTI 1.2 or 2.1.",
        ) from problem
    except (ParseError, ValueError, LookupError) as problem:
        raise UsageError(f"{name} is not XML: {problem}.", next_step="Export the package anew.") from problem
    _flatten(root)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        node.attrib = {key.rpartition("}")[2]: value for key, value in node.attrib.items()}
    return root


def _flatten(root: Element) -> None:
    """Replace elements nested too deep for Python's stack by their text."""
    level = [root]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node]
    for node in level:
        text = "".join(node.itertext())
        for child in list(node):
            node.remove(child)
        node.text = text


def inner_xml(node: Element) -> str:
    """The content of an element as markup."""
    whole = tostring(node, encoding="unicode", short_empty_elements=True)
    start = whole.index(">") + 1
    return "" if whole[start - 2] == "/" else whole[start : whole.rindex("</")]


def text_of(node: Element | None) -> str:
    """All text in an element."""
    return "" if node is None else "".join(node.itertext()).strip()
