"""Running a notebook's cells, as far as the graded functions rest on them. Runs in a child only.

A *slice* runs first: imports, definitions, and every other statement that binds or may change something
that a wanted function can reach. A *full run* runs all statements, as "Restart and run all" does; the
session asks for one where the slice was not enough. In both, statements run in the notebook's order and
each fails alone: in Jupyter an error stops the run, but what stands below it is the student's work too.
Shell lines, and cells in other languages, never run.

Running, reading and slicing are in one file, which imports the standard library alone: a child loads its
files by path, and none of them finds another.
"""

from __future__ import annotations
import __future__

import ast
import asyncio
import builtins
import contextlib
import dis
import inspect
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from types import BuiltinMethodType, CellType, CodeType, FunctionType
from typing import Any

# Cell magics whose cell still holds Python that defines things.
TRANSPARENT = {"time", "timeit", "capture", "prun", "python", "python3", "debug", "memit"}
WRITES = {"writefile", "file"}
CONTINUES = re.compile(r"[)\]}#]|(?:elif|else|except|finally)\b")  # a line that starts no statement
# The last ones are magics that IPython knows without their sign.
SHELL_LINE = re.compile(
    r"^\s*+(?:[%!?]|[\w\s,.\[\]]++=\s*[%!])|\?\s*$"
    r"|^\s*+(?:cat|cd|conda|cp|load_ext|ls|mamba|matplotlib|mkdir|mv|pip|pip3|rm|rmdir|uv)\s"
)
MAGIC = re.compile(r"(\s*+)(?:([\w\s,.\[\]]++=)\s*+)?([%!?]*)\s*+(\w*+)(.*)", re.DOTALL)
NEWER_SYNTAX = re.compile(
    r"\s*(?:(?:async\s+)?def\s+\w+\[[\w*]|class\s+\w+\[[\w*]|type\s+\w+\b.*=)"
)  # of types
SETTING = re.compile(r"\s*=\s*|\s+")  # between the name of a variable of the environment and its value
PYLAB = "import numpy, numpy as np; from numpy import *; from matplotlib import pyplot as plt"
# As IPython has them: the first or second line decides whether a cell was pasted with its prompts.
PROMPTS = (
    (re.compile(r"^>>>( |$)"), re.compile(r"^(>>>|\.\.\.)( |$)")),
    (re.compile(r"^In \[\d+\]: "), re.compile(r"^(In \[\d+\]: |\s*+\.{3,}: ?)")),
)

