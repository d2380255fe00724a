"""Versions of a function with one change: what they are, and that making and running them ends."""

from __future__ import annotations

import inspect
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.memory import limited_memory
from autograder.grading.causes import equal
from autograder.sandbox.edits import (
    MOST_STEPS,
    MOST_STEPS_OF_ONE,
    MOST_VALUES,
    MOST_VERSIONS,
    PAGE,
    STEPS_OF_A_CALLBACK,
    Edits,
)


def edits(source: str, **names: Any) -> Edits:
    """The versions of the function f."""
    return Edits(source, "f", {"np": np, **names})


def answers(made: Edits, *arguments: Any) -> list[tuple[int, Any]]:
    """Number and answer of all versions."""
    found: list[tuple[int, Any]] = []
    start = 0
    while start < len(made.versions):
        numbers, places, values, following = made.tried(start, arguments)
        assert start < following <= start + PAGE
        found += [(number, values[place]) for number, place in zip(numbers, places, strict=True)]
        start = following
    return found


@pytest.mark.parametrize(
    ("body", "right", "kind"),
    [
        ("return x + y", lambda x, y: x - y, "swap_plus_minus"),
        ("return x - 2 * y - 1", lambda x, y: x - (2 * y - 1), "brackets"),
        ("return y - x", lambda x, y: x - y, "sides"),
        ("return np.exp(x)", lambda x, y: np.exp(-x), "wrap_negate"),
        ("return np.mean(x)", lambda x, y: np.sum(x), "other_function"),
        ("return x > 0", lambda x, y: x >= 0, "edge"),
        ("return np.where(x > 0, x, y)", lambda x, y: np.where(x > 0, y, x), "compare"),
        ("return x", lambda x, y: x * y, "insert_times"),
        ("return x ** 2", lambda x, y: x, "drop_power"),
        ("return np.tanh(x)", lambda x, y: x, "unwrap"),
        ("return 3 * x", lambda x, y: 2 * x, "constant"),
        ("return np.sum(x)", lambda x, y: np.sum(x, axis=0), "no_axis"),
        ("return (x[0], y)", lambda x, y: (y, x[0]), "results"),
        ("x = x + y\n    x = x * y\n    return x", lambda x, y: x * y, "line"),
        (
            "total = 0\n    for each in y:\n        total = x * each\n    return total",
            lambda x, y: sum(x * each for each in y),
            "not_added_up",
        ),
    ],
)
def test_a_change_that_makes_it_right_is_among_the_versions(body: str, right: Any, kind: str) -> None:
    """Each kind of slip has the version without it, and says what kind it is."""
    x, y = np.array([[1.0, 2.0, 0.0]]), np.array([2.0, 5.0, 3.0])
    made = edits(f"def f(x, y):\n    {body}\n")
    wanted = right(x, y)
    kinds = [
        made.described(number)[0] for number, value in answers(made, x, y) if equal(value, wanted, 1e-12)
    ]
    assert kind in kinds


def test_a_change_can_be_made_at_all_like_places() -> None:
    """Two like slips are undone together, and the version says how many places it changes."""
    made = edits("def f(a, b, t):\n    return 1 - a * t, 1 - b * t\n")
    right = [number for number, value in answers(made, 0.5, 0.25, 3) if value == (1 - 0.5**3, 1 - 0.25**3)]
    kind, line, part, _, places = made.described(right[0])
    assert (kind, line, part, places) == ("swap_times_power", 2, "t", 2)


def test_no_version_changes_another() -> None:
    """The tree is put back after each version: in any order, each gives the same answers."""
    source = "def f(x, y):\n    z = x * y + 2\n    return np.sum(z / (1 + y)) - x[0]\n"
    x, y = np.array([1.0, 4.0]), np.array([3.0, 0.5])
    forwards, backwards = edits(source), edits(source)
    numbers = [number for number, _ in answers(forwards, x, y)]
    for number in reversed(numbers):
        backwards.body(number)
    with np.errstate(all="ignore"):
        for number in numbers:
            np.testing.assert_equal(backwards.answer(number, x, y), forwards.answer(number, x, y))


@pytest.mark.parametrize(
    "body",
    [
        "n = 0\n    while n < x:\n        n += 1\n    return n",
        "return (x + 1) ** 2 ** x",
        "return [f(x - 1), x] if x > 0 else x",
    ],
)
def test_a_change_that_would_never_end_is_given_up(body: str) -> None:
    """Loops without an end, huge powers and endless recursion bring no answer, and the rest goes on."""
    assert answers(edits(f"def f(x):\n    {body}\n"), 6)


