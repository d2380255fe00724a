"""Each kind of item in QTI 2.1: what is declared, shown and marked."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from xml.etree.ElementTree import Element

from quizzes.interchange.concrete import number_text
from quizzes.interchange.html import plain_words, xhtml
from quizzes.interchange.qti21.marking import (
    RESPONSE,
    Own,
    constant,
    declared,
    exactly,
    full,
    mapped,
    mapping,
    outcome,
    sets,
    variable,
    when,
)
from quizzes.interchange.ranges import ends_of
from quizzes.interchange.section import id_of
from quizzes.interchange.xml import element, fragment
from quizzes.items import Item
from quizzes.items.arrange import MatchingItem, OrderingItem
from quizzes.items.blanks import Blank, BlanksItem
from quizzes.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.items.later import EssayItem
from quizzes.items.numeric import NumberKey, NumericItem
from quizzes.items.written import ShortTextItem
from quizzes.marking.choice import ChoiceRule

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


def _options(options: Sequence[tuple[str, str, bool]], shuffle: bool, most: int) -> Element:
    choices = [
        element("simpleChoice", {"identifier": ident, "fixed": str(last).lower()}, fragment(html))
        for ident, html, last in options
    ]
    given = {"responseIdentifier": RESPONSE, "shuffle": str(shuffle).lower(), "maxChoices": str(most)}
    return element("choiceInteraction", given, *choices)


def _choice(item: ChoiceItem | ChoicesItem) -> Own:
    ids = [id_of("option", one.text) for one in item.options]
    right = [id for id, one in zip(ids, item.options, strict=True) if one.correct]
    shown = [(id, xhtml(one.text), one.last) for id, one in zip(ids, item.options, strict=True)]
    told = [(id, xhtml(one.feedback)) for id, one in zip(ids, item.options, strict=True) if one.feedback]
    if isinstance(item, ChoiceItem):
        response = declared(RESPONSE, "identifier", right)
        return Own([response], [_options(shown, item.shuffle, 1)], [exactly()], told)
    part = number_text(Decimal(1) / len(right))
    shares = mapping([(id, part) for id in right], f"-{part}")
    exact = item.rule is ChoiceRule.OFF
    response = declared(RESPONSE, "identifier", right, "multiple", None if exact else shares)
    return Own([response], [_options(shown, item.shuffle, 0)], [exactly() if exact else mapped()], told)


def _true_false(item: TrueFalseItem) -> Own:
    response = declared(RESPONSE, "identifier", ["true" if item.answer else "false"])
    told = [("false" if item.answer else "true", xhtml(item.feedback))] if item.feedback else []
    options = _options([("true", "True", True), ("false", "False", True)], False, 1)
    return Own([response], [options], [exactly()], told)


def _within(ident: str, item: NumberKey) -> Element:
    ends = ends_of(item)
    least = element("gte", {}, variable(ident), constant(ends[0]))
    most = element("lte", {}, variable(ident), constant(ends[1]))
    return element("and", {}, least, most)


def _entry(ident: str, length: int) -> Element:
    return element("textEntryInteraction", {"responseIdentifier": ident, "expectedLength": str(length)})


def _numeric(item: NumericItem) -> Own:
    response = declared(RESPONSE, "float", [item.key])
    return Own([response], [element("p", {}, _entry(RESPONSE, 15))], [when(_within(RESPONSE, item), full())])


def _texts(accept: Sequence[str]) -> Element:
    return mapping([(plain_words(one), "1") for one in accept], caseSensitive="false")


def _short_text(item: ShortTextItem) -> Own:
    response = declared(RESPONSE, "string", [plain_words(item.accept[0])], shares=_texts(item.accept))
    return Own([response], [element("p", {}, _entry(RESPONSE, 40))], [mapped()])


def _essay(item: EssayItem) -> Own:
    lines = [element("li", {}, fragment(xhtml(one.text)), f" ({one.weight})") for one in item.rubric]
    rubric = element("rubricBlock", {"view": "scorer"}, element("ul", {}, *lines))
    box = element("extendedTextInteraction", {"responseIdentifier": RESPONSE, "expectedLines": "12"})
    told = f'<div class="model-answer">{xhtml(item.model_answer)}</div>'
    return Own([declared(RESPONSE, "string", [])], [rubric, box], [], told=told)


def _matching(item: MatchingItem) -> Own:
    rights = list(dict.fromkeys([*(one.right for one in item.pairs), *item.distractors]))
    left = {one.left: id_of("left", one.left) for one in item.pairs}
    right = {text: id_of("right", text) for text in rights}
    pairs = [f"{left[one.left]} {right[one.right]}" for one in item.pairs]
    part = number_text(Decimal(1) / len(pairs))
    shares = mapping([(one, part) for one in pairs], number_text(-item.penalty / len(pairs)))
    sets = [
        [_associable(id, text, 1) for text, id in left.items()],
        [_associable(id, text, 0) for text, id in right.items()],
    ]
    given = {"responseIdentifier": RESPONSE, "shuffle": "true", "maxAssociations": str(len(left))}
    asked = element("matchInteraction", given, *(element("simpleMatchSet", {}, *one) for one in sets))
    response = declared(RESPONSE, "directedPair", pairs, "multiple", shares if item.partial else None)
    return Own([response], [asked], [mapped() if item.partial else exactly()])


def _associable(ident: str, text: str, most: int) -> Element:
    given = {"identifier": ident, "matchMax": str(most)}
    return element("simpleAssociableChoice", given, fragment(xhtml(text)))


def _ordering(item: OrderingItem) -> Own:
    ids = {text: id_of("entry", text) for text in item.entries}
    # Systems that do not shuffle would show the right order.
    shown = sorted(ids.items(), key=lambda one: one[1])
    choices = [element("simpleChoice", {"identifier": id}, fragment(xhtml(text))) for text, id in shown]
    asked = element("orderInteraction", {"responseIdentifier": RESPONSE, "shuffle": "true"}, *choices)
    return Own([declared(RESPONSE, "identifier", list(ids.values()), "ordered")], [asked], [exactly()])


def _blanks(item: BlanksItem) -> Own:
    """Every blank sets a score of its own, or takes the penalty; SCORE is their sum, never below zero."""
    whole = sum(one.weight for one in item.blanks)
    responses, lines, rules, parts = [], [], [], []
    for blank in item.blanks:
        ident, worth = f"BLANK_{blank.id}", Decimal(blank.weight) / whole
        field, response, condition = _field(ident, blank)
        responses.append(response)
        lines.append(element("li", {}, fragment(xhtml(blank.label), "span"), ": ", field))
        rules.append(when(condition, sets(f"PART_{blank.id}", constant(number_text(worth)))))
        parts.append(variable(f"PART_{blank.id}"))
        if item.penalty and blank.kind == "choice":
            wrong = element(
                "and",
                {},
                element("not", {}, element("isNull", {}, variable(ident))),
                element(
                    "not",
                    {},
                    element("match", {}, variable(ident), element("correct", {"identifier": ident})),
                ),
            )
            taken = number_text(-worth * item.penalty)
            rules.append(when(wrong, sets(f"PART_{blank.id}", constant(taken))))
    outcomes = [outcome(f"PART_{blank.id}", "float", "0") for blank in item.blanks]
    total = sets("SCORE", element("max", {}, constant("0"), element("sum", {}, *parts)))
    return Own([*responses, *outcomes], [element("ul", {}, *lines)], [*rules, total])


def _field(ident: str, blank: Blank) -> tuple[Element, Element, Element]:
    """What is filled in, its declaration, and when it is right."""
    correct = element("match", {}, variable(ident), element("correct", {"identifier": ident}))
    if blank.kind == "choice":
        truths = ["True", "False"] if blank.truth else ["False", "True"]
        texts = truths if blank.truth is not None else blank.options
        ids = [id_of(blank.id, text) for text in texts]
        choices = [
            element("inlineChoice", {"identifier": id}, plain_words(text))
            for id, text in sorted(zip(ids, texts, strict=True))
        ]
        field = element("inlineChoiceInteraction", {"responseIdentifier": ident, "shuffle": "true"}, *choices)
        return field, declared(ident, "identifier", ids[:1]), correct
    if blank.kind == "text":
        response = declared(ident, "string", [plain_words(blank.accept[0])], shares=_texts(blank.accept))
        accepted = element("gte", {}, element("mapResponse", {"identifier": ident}), constant("1"))
        return _entry(ident, 20), response, accepted
    return _entry(ident, 15), declared(ident, "float", [blank.key]), _within(ident, blank)