# Modules for showing things: a stand-in whose calls do nothing can be imported in their place.
DISPLAY = {"IPython", "ipykernel", "ipywidgets", "matplotlib", "mpl_toolkits", "plotly", "seaborn"}
STAND_INS = DISPLAY | {"autograder", "tqdm"}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
ANNOTATED = (*DEFINITIONS, ast.AnnAssign)
IMPORTS = (ast.Import, ast.ImportFrom)
PURE = {
    *("abs", "all", "any", "bool", "callable", "complex", "dict", "display", "divmod", "enumerate", "float"),
    *("format", "frozenset", "hash", "id", "int", "isinstance", "issubclass", "iter", "len", "list", "max"),
    *("min", "print", "range", "repr", "reversed", "round", "set", "slice", "sorted", "str", "sum", "tuple"),
    *("type", "zip"),
}
PASS_ON = {"enumerate", "filter", "iter", "list", "map", "next", "reversed", "sorted", "tuple", "zip"}
SETTERS = {"setattr", "delattr", "update_wrapper"}
DYNAMIC = {"exec", "get_ipython", "globals", "locals", "vars"}
NUMPY_STATE = {"seed", "set_state"}
NUMPY_CHANGES = {"at", "copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask", "shuffle"}
# Modules whose calls set something up, such as `np.random.seed(0)`: these run wherever they stand.
SETTINGS = {"decimal", "numpy", "random", "sys", "warnings"}
ANY = "*"  # stands for a name that cannot be told
IDLE = {"", "_exit", "abort", "exit", "kill", "sleep"}  # calls on a module that set nothing up
NO_FILES = "no file of yours is there when graded"
NO_INPUT = "nobody types when graded: input() gives an empty text"
READERS = {
    *("fromfile", "genfromtxt", "imread", "load", "load_images", "loadtxt", "memmap", "open", "read_bytes"),
    *("read_csv", "read_text", "urlopen", "urlretrieve"),
}
# Of which it depends what is in a file, or that there is one.
LISTERS = {"glob", "iglob", "iterdir", "listdir", "rglob", "scandir", "walk"}
FINDERS = READERS | LISTERS | {"exists", "is_file", "isfile"}
MAKERS = {
    *("copy", "copy2", "copyfile", "copytree", "makedirs", "mkdir", "move", "remove", "rename", "replace"),
    *("rmdir", "rmtree", "touch", "unlink"),
}
OPENERS = {"bz2", "codecs", "gzip", "io", "lzma"}  # modules with an `open`
AMBIGUOUS = {"copy", "move", "remove", "replace"}
TEMPORARY = {"NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "mkdtemp", "mkstemp"}
WRITERS = {"dump", "open", "save", "savetxt", "savez", "savez_compressed", "write_bytes", "write_text"}
MENDABLE = (NameError, LookupError, AttributeError)

written: dict[str, str] = {}  # files that %%writefile would have written, by name
prepared: dict[str, list[ast.stmt]] = {}  # cells that were parsed before the fork


def not_importable(module: str) -> str:
    """What is said of a module that is not there when graded."""
    return f"{module} cannot be imported when graded, only NumPy and the standard library"


def importable(module: str) -> bool:
    """Whether a module is there when graded, as itself or as a stand-in; `module` is a top-level name."""
    known = {"numpy"} | STAND_INS | {name.partition("/")[0].removesuffix(".py") for name in written}
    return module in known or module in sys.stdlib_module_names


class Outcome:
    """What became of the cells."""

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []
        self.left_out = False  # whether a full run would run more than this
        self.incomplete = False  # whether a statement failed for want of what was left out


def run_cells(
    cells: list[tuple[int, str]],
    wanted: list[str],
    namespace: dict[str, Any],
    skip: Collection[tuple[int, int]],
    running: Callable[[int, int], None],
    describe: Callable[[BaseException], dict[str, str]],
    *,
    full: bool = False,
    python: str = "",
) -> Outcome:
    """Run what the wanted functions may need, or with `full` everything.

    `skip` names statements by (cell, line) that ended an earlier child; `running` is told each
    statement before it runs, `describe` turns an exception into text; `python` is the version that
    the notebook says it was run with.
    """
    outcome = Outcome()
    notes = outcome.notes
    statements = list(read_statements(cells, notes, python))
    needs = Needs(statements, wanted)
    unavailable: set[str] = set()  # names of what could not be imported; annotations can do without
    missed: set[str] = set()  # names that statements left out so far, or further down, would bind
    if not full:
        for statement in statements:
            if not needs.runs(statement, None):
                missed |= statement.facts.binds
                outcome.left_out = True
    shown = ShownValues(cells, statements) if full else None
    rebound = Rebound(statements, needs, namespace)
    for position, statement in enumerate(statements):
        if not full and not needs.runs(statement, namespace):
            missed |= statement.facts.binds
            outcome.left_out = True
            continue
        place = statement.cell, statement.line
        if kept := needs.still_used(statement, statements[position + 1 :]):
            notes.append(note(*place, f"{', '.join(sorted(kept))} is kept: what is graded uses it."))
            statement = statement.without(kept)
        if place in skip:
            notes.append(note(*place, "Left out: it ran too long or ended the process."))
            continue
        running(*place)
        rebound.before(statement)
        try:
            try:
                if shown is not None and statement in shown:
                    shown.keep(statement.cell, execute(statement.expression(), namespace), namespace)
                else:
                    execute(statement.code, namespace)
            except (NameError, AttributeError) as problem:
                absent = (
                    str(problem.name) in unavailable
                    if isinstance(problem, NameError)
                    else not statement.facts.uses.isdisjoint(names_of_absent(statements))
                )
                if not absent or not isinstance(statement.node, ANNOTATED):
                    raise
                execute(statement.compiled(__future__.annotations.compiler_flag), namespace)
        except BaseException as problem:
            if isinstance(statement.node, IMPORTS):
                unavailable |= statement.facts.binds
            unbound = statement.facts.binds & needs.reported
            # A plotting library or data that is not there when graded matters only to functions that are.
            if unbound:
                is_asked = "input" in statement.code.co_names and isinstance(problem, ValueError)
                text = f"{describe(problem)['text']} ({NO_INPUT})" if is_asked else describe(problem)["text"]
                notes.append(note(*place, text))
            if isinstance(problem, NameError):
                outcome.incomplete |= statement in needs and str(problem.name) in missed
            elif isinstance(problem, MENDABLE):
                outcome.incomplete |= bool(unbound) and outcome.left_out
        rebound.after(position)
    for statement, name in rebound.restore():
        text = f"{name} is kept as it was above this line: what is graded calls it."
        notes.append(note(statement.cell, statement.line, text))
    notes += [note(statement.cell, line, text) for statement, line, text in draws(statements, needs)]
    notes += [note(statement.cell, statement.line, text) for statement, text in emptied(statements, wanted)]
    return outcome


def names_of_absent(statements: Iterable[Statement]) -> set[str]:
    """The names that imports of what is not there when graded would bind, at any depth of blocks.

    Where `try: import torch` fails, `except` binds `torch` to something else, such as None.
    """
    return {
        name
        for statement in statements
        for part in ast.walk(statement.node)
        for top, names in imported(part)
        if not importable(top)
        for name in names
    }


def run_definitions(
    cells: list[tuple[int, str]],
    wanted: list[str],
    namespace: dict[str, Any],
    skip: set[tuple[int, int]],
    running: Callable[[int, int], None],
    describe: Callable[[BaseException], dict[str, str]],
) -> list[dict[str, Any]]:
    """Run the slice alone; returns notes on what failed or was left out."""
    return run_cells(cells, wanted, namespace, skip, running, describe).notes


def execute(code: CodeType, namespace: dict[str, Any]) -> Any:
    """Run one statement, or evaluate an expression; what awaits is driven to its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        waiting = eval(code, namespace)
        if code.co_flags & inspect.CO_COROUTINE:
            with contextlib.closing(EventLoop()) as loop:
                return loop.run_until_complete(waiting)
        return waiting


class ShownValues:
    """The value of each cell's last expression, under the names by which IPython remembers it."""

    def __init__(self, cells: Iterable[tuple[int, str]], statements: list[Statement]) -> None:
        uses = set[str]().union(*(statement.facts.uses for statement in statements))
        self._last: set[Statement] = set()
        self._values: dict[int, Any] = {}
        self._counts: dict[int, int] = {}
        self._set = object()  # what `_` was set to last, unless the notebook has bound it itself
        if not any(name == "Out" or re.fullmatch(r"_\d*", name) for name in uses):
            return  # nobody asks for one
        sources = {number: source.rstrip() for number, source in cells if source.strip()}
        self._counts = {number: count for count, number in enumerate(sources, start=1)}
        last = {statement.cell: statement for statement in statements}
        self._last = {
            statement
            for cell, statement in last.items()
            if isinstance(statement.node, ast.Expr) and not sources[cell].endswith(";")
        }

    def __contains__(self, statement: Statement) -> bool:
        return statement in self._last

    def keep(self, cell: int, value: Any, namespace: dict[str, Any]) -> None:
        """Bind `_`, `_3` and `Out` after the cell that is third in the notebook."""
        if value is None:
            return
        if "_" not in namespace or namespace["_"] is self._set:
            namespace["_"] = self._set = value
        self._values[self._counts[cell]] = namespace[f"_{self._counts[cell]}"] = value
        namespace.setdefault("Out", self._values)


class EventLoop(asyncio.BaseEventLoop):
    """A loop that waits for time alone: the sandbox allows no sockets, and Jupyter's cells need none."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = self  # what the base class asks for events

    def select(self, timeout: float | None) -> list[Any]:
        """Wait; a thread that is waited for is looked at now and then."""
        time.sleep(0.001 if timeout is None else min(timeout, 0.05))
        return []

    def _process_events(self, events: list[Any]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken: `select` does not wait for long."""


def unwritten(problem: NotImplementedError, namespace: Mapping[str, Any], function: str) -> str:
    """The sentence on a function whose call raised NotImplementedError; empty where no stub raised it."""
    stub = stub_of(problem, namespace)
    if not stub:
        return ""
    if stub == function or not stub.isidentifier():
        return f"{function} is not written yet."
    return f"{function} needs {stub}, which is not written yet."


def stub_of(problem: NotImplementedError, namespace: Mapping[str, Any]) -> str:
    """The notebook's function whose stub raised it; empty where NumPy or Python did."""
    step = problem.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None or step.tb_frame.f_globals is not namespace:
        return ""
    code = step.tb_frame.f_code
    if code.co_code[step.tb_lasti] not in RAISES:  # such as a call of something built in
        return ""
    return code.co_name


def note(cell: int, line: int, text: str) -> dict[str, Any]:
    """A note for the report."""
    return {"cell": cell, "line": line, "text": text[:500]}


def foresee(cells: list[tuple[int, str]], wanted: list[str]) -> list[dict[str, Any]]:
    """Notes on what the wanted functions rest on and will not find when graded; nothing is run.

    For a live notebook, whose cells may have been run several times: what was bound anew is forgotten.
    """
    statements = list(read_statements(cells, [], ""))
    last = {name: position for position, statement in enumerate(statements) for name in statement.facts.binds}
    current = [
        statement
        for position, statement in enumerate(statements)
        if not isinstance(statement.node, DEFINITIONS + IMPORTS)
        or any(last[name] == position for name in statement.facts.binds)
    ]
    needs = Needs(current, wanted)
    found = draws(current, needs)
    made = set(written).union(*(made_files(statement.node) for statement in statements))
    made = path_parts(made)
    for statement in current:
        if statement.facts.binds & needs.reported:
            found += [
                (statement, node.lineno, text)
                for node, text in not_there(statement.node, needs.reported, made)
            ]
    return [note(statement.cell, line, text) for statement, line, text in found]


def made_files(node: ast.stmt) -> set[str]:
    """The texts in a statement that may make files; ANY among them, since a name may come from elsewhere.

    A file may be written where another function is called: `json.dump(table, open("table.json", "w"))`.
    """
    made = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and makes_files(part):
            made |= {ANY}.union(
                text.value
                for text in ast.walk(node)
                if isinstance(text, ast.Constant) and isinstance(text.value, str)
            )
    return made


def makes_files(call: ast.Call) -> bool:
    """Whether a call may make a file or a directory, or give it another name."""
    name, base = called(call), getattr(call.func, "value", None)
    if name == "open":
        at = int(base is None or getattr(base, "id", "") in OPENERS)  # a path's own has no path before it
        modes = call.args[at : at + 1]
        modes += [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
        return any(isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax") for mode in modes)
    if name in AMBIGUOUS:  # of texts, lists and tables too
        return isinstance(base, ast.Name) and base.id in ("os", "shutil")
    return name in WRITERS | MAKERS | TEMPORARY


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def paths_in(call: ast.Call) -> set[str]:
    """The names in the path that a call is given, or its function is made of; ANY where they cannot be told.

    `open("a")`, `Path("a").read_text()`, `open(os.path.join("a", "b"))`.
    """
    path = [*ast.walk(call.func), *(part for node in call.args[:1] for part in ast.walk(node))]
    texts = {part.value for part in path if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    is_pattern = any(isinstance(part, ast.Call) and called(part) in LISTERS for part in path)
    return {ANY} if is_pattern else path_parts(texts) or {ANY}


def not_there(
    node: ast.stmt, reported: set[str], made: set[str]
) -> Iterator[tuple[ast.stmt | ast.expr, str]]:
    """The imports, files and input in a statement that are not there when graded, those it tries aside.

    Files that the notebook itself has `made` are there. Where it makes any, a file whose name cannot be read
    from the call may be one of them.
    """
    tried = {id(part) for block in ast.walk(node) if isinstance(block, ast.Try) for part in ast.walk(block)}
    for part in ast.walk(node):
        if id(part) in tried:
            continue
        if isinstance(part, IMPORTS):
            for top, names in imported(part):
                late = part is not node  # when a function is called: then our own package is gone
                is_made = f"{top}.py" in made or top in made  # a file or a directory beside the notebook
                if is_made and not late:
                    continue
                if (not importable(top) or (late and top == "autograder")) and (late or names & reported):
                    yield part, f"ModuleNotFoundError: {not_importable(top)}"
        elif (
            isinstance(part, ast.Call)
            and called(part) in READERS
            and not makes_files(part)
            and made.isdisjoint(paths_in(part))
        ):
            yield part, NO_FILES
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "input":
            yield part, NO_INPUT


def draws(statements: list[Statement], needs: Needs) -> list[tuple[Statement, int, str]]:
    """The imports of wanted functions in whose place a stand-in does nothing, with their lines."""
    return [
        (
            statement,
            statement.line,
            f"{top} does nothing when graded: only NumPy and the standard library can be imported",
        )
        for statement in statements
        for top, names in imported(statement.node)
        if top in DISPLAY and names & needs.reported
    ]


def emptied(statements: list[Statement], wanted: list[str]) -> Iterator[tuple[Statement, str]]:
    """The stubs below a function of the same name: a copied cell, or an answer above its stub."""
    written: dict[str, Statement] = {}
    last: dict[str, Statement] = {}
    for statement in statements:
        for name in statement.facts.binds & set(wanted):
            last[name] = statement
            if isinstance(statement.node, DEFINITIONS) and not is_stub(statement.node):
                written[name] = statement
    for name in wanted:
        if name in written and is_stub(last[name].node):
            place = f"the one in cell {written[name].cell}"
            yield last[name], f"{name} is defined again here and does nothing, so {place} does not count."


def is_stub(node: ast.AST) -> bool:
    """Whether a definition is still to be written: after its docstring it only passes, or says so by raising.

    The one definition of a stub; `autograder.submissions.stubs` finds the same in a text.
    """
    if not isinstance(node, ast.FunctionDef):
        return False
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    return all(map(does_nothing, body))


def does_nothing(node: ast.stmt) -> bool:
    """Whether a statement is one of those that stubs consist of: pass, ... or raise NotImplementedError."""
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return node.cause is None and isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and node.value.value is ...
    return isinstance(node, ast.Pass)


def imported(node: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The top-level modules that an import statement needs, with the names it binds; none otherwise."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.name.partition(".")[0], {alias.asname or alias.name.partition(".")[0]}
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.partition(".")[0], {alias.asname or alias.name for alias in node.names}


# Reading: from a cell's text to Python statements.


def prepare(sources: list[str]) -> None:
    """Parse cells that many submissions hold unchanged, such as the handout's own."""
    for source in sources:
        prepared[source] = parse(0, source, [])
        for node in [part for statement in prepared[source] for part in split_statement(statement)]:
            with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
                facts = Statement(0, node, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT).facts
                facts.body  # noqa: B018  # made now, once for all children
                node.facts = facts  # type: ignore[attr-defined]


def read_statements(
    cells: Iterable[tuple[int, str]], notes: list[dict[str, Any]], python: str
) -> Iterator[Statement]:
    """All statements of all cells that can be compiled; what cannot becomes a note."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for number, source in cells:
        for node in parse(number, source, notes, python):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    if alias.name in __future__.all_feature_names:
                        flags |= getattr(__future__, alias.name).compiler_flag
                continue
            try:
                for part in split_statement(node):
                    yield Statement(number, part, flags)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
                notes.append(note(number, node.lineno, f"{type(problem).__name__}: {problem}"))


def split_statement(node: ast.stmt) -> list[ast.stmt]:
    """`import a, b` as two statements, so that one module that is missing does not keep the other away."""
    if not isinstance(node, ast.Import) or len(node.names) < 2:
        return [node]
    return [ast.copy_location(ast.Import([alias]), node) for alias in node.names]


def parse(number: int, source: str, notes: list[dict[str, Any]], python: str = "") -> list[ast.stmt]:
    """A cell's statements; magics and shell lines are translated, a syntax error becomes a note."""
    if prepared.get(source):
        return prepared[source]
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return []
    for start, prompt in PROMPTS:
        if any(start.match(line) for line in lines[first : first + 2]):
            lines = [prompt.sub("", line, count=1) for line in lines]
    if lines[first].startswith("%%"):
        magic = lines[first][2:].split()
        if magic[:1] and magic[0] in WRITES:
            write_file(magic[1:], "\n".join(lines[first + 1 :]))
        if magic[:1] and magic[0] not in TRANSPARENT:
            return []  # another language
        keeps_output = magic[:1] == ["capture"] and magic[1:2] and magic[1].isidentifier()
        lines[first] = f"{magic[1]} = get_ipython()" if keeps_output else ""
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an odd escape in a string is not our business
                return [part for node in tree(lines) for part in as_cell(node)]
        except SyntaxError as problem:
            line, what = problem.lineno or 1, f"SyntaxError: {problem.msg}"
            newer = newer_python(python, problem.msg, "".join(lines[line - 1 : line]))
            # Syntax that this Python does not have yet costs its own statement, not the whole cell.
            rest = without_statement(lines, line - 1) if newer else None
            whole = "nothing of this cell was run" if rest is None else "this statement was not run"
            notes.append(note(number, line, f"{what}; {whole}.{newer}"))
            if rest is None:
                return []
            lines = rest
        except (ValueError, MemoryError, RecursionError) as problem:
            notes.append(note(number, 1, f"{type(problem).__name__}: the cell cannot be read as Python."))
            return []


def as_cell(node: ast.stmt) -> list[ast.stmt]:
    """The statements behind a magic that is written as a call, as it is once a notebook was a script."""
    call = node.value if isinstance(node, (ast.Expr, ast.Assign)) else None
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and not call.keywords):
        return [node]
    shell, name = call.func.value, call.func.attr
    is_shell = isinstance(shell, ast.Call) and getattr(shell.func, "id", "") == "get_ipython"
    values = [each.value for each in call.args if isinstance(each, ast.Constant)]
    texts = [value for value in values if isinstance(value, str)]
    if not is_shell or len(texts) < len(call.args):
        return [node]
    if isinstance(node, ast.Assign):
        if name in ("getoutput", "system"):
            node.value = ast.copy_location(ast.List([], ast.Load()), call)
        return [node]
    if name == "run_cell_magic" and len(texts) == 3:
        source = f"%%{texts[0]} {' '.join(texts[1].split())}\n{texts[2]}"
    elif name in ("run_line_magic", "magic") and texts:
        source = translated("%" + " ".join(texts))
    elif name in ("run_cell", "ex") and len(texts) == 1:
        source = texts[0]
    else:
        return [node]
    parts = parse(0, source, [])
    for inner in [each for part in parts for each in ast.walk(part)]:
        if hasattr(inner, "lineno"):
            ast.copy_location(inner, node)
    return parts


def newer_python(python: str, problem: str, line: str) -> str:
    """A sentence that names both versions, where the notebook's is the newer one, or may be.

    Some editors note no version. There the syntax decides: f-strings and parameters of types are newer.
    """
    ours = sys.version_info[:2]
    found = re.match(r"(\d{1,3})\.(\d{1,3})", python)
    if found is not None and (theirs := (int(found[1]), int(found[2]))) > ours:
        before = f"The notebook was run with Python {theirs[0]}.{theirs[1]}"
    elif found is None and (problem.startswith("f-string") or NEWER_SYNTAX.match(line)):
        before = "The notebook does not say with which Python it was run"
    else:
        return ""
    return (
        f" {before} and is graded with Python {ours[0]}.{ours[1]}: "
        f"write it so that {ours[0]}.{ours[1]} understands it."
    )


def without_statement(lines: list[str], at: int) -> list[str] | None:
    """The lines without the top-level statement that line `at` belongs to; None when nothing is left."""
    starts = [i for i, line in enumerate(lines) if line[:1].strip() and not CONTINUES.match(line)]
    begin = max((i for i in starts if i <= at), default=0)
    while begin in starts[1:] and lines[starts[starts.index(begin) - 1]].startswith("@"):
        begin = starts[starts.index(begin) - 1]  # a decorator must not fall upon the next function
    end = min((i for i in starts if i > at), default=len(lines))
    rest = [*lines[:begin], *[""] * (end - begin), *lines[end:]]
    return rest if any(line.strip() for line in rest) and rest != lines else None


def write_file(arguments: list[str], text: str) -> None:
    """Keep what %%writefile would write, for imports and %run."""
    names = [argument for argument in arguments if not argument.startswith("-")]
    if names:
        name = file_name(names[0])
        before = written.get(name, "") if {"-a", "--append"} & set(arguments) else ""
        written[name] = before + text + "\n"


def tree(lines: list[str]) -> list[ast.stmt]:
    """The statements, once what only IPython understands is out of the way.

    Only a line that the parser complains about is translated: elsewhere a line that looks like a magic
    may be part of a string or of a longer expression.
    """
    while True:
        try:
            return ast.parse("\n".join(lines)).body
        except SyntaxError as problem:
            at = (problem.lineno or 0) - 1
            if not 0 <= at < len(lines):
                raise
            margin = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            if margin and problem.msg == "unexpected indent" and not any(map(str.strip, lines[:at])):
                lines = [line.removeprefix(margin) for line in lines]  # the whole cell is indented
            elif SHELL_LINE.search(lines[at]):
                end = at + 1
                while lines[end - 1].endswith("\\") and end < len(lines):
                    end += 1  # a command goes on in the next line
                command = "\n".join(lines[at:end]).replace("\\\n", " ")
                plain = [translated(command), *[""] * (end - at - 1)]
                if plain == lines[at:end]:
                    raise
                lines = [*lines[:at], *plain, *lines[end:]]
            else:
                raise


def translated(command: str) -> str:
    """The Python in a line for IPython or the shell; a placeholder at the same depth when there is none.

    At the margin it becomes blank, so that `from __future__` may still come first.
    """
    parts = MAGIC.match(command)
    assert parts is not None  # every part may be empty
    indent, target, mark, name, rest = parts.groups()
    plain = ""
    if target:
        plain = f"{target} {[] if mark == '!' else None}"
    elif mark == "%" and name in ("time", "prun"):
        plain = rest.strip()
    elif mark == "%" and name in ("env", "set_env") and len(setting := SETTING.split(rest.strip(), 1)) == 2:
        plain = f"__import__('os').environ[{setting[0]!r}] = {setting[1]!r}"
    elif mark == "%" and name == "pylab":
        plain = PYLAB
    elif mark == "%" and name == "run" and (file := file_to_run(rest)) in written:
        plain = f"exec({written[file]!r})"
    if plain and is_python(plain):
        return indent + plain
    return indent + "pass" if indent else ""


def file_to_run(arguments: str) -> str:
    """The name of the file in the arguments of %run, which takes it without its ending, too."""
    files = [argument for argument in arguments.split() if not argument.startswith("-")]
    name = file_name(files[0]) if files else ""
    return name if name in written or name.endswith(".py") else f"{name}.py"


def file_name(text: str) -> str:
    """The path of a file beside the notebook, as a key of `written`."""
    return os.path.normpath(text.strip("'\""))


def is_python(text: str) -> bool:
    """Whether a text is Python by itself."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return True


# Slicing: which statements the wanted functions rest on.


class Statement:
    """One top-level statement that may run."""

    def __init__(self, cell: int, node: ast.stmt, flags: int) -> None:
        self.cell, self.node, self.line, self._flags = cell, node, node.lineno, flags
        known = getattr(node, "facts", None)  # of a cell that was read before the fork
        self._code = None if known else self.compiled()
        self.facts: Facts = known or Facts(node, self.code)

    @property
    def code(self) -> CodeType:
        """The statement, compiled; what the compiler refuses raises SyntaxError or ValueError."""
        if self._code is None:
            self._code = self.compiled()
        return self._code

    def expression(self) -> CodeType:
        """An expression's code, which gives its value."""
        assert isinstance(self.node, ast.Expr)
        expression, name = ast.Expression(self.node.value), f"<cell {self.cell}>"
        code: CodeType = compile(expression, name, "eval", self._flags, dont_inherit=True)
        return code

    def without(self, names: Collection[str]) -> Statement:
        """A `del` without some of its targets."""
        assert isinstance(self.node, ast.Delete)
        targets = [target for target in self.node.targets if ast.unparse(target) not in names]
        rest = ast.Delete(targets) if targets else ast.Pass()
        return Statement(self.cell, ast.copy_location(rest, self.node), self._flags)

    def compiled(self, flags: int = 0) -> CodeType:
        """The statement, compiled with additional flags."""
        module, name = ast.Module([self.node], []), f"<cell {self.cell}>"
        code: CodeType = compile(module, name, "exec", self._flags | flags, dont_inherit=True)
        return code


class Part:
    """A simple statement, or what stands at the head of a block: names by what it does with them."""

    def __init__(self, binds: dict[str, str] | None = None, *, is_head: bool = False) -> None:
        self.binds = binds or {}  # with the kind of what they are bound to
        self.is_head = is_head
        self.uses: set[str] = set()
        self.mentions: set[str] = set()  # used when it runs, not only when what it defines is called
        self.stores: set[str] = set()  # `a` in `a.b = 1`, `a[0] += 1`, `del a[0]`, `setattr(a, …)`
        self.calls: set[tuple[str, str, bool]] = set()  # `a.b()`: a, b, whether it does nothing else
        self.passes: set[tuple[str, str, str, bool]] = (
            set()
        )  # `f.g(a)`: a, f, g, whether it does nothing else
        self.sources: set[str] = set()  # what it binds may be a part of these
        self.always = False


class Facts:
    """What a statement does with which names; nothing here depends on other statements."""

    def __init__(self, node: ast.stmt, code: CodeType) -> None:
        self.node = node
        # `sets` are names that functions inside it bind by `global` when they are called.
        self.uses, self.binds, self.sets = set[str](), set[str](), set[str]()
        self.stores = collect_names(code, self.uses, self.binds, self.sets) or bool(self.uses & SETTERS)
        self.defines = is_plain(node) and defines(node)
        self.parts = list(parts_of(node, self.uses, self.binds))
        self._body: Part | None = None

    @property
    def body(self) -> Part:
        """What running the whole node does, the inside of functions included."""
        if self._body is None:
            self._body = Part()
            evidence([self.node], self._body)
        return self._body


def is_plain(node: ast.AST) -> bool:
    """Whether a statement does nothing but import, define and name constants, at any depth of blocks."""
    if isinstance(node, (*DEFINITIONS, *IMPORTS, ast.Pass)):
        return True
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        return kind_of_value(node.value) in ("function", "constant")
    return isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)) and all(
        is_plain(child) for child in ast.iter_child_nodes(node) if isinstance(child, BLOCK_PARTS)
    )


def defines(node: ast.AST) -> bool:
    """Whether a statement defines or imports something, at any depth of blocks."""
    if isinstance(node, (*DEFINITIONS, *IMPORTS)):
        return True
    return any(defines(child) for child in ast.iter_child_nodes(node) if isinstance(child, BLOCK_PARTS))


def kind_of_module(top: str) -> str:
    """How names from a module are treated."""
    if top in DISPLAY:
        return "display"
    return top if top in SETTINGS else "module"


NAME_LOADS = {dis.opmap[name] for name in ("LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") if name in dis.opmap}
NAME_STORES = {dis.opmap["STORE_NAME"], dis.opmap["DELETE_NAME"]}
GLOBAL_STORES = {dis.opmap["STORE_GLOBAL"], dis.opmap["DELETE_GLOBAL"]}
ATTRIBUTE_STORES = {dis.opmap["STORE_ATTR"], dis.opmap["DELETE_ATTR"]}
RAISES = {dis.opmap["RAISE_VARARGS"], dis.opmap["RERAISE"]}
LOAD_GLOBAL, EXTENDED = dis.opmap["LOAD_GLOBAL"], dis.EXTENDED_ARG


def collect_names(code: CodeType, uses: set[str], binds: set[str], sets: set[str], depth: int = 0) -> bool:
    """Add the global names that code uses at any depth, binds itself, and sets in functions.

    Says whether it sets an attribute of anything; the attributes' names are no names of these kinds.
    """
    names, extended, stores = code.co_names, 0, False
    if names:
        raw = code.co_code
        for op, low in zip(raw[::2], raw[1::2], strict=True):
            argument = low | extended
            extended = argument << 8 if op == EXTENDED else 0
            if op == LOAD_GLOBAL:
                uses.add(names[argument >> 1])
            elif op in NAME_LOADS:
                uses.add(names[argument])
            elif op in NAME_STORES and depth == 0:
                binds.add(names[argument])  # deeper, it is a class that stores its own
            elif op in ATTRIBUTE_STORES:
                stores = True
            elif op in GLOBAL_STORES:
                # A comprehension runs where it stands, and `:=` in it binds a name of the module.
                (binds if depth == 0 or code.co_name.startswith("<") else sets).add(names[argument])
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            stores |= collect_names(constant, uses, binds, sets, depth + 1)
    return stores


BLOCK_PARTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


def names_and_texts(code: CodeType) -> tuple[set[str], set[str]]:
    """The names and the texts in some code, the functions that it defines included."""
    names, texts = set(code.co_names), {value for value in code.co_consts if isinstance(value, str)}
    for value in code.co_consts:
        if isinstance(value, CodeType):
            more_names, more_texts = names_and_texts(value)
            names, texts = names | more_names, texts | more_texts
        elif isinstance(value, tuple):
            texts |= {item for item in value if isinstance(item, str)}
    return names, texts


def path_parts(texts: set[str]) -> set[str]:
    """The names of files and directories in texts that may be paths."""
    return {name for text in texts for name in text.split("/")} - {"", ".", ".."}


def parts_of(node: ast.AST, uses: set[str], binds: set[str], *, inside: bool = False) -> Iterator[Part]:
    """The parts of a statement: itself, or a block's head and what is inside."""
    if isinstance(node, IMPORTS):
        part = Part({name: kind_of_module(top) for top, names in imported(node) for name in names})
        part.always = "*" in part.binds
        yield part
    elif isinstance(node, DEFINITIONS):
        yield part_of_definition(node, uses, inside=inside)
    else:
        children = list(ast.iter_child_nodes(node))
        inner = [child for child in children if isinstance(child, BLOCK_PARTS)]
        head = [child for child in children if not isinstance(child, BLOCK_PARTS)] if inner else [node]
        yield part_of(head, node, uses, binds)
        for child in inner:
            yield from parts_of(child, uses, binds, inside=True)


def part_of_definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, uses: set[str], *, inside: bool
) -> Part:
    """A function or class; what runs at once are decorators, defaults, and a class's bases and body."""
    if isinstance(node, ast.ClassDef):
        part, at_once = Part({node.name: "class"}), [*node.bases, *node.keywords, *node.body]
    else:
        part = Part({node.name: "function"})
        at_once = [
            *node.args.defaults,
            *(default for default in node.args.kw_defaults if default is not None),
        ]
    at_once += node.decorator_list
    if at_once:
        evidence(at_once, part)
        part.mentions = part.uses & uses
        for decorator in node.decorator_list:  # a decorator is called
            if isinstance(decorator, ast.Attribute):
                part.calls |= {(base, decorator.attr, True) for base in base_name(decorator)}
    # Names of the whole block that it stands in, if that has no local one of the same name.
    part.uses = (
        {child.id for child in ast.walk(node) if isinstance(child, ast.Name)} & uses if inside else uses
    )
    part.always = bool(part.mentions & DYNAMIC)
    return part


def part_of(nodes: list[ast.AST], owner: ast.AST, uses: set[str], binds: set[str]) -> Part:
    """One part that is not a definition: its nodes, and the statement that they are or are the head of."""
    part = Part(is_head=nodes != [owner])
    evidence(nodes, part)
    part.uses &= uses
    part.mentions = part.uses
    kind, value = "data", None
    if isinstance(owner, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and owner.value is not None:
        kind, value = kind_of_value(owner.value), owner.value
    elif isinstance(owner, (ast.For, ast.AsyncFor)):
        value = owner.iter
    elif isinstance(owner, (ast.With, ast.AsyncWith)):
        value = ast.Tuple([item.context_expr for item in owner.items])
    elif isinstance(owner, ast.Match):
        value = owner.subject
    if value is not None:
        part.sources = alias_sources(value)
    setting = isinstance(owner, ast.Expr) and is_setting(owner.value)
    part.always = setting or bool(part.mentions & DYNAMIC)
    part.binds = dict.fromkeys(stored_names(nodes, owner) & binds, kind)
    return part


def stored_names(nodes: list[ast.AST], owner: ast.AST) -> set[str]:
    """The names that are stored or deleted in some nodes, by patterns too."""
    found = {owner.name} if isinstance(owner, ast.ExceptHandler) and owner.name else set()
    for node in nodes:
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
                found.add(child.id)
            elif isinstance(child, (ast.MatchAs, ast.MatchStar)) and child.name:
                found.add(child.name)
            elif isinstance(child, ast.MatchMapping) and child.rest:
                found.add(child.rest)
    return found


def evidence(nodes: Iterable[ast.AST], part: Part) -> None:
    """Add to a part what some nodes use, and what they may change."""
    for top in nodes:
        for child in ast.walk(top):
            if isinstance(child, ast.Name):
                if isinstance(child.ctx, ast.Load):
                    part.uses.add(child.id)
            elif isinstance(child, (ast.Attribute, ast.Subscript)):
                if not isinstance(child.ctx, ast.Load):
                    part.stores |= base_name(child)
            elif isinstance(child, ast.AugAssign):
                if isinstance(child.target, ast.Name):
                    part.uses.add(child.target.id)
                    part.stores.add(child.target.id)  # `a += [1]` changes the list itself
            elif isinstance(child, ast.Call):
                call_evidence(child, part, alone=isinstance(top, ast.Expr) and top.value is child)


def call_evidence(call: ast.Call, part: Part, *, alone: bool) -> None:
    """Add to a part what one call may change."""
    function = call.func
    base, name = next(iter(base_name(function)), ""), ""
    if isinstance(function, ast.Attribute):
        name = function.attr
    if base:
        part.calls.add((base, name, alone))  # a call of a name alone may change what it keeps, too
    if {base, name} & SETTERS and call.args:
        part.stores |= base_name(call.args[0])
    if any(keyword.arg == "out" for keyword in call.keywords):
        name = "copyto"  # it writes to one of its arguments
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        part.passes |= {
            (chain, base, name, alone and isinstance(argument, ast.Name)) for chain in chains(argument)
        }


def base_name(node: ast.AST) -> set[str]:
    """The name that `a`, `a.b`, `a[0].c` start from; none for what is no such chain."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def chains(node: ast.AST) -> set[str]:
    """The names whose objects, or parts of them, are handed on by an expression."""
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return set().union(*map(chains, node.elts))
    if isinstance(node, ast.Dict):
        return set().union(*map(chains, node.values))
    if isinstance(node, ast.IfExp):
        return chains(node.body) | chains(node.orelse)
    if isinstance(node, ast.BoolOp):
        return set().union(*map(chains, node.values))
    if isinstance(node, (ast.Starred, ast.NamedExpr, ast.Await)):
        return chains(node.value)
    return base_name(node)


def alias_sources(node: ast.AST) -> set[str]:
    """The names of which an expression's value may be a part."""
    found = chains(node)
    if isinstance(node, (ast.Tuple, ast.List)):
        found = found.union(*map(alias_sources, node.elts))
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            found |= base_name(node.func.value)
        elif isinstance(node.func, ast.Name) and node.func.id in PASS_ON:
            found = found.union(*map(alias_sources, node.args))
    return found


def kind_of_value(node: ast.AST) -> str:
    """What a name is bound to: a function, a constant, the result of a call on a name, or data."""
    if isinstance(node, ast.Lambda):
        return "function"
    if isinstance(node, ast.Call) and (base := base_name(node.func)):
        return f"call {next(iter(base))}"
    literal = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop, ast.Load)
    return "constant" if all(isinstance(child, literal) for child in ast.walk(node)) else "data"


def is_setting(node: ast.AST) -> bool:
    """Whether an expression is a call such as `np.random.seed(0)`: on a name, with constants alone."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and bool(base_name(node.func))
        and all(
            kind_of_value(argument) == "constant"
            for argument in [*node.args, *(k.value for k in node.keywords)]
        )
    )


class Needs:
    """What the wanted functions rest on, and so which statements run.

    *Reached* are the names that the wanted functions use, and those that go into what these are bound to.
    Whatever may change a reached object matters; so does what binds the names that such a statement uses.
    """

    def __init__(self, statements: list[Statement], wanted: Iterable[str]) -> None:
        self._parts = [(statement, part) for statement in statements for part in statement.facts.parts]
        self._statements = statements
        self._kinds = self._kinds_of_names()
        self._definitions: dict[str, list[Facts]] = {}
        for statement, part in self._parts:
            for name, kind in part.binds.items():
                if kind in ("function", "class"):
                    self._definitions.setdefault(name, []).append(statement.facts)
        self._behind = self._definitions_behind_names()
        self._changes: dict[str, Changes] = {}
        self._effects = {part: self._effects_of(part) for _, part in self._parts}
        self._concerns = {
            part: self._names_of(part) for _, part in self._parts
        }  # all that may make it matter
        self.wanted = set(wanted)
        #: Names that the wanted functions reach; a statement that fails to bind one of them is reported.
        self.reported = set(wanted)
        self._needed = set(wanted)
        self._aliases: set[str] = set()  # of reached objects
        self._handles: set[str] = set()  # of functions and classes
        # By statement: the names through which it may change something; None when it has to run.
        self._reasons: dict[Statement, set[str] | None] = {}
        self._close()
        while self._follow_files():
            self._close()

    def __contains__(self, statement: Statement) -> bool:
        return statement in self._reasons

    def runs(self, statement: Statement, namespace: dict[str, Any] | None) -> bool:
        """Whether a statement runs in a slice; with a namespace, whether it can change anything there."""
        if statement.facts.defines:
            return True
        if statement not in self._reasons:
            return False
        names = self._reasons[statement]
        if names is None or namespace is None:
            return True
        bound = statement.facts.binds  # such as the variable of a loop over a table
        return any(name in bound or can_change(namespace.get(name)) for name in names)

    def callers(self) -> dict[tuple[str, bool], list[int]]:
        """The positions of the definitions that wanted functions reach, by the names that these call.

        A name comes with whether something in it is called, as in a module, or the name itself.
        """
        found: dict[tuple[str, bool], list[int]] = {}
        for position, statement in enumerate(self._statements):
            if any(
                kind in ("function", "class") and name in self.reported
                for part in statement.facts.parts
                for name, kind in part.binds.items()
            ):
                for name, inside in {(name, bool(inside)) for name, inside, _ in statement.facts.body.calls}:
                    if name in statement.facts.uses:
                        found.setdefault((name, inside), []).append(position)
        return found

    def still_used(self, statement: Statement, later: list[Statement]) -> set[str]:
        """The names that a `del` takes from the wanted functions for good.

        A notebook that tidies up at its end has called them before: they work there, and so they do here.
        """
        if not isinstance(statement.node, ast.Delete):
            return set()
        names = {target.id for target in statement.node.targets if isinstance(target, ast.Name)}
        bound = (other.facts.binds for other in later if not isinstance(other.node, ast.Delete))
        return (names & self.reported).difference(*bound)

    def _kinds_of_names(self) -> dict[str, str]:
        """What each name is bound to, over all statements."""
        bound: dict[str, set[str]] = {}
        for statement in self._statements:
            for name in statement.facts.sets:
                bound.setdefault(name, set()).add("data")
        for _, part in self._parts:
            for name, kind in part.binds.items():
                bound.setdefault(name, set()).add(kind)
        kinds = {name: combined({kind for kind in of if kind[:5] != "call "}) for name, of in bound.items()}
        grew = True
        while grew:  # what a call on a display library returns belongs to it as well
            grew = False
            for name, of in bound.items():
                called = {kinds.get(kind[5:], "data") for kind in of if kind[:5] == "call "}
                if called == {"display"} and kinds[name] == "":
                    kinds[name], grew = "display", True
        for name, of in bound.items():
            if any(kind[:5] == "call " for kind in of) and kinds[name] != "display":
                kinds[name] = "data"
        return kinds

    def _definitions_behind_names(self) -> dict[str, set[str]]:
        """The functions and classes that a call on a name may run: its own, an alias's, an instance's."""
        behind = {name: {name} for name in self._definitions}
        made = [
            (part.binds, part.sources | {kind[5:] for kind in part.binds.values() if kind[:5] == "call "})
            for _, part in self._parts
            if part.binds
        ]
        grew = True
        while grew:
            grew = False
            for binds, makers in made:
                if behind.keys().isdisjoint(makers):
                    continue
                found = set[str]().union(*(behind.get(name, ()) for name in makers))
                for name in binds:
                    grew |= not found <= behind.setdefault(name, set())
                    behind[name] |= found
        return behind

    def _close(self) -> None:
        """Find the statements that matter, and with them the names that matter, until nothing is added."""
        waiting, grew = self._parts, True
        while grew:
            grew, later = False, []
            known = {ANY} | self._needed | self.reported | self._aliases | self._handles
            for statement, part in waiting:
                if not part.always and known.isdisjoint(self._concerns[part]):
                    later.append((statement, part))
                    continue
                grew |= self._follow_aliases(part)
                names = self._reason(part)
                if names is not None and not names:
                    later.append((statement, part))
                    continue
                grew = True
                before = self._reasons.get(statement, set())
                self._reasons[statement] = None if names is None or before is None else before | names
                more = part.uses.union(*(head.uses for head in statement.facts.parts if head.is_head))
                self._needed |= more
                known |= more
                if not self.reported.isdisjoint(part.binds):
                    self.reported |= more
                    # `put, get = make()`: what one does, the other sees.
                    self._aliases |= {name for name in part.binds if self._kinds[name] == "data"}
            # A part may turn out to bind what is reached after it was found to matter for another reason.
            for statement, part in self._parts if not grew else ():
                if statement in self._reasons and not self.reported.isdisjoint(part.binds):
                    more = part.uses.union(*(head.uses for head in statement.facts.parts if head.is_head))
                    grew |= not more <= self.reported
                    self.reported |= more
            waiting = later

    def _follow_files(self) -> bool:
        """Let statements run that write files which others list or look for by name; whether any is new."""
        writing = [
            statement
            for statement in self._statements
            if self._reasons.get(statement, ()) is not None
            and not (WRITERS | MAKERS).isdisjoint(statement.code.co_names)
        ]
        if not writing:
            return False
        looked_for, is_listed = set[str](), False
        for statement in self._statements:
            if statement in self._reasons:
                names, texts = names_and_texts(statement.code)
                looked_for |= path_parts(texts) if names & FINDERS else set()
                is_listed |= bool(names & LISTERS)  # by a pattern, or by nothing but the directory
        found = [
            statement
            for statement in writing
            if is_listed or not looked_for.isdisjoint(path_parts(names_and_texts(statement.code)[1]))
        ]
        for statement in found:
            self._reasons[statement] = None
            self._needed |= statement.facts.uses
        return bool(found)

    def _follow_aliases(self, part: Part) -> bool:
        """Note that what a part binds may be a part of something reached; says whether this was new."""
        before = len(self._aliases) + len(self._handles)
        kinds = {self._kinds.get(name) for name in part.sources & self.reported}
        changed = set().union(
            *(effect.surely | effect.maybe for effect, called in self._effects[part] if not called)
        )
        if "data" in kinds or self._aliases & (part.sources | changed) or self.reported & changed:
            self._aliases |= part.binds.keys()
        elif kinds & {"function", "class"} or part.sources & self._handles:
            self._handles |= part.binds.keys()
        return len(self._aliases) + len(self._handles) > before

    def _reason(self, part: Part) -> set[str] | None:
        """The names through which a part may change what matters; None when it has to run anyhow."""
        reached = self.reported | self._aliases
        known = self._needed | reached
        if not self._needed.isdisjoint(part.binds):
            return None
        if part.stores and any(self._is_open(name) for name in part.stores & (known | self._handles)):
            return None
        if part.always and self._is_always(part):
            return None
        found = set[str]()
        for changes, is_called in self._effects[part]:
            if not is_called:
                found |= (changes.surely & known) | (changes.maybe & reached)
            elif changes.anything or changes.binds & self._needed or changes.stores & reached:
                return None
            else:
                found |= (changes.surely | changes.maybe) & reached
        return found

    def _effects_of(self, part: Part) -> list[tuple[Changes, bool]]:
        """What a part changes by itself, and what the functions change that it may call."""
        changes = self._changed_by_part(part)
        found = [(changes, False)] if changes.surely or changes.maybe else []
        for name in set().union(*(self._behind[alias] for alias in part.mentions & self._behind.keys())):
            changes = self._changed_by_call(name)
            if changes.anything or changes.binds or changes.stores or changes.surely or changes.maybe:
                found.append((changes, True))
        return found

    def _names_of(self, part: Part) -> set[str]:
        """The names that a part binds or may change, or whose parts it binds."""
        names = part.sources.union(part.binds, part.stores)
        for changes, _ in self._effects[part]:
            if changes.anything:
                names.add(ANY)
            names |= changes.surely | changes.maybe | changes.stores | changes.binds
        return names

    def _is_always(self, part: Part) -> bool:
        """Whether something runs wherever it stands: star imports, `exec`, and settings of known modules."""
        calls = {self._kinds.get(base) for base, name, alone in part.calls if alone and name not in IDLE}
        return not part.calls or bool(part.mentions & DYNAMIC) or bool(calls & SETTINGS)

    def _changed_by_part(self, part: Part) -> Changes:
        """The names whose objects a part may change by itself."""
        kinds, changes = self._kinds, Changes()
        for base, name, alone in part.calls:
            kind = kinds.get(base, "constant")
            if kind in ("module", *SETTINGS):
                if alone and (name in NUMPY_STATE if kind == "numpy" else name not in IDLE):
                    changes.surely.add(base)
            elif kind == "data" or (kind in ("class", "function") and name):
                (changes.surely if alone else changes.maybe).add(base)
        for name, base, function, alone in part.passes:
            callee = kinds.get(base, "")
            pure = (base in PURE and not function) if not callee else callee == "display"
            if callee in ("numpy", "data") and function:  # a method: of NumPy, or of some object
                pure = not {base, function} & NUMPY_CHANGES and function not in self._methods
            if kinds.get(name) in ("data", "class") and not pure:
                (changes.surely if alone else changes.maybe).add(name)
        return changes

    @cached_property
    def _methods(self) -> set[str]:
        """The names of all methods of the notebook's classes."""
        classes = [owner.facts.node for owner, part in self._parts if "class" in part.binds.values()]
        return {owner.name for node in classes for owner in ast.walk(node) if isinstance(owner, FUNCTIONS)}

    def _is_open(self, name: str) -> bool:
        """Whether the notebook binds a name to something that can be changed."""
        return self._kinds.get(name, "constant") not in ("constant", "display")

    def _changed_by_call(self, name: str) -> Changes:
        """What a call of a function or class of the notebook may change."""
        if name not in self._changes:
            self._changes[name] = changes = Changes()
            waiting, seen = [name], {name}
            while waiting:
                for facts in self._definitions.get(waiting.pop(), []):
                    changes.binds |= facts.sets
                    changes.anything |= bool(facts.uses & DYNAMIC - self._kinds.keys())
                    if facts.stores or any(self._kinds.get(name) in ("data", "class") for name in facts.uses):
                        body = self._changed_by_part(facts.body)
                        changes.surely |= body.surely & facts.uses
                        changes.maybe |= body.maybe & facts.uses
                        changes.stores |= {
                            name for name in facts.body.stores & facts.uses if self._is_open(name)
                        }
                    more = (facts.uses & self._definitions.keys()) - seen
                    seen |= more
                    waiting += more
        return self._changes[name]


class Rebound:
    """Names of functions and modules that the notebook rebinds below the graded functions that call them.

    Such as `relu = relu(x)` or `list = [1, 2]`: in the notebook the functions were called above that line and
    worked; when they are graded, they are called after all cells and would find what cannot be called.
    """

    def __init__(self, statements: list[Statement], needs: Needs, namespace: dict[str, Any]) -> None:
        self._statements, self._namespace = statements, namespace
        self._wanted = needs.wanted
        self._callers = needs.callers()
        self._before: dict[str, Any] = {}
        self._lost: dict[str, tuple[Statement, Any]] = {}

    def before(self, statement: Statement) -> None:
        """Keep the values of the names that a statement is about to bind."""
        watched = statement.facts.binds & (self._wanted | {name for name, _ in self._callers})
        self._before = {name: self._value(name) for name in watched}

    def after(self, position: int) -> None:
        """Keep those that can no longer be called."""
        for name, value in self._before.items():
            callers = self._callers.get((name, isinstance(value, MODULE)), [])
            is_used = name in self._wanted or any(at < position for at in callers)
            if is_callable(self._value(name)):
                self._lost.pop(name, None)
            elif is_callable(value) and is_used:
                self._lost[name] = self._statements[position], value

    def restore(self) -> Iterator[tuple[Statement, str]]:
        """Give the names back; yields each with the statement that took it."""
        for name, (statement, value) in self._lost.items():
            if name in self._namespace:  # a `del` says itself what it leaves
                self._namespace[name] = value
                yield statement, name

    def _value(self, name: str) -> Any:
        return self._namespace.get(name, getattr(builtins, name, None))


def is_callable(value: object) -> bool:
    """Whether a value can be called, or is a module whose functions can."""
    return callable(value) or isinstance(value, MODULE)


class Changes:
    """The names whose objects something may change."""

    def __init__(self) -> None:
        self.surely: set[str] = set()  # in a call made for this alone
        self.maybe: set[str] = set()
        self.stores: set[str] = set()
        self.binds: set[str] = set()  # by `global`
        self.anything = False  # it may bind any name


def combined(kinds: set[str]) -> str:
    """The kind of a name that is bound to several kinds of things."""
    modules = {"display", "module", *SETTINGS}
    if len(kinds) < 2:
        return next(iter(kinds), "")
    if len(kinds - modules) == 1 and kinds & modules:
        return (kinds - modules).pop()  # imported, or else defined
    return "module" if kinds <= modules else "data"


MODULE = type(builtins)
FIXED = (bool, int, float, complex, str, bytes, type(None), MODULE)
DEEPEST = 5


def can_change(value: object, depth: int = 0) -> bool:
    """Whether an object can be changed at all: whether a call may leave something in it."""
    if depth == DEEPEST:
        return True
    if isinstance(value, tuple):
        return any(can_change(element, depth + 1) for element in value)
    if isinstance(value, BuiltinMethodType):  # such as a list's own `append`
        return can_change(value.__self__, depth + 1)
    if isinstance(value, FunctionType):  # by what its decorator or its maker has left with it
        inside = [cell.cell_contents for cell in value.__closure__ or () if cell != CellType()]
        return any(can_change(element, depth + 1) for element in [*inside, *(value.__defaults__ or ())])
    return not isinstance(value, FIXED)
