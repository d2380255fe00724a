"""`check` for notebooks: runs public checks on the student's functions, in the notebook's process."""

from __future__ import annotations

import inspect
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.checks.calls import Functions
from autograder.checks.values import exception_text
from autograder.course.assignment import Task
from autograder.course.handout import Handout, read_handout
from autograder.errors import SubmissionError, UsageError
from autograder.grading.backends import NotebookBackend
from autograder.grading.evaluation import evaluate_public
from autograder.grading.student_source import StudentSource, find_source
from autograder.jupyter.display import Overview, Results, TaskState
from autograder.report import CheckResult, Status
from autograder.sandbox.cells import foresee, stub_of
from autograder.submissions.notebook import raw_cells
from autograder.submissions.written_answers import written_text

__all__ = ["PUBLIC_SEED", "check", "unfinished_is_fine"]

NBGRADER = "NBGRADER_EXECUTION"  # set by `nbgrader validate` and `nbgrader autograde`
PUBLIC_SEED = 15  # the lecture's number: the same inputs each time, so that a failure can be studied


def check(task: str | Callable[..., object] = "", folder: str | Path = ".") -> Results | Overview | None:
    """Run the public checks of a task, or of all tasks, on the functions defined so far.

    `task` is a task's name, or one of its functions, by name or itself; without it the answer is a table of
    all tasks, their points and what is missing. `folder` holds the assignment's checks.py.
    Where nbgrader runs the notebook, checks that do not pass raise AssertionError: it sees nothing else.
    """
    name = _name_of(task)
    place = Path(folder if isinstance(folder, (str, Path)) else _name_of(folder))
    try:
        handout = read_handout(place)
        chosen = handout.task(name) if name else None
    except UsageError as problem:  # a traceback would hide the sentence
        print(f"{problem.message} {problem.next_step}{_of_two_tasks(name, place)}")
        return None
    namespace = sys._getframe(1).f_globals
    if chosen is None:
        return _overview(handout, namespace, place)
    shown = Results(chosen.title, _results(handout, chosen, namespace), _when_graded(list(chosen.functions)))
    if os.environ.get(NBGRADER) and not shown.passed:
        raise AssertionError(repr(shown))
    return shown


def _name_of(task: object) -> str:
    return task if isinstance(task, str) else getattr(task, "__name__", repr(task))


def _of_two_tasks(name: str, place: Path) -> str:
    """What to write instead where a second task stands in the place of the directory."""
    return "" if not name or place.is_dir() else " `check` takes one task; without any it takes all of them."


def _results(handout: Handout, task: Task, namespace: dict[str, Any]) -> list[CheckResult]:
    names = {name: _parameters(namespace[name]) for name in task.functions if callable(namespace.get(name))}
    student = Functions(NotebookBackend(namespace), names)
    sources = {name: source for name in names if (source := _source(namespace[name]))}
    return evaluate_public(handout.checks_of(task), student, PUBLIC_SEED, sources)


def _overview(handout: Handout, namespace: dict[str, Any], folder: Path) -> Overview:
    """All tasks with what is missing; written answers are looked for in the notebook as it was saved."""
    tasks = []
    for task in handout.file.tasks:
        results = _results(handout, task, namespace)
        failing = [result for result in results if result.status is not Status.PASSED]
        unwritten = all(result.status is Status.MISSING for result in failing)
        if failing and unwritten:
            missing = f"{', '.join(task.functions)}: not written yet"
        else:
            missing = f"{len(failing)} of {len(results)} checks do not pass" if failing else ""
        tasks.append(TaskState(task.title, task.points, task.extra, missing))
    cells = _saved_cells(folder)
    for written in handout.file.written_tasks:
        found = written_text(cells, (), written.id, written.title)
        blank = found is None or not re.search(r"\w", found.text)
        missing = "no answer in the saved notebook; write it, save, run this cell again" if blank else ""
        tasks.append(TaskState(f"Written answer: {written.title}", written.points, False, missing))
    functions = [name for task in handout.file.tasks for name in task.functions]
    return Overview(tasks, _when_graded(functions))


def _saved_cells(folder: Path) -> list[Any]:
    """The cells of the saved notebook; none where there is not exactly one that can be read."""
    named = folder / f"{folder.resolve().name}.ipynb"
    paths = [named] if named.is_file() else sorted(folder.glob("*.ipynb"))
    if len(paths) != 1:
        return []
    try:
        return raw_cells(paths[0].read_bytes())
    except (OSError, SubmissionError):
        return []


def _when_graded(functions: list[str]) -> list[str]:
    """What the functions rest on in this notebook and will not find when they are graded."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    history = getattr(getattr(shell, "history_manager", None), "input_hist_raw", [])
    cells = [(number, source) for number, source in enumerate(history) if isinstance(source, str)]
    lines = {number: source.split("\n") for number, source in cells}
    notes = foresee(cells, functions)
    return list(
        dict.fromkeys(f"{lines[note['cell']][note['line'] - 1].strip()}: {note['text']}" for note in notes)
    )


def _parameters(function: Callable[..., object]) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some built-in functions do not say
        return ()


def _source(function: Callable[..., object]) -> StudentSource | None:
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):  # written where Python keeps no source
        return None
    return find_source([(0, textwrap.dedent(text))], getattr(function, "__name__", ""))


@contextmanager
def unfinished_is_fine() -> Iterator[None]:
    """Let a cell that uses your functions say what is missing or wrong, instead of stopping the notebook."""
    drawn = _figures()
    try:
        yield
    except Exception as problem:
        print(_cannot_show(problem))
    else:
        return
    for number in _figures() - drawn:  # half a plot says nothing
        sys.modules["matplotlib.pyplot"].close(number)


def _figures() -> set[int]:
    """The numbers of the open figures; none where nothing was drawn yet."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def _cannot_show(problem: Exception) -> str:
    """One sentence on an error in a cell: in which function of the notebook, or with what it returned."""
    steps = [(frame, line) for frame, line in traceback.walk_tb(problem.__traceback__)][1:]
    cell = steps[0][0].f_globals if steps else {}
    if isinstance(problem, NotImplementedError) and (stub := stub_of(problem, cell)):
        name = stub if stub.isidentifier() else str(problem) or "a function above"
        return f"Nothing to show yet: {name} is still to be written."
    message = exception_text(problem, whole=False)[:200]
    own_cells = [
        (frame.f_code.co_name, line)
        for frame, line in steps
        if frame.f_globals is cell and not frame.f_code.co_name.startswith("<")
    ]
    if own_cells:
        name, line = own_cells[-1]
        return f"Nothing to show: line {line} of the cell with {name} raises {message}."
    return (
        f"Nothing to show: this cell cannot use what your functions return ({message}). See the checks above."
    )
