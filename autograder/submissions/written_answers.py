"""Written answers of a notebook: the cells in which questions are answered in words, and their text.

An answer's cell is known by its tag `written:<task>`, by its id, by nbgrader's grade_id, or by its heading
"Your answer: <title>": tools drop metadata, students delete headings, and either is enough. Cells that a
student added below it belong to the answer. The grader puts the text into the report; a person marks it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.submissions.notebook import cell_source
from autograder.submissions.submission import digest

__all__ = ["PLACEHOLDER", "WrittenText", "answer_cell_source", "answer_tag", "is_answer_cell", "written_text"]

PLACEHOLDER = "*Write your answer here, in place of this line.*"
LONGEST = 20_000  # characters of an answer
MARKS = re.compile(r"[\s#*_`>.:]+")


@dataclass(frozen=True)
class WrittenText:
    """An answer as it was found: its text, and the number of its first cell, from 1 over all cells."""

    text: str
    cell: int

    @property
    def digest(self) -> str:
        """What tells the answer from others; white space does not count."""
        return digest(" ".join(self.text.split()))[:16]


def answer_tag(task: str) -> str:
    """The tag of an answer's cell."""
    return f"written:{task}"


def is_answer_cell(cell: Mapping[str, Any]) -> bool:
    """Whether a handout's cell is there for an answer, by its tag."""
    return any(str(tag).startswith(answer_tag("")) for tag in cell.get("metadata", {}).get("tags", ()))


def answer_cell_source(title: str) -> str:
    """The text of an answer's cell before anything is written."""
    return f"#### Your answer: {title}\n\n{PLACEHOLDER}"


def written_text(cells: Sequence[Any], given: Collection[str], task: str, title: str) -> WrittenText | None:
    """The answer to a written task; None where its cell cannot be found.

    `cells` are the submission's raw cells, `given` the texts of the handout's cells.
    """
    starts = [index for index, cell in enumerate(cells) if _is_answer(cell, task, title)]
    if not starts:
        return None
    known = {_plain(source) for source in given}
    parts: list[str] = []
    for index in starts:
        parts.append(_without_frame(_source(cells[index]), title))
        parts += _continued(cells, index + 1, known)
    text = "\n\n".join(dict.fromkeys(part for part in parts if part))
    return WrittenText(text[:LONGEST], starts[0] + 1)


def _is_answer(cell: Any, task: str, title: str) -> bool:
    if not isinstance(cell, dict):
        return False
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    tags, released = metadata.get("tags"), metadata.get("nbgrader")
    names = {cell.get("id") if isinstance(cell.get("id"), str) else None}
    if isinstance(released, dict) and isinstance(released.get("grade_id"), str):
        names.add(released["grade_id"])
    return (
        (isinstance(tags, list) and answer_tag(task) in tags)
        or f"written-{task}" in names
        or any(_is_heading(line, title) for line in _source(cell).splitlines())
    )


def _is_heading(line: str, title: str) -> bool:
    # Most lines are not, which costs less to see than what they are without their marks.
    return "answer" in line.casefold() and _plain(line) == _plain(f"Your answer: {title}")


def _continued(cells: Sequence[Any], start: int, known: Collection[str]) -> Iterator[str]:
    """The texts that a student added below: up to code, or to a cell of the handout."""
    for cell in cells[start:]:
        source = _source(cell)
        if not isinstance(cell, dict) or cell.get("cell_type") == "code" or _plain(source) in known:
            return
        if any(re.match(r"#{1,6}\s", line) or "Your answer" in line for line in source.splitlines()):
            return  # another section, which the student may have edited
        yield source.strip()


def _without_frame(source: str, title: str) -> str:
    """The text without heading and placeholder."""
    kept = [
        line
        for line in source.splitlines()
        if not _is_heading(line, title) and _plain(line) != _plain(PLACEHOLDER)
    ]
    return "\n".join(kept).strip()


def _source(cell: Any) -> str:
    return (cell_source(cell) or "") if isinstance(cell, dict) else ""


def _plain(text: str) -> str:
    """The text as it is compared: marks, spaces and case do not count."""
    return MARKS.sub(" ", text).strip().casefold()
