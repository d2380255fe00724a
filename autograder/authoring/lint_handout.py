"""Lint of a handout: stubs, check cells, outputs, metadata that nbgrader would refuse."""

from __future__ import annotations

import ast
import logging
from collections import Counter
from collections.abc import Iterator

from autograder.authoring.lint_files import Fault
from autograder.authoring.solved_notebook import Notebook, code_cells, handout, library
from autograder.course.assignment import Assignment
from autograder.course.python_source import functions_in, parse_cell
from autograder.errors import ContentError
from autograder.sandbox.cells import is_stub
from autograder.submissions.written_answers import PLACEHOLDER, answer_cell_source, answer_tag

__all__ = ["faults_in_handout"]


def faults_in_handout(assignment: Assignment) -> Iterator[Fault]:
    """Look through the notebook that students get."""
    try:
        notebook = handout(assignment)
    except ContentError as problem:
        yield Fault(str(assignment.handout), problem.message)
        return
    yield from _format(assignment, notebook)
    yield from _nbgrader(assignment, notebook)
    yield from _stubs(assignment, notebook)
    yield from _check_cells(assignment, notebook)
    yield from _answer_cells(assignment, notebook)
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell.get("outputs") or cell.get("execution_count"):
            yield Fault(_cell(assignment, number), "holds outputs; clear them before it is given out.")


def _format(assignment: Assignment, notebook: Notebook) -> Iterator[Fault]:
    import nbformat  # takes over a second: only when linting

    try:
        nbformat.validate(nbformat.from_dict(notebook))
    except nbformat.ValidationError as problem:
        yield Fault(str(assignment.handout), f"is not a valid notebook: {str(problem).splitlines()[0]}")
    if notebook.get("metadata", {}).get("kernelspec", {}).get("name") != "python3":
        yield Fault(str(assignment.handout), "names no python3 kernel; Jupyter would ask each student.")


def _nbgrader(assignment: Assignment, notebook: Notebook) -> Iterator[Fault]:
    """Whatever nbgrader metadata the cells have, nbgrader itself accepts it."""
    marked = [(n, cell) for n, cell in enumerate(notebook["cells"], 1) if "nbgrader" in cell["metadata"]]
    if not marked:
        return
    from nbformat import from_dict
    from nbgrader.nbgraderformat import (
        MetadataValidator,
        SchemaTooNewError,
        SchemaTooOldError,
        ValidationError,
    )

    logging.getLogger("traitlets").setLevel(logging.ERROR)
    for number, cell in marked:
        try:
            MetadataValidator().validate_cell(from_dict(cell))
        except (ValidationError, SchemaTooOldError, SchemaTooNewError, KeyError) as problem:
            yield Fault(
                _cell(assignment, number), f"nbgrader refuses its metadata: {str(problem).splitlines()[0]}"
            )
    ids = [cell["metadata"]["nbgrader"].get("grade_id") for _, cell in marked]
    for name, count in Counter(name for name in ids if name).items():
        if count > 1:
            yield Fault(str(assignment.handout), f"nbgrader's grade_id {name} is there {count} times.")


def _stubs(assignment: Assignment, notebook: Notebook) -> Iterator[Fault]:
    """Each function is there once: a stub with a docstring and the reference's parameters and defaults."""
    known = library(assignment)
    definitions: dict[str, list[tuple[int, ast.FunctionDef]]] = {}
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == "code":
            for name, node in functions_in(parse_cell(cell["source"])).items():
                definitions.setdefault(name, []).append((number, node))
    for name in assignment.functions:
        cells = definitions.get(name, [])
        if len(cells) != 1:
            yield Fault(str(assignment.handout), f"defines {name} {len(cells)} times; one stub is wanted.")
            continue
        number, node = cells[0]
        if not is_stub(node):
            yield Fault(_cell(assignment, number), f"{name} is not a stub: its body must only raise.")
        if not ast.get_docstring(node):
            yield Fault(_cell(assignment, number), f"{name} has no docstring.")
        parameters = tuple(argument.arg for argument in node.args.args)
        if parameters != assignment.parameters[name]:
            wanted = ", ".join(assignment.parameters[name])
            yield Fault(_cell(assignment, number), f"{name} takes ({', '.join(parameters)}), not ({wanted}).")
            continue
        given, right = _defaults(node), _defaults(functions_in(parse_cell(known.function(name)))[name])
        for parameter in parameters:
            if given.get(parameter) != right.get(parameter):
                yield Fault(
                    _cell(assignment, number),
                    f"{name} has {_default_text(parameter, given)}; the reference has "
                    f"{_default_text(parameter, right)}. Write the same in both.",
                )


def _defaults(node: ast.FunctionDef) -> dict[str, str]:
    """The defaults of a function's parameters, as Python would write them."""
    with_default = node.args.args[len(node.args.args) - len(node.args.defaults) :]
    return {
        argument.arg: ast.unparse(default)
        for argument, default in zip(with_default, node.args.defaults, strict=True)
    }


def _default_text(parameter: str, defaults: dict[str, str]) -> str:
    return f"{parameter}={defaults[parameter]}" if parameter in defaults else f"no default of {parameter}"


def _check_cells(assignment: Assignment, notebook: Notebook) -> Iterator[Fault]:
    """After each task stands a cell that checks it."""
    calls = [
        argument.value
        for cell in code_cells(notebook)
        for node in ast.walk(parse_cell(cell["source"]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check"
        for argument in node.args
        if isinstance(argument, ast.Constant)
    ]
    for task in assignment.file.tasks:
        if task.id not in calls:
            yield Fault(str(assignment.handout), f'has no cell check("{task.id}").')
    for name in sorted(set(map(str, calls)) - {task.id for task in assignment.file.tasks}):
        yield Fault(str(assignment.handout), f'check("{name}") names no task.')


QUESTION = "*To think about.*"  # of questions that nobody marks


def _answer_cells(assignment: Assignment, notebook: Notebook) -> Iterator[Fault]:
    """Each written task has its cell, with tag and heading; every question has a model answer."""
    for task in assignment.file.written_tasks:
        tag, source = answer_tag(task.id), answer_cell_source(task.title)
        numbers = [
            number
            for number, cell in enumerate(notebook["cells"], start=1)
            if tag in cell["metadata"].get("tags", ())
        ]
        if len(numbers) != 1:
            yield Fault(str(assignment.handout), f"has {len(numbers)} cells with the tag {tag}; add one.")
        elif notebook["cells"][numbers[0] - 1]["source"] != source:
            first = source.split("\n")[0]
            yield Fault(
                _cell(assignment, numbers[0]),
                f"expected “{first}”, an empty line and “{PLACEHOLDER}”: the heading finds the answer, too.",
            )
        elif notebook["cells"][numbers[0] - 1]["cell_type"] != "markdown":
            yield Fault(_cell(assignment, numbers[0]), "an answer in words belongs into a text cell.")
    for number, cell in enumerate(notebook["cells"], start=1):
        if QUESTION in cell["source"] and cell.get("id") not in assignment.model_answers:
            where = assignment.solution / "written.yaml"
            yield Fault(_cell(assignment, number), f"{where} has no model answer {cell.get('id')!r}.")


def _cell(assignment: Assignment, number: int) -> str:
    return f"{assignment.handout}, cell {number}"
