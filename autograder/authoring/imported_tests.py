"""Tests of nbgrader's, otter's and OK's notebooks as checks of ours.

A test becomes the body of a check: the functions that students write are bound to `student`, what the
notebook gives before the test is repeated in front of it, and asserts stay as they are. What cannot be
translated is named, with the reason. Nothing is run here.
"""

from __future__ import annotations

import ast
import doctest
import re
import sys
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from autograder.course.python_source import bound_names, global_names, parse_cell
from autograder.yaml_source import load_yaml

__all__ = [
    "PREFIX",
    "CheckSource",
    "FoundTest",
    "Given",
    "Untranslatable",
    "checks_of",
    "foreign_packages",
    "nbgrader_test",
    "ok_tests",
    "otter_test",
    "settings_in",
]

HIDDEN = re.compile(
    r"###?\s*BEGIN HIDDEN TESTS.*?\n(.*?)(?:^[^\S\n]*###?\s*END HIDDEN TESTS[^\n]*\n?|\Z)", re.S | re.M
)
AUTOTEST = re.compile(r"^([^\S\n]*)#+\s*(HASHED )?AUTOTEST\s+(.*?)\s*;?\s*$", re.M)
OTTER_CONFIG = re.compile(r'\A\s*"""\s*#\s*BEGIN TEST CONFIG\s*\n(.*?)"""\s*#\s*END TEST CONFIG\s*\n?', re.S)
OTTER_HIDDEN = re.compile(r"\A\s*#[^\n]*\bhidden\b", re.I)  # anywhere in a comment on the first line
RAISING = {"raises", "assert_raises"}  # of pytest and of numpy.testing
SHOWING = {"print", "display", "plt", "pyplot"}  # what statements for a reader begin with
PREFIX = "test_"  # of the names of imported checks
Parameters = Mapping[str, Mapping[str, str]]  # of functions: each parameter with its default
EQUAL_NAN = 5  # position of the argument `equal_nan` of numpy.testing.assert_allclose
SAME = "_is_the_same"  # marks an expression whose value has to be the solution's


class Untranslatable(Exception):
    """Why a test cannot be a check; the message is for the author."""


@dataclass(frozen=True)
class FoundTest:
    """A test as its author wrote it."""

    origin: str  # such as "cell 6" or "tests/q1.py"
    position: int  # number of the cell before which everything is given
    visible: str  # source that students may read
    hidden: str = ""  # source that they may not
    points: float | None = None  # what it is worth, where its author said so

    @property
    def whole(self) -> str:
        """Both parts, in their order."""
        return "\n".join(part for part in (self.visible, self.hidden) if part.strip())


@dataclass(frozen=True)
class Given:
    """What a notebook runs before its tests: a cell's statements, and whether students write them."""

    position: int
    source: str
    is_answer: bool  # students replace it; only its functions can be called


@dataclass(frozen=True)
class CheckSource:
    """A check's docstring and body, without its decorator."""

    name: str
    title: str
    points: float | None
    body: str = ""
    functions: tuple[str, ...] = ()  # of the students, which it calls
    helpers: tuple[str, ...] = ()  # names of autograder.checks that it uses
    needs_reference: bool = False
    left_out: tuple[str, ...] = field(default=())  # lines of the test that have no place in a check
    others: tuple[str, ...] = ()  # functions of other tasks, taken from the solution
    not_shown: str = ""  # why students do not see the part that they might


# --- Reading tests ------------------------------------------------------------------------------


def nbgrader_test(number: int, source: str, points: float | None) -> FoundTest:
    """A test cell; hidden are what stands between its marks and hashed autotests."""
    hidden = "\n".join(HIDDEN.findall(source))
    visible = HIDDEN.sub("", source)
    hashed = [match for match in AUTOTEST.finditer(visible) if match[2]]
    if hashed:
        hidden += "\n" + "\n".join(match[0] for match in hashed)
        visible = "\n".join(
            line for line in visible.split("\n") if not ((m := AUTOTEST.match(line)) and m[2])
        )
    return FoundTest(f"cell {number}", number, _autotests(visible), _autotests(hidden), points)


def _autotests(source: str) -> str:
    """Autotest comments as calls that stand for a comparison with the solution."""

    def calls(match: re.Match[str]) -> str:
        expressions = [part.strip() for part in _split(match[3])]
        return "\n".join(f"{match[1]}{SAME}({part})" for part in expressions if part)

    return AUTOTEST.sub(calls, source)


