"""Plain values on a wire: a JSON header and raw little-endian buffers, nothing that runs.

A frame is `<I header length><Q data length><I number of the request>`, the header as JSON, the data. A value
is a small JSON spec beside its bytes in the data:

    ["a", dtype, shape]  an array      ["f"] a float    ["i", 3] an integer   ["b", true]
    ["t", [...]]         a tuple       ["l", [...]]     a list                ["s", "text"]
    ["n"]                None          ["c", 0]         callable number 0 of this call
    ["m", dtype, shape, place]         a large array, in the arena instead of the data
    ["d", 0]                           the child's mapping number 0 of shared memory

Calls with values of the same shapes have the same header, byte for byte: what was read and checked once is
kept with the header's bytes, so that a training loop parses each of its headers once.

This file is used on both sides and imports nothing of ours: the runner loads it by path.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

PREFIX = struct.Struct("<IQI")
MOST_HEADER = 512 * 1024
DEEPEST = 6
MOST_ITEMS = 20_000
LONGEST_TEXT = 4_000
MOST_AT_A_GLANCE = 8  # items of a tuple that are looked at before anything else is tried
KEPT_HEADERS, LONGEST_KEPT = 64, 2048  # how many parsed headers are kept, and the longest of these, in bytes
DTYPES = {"<f8": np.dtype("<f8"), "<i8": np.dtype("<i8"), "|b1": np.dtype("|b1")}
NATIVE = frozenset(DTYPES.values())
BOOL = DTYPES["|b1"]
NUMBERS = (bool, int, float, np.bool_, np.integer, np.floating)


class FrameError(Exception):
    """What came over the wire is not a frame, or a value cannot be put into one."""


def plain(value: Any, depth: int = 0) -> tuple[Any, list[str]]:
    """A value as judge and runner may hold it, and the names of the types that were converted.

    Arrays and NumPy scalars become float64, int64 or bool; iterators, objects that a `for` loop takes, and
    arrays of objects become lists. An array of objects that are all numbers stays one if it has several axes.
    Raises FrameError for anything else, in words for a student.
    """
    if depth > DEEPEST:
        raise FrameError("lists nested too deeply")
    kind = type(value)
    if kind is np.ndarray and value.dtype in NATIVE and value.flags.c_contiguous:
        return value, []
    if kind is int and not -(2**63) <= value < 2**63:
        raise FrameError("an integer that is too large")
    if value is None or kind in (bool, int, float, str):
        return value, []
    if kind is tuple and len(value) <= MOST_AT_A_GLANCE and all(map(_is_plain_number, value)):
        return value, []
    if kind is np.float64:
        return np.asarray(value), []
    if isinstance(value, (np.ndarray, np.generic)):
        if not _holds_objects(value):
            return _plain_array(np.asarray(value))
        if value.ndim > 1 and all(isinstance(entry, NUMBERS) for entry in value.flat):
            try:
                return np.array(value, dtype=np.float64), ["object"]
            except OverflowError:
                raise FrameError("an integer that is too large") from None
    if isinstance(value, (bool, int, float, str)):  # subclasses keep their number, not their methods
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return base(value), []
    if isinstance(value, dict) or not _can_be_looped_over(value):
        name = type(value).__name__
        article = "an" if name[0] in "aeiouAEIOU" else "a"
        raise FrameError(f"{article} {name}, which is neither a number nor an array")
    keeps_items = isinstance(value, (list, tuple, np.ndarray))
    items, converted = [], []
    for count, item in enumerate(value):
        if count >= MOST_ITEMS:
            raise FrameError(f"more than {MOST_ITEMS} items")
        try:
            plain_item, names = plain(item, depth + 1)
        except FrameError:
            if isinstance(value, np.ndarray):
                raise FrameError("an array of object, which does not hold ordinary numbers") from None
            raise
        # A loop may have used this item before the next one is written over it, into the same array.
        items.append(plain_item if keeps_items else _copied(plain_item))
        if names:
            converted += [name for name in names if name not in converted]
    return (tuple(items) if isinstance(value, tuple) else items), converted


def _copied(value: Any) -> Any:
    """A plain value with arrays of its own."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_copied, value))
    return value.copy() if isinstance(value, np.ndarray) else value


def _is_plain_number(value: Any) -> bool:
    """Whether it is a float, or an array as both sides hold it."""
    kind = type(value)
    return kind is float or (kind is np.ndarray and value.dtype in NATIVE and value.flags.c_contiguous)


