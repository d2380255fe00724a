"""From a solved notebook to a new assignment: stubs, reference, and first checks on inputs like those seen.

The notebook is the author's own and is run once, in a process of its own, to see what its functions are
called with. Marks of nbgrader's and otter's source notebooks say which functions students write.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.authoring.assignment_files import stub
from autograder.authoring.new_assignment import (
    OPPOSITE,
    SEED,
    UPSTREAM,
    Cell,
    NewAssignment,
    NewFunction,
    defaults_of,
    guessed_argument,
    tasks_of,
)
from autograder.course.python_source import Library, functions_in, global_names, imported_names
from autograder.errors import UsageError

__all__ = ["assignment_from"]

SECONDS = 300  # for running the notebook once
MARK = re.compile(r"#+\s*(BEGIN|END)\s+(SOLUTION|PROMPT)\b.*|#\s*SOLUTION\b.*")
TESTS = re.compile(
    r"#+\s*(BEGIN HIDDEN TESTS|BEGIN TESTS|AUTOTEST|HASHED AUTOTEST|HIDDEN)\b|^\s*assert\b", re.M
)
FRAME = re.compile(r"^#\s*(BEGIN|END|ASSIGNMENT)\b", re.M)  # otter's raw cells
MAGIC = re.compile(r"^\s*[%!].*$", re.M)

# Reads [[cell, ...], [function, ...]], runs the cells as Jupyter would, and writes what each function was
# called with and returned: for each call a list of expressions that draw something like its arguments.
RUN = r"""
import functools, io, json, sys
import numpy as np

MOST = 8  # rows of an example where there were many

def rows(shape):
    return tuple(MOST if n > 50 else n for n in shape)

def drawn(value):
    if isinstance(value, (bool, int, str, type(None))):
        return repr(value)
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, np.integer):
        return repr(int(value))
    if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "fiub":
        shape = rows(value.shape)
        if value.dtype.kind == "b":
            return f"rng.random(size={shape}) < 0.5"
        if value.dtype.kind in "iu":
            return f"rng.integers({int(value.min())}, {int(value.max()) + 1}, size={shape})"
        if value.ndim == 2 and value.shape[1] > 1 and value.min() >= 0 and np.allclose(value.sum(axis=1), 1):
            return f"rng.dirichlet(np.ones({shape[1]}), size={shape[0]})"
        if value.min() >= 0:
            return f"rng.uniform(0, {float(np.ceil(value.max())) or 1.0:g}, size={shape})"
        scale = float(f"{value.std() or 1.0:.2g}")
        return f"rng.normal(scale={scale:g}, size={shape})"
    if isinstance(value, (list, tuple)) and all(isinstance(x, (bool, int, float, str)) for x in value):
        return repr(value)
    return None

def kind(value):
    if isinstance(value, tuple):
        return "tuple of " + str(len(value))
    array = np.asarray(value)
    if array.dtype.kind == "f":
        return "array" if array.ndim else "number"
    return "integers" if array.dtype.kind in "iub" else ""

cells, wanted = json.load(sys.stdin)
sys.stdin, out, sys.stdout = io.StringIO(), sys.stdout, io.StringIO()
seen, problems = {name: [] for name in wanted}, []
names = {"__name__": "__main__"}

def watched(name, function):
    @functools.wraps(function)
    def call(*given, **named):
        import inspect
        bound = inspect.signature(function).bind(*given, **named)
        bound.apply_defaults()
        arguments = [drawn(value) for value in bound.arguments.values()]
        result = function(*given, **named)
        if len(seen[name]) < 50:
            seen[name].append([arguments, kind(result)])
        return result
    return call

for number, cell in enumerate(cells, 1):
    try:
        exec(compile(cell, f"cell {number}", "exec"), names)
    except BaseException as problem:
        problems.append(f"cell {number}: {type(problem).__name__}: {problem}")
    for name in wanted:
        if name in names and not hasattr(names[name], "__wrapped__"):
            names[name] = watched(name, names[name])
