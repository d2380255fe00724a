"""Odd results that a function may return: the corpus that `lint` and the tests put to every check.

Most carry wrong values in some wrapping; `ACCEPTED` wrap the right ones as the course allows. This file
imports NumPy and the standard library alone, so that its source can also run inside a submission.
"""

from __future__ import annotations

import array
import decimal
import fractions
import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

__all__ = ["ACCEPTED", "ODD_VALUES", "OddValue", "wrong"]

Right = Callable[[], Any]  # computes what is right for this call
Arguments = tuple[Any, ...]


class OddValue(NamedTuple):
    """One way to answer a call oddly."""

    name: str
    make: Callable[[Right, Arguments], Any]
    needs_right: bool = False  # whether `make` asks for the right value, for its shape or its numbers
    may_pass: bool = False  # whether its numbers may be right enough for some checks


class Plain:
    """An object of a student's own class."""


class Floatable:
    """A number to float() alone."""

    def __float__(self) -> float:
        return -37.25


class ArrayLike:
    """An array to NumPy alone."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.full(3, -37.25)


class Iterated:
    """Something that a `for` loop takes."""

    def __init__(self, items: Any) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


class Indexed:
    """Something that a `for` loop takes by the older protocol."""

    def __init__(self, items: Any) -> None:
        self.items = list(items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Any:
        return self.items[index]


class Sub(np.ndarray):
    """An array of a subclass."""


def wrong(value: Any) -> Any:
    """A value of the same structure with the same wrong number everywhere."""
    if isinstance(value, np.ndarray):
        return np.full(value.shape, 37 if value.dtype.kind in "iub" else -37.25)
    if isinstance(value, (list, tuple)):
        items = [wrong(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    return 37 if isinstance(value, int) else -37.25


def leafwise(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change of every array or number in a value, however they are nested."""

    def apply(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            items = [apply(item) for item in value]
            return tuple(items) if isinstance(value, tuple) else items
        return change(np.asarray(value))

    return apply


def object_array(items: Any) -> Any:
    """An array of one axis that holds objects, such as pairs of arrays."""
    made = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        made[place] = item
    return made


def fixed(name: str, value: Any) -> OddValue:
    """The same for every call."""
    return OddValue(name, lambda right, arguments: value)


def fresh(name: str, make: Callable[[], Any]) -> OddValue:
    """The same for every call, made anew."""
    return OddValue(name, lambda right, arguments: make())


def wrapped(name: str, wrap: Callable[[Any], Any]) -> OddValue:
    """Wrong numbers in the right structure, wrapped."""
    return OddValue(name, lambda right, arguments: wrap(wrong(right())), needs_right=True)


def nested(levels: int) -> Any:
    """A list in a list in a list …"""
    value: Any = [-37.25]
    for _ in range(levels):
        value = [value]
    return value


def in_fortran_order(leaf: Any) -> Any:
    """The same numbers, the first axis side by side in memory."""
    return np.array(leaf, order="F")


def with_one_nan(leaf: Any) -> Any:
    """The right numbers, the first of them NaN."""
    made = np.array(leaf, dtype=float)
    made.flat[:1] = np.nan
    return made


ODD_VALUES: tuple[OddValue, ...] = (
    fixed("None", None),
    fixed("text", "text"),
    fixed("no text", ""),
    fixed("a number as text", "-37.25"),
    fixed("bytes", b"bytes"),
    fixed("True", True),
    fixed("an integer", -37),
    fixed("a large integer", 2**62),
    fixed("an integer that is too large", 2**70),
    fixed("an enormous integer", 10**400),
    fixed("a number", -37.25),
    fixed("NaN", float("nan")),
    fixed("infinity", float("inf")),
    fixed("minus infinity", float("-inf")),
    fixed("a huge number", -1e308),
    fixed("a complex number", 1j),
    fixed("a Decimal", decimal.Decimal("-37.25")),
    fixed("a Fraction", fractions.Fraction(-149, 4)),
    fixed("np.float32", np.float32(-37.25)),
    fixed("np.int64", np.int64(-37)),
    fixed("np.bool_", np.bool_(True)),
    fixed("np.str_", np.str_("text")),
    fixed("np.datetime64", np.datetime64("2026-01-01")),
    fixed("a 0-d array", np.array(-37.25)),
    fixed("a 0-d object array", np.array(None, dtype=object)),
    fixed("an array of another shape", np.full((2, 5, 3), -37.25)),
    fixed("an array of one", np.full(1, -37.25)),
    fixed("an empty array", np.zeros(0)),
    fixed("an empty array with a huge axis", np.zeros((0, 2**40))),
    fixed("sixteen axes", np.full((1,) * 16, -37.25)),
    fixed("a long array", np.full(100_000, -37.25)),
    fixed("a dict", {"result": -37.25}),
    fixed("an empty dict", {}),
    fixed("a set", {-37.25}),
    fixed("the class", Plain),
    fixed("a function", wrong),
    fixed("Ellipsis", ...),
    fixed("NotImplemented", NotImplemented),
    fixed("an exception", ValueError("not raised")),
    fixed("an empty tuple", ()),
    fixed("an empty list", []),
    fixed("a list in a list", [[]]),
    fixed("a list of None", [None]),
    fixed("three of None", (None, None, None)),
    fixed("pairs of None", [(None, None)] * 5),
    fixed("a list of texts", ["a", "b"]),
    fixed("ragged lists", [[-37.25, -37.25], [-37.25]]),
    fixed("lists and numbers", [[-37.25], -37.25, None]),
    fixed("a deeply nested list", nested(5)),
    fixed("a list nested too deeply", nested(50)),
    fixed("a list of large integers", [2**62] * 5),
    fixed("a list of enormous integers", [10**400] * 2),
    fixed("a range", range(5)),
    fixed("array.array", array.array("d", [-37.25] * 3)),
    fresh("an object", Plain),
    fresh("an object with __float__", Floatable),
    fresh("an object with __array__", ArrayLike),
    fresh("an exhausted iterator", lambda: iter(())),
    fresh("an endless iterator", itertools.count),
    fresh("a memoryview", lambda: np.full(3, -37.25).data),
    fresh("a structured array", lambda: np.zeros(3, dtype=[("a", "f8")])),
    wrapped("wrong numbers", lambda value: value),
    wrapped("wrong numbers, one result of one", lambda value: (value,)),
    wrapped("wrong numbers, twice", lambda value: (value, value)),
    wrapped("wrong numbers and None", lambda value: (value, None)),
    wrapped("wrong numbers, three times", lambda value: [value] * 3),
    wrapped("wrong numbers in a dict", lambda value: {"result": value}),
    wrapped("wrong numbers in a generator", lambda value: (item for item in [value])),
    wrapped(
        "wrong numbers, iterated", lambda value: Iterated(np.atleast_1d(np.asarray(value, dtype=object)))
    ),
    wrapped(
        "wrong numbers, indexed",
        lambda value: Indexed(value if isinstance(value, (list, tuple)) else [value]),
    ),
    wrapped("wrong numbers as lists", leafwise(lambda leaf: leaf.tolist())),
    wrapped("wrong numbers as rows", leafwise(lambda leaf: list(leaf) if leaf.ndim else leaf)),
    wrapped("wrong numbers, an axis more", leafwise(lambda leaf: leaf[None])),
    wrapped("wrong numbers, flattened", leafwise(lambda leaf: leaf.ravel())),
    wrapped("wrong numbers, transposed", leafwise(lambda leaf: leaf.T)),
    wrapped("wrong numbers, one too many", leafwise(lambda leaf: np.append(leaf, -37.25))),
    wrapped("wrong numbers, one too few", leafwise(lambda leaf: leaf.ravel()[1:])),
    wrapped("wrong numbers, none left", leafwise(lambda leaf: np.zeros(0))),
    wrapped("wrong numbers summed", leafwise(lambda leaf: float(leaf.sum()))),
    wrapped("wrong float32", leafwise(lambda leaf: leaf.astype(np.float32))),
    wrapped("wrong float16", leafwise(lambda leaf: leaf.astype(np.float16))),
    wrapped("wrong long doubles", leafwise(lambda leaf: leaf.astype(np.longdouble))),
    wrapped("wrong integers", leafwise(lambda leaf: leaf.astype(int))),
    wrapped("wrong uint64", leafwise(lambda leaf: np.full(leaf.shape, 2**64 - 1, dtype=np.uint64))),
    wrapped("wrong truth values", leafwise(lambda leaf: leaf < 0)),
    wrapped("wrong complex numbers", leafwise(lambda leaf: leaf + 0j)),
    wrapped("wrong texts", leafwise(lambda leaf: leaf.astype(str))),
    wrapped("wrong objects", leafwise(lambda leaf: leaf.astype(object))),
    wrapped("NaN everywhere", leafwise(lambda leaf: leaf * np.nan)),
    wrapped("infinity everywhere", leafwise(lambda leaf: -leaf * np.inf)),
    wrapped("huge numbers", leafwise(lambda leaf: leaf * 1e300)),
    wrapped("tiny numbers", leafwise(lambda leaf: leaf * 1e-310)),
    wrapped("negative zeros", leafwise(lambda leaf: leaf * 0.0 * -1.0)),
    wrapped("wrong numbers, masked", leafwise(lambda leaf: np.ma.masked_array(leaf, leaf < 0))),
    wrapped("wrong numbers, not masked", leafwise(np.ma.masked_array)),
    wrapped("wrong numbers of a subclass", leafwise(lambda leaf: np.asarray(leaf).view(Sub))),
    wrapped("wrong numbers in a matrix", leafwise(lambda leaf: leaf if leaf.ndim > 2 else np.asmatrix(leaf))),
    wrapped("wrong numbers in Fortran order", leafwise(in_fortran_order)),
    wrapped("wrong numbers, big-endian", leafwise(lambda leaf: leaf.astype(leaf.dtype.newbyteorder(">")))),
    wrapped("wrong numbers, backwards", leafwise(lambda leaf: leaf[..., ::-1] if leaf.ndim else leaf)),
    OddValue("one NaN among right numbers", lambda right, _: leafwise(with_one_nan)(right()), True, True),
    OddValue("the first argument", lambda right, arguments: arguments[0] if arguments else None, False, True),
    OddValue("all arguments", lambda right, arguments: arguments, False, True),
)


def read_only(leaf: Any) -> Any:
    """The same array, not to be written to."""
    made = np.array(leaf)
    made.flags.writeable = False
    return made


def signed_zeros(leaf: Any) -> Any:
    """The same numbers, every 0 a negative one."""
    return np.where(leaf == 0, -0.0, leaf) if leaf.dtype.kind == "f" else leaf


def spread(leaf: Any) -> Any:
    """The same numbers, not side by side in memory."""
    made = np.empty((*leaf.shape[:-1], 2 * leaf.shape[-1]), leaf.dtype) if leaf.ndim else leaf
    if leaf.ndim:
        made[..., ::2] = leaf
        return made[..., ::2]
    return made


def of_number(value: Any, change: Callable[[Any], Any]) -> Any:
    """A change of a result that is one number; others stay as they are."""
    return value if isinstance(value, (list, tuple)) or np.ndim(value) else change(value)


def sequence(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A change of the outer list or tuple of several results; a single one stays as it is."""
    return lambda value: change(value) if isinstance(value, (list, tuple)) else value


def accepted(name: str, wrap: Callable[[Any], Any]) -> OddValue:
    """The right numbers, wrapped as the course allows."""
    return OddValue(name, lambda right, arguments: wrap(right()), needs_right=True)


ACCEPTED: tuple[OddValue, ...] = (
    accepted("as it is", lambda value: value),
    accepted("in Fortran order", leafwise(in_fortran_order)),
    accepted("read-only", leafwise(read_only)),
    accepted("spread in memory", leafwise(spread)),
    accepted("big-endian", leafwise(lambda leaf: leaf.astype(leaf.dtype.newbyteorder(">")))),
    accepted("of a subclass", leafwise(lambda leaf: leaf.view(Sub))),
    accepted("not masked", leafwise(np.ma.masked_array)),
    accepted("with negative zeros", leafwise(signed_zeros)),
    accepted("a Python number", lambda value: of_number(value, lambda number: np.asarray(number).item())),
    accepted("a NumPy number", lambda value: of_number(value, lambda number: np.asarray(number)[()])),
    accepted("a 0-d array", lambda value: of_number(value, np.asarray)),
    accepted("a list", sequence(list)),
    accepted("a tuple", sequence(tuple)),
    accepted(
        "lists all the way", sequence(lambda value: [list(i) if isinstance(i, tuple) else i for i in value])
    ),
    accepted("a generator", sequence(lambda value: (item for item in value))),
    accepted("iterated", sequence(Iterated)),
    accepted("indexed", sequence(Indexed)),
    accepted("an object array", sequence(object_array)),
)
