"""A small real quiz: sums whose numbers are drawn from the seed, answered with whole numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from quizzes.raw import Answer, is_blank


@dataclass(frozen=True)
class SmallMark:
    """What an answer earned."""

    points: float
    detail: str


@dataclass(frozen=True)
class Sum:
    """What is a + b?"""

    a: int
    b: int
    off: int = 0  # what a wrong key adds

    def problem_with(self, answer: Answer) -> str:
        """Only whole numbers can be read; nothing at all can be saved."""
        if isinstance(answer, str) and (is_blank(answer) or answer.strip().lstrip("-").isdigit()):
            return ""
        return "" if answer is None else "Write a whole number."

    def mark(self, answer: Answer) -> SmallMark:
        """One point for the sum."""
        right = isinstance(answer, str) and answer.strip() == str(self.a + self.b + self.off)
        return SmallMark(1.0 if right else 0.0, f"{self.a} + {self.b}")


@dataclass(frozen=True)
class SmallItem:
    """A sum as it was dealt."""

    question: Sum
    question_hash: str
    params: str
    option_order: str = "[]"
    points: float = 1.0


class SmallQuiz:
    """A version with so many sums."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.hash = hashlib.sha256(content).hexdigest()
        self._told = json.loads(content)

    def deal(self, seed: str) -> Sequence[SmallItem]:
        """The sums of one attempt."""
        items = []
        for pos in range(self._told["questions"]):
            digest = hashlib.sha256(f"{seed}\n{pos}".encode()).digest()
            question = Sum(digest[0] + self._told["more"], digest[1], self._told["off"])
            params = json.dumps({"a": question.a, "b": question.b})
            items.append(SmallItem(question, f"sum-{pos}", params))
        return items


def small_quiz(questions: int = 3, off: int = 0, more: int = 0) -> SmallQuiz:
    """A quiz of sums; `off` spoils its key, `more` draws other numbers."""
    return SmallQuiz(json.dumps({"questions": questions, "off": off, "more": more}).encode())
