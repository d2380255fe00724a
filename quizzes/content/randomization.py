"""Seeded random numbers, the same on every machine and in every version.

An attempt has a seed of its own, and each of its questions one derived from it by the item's reference.
Python's `random` promises no such thing over versions, so it is not used.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

__all__ = ["Draw", "derived_seed", "stable_id"]


T = TypeVar("T")


def derived_seed(seed: bytes, name: str) -> bytes:
    """The seed of a part with its own name: 32 bytes."""
    return hmac.digest(seed, name.encode(), "sha256")


def stable_id(item: str, text: str) -> str:
    """An id that says nothing about a position: authors often write the right option first."""
    return "o" + hashlib.sha256(f"{item}\n{text}".encode()).hexdigest()[:8]


class Draw:
    """Numbers drawn from a seed, by HMAC-SHA256 over a counter."""

    def __init__(self, seed: bytes) -> None:
        self._seed, self._count = seed, 0

    def below(self, n: int) -> int:
        """A whole number from 0 to n − 1, each equally likely; n is at most 2^63."""
        limit = 2**64 - 2**64 % n
        while True:
            block = hmac.digest(self._seed, self._count.to_bytes(8, "big"), "sha256")
            self._count += 1
            value = int.from_bytes(block[:8], "big")
            if value < limit:  # else the low numbers would be likelier
                return value % n

    def choice(self, options: Sequence[T]) -> T:
        """A random element."""
        return options[self.below(len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All elements in a random order (Fisher and Yates)."""
        order = list(options)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def between(self, low: Decimal, high: Decimal) -> Decimal:
        """A number from low to high in 10^6 steps."""
        return low + (high - low) * self.below(10**6 + 1) / 10**6
