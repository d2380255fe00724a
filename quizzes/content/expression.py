"""Safe expressions: an allowlist over Python's grammar, computed in Decimal.

Decimal and not float, so that the same seed gives the same digits on every machine and library.
Expensive expressions are refused: lengths are limited, and no number may pass 10^±1000.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal, DecimalException, localcontext
from functools import lru_cache

from autograder.course.python_source import expression_tree

__all__ = ["FUNCTIONS", "LONGEST", "Expression", "ExpressionProblem", "expression_of", "student_expression"]


LONGEST, MOST_NODES = 400, 200
CONTEXT = Context(prec=40, rounding=ROUND_HALF_EVEN, Emin=-1000, Emax=1000)
UNIT, TWO = Decimal(1), Decimal(2)
PI = Decimal("3.14159265358979323846264338327950288419716939937511")
NEGLIGIBLE = Decimal("1e-45")  # of a series' terms
LARGEST_ANGLE = Decimal("1e15")  # beyond, no digit of a sine is left
SMALL_EXPONENT = Decimal(2000)

Function = Callable[..., Decimal]
BINARY: dict[type, Function] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: (a / b).to_integral_value(rounding="ROUND_FLOOR"),
    ast.Mod: lambda a, b: a - b * (a / b).to_integral_value(rounding="ROUND_FLOOR"),
    ast.Pow: lambda a, b: a**b,
}
COMPARE: dict[type, Callable[[Decimal, Decimal], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}


def _sigmoid(x: Decimal) -> Decimal:
    return UNIT / (UNIT + (-x).exp())


def _tanh(x: Decimal) -> Decimal:
    return TWO * _sigmoid(TWO * x) - UNIT


def _sin(x: Decimal) -> Decimal:
    if abs(x) > LARGEST_ANGLE:
        raise ValueError("angle")
    x -= 2 * PI * (x / (2 * PI)).to_integral_value()
    term, total, n = x, x, 1
    while abs(term) > NEGLIGIBLE:
        term *= -x * x / ((n + 1) * (n + 2))
        total, n = total + term, n + 2
    return total


def _cos(x: Decimal) -> Decimal:
    return _sin(x + PI / 2)


def _atan(x: Decimal) -> Decimal:
    for _ in range(3):  # the series needs small arguments
        x /= UNIT + (UNIT + x * x).sqrt()
    power, total, n = x, x, 1
    while abs(power) > NEGLIGIBLE:
        power *= -x * x
        n += 2
        total += power / n
    return 8 * total


def _asin(x: Decimal) -> Decimal:
    if abs(x) == UNIT:
        return x * PI / 2
    return _atan(x / (UNIT - x * x).sqrt())


def _round(x: Decimal, digits: Decimal = Decimal(0)) -> Decimal:
    return x.quantize(UNIT.scaleb(-int(digits)))


FUNCTIONS: dict[str, tuple[Function, int]] = {  # with the largest number of arguments
    "sqrt": (lambda x: x.sqrt(), 1),
    "exp": (lambda x: x.exp(), 1),
    "log": (lambda x: x.ln(), 1),
    "ln": (lambda x: x.ln(), 1),
    "abs": (abs, 1),
    "sigmoid": (_sigmoid, 1),
    "tanh": (_tanh, 1),
    "sin": (_sin, 1),
    "cos": (_cos, 1),
    "tan": (lambda x: _sin(x) / _cos(x), 1),
    "asin": (_asin, 1),
    "acos": (lambda x: PI / 2 - _asin(x), 1),
    "atan": (_atan, 1),
    "relu": (lambda x: max(x, Decimal(0)), 1),
    "floor": (lambda x: x.to_integral_value(rounding="ROUND_FLOOR"), 1),
    "ceil": (lambda x: x.to_integral_value(rounding="ROUND_CEILING"), 1),
    "round": (_round, 2),
    "min": (min, 8),
    "max": (max, 8),
}


class ExpressionProblem(ValueError):
    """The expression cannot be read or computed; the text says why."""


class Expression:
    """A checked expression over named values."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        self.text, self.names = text, frozenset(names)
        if len(text) > LONGEST:
            raise ExpressionProblem(f"An expression has at most {LONGEST} characters")
        try:
            self._tree = expression_tree(text.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            raise ExpressionProblem(f"{text[:60]!r} cannot be read as an expression") from problem
        nodes = list(ast.walk(self._tree))
        if len(nodes) > MOST_NODES:
            raise ExpressionProblem("the expression is too long")
        for node in nodes:
            self._check(node)

    def _check(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and node.id not in self.names and node.id not in FUNCTIONS:
            known = ", ".join(sorted(self.names)) or "none"
            raise ExpressionProblem(f"{node.id!r} is not known here; the names are: {known}")
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if name not in FUNCTIONS or node.keywords:
                raise ExpressionProblem(f"{ast.unparse(node.func)[:30]!r} is not a function here")
            if not 1 <= len(node.args) <= FUNCTIONS[name][1]:
                raise ExpressionProblem(f"{name}() has the wrong number of arguments")
        if isinstance(node, ast.Constant) and (isinstance(node.value, bool | complex | str | bytes | None)):
            raise ExpressionProblem(f"{ast.unparse(node)[:30]} is not a number")
        if isinstance(node, ast.BitXor):
            raise ExpressionProblem("^ is not a power in an expression; write **")
        if not isinstance(node, ALLOWED):
            raise ExpressionProblem(f"{type(node).__name__} is not allowed in an expression")

    def value(self, values: Mapping[str, Decimal]) -> Decimal:
        """The value; raises ExpressionProblem if it cannot be computed."""
        try:
            with localcontext(CONTEXT):
                value = +self._of(self._tree, values)
                if not value.is_finite():
                    raise ValueError("infinite")
                return value
        except (DecimalException, ArithmeticError, ValueError, TypeError) as problem:
            why = "it divides by zero" if "Division" in type(problem).__name__ else "it has no finite value"
            raise ExpressionProblem(f"{self.text!r} cannot be computed: {why}") from problem

    def _of(self, node: ast.AST, values: Mapping[str, Decimal]) -> Decimal:
        match node:
            case ast.Constant():
                return Decimal(str(node.value))
            case ast.Name():
                if node.id not in values:
                    raise ValueError(node.id)
                return values[node.id]
            case ast.UnaryOp():
                inner = self._of(node.operand, values)
                return -inner if isinstance(node.op, ast.USub) else inner
            case ast.BinOp():
                left, right = self._of(node.left, values), self._of(node.right, values)
                if isinstance(node.op, ast.Pow) and abs(right) > SMALL_EXPONENT:
                    raise ValueError("exponent")
                return BINARY[type(node.op)](left, right)
            case ast.Compare():
                sides = [self._of(comparator, values) for comparator in (node.left, *node.comparators)]
                pairs = zip(sides, node.ops, sides[1:], strict=False)
                return Decimal(all(COMPARE[type(op)](a, b) for a, op, b in pairs))
            case ast.BoolOp():
                truths = [bool(self._of(value, values)) for value in node.values]
                return Decimal(all(truths) if isinstance(node.op, ast.And) else any(truths))
            case ast.IfExp():
                return self._of(node.body if self._of(node.test, values) else node.orelse, values)
            case ast.Call(func=ast.Name(id=name)):
                return FUNCTIONS[name][0](*(self._of(arg, values) for arg in node.args))
        raise ValueError("node")


ALLOWED = (
    *(ast.Constant, ast.Name, ast.Load, ast.UnaryOp, ast.USub, ast.UAdd, ast.BinOp, ast.Call),
    *(ast.Compare, ast.BoolOp, ast.And, ast.Or, ast.IfExp, *BINARY, *COMPARE),
)
WRITTEN = str.maketrans(
    {"^": "**", "·": "*", "×": "*", "−": "-", "÷": "/", "√": "sqrt", "²": "**2", "³": "**3"}
)


@lru_cache(4096)
def expression_of(text: str, names: frozenset[str]) -> Expression:
    """An author's expression; every student's variant asks for the same few."""
    return Expression(text, names)


def student_expression(text: str, names: Iterable[str]) -> Expression:
    """An expression as a student writes it: `^` is a power, `2x` and `2(x+1)` are products."""
    plain = text.translate(WRITTEN)
    plain = re.sub(r"(?<![\w.])(\d+\.?\d*|\.\d+)\s*(?=[^\W\d_]|\()(?![eE][+-]?\d)", r"\1*", plain)
    return Expression(plain, names)
