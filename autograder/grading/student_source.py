"""The source of a student's function, found in the notebook's cells as text.

A submission is not parsed here: a definition is recognised by its first line and its indentation, which is
enough to show it and to find a line in it. The idioms and the feedback page use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["StudentSource", "find_source"]

MOST_LINES, LONGEST_LINE = 120, 200
DEFINITION = r"^([ \t]{0,40})(?:async[ \t]{1,9})?def[ \t]{1,9}%s[ \t]{0,9}\("
STRING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
COMMENT = re.compile(r"#[^\n]*")


@dataclass(frozen=True)
class StudentSource:
    """A function as a student wrote it."""

    function: str
    cell: int  # counted from 1 over all cells; 0 where it is not known
    line: int  # of the definition in the cell, counted from 1
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The source as it stands in the notebook."""
        return "\n".join(self.lines)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return tuple(part.split("=")[0].split(":")[0].strip(" *") for part in self._parameter_list())

    @property
    def defaults(self) -> dict[str, float]:
        """The defaults that are written as numbers, by parameter."""
        found = {}
        for part in self._parameter_list():
            name, _, default = part.partition("=")
            if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", default.strip()):
                found[name.split(":")[0].strip(" *")] = float(default)
        return found

    @property
    def is_cut(self) -> bool:
        """Whether lines, or ends of lines, may be missing."""
        return len(self.lines) >= MOST_LINES or any(len(line) >= LONGEST_LINE for line in self.lines)

    def _parameter_list(self) -> list[str]:
        head = " ".join(COMMENT.sub("", line) for line in self.lines[:8])
        match = re.search(r"def\s+\w+\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)", head)
        if match is None:
            return []
        parts = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", match[1]).split(",")
        return [part for part in parts if part.strip(" */")]

    def code(self) -> Iterator[tuple[int, str]]:
        """The lines of the body with their numbers in the cell, without comments and texts."""
        in_text = ""
        for number, line in enumerate(self.lines[1:], self.line + 1):
            if in_text:
                if in_text in line:
                    in_text = ""
                continue
            opened = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
            if opened:
                in_text, line = opened, line.split(opened)[0]
            elif '"""' in line or "'''" in line:
                continue  # a docstring of one line
            yield number, COMMENT.sub("", STRING.sub("''", line))

    def place(self, number: int) -> str:
        """A line for people, such as `cell 3, line 5: p[labels] -= 1`; without a cell where none is known."""
        cell = f"cell {self.cell}, " if self.cell else ""
        return f"{cell}line {number}: {self.lines[number - self.line].strip()[:LONGEST_LINE]}"

    def find(self, pattern: str) -> str:
        """The place of the first line of the body in which a pattern stands; "" where there is none."""
        expression = re.compile(pattern)
        for number, line in self.code():
            if expression.search(line[:LONGEST_LINE]):
                return self.place(number)
        return ""

    @property
    def definition(self) -> str:
        """The place of the definition itself."""
        return self.place(self.line)


def find_source(cells: Sequence[tuple[int, str]], function: str) -> StudentSource | None:
    """The last definition of a function in numbered cells; None where there is none."""
    head = re.compile(DEFINITION % re.escape(function), re.MULTILINE)
    for cell, source in reversed(cells):
        lines = source.split("\n")
        starts = [number for number, line in enumerate(lines) if head.match(line[:LONGEST_LINE])]
        if starts:
            first = starts[-1]
            return StudentSource(function, cell, first + 1, _definition(lines[first : first + MOST_LINES]))
    return None


def _definition(lines: Sequence[str]) -> tuple[str, ...]:
    """The lines that belong to the definition that begins with the first one."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    depth, end = 0, 1
    for number, line in enumerate(lines):
        plain = COMMENT.sub("", STRING.sub("", line))
        inside = depth > 0
        depth = max(0, depth + sum(map(plain.count, "([{")) - sum(map(plain.count, ")]}")))
        if not line.strip():
            continue
        if (
            number
            and not inside
            and len(line) - len(line.lstrip()) <= indent
            and not _in_text(lines[:number])
        ):
            break
        end = number + 1
    return tuple(line.rstrip()[:LONGEST_LINE] for line in lines[:end])


def _in_text(lines: Sequence[str]) -> bool:
    """Whether a text of several lines is open after these lines."""
    return any(sum(line.count(mark) for line in lines) % 2 for mark in ('"""', "'''"))
