"""Writes a quiz as Moodle XML: a category for each of its questions, and the questions with their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from xml.etree.ElementTree import Element

from quizzes.content.items.any_item import Item
from quizzes.interchange.concrete import Section
from quizzes.interchange.moodle.elements import moodle_html, text, with_pictures
from quizzes.interchange.moodle.writer_items import parts_of_item
from quizzes.interchange.xml_tree import element, written

__all__ = ["moodle_xml"]


TRIES = "0.3333333"  # Moodle's own penalty for further tries, which a quiz with one try never uses


def moodle_xml(title: str, sections: Sequence[Section], pictures: Mapping[str, bytes]) -> bytes:
    """The document; `pictures` are bytes by their path beside the banks."""
    questions = []
    for section in sections:
        path = "/".join(name.replace("/", "//") for name in (title, section.name))
        questions.append(
            element(
                "question",
                {"type": "category"},
                element("category", {}, element("text", {}, f"$course$/top/{path}")),
            )
        )
        questions += [_question(item, section.points, pictures) for item in section.items]
    return written(element("quiz", {}, *questions))


def _question(item: Item, points: Decimal, pictures: Mapping[str, bytes]) -> Element:
    parts = parts_of_item(item)
    prompt = parts.prompt or moodle_html(item.prompt)
    general = parts.general or moodle_html(item.explanation)
    grade = [] if parts.kind == "cloze" else [element("defaultgrade", {}, f"{points:f}")]
    tags = [element("tag", {}, element("text", {}, tag)) for tag in item.tags]
    return element(
        "question",
        {"type": parts.kind},
        element("name", {}, element("text", {}, item.id)),
        with_pictures(prompt, item.images, pictures),
        text("generalfeedback", general),
        *grade,
        element("penalty", {}, TRIES),
        element("hidden", {}, "0"),
        element("idnumber", {}),
        *parts.elements,
        *([element("tags", {}, *tags)] if tags else []),
    )
