"""Lint of items and quizzes, before a student sees them.

Of each item 200 variants are built as students get them; its numbers are tested over all variants, or a
thousand spread over all values. What a quiz demands of its slots is held there, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from autograder.course.local_time import counted
from quizzes.content.bank import Bank
from quizzes.content.expression import ExpressionProblem
from quizzes.content.items.any_item import Item
from quizzes.content.items.base import Context, VariantProblem
from quizzes.content.items.blanks import BlanksItem
from quizzes.content.items.choice import ChoiceItem, ChoiceQuestion
from quizzes.content.items.expression import ExpressionItem
from quizzes.content.items.matching import MatchingItem
from quizzes.content.items.numeric import NEAR, NumberKey, NumericItem
from quizzes.content.items.short_text import ShortTextItem
from quizzes.content.key_exposure import exposed_keys
from quizzes.content.marking.penalty import fair_penalty
from quizzes.content.marking.short_text import matches
from quizzes.content.markup import MathProblem, TextProblem, shown_values
from quizzes.content.question import Question
from quizzes.content.quiz_file import Pick, QuizPlan
from quizzes.content.randomization import derived_seed
from quizzes.content.variety import MOST_COUNTED, variants_across, variety
from quizzes.content.written_numbers import parse_number
from quizzes.schedule.accommodations import read_accommodations, students_cut_short, terms_by_student

__all__ = [
    "SPREAD",
    "VARIANTS",
    "Fault",
    "faults_in_bank",
    "faults_in_item",
    "faults_in_slots",
    "faults_in_window",
    "remarks_on_bank",
]


VARIANTS = 200
SPREAD = 1000  # variants whose numbers are tested
UNLIKE = 2.5  # times as long: two prompts that are not of one form


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
        Fault(bank.location(name), f"{name}: there is no picture {image.file}.")
        for name, item in bank.items.items()
        for image in item.images
        if not (bank.path.parent / image.file).is_file()
    ]


def remarks_on_bank(bank: Bank) -> list[str]:
    """What may be meant, and may be a slip.

    Several right options, a right one that its length betrays, texts that are still to be written.
    """
    unwritten = [name for name, item in bank.items.items() if "TODO" in item.prompt + item.explanation]
    return [
        f"{bank.location(name)}: {counted(len(unwritten), 'item still says', 'items still say')} TODO, "
        "and students would read it."
        for name in unwritten[:1]
    ] + [
        f"{bank.location(name)}: {name}: {remark}"
        for name, item in bank.items.items()
        if isinstance(item, ChoiceItem)
        for remark in _remarks(item)
    ]


def _remarks(item: ChoiceItem) -> Iterator[str]:
    if (right := sum(option.correct for option in item.options)) > 1:
        yield (
            f"a single choice accepts {right} options; that is meant only as credit for both, "
            "after a correction."
        )
    if _longest_is_right(item):
        yield "the right option is the longest of all; students guess so. Shorten it, or lengthen another."


def _longest_is_right(item: ChoiceItem) -> bool:
    right = [len(option.text) for option in item.options if option.correct]
    wrong = [len(option.text) for option in item.options if not option.correct]
    return len(right) == 1 and bool(wrong) and right[0] > max(wrong)


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
            _keep(faults, fault, values)
    if not faults:
        for context in variants_across(item, SPREAD):
            for fault in _faults_of_values(item, context):
                _keep(faults, fault, _values(context))
    return list(faults.values())


def _keep(faults: dict[str, str], fault: str, values: str) -> None:
    """Keep the first fault of a kind, with the values of its variant."""
    kind = re.sub(r"[\d.e+-]+", "#", fault)
    faults.setdefault(kind, f"{fault}{f' (with {values})' if values else ''}.")


def _faults_of_values(item: Item, context: Context) -> Iterator[str]:
    """The faults of a variant's numbers: its givens, its keys and the values of common mistakes."""
    printed = _printed(item, context)
    try:
        for condition in item.consistent:
            if not printed.number(condition):
                yield f"what the prompt gives is not consistent: {condition} does not hold"
        if isinstance(item, NumericItem):
            yield from _number_faults(item, context, printed)
        if isinstance(item, BlanksItem):
            for blank in item.blanks:
                if blank.kind == "number":
                    yield from (
                        f"blank {blank.id}: {fault}" for fault in _number_faults(blank, context, printed)
                    )
    except (ExpressionProblem, VariantProblem, ValueError) as problem:
        yield f"{problem}"


