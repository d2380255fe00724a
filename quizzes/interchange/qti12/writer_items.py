"""Each kind of item in QTI 1.2, as Canvas asks it."""

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
from quizzes.interchange.html_markup import canvas_html, plain_words
from quizzes.interchange.qti12.elements import KIND_FIELD, Own, box, choices, equals, rule, says
from quizzes.interchange.ranges import ends_of
from quizzes.interchange.xml_tree import element

__all__ = ["own_of"]


def own_of(item: Item) -> Own:
    """What an item of this kind has of its own."""
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


def _choice(item: ChoiceItem | ChoicesItem) -> Own:
    ids = [id_of("option", one.text) for one in item.options]
    right = [id for id, one in zip(ids, item.options, strict=True) if one.correct]
    wrong = [id for id in ids if id not in right]
    told = [
        (f"{id}_fb", canvas_html(one.feedback))
        for id, one in zip(ids, item.options, strict=True)
        if one.feedback
    ]
    said = [says(ident, "response1", ident.removesuffix("_fb")) for ident, _ in told]
    many = isinstance(item, ChoicesItem)
    options = [(id, canvas_html(one.text)) for id, one in zip(ids, item.options, strict=True)]
    condition = equals("response1", right[0])
    if many:
        no = [element("not", {}, equals("response1", id)) for id in wrong]
        condition = element("and", {}, *(equals("response1", id) for id in right), *no)
    kind = "multiple_answers_question" if many else "multiple_choice_question"
    return Own(kind, [choices("response1", options, many)], [*said, rule(condition)], {}, feedback=told)


def _true_false(item: TrueFalseItem) -> Own:
    told = [("false_fb" if item.answer else "true_fb", canvas_html(item.feedback))] if item.feedback else []
    said = [says(ident, "response1", ident.removesuffix("_fb")) for ident, _ in told]
    options = [("true", "True"), ("false", "False")]
    rules = [*said, rule(equals("response1", "true" if item.answer else "false"))]
    return Own("true_false_question", [choices("response1", options)], rules, {}, feedback=told)


def _numeric(item: NumericItem) -> Own:
    ends = ends_of(item)
    least = element("vargte", {"respident": "response1"}, ends[0])
    most = element("varlte", {"respident": "response1"}, ends[1])
    condition = element("or", {}, equals("response1", item.key), element("and", {}, least, most))
    return Own("numerical_question", [box({"fibtype": "Decimal"})], [rule(condition)], {})


def _short_text(item: ShortTextItem) -> Own:
    accepted = rule(*(equals("response1", plain_words(one)) for one in item.accept))
    return Own("short_answer_question", [box()], [accepted], {})


def _essay(item: EssayItem) -> Own:
    accepted = element("respcondition", {"continue": "No"}, element("conditionvar", {}, element("other")))
    lines = "".join(f"<li>{canvas_html(one.text)} ({one.weight})</li>" for one in item.rubric)
    told = f'<div class="model-answer">{canvas_html(item.model_answer)}</div><ul class="rubric">{lines}</ul>'
    return Own("essay_question", [box()], [accepted], {}, told=told)


def _matching(item: MatchingItem) -> Own:
    rights = list(dict.fromkeys([*(one.right for one in item.pairs), *item.distractors]))
    return _matched("matching_question", [(one.left, one.right) for one in item.pairs], rights, {})


def _ordering(item: OrderingItem) -> Own:
    places = [str(number) for number in range(1, len(item.entries) + 1)]
    pairs = list(zip(item.entries, places, strict=True))
    pairs.sort(key=lambda one: id_of("left", one[0]))  # the right order would tell itself
    return _matched("matching_question", pairs, places, {KIND_FIELD: "ordering"})


def _matched(kind: str, pairs: list[tuple[str, str]], rights: list[str], fields: dict[str, str]) -> Own:
    ids = {right: id_of("right", right) for right in rights}
    names = {left: f"response_{id_of('left', left)}" for left, _ in pairs}
    options = [(ids[right], canvas_html(right)) for right in rights]
    responses = [choices(names[left], options, about=canvas_html(left)) for left, _ in pairs]
    each = f"{100 / len(pairs):.2f}"
    rules = [rule(equals(names[left], ids[right]), value=each, action="Add") for left, right in pairs]
    return Own(kind, responses, rules, fields)


def _blanks(item: BlanksItem) -> Own:
    lists = all(one.kind == "choice" for one in item.blanks)
    each, responses, rules = f"{100 / len(item.blanks):.2f}", [], []
    for blank in item.blanks:
        ident = f"response_{blank.id}"
        texts = list(_texts(blank, lists))
        options = [(id_of(blank.id, text), text) for text in texts]
        responses.append(choices(ident, options, about=blank.id))
        rules.append(rule(equals(ident, options[0][0]), value=each, action="Add"))
    below = "".join(f"<li>{canvas_html(one.label)}: [{one.id}]</li>" for one in item.blanks)
    kind = "multiple_dropdowns_question" if lists else "fill_in_multiple_blanks_question"
    return Own(kind, responses, rules, {}, below=f"<ul>{below}</ul>")


def _texts(blank: Blank, lists: bool) -> Iterator[str]:
    """What can be chosen, the right one first, or what is accepted."""
    if blank.truth is not None:
        yield from (["True", "False"] if blank.truth else ["False", "True"])[: 2 if lists else 1]
    elif blank.options:
        yield from map(plain_words, blank.options if lists else blank.options[:1])
    elif blank.accept:
        yield from map(plain_words, blank.accept)
    else:
        yield blank.key
