"""`autograder new`: what it writes is green at once, from signatures and from a solved notebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import autograder

from autograder.authoring.new_assignment import parse_signature, placeholder
from autograder.course.assignment import load_assignment
from autograder.course.course import find_course
from autograder.errors import UsageError

KINDS = [
    *("f(x, alpha)", "f_backward(x, grad_out, alpha)", "loss(x, y)", "loss_backward(x, y)"),
    *("draw(n, seed)", "noisy(x, seed=0)", "decay(lr, epoch, factor=0.5)"),
    *("pick(x, labels)", 'mode(x, kind="a", keep=True, k=3)'),
]
SOLVED = [
    ("markdown", "# Kernels"),
    ("code", "import numpy as np\n%matplotlib inline\nSCALE = 1\ndef helper(d):\n    return d * d"),
    (
        "code",
        'def rbf(a, b, gamma=0.5):\n    """The kernel matrix (N, M)."""\n    ### BEGIN SOLUTION\n'
        "    d = helper(a[:, None] - b[None]).sum(axis=2)\n    return np.exp(-gamma * d)\n"
        "    ### END SOLUTION",
    ),
    (
        "code",
        'def act(x):\n    """Softplus."""\n'
        "    return np.log1p(np.exp(-abs(x))) + np.maximum(x, 0) # SOLUTION\n\n"
        "def act_backward(x, grad_out):\n    return grad_out / (1 + np.exp(-x)) # SOLUTION",
    ),
    ("code", "x = np.linspace(-3, 3, 12).reshape(4, 3)\nact_backward(x, act(x))"),
    ("code", "K = rbf(np.random.randn(60, 3), np.random.randn(5, 3))"),
    ("code", "### BEGIN HIDDEN TESTS\nassert rbf(x, x).shape == (4, 4)\n### END HIDDEN TESTS"),
]


def solved_notebook(folder: Path, cells: list[tuple[str, str]]) -> Path:
    """A notebook as Jupyter saves it."""
    code: dict[str, Any] = {"outputs": [], "execution_count": None}
    made: list[dict[str, Any]] = [
        {"cell_type": kind, "metadata": {}, "source": source, **(code if kind == "code" else {})}
        for kind, source in cells
    ]
    path = folder / "solved.ipynb"
    path.write_text(json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


@pytest.mark.full
def test_from_signatures(tmp_path: Path) -> None:
    """In an empty folder: a course and an assignment of all kinds of functions, without a fault for lint."""
    words = [word for kind in KINDS for word in ("--function", kind)]
    done = autograder("new", "hw-a", *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Next: autograder lint hw-a" in done.stdout
    proven = autograder("lint", "hw-a", folder=tmp_path)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert "caught and named" in proven.stdout


def test_from_a_notebook(tmp_path: Path) -> None:
    """Marked functions become stubs, reference and checks; a weak test is named; lint finds nothing."""
    path = solved_notebook(tmp_path, SOLVED)
    done = autograder("new", "kernels", "--from", str(path), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "test_cell_7 was left out: functions that return wrong numbers pass it, too" in done.stdout
    proven = autograder("lint", "kernels", folder=tmp_path)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    made = load_assignment(find_course(tmp_path), "kernels")
    assert made.functions == ["rbf", "act", "act_backward"]
    handout = made.handout.read_text()
    assert "SOLUTION" not in handout and "np.exp(-gamma" not in handout and "log1p" not in handout
    assert "def helper" in handout


@pytest.mark.full
def test_a_plain_notebook(tmp_path: Path) -> None:
    """Cells with asserts are tests; what they print, draw or show at their end is not compared.

    A function that returns one number is green at once, like any other: a wrong sign keeps half.
    """
    cells = [
        ("code", "import numpy as np\nimport matplotlib.pyplot as plt"),
        ("code", 'def trimmed(x, share=0.1):\n    """Mean of the middle of x (n,), a number."""\n'
         "    k = int(share * len(x))\n    return float(np.sort(x)[k:len(x) - k].mean())"),
        ("code", "y = np.random.default_rng(1).normal(size=20) + 1\ntrimmed(y, 0.2)\n"
         "assert abs(trimmed(y, 0.2) - np.sort(y)[4:16].mean()) < 1e-9\nprint(trimmed(y))"),
        ("code", "assert trimmed(np.arange(9.0)) == 4\nplt.bar(range(3), [1, 2, 3])"),
    ]  # fmt: skip
    done = autograder("new", "stats", "--from", str(solved_notebook(tmp_path, cells)), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stdout
    for folder in ("assignments", "solutions"):
        checks = (tmp_path / folder / "stats" / "checks.py").read_text(encoding="utf-8")
        assert "print(" not in checks and "plt" not in checks and checks.count("def test_cell") == 2
    proven = autograder("lint", "stats", folder=tmp_path)
    assert proven.returncode == 0, proven.stdout + proven.stderr


@pytest.mark.full
def test_optional_files_may_be_absent(tmp_path: Path) -> None:
    """Without mistakes and alternatives an assignment loads; lint asks for a mistake."""
    assert autograder("new", "hw-a", "--function", "f(x)", folder=tmp_path).returncode == 0
    for name in ("mistakes.py", "alternatives.py"):
        (tmp_path / "solutions/hw-a" / name).unlink()
    proven = autograder("lint", "hw-a", folder=tmp_path)
    assert "task f has no known mistake" in proven.stdout
    assert "Traceback" not in proven.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["hw-a"], "Nothing says which functions students write."),
        (["Hw A", "--function", "f(x)"], "cannot be a name"),
        (["../x", "--function", "f(x)"], "cannot be a name"),
        (["hw-a", "--function", "f(x"], "is not a function with its parameters"),
        (["hw-a", "--function", "f(*x)"], "takes *"),
        (["hw-a", "--function", "f()"], "takes no argument"),
        (["hw-a", "--function", "f(x, rng)"], "takes a generator"),
        (["hw-a", "--function", "f(x)", "--function", "f(y)"], "named twice"),
        (["hw-a", "--function", "f(x)", "--function", "f_backward(grad_out, x)"], "elsewhere than second"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, words: list[str], sentence: str) -> None:
    """A sentence says what is wrong and what to type; nothing of the assignment is written."""
    done = autograder("new", *words, folder=tmp_path)
    assert done.returncode != 0
    assert sentence in " ".join(done.stderr.split()) and "Traceback" not in done.stderr
    assert not (tmp_path / "assignments").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """An assignment that is there stays as it is."""
    assert autograder("new", "hw-a", "--function", "f(x)", folder=tmp_path).returncode == 0
    before = (tmp_path / "solutions/hw-a/checks.py").read_text()
    done = autograder("new", "hw-a", "--function", "g(x)", folder=tmp_path)
    assert done.returncode != 0 and "is there already" in done.stderr
    assert (tmp_path / "solutions/hw-a/checks.py").read_text() == before


@pytest.mark.parametrize("text", ["f(x)", "def f(x, a=1):", " f( x ,y ) "])
def test_signatures(text: str) -> None:
    """A function is named as in Python, with or without `def`."""
    name, _, parameters = parse_signature(text)
    assert name == "f" and parameters[0] == "x"
    compile(placeholder(text, {name: parameters}).source, "source", "exec")


@pytest.mark.parametrize(
    ("answers", "is_graded", "reason"),
    [
        (["# ... ENTER YOUR CODE HERE ..."], False, "1 of 1 answer cell holds no solution"),
        (["### BEGIN SOLUTION\n### END SOLUTION", "# code\n..."], False, "2 of 2 answer cells hold no"),
        (["# code\nraise NotImplementedError()", "y = 2"], False, "1 of 2 answer cells holds no solution"),
        (["y = [1, 2]\nprint(y)"], False, "its solutions define no function"),
        (["class Line:\n    pass"], False, "students write the class Line, and functions are graded"),
        (["def f():\n    return 1"], False, "f takes no argument"),
        (["# code", "y = 2"], True, "2 answers are marked by a person"),
    ],
)
def test_a_notebook_without_functions(
    tmp_path: Path, answers: list[str], is_graded: bool, reason: str
) -> None:
    """It says what stands in the cells that students answer, and what to write or to name."""
    from autograder.authoring.from_notebook import assignment_from

    path = solved_notebook(tmp_path, [("code", "x = 1")])
    notebook = json.loads(path.read_text())
    marks = {"solution": True, "grade": is_graded, "points": 1, "grade_id": "a", "locked": False}
    notebook["cells"] += [
        {**notebook["cells"][0], "metadata": {"nbgrader": marks}, "source": source} for source in answers
    ]
    path.write_text(json.dumps(notebook))
    with pytest.raises(UsageError, match="no function with a docstring") as raised:
        assignment_from(path, "hw", "Homework", [])
    assert reason in raised.value.message
    has_function = "def " in "".join(answers)
    assert ("with --function NAME: f." if has_function else "Let students write functions") in (
        raised.value.next_step
    )
