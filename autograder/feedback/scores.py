"""Scores as shares and as words."""

from __future__ import annotations

import math

from autograder.feedback.text import points

__all__ = ["fraction", "of_points"]


def fraction(earned: float, possible: float) -> float:
    """The share of the points; 0 where none were possible, above 1 with extra credit."""
    share = earned / possible if possible > 0 else 0.0
    return share if math.isfinite(share) else 0.0


def of_points(earned: float, possible: float) -> str:
    """Such as `1.5 of 2 points`."""
    if possible == 0 and earned == 0:
        return "no points"
    return f"{points(earned)} of {points(possible)} {'point' if possible == 1 else 'points'}"
