"""Imports questions of another system as a bank, with a report of what was lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from html import unescape
from pathlib import Path
from posixpath import basename
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import yaml
from bs4 import BeautifulSoup
from pydantic import ValidationError

from autograder.errors import UsageError
from quizzes.content.key_exposure import exposed_keys
from quizzes.content.markup import TextProblem, render
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.moodle.gift import gift_questions
from quizzes.interchange.moodle.reader import questions_of
from quizzes.interchange.package import ImportedItem, Package, Picture, read_package, unique_name
from quizzes.interchange.package_documents import question_documents, test_documents
from quizzes.interchange.qti12.reader_items import items_in
from quizzes.interchange.qti21.reader_items import item_in
from quizzes.interchange.qti21.reader_test import weights_of
from quizzes.interchange.ranges import decimal_of
from quizzes.interchange.recognition import recognised
from quizzes.interchange.source_text import BankPictures
from quizzes.interchange.text2qti import text2qti_questions

__all__ = ["Imported", "import_package"]


FILES = re.compile(r"^(?:\$IMS-CC-FILEBASE\$|IMS-CC-FILEBASE)/*")
# A picture is what it begins with, whatever it is called; SVG can hold scripts and is not taken in.
SIGNS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
NAMES = {
    "accept": "accepted texts",
    "blanks.label": "label of a gap",
    "blanks.options": "options of a gap",
    "blanks": "gaps",
    "distractors": "partners that belong to none",
    "options.text": "text of an option",
    "pairs.left": "entry on the left",
    "pairs.right": "partner on the right",
    "prompt": "text",
}
NO_DESCRIPTION = "A picture without a description."
MOST_REASONS = 50  # in the error of a file of which nothing can be taken over
SEEDS = 20  # variants of an item that are tried
LARGEST_PICTURE = 5 * 1024**2


@dataclass(frozen=True)
class Imported:
    """A bank as text, its pictures by path, and the losses: sentences by item."""

    text: str
    items: int
    pictures: dict[str, bytes]
    lost: tuple[tuple[str, str], ...]


def import_package(path: Path, bank: str) -> Imported:
    """The items of a QTI package, Moodle XML, GIFT or text2qti text; raises UsageError if there are none.

    A document or an item that cannot be read costs itself alone, and is named.
    """
    lost: list[tuple[str, str]] = []

    def report(name: str, sentence: str) -> None:
        lost.append((name, sentence))

    items: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    points: dict[str, str] = {}
    for imported in _found(path, report, bank):
        ident = _new_id(imported.ident or imported.name, items)
        data = {"id": ident, **imported.data}
        if imported.pictures:
            data["images"] = [{"file": picture.file, "alt": picture.alt} for picture in imported.pictures]
        if why := _problem(data):
            report(imported.name, f"It was left out: {why}.")
            continue
        item = ITEM.validate_python(data)
        for fault in exposed_keys(item, item.context(b"import")):
            report(imported.name, f"`quizzes lint` will refuse it: {fault}.")
        items[ident] = data
        points[imported.name] = imported.points
        pictures |= {picture.file: picture.data for picture in imported.pictures}
    if not items:
        sentences = list(dict.fromkeys(lost))
        reasons = [f"{name}: {sentence}" for name, sentence in sentences[:MOST_REASONS]]
        more = len(sentences) - MOST_REASONS
        reasons += [f"And {more} more."] if more > 0 else []
        raise UsageError(
            "\n".join([f"{path} holds no question that can be taken over.", *reasons]),
            next_step="Export it as QTI 1.2, 2.1 or 2.2 or as Moodle XML, or try another file.",
        )
    if len({decimal_of(value) for value in points.values() if value}) > 1:
        for name, value in points.items():
            if value:
                report(name, f"Its points, {value}, are lost: a bank holds none, write them in the quiz.")
    content = {"topic": bank.replace("-", " ").capitalize(), "items": list(items.values())}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
    return Imported(text, len(items), pictures, tuple(dict.fromkeys(lost)))


def _found(path: Path, report: Callable[[str, str], None], bank: str) -> Iterator[ImportedItem]:
    source = recognised(path)
    if source.kind == "moodle-xml":
        yield from questions_of(source.data, path.name, report, BankPictures(bank))
    elif source.kind == "gift":
        yield from gift_questions(source.text, report, BankPictures(bank))
    elif source.kind == "text2qti":
        yield from text2qti_questions(source.text, path, report, BankPictures(bank))
    else:
        package = read_package(path)
        yield from _in_package(package, report, _PackagePictures(package, bank))


def _in_package(
    package: Package, report: Callable[[str, str], None], pictures: _PackagePictures
) -> Iterator[ImportedItem]:
    names: set[str] = set()
    weights: dict[str, str] = {}
    for name in test_documents(package):
        try:
            weights |= weights_of(package.document(name), name, report)
        except UsageError as problem:
            report(name, f"{problem.message} The file was left out.")
    for name in question_documents(package):
        try:
            document = package.document(name)
        except UsageError as problem:
            report(name, f"{problem.message} The file was left out.")
            continue

        _name_items(document, names)

        def taken(html: str, name: str = name) -> tuple[str, list[Picture]]:
            return pictures.taken_from(html, name)

        if document.tag == "questestinterop":
            yield from items_in(document, report, taken)
        elif document.tag == "assessmentItem":
            item = item_in(document, report, taken)
            if item is not None:
                yield replace(item, points=weights.get(name, ""))
        elif document.tag == "qti-assessment-item":
            report(
                document.get("title") or name,
                "It was left out: it is QTI 3, which is not read here; export it as QTI 2.1 or 2.2.",
            )


def _name_items(document: Element, taken: set[str]) -> None:
    """Give each item a title of its own: many systems call all of them "Question"."""
    for item in document.iter():
        if item.tag in ("item", "assessmentItem"):
            title = item.get("title") or item.get("ident") or item.get("identifier") or "item"
            item.set("title", unique_name(title, taken))


class _PackagePictures:
    """The pictures of a package, under names of their own beside the bank."""

    def __init__(self, package: Package, bank: str) -> None:
        self._package, self._bank = package, bank
        self._names: dict[str, bytes] = {}

    def taken_from(self, html: str, document: str) -> tuple[str, list[Picture]]:
        """HTML without the package's own pictures, and these pictures; others stay in it."""
        soup, pictures = BeautifulSoup(html, "html.parser"), []
        for tag in soup.find_all("img"):
            source = FILES.sub("", unquote(str(tag.get("src") or "")).split("?")[0])
            data = self._package.sibling(document, source) if source else None
            ending = next((kind for sign, kind in SIGNS.items() if data and data.startswith(sign)), "")
            if data and ending and len(data) <= LARGEST_PICTURE:
                words = unescape(str(tag.get("alt") or "")).strip()
                pictures.append(Picture(self._name(source, ending, data), words or NO_DESCRIPTION, data))
                tag.decompose()
        return (str(soup), pictures) if pictures else (html, [])

    def _name(self, source: str, ending: str, data: bytes) -> str:
        """A name that no other picture has: two folders may hold files of one name."""
        stem = re.sub(r"[^\w-]+", "-", basename(source).rpartition(".")[0]).strip("-") or "picture"
        name, number = f"{self._bank}/{stem}.{ending}", 1
        while self._names.setdefault(name, data) != data:
            number += 1
            name = f"{self._bank}/{stem}-{number}.{ending}"
        return name


