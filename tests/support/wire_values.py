"""Helpers for tests of the wire: plain values to draw, and a journey for them."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.sandbox import frames
from autograder.sandbox.arena import Arena
from autograder.sandbox.frames import Packer, Unpacker

WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 5e-324])
ARRAYS = hnp.arrays(
    st.sampled_from(["<f8", "<i8", "|b1"]), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)
LEAVES = st.none() | st.booleans() | WHOLE | FLOATS | st.text(max_size=50) | ARRAYS
PLAIN = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple), max_leaves=12
).filter(lambda value: depth(value) <= frames.DEEPEST)


def depth(value: Any) -> int:
    """How deeply lists and tuples are nested."""
    return 1 + max(map(depth, value), default=0) if isinstance(value, (list, tuple)) else 0


def sent(value: Any, arena: Arena | None = None, other: Arena | None = None) -> Any:
    """The value after a journey over the wire, as a whole frame."""
    packer = Packer(arena)
    data = frames.frame(f'{{"value":{packer.text(value)}}}', packer.buffers, 7)
    size, data_size, number = frames.PREFIX.unpack_from(data)
    assert number == 7
    start = frames.PREFIX.size + size
    assert len(data) == start + data_size
    reader = Unpacker(data[start:], other)
    back = reader.value(frames.parse_header(data[frames.PREFIX.size : start])["value"])
    reader.finish()
    return back
