"""Edits of one function: every version of a student's own source with one change, made where it runs.

The judge neither parses nor runs a submission. It asks a child for the answers of all versions to one call,
then for those of a few versions to all calls; it says itself which of them are right, and words what is told
(`autograder/grading/repairs.py`). Imports the standard library and NumPy alone: the zygote loads it by path.
"""

from __future__ import annotations

import ast
import copy
import gc
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

MOST_VERSIONS = 1600
PAGE = 200  # versions whose answers are sent at once
MOST_LINES = 2_000_000  # that the student's own function runs in as many calls as versions are made
LEAST_VERSIONS = 100
#: Calls, returns and rounds of loops on the way of all versions' answers to one call: two or three seconds.
MOST_STEPS = 6_000_000
MOST_STEPS_OF_ONE = 40_000  # of one version, where the function as written does not take more
TIMES_AS_MANY = 4  # steps of a version as of the function as written, where that takes many
STEPS_OF_A_CALLBACK = 50  # a call of a function among the arguments; it may go to another process
MOST_ALIKE = 6  # like places of which every two are changed together
MOST_VALUES = 4_000  # numbers in the answers to one call that are sent at once
MOST_BITS = 4096  # of an integer
MOST_ROUNDS = 3_000  # of all while loops of one call
LONGEST_PART = 60  # characters of the student's own code that are shown
NUMBERS = (0, 1, 2, -1, 0.5)
OPERATORS: dict[str, type[ast.operator]] = {
    "plus": ast.Add,
    "minus": ast.Sub,
    "times": ast.Mult,
    "divide": ast.Div,
    "power": ast.Pow,
    "floor": ast.FloorDiv,
    "rest": ast.Mod,
    "matmul": ast.MatMult,
}
SWAPS = {
    "plus": ("minus", "times"),
    "minus": ("plus", "times"),
    "times": ("divide", "plus", "power", "matmul"),
    "divide": ("times", "floor"),
    "power": ("times",),
    "floor": ("divide", "rest", "times"),
    "rest": ("floor", "divide"),
    "matmul": ("times",),
}
COMPARISONS: dict[type[ast.cmpop], tuple[tuple[str, type[ast.cmpop]], ...]] = {
    ast.Gt: (("edge", ast.GtE), ("compare", ast.Lt), ("compare", ast.LtE)),
    ast.GtE: (("edge", ast.Gt), ("compare", ast.LtE), ("compare", ast.Lt)),
    ast.Lt: (("edge", ast.LtE), ("compare", ast.Gt), ("compare", ast.GtE)),
    ast.LtE: (("edge", ast.Lt), ("compare", ast.GtE), ("compare", ast.Gt)),
    ast.Eq: (("equality", ast.NotEq), ("equality", ast.GtE), ("equality", ast.LtE)),
    ast.NotEq: (("equality", ast.Eq),),
}
#: Functions that are taken for one another.
FAMILIES = (
    ("sum", "mean", "max", "min", "prod", "median"),
    ("maximum", "minimum"),
    (
        "exp",
        "expm1",
        "exp2",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "square",
        "abs",
        "cbrt",
        "tanh",
        "sign",
    ),
    ("argmax", "argmin", "max"),
    ("floor", "ceil", "round", "rint", "trunc"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("hstack", "vstack"),
    ("argsort", "sort"),
    ("randn", "rand"),
    ("append", "insert"),
)
WRAPS = ("sqrt", "square", "abs", "exp", "log", "negate", "one_minus", "inverse")
SUMS = ("sum", "mean", "max")
ALONG_AN_AXIS = ("sum", "mean", "max", "min", "argmax", "argmin", "norm", "prod", "cumsum", "median")
#: Changes that leave something out: where they do, what a smaller change in it would mend is not the cause.
REMOVALS = ("unwrap", "first_case", "second_case", "drop_", "whole")
MOST_REMOVALS = 8
SKIPPED = ("ctx", "annotation", "returns", "decorator_list", "args", "type_comment", "func")


class Edit(NamedTuple):
    """One change of a function: what it is, where it stands, and how to make it."""

    rank: int  # how likely it is, the smallest first
    kind: str
    line: int  # of the definition, counted from 1
    part: str  # of the student's code
    other: str  # a name of the student's, or of this file
    settings: tuple[tuple[Any, str, int | None, Any], ...]
    places: int = 1  # that are changed alike
    #: From where to where the changed expression goes: line and column, twice.
    span: tuple[int, int, int, int] = (0, 0, 0, 0)


@contextmanager
def no_collection() -> Iterator[None]:
    """Meanwhile the collector runs nothing: what it ends counts for whom it happens to interrupt."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class TooLong(BaseException):
    """A version that may not end; no `except Exception` of a student's catches it and goes on."""


class Edits:
    """The versions of one function, and the answers that they give."""

    def __init__(
        self, source: str, function: str, namespace: dict[str, Any], most: int = MOST_VERSIONS
    ) -> None:
        """`namespace` is what the function stands among; `most` versions are made, the likeliest ones."""
        self.source, self.function = source, function
        self.namespace = {**namespace, "_np": np, "_goes_on": self._goes_on}
        self.namespace["_next_round"] = self._require_steps
        self.namespace.setdefault("range", _short_range)
        self._rounds = 0
        self._steps = self._all_steps = 0
        self._most_steps = MOST_STEPS_OF_ONE
        self.versions: list[Edit] = []
        self.bodies: dict[int, Any] = {}
        self.tree = ast.Module([], [])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.tree = ast.parse(source)
            found = [node for node in self.tree.body if isinstance(node, ast.FunctionDef)]
            if len(found) == 1 and found[0].name == function:
                found[0].decorator_list = []
                _bound_loops(found[0])
                self.tree.body = [found[0]]
                self.versions = _ordered(_Search(source, found[0]).versions())[:most]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.versions = []

    def body(self, number: int) -> Any:
        """The function with a change; None where that cannot be compiled."""
        if number not in self.bodies:
            settings = self.versions[number].settings
            before = [_get(owner, name, index) for owner, name, index, _ in settings]
            namespace = dict(self.namespace)
            try:
                for owner, name, index, value in settings:
                    _set(owner, name, index, value)
                    for node in value if isinstance(value, list) else [value]:
                        _locate(node, self.versions[number].line)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    exec(compile(self.tree, f"<edited {self.function}>", "exec"), namespace)
                self.bodies[number] = namespace.get(self.function)
            except (SyntaxError, ValueError, TypeError):
                self.bodies[number] = None
            finally:
                for (owner, name, index, _), value in reversed(list(zip(settings, before, strict=True))):
                    _set(owner, name, index, value)
        return self.bodies[number]

    def _goes_on(self) -> None:
        """Asked in every round of a while loop, and at every start: with a change it may never end."""
        self._require_steps()
        self._rounds += 1
        values = sys._getframe(1).f_locals.values()
        is_huge = any(isinstance(each, int) and each.bit_length() > MOST_BITS for each in values)
        if self._rounds > MOST_ROUNDS or is_huge:
            raise TooLong

    def _require_steps(self) -> None:
        """Asked in every round of a loop, so that rounds count as calls do.

        A version is ended here too: what `_count` raises, the interpreter or a bare `except` may swallow, and
        then nothing counts any more.
        """
        if self._steps > self._most_steps:
            raise TooLong

    def answer(self, number: int, *arguments: Any) -> Any:
        """What one version answers; whatever it raises goes through."""
        self._rounds = self._steps = 0
        try:
            return self.body(number)(*arguments)
        except TooLong:
            raise RuntimeError("a version that does not end") from None

    def described(self, number: int) -> tuple[str, int, str, str, int]:
        """Kind, line, part and other part of a version, and how many places are changed alike."""
        edit = self.versions[number]
        return edit.kind, edit.line, edit.part, edit.other, edit.places

    def removals(self, number: int) -> list[int]:
        """The versions that leave out something around the place of a change, the smallest part first."""
        edit = self.versions[number]
        start, end = edit.span[:2], edit.span[2:]
        found = [
            i
            for i, each in enumerate(self.versions)
            if each.kind.startswith(REMOVALS)
            and i != number
            and each.span[:2] <= start
            and end <= each.span[2:]
            and (each.span != edit.span or not edit.kind.startswith(REMOVALS))
        ]
        sizes = {i: (self.versions[i].span[2] - self.versions[i].span[0]) * 1000 for i in found}
        sizes = {i: sizes[i] + self.versions[i].span[3] - self.versions[i].span[1] for i in found}
        return sorted(found, key=lambda i: sizes[i])[:MOST_REMOVALS] if any(edit.span) else []

    def tried(self, start: int, arguments: tuple[Any, ...]) -> tuple[list[int], list[int], list[Any], int]:
        """Versions from `start` on, which answer each one gives, these answers, and where to go on."""
        numbers: list[int] = []
        places: list[int] = []
        values: list[Any] = []
        seen: dict[bytes, int] = {}
        if start == 0:
            self._all_steps = 0
            self._leave_out_where_slow(arguments)
        size, number = 0, start
        for number in range(start, min(start + PAGE, len(self.versions))):
            value = self._answer(number, arguments)
            if self._all_steps > MOST_STEPS:
                del self.versions[number + 1 :]
                break
            digest, count = _digest(value)
            if value is None or count > MOST_VALUES:
                continue
            if digest not in seen:
                seen[digest] = len(values)
                values.append(value)
                size += count
            numbers.append(number)
            places.append(seen[digest])
            if size > MOST_VALUES:
                break
        return numbers, places, values, number + 1

    def _leave_out_where_slow(self, arguments: tuple[Any, ...]) -> None:
        """Make fewer versions, or none, of a function that runs many lines in a call.

        Lines are counted, not seconds: what is told would depend on the machine.
        """
        function, lines = self.namespace.get(self.function), 0
        allowed = MOST_LINES // LEAST_VERSIONS

        def count(frame: Any, event: str, value: Any) -> Any:
            nonlocal lines
            if frame.f_code.co_filename == __file__:
                return None  # our own, around a callable argument
            lines += 1
            if lines > allowed:
                raise TooLong
            return count

        before, self._steps = sys.gettrace(), 0
        try:
            with no_collection(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                sys.settrace(count)
                function(
                    *[self._counted(each) if callable(each) else copy.deepcopy(each) for each in arguments]
                )  # type: ignore[misc]
        except (Exception, TooLong):  # a wrong function may raise; one that runs for long has been counted
            pass
        finally:
            sys.settrace(before)
        self._most_steps = max(MOST_STEPS_OF_ONE, TIMES_AS_MANY * self._steps)
        del self.versions[MOST_LINES // max(lines, 1) if lines <= allowed else 0 :]

    def _answer(self, number: int, arguments: tuple[Any, ...]) -> Any:
        if self.body(number) is None:
            return None
        copies = [
            _Bounded(each)
            if type(each) is int
            else self._counted(each)
            if callable(each)
            else copy.deepcopy(each)
            for each in arguments
        ]
        before, self._steps = sys.getprofile(), 0
        # Ours to keep: the interpreter may let it go, when it has raised, and call it once more.
        count = self._count
        try:
            with no_collection(), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                sys.setprofile(count)
                try:
                    value = self.answer(number, *copies)
                finally:
                    sys.setprofile(before)
                return _plain(value)
        except (Exception, TooLong):  # most changes make no sense
            return None
        finally:
            self._all_steps += self._steps

    def _count(self, *_: object) -> None:
        """Count a call or return of a version, and end a version that makes too many."""
        self._steps += 1
        if self._steps > self._most_steps:
            raise TooLong

    def _counted(self, function: Any) -> Any:
        """A callable argument whose calls count the same wherever it runs."""

        def called(*arguments: Any, **named: Any) -> Any:
            self._steps += STEPS_OF_A_CALLBACK
            counting = sys.getprofile()
            sys.setprofile(None)
            try:
                return function(*arguments, **named)
            finally:
                sys.setprofile(counting)

        return called


class _Bounded(int):
    """An integer whose powers stay small: a changed formula may ask for one with millions of digits."""

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        """As of an integer, where the result has not too many digits."""
        return _power(int(self), other)

    def __rpow__(self, other: Any, modulus: Any = None) -> Any:
        """As of an integer, where the result has not too many digits."""
        return _power(other, int(self))


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int):
        if exponent > 0 and base.bit_length() * exponent > MOST_BITS:
            raise OverflowError("a power with too many digits")
        return _Bounded(int(base) ** exponent) if exponent >= 0 else float(base) ** exponent
    return base**exponent


def _kept_bounded(name: str) -> Any:
    plain = getattr(int, name)

    def method(self: int, *others: Any) -> Any:
        result = plain(self, *others)
        return _Bounded(result) if type(result) is int else result

    return method


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    for _form in (f"__{_name}__", f"__r{_name}__"):
        setattr(_Bounded, _form, _kept_bounded(_form))


BOUNDS = {ast.While: "_goes_on", ast.FunctionDef: "_goes_on", ast.For: "_next_round"}


def _bound_loops(tree: ast.FunctionDef) -> None:
    """Let while loops, and a function that may call itself, ask if they may go on; count for loops."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.While, ast.FunctionDef, ast.For)):
            asked = ast.Expr(ast.Call(ast.Name(BOUNDS[type(node)], ast.Load()), [], []))
            _locate(asked, node.lineno)
            node.body.insert(0, asked)


def _is_bound(node: ast.AST) -> bool:
    """Whether a statement is one of `_bound_loops`."""
    called = node.value.func if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in BOUNDS.values()


def _short_range(*arguments: Any) -> range:
    """A range that a version can go through: a changed formula may ask for one without an end."""
    found = range(*arguments)
    if len(found) > MOST_STEPS_OF_ONE:
        raise OverflowError("a range with too many numbers")
    return found


def _plain(value: Any) -> Any:
    """A value of numbers, arrays, lists and tuples, not too many of them; None for anything else."""
    left = MOST_VALUES

    def plain(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1  # lists that hold one another hold billions of numbers
        if left < 0 or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            return None
        if isinstance(value, (bool, int, float, np.generic)):
            return np.asarray(value) if isinstance(value, np.generic) else value
        if isinstance(value, np.ndarray):
            return value if value.dtype.kind in "fiub" else None
        if isinstance(value, (list, tuple)) and depth < 4 and len(value) <= 200:
            items = [plain(each, depth + 1) for each in value]
            return None if any(each is None for each in items) else type(value)(items)
        return None

    return plain(value, 0)


def _digest(value: Any) -> tuple[bytes, int]:
    """A text that equal values share, and how many numbers there are."""
    if isinstance(value, (list, tuple)):
        parts = [_digest(each) for each in value]
        return b"(" + b",".join(part for part, _ in parts) + b")", 4 + sum(count for _, count in parts)
    array = np.asarray(value)
    return repr(array.shape).encode() + array.dtype.char.encode() + array.tobytes(), 4 + array.size


def _get(owner: Any, name: str, index: int | None) -> Any:
    value = getattr(owner, name)
    return value if index is None else value[index]


def _set(owner: Any, name: str, index: int | None, value: Any) -> None:
    if index is None:
        setattr(owner, name, value)
    else:
        getattr(owner, name)[index] = value


def _span(node: Any) -> tuple[int, int, int, int]:
    """From where to where an expression goes; zeros where that is not known."""
    names = ("lineno", "col_offset", "end_lineno", "end_col_offset")
    line, column, end_line, end_column = (getattr(node, name, None) or 0 for name in names)
    return line, column, end_line, end_column


def _locate(node: Any, line: int) -> None:
    """Give new nodes a line, down to those that have one."""
    if isinstance(node, ast.AST) and not (hasattr(node, "lineno") and hasattr(node, "end_lineno")):
        if "lineno" in node._attributes:
            vars(node).update(lineno=line, end_lineno=line, col_offset=0, end_col_offset=0)
        for child in ast.iter_child_nodes(node):
            _locate(child, line)


def _ordered(versions: Iterator[Edit]) -> list[Edit]:
    """The likeliest first; a change that can be made at several like places is tried at all of them too."""
    found = list(versions)
    alike: dict[tuple[str, str, str], list[Edit]] = {}
    for version in found:
        if version.kind.startswith("swap"):
            alike.setdefault((version.kind, "", ""), []).append(version)
            alike.setdefault((version.kind, version.part, "part"), []).append(version)
        elif version.kind in EVERYWHERE:
            alike.setdefault((version.kind, version.part, version.other), []).append(version)
    for group in alike.values():
        if len(group) < 2:
            continue
        pairs = list(combinations(group, 2)) if 2 < len(group) <= MOST_ALIKE else []
        for places in [group, *pairs]:
            settings = tuple(setting for version in places for setting in version.settings)
            if len({(id(owner), name, index) for owner, name, index, _ in settings}) == len(settings):
                rank = places[0].rank + 1 + (len(places) < len(group)) + 3 * (places[0].kind == "constant")
                found.append(places[0]._replace(rank=rank, settings=settings, places=len(places)))
    return sorted(found, key=lambda version: version.rank)


EVERYWHERE = ("replace", "constant", "other_function", "compare", "edge", "equality", "text")


class _Search:
    """The changes of one definition."""

    def __init__(self, source: str, tree: ast.FunctionDef) -> None:
        self.source, self.tree = source, tree
        self.parameters = [each.arg for each in tree.args.args]
        stored = [
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not node.id.startswith("_")
        ]
        self.names = list(dict.fromkeys([*self.parameters, *stored]))[:14]
        self.texts = list(
            dict.fromkeys(
                node.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 20
            )
        )

    def versions(self) -> Iterator[Edit]:
        """All of them."""
        yield from self._default_versions()
        for parent, name, index, node in self._sites():
            for rank, kind, part, other, settings in self._changes(parent, name, index, node):
                yield Edit(
                    rank,
                    kind,
                    getattr(node, "lineno", getattr(parent, "lineno", 1)),
                    part,
                    other,
                    settings,
                    span=_span(node),
                )
        yield from self._statements()

    def _sites(self) -> Iterator[tuple[Any, str, int | None, Any]]:
        """Expressions that are read, in their places."""
        pending: list[ast.AST] = [self.tree]
        while pending:
            parent = pending.pop(0)
            inner = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
            if (isinstance(parent, inner) and parent is not self.tree) or _is_bound(parent):
                continue
            for name, value in ast.iter_fields(parent):
                if name in SKIPPED and not (name == "args" and isinstance(parent, ast.Call)):
                    continue
                for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if not isinstance(node, ast.AST):
                        continue
                    pending.append(node)
                    if isinstance(node, ast.AugAssign) or (
                        isinstance(node, (ast.expr, ast.Slice))
                        and not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
                    ):
                        yield parent, name, index, node

    def _text(self, node: Any) -> str:
        """The student's own text of a part; "" where it is long."""
        text = ast.get_source_segment(self.source, node) if hasattr(node, "lineno") else ""
        text = " ".join((text or "").split())
        return text if len(text) <= LONGEST_PART else ""

    def _changes(
        self, parent: Any, name: str, index: int | None, node: Any
    ) -> Iterator[tuple[int, str, str, str, tuple[tuple[Any, str, int | None, Any], ...]]]:
        def put(new: Any) -> tuple[tuple[Any, str, int | None, Any], ...]:
            return ((parent, name, index, new),)

        text = self._text(node)
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            yield from self._operators(node)
        if isinstance(node, ast.AugAssign):
            yield (
                5,
                "replaced",
                self._text(node.target),
                "",
                put(ast.Assign([node.target], node.value, lineno=node.lineno)),
            )
            return
        if isinstance(node, ast.BinOp):
            kind = _kind_of(node.op)
            yield 3, f"drop_{kind}", self._text(node.right), "", put(node.left)
            yield 3, f"drop_left_{kind}", self._text(node.left), "", put(node.right)
            if kind in ("minus", "divide", "power", "matmul", "floor", "rest"):
                swapped = ((node, "left", None, node.right), (node, "right", None, node.left))
                yield 2, "sides", self._text(node.left), self._text(node.right), swapped
            yield from self._regrouped(node, put)
        elif isinstance(node, ast.Compare):
            yield from self._comparisons(node)
        elif isinstance(node, ast.Call):
            yield from self._calls(node, put)
        elif isinstance(node, ast.UnaryOp):
            kind = "no_minus" if isinstance(node.op, ast.USub) else "no_not"
            yield 2, kind, text, "", put(node.operand)
        elif isinstance(node, ast.Constant):
            yield from self._constants(node, put, parent)
        elif isinstance(node, ast.IfExp):
            yield 2, "cases", text, "", ((node, "body", None, node.orelse), (node, "orelse", None, node.body))
        elif isinstance(node, ast.Subscript):
            yield 4, "whole", text, "", put(node.value)
        elif isinstance(node, ast.Attribute) and node.attr == "T":
            yield 3, "no_transpose", self._text(node.value), "", put(node.value)
        elif isinstance(node, ast.Slice):
            yield from self._slices(node)
        elif isinstance(node, ast.BoolOp):
            for i, value in enumerate(node.values):
                rest = [other for j, other in enumerate(node.values) if j != i]
                new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
                yield 4, "drop_condition", self._text(value), "", put(new)
        elif isinstance(node, ast.Tuple) and isinstance(parent, ast.Return) and len(node.elts) == 2:
            yield 2, "results", "", "", ((node, "elts", None, node.elts[::-1]),)
        if isinstance(node, ast.Slice) or not self._is_value(parent, name, node):
            return
        yield from self._around(node, text, put, parent)

    @staticmethod
    def _is_value(parent: Any, name: str, node: Any) -> bool:
        """Whether a number or an array may stand there."""
        if isinstance(parent, (ast.Starred, ast.Attribute, ast.JoinedStr, ast.FormattedValue, ast.Expr)):
            return False
        if isinstance(parent, ast.keyword) and parent.arg in ("axis", "keepdims", "dtype", "key"):
            return False
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            return False
        return not (isinstance(parent, (ast.For, ast.comprehension)) and name == "iter")

    def _operators(self, node: Any) -> Iterator[Any]:
        kind = _kind_of(node.op)
        part = self._text(node.right if isinstance(node, ast.BinOp) else node.value)
        operand = node.right if isinstance(node, ast.BinOp) else node.value
        operands = [operand, node.left] if isinstance(node, ast.BinOp) else [operand]
        is_one = any(isinstance(each, ast.Constant) and each.value in (0, 1) for each in operands)
        for other in SWAPS.get(kind, ()):
            if is_one and other in ("times", "divide", "power", "floor"):
                continue  # this takes the operand away
            rank = 0 if (kind, other) in COMMON else 2
            yield rank, f"swap_{kind}_{other}", part, "", ((node, "op", None, OPERATORS[other]()),)

    def _regrouped(self, node: ast.BinOp, put: Any) -> Iterator[Any]:
        """`a / b * c` as `a / (b * c)`, `a * (b + c)` as `a * b + c`, and the like: brackets elsewhere."""
        left, right = node.left, node.right
        if isinstance(left, ast.BinOp) and isinstance(left.right, ast.BinOp):
            last = left.right  # a / b ** 1 / 2 as a / b ** (1 / 2)
            inner = ast.BinOp(last.left, last.op, ast.BinOp(last.right, node.op, right))
            yield 3, "brackets", self._text(node), "", put(ast.BinOp(left.left, left.op, inner))
        if isinstance(left, ast.BinOp):
            inner = ast.BinOp(left.right, node.op, right)
            yield 3, "brackets", self._text(node), "", put(ast.BinOp(left.left, left.op, inner))
        if isinstance(right, ast.BinOp):
            inner = ast.BinOp(left, node.op, right.left)
            yield 3, "brackets", self._text(node), "", put(ast.BinOp(inner, right.op, right.right))

    def _comparisons(self, node: ast.Compare) -> Iterator[Any]:
        if len(node.ops) == 1:
            for kind, other in COMPARISONS.get(type(node.ops[0]), ()):
                yield 0, kind, self._text(node), "", ((node, "ops", 0, other()),)

    def _calls(self, node: ast.Call, put: Any) -> Iterator[Any]:
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        shown = self._text(function)
        base = function
        while isinstance(base, ast.Attribute):
            base = base.value
        is_of_module = isinstance(base, ast.Name) and base.id not in self.names
        is_method = isinstance(function, ast.Attribute) and not is_of_module
        for family in FAMILIES:
            if called in family:
                for other in family:
                    if other == called or not isinstance(function, ast.Attribute):
                        continue
                    rank = 1 if {called, other} <= {"sum", "mean", "maximum", "minimum", "exp", "log"} else 2
                    yield rank, "other_function", shown, other, ((function, "attr", None, other),)
        values = ([function.value] if is_method and isinstance(function, ast.Attribute) else []) + node.args
        if values and called != "where":  # the first argument of where is its condition
            yield 3, "unwrap", shown, "", put(values[0])
        if called == "where" and len(node.args) == 3:
            yield (
                2,
                "cases",
                self._text(node),
                "",
                (
                    (node, "args", 1, node.args[2]),
                    (node, "args", 2, node.args[1]),
                ),
            )
            yield 4, "first_case", self._text(node), "", put(node.args[1])
            yield 4, "second_case", self._text(node), "", put(node.args[2])
        elif called in ("clip", "maximum", "minimum", "round", "float32", "float16"):
            yield 3, "unwrap", shown, "", put(node.args[-1]) if len(node.args) == 2 else put(values[0])
        if len(node.args) == 2 and called not in ("where", "maximum", "minimum", "zeros", "range"):
            swapped = ((node, "args", 0, node.args[1]), (node, "args", 1, node.args[0]))
            yield 3, "arguments", shown, "", swapped
        if called in ALONG_AN_AXIS and isinstance(function, ast.Attribute):  # Python's own have no axis
            yield from self._axes(node, shown, is_method)
        if called == "range":
            for i, each in enumerate(node.args[:2]):
                for operator in (ast.Add(), ast.Sub()):
                    moved = ast.BinOp(each, operator, ast.Constant(1))
                    yield 2, "range", self._text(node), "", ((node, "args", i, moved),)
            if len(node.args) == 2:
                yield 2, "range", self._text(node), "", ((node, "args", None, node.args[1:]),)
            elif len(node.args) == 1:
                from_1 = [ast.Constant(1), ast.BinOp(node.args[0], ast.Add(), ast.Constant(1))]
                yield 2, "range", self._text(node), "", ((node, "args", None, [ast.Constant(1), *node.args]),)
                yield 3, "range", self._text(node), "", ((node, "args", None, from_1),)

    def _axes(self, node: ast.Call, shown: str, is_method: bool) -> Iterator[Any]:
        keeps = next((each for each in node.keywords if each.arg == "keepdims"), None)
        if keeps is not None:
            new = [each for each in node.keywords if each is not keeps]
            yield 2, "no_keepdims", shown, "", ((node, "keywords", None, new),)
        place = 0 if is_method else 1
        given = next((each for each in node.keywords if each.arg == "axis"), None)
        if len(node.args) > place and given is None:
            owner: tuple[Any, str, int | None] = (node, "args", place)
        elif given is not None:
            owner = (given, "value", None)
        else:
            for along in (0, 1, -1):
                new = [*node.keywords, ast.keyword("axis", ast.Constant(along))]
                yield 1, "no_axis", shown, "", ((node, "keywords", None, new),)
                kept = [*new, ast.keyword("keepdims", ast.Constant(True))]
                yield 2, "no_axis", shown, "", ((node, "keywords", None, kept),)
            return
        axes: tuple[int | None, ...] = (0, 1, -1, None)
        for axis in axes:
            kind = "all_entries" if axis is None else "axis"
            yield 1, kind, shown, "", ((*owner, ast.Constant(axis)),)
        if keeps is None:
            new = [*node.keywords, ast.keyword("keepdims", ast.Constant(True))]
            yield 1, "keepdims", shown, "", ((node, "keywords", None, new),)
            for axis in (0, 1, -1):
                yield (
                    2,
                    "axis",
                    shown,
                    "",
                    ((node, "keywords", None, new), (*owner, ast.Constant(axis)))
                    if (given is None)
                    else ((given, "value", None, ast.Constant(axis)), (node, "keywords", None, new)),
                )

    def _constants(self, node: ast.Constant, put: Any, parent: Any) -> Iterator[Any]:
        value, text = node.value, self._text(node)
        if isinstance(value, bool):
            if not (isinstance(parent, ast.keyword) and parent.arg == "keepdims"):  # told as an axis
                yield 1, "switch", text, repr(not value), put(ast.Constant(not value))
        elif isinstance(value, (int, float)):
            options = [*NUMBERS, value + 1, value - 1, -value, 10 * value, value / 10]
            options += [1 / value] if value else []
            for other in dict.fromkeys(options):
                if other != value:
                    # A 0 or a 1 in its place often is an operand that does not belong there: that says more.
                    is_bound = isinstance(parent, ast.Call)  # of maximum or clip, which may not belong there
                    rank = (
                        4
                        if is_bound or other in (0, 1)
                        else 1
                        if other in (value + 1, value - 1, 2, 0.5)
                        else 3
                    )
                    yield rank, "constant", text, repr(other), put(ast.Constant(other))
        elif isinstance(value, str):
            for option in dict.fromkeys(
                [value.lower(), value.strip().lower(), "relu", "sigmoid", *self.texts]
            ):
                if option != value:
                    yield 2, "text", text, "", put(ast.Constant(option))

    def _slices(self, node: ast.Slice) -> Iterator[Any]:
        for name in ("lower", "upper"):
            bound = getattr(node, name)
            if bound is None:
                for end in (1, -1):
                    yield 3, "slice", "", "", ((node, name, None, ast.Constant(end)),)
                continue
            yield 2, "slice", self._text(bound), "", ((node, name, None, None),)
            for operator in (ast.Add(), ast.Sub()):
                moved = ast.BinOp(bound, operator, ast.Constant(1))
                yield 2, "slice", self._text(bound), "", ((node, name, None, moved),)
        if node.step is not None:
            yield 2, "slice", self._text(node.step), "", ((node, "step", None, None),)

    def _around(self, node: Any, text: str, put: Any, parent: Any) -> Iterator[Any]:
        """Something that is missing around a part, or that belongs there in its place."""
        if isinstance(node, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.Lambda, ast.GeneratorExp)):
            if isinstance(parent, ast.Return):
                yield 3, "reversed", "", "", put(_reversed(node))
            return
        if isinstance(node, (ast.Tuple, ast.JoinedStr)):
            return
        if isinstance(node, ast.Name) and node.id not in self.names:
            return  # a module or a function
        whole = isinstance(parent, (ast.Return, ast.Assign))
        is_result = isinstance(parent, ast.Return) or (isinstance(parent, ast.Tuple) and not whole)
        is_compared = isinstance(parent, ast.Compare)
        is_name = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript))
        if isinstance(node, ast.Name) and isinstance(parent, (ast.Assign, ast.Tuple)):
            copied = ast.Call(ast.Attribute(node, "copy", ast.Load()), [], [])
            yield 2, "copy", text, "", put(copied)
        if is_result:
            yield 3, "first_entry", text, "", put(ast.Subscript(node, ast.Constant(0), ast.Load()))
        for wrap in () if is_compared else WRAPS:
            yield 4 + (not is_name), f"wrap_{wrap}", text, "", put(_wrapped(wrap, node))
        for wrap in SUMS:
            for axis in ("", 0, 1, -1):
                extra = {} if axis == "" else {"axis": ast.Constant(axis)}
                yield 5, f"wrap_{wrap}", text, "", put(_call(wrap, node, extra))
                if axis != "":
                    kept = _call(wrap, node, {**extra, "keepdims": ast.Constant(True)})
                    yield 6, f"wrap_{wrap}", text, "", put(kept)
        yield 5, "wrap_mask", text, "", put(ast.Compare(node, [ast.Gt()], [ast.Constant(0)]))
        yield 5, "wrap_relu", text, "", put(_call("maximum", node, more=[ast.Constant(0.0)]))
        yield 5, "wrap_transpose", text, "", put(ast.Attribute(node, "T", ast.Load()))
        yield (
            6,
            "wrap_column",
            text,
            "",
            put(ast.Subscript(node, ast.Tuple([ast.Slice(), ast.Constant(None)], ast.Load()), ast.Load())),
        )
        if isinstance(node, ast.Constant):
            others: list[tuple[str, Any]] = [(name, ast.Name(name, ast.Load())) for name in self.names]
        else:
            others = [
                (name, ast.Name(name, ast.Load()))
                for name in self.names
                if not (isinstance(node, ast.Name) and node.id == name)
            ]
        sizes = [
            ("len", _call("len", ast.Name(name, ast.Load()), plain=True)) for name in self.parameters[:2]
        ]
        for name, other in others:
            yield 4 if is_name else 6, "replace", text, name, put(other)
        operands = [*others, *sizes, ("2", ast.Constant(2)), ("1", ast.Constant(1))]
        if isinstance(node, ast.Name):
            operands.append((node.id, ast.Name(node.id, ast.Load())))
        inserted = {"times": ast.Mult, "divide": ast.Div, "plus": ast.Add, "minus": ast.Sub, "power": ast.Pow}
        for kind, operator in () if is_compared else inserted.items():
            for name, other in operands:
                if kind == "divide" and self.parameters[:1] == [name]:
                    continue  # what a function is asked for divides nothing
                if kind == "power" and not (isinstance(node, ast.Name) and node.id in self.parameters):
                    continue
                if name == "1" and kind in ("times", "divide", "power"):
                    continue
                if kind in ("plus", "minus") and name != "1" and not whole:
                    continue  # terms are left out at the end of a formula, not in the middle
                rank = (4 if is_name or whole else 5) + (name == "2") + (kind == "power")
                yield rank, f"insert_{kind}", text, name, put(ast.BinOp(node, operator(), other))
        for number in (0, 1, 2, 0.5):
            if not isinstance(node, ast.Constant):
                yield 6 - 2 * is_compared, "replace", text, repr(number), put(ast.Constant(number))

    # --- statements -----------------------------------------------------------------------------

    def _statements(self) -> Iterator[Edit]:
        for parent in ast.walk(self.tree):
            for name in ("body", "orelse"):
                block = getattr(parent, name, None)
                if not isinstance(block, list) or isinstance(parent, (ast.IfExp, ast.Lambda)):
                    continue
                for i, node in enumerate(block):
                    if not isinstance(node, ast.stmt) or _is_bound(node):
                        continue
                    yield from self._statement(block, parent, name, i, node)

    def _statement(self, block: list[Any], parent: Any, name: str, i: int, node: Any) -> Iterator[Edit]:
        line = node.lineno
        if isinstance(node, ast.If):
            opposite = ast.UnaryOp(ast.Not(), node.test)
            yield Edit(1, "condition", line, self._text(node.test), "", ((node, "test", None, opposite),))
        if not isinstance(node, (ast.Return, ast.FunctionDef)) and len(block) > 1:
            rest = [each for each in block if each is not node]
            yield Edit(3, "line", line, "", "", ((parent, name, None, rest),))
        if i and not isinstance(node, ast.Return):
            moved = [*block[: i - 1], node, block[i - 1], *block[i + 1 :]]
            yield Edit(3, "late", line, "", "", ((parent, name, None, moved),))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            for operator in (ast.Add(), ast.Sub()):
                grown = ast.AugAssign(ast.Name(node.targets[0].id, ast.Store()), operator, node.value)
                yield Edit(3, "not_added_up", line, node.targets[0].id, "", ((parent, name, i, grown),))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
            yield Edit(3, "reversed", line, "", "", ((node, "value", None, _reversed(node.value)),))

    def _default_versions(self) -> Iterator[Edit]:
        for i, default in enumerate(self.tree.args.defaults):
            value = default.value if isinstance(default, ast.Constant) else None
            if type(value) is int or type(value) is float:
                for other in dict.fromkeys(
                    [value * 10, value / 10, value + 1, value - 1, *NUMBERS, 0.9, 0.01]
                ):
                    if other != value:
                        name = self.parameters[len(self.parameters) - len(self.tree.args.defaults) + i]
                        settings = ((self.tree.args, "defaults", i, ast.Constant(other)),)
                        yield Edit(3, "default", self.tree.lineno, name, "", settings)


COMMON = {("plus", "minus"), ("minus", "plus"), ("times", "divide"), ("divide", "times")}


def _call(
    name: str,
    node: Any,
    keywords: Mapping[str, Any] = MappingProxyType({}),
    *,
    plain: bool = False,
    more: Sequence[Any] = (),
) -> ast.Call:
    function: Any = ast.Name(name, ast.Load())
    if not plain:
        function = ast.Attribute(ast.Name("_np", ast.Load()), name, ast.Load())
    return ast.Call(function, [node, *more], [ast.keyword(key, value) for key, value in keywords.items()])


def _kind_of(operator: ast.operator) -> str:
    """The operator's name in the table; "other" for those of bits."""
    return next((key for key, each in OPERATORS.items() if isinstance(operator, each)), "other")


def _reversed(node: Any) -> ast.Call:
    return _call("list", _call("reversed", node, plain=True), plain=True)


def _wrapped(wrap: str, node: Any) -> Any:
    if wrap == "negate":
        return ast.UnaryOp(ast.USub(), node)
    if wrap == "one_minus":
        return ast.BinOp(ast.Constant(1), ast.Sub(), node)
    if wrap == "inverse":
        return ast.BinOp(ast.Constant(1), ast.Div(), node)
    return _call(wrap, node)
