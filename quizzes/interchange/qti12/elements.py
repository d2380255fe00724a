"""The elements of QTI 1.2 items: texts, lists, text boxes and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from quizzes.interchange.xml_tree import element

__all__ = [
    "FULL",
    "GENERAL",
    "KIND_FIELD",
    "ItemParts",
    "box",
    "choices",
    "display_feedback",
    "equals",
    "material",
    "rule",
]


KIND_FIELD = "autograder_type"  # tells an ordering from the matching that Canvas gets
FULL = "100"
GENERAL = "general_fb"


@dataclass(frozen=True)
class ItemParts:
    """The parts of an item that depend on its kind."""

    kind: str
    responses: Sequence[Element]
    rules: Sequence[Element]
    fields: dict[str, str]
    below: str = ""  # HTML below the prompt
    explanation: str = ""  # HTML below the general feedback
    feedback: Sequence[tuple[str, str]] = ()


def material(text: str, kind: str = "text/html") -> Element:
    """A text."""
    return element("material", {}, element("mattext", {"texttype": kind}, text))


def equals(respondent: str, value: str, *, match_case: bool = False) -> Element:
    """The condition that a response is, or holds, this."""
    case = {"case": "Yes"} if match_case else {}
    return element("varequal", {"respident": respondent, **case}, value)


def rule(*conditions: Element, value: str = FULL, action: str = "Set") -> Element:
    """Points, of a hundred, under conditions; after `Add` the following rules apply as well."""
    test = element("conditionvar", {}, *conditions)
    scored = element("setvar", {"action": action, "varname": "SCORE"}, value)
    return element("respcondition", {"continue": "No" if action == "Set" else "Yes"}, test, scored)


def display_feedback(ident: str, respondent: str, value: str) -> Element:
    """Feedback for students who chose this value."""
    display = element("displayfeedback", {"feedbacktype": "Response", "linkrefid": ident})
    test = element("conditionvar", {}, equals(respondent, value))
    return element("respcondition", {"continue": "Yes"}, test, display)


def choices(ident: str, options: Sequence[tuple[str, str]], many: bool = False, about: str = "") -> Element:
    """A list of choices; `about` is the text above it."""
    labels = [element("response_label", {"ident": id}, material(text, "text/html")) for id, text in options]
    cardinality = {"ident": ident, "rcardinality": "Multiple" if many else "Single"}
    before = [material(about)] if about else []
    return element("response_lid", cardinality, *before, element("render_choice", {}, *labels))


def box(attributes: dict[str, str] | None = None) -> Element:
    """A text box."""
    label = element("response_label", {"ident": "answer1"})
    return element(
        "response_str",
        {"ident": "response1", "rcardinality": "Single"},
        element("render_fib", attributes or {}, label),
    )