def _printed(item: Item, context: Context) -> Context:
    """The variant's values as a student reads them; what is not printed follows from what is."""
    texts = (
        [item.prompt, *(blank.label for blank in item.blanks)]
        if isinstance(item, BlanksItem)
        else [item.prompt]
    )
    given = {name: value for text in texts for name, value in shown_values(text, context.values).items()}
    drawn = {name: context.values[name] for name in item.drawn_names}
    return item.context(context.seed, drawn | given)


def _faults(item: Item, question: Question, context: Context) -> Iterator[str]:
    view = asdict(question.public_view())
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
    yield from exposed_keys(item, context)
    yield from _faults_of_values(item, context)
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


def _number_faults(number: NumberKey, context: Context, printed: Context) -> Iterator[str]:
    key = context.number(number.key)
    if not number.tolerance.accepts(computed := printed.number(number.key), key):
        yield f"the key computed from the values as they are printed, {computed:.6g}, is not accepted"
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
    for index, wrong in enumerate(number.common_wrong):
        for other in number.common_wrong[:index]:
            value, earlier = context.number(wrong.value), context.number(other.value)
            # As near as `judge` reads a rounded mistake, from both sides.
            if wrong.feedback != other.feedback and abs(value - earlier) <= 2 * NEAR * max(
                abs(value), abs(earlier)
            ):
                yield (
                    f"the common wrong values {other.value} and {wrong.value} are one number, {value:.6g}, "
                    "with two feedbacks; add to `where`"
                )


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


def faults_in_slots(plan: QuizPlan, most: int = MOST_COUNTED) -> list[Fault]:
    """Where a slot has fewer variants or keys than the quiz demands, or items that are not parallel."""
    return [
        Fault(str(plan.path), f"question {number}: {fault}")
        for number, (pick, pool) in enumerate(zip(plan.picks, plan.quiz.pools, strict=True), start=1)
        for fault in _slot_faults(pick, pool.items, most)
    ]


def _slot_faults(pick: Pick, items: dict[str, Item], most: int) -> Iterator[str]:
    for reference, item in items.items() if max(pick.variants, pick.keys) > 1 else ():
        count = variety(item, max(most, 2 * pick.variants))
        if count.variants < pick.variants:
            yield f"{reference} has {count}, the quiz demands {pick.variants:,} variants"
        if count.keys < pick.keys:
            yield f"{reference} has {count}, the quiz demands {pick.keys:,} keys"
    if not pick.parallel:
        return
    forms: dict[tuple[object, ...], str] = {}
    for reference, item in items.items():
        forms.setdefault(_form(item), reference)
        if isinstance(item, ChoiceItem) and _longest_is_right(item):
            yield f"in {reference} the right option is the longest of all"
    if len(forms) > 1:
        yield f"{' and '.join(list(forms.values())[:2])} differ in kind, pictures or number of options"
    sizes = {reference: len(item.prompt) for reference, item in items.items()}
    short, long = min(sizes, key=sizes.__getitem__), max(sizes, key=sizes.__getitem__)
    if sizes[long] > UNLIKE * sizes[short]:
        yield f"the prompt of {long} is more than {UNLIKE} times as long as that of {short}"


def _form(item: Item) -> tuple[object, ...]:
    """What items of one form have in common."""
    parts = {
        "choice": "options",
        "choices": "options",
        "blanks": "blanks",
        "matching": "pairs",
        "ordering": "entries",
    }
    size = len(getattr(item, parts[item.type])) if item.type in parts else 0
    return item.type, bool(item.images), size, item.draws_values


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
