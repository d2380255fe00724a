"""What errors say: each has an instruction, and lists of known names are written in one way."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import errors
from autograder.course.course import find_course
from autograder.errors import AutograderError, SubmissionError, choose_one

ROOT = find_course(Path(__file__).parent).root
# What is wrong with a submission becomes part of another sentence, which says what to do.
PARTS = (SubmissionError,)
NAMES = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, AutograderError) and kind not in PARTS
}


def errors_made() -> Iterator[tuple[str, ast.Call]]:
    """Every call that makes an error in the two packages, with its file and line."""
    for package in ("autograder", "quizzes"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_every_error_says_what_to_do() -> None:
    """An error has a next step: somebody reads it in a terminal, or on a page."""
    calls = list(errors_made())
    assert len(calls) > 200
    without = [
        location for location, call in calls if not any(word.arg == "next_step" for word in call.keywords)
    ]
    assert without == []


def test_a_choice_is_written_in_one_place() -> None:
    """Known names are listed by `choose_one`, which has another instruction where there are none."""
    by_hand = [location for location, call in errors_made() if "one of: {" in ast.unparse(call)]
    assert by_hand == []


@given(st.lists(st.text("abc-", min_size=1)), st.text(min_size=1))
def test_what_to_choose(names: list[str], otherwise: str) -> None:
    """All known names are there; without any, there is nothing to choose and another instruction."""
    text = choose_one(names, otherwise)
    assert text == otherwise if not names else all(name in text for name in names)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_an_error_keeps_its_instruction(name: str) -> None:
    """The instruction survives the way between processes."""
    problem = getattr(errors, name)("What is wrong.", next_step="Do this.")
    assert pickle.loads(pickle.dumps(problem)).next_step == "Do this."
