"""Short texts: a word or a few."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.items.base import BaseItem, Context, Part, Shown, ShownQuestion, Text
from quizzes.content.marking.short_text import LONGEST_TEXT, matches, pattern_problem, plain
from quizzes.content.question import Answer, Mark, PublicQuestion

__all__ = ["ShortTextItem", "ShortTextQuestion"]


class WrongText(Part):
    """A common wrong answer, and what to say about it."""

    value: Text = Field(description="The wrong answer, as a student would write it.")
    feedback: Text = Field(description="Shown after the quiz to those who wrote it.")


class ShortTextItem(BaseItem):
    """A word or a few."""

    type: Literal["short_text"]
    accept: list[Text] = Field(min_length=1, description="Right answers; the first is shown as the key.")
    pattern: str = Field(
        default="",
        description="A pattern (RE2) for the whole answer, case ignored unless it matters.",
    )
    match_case: bool = Field(default=False, description="Whether upper and lower case matter.")
    common_wrong: list[WrongText] = Field(default_factory=list, description="The commonest first.")

    @model_validator(mode="after")
    def _pattern_can_be_read(self) -> Self:
        if why := pattern_problem(self.pattern):
            raise ValueError(why)
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> ShortTextQuestion:
        """One variant."""
        return ShortTextQuestion(self, self.context(seed, shown), points)


class ShortTextQuestion(ShownQuestion):
    """A variant that asks for a few words."""

    def __init__(self, item: ShortTextItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "short_text", context, points)
        self.accept, self.pattern, self.wrong = item.accept, item.pattern, item.common_wrong
        self.match_case = item.match_case

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        rule = "Upper and lower case and extra spaces do not matter."
        if self.match_case:
            rule = "Upper and lower case matter; extra spaces do not."
        return self._view(rule, hint="A word or a few.", longest=LONGEST_TEXT)

    @property
    def key_text(self) -> str:
        """The first accepted text."""
        return self.context.words(self.accept[0])

    @property
    def key_answer(self) -> Answer:
        """The first accepted text."""
        return self.key_text

    def longest_text(self, field: str = "") -> int:
        """The most characters of a short text."""
        return LONGEST_TEXT

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        return "" if isinstance(answer, str) else "Write a short text."

    def mark(self, answer: Answer) -> Mark:
        """Full marks for an accepted text; a common mistake is named."""
        if not isinstance(answer, str) or self.problem_with(answer):
            return self._mark(Fraction(0))
        accepted = [self.context.words(text) for text in self.accept]
        if matches(answer, accepted, self.pattern, match_case=self.match_case):
            return self._mark(Fraction(1))
        written = plain(answer, match_case=self.match_case)
        feedbacks = [
            mistake.feedback
            for mistake in self.wrong
            if plain(mistake.value, match_case=self.match_case) == written
        ]
        return self._mark(Fraction(0), self.context.words("\n\n".join(feedbacks)))
