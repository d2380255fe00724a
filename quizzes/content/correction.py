"""Corrected items: the key of a newer version, for the numbers and options that a student has seen.

A regrade marks answers to a question as it was shown. Options are known by ids made from their texts, so a
corrected text is a new id; the corrected item gets back the texts that were shown, with the newer key.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Shown
from quizzes.content.items.blanks import Blank, BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoicesItem
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.markup import names_in

__all__ = ["Incomparable", "corrected_item", "kept_values", "matched_texts"]


ALIKE = 0.6  # of two texts: the second is the first one, corrected


class Incomparable(ValueError):
    """An answer to the question that was shown cannot be marked by the newer item; says why."""


def corrected_item(shown: Item, current: Item) -> Item:
    """The newer item with the options that were shown; raises Incomparable if its key cannot be used."""
    if isinstance(shown, ChoiceItem | ChoicesItem) and isinstance(current, ChoiceItem | ChoicesItem):
        return _with_shown_options(shown, current)
    if type(shown) is not type(current):
        raise Incomparable("it is another kind of question now")
    if isinstance(shown, BlanksItem) and isinstance(current, BlanksItem):
        return _with_shown_blanks(shown, current)
    if isinstance(shown, MatchingItem) and isinstance(current, MatchingItem):
        return _with_shown_pairs(shown, current)
    if isinstance(shown, OrderingItem) and isinstance(current, OrderingItem):
        return _with_shown_entries(shown, current)
    if (
        isinstance(shown, ExpressionItem)
        and isinstance(current, ExpressionItem)
        and not shown.variables.keys() <= current.variables.keys()
    ):
        raise Incomparable("its variables have other names now")
    return current


def kept_values(shown: Item, current: Item, values: Shown) -> Shown:
    """The values of a variant that the newer item keeps: the drawn ones, and those in the prompt.

    Raises Incomparable if the newer item draws a number that was never drawn.
    """
    kept = {*shown.parameters, *shown.dataset, *(names_in(shown.prompt) & shown.derived.keys())}
    if missing := {*current.parameters, *current.dataset} - kept:
        raise Incomparable(f"it draws another number now, {min(missing)}")
    return {name: value for name, value in values.items() if name in kept}


def matched_texts(shown: Sequence[str], current: Sequence[str]) -> dict[str, str]:
    """Which text is now which: the same ones, then those that are most alike, then the rest by position.

    What was removed is not among the keys, what was added not among the values.
    """
    matched = {text: text for text in shown if text in current}
    old = [text for text in shown if text not in matched]
    new = [text for text in current if text not in matched]
    pairs = sorted(
        ((SequenceMatcher(None, a, b).ratio(), a, b) for a in old for b in new),
        key=lambda pair: (-pair[0], abs(shown.index(pair[1]) - current.index(pair[2]))),
    )
    for likeness, a, b in pairs:
        if likeness >= ALIKE and a in old and b in new:
            matched[a] = b
            old.remove(a)
            new.remove(b)
    if len(shown) == len(current):  # rewritten, none added and none removed
        matched |= dict(zip(old, new, strict=True))
    return matched


def _with_shown_options(shown: ChoiceItem | ChoicesItem, current: ChoiceItem | ChoicesItem) -> Item:
    now = {option.text: option for option in current.options}
    matched = matched_texts([option.text for option in shown.options], list(now))
    options = [
        option.model_copy(update={"correct": False})  # removed, so it is wrong
        if (text := matched.get(option.text)) is None
        else option.model_copy(update={"correct": now[text].correct, "feedback": now[text].feedback})
        for option in shown.options
    ]
    if not any(option.correct for option in options):
        raise Incomparable("none of the options that were shown is right now")
    names = ("prompt", "explanation", "parameters", "dataset", "derived")
    changes = {name: getattr(current, name) for name in names}
    if isinstance(shown, ChoicesItem) and isinstance(current, ChoicesItem):
        changes["rule"] = current.rule
    return shown.model_copy(update={**changes, "options": options})


def _with_shown_blanks(shown: BlanksItem, current: BlanksItem) -> BlanksItem:
    now = {blank.id: blank for blank in current.blanks}
    blanks = [
        _with_shown_list(blank, now[blank.id])
        if blank.id in now
        else blank.model_copy(update={"weight": 0})  # removed, so it does not count
        for blank in shown.blanks
    ]
    if not any(blank.weight for blank in blanks):
        raise Incomparable("none of the blanks that were shown is left")
    return current.model_copy(update={"blanks": blanks})


def _with_shown_list(shown: Blank, current: Blank) -> Blank:
    if shown.kind != current.kind or (shown.truth is None) != (current.truth is None):
        raise Incomparable(f"its blank {shown.id} is filled in another way now")
    if not shown.options:
        return current
    matched = matched_texts(shown.options, current.options)
    right = next((old for old, new in matched.items() if new == current.options[0]), None)
    if right is None:
        raise Incomparable(f"the right option of its blank {shown.id} was not shown")
    others = [text for text in shown.options if text != right]
    return current.model_copy(update={"options": [right, *others]})


def _with_shown_pairs(shown: MatchingItem, current: MatchingItem) -> MatchingItem:
    def rights(item: MatchingItem) -> list[str]:
        return list(dict.fromkeys([*(pair.right for pair in item.pairs), *item.distractors]))

    now = {pair.left: pair.right for pair in current.pairs}
    lefts = matched_texts([pair.left for pair in shown.pairs], list(now))
    back = {new: old for old, new in matched_texts(rights(shown), rights(current)).items()}
    pairs = []
    for pair in shown.pairs:
        # A removed pair keeps its key.
        right = back.get(now[lefts[pair.left]]) if pair.left in lefts else pair.right
        if right is None:
            raise Incomparable(f"what belongs to {pair.left!r} now was not shown")
        pairs.append(pair.model_copy(update={"right": right}))
    used = {pair.right for pair in pairs}
    distractors = [text for text in rights(shown) if text not in used]
    return current.model_copy(update={"pairs": pairs, "distractors": distractors})


def _with_shown_entries(shown: OrderingItem, current: OrderingItem) -> OrderingItem:
    matched = matched_texts(shown.entries, current.entries)
    back = {new: old for old, new in matched.items()}
    entries = [back[text] for text in current.entries if text in back]
    for place, text in enumerate(shown.entries):
        if text not in matched:  # removed; students have ordered it all the same
            entries.insert(place, text)
    return current.model_copy(update={"entries": entries})
