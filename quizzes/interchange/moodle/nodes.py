"""Reads parts of Moodle XML: a value is an element's text, or that of its own `text`."""

from __future__ import annotations

import re

from quizzes.interchange.tracked_xml import Node

__all__ = ["content_of", "ignore", "value_of"]


OUTER_TAG = re.compile(r"^<[^>]*>|</[^<>]*>$")


def content_of(node: Node) -> str:
    """An element's text; its content as markup where somebody wrote HTML without CDATA."""
    if node.children:
        return OUTER_TAG.sub("", node.markup().strip()).strip()
    return node.own_text.strip()


def value_of(node: Node, name: str, default: str = "") -> str:
    """The text of the first child of this name, or of its own child `text`."""
    child = node.take_first(name)
    if child is None:
        return default
    inner = child.take_first("text")
    return (child.own_text.strip() if inner is None else content_of(inner)) or default


def ignore(node: Node, *names: str) -> None:
    """Count all children of these names as read, with everything in them."""
    for child in node.take(*names):
        child.use_all()
