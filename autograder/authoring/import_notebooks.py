"""Import of a course's notebooks: nbgrader's source folder, or notebooks of otter with OK tests beside them.

Each notebook becomes an assignment of its own. Its tests become checks where the solution passes them; what a
person has to look at is in the list that comes with it.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authoring.assignment_files import write_assignment
from autograder.authoring.from_notebook import assignment_from
from autograder.authoring.imported_tests import PREFIX, CheckSource
from autograder.authoring.lint_odd_values import OddValueProof
from autograder.authoring.new_assignment import NewAssignment, NewTask, with_examples, without_public_checks
from autograder.checks.calls import Functions
from autograder.course.assignment import Assignment, load_assignment
from autograder.course.course import FILE, find_course
from autograder.errors import ContentError, UsageError
from autograder.grading.backends import NotebookBackend
from autograder.grading.evaluation import evaluate, evaluate_public
from autograder.jupyter.local import PUBLIC_SEED
from autograder.report import CheckResult, Status

__all__ = ["SourceNotebook", "imported", "proven", "report_text", "source_notebooks"]

NOT_SOURCES = {
    *("release", "submitted", "autograded", "feedback", "student", "autograder", "dist", "solution"),
    *(".ipynb_checkpoints", "source_with_tests"),
}
ORDINARY_FILES = {".ipynb", ".py", ".ok", ".yml", ".yaml", ".cfg", ".toml", ".md", ".txt"}


@dataclass(frozen=True)
class SourceNotebook:
    """A notebook to import, the name of its assignment, and OK tests beside it."""

    path: Path
    name: str
    tests: tuple[Path, ...]


def source_notebooks(path: Path) -> list[SourceNotebook]:
    """The notebooks at a path: a notebook, a folder of them, or an nbgrader course with `source/`.

    What other tools have made of them (release, submitted, dist) is left out. Raises UsageError where there
    are none.
    """
    if path.is_file():
        found, root = [path], path.parent
    else:
        root = path / "source" if (path / "source").is_dir() else path
        found = [
            notebook
            for notebook in sorted(root.rglob("*.ipynb"))
            if not NOT_SOURCES & set(notebook.relative_to(root).parts[:-1])
            and notebook.parent != path / "source"
        ]
    if not found:
        raise UsageError(
            f"{path} has no notebooks.",
            next_step="Name a notebook, or the folder of an nbgrader or otter course.",
        )
    return [
        SourceNotebook(notebook, name, tuple(sorted((notebook.parent / "tests").glob("*.py"))))
        for notebook, name in zip(found, _names(found, root), strict=True)
    ]


def _names(paths: Sequence[Path], root: Path) -> list[str]:
    """A name for each: its folder's where the notebook is alone in it, else both."""
    made = []
    for path in paths:
        alone = sum(other.parent == path.parent for other in paths) == 1 and path.parent != root
        words = path.parent.name if alone else path.stem
        if not alone and path.parent != root:
            words = f"{path.parent.name}-{path.stem}"
        made.append(re.sub(r"[^a-z0-9_]+", "-", words.lower()).strip("-") or "notebook")
    return [name if made.count(name) == 1 else f"{name}-{number}" for number, name in enumerate(made, 1)]


def imported(source: SourceNotebook, functions: Sequence[str] = ()) -> NewAssignment:
    """The assignment that a notebook becomes; raises UsageError where it has nothing that can be graded."""
    tests = [
        (f"tests/{path.name}", path.read_text(encoding="utf-8"))
        for path in source.tests
        if path.name != "__init__.py"
    ]
    title = source.name.replace("-", " ").replace("_", " ").capitalize()
    new = proven(with_examples(assignment_from(source.path, source.name, title, functions, tests)))
    others = sorted(
        item.name
        for item in source.path.parent.iterdir()
        if item.is_file() and item.suffix not in ORDINARY_FILES and not item.name.startswith(".")
    )
    new.remarks.extend(without_public_checks(new))
    if others:
        names = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
        new.remarks.append(
            f"Beside the notebook: {names}. Students get the notebook alone: write small data into a cell, "
            "and host the rest."
        )
    return new