def _split(text: str) -> list[str]:
    """The expressions of a line, which semicolons separate."""
    try:
        return [ast.unparse(node) for node in ast.parse(text.rstrip("; ")).body]
    except SyntaxError:
        return []


def otter_test(number: int, source: str, points: float | None) -> FoundTest | None:
    """A test cell of otter; None where it holds nothing. A value at its end has to be the solution's."""
    settings: dict[str, Any] | None = {}
    if match := OTTER_CONFIG.match(source):
        settings = settings_in(match[1])
        source = source[match.end() :]
    # What cannot be read may say that the test is hidden.
    is_hidden = settings is None or bool(settings.get("hidden", OTTER_HIDDEN.match(source)))
    tree = parse_cell(source)
    if not tree.body:
        return None
    last = tree.body[-1]
    if isinstance(last, ast.Expr) and not _is_none(last.value) and not _shows(last):
        tree.body[-1] = ast.Expr(ast.Call(ast.Name(SAME), [last.value], []))
    text = ast.unparse(ast.fix_missing_locations(tree))
    stated = (settings or {}).get("points")
    worth = float(stated) if isinstance(stated, (int, float)) else points
    return FoundTest(f"cell {number}", number, "" if is_hidden else text, text if is_hidden else "", worth)


def settings_in(text: str) -> dict[str, Any] | None:
    """Otter's settings, which are YAML; None where they cannot be read."""
    try:
        settings = load_yaml(text)
    except yaml.YAMLError:
        return None
    settings = {} if settings is None else settings
    return settings if isinstance(settings, dict) else None


def ok_tests(name: str, source: str, position: int) -> list[FoundTest]:
    """The tests of an OK file: its dictionary of doctests, or functions marked with `test_case`.

    The file is read, never run. Raises Untranslatable for anything else.
    """
    tree = parse_cell(source)
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "test":
            try:
                return _doctests(name, ast.literal_eval(node.value), position)
            except (ValueError, TypeError, KeyError, AttributeError) as problem:
                raise Untranslatable(f"its dictionary `test` cannot be read ({problem})") from problem
    marked = [
        FoundTest(name, position, "" if hidden else body, body if hidden else "", points)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for body, hidden, points in _test_case(node)
    ]
    if not marked:
        raise Untranslatable("it has no dictionary `test` and no function marked with @test_case")
    return marked


def _doctests(name: str, test: dict[str, object], position: int) -> list[FoundTest]:
    suites = test["suites"]
    assert isinstance(suites, list)
    cases = [case for suite in suites for case in suite["cases"]]
    whole = test.get("points")
    found = []
    for number, case in enumerate(cases, start=1):
        stated = case.get("points")
        if stated is None and isinstance(whole, list):
            stated = whole[number - 1] if number <= len(whole) else None
        elif stated is None and isinstance(whole, (int, float)):
            stated = whole / len(cases)
        source = _from_doctest(textwrap.dedent(str(case["code"])))
        hidden = bool(case.get("hidden"))
        label = name if len(cases) == 1 else f"{name}, case {number}"
        found.append(
            FoundTest(
                label,
                position,
                "" if hidden else source,
                source if hidden else "",
                float(stated) if isinstance(stated, (int, float)) else None,
            )
        )
    return found


def _from_doctest(text: str) -> str:
    lines = []
    for example in doctest.DocTestParser().get_examples(text):
        code, want = example.source.strip(), example.want.strip()
        tree = parse_cell(code)
        is_expression = len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
        if not want or not is_expression:
            lines.append(code)
        elif want == "True":
            lines.append(f"assert {code}")
        elif want == "False":
            lines.append(f"assert not ({code})")
        else:
            lines.append(f"{SAME}({code})")
    return "\n".join(lines)


