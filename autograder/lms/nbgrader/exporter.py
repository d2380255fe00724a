"""nbgrader's exporter: reads submissions, also unreadable or renamed ones, and writes autograded ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException

from autograder.errors import AutograderError, SubmissionError
from autograder.lms.nbgrader.cells import new_cell, new_notebook
from autograder.lms.nbgrader.parallel import Autograder
from autograder.submissions.archive import holds_archive, notebook_in
from autograder.submissions.guarded_files import is_regular_file
from autograder.submissions.notebook import LARGEST_FILE, cell_source, raw_cells
from autograder.submissions.submission import notebook_bytes, read_submission

__all__ = ["SubmissionExporter", "adopt_renamed", "readable"]


def adopt_renamed(notebooks: list[str], assignment: str, functions: Sequence[str] = ()) -> None:
    """Give a submission's notebook the name it should have, as a copy beside it.

    `notebooks` are the submission's, as nbgrader found them; the copy is added. Of several under wrong names
    it is the only one that is not the untouched handout of these functions, or else the newest.
    """
    paths = [Path(name) for name in notebooks]
    plain = [path for path in paths if is_regular_file(path) and path.stat().st_size <= LARGEST_FILE]
    if not plain or any(path.stem == assignment for path in paths):
        return
    files = [(path.name, path) for path in plain]
    chosen = read_submission("", plain[0].parent, assignment, functions=functions, files=files)
    newest = max(plain, key=lambda path: (path.stat().st_mtime_ns, path.name))
    copy = newest.with_name(f"{assignment}.ipynb")
    copy.write_bytes(notebook_bytes(newest) if chosen.unreadable else chosen.data)
    notebooks.append(str(copy))


def readable(path: Path, assignment: str) -> Any:
    """The notebook in a file, or a notebook whose only cell says why the file is unreadable."""
    try:
        data = notebook_bytes(path)
        if holds_archive(data):
            data = notebook_in(data, assignment).data
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


class SubmissionExporter(NotebookExporter):
    """Reads submissions and writes autograded notebooks; its preprocessors find the engine in it.

    What keeps the engine from grading is said once, before anything is written.
    """

    parent: Any  # nbgrader's converter, which knows the directories

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)  # type: ignore[no-untyped-call]  # nbconvert's has no types
        self.engine = Autograder(parent=self)
        try:
            self._begin(self.parent.coursedir.assignment_id)
        except AutograderError as problem:
            self.log.error("%s %s", problem.message, problem.next_step)
            raise NbGraderException(problem.message) from problem

    def _begin(self, assignment: str) -> None:
        self.engine.open(assignment)
        if self.engine.assignment is not None:
            for notebooks in self.parent.assignments.values():  # of one submission each
                adopt_renamed(notebooks, assignment, self.engine.assignment.functions)
            self.engine.expect(self._to_come(assignment))

    def _to_come(self, assignment: str) -> dict[Path, str]:
        """The files that nbgrader will ask for, in its order: not autograded yet, or submitted again."""
        pattern = self._folder("submitted", "(?P<student>.*)", assignment, escape=True)
        notebooks = {}
        for folder in sorted(self.parent.assignments):
            parts = re.fullmatch(pattern, folder)
            if parts is None:
                continue
            student = parts["student"]
            done = self._folder("autograded", student, assignment)
            if self.parent.force or not Path(done).exists() or self._is_newer(folder, done):
                notebooks[Path(folder) / f"{assignment}.ipynb"] = student
        return notebooks

    def _is_newer(self, folder: str, done: str) -> bool:
        """Whether a submission came after the one that was autograded, by both directories' timestamps."""
        came, before = map(self.parent.coursedir.get_existing_timestamp, (folder, done))
        return came is not None and before is not None and bool(came > before)

    def _folder(self, step: str, student: str, assignment: str, escape: bool = False) -> str:
        """The directory of a step of nbgrader's; with `escape`, as a pattern."""
        folders = self.parent.coursedir
        step = getattr(folders, f"{step}_directory")
        return str(folders.format_path(step, student, assignment, escape=escape))

    def grades(self, resources: Any) -> bool:
        """Whether the notebook at hand is the engine's to grade."""
        notebook = resources["nbgrader"]
        return self.engine.grades(notebook["assignment"], notebook["notebook"])

    def submitted(self, resources: Any) -> Path:
        """The file that was submitted as the notebook at hand."""
        notebook = resources["nbgrader"]
        folder = self._folder("submitted", notebook["student"], notebook["assignment"])
        return Path(folder) / f"{notebook['notebook']}.ipynb"

    def from_filename(self, filename: str, resources: Any = None, **more: Any) -> Any:
        """Convert a file; nbgrader reads a submission first, and then what came of that."""
        try:
            return self._converted(filename, resources, **more)
        except KeyboardInterrupt:
            self.engine.give_up()
            raise

    def _converted(self, filename: str, resources: Any, **more: Any) -> Any:
        path = Path(filename)
        if not self.grades(resources) or path != self.submitted(resources):
            return super().from_filename(filename, resources=resources, **more)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        notebook = readable(path, resources["nbgrader"]["assignment"])
        return super().from_notebook_node(notebook, resources=resources, **more)  # type: ignore[no-untyped-call]
