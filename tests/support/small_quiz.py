"""A small real quiz: sums whose numbers are drawn from the seed, answered with whole numbers."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from quizzes.attempts.response import is_blank
from quizzes.content.question import Answer, Mark, PublicQuestion, Question
from quizzes.content.version import AttemptItem


class Sum(Question):
    """What is a + b? A wrong key adds `off`."""

    kind, item_id, points, explanation = "numeric", "sum", Decimal(1), "Add."

    def __init__(self, a: int, b: int, off: int = 0) -> None:
        self.a, self.b, self.off = a, b, off

    @property
    def key_text(self) -> str:
        """The sum."""
        return str(self.a + self.b + self.off)

    @property
    def key_answer(self) -> str:
        """The same."""
        return self.key_text

    def public_view(self) -> PublicQuestion:
        """What is asked."""
        return PublicQuestion(kind="numeric", prompt=f"{self.a} + {self.b}?", points="1", rule="A sum.")

    def _problem(self, answer: object) -> str:
        if isinstance(answer, str) and (is_blank(answer) or answer.strip().lstrip("-").isdigit()):
            return ""
        return "Write a whole number."

    def mark(self, answer: Answer) -> Mark:
        """One point for the sum."""
        right = isinstance(answer, str) and answer.strip() == self.key_text
        return self._mark(Fraction(right))


class SmallQuiz:
    """A version with so many sums."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.hash = hashlib.sha256(content).hexdigest()
        self._content = json.loads(content)

    def build_questions(self, seed: str) -> Sequence[AttemptItem]:
        """The sums of one attempt."""
        items = []
        for pos in range(self._content["questions"]):
            digest = hashlib.sha256(f"{seed}\n{pos}".encode()).digest()
            question = Sum(digest[0] + self._content["more"], digest[1], self._content["off"])
            params = json.dumps({"a": question.a, "b": question.b})
            items.append(AttemptItem(question, f"sums/{pos}", f"sum-{pos}", params, "[]", Decimal(1)))
        return items

    def correct_questions(self, seed: str, taken: SmallQuiz) -> Sequence[AttemptItem]:
        """The sums of an attempt at another version, with this key; other numbers keep their own."""
        pairs = itertools.zip_longest(taken.build_questions(seed), self.build_questions(seed))
        return [
            now if now and now.params == shown.params else replace(shown, kept_key="it has other numbers")
            for shown, now in pairs
            if shown is not None
        ]


def small_quiz(questions: int = 3, off: int = 0, more: int = 0) -> SmallQuiz:
    """A quiz of sums; `off` spoils its key, `more` draws other numbers."""
    return SmallQuiz(json.dumps({"questions": questions, "off": off, "more": more}).encode())
