"""Lint of written tasks: answer cells in the handout, and model answers for every question."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from repository_assignments import NAMES, assignment
from tiny_course import ASSIGNMENT
from written_course import write_written_course

from autograder.authoring.lint_handout import faults_in_handout
from autograder.course.assignment import load_assignment


def faults(root: Path, change: Callable[[list[dict[str, Any]]], None]) -> list[str]:
    """The faults of the handout's answer cells after a change of its cells."""
    course = write_written_course(root)
    path = root / "assignments" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook["cells"])
    path.write_text(json.dumps(notebook), encoding="utf-8")
    found = map(str, faults_in_handout(load_assignment(course, ASSIGNMENT)))
    return [fault for fault in found if "check(" not in fault]


def untagged(cells: list[dict[str, Any]]) -> None:
    """Take out the tag of the last answer."""
    cells[-1]["metadata"] = {}


def twice(cells: list[dict[str, Any]]) -> None:
    """Have the last answer's cell twice."""
    cells.append({**cells[-1], "id": "again"})


def reworded(cells: list[dict[str, Any]]) -> None:
    """Give the last answer another heading."""
    cells[-1]["source"] = ["#### Answer here\n"]


def as_code(cells: list[dict[str, Any]]) -> None:
    """Make the last answer a code cell."""
    cells[-1] |= {"cell_type": "code", "outputs": [], "execution_count": None}


def asked(cells: list[dict[str, Any]]) -> None:
    """Ask another question."""
    question = "Well.\n\n*To think about.* Why?"
    cells.append({"cell_type": "markdown", "id": "think", "metadata": {}, "source": question})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (untagged, "has 0 cells with the tag written:why-mean"),
        (twice, "has 2 cells with the tag written:why-mean"),
        (reworded, "expected “#### Your answer: Why the mean”"),
        (as_code, "an answer in words belongs into a text cell"),
        (asked, "written.yaml has no model answer 'think'"),
    ],
)
def test_faults_of_answer_cells(
    tmp_path: Path, change: Callable[[list[dict[str, Any]]], None], message: str
) -> None:
    """A written task without its cell, and a question without a model answer, are faults with their place."""
    assert any(message in fault for fault in faults(tmp_path, change))


def test_a_sound_handout(tmp_path: Path) -> None:
    """The tiny course's handout with answers has no fault."""
    assert faults(tmp_path, lambda cells: None) == []


@pytest.mark.parametrize("name", NAMES)
def test_two_written_answers_in_every_homework(name: str) -> None:
    """Each has two written answers of one point, inside the 20, with question, rubric and model answer."""
    tested = assignment(name)
    assert [task.points for task in tested.file.written_tasks] == [1, 1]
    functions = sum(task.points for task in tested.file.tasks if not task.extra)
    assert (functions, functions + 2) == (18, tested.file.points)
    for task in tested.file.written_tasks:
        model = tested.model_answers[task.id]
        assert model.question
        assert len(model.rubric) >= 2
        assert len(model.answer.split()) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_the_frame_of_every_handout(name: str) -> None:
    """A handout opens with aims, time, dates, place and rules, and ends with the table of tasks."""
    notebook = json.loads(assignment(name).handout.read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"]]
    opening = "\n".join(cells[:2])
    for words in (
        "you can explain and use",
        "**Time.**",
        "**Dates.**",
        "submit this one file",
        "**Working together.**",
        "AI",
    ):
        assert words in opening
    assert f"`{name}.ipynb`" in opening
    assert cells[-1] == "check()"
    assert "lists all tasks" in cells[-2]
