"""An assignment's source notebook: the handout with the solution between nbgrader's markers.

`nbgrader generate_assignment` makes the students' version of it. Nothing in it is hidden: a task's
test cell runs the public checks, and its points come from hidden checks that nbgrader never sees.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import textwrap
from collections.abc import Collection, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

from autograder.authoring.solved_notebook import (
    Notebook,
    cell_with_stub,
    code_cell,
    code_cells,
    handout,
    library,
    to_bytes,
)
from autograder.course.assignment import Assignment, Task
from autograder.course.course import Course
from autograder.course.local_time import zoned
from autograder.course.python_source import functions_in, imported_names, parse_cell
from autograder.course.roster import Person
from autograder.errors import UsageError
from autograder.lms.nbgrader.cells import cell_id, metadata_of_solution, metadata_of_test, tasks_by_cell
from autograder.lms.nbgrader.gradebook_db import open_gradebook
from autograder.lms.nbgrader.written_marks import metadata_of_answer
from autograder.submissions.written_answers import answer_tag

__all__ = ["CONFIG", "DATABASE", "source_notebook", "write_course", "write_source"]


BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def source_notebook(assignment: Assignment) -> Notebook:
    """The notebook for nbgrader's source directory; raises ContentError when the handout lacks a stub."""
    notebook = handout(assignment)
    tests = tasks_by_cell(assignment.file.tasks)
    holders = _fill_in(assignment, notebook)
    taken = set(tests)
    for cell in holders.values():
        if "nbgrader" not in cell["metadata"]:
            cell["metadata"]["nbgrader"] = metadata_of_solution(_free_id(cell, holders, taken))
    for task in assignment.file.tasks:
        _test_cell(assignment, notebook, task, holders)["metadata"]["nbgrader"] = metadata_of_test(task)
    for written in assignment.file.written_tasks:
        for cell in notebook["cells"]:
            if answer_tag(written.id) in cell["metadata"].get("tags", ()):
                cell["metadata"]["nbgrader"] = metadata_of_answer(written)
    return notebook


def _fill_in(assignment: Assignment, notebook: Notebook) -> dict[str, Notebook]:
    """Put every function's solution in place; the cell of each function."""
    trees = [parse_cell(cell["source"]) for cell in code_cells(notebook)]
    given = {name for tree in trees for name in (*imported_names(tree), *functions_in(tree))}
    holders = {}
    for name in assignment.functions:
        cell, stub = cell_with_stub(assignment, notebook, name)
        known = library(assignment)
        source = known.function(name)
        support = known.support([source], leave_out=given | set(assignment.functions))
        cell["source"] = _filled(cell["source"], stub, support, source)
        holders[name] = cell
    return holders


def _filled(text: str, stub: ast.FunctionDef, support: list[str], source: str) -> str:
    """A cell's text with the solution as the body of a stub, its helpers inside it.

    Outside the body, helpers would leave an exception in the students' version that runs at once.
    """
    lines = text.split("\n")
    head = lines[stub.lineno - 1 : stub.body[0].lineno - 1]
    if not head:  # the whole stub on one line
        head = [ast.unparse(ast.FunctionDef(**{**vars(stub), "body": [ast.Pass()]})).rsplit("\n", 1)[0]]
    if ast.get_docstring(stub, clean=False) is not None:
        head = lines[stub.lineno - 1 : stub.body[0].end_lineno]
    indent = " " * (stub.body[0].col_offset if stub.body[0].lineno > stub.lineno else stub.col_offset + 4)
    solution = "\n\n".join([*support, _body(source)])
    region = textwrap.indent("\n".join([BEGIN, solution, END]), indent)
    lines[stub.lineno - 1 : stub.end_lineno] = [*head, *region.split("\n")]
    return "\n".join(lines)


def _body(source: str) -> str:
    """A function's body as it is written, comments too, without its docstring and indentation."""
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)  # the library has no others
    body = definition.body
    if body[0].lineno == definition.lineno:
        return ast.unparse(ast.Module(body, []))
    documented = ast.get_docstring(definition) is not None
    if documented and len(body) == 1:
        return "pass"
    lines = source.split("\n")
    after = body[0].end_lineno if documented else _end_of_head(definition, lines)
    return textwrap.dedent("\n".join(lines[after:])).strip("\n")


def _end_of_head(definition: ast.FunctionDef, lines: list[str]) -> int:
    """How many lines a definition has before its body and the comments in front of it."""
    number = definition.body[0].lineno - 1
    while number > definition.lineno and (
        not lines[number - 1].strip() or lines[number - 1].lstrip()[0] == "#"
    ):
        number -= 1
    return number


