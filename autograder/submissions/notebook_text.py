"""What is shown of a submitted notebook: its cells as text and pictures, nothing that a browser would run.

`python -m autograder.submissions.notebook_text` reads a notebook from its standard input and writes JSON; the
web server runs it with `notebook_text_of`, within limits of its own, because a stranger wrote the file. HTML,
SVG, JavaScript and widgets are kept as text; PNG and JPEG pictures are kept when they begin as such. A large
notebook is cut so that its page stays small: the code and texts of all cells go before what they printed.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from autograder.errors import SubmissionError
from autograder.submissions.limited_program import run_limited, serve_limited
from autograder.submissions.notebook import cell_source, raw_cells
from autograder.submissions.submission import Submission

__all__ = ["NotebookText", "TextCell", "notebook_text_of"]

MOST_CELLS, LONGEST_TEXT = 2000, 20_000  # characters of a cell or an output
# What a page takes to send, in bytes after compression: the sources, and everything.
MOST_SOURCES, MOST_ALL, FASTEST = 120_000, 200_000, 1
LEFT_OUT = "[left out: the notebook is too large to be shown whole; download the file]"
MOST_PICTURES, LARGEST_PICTURES = 200, 12_000_000  # bytes of all pictures, encoded
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
TEXTS = ("text/plain", "text/markdown", "text/latex", "text/html", "image/svg+xml", "application/javascript")


@dataclass(frozen=True)
class TextCell:
    """A cell: its kind, its source, and its outputs as (kind, text), where a picture's text is base64."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    outputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class NotebookText:
    """The cells of a notebook, or why it cannot be shown."""

    cells: tuple[TextCell, ...] = ()
    problem: str = ""


def notebook_text_of(content: bytes, file: str) -> NotebookText:
    """What is shown of a submitted file, worked out in a process of its own."""
    values = run_limited("autograder.submissions.notebook_text", content, file)
    if values is None:
        return NotebookText(problem="It takes more time or memory than this page may use; download the file.")
    cells = [
        TextCell(cell["kind"], cell["source"], tuple((kind, text) for kind, text in cell["outputs"]))
        for cell in values["cells"]
    ]
    return NotebookText(tuple(cells), values["problem"])


def _look(content: bytes, file: str) -> NotebookText:
    submission = Submission("", file, content)
    if submission.problem:
        return NotebookText(problem=submission.problem)
    try:
        return NotebookText(tuple(_cells(content)))
    except SubmissionError:  # in an archive: its code is shown, its texts and outputs are not
        return NotebookText(tuple(TextCell("code", cell.source[:LONGEST_TEXT]) for cell in submission.cells))


class _Room:
    """How much more a page may hold, in bytes after compression."""

    def __init__(self, left: int) -> None:
        self.left = left

    def holds(self, text: str) -> bool:
        """Whether a text still fits; it takes its room then."""
        size = len(zlib.compress(text.encode("utf-8", "replace"), FASTEST))
        if size > self.left:
            return False
        self.left -= size
        return True


def _cells(content: bytes) -> Iterator[TextCell]:
    cells = [cell for cell in raw_cells(content)[:MOST_CELLS] if isinstance(cell, Mapping)]
    room = _Room(MOST_SOURCES)
    sources = []
    for cell in cells:
        source = (cell_source(cell) or "")[:LONGEST_TEXT]
        sources.append(source if room.holds(source) else LEFT_OUT)
    room.left += MOST_ALL - MOST_SOURCES
    pictures = LARGEST_PICTURES
    for cell, source in zip(cells, sources, strict=True):
        kind = str(cell.get("cell_type", "raw"))
        outputs: list[tuple[str, str]] = []
        found = cell.get("outputs")
        for output in found if kind == "code" and isinstance(found, list) else ():
            shown = _output(output) if isinstance(output, Mapping) else None
            if shown is None:
                continue
            if shown[0] in PICTURES:
                pictures -= len(shown[1])
                if pictures < 0:
                    shown = ("text/plain", "[a picture is left out: the notebook holds too many]")
            elif not room.holds(shown[1]):
                shown = ("text/plain", LEFT_OUT)
                if shown in outputs[-1:]:
                    continue  # said once
            outputs.append(shown)
            if len(outputs) == MOST_PICTURES:
                break
        yield TextCell(kind if kind in ("code", "markdown") else "raw", source, tuple(outputs))


def _output(output: Mapping[str, Any]) -> tuple[str, str] | None:
    if "ename" in output:
        trace = output.get("traceback")
        lines = [str(line) for line in trace] if isinstance(trace, list) else [str(output.get("evalue", ""))]
        return "error", _joined(lines)[:LONGEST_TEXT]
    if "text" in output:
        return "text/plain", _joined(output["text"])[:LONGEST_TEXT]
    data = output.get("data")
    if not isinstance(data, Mapping):
        return None
    for kind, start in PICTURES.items():
        if kind in data and (picture := _picture(_joined(data[kind]), start)):
            return kind, picture
    for kind in TEXTS:
        if kind in data:
            return kind, _joined(data[kind])[:LONGEST_TEXT]
    return None


def _picture(encoded: str, start: bytes) -> str:
    """The picture encoded anew, if it is one; empty otherwise."""
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(content).decode() if content.startswith(start) else ""


def _joined(text: Any) -> str:
    return "".join(map(str, text)) if isinstance(text, list) else str(text)


if __name__ == "__main__":
    serve_limited(lambda content, arguments: asdict(_look(content, arguments[0])))
