"""Which names a statement binds: the same as running it shows."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

import pytest
from examples import examples
from hypothesis import given, settings
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


BEFORE = """import numpy as np
GENERATOR = np.random.default_rng(0)
COUNT = 1
COUNT += 1
ORDER = [2, 0, 1]
INPUTS = np.zeros(3)
def draw(): return GENERATOR.normal(size=COUNT)
FIRST = draw()
SECOND = GENERATOR.normal(size=3)
np.copyto(INPUTS, ORDER)
LAST = ORDER.pop
REST = [7, 8, 9]
TAKEN = REST.pop(0)
def counts(student): return COUNT
def draws(student): return SECOND
def inputs(student): return INPUTS
def rest(student): return REST
"""


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("COUNT += 1\n", "COUNT += 1\nCOUNT += 1\n", {"counts", "draws"}),
        ("COUNT = 1\nCOUNT += 1", "COUNT += 1\nCOUNT = 1", {"counts", "draws"}),
        ("FIRST = draw()\n", "FIRST = draw(), draw()\n", {"draws"}),
        ("[2, 0, 1]", "[2, 1, 0]", {"inputs"}),
        ("pop(0)", "pop(1)", {"rest"}),
        ("LAST = ORDER.pop", "LAST = ORDER.sort", set()),
    ],
)
def test_a_change_that_a_value_notices(old: str, new: str, changed: set[str]) -> None:
    """A cached grade depends on the order and number of statements, and on calls that change a value."""
    after = BEFORE.replace(old, new)
    assert after != BEFORE
    names = ("counts", "draws", "inputs", "rest")
    assert {n for n in names if ChecksSource(BEFORE).behind(n) != ChecksSource(after).behind(n)} == changed


STATEMENTS = (
    *("a = 1", "a = 2", "a += 1", "b = [1, 2, 3]", "b = [a]", "c = b", "b.append(a)", "c.reverse()"),
    *(
        "a = b.pop()",
        "d = b.pop(0)",
        "b.extend(b)",
        "def f(): return b.pop()",
        "d = f()",
        "a, b[0] = 5, 6",
        "c[0] = 7",
        "c += [a]",
        "d = [b]",
        "d[0][0] = 8",
    ),
)


@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=2, max_size=4),
    st.lists(st.integers(0, 3), max_size=5),
    st.sampled_from("abcd"),
)
@settings(max_examples=examples(500))
def test_equal_sources_behind_a_check_give_it_equal_values(
    lines: list[str], order: list[int], name: str
) -> None:
    """Where two checks files differ in what a check sees when it runs, its cached grade is not reused."""
    files = [
        "\n".join(["a, b, c, d = 0, [4, 5, 6], [], None", *lines, f"def check(): return {name}"])
        for lines in (lines, [lines[number % len(lines)] for number in order])
    ]
    seen = []
    for source in files:
        namespace: dict[str, Any] = {}
        try:
            exec(source, namespace)
        except (IndexError, NameError, TypeError):
            return  # not a file that loads
        seen.append(namespace["check"]())
    if ChecksSource(files[0]).behind("check") == ChecksSource(files[1]).behind("check"):
        assert seen[0] == seen[1], files
