"""The union of all item types; `item.question(seed, points)` builds a variant."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from quizzes.content.items.blanks import BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.function import FunctionItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumericItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.items.short_text import ShortTextItem

__all__ = ["Item"]


Item = Annotated[
    ChoiceItem
    | ChoicesItem
    | TrueFalseItem
    | NumericItem
    | BlanksItem
    | MatchingItem
    | OrderingItem
    | ShortTextItem
    | ExpressionItem
    | FunctionItem
    | EssayItem,
    Field(discriminator="type"),
]
