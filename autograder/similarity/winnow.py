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

import numpy as np

__all__ = ["GRAM", "WINDOW", "grams", "winnowed"]

GRAM = 9  # tokens of a gram: about half a line
WINDOW = 4
# Odd numbers without a pattern, for a polynomial hash modulo 2^64; sums wrap around as they should.
FACTOR, MIXER, HALF = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(32)


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
    count = len(codes) - GRAM + 1
    if count <= 0:
        return []
    found = np.zeros(count, np.uint64)
    for i in range(GRAM):
        column = np.array(codes[i : i + count])
        # A name that was last seen before the gram is new in it.
        found = found * FACTOR + np.where(column >= -i, column, 0).astype(np.uint64)
    # Without mixing, the smallest would be those that begin with certain tokens.
    found = (found ^ found >> HALF) * MIXER
    mixed: list[int] = (found ^ found >> HALF).tolist()
    return mixed


def winnowed(hashes: Sequence[int]) -> set[int]:
    """Of every WINDOW neighbouring hashes the smallest."""
    if len(hashes) <= WINDOW:
        return {min(hashes)} if hashes else set()
    return {min(hashes[i : i + WINDOW]) for i in range(len(hashes) - WINDOW + 1)}
