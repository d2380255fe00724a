"""Plain values on a wire: a JSON header and raw little-endian buffers, nothing that runs.

A frame is `<I header length><Q data length>`, the header as JSON, the data. A value is a small JSON
spec beside its bytes in the data:

    ["a", dtype, shape]  an array      ["f"] a float    ["i", 3] an integer   ["b", true]
    ["t", [...]]         a tuple       ["l", [...]]     a list                ["s", "text"]
    ["n"]                None          ["c", 0]         callable number 0 of this call
    ["m", dtype, shape, place]         a large array, in the arena instead of the data
    ["d", 0]                           the child's mapping number 0 of shared memory

This file is used on both sides and imports nothing of ours: the runner loads it by path.
"""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np

PREFIX = struct.Struct("<IQ")
MOST_HEADER = 512 * 1024
DEEPEST = 6
MOST_ITEMS = 20_000
LONGEST_TEXT = 4_000
DTYPES = {"<f8": np.dtype("<f8"), "<i8": np.dtype("<i8"), "|b1": np.dtype("|b1")}


class FrameError(Exception):
    """What came over the wire is not a frame, or a value cannot be put into one."""


def plain(value: Any, depth: int = 0) -> tuple[Any, list[str]]:
    """A value as judge and runner may hold it, and the names of the types that were converted.

    Arrays and NumPy scalars become float64, int64 or bool; iterators, objects that a `for` loop takes, and
    arrays of objects with one axis become lists. Raises FrameError
    for anything else, in words for a student.
    """
    if depth > DEEPEST:
        raise FrameError("lists nested too deeply")
    if type(value) is int and not -(2**63) <= value < 2**63:
        raise FrameError("an integer that is too large")
    if value is None or type(value) in (bool, int, float, str):
        return value, []
    if isinstance(value, (np.ndarray, np.generic)) and not _holds_objects(value):
        return _plain_array(np.asarray(value))
    if isinstance(value, (bool, int, float, str)):  # subclasses keep their number, not their methods
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return base(value), []
    if isinstance(value, dict) or not _can_be_looped_over(value):
        raise FrameError(f"a {type(value).__name__}, which is neither a number nor an array")
    items, converted = [], []
    for count, item in enumerate(value):
        if count >= MOST_ITEMS:
            raise FrameError(f"more than {MOST_ITEMS} items")
        one, names = plain(item, depth + 1)
        items.append(one)
        converted += [name for name in names if name not in converted]
    return (tuple(items) if isinstance(value, tuple) else items), converted


