"""Short texts: what counts as the same, and patterns that no answer can make slow."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from quizzes.content.bank import load_bank
from quizzes.content.items.any_item import Item
from quizzes.content.lint import faults_in_bank
from quizzes.content.marking.short_text import matches, pattern_problem, plain

BANK = """topic: Test
items:
  - id: word
    type: short_text
    prompt: Which?
    explanation: This.
    accept: [vanishing, the vanishing gradient]
    pattern: PATTERN
    common_wrong: [{value: vanilla, feedback: No.}]
"""


def test_what_does_not_matter() -> None:
    """Case, spaces and how a letter is composed do not matter; anything more or less does."""
    assert matches("  ReLU   Layer ", ["relu layer"])
    assert matches("caf\u00e9", ["cafe\u0301"])
    assert matches("STRASSE", ["straße"])
    assert not matches("relu layers", ["relu layer"])


@pytest.mark.parametrize(
    ("text", "pattern", "right"),
    [
        ("Vanishing", "vanish(ing|ed)", True),
        ("vanishing", "VANISH(ing|ed)", True),
        ("not vanishing", "vanish(ing|ed)", False),
        ("vanishing gradients", "vanishing", False),
        ("Straße", "straße", True),
        ("caf\u00e9", "cafe\u0301", True),
        ("a", "a|b", True),
        ("", "a*", True),
    ],
)
def test_a_pattern_is_for_the_whole_text(text: str, pattern: str, right: bool) -> None:
    """It has to match all of it, in any case."""
    assert matches(text, [], pattern) is right


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*b", "(a*)*(a*)*b", "a*a*a*a*b"])
def test_patterns_that_explode_elsewhere(pattern: str) -> None:
    """What takes a backtracking matcher for ever is read and answered at once."""
    assert pattern_problem(pattern) == ""
    assert not matches("a" * 200, [], pattern)
    assert matches("a" * 199 + "b", [], pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "missing )"),
        ("[z-a]", "character class range"),
        (r"(a)\1", "no look-around"),
        ("(?=a)a", "no look-around"),
        ("(a{1000}){1000}", "repetition"),
        (r"(\pL{100}){9}", "too large"),
        ("a" * 501, "at most 500"),
    ],
)
def test_patterns_that_cannot_be(pattern: str, message: str) -> None:
    """They are refused in a sentence, before any student sees the item."""
    assert message in pattern_problem(pattern)


@given(st.text("ab|().?*+", max_size=12), st.text("ab", max_size=6))
def test_any_pattern(pattern: str, text: str) -> None:
    """A pattern that is taken says what Python's own matcher says."""
    if pattern and not pattern_problem(pattern):
        assert matches(text, [], pattern) is bool(re.fullmatch(pattern, text))


@given(st.text(max_size=30))
def test_plain_is_plain(text: str) -> None:
    """Folding twice changes nothing more, and a text always matches itself."""
    assert plain(plain(text)) == plain(text)
    assert matches(text, [text])


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("vanish(ing|ed)", ""),
        ("vanisch(ing|ed)", "matches none of the accepted texts"),
        ("(vanishing)?", "accepts an empty answer"),
        (".+", "something else entirely"),
        ("van.*", "common wrong answer vanilla"),
    ],
)
def test_lint_tries_patterns(tmp_path: Path, pattern: str, message: str) -> None:
    """A pattern that takes too much, or not even the accepted texts, is found."""
    path = tmp_path / "bank.yaml"
    path.write_text(BANK.replace("PATTERN", f'"{pattern}"'), encoding="utf-8")
    faults = " ".join(map(str, faults_in_bank(load_bank(path))))
    assert (message in faults) if message else not faults


def test_where_case_matters() -> None:
    """An item may say that case matters: then it does for accepted texts, patterns and common mistakes."""
    data = {
        "id": "w",
        "type": "short_text",
        "prompt": "Which?",
        "explanation": "This.",
        "accept": ["ReLU"],
        "pattern": "Re.*U",
        "match_case": True,
        "common_wrong": [{"value": "relu", "feedback": "Capitals."}],
    }
    question = TypeAdapter[Item](Item).validate_python(data).question(b"x", Decimal(1))
    assert [question.mark(text).share for text in (" ReLU ", "RectU", "relu", "rectu")] == [1, 1, 0, 0]
    assert question.mark("relu").feedback == "Capitals."
    assert question.public_view().rule == "Upper and lower case matter; extra spaces do not."


def test_a_blank_where_case_matters() -> None:
    """So may a blank with texts; another kind of blank refuses it."""
    blank = {"id": "b", "label": "B", "accept": ["X"], "match_case": True}
    data = {"id": "w", "type": "blanks", "prompt": "?", "explanation": ".", "blanks": [blank]}
    question = TypeAdapter[Item](Item).validate_python(data).question(b"x", Decimal(1))
    assert [question.mark({"b": text}).share for text in ("X", "x")] == [1, 0]
    data["blanks"] = [{"id": "b", "label": "B", "key": "1", "match_case": True}]
    with pytest.raises(ValueError, match="match_case is for texts"):
        TypeAdapter[Item](Item).validate_python(data)
