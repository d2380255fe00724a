"""Storing the engine's scores in nbgrader's gradebook, as nbgrader's own step does."""

from __future__ import annotations

from typing import Any

from nbgrader.preprocessors import SaveAutoGrades

from autograder.nbgrader.grades import write_grade

__all__ = ["SaveScores"]


class SaveScores(SaveAutoGrades):  # type: ignore[misc]  # nbgrader ships no types
    """nbgrader's last step, with the engine's scores for the engine's cells."""

    def _add_score(self, cell: Any, resources: Any) -> None:
        report = resources.get("autograder")
        if report is None:
            super()._add_score(cell, resources)
            return
        name = cell.metadata["nbgrader"]["grade_id"]
        task = next((t for t in report.tasks if t.task == self.parent.engine.tasks.get(name)), None)
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        if task is not None:
            write_grade(grade, task)
        elif cell.metadata["nbgrader"]["solution"]:
            super()._add_score(cell, resources)  # an answer in words, for a person
        else:  # a test that nothing ran: nbgrader would give it full marks
            grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
        self.gradebook.db.commit()
