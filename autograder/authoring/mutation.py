"""First-order mutants: a function's source with one edit, of the kinds that programmers make.

A `Base` is a right answer as source: the reference's function or an alternative, with the helpers of the same
file that it calls. `mutants_of` yields every version of it with one edit: an operator, variable, constant,
axis or function swapped, a factor, term, call or statement dropped, a sign, an old value of the state, the
same edit at all like places, arguments exchanged, and edits of what goes in and comes out (a cap, a clip,
float32). `lint_mutants` proves the checks with them; `near_misses` keeps the natural ones for feedback.

The clause that an edit carries says its effect in words of the function's own parameters, never as code.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from types import FunctionType
from typing import Any

from autograder.course.assignment import Assignment

__all__ = ["Base", "Mutant", "bases_of", "mutants_of", "speaking_names"]

Definition = ast.FunctionDef
Verbs = Mapping[type[ast.operator], Sequence[type[ast.operator]]]

SWAPPED: Verbs = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Mult),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.FloorDiv: (ast.Div, ast.Mod),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
}
NATURAL_SWAPS = {
    (ast.Add, ast.Sub): "{right} is subtracted, not added",
    (ast.Sub, ast.Add): "{right} is added, not subtracted",
    (ast.Mult, ast.Div): "{right} divides where a product is needed",
    (ast.Div, ast.Mult): "{right} multiplies where a division is needed",
    (ast.Div, ast.FloorDiv): "a division is rounded down",
    (ast.FloorDiv, ast.Div): "a division is not rounded down",
    (ast.Mult, ast.Add): "{right} is added where a product is needed",
    (ast.Pow, ast.Mult): "a power of {left} is replaced by a product",
}
DROPPED = {
    ast.Add: "{what} is not added",
    ast.Sub: "{what} is not subtracted",
    ast.Mult: "{what} is not multiplied in",
    ast.Div: "the division by {what} is missing",
    ast.FloorDiv: "the division by {what} is missing",
    ast.Pow: "the power is missing",
}
COMPARED: Mapping[type[ast.cmpop], Sequence[type[ast.cmpop]]] = {
    ast.Gt: (ast.Lt, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt),
    ast.Lt: (ast.Gt, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
MIRRORED = {
    *((ast.Gt, ast.Lt), (ast.GtE, ast.Lt), (ast.Lt, ast.Gt), (ast.LtE, ast.Gt)),
    *((ast.Eq, ast.NotEq), (ast.NotEq, ast.Eq)),
}
CALLED: dict[str, tuple[str, ...]] = {
    "sum": ("mean", "max", "prod"),
    "mean": ("sum", "max", "median"),
    "max": ("min", "sum", "mean"),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "exp": ("expm1", "exp2"),
    "log": ("log2", "log10", "log1p"),
    "log1p": ("log",),
    "sqrt": ("square", "abs", "cbrt"),
    "square": ("sqrt", "abs"),
    "abs": ("square",),
    "argmax": ("argmin", "max"),
    "tanh": ("sin",),
    "logaddexp": ("logaddexp2",),
    "zeros": ("ones",),
    "zeros_like": ("ones_like",),
    "ones_like": ("zeros_like",),
    "floor": ("ceil", "round"),
    "normal": ("uniform",),
    "permutation": ("arange",),
}
NOUNS = {
    "sum": "a sum",
    "mean": "a mean",
    "median": "a median",
    "prod": "a product of all entries",
    "max": "a maximum",
    "min": "a minimum",
    "maximum": "the larger of two numbers",
    "minimum": "the smaller of two numbers",
    "exp": "the exponential",
    "exp2": "a power of 2",
    "expm1": "exp minus 1",
    "log": "the natural logarithm",
    "log2": "the logarithm to base 2",
    "log10": "the logarithm to base 10",
    "log1p": "log(1 + z)",
    "sqrt": "a square root",
    "cbrt": "a cube root",
    "square": "a square",
    "abs": "the absolute value",
    "argmax": "the position of the largest entry",
    "argmin": "the position of the smallest entry",
}
EVERYWHERE = {
    ("Add", "Sub"): "a minus stands wherever a plus belongs",
    ("Sub", "Add"): "a plus stands wherever a minus belongs",
    ("Mult", "Div"): "a division stands wherever a product belongs",
    ("Div", "Mult"): "a product stands wherever a division belongs",
}
MOST_ALIKE = 6  # like places of which every two are edited together
AXES = (0, 1, -1, None)
#: Edits of every array of numbers that goes in (`value` is the parameter) or comes out.
PASSING = {
    "capped at 6": "np.minimum({value}, 6.0)",
    "clipped at 5": "np.clip({value}, -5.0, 5.0)",
    "clipped at 30": "np.clip({value}, -30.0, 30.0)",
    "in float32": "np.float32({value})",
    "rounded to four digits": "np.round({value}, 4)",
}
HELPERS = '''
def _edited(value, edit):
    """The floats of a result, edited, at any depth."""
    return edit(value) if type(value) is float else _edited_arrays(value, edit)


def _edited_arrays(value, edit):
    """The arrays of floats of an argument, edited, at any depth."""
    if isinstance(value, (list, tuple)):
        return type(value)([_edited_arrays(each, edit) for each in value])
    return edit(value) if getattr(value, "dtype", None) == np.float64 else value


def _as_floats(value):
    """Integers of a result, at any depth, as floats."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_as_floats, value))
    return value * 1.0 if getattr(value, "dtype", None) == np.int64 else value
