"""Formulas of Moodle's calculated questions (PHP, with values in braces) and our expressions.

Both ways keep the value: PHP rounds halves away from zero and knows `pow`, `log10` and `pi()`; what has
another meaning there (`^`, `%`) or no counterpart is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

from autograder.course.python_source import expression_tree
from quizzes.content.expression import LONGEST, Expression, ExpressionProblem
from quizzes.interchange.html_markup import LeftOut

__all__ = ["FormulaProblem", "expression_from", "formula_of"]


PI = "3.141592653589793"
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)|\{(?P<value>[^{}]*)\}"
    r"|(?P<sign>\*\*|<=|>=|==|!=|&&|\|\||[-+*/(),<>?:!%^&|~=]))"
)
# Our name and form for a function of PHP; {0} and {1} are its arguments.
FORMS = {
    "abs": "abs({0})",
    "acos": "acos({0})",
    "asin": "asin({0})",
    "atan": "atan({0})",
    "ceil": "ceil({0})",
    "cos": "cos({0})",
    "cosh": "((exp({0}) + exp(-({0}))) / 2)",
    "deg2rad": f"(({{0}}) * {PI} / 180)",
    "exp": "exp({0})",
    "expm1": "(exp({0}) - 1)",
    "floor": "floor({0})",
    "log": "log({0})",
    "log10": "(log({0}) / log(10))",
    "log1p": "log(1 + ({0}))",
    "rad2deg": f"(({{0}}) * 180 / {PI})",
    "sin": "sin({0})",
    "sinh": "((exp({0}) - exp(-({0}))) / 2)",
    "sqrt": "sqrt({0})",
    "tan": "tan({0})",
    "tanh": "tanh({0})",
}
TWO = {"log": "(log({0}) / log({1}))", "pow": "(({0}) ** ({1}))", "round": ""}
MANY = {"min", "max"}
DEEPEST = 60


class FormulaProblem(ValueError):
    """An expression that Moodle cannot compute."""


def expression_from(formula: str, names: Mapping[str, str]) -> str:
    """Moodle's formula as an expression; `names` are our names of its values.

    Raises LeftOut for what cannot be computed here.
    """
    if len(formula) > 1000:
        raise LeftOut("a formula of it has more than 1000 characters")
    text = _Parser(formula, names).whole()
    try:
        Expression(text, names.values())
    except ExpressionProblem as problem:
        raise LeftOut(f"its formula {_quoted(formula)} cannot be computed here: {problem}") from problem
    return text


def _quoted(formula: str) -> str:
    plain = " ".join(formula.split())
    return f"“{plain if len(plain) <= 80 else plain[:79] + '…'}”"


class _Parser:
    """Reads a formula by PHP's precedence; every method returns an expression of ours."""

    def __init__(self, formula: str, names: Mapping[str, str]) -> None:
        self.formula, self.names, self.depth = formula, names, 0
        self.tokens: list[tuple[str, str]] = []
        at = 0
        plain = formula.rstrip()
        while at < len(plain):
            match = TOKEN.match(plain, at)
            if match is None or match.lastgroup is None:
                raise self.refused(f"{plain[at : at + 10].strip()} cannot be read")
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self.at = 0

    def refused(self, why: str) -> LeftOut:
        return LeftOut(f"its formula {_quoted(self.formula)} cannot be computed here: {why}")

    def peek(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")
        return text if kind == "sign" else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self.refused("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise self.refused(f"a {sign} is missing")
        self.at += 1

    def whole(self) -> str:
        text = self.choice()
        if self.at < len(self.tokens):
            sign = self.tokens[self.at][1]
            raise self.refused(
                "^ is not a power in Moodle but an operation on bits"
                if sign == "^"
                else f"{sign} is not known here"
            )
        return text

    def choice(self) -> str:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.refused("it is nested too deep")
        text = self.either()
        if self.peek() == "?":
            self.at += 1
            then = self.choice()
            self.expect(":")
            text = f"(({then}) if ({text}) else ({self.choice()}))"
        self.depth -= 1
        return text

    def either(self) -> str:
        text = self.both()
        while self.peek() == "||":
            self.at += 1
            text = f"({text} or {self.both()})"
        return text

    def both(self) -> str:
        text = self.comparison()
        while self.peek() == "&&":
            self.at += 1
            text = f"({text} and {self.comparison()})"
        return text

    def comparison(self) -> str:
        text = self.total()
        if self.peek() in ("<", "<=", ">", ">=", "==", "!="):
            _, sign = self.take()
            text = f"({text} {sign} {self.total()})"
        return text

    def total(self) -> str:
        text = self.product()
        while self.peek() in ("+", "-"):
            _, sign = self.take()
            text = f"{text} {sign} {self.product()}"
        return text

    def product(self) -> str:
        text = self.signed()
        while self.peek() in ("*", "/"):
            _, sign = self.take()
            text = f"{text} {sign} {self.signed()}"
        if self.peek() == "%":
            raise self.refused("% cuts its numbers to whole ones in Moodle")
        return text

    def signed(self) -> str:
        signs = ""
        while self.peek() in ("+", "-"):
            signs += self.take()[1]
            if len(signs) > DEEPEST:
                raise self.refused("it is nested too deep")
        return f"{signs}{self.power()}"

    def power(self) -> str:
        base = self.primary()
        if self.peek() == "**":
            self.at += 1
            self.depth += 1
            if self.depth > DEEPEST:
                raise self.refused("it is nested too deep")
            base = f"{base} ** ({self.signed()})"
            self.depth -= 1
        return base

    def primary(self) -> str:
        kind, text = self.take()
        if kind == "number":
            return text.lstrip("0") if re.fullmatch(r"0+[1-9]\d*", text) else text
        if kind == "value":
            if text not in self.names:
                raise self.refused(f"there are no values for {{{text}}}")
            return self.names[text]
        if kind == "name":
            return self.call(text)
        if text == "(":
            inner = self.choice()
            self.expect(")")
            return f"({inner})"
        raise self.refused(f"{text} is not known here")

    def call(self, name: str) -> str:
        plain = name.lower()
        self.expect("(")
        arguments = []
        while self.peek() != ")":
            arguments.append(self.choice())
            if len(arguments[-1]) > LONGEST:  # some functions are written with their argument twice
                raise self.refused("it is too long")
            if self.peek() == ",":
                self.at += 1
            elif self.peek() != ")":
                raise self.refused("a ) is missing")
        self.at += 1
        if plain == "pi" and not arguments:
            return PI
        if plain == "round" and len(arguments) in (1, 2):
            return self.rounded(*arguments)
        if len(arguments) == 1 and plain in FORMS:
            return FORMS[plain].format(*arguments)
        if len(arguments) == 2 and plain in TWO:
            return TWO[plain].format(*arguments)
        if len(arguments) >= 2 and plain in MANY:
            return f"{plain}({', '.join(arguments)})"
        raise self.refused(f"{name}() is not known here")

    def rounded(self, value: str, digits: str = "0") -> str:
        """PHP rounds halves away from zero."""
        if not re.fullmatch(r"-?\d", digits):
            raise self.refused("round() takes a number of digits here")
        scale = f"10 ** {digits}" if not digits.startswith("-") else f"10 ** ({digits})"
        size = f"floor(abs({value}) * {scale} + 0.5) / {scale}"
        if digits == "0":
            size = f"floor(abs({value}) + 0.5)"
        return f"({size} * (1 if {value} >= 0 else -1))"


def formula_of(expression: str, names: Mapping[str, str]) -> str:
    """An expression as Moodle's formula; `names` says what stands there for our values.

    Raises FormulaProblem if Moodle has no counterpart of it.
    """
    return _php(expression_tree(expression.strip()), names)


BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARED = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
SAME = {"sqrt", "exp", "abs", "tanh", "sin", "cos", "tan", "asin", "acos", "atan", "floor", "ceil"}


def _php(node: ast.AST, names: Mapping[str, str]) -> str:
    def part(inner: ast.AST) -> str:
        return _php(inner, names)

    match node:
        case ast.Constant():
            return str(node.value)
        case ast.Name(id=name):
            return names[name]
        case ast.UnaryOp():
            return f"(-1*{part(node.operand)})" if isinstance(node.op, ast.USub) else part(node.operand)
        case ast.BinOp():
            left, right = part(node.left), part(node.right)
            if isinstance(node.op, ast.Pow):
                return f"pow({left},{right})"
            if isinstance(node.op, ast.FloorDiv):
                return f"floor({left}/{right})"
            if isinstance(node.op, ast.Mod):
                return f"({left}-{right}*floor({left}/{right}))"
            return f"({left}{BINARY[type(node.op)]}{right})"
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return f"({part(left)}{COMPARED[type(op)]}{part(right)}?1:0)"
        case ast.IfExp():
            return f"({part(node.test)}!=0?{part(node.body)}:{part(node.orelse)})"
        case ast.Call(func=ast.Name(id=name), args=args):
            return _call(name, [part(argument) for argument in args])
    raise FormulaProblem(f"Moodle has no counterpart of {ast.unparse(node)}")


def _call(name: str, arguments: list[str]) -> str:
    first = arguments[0]
    if name in SAME:
        return f"{name}({first})"
    if name in ("log", "ln"):
        return f"log({first})"
    if name == "sigmoid":
        return f"(1/(1+exp(-1*{first})))"
    if name == "relu":
        return f"max({first},0)"
    if name in ("min", "max"):
        return f"{name}({','.join(arguments)})" if len(arguments) > 1 else first
    if name == "round":
        return f"round({','.join(arguments)})"
    raise FormulaProblem(f"Moodle has no counterpart of {name}()")