def _holds_objects(value: Any) -> bool:
    """Whether it is an array of one axis of objects: as good as a list of them."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim == 1


def _can_be_looped_over(value: Any) -> bool:
    """Whether a `for` loop takes it, by one protocol or by the older one."""
    kind = type(value)
    return hasattr(kind, "__iter__") or (hasattr(kind, "__len__") and hasattr(kind, "__getitem__"))


def _plain_array(array: Any) -> tuple[Any, list[str]]:
    kind = array.dtype.kind
    if kind not in "fiub":
        raise FrameError(f"an array of {array.dtype}, which does not hold ordinary numbers")
    wanted = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "|b1"}[kind]
    if kind == "u" and array.size and array.max() > 2**63 - 1:
        raise FrameError("an integer is too large")
    converted = [] if array.dtype.newbyteorder("<") in DTYPES.values() else [str(array.dtype)]
    return np.ascontiguousarray(array, dtype=DTYPES[wanted]).reshape(array.shape), converted


class Packer:
    """Turns plain values into specs; collects their bytes, and callables where they are allowed."""

    def __init__(self, arena: Any = None, callables: list[Any] | None = None, share: Any = None) -> None:
        self.arena, self.callables, self.share = arena, callables, share
        self.buffers: list[Any] = []

    @property
    def size(self) -> int:
        """How many bytes were collected."""
        return sum(len(buffer) for buffer in self.buffers)

    def value(self, value: Any) -> list[Any]:
        """The spec of a plain value; raises FrameError for what cannot be sent."""
        kind = type(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if kind is float:
            self.buffers.append(struct.pack("<d", value))
            return ["f"]
        if kind is bool:
            return ["b", value]
        if kind is int:
            if not -(2**63) <= value < 2**63:
                raise FrameError("an integer is too large")
            return ["i", value]
        if kind is str:
            return ["s", value[:LONGEST_TEXT]]
        if value is None:
            return ["n"]
        if kind is tuple or kind is list:
            return ["t" if kind is tuple else "l", [self.value(item) for item in value]]
        if callable(value) and self.callables is not None:
            self.callables.append(value)
            return ["c", len(self.callables) - 1]
        raise FrameError(f"a {kind.__name__} cannot be sent")

    def _array(self, array: Any) -> list[Any]:
        if self.share is not None and getattr(array, "descriptor", None) is not None:
            return ["d", self.share(array)]
        if array.dtype.str not in DTYPES:
            raise FrameError(f"an array of {array.dtype} cannot be sent")
        spec = [array.dtype.str, list(array.shape)]
        array = np.ascontiguousarray(array)
        if self.arena is not None and (place := self.arena.put(array)) is not None:
            return ["m", *spec, place]
        self.buffers.append(array.data.cast("B") if array.size else b"")
        return ["a", *spec]


class Unpacker:
    """Reads values back from specs and one data buffer, trusting neither."""

    def __init__(
        self, data: bytes | bytearray, arena: Any = None, make_callable: Any = None, mapped: Any = None
    ) -> None:
        self.data, self.offset, self.arena = data, 0, arena
        self.make_callable, self.mapped = make_callable, mapped
        self.left = arena.half if arena is not None else 0  # bytes it may still take from the arena
        self.copies = self.copies_arena = True  # False leaves arrays where they are: not to be kept

    def value(self, spec: Any, depth: int = 0) -> Any:
        """The next value; arrays are fresh, writable and C-contiguous."""
        try:
            return self._value(spec, depth)
        except (KeyError, IndexError, TypeError, ValueError, OverflowError) as problem:
            raise FrameError("a malformed value") from problem

    def finish(self) -> None:
        """Check that every byte was used."""
        if self.offset != len(self.data):
            raise FrameError("bytes are left over")

    def _value(self, spec: Any, depth: int) -> Any:
        if depth > DEEPEST or type(spec) is not list:
            raise FrameError("a malformed value")
        kind = spec[0]
        if kind == "a":
            return self._array(DTYPES[spec[1]], spec[2], None)
        if kind == "m" and self.arena is not None:
            return self._array(DTYPES[spec[1]], spec[2], spec[3])
        if kind == "f":
            return float(struct.unpack("<d", self._take(8))[0])
        if kind == "b" or kind == "i" or kind == "s":
            return self._scalar(kind, spec[1])
        if kind == "n":
            return None
        if kind == "t" or kind == "l":
            if type(spec[1]) is not list:
                raise FrameError("a malformed value")
            items = [self._value(item, depth + 1) for item in spec[1]]
            return tuple(items) if kind == "t" else items
        if kind == "d" and self.mapped is not None:
            return self.mapped(spec[1])
        if kind == "c" and self.make_callable is not None:
            return self.make_callable(spec[1])
        raise FrameError("a malformed value")

    def _scalar(self, kind: str, value: Any) -> Any:
        wanted: Any = {"b": bool, "i": int, "s": str}[kind]
        if type(value) is not wanted:
            raise FrameError("a malformed value")
        if kind == "i" and not -(2**63) <= value < 2**63:
            raise FrameError("an integer is too large")
        return value

    def _array(self, dtype: Any, shape: Any, place: Any) -> Any:
        if type(shape) is not list or len(shape) > 16:
            raise FrameError("a malformed shape")
        size = 1
        for length in shape:
            if type(length) is not int or length < 0:
                raise FrameError("a malformed shape")
            size *= length  # Python integers: no overflow
        if place is None:
            entries = np.frombuffer(self._take(size * dtype.itemsize), dtype)
        elif type(place) is int:
            self.left -= size * dtype.itemsize
            if self.left < 0:
                raise FrameError("more than the arena holds")
            entries = self.arena.get(place, dtype, size)
        else:
            raise FrameError("a malformed place")
        if self.copies if place is None else self.copies_arena:
            entries = entries.copy()  # before it is looked at: the other side shares the arena
        if dtype.itemsize == 1 and (entries.view(np.uint8) > 1).any():
            raise FrameError("a truth value that is neither true nor false")
        return entries.reshape(shape)

    def _take(self, count: int) -> bytes:
        if count > len(self.data) - self.offset:
            raise FrameError("fewer bytes than the header says")
        piece = bytes(self.data[self.offset : self.offset + count])
        self.offset += count
        return piece


def frame(header: dict[str, Any], buffers: list[Any]) -> bytes:
    """A whole frame as bytes."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > MOST_HEADER:
        raise FrameError("the header is too long")
    data = b"".join(buffers)
    return PREFIX.pack(len(text), len(data)) + text + data


def parse_header(text: bytes | bytearray) -> dict[str, Any]:
    """The header of a frame; raises FrameError for anything that is not a JSON object."""
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise FrameError("the header is not JSON") from problem
    if type(header) is not dict:
        raise FrameError("the header is not an object")
    return header
