"""Analysis of Python sources: stubs, definitions, the names that a statement binds, helpers of a function.

For the course's own files only (handouts, references, checks): a submission is never parsed in the judge.
Used by the cache keys of grading, by authoring, and by nbgrader's source notebooks.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from threading import Lock
from types import CodeType

from autograder.errors import ContentError

__all__ = [
    "Library",
    "SourceLoader",
    "bound_names",
    "expression_tree",
    "functions_in",
    "global_names",
    "imported_names",
    "parse_cell",
    "syntax_tree",
    "with_body",
]


SHELL_LINE = re.compile(r"^\s*[%!].*$", re.MULTILINE)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)  # scopes of their own
MARKS = {"mistake", "alternative"}  # decorators of variants; a notebook does not know them
# Two threads of a server that parse at once raise SystemError in one of them (recursion depth mismatch).
PARSING = Lock()


def syntax_tree(source: str | bytes) -> ast.Module:
    """The tree of a Python source; for all code that a server may run. Raises as `ast.parse` does."""
    with PARSING:
        return ast.parse(source)


class SourceLoader(SourceFileLoader):
    """Loads a module from its source, whatever compiled code lies beside it.

    Python takes compiled code for new where its source has the time, in whole seconds, and the length that it
    was made from. A file that was saved twice within a second may be another one, and so may an unpacked one.
    """

    def get_code(self, fullname: str) -> CodeType:
        """The compiled source, its assertions kept even under `python -O`; raises as `compile` does."""
        path = self.get_filename(fullname)
        source = self.get_data(path)
        with PARSING:
            code: CodeType = compile(source, path, "exec", dont_inherit=True, optimize=0)
        return code


def expression_tree(text: str) -> ast.expr:
    """The tree of one expression; raises as `ast.parse` does."""
    with PARSING:
        return ast.parse(text, mode="eval").body


def parse_cell(source: str) -> ast.Module:
    """A handout's cell, its magics blanked; what is not Python counts as an empty cell."""
    for text in (source, SHELL_LINE.sub("", source)):
        try:
            return syntax_tree(text)
        except SyntaxError:
            continue
    return ast.Module([], [])


def functions_in(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """The functions that a module defines at its top level."""
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def imported_names(tree: ast.Module) -> set[str]:
    """The names that a module's top-level imports bind."""
    imports = (node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))
    return {name for node in imports for name in bound_names(node)}


def bound_names(node: ast.stmt) -> set[str]:
    """The names that a statement binds in its module, or whose object it changes (`table[0] = 1`).

    Blocks are looked into at any depth; what functions do when they are called is not.
    """
    table = symtable.symtable(ast.unparse(node), "<statement>", "exec")
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    parts: list[ast.AST] = [node]
    while parts:
        part = parts.pop()
        if isinstance(part, FUNCTIONS):
            continue
        if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
            names |= _base_name(part)
        if isinstance(part, ast.NamedExpr):
            names.add(part.target.id)  # inside a comprehension it binds outside of it
        parts += ast.iter_child_nodes(part)
    return names


def global_names(source: str) -> set[str]:
    """The names that a source takes from outside its functions, builtins among them."""
    names: set[str] = set()
    tables = [symtable.symtable(source, "<source>", "exec")]
    while tables:
        table = tables.pop()
        outer = table.get_type() == "module"
        names |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (outer or s.is_global())}
        tables += table.get_children()
    return names


def with_body(source: str, body: str) -> str:
    """A function's source with another body, under the same name and parameters."""
    definition = syntax_tree(source).body[0]
    assert isinstance(definition, ast.FunctionDef)  # the assignment's functions are
    definition.body = syntax_tree(body).body
    return ast.unparse(definition)


@dataclass(frozen=True)
class _Statement:
    source: str
    binds: frozenset[str]


class Library:
    """The top level of course files: what their functions look like, and what they rest on."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Read the files; where two define the same name, the earlier one counts."""
        self._functions: dict[str, str] = {}
        self._statements: list[_Statement] = []
        for path in paths:
            text = path.read_text(encoding="utf-8")
            lines = text.split("\n")
            known = {name for statement in self._statements for name in statement.binds}
            for node in syntax_tree(text).body:
                self._add(node, lines, known)

    def function(self, name: str) -> str:
        """The source of a function; raises ContentError when it is not written with def."""
        if name not in self._functions:
            raise ContentError(f"The reference has no plain function {name}.", next_step="Write it with def.")
        return self._functions[name]

    def support(self, sources: Iterable[str], leave_out: Iterable[str]) -> list[str]:
        """The imports, constants and helpers behind the sources, in order, without the names left out."""
        left_out = set(leave_out)
        wanted = {name for source in sources for name in global_names(source)}
        chosen: set[int] = set()
        grew = True
        while grew:
            grew = False
            for number, statement in enumerate(self._statements):
                if number not in chosen and statement.binds & wanted - left_out:
                    chosen.add(number)
                    wanted |= global_names(statement.source)
                    grew = True
        return [self._statements[number].source for number in sorted(chosen)]

    def _add(self, node: ast.stmt, lines: list[str], known: set[str]) -> None:
        if isinstance(node, ast.ImportFrom) and node.module in ("__future__", "reference"):
            return  # a notebook needs no deferred annotations, and has the reference's helpers
        decorators = getattr(node, "decorator_list", [])
        if any(map(_is_mark, decorators)):
            decorators = []
        first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
        source = "\n".join(lines[first - 1 : node.end_lineno])
        if isinstance(node, ast.FunctionDef):
            self._functions.setdefault(node.name, source)
        names = frozenset(bound_names(node)) - known  # what an earlier file has stays as it is there
        if names:
            self._statements.append(_Statement(source, names))


def _base_name(node: ast.expr) -> set[str]:
    """The name that `a.b` and `a[0].c` start from."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _is_mark(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id in MARKS
    )
