"""Writes each kind of item as QTI 2.1: declarations, mappings and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.etree.ElementTree import Element

from quizzes.content.items.any_item import Item
from quizzes.content.items.blanks import Blank, BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumberKey, NumericItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.marking.choice import ChoiceRule
from quizzes.interchange.concrete import id_of, number_text
from quizzes.interchange.html_markup import plain_text, plain_words
from quizzes.interchange.qti21.markup import flow, labelled
from quizzes.interchange.ranges import ends_of
from quizzes.interchange.xml_tree import element

__all__ = [
    "RESPONSE",
    "ItemParts",
    "constant",
    "declared",
    "exactly",
    "full",
    "mapped",
    "mapping",
    "outcome",
    "parts_of_item",
    "sets",
    "variable",
    "when",
]


RESPONSE = "RESPONSE"


@dataclass(frozen=True)
class ItemParts:
    """The parts of an item that depend on its kind; rules add to SCORE, which is at most 1."""

    declared: Sequence[Element]
    body: Sequence[Element]
    rules: Sequence[Element]
    feedback: Sequence[tuple[str, str]] = ()  # by the choice's id, as authors write it
    model_answer: str = ""  # as authors write it, after the explanation


def declared(
    ident: str, kind: str, values: Sequence[str], cardinality: str = "single", shares: Element | None = None
) -> Element:
    """The declaration of a response with its right values and the worth of single values."""
    right = element("correctResponse", {}, *(element("value", {}, value) for value in values))
    attributes = {"identifier": ident, "cardinality": cardinality, "baseType": kind}
    declaration = element("responseDeclaration", attributes)
    declaration.extend([right] if values else [])
    declaration.extend([shares] if shares is not None else [])
    return declaration


def mapping(entries: Sequence[tuple[str, str]], default: str = "0", **attributes_more: str) -> Element:
    """The worth of each value; the sum is from 0 to 1."""
    mapped = [
        element("mapEntry", {"mapKey": key, "mappedValue": value, **attributes_more})
        for key, value in entries
    ]
    return element("mapping", {"lowerBound": "0", "upperBound": "1", "defaultValue": default}, *mapped)


def variable(name: str) -> Element:
    """A variable's value."""
    return element("variable", {"identifier": name})


def constant(value: str) -> Element:
    """A number."""
    return element("baseValue", {"baseType": "float"}, value)


def sets(name: str, what: Element) -> Element:
    """Give an outcome its value."""
    return element("setOutcomeValue", {"identifier": name}, what)


def when(condition: Element, *then: Element) -> Element:
    """Do something if a condition holds."""
    return element("responseCondition", {}, element("responseIf", {}, condition, *then))


def exactly(ident: str = RESPONSE) -> Element:
    """Full marks for exactly the right response."""
    return when(element("match", {}, variable(ident), element("correct", {"identifier": ident})), full())


def full() -> Element:
    """Full marks."""
    return sets("SCORE", constant("1"))


def mapped(ident: str = RESPONSE) -> Element:
    """The worth of a response by its mapping."""
    return sets("SCORE", element("mapResponse", {"identifier": ident}))


def outcome(ident: str, kind: str, default: str, **attributes_more: str) -> Element:
    """The declaration of an outcome."""
    attributes = {"identifier": ident, "cardinality": "single", "baseType": kind, **attributes_more}
    return element(
        "outcomeDeclaration", attributes, element("defaultValue", {}, element("value", {}, default))
    )


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


def _options(options: Sequence[tuple[str, str, bool]], shuffle: bool, most: int) -> Element:
    choices = [
        element("simpleChoice", {"identifier": ident, "fixed": str(last).lower()}, flow(text))
        for ident, text, last in options
    ]
    attributes = {"responseIdentifier": RESPONSE, "shuffle": str(shuffle).lower(), "maxChoices": str(most)}
    return element("choiceInteraction", attributes, *choices)


def _choice(item: ChoiceItem | ChoicesItem) -> ItemParts:
    ids = [id_of("option", option.text) for option in item.options]
    right = [id for id, option in zip(ids, item.options, strict=True) if option.correct]
    shown_options = [(id, option.text, option.last) for id, option in zip(ids, item.options, strict=True)]
    feedback = [
        (id, option.feedback) for id, option in zip(ids, item.options, strict=True) if option.feedback
    ]
    if isinstance(item, ChoiceItem):
        single = len(right) == 1  # else each of several earns everything, which only a mapping can say
        accepted = None if single else mapping([(id, "1") for id in right])
        response = declared(RESPONSE, "identifier", right if single else [], shares=accepted)
        scored = exactly() if single else mapped()
        return ItemParts([response], [_options(shown_options, item.shuffle, 1)], [scored], feedback)
    part = number_text(Decimal(1) / len(right))
    shares = mapping([(id, part) for id in right], f"-{part}")
    exact = item.rule is ChoiceRule.OFF
    response = declared(RESPONSE, "identifier", right, "multiple", None if exact else shares)
    return ItemParts(
        [response], [_options(shown_options, item.shuffle, 0)], [exactly() if exact else mapped()], feedback
    )


def _true_false(item: TrueFalseItem) -> ItemParts:
    response = declared(RESPONSE, "identifier", ["true" if item.answer else "false"])
    feedback = [("false" if item.answer else "true", item.feedback)] if item.feedback else []
    options = _options([("true", "True", True), ("false", "False", True)], False, 1)
    return ItemParts([response], [options], [exactly()], feedback)


