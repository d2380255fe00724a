"""Reads Moodle XML: the questions of a question bank's export, each by itself.

A file with one question that is not well-formed is read question by question, so that it costs only itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from autograder.errors import UsageError
from quizzes.content.written_numbers import decimal_text
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.moodle.nodes import value_of
from quizzes.interchange.moodle.reader_items import item_of
from quizzes.interchange.package import ImportedItem, unique_name
from quizzes.interchange.source_text import BankPictures
from quizzes.interchange.tracked_xml import Node
from quizzes.interchange.xml_tree import parsed

__all__ = ["questions_of", "tag_of_category"]


MOST_QUESTIONS = 5000
Report = Callable[[str, str], None]  # takes an item's name and a sentence
STARTS = re.compile(rb"<question[\s>]")
END = b"</question>"
# Categories that everybody has, and that say nothing.
COMMON = re.compile(
    r"(?:top|\$\w+\$|Default for .*|Standard für .*|Default per .*|Défaut pour .*)", re.IGNORECASE
)


@dataclass
class _File:
    """What is said of the whole file: points, hints and penalties, each once."""

    points: dict[Decimal, list[str]] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    general: dict[str, list[str]] = field(default_factory=dict)


def questions_of(data: bytes, name: str, report: Report, pictures: BankPictures) -> Iterator[ImportedItem]:
    """The items of a document, in its order; raises UsageError for what is not Moodle XML."""
    whole, tag, number, titles = _File(), "", 0, set[str]()
    for question in _elements(data, name, report):
        node = Node(question)
        kind = node.get("type")
        if kind == "category":
            tag = tag_of_category(value_of(node, "category"))
            continue
        number += 1
        if number > MOST_QUESTIONS:
            report(name, f"Only the first {MOST_QUESTIONS} questions were read.")
            return
        title = unique_name(value_of(node, "name") or f"question {number}", titles)
        try:
            item = item_of(node, kind, pictures)
        except LeftOut as problem:
            report(title, f"It was left out: {problem}.")
            continue
        for sentence in item.losses:
            report(title, sentence)
        whole.points.setdefault(_points(item.points), []).append(title)
        if item.hints:
            whole.hints.append(title)
        for sentence in item.general:
            whole.general.setdefault(sentence, []).append(title)
        tags = list(dict.fromkeys(filter(None, [*item.tags, tag])))
        data_of_item = {**item.data, **({"tags": tags} if tags else {})}
        yield ImportedItem(title, data_of_item, item.pictures, ident=item.ident)
    _report_file(whole, name, report)


def _points(text: str) -> Decimal:
    try:
        return Decimal(text or "1").normalize()
    except InvalidOperation:
        return Decimal(1)


def _report_file(whole: _File, name: str, report: Report) -> None:
    if set(whole.points) - {Decimal(1)}:
        parts = [
            f"{decimal_text(points)} for {_listed(titles)}" for points, titles in sorted(whole.points.items())
        ]
        report(name, f"Points belong to a quiz; write them there: {'; '.join(parts)}.")
    if whole.hints:
        report(name, f"Hints for further tries were lost, of {_listed(whole.hints)}.")
    for sentence, titles in whole.general.items():
        report(name, f"{sentence} (in {_listed(titles)}).")


def _listed(titles: list[str]) -> str:
    return ", ".join(titles) if len(titles) <= 3 else f"{len(titles)} questions"


def tag_of_category(path: str) -> str:
    """The tag for the items of a category: the last part of its path, unless everybody has it."""
    parts = [part.replace("//", "/").strip() for part in re.split(r"(?<!/)/(?!/)", path)]
    last = parts[-1] if parts else ""
    return "" if COMMON.fullmatch(last) else last


def _elements(data: bytes, name: str, report: Report) -> Iterator[Element]:
    try:
        root = parsed(data, name)
    except UsageError:
        if b"<!ENTITY" in data or not _can_be_split(data):
            raise
        yield from _one_by_one(data, name, report)
        return
    if root.tag != "quiz":
        raise UsageError(
            f"{name} is not Moodle XML: it begins with <{root.tag}>.",
            next_step="In Moodle, open Question bank, Export, and choose Moodle XML format.",
        )
    for child in root:
        if child.tag == "question":
            yield child
        elif child.tag:
            report(name, f"A part that is not a question, <{child.tag}>, was left out.")


def _can_be_split(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return STARTS.search(data) is not None


def _one_by_one(data: bytes, name: str, report: Report) -> Iterator[Element]:
    """The questions that are well-formed by themselves; the others are reported."""
    starts = [match.start() for match in STARTS.finditer(data)]
    line = 1 + data.count(b"\n", 0, starts[0])
    for start, stop in zip(starts[:MOST_QUESTIONS], [*starts[1:], len(data)], strict=False):
        chunk = data[start:stop]
        end = chunk.rfind(END)
        try:
            if end < 0:
                raise ValueError("it does not end")
            fromstring(chunk[: end + len(END)])
            yield parsed(chunk[: end + len(END)], name)
        except (ParseError, ValueError) as problem:
            report(
                f"question at line {line}",
                f"It was left out: it is not well-formed XML ({_where(problem, line)}).",
            )
        except UsageError as problem:
            report(f"question at line {line}", f"It was left out: {problem.message}")
        line += chunk.count(b"\n")


def _where(problem: Exception, line: int) -> str:
    if isinstance(problem, ParseError):
        what = str(problem).partition(":")[0]
        return f"{what}, line {line + problem.position[0] - 1}"
    return str(problem)
