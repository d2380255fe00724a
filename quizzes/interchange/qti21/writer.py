"""QTI 2.1 (IMS, 2012): a document for each item with its own marking, and a test that asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from quizzes.content.items.any_item import Item
from quizzes.interchange.concrete import Section, id_of
from quizzes.interchange.html_markup import plain_words, xhtml
from quizzes.interchange.qti21.writer_items import RESPONSE, outcome, own_of, sets, variable
from quizzes.interchange.xml_tree import element, fragment, written

__all__ = ["item_document", "test_document"]


NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"


def test_document(name: str, title: str, sections: Sequence[Section]) -> bytes:
    """The test: a section for each question, or for what is drawn from."""
    parts = []
    for number, section in enumerate(sections, start=1):
        references = [
            element(
                "assessmentItemRef",
                {
                    "identifier": id_of(section.name, item.id),
                    "href": f"items/{item.id}.xml",
                    "fixed": "false",
                },
                element("weight", {"identifier": "POINTS", "value": f"{section.points:f}"}),
            )
            for item in section.items
        ]
        given = {"identifier": f"section-{number}", "title": section.name, "visible": "false"}
        select = (
            [element("selection", {"select": str(section.draw)})] if section.draw < len(references) else []
        )
        parts.append(element("assessmentSection", given, *select, *references))
    part = element(
        "testPart",
        {"identifier": "part", "navigationMode": "nonlinear", "submissionMode": "simultaneous"},
        *parts,
    )
    given = {"xmlns": NAMESPACE, "identifier": id_of(name), "title": title}
    return written(element("assessmentTest", given, part))


def _reference(section: Section, item: Item) -> Element:
    points = element("weight", {"identifier": "POINTS", "value": f"{section.points:f}"})
    given = {"identifier": id_of(section.name, item.id), "href": f"items/{item.id}.xml", "fixed": "false"}
    return element("assessmentItemRef", given, points)


def item_document(item: Item) -> bytes:
    """One item; SCORE is a share, its weight stands in the test."""
    own = own_of(item)
    images = [
        element("p", {}, element("img", {"src": f"../{one.file}", "alt": plain_words(one.alt)}))
        for one in item.images
    ]
    score = outcome("SCORE", "float", "0", normalMaximum="1")
    told = outcome("TOLD", "identifier", "explanation")
    chosen, rules = [], list(own.rules)
    if own.feedback:
        given = {"identifier": "CHOSEN", "cardinality": "multiple", "baseType": "identifier"}
        chosen = [element("outcomeDeclaration", given)]
        rules.append(sets("CHOSEN", element("multiple", {}, variable(RESPONSE))))
    shown = [_said("CHOSEN", ident, html) for ident, html in own.feedback]
    document = element(
        "assessmentItem",
        {
            "xmlns": NAMESPACE,
            "identifier": item.id,
            "title": item.id,
            "adaptive": "false",
            "timeDependent": "false",
        },
        *own.declared,
        score,
        told,
        *chosen,
        element("itemBody", {}, fragment(xhtml(item.prompt)), *images, *own.body),
        *([element("responseProcessing", {}, *rules)] if rules else []),
        *shown,
        _said("TOLD", "explanation", xhtml(item.explanation) + own.told),
    )
    return written(document)


def _said(outcome: str, ident: str, html: str) -> Element:
    given = {"outcomeIdentifier": outcome, "identifier": ident, "showHide": "show"}
    return element("modalFeedback", given, fragment(html))
