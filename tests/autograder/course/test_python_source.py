"""Which names a statement binds: the same as running it shows."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.python_source import bound_names
from autograder.grading.cache_keys import ChecksSource

PLAIN = [
    "a = 1",
    "a, *b = 1, 2",
    "a: int = 1",
    "import os.path",
    "import os.path as a, sys",
    "from math import pi, tau as b",
    "def f(x=(b := 1)):\n    c = 2",
    "async def g():\n    c = 2",
    "class C:\n    c = 2",
    "print(b := 3, end='')",
    "a = [x for x in (1, 2)]",
    "a = [(last := x) for x in (1, 2)]",
    "a = lambda: (c := 1)",
    "for i, j in [(1, 2)]:\n    a = i",
    "with open(__file__) as (b):\n    pass",
    "match [1, 2, {'k': 3, 'l': 4}]:\n    case [a, *b, {'k': c, **d}]:\n        pass",
]
BLOCKS = [
    "if True:\n{}",
    "while True:\n{}\n    break",
    "for step in range(1):\n{}",
    "try:\n{}\nfinally:\n    pass",
    "try:\n    1 / 0\nexcept ZeroDivisionError:\n{}",
    "with open(__file__) as opened:\n{}",
]


@given(st.sampled_from(PLAIN), st.lists(st.sampled_from(BLOCKS), max_size=3))
def test_the_names_that_running_binds(source: str, blocks: list[str]) -> None:
    """At any depth of blocks, a statement binds the names that are new after it has run."""
    for block in blocks:
        source = block.format(textwrap.indent(source, "    "))
    namespace: dict[str, object] = {"__file__": __file__}
    before = {*namespace, "__builtins__", "__annotations__", "__annotate__", "__conditional_annotations__"}
    exec(source, namespace)
    (statement,) = ast.parse(source).body
    assert bound_names(statement) == namespace.keys() - before


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("table['x'] = 1", {"table"}),
        ("layer.weights[0].bias += 1", {"layer"}),
        ("del table[0]", {"table"}),
        ("for i in (1, 2):\n    table[i] = i", {"table", "i"}),
        ("def f(self):\n    self.x = 1", {"f"}),
        ("try:\n    pass\nexcept OSError as problem:\n    pass", {"problem"}),
        ("table.update(x=1)", set()),
    ],
)
def test_the_objects_that_a_statement_changes(source: str, names: set[str]) -> None:
    """Assigning to an item or an attribute counts for the name in front of it, outside of functions."""
    assert bound_names(ast.parse(source).body[0]) == names


CHECKS = '''"""Hidden checks."""
import numpy as np
LIMITS = {"relu": 1.0}
LIMITS["tanh"] = 2.0
LIMITS.update(gelu=3.0)
OTHER = 4.0
async def helper(): return LIMITS
def first(student): return helper()
def second(student): return OTHER
'''


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("1.0", "1.5", {"first"}),
        ("2.0", "2.5", {"first"}),
        ("3.0", "3.5", {"first", "second"}),  # a call may change anything
        ("4.0", "4.5", {"second"}),
        ("return LIMITS", "return dict(LIMITS)", {"first"}),
        ("Hidden checks.", "The hidden checks.", set()),
    ],
)
def test_what_a_change_of_a_checks_file_touches(old: str, new: str, changed: set[str]) -> None:
    """A cached grade depends on every statement that its check can notice, and on no other."""
    after = CHECKS.replace(old, new)
    assert after != CHECKS
    names = ("first", "second")
    assert {n for n in names if ChecksSource(CHECKS).behind(n) != ChecksSource(after).behind(n)} == changed
