"""Recognises by its content what a file of questions is, whatever it is called."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.errors import UsageError

__all__ = ["SourceFile", "recognised"]


Kind = Literal["package", "moodle-xml", "gift", "text2qti"]
LARGEST = 200 * 1024**2  # bytes
LARGEST_TEXT = 20 * 1024**2
HEAD = 64 * 1024
CHOOSE = "Choose a QTI package (ZIP), Moodle XML, GIFT or a text for text2qti."
BYTE_ORDER = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[[^\]]*\]\s*)?>", re.DOTALL)
QTI_ROOTS = frozenset(
    {
        *("questestinterop", "assessmentItem", "assessmentTest", "assessmentSection", "manifest"),
        *("qti-assessment-item", "qti-assessment-test", "qti-assessment-section"),
    }
)
ROOT = re.compile(r"<(?:[\w.-]+:)?([\w.-]+)")
# Answers in braces, which are no argument of a TeX command, an exponent or an index.
GIFT_ANSWERS = re.compile(r"(?<![\^_}])\{\s*(?:[=~#]|(?:T|F|TRUE|FALSE)\s*[}#]|\})")
TEX_COMMAND = re.compile(r"\\[a-zA-Z]{2,}\s*(?:\{[^{}]*\}\s*)*")
GIFT = re.compile(r"\{[^{}]*\}|^(?:\$CATEGORY:|::.*::)", re.MULTILINE)
TEXT2QTI_QUESTION = re.compile(r"^\d+\.[ \t]+\S", re.MULTILINE)
TEXT2QTI_ANSWER = re.compile(
    r"^(?:\*?[a-zA-Z]\)[ \t]+\S|\[[* ]?\][ \t]+\S|=[ \t]+\S|\*[ \t]+\S|_{3,}\s*$|\^{3,}\s*$|```+\s*\{)",
    re.MULTILINE,
)
# Other systems' texts, which are not read, and how their questions come here.
OTHER_TEXTS = (
    (
        re.compile(r"^ANSWER:\s*[A-Z]\s*$", re.MULTILINE),
        "in Aiken format",
        "Import it into Moodle, and export it as Moodle XML.",
    ),
    (
        re.compile(r"^\"?NewQuestion\"?\s*[,;\t]", re.MULTILINE | re.IGNORECASE),
        "a table of questions for Brightspace",
        "Import it into Brightspace, and export the quiz as a package.",
    ),
    (
        re.compile(r"^(?:MC|MA|TF|ESS|ORD|MAT|FIB|FIL|NUM|SR)\t.*\S", re.MULTILINE),
        "a text of questions for Blackboard",
        "Import it into Blackboard, and export the question pool or the test.",
    ),
)


@dataclass(frozen=True)
class SourceFile:
    """A file, what it is, and its bytes or text (empty for a package)."""

    path: Path
    kind: Kind
    data: bytes = b""
    text: str = ""


def recognised(path: Path) -> SourceFile:
    """What a file is; raises UsageError for one that cannot be read or is of no known format."""
    data = _bytes_of(path)
    if data.startswith(b"PK"):
        return SourceFile(path, "package")
    if data.startswith(b"\x1f\x8b"):
        raise UsageError(
            f"{path} is a compressed archive, perhaps a backup of a Moodle course.",
            next_step="In Moodle, open Question bank, Export, and choose Moodle XML format.",
        )
    root = _root(data)
    if root in QTI_ROOTS:
        return SourceFile(path, "package")  # a document without its package
    if root == "quiz":
        return SourceFile(path, "moodle-xml", data)
    if root:
        raise UsageError(
            f"{path} begins with <{root}>, which is not a format that is read.", next_step=CHOOSE
        )
    return _text_file(path, data)


def _bytes_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            what = "not there" if not path.exists() else "a folder" if path.is_dir() else "not a file"
            raise UsageError(f"{path} cannot be read: it is {what}.", next_step=CHOOSE)
        if path.stat().st_size > LARGEST:
            raise UsageError(
                f"{path} is larger than {LARGEST // 1024**2} MB.", next_step="Export fewer questions at once."
            )
        return path.read_bytes()
    except OSError as problem:
        raise UsageError(
            f"{path} cannot be read: {problem.strerror}.", next_step="Name a file that you can read."
        ) from problem


def _root(data: bytes) -> str:
    """The name of an XML document's first element; empty for what is not XML."""
    encoding = next((name for sign, name in BYTE_ORDER if data.startswith(sign)), "latin-1")
    head = data[:HEAD].decode(encoding, errors="ignore").removeprefix("\xef\xbb\xbf")
    at = 0
    while match := BEFORE_ROOT.match(head, at):
        at = match.end()
    match = ROOT.match(head, at)
    return match[1] if match else ""


def _text_file(path: Path, data: bytes) -> SourceFile:
    if len(data) > LARGEST_TEXT:
        raise UsageError(
            f"{path} is larger than {LARGEST_TEXT // 1024**2} MB.",
            next_step="Import fewer questions at once.",
        )
    text = _decoded(path, data)
    if "\0" in text:
        raise UsageError(f"{path} is not a text.", next_step=CHOOSE)
    if path.suffix.lower() in (".zip", ".imscc"):
        return SourceFile(path, "package")  # a damaged one, which its reader says
    if _is_json(text):
        raise UsageError(f"{path} is JSON, which is not read.", next_step=CHOOSE)
    plain = TEX_COMMAND.sub("", re.sub(r"\\[^A-Za-z]", "", text))
    if GIFT_ANSWERS.search(plain):
        return SourceFile(path, "gift", text=text)
    if TEXT2QTI_QUESTION.search(text) and TEXT2QTI_ANSWER.search(text):
        return SourceFile(path, "text2qti", text=text)
    for pattern, kind, next_step in OTHER_TEXTS:
        if pattern.search(text):
            raise UsageError(f"{path} is {kind}, which is not read.", next_step=next_step)
    if GIFT.search(plain):
        return SourceFile(path, "gift", text=text)
    raise UsageError(f"{path} is not a format that is read.", next_step=CHOOSE)


def _is_json(text: str) -> bool:
    """Whether a text is JSON, whose braces look like the answers of GIFT."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(path: Path, data: bytes) -> str:
    encoding = next((name for sign, name in BYTE_ORDER if data.startswith(sign)), "utf-8")
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UsageError(
            f"{path}, line {line}: the text is not in UTF-8.",
            next_step="Open it in an editor and save it with the encoding UTF-8.",
        ) from problem
