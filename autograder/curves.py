"""Functions of one variable: compared over a range, and drawn on the feedback page."""

from __future__ import annotations

import numpy as np

from autograder.calls import Function, Functions
from autograder.compare import assert_close, kind_of, with_call
from autograder.failure import Failure, WrongType
from autograder.properties import require_pure
from autograder.report import Curve
from autograder.values import Array, Value, number, to_array

__all__ = ["assert_same_curve", "draw_curve", "draw_losses"]

MOST_POINTS = 60  # of a loss curve


def assert_same_curve(
    student: Function,
    reference: Function,
    over: Array,
    *rest: Value,
    result: int | None = None,
    label: str = "",
    rtol: float = 1e-6,
    atol: float = 1e-9,
    pure: bool = False,
) -> None:
    """Compare two functions of one variable over a range, and keep both curves for the page.

    `over` (n,) is the first argument, `rest` are the others; `result` picks one of several results. With
    `pure`, the arguments have to be as they were afterwards, and the numbers float64.
    """
    arguments = (over, *rest)
    expected, got = reference(*arguments), student(*arguments)
    if pure:
        require_pure(student, arguments)
    if result is not None:
        expected = expected[result]
        if not isinstance(got, (list, tuple)) or len(got) <= result:
            raise WrongType(
                f"{student.describe(arguments)} returned {kind_of(got)}; a tuple of results is expected.",
                evidence=student.evidence(arguments),
            )
        got = got[result]
    draw_curve(student, label or student.describe(arguments), over, got, expected)
    try:
        assert_close(got, expected, rtol=rtol, atol=atol, call=student.describe(arguments))
    except Failure as problem:
        problem.evidence = with_call(problem.evidence, student.evidence(arguments))
        raise


def draw_curve(student: Function, label: str, x: Array, got: Value, expected: Value) -> None:
    """Keep a curve (n,) of the student's beside the right one (n,) for the page.

    Does nothing when what the student returned has no such shape: there is nothing to draw.
    """
    own, right = to_array(got), to_array(expected)
    if own is None or right is None or not own.shape == right.shape == x.shape:
        return
    student.owner.findings_.curves.append(
        Curve(
            label=label,
            x=x.tolist(),
            got=[number(value) for value in own.tolist()],
            expected=[number(value) for value in right.tolist()],
        )
    )


def draw_losses(functions: Functions, got: list[float], expected: list[float]) -> None:
    """Keep two loss curves for the page, a mean over a stretch of updates at each point."""
    count = min(len(got), len(expected))
    stretch = max(1, count // MOST_POINTS)
    starts = range(0, count - stretch + 1, stretch)
    own, right = ([float(np.mean(losses[i : i + stretch])) for i in starts] for losses in (got, expected))
    functions.findings_.curves.append(
        Curve(
            label="training loss over the updates",
            x=[i + (stretch + 1) / 2 for i in starts],
            got=[number(value) for value in own],
            expected=[number(value) for value in right],
        )
    )
