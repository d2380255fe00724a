"""Negative marks: a wrong choice takes from the same question's other parts, never below zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from quizzes.content.bank import load_bank
from quizzes.content.items.any_item import Item
from quizzes.content.lint import faults_in_bank
from quizzes.content.marking.penalty import fair_penalty, penalised, penalty_sentence
from quizzes.content.question import Question

WORDS = {"id": "one", "prompt": "Judge [[n]].", "explanation": "So.", "parameters": {"n": {"range": [1, 9]}}}
BLANKS = [
    {"id": "a", "label": "n is positive", "truth": True},
    {"id": "b", "label": "n is even", "truth": "n % 2 == 0"},
    {"id": "c", "label": "n is", "options": ["a number", "a letter"], "weight": 2},
]


def question(**of: Any) -> Question:
    """A variant worth four points."""
    made: Question = TypeAdapter[Any](Item).validate_python({**WORDS, **of}).question(b"seed", Decimal(4))
    return made


def blanks(penalty: object = 0) -> Question:
    """Two statements and a list that counts twice."""
    return question(type="blanks", blanks=BLANKS, penalty=penalty)


def answered(made: Question, **right: bool) -> dict[str, str]:
    """An answer with these blanks right or wrong, the others left empty."""
    key = made.key_answer
    assert isinstance(key, dict)
    options = {field.id: [option.id for option in field.options] for field in made.public_view().fields}
    return {
        id: key[id] if yes else next(option_id for option_id in options[id] if option_id != key[id])
        for id, yes in right.items()
    }


@pytest.mark.parametrize(
    ("penalty", "given", "points"),
    [
        ("0", {"a": True, "b": False, "c": False}, 1),
        ("0.5", {"a": True, "b": False}, "0.5"),
        ("0.5", {"a": True, "b": True, "c": False}, 1),  # the list weighs two
        ("1", {"a": True, "b": False}, 0),
        ("1", {"a": False, "b": False, "c": False}, 0),  # not below zero
        ("1", {"c": True}, 2),  # what is left empty costs nothing
        ("1", {"a": True, "b": True, "c": True}, 4),
        ("1", {}, 0),
    ],
)
def test_blanks(penalty: str, given: dict[str, bool], points: object) -> None:
    """A wrong choice takes its share of its own weight; empty ones and the floor cost nobody."""
    made = blanks(penalty)
    assert made.mark(answered(made, **given)).points == Decimal(points)  # type: ignore[arg-type]


def test_numbers_and_words_cost_nothing() -> None:
    """Only choices can be guessed: a wrong number takes nothing away."""
    number = {"id": "d", "label": "n", "key": "n"}
    made = question(type="blanks", blanks=[*BLANKS, number], penalty=1)
    assert made.mark({**answered(made, a=True), "d": "99"}).share == Fraction(1, 5)


def test_matching() -> None:
    """A wrong partner takes away, an entry left open does not."""
    pairs = [{"left": letter, "right": letter.upper()} for letter in "abcd"]
    made = question(type="matching", pairs=pairs, penalty="0.25")
    key = made.key_answer
    assert isinstance(key, dict)
    first, second, third, _ = key
    assert made.mark({first: key[first], second: key[third], third: ""}).share == Fraction(3, 16)
    assert made.mark({first: key[second]}).share == 0


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.decimals(0, 1, places=2, allow_nan=False))
def test_any_penalty(right: int, wrong: int, empty: int, penalty: Decimal) -> None:
    """A share is between 0 and 1, never more than without a penalty, and all of it only for all right."""
    total = right + wrong + empty
    if total:
        share = penalised(right, wrong, total, penalty)
        assert 0 <= share <= Fraction(right, total)
        assert (share == 1) == (right == total)


@given(st.integers(2, 12))
def test_a_fair_penalty(options: int) -> None:
    """Whoever guesses gains nothing on average, and loses nothing."""
    assert Fraction(1, options) - Fraction(options - 1, options) * fair_penalty(options) == 0


@pytest.mark.parametrize(("penalty", "message"), [("0.25", "25 % of what"), ("1", "as much as"), ("0", "")])
def test_students_read_the_rule(penalty: str, message: str) -> None:
    """The sentence on the page says what a wrong choice takes, and that nothing goes below zero."""
    rule = blanks(penalty).public_view().rule
    assert message in rule
    assert ("never counts below zero" in rule) == bool(message)
    assert bool(penalty_sentence(Decimal(penalty))) == bool(message)


def test_statements_are_shown_in_one_order() -> None:
    """True stands before False for each statement, whatever is right."""
    fields = blanks().public_view().fields
    assert [[option.html for option in field.options] for field in fields[:2]] == [["True", "False"]] * 2


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (
            {"type": "choice", "options": [{"text": "a", "correct": True}, {"text": "b"}], "penalty": 1},
            "blanks",
        ),
        ({"type": "true_false", "answer": True, "penalty": 0.25}, "no question counts below zero"),
        ({"type": "blanks", "blanks": [{"id": "n", "label": "n", "key": "n"}], "penalty": 1}, "no blank has"),
        ({"type": "blanks", "blanks": BLANKS, "penalty": 2}, "less than or equal to 1"),
        ({"type": "blanks", "blanks": [{"id": "n", "label": "n", "truth": "m > 1"}]}, "m"),
        ({"type": "blanks", "blanks": [{"id": "n", "label": "n", "truth": True, "key": 1}]}, "and truth"),
        ({"type": "matching", "pairs": [], "penalty": 1}, "at least 2"),
    ],
)
def test_penalties_that_cannot_be(of: dict[str, Any], message: str) -> None:
    """Where a penalty would change nothing it is refused, with what to write instead."""
    with pytest.raises(ValueError, match=message):
        question(**of)


@pytest.mark.parametrize(("penalty", "faults"), [("0.33", 0), ("0.5", 1)])
def test_lint_finds_unfair_penalties(tmp_path: Path, penalty: str, faults: int) -> None:
    """A penalty that makes an honest guess a loss is found; a fair one is not."""
    text = f"""topic: Test
items:
  - id: one
    type: blanks
    prompt: "?"
    explanation: So.
    penalty: {penalty}
    blanks: [{{id: a, label: Which, options: [w, x, y, z]}}]
"""
    (tmp_path / "bank.yaml").write_text(text, encoding="utf-8")
    bank_faults = faults_in_bank(load_bank(tmp_path / "bank.yaml"), variants=20)
    assert len(bank_faults) == faults
    assert all("at most 1/3 is fair" in str(fault) for fault in bank_faults)
