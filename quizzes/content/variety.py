"""How many variants an item has, and how many different right answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from quizzes.content.expression import ExpressionProblem, expression_of
from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Context, VariantProblem
from quizzes.content.items.blanks import BlanksItem
from quizzes.content.items.choice import TrueFalseItem
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.numeric import NumericItem

__all__ = ["MOST_COUNTED", "Variety", "variants_across", "variety", "variety_text"]


MOST_COUNTED = 20_000  # combinations of values that are looked at
STRIDE = 0.618_033_988_75  # of the combinations: neighbours in the sample differ in all values


@dataclass(frozen=True)
class Variety:
    """The counts of an item; `exact` is false where only some of the combinations were looked at."""

    variants: int
    keys: int
    exact: bool = True

    def __str__(self) -> str:
        at_least = "" if self.exact else "at least "
        variants = "1 variant" if self.variants == 1 else f"{at_least}{self.variants:,} variants"
        keys = "1 key" if self.keys == 1 else f"{at_least}{self.keys:,} keys"
        return f"{variants}, {keys}"


def variants_across(item: Item, most: int) -> Iterator[Context]:
    """The variants of an item: all of them, or `most` combinations spread over all values.

    A variant that cannot be computed is left out; `faults_in_item` says why.
    """
    if isinstance(item, ExpressionItem):
        yield item.context(b"")
        return
    sizes = [len(parameter) for parameter in item.parameters.values()]
    rows, total = item.rows, item.combinations
    step = 1 if total <= most else max(1, int(total * STRIDE))
    while gcd(step, total) > 1:
        step += 1
    for number in range(min(total, most)):
        rest, row = divmod(number * step % total, len(rows))
        values = dict(rows[row])
        for (name, parameter), size in zip(item.parameters.items(), sizes, strict=True):
            rest, index = divmod(rest, size)
            values[name] = parameter.value(index)
        try:
            context = item.context(b"", values)
            if expression_of(item.where, frozenset(context.values)).value(context.values):
                yield context
        except (VariantProblem, ExpressionProblem):
            continue


def variety(item: Item, most: int = MOST_COUNTED) -> Variety:
    """The number of variants and of different right answers, as they are shown."""
    exact = isinstance(item, ExpressionItem) or item.combinations <= most
    drawn, keys = set[tuple[Decimal, ...]](), set[tuple[str, ...]]()
    for context in variants_across(item, most):
        drawn.add(tuple(context.values[name] for name in item.drawn_names))
        keys.add(_key(item, context))
    return Variety(len(drawn), len(keys), exact)


def variety_text(items: dict[str, Item], most: int = MOST_COUNTED) -> str:
    """The counts of a slot's items in one line: one item by name, several by their smallest counts."""
    counts = {reference: variety(item, most) for reference, item in items.items()}
    if len(counts) == 1:
        ((reference, count),) = counts.items()
        return f"{reference}, {count}"
    kinds = sorted({item.type for item in items.values()})
    few = min(counts.values(), key=lambda count: count.variants)
    each = "each" if few.variants == 1 else "each at least"
    return f"{len(items)} items ({', '.join(kinds)}), {each} {few}"


def _key(item: Item, context: Context) -> tuple[str, ...]:
    """The right answer as far as the drawn values decide it."""
    try:
        if isinstance(item, NumericItem):
            return (item.shown(context),)
        if isinstance(item, BlanksItem):
            return tuple(
                blank.shown(context) if blank.kind == "number" else "".join(blank.choices(context)[:1])
                for blank in item.blanks
            )
        if isinstance(item, TrueFalseItem):
            truth = item.answer if isinstance(item.answer, bool) else bool(context.number(item.answer))
            return (str(truth),)
    except ExpressionProblem:
        return ("",)
    return ()
