"""Builds XML, writes it deterministically, and reads untrusted XML safely."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.entities import html5
from xml.etree.ElementTree import Element, ParseError, fromstring, register_namespace, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring as safely_read

from autograder.errors import UsageError

__all__ = ["FOREIGN", "TOO_DEEP", "element", "fragment", "parsed", "text_of", "written"]

DEEPEST = 200  # elements in each other
UNDEFINED_ENTITY = 11  # expat's code
ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,30});")
FOREIGN = "foreign:"  # before the name of an attribute that belongs to no standard
KNOWN_NAMESPACES = ("{http://www.w3.org/", "{http://www.imsglobal.org/", "{http://ltsc.ieee.org/")
TOO_DEEP = "nested-too-deep"  # what such an element is called, so that a reader reports it
register_namespace("m", "http://www.w3.org/1998/Math/MathML")  # the prefix that other systems write, too


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
        root = _read(data)
    except DefusedXmlException as problem:
        raise UsageError(
            f"{name} declares entities or asks for other files.",
            next_step="Export the package anew, as QTI 1.2 or 2.1.",
        ) from problem
    except ParseError as problem:
        line, column = problem.position
        raise UsageError(
            f"{name} is not XML: it is damaged in line {line}, column {column + 1}.",
            next_step="Export the package anew.",
        ) from problem
    except (ValueError, LookupError) as problem:
        raise UsageError(
            f"{name} is not XML that can be read: its encoding is unknown.",
            next_step="Export the package anew, in UTF-8.",
        ) from problem
    _flatten(root)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""
        node.attrib = {_attribute(key): value for key, value in node.attrib.items()}
    return root


def _attribute(key: str) -> str:
    """An attribute's name; one of another system's own namespace is marked as such."""
    namespace, _, name = key.rpartition("}")
    is_known = not namespace or namespace.startswith(KNOWN_NAMESPACES)
    return name if is_known else f"{FOREIGN}{name}"


def _read(data: bytes) -> Element:
    """The document; names of signs that only HTML knows, such as &nbsp;, are read all the same."""
    try:
        root: Element = safely_read(data, forbid_dtd=False)
    except ParseError as problem:
        if problem.code != UNDEFINED_ENTITY:
            raise
        root = safely_read(ENTITY.sub(_sign, data), forbid_dtd=False)
    return root


def _sign(match: re.Match[bytes]) -> bytes:
    name = match[1].decode("ascii")
    sign = html5.get(f"{name};")
    return match[0] if sign is None else "".join(f"&#{ord(part)};" for part in sign).encode("ascii")


def _flatten(root: Element) -> None:
    """Replace elements nested too deep for Python's stack by their text, under a name of its own."""
    level = [root]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node]
    for node in level:
        if not len(node):
            continue
        text = "".join(node.itertext())
        for child in list(node):
            node.remove(child)
        node.text = text
        node.tag = TOO_DEEP


def text_of(node: Element | None) -> str:
    """All text in an element."""
    return "" if node is None else "".join(node.itertext()).strip()
