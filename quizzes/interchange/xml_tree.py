"""Small helpers for XML: building it, writing it with the same bytes each time, and reading it with care."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring as safely_read

from autograder.errors import UsageError

__all__ = ["element", "fragment", "inner_xml", "parsed", "text_of", "written"]


MATHML = "http://www.w3.org/1998/Math/MathML"


def element(tag: str, given: Mapping[str, str] | None = None, *inside: Element | str) -> Element:
    """An element with attributes, and elements and texts inside."""
    made = Element(tag, dict(given or {}))
    last: Element | None = None
    for one in inside:
        if isinstance(one, Element):
            made.append(one)
            last = one
        elif last is None:
            made.text = (made.text or "") + one
        else:
            last.tail = (last.tail or "") + one
    return made


def fragment(html: str, tag: str = "div") -> Element:
    """Well-formed HTML inside an element."""
    return fromstring(f"<{tag}>{html.replace('&nbsp;', '&#160;')}</{tag}>")


def written(root: Element) -> bytes:
    """A document as UTF-8."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n").encode()


def parsed(data: bytes, name: str) -> Element:
    """A document without its namespaces, formulas' apart from MathML's own.

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
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2] if isinstance(one.tag, str) else ""
        one.attrib = {key.rpartition("}")[2]: value for key, value in one.attrib.items()}
    return root


def inner_xml(one: Element) -> str:
    """What is inside an element, as markup."""
    whole = tostring(one, encoding="unicode", short_empty_elements=True)
    start = whole.index(">") + 1
    return "" if whole[start - 2] == "/" else whole[start : whole.rindex("</")]


def text_of(one: Element | None) -> str:
    """All text inside an element."""
    return "" if one is None else "".join(one.itertext()).strip()
