"""The losses of an item in Moodle XML, as sentences."""

from __future__ import annotations

from collections.abc import Iterator

from quizzes.content.items.any_item import Item
from quizzes.content.items.blanks import BlanksItem
from quizzes.content.items.choice import ChoicesItem
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.function import FunctionItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumberKey, NumericItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.marking.order import OrderRule
from quizzes.interchange.moodle.elements import moodle_html

__all__ = ["moodle_losses"]


MOST_PARTS = 10  # Moodle has shares of the points down to a tenth


def moodle_losses(item: Item, rows: bool) -> Iterator[str]:
    """The losses of an item; `rows` says whether its drawn values become the rows of a dataset."""
    if item.draws_values and not rows:
        yield "Its values are drawn here for each student; exported are fixed ones (see --variants)."
    elif item.parameters:
        yield "Its values become up to a hundred rows, of which Moodle gives each student one."
    match item:
        case FunctionItem() | ExpressionItem():
            yield "It becomes a text that a person marks: no other system runs or compares it."
        case ChoicesItem():
            yield from _lost_choices(item)
        case NumericItem():
            yield from _lost_number(item, rows)
        case BlanksItem():
            for blank in item.blanks:
                if blank.kind == "number":
                    yield from (f"Blank {blank.id}: {loss}" for loss in _lost_number(blank))
            if item.penalty:
                yield "Wrong options can make the question count below zero there."
        case MatchingItem():
            if not item.partial:
                yield "All or nothing becomes a share for each right pair."
            if item.penalty:
                yield "The penalty for wrong choices is lost."
            if any("<" in moodle_html(text) for text in _rights(item)):
                yield "Formatting on the right side is lost."
        case OrderingItem():
            if item.rule is OrderRule.LCS:
                yield "The longest run in the right order counts its first entry there, too."
        case ShortTextItem():
            if item.pattern:
                yield "Its pattern is lost; the accepted texts stay."
        case EssayItem():
            yield "The rubric becomes notes for graders, without points for its lines."
    if any(option.last for option in getattr(item, "options", [])):
        yield "An option that stays last may be shuffled."


def _rights(item: MatchingItem) -> list[str]:
    return [*(pair.right for pair in item.pairs), *item.distractors]


def _lost_choices(item: ChoicesItem) -> Iterator[str]:
    right = sum(option.correct for option in item.options)
    if item.rule is ChoiceRule.OFF:
        yield "All or nothing becomes: a wrong option takes everything, a right one earns its part."
    elif item.rule is not ChoiceRule.NET_CORRECT:
        yield f"Partial credit by the rule {item.rule.value} becomes right options less wrong ones."
    if right > MOST_PARTS:
        yield f"Moodle has no share of 1/{right}: choose “Nearest grade” when you import it."


def _lost_number(item: NumberKey, rows: bool = False) -> Iterator[str]:
    if item.tolerance.mode in ("sigfigs", "decimals") and not rows:
        digits = "decimals" if item.tolerance.mode == "decimals" else "significant digits"
        yield f"Its tolerance of {item.tolerance.digits} {digits} becomes a range about the key."
    if item.tolerance.count_digits:
        yield "That exactly so many digits must be typed is lost."
    if item.fractions:
        yield "That a fraction may be typed is lost."
