"""The handout filled in, plainly and oddly: what stands where, and that it is right."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from in_process import failed_tasks
from nbclient import NotebookClient
from nbformat import validate

from autograder.authoring.solved_notebook import filled_in, solved_notebook, to_bytes
from autograder.authoring.unusual_notebooks import ODD
from autograder.course.assignment import Assignment
from autograder.errors import ContentError
from autograder.grading.grader import Grader
from autograder.submissions.submission import Submission

STUBS = "raise NotImplementedError"


def sources(notebook: Mapping[str, Any]) -> list[str]:
    """The code cells' sources."""
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]


class TestSolvedNotebook:
    """The handout, filled in."""

    def test_every_stub_is_filled_in_where_it_stands(self, tiny: Assignment) -> None:
        """Each function is in its own stub's cell, and the cells around it stay."""
        notebook = solved_notebook(tiny)
        ids = ["title", "imports", "support", "double", "double-backward", "check-double", "between"]
        assert [cell.id for cell in notebook.cells][:7] == ids
        assert STUBS not in "".join(sources(notebook))
        by_id = {cell.id: cell.source for cell in notebook.cells}
        assert (
            by_id["double"] == 'def double(x):\n    """Twice x, in the shape of x."""\n    return FACTOR * x'
        )
        assert by_id["double-backward"].startswith(
            "# The chain rule: multiply by what comes from above.\ndef double_b"
        )
        assert by_id["check-double"] == 'check("double")'

    def test_helpers_come_after_the_imports(self, tiny: Assignment) -> None:
        """Constants and helpers in use are in one cell; what the handout imports is not repeated."""
        support = next(cell.source for cell in solved_notebook(tiny).cells if cell.id == "support")
        assert support == (
            'FACTOR = 2.0\n\ndef squares(x):\n    """The square of every entry."""\n    return x * x'
        )

    def test_full_marks(self, tiny: Assignment) -> None:
        """The reference in the handout passes every hidden check."""
        assert failed_tasks(tiny, to_bytes(solved_notebook(tiny))) == set()

    def test_one_function_replaced(self, tiny: Assignment) -> None:
        """A single function can be given in another version; the others stay the reference's."""
        notebook = solved_notebook(tiny, {"mean_square": "def mean_square(x):\n    return 0.0"})
        assert failed_tasks(tiny, to_bytes(notebook)) == {"mean_square"}

    def test_some_left_as_stubs(self, tiny: Assignment) -> None:
        """Functions can be left unwritten, and bring no helpers then."""
        notebook = solved_notebook(tiny, stubs=["double_backward", "mean_square"])
        assert "".join(sources(notebook)).count(STUBS) == 2
        assert "squares" not in next(cell.source for cell in notebook.cells if cell.id == "support")

    @pytest.mark.parametrize("number", range(3))
    def test_alternatives_bring_what_they_need(self, tiny: Assignment, number: int) -> None:
        """An alternative keeps full marks, with imports and helpers of its own file."""
        variant = tiny.alternatives[number]
        assert (
            failed_tasks(tiny, to_bytes(solved_notebook(tiny, {variant.function: variant.source()}))) == set()
        )

    @pytest.mark.parametrize("number", range(3))
    def test_mistakes_lose_their_task_only(self, tiny: Assignment, number: int) -> None:
        """A mistake in the notebook loses points in its own task, and is recognised there."""
        variant = tiny.mistakes[number]
        data = to_bytes(solved_notebook(tiny, {variant.function: variant.source()}))
        assert failed_tasks(tiny, data) == {tiny.task_of(variant.function)}
        with Grader(tiny, 1) as grader:
            report = grader.grade(Submission("s", "tiny.ipynb", data))
        assert f"{variant.function}: {variant.name}" in {result.mistake for result in report.results()}

    def test_it_runs_in_jupyter(self, tiny: Assignment) -> None:
        """The filled-in notebook is valid and runs from top to bottom, checks included."""
        notebook = solved_notebook(tiny)
        validate(notebook)
        NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(tiny.folder)}}).execute()
        printed = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        assert printed and all(output.output_type != "error" for output in printed)

    def test_a_handout_without_a_stub_is_the_authors_error(self, tiny: Assignment, tmp_path: Path) -> None:
        """A function that the handout has no stub for is named, with the file."""
        handout = json.loads(tiny.handout.read_text())
        handout["cells"] = [cell for cell in handout["cells"] if cell["id"] != "mean-square"]
        (tmp_path / "tiny.ipynb").write_text(json.dumps(handout))
        with pytest.raises(ContentError, match="no stub of mean_square"):
            solved_notebook(replace(tiny, folder=tmp_path))


class TestOddNotebooks:
    """Right answers in unusual notebooks."""

    @pytest.mark.parametrize("form", ODD)
    def test_right_all_the_same(self, tiny: Assignment, form: str) -> None:
        """Every odd notebook can be read, and the functions in it pass every check."""
        for seed in range(5):
            made = ODD[form](filled_in(tiny), tiny.functions, random.Random(seed))
            assert failed_tasks(tiny, to_bytes(made)) == set(), seed

    def test_each_is_odd_in_its_own_way(self, tiny: Assignment) -> None:
        """What is said to be in a notebook is in it."""
        made = {name: form(filled_in(tiny), tiny.functions, random.Random(1)) for name, form in ODD.items()}
        text = {name: to_bytes(notebook).decode() for name, notebook in made.items()}
        assert (
            '"id"' not in text["ids and metadata stripped"]
            and "metadata" not in text["ids and metadata stripped"]
        )
        assert (
            "%matplotlib inline" in text["magics and shell lines"]
            and "!pip" in text["magics and shell lines"]
        )
        assert '"%%time\\n' in text["magics and shell lines"]
        assert len(sources(made["everything in one cell"])) == 1
        assert text["a function defined twice, the last one right"].count("return None") == 1
        assert "plt.plot" in text["a plot that raises"]
        assert made["nbformat 3"]["nbformat"] == 3 and "cells" not in made["nbformat 3"]
        with pytest.raises(SyntaxError):
            for source in sources(made["a syntax error in an extra cell"]):
                compile(source, "cell", "exec")
        order = [source for source in sources(made["functions in another order"]) if "def " in source]
        assert order != [source for source in sources(filled_in(tiny)) if "def " in source]
        assert "FACTOR" in order[0]
