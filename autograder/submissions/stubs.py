"""Stubs: which functions of an assignment a notebook defines, and which of them are still as handed out.

A function whose cell has become a text cell by a wrong key press is found, too: `definitions_in_text_cells`.

`selection` tells the untouched handout from a student's work with it, and `autograder submit` says before
anything is submitted that a notebook holds no work. What a stub is says `autograder.sandbox.cells.is_stub`;
this module finds the same in a text, since students' code is neither run nor parsed outside the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.submissions.notebook import cell_source

__all__ = [
    "TextDefinition",
    "defined_functions",
    "definitions_in_text_cells",
    "is_untouched",
    "stubs_among",
]

# Strings, comments and line breaks inside a statement. What is not closed ends with its line or its cell.
OPAQUE = re.compile(
    r"([rRbBuUfF]{0,2})"
    r"(?:\"{3}(?:\\.|[^\\])*?(?:\"{3}|\Z)|'{3}(?:\\.|[^\\])*?(?:'{3}|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*+(?:\"|(?=\n)|\Z)|'(?:\\.|[^'\\\n])*+(?:'|(?=\n)|\Z))"
    r"|#[^\n]*|\\\n",
    re.DOTALL,
)
DOCSTRING = re.compile(r"(?:[rRuU]?\"\"\s*)+")  # when OPAQUE is emptied
RAISES_NOTHING_ELSE = re.compile(r"raise\s+NotImplementedError\s*")
TEXT_CELLS = {"markdown": "Markdown", "raw": "raw"}
LONGEST_HEAD = 5000  # characters of a function's parameters


def defined_functions(sources: Iterable[str], functions: Sequence[str]) -> list[str]:
    """Those of the functions that the cells define in any way: def, class, assignment or import."""
    text = _without_texts(sources)
    return [name for name in functions if _binding(name).search(text)]


@dataclass(frozen=True, slots=True)
class TextDefinition:
    """A function that is written in a cell that no kernel runs."""

    function: str
    cell: int  # counted from 1 over all cells
    line: int
    kind: str  # of the cell: "Markdown" or "raw"


def definitions_in_text_cells(
    cells: Sequence[Any], sources: Iterable[str], functions: Sequence[str]
) -> list[TextDefinition]:
    """Those of the functions that only text cells define; `cells` are raw ones, `sources` the code cells'."""
    text = _without_texts(sources)
    found: dict[str, TextDefinition] = {}
    for number, cell in enumerate(cells, start=1):
        kind = cell.get("cell_type") if isinstance(cell, Mapping) else None
        source = cell_source(cell) if kind in TEXT_CELLS else None
        for name in functions if source and "def " in source else ():
            if match := re.search(rf"^[ \t]*def[ \t]+{re.escape(name)}[ \t]*\(", source or "", re.MULTILINE):
                line = (source or "").count("\n", 0, match.start()) + 1
                found[name] = TextDefinition(name, number, line, TEXT_CELLS[str(kind)])
    return [found[name] for name in found if not _binding(name).search(text)]


def stubs_among(sources: Iterable[str], functions: Sequence[str]) -> list[str]:
    """Those whose last definition is a stub."""
    text = _without_texts(sources)
    return [name for name in functions if _is_stub(text, name)]


def is_untouched(sources: Sequence[str], functions: Sequence[str]) -> bool:
    """Whether a notebook defines some of the functions, and every one that it defines is a stub."""
    defined = defined_functions(sources, functions)
    return bool(defined) and stubs_among(sources, defined) == defined


def _without_texts(sources: Iterable[str]) -> str:
    """The cells with every string empty and no comment, so that brackets and names are code's."""
    return "\n".join(OPAQUE.sub(_emptied, source) for source in sources)


def _emptied(found: re.Match[str]) -> str:
    if found[0].startswith("#"):
        return ""
    return " " if found[0].startswith("\\") else f'{found[1]}""'


def _binding(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    return re.compile(
        rf"^(?:[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{word}\b"
        rf"|(?:[\w.]+[ \t]*(?:=|,)[ \t]*)*{word}[ \t]*(?:,[^=\n]*)?(?::[^=\n]*)?=(?!=)"
        rf"|[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t][^\n]*\b{word}\b)",
        re.MULTILINE,
    )


def _is_stub(text: str, name: str) -> bool:
    definitions = list(re.finditer(rf"^([ \t]*)def[ \t]+{re.escape(name)}[ \t]*\(", text, re.MULTILINE))
    bindings = list(_binding(name).finditer(text))
    if not definitions or bindings[-1].start() != definitions[-1].start():
        return False  # something else was given the name later
    last = definitions[-1]
    body_start = _end_of_head(text, last.end())
    if body_start < 0:
        return False
    statements = list(_statements(text[body_start:], len(last[1].expandtabs())))
    if statements and DOCSTRING.fullmatch(statements[0]):
        statements = statements[1:]
    return all(map(_does_nothing, statements))


def _end_of_head(text: str, start: int) -> int:
    """The position after the colon that ends a function's head, whose parameters begin at `start`; or -1."""
    depth = 1
    for position in range(start, min(len(text), start + LONGEST_HEAD)):
        character = text[position]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == ":" and depth == 0:
            return position + 1
    return -1


def _statements(text: str, indent: int) -> Iterator[str]:
    """The statements at the start of a text that belong to a function which is indented so far."""
    statement, depth = "", 0
    for number, line in enumerate(text.split("\n")):
        width = len(line.expandtabs()) - len(line.expandtabs().lstrip())
        if number and line.strip() and depth <= 0 and width <= indent:
            break
        statement += f" {line}"
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if depth <= 0:
            yield from filter(None, (part.strip() for part in statement.split(";")))
            statement, depth = "", 0
    if statement.strip():
        yield statement.strip()


def _does_nothing(statement: str) -> bool:
    """Whether a statement is one of those that stubs consist of."""
    if statement in ("pass", "..."):
        return True
    raised = RAISES_NOTHING_ELSE.match(statement)
    return raised is not None and _is_empty_or_one_call(statement[raised.end() :])


def _is_empty_or_one_call(text: str) -> bool:
    """Whether a text is empty, or a pair of brackets that ends where the text does."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth <= 0:
            return text[0] == "(" and position == len(text) - 1
    return not text
