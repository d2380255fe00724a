"""Curves over one variable: axes, ticks, a legend, and lines that differ in colour and in dashes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from autograder.pages.svg import (
    LARGEST,
    Scale,
    coordinate,
    element,
    finite,
    image,
    label,
    spread,
    tick_text,
    ticks,
)

__all__ = ["Line", "line_chart"]


WIDTH, HEIGHT = 340.0, 216.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 10.0, 32.0, 26.0
MOST_POINTS = 400  # more than there are pixels adds weight and shows nothing
STRAYING = 2.5  # how many times the first line's range another line may add to the vertical axis


@dataclass(frozen=True)
class Line:
    """One curve; `kind` is its class in the style sheet: colour and dashes. NaN leaves a gap."""

    name: str
    y: Sequence[float]
    kind: str


def line_chart(
    x: Sequence[float], lines: Sequence[Line], *, key: str, title: str, description: str
) -> Markup:
    """Draw lines over the same x; the first line decides what the vertical axis has to hold.

    A line that leaves the others far behind, or is infinite, runs along the chart's edge.
    """
    inside = finite(x)
    across = Scale(*spread(min(inside, default=0.0), max(inside, default=1.0)), LEFT, WIDTH - RIGHT)
    up = Scale(*spread(*_heights([line.y for line in lines]), margin=0.06), HEIGHT - BOTTOM, TOP)
    parts = [*_grid(across, up), *_legend(lines)]
    # The first line is drawn last: it is the dashed one, and the other shows through the dashes.
    parts += [
        element("path", d=_path(x, line.y, across, up), class_=f"line {line.kind}")
        for line in reversed(lines)
    ]
    if not any(finite(line.y) for line in lines):
        parts.append(label("no finite values", (LEFT + WIDTH) / 2, HEIGHT / 2, "tick", "middle"))
    return image(
        parts, key=key, title=title, description=description, width=WIDTH, height=HEIGHT, kind="curve"
    )


def _heights(lines: Sequence[Sequence[float]]) -> tuple[float, float]:
    first = finite(lines[0]) if lines else []
    everything = finite(value for line in lines for value in line)
    low, high = min(everything, default=0.0), max(everything, default=1.0)
    if first and max(first) > min(first):
        stray = STRAYING * (max(first) - min(first))
        low, high = max(low, min(first) - stray), min(high, max(first) + stray)
    return low, high


def _grid(across: Scale, up: Scale) -> Iterator[Markup]:
    lines = []
    for value in ticks(up.low, up.high):
        y = coordinate(up(value))
        lines.append(f"M{coordinate(LEFT)} {y}H{coordinate(WIDTH - RIGHT)}")
        yield label(tick_text(value), LEFT - 6, up(value) + 3.5, "tick", "end")
    for value in ticks(across.low, across.high):
        yield label(tick_text(value), across(value), HEIGHT - BOTTOM + 16, "tick", "middle")
    yield element("path", d="".join(lines), class_="grid")
    axes = f"M{coordinate(LEFT)} {coordinate(TOP)}V{coordinate(HEIGHT - BOTTOM)}H{coordinate(WIDTH - RIGHT)}"
    if across.low < 0 < across.high:
        x = coordinate(across(0))
        yield element("path", d=f"M{x} {coordinate(TOP)}V{coordinate(HEIGHT - BOTTOM)}", class_="zero")
    if up.low < 0 < up.high:
        y = coordinate(up(0))
        yield element("path", d=f"M{coordinate(LEFT)} {y}H{coordinate(WIDTH - RIGHT)}", class_="zero")
    yield element("path", d=axes, class_="axis")


def _legend(lines: Sequence[Line]) -> Iterator[Markup]:
    left = LEFT
    for line in reversed(lines):
        yield element("path", d=f"M{coordinate(left)} 14h26", class_=f"line {line.kind}")
        yield label(line.name, left + 33, 18, "tick")
        left += 33 + 6.6 * len(line.name) + 22


def _path(x: Sequence[float], y: Sequence[float], across: Scale, up: Scale) -> str:
    """The line as path data, interrupted at NaN and between finite and infinite values."""
    positions = _kept(min(len(x), len(y)))
    across_x, up_y = [x[position] for position in positions], [y[position] for position in positions]
    if len(positions) > 1 and len(finite(across_x)) == len(finite(up_y)) == len(positions):
        return "M" + "L".join(
            f"{a:.1f} {b:.1f}" for a, b in zip(across.positions(across_x), up.positions(up_y), strict=True)
        )
    drawn: list[str] = []
    down = 0  # points since the pen was put down; a single one becomes a dot
    infinite = False
    for position in positions:
        nothing = math.isnan(y[position]) or not -LARGEST <= x[position] <= LARGEST
        if down and (nothing or infinite is not math.isinf(y[position])):
            drawn.append("h.1" if down == 1 else "")
            down = 0
        if not nothing:
            drawn.append(f"{'L' if down else 'M'}{across(x[position]):.1f} {up(y[position]):.1f}")
            down += 1
            infinite = math.isinf(y[position])
    return "".join(drawn) + ("h.1" if down == 1 else "")


def _kept(amount: int) -> range:
    return range(0, amount, max(1, math.ceil(amount / MOST_POINTS)))
