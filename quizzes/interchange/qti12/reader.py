"""Reads one QTI 1.2 item: its texts as Markdown, its lists, and the right answers."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from quizzes.interchange.html_markup import Lost, markdown_of
from quizzes.interchange.package import Pictures
from quizzes.interchange.qti12.elements import KIND_FIELD
from quizzes.interchange.xml_tree import text_of

__all__ = ["Reader"]


class Reader:
    """Reads one item."""

    def __init__(self, item: Element, lost: Lost, pictures: Pictures) -> None:
        self.item, self.lost = item, lost
        labels = {
            text_of(field.find("fieldlabel")): text_of(field.find("fieldentry"))
            for field in item.iter("qtimetadatafield")
        }
        self.kind, self.ordering_kind = labels.get("question_type", ""), labels.get(KIND_FIELD, "")
        presentation = item.find("presentation")
        self.presentation = Element("presentation") if presentation is None else presentation
        self.responses = [
            node for node in self.presentation.iter() if node.tag in ("response_lid", "response_str")
        ]
        self.prompt, self.images = pictures(self._prompt())
        self.feedback = {
            node.get("ident", ""): "".join(self._html(text) for text in node.iter("mattext"))
            for node in item.iter("itemfeedback")
        }

    def words(self, html: str) -> str:
        """HTML as Markdown."""
        return markdown_of(html, self.lost)

    def _prompt(self) -> str:
        inside = {id(text) for response in self.responses for text in response.iter("mattext")}
        texts = [node for node in self.presentation.iter("mattext") if id(node) not in inside]
        return "\n".join(self._html(node) for node in texts)

    def _html(self, text: Element) -> str:
        markup = "".join(text.itertext())
        if text.get("texttype", "text/plain").lower() in ("text/html", "text/xhtml"):
            return markup
        return markup.replace("&", "&amp;").replace("<", "&lt;")

    def options(self, response: Element) -> dict[str, str]:
        """The labels of a list by id, as Markdown."""
        return {
            node.get("ident", ""): self.words("".join(self._html(text) for text in node.iter("mattext")))
            for node in response.iter("response_label")
        }

    def about(self, response: Element) -> str:
        """The text above a list."""
        text = next(
            (node for material in response.findall("material") for node in material.iter("mattext")), None
        )
        return "" if text is None else self._html(text)

    def rules(self) -> list[Element]:
        """The conditions that give points."""
        return [
            rule
            for rule in self.item.iter("respcondition")
            if any(_amount(node) > 0 for node in rule.findall("setvar"))
        ]

    def right(self, response: Element) -> list[str]:
        """The right values of a response, in the order of the conditions, without those under `not`."""
        ident = response.get("ident", "")
        values: list[str] = []
        for rule in self.rules():
            refused = {id(node) for no in rule.iter("not") for node in no.iter("varequal")}
            values += [
                text_of(node)
                for node in rule.iter("varequal")
                if node.get("respident", ident) == ident and id(node) not in refused
            ]
        return list(dict.fromkeys(values))


def _amount(setvar: Element) -> float:
    try:
        return float(text_of(setvar))
    except ValueError:
        return 0.0
