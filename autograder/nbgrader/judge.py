"""Grading a submission inside `nbgrader autograde`: no kernel, no tests in the students' notebook."""

from __future__ import annotations

from typing import Any

from nbgrader import utils
from nbgrader.preprocessors import Execute, NbGraderPreprocessor

from autograder.nbgrader.grades import credit
from autograder.nbgrader.outputs import outputs

__all__ = ["Judge"]


class Judge(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Grades the submitted file in the sandbox and fills the test cells' outputs.

    The report goes on in `resources` to whatever stores the scores. An assignment that is not ours
    is executed as nbgrader does it.
    """

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """The notebook with the outputs of its test cells."""
        if not self.parent.grades(resources):
            executed: tuple[Any, Any] = Execute(parent=self.parent)(notebook, resources)
            return executed
        engine = self.parent.engine
        report = engine.grade(resources["nbgrader"]["student"], self.parent.submitted(resources))
        resources["autograder"] = report
        tasks = {task.task: task for task in report.tasks}
        titles = {task.id: task.title for task in engine.assignment.file.tasks}
        first = True
        for cell in notebook.cells:
            if not utils.is_grade(cell) or utils.is_solution(cell) or cell.cell_type != "code":
                continue
            task = tasks.get(engine.tasks.get(cell.metadata.nbgrader["grade_id"], ""))
            if task is not None:
                points, _ = credit(task, float(cell.metadata.nbgrader["points"]))
                cell.outputs = outputs(report, task, title=titles[task.task], points=points, first=first)
                first = False
        return notebook, resources
