"""A broken check counts for nobody; so nothing that a submission does may make a check look broken."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from correct_notebook import notebook
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.checks.calls import Functions
from autograder.checks.comparisons import assert_float64_and_unmodified, assert_same_curve
from autograder.checks.definition import check, collect
from autograder.checks.gradients import gradient_check
from autograder.checks.traces import PROBLEMS, trace
from autograder.course.assignment import Assignment
from autograder.errors import SandboxError
from autograder.grading.grader import Grader
from autograder.pages.student_page import student_page
from autograder.report import Report, Status
from autograder.submissions.submission import Submission

FUNCTIONS = {"double": "x", "double_backward": "x, grad_out", "mean_square": "x"}
RIGHT = {"double": "2 * x", "double_backward": "2 * grad_out", "mean_square": "float((x ** 2).mean())"}
ODD = [
    *("None", "True", "0", "2 ** 62", "-1.5", "float('nan')", "float('inf')", "'text'", "'\\ud800'", "''"),
    *("()", "[]", "(x,)", "[x, x]", "(x, None)", "[[]]", "[None]", "['a', 1]", "[[1.0, 2.0], [3.0]]"),
    *("[[x]]", "list(x.ravel())", "x.tolist()", "tuple(x)", "(i for i in x)", "range(3)", "[2 ** 62] * 30"),
    *("x", "-x", "0 * x", "x / 0", "x * 1e300 * 1e300", "x.T", "x[None]", "x[:0]", "x.ravel()", "x > 0"),
    *("x.astype('float32')", "x.astype(int)", "x.astype(complex)", "x.astype(str)", "x.astype(object)"),
    *("np.zeros(())", "np.zeros((0, 3))", "np.zeros((1,) * 16)", "np.zeros((0, 2 ** 40))", "np.int64(3)"),
    *("np.float32(2)", "np.bool_(True)", "np.zeros(100_000)", "np.ma.masked_array(x, x > 0)", "{'a': x}"),
    *("warn('\\ud800') or x", "print('\\ud800') or x", "x.fill(0) or x", "1 / 0", "fail()"),
]
HEAD = """
import sys
import numpy as np
from warnings import warn

def fail(): raise ValueError("\\ud800 <b>&" * 1000)

def lie(data=None, **more):
    step = sys._getframe()
    while "originals" not in step.f_locals:
        step = step.f_back
    runner = type(step.f_locals["self"])
    honest = runner.call
    def call(self, *arguments):
        header, buffers = honest(self, *arguments)
        return header | more, buffers if data is None else [data]
    runner.call = call
"""


@check(task="double")
def pure(student: Functions, rng: np.random.Generator) -> None:
    """double returns float64 and leaves x alone."""
    assert_float64_and_unmodified(student.double, rng.normal(size=(4, 3)))


@check(task="double")
def curve(student: Functions, reference: Functions) -> None:
    """double is right over a range, and drawn."""
    assert_same_curve(student.double, reference.double, np.linspace(-2, 2, 9))


@check(task="double")
def path(student: Functions, reference: Functions, rng: np.random.Generator) -> None:
    """As an update rule, double_backward goes down as the reference does."""
    trace(student.double_backward, reference.double_backward, PROBLEMS[2](rng), steps=3)


@check(task="mean_square")
def loss_gradient(student: Functions, reference: Functions, rng: np.random.Generator) -> None:
    """The gradient of a loss, with two results asked for."""
    x = rng.normal(size=(4, 3))
    gradient_check(reference.mean_square, student.mean_square, at=(x,))


@pytest.fixture(scope="module")
def grader(tiny: Assignment) -> Iterator[Grader]:
    """A grader of the tiny assignment with checks of more kinds."""
    more = collect(sys.modules[__name__])
    with Grader(replace(tiny, hidden_checks=[*tiny.hidden_checks, *more]), seed=5) as made:
        yield made


def graded(grader: Grader, returned: dict[str, str]) -> Report:
    """The report on functions that return these expressions; it can be stored, read back and shown."""
    sources = [f"def {name}({FUNCTIONS[name]}):\n    return {text}" for name, text in returned.items()]
    report = grader.grade(Submission("student", "tiny.ipynb", notebook(HEAD, *sources).encode()))
    assert Report.from_json(report.to_json()) == report
    student_page(report, title="Tiny", course="Course").encode()
    return report


def broken(report: Report) -> list[str]:
    """What checks that look broken say."""
    return [result.evidence.trace for result in report.results() if result.status is Status.ERROR]


# The quick suite takes each odd result for one function, turn by turn; the full one for the two others.
TURNS = [
    pytest.param(function, returned, marks=() if turn == number % len(FUNCTIONS) else pytest.mark.full)
    for number, returned in enumerate(ODD)
    for turn, function in enumerate(FUNCTIONS)
]


@pytest.mark.parametrize(("function", "returned"), TURNS)
def test_an_odd_result(grader: Grader, function: str, returned: str) -> None:
    """Whatever one function returns, each check passes or fails, and other tasks keep their marks."""
    report = graded(grader, RIGHT | {function: returned})
    assert broken(report) == []
    assert report.score.possible == 6
    others = [task for task in report.tasks if function not in task.functions]
    assert all(task.earned == task.possible for task in others)


@pytest.mark.full
@given(st.fixed_dictionaries(dict.fromkeys(FUNCTIONS, st.sampled_from([*ODD, *RIGHT.values()]))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(60))
def test_odd_results_together(grader: Grader, returned: dict[str, str]) -> None:
    """The same for all functions at once, where one is the other's gradient."""
    assert broken(graded(grader, returned)) == []


@pytest.mark.parametrize(
    "forged",
    [
        *(
            "changed=[-1]",
            "changed=[-100]",
            "changed=[1000]",
            "changed=[10 ** 4299]",
            "changed=[True]",
            "changed=[0] * 64",
        ),
        *("dtypes=['float\\ud800']", "dtypes=['\\ud800' * 100]", "warnings=['\\ud800']", "printed='\\ud800'"),
        *(
            "kind='raised', text='\\ud800', trace='\\ud800'",
            "kind='unusable', text='\\ud800'",
            "kind='memory'",
        ),
        "value=['a', '<f8', [4, 3]], data=bytes(96), changed=[-7]",
        "value=['a', '<f8', [4, 3]], data=bytes(96), dtypes=['float16\\ud800']",
        "value=['a', '|b1', [4, 3]], data=bytes(12)",
        "value=['t', [['s', '\\ud800'], ['n']]]",
    ],
)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_forged_answer(grader: Grader, function: str, forged: str) -> None:
    """Nor does a submission that takes the runner over and lies in all its later answers."""
    report = graded(grader, RIGHT | {function: f"lie({forged}) or {RIGHT[function]}"})
    assert broken(report) == []
    assert report.score.possible == 6


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_that_ends_the_sandbox(tiny: Assignment, function: str) -> None:
    """Where a submission can kill the sandbox's own process, it is not graded rather than excused."""
    kill = "__import__('os').kill(__import__('os').getppid(), 9)"
    with Grader(tiny, seed=5) as grader:
        with contextlib.suppress(SandboxError):
            report = graded(grader, RIGHT | {function: kill})
            assert broken(report) == []
            assert report.score.possible == 6
        assert graded(grader, RIGHT).score.earned == 6, "the next submission is graded as ever"
