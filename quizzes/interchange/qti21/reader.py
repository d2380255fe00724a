"""Reads the parts of one QTI 2.1 or 2.2 item: declarations, body, interactions and feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from xml.etree.ElementTree import Element

from bs4 import BeautifulSoup

from quizzes.interchange.answer_keys import (
    Response,
)
from quizzes.interchange.html_markup import LeftOut, Lost, markdown_of
from quizzes.interchange.package import Pictures
from quizzes.interchange.qti21.body import PLACES, Body, Feedback
from quizzes.interchange.qti21.processing import Declaration, Processing
from quizzes.interchange.ranges import decimal_of
from quizzes.interchange.tracked_xml import Node, short

__all__ = ["NONE", "Reader"]


NONE = "No explanation came with it."


class Reader:
    """Reads one item; every part that it uses is recorded."""

    def __init__(self, document: Element, lost: Lost, pictures: Pictures) -> None:
        self.node, self.lost = Node(document), lost
        self._pictures = pictures
        if self.node.is_set("adaptive"):
            raise LeftOut("it is answered in several steps that depend on each other")
        if self.node.take("templateDeclaration", "templateProcessing"):
            raise LeftOut("its numbers or texts are drawn by the other system's own rules")
        self.declared = {
            declaration.ident: declaration
            for declaration in map(_declaration, self.node.take("responseDeclaration"))
        }
        self.body = Body(lost)
        self.html = "".join(self.body.html(body) for body in self.node.take("itemBody"))
        self.interactions = self.body.interactions
        self.processing = Processing(self.node, self.declared, lost)
        self.body.take_modal(self.node)
        hiding = {
            feedback.shown_by for feedback in self.body.feedback if feedback.shown_by.startswith("not ")
        }
        self.processing.hiding = {shown_by.removeprefix("not ") for shown_by in hiding}
        self.explanation: list[str] = []

    def words(self, html: str) -> str:
        """HTML as Markdown; what cannot be shown is reported."""
        return markdown_of(PLACES.sub("", html), self.lost)

    def strict_words(self, html: str) -> str:
        """The Markdown of an option; raises LeftOut if something in it cannot be shown."""

        def refuse(sentence: str) -> None:
            raise LeftOut(f"an option cannot be shown here: {sentence.rstrip('.')}")

        return markdown_of(html, refuse)

    def declaration(self, interaction: Node) -> Declaration:
        """The declaration of an interaction's response."""
        ident = interaction.get("responseIdentifier")
        if ident not in self.declared:
            raise LeftOut("what it asks for is declared nowhere, so that it has no key")
        return self.declared[ident]

    def choices(self, interaction: Node, *tags: str) -> dict[str, str]:
        """The entries of an interaction by id, as Markdown; an empty one is dropped.

        Raises LeftOut if two have the same id, since nobody knows which is right.
        """
        texts: dict[str, str] = {}
        for node in interaction.take(*tags):
            ident = node.get("identifier")
            _refuse_templates(node)
            if ident in texts:
                raise LeftOut(f"two of its options have the same identifier, “{ident}”")
            texts[ident] = self.strict_words(self.body.option_html(node, ident))
        for ident in [ident for ident, text in texts.items() if not text]:
            del texts[ident]
            self.lost("An empty option was dropped.")
        return texts

    def prompt(self) -> str:
        """The text that asks, as HTML: the body, then the interactions' own prompts."""
        prompts = [
            f"<div>{self.body.html(node, inside_interaction=True)}</div>"
            for interaction in self.interactions
            for node in interaction.take("prompt")
        ]
        return self.html + "".join(prompts)

    def place_feedback(self, probes: Sequence[Mapping[str, Response]]) -> None:
        """Feedback that all answers show, or none, is explanation; other feedback is reported."""
        shown = [self.processing(probe).shown for probe in probes]
        left: list[Feedback] = []
        for feedback in self.body.feedback:
            times = sum(feedback.shown_by in idents for idents in shown)
            depends = feedback.shown_by.split()[-1] in self.processing.identifiers
            if not feedback.option and (times == len(shown) or (not times and not depends)):
                self.explanation.append(feedback.html)
            else:
                left.append(feedback)
        self.body.feedback = left

    def report_feedback(self) -> None:
        """Report the feedback that was not taken over."""
        for feedback in self.body.feedback:
            words = " ".join(BeautifulSoup(feedback.html, "html.parser").get_text(" ").split())
            self.lost(f"Feedback that depends on the answer was left out: “{short(words)}”.")


def _declaration(node: Node) -> Declaration:
    declaration = Declaration(node.get("identifier"), node.get("cardinality", "single"), node.get("baseType"))
    if declaration.cardinality == "record":
        raise LeftOut("its answer has several parts of different kinds")
    for correct in node.take("correctResponse"):
        correct.get("interpretation")
        for value in correct.take("value"):
            value.get("baseType")
            declaration.correct.append(value.text)
    for mapping in node.take("mapping"):
        declaration.has_mapping = True
        declaration.default = _number(mapping.get("defaultValue", "0"))
        for name in ("lowerBound", "upperBound"):
            if (bound := decimal_of(mapping.get(name))) is not None:
                setattr(declaration, "least" if name == "lowerBound" else "most", Fraction(bound))
        for entry in mapping.take("mapEntry"):
            worth = _number(entry.get("mappedValue", "0"))
            declaration.mapping.append((entry.get("mapKey"), worth, entry.is_set("caseSensitive", True)))
    for default in node.take("defaultValue"):
        default.use_all()
    declaration.check()
    return declaration


def _number(text: str) -> Fraction:
    value = decimal_of(text)
    if value is None:
        raise LeftOut(f"its points are “{short(text)}”, which is not a number")
    return Fraction(value)


def _refuse_templates(node: Node) -> None:
    if node.get("templateIdentifier"):
        raise LeftOut("its options are drawn by the other system's own rules")
    node.get("showHide")
