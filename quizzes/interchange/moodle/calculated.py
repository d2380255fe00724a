"""Reads the values and formulas of Moodle's calculated questions: each student gets a row of them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from quizzes.content.expression import FUNCTIONS, Expression, ExpressionProblem
from quizzes.content.items.base import MOST_ROWS
from quizzes.content.marking.numeric import Tolerance
from quizzes.content.markup import fill
from quizzes.content.written_numbers import decimal_text
from quizzes.interchange.answers import DIGITS_SHOWN, Answer, Notes, Range, digits_shown, number_in
from quizzes.interchange.concrete import number_text
from quizzes.interchange.html_markup import LeftOut
from quizzes.interchange.moodle.formulas import expression_from
from quizzes.interchange.moodle.nodes import ignore, value_of
from quizzes.interchange.tracked_xml import Node

__all__ = ["HOW_DRAWN", "Calculated", "calculated", "calculated_rows"]


EMBEDDED = re.compile(r"\{=([^{}]*(?:\{[^{}]+\}[^{}]*)*)\}")
VALUE = re.compile(r"\{([A-Za-z][^{}<>\s`\"']*)\}")
HELD = re.compile("\ue006(\\d+)\ue007")
FORMS = ["", *(f":{sign}.{digits}{kind}" for sign in ("", "+") for kind in "feg" for digits in range(10))]
# How Moodle made the values of a dataset, which says nothing about the values that are there.
HOW_DRAWN = (
    *("status", "type", "distribution", "minimum", "maximum", "decimals", "itemcount", "number_of_items"),
)
NEARLY = Decimal("1e-12")
RELATIVE, NOMINAL, GEOMETRIC = ("1", "relative"), ("2", "nominal"), ("3", "geometric")
Found = Sequence[tuple[Answer, str]]  # answers with the type of their tolerance


@dataclass
class Calculated:
    """The values of a question, by Moodle's names and by ours."""

    columns: dict[str, list[Decimal]]
    written: dict[str, list[str]]  # the values as the file has them, which is how Moodle shows them
    names: dict[str, str]  # ours by Moodle's
    form: tuple[str, str] = ("", "")  # format and length of numbers in the text that is read
    derived: dict[str, str] = field(default_factory=dict)  # names by expression
    shown: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    unfaithful: set[str] = field(default_factory=set)  # values that are shown with other digits than written

    @property
    def rows(self) -> list[dict[str, Decimal]]:
        """The values of each row by our names."""
        named = {self.names[name]: column for name, column in self.columns.items()}
        return [dict(zip(named, values, strict=True)) for values in zip(*named.values(), strict=True)]

    def values_of(self, expression: str) -> list[Decimal]:
        """The value of an expression in each row; raises LeftOut if it has none."""
        parsed = Expression(expression, self.names.values())
        try:
            return [parsed.value(row) for row in self.rows]
        except ExpressionProblem as problem:
            raise LeftOut(f"a formula of it has no value for some of its numbers: {problem}") from problem

    def expression(self, formula: str) -> str:
        """A formula as an expression."""
        found = expression_from(formula, self.names)
        self.used |= {name for name in self.names.values() if re.search(rf"\b{re.escape(name)}\b", found)}
        return found

    def held_in(self, text: str) -> str:
        """A text with marks for its values and formulas."""

        def formula(match: re.Match[str]) -> str:
            expression = self.expression(match[1])
            name = self.derived.setdefault(expression, self._new_name())
            return self._hold(_formatted(name, self.values_of(expression), self.form))

        return self.values_held_in(EMBEDDED.sub(formula, re.sub("[\ue006\ue007]", "", text)))

    def values_held_in(self, text: str, place: re.Pattern[str] = VALUE) -> str:
        """A text with marks for its values; `place` finds the name of each."""

        def value(match: re.Match[str]) -> str:
            if match[1] not in self.columns:
                return match[0]
            self.used.add(self.names[match[1]])
            name, values = self.names[match[1]], self.columns[match[1]]
            form = _form_of(values, self.written[match[1]])
            if form is None:
                form = ":.9g"
                self.unfaithful.add(match[1])
            return self._hold(f"[[{name}{form}]]")

        return place.sub(value, text)

    def _hold(self, shown: str) -> str:
        self.shown.append(shown)
        return f"\ue006{len(self.shown) - 1}\ue007"

    def _new_name(self) -> str:
        number = len(self.derived) + 1
        while f"formula{number}" in self.names.values():
            number += 1
        return f"formula{number}"

    def shown_in(self, markdown: str) -> str:
        """A text with `[[name]]` for the marks."""
        return HELD.sub(lambda match: self.shown[int(match[1])], markdown)

    def keys(self) -> dict[str, Any]:
        """The item's keys for its values."""
        dataset = {
            self.names[name]: [number_text(value) for value in column]
            for name, column in self.columns.items()
            if self.names[name] in self.used
        }
        if not dataset:
            return {}
        derived = {name: expression for expression, name in self.derived.items()}
        return {"dataset": dataset, **({"derived": derived} if derived else {})}

    def number(self, found: Found, form: tuple[str, str], notes: Notes) -> dict[str, Any]:
        """Key, tolerance and common mistakes, where `form` is the format of the right number.

        Raises LeftOut for what depends on the row in another way.
        """
        if any(answer.is_partial for answer, _ in found):
            raise LeftOut("its points differ by answer")
        full = [(answer, kind) for answer, kind in found if answer.is_full]
        if not full:
            raise LeftOut("no answer earns full points")
        if any(answer.text.strip() in ("", "*") for answer, _ in full):
            raise LeftOut("every number is right")
        expressions = [self.expression(answer.text) for answer, _ in full]
        tolerance = self._tolerance(full, expressions)
        if form[0] == "1" and re.fullmatch(r"\d", form[1]):
            half = Decimal("0.5").scaleb(-int(form[1]))
            if tolerance == {"mode": "abs", "abs": number_text(half)}:
                tolerance = {"mode": "decimals", "digits": int(form[1])}
        notes.for_right += [answer.feedback for answer, _ in full]
        mistakes = []
        for answer, kind in found:
            if answer.is_full:
                continue
            if answer.text.strip() in ("", "*"):
                if answer.feedback.strip():
                    notes.lost("Feedback on every other number was lost.")
                continue
            wrong = self.expression(answer.text)
            self._check_apart(found, (answer, kind), wrong, expressions[0])
            if answer.feedback.strip():
                mistakes.append({"value": wrong, "feedback": answer.feedback})
        data: dict[str, Any] = {"key": expressions[0], "tolerance": tolerance}
        margins = Tolerance.model_validate(tolerance).margins
        digits = digits_shown([Range(value, *margins(value)) for value in self.values_of(expressions[0])])
        if digits != DIGITS_SHOWN:
            data["shown_digits"] = digits
        return data | ({"common_wrong": mistakes} if mistakes else {})

    def _tolerance(self, full: Found, expressions: list[str]) -> dict[str, Any]:
        kinds = [_tolerance_kind(answer, kind) for answer, kind in full]
        sizes = [answer.tolerance for answer, _ in full]
        if any(size < 0 for size in sizes):
            raise LeftOut("its tolerance is negative")
        if len(full) == 1:
            return self._single(kinds[0], sizes[0])
        if len(full) > 2:
            raise LeftOut("several formulas are right")
        key, other = (self.values_of(expression) for expression in expressions)
        shifts = [there - here for here, there in zip(key, other, strict=True)]
        near = max(map(abs, key), default=Decimal(0)) * NEARLY
        if max(shifts) - min(shifts) > near:
            raise LeftOut("several formulas are right")
        shift = Decimal(decimal_text(shifts[0], 12)) if abs(shifts[0]) > near else Decimal(0)
        if kinds == ["abs", "abs"] and abs(shift) <= sizes[0] + sizes[1]:
            below, above = max(sizes[0], sizes[1] - shift), max(sizes[0], sizes[1] + shift)
            return {"mode": "range", "below": number_text(below), "above": number_text(above)}
        if set(kinds) == {"rel", "abs"} and not shift:
            by_kind = dict(zip(kinds, map(number_text, sizes), strict=True))
            return {"mode": "abs_or_rel", **by_kind}
        raise LeftOut("several formulas are right")

    def _single(self, kind: str, size: Decimal) -> dict[str, Any]:
        if not size:
            return {"mode": "exact"}
        if kind == "abs":
            return {"mode": "abs", "abs": number_text(size)}
        return {"mode": "abs_or_rel", "abs": "0", "rel": number_text(size)}  # the key may be 0

    def _check_apart(self, found: Found, wrong: tuple[Answer, str], expression: str, key: str) -> None:
        """An answer that earns nothing counts before those that stand behind it."""
        behind = found[list(found).index(wrong) :]
        after = [answer for answer, _ in behind if answer.is_full]
        if not after:
            return
        for right, value in zip(self.values_of(key), self.values_of(expression), strict=True):
            if abs(right - value) <= wrong[0].tolerance * max(abs(value), Decimal(1)):
                raise LeftOut("a number that earns nothing lies within what is right")


