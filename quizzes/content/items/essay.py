"""Essays: texts that a person marks with a rubric."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import Field

from quizzes.content.items.base import BaseItem, Context, Part, Shown, ShownQuestion, Text
from quizzes.content.question import LONGEST_ANSWER, Answer, Mark, PublicQuestion

__all__ = ["EssayItem", "EssayQuestion"]


class Criterion(Part):
    """A line of a rubric."""

    text: Text = Field(description="What a good answer does.")
    weight: int = Field(default=1, ge=1, le=100, description="How much it counts beside the others.")


class EssayItem(BaseItem):
    """A text that a person marks with a rubric."""

    type: Literal["essay"]
    rubric: list[Criterion] = Field(min_length=1, description="What to look for when marking.")
    model_answer: Text = Field(description="A good answer, shown when the quiz has closed.")
    most_words: int = Field(default=300, ge=1, le=5000, description="How long it may be.")

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> EssayQuestion:
        """One variant."""
        return EssayQuestion(self, self.context(seed, shown), points)


class EssayQuestion(ShownQuestion):
    """A variant that asks for a text."""

    def __init__(self, item: EssayItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "essay", context, points)
        self.item = item

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        words = self.item.most_words
        return self._view(
            "A person reads and marks your text.",
            hint=f"At most {words} words.",
            longest=LONGEST_ANSWER,
            most_words=words,
        )

    @property
    def key_text(self) -> str:
        """A model answer."""
        return self.context.words(self.item.model_answer)

    @property
    def key_answer(self) -> Answer:
        """None: a person decides."""
        return None

    def longest_text(self, field: str = "") -> int:
        """The most characters of an essay; its words are counted after that."""
        return LONGEST_ANSWER

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if not isinstance(answer, str):
            return "Write a text."
        words, most = len(answer.split()), self.item.most_words
        return (
            "" if words <= most else f"{words} words are more than the {most} asked for; please shorten it."
        )

    def mark(self, answer: Answer) -> Mark:
        """Pending; nothing written earns nothing at once."""
        if not isinstance(answer, str) or not answer.strip() or self.problem_with(answer):
            return self._mark(Fraction(0))
        return self._pending()
