"""Putting a submitted notebook's graded cells back as they were handed out.

What a cell is, the gradebook says; of the notebook only the ids count. So copied, edited, retyped
and deleted cells leave a notebook that nbgrader accepts. No answer is changed: what is graded is the
submitted file itself, in which functions are found by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.nbgrader.cells import SCHEMA
from autograder.nbgrader.nodes import new_cell

__all__ = ["Given", "Restore", "given_cells", "restore"]


@dataclass(frozen=True)
class Given:
    """A cell as it was handed out."""

    kind: str
    source: str
    metadata: dict[str, Any]  # nbgrader's

    @property
    def graded(self) -> bool:
        """Whether points stand on it, so that it has to be there."""
        return bool(self.metadata["grade"] or self.metadata["task"])

    def cell(self, source: str | None = None) -> Any:
        """The cell, with a student's text where it was theirs to write."""
        text = self.source if source is None or self.metadata["locked"] else source
        return new_cell(self.kind, text, {"nbgrader": dict(self.metadata)})


class Restore(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Makes the notebook's cells agree with the gradebook's, adding tests that are missing."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """The notebook with its cells restored, if it is the engine's to grade."""
        if self.parent.grades(resources):
            place = resources["nbgrader"]
            with Gradebook(place["db_url"]) as gradebook:
                given = given_cells(gradebook.find_notebook(place["notebook"], place["assignment"]))
            restore(notebook, given)
        return notebook, resources


def given_cells(source: Any) -> dict[str, Given]:
    """What the gradebook knows of a notebook's cells, by id, in their order."""
    points = {one.name: float(one.max_score) for one in (*source.grade_cells, *source.task_cells)}
    tasks = {one.name for one in source.task_cells}
    answers = {one.name for one in source.solution_cells}
    found = {}
    for cell in source.source_cells:
        metadata = {
            "schema_version": SCHEMA,
            "grade": cell.name in points and cell.name not in tasks,
            "grade_id": cell.name,
            "locked": bool(cell.locked),
            "solution": cell.name in answers,
            "task": cell.name in tasks,
            "cell_type": cell.cell_type,
        }
        if cell.name in points:
            metadata["points"] = points[cell.name]
        if cell.checksum:
            metadata["checksum"] = cell.checksum
        found[cell.name] = Given(cell.cell_type, cell.source, metadata)
    return found


def restore(notebook: Any, given: Mapping[str, Given]) -> None:
    """Put the cells of a notebook back, and add those that have to be there."""
    names = [_name(cell) for cell in notebook.cells]
    counts = {name: place for place, name in enumerate(names) if name in given}  # of copies, the last
    for place, (cell, name) in enumerate(zip(notebook.cells, names, strict=True)):
        if counts.get(name) == place:
            notebook.cells[place] = _restored(cell, given[name])
        else:
            cell.metadata.pop("nbgrader", None)
            names[place] = ""
    before = ""
    for name, one in given.items():
        if name not in names and one.graded:
            place = names.index(before) + 1 if before else len(names)
            names.insert(place, name)
            notebook.cells.insert(place, one.cell())
        if name in names:
            before = name


def _restored(cell: Any, given: Given) -> Any:
    new = given.cell(cell.source)
    if "attachments" in cell and given.kind != "code":
        new["attachments"] = cell["attachments"]
    return new


def _name(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
