"""SVG for charts: elements, and scales with round ticks."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape

from autograder.pages.text import clean

__all__ = [
    "LARGEST",
    "Scale",
    "coordinate",
    "cut_to_width",
    "element",
    "finite",
    "image",
    "label",
    "share",
    "spread",
    "text_width",
    "tick_text",
    "ticks",
]


def coordinate(value: float) -> str:
    """A length in user units with one decimal, as short as it gets."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def share(value: float) -> str:
    """A length relative to the width of the chart."""
    return f"{coordinate(100 * value)}%"


def element(name: str, *children: str | Markup, **attributes: str | float) -> Markup:
    """An element; text and attributes are cleaned and escaped, markup is taken as it is.

    `class_` is the attribute class; other underscores are hyphens.
    """
    inside = "".join(child if isinstance(child, Markup) else escape(clean(child)) for child in children)
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{written}>{inside}</{name}>")


def _attribute(key: str, value: str | float) -> str:
    text = coordinate(value) if isinstance(value, (int, float)) else escape(clean(value))
    return f' {key.rstrip("_").replace("_", "-")}="{text}"'


def label(text: str, x: str | float, y: str | float, kind: str = "", anchor: str = "start") -> Markup:
    """A piece of text in a chart."""
    return element("text", text, x=x, y=y, class_=kind, text_anchor=anchor)


NARROW, BROAD = "iljtfrI.,:;'|!()[]·- ", "mwMW@%&"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most, in the widest of the fonts that a browser may choose; in user units."""
    ems = 0.0
    for character in text:
        if unicodedata.combining(character):
            continue
        if character in NARROW:
            ems += 0.46
        elif character in BROAD or not character.isascii():
            ems += 1.12
        else:
            ems += 0.78 if character.isupper() or character.isdigit() else 0.7
    return size * ems * (1 if bold else 0.92)


def cut_to_width(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The beginning of a text that would be wider than `width` user units."""
    widest = int(width / (0.4 * size)) + 1  # no more characters than this fit, however narrow
    short = text[:widest]
    while short and text_width(short if short == text else f"{short}…", size, bold=bold) > width:
        short = short[:-1]
    return text if short == text else f"{short.rstrip()}…"


def image(
    parts: Iterable[Markup],
    *,
    key: str,
    title: str,
    description: str,
    height: float,
    width: float | None = None,
    kind: str,
) -> Markup:
    """A whole chart; without a width it is as wide as the page, and its text keeps its size.

    `key` is unique on the page: the title and the description are found by it.
    """
    size: dict[str, str | float] = {"width": "100%", "height": height}
    if width is not None:
        size = {"width": width, "height": height, "viewBox": f"0 0 {width:g} {height:g}"}
    return element(
        "svg",
        element("title", title, id=f"{key}-title"),
        element("desc", description, id=f"{key}-desc"),
        *parts,
        **size,
        class_=f"chart {kind}",
        role="img",
        aria_labelledby=f"{key}-title",
        aria_describedby=f"{key}-desc",
    )


LARGEST = 1e100  # beyond this a difference may overflow; such values are treated as infinite


@dataclass(frozen=True)
class Scale:
    """A linear scale: `low` is drawn at `start`, `high` at `end`, numbers beyond at the nearer edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The position of a number; not for NaN."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def positions(self, values: Iterable[float]) -> list[float]:
        """The positions of many finite numbers."""
        low, high, start = self.low, self.high, self.start
        unit = (self.end - start) / (high - low)
        return [
            start + unit * ((low if value < low else high if value > high else value) - low)
            for value in values
        ]

    def holds(self, value: float) -> bool:
        """Whether the number is on the scale and not beyond it."""
        return self.low <= value <= self.high


def finite(values: Iterable[float]) -> list[float]:
    """The values that can be drawn at their own position."""
    return [value for value in values if -LARGEST <= value <= LARGEST]


def spread(low: float, high: float, margin: float = 0.0) -> tuple[float, float]:
    """A range that is never empty, wider by `margin` of itself on both sides."""
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size or high - low < 1e-100:
        half = size / 2 if size > 1e-90 else 1.0
        low, high = low - half, high + half
    extra = margin * (high - low)
    return low - extra, high + extra


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between `low` and `high`, a step of 1, 2 or 5 times a power of ten apart."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((m * power for m in (1, 2, 5) if m * power >= rough), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [position * step for position in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A tick's number without the noise of binary fractions, with a real minus sign."""
    return f"{value:.4g}".replace("e+0", "e").replace("e-0", "e-").replace("-", "\u2212")
