"""QTI 1.2 as Canvas reads and writes it: one assessment, an item for each question, groups for what is drawn.

An item is what IMS published (Question & Test Interoperability: ASI XML Binding 1.2, 2002), told apart by the
`question_type` that Canvas adds. Items come with their values written in (`concrete`).
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from quizzes.interchange.html import canvas_html, plain_words
from quizzes.interchange.qti12.kinds import own_of
from quizzes.interchange.qti12.parts import FULL, GENERAL, material
from quizzes.interchange.section import Section, id_of
from quizzes.interchange.xml import element, written
from quizzes.items import Item

__all__ = ["qti12"]

NAMESPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
FILES = "%24IMS-CC-FILEBASE%24"  # where Canvas looks for a package's own files


def qti12(name: str, title: str, sections: Sequence[Section]) -> bytes:
    """The assessment; a section that asks for all of its items is no group."""
    root = element("section", {"ident": "root_section"})
    for number, section in enumerate(sections, start=1):
        items = [_item(name, section, item) for item in section.items]
        if section.draw >= len(items):
            root.extend(items)
            continue
        extension = element("selection_extension", {}, element("points_per_item", {}, f"{section.points:f}"))
        selection = element("selection", {}, element("selection_number", {}, str(section.draw)), extension)
        group = {"ident": id_of(name, section.name, str(number)), "title": section.name}
        root.append(element("section", group, element("selection_ordering", {}, selection), *items))
    assessment = element(
        "assessment", {"ident": id_of(name), "title": title}, _fields({"cc_maxattempts": "1"}), root
    )
    return written(element("questestinterop", {"xmlns": NAMESPACE}, assessment))


def _fields(values: dict[str, str]) -> Element:
    return element(
        "qtimetadata",
        {},
        *(
            element("qtimetadatafield", {}, element("fieldlabel", {}, key), element("fieldentry", {}, value))
            for key, value in values.items()
        ),
    )


def _item(quiz: str, section: Section, item: Item) -> Element:
    own = own_of(item)
    fields = {"question_type": own.kind, "points_possible": f"{section.points:f}", **own.fields}
    prompt = canvas_html(item.prompt) + own.below
    for image in item.images:
        prompt += f'<p><img src="{FILES}/{image.file}" alt="{_attribute(image.alt)}" /></p>'
    outcome = {"maxvalue": FULL, "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    processing = element("resprocessing", {}, element("outcomes", {}, element("decvar", outcome)), *own.rules)
    general = canvas_html(item.explanation) + own.told
    shown = [(GENERAL, general), *own.feedback]
    return element(
        "item",
        {"ident": id_of(quiz, section.name, item.id), "title": item.id},
        element("itemmetadata", {}, _fields(fields)),
        element("presentation", {}, material(prompt), *own.responses),
        processing,
        *(
            element("itemfeedback", {"ident": ident}, element("flow_mat", {}, material(html)))
            for ident, html in shown
        ),
    )


def _attribute(text: str) -> str:
    return plain_words(text).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
