"""Writes each kind of item as QTI 1.2 in the form of Canvas."""

from __future__ import annotations

from collections.abc import Iterator

from quizzes.content.items.any_item import Item
from quizzes.content.items.blanks import Blank, BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumericItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.interchange.concrete import id_of
from quizzes.interchange.html_markup import canvas_html, plain_text, plain_words
from quizzes.interchange.qti12.elements import (
    KIND_FIELD,
    ItemParts,
    box,
    choices,
    display_feedback,
    equals,
    rule,
)
from quizzes.interchange.ranges import ends_of
from quizzes.interchange.xml_tree import element

__all__ = ["parts_of_item"]


def parts_of_item(item: Item) -> ItemParts:
    """The parts of an item that depend on its kind."""
    match item:
        case ChoiceItem() | ChoicesItem():
            return _choice(item)
        case TrueFalseItem():
            return _true_false(item)
        case NumericItem():
            return _numeric(item)
        case ShortTextItem():
            return _short_text(item)
        case MatchingItem():
            return _matching(item)
        case OrderingItem():
            return _ordering(item)
        case BlanksItem():
            return _blanks(item)
        case EssayItem():
            return _essay(item)
    raise AssertionError(f"{item.type} is made concrete first")


def _choice(item: ChoiceItem | ChoicesItem) -> ItemParts:
    ids = [id_of("option", option.text) for option in item.options]
    right = [id for id, option in zip(ids, item.options, strict=True) if option.correct]
    wrong = [id for id in ids if id not in right]
    feedback = [
        (f"{id}_fb", canvas_html(option.feedback))
        for id, option in zip(ids, item.options, strict=True)
        if option.feedback
    ]
    displays = [display_feedback(ident, "response1", ident.removesuffix("_fb")) for ident, _ in feedback]
    many = isinstance(item, ChoicesItem)
    options = [(id, canvas_html(option.text)) for id, option in zip(ids, item.options, strict=True)]
    accepted = [equals("response1", id) for id in right]
    condition = accepted[0] if len(right) == 1 else element("or", {}, *accepted)
    if many:
        no = [element("not", {}, equals("response1", id)) for id in wrong]
        condition = element("and", {}, *(equals("response1", id) for id in right), *no)
    kind = "multiple_answers_question" if many else "multiple_choice_question"
    return ItemParts(
        kind, [choices("response1", options, many)], [*displays, rule(condition)], {}, feedback=feedback
    )


def _true_false(item: TrueFalseItem) -> ItemParts:
    feedback = (
        [("false_fb" if item.answer else "true_fb", canvas_html(item.feedback))] if item.feedback else []
    )
    displays = [display_feedback(ident, "response1", ident.removesuffix("_fb")) for ident, _ in feedback]
    options = [("true", "True"), ("false", "False")]
    rules = [*displays, rule(equals("response1", "true" if item.answer else "false"))]
    return ItemParts("true_false_question", [choices("response1", options)], rules, {}, feedback=feedback)


def _numeric(item: NumericItem) -> ItemParts:
    ends = ends_of(item)
    least = element("vargte", {"respident": "response1"}, ends[0])
    most = element("varlte", {"respident": "response1"}, ends[1])
    condition = element("or", {}, equals("response1", item.key), element("and", {}, least, most))
    return ItemParts("numerical_question", [box({"fibtype": "Decimal"})], [rule(condition)], {})


def _short_text(item: ShortTextItem) -> ItemParts:
    accepted = rule(
        *(equals("response1", plain_words(text), match_case=item.match_case) for text in item.accept)
    )
    return ItemParts("short_answer_question", [box()], [accepted], {})


def _essay(item: EssayItem) -> ItemParts:
    accepted = element("respcondition", {"continue": "No"}, element("conditionvar", {}, element("other")))
    lines = "".join(
        f"<li>{canvas_html(criterion.text)} ({criterion.weight})</li>" for criterion in item.rubric
    )
    solution = (
        f'<div class="model-answer">{canvas_html(item.model_answer)}</div><ul class="rubric">{lines}</ul>'
    )
    return ItemParts("essay_question", [box()], [accepted], {}, explanation=solution)


def _matching(item: MatchingItem) -> ItemParts:
    rights = list(dict.fromkeys([*(pair.right for pair in item.pairs), *item.distractors]))
    return _matched("matching_question", [(pair.left, pair.right) for pair in item.pairs], rights, {})


def _ordering(item: OrderingItem) -> ItemParts:
    positions = [str(number) for number in range(1, len(item.entries) + 1)]
    pairs = list(zip(item.entries, positions, strict=True))
    pairs.sort(key=lambda pair: id_of("left", pair[0]))  # the right order would tell itself
    return _matched("matching_question", pairs, positions, {KIND_FIELD: "ordering"})


def _matched(kind: str, pairs: list[tuple[str, str]], rights: list[str], fields: dict[str, str]) -> ItemParts:
    ids = {right: id_of("right", right) for right in rights}
    names = {left: f"response_{id_of('left', left)}" for left, _ in pairs}
    options = [(ids[right], canvas_html(right)) for right in rights]
    responses = [choices(names[left], options, about=canvas_html(left)) for left, _ in pairs]
    share = f"{100 / len(pairs):.2f}"
    rules = [rule(equals(names[left], ids[right]), value=share, action="Add") for left, right in pairs]
    return ItemParts(kind, responses, rules, fields)


def _blanks(item: BlanksItem) -> ItemParts:
    lists = all(blank.kind == "choice" for blank in item.blanks)
    share, responses, rules = f"{100 / len(item.blanks):.2f}", [], []
    for blank in item.blanks:
        ident = f"response_{blank.id}"
        texts = list(_texts(blank, lists))
        options = [(id_of(blank.id, text), text) for text in texts]
        responses.append(choices(ident, options, about=blank.id))
        rules.append(rule(equals(ident, options[0][0]), value=share, action="Add"))
    below = "".join(f"<li>{canvas_html(blank.label)}: [{blank.id}]</li>" for blank in item.blanks)
    kind = "multiple_dropdowns_question" if lists else "fill_in_multiple_blanks_question"
    return ItemParts(kind, responses, rules, {}, below=f"<ul>{below}</ul>")


def _texts(blank: Blank, lists: bool) -> Iterator[str]:
    """The choices with the right one first, or the accepted texts."""
    if blank.truth is not None:
        yield from (["True", "False"] if blank.truth else ["False", "True"])[: 2 if lists else 1]
    elif blank.options:
        yield from map(plain_text, blank.options if lists else blank.options[:1])
    elif blank.accept:
        yield from map(plain_words, blank.accept)
    else:
        yield blank.key
