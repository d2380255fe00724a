"""Writes each kind of item as a question of Moodle; numbers that are drawn become calculated questions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from xml.etree.ElementTree import Element

from quizzes.content.items.any_item import Item
from quizzes.content.items.blanks import Blank, BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoicesItem, TrueFalseItem
from quizzes.content.items.essay import EssayItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumericItem
from quizzes.content.items.ordering import OrderingItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.marking.choice import ChoiceRule
from quizzes.content.marking.order import OrderRule
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import plain_text
from quizzes.interchange.moodle.cloze import Alternative, gap_text
from quizzes.interchange.moodle.elements import answer, moodle_html, text
from quizzes.interchange.moodle.writer_calculated import calculated_parts
from quizzes.interchange.ranges import ranges_of
from quizzes.interchange.xml_tree import element

__all__ = ["QuestionParts", "parts_of_item"]


FULL, NOTHING = Decimal(1), Decimal(0)
NEARBY = Decimal("0.001")  # how near a common wrong value is, as a share of it
GRADING = {
    OrderRule.EXACT: "ALL_OR_NOTHING",
    OrderRule.POSITION: "ABSOLUTE_POSITION",
    OrderRule.LCS: "LONGEST_ORDERED_SUBSET",
}


@dataclass(frozen=True)
class QuestionParts:
    """What depends on a question's kind; `prompt` and `general` are HTML where they are not the item's."""

    kind: str
    elements: Sequence[Element]
    prompt: str = ""
    general: str = ""


def parts_of_item(item: Item) -> QuestionParts:
    """The parts of an item; a number with a dataset stays one, everything else is concrete."""
    match item:
        case ChoiceItem() | ChoicesItem():
            return _choice(item)
        case TrueFalseItem():
            return _true_false(item)
        case NumericItem():
            if item.dataset:
                return QuestionParts(*calculated_parts(item))
            return QuestionParts("numerical", _numbers(item))
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


def _choice(item: ChoiceItem | ChoicesItem) -> QuestionParts:
    right = sum(option.correct for option in item.options)
    part, wrong = FULL, NOTHING
    if isinstance(item, ChoicesItem):
        part = FULL / right
        wrong = -FULL if item.rule is ChoiceRule.OFF else -part
    options = [
        answer(moodle_html(option.text), part if option.correct else wrong, moodle_html(option.feedback))
        for option in item.options
    ]
    settings = [
        element("single", {}, str(isinstance(item, ChoiceItem)).lower()),
        element("shuffleanswers", {}, str(item.shuffle).lower()),
        element("answernumbering", {}, "none"),
    ]
    return QuestionParts("multichoice", [*settings, *options])


def _true_false(item: TrueFalseItem) -> QuestionParts:
    answers = [
        answer(
            str(truth).lower(),
            FULL if truth is item.answer else NOTHING,
            "" if truth is item.answer else moodle_html(item.feedback),
            form="moodle_auto_format",
        )
        for truth in (True, False)
    ]
    return QuestionParts("truefalse", answers)


def _numbers(item: NumericItem) -> list[Element]:
    def number(value: Decimal, distance: Decimal, share: Decimal, feedback: str) -> Element:
        tolerance = element("tolerance", {}, f"{distance:f}")
        return answer(f"{value:f}", share, feedback, tolerance, form="moodle_auto_format")

    right = [number(value, distance, FULL, "") for value, distance in ranges_of(item)]
    wrong = [
        number(Decimal(mistake.value), _near(mistake.value), NOTHING, moodle_html(mistake.feedback))
        for mistake in item.common_wrong
    ]
    return [*right, *wrong, element("unitgradingtype", {}, "0"), element("showunits", {}, "3")]


def _near(value: str) -> Decimal:
    return Decimal(number_text(abs(Decimal(value)) * NEARBY))


def _starred(typed: str) -> str:
    """A text in which no star stands for other signs."""
    return typed.replace("*", "\\*")


def _short_text(item: ShortTextItem) -> QuestionParts:
    form = "moodle_auto_format"
    right = [answer(_starred(accepted), FULL, "", form=form) for accepted in item.accept]
    wrong = [
        answer(_starred(mistake.value), NOTHING, moodle_html(mistake.feedback), form=form)
        for mistake in item.common_wrong
    ]
    return QuestionParts("shortanswer", [element("usecase", {}, str(int(item.match_case))), *right, *wrong])


def _matching(item: MatchingItem) -> QuestionParts:
    pairs = [(moodle_html(pair.left), pair.right) for pair in item.pairs]
    pairs += [("", distractor) for distractor in item.distractors]
    questions = [
        text("subquestion", left, element("answer", {}, element("text", {}, plain_text(right))))
        for left, right in pairs
    ]
    return QuestionParts("matching", [element("shuffleanswers", {}, "true"), *questions])


def _ordering(item: OrderingItem) -> QuestionParts:
    entries = [
        element(
            "answer",
            {"fraction": f"{number}.0000000", "format": "html"},
            element("text", {}, moodle_html(entry)),
        )
        for number, entry in enumerate(item.entries, start=1)
    ]
    settings = {
        "layouttype": "VERTICAL",
        "selecttype": "ALL",
        "selectcount": "0",
        "gradingtype": GRADING[item.rule],
        "showgrading": "HIDE",
        "numberingstyle": "none",
    }
    return QuestionParts(
        "ordering", [*(element(name, {}, value) for name, value in settings.items()), *entries]
    )


def _essay(item: EssayItem) -> QuestionParts:
    lines = "".join(
        f"<li>{moodle_html(criterion.text)} ({criterion.weight})</li>" for criterion in item.rubric
    )
    settings = {
        "responseformat": "editor",
        "responserequired": "1",
        "responsefieldlines": "15",
        "maxwordlimit": str(item.most_words),
        "attachments": "0",
        "attachmentsrequired": "0",
    }
    notes = text("graderinfo", f"<ul>{lines}</ul>")
    solution = f'<div class="model-answer">{moodle_html(item.model_answer)}</div>'
    elements = [*(element(name, {}, value) for name, value in settings.items()), notes]
    return QuestionParts("essay", elements, general=moodle_html(item.explanation) + solution)


def _blanks(item: BlanksItem) -> QuestionParts:
    lines = "".join(
        f"<li>{moodle_html(blank.label)}: {_gap(blank, item.penalty)}</li>" for blank in item.blanks
    )
    return QuestionParts("cloze", [], prompt=f"{moodle_html(item.prompt)}<ul>{lines}</ul>")


def _gap(blank: Blank, penalty: Decimal) -> str:
    if blank.kind == "number":
        right = [
            Alternative(f"{value:f}", FULL, tolerance=f"{distance:f}") for value, distance in ranges_of(blank)
        ]
        wrong = [
            Alternative(
                f"{Decimal(mistake.value):f}",
                NOTHING,
                moodle_html(mistake.feedback),
                f"{_near(mistake.value):f}",
            )
            for mistake in blank.common_wrong
        ]
        return gap_text("number", blank.weight, [*right, *wrong])
    if blank.accept:
        kind = "exact text" if blank.match_case else "text"
        return gap_text(
            kind, blank.weight, [Alternative(_starred(accepted), FULL) for accepted in blank.accept]
        )
    if blank.truth is not None:
        texts = ["True", "False"]
        shares = [FULL if (text == "True") is blank.truth else -penalty for text in texts]
        alternatives = [Alternative(text, share) for text, share in zip(texts, shares, strict=True)]
        return gap_text("fixed list", blank.weight, alternatives)
    formatted = [moodle_html(option) for option in blank.options]
    plain = [escape(plain_text(option), quote=False) for option in blank.options]
    with_markup = any(re.search(r"<|\\[(\[]", html) for html in formatted)
    alternatives = [
        Alternative(html, -penalty if number else FULL)
        for number, html in enumerate(formatted if with_markup else plain)
    ]
    return gap_text("options" if with_markup else "list", blank.weight, alternatives)