def _test_case(node: ast.FunctionDef) -> list[tuple[str, bool, float | None]]:
    """Body, whether it is hidden, and points of a function with the decorator `test_case`."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("test_case"):
            given = {word.arg: word.value for word in decorator.keywords}
            hidden, points = given.get("hidden"), given.get("points")
            worth = points.value if isinstance(points, ast.Constant) else None
            return [
                (
                    "\n".join(map(ast.unparse, node.body)),
                    isinstance(hidden, ast.Constant) and bool(hidden.value),
                    float(worth) if isinstance(worth, (int, float)) else None,
                )
            ]
    return []


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def foreign_packages(source: str) -> list[str]:
    """The packages that a source imports and that neither NumPy nor the standard library brings."""
    packages = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            packages |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            packages.add((node.module or "").split(".")[0])
    return sorted(packages - {"numpy"} - sys.stdlib_module_names)


# --- Writing checks -----------------------------------------------------------------------------


def checks_of(
    test: FoundTest,
    given: Sequence[Given],
    parameters: Parameters,
    values: Mapping[str, str],
    ungraded: Collection[str] = (),
    owners: Mapping[str, int] | None = None,
) -> tuple[CheckSource | None, CheckSource]:
    """The public check of what students see, if anything, and the hidden one that counts.

    `parameters` are those of the functions that students write, each with its default or nothing; `ungraded`
    are functions that they write and that cannot be graded; `values` are results of the solution as
    expressions, for public checks, which have no reference; `owners` are the numbers of the functions' tasks.
    A test belongs to the last task that it calls; what it needs of other tasks is the solution's, so that a
    mistake costs the points of its own task alone. Raises Untranslatable with the reason.
    """
    name = re.sub(r"\W+", "_", f"{PREFIX}{test.origin.replace('.py', '')}").strip("_").lower()
    sentence = _sentence(test.whole, test.origin)
    shown = parse_cell(test.visible).body  # comments, a docstring and imports alone test nothing
    graded = CheckSource(name, sentence.rstrip(".?!") + ", when it is graded.", test.points)
    counts = _check(test.whole, test.position, given, parameters, None, graded, ungraded)
    counts = _with_others_of_the_solution(counts, owners or {})
    if not any(
        not isinstance(node, ast.Expr | ast.Import | ast.ImportFrom) or _calls(node) for node in shown
    ):
        return None, counts
    try:
        blank = CheckSource(name, sentence, None)
        return _check(test.visible, test.position, given, parameters, values, blank, ungraded), counts
    except Untranslatable as reason:
        return None, replace(counts, not_shown=str(reason))


def _with_others_of_the_solution(check: CheckSource, owners: Mapping[str, int]) -> CheckSource:
    task = max((owners.get(name, 0) for name in check.functions), default=0)
    others = tuple(name for name in check.functions if owners.get(name, task) != task)
    body = check.body
    for name in others:
        body = body.replace(f"{name} = student.{name}\n", f"{name} = reference.{name}\n", 1)
    return replace(check, body=body, others=others, needs_reference=check.needs_reference or bool(others))


def _sentence(source: str, origin: str) -> str:
    """The test's own words, from a docstring at its top; otherwise where it comes from."""
    words = " ".join((ast.get_docstring(parse_cell(source)) or "").split())
    if len(words) < 15 or len(words) > 90:
        return f"The notebook's own test passes ({origin})."
    return f"{words.rstrip('.')} ({origin})."


def _check(
    source: str,
    position: int,
    given: Sequence[Given],
    parameters: Parameters,
    values: Mapping[str, str] | None,
    whose: CheckSource,
    ungraded: Collection[str],
) -> CheckSource:
    """The check with its parts; with `values` it needs no reference."""
    tree = parse_cell(source)
    if ast.get_docstring(tree) is not None:
        del tree.body[0]
    if not tree.body:
        raise Untranslatable("it is empty, or not Python")
    tests = [node for node in tree.body if not _shows(node)]
    for name in sorted({n for node in tests for n in global_names(ast.unparse(node))} & set(ungraded)):
        raise Untranslatable(f"it calls {name}, which is not graded")
    before = _needed(tests, position, given, set(parameters))
    statements = [*before, *tests]
    rewritten = _Rewriter(parameters, values, wants_nan="nan" in source.lower())
    made = [node for statement in statements if (node := rewritten.visit(statement)) is not None]
    made = [node for node in made if not _is_import_of(node, "pytest")]
    text = "\n".join(ast.unparse(ast.fix_missing_locations(node)) for node in made)
    if values is not None and (foreign := foreign_packages(text)):
        raise Untranslatable(f"it imports {', '.join(foreign)}, and what students install has NumPy alone")
    used = tuple(name for name in parameters if name in rewritten.called)
    if not used:
        raise Untranslatable(
            "it calls no function that students write: what it looks at is a value. Ask for a function that "
            "returns the value, or for an answer in words"
        )
    bound = [f"{name} = student.{name}" for name in used if name in global_names(text)]
    return replace(
        whose,
        body="\n".join([*bound, text]),
        functions=used,
        helpers=tuple(sorted(rewritten.helpers)),
        needs_reference=rewritten.needs_reference,
        left_out=tuple(rewritten.left_out),
    )


