"""Ordering: entries are brought into the right order."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.items.base import BaseItem, Context, Shown, ShownQuestion, Text
from quizzes.content.marking.order import OrderRule, order_sentence, order_share
from quizzes.content.question import Answer, Mark, PublicOption, PublicQuestion
from quizzes.content.randomization import stable_id

__all__ = ["OrderingItem", "OrderingQuestion"]


class OrderingItem(BaseItem):
    """Entries to bring into the right order."""

    type: Literal["ordering"]
    entries: list[Text] = Field(min_length=2, max_length=12, description="In the right order.")
    rule: OrderRule = Field(default=OrderRule.LCS, description="How a partly right order is marked.")

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len(set(self.entries)) < len(self.entries):
            raise ValueError("two entries are the same")
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> OrderingQuestion:
        """One variant."""
        return OrderingQuestion(self, self.context(seed, shown), points)


class OrderingQuestion(ShownQuestion):
    """A variant with entries to order; an answer is a list of their ids."""

    def __init__(self, item: OrderingItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "ordering", context, points)
        self.rule = item.rule
        self.entries = {stable_id(item.id, text): text for text in item.entries}

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        # The right order may come up: were it avoided, the order shown would say what is wrong.
        order = self.context.draw("entries").shuffled(list(self.entries))
        public_options = tuple(PublicOption(id=id, html=self.context.html(self.entries[id])) for id in order)
        return self._view(order_sentence(self.rule), options=public_options)

    @property
    def key_text(self) -> str:
        """The right order."""
        return " → ".join(self.key_parts)

    @property
    def key_parts(self) -> tuple[str, ...]:
        """The entries in the right order."""
        return tuple(self.context.words(entry) for entry in self.entries.values())

    @property
    def key_answer(self) -> Answer:
        """The right order, by id."""
        return list(self.entries)

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if not isinstance(answer, list) or not all(isinstance(value, str) for value in answer):
            return "Put the entries into an order."
        if len(set(answer)) < len(answer) or not set(answer) <= set(self.entries):
            return "Every entry must be there once; reload the page."
        if len(answer) < len(self.entries):
            placed, all_ = len(answer), len(self.entries)
            return f"The order is not complete: {placed} of {all_} entries have a place of their own."
        return ""

    def mark(self, answer: Answer) -> Mark:
        """The share by the item's rule."""
        if not isinstance(answer, list) or self.problem_with(answer):
            return self._mark(Fraction(0))
        return self._mark(order_share(self.rule, answer, list(self.entries)))