def _free_id(cell: Notebook, holders: dict[str, Notebook], taken: set[str]) -> str:
    """A free id for a cell of solutions: the cell's id, or its functions' names."""
    names = [name for name, holder in holders.items() if holder is cell]
    wanted = cell_id(str(cell.get("id") or "-".join(names)))
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}-{number}", number + 1
    taken.add(name)
    return name


def _test_cell(assignment: Assignment, notebook: Notebook, task: Task, holders: dict[str, Notebook]) -> Any:
    """The cell that checks a task and nothing else; a new one after its functions if there is none."""
    names = {task.id, *task.functions}
    for cell in code_cells(notebook):
        if "nbgrader" not in cell["metadata"] and _checks_only(parse_cell(cell["source"]), names):
            return cell
    imported = any("check" in imported_names(parse_cell(cell["source"])) for cell in code_cells(notebook))
    source = ("" if imported else "from autograder import check\n\n") + f'check("{task.id}")'
    new = code_cell(notebook, source, f"check-{cell_id(task.id)}")
    last = max(notebook["cells"].index(holders[name]) for name in task.functions)
    notebook["cells"].insert(last + 1, new)
    return new


def _checks_only(tree: ast.Module, names: Collection[str]) -> bool:
    """Whether a cell is a call of `check` with one of the names."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return False
    call = tree.body[0].value
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "check"
        and len(call.args) == 1
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value in names
    )


CONFIG, DATABASE = "nbgrader_config.py", "gradebook.db"
DETAILS = ("last_name", "first_name", "email")  # of a student, in nbgrader's gradebook
IGNORED_FILES = shutil.ignore_patterns("*.ipynb", "__pycache__", ".*")
SETTINGS = '''\
"""nbgrader's settings for this course. Keep this file from students: the seed is in it."""

from pathlib import Path

from autograder.lms.nbgrader import configure

HERE = Path(__file__).resolve().parent

c = get_config()
c.CourseDirectory.root = str(HERE)
c.CourseDirectory.course_id = {course_id!r}
{call}
'''
CALL = "configure(c, course=HERE / {course!r}, seed={seed})"


def write_course(folder: Path, course: Course, people: Sequence[Person], seed: int) -> str:
    """Write settings, students and due dates; returns what is to be added to settings that were there.

    Raises UsageError for a student ID that cannot be a directory, or where nothing can be written.
    """
    for person in people:
        if "/" in person.student_id or person.student_id.startswith("."):
            raise UsageError(
                f"{person.student_id!r} cannot be the name of a directory; "
                "nbgrader has one directory per student.",
                next_step="Change the student_id in the roster.",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(
            f"{folder} cannot be created: {problem.strerror}.", next_step="Name another directory."
        ) from problem
    call = CALL.format(course=os.path.relpath(course.root, folder.resolve()), seed=seed)
    settings, missing = folder / CONFIG, ""
    if not settings.exists():
        course_id = re.sub(r"[^a-z0-9]+", "-", course.title.lower()).strip("-") or "course"
        settings.write_text(SETTINGS.format(course_id=course_id, call=call), encoding="utf-8")
    elif "autograder.lms.nbgrader" not in settings.read_text(encoding="utf-8"):
        call = call.replace("HERE", "Path(__file__).resolve().parent")
        missing = f"from pathlib import Path\nfrom autograder.lms.nbgrader import configure\n{call}"
    with open_gradebook(f"sqlite:///{(folder / DATABASE).resolve()}") as gradebook:
        for person in people:
            details = {name: getattr(person, name) for name in DETAILS if getattr(person, name)}
            gradebook.update_or_create_student(person.student_id, **details)
    return missing


def write_source(folder: Path, course: Course, assignment: Assignment, force: bool = False) -> None:
    """Write an assignment's source directory; refuses one that was changed by hand, unless forced."""
    source = folder / "source" / assignment.id
    notebook, content = source / f"{assignment.id}.ipynb", to_bytes(source_notebook(assignment))
    if notebook.exists() and notebook.read_bytes() != content and not force:
        raise UsageError(
            f"{notebook} exists and differs; nothing of {assignment.id} was written.",
            next_step="Add --force to replace it.",
        )
    shutil.copytree(assignment.folder, source, ignore=IGNORED_FILES, dirs_exist_ok=True)
    notebook.write_bytes(content)
    with open_gradebook(f"sqlite:///{(folder / DATABASE).resolve()}") as gradebook:
        due = assignment.file.due
        details = {}
        if due is not None:
            # As nbgrader stores times.
            details["duedate"] = zoned(due, course.zone).astimezone(UTC).replace(tzinfo=None)
        gradebook.update_or_create_assignment(assignment.id, **details)