def _holds_objects(value: Any) -> bool:
    """Whether it is an array of objects with at least one axis: as good as a list of them."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "O" and value.ndim > 0


def _can_be_looped_over(value: Any) -> bool:
    """Whether a `for` loop takes it, by one protocol or by the older one."""
    kind = type(value)
    return hasattr(kind, "__iter__") or hasattr(kind, "__getitem__")


def _plain_array(array: Any) -> tuple[Any, list[str]]:
    kind = array.dtype.kind
    if kind not in "fiub":
        raise FrameError(f"an array of {array.dtype}, which does not hold ordinary numbers")
    wanted = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "|b1"}[kind]
    if kind == "u" and array.size and array.max() > 2**63 - 1:
        raise FrameError("an integer that is too large")
    converted = [] if array.dtype.newbyteorder("<") in DTYPES.values() else [str(array.dtype)]
    return np.ascontiguousarray(array, dtype=DTYPES[wanted]).reshape(array.shape), converted


class Packer:
    """Turns plain values into specs, as JSON; collects their bytes, and callables where they are allowed."""

    def __init__(
        self,
        arena: Any = None,
        callables: list[Any] | None = None,
        share: Any = None,
        *,
        copies: bool = False,
    ) -> None:
        """With `copies`, every array is copied at once: nothing changes what was packed."""
        self.arena, self.callables, self.share, self.copies = arena, callables, share, copies
        self.buffers: list[Any] = []
        self.size = 0  # bytes collected

    def text(self, value: Any) -> str:
        """The spec of a plain value; raises FrameError for what cannot be sent.

        Arrays up to the arena's smallest are copied at once, and so are those in the arena.
        """
        kind = type(value)
        if kind is np.ndarray or isinstance(value, np.ndarray):
            return self._array(value)
        if kind is float:
            self._add(_DOUBLE.pack(value))
            return '["f"]'
        if kind is bool:
            return '["b",true]' if value else '["b",false]'
        if kind is int:
            if not -(2**63) <= value < 2**63:
                raise FrameError("an integer that is too large")
            return f'["i",{value}]'
        if kind is str:
            return f'["s",{json.dumps(value[:LONGEST_TEXT])}]'
        if value is None:
            return '["n"]'
        if kind is tuple or kind is list:
            return f'["{"t" if kind is tuple else "l"}",[{",".join([self.text(item) for item in value])}]]'
        if callable(value) and self.callables is not None:
            self.callables.append(value)
            return f'["c",{len(self.callables) - 1}]'
        raise FrameError(f"a {kind.__name__} cannot be sent")

    def _array(self, array: Any) -> str:
        if self.share is not None and getattr(array, "descriptor", None) is not None:
            return f'["d",{self.share(array)}]'
        shape = array.shape
        spec = _array_texts.get((array.dtype, shape))
        if spec is None:
            name = array.dtype.str
            if name not in DTYPES:
                raise FrameError(f"an array of {array.dtype} cannot be sent")
            spec = f'"{name}",{list(shape)}'.replace(" ", "")
            if len(_array_texts) > 4 * KEPT_HEADERS:
                _array_texts.clear()
            _array_texts[array.dtype, shape] = spec
        size = array.nbytes
        if self.arena is None or size < self.arena.smallest:
            self._add(array.tobytes())
            return f'["a",{spec}]'
        if (place := self.arena.put(array)) is not None:
            return f'["m",{spec},{place}]'
        array = np.ascontiguousarray(array)
        self._add(array.tobytes() if self.copies else array.data.cast("B") if size else b"")
        return f'["a",{spec}]'

    def again(self, values: Sequence[Any], specs: Sequence[str]) -> str:
        """The specs of several values, which had these specs before and are of the same forms."""
        texts, add = [], self.buffers.append
        for value, spec in zip(values, specs, strict=True):
            kind = spec[2]
            if kind == "a":
                data = value.tobytes()
                add(data)
                self.size += len(data)
            elif kind == "f":
                add(_DOUBLE.pack(value))
                self.size += 8
            else:  # it has a place in the arena, or the value itself is in it
                spec = self.text(value)
            texts.append(spec)
        return ",".join(texts)

    def _add(self, buffer: Any) -> None:
        self.buffers.append(buffer)
        self.size += len(buffer)


_DOUBLE = struct.Struct("<d")
_array_texts: dict[tuple[Any, tuple[int, ...]], str] = {}
Plan = tuple[Any, ...]  # a spec after its check: its kind, and what reading it takes


def plan_of(spec: Any, depth: int = 0) -> Plan:
    """A spec after its check; raises FrameError for anything but a spec."""
    try:
        return _plan_of(spec, depth)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError) as problem:
        raise FrameError("a malformed value") from problem


def _plan_of(spec: Any, depth: int) -> Plan:
    if depth > DEEPEST or type(spec) is not list:
        raise FrameError("a malformed value")
    kind = spec[0]
    if kind == "a" or kind == "m":
        dtype, shape = DTYPES[spec[1]], spec[2]
        if type(shape) is not list or len(shape) > 16:
            raise FrameError("a malformed shape")
        count = 1
        for length in shape:
            if type(length) is not int or length < 0:
                raise FrameError("a malformed shape")
            count *= length  # Python integers: no overflow
        place = spec[3] if kind == "m" else 0
        if type(place) is not int:
            raise FrameError("a malformed place")
        return kind, dtype, tuple(shape), count, count * dtype.itemsize, place
    if kind == "f":
        return ("f",)
    if kind == "b" or kind == "i" or kind == "s":
        value: Any = spec[1]
        if type(value) is not {"b": bool, "i": int, "s": str}[kind]:
            raise FrameError("a malformed value")
        if kind == "i" and not -(2**63) <= spec[1] < 2**63:
            raise FrameError("an integer is too large")
        return "v", value
    if kind == "n":
        return "v", None
    if kind == "t" or kind == "l":
        if type(spec[1]) is not list:
            raise FrameError("a malformed value")
        return kind, [_plan_of(item, depth + 1) for item in spec[1]]
    if kind == "d" or kind == "c":
        return kind, spec[1]
    raise FrameError("a malformed value")


class Unpacker:
    """Reads values back from specs and one data buffer, trusting neither."""

    def __init__(self, data: bytes, arena: Any = None, make_callable: Any = None, mapped: Any = None) -> None:
        self.data, self.offset, self.arena = data, 0, arena
        self.make_callable, self.mapped = make_callable, mapped
        self.left = arena.half if arena is not None else 0  # bytes it may still take from the arena
        self.copies = self.copies_arena = True  # False leaves arrays where they are: not to be kept

    def value(self, spec: Any) -> Any:
        """The next value; arrays are fresh, writable and C-contiguous."""
        return self.read(plan_of(spec))

    def finish(self) -> None:
        """Check that every byte was used."""
        if self.offset != len(self.data):
            raise FrameError("bytes are left over")

    def read(self, plan: Plan) -> Any:
        """The next value, by a checked spec."""
        kind = plan[0]
        if kind == "a" or kind == "m":
            return self._array(plan)
        if kind == "t":
            return tuple([self.read(item) for item in plan[1]])
        if kind == "f":
            return _DOUBLE.unpack_from(self.data, self._take(8))[0]
        if kind == "v":
            return plan[1]
        if kind == "l":
            return [self.read(item) for item in plan[1]]
        if kind == "d" and self.mapped is not None:
            return self.mapped(plan[1])
        if kind == "c" and self.make_callable is not None:
            return self.make_callable(plan[1])
        raise FrameError("a malformed value")

    def _array(self, plan: Plan) -> Any:
        kind, dtype, shape, count, size, place = plan
        try:
            if kind == "a":
                start = self.offset
                if size > len(self.data) - start:
                    raise FrameError("fewer bytes than the header says")
                self.offset = start + size
                array = np.ndarray(shape, dtype, self.data, start) if count else np.empty(shape, dtype)
                if self.copies:
                    array = array.copy()
            else:
                self.left -= size
                if self.left < 0 or self.arena is None:
                    raise FrameError("more than the arena holds")
                array = self.arena.get(place, dtype, shape, size)
                if self.copies_arena:
                    array = array.copy()  # before it is looked at: the other side shares the arena
        except (ValueError, TypeError, OverflowError) as problem:
            raise FrameError("a malformed shape or place") from problem
        if dtype is BOOL and (array.view(np.uint8) > 1).any():
            raise FrameError("a truth value that is neither true nor false")
        return array

    def _take(self, count: int) -> int:
        """Where the next `count` bytes begin."""
        start = self.offset
        if count > len(self.data) - start:
            raise FrameError("fewer bytes than the header says")
        self.offset = start + count
        return start


def frame(header: dict[str, Any] | str, buffers: list[Any], number: int = 0) -> bytes:
    """A whole frame as bytes; a header that is text is JSON already."""
    text = (header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))).encode()
    if len(text) > MOST_HEADER:
        raise FrameError("the header is too long")
    data = b"".join(buffers)
    return b"".join((PREFIX.pack(len(text), len(data), number), text, data))


class Header(dict[str, Any]):
    """A frame's parsed header: not to be changed, since it is kept for frames with the same bytes."""

    plan: Any = None  # what was made of it when it was read first


_headers: dict[bytes, Header] = {}


def parse_header(text: bytes) -> Header:
    """The header of a frame; raises FrameError for anything that is not a JSON object."""
    known = _headers.get(text)
    if known is not None:
        return known
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise FrameError("the header is not JSON") from problem
    if type(parsed) is not dict:
        raise FrameError("the header is not an object")
    header = Header(parsed)
    if len(text) <= LONGEST_KEPT:
        if len(_headers) >= KEPT_HEADERS:
            _headers.clear()
        _headers[text] = header
    return header
