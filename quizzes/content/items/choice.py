"""Single choice, multiple choice, true or false."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from quizzes.content.items.base import BaseItem, Context, Part, Shown, ShownQuestion, Text
from quizzes.content.marking.choice import ChoiceRule, choice_share, rule_sentence
from quizzes.content.marking.penalty import no_single_penalty
from quizzes.content.question import Answer, Mark, PublicOption, PublicQuestion
from quizzes.content.randomization import stable_id

__all__ = ["ChoiceItem", "ChoiceQuestion", "ChoicesItem", "TrueFalseItem"]


class Option(Part):
    """One option, with what to say to those who chose it."""

    text: Text = Field(description="What is shown, in Markdown.")
    correct: bool = Field(default=False, description="Whether it is right.")
    feedback: str = Field(default="", description="Shown after the quiz to those who chose it.")
    last: bool = Field(default=False, description="Stays at the end, such as `none of these`.")


class _WithOptions(BaseItem):
    options: list[Option] = Field(min_length=2, max_length=12, description="In any order.")
    shuffle: bool = Field(default=True, description="Show the options in an order of each student's own.")

    @model_validator(mode="after")
    def _different(self) -> Self:
        texts = [option.text for option in self.options]
        if len(set(texts)) < len(texts):
            raise ValueError("two options have the same text")
        return self


class ChoiceItem(_WithOptions):
    """One option is chosen and right; after a correction several may be accepted."""

    type: Literal["choice"]

    _refuse_penalty = model_validator(mode="before")(no_single_penalty)

    @model_validator(mode="after")
    def _one_right(self) -> Self:
        if not any(option.correct for option in self.options):
            raise ValueError("a single choice has one option with `correct: true`")
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> ChoiceQuestion:
        """One variant."""
        rule = "One option is right; a wrong one takes nothing away."
        if sum(option.correct for option in self.options) > 1:
            rule = "Choose one option; more than one is accepted, and a wrong one takes nothing away."
        context = self.context(seed, shown)
        return ChoiceQuestion(self, "choice", context, points, self.options, ChoiceRule.OFF, rule)


class ChoicesItem(_WithOptions):
    """Any number of options is right."""

    type: Literal["choices"]
    rule: ChoiceRule = Field(
        default=ChoiceRule.NET_CORRECT, description="How a partly right choice is marked."
    )

    @model_validator(mode="after")
    def _some_right(self) -> Self:
        if not any(option.correct for option in self.options):
            raise ValueError(
                "at least one option has `correct: true`; an empty answer cannot be told from none"
            )
        return self

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> ChoiceQuestion:
        """One variant."""
        context = self.context(seed, shown)
        return ChoiceQuestion(
            self, "choices", context, points, self.options, self.rule, rule_sentence(self.rule)
        )


class TrueFalseItem(BaseItem):
    """A statement that is true or false."""

    type: Literal["true_false"]
    answer: bool | Text = Field(description="true, false, or an expression over the values.")
    feedback: str = Field(default="", description="Shown after the quiz to those who were wrong.")

    _refuse_penalty = model_validator(mode="before")(no_single_penalty)

    def question(self, seed: bytes, points: Decimal, shown: Shown | None = None) -> ChoiceQuestion:
        """One variant."""
        context = self.context(seed, shown)
        truth = self.answer if isinstance(self.answer, bool) else bool(context.number(self.answer))
        options = [
            Option(text=text, correct=value is truth, feedback="" if value is truth else self.feedback)
            for text, value in (("True", True), ("False", False))
        ]
        return ChoiceQuestion(
            self,
            "true_false",
            context,
            points,
            options,
            ChoiceRule.OFF,
            "Choose true or false; a wrong choice takes nothing away.",
            shuffle=False,
        )


class ChoiceQuestion(ShownQuestion):
    """A variant with options; answers are ids of options, never positions."""

    def __init__(
        self,
        item: BaseItem,
        kind: str,
        context: Context,
        points: Decimal,
        options: list[Option],
        rule: ChoiceRule,
        sentence: str,
        *,
        shuffle: bool = True,
    ) -> None:
        super().__init__(item, kind, context, points)
        self.rule, self.sentence = rule, sentence
        self.options = {stable_id(item.id, option.text): option for option in options}
        self.right = {id for id, option in self.options.items() if option.correct}
        self.html = {id: context.html(option.text) for id, option in self.options.items()}
        order = list(self.options)
        if shuffle and getattr(item, "shuffle", True):
            order = context.draw("options").shuffled(order)
            order.sort(key=lambda id: self.options[id].last)
        self.order = order

    def public_view(self) -> PublicQuestion:
        """What the student sees."""
        public_options = tuple(PublicOption(id=id, html=self.html[id]) for id in self.order)
        return self._view(self.sentence, options=public_options)

    @property
    def key_text(self) -> str:
        """The right options."""
        return ("; " if self.kind == "choices" else " or ").join(self._right_texts())

    @property
    def key_parts(self) -> tuple[str, ...]:
        """The right options that are chosen together."""
        return self._right_texts() if self.kind == "choices" else (self.key_text,)

    def _right_texts(self) -> tuple[str, ...]:
        return tuple(self.context.words(self.options[id].text) for id in self.order if id in self.right)

    @property
    def key_answer(self) -> Answer:
        """The right options' ids."""
        return sorted(self.right) if self.kind == "choices" else min(self.right)

    def _problem(self, answer: str | list[str] | dict[str, str]) -> str:
        if self.kind == "choices":
            fits = isinstance(answer, list) and all(isinstance(value, str) for value in answer)
            chosen = list(answer) if fits else []
        else:
            fits, chosen = isinstance(answer, str), [answer] if isinstance(answer, str) else []
        if not fits or not set(chosen) <= self.options.keys() or len(set(chosen)) < len(chosen):
            return "That is not an option of this question; reload the page and choose again."
        return ""

    def mark(self, answer: Answer) -> Mark:
        """The share by the item's rule; feedback on each option that was chosen."""
        if answer is None or self.problem_with(answer):
            return self._mark(choice_share(ChoiceRule.OFF, set(), {"none"}, set()))
        chosen = {answer} if isinstance(answer, str) else set(answer)
        share = (
            choice_share(self.rule, chosen, self.right, set(self.options))
            if self.kind == "choices"
            else Fraction(chosen <= self.right)
        )
        feedbacks = [self.options[id].feedback for id in self.order if id in chosen]
        return self._mark(share, self.context.words("\n\n".join(filter(None, feedbacks))))