def _new_id(name: str, taken: dict[str, dict[str, Any]]) -> str:
    """A new id from a title."""
    plain = name
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,80}", name):
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "item"
    ident, number = plain, 1
    while ident in taken:
        number += 1
        ident = f"{plain}-{number}"
    return ident


def _problem(data: dict[str, Any]) -> str:
    """Why this cannot be an item, in the author's words, or nothing; its texts and key are tried once."""
    try:
        item = ITEM.validate_python(data)
        for text in (item.prompt, item.explanation):
            render(text)
        for seed in range(SEEDS if item.draws_values else 1):
            question = item.question(bytes([seed]), Decimal(1))
            question.public_view()
            key = question.key_answer
            if key is not None and question.mark(key).share != 1:
                return question.problem_with(key).rstrip(".") or "its own key would not earn full points here"
    except ValidationError as problem:
        return _words_of(problem)
    except (TextProblem, ValueError) as problem:
        return str(problem).rstrip(".")
    return ""


def _words_of(problem: ValidationError) -> str:
    """The first thing that is wrong, without the words of the library that found it."""
    first = problem.errors()[0]
    key = ".".join(str(part) for part in first["loc"][1:] if not isinstance(part, int))
    context, what = first.get("ctx") or {}, NAMES.get(key, key.replace(".", ", "))
    match first["type"]:
        case "too_long":
            return f"it has more than {context['max_length']} {what}"
        case "too_short" if not isinstance(first["input"], list):
            return f"its {what} is empty"
        case "too_short":
            return f"it has fewer than {context['min_length']} {what}"
        case "string_too_short" | "missing":
            return f"its {what} is empty"
        case "value_error":
            return first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"its {what or 'content'} is not valid here"
