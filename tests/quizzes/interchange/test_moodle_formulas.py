"""Formulas of Moodle's calculated questions: both ways keep the value, and nothing else is computed."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.content.expression import Expression, ExpressionProblem
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.moodle.formulas import FormulaProblem, expression_from, formula_of

NAMES = {"a": "{x}", "b": "{y_1}"}
BACK = {"x": "a", "y_1": "b"}
LEAVES = st.sampled_from(["a", "b", "2", "0.5", "1e-3", "10"])


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones."""
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner)
    call = st.tuples(
        st.sampled_from(
            ["sqrt", "exp", "log", "abs", "floor", "ceil", "sigmoid", "tanh", "relu", "sin", "cos"]
        ),
        inner,
    )
    two = st.tuples(st.sampled_from(["min", "max"]), inner, inner)
    choice = st.tuples(inner, inner, st.sampled_from(["<", "<=", ">", "=="]), inner, inner)
    return (
        binary.map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})")
        | call.map(lambda parts: f"{parts[0]}({parts[1]})")
        | two.map(lambda parts: f"{parts[0]}({parts[1]}, {parts[2]})")
        | choice.map(lambda parts: f"({parts[0]} if {parts[1]} {parts[2]} {parts[3]} else {parts[4]})")
        | inner.map(lambda text: f"(-{text})")
    )


@settings(max_examples=examples(300), deadline=None)
@given(
    st.recursive(LEAVES, larger, max_leaves=6), st.decimals(-9, 9, places=2), st.decimals("0.01", 9, places=2)
)
def test_out_and_back(expression: str, a: Decimal, b: Decimal) -> None:
    """An expression that Moodle can compute has the same value when it comes back."""
    values = {"a": a, "b": b}
    try:
        value = Expression(expression, values).value(values)
        back = expression_from(formula_of(expression, NAMES), BACK)
    except (ExpressionProblem, FormulaProblem):
        return
    except LeftOut as problem:
        assert "characters" in str(problem) or "too long" in str(problem)
        return
    again = Expression(back, values).value(values)
    assert abs(value - again) <= Decimal("1e-15") * max(abs(value), Decimal("1e-9"))


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("{x}+{y_1}*2", "7"),
        ("-{x}**2", "-1"),
        ("pow({x}+1,{y_1})", "8"),
        ("LOG10(1000)", "3"),
        ("log(8,2)", "3"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.345,2)", "2.35"),
        ("floor(-0.5)+ceil(0.5)", "0"),
        ("{x}>2?10:({y_1}==3?20:30)", "20"),
        ("max({x},{y_1},5)", "5"),
        ("2*pi()", "6.283185307179586"),
        ("sin(deg2rad(90))", "1"),
        ("1e3*.5", "500"),
        ("({x}<2 && {y_1}>2) + 0", "1"),
        (" { x } ".replace(" x ", "x") + "- -1", "2"),
    ],
)
def test_as_php_computes(formula: str, value: str) -> None:
    """Precedence, rounding halves away from zero, and functions are PHP's."""
    expression = expression_from(formula, BACK)
    found = Expression(expression, ("a", "b")).value({"a": Decimal(1), "b": Decimal(3)})
    assert abs(found - Decimal(value)) < Decimal("1e-12")


@pytest.mark.parametrize(
    "formula",
    [
        *("", "{z}", "{x}^2", "{x}%2", "{x}|1", "~{x}", "!{x}", "exec({x})", "{x}{y_1}", "2 {x}", "(1", "1)"),
        *("fmod({x},2)", "'a'", "{x}=2", "rand()", "1,2", "pow({x})", "{x}->y", "0x1F", "__import__('os')"),
        *("pow(" * 99, "sinh(" * 30),
    ],
)
def test_refused(formula: str) -> None:
    """What PHP would understand in another way, or not at all, is refused with a sentence."""
    with pytest.raises(LeftOut, match="formula"):
        expression_from(formula, BACK)


@given(st.text(alphabet="0123456789.+-*/%^(){}?:<>=!&|, xy_1pow sinhmaxround", max_size=60))
def test_anything_ends(text: str) -> None:
    """Any text is refused or is an expression over the known values."""
    with suppress(LeftOut):
        Expression(expression_from(text, BACK), ("a", "b"))