json.dump([seen, problems], out)
"""


def assignment_from(path: Path, name: str, title: str, wanted: Sequence[str]) -> NewAssignment:
    """An assignment from a solved notebook; `wanted` names its functions, by default those with marks.

    Without marks, all functions at the top level with a docstring. Raises UsageError where there are none.
    """
    notebook = _read(path)
    kept, remarks = _without_tests(notebook)
    sources = [cell.source for cell in kept if cell.kind == "code"]
    trees = [_parsed(source) for source in sources]
    known = {
        found: (number, node)
        for number, tree in enumerate(trees)
        for found, node in functions_in(tree).items()
    }
    chosen = _chosen(known, sources, wanted, path)
    library = _library(sources)
    calls, problems = _calls(sources, chosen, path.parent)
    remarks += [f"{problem} when the notebook was run." for problem in problems]
    functions = []
    for function in chosen:
        made, more = _function(known[function][1], library.function(function), calls[function], calls)
        functions.append(made)
        remarks += more
    tasks = tasks_of(functions)
    support = "\n\n".join(library.support([item.source for item in functions], leave_out=set(chosen)))
    cells = _handout(
        kept, {item.name: item for item in functions}, {t.functions[-1].name: t.id for t in tasks}
    )
    return NewAssignment(name, title, tasks, cells, _with_numpy(support), remarks)


def _read(path: Path) -> dict[str, Any]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise UsageError(
            f"{path} is not a notebook that can be read: {problem}.",
            next_step="Name a notebook as Jupyter saves it (.ipynb, format 4).",
        ) from problem
    return dict(notebook)


def _without_tests(notebook: dict[str, Any]) -> tuple[list[Cell], list[str]]:
    """The cells that students get, and what is said about those left out."""
    kept: list[Cell] = []
    remarks: list[str] = []
    in_tests = False
    for number, cell in enumerate(notebook["cells"], start=1):
        source, kind = cell["source"], cell["cell_type"]
        if kind == "raw" or (
            kind == "code" and FRAME.match(source) and "SOLUTION" not in source.split("\n")[0]
        ):
            in_tests = "BEGIN TESTS" in source or (in_tests and "END TESTS" not in source)
            continue
        nbgrader = cell.get("metadata", {}).get("nbgrader", {})
        is_test = nbgrader.get("grade", False) and not nbgrader.get("solution", False)
        if (
            kind == "code"
            and not functions_in(_parsed(source))
            and (in_tests or is_test or TESTS.search(source))
        ):
            first = next((line for line in source.split("\n") if line.strip()), "")
            remarks.append(
                f"cell {number} is a test and was left out (“{first[:60]}”): write a check for it."
            )
        else:
            kept.append(Cell(kind, source))
    return kept, remarks


def _parsed(source: str) -> ast.Module:
    for text in (source, MAGIC.sub("", source)):
        try:
            return ast.parse(text)
        except SyntaxError:
            continue
    return ast.Module([], [])


def _chosen(known: dict[str, Any], sources: list[str], wanted: Sequence[str], path: Path) -> list[str]:
    names = [text.split("(")[0].strip() for text in wanted]
    if missing := [name for name in names if name not in known]:
        raise UsageError(
            f"{path} defines no function {missing[0]} at its top level.",
            next_step=f"It defines: {', '.join(known) or 'none'}.",
        )
    marked = [
        name
        for name, (number, node) in known.items()
        if MARK.search("\n".join(sources[number].split("\n")[node.lineno - 1 : node.end_lineno]))
    ]
    described = [
        name for name, (_, node) in known.items() if ast.get_docstring(node) and not name.startswith("_")
    ]
    chosen = names or marked or described
    if not chosen:
        raise UsageError(
            f"{path} has no function with a docstring or a solution's mark.",
            next_step="Name the functions that students write with --function NAME.",
        )
    return [name for name in known if name in chosen]


def _library(sources: Sequence[str]) -> Library:
    """The notebook's definitions, without marks and magics, as a reference would hold them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "notebook.py"
        cells = [
            ast.get_source_segment(source, node) or ""
            for source in map(_unmarked, sources)
            for node in _parsed(source).body
        ]
        path.write_text("\n\n".join(cells), encoding="utf-8")
        return Library([path])


def _unmarked(source: str) -> str:
    lines = [(line, MARK.sub("", line).rstrip()) for line in MAGIC.sub("", source).split("\n")]
    return "\n".join(left for line, left in lines if left or not MARK.search(line))


