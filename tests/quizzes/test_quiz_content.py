"""The banks and the quiz as students get them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from html import escape
from pathlib import Path

import pytest

from autograder.course import find_course
from quizzes.bank import load_banks
from quizzes.items.base import BaseItem
from quizzes.items.numeric import NumericItem
from quizzes.lint import faults_in_bank, faults_in_window
from quizzes.quiz import load_quiz
from quizzes.variant import attempt_seed

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
            one for part in view.fields for one in type(part).model_fields
        }
        assert not names & set(SECRET)
        assert json.dumps(question.explanation)[1:-1] not in text
        if isinstance(item, NumericItem):
            fields = json.loads(text)
            assert set(fields) == {
                "kind", "prompt", "points", "rule", "hint", "options", "fields", "images", "starter",
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
        for odd in (None, "", "x" * 70_000, [], ["?"], {"?": "?"}, {}, "1/0", 5, [[]], {"?": 1}, True):
            assert isinstance(question.problem_with(odd), str)  # type: ignore[arg-type]
            assert 0 <= question.mark(odd).share <= Fraction(1)
        view = question.public_view()
        assert question.problem_with({one.id: [] for one in view.fields} or 5)  # type: ignore[arg-type]
        assert question.mark(None).points == 0


@pytest.mark.parametrize("bank", BANKS.values(), ids=BANKS)
def test_banks_are_sound(bank: object) -> None:
    """Every bank passes the linter and has at least six items."""
    assert faults_in_bank(bank, variants=30) == []  # type: ignore[arg-type]
    assert len(bank.items) >= 6  # type: ignore[attr-defined]


def test_every_type_is_used() -> None:
    """The banks show every type of item."""
    assert len({item.type for bank in BANKS.values() for item in bank.items.values()}) == 11


def test_the_card() -> None:
    """Quiz 4: eight questions, eight points, May 18 from 3:00pm to 11:59pm, forty minutes."""
    quiz = load_quiz(COURSE, "quiz4")
    assert (len(quiz), quiz.points, quiz.minutes) == (8, 8, 40)
    opens, due = (one.astimezone(quiz.zone) for one in (quiz.opens, quiz.due))
    assert (f"{opens:%m-%d %H:%M:%S}", f"{due:%m-%d %H:%M:%S}") == ("05-18 15:00:00", "05-18 23:59:59")
    assert quiz.closes == quiz.due
    assert faults_in_window(quiz) == []
    topics = [reference.split("/")[0] for reference, _, _ in quiz.picked(b"any")]
    assert set(topics) == set(BANKS)


SHOW = (
    "import hashlib, sys\nfrom pathlib import Path\nfrom autograder.course import find_course\n"
    "from quizzes.quiz import load_quiz\nquiz = load_quiz(find_course(Path(sys.argv[1])), 'quiz4')\n"
    "shown = ''.join(one.public_view().model_dump_json() for one in quiz.variants(b'seed'))\n"
    "print(hashlib.sha256(shown.encode()).hexdigest())\n"
)


def test_the_same_seed_shows_the_same() -> None:
    """Another process with another hash seed shows the same bytes; another attempt other numbers."""
    quiz = load_quiz(COURSE, "quiz4")
    shown = "".join(quiz.variant(b"seed", one).public_view().model_dump_json() for one in range(8))
    ran = subprocess.run(
        [sys.executable, "-c", SHOW, str(COURSE.root)], capture_output=True, text=True, timeout=60, check=True
    )
    assert ran.stdout.strip() == hashlib.sha256(shown.encode()).hexdigest()
    first, second = (attempt_seed(quiz.version, one) for one in ("a", "b"))
    assert quiz.variant(first, 6).public_view() != quiz.variant(second, 6).public_view()
