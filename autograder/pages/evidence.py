"""A check's evidence, ready for the templates: numbers as text, arrays and curves as drawings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.checks.values import numbers_apart
from autograder.pages.heat_map import heat_map, where
from autograder.pages.line_chart import Line, line_chart
from autograder.pages.text import count, cut, number
from autograder.report import Curve, Evidence, Number, Worst

__all__ = ["Drawing", "EvidenceView", "WorstView", "view_evidence"]


MOST_CURVES, MOST_ARGUMENTS = 6, 12
LONGEST_NAME, LONGEST_VALUE = 60, 800
LEAST_ALIKE = 4  # characters that two numbers begin with, so that the others are pointed out


@dataclass(frozen=True)
class Drawing:
    """A chart and the words under it."""

    chart: Markup
    caption: str
    remark: str = ""


@dataclass(frozen=True)
class WorstView:
    """The entry with the largest error, as text; `entry` is empty for a single number."""

    entry: str
    got: tuple[str, str]  # the digits that both have, and those that differ
    expected: tuple[str, str]
    relative_error: str


@dataclass(frozen=True)
class EvidenceView:
    """The evidence as the template shows it; empty parts are left out."""

    call: str
    arguments: list[tuple[str, str]]
    got: str
    expected: str
    parameter: str
    worst: WorstView | None
    heat_map: Drawing | None
    curves: list[Drawing]
    trace: str
    printed: str

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not any(vars(self).values())


def view_evidence(evidence: Evidence, key: str) -> EvidenceView:
    """Prepare evidence for a page; `key` is unique on the page and starts the ids of the drawings."""
    return EvidenceView(
        call=cut(evidence.call, LONGEST_VALUE),
        arguments=[
            (cut(name, LONGEST_NAME), cut(value, LONGEST_VALUE))
            for name, value in list(evidence.arguments.items())[:MOST_ARGUMENTS]
        ],
        got=cut(evidence.got, LONGEST_VALUE),
        expected=cut(evidence.expected, LONGEST_VALUE),
        parameter=cut(evidence.parameter, LONGEST_NAME),
        worst=_worst(evidence.worst, evidence.parameter) if evidence.worst else None,
        heat_map=_heat_map(evidence, key) if any(evidence.wrong) else None,
        curves=[_curve(curve, f"{key}-curve{i}") for i, curve in enumerate(evidence.curves[:MOST_CURVES])],
        trace=evidence.trace,
        printed=evidence.printed,
    )


def _worst(worst: Worst, parameter: str) -> WorstView:
    got, expected = numbers_apart(worst.got, worst.expected)
    pairs = zip(got, expected, strict=False)
    alike = next((place for place, (ours, theirs) in enumerate(pairs) if ours != theirs), len(got))
    same = alike if alike >= LEAST_ALIKE and len(got) == len(expected) else 0
    index = ", ".join(map(str, worst.index))
    name = cut(parameter, LONGEST_NAME)
    return WorstView(
        entry=f"{name}[{index}]" if index else name,
        got=(got[:same], got[same:]),
        expected=(expected[:same], expected[same:]),
        relative_error=number(worst.relative_error, 2),
    )


def _heat_map(evidence: Evidence, key: str) -> Drawing:
    at = evidence.worst.index if evidence.worst else []
    # Only with one or two axes is a place in the map a place in the array.
    worst = (at[0], at[1]) if len(at) == 2 else (0, at[0]) if len(at) == 1 else None
    name = cut(evidence.parameter, LONGEST_NAME) or "the result"
    description = where(evidence.wrong)
    chart = heat_map(
        evidence.wrong,
        key=f"{key}-map",
        title=f"Wrong entries of {name}",
        description=description,
        worst=worst,
    )
    return Drawing(chart, f"Wrong entries of {name}", description)


def _curve(curve: Curve, key: str) -> Drawing:
    name = cut(curve.label, LONGEST_NAME) or "curve"
    got, expected = _floats(curve.got), _floats(curve.expected)
    chart = line_chart(
        curve.x,
        [Line("expected", expected, "expected"), Line("yours", got, "yours")],
        key=key,
        title=name,
        description=_difference(curve.x, got, expected),
    )
    return Drawing(chart, name, _odd(got))


def _floats(values: Sequence[Number]) -> list[float]:
    return [float(value) for value in values]


def _difference(x: Sequence[float], got: Sequence[float], expected: Sequence[float]) -> str:
    """A description of the chart for readers who cannot see it."""
    if not x:
        return "There is nothing to draw."
    span = f"From x = {x[0]:.4g} to {x[-1]:.4g}, your curve"
    off = [
        (abs(g - e), at, g, e)
        for at, g, e in zip(x, got, expected, strict=False)
        if not math.isclose(g, e, rel_tol=1e-6, abs_tol=1e-9)
    ]
    if not off:
        return f"{span} is the expected one."
    _, at, g, e = max(off, key=lambda item: math.inf if math.isnan(item[0]) else item[0])
    return (
        f"{span} differs from the expected one at {len(off)} of {count(len(x), 'point')}; "
        f"most at x = {at:.4g}, where it is {g:.4g} and {e:.4g} is expected."
    )


def _odd(got: Sequence[float]) -> str:
    parts = []
    nans, infinite = sum(map(math.isnan, got)), sum(map(math.isinf, got))
    if nans:
        parts.append(f"{count(nans, 'value is', 'values are')} NaN and left out.")
    if infinite:
        parts.append(f"{count(infinite, 'value is', 'values are')} infinite and drawn at the edge.")
    return " ".join(parts)
