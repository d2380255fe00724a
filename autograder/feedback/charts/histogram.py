"""How many scores fall where: vertical bars over the scale from 0% to 100%, with a mark at the median."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from autograder.feedback.charts.svg import element, image, label, share
from autograder.feedback.text import percent

__all__ = ["bins", "histogram"]

BINS = 10
TOP, PLOT, BELOW = 20.0, 220.0, 52.0


def bins(values: Sequence[float]) -> list[int]:
    """How many values are in each tenth of the scale; the last tenth holds the full scores.

    Scores above 100%, by extra credit, get one more bin.
    """
    counts = [0] * (BINS + any(value > 1 for value in values))
    for value in values:
        if math.isfinite(value):
            # The small number keeps 0.7, which is 0.7 * 10 = 6.999…, in the bin that starts at 70%.
            place = BINS if value > 1 else min(int(value * BINS + 1e-9), BINS - 1)
            counts[max(place, 0)] += 1
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
    for place, amount in enumerate(counts):
        height = PLOT * amount / most
        if amount:
            bar = element(
                "rect",
                x=share((place + 0.04) * width),
                y=base - height,
                width=share(0.92 * width),
                height=height,
                rx=3,
                class_="fill",
            )
            middle = share((place + 0.5) * width)
            parts += [bar, label(str(amount), middle, base - height - 6, "amount", "middle")]
    parts.append(element("line", x1=0, x2="100%", y1=base, y2=base, class_="axis"))
    parts += [_tick(place, len(counts), base) for place in range(0, BINS + 1, 2)]
    if len(counts) > BINS:
        parts.append(label("over", "100%", base + 18, "tick", "end"))
    if median is not None and math.isfinite(median):
        parts += _median(median, len(counts), base)
    return image(parts, key=key, title=title, description=description, height=base + BELOW, kind="histogram")


def _tick(place: int, of: int, base: float) -> Markup:
    anchor = "start" if place == 0 else "end" if place == of else "middle"
    return label(f"{100 * place // BINS}%", share(place / of), base + 18, "tick", anchor)


def _median(median: float, of: int, base: float) -> list[Markup]:
    at = min(max(median, 0.0) * BINS, of - 0.5) / of
    line = element("line", x1=share(at), x2=share(at), y1=base, y2=base + 34, class_="median")
    anchor = "start" if at < 0.12 else "end" if at > 0.88 else "middle"
    return [line, label(f"median {percent(median)}", share(at), base + 48, "amount", anchor)]
