"""Safe expressions."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.content.expression import Expression, ExpressionProblem, student_expression


def test_values() -> None:
    """Arithmetic, functions and choices work, exactly."""
    at = {"g": Decimal("0.1"), "h": Decimal("0.2")}
    assert abs(Expression("1/sqrt(g**2 + h**2)", at).value(at) - Decimal("4.472135955")) < Decimal("1e-9")
    assert Expression("g + h", at).value(at) == Decimal("0.3")
    assert Expression("1 if g < h else 0", at).value(at) == 1
    assert Expression("-7 % 3", ()).value({}) == 2


BOMBS = [
    "9**9**9**9", "9**9**9", "exp(exp(exp(9)))", "1/0", "sqrt(-1)", "log(0)", "().__class__", "'a'*9",
    "[1]*9", "lambda: 1", "__import__('os')", "x", "sqrt", "sqrt()", "f(1)", "(" * 250 + "1" + ")" * 250,
    "sin(1e16)", "cos(9**400)", "asin(2)", "acos(-2)", "atan(1e600)", "tan()", "1" * 500,
    "True", "g.real", "max(*g)", "round(1, 10**9)", "1e9999", "1j", "sqrt(x=1)", "0**-1",
]  # fmt: skip


@pytest.mark.parametrize("text", BOMBS)
def test_refused(text: str) -> None:
    """Bombs, attributes and everything without a finite value are refused with a sentence."""
    with pytest.raises(ExpressionProblem):
        Expression(text, {"g"}).value({"g": Decimal(1)})


@given(st.text(alphabet="0123456789.+-*/^()gsqrtexp, ", max_size=40))
def test_anything_ends(text: str) -> None:
    """Any text is refused or has a finite value."""
    with suppress(ExpressionProblem):
        assert student_expression(text, {"g"}).value({"g": Decimal(2)}).is_finite()


@pytest.mark.parametrize(
    ("typed", "value"), [("2g", 6), ("g^2", 9), ("2(g+1)", 8), ("2 g − 1", 5), ("1e2", 100)]
)
def test_as_students_write(typed: str, value: int) -> None:
    """Powers by ^ and products without a sign are understood."""
    assert student_expression(typed, {"g"}).value({"g": Decimal(3)}) == value


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "atan", "asin", "acos"])
@given(x=st.floats(-1, 1) | st.floats(-1e6, 1e6))
def test_trigonometry(name: str, x: float) -> None:
    """Angles are in radians, and every value is the one of a pocket calculator."""
    x = x if name in ("sin", "cos", "tan", "atan") else x % 1
    expected = getattr(math, name)(x)
    at = {"x": Decimal(x)}
    assert float(Expression(f"{name}(x)", at).value(at)) == pytest.approx(expected, rel=1e-6, abs=1e-9)


class Circle:
    """Garbage that only the collector finds, with a finalizer that lets other threads run."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(50):
            pass


@contextmanager
def busy_collector() -> Iterator[None]:
    """The collector runs all the time, and threads take turns at every instruction."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50)
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)


def test_many_students_at_once() -> None:
    """Expressions that threads read at the same time are read as one after another is."""
    text = "+".join(f"(a*{number}+b)" for number in range(12))

    def read(_: int) -> str:
        Circle()
        return student_expression(text, ("a", "b")).text

    with busy_collector(), ThreadPoolExecutor(4) as threads:
        assert set(threads.map(read, range(1500))) == {text}
