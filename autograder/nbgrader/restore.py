"""Putting a submitted notebook's graded cells back as they were handed out.

What a cell is, the gradebook says; of the notebook only the ids count. So copied, edited, retyped
and deleted cells leave a notebook that nbgrader accepts. No answer is changed: what is graded is the
submitted file itself, in which functions are found by name.
"""

from __future__ import annotations

from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.nbgrader.cells import SCHEMA
from autograder.nbgrader.nodes import new_cell

__all__ = ["Restore"]


class Restore(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Makes the notebook's cells agree with the gradebook's, adding tests that are missing."""

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """The notebook with its cells restored, if it is the engine's to grade."""
        place = resources["nbgrader"]
        if not self.parent.grades(resources):
            return notebook, resources
        with Gradebook(place["db_url"]) as gradebook:
            source = gradebook.find_notebook(place["notebook"], place["assignment"])
            given = {cell.name: _given(cell, source) for cell in source.source_cells}
        found = self._known(notebook, given)
        notebook.cells = [
            _restored(cell, given[found[id(cell)]]) if id(cell) in found else _plain(cell)
            for cell in notebook.cells
        ]
        _add_missing(notebook, given)
        return notebook, resources

    def _known(self, notebook: Any, given: dict[str, Any]) -> dict[int, str]:
        """The id of each cell that stands for one of the gradebook's; of copies the last one does."""
        found: dict[str, int] = {}
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in given:
                if name in found:
                    self.log.info("Cell %s is there twice; it costs nothing.", name)
                found[name] = id(cell)
        return {cell: name for name, cell in found.items()}


def _given(cell: Any, source: Any) -> dict[str, Any]:
    """What the gradebook knows of a cell: its metadata, its type, and its text where that is fixed."""
    points = {one.name: float(one.max_score) for one in (*source.grade_cells, *source.task_cells)}
    tasks = {one.name for one in source.task_cells}
    metadata = {
        "schema_version": SCHEMA,
        "grade": cell.name in points and cell.name not in tasks,
        "grade_id": cell.name,
        "locked": bool(cell.locked),
        "solution": cell.name in {one.name for one in source.solution_cells},
        "task": cell.name in tasks,
        "cell_type": cell.cell_type,
    }
    if cell.name in points:
        metadata["points"] = points[cell.name]
    if cell.checksum:
        metadata["checksum"] = cell.checksum
    return {"metadata": metadata, "kind": cell.cell_type, "source": cell.source, "locked": cell.locked}


def _restored(cell: Any, given: dict[str, Any]) -> Any:
    source = given["source"] if given["locked"] else cell.source
    new = new_cell(given["kind"], source, {"nbgrader": dict(given["metadata"])})
    if cell is not None and "attachments" in cell and given["kind"] != "code":
        new["attachments"] = cell["attachments"]
    return new


def _plain(cell: Any) -> Any:
    cell.metadata.pop("nbgrader", None)
    return cell


def _add_missing(notebook: Any, given: dict[str, Any]) -> None:
    """Add the tests and tasks that are not there, each after what came before it in the handout."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    before = ""
    for name, cell in given.items():
        if name not in names and (cell["metadata"]["grade"] or cell["metadata"]["task"]):
            place = names.index(before) + 1 if before in names else len(names)
            names.insert(place, name)
            notebook.cells.insert(place, _restored(None, {**cell, "locked": True}))
        if name in names:
            before = name
