"""One QTI 1.2 item while it is read: its texts as Markdown, its lists, what is right in them."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from quizzes.interchange.html_markup import Lost, markdown_of
from quizzes.interchange.package import Pictures
from quizzes.interchange.qti12.elements import KIND_FIELD
from quizzes.interchange.xml_tree import text_of

__all__ = ["Reader"]


class Reader:
    """One item."""

    def __init__(self, item: Element, lost: Lost, pictures: Pictures) -> None:
        self.item, self.lost = item, lost
        labels = {
            text_of(field.find("fieldlabel")): text_of(field.find("fieldentry"))
            for field in item.iter("qtimetadatafield")
        }
        self.kind, self.own = labels.get("question_type", ""), labels.get(KIND_FIELD, "")
        found = item.find("presentation")
        self.presentation = Element("presentation") if found is None else found
        self.responses = [
            one for one in self.presentation.iter() if one.tag in ("response_lid", "response_str")
        ]
        self.prompt, self.images = pictures(self._prompt())
        self.feedback = {
            one.get("ident", ""): "".join(self._html(text) for text in one.iter("mattext"))
            for one in item.iter("itemfeedback")
        }

    def words(self, html: str) -> str:
        """HTML as Markdown."""
        return markdown_of(html, self.lost)

    def _prompt(self) -> str:
        inside = {id(text) for one in self.responses for text in one.iter("mattext")}
        texts = [one for one in self.presentation.iter("mattext") if id(one) not in inside]
        return "\n".join(self._html(one) for one in texts)

    def _html(self, text: Element) -> str:
        said = "".join(text.itertext())
        if text.get("texttype", "text/plain").lower() in ("text/html", "text/xhtml"):
            return said
        return said.replace("&", "&amp;").replace("<", "&lt;")

    def options(self, response: Element) -> dict[str, str]:
        """The labels of a list by id, as Markdown."""
        return {
            one.get("ident", ""): self.words("".join(self._html(text) for text in one.iter("mattext")))
            for one in response.iter("response_label")
        }

    def about(self, response: Element) -> str:
        """What a list is for."""
        text = next(
            (one for material in response.findall("material") for one in material.iter("mattext")), None
        )
        return "" if text is None else self._html(text)

    def rules(self) -> list[Element]:
        """The conditions that give points."""
        return [
            rule
            for rule in self.item.iter("respcondition")
            if any(_amount(one) > 0 for one in rule.findall("setvar"))
        ]

    def right(self, response: Element) -> list[str]:
        """What is right in a response, in the order of the conditions; what is under `not` is wrong."""
        ident = response.get("ident", "")
        found: list[str] = []
        for rule in self.rules():
            refused = {id(one) for no in rule.iter("not") for one in no.iter("varequal")}
            found += [
                text_of(one)
                for one in rule.iter("varequal")
                if one.get("respident", ident) == ident and id(one) not in refused
            ]
        return list(dict.fromkeys(found))


def _amount(setvar: Element) -> float:
    try:
        return float(text_of(setvar))
    except ValueError:
        return 0.0
