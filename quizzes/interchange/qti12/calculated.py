"""Reads Canvas's formula questions: sets of values, each with its answer, of which a student gets one.

Canvas marks by the answers that it listed, so they are the key; the formula itself only made them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from quizzes.content.items.base import MOST_ROWS
from quizzes.interchange.answers import Answer, Notes, number_in
from quizzes.interchange.html_markup import LeftOut, Lost
from quizzes.interchange.moodle.calculated import Calculated, calculated_rows
from quizzes.interchange.tracked_xml import Node

__all__ = ["Formula", "formula_in"]


ANSWER = "answer"
PERCENT = ("percent", "percentage")


@dataclass(frozen=True)
class Formula:
    """The sets of values with their answers, and how far from the answer a number may be."""

    values: Calculated
    answer: str  # the name of the column of answers
    tolerance: Decimal
    is_relative: bool

    def held_in(self, html: str) -> str:
        """A text with marks for its variables, which stand in square brackets; the answer is not one."""
        names = "|".join(re.escape(name) for name in self.values.columns if name != self.answer)
        return self.values.values_held_in(html, re.compile(rf"\[({names or '(?!)'})\]"))

    def number(self) -> dict[str, Any]:
        """Key and tolerance, as a bank has them."""
        right = Answer(f"{{{self.answer}}}", Decimal(1), tolerance=self.tolerance)
        kind = "relative" if self.is_relative else "nominal"
        return self.values.number([(right, kind)], ("", ""), Notes())


def formula_in(extensions: Sequence[Node], lost: Lost) -> Formula:
    """The formula of an item; raises LeftOut where its sets of values cannot be read."""
    blocks = [block for extension in extensions for block in extension.take("calculated")]
    if len(blocks) != 1:
        raise LeftOut("no numbers came with it")
    (block,) = blocks
    digits: dict[str, int | None] = {}
    for node in (variable for holder in block.take("vars") for variable in holder.take("var")):
        scale = node.get("scale")
        digits[node.get("name")] = int(scale) if re.fullmatch(r"\d", scale) else None
        for bound in node.take("min", "max"):  # of what was drawn
            bound.use_all()
    for formulas in block.take("formulas"):
        formulas.use_all()
    rows = [_row(node, digits) for holder in block.take("var_sets") for node in holder.take("var_set")]
    if not rows:
        raise LeftOut("no numbers came with it")
    if len({frozenset(values) for values, _ in rows}) > 1:
        raise LeftOut("its sets of numbers name different variables")
    if len(rows) > MOST_ROWS:
        lost(f"Of its {len(rows)} sets of numbers the first {MOST_ROWS} are kept.")
    kept = rows[:MOST_ROWS]
    answer = ANSWER
    while answer in kept[0][0]:
        answer += "_"
    written = {name: [values[name] for values, _ in kept] for name in kept[0][0]}
    calculated = calculated_rows({**written, answer: [right for _, right in kept]})
    size, is_relative = _tolerance(block)
    return Formula(calculated, answer, size, is_relative)


def _row(node: Node, digits: dict[str, int | None]) -> tuple[dict[str, str], str]:
    """The values of a set as Canvas shows them, and its answer."""
    node.get("ident")
    values: dict[str, str] = {}
    for variable in node.take("var"):
        name, value = variable.get("name"), number_in(variable.text)
        places = digits.get(name)
        shown = f"{value:f}" if places is None else f"{value:.{places}f}"
        if Decimal(shown) != value:
            shown = f"{value:f}"
        if values.setdefault(name, shown) != shown:
            raise LeftOut(f"a set of its numbers has two values for {name}")
    answers = node.take("answer")
    if len(answers) != 1:
        raise LeftOut("a set of its numbers has not exactly one answer")
    return values, f"{number_in(answers[0].text):f}"


def _tolerance(block: Node) -> tuple[Decimal, bool]:
    """How far from the answer a number may be, and whether that is a share of the answer."""
    nodes = block.take("answer_tolerance")
    if len(nodes) > 1:
        raise LeftOut("it has two tolerances")
    if not nodes:
        return Decimal(0), False
    kind, text = nodes[0].get("type", nodes[0].get("margin_type")).lower(), nodes[0].text
    is_relative = kind in PERCENT or text.endswith("%")
    size = number_in(text.removesuffix("%")) if text else Decimal(0)
    return (size / 100 if is_relative else size), is_relative
