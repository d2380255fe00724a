"""Writes a quiz as QTI 2.1 (IMS, 2012): a document per item with its marking, and a test document."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from quizzes.content.items.any_item import Item
from quizzes.interchange.concrete import Section, id_of
from quizzes.interchange.html_markup import plain_words
from quizzes.interchange.qti21.markup import flow
from quizzes.interchange.qti21.writer_items import RESPONSE, outcome, parts_of_item, sets, variable
from quizzes.interchange.xml_tree import element, written

__all__ = ["item_document", "test_document"]


NAMESPACE = "http://www.imsglobal.org/xsd/imsqti_v2p1"


def test_document(name: str, title: str, sections: Sequence[Section]) -> bytes:
    """The test: a section for each question or pool."""
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
        attributes = {"identifier": f"section-{number}", "title": section.name, "visible": "false"}
        select = (
            [element("selection", {"select": str(section.draw)})] if section.draw < len(references) else []
        )
        parts.append(element("assessmentSection", attributes, *select, *references))
    part = element(
        "testPart",
        {"identifier": "part", "navigationMode": "nonlinear", "submissionMode": "simultaneous"},
        *parts,
    )
    attributes = {"xmlns": NAMESPACE, "identifier": id_of(name), "title": title}
    return written(element("assessmentTest", attributes, part))


def item_document(item: Item) -> bytes:
    """One item; SCORE is a share, and its weight is in the test."""
    parts = parts_of_item(item)
    images = [
        element("p", {}, element("img", {"src": f"../{image.file}", "alt": plain_words(image.alt)}))
        for image in item.images
    ]
    score = outcome("SCORE", "float", "0", normalMaximum="1")
    explanation_outcome = outcome("TOLD", "identifier", "explanation")
    chosen, rules = [], list(parts.rules)
    if parts.feedback:
        attributes = {"identifier": "CHOSEN", "cardinality": "multiple", "baseType": "identifier"}
        chosen = [element("outcomeDeclaration", attributes)]
        rules.append(sets("CHOSEN", element("multiple", {}, variable(RESPONSE))))
    feedbacks = [_text_of("CHOSEN", ident, flow(text)) for ident, text in parts.feedback]
    explanation = flow(item.explanation)
    if parts.model_answer:
        model_answer = flow(parts.model_answer)
        model_answer.set("class", "model-answer")
        explanation = element("div", {}, explanation, model_answer)
    document = element(
        "assessmentItem",
        {
            "xmlns": NAMESPACE,
            "identifier": item.id,
            "title": item.id,
            "adaptive": "false",
            "timeDependent": "false",
        },
        *parts.declared,
        score,
        explanation_outcome,
        *chosen,
        element("itemBody", {}, flow(item.prompt), *images, *parts.body),
        *([element("responseProcessing", {}, *rules)] if rules else []),
        *feedbacks,
        _text_of("TOLD", "explanation", explanation),
    )
    return written(document)


def _text_of(outcome: str, ident: str, content: Element) -> Element:
    attributes = {"outcomeIdentifier": outcome, "identifier": ident, "showHide": "show"}
    return element("modalFeedback", attributes, content)
