"""The engine inside one `nbgrader autograde`: which assignment is ours, and the grader held for it."""

from __future__ import annotations

import weakref
from pathlib import Path

from traitlets import Integer, Unicode
from traitlets.config import LoggingConfigurable

from autograder.assignment import Assignment, load_assignment
from autograder.course import find_course
from autograder.grading import Grader
from autograder.nbgrader.cells import tasks_by_cell
from autograder.report import Report
from autograder.submission import read_submission

__all__ = ["Autograder"]


class Autograder(LoggingConfigurable):
    """Grades the notebooks of one assignment; made once a command, closed with it."""

    course = Unicode(help="The folder with course.yaml.").tag(config=True)
    seed = Integer(help="The seed of the checks' inputs.").tag(config=True)
    dataset = Unicode(help="mnist to insist on it, digits, or auto.").tag(config=True)
    sandbox = Unicode("good", help="The least that must hold: full, good or weak.").tag(config=True)

    assignment: Assignment | None = None  # None when it is not one of ours
    tasks: dict[str, str]  # each task's id by its test cell's

    def open(self, name: str) -> None:
        """Load the assignment and start its sandbox, if the course has it.

        Raises AutograderError for a broken assignment and for a sandbox that does not hold.
        """
        self.tasks = {}
        course = find_course(Path(self.course))
        if name not in course.assignment_ids():
            return
        self.assignment = load_assignment(course, name)
        self.tasks = tasks_by_cell(self.assignment.file.tasks)
        self._grader = Grader(self.assignment, self.seed, self.dataset, sandbox=self.sandbox)
        weakref.finalize(self, self._grader.close)  # when the command is done, at the latest at exit

    def grades(self, assignment: str, notebook: str) -> bool:
        """Whether a notebook of nbgrader's is ours to grade: the one named after the assignment."""
        return self.assignment is not None and self.assignment.id == assignment == notebook

    def grade(self, student: str, path: Path) -> Report:
        """The report on a submitted file."""
        assert self.assignment is not None  # asked only after `grades`
        return self._grader.grade(read_submission(student, path, self.assignment.id))
