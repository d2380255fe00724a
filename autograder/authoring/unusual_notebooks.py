"""Unusual forms of a right notebook, for the demo class: each keeps full marks."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable

from autograder.authoring.solved_notebook import Notebook, code_cell, code_cells
from autograder.course.python_source import (
    functions_in,
    global_names,
    imported_names,
    parse_cell,
    with_body,
)
from autograder.submissions.written_answers import is_answer_cell

__all__ = ["ODD"]


Functions = list[str]  # the assignment's, in order


def stripped(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """Only types and sources are left: no ids, no metadata, no version."""
    return {
        "cells": [{"cell_type": cell["cell_type"], "source": cell["source"]} for cell in notebook["cells"]]
    }


def shuffled(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """Imports and helpers first, then the functions in another order, then everything else."""
    solutions = _solutions(notebook, functions)
    support = [c for c in code_cells(notebook) if c not in solutions and _only_prepares(c, functions)]
    others = [c for c in notebook["cells"] if c not in solutions and c not in support]
    given = list(solutions)
    while len(solutions) > 1 and solutions == given:
        rng.shuffle(solutions)
    notebook["cells"] = support + solutions + others
    return notebook


def syntax_error(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """An extra cell that is not Python."""
    cell = code_cell(notebook, "for step in range(10)\n    print(step", "unfinished")
    notebook["cells"].insert(rng.randrange(len(notebook["cells"]) + 1), cell)
    return notebook


def magics(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """IPython's own lines: a setting, a shell command, and a cell magic on top of a solution."""
    timed = rng.choice(_solutions(notebook, functions))
    timed["source"] = "%%time\n" + timed["source"]
    notebook["cells"][:0] = [
        code_cell(notebook, "%matplotlib inline", "setting"),
        code_cell(notebook, "!pip list", "shell"),
    ]
    return notebook


def one_cell(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """All code in a single cell; of the text only the answers in words are left."""
    source = "\n\n\n".join(cell["source"] for cell in code_cells(notebook))
    answers = [cell for cell in notebook["cells"] if is_answer_cell(cell)]
    notebook["cells"] = [code_cell(notebook, source, "everything"), *answers]
    return notebook


def defined_twice(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """A first try is still there; the right definition comes after it and counts."""
    solution = rng.choice(_solutions(notebook, functions))
    definition = next(
        node for name, node in functions_in(parse_cell(solution["source"])).items() if name in functions
    )
    lines = solution["source"].split("\n")[definition.lineno - 1 : definition.end_lineno]
    first_try = code_cell(notebook, with_body("\n".join(lines), "return None"), "first-try")
    notebook["cells"].insert(notebook["cells"].index(solution), first_try)
    return notebook


def plot_raises(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """A plot in the middle that fails on a name from a cell that is gone."""
    position = notebook["cells"].index(rng.choice(_solutions(notebook, functions)))
    plot = "import matplotlib.pyplot as plt\n\nplt.plot(losses_of_yesterday)\nplt.show()"
    notebook["cells"].insert(position, code_cell(notebook, plot, "plot"))
    return notebook


def version_3(notebook: Notebook, functions: Functions, rng: random.Random) -> Notebook:
    """Saved by a tool of 2014: worksheets, and `input` in place of `source`."""
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            content = {"input": cell["source"], "language": "python", "collapsed": False, "outputs": []}
        else:
            content = {"source": cell["source"]}
        cells.append({"cell_type": cell["cell_type"], "metadata": {}, **content})
    sheets = [{"cells": cells, "metadata": {}}]
    return {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


Form = Callable[[Notebook, Functions, random.Random], Notebook]
ODD: dict[str, Form] = {
    "ids and metadata stripped": stripped,
    "functions in another order": shuffled,
    "a syntax error in an extra cell": syntax_error,
    "magics and shell lines": magics,
    "everything in one cell": one_cell,
    "a function defined twice, the last one right": defined_twice,
    "a plot that raises": plot_raises,
    "nbformat 3": version_3,
}


def _solutions(notebook: Notebook, functions: Functions) -> list[Notebook]:
    """The cells that define the assignment's functions."""
    return [c for c in code_cells(notebook) if functions_in(parse_cell(c["source"])).keys() & set(functions)]


def _only_prepares(cell: Notebook, functions: Functions) -> bool:
    """Whether a cell imports or defines something and needs none of the assignment's functions."""
    tree = parse_cell(cell["source"])
    prepares = functions_in(tree) or imported_names(tree)
    return bool(prepares) and global_names(ast.unparse(tree)).isdisjoint(functions)
