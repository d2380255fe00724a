"""A whole course in miniature, for tests: one assignment, `tiny`, three functions in two tasks.

Written to a folder as real files, so that whatever reads a course can be tested on it.
"""

from __future__ import annotations

import json
from pathlib import Path

from autograder.course.course import Course, find_course

ASSIGNMENT = "tiny"

COURSE_YAML = """\
title: A tiny course
time_zone: UTC
"""

ASSIGNMENT_YAML = """\
title: Doubling and squaring
points: 6
tasks:
  - id: double
    title: Doubling
    functions: [double, double_backward]
    points: 4
  - id: mean_square
    title: Mean square
    functions: [mean_square]
    points: 2
"""

PUBLIC_CHECKS = '''\
"""Public checks: numbers worked out by hand."""

import numpy as np

from autograder.checks import check
from autograder.checks import assert_close


@check(task="double")
def double_by_hand(student):
    """double([1, -3]) is [2, -6]."""
    assert_close(student.double(np.array([1.0, -3.0])), np.array([2.0, -6.0]), call="double([1, -3])")


@check(task="mean_square")
def mean_square_by_hand(student):
    """mean_square([1, 3]) is 5."""
    assert_close(student.mean_square(np.array([1.0, 3.0])), 5.0, call="mean_square([1, 3])")
'''

HIDDEN_CHECKS = '''\
"""Hidden checks: other inputs, compared with the reference."""

from autograder.checks import check
from autograder.checks import assert_depends, assert_same
from autograder.checks import assert_no_mutation
from autograder.checks import gradient_check


@check(task="double", points=1)
def double_values(student, reference, rng):
    """double has the right values for any shape."""
    assert_same(student.double, reference.double, rng.normal(size=(4, 3)))


@check(task="double", points=1)
def double_leaves_its_input(student, rng):
    """double leaves x as it was."""
    assert_no_mutation(student.double, rng.normal(size=5))
    assert_depends(student.double, *((rng.normal(size=3),) for _ in range(2)))


@check(task="double", points=2)
def double_gradient(student, reference, rng):
    """double_backward is the gradient of double."""
    for shape in ((4, 3), (5,)):
        x, grad_out = rng.normal(size=shape), rng.normal(size=shape)
        gradient_check(reference.double, student.double_backward, at=(x,), grad_out=grad_out)


@check(task="mean_square", points=2)
def mean_square_values(student, reference, rng):
    """mean_square averages over all entries."""
    for shape in ((4, 3), (5,)):
        assert_same(student.mean_square, reference.mean_square, rng.normal(size=shape))
'''

REFERENCE = '''\
"""The solution, with a constant and a helper of its own."""

from __future__ import annotations

import numpy as np

FACTOR = 2.0


def squares(x):
    """The square of every entry."""
    return x * x


def double(x):
    """Twice x, in the shape of x."""
    return FACTOR * x


def double_backward(x, grad_out):
    """The gradient of double, in the shape of x."""
    return FACTOR * grad_out


def mean_square(x):
    """The mean of the squares of all entries, a number."""
    return float(np.mean(squares(x)))
'''

MISTAKES = '''\
"""Known mistakes."""

import numpy as np
from reference import squares

from autograder.checks import mistake


@mistake(function="double", severity="slip", feedback="You square x; doubling multiplies it by 2.")
def squared(x):
    return squares(x)


@mistake(function="double_backward", severity="slip", feedback="The factor 2 is missing: d(2x)/dx is 2.")
def factor_forgotten(x, grad_out):
    return grad_out.copy()


@mistake(function="mean_square", severity="useless", feedback="You add the squares; divide by their number.")
def sum_of_squares(x):
    return float(np.sum(squares(x)))
'''

ALTERNATIVES = '''\
"""Right answers in another style; the last one brings an import and a helper along."""

import math

from autograder.checks import alternative


def exact_sum_of_squares(values):
    return math.fsum(value * value for value in values)


@alternative(function="double")
def added_to_itself(x):
    return x + x


@alternative(function="double_backward")
def gradient_added_to_itself(x, grad_out):
    return grad_out + grad_out


@alternative(function="mean_square")
def one_by_one(x):
    return exact_sum_of_squares(x.ravel().tolist()) / x.size
'''

HANDOUT: list[tuple[str, str, str]] = [  # kind, id, source
    ("markdown", "title", "# Doubling and squaring\n\nFill in the three functions."),
    ("code", "imports", "import numpy as np\n\nfrom autograder.jupyter import check, unfinished_is_fine"),
    ("code", "double", 'def double(x):\n    """Twice x."""\n    raise NotImplementedError("double")'),
    (
        "code",
        "double-backward",
        "# The chain rule: multiply by what comes from above.\n"
        'def double_backward(x, grad_out):\n    """The gradient of double."""\n'
        '    raise NotImplementedError("double_backward")',
    ),
    ("code", "check-double", 'check("double")'),
    ("markdown", "between", "And now a loss."),
    (
        "code",
        "mean-square",
        'def mean_square(x):\n    """The mean of the squares."""\n'
        '    raise NotImplementedError("mean_square")',
    ),
    ("code", "check-mean-square", 'check("mean_square")'),
    (
        "code",
        "plot",
        "with unfinished_is_fine():\n    values = np.linspace(-1, 1, 5)\n"
        "    print(double(values), mean_square(values))",
    ),
]


def write_tiny_course(root: Path) -> Course:
    """Write the course into a folder and open it."""
    public, solution = root / "assignments" / ASSIGNMENT, root / "solutions" / ASSIGNMENT
    files = {
        root / "course.yaml": COURSE_YAML,
        public / "assignment.yaml": ASSIGNMENT_YAML,
        public / "checks.py": PUBLIC_CHECKS,
        public / f"{ASSIGNMENT}.ipynb": json.dumps(_notebook(), indent=1) + "\n",
        solution / "reference.py": REFERENCE,
        solution / "checks.py": HIDDEN_CHECKS,
        solution / "mistakes.py": MISTAKES,
        solution / "alternatives.py": ALTERNATIVES,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return find_course(root)


def _notebook() -> dict[str, object]:
    """The handout, in the format that Jupyter saves."""
    cells: list[dict[str, object]] = []
    for kind, name, source in HANDOUT:
        code: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
        lines = source.splitlines(keepends=True)
        cells.append({"cell_type": kind, "id": name, "metadata": {}, "source": lines, **code})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
