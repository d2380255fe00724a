"""Writes a quiz as QTI 1.2: the assessment, and Canvas's settings in assessment_meta.xml."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from quizzes.content.items.any_item import Item
from quizzes.content.quiz import Quiz
from quizzes.interchange.concrete import Section, id_of
from quizzes.interchange.html_markup import canvas_html, plain_words
from quizzes.interchange.qti12.elements import FULL, GENERAL, material
from quizzes.interchange.qti12.writer_items import parts_of_item
from quizzes.interchange.xml_tree import element, written
from quizzes.schedule.timing import Schedule

__all__ = ["qti12", "quiz_settings"]


CANVAS_NAMESPACE = "http://canvas.instructure.com/xsd/cccv1p0"
MINUTE = 60_000


def quiz_settings(quiz: Quiz, schedule: Schedule) -> bytes:
    """Title, instructions, times, limit and attempts, in the order that Canvas writes them."""
    fields = {
        "title": quiz.title,
        "description": canvas_html(
            "\n".join([*(f"- {rule}" for rule in quiz.rules), "", quiz.instructions]).strip()
        ),
        "due_at": _moment(schedule.due_at),
        "lock_at": _moment(schedule.closes_at),
        "unlock_at": _moment(schedule.opens_at),
        "shuffle_answers": "true",
        "scoring_policy": "keep_latest",
        "quiz_type": "assignment",
        "points_possible": f"{quiz.points:f}",
        "show_correct_answers": "false",
        "time_limit": "" if schedule.limit is None else str(-(-schedule.limit // MINUTE)),
        "allowed_attempts": "-1" if schedule.attempts is None else str(schedule.attempts),
        "one_question_at_a_time": "false",
    }
    attributes = {"xmlns": CANVAS_NAMESPACE, "identifier": id_of(quiz.name)}
    settings = [element(name, {}, value) for name, value in fields.items() if value]
    return written(element("quiz", attributes, *settings))


def _moment(instant: int | None) -> str:
    """An instant as Canvas writes it, in UTC."""
    return "" if instant is None else f"{datetime.fromtimestamp(instant / 1000, UTC):%Y-%m-%dT%H:%M:%S}"


NAMESPACE = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
FILES = "%24IMS-CC-FILEBASE%24"  # where Canvas looks for a package's own files


def qti12(name: str, title: str, sections: Sequence[Section]) -> bytes:
    """The assessment; a section that asks for all of its items is not a group."""
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
    parts = parts_of_item(item)
    fields = {"question_type": parts.kind, "points_possible": f"{section.points:f}", **parts.fields}
    prompt = canvas_html(item.prompt) + parts.below
    for image in item.images:
        prompt += f'<p><img src="{FILES}/{image.file}" alt="{_attribute(image.alt)}" /></p>'
    outcome = {"maxvalue": FULL, "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    processing = element(
        "resprocessing", {}, element("outcomes", {}, element("decvar", outcome)), *parts.rules
    )
    general = canvas_html(item.explanation) + parts.explanation
    feedback = [(GENERAL, general), *parts.feedback]
    return element(
        "item",
        {"ident": id_of(quiz, section.name, item.id), "title": item.id},
        element("itemmetadata", {}, _fields(fields)),
        element("presentation", {}, material(prompt), *parts.responses),
        processing,
        *(
            element("itemfeedback", {"ident": ident}, element("flow_mat", {}, material(html)))
            for ident, html in feedback
        ),
    )


def _attribute(text: str) -> str:
    return plain_words(text).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
