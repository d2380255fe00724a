"""nbgrader's steps for a submission: restoring the released cells, grading, saving scores, lateness.

What a cell is, the gradebook says; of the notebook only the ids count. So copied, edited, retyped
and deleted cells leave a notebook that nbgrader accepts. No answer is changed: what is graded is the
submitted file itself, in which functions are found by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties, Execute, NbGraderPreprocessor, SaveAutoGrades

from autograder.course.lateness import days_late, due_for, late_share
from autograder.jupyter.display import Results
from autograder.lms.nbgrader.cells import SCHEMA, cell_id, new_cell, new_output
from autograder.lms.nbgrader.gradebook_db import credit, write_grade
from autograder.pages.student_page import task_part
from autograder.pages.text import clean, of_points
from autograder.report import Evidence, Report, Status, TaskReport
from autograder.submissions.collecting import submitted_at

__all__ = [
    "AssignPenalties",
    "Given",
    "Judge",
    "Restore",
    "SaveScores",
    "given_cells",
    "outputs",
    "restore",
]


@dataclass(frozen=True)
class Given:
    """A cell as it was released."""

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
            submission = resources["nbgrader"]
            with Gradebook(submission["db_url"]) as gradebook:
                given = given_cells(gradebook.find_notebook(submission["notebook"], submission["assignment"]))
            restore(notebook, given)
        return notebook, resources


def given_cells(source: Any) -> dict[str, Given]:
    """What the gradebook knows of a notebook's cells, by id, in their order."""
    points = {cell.name: float(cell.max_score) for cell in (*source.grade_cells, *source.task_cells)}
    tasks = {cell.name for cell in source.task_cells}
    answers = {cell.name for cell in source.solution_cells}
    given = {}
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
        given[cell.name] = Given(cell.cell_type, cell.source, metadata)
    return given


def restore(notebook: Any, given: Mapping[str, Given]) -> None:
    """Put the cells of a notebook back, and add those that have to be there."""
    names = [_name(cell) for cell in notebook.cells]
    counts = {name: position for position, name in enumerate(names) if name in given}  # of copies, the last
    for position, (cell, name) in enumerate(zip(notebook.cells, names, strict=True)):
        if counts.get(name) == position:
            notebook.cells[position] = _restored(cell, given[name])
        else:
            cell.metadata.pop("nbgrader", None)
            names[position] = ""
    before = ""
    for name, given_cell in given.items():
        if name not in names and given_cell.graded:
            position = names.index(before) + 1 if before else len(names)
            names.insert(position, name)
            notebook.cells.insert(position, given_cell.cell())
        if name in names:
            before = name


def _restored(cell: Any, given: Given) -> Any:
    new = given.cell(cell.source)
    if "attachments" in cell and given.kind != "code":
        new["attachments"] = cell["attachments"]
    return new


def _name(cell: Any) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def outputs(report: Report, task: TaskReport, *, title: str, points: float, first: bool = False) -> list[Any]:
    """The outputs of a task's test cell; the first cell also says what was noticed in the notebook.

    Of a submission that could not be read every cell says why: nbgrader shows each by itself.

    nbgrader takes a result that is a number for partial credit, so the last output is the points
    alone. It scores an error, or anything on stderr, as zero; here there is neither.
    """
    html = task_part(
        task,
        title=title,
        key=f"autograder-{cell_id(task.task)}",
        problem=report.submission.problem,
        notes=report.submission.notes if first else (),
    )
    score = f"{of_points(task.earned, task.possible)}{', extra credit' if task.extra else ''}"
    return [
        new_output("display_data", {"text/html": html, "text/plain": _plain(report, task, title)}),
        new_output(
            "execute_result",
            {"text/html": f"<p><strong>{score}</strong></p>", "text/plain": repr(points)},
        ),
    ]


def _plain(report: Report, task: TaskReport, title: str) -> str:
    """The same as text."""
    if report.submission.problem:
        return clean(f"This submission could not be read. {report.submission.problem}")
    # The trace of a broken check shows the check's own lines, which are not the student's to see.
    shown = [
        check.model_copy(update={"evidence": Evidence()}) if check.status is Status.ERROR else check
        for check in task.checks
    ]
    return clean(repr(Results(title, shown)))


class Judge(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader ships no types
    """Grades the submitted file in the sandbox and fills the test cells' outputs.

    The report is passed on in `resources` to the step that stores the scores. An assignment that is not ours
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


class AssignPenalties(AssignLatePenalties):  # type: ignore[misc]  # nbgrader ships no types
    """nbgrader's last step with the rules of `autograder grade` for the engine's assignments.

    The time of submission is read from timestamp.txt in the course's zone. An extension that was approved in
    nbgrader's own gradebook is added to the course's.
    """

    def preprocess(self, notebook: Any, resources: Any) -> tuple[Any, Any]:
        """The notebook as it is; the penalty is in the gradebook."""
        if not self.parent.grades(resources):
            assigned: tuple[Any, Any] = super().preprocess(notebook, resources)
            return assigned
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            submission = gradebook.find_submission(names["assignment"], names["student"])
            graded = gradebook.find_submission_notebook(
                names["notebook"], names["assignment"], names["student"]
            )
            stamp = self.parent.submitted(resources).parent
            written = submitted_at(stamp, "", self.parent.engine.zone)
            if written is not None:  # nbgrader takes most abbreviations for UTC
                submission.timestamp = written.astimezone(UTC).replace(tzinfo=None)
            share = self._share(submission)
            graded.late_submission_penalty = share * graded.score or None
            if share:
                self.log.warning("Late submission penalty: %s", graded.late_submission_penalty)
            gradebook.db.commit()
        return notebook, resources

    def _share(self, submission: Any) -> float:
        """The share of the score that lateness costs a submission."""
        engine, student = self.parent.engine, submission.student.id
        due = due_for(engine.found, engine.assignment.id, engine.assignment.file, student)
        extension = engine.found.extension(student, engine.assignment.id)
        if due is None and submission.assignment.duedate is not None:
            due = submission.assignment.duedate.replace(tzinfo=UTC)
        if due is None or submission.timestamp is None:
            return 0.0
        late = engine.assignment.file.late
        days = days_late(
            submission.timestamp.replace(tzinfo=UTC),
            due + (submission.extension or timedelta()),
            late,
            engine.zone,
        )
        return late_share(late, days, no_penalty=extension.no_penalty)
