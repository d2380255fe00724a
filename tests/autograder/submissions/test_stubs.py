"""Stubs in a text: the same as in the syntax tree, in bounded time for any text."""

from __future__ import annotations

import ast
import textwrap

from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.sandbox.cells import is_stub
from autograder.submissions.stubs import defined_functions, stubs_among

HEADS = st.sampled_from(
    [
        "def f(x):",
        "def f(x, text='(:'):",
        "def f(\n    x,  # it's (\n    y={1: [2]},\n) -> dict[str, int]:",
        "def f(x, key=lambda a: (a, ')')):",
    ]
)
DOCSTRINGS = st.sampled_from(
    [
        "",
        '"""What it does."""',
        '"""What it\n\ndoes: (a, [b."""',
        "r'''Of \\sum; # of all.'''",
        "'one' 'two'",
        '"""def f(x):\n    return x\n"""',
        "f'{1}'",
        "b'bytes'",
    ]
)
STATEMENTS = st.sampled_from(
    [
        "pass",
        "...",
        "raise NotImplementedError",
        "raise NotImplementedError()",
        "raise NotImplementedError('f) is; # yours')",
        "raise NotImplementedError(\n    'f',\n)",
        "raise \\\n    NotImplementedError",
        "raise NotImplementedError('f') from None",
        "raise NotImplementedError(1) if x else ValueError(2)",
        "raise NotImplementedErrors()",
        "raise ValueError('NotImplementedError')",
        "pass; return x",
        "pass; pass",
        "... + x",
        "'a text'",
        "return x",
        "return",
        "x = 1",
        "if x:\n    pass",
        "# YOUR CODE HERE; return x",
        "pass  # it's here",
    ]
)
OTHERS = st.sampled_from(
    ["", "g = 1", "f = abs", "def g(x):\n    return x", "# f = abs", "'''\nf = abs\n'''"]
)


@st.composite
def definitions(draw: st.DrawFn) -> str:
    """A definition of `f`, as people write stubs and functions, with other lines around it."""
    body = [draw(DOCSTRINGS), *draw(st.lists(STATEMENTS, min_size=1, max_size=3))]
    inside = textwrap.indent("\n".join(filter(None, body)), draw(st.sampled_from(["    ", "\t", "  "])))
    return "\n".join([draw(OTHERS), f"{draw(HEADS)}\n{inside}", draw(OTHERS)])


def says_tree(source: str) -> bool:
    """Whether the last binding of `f` in a text is a stub by its syntax tree."""
    last: ast.AST | None = None
    for node in ast.parse(source).body:
        if (isinstance(node, ast.FunctionDef) and node.name == "f") or (
            isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "f" for name in node.targets)
        ):
            last = node
    return last is not None and is_stub(last)


@settings(max_examples=examples(600), deadline=None)
@given(st.lists(definitions(), min_size=1, max_size=2))
def test_the_text_says_what_the_tree_says(cells: list[str]) -> None:
    """There is one definition of a stub, wherever it is looked for."""
    source = "\n".join(cells)
    try:
        compile(source, "cells", "exec")
    except SyntaxError:  # a comment alone is no body
        return
    assert defined_functions(cells, ["f"]) == ["f"]
    assert (stubs_among(cells, ["f"]) == ["f"]) == says_tree(source)


@settings(max_examples=examples(300), deadline=None)
@given(st.text(alphabet="\"'\\#()[]{}:;\n def f=rb,x", max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    """What is not closed, or is no Python at all, raises nothing and empties no other cell."""
    assert stubs_among([text, "def f(x):\n    pass"], ["f"]) == ["f"]
    assert stubs_among([text, "def f(x):\n    return x"], ["f"]) == []
