"""Functions of quizzes are graded in the real sandbox: what hangs or cheats costs its own mark only."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.content.function_grading import SandboxGrader, grade_function
from quizzes.content.items.function import FunctionItem, FunctionQuestion
from quizzes.content.markup import escaped, render, unescaped
from quizzes.content.question import Mark

ITEM: dict[str, Any] = {
    "id": "twice",
    "type": "function",
    "prompt": "Write `twice`.",
    "explanation": "Multiply.",
    "function": "twice",
    "starter": "def twice(x):\n    ...",
    "reference": "def twice(x):\n    return 2 * x",
    "checks": '''
def numbers(student, reference, rng):
    """Numbers are doubled."""
    assert student.twice(3.0) == 6.0

def arrays(student, reference, rng):
    """Arrays are doubled entry by entry."""
    assert_same(student.twice, reference.twice, rng.normal(size=(3, 2)))
''',
}
RIGHT = "def twice(x):\n    return x + x"


@pytest.fixture(scope="module")
def grader() -> Iterator[SandboxGrader]:
    """One sandbox for all tests of this file."""
    with SandboxGrader() as grader:
        yield grader


def question(**changes: Any) -> FunctionQuestion:
    """The question, worth two points."""
    return FunctionItem.model_validate({**ITEM, **changes}).question(b"a seed", Decimal(2))


def marked(grader: SandboxGrader, source: str, **changes: Any) -> Mark:
    """The mark of a source."""
    return grade_function(question(**changes), source, grader)


def test_right(grader: SandboxGrader) -> None:
    """A right function earns everything, though it is written otherwise."""
    mark = marked(grader, RIGHT)
    assert (mark.points, mark.share, mark.pending) == (2, 1, False)


def test_partly_right(grader: SandboxGrader) -> None:
    """The checks that pass count; feedback says of each whether it did."""
    mark = marked(grader, "def twice(x):\n    return 2 * x if isinstance(x, float) else x")
    assert (mark.points, mark.share) == (1, Fraction(1, 2))
    assert "✓ Numbers are doubled." in mark.feedback
    assert "✗ Arrays are doubled entry by entry." in mark.feedback


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def twice(x):\n    return x", "does not hold"),
        ("def twice(x):\n    return None", "does not hold"),
        (
            "def twice(x):\n    raise ValueError('<b>$\\\\fra{1}$ `a` [b](c)')",
            "ValueError: &lt;b&gt;$\\fra{1}$ `a`",
        ),
        ("def twice(x):\n    while True: pass", "more than 2 s"),
        ("def twice(x)\n    return 2 * x", "Line 1: SyntaxError"),
        ("def other(x):\n    return 2 * x", "There is no function twice"),
        ("import os\ndef twice(x):\n    os.fork()\n    return 2 * x", "PermissionError"),
        ("import os\ndef twice(x):\n    return os.listdir('/')", "does not hold"),  # a directory in memory
        ("def twice(x):\n    return open('/etc/passwd').read()", "Error"),
        ("import os\ndef twice(x):\n    os._exit(0)", "ended the process"),
        ("def twice(x):\n    return bytearray(4 << 30)", "memory"),
        ("raise SystemExit", "no function"),
        (
            "class Yes(float):\n    __eq__ = lambda a, b: True\ndef twice(x):\n    return Yes(1)",
            "does not hold",
        ),
        ("\x00", "There is no function twice"),
        ("(" * 5000, "There is no function twice"),
    ],
)
def test_nothing_earned(grader: SandboxGrader, source: str, message: str) -> None:
    """What is wrong, breaks out or cheats earns nothing and is told why; the next answer is graded."""
    mark = marked(grader, source)
    assert (mark.points, mark.pending) == (0, False)
    assert message in mark.feedback
    assert marked(grader, RIGHT).share == 1


def test_a_known_mistake_is_named(grader: SandboxGrader) -> None:
    """Whoever answers as a known mistake does, however it is written, reads its sentence."""
    wrong: Any = [{"value": "def twice(x):\n    return x * x", "feedback": "You *square*."}]
    mark = marked(grader, "def twice(y):\n    return y ** 2", common_wrong=wrong)
    assert mark.share == 0
    assert "You *square*." in mark.feedback
    assert "square" not in marked(grader, "def twice(x):\n    return 5 * x", common_wrong=wrong).feedback


def test_nothing_written_needs_no_sandbox(grader: SandboxGrader) -> None:
    """An empty answer is marked at once, by the grader as by the question."""
    assert not question().mark(" \n").pending
    assert marked(grader, " \n") == question().mark(" \n")


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        (
            'def c(student, reference):\n    """C."""\n    student.twice(1.0) + "a"',
            "“C.” is broken: TypeError",
        ),
        ('def c(student, reference):\n    """C."""\n    reference.thrice(1.0)', "“C.” is broken: KeyError"),
        ('import nowhere\ndef c(student):\n    """C."""', "nowhere"),
    ],
)
def test_a_broken_check_is_said_to_staff(grader: SandboxGrader, checks: str, message: str) -> None:
    """No mark is given; it waits, and the trouble names the check."""
    mark = marked(grader, RIGHT, checks=checks)
    assert mark.pending
    assert message in mark.detail["trouble"]
    assert mark.feedback == ""


def test_the_same_seed_gives_the_same_mark(grader: SandboxGrader) -> None:
    """Grading again changes nothing, feedback included."""
    wrong = "def twice(x):\n    return 2.1 * x"
    assert marked(grader, wrong) == marked(grader, wrong)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"starter": "def other(x): ..."}, "starter does not define twice"),
        ({"reference": "def twice(x: ..."}, "reference is not Python"),
        ({"checks": "def c(x): ..."}, "no function of .student"),
        ({"checks": "def c(student): ..."}, "c has no docstring"),
        ({"checks": "def c(student, model):\n    'C.'"}, "asks for model"),
        ({"common_wrong": [{"value": "x = 1", "feedback": "No."}]}, "common_wrong 1 does not define twice"),
        ({"parameters": {"a": {"range": [1, 2]}}}, "draws no parameters"),
    ],
)
def test_items_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    """What can be seen without running anything is refused with the bank."""
    with pytest.raises(ValueError, match=message):
        FunctionItem.model_validate({**ITEM, **changes})


@given(st.text(max_size=80))
def test_a_strangers_text_is_shown_as_it_is(text: str) -> None:
    """Escaped text has no markup, whatever is in it, and reads as before."""
    line = " ".join(text.split())
    assert unescaped(escaped(text)) == line
    html = render(f"- {escaped(text)}")
    assert html.count("<") == 4  # <ul>, <li> and their ends
