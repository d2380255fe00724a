"""Writes numbers that are drawn as calculated questions: each student gets one row of their datasets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from xml.etree.ElementTree import Element

from quizzes.content.items.base import Context
from quizzes.content.items.numeric import NumericItem
from quizzes.content.markup import PLACE, MathProblem, fill
from quizzes.content.randomization import derived_seed
from quizzes.interchange.concrete import number_text
from quizzes.interchange.moodle.elements import answer, moodle_html
from quizzes.interchange.moodle.formulas import FormulaProblem, formula_of
from quizzes.interchange.ranges import symmetric_parts
from quizzes.interchange.xml_tree import element

__all__ = ["calculated_parts", "with_rows"]


MOST_ROWS = 100  # what Moodle keeps of a dataset
DRAWS = 400
MARK = re.compile("\ue00a(\\d+)\ue00b")
BRACED = re.compile(r"\{([^{}]*)\}")
FULL, NOTHING = Decimal(1), Decimal(0)
NEARBY = "0.001"  # how near a common wrong value is, as a share of it
RELATIVE, NOMINAL = "1", "2"


def with_rows(item: NumericItem, seed: bytes, name: str) -> NumericItem | None:
    """The item under a new name with a hundred of its variants as the rows of a dataset.

    None if Moodle cannot compute it: the tolerance differs by row, or an expression has no counterpart.
    """
    rows: dict[tuple[Decimal, ...], Context] = {}
    for number in range(DRAWS):
        context = item.context(derived_seed(seed, f"row {number}"))
        rows.setdefault(tuple(context.values.values()), context)
        if len(rows) == MOST_ROWS:
            break
    contexts = list(rows.values())
    tolerance = _tolerance(item, contexts)
    if tolerance is None:
        return None
    dataset = {name: [number_text(context.values[name]) for context in contexts] for name in item.drawn_names}
    data = item.model_dump(exclude={"parameters", "where", "consistent"}, exclude_unset=True)
    made = NumericItem.model_validate({**data, "id": name, "dataset": dataset, "tolerance": tolerance})
    try:
        calculated_parts(made)
    except (FormulaProblem, MathProblem):
        return None
    return made


def _tolerance(item: NumericItem, contexts: Sequence[Context]) -> dict[str, object] | None:
    if item.tolerance.mode != "sigfigs":
        return item.tolerance.model_dump(exclude_unset=True) or {"mode": "rel", "rel": Decimal("0.01")}
    margins = {item.tolerance.margins(context.number(item.key)) for context in contexts}
    return {"mode": "abs", "abs": margins.pop()[0]} if len(margins) == 1 else None


class _Columns:
    """The columns that the question's texts and formulas use, and Moodle's names of them."""

    def __init__(self, item: NumericItem) -> None:
        self.item = item
        self.rows = [item.context(b"", row).values for row in item.rows]
        self.exact = {name: [_plain(value) for value in column] for name, column in item.dataset.items()}
        self.values: list[list[str]] = list(self.exact.values())
        self.bases = list(item.dataset)

    def marked(self, markdown: str) -> str:
        """A text in HTML with marks for the values in it."""

        def mark(match: re.Match[str]) -> str:
            shown = [fill(match[0], row) for row in self.rows]
            if shown not in self.values:
                self.values.append(shown)
                self.bases.append(f"{match[1]}_shown")
            return f"\ue00a{self.values.index(shown)}\ue00b"

        return moodle_html(PLACE.sub(mark, re.sub("[\ue00a\ue00b]", "", markdown)))

    def named(self, texts: Sequence[str]) -> list[str]:
        """Moodle's name of each column, none of which stands in braces in the texts for something else."""
        taken = {match for text in texts for match in BRACED.findall(text)}
        names: list[str] = []
        for base in self.bases:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", base)
            plain = plain if plain[0].isalpha() else f"v{plain}"
            name, number = plain, 1
            while name in taken:
                number += 1
                name = f"{plain}_{number}"
            taken.add(name)
            names.append(name)
        return names


def _plain(value: Decimal) -> str:
    text = number_text(value)
    return text if len(text) <= 30 else f"{value:.20e}"


