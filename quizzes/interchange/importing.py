"""Imports questions of another system as a bank, with a report of what was lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from pathlib import Path
from posixpath import basename
from typing import Any
from urllib.parse import unquote

import yaml
from bs4 import BeautifulSoup
from pydantic import ValidationError

from autograder.errors import UsageError
from quizzes.content.markup import TextProblem, render
from quizzes.interchange.concrete import ITEM
from quizzes.interchange.moodle.gift import gift_questions
from quizzes.interchange.moodle.reader import questions_of
from quizzes.interchange.package import ImportedItem, Package, Picture, read_package
from quizzes.interchange.qti12.reader_items import items_in
from quizzes.interchange.qti21.reader_items import item_in
from quizzes.interchange.recognition import recognised
from quizzes.interchange.source_text import BankPictures
from quizzes.interchange.text2qti import text2qti_questions

__all__ = ["Imported", "import_package"]


FILES = re.compile(r"^(?:\$IMS-CC-FILEBASE\$|IMS-CC-FILEBASE)/*")
# A picture is what it begins with, whatever it is called; SVG can hold scripts and is not taken in.
SIGNS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
MOST_NAMED = 100  # of the losses when nothing is left
SEEDS = 20  # variants of an item that are tried
NO_DESCRIPTION = "A picture without a description."
LARGEST_PICTURE = 5 * 1024**2


@dataclass(frozen=True)
class Imported:
    """A bank as text, its pictures by path, and the losses: sentences by item."""

    text: str
    items: int
    pictures: dict[str, bytes]
    lost: tuple[tuple[str, str], ...]


def import_package(path: Path, bank: str) -> Imported:
    """The items of a QTI package, Moodle XML, GIFT or text2qti text; raises UsageError if there are none."""
    lost: list[tuple[str, str]] = []

    def report(name: str, sentence: str) -> None:
        lost.append((name, sentence))

    items: dict[str, dict[str, Any]] = {}
    pictures: dict[str, bytes] = {}
    for imported in _found(path, report, bank):
        ident = _new_id(imported.ident or imported.name, items)
        data = {"id": ident, **imported.data}
        if imported.pictures:
            data["images"] = [{"file": picture.file, "alt": picture.alt} for picture in imported.pictures]
        if why := _problem(data):
            report(imported.name, f"It was left out: {why}.")
            continue
        items[ident] = data
        pictures |= {picture.file: picture.data for picture in imported.pictures}
    if not items:
        sentences = [f"{name}: {sentence}" for name, sentence in dict.fromkeys(lost)]
        more = [f"… and {len(sentences) - MOST_NAMED} more."] if len(sentences) > MOST_NAMED else []
        raise UsageError(
            "\n".join([f"{path} holds no question that can be taken over.", *sentences[:MOST_NAMED], *more]),
            next_step="Try another.",
        )
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
        yield from _in_package(read_package(path), report, bank)


def _in_package(package: Package, report: Callable[[str, str], None], bank: str) -> Iterator[ImportedItem]:
    for resource in package.of_kind("imsqti_"):
        document = package.document(resource)
        name = resource.files[0] if resource.files else ""

        def pictures(html: str, name: str = name) -> tuple[str, list[Picture]]:
            return _pictures(html, package, name, bank)

        if document.tag == "questestinterop":
            yield from items_in(document, report, pictures)
        elif document.tag == "assessmentItem":
            item = item_in(document, report, pictures)
            if item is not None:
                yield item


def _pictures(html: str, package: Package, document: str, bank: str) -> tuple[str, list[Picture]]:
    """HTML without the package's own pictures, and these pictures; others stay and are reported later."""
    soup, pictures = BeautifulSoup(html, "html.parser"), []
    for tag in soup.find_all("img"):
        source = FILES.sub("", unquote(str(tag.get("src") or "")).split("?")[0])
        data = package.sibling(document, source) if source else None
        ending = next((kind for sign, kind in SIGNS.items() if data and data.startswith(sign)), "")
        if data and ending and len(data) <= LARGEST_PICTURE:
            stem = re.sub(r"[^\w-]+", "-", basename(source).rpartition(".")[0]).strip("-") or "picture"
            words = unescape(str(tag.get("alt") or "")).strip()
            pictures.append(Picture(f"{bank}/{stem}.{ending}", words or NO_DESCRIPTION, data))
            tag.decompose()
    return (str(soup), pictures) if pictures else (html, [])


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
    """Why this cannot be an item; empty if it can. Its texts and formulas are rendered once."""
    try:
        item = ITEM.validate_python(data)
        for text in (item.prompt, item.explanation):
            render(text)
        for seed in range(SEEDS if item.draws_values else 1):
            question = item.question(bytes([seed]), Decimal(1))
            question.public_view()
            key = question.key_answer
            if key is not None and (question.problem_with(key) or question.mark(key).share != 1):
                return f"its key, {question.key_text[:60]}, would not earn full points here"
    except ValidationError as problem:
        first = problem.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:])
        return f"{key}{': ' if key else ''}{first['msg'].removeprefix('Value error, ')}"
    except (TextProblem, ValueError) as problem:
        return str(problem)
    return ""
