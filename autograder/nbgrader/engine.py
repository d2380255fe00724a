"""The engine inside one `nbgrader autograde`: which assignment is ours, and the graders held for it."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path

from traitlets import Integer, Unicode
from traitlets.config import LoggingConfigurable

from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.grading import Grader
from autograder.nbgrader.cells import tasks_by_cell
from autograder.nbgrader.early import EarlyReports
from autograder.report import Report
from autograder.submissions.submission import read_submission

__all__ = ["Autograder"]


class Autograder(LoggingConfigurable):
    """Grades the notebooks of one assignment; made once a command, closed with it."""

    course = Unicode(help="The folder with course.yaml.").tag(config=True)
    seed = Integer(help="The seed of the checks' inputs.").tag(config=True)
    dataset = Unicode(help="mnist to insist on it, digits, or auto.").tag(config=True)
    sandbox = Unicode("good", help="The least that must hold: full, good or weak.").tag(config=True)

    assignment: Assignment | None = None  # None when it is not one of ours
    tasks: dict[str, str]  # each task's id by its test cell's
    _early: EarlyReports | None = None

    def open(self, name: str) -> None:
        """Load the assignment, if the course has it; raises AutograderError for a broken one."""
        self.tasks = {}
        course = find_course(Path(self.course))
        if name not in course.assignment_ids():
            return
        assignment = load_assignment(course, name)
        self.tasks = tasks_by_cell(assignment.file.tasks)
        self.assignment = assignment
        # Without a reference to this object: processes that hold one would keep it from being closed.
        self._make = partial(Grader, assignment, self.seed, self.dataset, sandbox=self.sandbox)

    def grades(self, assignment: str, notebook: str) -> bool:
        """Whether a notebook of nbgrader's is ours to grade: the one named after the assignment."""
        return self.assignment is not None and self.assignment.id == assignment == notebook

    def expect(self, students: Mapping[Path, str]) -> None:
        """Begin with submitted files that will be asked for, each with whose it is.

        Raises AutograderError when the sandbox does not hold, or a data set is missing.
        """
        self._early = EarlyReports(self._make, students)
        weakref.finalize(self, self._early.close)
        if not self._early.running and students:
            _ = self._grader  # made now, so that it complains now

    def grade(self, student: str, path: Path) -> Report:
        """The report on a submitted file."""
        report = self._early.report(path) if self._early else None
        if report is None:
            report = self._grader.grade(read_submission(student, path, self._grader.assignment.id))
        return report

    def give_up(self) -> None:
        """Expect nothing any more; without this, a command that was stopped would see its class graded."""
        if self._early:
            self._early.close()

    @cached_property
    def _grader(self) -> Grader:
        """The one in this process, for files that no other one grades."""
        grader = self._make()
        weakref.finalize(self, grader.close)  # when the command is done, at the latest at exit
        return grader
