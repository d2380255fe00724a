"""The banks and the quiz as students get them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

import pytest

from autograder.course.course import find_course
from quizzes.content.bank import load_banks
from quizzes.content.items.base import BaseItem
from quizzes.content.items.numeric import NumericItem
from quizzes.content.lint import faults_in_bank, faults_in_window
from quizzes.content.quiz import Quiz
from quizzes.content.quiz_file import load_quiz

COURSE = find_course(Path(__file__).parent)
BANKS = load_banks(COURSE.root / "quizzes" / "banks")
ITEMS = [
    pytest.param(item, id=f"{bank.name}/{item.id}") for bank in BANKS.values() for item in bank.items.values()
]
SECRET = (
    "key",
    "tolerance",
    "correct",
    "explanation",
    "common_wrong",
    "accept",
    "reference",
    "checks",
    "rubric",
)


@pytest.mark.parametrize("item", ITEMS)
def test_nothing_leaks(item: BaseItem) -> None:
    """What a student sees has no key, tolerance, explanation or feedback, by name or by content."""
    for number in range(5):
        question = item.question(bytes([number]), Decimal(1))  # type: ignore[attr-defined]
        view = question.public_view()
        text = view.model_dump_json()
        names = set(type(view).model_fields) | {
            field_name for part in view.fields for field_name in type(part).model_fields
        }
        assert not names & set(SECRET)
        assert json.dumps(question.explanation)[1:-1] not in text
        if isinstance(item, NumericItem):
            fields = json.loads(text)
            assert set(fields) == {
                "kind", "prompt", "points", "rule", "hint", "options", "fields", "images", "starter",
                "longest", "most_words",
            }  # fmt: skip
            for wrong in item.common_wrong:
                assert escape(wrong.feedback) not in text
                assert wrong.feedback not in text


@pytest.mark.parametrize("item", ITEMS)
def test_shares(item: BaseItem) -> None:
    """The key earns full marks; nothing, and what cannot be saved, earns nothing and raises nothing."""
    for number in range(5):
        question = item.question(bytes([number]), Decimal(2))  # type: ignore[attr-defined]
        if question.key_answer is not None:
            assert question.problem_with(question.key_answer) == ""
            assert question.mark(question.key_answer).points == 2
        odd_answers: list[Any] = [
            None,
            "",
            "x" * 70_000,
            [],
            ["?"],
            {"?": "?"},
            {},
            "1/0",
            5,
            [[]],
            {"?": 1},
            True,
        ]
        for odd in odd_answers:
            assert isinstance(question.problem_with(odd), str)
            assert 0 <= question.mark(odd).share <= Fraction(1)
        view = question.public_view()
        assert question.problem_with({field.id: [] for field in view.fields} or 5)
        assert question.mark(None).points == 0


@pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)
def test_banks_are_sound(bank: object) -> None:
    """Every bank passes the linter and has at least six items, more than half of them with drawn values."""
    assert faults_in_bank(bank, variants=30) == []  # type: ignore[arg-type]
    items = bank.items.values()  # type: ignore[attr-defined]
    assert len(items) >= 6
    assert 2 * sum(bool(item.parameters) for item in items) > len(items)


def test_every_type_is_used() -> None:
    """The banks show every type of item."""
    assert len({item.type for bank in BANKS.values() for item in bank.items.values()}) == 11


def test_the_card() -> None:
    """Quiz 4: eight questions, eight points, May 18 from 3:00pm to 11:59pm, forty minutes."""
    plan = load_quiz(COURSE, "quiz4")
    quiz, times = plan.quiz, plan.schedule
    assert (len(quiz), quiz.points, times.limit) == (8, 8, 40 * 60_000)
    assert times.due_at is not None and times.closes_at == times.due_at
    opens, due = (
        datetime.fromtimestamp(instant / 1000, plan.zone) for instant in (times.opens_at, times.due_at)
    )
    assert (f"{opens:%m-%d %H:%M:%S}", f"{due:%m-%d %H:%M:%S}") == ("05-18 15:00:00", "05-18 23:59:59")
    assert faults_in_window(plan) == []
    topics = [reference.split("/")[0] for reference, _, _ in quiz.picked(b"any")]
    assert set(topics) == set(BANKS)


SHOW = (
    "import hashlib, sys\nfrom pathlib import Path\nfrom autograder.course.course import find_course\n"
    "from quizzes.content.quiz_file import load_quiz\n"
    "quiz = load_quiz(find_course(Path(sys.argv[1])), 'quiz4').quiz\n"
    "shown = ''.join(one.public_view().model_dump_json() for one in quiz.variants(b'seed'))\n"
    "print(hashlib.sha256(shown.encode()).hexdigest())\n"
)


def test_the_same_seed_shows_the_same() -> None:
    """Another process with another hash seed shows the same bytes; another attempt other numbers."""
    quiz = load_quiz(COURSE, "quiz4").quiz
    shown = "".join(variant.public_view().model_dump_json() for variant in quiz.variants(b"seed"))
    completed = subprocess.run(
        [sys.executable, "-c", SHOW, str(COURSE.root)], capture_output=True, text=True, check=True
    )
    assert completed.stdout.strip() == hashlib.sha256(shown.encode()).hexdigest()
    first, second = (quiz.build_questions(seed)[6].question.public_view() for seed in ("a", "b"))
    assert first != second


def test_the_saved_copy() -> None:
    """A quiz read back from its bytes has the same hash and deals the same, byte for byte."""
    quiz = load_quiz(COURSE, "quiz4").quiz
    again = Quiz.read(quiz.content)
    assert (again.hash, again.content) == (quiz.hash, quiz.content)
    for seed in ("a", "b"):
        assert [item.params for item in again.build_questions(seed)] == [
            item.params for item in quiz.build_questions(seed)
        ]
        assert [item.question.public_view() for item in again.build_questions(seed)] == [
            item.question.public_view() for item in quiz.build_questions(seed)
        ]


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_read_back(item: BaseItem) -> None:
    """Every item survives its way through the saved copy: the same view, the same key, the same marks."""
    again = type(item).model_validate_json(item.model_dump_json(exclude_unset=True))
    first, second = (variant.question(b"seed", Decimal(1)) for variant in (item, again))  # type: ignore[attr-defined]
    assert first.public_view() == second.public_view()
    assert first.key_answer == second.key_answer
    assert first.explanation == second.explanation
