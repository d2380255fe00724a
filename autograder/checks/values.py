"""Plain values, which cross between judge and runner: conversion to arrays, text and digests."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

__all__ = [
    "Array",
    "Value",
    "as_sentence",
    "bytes_of",
    "call_text",
    "copy_of",
    "exception_text",
    "fingerprint",
    "number",
    "numbers_apart",
    "shorten",
    "show",
    "show_apart",
    "to_array",
]

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
# Arrays (float64, int64, bool), Python numbers, text, None, callables, and lists and tuples of these.
Value: TypeAlias = Any

ITEM_BYTES = 32  # of a number in a list
LONGEST = 600  # characters of one value in a report
MOST_ENTRIES = 60  # a larger array is described by its shape and its first entries


def to_array(value: Value) -> Array | None:
    """The value as one numeric array, or None when it is not one.

    A number is an array of shape (); a list or tuple of numbers is an array of one axis.
    """
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, (bool, int, float)):
        return np.asarray(value)
    if isinstance(value, (list, tuple)) and value and all(_is_number(item) for item in value):
        return np.asarray([float(item) for item in value])
    return None


def _is_number(value: Value) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, np.ndarray) and value.shape == ())


def bytes_of(value: Value) -> int:
    """About how many bytes a value takes: its arrays, texts and lists, at any depth."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, (list, tuple)):
        return ITEM_BYTES * len(value) + sum(map(bytes_of, value))
    return len(value) if isinstance(value, str) else 0


def number(value: float) -> float | Literal["nan", "inf", "-inf"]:
    """A number as reports hold it: finite, or one of the texts "nan", "inf" and "-inf"."""
    value = float(value)
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def numbers_apart(first: float | str, second: float | str) -> tuple[str, str]:
    """Two numbers as text, with as many digits as it takes to see where they differ.

    Numbers far from each other are as short as they can be; close ones have equally many digits, such as
    `-3.737807` and `-3.737798`.
    """
    if isinstance(first, str) or isinstance(second, str) or first == second:
        return _digits(first, 6), _digits(second, 6)
    texts = _digits(first, 6), _digits(second, 6)
    if not (math.isfinite(first) and math.isfinite(second)):
        return texts
    larger = max(abs(first), abs(second))
    if texts[0] != texts[1] and abs(first - second) > 1e-4 * larger:
        return texts
    for digits in range(6, 18):
        unit = 10.0 ** (math.floor(math.log10(larger)) - digits + 1)
        texts = f"{first:#.{digits}g}", f"{second:#.{digits}g}"
        if texts[0] != texts[1] and (abs(first - second) >= 2 * unit or digits == 17):
            break
    return texts


def _digits(value: float | str, digits: int) -> str:
    return value if isinstance(value, str) else f"{value + 0.0:.{digits}g}"  # 0.0 turns -0 into 0


def show(value: Value) -> str:
    """The value as short text for people.

    Small arrays are shown whole, large ones by shape and first entries.
    """
    return shorten(_text(value))


def show_apart(first: Value, second: Value) -> tuple[str, str]:
    """Two different values as text that differs, where a few more digits can show it."""
    for digits in (4, 6, 8, 10, 12, 16):
        texts = shorten(_text(first, digits)), shorten(_text(second, digits))
        if texts[0] != texts[1]:
            break
    return texts


def _text(value: Value, digits: int = 4) -> str:
    if isinstance(value, np.ndarray):
        return _array_text(value, digits)
    if isinstance(value, float):
        return f"{value:.{digits + 4}g}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_text(item, digits) for item in value[:6]) + (", …" if len(value) > 6 else "")
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, Callable):  # type: ignore[arg-type]  # collections.abc accepts it at run time
        return "a function"
    return repr(value)


def _array_text(array: Array, digits: int = 4) -> str:
    if array.size <= MOST_ENTRIES:
        body = np.array2string(array, precision=digits, separator=", ", max_line_width=100)
        return body if array.shape else f"{array.item():.{digits + 4}g}"
    first = np.array2string(array.ravel()[:6], precision=digits, separator=", ").rstrip("]")
    return f"shape {array.shape}: {first}, …]"


def shorten(text: str, longest: int = LONGEST) -> str:
    """The text, cut to so many characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def call_text(function: str, names: tuple[str, ...], arguments: tuple[Value, ...]) -> str:
    """A call as a student would write it, such as `leaky_relu(x, 0.3)`.

    Arrays are shown by their parameter's name, numbers by their value.
    """
    parts = []
    for position, argument in enumerate(arguments):
        name = names[position] if position < len(names) else f"argument {position + 1}"
        scalar = isinstance(argument, (bool, int, float, str)) or argument is None
        parts.append(_text(argument) if scalar else name)
    return f"{function}({', '.join(parts)})"


def fingerprint(arguments: Sequence[Value]) -> bytes:
    """A 16-byte digest of plain arguments; type, shape and every bit count.

    Raises TypeError for a callable: two of them cannot be told apart by what they would do.
    """
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, arguments)
    return digest.digest()


def _feed(digest: hashlib.blake2b, value: Value) -> None:
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(value.tobytes())
    elif isinstance(value, (list, tuple)):
        digest.update(f"{type(value).__name__}{len(value)}".encode())
        for item in value:
            _feed(digest, item)
    elif callable(value):
        raise TypeError("a callable has no fingerprint")
    else:
        digest.update(f"{type(value).__name__}:{value!r};".encode())


def copy_of(value: Value) -> Value:
    """The same value in arrays, lists and tuples of its own, so that writing into one changes no other."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)([copy_of(each) for each in value])
    return value


def exception_text(problem: BaseException, *, whole: bool = True) -> str:
    """An exception in words, on one line: its type and, if it has one, its text or the first line of it."""
    try:
        text = " ".join((str(problem) if whole else str(problem).partition("\n")[0]).split())
    except Exception:  # a hostile __str__ is no text
        text = ""
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def as_sentence(text: str) -> str:
    """The text with a mark at its end: its own, or else a full stop."""
    text = text.rstrip(" :,;")
    if text.endswith((".", "!", "?", "…")):
        return text[:-1].rstrip(" :,;") + text[-1]
    return f"{text}."
