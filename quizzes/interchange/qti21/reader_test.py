"""Reads QTI 2.1 tests for what a bank cannot hold: draws, shared texts, conditions, and items' weights."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from xml.etree.ElementTree import Element

from quizzes.interchange.tracked_xml import Node, short

__all__ = ["weights_of"]


CONDITIONS = {"preCondition": "A condition on when it is shown", "branchRule": "A jump to another question"}


def weights_of(test: Element, document: str, lost: Callable[[str, str], None]) -> dict[str, str]:
    """The weights of a test's items by their documents; `lost` is called with a section and a loss."""
    weights: dict[str, str] = {}
    folder = posixpath.dirname(document)
    for node in Node(test).all("assessmentSection", "assessmentItemRef", "testPart"):
        name = node.get("title") or node.get("identifier") or node.tag
        for child in node.children:
            if child.tag == "selection":
                drawn = child.get("select")
                lost(
                    name,
                    f"How many of its questions are drawn, {drawn}, is lost: write `draw` in the quiz file.",
                )
            elif child.tag == "rubricBlock" and (words := child.plain()):
                lost(name, f"A text that its questions share was left out: “{short(words)}”.")
            elif child.tag in CONDITIONS:
                lost(name, f"{CONDITIONS[child.tag]} was left out.")
            elif child.tag == "timeLimits":
                lost(name, "A time limit of its own was left out.")
            elif child.tag == "assessmentSectionRef":
                lost(name, f"The section {child.get('href')} was left out: it stands in another file.")
            elif child.tag == "weight" and node.tag == "assessmentItemRef":
                path = posixpath.normpath(posixpath.join(folder, node.get("href")))
                weights[path] = child.get("value")
    return weights
