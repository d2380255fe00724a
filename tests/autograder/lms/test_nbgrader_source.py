"""The source notebook that nbgrader starts from, for every assignment of the course."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from in_process import graded
from nbformat import NotebookNode, from_dict
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import ClearSolutions

from autograder.authoring.calibrate import convergence_checks
from autograder.authoring.solved_notebook import to_bytes
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import find_course
from autograder.lms.nbgrader.course import source_notebook
from autograder.report import Status

STUB = r'    """(?:(?!""").|\n)*"""\n    # YOUR CODE HERE\n    raise NotImplementedError\(\)'
COURSE = find_course(Path(__file__).parent)


@pytest.fixture(params=COURSE.assignment_ids())
def assignment(request: pytest.FixtureRequest) -> Assignment:
    """Each assignment of the course."""
    return load_assignment(COURSE, request.param)


def cleared(assignment: Assignment) -> NotebookNode:
    """The students' version, as nbgrader makes it."""
    notebook = from_dict(source_notebook(assignment))
    result: Any = ClearSolutions().preprocess(notebook, {})[0]
    assert isinstance(result, NotebookNode)
    return result


def test_it_is_the_solution(assignment: Assignment) -> None:
    """Filled in, each function stands alone with its helpers and passes every check."""
    trains = {check.id for check in convergence_checks(assignment)}  # those need images
    results = graded(assignment, to_bytes(source_notebook(assignment)))
    wrong = [
        result.id for result in results if result.status is not Status.PASSED and result.id not in trains
    ]
    assert wrong == []


def test_points_and_metadata(assignment: Assignment) -> None:
    """nbgrader accepts it; each task has one test, each written one its answer, worth their points."""
    notebook = from_dict(source_notebook(assignment))
    MetadataValidator().validate_nb(notebook)
    known = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    tests = [metadata for metadata in known if metadata["grade"]]
    written = {f"written-{task.id}": task.points for task in assignment.file.written_tasks}
    assert {each["grade_id"]: each["points"] for each in tests if each["solution"]} == written
    assert len(tests) == len(assignment.file.tasks) + len(written)
    assert sum(metadata["points"] for metadata in tests) == assignment.file.points


def test_students_get_stubs(assignment: Assignment) -> None:
    """Cleared, every function is a stub with its signature and docstring, and nothing of it is left."""
    source = json.dumps(source_notebook(assignment))
    assert source.count("BEGIN SOLUTION") == len(assignment.functions)
    text = "\n".join(cell.source for cell in cleared(assignment).cells)
    for name in assignment.functions:
        assert re.search(rf"def {name}\(.*\):\n{STUB}", text), name
    assert "SOLUTION" not in text
    results = graded(assignment, to_bytes(_plain(cleared(assignment))))
    assert [result.id for result in results if result.status is Status.PASSED] == []


def _plain(notebook: NotebookNode) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(json.dumps(notebook))
    return data
