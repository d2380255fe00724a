"""Reading a notebook file in the judge: from its bytes to its code cells as text.

Nothing is run and no Python is parsed here. The format's schema is not checked either: whatever a
student's tools did to ids, metadata and outputs, only the code counts. A file that cannot be read is
refused with a sentence on what is wrong and one on what to do. Submissions, the grader's handout and the
authoring tools are read with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograder.errors import SubmissionError

__all__ = [
    "LARGEST_FILE",
    "LARGEST_SOURCE",
    "Cell",
    "cell_source",
    "python_version",
    "raw_cells",
    "read_notebook",
    "read_notebook_and_version",
    "require_size",
    "storable",
]

LARGEST_FILE = 20_000_000  # bytes; outputs with many pictures stay below
LARGEST_SOURCE = 1_000_000  # characters in all code cells: parsing more Python than this takes seconds
MOST_BRACKETS = 3_000_000  # each becomes a Python object: a bound on memory before json.loads

SAVE_AGAIN = "Open the notebook in Jupyter, save it and submit the .ipynb file itself."
SUBMIT_NOTEBOOK = "Submit the .ipynb file that Jupyter saves."

BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
VERSION = re.compile(r"\d{1,3}(?:\.\w{1,20}){1,3}")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
BROKEN_OFF = re.compile(r"[\w\\+.-]{0,9}\s*")  # what is left of a number, a literal or an escape
PYTHON_LINE = re.compile(r"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[(:])", re.MULTILINE)
LFS_POINTER = "version https://git-lfs.github.com/spec/"
CONFLICT = re.compile(r"^(?:<<<<<<<|>>>>>>>) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number and its text."""

    number: int  # counted from 1 over all cells, text included
    source: str


def read_notebook(data: bytes) -> list[Cell]:
    """The code cells of a notebook file, in order; raises SubmissionError when it cannot be read."""
    return read_notebook_and_version(data)[0]


def read_notebook_and_version(data: bytes) -> tuple[list[Cell], str]:
    """The code cells, and the Python version that the notebook was run with, "" where it does not say.

    Raises SubmissionError, with what the student can do, for anything that is not a notebook with code.
    """
    require_size(data)
    notebook = _parsed(_decoded(data))
    cells = list(_code_cells(_cells(notebook)))
    if not cells:
        raise SubmissionError(
            "The notebook has no code cell.", next_step="Submit the notebook that has your functions in it."
        )
    if sum(len(cell.source) for cell in cells) > LARGEST_SOURCE:
        raise SubmissionError(
            f"The notebook's code cells hold more than {LARGEST_SOURCE // 1_000_000} MB of text.",
            next_step="Take data out of the code cells and submit the notebook again.",
        )
    return cells, python_version(notebook)


def python_version(notebook: Any) -> str:
    """Such as "3.13.1", as Jupyter notes it in a notebook's metadata; "" where it does not."""
    for name in ("metadata", "language_info", "version"):
        notebook = notebook.get(name) if isinstance(notebook, dict) else None
    return notebook if isinstance(notebook, str) and VERSION.fullmatch(notebook) else ""


def raw_cells(data: bytes) -> list[Any]:
    """All cells of a notebook file, text cells included, as its JSON has them: nothing in them is checked."""
    require_size(data)
    return _cells(_parsed(_decoded(data)))


def require_size(data: bytes) -> None:
    """Raises SubmissionError for more bytes than a file may have."""
    if len(data) > LARGEST_FILE:
        raise SubmissionError(
            f"The file is larger than {LARGEST_FILE // 1_000_000} MB.",
            next_step="Clear the notebook's outputs, save it and submit it again.",
        )


