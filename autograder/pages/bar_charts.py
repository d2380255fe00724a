"""Bar charts: a score, labelled horizontal bars, and a histogram of scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.pages.svg import cut_to_width, element, image, label, share, text_width
from autograder.pages.text import percent

__all__ = ["Bar", "Part", "Row", "bar_chart", "bins", "histogram", "score_bar"]


LABEL, BAR, THIN, BETWEEN, AFTER = 22.0, 14.0, 8.0, 4.0, 18.0  # heights
NAME, VALUE = 14.0, 13.0  # sizes of the text; see charts.css
NARROWEST = 288.0  # user units; a chart on a phone: name and value fit beside each other
GAP = 10.0


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
    """A label, its value in words, and one or more bars."""

    label: str
    value: str
    bars: Sequence[Bar]


def bar_chart(rows: Sequence[Row], *, key: str, title: str, description: str) -> Markup:
    """Rows of bars, each row with its label to the left and its value to the right above the bars."""
    parts: list[Markup] = []
    top = 0.0
    for row in rows:
        room = NARROWEST - GAP - text_width(row.value, VALUE)
        name = cut_to_width(row.label, room, NAME, bold=True)
        parts.append(label(name, 0, top + 14, "name"))
        parts.append(label(row.value, "100%", top + 14, "value", "end"))
        top += LABEL
        for position, bar in enumerate(row.bars):
            height = BAR if position == 0 else THIN
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


BINS = 10
TOP, PLOT, BELOW = 20.0, 220.0, 52.0


def bins(values: Sequence[float]) -> list[int]:
    """The number of values in each tenth of the scale; the last tenth holds the full scores.

    Scores above 100%, by extra credit, get one more bin.
    """
    counts = [0] * (BINS + any(value > 1 for value in values))
    for value in values:
        if math.isfinite(value):
            # The small number keeps 0.7, which is 0.7 * 10 = 6.999…, in the bin that starts at 70%.
            position = BINS if value > 1 else min(int(value * BINS + 1e-9), BINS - 1)
            counts[max(position, 0)] += 1
    return counts


def histogram(
    values: Sequence[float], *, key: str, title: str, description: str, median: float | None = None
) -> Markup:
    """The distribution of shares between 0 and 1, with a mark at the median."""
    counts = bins(values)
    width = 1 / len(counts)
    most = max(max(counts), 1)
    base = TOP + PLOT
    parts: list[Markup] = []
    for position, amount in enumerate(counts):
        height = PLOT * amount / most
        if amount:
            bar = element(
                "rect",
                x=share((position + 0.04) * width),
                y=base - height,
                width=share(0.92 * width),
                height=height,
                rx=3,
                class_="fill",
            )
            middle = share((position + 0.5) * width)
            parts += [bar, label(_short(amount), middle, base - height - 6, "amount", "middle")]
    parts.append(element("line", x1=0, x2="100%", y1=base, y2=base, class_="axis"))
    parts += [_tick(position, len(counts), base) for position in range(0, len(counts), 2) if position < BINS]
    parts.append(label("100%+" if len(counts) > BINS else "100%", "100%", base + 18, "tick", "end"))
    if median is not None and math.isfinite(median):
        parts += _median(median, len(counts), base)
    return image(parts, key=key, title=title, description=description, height=base + BELOW, kind="histogram")


def _short(amount: int) -> str:
    """A number of at most four characters, so that those of neighbouring bars stay apart: 999, 1.2k, 12k."""
    if amount < 1000:
        return str(amount)
    return f"{amount / 1000:.1f}k" if amount < 9950 else f"{amount / 1000:.0f}k"


def _tick(position: int, of: int, base: float) -> Markup:
    anchor = "start" if position == 0 else "end" if position == of else "middle"
    return label(f"{100 * position // BINS}%", share(position / of), base + 18, "tick", anchor)


def _median(median: float, of: int, base: float) -> list[Markup]:
    at = min(max(median, 0.0) * BINS, of - 0.5) / of
    line = element("line", x1=share(at), x2=share(at), y1=base, y2=base + 34, class_="median")
    anchor = "start" if at < 0.12 else "end" if at > 0.88 else "middle"
    return [line, label(f"median {percent(median)}", share(at), base + 48, "amount", anchor)]
