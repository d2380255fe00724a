"""What is exported: concrete items, and how many of them are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from quizzes.items import Item

__all__ = ["Section", "id_of"]


@dataclass(frozen=True)
class Section:
    """Concrete items of which so many are asked, for so many points each."""

    name: str
    draw: int
    points: Decimal
    items: Sequence[Item]


def id_of(*parts: str) -> str:
    """An id that any XML takes, the same each time."""
    return "i" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
