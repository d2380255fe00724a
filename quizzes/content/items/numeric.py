"""A number to compute, alone or as one of several blanks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.expression import Expression, ExpressionProblem
from quizzes.content.items.base import BaseItem, Context, Part, Shown, ShownQuestion, Text
from quizzes.content.marking.numeric import Tolerance
from quizzes.content.question import Answer, Mark, PublicQuestion
from quizzes.content.written_numbers import (
    LONGEST,
    NumberProblem,
    decimal_text,
    is_power,
    parse_number,
    significant_digits,
)

__all__ = ["NEAR", "NumberKey", "NumericItem", "NumericQuestion", "Wrong", "is_near"]


NEAR = Decimal("0.001")  # a mistake's value, rounded by hand


def is_near(value: Decimal, mistake: Decimal) -> bool:
    """Whether a number is the value of a mistake, as it may be rounded."""
    return abs(value - mistake) <= max(abs(mistake) * NEAR, Decimal("1e-12"))


class Wrong(Part):
    """A value that comes from a common mistake, and what to say about it."""

    value: Text = Field(description="An expression over the values.")
    feedback: Text = Field(description="Shown after the quiz to those who were as wrong.")


class NumberKey(Part):
    """A number that is asked for."""

    key: Text = Field(description="The right value: an expression over the values.")
    tolerance: Tolerance = Field(
        default_factory=Tolerance, description="How far from the key an answer may be."
    )
    fractions: bool = Field(default=False, description="Whether 1/3 may be typed.")
    shown_digits: int = Field(default=6, ge=1, le=12, description="Significant digits of the key as shown.")
    common_wrong: list[Wrong] = Field(default_factory=list, description="The commonest first.")

    def check(self, names: set[str]) -> None:
        """Raises ValueError for an expression or a tolerance that is not valid."""
        try:
            for text in (self.key, *(mistake.value for mistake in self.common_wrong)):
                Expression(text, names)
            if self.tolerance.mode == "rel" and not names and not Expression(self.key, ()).value({}):
                self.tolerance.margins(Decimal(0))
        except ExpressionProblem as problem:
            raise ValueError(str(problem)) from problem

    def problem(self, text: str) -> str:
        """Why this cannot be saved as a number, or nothing."""
        try:
            self._parsed(text)
        except NumberProblem as problem:
            return str(problem)
        return ""

    def _parsed(self, text: str) -> Decimal:
        digits_count = self.tolerance.mode in ("sigfigs", "decimals")
        if self.tolerance.count_digits and is_power(text):
            raise NumberProblem(f"{text.strip()!r} is a power; write its digits, since they are counted.")
        return parse_number(text, fractions=self.fractions, digits_count=digits_count)

    def judge(self, text: str, context: Context) -> tuple[bool, str]:
        """Whether a text that can be saved is right, and the feedback."""
        value, key = self._parsed(text), context.number(self.key)
        digits = self.tolerance.digits if self.tolerance.count_digits else None
        if self.tolerance.accepts(value, key):
            if digits is None or significant_digits(text) == digits:
                return True, ""
            return False, f"The value is right, but it has not exactly {digits} significant digits."
        # Two mistakes that lead to the same number cannot be told apart: neither is named.
        feedbacks = {
            wrong.feedback for wrong in self.common_wrong if is_near(value, context.number(wrong.value))
        }
        return False, context.words(feedbacks.pop()) if len(feedbacks) == 1 else ""

    def shown(self, context: Context) -> str:
        """The key as text."""
        value, tolerance = context.number(self.key), self.tolerance
        if tolerance.mode == "decimals":
            return f"{value:.{tolerance.digits}f}"
        if tolerance.mode == "sigfigs":
            digits_after = (tolerance.digits or 1) - 1 - (value.adjusted() if value else 0)
            return (
                f"{value:.{digits_after}f}"
                if 0 <= digits_after <= 12
                else f"{value:.{(tolerance.digits or 1) - 1}e}"
            )
        return decimal_text(value, self.shown_digits)

    def hint(self) -> str:
        """What may be typed."""
        more = " A fraction such as 1/3 or a power such as 2^-5 is fine." if self.fractions else ""
        return self.tolerance.hint() + more


class NumericItem(BaseItem, NumberKey):
    """A number to compute."""

    type: Literal["numeric"]

    @model_validator(mode="after")
    def _key_is_sound(self) -> Self:
        self.check(self.names())
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> NumericQuestion:
        """One variant."""
        return NumericQuestion(self, self.context(seed, shown), points)


class NumericQuestion(ShownQuestion):
    """A variant that asks for a number."""

    def __init__(self, item: NumericItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "numeric", context, points)
        self.number = item

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        return self._view(self.number.tolerance.rule(), hint=self.number.hint(), longest=LONGEST)

    @property
    def key_text(self) -> str:
        """The right number."""
        return self.number.shown(self.context)

    @property
    def key_answer(self) -> Answer:
        """The right number, as it is shown."""
        return self.key_text

    def longest_text(self, field: str = "") -> int:
        """The most characters of a number."""
        return LONGEST

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if not isinstance(answer, str):
            return "Write one number."
        return self.number.problem(answer) if answer.strip() else ""

    def mark(self, answer: Answer) -> Mark:
        """Full marks within the tolerance; a common mistake is named."""
        if not isinstance(answer, str) or not answer.strip() or self.problem_with(answer):
            return self._mark(Fraction(0))
        right, feedback = self.number.judge(answer, self.context)
        return self._mark(Fraction(right), feedback)
