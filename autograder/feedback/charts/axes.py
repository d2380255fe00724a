"""Scales and ticks: from numbers to places in a chart, and the round numbers to write beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["LARGEST", "Scale", "finite", "spread", "tick_text", "ticks"]

LARGEST = 1e100  # beyond this a difference may overflow; such values are treated as infinite


@dataclass(frozen=True)
class Scale:
    """Where a number is drawn: `low` at `start`, `high` at `end`, what is beyond at the nearer edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a number; not for NaN."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def places(self, values: Iterable[float]) -> list[float]:
        """The places of many finite numbers."""
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
    """The values that can be drawn at their own place."""
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
    return [place * step for place in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A tick's number without the noise of binary fractions, with a real minus sign."""
    return f"{value:.4g}".replace("e+0", "e").replace("e-0", "e-").replace("-", "\u2212")