def proven(new: NewAssignment) -> NewAssignment:
    """The assignment without the imported tests that its own solution does not pass; each is named."""
    if not any(task.public or task.hidden for task in new.tasks):
        return new
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / FILE).write_text("title: Trial\n", encoding="utf-8")
        course = find_course(root)
        write_assignment(course, new)
        try:
            assignment = load_assignment(course, new.id)
        except ContentError as problem:
            remark = f"The tests were left out: {problem.message.replace(str(root), '')}"
            tasks = [replace(task, public=(), hidden=()) for task in new.tasks]
            return replace(new, tasks=tasks, remarks=[*new.remarks, remark])
        with redirect_stdout(io.StringIO()):
            broken = _broken(assignment)
    tasks, remarks = [], list(new.remarks)
    for task in new.tasks:
        remarks += [
            f"The test {test.name} was left out: {broken['hidden'][test.name].rstrip('.')}."
            for test in task.hidden
            if test.name in broken["hidden"]
        ]
        kept = _without(task, broken)
        generated = (check.id for check in assignment.hidden_checks if check.task == task.id)
        drawn = [name for name in generated if not name.startswith(PREFIX)]
        if kept.hidden and task.is_drawn and any(name in broken["hidden"] for name in drawn):
            kept = replace(kept, is_drawn=False)
            remarks.append(
                f"{task.id} is graded by the notebook's tests alone, whose inputs can be learned by heart: "
                "write a check that draws its inputs."
            )
        tasks.append(kept)
    return replace(new, tasks=tasks, remarks=remarks)


def _without(task: NewTask, broken: dict[str, dict[str, str]]) -> NewTask:
    def kept(tests: Sequence[CheckSource], kind: str) -> tuple[CheckSource, ...]:
        return tuple(t for t in tests if t.name not in broken[kind] and t.name not in broken["hidden"])

    return replace(task, public=kept(task.public, "public"), hidden=kept(task.hidden, "hidden"))


def _broken(assignment: Assignment) -> dict[str, dict[str, str]]:
    """The checks that the reference does not pass, and the imported ones that wrong numbers pass."""

    def functions(spoiled: Spoiled | None = None) -> Functions:
        namespace = dict(assignment.reference)
        if spoiled is not None:
            namespace |= {name: spoiled.version(namespace[name]) for name in assignment.functions}
        return Functions(NotebookBackend(namespace), assignment.parameters)

    def words_of(result: CheckResult) -> str:
        last = result.evidence.trace.strip().split("\n")[-1]
        return last if result.status is Status.ERROR else result.message or last

    def messages_of(results: Sequence[CheckResult]) -> dict[str, str]:
        return {
            result.id: f"the solution itself does not pass it as a check: {words_of(result)}"
            for result in results
            if result.status is not Status.PASSED
        }

    hidden = messages_of(
        [evaluate(check, functions(), functions(), PUBLIC_SEED) for check in assignment.hidden_checks]
    )
    for check in assignment.hidden_checks:
        if not check.id.startswith(PREFIX) or check.id in hidden:
            continue
        spoiled = Spoiled()
        result = evaluate(check, functions(spoiled), functions(), PUBLIC_SEED)
        if spoiled.answered and result.status is Status.PASSED:
            hidden[check.id] = "functions that return wrong numbers pass it, too"
    public = messages_of(evaluate_public(assignment.public_checks, functions(), PUBLIC_SEED))
    proof = OddValueProof(assignment)
    for checks, broken in ((assignment.hidden_checks, hidden), (assignment.public_checks, public)):
        for check in checks:
            if check.id.startswith(PREFIX) and check.id not in broken and (fault := proof.fault_of(check)):
                broken[check.id] = f"as a check, it {fault.removeprefix(f'{check.id} ')}"
    return {"public": public, "hidden": hidden}


class Spoiled:
    """Functions whose results are moved; `answered` says whether any of them returned something."""

    def __init__(self) -> None:
        self.answered = False

    def version(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with every number of its results moved."""

        def moved(*arguments: Any) -> Any:
            value = function(*arguments)
            self.answered = True
            return _moved(value)

        return moved


def _moved(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)([_moved(item) for item in value])
    if isinstance(value, (bool, np.bool_)):
        return not value
    if isinstance(value, (int, float, np.number)):
        return value * 2 + 1
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        return value * 2 + 1
    return value


def report_text(source: SourceNotebook, new: NewAssignment) -> str:
    """What became of a notebook, as a Markdown page for its author."""
    lines = [
        f"# Import of {source.path.name}",
        "",
        "| task | functions | points | tests brought over |",
        "|---|---|---|---|",
    ]
    for task in new.tasks:
        names = ", ".join(function.name for function in task.functions)
        tests = ", ".join(test.name for test in task.hidden) or "none: checks on drawn inputs alone"
        lines.append(f"| {task.id} | {names} | {task.points:g} | {tests} |")
    lines += [
        f"| {written.id} | an answer in words, marked by a person | {written.points:g} | |"
        for written in new.written
    ]
    lines += ["", "## Look at this", "", *(f"- [ ] {remark}" for remark in new.remarks)]
    if new.written:
        lines.append("- [ ] written.yaml: write the rubric of each answer in words.")
    lines.append(f"- [ ] Run `autograder lint {new.id}` and follow what it says.")
    return "\n".join(lines) + "\n"
