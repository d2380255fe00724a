"""What nbgrader alone does under stress, and does not do with this engine inside."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import pytest
from nbgrader_commands import Taken, database, grades, scores
from tiny_course import ASSIGNMENT

# A class of fourteen, graded by nbgrader itself, takes a minute.
pytestmark = [pytest.mark.xdist_group("nbgrader"), pytest.mark.full]

FULL = 6.0  # with extra credit
WITHOUT_VALUES = 5.0  # a wrong `double` loses its check of values, which is one point


@pytest.fixture(scope="module")
def cells_by_student(taken: Taken) -> dict[str, dict[str, dict[str, Any]]]:
    """Every grade in the gradebook."""
    return grades(database(taken.folder), ASSIGNMENT)


@pytest.fixture(scope="module")
def total(taken: Taken) -> dict[str, float]:
    """Every student's score."""
    return scores(database(taken.folder), ASSIGNMENT)


def test_stderr_costs_nothing(total: dict[str, float]) -> None:
    """A right answer that prints to stderr has full marks; nbgrader scores the cell zero."""
    assert total["noisy"] == FULL


def test_a_copied_cell_stops_nobody(total: dict[str, float]) -> None:
    """A doubled id costs nothing, and everybody after it is graded; nbgrader aborts the batch."""
    assert total["copied"] == FULL
    assert len(total) == 14
    assert max(total) > "copied"


@pytest.mark.parametrize("student", ["deleted", "retyped", "renamed"])
def test_the_notebooks_form_costs_nothing(total: dict[str, float], student: str) -> None:
    """Deleted tests, cells turned into text and another file name leave right answers right."""
    assert total[student] == FULL


def test_a_broken_file_is_graded(taken: Taken, total: dict[str, float]) -> None:
    """A file that is cut off scores zero and says why in every test's cell."""
    assert total["broken"] == 0
    notebook = _autograded(taken, "broken")
    shown = [str(output["data"]) for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert len(shown) == 4
    assert sum("cut off" in text for text in shown) == 2


def test_the_gradebook_is_out_of_reach(
    taken: Taken, cells_by_student: dict[str, dict[str, dict[str, Any]]], total: dict[str, float]
) -> None:
    """Code that writes to the gradebook's file changes nothing in it; in nbgrader it gave 8 of 6."""
    assert total["writer"] <= WITHOUT_VALUES
    assert {cell["manual"] for cells in cells_by_student.values() for cell in cells.values()} == {None}
    with sqlite3.connect(taken.folder / "gradebook.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_no_score_is_above_what_is_possible(cells_by_student: dict[str, dict[str, dict[str, Any]]]) -> None:
    """No cell has more than it is worth, whatever its metadata said when it was handed in."""
    for student, cells in cells_by_student.items():
        for name, cell in cells.items():
            assert 0 <= cell["auto"] <= cell["most"], (student, name)
            assert cell["extra"] is None or 0 <= cell["extra"] <= 2, (student, name)


def test_an_edited_test_decides_nothing(taken: Taken, total: dict[str, float]) -> None:
    """A test rewritten to say 100, worth 100 points, is put back and scores what the answer is worth."""
    assert total["edited"] == WITHOUT_VALUES
    cells = _autograded(taken, "edited")["cells"]
    test = next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == "test-double")
    assert "".join(test["source"]) == 'check("double")'
    assert test["metadata"]["nbgrader"]["points"] == 4


@pytest.mark.parametrize("student", ["dropper", "patcher"])
def test_tampering_gains_nothing(total: dict[str, float], student: str) -> None:
    """Dropping asserts, replacing np.allclose and always equal objects gave 6 of 6 in nbgrader."""
    assert total[student] <= WITHOUT_VALUES


def test_an_endless_loop_costs_its_own_checks(
    taken: Taken, cells_by_student: dict[str, dict[str, dict[str, Any]]]
) -> None:
    """A function that never ends is called once, not once a test: the rest is graded in full."""
    assert cells_by_student["hanging"]["test-mean_square"]["extra"] == 2.0
    assert cells_by_student["hanging"]["test-double"]["auto"] == 2.0  # its backward is right
    text = json.dumps(_autograded(taken, "hanging"))
    assert "Out of time" in text


def test_no_kernel_was_started(taken: Taken) -> None:
    """No cell of the students' notebooks ran: the only outputs are those of the tests."""
    for path in (taken.folder / "autograded").glob("*/*/*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell.get("outputs"):
                assert cell["metadata"]["nbgrader"]["grade"]
                kinds = [output["output_type"] for output in cell["outputs"]]
                assert kinds == ["display_data", "execute_result"]


def _autograded(taken: Taken, student: str) -> dict[str, Any]:
    path = taken.folder / "autograded" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook
