"""Handouts run in Jupyter from top to bottom: as they are given out, and solved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from repository_assignments import NAMES, assignment

from autograder.authoring.solved_notebook import solved_notebook


def run(name: str, notebook: nbformat.NotebookNode, folder: Path) -> list[dict[str, Any]]:
    """Run a notebook in a copy of its folder; returns all outputs. A cell that raises fails the test."""
    place = shutil.copytree(assignment(name).folder, folder / name)
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(place)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    return outputs


def shown(outputs: list[dict[str, Any]]) -> str:
    """All plain text that the notebook shows."""
    return "\n".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in outputs)


@pytest.mark.parametrize("name", NAMES)
def test_released(name: str, tmp_path: Path) -> None:
    """With its stubs it runs without an error; the checks are shown, none passes, nothing is drawn."""
    handout = nbformat.read(assignment(name).handout, as_version=4)
    outputs = run(name, handout, tmp_path)
    text = shown(outputs)
    assert "is not written yet" in text
    for task in assignment(name).file.tasks:
        assert f"{task.title}: 0 of" in text
    assert "Traceback" not in text


WRONG = {
    "returns None": "return None",
    "returns text": "return 'text'",
    "returns one number": "return 0.5",
    "returns NaN": "return np.full(np.shape(arguments[0]), np.nan)",
    "raises": "raise ValueError('odd')",
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("name", NAMES)
def test_wrong(name: str, body: str, tmp_path: Path) -> None:
    """Whatever is wrong with all functions, every cell runs, and no NaN is called right."""
    replace = {
        function: f"def {function}(*arguments):\n    {body}" for function in assignment(name).functions
    }
    text = shown(run(name, solved_notebook(assignment(name), replace), tmp_path))
    assert "Traceback" not in text
    assert "nan is right" not in text
    for task in assignment(name).file.tasks:
        count = sum(check.task == task.id for check in assignment(name).public_checks)
        assert f"{task.title}: {count} of {count} checks pass" not in text


@pytest.mark.parametrize("name", NAMES)
def test_solved(name: str, tmp_path: Path) -> None:
    """With the reference's code it runs without an error, every check passes and plots are drawn."""
    outputs = run(name, solved_notebook(assignment(name)), tmp_path)
    text = shown(outputs)
    public = assignment(name).public_checks
    for task in assignment(name).file.tasks:
        count = sum(check.task == task.id for check in public)
        assert f"{task.title}: {count} of {count} checks pass" in text
    assert any("image/png" in output.get("data", {}) for output in outputs)
