"""Items: what a bank holds, one module a family of types. `item.question(seed, points)` makes a variant."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from quizzes.items.arrange import MatchingItem, OrderingItem
from quizzes.items.blanks import BlanksItem
from quizzes.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.items.later import EssayItem, FunctionItem
from quizzes.items.numeric import NumericItem
from quizzes.items.written import ExpressionItem, ShortTextItem

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
