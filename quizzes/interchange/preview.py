"""A look at what an import would make of an uploaded file, in a program of its own.

`python -m quizzes.interchange.preview FILE BANK` reads the file from its standard input and writes JSON. The
web server runs it with `preview_of` within limits: a file that needs more costs its own preview alone.
"""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

import yaml

from autograder.errors import UsageError
from autograder.submissions.limited_program import run_limited, serve_limited
from quizzes.content.bank import BankFile
from quizzes.content.items.any_item import Item
from quizzes.interchange.importing import import_package
from quizzes.interchange.tracked_xml import short

__all__ = ["ImportPreview", "preview_of"]


PROCESSOR_SECONDS = 20  # a course of a thousand questions takes a few
WALL_SECONDS = 90.0  # on a loaded machine
SEED = b"preview"


@dataclass(frozen=True)
class ImportPreview:
    """What an import would make of a file; with a problem, nothing."""

    file: str
    bank: str
    problem: str = ""
    next_step: str = ""
    text: str = ""  # of the bank
    questions: list[dict[str, str]] = field(default_factory=list)  # id, kind, prompt and key of each
    pictures: dict[str, str] = field(default_factory=dict)  # in Base64, by path
    lost: list[list[str]] = field(default_factory=list)  # the item's name, and a sentence

    def picture_files(self) -> dict[str, bytes]:
        """The pictures by path."""
        return {name: base64.b64decode(data) for name, data in self.pictures.items()}


def preview_of(content: bytes, file: str, bank: str) -> ImportPreview:
    """What an import would make of an uploaded file, found in a process of its own."""
    values = run_limited(
        "quizzes.interchange.preview",
        content,
        file,
        bank,
        wall_seconds=WALL_SECONDS,
    )
    if values is None:
        return ImportPreview(
            file,
            bank,
            problem=f"{file} needs more time or memory than an import in the browser may use.",
            next_step="Export fewer questions at once, or run `quizzes import` on the server's machine.",
        )
    return ImportPreview(**values)


def _look(content: bytes, file: str, bank: str) -> ImportPreview:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # so that sentences name the file and no folder
        path = Path(file)
        try:
            path.write_bytes(content)
            made = import_package(path, bank)
        except UsageError as problem:
            return ImportPreview(file, bank, problem=problem.message, next_step=problem.next_step)
        finally:
            os.chdir("/")
    items = BankFile.model_validate(yaml.safe_load(made.text)).items
    return ImportPreview(
        file,
        bank,
        text=made.text,
        questions=[_row(item) for item in items],
        pictures={name: base64.b64encode(data).decode() for name, data in made.pictures.items()},
        lost=[list(row) for row in made.lost],
    )


def _row(item: Item) -> dict[str, str]:
    return {
        "id": item.id,
        "kind": item.type.replace("_", " "),
        "prompt": short(item.context(SEED).words(item.prompt)),
        "key": short(item.question(SEED, Decimal(1)).key_text),
    }


if __name__ == "__main__":
    serve_limited(
        lambda content, arguments: asdict(_look(content, arguments[0], arguments[1])),
        processor_seconds=PROCESSOR_SECONDS,
    )
