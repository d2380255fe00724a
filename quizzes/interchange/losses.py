"""The losses of an item in an export format, as sentences."""

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
from quizzes.content.markup import render

__all__ = ["losses_of"]


def losses_of(item: Item, canvas: bool) -> Iterator[str]:
    """The losses of an item in QTI 1.2 as Canvas reads it, or else in QTI 2.1."""
    if item.draws_values:
        yield "Its values are drawn here for each student; exported are fixed ones."
    match item:
        case FunctionItem() | ExpressionItem():
            yield "It becomes a text that a person marks: no other system runs or compares it."
        case ChoicesItem():
            if item.rule is not ChoiceRule.NET_CORRECT and (canvas or item.rule is not ChoiceRule.OFF):
                yield f"Partial credit by the rule {item.rule.value} becomes right options less wrong ones."
        case NumericItem():
            yield from _lost_number(item)
        case BlanksItem():
            yield from _lost_blanks(item, canvas)
        case MatchingItem():
            if canvas and not item.partial:
                yield "All or nothing becomes a share for each right pair."
            if canvas and item.penalty:
                yield "The penalty for wrong choices is lost."
        case OrderingItem():
            if canvas:
                yield "It becomes a matching of entries with their places."
            elif item.rule is not OrderRule.EXACT:
                yield f"Partial credit by the rule {item.rule.value} becomes all or nothing."
        case ShortTextItem():
            if item.match_case and canvas:
                yield "That upper and lower case matter is written, but Canvas ignores it."
            if item.pattern:
                yield "Its pattern is lost; the accepted texts stay."
            if item.common_wrong:
                yield "Feedback on common wrong answers is lost."
        case EssayItem():
            yield "The length it may have is lost."
            if canvas:
                yield "The rubric becomes part of the general feedback."
    if not canvas and any('<ol start="' in render(text) for text in (item.prompt, item.explanation)):
        yield "A numbered list that begins at another number begins at 1."
    if canvas and any(option.last for option in getattr(item, "options", [])):
        yield "An option that stays last may be shuffled."


def _is_formatted(text: str) -> bool:
    """Whether a text that stands where others show no HTML has more than plain words."""
    return "<" in render(text)


def _lost_number(item: NumberKey) -> Iterator[str]:
    if item.tolerance.mode in ("sigfigs", "decimals"):
        yield f"Its tolerance of {item.tolerance.digits} {_digits(item)} becomes a range about the key."
    if item.tolerance.count_digits:
        yield "That exactly so many digits must be typed is lost."
    if item.fractions:
        yield "That a fraction may be typed is lost."
    if item.common_wrong:
        yield "Feedback on common wrong values is lost."


def _digits(item: NumberKey) -> str:
    return "decimals" if item.tolerance.mode == "decimals" else "significant digits"


def _lost_blanks(item: BlanksItem, canvas: bool) -> Iterator[str]:
    for blank in item.blanks:
        if blank.kind == "number":
            if canvas:
                yield f"Blank {blank.id}: only the number as it is shown is right; the tolerance is lost."
            else:
                yield from (f"Blank {blank.id}: {loss}" for loss in _lost_number(blank))
        if any(_is_formatted(option) for option in blank.options):
            yield f"Blank {blank.id}: bold, code and the like in its options are lost; formulas become TeX."
    kinds = {blank.kind for blank in item.blanks}
    if canvas and any(blank.match_case for blank in item.blanks):
        yield "That upper and lower case matter is lost."
    if canvas:
        if len({blank.weight for blank in item.blanks}) > 1:
            yield "All blanks count the same."
        if item.penalty:
            yield "The penalty for wrong choices is lost."
        if "choice" in kinds and kinds != {"choice"}:
            yield "Its lists to choose from become texts to write, since others of its blanks are."
