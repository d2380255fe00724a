"""Items that ask for a function are proven by running them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from quizzes.content.bank import load_bank
from quizzes.content.function_grading import SandboxGrader
from quizzes.content.function_lint import faults_in_functions, has_functions

BANKS = sorted((Path(__file__).parents[3] / "quizzes" / "banks").glob("*.yaml"))
GOOD = '''topic: Test
items:
  - id: twice
    type: function
    prompt: Write it.
    explanation: So.
    function: twice
    starter: |
      def twice(x):
          ...
    reference: |
      def twice(x):
          return 2 * x
    checks: |
      def doubles(student, reference, rng):
          """It doubles."""
          assert_same(student.twice, reference.twice, rng.normal(size=3))
'''


@pytest.fixture(scope="module")
def grader() -> Iterator[SandboxGrader]:
    """One sandbox for all tests of this file."""
    with SandboxGrader() as grader:
        yield grader


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("reference.twice, rng.normal(size=3)", "reference.twice, rng", "is broken: "),
        (
            "assert_same(student",
            "assert student.twice(1.0) == 3\n          assert_same(student",
            "fails its own",
        ),
        ("    ...", "    return 2 * x", "earns 1 of the points already"),
        ("          assert_same", "          time.sleep(0)\n          assert_same", "NameError"),
    ],
)
def test_faults(tmp_path: Path, grader: SandboxGrader, old: str, new: str, message: str) -> None:
    """A reference that fails, a start that earns and a broken check are said with file and line, once."""
    assert old in GOOD
    (tmp_path / "bank.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    faults = list(map(str, faults_in_functions(load_bank(tmp_path / "bank.yaml"), grader)))
    assert len(faults) == 1
    assert "bank.yaml, line 3: twice: " in faults[0]
    assert message in faults[0]


def test_a_check_that_cannot_use_the_start(tmp_path: Path, grader: SandboxGrader) -> None:
    """A check that runs through with the solution and not with the start's None has caught the start."""
    old, new = "assert_same(student", "student.twice(1.0) + 1\n          assert_same(student"
    (tmp_path / "bank.yaml").write_text(GOOD.replace(old, new), encoding="utf-8")
    assert list(faults_in_functions(load_bank(tmp_path / "bank.yaml"), grader)) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [("x + x", "no check fails"), ("x.size * x", "no check recognises"), ("3 * x", "")],
)
def test_known_mistakes(tmp_path: Path, grader: SandboxGrader, body: str, message: str) -> None:
    """A known mistake has to lose points and to be recognised by its numbers."""
    wrong = f'    common_wrong: [{{value: "def twice(x):\\n    return {body}", feedback: So wrong.}}]\n'
    text = GOOD + wrong
    if "size" in body:  # it answers as an earlier one does: nobody can tell which of the two it is
        text += "    tags: []\n"
        text = text.replace(
            "[{value", '[{value: "def twice(x):\\n    return 3 * x", feedback: Thrice.}, {value'
        )
    (tmp_path / "bank.yaml").write_text(text, encoding="utf-8")
    faults = list(map(str, faults_in_functions(load_bank(tmp_path / "bank.yaml"), grader)))
    assert len(faults) == (2 if "size" in body else bool(message))
    assert all(message in fault for fault in faults)


def test_the_banks(grader: SandboxGrader) -> None:
    """All functions of our banks are sound, and there are some."""
    banks = [bank for bank in map(load_bank, BANKS) if has_functions(bank)]
    assert len(banks) >= 3
    assert [fault for bank in banks for fault in faults_in_functions(bank, grader)] == []
