"""Numbers that people type into forms and terminals, in the way of their country."""

from __future__ import annotations

import math

__all__ = ["typed_number"]


def typed_number(text: str) -> float:
    """The number of a text, with a decimal comma or point; NaN where it is none."""
    try:
        return float(text.strip().replace(",", ".").replace("_", "?"))  # Python takes 1_0 for 10
    except ValueError:
        return math.nan
