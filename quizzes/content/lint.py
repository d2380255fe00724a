"""Lint of items and quizzes: 200 variants of each item are tested before a student sees one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from quizzes.content.bank import Bank
from quizzes.content.expression import ExpressionProblem
from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Context, VariantProblem
from quizzes.content.items.blanks import BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoiceQuestion
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NumberKey, NumericItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.marking.penalty import fair_penalty
from quizzes.content.marking.short_text import matches
from quizzes.content.markup import MathProblem, TextProblem
from quizzes.content.question import Question
from quizzes.content.quiz_file import QuizPlan
from quizzes.content.randomization import derived_seed
from quizzes.content.written_numbers import parse_number
from quizzes.schedule.accommodations import read_accommodations, students_cut_short, terms_by_student

__all__ = [
    "VARIANTS",
    "Fault",
    "faults_in_bank",
    "faults_in_item",
    "faults_in_window",
    "remarks_on_bank",
]


VARIANTS = 200


@dataclass(frozen=True, order=True)
class Fault:
    """A fault for the author: file and line, and what is wrong."""

    location: str
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


def faults_in_bank(bank: Bank, variants: int = VARIANTS) -> list[Fault]:
    """The faults of all items, the first of each kind."""
    return [
        Fault(bank.location(name), f"{name}: {fault}")
        for name, item in bank.items.items()
        for fault in faults_in_item(item, variants)
    ] + [
        Fault(bank.location(name), f"{name}: there is no picture {image.file}")
        for name, item in bank.items.items()
        for image in item.images
        if not (bank.path.parent / image.file).is_file()
    ]


def remarks_on_bank(bank: Bank) -> list[str]:
    """What may be meant, and may be a slip: single choices that accept several options."""
    return [
        f"{bank.location(name)}: {name}: a single choice accepts {right} options; that is meant only as "
        "credit for both, after a correction."
        for name, item in bank.items.items()
        if isinstance(item, ChoiceItem) and (right := sum(option.correct for option in item.options)) > 1
    ]


def faults_in_item(item: Item, variants: int = VARIANTS) -> list[str]:
    """The faults of an item, each kind once, with the values of the variant."""
    faults: dict[str, str] = {}
    for number in range(variants):
        seed = derived_seed(b"quizzes lint", f"{item.id} {number}")
        values = ""
        try:
            question = item.question(seed, Decimal(1))
            values = _values(item.context(seed))
            problems = list(_faults(item, question, item.context(seed)))
        except (VariantProblem, ExpressionProblem, MathProblem, TextProblem, ValueError) as problem:
            problems = [f"{problem}"]
        for fault in problems:
            kind = re.sub(r"[\d.e+-]+", "#", fault)
            faults.setdefault(kind, f"{fault}{f' (with {values})' if values else ''}.")
    return list(faults.values())


def _faults(item: Item, question: Question, context: Context) -> Iterator[str]:
    view = json.loads(question.public_view().model_dump_json())
    if not view["prompt"]:
        yield "the prompt is empty"
    for options in (view["options"], *(field["options"] for field in view["fields"])):
        texts = [option["html"] for option in options]
        if len(set(texts)) < len(texts):
            yield "two options look the same"
    key = question.key_answer
    if key is not None:
        if problem := question.problem_with(key):
            yield f"the key as shown ({question.key_text}) cannot be saved: {problem}"
        elif question.mark(key).share != 1:
            yield f"the key as shown ({question.key_text}) does not earn full marks"
    if isinstance(item, NumericItem):
        yield from _number_faults(item, context)
    if isinstance(item, BlanksItem):
        for blank in item.blanks:
            if blank.kind == "number":
                yield from (f"blank {blank.id}: {fault}" for fault in _number_faults(blank, context))
    if isinstance(item, ShortTextItem | ExpressionItem):
        for wrong in item.common_wrong:
            if question.mark(wrong.value).share:
                yield f"the common wrong answer {wrong.value} earns points"
            context.html(wrong.feedback)
    if isinstance(item, BlanksItem | MatchingItem) and item.penalty:
        yield from _penalty_faults(item.penalty, view)
    if isinstance(item, ShortTextItem) and item.pattern:
        yield from _pattern_faults(item, context)
    if isinstance(question, ChoiceQuestion):
        for option in question.options.values():
            context.html(option.feedback)


def _number_faults(number: NumberKey, context: Context) -> Iterator[str]:
    key = context.number(number.key)
    below, above = number.tolerance.margins(key)
    as_shown = parse_number(number.shown(context))
    if not number.tolerance.accepts(as_shown, key):
        yield f"the key rounded as shown, {as_shown}, is not accepted"
    if number.tolerance.mode in ("rel", "abs", "abs_or_rel", "range") and min(below, above) > 0 and key:
        # Whoever rounds to four significant digits, up or down, must be right: the hint says so.
        unit = Decimal(1).scaleb(key.adjusted() - 3)
        for side in ("ROUND_DOWN", "ROUND_UP"):
            rounded = (key / unit).to_integral_value(rounding=side) * unit
            if not number.tolerance.accepts(rounded, key):
                yield f"of two ways to round the key to four digits one, {rounded}, is not accepted"
    for wrong in number.common_wrong:
        value = context.number(wrong.value)
        context.html(wrong.feedback)
        if number.tolerance.accepts(value, key):
            yield f"the common wrong value {wrong.value} = {value:.6g} is accepted; add to `where`"


def _penalty_faults(penalty: Decimal, view: dict[str, Any]) -> Iterator[str]:
    most = max(
        len(field["options"] or view["options"]) for field in view["fields"] if field["kind"] == "choice"
    )
    if Fraction(penalty) > (fair := fair_penalty(most)):
        yield (
            f"among {most} options a penalty of {penalty} takes more from a guess than it brings;"
            f" at most {fair} is fair"
        )


def _pattern_faults(item: ShortTextItem, context: Context) -> Iterator[str]:
    if not any(
        matches(context.words(text), (), item.pattern, match_case=item.match_case) for text in item.accept
    ):
        yield "the pattern matches none of the accepted texts; list them under `accept`, or mend it"
    for stray in ("", "something else entirely", "42"):
        if matches(stray, (), item.pattern):
            yield f"the pattern accepts {f'“{stray}”' if stray else 'an empty answer'}"


def _values(context: Context) -> str:
    return ", ".join(f"{name} = {value:.6g}" for name, value in context.values.items())


def faults_in_window(
    plan: QuizPlan, accommodations: Path | None = None, roster: Path | None = None
) -> list[Fault]:
    """The students who would lose time although they start as the quiz opens."""
    rows = [row for path in (roster, accommodations) if path for row in read_accommodations(path, plan.zone)]
    people = [row.student for row in rows] or ["every student"]
    terms = terms_by_student(plan.name, plan.schedule, people, rows)
    return [
        Fault(
            str(plan.path),
            f"{student} loses {missing / 60_000:.4g} of {(terms[student].time_allowed or 0) / 60_000:.4g} "
            "minutes when the quiz closes; let it close later",
        )
        for student, missing in students_cut_short(terms).items()
    ]