def _decoded(data: bytes) -> str:
    """The file as text: UTF-8, or UTF-16 that says so."""
    for start, kind in OTHER_FILES.items():
        if data.startswith(start):
            raise SubmissionError(f"The file is {kind}, not a notebook.", next_step=SUBMIT_NOTEBOOK)
    encoding = next((name for mark, name in BOMS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        if problem.reason == "unexpected end of data":  # cut off inside a character: parsing will tell
            return data[: problem.start].decode(encoding)
        raise SubmissionError(
            "The file is not UTF-8 text, as notebooks are.", next_step=SAVE_AGAIN
        ) from problem


def _parsed(text: str) -> Any:
    """The text as JSON."""
    if not text.strip():
        raise SubmissionError("The file is empty.", next_step=SAVE_AGAIN)
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise SubmissionError(
            "The notebook's outputs hold too many parts.",
            next_step="Clear the notebook's outputs, save it and submit it again.",
        )
    try:
        return json.loads(text)
    except RecursionError as problem:
        raise SubmissionError(
            "The file is nested too deeply for a notebook.", next_step=SAVE_AGAIN
        ) from problem
    except ValueError as problem:  # JSONDecodeError, or a number of thousands of digits
        raise _not_json(text, problem) from problem


def _not_json(text: str, problem: ValueError) -> SubmissionError:
    """What the file is instead, as far as it can be recognised."""
    start = text.lstrip()[:1]
    if start == "<" and not CONFLICT.search(text):
        return SubmissionError("The file is a web page (HTML), not a notebook.", next_step=SUBMIT_NOTEBOOK)
    if text.startswith(LFS_POINTER):
        return SubmissionError(
            "The file is a Git LFS pointer, not the notebook itself.",
            next_step="Download the notebook with `git lfs pull` or from its page, and submit that.",
        )
    if start != "{" and PYTHON_LINE.search(text):
        return SubmissionError(
            "The file is a Python script, not a notebook.",
            next_step="Put your functions into the notebook and submit that.",
        )
    if CONFLICT.search(text):
        return SubmissionError(
            "The file holds merge conflict markers (<<<<<<<), so it is no longer a notebook.",
            next_step="Resolve the conflict, open the notebook in Jupyter to see that it works, and save it.",
        )
    if isinstance(problem, json.JSONDecodeError):
        if start == "{" and _is_cut_off(text, problem):
            return SubmissionError(
                "The file seems cut off: it ends in the middle of the notebook.",
                next_step="Save the notebook again and submit the whole file.",
            )
        location = f"line {problem.lineno}, column {problem.colno}: {problem.msg}"
        return SubmissionError(
            f"The file is not a notebook: it is not JSON ({location}).", next_step=SAVE_AGAIN
        )
    return SubmissionError("The file is not a notebook: it is not JSON.", next_step=SAVE_AGAIN)


def _is_cut_off(text: str, problem: json.JSONDecodeError) -> bool:
    """Whether the parser came to the end of the file while something was still open."""
    if problem.msg.startswith("Unterminated string"):
        return True
    return problem.msg != "Extra data" and BROKEN_OFF.fullmatch(text, problem.pos) is not None


def _code_cells(cells: list[Any]) -> Iterator[Cell]:
    """The code cells; what has a wrong type is passed over, and still counted."""
    for number, cell in enumerate(cells, start=1):
        source = cell_source(cell) if _is_code(cell) else None
        if source is not None:
            yield Cell(number, source)


def _is_code(cell: Any) -> bool:
    """Whether a cell is code, or was when nbgrader released it: a wrong key press makes it text."""
    if not isinstance(cell, dict):
        return False
    metadata = cell.get("metadata")
    released = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return cell.get("cell_type") == "code" or (
        isinstance(released, dict) and released.get("cell_type") == "code"
    )


def cell_source(cell: Mapping[str, Any]) -> str | None:
    """A cell's text; None when it has none."""
    source = cell.get("source", cell.get("input"))  # `input` up to nbformat 3
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return _clean(source) if isinstance(source, str) else None


def _cells(notebook: Any) -> list[Any]:
    """All cells, text cells included."""
    if isinstance(notebook, dict):
        cells = notebook.get("cells")
        if isinstance(cells, list):
            return cells
        sheets = notebook.get("worksheets")  # nbformat 3
        if isinstance(sheets, list):
            inner = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for cells in inner if isinstance(cells, list) for cell in cells]
    raise SubmissionError(
        "The file is JSON but not a notebook: it has no list of cells.", next_step=SUBMIT_NOTEBOOK
    )


def _clean(source: str) -> str:
    """The source with line ends as Python reads them, and without lone surrogates."""
    if "\r" in source:
        source = source.replace("\r\n", "\n").replace("\r", "\n")
    return storable(source)


def storable(text: str) -> str:
    """The text with every lone surrogate replaced: neither UTF-8 nor a report can hold one.

    JSON may spell them, and Python reads them from file names that are not UTF-8.
    """
    return text if text.isascii() else LONE_SURROGATE.sub("\ufffd", text)
