"""Stubs: which functions of an assignment a notebook defines, and which of them are still as handed out.

`selection` tells the untouched handout from a student's work with it, and `autograder submit` says before
anything is submitted that a notebook holds no work. The text alone is looked at: nothing is run or parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["defined_functions", "is_untouched", "stubs_among"]

DOCSTRING = re.compile(r"""\A[rRuU]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')""", re.DOTALL)
STUB = re.compile(r"(?:raise\s+NotImplementedError\b|pass\b|\.\.\.)")
LONGEST_HEAD = 5000  # characters of a function's parameters


def defined_functions(sources: Iterable[str], functions: Sequence[str]) -> list[str]:
    """Those of the functions that the cells define in any way: def, class, assignment or import."""
    text = "\n".join(sources)
    return [name for name in functions if _binding(name).search(text)]


def stubs_among(sources: Iterable[str], functions: Sequence[str]) -> list[str]:
    """Those whose last definition is a stub: a docstring, then `raise NotImplementedError` or `pass`."""
    text = "\n".join(sources)
    return [name for name in functions if _is_stub(text, name)]


def is_untouched(sources: Sequence[str], functions: Sequence[str]) -> bool:
    """Whether a notebook defines some of the functions, and every one that it defines is a stub."""
    defined = defined_functions(sources, functions)
    return bool(defined) and stubs_among(sources, defined) == defined


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
    return body_start >= 0 and _is_empty_body(text[body_start:], len(last[1].expandtabs()))


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


def _is_empty_body(text: str, indent: int) -> bool:
    """Whether the indented lines at the start of the text hold nothing, or only the statement of a stub."""
    first, _, rest = text.partition("\n")
    lines = [first.strip()]
    in_docstring = ""
    for line in rest.split("\n"):
        stripped = line.strip()
        width = len(line.expandtabs()) - len(line.expandtabs().lstrip())
        if stripped and not in_docstring and width <= indent and not stripped.startswith("#"):
            break
        for quotes in ('"""', "'''"):
            if (not in_docstring or in_docstring == quotes) and stripped.count(quotes) % 2:
                in_docstring = "" if in_docstring else quotes
                break
        lines.append(line)
    body = _without_comments("\n".join(lines))
    body = DOCSTRING.sub("", body, count=1)
    statements = [line for line in _without_comments(body).split("\n") if line.strip()]
    if not statements:
        return True
    return bool(STUB.match(statements[0].strip())) and _ends_with(statements)


def _ends_with(statements: list[str]) -> bool:
    """Whether the first line's statement is the only one; its brackets may go over several lines."""
    depth = 0
    for number, line in enumerate(statements):
        if number and depth <= 0:
            return False
        depth += sum(line.count(bracket) for bracket in "([{") - sum(line.count(b) for b in ")]}")
    return True


def _without_comments(text: str) -> str:
    """The text without blank lines and lines of comment at its start and between statements."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return "\n".join(lines).strip()
