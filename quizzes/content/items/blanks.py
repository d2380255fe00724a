"""Several blanks: numbers, short texts and lists to choose from, each with its weight."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.expression import Expression
from quizzes.content.items.base import BaseItem, Context, Shown, ShownQuestion, Text
from quizzes.content.items.numeric import NumberKey
from quizzes.content.marking.penalty import Penalty, penalised, penalty_sentence
from quizzes.content.marking.short_text import LONGEST_TEXT, matches
from quizzes.content.question import Answer, Mark, PublicField, PublicOption, PublicQuestion
from quizzes.content.randomization import stable_id
from quizzes.content.written_numbers import LONGEST as LONGEST_NUMBER

__all__ = ["BlanksItem", "BlanksQuestion"]


class Blank(NumberKey):
    """One blank: `key` makes it a number, `accept` a text, `options` a list, `truth` a statement to judge."""

    key: Text = Field(default="0", description="The right number: an expression over the values.")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="Unique among the item's blanks.")
    label: Text = Field(description="What belongs there, in Markdown.")
    weight: int = Field(default=1, ge=1, le=100, description="How much it counts beside the others.")
    accept: list[Text] = Field(default_factory=list, description="The right texts.")
    match_case: bool = Field(default=False, description="accept: whether upper and lower case matter.")
    options: list[Text] = Field(default_factory=list, description="A list; the first is right, all shuffled.")

    truth: bool | Text | None = Field(
        default=None, description="Whether the label is true: true, false, or an expression over the values."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = (
            "key" in self.model_fields_set,
            bool(self.accept),
            bool(self.options),
            self.truth is not None,
        )
        if sum(kinds) != 1:
            raise ValueError("a blank has one of key, accept, options and truth")
        if self.match_case and not self.accept:
            raise ValueError("match_case is for texts; this blank has no `accept`")
        if self.options and not 2 <= len(set(self.options)) == len(self.options):
            raise ValueError("a list has at least two options, all different; the first is the right one")
        return self

    @property
    def kind(self) -> str:
        """How it is filled in."""
        if self.options or self.truth is not None:
            return "choice"
        return "text" if self.accept else "number"

    def choices(self, context: Context) -> list[str]:
        """What can be chosen, the right one first."""
        if self.truth is None:
            return self.options
        truth = self.truth if isinstance(self.truth, bool) else bool(context.number(self.truth))
        return ["True", "False"] if truth else ["False", "True"]


class BlanksItem(BaseItem):
    """Several blanks below one prompt."""

    type: Literal["blanks"]
    penalty: Penalty = Decimal(0)
    blanks: list[Blank] = Field(min_length=1, max_length=12, description="In the order they are shown.")

    @model_validator(mode="after")
    def _blanks_are_sound(self) -> Self:
        if len({blank.id for blank in self.blanks}) < len(self.blanks):
            raise ValueError("two blanks have the same id")
        for blank in self.blanks:
            if blank.kind == "number":
                blank.check(self.names())
            if isinstance(blank.truth, str):
                Expression(blank.truth, self.names())
        if self.penalty and not any(blank.kind == "choice" for blank in self.blanks):
            raise ValueError("a penalty is for wrong choices; no blank has `options` or `truth`")
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> BlanksQuestion:
        """One variant."""
        return BlanksQuestion(self, self.context(seed, shown), points)


class BlanksQuestion(ShownQuestion):
    """A variant with several blanks; an answer maps a blank's id to what stands in it."""

    def __init__(self, item: BlanksItem, context: Context, points: Decimal) -> None:
        super().__init__(item, "blanks", context, points)
        self.blanks = {blank.id: blank for blank in item.blanks}
        self.penalty = item.penalty
        self.right = {blank.id: blank.choices(context)[0] for blank in item.blanks if blank.kind == "choice"}
        self.choices = {
            blank.id: {stable_id(f"{item.id}/{blank.id}", text): text for text in blank.choices(context)}
            for blank in item.blanks
        }

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        weighted = len({blank.weight for blank in self.blanks.values()}) > 1
        rule = "Each blank counts the same."
        if weighted:
            rule = f"The blanks count {' : '.join(str(blank.weight) for blank in self.blanks.values())}."
        rule += penalty_sentence(self.penalty)
        return self._view(rule, fields=tuple(self._field(blank) for blank in self.blanks.values()))

    def _field(self, blank: Blank) -> PublicField:
        ids = self.context.draw(f"options {blank.id}").shuffled(list(self.choices[blank.id]))
        if blank.truth is not None:
            ids.sort(key=lambda id: self.choices[blank.id][id], reverse=True)  # True first for everybody
        html = self.context.html
        public_options = tuple(PublicOption(id=id, html=html(self.choices[blank.id][id])) for id in ids)
        hint = {"number": blank.hint(), "text": "A word or a few."}.get(blank.kind, "")
        if blank.match_case:
            hint += " Upper and lower case matter."
        longest = {"number": LONGEST_NUMBER, "text": LONGEST_TEXT}.get(blank.kind)
        return PublicField(
            id=blank.id,
            label=html(blank.label),
            kind=blank.kind,
            hint=hint,
            options=public_options,
            longest=longest,
        )

    @property
    def key_text(self) -> str:
        """What belongs into each blank."""
        return "; ".join(self.key_parts)

    @property
    def key_parts(self) -> tuple[str, ...]:
        """Each blank with what belongs into it."""
        return tuple(
            f"{self.context.words(blank.label).rstrip('.')}: {self._key(blank)}"
            for blank in self.blanks.values()
        )

    @property
    def key_answer(self) -> Answer:
        """What belongs into each blank, by id."""
        return {
            id: stable_id(f"{self.item_id}/{id}", self.right[id])
            if blank.kind == "choice"
            else self._key(blank)
            for id, blank in self.blanks.items()
        }

    def _key(self, blank: Blank) -> str:
        if blank.kind == "number":
            return blank.shown(self.context)
        return self.context.words(self.right.get(blank.id) or blank.accept[0])

    def longest_text(self, field: str = "") -> int:
        """The most characters of a blank, by its id."""
        numbers = field in self.blanks and self.blanks[field].kind == "number"
        return LONGEST_NUMBER if numbers else LONGEST_TEXT

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if not isinstance(answer, dict) or not all(isinstance(value, str) for value in answer.values()):
            return "Fill in the blanks one by one."
        if not answer.keys() <= self.blanks.keys():
            return "That is not a blank of this question; reload the page."
        for id, text in answer.items():
            blank, label = self.blanks[id], self.context.words(self.blanks[id].label)
            if not text.strip():
                continue
            if blank.kind == "number" and (problem := blank.problem(text)):
                return f"{label}: {problem}"
            if blank.kind == "choice" and text not in self.choices[id]:
                return f"{label}: that is not one of the options; reload the page."
        return ""

    def mark(self, answer: Answer) -> Mark:
        """The weights of the right blanks over all weights, less the penalty for wrong choices."""
        if not isinstance(answer, dict) or self.problem_with(answer):
            return self._mark(Fraction(0))
        total, earned, lost, feedbacks, detail = 0, 0, 0, [], {}
        for id, blank in self.blanks.items():
            right, feedback = self._judge(blank, answer.get(id, ""))
            total, earned = total + blank.weight, earned + blank.weight * right
            if blank.kind == "choice" and answer.get(id, "").strip() and not right:
                lost += blank.weight
            detail[id] = "right" if right else "wrong"
            if feedback:
                feedbacks.append(f"{self.context.words(blank.label)}: {feedback}")
        return self._mark(penalised(earned, lost, total, self.penalty), "\n\n".join(feedbacks), **detail)

    def _judge(self, blank: Blank, text: str) -> tuple[bool, str]:
        if not text.strip():
            return False, ""
        if blank.kind == "number":
            return blank.judge(text, self.context)
        if blank.kind == "choice":
            return self.choices[blank.id][text] == self.right[blank.id], ""
        accepted = [self.context.words(text) for text in blank.accept]
        return matches(text, accepted, match_case=blank.match_case), ""
