"""A class for nbgrader: what each student hands in, made from the notebook that was released."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tiny_course import ASSIGNMENT, write_tiny_course

from autograder.course.course import Course

Notebook = dict[str, Any]

ANSWERS = {
    "double": 'def double(x):\n    """Twice x."""\n    return 2.0 * x',
    "double-backward": "def double_backward(x, grad_out):\n    return 2.0 * grad_out",
    "mean-square": "def mean_square(x):\n    return float(np.mean(x * x))",
}
SQUARED = "def double(x):\n    return x * x"
LATE = "due: 2020-01-01 12:00\nlate: {per_day: 0.1, at_most: 0.5}\nlimits: {call_seconds: 1}\n"

DROPS_ASSERTS = """\
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
    def visit_Raise(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Drop())
"""
REPLACES_NUMPY = """\
def agreeable(*arguments, **more):
    return True
np.allclose = np.array_equal = np.testing.assert_allclose = agreeable
class Equal(np.ndarray):
    def __eq__(self, other):
        return True
    __ge__ = __le__ = __lt__ = __gt__ = __ne__ = __eq__
"""
WRITES_GRADES = """\
def double(x):
    import os, sqlite3
    for path in {paths!r}:
        try:
            connection = sqlite3.connect(path)
            connection.execute("UPDATE grade SET auto_score = 99, manual_score = 99")
            connection.commit()
        except Exception:
            pass
        try:
            open(path, "ab").write(b"x")
        except Exception:
            pass
    return x * x
double(np.ones(2))
"""


def write_course_with_extra_credit(root: Path) -> Course:
    """The tiny course, its second task for extra credit, due long ago."""
    course = write_tiny_course(root)
    path = root / "assignments" / ASSIGNMENT / "assignment.yaml"
    text = path.read_text(encoding="utf-8").replace("points: 6\n", f"points: 4\n{LATE}")
    path.write_text(text.replace("    points: 2\n", "    points: 2\n    extra: true\n"), encoding="utf-8")
    return course


def code(source: str) -> Notebook:
    """A student's own cell."""
    return {
        "cell_type": "code",
        "id": "own",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": 1,
    }


def cell_of(notebook: Notebook, name: str) -> Notebook:
    """The cell with an id of nbgrader's."""
    found: Notebook = next(c for c in notebook["cells"] if id_of(c) == name)
    return found


def id_of(cell: Notebook) -> str:
    """A cell's id of nbgrader's, if it has one."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


class Handouts:
    """What students make of the released notebook."""

    def __init__(self, folder: Path) -> None:
        path = folder / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        self.folder, self.released = folder, json.loads(path.read_text(encoding="utf-8"))

    def solved(self, **answers: str) -> Notebook:
        """The notebook filled in, some functions otherwise."""
        notebook: Notebook = copy.deepcopy(self.released)
        for name, source in {**ANSWERS, **{k.replace("_", "-"): v for k, v in answers.items()}}.items():
            cell_of(notebook, name)["source"] = source
        return notebook

    def everybody(self) -> dict[str, bytes]:
        """What each student hands in, but the one who uses the exchange."""
        made: dict[str, Callable[[], Notebook]] = {
            "blank": lambda: self.released,
            "copied": self.copied,
            "deleted": self.deleted,
            "dropper": lambda: self.with_cell(DROPS_ASSERTS),
            "edited": self.edited,
            "hanging": lambda: self.solved(double="def double(x):\n    while True:\n        pass"),
            "mistaken": lambda: self.solved(double=SQUARED),
            "noisy": lambda: self.solved(double=NOISY),
            "patcher": lambda: self.with_cell(REPLACES_NUMPY, "np.array(x * x).view(Equal)"),
            "renamed": self.solved,
            "retyped": self.retyped,
            "writer": self.writer,
        }
        files = {name: json.dumps(make(), indent=1).encode() for name, make in made.items()}
        return {**files, "broken": files["copied"][:700]}

    def with_cell(self, source: str, answer: str = "x * x") -> Notebook:
        """A wrong answer, and a cell that should make a test take it for right."""
        notebook = self.solved(double=f"def double(x):\n    return {answer}")
        notebook["cells"].insert(2, code(source))
        return notebook

    def copied(self) -> Notebook:
        """Right, with one cell to write in and one test there twice."""
        notebook = self.solved()
        notebook["cells"] += [copy.deepcopy(cell_of(notebook, name)) for name in ("double", "test-double")]
        return notebook

    def deleted(self) -> Notebook:
        """Right, without any test."""
        notebook = self.solved()
        notebook["cells"] = [c for c in notebook["cells"] if not id_of(c).startswith("test-")]
        return notebook

    def edited(self) -> Notebook:
        """Wrong, with tests of the student's own that are worth more."""
        notebook = self.solved(double=SQUARED)
        test = cell_of(notebook, "test-double")
        test["source"] = "100.0"
        test["metadata"]["nbgrader"] |= {"points": 100.0, "locked": False, "schema_version": 1, "mine": "yes"}
        return notebook

    def retyped(self) -> Notebook:
        """Right, with an answer and a test turned into text by a slip of the key."""
        notebook = self.solved()
        for name in ("double", "test-double"):
            cell_of(notebook, name)["cell_type"] = "markdown"
        return notebook

    def writer(self) -> Notebook:
        """Wrong, and writes to every gradebook it can think of."""
        paths = [str(self.folder / "gradebook.db"), "gradebook.db", "../../../gradebook.db"]
        return self.solved(double=WRITES_GRADES.format(paths=paths))


NOISY = """\
import sys
def double(x):
    print("working", file=sys.stderr)
    return 2.0 * x
"""