def calculated_parts(item: NumericItem) -> tuple[str, list[Element], str, str]:
    """Kind, elements, prompt and general feedback of a number with a dataset; raises FormulaProblem."""
    columns = _Columns(item)
    texts = [columns.marked(text) for text in (item.prompt, item.explanation)]
    texts += [columns.marked(mistake.feedback) for mistake in item.common_wrong]
    names = columns.named(texts)
    prompt, general, *feedback = [
        MARK.sub(lambda match: f"{{{names[int(match[1])]}}}", text) for text in texts
    ]
    formulas = {name: f"{{{moodle_name}}}" for name, moodle_name in zip(item.dataset, names, strict=False)}
    for name, expression in item.derived.items():
        formulas[name] = f"({formula_of(expression, formulas)})"
    key = formula_of(item.key, formulas)
    answers = [
        _answer(formula, FULL, tolerance, kind, item, "") for formula, tolerance, kind in _ranges(item, key)
    ]
    answers += [
        _answer(formula_of(mistake.value, formulas), NOTHING, NEARBY, RELATIVE, item, html)
        for mistake, html in zip(item.common_wrong, feedback, strict=True)
    ]
    settings = {"synchronize": "0", "single": "0", "answernumbering": "abc", "shuffleanswers": "0"}
    units = {"unitgradingtype": "0", "unitpenalty": "0.1", "showunits": "3", "unitsleft": "0"}
    used = _used(" ".join([prompt, general, *feedback, *(_texts_of(part) for part in answers)]), names)
    definitions = [
        _definition(name, values) for name, values in zip(names, columns.values, strict=True) if name in used
    ]
    elements = [
        *(element(name, {}, value) for name, value in settings.items()),
        *answers,
        *(element(name, {}, value) for name, value in units.items()),
        element("dataset_definitions", {}, *definitions),
    ]
    return "calculated", elements, prompt, general


def _texts_of(answer: Element) -> str:
    return "".join(answer.itertext())


def _used(text: str, names: Sequence[str]) -> set[str]:
    used = {name for name in names if f"{{{name}}}" in text}
    return used or {names[0]}


def _ranges(item: NumericItem, key: str) -> list[tuple[str, str, str]]:
    """Formulas with tolerance and its type that are right together; the key is the first."""
    tolerance = item.tolerance
    if tolerance.mode == "exact":
        return [(key, "0", NOMINAL)]
    if tolerance.mode == "rel":
        return [(key, number_text(tolerance.rel or NOTHING), RELATIVE)]
    if tolerance.mode == "abs_or_rel":
        both = [
            (key, number_text(tolerance.rel or NOTHING), RELATIVE),
            (key, number_text(tolerance.abs or NOTHING), NOMINAL),
        ]
        return both if tolerance.abs else both[:1]
    return [
        (f"{key}+({number_text(shift)})" if shift else key, number_text(distance), NOMINAL)
        for shift, distance in symmetric_parts(*tolerance.margins(NOTHING))
    ]


def _answer(
    formula: str, share: Decimal, tolerance: str, kind: str, item: NumericItem, feedback: str
) -> Element:
    kind_of_digits, digits = "2", item.shown_digits
    if item.tolerance.mode == "decimals":
        kind_of_digits, digits = "1", item.tolerance.digits or 0
    shown = {"correctanswerformat": kind_of_digits, "correctanswerlength": str(min(digits, 9))}
    parts = {"tolerance": tolerance, "tolerancetype": kind, **shown}
    return answer(
        formula,
        share,
        feedback,
        *(element(name, {}, value) for name, value in parts.items()),
        form="plain_text",
    )


def _definition(name: str, values: Sequence[str]) -> Element:
    numbers = [Decimal(value) for value in values]
    decimals = max(max(-int(number.as_tuple().exponent), 0) for number in numbers)
    texts = {
        "status": "private",
        "name": name,
        "distribution": "uniform",
        "minimum": number_text(min(numbers)),
        "maximum": number_text(max(numbers)),
        "decimals": str(min(decimals, 9)),
    }
    items = [
        element("dataset_item", {}, element("number", {}, str(number)), element("value", {}, value))
        for number, value in enumerate(values, start=1)
    ]
    return element(
        "dataset_definition",
        {},
        *(element(key, {}, element("text", {}, value)) for key, value in texts.items()),
        element("type", {}, "calculated"),
        element("itemcount", {}, str(len(items))),
        element("dataset_items", {}, *items),
        element("number_of_items", {}, str(len(items))),
    )