def _tolerance_kind(answer: Answer, kind: str) -> str:
    name = kind.strip().lower()
    if name in RELATIVE:
        if answer.tolerance >= 1:
            raise LeftOut("its tolerance is the whole number or more")
        return "rel"
    if name in NOMINAL:
        return "abs"
    if name in GEOMETRIC:
        raise LeftOut("its tolerance is geometric")
    raise LeftOut(f"its tolerance is of an unknown type, “{kind[:20]}”")


def _form_of(values: Sequence[Decimal], written: Sequence[str]) -> str | None:
    """The form of a placeholder that shows all values as they are written, or None."""
    for form in FORMS:
        place = f"[[x{form}]]"
        if all(fill(place, {"x": value}) == text for value, text in zip(values, written, strict=True)):
            return form
    # Moodle writes 3 as 3.0, and leaves out the zeros of 2.50; both say the same.
    exact = all(Decimal(decimal_text(value)) == value for value in values)
    return "" if exact else None


def _formatted(name: str, values: Sequence[Decimal], form: tuple[str, str]) -> str:
    """What shows the value of a formula: in Moodle's format, else with as many digits as it needs."""
    kind, length = form
    if kind in ("1", "2") and re.fullmatch(r"\d", length):
        return f"[[{name}:.{length}{'f' if kind == '1' or length == '0' else 'g'}]]"
    return (
        f"[[{name}]]" if all(Decimal(decimal_text(value)) == value for value in values) else f"[[{name}:.9g]]"
    )