def _needed(
    tests: Sequence[ast.stmt], position: int, given: Sequence[Given], functions: set[str]
) -> list[ast.stmt]:
    """The statements before a test that it rests on, in their order."""
    wanted = {name for node in tests for name in global_names(ast.unparse(node))} - functions
    chosen: list[ast.stmt] = []
    for cell in reversed([cell for cell in given if cell.position < position]):
        for node in reversed(parse_cell(cell.source).body):
            binds = bound_names(node)
            if not binds & wanted or binds & functions:
                continue
            if cell.is_answer and not isinstance(
                node, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
            ):
                name = sorted(binds & wanted)[0]
                raise Untranslatable(
                    f"it looks at `{name}`, a value that students assign in cell {cell.position}. Ask for a "
                    "function that returns it"
                )
            if isinstance(node, ast.ClassDef) and cell.is_answer:
                raise Untranslatable(
                    f"it needs the class {node.name} of cell {cell.position}, which students write. "
                    "Functions are graded: ask for one that uses the class"
                )
            chosen.insert(0, node)
            wanted |= global_names(ast.unparse(node)) - functions
    once = {ast.unparse(node): node for node in chosen if isinstance(node, (ast.Import, ast.ImportFrom))}
    imports = list(once.values())
    return [*imports, *(n for n in chosen if ast.unparse(n) not in once and not _shows(n))]


