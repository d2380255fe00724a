"""A handout filled in: the notebook as a student would submit it."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.course.assignment import Assignment
from autograder.course.python_source import Library, functions_in, imported_names, parse_cell
from autograder.errors import ContentError
from autograder.sandbox.cells import is_stub
from autograder.submissions.written_answers import PLACEHOLDER, answer_tag

__all__ = [
    "Notebook",
    "cell_with_stub",
    "code_cell",
    "code_cells",
    "filled_in",
    "handout",
    "library",
    "solved_notebook",
    "to_bytes",
    "with_answers",
]


if TYPE_CHECKING:
    from nbformat import NotebookNode

Notebook = dict[str, Any]  # a notebook or a cell as its JSON says, each source as one string


def solved_notebook(
    assignment: Assignment, replace: Mapping[str, str] | None = None, stubs: Collection[str] = ()
) -> NotebookNode:
    """The handout with every stub filled in from the reference.

    `replace` gives other sources for single functions, `stubs` names functions that stay stubs.
    Helpers and constants that the sources use and the handout does not give stand in one cell after
    the handout's imports.
    """
    from nbformat import NotebookNode, from_dict  # takes over a second: only for those who want nodes

    notebook = from_dict(filled_in(assignment, replace, stubs))
    assert isinstance(notebook, NotebookNode)
    return notebook


def filled_in(
    assignment: Assignment, replace: Mapping[str, str] | None = None, stubs: Collection[str] = ()
) -> Notebook:
    """The same as `solved_notebook`, as plain data."""
    known = library(assignment)
    sources = {name: known.function(name) for name in assignment.functions if name not in stubs}
    sources |= replace or {}
    notebook = handout(assignment)
    for name, source in sources.items():
        _fill_in(assignment, notebook, name, source)
    support = known.support(sources.values(), leave_out=_given(notebook) | set(assignment.functions))
    if support:
        notebook["cells"].insert(
            _after_imports(notebook), code_cell(notebook, "\n\n".join(support), "support")
        )
    return notebook


def with_answers(notebook: Notebook, answers: Mapping[str, str]) -> Notebook:
    """The notebook with answers in words in place of the placeholders; `answers` are by written task."""
    tags = {answer_tag(task): text for task, text in answers.items()}
    for cell in notebook["cells"]:
        for tag in cell["metadata"].get("tags", ()):
            if tag in tags:
                cell["source"] = cell["source"].replace(PLACEHOLDER, tags[tag].strip())
    return notebook


def handout(assignment: Assignment) -> Notebook:
    """The handout as students get it; ids stay as they are."""
    try:
        notebook: Notebook = json.loads(assignment.handout.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ContentError(
            f"{assignment.handout} cannot be read: {problem}.",
            next_step="Add the notebook; every assignment has one.",
        ) from problem
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])  # a list of lines, or one string
    return notebook


def library(assignment: Assignment) -> Library:
    """The definitions of the reference, followed by those of the variants."""
    names = ("reference", "mistakes", "alternatives")
    paths = tuple(path for name in names if (path := assignment.solution / f"{name}.py").is_file())
    return _read(paths, tuple(path.stat().st_mtime_ns for path in paths))


@lru_cache(maxsize=8)
def _read(paths: tuple[Path, ...], changed: tuple[int, ...]) -> Library:
    """Read the files once for a whole class; `changed` makes edited files be read again."""
    return Library(paths)


def code_cells(notebook: Notebook) -> list[Notebook]:
    """The code cells of a notebook."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def code_cell(notebook: Notebook, source: str, name: str) -> Notebook:
    """A new code cell; `name` becomes its id where the notebook's format has ids."""
    cell: Notebook = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
    if (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5):
        cell["id"] = name
    return cell


def to_bytes(notebook: Notebook) -> bytes:
    """The notebook as a file, the same bytes every time; nothing is validated."""
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _fill_in(assignment: Assignment, notebook: Notebook, name: str, source: str) -> None:
    """Put a function's source in place of its stub; the rest of the cell stays."""
    cell, stub = cell_with_stub(assignment, notebook, name)
    lines = cell["source"].split("\n")
    lines[stub.lineno - 1 : stub.end_lineno] = source.strip("\n").split("\n")
    cell["source"] = "\n".join(lines)


def cell_with_stub(assignment: Assignment, notebook: Notebook, name: str) -> tuple[Notebook, ast.FunctionDef]:
    """The cell that holds the stub of a function, and the stub; raises ContentError without one."""
    for cell in code_cells(notebook):
        if f"def {name}" not in cell["source"]:
            continue  # parsing every cell for every function is slow
        stub = functions_in(parse_cell(cell["source"])).get(name)
        if stub is not None and is_stub(stub):
            return cell, stub
    raise ContentError(
        f"{assignment.handout} has no stub of {name}.",
        next_step=f"Add a cell with def {name}(...): and a body that raises NotImplementedError.",
    )


def _given(notebook: Notebook) -> set[str]:
    """The names that a notebook imports or defines as functions."""
    trees = [parse_cell(cell["source"]) for cell in code_cells(notebook)]
    return {name for tree in trees for name in (*imported_names(tree), *functions_in(tree))}


def _after_imports(notebook: Notebook) -> int:
    """Where helpers go: after the first cell that imports, else before the first code cell."""
    codes = [(i, cell) for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code"]
    importing = (i + 1 for i, cell in codes if imported_names(parse_cell(cell["source"])))
    return next(importing, codes[0][0])
