"""Matching: entries on the left belong to entries on the right."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.items.base import BaseItem, Context, Part, Shown, ShownQuestion, Text
from quizzes.content.marking.penalty import Penalty, penalised, penalty_sentence
from quizzes.content.question import Answer, Mark, PublicField, PublicOption, PublicQuestion
from quizzes.content.randomization import stable_id

__all__ = ["MatchingItem", "MatchingQuestion"]


class Pair(Part):
    """What belongs together."""

    left: Text = Field(description="What is given.")
    right: Text = Field(description="What belongs to it.")


class MatchingItem(BaseItem):
    """To each entry on the left belongs one on the right; one on the right may serve several."""

    type: Literal["matching"]
    pairs: list[Pair] = Field(min_length=2, max_length=12, description="What belongs together.")
    distractors: list[Text] = Field(default_factory=list, description="On the right, belonging to none.")
    partial: bool = Field(default=True, description="Whether each right pair counts.")
    penalty: Penalty = Decimal(0)

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len({pair.left for pair in self.pairs}) < len(self.pairs):
            raise ValueError("two entries on the left are the same")
        if {pair.right for pair in self.pairs} & set(self.distractors):
            raise ValueError("a distractor belongs to an entry on the left")
        if self.penalty and not self.partial:
            raise ValueError("a penalty needs `partial: true`; all or nothing has nothing to take from")
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> MatchingQuestion:
        """One variant."""
        return MatchingQuestion(self, self.context(seed, shown), points)


class MatchingQuestion(ShownQuestion):
    """A variant with pairs to find; an answer maps ids on the left to ids on the right."""

    def __init__(self, item: MatchingItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "matching", context, points)
        rights = dict.fromkeys([*(pair.right for pair in item.pairs), *item.distractors])
        self.rights = {stable_id(f"{item.id} right", text): text for text in rights}
        self.lefts = {stable_id(f"{item.id} left", pair.left): pair.left for pair in item.pairs}
        self.key = {
            stable_id(f"{item.id} left", pair.left): stable_id(f"{item.id} right", pair.right)
            for pair in item.pairs
        }
        self.partial, self.penalty = item.partial, item.penalty

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        lefts = self.context.draw("left").shuffled(list(self.lefts))
        rights = self.context.draw("right").shuffled(list(self.rights))
        html = self.context.html
        options = tuple(PublicOption(id=id, html=html(self.rights[id])) for id in rights)
        fields = tuple(PublicField(id=id, label=html(self.lefts[id]), kind="choice") for id in lefts)
        rule = "Each right pair counts the same." if self.partial else "All pairs must be right."
        return self._view(rule + penalty_sentence(self.penalty), options=options, fields=fields)

    @property
    def key_text(self) -> str:
        """The pairs."""
        return "; ".join(self.key_parts)

    @property
    def key_parts(self) -> tuple[str, ...]:
        """Each pair."""
        words = self.context.words
        return tuple(f"{words(self.lefts[a])} – {words(self.rights[b])}" for a, b in self.key.items())

    @property
    def key_answer(self) -> Answer:
        """The pairs by id."""
        return dict(self.key)

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if not isinstance(answer, dict):
            return "Choose a partner for each entry."
        known = answer.keys() <= self.key.keys() and all(
            not value or value in self.rights for value in answer.values()
        )
        return "" if known else "That is not an entry of this question; reload the page."

    def mark(self, answer: Answer) -> Mark:
        """Right pairs over all pairs, or all or nothing."""
        if not isinstance(answer, dict) or self.problem_with(answer):
            return self._mark(Fraction(0))
        right = sum(answer.get(a) == b for a, b in self.key.items())
        wrong = sum(bool(value) for value in answer.values()) - right
        share = penalised(right, wrong, len(self.key), self.penalty)
        return self._mark(share if self.partial else Fraction(share == 1))