class _Rewriter(ast.NodeTransformer):
    """Calls of student functions by position; comparisons with the solution; expected exceptions."""

    def __init__(
        self, parameters: Parameters, values: Mapping[str, str] | None, *, wants_nan: bool = False
    ) -> None:
        """`wants_nan`: the test speaks of NaN, so two of them are equal as NumPy has it."""
        self.parameters, self.values, self.wants_nan = parameters, values, wants_nan
        self.called: set[str] = set()
        self.helpers: set[str] = set()
        self.left_out: list[str] = []
        self.needs_reference = False

    def visit_Name(self, node: ast.Name) -> ast.AST:  # named by ast
        if node.id in self.parameters and isinstance(node.ctx, ast.Load):
            self.called.add(node.id)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # named by ast
        if isinstance(node.func, ast.Name) and node.func.id == SAME:
            return self._same(node.args[0])
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self.parameters and node.keywords:
            node = self._by_position(node, node.func.id)
        if _function_name(node.func) == "assert_allclose" and not self.wants_nan:
            names = {word.arg for word in node.keywords}
            if not names & {"equal_nan", None} and len(node.args) < EQUAL_NAN:
                node.keywords.append(ast.keyword("equal_nan", ast.Constant(False)))
        if _function_name(node.func) == "assert_raises" and len(node.args) >= 2:
            return self._raises(node.args[0], ast.Call(node.args[1], node.args[2:], node.keywords)) or node
        return node

    def visit_With(self, node: ast.With) -> ast.AST:  # named by ast
        item = node.items[0].context_expr
        if not self._calls_students(node):
            return self.generic_visit(node)
        if isinstance(item, ast.Call) and _function_name(item.func) in RAISING and item.args:
            made = self._expected(item.args[0], node.body)
            return made if made is not None else self._without(node)
        return self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> ast.AST:  # named by ast
        if not node.handlers or node.handlers[0].type is None or not self._calls_students(node):
            return self.generic_visit(node)
        made = self._expected(node.handlers[0].type, node.body)
        return made if made is not None else self._without(node)

    def visit_Delete(self, node: ast.Delete) -> ast.AST:  # named by ast
        names = {target.id for target in node.targets if isinstance(target, ast.Name)}
        if names & set(self.parameters):
            raise Untranslatable(
                f"it deletes `{sorted(names)[0]}` to see who uses it, and functions are graded independently"
            )
        return node

    def _calls_students(self, node: ast.stmt) -> bool:
        return bool(global_names(ast.unparse(node)) & set(self.parameters))

    def _same(self, expression: ast.expr) -> ast.AST:
        text = ast.unparse(expression)
        got = self.visit(ast.parse(text, mode="eval").body)
        self.helpers.add("assert_close")
        if self.values is None:
            self.needs_reference = True
            expected: ast.expr = _OfReference(self.parameters).visit(ast.parse(text, mode="eval").body)
        elif text in self.values:
            expected = ast.parse(self.values[text], mode="eval").body
        else:
            raise Untranslatable("the solution's value is not for a page")
        return ast.Call(
            ast.Name("assert_close"),
            [got, self.visit(expected) if self.values is None else expected],
            [ast.keyword("call", ast.Constant(text)), ast.keyword("rtol", ast.Constant(1e-6))],
        )

    def _by_position(self, node: ast.Call, name: str) -> ast.Call:
        names = list(self.parameters[name])
        given = {word.arg: word.value for word in node.keywords if word.arg}
        arguments = list(node.args)
        if any(isinstance(argument, ast.Starred) for argument in arguments):
            raise Untranslatable(f"it calls {name} with a list of arguments and others by name")
        if len(given) < len(node.keywords):
            return self._from_mapping(node, name)
        for parameter in names[len(arguments) :]:
            default = self.parameters[name][parameter]
            if parameter in given:
                arguments.append(given.pop(parameter))
            elif default and given:  # what comes after it is named
                arguments.append(ast.parse(default, mode="eval").body)
            else:
                break
        if given:
            raise Untranslatable(
                f"it calls {name} with {', '.join(given)} by name, and checks go by position"
            )
        return ast.Call(node.func, arguments, [])

    def _from_mapping(self, node: ast.Call, name: str) -> ast.Call:
        """A call such as `f(1, **values)`: what the mapping holds goes in the order of the parameters."""
        left = list(self.parameters[name].items())[len(node.args) :]
        parts = [f"{parameter!r}: {default}" for parameter, default in left if default]
        parts += [
            f"{word.arg!r}: {ast.unparse(word.value)}" if word.arg else f"**{ast.unparse(word.value)}"
            for word in node.keywords
        ]
        order = tuple(parameter for parameter, _ in left)
        text = f"[{{{', '.join(parts)}}}[parameter_] for parameter_ in {order}]"
        listed = ast.parse(text, mode="eval").body
        return ast.Call(node.func, [*node.args, ast.Starred(listed, ast.Load())], [])

    def _expected(self, exception: ast.expr, body: Sequence[ast.stmt]) -> ast.AST | None:
        """A check for an exception, where one call of a student's function is all that is tried."""
        if len(body) != 1 or not isinstance(body[0], (ast.Expr, ast.Assign)):
            return None
        value = body[0].value
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name)):
            return None
        made = self._raises(exception, value)
        return ast.Expr(made) if made is not None else None

    def _raises(self, exception: ast.expr, call: ast.Call) -> ast.expr | None:
        if not (isinstance(call.func, ast.Name) and call.func.id in self.parameters):
            return None
        call = self._by_position(call, call.func.id) if call.keywords else call
        self.called.add(ast.unparse(call.func))
        self.helpers.add("assert_raises")
        return ast.Call(ast.Name("assert_raises"), [call.func, exception, *call.args], [])

    def _without(self, node: ast.stmt) -> ast.AST:
        self.left_out.append(ast.unparse(node).split("\n")[0])
        return ast.Pass()


class _OfReference(ast.NodeTransformer):
    """Student functions as those of the reference."""

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters

    def visit_Name(self, node: ast.Name) -> ast.AST:  # named by ast
        if node.id in self.parameters:
            return ast.Attribute(ast.Name("reference"), node.id)
        return node


def _function_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _calls(node: ast.stmt) -> bool:
    return any(isinstance(part, ast.Call) for part in ast.walk(node))


def _shows(node: ast.stmt) -> bool:
    """Whether a statement only prints or draws something for a reader, such as `plt.bar(x, y)`."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    owner: ast.expr = node.value.func
    while isinstance(owner, ast.Attribute | ast.Call):
        owner = owner.value if isinstance(owner, ast.Attribute) else owner.func
    return isinstance(owner, ast.Name) and owner.id in SHOWING


def _is_import_of(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Import):
        return all(alias.name.split(".")[0] == name for alias in node.names)
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == name
