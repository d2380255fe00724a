"""Expressions in given variables, compared with the key at random points."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.expression import LONGEST, Expression, ExpressionProblem, student_expression
from quizzes.content.items.base import BaseItem, Context, Shown, ShownQuestion, Text
from quizzes.content.items.short_text import WrongText
from quizzes.content.marking.formula import same_formula
from quizzes.content.question import Answer, Mark, PublicQuestion
from quizzes.content.randomization import derived_seed

__all__ = ["ExpressionItem", "ExpressionQuestion"]


class ExpressionItem(BaseItem):
    """A short expression in given variables, such as an update's step."""

    type: Literal["expression"]
    key: Text = Field(description="The right expression, in the variables and the item's values.")
    variables: dict[str, tuple[Decimal, Decimal]] = Field(
        min_length=1, max_length=8, description="Each variable and the interval its test points come from."
    )
    common_wrong: list[WrongText] = Field(default_factory=list, description="The commonest first.")

    @model_validator(mode="after")
    def _key_is_sound(self) -> Self:
        if clash := self.names() & self.variables.keys():
            raise ValueError(f"{min(clash)!r} is both a variable and a value")
        try:
            for text in (self.key, *(mistake.value for mistake in self.common_wrong)):
                Expression(text, {*self.names(), *self.variables})
        except ExpressionProblem as problem:
            raise ValueError(str(problem)) from problem
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> ExpressionQuestion:
        """One variant."""
        return ExpressionQuestion(self, self.context(seed, shown), points)


class ExpressionQuestion(ShownQuestion):
    """A variant that asks for an expression."""

    def __init__(self, item: ExpressionItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "expression", context, points)
        self.key, self.wrong = item.key, item.common_wrong
        self.where = {**{name: (value, value) for name, value in context.values.items()}, **item.variables}
        self.variables = list(item.variables)

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        hint = f"Use {', '.join(self.variables)} and + - * / ^ sqrt() exp() log() max() min() abs()."
        return self._view("Every form of the right expression counts.", hint=hint, longest=LONGEST)

    @property
    def key_text(self) -> str:
        """The right expression."""
        return self.key

    @property
    def key_answer(self) -> Answer:
        """The right expression."""
        return self.key

    def longest_text(self, field: str = "") -> int:
        """The most characters of an expression."""
        return LONGEST

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if not isinstance(answer, str):
            return "Write one expression."
        try:
            if answer.strip():
                student_expression(answer, self.where)
        except ExpressionProblem as problem:
            return f"This cannot be saved: {problem}."
        return ""

    def mark(self, answer: Answer) -> Mark:
        """Full marks for an expression that equals the key at all points."""
        if not isinstance(answer, str) or not answer.strip() or self.problem_with(answer):
            return self._mark(Fraction(0))
        expression = student_expression(answer, self.where)
        if self._same(expression, self.key):
            return self._mark(Fraction(1))
        feedbacks = [mistake.feedback for mistake in self.wrong if self._same(expression, mistake.value)]
        return self._mark(Fraction(0), self.context.words("\n\n".join(feedbacks[:1])))

    def _same(self, expression: Expression, key: str) -> bool:
        seed = derived_seed(self.context.seed, "points")
        return same_formula(expression, Expression(key, self.where), self.where, seed)
