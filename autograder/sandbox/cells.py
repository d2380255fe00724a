"""Running a notebook's definitions, and nothing else of it. Runs in a child only.

Imports, definitions and the assignments they rest on run in order, each failing alone; every other
top-level statement, magics and shell lines never run. An assignment that no definition uses is left
out too: a training run for a plot would only cost time. Imports the standard library alone.
"""

from __future__ import annotations
import __future__

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

# Cell magics whose cell still holds Python that defines things.
TRANSPARENT = {"time", "timeit", "capture", "prun", "python", "python3", "debug", "memit"}
SHELL_LINE = re.compile(r"^\s*+(?:[%!?]|[\w\s,.\[\]]++=\s*[%!])|\?\s*$")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
BLOCKS = (ast.If, ast.Try, ast.With)


class Statement:
    """One top-level statement that may run."""

    def __init__(self, cell: int, node: ast.stmt, flags: int) -> None:
        self.cell, self.node, self.line = cell, node, node.lineno
        module = ast.Module([node], [])
        self.code: CodeType = compile(module, f"<cell {cell}>", "exec", flags, dont_inherit=True)
        self.uses = set(names_in(self.code))
        self.sets = set(targets(node))
        self.is_definition = defines(node)
        self.is_import = isinstance(node, (ast.Import, ast.ImportFrom))


def run_definitions(
    cells: list[tuple[int, str]],
    wanted: list[str],
    namespace: dict[str, Any],
    skip: set[tuple[int, int]],
    running: Callable[[int, int], None],
    describe: Callable[[BaseException], dict[str, str]],
) -> list[dict[str, Any]]:
    """Run what the wanted functions may need; returns notes on what failed or was left out.

    `skip` names statements by (cell, line) that ended an earlier child; `running` is told each
    statement before it runs, `describe` turns an exception into text.
    """
    notes: list[dict[str, Any]] = []
    statements: list[Statement] = []
    flags = 0
    for number, source in cells:
        for node in parse(number, source, notes):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    flags |= (
                        getattr(__future__, alias.name).compiler_flag
                        if alias.name in __future__.all_feature_names
                        else 0
                    )
                continue
            try:
                if is_plain(node):
                    statements.append(Statement(number, node, flags))
            except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
                notes.append(note(number, node.lineno, f"{type(problem).__name__}: {problem}"))
    needed, told = closure(statements, set(wanted)), reached(statements, set(wanted))
    for statement in statements:
        if not statement.is_definition and not statement.sets & needed:
            continue
        if (statement.cell, statement.line) in skip:
            notes.append(
                note(statement.cell, statement.line, "Left out: it ran too long or ended the process.")
            )
            continue
        running(statement.cell, statement.line)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(statement.code, namespace)
        except BaseException as problem:
            # A plotting library or data that is not there when graded matters only to functions that are.
            if (statement.is_definition and not statement.is_import) or statement.sets & told:
                notes.append(note(statement.cell, statement.line, describe(problem)["text"]))
    return notes


prepared: dict[str, list[ast.stmt]] = {}  # cells that were parsed before the fork


def prepare(sources: list[str]) -> None:
    """Parse cells that many submissions hold unchanged, such as the handout's own."""
    for source in sources:
        prepared[source] = parse(0, source, [])


def parse(number: int, source: str, notes: list[dict[str, Any]]) -> list[ast.stmt]:
    """A cell's statements; magics and shell lines are blanked, a syntax error becomes a note."""
    if prepared.get(source):
        return prepared[source]
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return []
    if lines[first].startswith("%%"):
        if lines[first][2:].split()[:1] and lines[first][2:].split()[0] not in TRANSPARENT:
            return []  # another language
        lines[first] = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a string is not our business
            return tree(lines)
    except SyntaxError as problem:
        notes.append(
            note(number, problem.lineno or 1, f"SyntaxError: {problem.msg}; nothing of this cell was run.")
        )
    except (ValueError, MemoryError, RecursionError) as problem:
        notes.append(note(number, 1, f"{type(problem).__name__}: the cell cannot be read as Python."))
    return []


def tree(lines: list[str]) -> list[ast.stmt]:
    """The statements, once what only IPython understands is out of the way.

    Only a line that the parser complains about is blanked: elsewhere a line that looks like a magic
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
            elif (plain := without_shell(lines[at])) != lines[at]:
                lines = [*lines[:at], plain, *lines[at + 1 :]]
            else:
                raise


def without_shell(line: str) -> str:
    """The line, or a placeholder at the same depth when it is for IPython or the shell.

    At the margin it becomes blank, so that `from __future__` may still come first.
    """
    if not SHELL_LINE.search(line):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return indent + "pass" if indent else ""


def is_plain(node: ast.stmt) -> bool:
    """Whether a statement only imports, defines or assigns, at any depth of blocks."""
    if isinstance(node, DEFINITIONS + ASSIGNMENTS):
        return True
    return isinstance(node, BLOCKS) and all(
        isinstance(part, ast.Pass) or is_plain(part) for part in inner(node)
    )


def inner(node: ast.stmt) -> list[ast.stmt]:
    """The statements inside a block; none for anything else."""
    if not isinstance(node, BLOCKS):
        return []
    parts = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
    for handler in getattr(node, "handlers", []):
        parts += handler.body
    return parts


def defines(node: ast.stmt) -> bool:
    """Whether a plain statement defines or imports something, at any depth of blocks."""
    return isinstance(node, DEFINITIONS) or any(map(defines, inner(node)))


def targets(node: ast.stmt) -> Iterator[str]:
    """The names that a plain statement binds or changes at the top level."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, BLOCKS):
        for statement in inner(node):
            yield from targets(statement)
    else:
        for part in ast.walk(node):
            if isinstance(getattr(part, "ctx", None), ast.Store):
                yield from base_name(part)


def base_name(node: ast.AST) -> Iterator[str]:
    """The name that `a`, `a.b`, `a[0].c` start from."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def names_in(code: CodeType) -> Iterator[str]:
    """The global and attribute names that code uses, at any depth."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


def closure(statements: list[Statement], needed: set[str]) -> set[str]:
    """All names that definitions rest on, directly or through assignments."""
    for statement in statements:
        if statement.is_definition and not statement.is_import:
            needed |= statement.uses
    waiting = [s for s in statements if not s.is_definition]
    grew = True
    while grew:
        grew = False
        for statement in list(waiting):
            if statement.sets & needed:
                needed |= statement.uses
                waiting.remove(statement)
                grew = True
    return needed


def reached(statements: list[Statement], names: set[str]) -> set[str]:
    """The names that some functions rest on, directly or through other definitions and assignments."""
    waiting, grew = list(statements), True
    while grew:
        found = [statement for statement in waiting if statement.sets & names]
        waiting = [statement for statement in waiting if statement not in found]
        names = names.union(*(statement.uses for statement in found))
        grew = bool(found)
    return names


def note(cell: int, line: int, text: str) -> dict[str, Any]:
    """A note for the report."""
    return {"cell": cell, "line": line, "text": text[:500]}