'''
#: Sizes that a result is multiplied or divided by though they do not belong there.
SIZES = (
    (
        "times its length",
        "* max(1, len({first}) if np.ndim({first}) else 1)",
        "the number of examples is multiplied in, or is not divided by",
    ),
    (
        "divided by its length",
        "/ max(1, len({first}) if np.ndim({first}) else 1)",
        "the number of examples divides once too often",
    ),
    (
        "times its last axis",
        "* max(1, np.shape({first})[-1] if np.ndim({first}) else 1)",
        "the size of the last axis is multiplied in, or is not divided by",
    ),
    (
        "divided by its last axis",
        "/ max(1, np.shape({first})[-1] if np.ndim({first}) else 1)",
        "the size of the last axis divides, which does not belong there",
    ),
    (
        "divided by its size",
        "/ max(1, np.size({first}))",
        "the number of all entries divides, which does not belong there",
    ),
)


@dataclass(frozen=True)
class Base:
    """A right answer: definitions to mutate, and the names that they stand among."""

    name: str  # "reference", or the alternative's
    function: str
    definitions: tuple[str, ...]  # the function's own first, then its helpers
    names: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The function's parameters, in order."""
        return tuple(a.arg for a in _definition(self.definitions[0]).args.args)

    def body_of(self, definitions: Sequence[str]) -> Callable[..., Any]:
        """The function that other definitions in place of these make."""
        namespace = dict(self.names)
        exec(compile("\n\n".join(reversed(definitions)), f"<{self.name}>", "exec"), namespace)
        body: Callable[..., Any] = namespace[self.function]
        return body


@dataclass(frozen=True)
class Mutant:
    """A base with one edit."""

    base: Base
    definitions: tuple[str, ...]
    edit: str  # for authors: the place and both texts
    effect: str = ""  # for students: a clause; "" where nobody makes this edit by accident

    @property
    def name(self) -> str:
        """How lists and messages name it."""
        return f"{self.base.name}: {self.edit}"

    def body(self) -> Callable[..., Any]:
        """The mutated function; raises SyntaxError or NameError where the edit makes no program."""
        return self.base.body_of(self.definitions)


def bases_of(assignment: Assignment, function: str) -> list[Base]:
    """The reference's function, and the alternatives for it."""
    bodies = {"reference": assignment.reference[function]}
    bodies |= {
        variant.name: variant.body for variant in assignment.alternatives if variant.function == function
    }
    return [_base(name, function, body, assignment.solution) for name, body in bodies.items()]


def _base(name: str, function: str, body: FunctionType, folder: Path) -> Base:
    """A function and, from the files of the folder, the functions that it calls."""
    definitions: dict[str, str] = {}
    names = dict(body.__globals__)
    pending: list[tuple[str, FunctionType]] = [(function, body)]
    while pending:
        own_name, target = pending.pop(0)
        if own_name in definitions:
            continue
        tree = _stripped(target)
        tree.name = own_name
        definitions[own_name] = ast.unparse(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id not in definitions:
                called = target.__globals__.get(node.id)
                if isinstance(called, FunctionType) and _is_in(called, folder):
                    pending.append((node.id, called))
                elif node.id in target.__globals__:
                    names.setdefault(node.id, target.__globals__[node.id])
    return Base(name, function, tuple(definitions.values()), names)


def _is_in(body: FunctionType, folder: Path) -> bool:
    return Path(body.__code__.co_filename).resolve().parent == folder.resolve()


def _stripped(body: FunctionType) -> Definition:
    """The definition without decorators and docstring."""
    tree = _definition(textwrap.dedent(inspect.getsource(body)))
    tree.decorator_list = []
    if ast.get_docstring(tree) is not None and len(tree.body) > 1:
        del tree.body[0]
    return tree


def _definition(source: str) -> Definition:
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.FunctionDef)  # variants are plain functions
    return tree


def mutants_of(base: Base) -> Iterator[Mutant]:
    """Every version of the base with one edit; no text comes twice."""
    seen = {base.definitions}
    names = speaking_names(base)
    for number, source in enumerate(base.definitions):
        mutator = _Mutator(source, names[number])
        for text, edit, effect in mutator.versions():
            definitions = (*base.definitions[:number], text, *base.definitions[number + 1 :])
            if definitions not in seen:
                seen.add(definitions)
                where = f"in {mutator.tree.name}, " if number else ""
                yield Mutant(base, definitions, where + edit, effect)
    unedited = _definition(base.definitions[0])
    unedited.name = _unedited(base)
    for text, edit, effect in _passing_edits(base):
        yield Mutant(base, (text, ast.unparse(unedited), *base.definitions[1:]), edit, effect)


def speaking_names(base: Base) -> list[tuple[str, ...]]:
    """For each definition, the task's parameters whose names mean there what a student's mean.

    A name that a loop assigns anew is another thing in each round: the `x` of a network is the images first
    and a hidden layer then. So is a parameter of a helper that is handed something else.
    """
    trees = [_definition(source) for source in base.definitions]
    numbers = {tree.name: number for number, tree in enumerate(trees)}
    names = [set(base.parameters) - _assigned_in_loops(tree) for tree in trees]
    for tree, known in zip(trees[1:], names[1:], strict=True):
        own = {argument.arg for argument in tree.args.args}
        known -= {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in own
        }
    calls = [
        (caller, numbers[node.func.id], node)
        for caller, tree in enumerate(trees)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in numbers
    ]
    called_places = {id(node.func) for _, _, node in calls}
    for tree in trees:
        for node in ast.walk(tree):
            is_helper = isinstance(node, ast.Name) and node.id in numbers
            if is_helper and id(node) not in called_places:  # handed on: nobody knows with what it is called
                names[numbers[node.id]].clear()
    changed = True
    while changed:  # what a helper hands on is as good as what it was given
        changed = False
        for caller, called, node in calls:
            formal = [argument.arg for argument in trees[called].args.args]
            given = dict(zip(formal, node.args, strict=False))
            given |= {each.arg: each.value for each in node.keywords if each.arg}
            for name, value in given.items():
                is_same = isinstance(value, ast.Name) and value.id == name and name in names[caller]
                if name in names[called] and not is_same:
                    names[called].discard(name)
                    changed = True
    return [
        tuple(name for name in base.parameters if name in known & _names_in(tree))
        for tree, known in zip(trees, names, strict=True)
    ]


def _names_in(tree: Definition) -> set[str]:
    variables = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return variables | {argument.arg for argument in tree.args.args}


def _assigned_in_loops(tree: Definition) -> set[str]:
    loops = [node for node in ast.walk(tree) if isinstance(node, (ast.For, ast.While, ast.comprehension))]
    return {
        node.id
        for loop in loops
        for node in ast.walk(loop)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


Version = tuple[str, str, str]  # source, edit, effect


@dataclass(frozen=True)
class _Site:
    """A place in a tree: what stands there, and how to put something else there."""

    parent: ast.AST
    field: str
    index: int | None

    @property
    def node(self) -> Any:
        value = getattr(self.parent, self.field)
        return value if self.index is None else value[self.index]

    def put(self, node: Any) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


class _Mutator:
    """The edits of one definition."""

    def __init__(self, source: str, parameters: tuple[str, ...]) -> None:
        self.tree = _definition(source)
        self.parameters = parameters  # of the task's function, as far as they mean here what they mean there
        self.sites = list(_sites(self.tree))
        self.argument_names = [a.arg for a in self.tree.args.args]
        stored = [
            n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        ]
        self.variables = list(dict.fromkeys([*self.argument_names, *stored]))
        # What stands in an array before it is filled is chance: no mutant reads it.
        unfilled = {
            target.id
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign) and "empty" in ast.unparse(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self.readable = [name for name in self.variables if name not in unfilled]
        self.rebound = [name for name in self.argument_names if name in stored]

    def versions(self) -> Iterator[Version]:
        """Source, edit and effect of every edit."""
        for text, edit, effect in self._versions():
            olds = [name for name in self.rebound if re.search(rf"\b{_old(name)}\b", text)]
            if olds:
                tree = _definition(text)
                tree.body[:0] = ast.parse("\n".join(f"{_old(name)} = {name}" for name in olds)).body
                text = ast.unparse(tree)
            yield text, edit, effect

    def _versions(self) -> Iterator[Version]:
        alike: dict[tuple[str, str], list[tuple[_Site, ast.AST]]] = {}
        for site in self.sites:
            for new, kind, effect in self._replacements(site):
                yield self._with(site, new, effect)
                if kind and not isinstance(new, ast.UnaryOp):
                    alike.setdefault(kind, []).append((site, new))
        for (old, other), places in alike.items():
            effect = self._everywhere(old, other)
            if len(places) > 1:
                yield self._with_all(places, f"{old} → {other} everywhere", effect)
            if 2 < len(places) <= MOST_ALIKE:
                for pair in combinations(range(len(places)), 2):
                    edit = f"{old} → {other} at places {pair[0] + 1} and {pair[1] + 1}"
                    yield self._with_all([places[i] for i in pair], edit, effect.replace("wherever", "where"))
        yield from self._statements()
        yield from self._whole()

    # --- putting an edit in ---------------------------------------------------------------------

    def _with(self, site: _Site, new: ast.AST, effect: str) -> Version:
        old = site.node
        site.put(new)
        try:
            return ast.unparse(self.tree), f"{_short(_text(old))} → {_short(_text(new))}", effect
        finally:
            site.put(old)

    def _with_all(self, places: Sequence[tuple[_Site, ast.AST]], edit: str, effect: str) -> Version:
        """Several edits at once. A place may lie inside another: so nodes keep their identity."""
        changed = [
            (site.node, name, getattr(site.node, name), value)
            for site, new in places
            for name, value in vars(new).items()
            if type(new) is type(site.node) and getattr(site.node, name, None) is not value
        ]
        for node, name, _, value in changed:
            setattr(node, name, value)
        try:
            return ast.unparse(self.tree), edit, effect
        finally:
            for node, name, before, _ in changed:
                setattr(node, name, before)

    # --- expressions ----------------------------------------------------------------------------

    def _replacements(self, site: _Site) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        """What may stand at a place instead, the kind of edit where it may be made at all like places."""
        node = site.node
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            yield from self._operators(node)
        if isinstance(node, ast.BinOp):
            yield from self._dropped(node)
        elif isinstance(node, ast.Compare):
            yield from self._comparisons(node)
        elif isinstance(node, ast.Call):
            yield from self._calls(node)
        elif isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.USub):
                yield node.operand, ("minus", "nothing"), self._about("{what} has the wrong sign", node)
            else:
                yield node.operand, None, ""
        elif isinstance(node, ast.Constant):
            yield from self._constants(node, isinstance(site.parent, ast.Compare))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield from self._variables(node)
        elif isinstance(node, ast.IfExp):
            yield ast.IfExp(node.test, node.orelse, node.body), None, "the two cases are exchanged"
            yield node.body, None, ""
            yield node.orelse, None, ""
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield node.value, None, "part of an array is not picked out"
        elif isinstance(node, ast.BoolOp):
            yield from ((value, None, "") for value in node.values)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr == "T":
            yield node.value, None, "a transpose is missing"
        elif isinstance(node, ast.Slice):
            yield from self._slices(node)
        if isinstance(node, (ast.BinOp, ast.Call, ast.Subscript)) and _is_value(site):
            names = self._names(node)
            for name in self.argument_names:
                natural = name in names and name in self.parameters
                effect = f"`{name}` alone stands where a calculation with it belongs" if natural else ""
                yield ast.Name(name, ast.Load()), None, effect
            if not isinstance(node, ast.Subscript):
                yield (
                    ast.UnaryOp(ast.USub(), node),
                    None,
                    self._about("{what} has the wrong sign", node),
                )

    def _operators(
        self, node: ast.BinOp | ast.AugAssign
    ) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        for kind in SWAPPED.get(type(node.op), ()):
            left = node.left if isinstance(node, ast.BinOp) else node.target
            right = node.right if isinstance(node, ast.BinOp) else node.value
            clause = NATURAL_SWAPS.get((type(node.op), kind), "")
            effect = clause and clause.format(left=self._part(left), right=self._part(right))
            if "{right}" in clause and not self._names(right):
                effect = ""
            new = (
                ast.BinOp(node.left, kind(), node.right)
                if isinstance(node, ast.BinOp)
                else ast.AugAssign(node.target, kind(), node.value)
            )
            yield new, (type(node.op).__name__, kind.__name__), effect

    def _dropped(self, node: ast.BinOp) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        clause = DROPPED.get(type(node.op), "")
        dropped = clause.format(what=self._part(node.right)) if self._names(node.right) else ""
        yield node.left, None, dropped if self._names(node.right) or "{" not in clause else ""
        if not isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Pow)):
            effect = clause.format(what=self._part(node.left)) if self._names(node.left) else ""
            if isinstance(node.op, ast.Sub) and effect:
                effect = f"{self._part(node.left)} is missing"
            if ast.unparse(node.left) in ("1", "1.0") and isinstance(node.op, ast.Sub) and self._names(node):
                effect = f"{self._part(node.right)} stands where 1 minus it belongs"
            yield node.right, None, effect
        else:
            yield node.right, None, ""
        if isinstance(node.op, ast.Pow):
            effect = "the absolute value of {what} is taken where a power belongs"
            yield _abs(node.left), None, self._about(effect, node.left)
        if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow)):
            effect = f"{self._part(node.left)} and {self._part(node.right)} have changed places"
            natural = self._names(node.left) and self._names(node.right)
            yield ast.BinOp(node.right, node.op, node.left), None, effect if natural else ""

    def _comparisons(self, node: ast.Compare) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        if len(node.ops) != 1:
            return
        for kind in COMPARED.get(type(node.ops[0]), ()):
            mirrored = (type(node.ops[0]), kind) in MIRRORED
            clause = "the condition on {what} is the other way round"
            if not mirrored:
                clause = "the border of the condition on {what} falls on the other side"
            new = ast.Compare(node.left, [kind()], node.comparators)
            effect = self._about(clause, node) or clause.replace("the condition on {what}", "a condition")
            yield new, (type(node.ops[0]).__name__, kind.__name__), effect
        for value in (True, False):
            yield ast.Constant(value), None, ""
        names = [name for name in self.argument_names if name in self._names(node)]
        for name in names:
            for other in self.argument_names:
                if other != name and other in self.parameters and name in self.parameters:
                    moved = _renamed(node, {name: other})
                    yield moved, None, f"the condition looks at `{other}`, not at `{name}`"

    def _calls(self, node: ast.Call) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        name = _called(node)
        for other in CALLED.get(name, ()):
            effect = ""
            if name in NOUNS and other in NOUNS:
                effect = f"{NOUNS[other]} is taken where {NOUNS[name]} belongs"
            if not (name in ("sum", "mean", "max", "min") and isinstance(node.func, ast.Name)):
                yield _with_function(node, other), (name, other), effect
        if node.args:
            first = node.args[0]
            noun = NOUNS.get(name, "")
            effect = f"{noun} of {self._part(first)} is missing" if noun and self._names(first) else ""
            yield first, None, effect
        elif isinstance(node.func, ast.Attribute) and not node.args:
            noun = NOUNS.get(name, "")
            yield node.func.value, None, f"{noun} is missing" if noun else ""
        for i in range(len(node.args) - 1):
            args = [*node.args]
            args[i], args[i + 1] = args[i + 1], args[i]
            effect = "the two cases are exchanged" if name == "where" and i == 1 else ""
            yield ast.Call(node.func, args, node.keywords), None, effect
        if len(node.args) > 1:
            for i, argument in enumerate(node.args[1:], start=1):
                yield argument, None, ""
                yield (
                    ast.Call(node.func, [a for j, a in enumerate(node.args) if j != i], node.keywords),
                    None,
                    "",
                )
        if name == "range" and node.args:
            *rest, last = node.args[:2]
            for shift in (ast.Sub(), ast.Add()):
                end = ast.BinOp(last, shift, ast.Constant(1))
                new = ast.Call(node.func, [*rest, end, *node.args[2:]], [])
                yield (
                    new,
                    None,
                    "a loop is one step too " + ("short" if isinstance(shift, ast.Sub) else "long"),
                )
            if not rest:
                new = ast.Call(node.func, [ast.Constant(1), last], [])
                yield new, None, "a loop leaves out its first step"
        yield from self._keywords(node, name)

    def _keywords(self, node: ast.Call, name: str) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        for i, keyword in enumerate(node.keywords):
            others = [k for j, k in enumerate(node.keywords) if j != i]
            noun = NOUNS.get(name, "the calculation")
            effect = f"{noun} runs over all entries, not along one axis" if keyword.arg == "axis" else ""
            yield ast.Call(node.func, node.args, others), None, effect
            if keyword.arg == "axis" and isinstance(keyword.value, (ast.Constant, ast.UnaryOp)):
                for axis in AXES:
                    if ast.unparse(keyword.value) != repr(axis):
                        new = ast.keyword("axis", ast.Constant(axis))
                        natural = f"{noun} runs along another axis" if axis is not None else effect
                        yield ast.Call(node.func, node.args, [*others, new]), ("axis", repr(axis)), natural

    def _constants(
        self, node: ast.Constant, is_compared: bool
    ) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        value = node.value
        if isinstance(value, bool):
            yield ast.Constant(not value), None, ""
        elif isinstance(value, (int, float)):
            is_count = isinstance(value, int) and not is_compared
            natural = "a whole number in the formula is off by one" if is_count else ""
            options: dict[float, str] = {value + 1: natural, value - 1: natural, -value: ""}
            options |= {2 * value: "", value / 2: "", 10 * value: "", 0: ""}
            for other, effect in options.items():
                if other != value or isinstance(value, float) is not isinstance(other, float):
                    new = int(other) if isinstance(value, int) and float(other).is_integer() else other
                    yield ast.Constant(new), (repr(value), repr(new)), effect
        elif isinstance(value, str):
            yield ast.Constant(value + "_"), (repr(value), "another text"), ""

    def _variables(self, node: ast.Name) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        if node.id not in self.variables:
            return
        for other in self.readable:
            if other != node.id:
                natural = {other, node.id} <= set(self.parameters)
                effect = f"`{other}` stands where `{node.id}` belongs" if natural else ""
                yield ast.Name(other, ast.Load()), (node.id, other), effect
        if node.id in self.rebound:
            effect = (
                f"the old `{node.id}` is used where the new one belongs" if node.id in self.parameters else ""
            )
            yield ast.Name(_old(node.id), ast.Load()), ("new " + node.id, "old " + node.id), effect
        yield ast.BinOp(node, ast.Add(), ast.Constant(1)), None, ""
        name, known = node.id, node.id in self.parameters
        for new, clause in (
            (ast.BinOp(node, ast.Pow(), ast.Constant(2)), "`{name}` is squared where it belongs as it is"),
            (ast.BinOp(ast.Constant(1), ast.Sub(), node), "1 - `{name}` stands where `{name}` belongs"),
            (_abs(node), "the absolute value of `{name}` is taken where it belongs as it is"),
        ):
            yield new, None, clause.format(name=name) if known else ""

    def _slices(self, node: ast.Slice) -> Iterator[tuple[ast.AST, tuple[str, str] | None, str]]:
        for name in ("lower", "upper", "step"):
            if getattr(node, name) is not None:
                yield ast.Slice(**{**vars(node), name: None}), None, ""
        for name in ("lower", "upper"):
            if (bound := getattr(node, name)) is not None:
                for operator in (ast.Add(), ast.Sub()):
                    moved = ast.BinOp(bound, operator, ast.Constant(1))
                    yield ast.Slice(**{**vars(node), name: moved}), None, "a slice is off by one"

    # --- statements -----------------------------------------------------------------------------

    def _statements(self) -> Iterator[Version]:
        for site in self._statement_sites():
            node = site.node
            if isinstance(node, ast.Return):
                yield from self._returns(site, node)
                continue
            yield self._with(site, ast.Pass(), "")
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield from self._in_place(site, node)
            if isinstance(node, ast.If):
                swapped = ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
                yield self._with(site, swapped, "the two cases are exchanged" if node.orelse else "")
                yield self._with(site, ast.If(ast.Constant(True), node.body, []), "")
            if isinstance(node, (ast.For, ast.While)):
                ending = type(node)(**{**vars(node), "body": [*node.body, ast.Break()]})
                yield self._with(site, ending, "a loop ends after its first step")

    def _statement_sites(self) -> list[_Site]:
        return [
            _Site(parent, name, i)
            for parent in ast.walk(self.tree)
            for name in ("body", "orelse")
            if isinstance(block := getattr(parent, name, None), list)
            for i in range(len(block))
        ]

    def _returns(self, site: _Site, node: ast.Return) -> Iterator[Version]:
        if isinstance(node.value, ast.Tuple):
            values = node.value.elts
            swapped = ast.Return(ast.Tuple([*reversed(values)], ast.Load()))
            yield self._with(site, swapped, "the results come in the other order")
            for i, value in enumerate(values):
                yield self._with(site, ast.Return(value), "only one of the results comes back")
                negated: list[ast.expr] = [*values]
                negated[i] = ast.UnaryOp(ast.USub(), value)
                effect = f"result {i + 1} has the wrong sign"
                yield self._with(site, ast.Return(ast.Tuple(negated, ast.Load())), effect)
        elif node.value is not None and not isinstance(node.value, ast.Constant):
            negated_value = ast.UnaryOp(ast.USub(), node.value)
            yield self._with(site, ast.Return(negated_value), "the result has the wrong sign")
        yield self._with(site, ast.Return(ast.Constant(None)), "")

    def _in_place(self, site: _Site, node: ast.Assign) -> Iterator[Version]:
        target, value = node.targets[0], node.value
        if isinstance(target, ast.Name) and isinstance(value, ast.BinOp):
            if isinstance(value.left, ast.Name) and value.left.id == target.id:
                new: ast.stmt = ast.AugAssign(ast.Name(target.id, ast.Store()), value.op, value.right)
                yield self._with(site, new, "")
            if target.id in self.argument_names:
                whole = ast.Subscript(ast.Name(target.id, ast.Load()), ast.Slice(), ast.Store())
                yield self._with(site, ast.Assign([whole], value, lineno=0), "")

    # --- the whole definition -------------------------------------------------------------------

    def _whole(self) -> Iterator[Version]:
        for i, first in enumerate(self.argument_names):
            for second in self.argument_names[i + 1 :]:
                exchanged = _renamed_in_body(self.tree, {first: second, second: first})
                natural = {first, second} <= set(self.parameters)
                effect = f"`{first}` and `{second}` are exchanged" if natural else ""
                yield ast.unparse(exchanged), f"{first} and {second} exchanged", effect
        yield from self._defaults()

    def _defaults(self) -> Iterator[Version]:
        defaults = self.tree.args.defaults
        for i, default in enumerate(defaults):
            name = self.argument_names[len(self.argument_names) - len(defaults) + i]
            if not isinstance(default, ast.Constant) or not isinstance(default.value, (int, float)):
                continue
            value = default.value
            for other in (10 * value, value / 2, value + 1, 0 * value):
                copied = _copy(self.tree)
                copied.args.defaults[i] = ast.Constant(type(value)(other))
                effect = f"`{name}` has another default"
                yield ast.unparse(copied), f"{name}={value} → {name}={type(value)(other)}", effect
            for line, what, effect in (
                (
                    f"{name} = {name} or {value!r}",
                    f"{name} or {value!r}",
                    f"a `{name}` of 0 is taken for none",
                ),
                (
                    f"{name} = {value!r}",
                    f"{name} is always {value!r}",
                    f"`{name}` is {value!r} whatever is given",
                ),
            ):
                copied = _copy(self.tree)
                copied.body.insert(0, ast.parse(line).body[0])
                yield ast.unparse(copied), what, effect

    def _everywhere(self, old: str, other: str) -> str:
        """The effect of an edit at several like places; "" where nobody makes it by accident."""
        if (old, other) in EVERYWHERE:
            return EVERYWHERE[old, other]
        if old in NOUNS and other in NOUNS:
            return f"{NOUNS[other]} is taken wherever {NOUNS[old]} belongs"
        if {old, other} <= set(self.parameters):
            return f"`{other}` stands wherever `{old}` belongs"
        if old.removeprefix("new ") in self.parameters and other.startswith("old "):
            return f"the old `{old.removeprefix('new ')}` is used where the new one belongs"
        return ""

    # --- words ----------------------------------------------------------------------------------

    def _names(self, node: ast.AST) -> list[str]:
        """The task's parameters that a part reads."""
        read = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        return [name for name in self.argument_names if name in read and name in self.parameters]

    def _part(self, node: ast.AST) -> str:
        names = [f"`{name}`" for name in self._names(node)]
        if not names:
            return "a part of the formula"
        plain = isinstance(node, ast.Name)
        return (
            names[0]
            if plain
            else f"the part with {' and '.join([', '.join(names[:-1]), names[-1]][not names[:-1] :])}"
        )

    def _about(self, clause: str, node: ast.AST) -> str:
        """The clause, "" where no parameter says which part is meant."""
        return clause.format(what=self._part(node)) if clause and self._names(node) else ""


SKIPPED = ("ctx", "targets", "target", "annotation", "returns", "decorator_list", "func", "optional_vars")


def _sites(tree: Definition) -> Iterator[_Site]:
    """The expressions of a definition's body, and its augmented assignments."""
    for parent in ast.walk(tree):
        if isinstance(parent, ast.arguments):
            continue
        for name, value in ast.iter_fields(parent):
            if name in SKIPPED:
                continue
            if isinstance(value, (ast.expr, ast.Slice)):
                yield _Site(parent, name, None)
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, (ast.expr, ast.AugAssign)):
                        yield _Site(parent, name, i)


def _is_value(site: _Site) -> bool:
    """Whether a number may stand at a place."""
    return not isinstance(site.parent, (ast.For, ast.comprehension, ast.Starred, ast.Attribute))


def _called(node: ast.Call) -> str:
    """The last name of what a call calls."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _with_function(node: ast.Call, name: str) -> ast.Call:
    function = node.func
    new: ast.expr = (
        ast.Attribute(function.value, name, ast.Load())
        if isinstance(function, ast.Attribute)
        else ast.Name(name, ast.Load())
    )
    return ast.Call(new, node.args, node.keywords)


def _abs(node: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("abs", ast.Load()), [node], [])


def _old(name: str) -> str:
    """The variable that keeps what a parameter was at the start."""
    return f"old_{name}"


def _copy(tree: Definition) -> Definition:
    return _definition(ast.unparse(tree))


class _Renamer(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


def _renamed(node: ast.expr, names: Mapping[str, str]) -> ast.expr:
    copied = ast.parse(ast.unparse(node), mode="eval").body
    renamed: ast.expr = _Renamer(names).visit(copied)
    return renamed


def _renamed_in_body(tree: Definition, names: Mapping[str, str]) -> Definition:
    copied = _copy(tree)
    copied.body = [_Renamer(names).visit(statement) for statement in copied.body]
    return copied


def _text(node: ast.AST) -> str:
    """The source of a node that may hold hand-made ones."""
    return ast.unparse(ast.fix_missing_locations(node))


def _short(text: str, longest: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


# --- what goes in and comes out -----------------------------------------------------------------


def _unedited(base: Base) -> str:
    """The name of the old definition, which the new one calls."""
    return f"{base.function}_unedited"


def _passing_edits(base: Base) -> Iterator[Version]:
    """A new first definition that calls the old one, with what goes in or comes out edited."""
    tree = _definition(base.definitions[0])
    signature = ast.unparse(tree.args)
    names = ", ".join(base.parameters)
    inner = _unedited(base)

    def wrapped(before: str, after: str) -> str:
        result = f"{inner}({names})"
        if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(tree)):
            result = f"list({result})"
        lines = [f"def {base.function}({signature}):", *([f"    {before}"] if before else [])]
        lines.append(f"    return {after.format(result=result)}")
        return "\n".join(lines) + HELPERS

    for what, edit in PASSING.items():
        for name in base.parameters:
            line = f"{name} = _edited_arrays({name}, lambda value: {edit.format(value='value')})"
            yield wrapped(line, "{result}"), f"{name} {what}", ""
        yield (
            wrapped("", f"_edited({{result}}, lambda value: {edit.format(value='value')})"),
            f"result {what}",
            "",
        )
    if not base.parameters:
        return
    first = base.parameters[0]
    for what, line, effect in SIZES:
        size = line.format(first=first)
        yield wrapped("", f"_edited({{result}}, lambda value: value {size})"), f"result {what}", effect
    for name in base.parameters:
        line = f"{name} = {name}.astype(float) if getattr({name}, 'dtype', None) == np.int64 else {name}"
        yield wrapped(line, "{result}"), f"{name} as floats", ""
    yield wrapped("", "_as_floats({result})"), "integers of the result as floats", ""
    beyond = f"np.where({first} > 7, {first}, value) if np.shape(value) == np.shape({first}) else value"
    yield wrapped("", f"_edited({{result}}, lambda value: {beyond})"), f"result is {first} beyond 7", ""
