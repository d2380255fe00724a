"""Fingerprints of a piece of code: hashes of its k-grams, thinned out by winnowing.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003:
of every WINDOW neighbouring hashes the smallest is kept, so that two pieces which share a run of
GRAM + WINDOW - 1 tokens share a fingerprint, wherever the run stands.

Names that may be renamed enter a gram as the distance to their last occurrence within it: Baker,
"Parameterized pattern matching", 1996. So a consistent renaming changes nothing, and neither does a
statement added before.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

__all__ = ["GRAM", "WINDOW", "grams", "winnowed"]

GRAM = 9  # tokens of a gram: about half a line
WINDOW = 4


def grams(shapes: Sequence[str], names: Sequence[str]) -> list[int]:
    """The hash of the gram at every token that has GRAM - 1 after it; the same in every process.

    `shapes` are empty where `names`, the tokens' texts, may be renamed.
    """
    # A positive number for a fixed token, for a name minus the distance to where it last was.
    codes: list[int] = []
    last: dict[str, int] = {}
    for i, (shape, name) in enumerate(zip(shapes, names, strict=True)):
        if shape:
            codes.append(crc32(shape.encode("utf-8", "replace")) + 1)
        else:
            codes.append(last.get(name, -GRAM) - i)
            last[name] = i
    found = []
    for start in range(len(codes) - GRAM + 1):
        gram = codes[start : start + GRAM]
        # What lies before the gram does not count.
        found.append(hash(tuple(c if c >= -i else 0 for i, c in enumerate(gram))))
    return found


def winnowed(hashes: Sequence[int]) -> set[int]:
    """Of every WINDOW neighbouring hashes the smallest."""
    if len(hashes) <= WINDOW:
        return {min(hashes)} if hashes else set()
    return {min(hashes[i : i + WINDOW]) for i in range(len(hashes) - WINDOW + 1)}