def _within(ident: str, item: NumberKey) -> Element:
    ends = ends_of(item)
    least = element("gte", {}, variable(ident), constant(ends[0]))
    most = element("lte", {}, variable(ident), constant(ends[1]))
    return element("and", {}, least, most)


def _entry(ident: str, length: int) -> Element:
    return element("textEntryInteraction", {"responseIdentifier": ident, "expectedLength": str(length)})


def _numeric(item: NumericItem) -> ItemParts:
    response = declared(RESPONSE, "float", [item.key])
    return ItemParts(
        [response], [element("p", {}, _entry(RESPONSE, 15))], [when(_within(RESPONSE, item), full())]
    )


def _texts(accept: Sequence[str], match_case: bool) -> Element:
    return mapping([(plain_words(text), "1") for text in accept], caseSensitive=str(match_case).lower())


def _short_text(item: ShortTextItem) -> ItemParts:
    accepted = _texts(item.accept, item.match_case)
    response = declared(RESPONSE, "string", [plain_words(item.accept[0])], shares=accepted)
    return ItemParts([response], [element("p", {}, _entry(RESPONSE, 40))], [mapped()])


def _essay(item: EssayItem) -> ItemParts:
    lines = [element("li", {}, flow(criterion.text), f" ({criterion.weight})") for criterion in item.rubric]
    rubric = element("rubricBlock", {"view": "scorer"}, element("ul", {}, *lines))
    box = element("extendedTextInteraction", {"responseIdentifier": RESPONSE, "expectedLines": "12"})
    return ItemParts([declared(RESPONSE, "string", [])], [rubric, box], [], model_answer=item.model_answer)


def _matching(item: MatchingItem) -> ItemParts:
    rights = list(dict.fromkeys([*(pair.right for pair in item.pairs), *item.distractors]))
    left = {pair.left: id_of("left", pair.left) for pair in item.pairs}
    right = {text: id_of("right", text) for text in rights}
    pairs = [f"{left[pair.left]} {right[pair.right]}" for pair in item.pairs]
    part = number_text(Decimal(1) / len(pairs))
    shares = mapping([(pair, part) for pair in pairs], number_text(-item.penalty / len(pairs)))
    sets = [
        [_associable(id, text, 1) for text, id in left.items()],
        [_associable(id, text, 0) for text, id in right.items()],
    ]
    attributes = {"responseIdentifier": RESPONSE, "shuffle": "true", "maxAssociations": str(len(left))}
    interaction = element(
        "matchInteraction", attributes, *(element("simpleMatchSet", {}, *choices) for choices in sets)
    )
    response = declared(RESPONSE, "directedPair", pairs, "multiple", shares if item.partial else None)
    return ItemParts([response], [interaction], [mapped() if item.partial else exactly()])


def _associable(ident: str, text: str, most: int) -> Element:
    attributes = {"identifier": ident, "matchMax": str(most)}
    return element("simpleAssociableChoice", attributes, flow(text))


def _ordering(item: OrderingItem) -> ItemParts:
    ids = {text: id_of("entry", text) for text in item.entries}
    # Systems that do not shuffle would show the right order.
    shown_entries = sorted(ids.items(), key=lambda pair: pair[1])
    choices = [element("simpleChoice", {"identifier": id}, flow(text)) for text, id in shown_entries]
    interaction = element("orderInteraction", {"responseIdentifier": RESPONSE, "shuffle": "true"}, *choices)
    return ItemParts(
        [declared(RESPONSE, "identifier", list(ids.values()), "ordered")], [interaction], [exactly()]
    )


def _blanks(item: BlanksItem) -> ItemParts:
    """Each blank sets its own score or takes the penalty; SCORE is their sum, never below zero."""
    whole = sum(blank.weight for blank in item.blanks)
    responses, lines, rules, parts = [], [], [], []
    for blank in item.blanks:
        ident, worth = f"BLANK_{blank.id}", Decimal(blank.weight) / whole
        field, response, condition = _field(ident, blank)
        responses.append(response)
        lines.append(element("li", {}, labelled(blank.label), ": ", field))
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
    return ItemParts([*responses, *outcomes], [element("ul", {}, *lines)], [*rules, total])


def _field(ident: str, blank: Blank) -> tuple[Element, Element, Element]:
    """The interaction, its declaration, and the condition for a right answer."""
    correct = element("match", {}, variable(ident), element("correct", {"identifier": ident}))
    if blank.kind == "choice":
        truths = ["True", "False"] if blank.truth else ["False", "True"]
        texts = truths if blank.truth is not None else blank.options
        ids = [id_of(blank.id, text) for text in texts]
        choices = [
            element("inlineChoice", {"identifier": id}, plain_text(text))
            for id, text in sorted(zip(ids, texts, strict=True))
        ]
        field = element("inlineChoiceInteraction", {"responseIdentifier": ident, "shuffle": "true"}, *choices)
        return field, declared(ident, "identifier", ids[:1]), correct
    if blank.kind == "text":
        accepted = _texts(blank.accept, blank.match_case)
        response = declared(ident, "string", [plain_words(blank.accept[0])], shares=accepted)
        accepted = element("gte", {}, element("mapResponse", {"identifier": ident}), constant("1"))
        return _entry(ident, 20), response, accepted
    return _entry(ident, 15), declared(ident, "float", [blank.key]), _within(ident, blank)
