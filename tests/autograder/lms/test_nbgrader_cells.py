"""Submitted notebooks as nbgrader gets them: whatever the file, its graded cells are there and valid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator

from autograder.course.assignment import Assignment
from autograder.lms.nbgrader.course import source_notebook
from autograder.lms.nbgrader.exporter import readable
from autograder.lms.nbgrader.preprocessors import Given, restore

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
IDS = st.sampled_from(
    ["double", "test-double", "double-backward", "mean-square", "test-mean_square", "other"]
)
METADATA = st.fixed_dictionaries(
    {},
    optional={"grade_id": IDS | ANYTHING, "grade": ANYTHING, "points": ANYTHING, "schema_version": ANYTHING},
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw"]) | ANYTHING,
        "source": st.text(max_size=20) | ANYTHING,
        "metadata": st.fixed_dictionaries({}, optional={"nbgrader": METADATA | ANYTHING}) | ANYTHING,
        "attachments": ANYTHING,
        "outputs": ANYTHING,
    },
)


@pytest.fixture(scope="module")
def released(tiny: Assignment) -> dict[str, Given]:
    """The cells of the tiny assignment that nbgrader knows."""
    given = {}
    for cell in source_notebook(tiny)["cells"]:
        if known := cell["metadata"].get("nbgrader"):
            kind = str(cell["cell_type"])
            given[str(known["grade_id"])] = Given(kind, cell["source"], {**known, "cell_type": kind})
    return given


@given(cells=st.lists(CELL | ANYTHING, max_size=8))
@settings(max_examples=examples(60))
def test_any_notebook(cells: list[Any], released: dict[str, Given], tmp_path_factory: Any) -> None:
    """Any JSON with a list of cells becomes a notebook that nbgrader accepts, with every test once."""
    path = tmp_path_factory.getbasetemp() / "any.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    notebook = readable(path, "tiny")
    restore(notebook, released)
    MetadataValidator().validate_nb(notebook)
    names = [c.metadata["nbgrader"]["grade_id"] for c in notebook.cells if "nbgrader" in c.metadata]
    assert len(names) == len(set(names))
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            assert cell.source == released[cell.metadata["nbgrader"]["grade_id"]].source
    assert {"test-double", "test-mean_square"} <= set(names)


@given(content=st.binary(max_size=60))
@settings(max_examples=examples(60))
def test_any_file(content: bytes, released: dict[str, Given], tmp_path_factory: Any) -> None:
    """Any file at all does, too: it says that it could not be read, or why it has no cells."""
    path = tmp_path_factory.getbasetemp() / "any_file.ipynb"
    path.write_bytes(content)
    notebook = readable(path, "tiny")
    restore(notebook, released)
    MetadataValidator().validate_nb(notebook)
    assert "could not be read" in notebook.cells[0].source


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link in place of a notebook, say to the solution, shows nothing of what it leads to."""
    (tmp_path / "secret.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "source": "secret"}]}))
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (only,) = readable(tmp_path / "link.ipynb", "tiny").cells
    assert "symbolic link" in only.source


def test_missing_tests_come_back_in_place(released: dict[str, Given], tmp_path: Path) -> None:
    """A deleted test stands after the cell that it stood after."""
    kept = [name for name in released if not name.startswith("test-")]
    cells = [
        {"cell_type": "code", "source": name, "metadata": {"nbgrader": {"grade_id": name}}} for name in kept
    ]
    path = tmp_path / "tiny.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    notebook = readable(path, "tiny")
    restore(notebook, released)
    assert [c.metadata["nbgrader"]["grade_id"] for c in notebook.cells] == list(released)
