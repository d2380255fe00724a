"""Concrete items: one variant of an item with its drawn values written in.

It is what is exported, since no other system draws values by our rules, and what an import gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from quizzes.content.items.any_item import Item
from quizzes.content.items.base import BaseItem, Context
from quizzes.content.items.blanks import Blank, BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.function import FunctionItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumberKey, NumericItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.written_numbers import decimal_text

__all__ = ["ITEM", "Section", "concrete", "id_of", "number_text"]


ITEM: TypeAdapter[Item] = TypeAdapter(Item)
DIGITS = 15  # what every system keeps of a number


def concrete(item: Item, seed: bytes, name: str) -> Item:
    """The variant with this seed and this name; functions and expressions become texts with manual marks."""
    context = item.context(seed)
    data = _common(item, context, name) | _specific(item, context)
    return ITEM.validate_python(data)


def number_text(value: Decimal) -> str:
    """A number with all the digits that other systems keep."""
    return decimal_text(value, DIGITS)


def _common(item: BaseItem, context: Context, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "prompt": context.words(item.prompt),
        "explanation": context.words(item.explanation),
        "tags": item.tags,
        "images": [image.model_dump() for image in item.images],
    }


def _specific(item: Item, context: Context) -> dict[str, Any]:
    words = context.words
    match item:
        case ChoiceItem() | ChoicesItem():
            options = [
                {**option.model_dump(), "text": words(option.text), "feedback": words(option.feedback)}
                for option in item.options
            ]
            data: dict[str, Any] = {"type": item.type, "options": options, "shuffle": item.shuffle}
            return data | ({"rule": item.rule} if isinstance(item, ChoicesItem) else {})
        case TrueFalseItem():
            truth = _truth(item.answer, context)
            return {"type": "true_false", "answer": truth, "feedback": words(item.feedback)}
        case NumericItem():
            return {"type": "numeric", **_number(item, context)}
        case BlanksItem():
            blanks = [_blank(blank, context) for blank in item.blanks]
            return {"type": "blanks", "penalty": item.penalty, "blanks": blanks}
        case MatchingItem():
            return {
                "type": "matching",
                "pairs": [{"left": words(pair.left), "right": words(pair.right)} for pair in item.pairs],
                "distractors": [words(distractor) for distractor in item.distractors],
                "partial": item.partial,
                "penalty": item.penalty,
            }
        case OrderingItem():
            return {
                "type": "ordering",
                "entries": [words(entry) for entry in item.entries],
                "rule": item.rule,
            }
        case ShortTextItem():
            wrong = [
                {"value": words(mistake.value), "feedback": words(mistake.feedback)}
                for mistake in item.common_wrong
            ]
            accept = [words(text) for text in item.accept]
            data = {"type": "short_text", "accept": accept, "pattern": item.pattern, "common_wrong": wrong}
            return data | ({"match_case": True} if item.match_case else {})
        case EssayItem():
            return {
                "type": "essay",
                "rubric": [criterion.model_dump() for criterion in item.rubric],
                "model_answer": words(item.model_answer),
                "most_words": item.most_words,
            }
        case ExpressionItem():
            values = "".join(f", {name} = {number_text(value)}" for name, value in context.values.items())
            return _by_hand(f"Equals the key for all values of its variables{values}.", f"`{item.key}`")
        case FunctionItem():
            return _by_hand("Does what the reference does.", f"```python\n{item.reference.rstrip()}\n```")


def _by_hand(criterion: str, key: str) -> dict[str, Any]:
    return {
        "type": "essay",
        "rubric": [{"text": criterion}],
        "model_answer": key,
    }


def _truth(answer: bool | str, context: Context) -> bool:
    return answer if isinstance(answer, bool) else bool(context.number(answer))


def _number(item: NumberKey, context: Context) -> dict[str, Any]:
    """The key and its tolerance: every mode becomes a distance below and one above."""
    value = context.number(item.key)
    below, above = item.tolerance.margins(value)
    tolerance: dict[str, Any] = {"mode": "range", "below": number_text(below), "above": number_text(above)}
    if below == above:
        tolerance = {"mode": "abs", "abs": number_text(below)} if below else {"mode": "exact"}
    wrong = [
        {"value": number_text(context.number(mistake.value)), "feedback": context.words(mistake.feedback)}
        for mistake in item.common_wrong
    ]
    return {"key": number_text(value), "tolerance": tolerance, "common_wrong": wrong}


def _blank(blank: Blank, context: Context) -> dict[str, Any]:
    data: dict[str, Any] = {"id": blank.id, "label": context.words(blank.label), "weight": blank.weight}
    if blank.truth is not None:
        return data | {"truth": _truth(blank.truth, context)}
    if blank.options:
        return data | {"options": [context.words(option) for option in blank.options]}
    if blank.accept:
        data |= {"accept": [context.words(text) for text in blank.accept]}
        return data | ({"match_case": True} if blank.match_case else {})
    return data | _number(blank, context)


@dataclass(frozen=True)
class Section:
    """Concrete items, how many of them are drawn, and the points of each."""

    name: str
    draw: int
    points: Decimal
    items: Sequence[Item]


def id_of(*parts: str) -> str:
    """A stable id that is valid in any XML."""
    return "i" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