def _calls(
    sources: Sequence[str], functions: Sequence[str], folder: Path
) -> tuple[dict[str, list[tuple[list[str | None], str]]], list[str]]:
    """What each function was called with and what kind of thing it returned; and what went wrong."""
    cells = [MAGIC.sub("", source) for source in sources]
    try:
        completed = subprocess.run(
            [sys.executable, "-c", RUN],
            input=json.dumps([cells, list(functions)]),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=folder,
            env={"MPLBACKEND": "Agg", "PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired:
        return {name: [] for name in functions}, [f"It took more than {SECONDS} s"]
    if completed.returncode != 0:
        last = (completed.stderr.strip().splitlines() or ["it ended"])[-1]
        return {name: [] for name in functions}, [last]
    seen, problems = json.loads(completed.stdout)
    return {name: [(list(a), k) for a, k in calls] for name, calls in seen.items()}, problems


def _function(
    node: ast.FunctionDef, source: str, calls: list[tuple[list[str | None], str]], all_calls: dict[str, Any]
) -> tuple[NewFunction, list[str]]:
    """A function of the notebook, and what a person has to look at."""
    signature = ast.unparse(node.args)
    parameters = tuple(argument.arg for argument in node.args.args)
    remarks: list[str] = []
    usable = [(arguments, kind) for arguments, kind in calls if None not in arguments]
    if usable:
        # The call with the largest arrays says most about shapes.
        given, kind = max(usable, key=lambda call: sum(map(len, map(str, call[0]))))
        arguments = tuple(SEED if p == SEED else str(a) for p, a in zip(parameters, given, strict=True))
    else:
        kind = calls[0][1] if calls else "array"
        defaults = defaults_of(signature)
        arguments = tuple(guessed_argument(p, defaults.get(p), n == 0) for n, p in enumerate(parameters))
        why = "with something that cannot be drawn" if calls else "by no cell"
        remarks.append(f"{node.name} was called {why}: say in solutions/…/checks.py what its arguments are.")
    forward = node.name.removesuffix("_backward")
    is_gradient = (
        forward != node.name and forward in all_calls and UPSTREAM not in parameters[:1] + parameters[2:]
    )
    doc = ast.get_docstring(node) or f"TODO: say what {node.name} returns, and in which shape."
    made = NewFunction(
        node.name,
        signature,
        parameters,
        doc.strip().split("\n")[0],
        source if ast.get_docstring(node) else _with_docstring(source, doc),
        arguments,
        forward=forward if is_gradient else "",
        ends=is_gradient and UPSTREAM not in parameters,
        is_for_all=kind.startswith("tuple"),
        alternative=_on_a_copy(source, parameters[0]),
    )
    if SEED not in parameters:
        made = replace(made, mistake=_with_opposite_sign(source) if kind in ("array", "number") else "")
        if made.mistake:
            made = replace(made, feedback=OPPOSITE)
        else:
            remarks.append(f"{node.name} has no known mistake yet: write one in solutions/…/mistakes.py.")
    return made, remarks


def _with_docstring(source: str, doc: str) -> str:
    head, _, body = source.partition(":\n")
    return f'{head}:\n    """{doc}"""\n{body}'


def _definition(source: str) -> ast.FunctionDef:
    node = ast.parse(textwrap.dedent(source)).body[0]
    assert isinstance(node, ast.FunctionDef)
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:]
    return node


def _with_opposite_sign(source: str) -> str:
    """The function with every result negated."""
    node = _definition(source)

    class Negated(ast.NodeTransformer):
        def visit_FunctionDef(self, inner: ast.FunctionDef) -> ast.AST:  # named by ast
            return inner  # what it defines inside returns to itself

        def visit_Lambda(self, inner: ast.Lambda) -> ast.AST:  # named by ast
            return inner

        def visit_Return(self, found: ast.Return) -> ast.AST:  # named by ast
            return ast.Return(ast.UnaryOp(ast.USub(), found.value)) if found.value is not None else found

    node.body = [Negated().visit(statement) for statement in node.body]
    return ast.unparse(ast.fix_missing_locations(node))


def _on_a_copy(source: str, first: str) -> str:
    """The function working on a copy of its first argument."""
    node = _definition(source)
    node.body[:0] = ast.parse(f"import copy\n{first} = copy.deepcopy({first})").body
    return ast.unparse(node)


def _with_numpy(support: str) -> str:
    """The support with `np`, which placeholders of checks use, as the first import."""
    if "np" in imported_names(ast.parse(support)):
        return support
    return f"import numpy as np\n\n{support}".strip()


# --- The handout --------------------------------------------------------------------------------


def _handout(cells: Sequence[Cell], functions: dict[str, NewFunction], last: dict[str, str]) -> list[Cell]:
    """The notebook with stubs, a check after each task, and cells that need a solution made harmless."""
    made: list[Cell] = []
    imported = False
    for cell in cells:
        if cell.kind != "code":
            made.append(cell)
            continue
        source = _stubbed(cell.source, functions)
        if not imported:
            made.append(Cell("code", "from autograder.jupyter import check, unfinished_is_fine"))
            imported = True
        defined = set(functions_in(_parsed(source)))
        made.append(Cell("code", _harmless(source, functions) if not defined & set(functions) else source))
        made += [Cell("code", f'check("{task}")') for name, task in last.items() if name in defined]
    made.append(Cell("code", "check()"))
    return made


def _stubbed(source: str, functions: dict[str, NewFunction]) -> str:
    lines = source.split("\n")
    for name, node in reversed(functions_in(_parsed(source)).items()):
        if name in functions:
            assert node.end_lineno is not None
            lines[node.lineno - 1 : node.end_lineno] = stub(functions[name]).split("\n")
    return "\n".join(line for line in lines if not MARK.match(line.strip()))


def _harmless(source: str, functions: dict[str, NewFunction]) -> str:
    """A cell that calls what students write, so that it stops no run of the notebook."""
    tree = _parsed(source)
    if not tree.body or not global_names(ast.unparse(tree)) & set(functions) or MAGIC.search(source):
        return source
    if any(isinstance(n, ast.Constant) and "\n" in str(n.value) for n in ast.walk(tree)):
        return source  # indenting it would change a text of several lines
    return "with unfinished_is_fine():\n" + textwrap.indent(source, "    ")
