"""nbgrader's exporter for autograding, with a reader that no file stops and with the engine beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException

from autograder.errors import AutograderError
from autograder.nbgrader.engine import Autograder
from autograder.nbgrader.readable import readable
from autograder.nbgrader.renamed import adopt_renamed

__all__ = ["SubmissionExporter"]


class SubmissionExporter(NotebookExporter):
    """Reads submissions and writes autograded notebooks; its preprocessors find the engine in it.

    What keeps the engine from grading is said once, before anything is written.
    """

    parent: Any  # nbgrader's converter, which knows the folders

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
                adopt_renamed(notebooks, assignment)
            self.engine.expect(self._to_come(assignment))

    def _to_come(self, assignment: str) -> dict[Path, str]:
        """The files that nbgrader will ask for, in its order: those not autograded yet, or handed in anew."""
        pattern = self._folder("submitted", "(?P<student>.*)", assignment, escape=True)
        found = {}
        for folder in sorted(self.parent.assignments):
            parts = re.fullmatch(pattern, folder)
            if parts is None:
                continue
            student = parts["student"]
            done = self._folder("autograded", student, assignment)
            if self.parent.force or not Path(done).exists() or self._is_newer(folder, done):
                found[Path(folder) / f"{assignment}.ipynb"] = student
        return found

    def _is_newer(self, folder: str, done: str) -> bool:
        """Whether a submission came after the one that was autograded, by both folders' timestamps."""
        came, before = map(self.parent.coursedir.get_existing_timestamp, (folder, done))
        return came is not None and before is not None and bool(came > before)

    def _folder(self, step: str, student: str, assignment: str, escape: bool = False) -> str:
        """The folder of a step of nbgrader's; with `escape`, as a pattern."""
        folders = self.parent.coursedir
        step = getattr(folders, f"{step}_directory")
        return str(folders.format_path(step, student, assignment, escape=escape))

    def grades(self, resources: Any) -> bool:
        """Whether the notebook at hand is the engine's to grade."""
        place = resources["nbgrader"]
        return self.engine.grades(place["assignment"], place["notebook"])

    def submitted(self, resources: Any) -> Path:
        """The file that was handed in as the notebook at hand."""
        place = resources["nbgrader"]
        folder = self._folder("submitted", place["student"], place["assignment"])
        return Path(folder) / f"{place['notebook']}.ipynb"

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