@pytest.mark.parametrize(
    "body",
    [
        "for k in range(1, n + n):\n        x = x / k\n    return x",
        "return sum(x * k for k in range(n + n))",
        "return [part.sum() for part in np.array_split(x, n + n)]",
        "for k in range(n + n):\n        x = x + g(x)\n    return x",
    ],
)
def test_a_version_that_takes_far_more_steps_has_no_answer(body: str) -> None:
    """Rounds, calls and call-backs are counted: a change after which a call takes hours hides no other."""
    asked = []

    def callback(x: Any) -> Any:
        asked.append(x)
        return x

    made = edits(f"def f(x, n, g):\n    {body}\n")
    endless = [
        i
        for i, edit in enumerate(made.versions)
        if (edit.kind, edit.other) == ("insert_power", "n") and edit.part in ("n", "n + n")
    ]
    with limited_memory():  # as where versions run
        found = [number for number, _ in answers(made, np.arange(3.0), 60, callback)]
    assert endless
    assert len(found) > len(made.versions) / 4
    assert not set(endless) & set(found)
    assert len(asked) <= len(made.versions) * MOST_STEPS_OF_ONE / STEPS_OF_A_CALLBACK + 1


class Ends:
    """Garbage in a circle, which calls functions when the collector ends it."""

    def __init__(self) -> None:
        self.circle = self

    def __del__(self) -> None:
        for number in range(3):
            str(number).strip()


class Seen(list[Any]):
    """A list that counts how often one of its items is looked at."""

    times = 0

    def __iter__(self) -> Iterator[Any]:
        for each in super().__iter__():
            Seen.times += 1
            yield each


def test_lists_that_hold_one_another_are_looked_at_in_part() -> None:
    """An answer of six million numbers, in lists of lists of the same lists, is not copied to be refused."""
    source = "def f(x):\n    y = x + 1\n    return hold(hold(hold(y)))\n"
    made = Edits(source, "f", {"hold": lambda each: Seen([each] * 190)}, most=3)
    assert made.versions
    assert not answers(made, 1)
    assert 0 < Seen.times < 190 * MOST_VALUES


def answered(body: str, often: int) -> str:
    """The numbers of the versions that answer in a process of its own, with a collection so often."""
    source = f"def f(x, n):\n    {body}\n"
    script = textwrap.dedent(inspect.getsource(Ends)) + COLLECTING.format(often=often, source=source)
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    "body",
    [
        "return [f(x - 1, n), x, leave()] if x > 0 else x",
        "for k in range(1, n + n):\n        leave()\n        x = x / k\n    return x",
    ],
)
def test_the_collector_changes_no_count(body: str) -> None:
    """Whenever garbage is collected, the same versions answer; a version that is ended ends no process."""
    assert answered(body, 1) == answered(body, 50) == answered(body, 1_000_000)


COLLECTING = """
import gc, json
import numpy as np
from autograder.sandbox.edits import Edits
gc.set_threshold({often}, 2, 2)
made = Edits({source!r}, "f", {{"np": np, "leave": lambda: Ends() and None}})
found, start = [], 0
while start < len(made.versions):
    numbers, _, _, start = made.tried(start, (6, 60))
    found += numbers
print(json.dumps(found))
"""


@pytest.mark.parametrize("caught", ["except Exception:", "except:"])
def test_no_except_keeps_a_version_going(caught: str) -> None:
    """A version that catches everything is ended all the same."""
    body = f"""
    for k in range(n):
        try:
            for m in range(n + n):
                x = x + m
        {caught}
            pass
    return x
"""
    made = edits(f"def f(x, n):{body}")
    assert answers(made, 3.0, 150)
    assert made._all_steps <= MOST_STEPS + MOST_STEPS_OF_ONE


def test_the_steps_of_all_versions_are_bounded() -> None:
    """Of a function whose versions each take many steps, the likeliest are tried and the others left out."""
    body = "for k in range(300):\n        x = x + y * g(x)\n    return x"
    made = edits(f"def f(x, y, g):\n    {body}\n")
    before = len(made.versions)
    answers(made, np.arange(3.0), 2.0, np.sin)
    assert 0 < len(made.versions) < before
    assert len(made.versions) <= 2 * MOST_STEPS / (300 * STEPS_OF_A_CALLBACK)  # some raise early


TEXT = st.text(
    st.sampled_from("x y=+-*/&|~^<>%()[]:,.\n    def f return 1 2 while in np.sum") | st.characters(),
    max_size=60,
)


@settings(max_examples=examples(60), deadline=None)
@given(source=TEXT)
def test_any_text_has_versions_or_none(source: str) -> None:
    """A source that is no function of that name has no versions, and none raises."""
    for text in (source, f"def f(x):\n    {source}\n"):
        made = edits(text)
        assert len(made.versions) <= MOST_VERSIONS
        made.tried(0, (np.array([1.0, -2.0]),))