def calculated(question: Node) -> Calculated:
    """The values of a question's datasets; raises LeftOut if there are none."""
    written: dict[str, list[str]] = {}
    for holder in question.take("dataset_definitions"):
        for definition in holder.take("dataset_definition"):
            name = value_of(definition, "name")
            if name in written:
                raise LeftOut(f"it has two datasets named {name}")
            written[name] = _column(definition)
    if not written:
        raise LeftOut("no numbers came with it")
    length = min(map(len, written.values()))
    if not length:
        raise LeftOut("a dataset of it has no numbers")
    written = {name: column[: min(length, MOST_ROWS)] for name, column in written.items()}
    return calculated_rows(written)


def calculated_rows(written: dict[str, list[str]]) -> Calculated:
    """The values of a question by the other system's names, as they are written there."""
    columns = {name: [number_in(value) for value in column] for name, column in written.items()}
    return Calculated(columns, written, _our_names(list(columns)))


def _column(definition: Node) -> list[str]:
    ignore(definition, *HOW_DRAWN)
    numbered: dict[int, str] = {}
    for holder in definition.take("dataset_items"):
        for item in holder.take("dataset_item"):
            number = value_of(item, "number")
            if not re.fullmatch(r"\d{1,6}", number) or int(number) in numbered:
                raise LeftOut("the numbers of a dataset are not numbered from 1")
            numbered[int(number)] = value_of(item, "value")
    if sorted(numbered) != list(range(1, len(numbered) + 1)):
        raise LeftOut("the numbers of a dataset are not numbered from 1")
    return [numbered[number] for number in sorted(numbered)]


def _our_names(names: Sequence[str]) -> dict[str, str]:
    ours: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W+", "_", name) or "value"
        if plain[0].isdigit() or keyword.iskeyword(plain) or plain in FUNCTIONS:
            plain = f"v_{plain}"
        while plain in ours.values():
            plain += "_"
        ours[name] = plain
    return ours
