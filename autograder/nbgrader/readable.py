"""Whatever a student handed in, as a notebook that nbgrader can go on with.

Of a file only cells, pictures in them and nbgrader's ids are taken over: other metadata, outputs and
versions decide nothing, and wrong ones would stop nbgrader.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograder.errors import SubmissionError
from autograder.nbgrader.nodes import new_cell, new_notebook
from autograder.submissions.archive import holds_archive, notebook_in
from autograder.submissions.notebook import cell_source, raw_cells
from autograder.submissions.submission import notebook_bytes

__all__ = ["readable"]


def readable(path: Path, assignment: str) -> Any:
    """The notebook in a file, or one whose only cell says why there is none."""
    try:
        data = notebook_bytes(path)
        if holds_archive(data):
            _, data = notebook_in(data, assignment)
        cells = raw_cells(data)
    except (SubmissionError, OSError) as problem:
        return new_notebook([new_cell("markdown", f"**This submission could not be read.** {problem}")])
    return new_notebook([_cell(cell) for cell in cells if isinstance(cell, dict)])


def _cell(raw: dict[str, Any]) -> Any:
    cell = new_cell(raw.get("cell_type"), cell_source(raw) or "", _metadata(raw))
    attached = _attachments(raw)
    if attached and cell.cell_type != "code":
        cell["attachments"] = attached
    return cell


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    """nbgrader's id alone; what it stands for is in the gradebook."""
    metadata = raw.get("metadata")
    known = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = known.get("grade_id") if isinstance(known, dict) else None
    return {"nbgrader": {"grade_id": name}} if isinstance(name, str) else {}


def _attachments(raw: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Pictures that were pasted into a cell."""
    attached = raw.get("attachments")
    return {
        str(name): {str(mime): data for mime, data in bundle.items() if isinstance(data, str)}
        for name, bundle in (attached.items() if isinstance(attached, dict) else ())
        if isinstance(bundle, dict)
    }
