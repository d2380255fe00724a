"""Horizontal bars: a score, and rows of bars with their labels above them.

Lengths are per cents of the chart's width, so that a bar fills a wide page and a telephone alike
while the text keeps its size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.feedback.charts.svg import element, image, label, share
from autograder.feedback.text import cut

__all__ = ["Bar", "Part", "Row", "bar_chart", "score_bar"]

LABEL, BAR, THIN, BETWEEN, AFTER = 22.0, 14.0, 8.0, 4.0, 18.0  # heights
LONGEST_LABEL = 26


@dataclass(frozen=True)
class Part:
    """A stretch of a bar: how much of the bar it is, and how much of it is filled."""

    width: float
    filled: float
    title: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar made of parts; `kind` is its class in the style sheet."""

    parts: Sequence[Part]
    kind: str = "main"


@dataclass(frozen=True)
class Row:
    """A label, what it amounts to in words, and one or more bars."""

    label: str
    value: str
    bars: Sequence[Bar]


def bar_chart(rows: Sequence[Row], *, key: str, title: str, description: str) -> Markup:
    """Rows of bars, each row with its label to the left and its value to the right above the bars."""
    parts: list[Markup] = []
    top = 0.0
    for row in rows:
        parts.append(label(cut(row.label, LONGEST_LABEL), 0, top + 14, "name"))
        parts.append(label(row.value, "100%", top + 14, "value", "end"))
        top += LABEL
        for place, bar in enumerate(row.bars):
            height = BAR if place == 0 else THIN
            parts += _bar(bar, top, height)
            top += height + BETWEEN
        top += AFTER - BETWEEN
    return image(
        parts, key=key, title=title, description=description, height=max(top - AFTER + 1, 1), kind="bars"
    )


def score_bar(filled: float, *, key: str, title: str, description: str) -> Markup:
    """One bar for one share."""
    bar = _bar(Bar([Part(1, filled)]), 0, 12)
    return image(bar, key=key, title=title, description=description, height=12, kind="bars")


def _bar(bar: Bar, top: float, height: float) -> list[Markup]:
    drawn: list[Markup] = []
    left = 0.0
    for part in bar.parts:
        width = _between(part.width, 1 - left)
        filled = width * _between(part.filled, 1)
        hover = [element("title", part.title)] if part.title else []
        shapes = [
            element("rect", x=share(left), y=top, width=share(width), height=height, rx=3, class_="track")
        ]
        if filled > 0:
            shapes.append(
                element("rect", x=share(left), y=top, width=share(filled), height=height, rx=3, class_="fill")
            )
        drawn.append(element("g", *hover, *shapes, class_=bar.kind))
        left += width
    return drawn


def _between(value: float, most: float) -> float:
    return min(max(value, 0.0), most) if math.isfinite(value) else 0.0
