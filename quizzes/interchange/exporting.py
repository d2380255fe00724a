"""Exports a quiz as a QTI package or as Moodle XML, with a report of what the format cannot hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from quizzes.content.items.any_item import Item
from quizzes.content.items.numeric import NumericItem
from quizzes.content.quiz import Pool, Quiz
from quizzes.content.randomization import derived_seed
from quizzes.interchange.concrete import Section, concrete, id_of
from quizzes.interchange.losses import losses_of
from quizzes.interchange.moodle.losses import moodle_losses
from quizzes.interchange.moodle.writer import moodle_xml
from quizzes.interchange.moodle.writer_calculated import with_rows
from quizzes.interchange.package import Resource, packed
from quizzes.interchange.qti12.writer import qti12, quiz_settings
from quizzes.interchange.qti21.writer import item_document, test_document
from quizzes.schedule.timing import Schedule

__all__ = ["Exported", "Format", "export"]


Format = Literal["qti12", "qti21", "moodle-xml"]
CANVAS_KIND, SETTINGS_KIND = "imsqti_xmlv1p2", "associatedcontent/imscc_xmlv1p1/learning-application-resource"
ITEM_KIND, TEST_KIND = "imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1"


@dataclass(frozen=True)
class Exported:
    """A package, and the losses: sentences by the item's reference."""

    data: bytes
    questions: int
    lost: tuple[tuple[str, str], ...]


def export(quiz: Quiz, schedule: Schedule, to: Format, seed: str, variants: int = 1) -> Exported:
    """The package, with the same bytes for the same seed.

    Of each item there are so many variants, from which the other system draws.
    """
    lost: list[tuple[str, str]] = []
    sections = [
        _section(f"question-{number}", pool, seed, variants, lost, to)
        for number, pool in enumerate(quiz.pools, start=1)
    ]
    used = {image.file for section in sections for item in section.items for image in item.images}
    pictures = {name: data for name, data in quiz.pictures.items() if name in used}
    if any(name.endswith(".svg") for name in pictures):
        lost.append(("pictures", "Some systems do not show SVG pictures."))
    pack = {"qti12": _canvas, "qti21": _plain, "moodle-xml": _moodle}[to]
    questions = sum(len(section.items) for section in sections)
    return Exported(pack(quiz, schedule, sections, pictures), questions, tuple(dict.fromkeys(lost)))


def _section(
    name: str, pool: Pool, seed: str, variants: int, lost: list[tuple[str, str]], to: Format
) -> Section:
    items: list[Item] = []
    for reference, item in pool.items.items():
        base_name = reference.replace("/", "--")
        drawn = None
        if to == "moodle-xml" and isinstance(item, NumericItem) and item.draws_values:
            drawn = with_rows(item, derived_seed(seed.encode(), reference), base_name)
        found = losses_of(item, to == "qti12")
        if to == "moodle-xml":
            found = moodle_losses(item, drawn is not None)
        lost += [(reference, sentence) for sentence in found]
        if drawn is not None:
            items.append(drawn)
            continue
        copies = variants if item.draws_values else 1
        for copy in range(copies):
            item_name = f"{base_name}{f'-{copy + 1}' if copies > 1 else ''}"
            items.append(concrete(item, derived_seed(f"{seed} {copy}".encode(), reference), item_name))
        if copies > 1 and len(pool.items) > 1:
            lost.append((reference, "It may be drawn twice for the same student, with other numbers."))
    return Section(name, pool.draw, pool.points, items)


def _canvas(quiz: Quiz, schedule: Schedule, sections: list[Section], pictures: Mapping[str, bytes]) -> bytes:
    ident = id_of(quiz.name)
    document, settings = f"{ident}/{ident}.xml", f"{ident}/assessment_meta.xml"
    files = {document: qti12(quiz.name, quiz.title, sections), settings: quiz_settings(quiz, schedule)}
    resources = [
        Resource(ident, CANVAS_KIND, [document], [f"{ident}-settings"]),
        Resource(f"{ident}-settings", SETTINGS_KIND, [settings]),
    ]
    resources += [Resource(id_of(name), "webcontent", [name]) for name in sorted(pictures)]
    return packed("1.2", ident, resources, {**files, **pictures})


def _plain(quiz: Quiz, _: Schedule, sections: list[Section], pictures: Mapping[str, bytes]) -> bytes:
    ident = id_of(quiz.name)
    items = [item for section in sections for item in section.items]
    files = {f"items/{item.id}.xml": item_document(item) for item in items}
    files |= {"test.xml": test_document(quiz.name, quiz.title, sections), **pictures}
    resources = []
    for item in items:
        item_files = [f"items/{item.id}.xml", *(image.file for image in item.images)]
        resources.append(Resource(id_of("item", item.id), ITEM_KIND, item_files))
    test = Resource(ident, TEST_KIND, ["test.xml"], [resource.ident for resource in resources])
    return packed("2.1", ident, [test, *resources], files)


def _moodle(quiz: Quiz, _: Schedule, sections: list[Section], pictures: Mapping[str, bytes]) -> bytes:
    return moodle_xml(quiz.title, sections, pictures)
