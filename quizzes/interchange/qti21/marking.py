"""What QTI 2.1 items are made of: declarations, mappings, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from quizzes.interchange.xml import element

__all__ = [
    "RESPONSE",
    "Own",
    "constant",
    "declared",
    "exactly",
    "full",
    "mapped",
    "mapping",
    "outcome",
    "sets",
    "variable",
    "when",
]

RESPONSE = "RESPONSE"


@dataclass(frozen=True)
class Own:
    """What a kind of item has of its own; rules add to SCORE, which is of 1 until it is weighted."""

    declared: Sequence[Element]
    body: Sequence[Element]
    rules: Sequence[Element]
    feedback: Sequence[tuple[str, str]] = ()  # by the choice's id, HTML
    told: str = ""  # HTML after the explanation


def declared(
    ident: str, kind: str, values: Sequence[str], cardinality: str = "single", shares: Element | None = None
) -> Element:
    """The declaration of a response with what is right, and what single values are worth."""
    right = element("correctResponse", {}, *(element("value", {}, one) for one in values))
    given = {"identifier": ident, "cardinality": cardinality, "baseType": kind}
    made = element("responseDeclaration", given)
    made.extend([right] if values else [])
    made.extend([shares] if shares is not None else [])
    return made


def mapping(entries: Sequence[tuple[str, str]], default: str = "0", **more: str) -> Element:
    """What each value is worth, all together from 0 to 1."""
    mapped = [element("mapEntry", {"mapKey": key, "mappedValue": value, **more}) for key, value in entries]
    return element("mapping", {"lowerBound": "0", "upperBound": "1", "defaultValue": default}, *mapped)


def variable(name: str) -> Element:
    """A variable's value."""
    return element("variable", {"identifier": name})


def constant(value: str) -> Element:
    """A number."""
    return element("baseValue", {"baseType": "float"}, value)


def sets(name: str, what: Element) -> Element:
    """Give an outcome its value."""
    return element("setOutcomeValue", {"identifier": name}, what)


def when(condition: Element, *then: Element) -> Element:
    """Do something if a condition holds."""
    return element("responseCondition", {}, element("responseIf", {}, condition, *then))


def exactly(ident: str = RESPONSE) -> Element:
    """Full marks for just the right response."""
    return when(element("match", {}, variable(ident), element("correct", {"identifier": ident})), full())


def full() -> Element:
    """Full marks."""
    return sets("SCORE", constant("1"))


def mapped(ident: str = RESPONSE) -> Element:
    """What the mapping says."""
    return sets("SCORE", element("mapResponse", {"identifier": ident}))


def outcome(ident: str, kind: str, default: str, **more: str) -> Element:
    """The declaration of an outcome."""
    given = {"identifier": ident, "cardinality": "single", "baseType": kind, **more}
    return element("outcomeDeclaration", given, element("defaultValue", {}, element("value", {}, default)))
