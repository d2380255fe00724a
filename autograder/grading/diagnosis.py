"""Diagnosis: from a failure to a hint, by known mistakes first, then by the pattern of the errors.

A known mistake is recognised when it answers every call of a check just as the submission did, and
at least one of them wrongly. Otherwise the numbers themselves are searched for a pattern: a constant ratio,
a transpose, zeros, errors only where x <= 0, a sum over the wrong axis. `evaluation` asks for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.checks.calls import Call, Functions, quiet
from autograder.checks.failures import Failure, NotWritten, WrongShape, WrongValue
from autograder.checks.values import Array, Value, to_array
from autograder.checks.variants import Variant
from autograder.grading.backends import copied, same
from autograder.grading.causes import Answers, Cause, known_cause
from autograder.grading.idioms import idiom_cause
from autograder.grading.near_misses import NearMisses, near_miss_cause
from autograder.grading.patterns import Signature, pattern_cause
from autograder.grading.student_source import StudentSource
from autograder.sandbox import frames

__all__ = ["Diagnosis", "diagnose", "find_cause", "signature_of"]

ABNORMAL = ("timeout", "memory", "crashed")  # no known mistake ends like this


@dataclass(frozen=True)
class Diagnosis:
    """What to tell the student."""

    hint: str = ""
    mistake: str = ""  # the known mistake's name, "" when none was recognised


def diagnose(
    failure: Failure, calls: Sequence[Call], reference: Functions | None, mistakes: Sequence[Variant]
) -> Diagnosis:
    """Explain a failure from the calls that led to it."""
    if not isinstance(failure, NotWritten):
        for mistake in mistakes:
            if _agrees(mistake, calls, reference):
                return Diagnosis(mistake.feedback, f"{mistake.function}: {mistake.name}")
    if failure.hint:
        return Diagnosis(failure.hint)
    if isinstance(failure, WrongShape):
        return Diagnosis(_shape_hint(failure.got, failure.expected))
    if isinstance(failure, WrongValue):
        arguments = calls[-1].arguments if calls else ()
        return Diagnosis(next(_patterns(failure, arguments), ""))
    return Diagnosis()


def signature_of(function: Callable[..., Any]) -> Signature:
    """The parameters and defaults of one of the reference's functions."""
    parameters = inspect.signature(function).parameters
    defaults = [each.default for each in parameters.values() if each.default is not each.empty]
    return Signature(tuple(parameters), tuple(defaults))


def find_cause(
    function: str,
    calls: Sequence[Call],
    answers: Answers,
    mistakes: Sequence[Variant],
    signature: Signature,
    source: StudentSource | None = None,
    near_misses: NearMisses | None = None,
) -> Cause:
    """What is told for one function: a known mistake, an idiom, a near miss or a pattern; "" for nothing.

    `calls` are all calls of the function that the checks of its task make, with the submission's answers.
    """
    known = known_cause(function, calls, answers, mistakes)
    if known.kind == "named":
        return known
    if (idiom := idiom_cause(function, calls, answers, signature, source)).kind:
        return idiom
    if known.kind:
        return known
    if near_misses is not None:
        near = near_miss_cause(function, calls, answers, near_misses, source)
        if near.kind:
            return near
    return pattern_cause(function, calls, answers, signature)


def _agrees(mistake: Variant, calls: Sequence[Call], reference: Functions | None) -> bool:
    relevant = [call for call in calls if call.function == mistake.function]
    if mistake.stateful or not relevant or reference is None:
        return False
    if any(call.answer.kind in ABNORMAL for call in relevant):
        return False
    differs = False
    for call in relevant:
        mistaken = _answer(mistake.body, call.arguments)
        answer = call.answer
        if not _alike(mistaken, (answer.kind, answer.value, answer.changed, answer.text)):
            return False
        correct = _answer(getattr(reference, mistake.function), call.arguments)
        differs = differs or not _alike(mistaken, correct)
    return differs


Outcome = tuple[str, Value, tuple[int, ...], str]


def _answer(function: Callable[..., Any], arguments: tuple[Value, ...]) -> Outcome:
    """How a trusted function answers a call: kind, value, arguments changed, text of an exception."""
    copies = copied(arguments)
    try:
        with quiet():
            value, _ = frames.plain(function(*copies))
    except NotImplementedError:
        return "missing", None, (), ""
    except frames.FrameError:
        return "unusable", None, (), ""
    except Exception as problem:
        return "raised", None, (), type(problem).__name__
    changed = tuple(i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not same(a, b))
    return "value", value, changed, ""


def _alike(expected: Outcome, outcome: Outcome) -> bool:
    if expected[0] != outcome[0]:
        return False
    if expected[0] == "raised":
        return outcome[3].startswith(expected[3])
    return expected[2] == outcome[2] and _equal(expected[1], outcome[1])


def _equal(left: Value, right: Value) -> bool:
    """Equal as answers: a NaN agrees with a NaN, up to rounding."""
    left_array, right_array = to_array(left), to_array(right)
    if left_array is not None and right_array is not None:
        return left_array.shape == right_array.shape and bool(
            np.allclose(left_array, right_array, rtol=1e-6, atol=1e-12, equal_nan=True)
        )
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left_array is None and right_array is None and left == right


def _shape_hint(got: Array, expected: Array) -> str:
    if got.shape == expected.shape[::-1] and got.ndim > 1:
        return "It looks transposed: rows and columns have changed places."
    if expected.ndim == 0 and got.ndim:
        return "One number is asked for: combine the entries, by a mean or a sum as the text says."
    if got.ndim > expected.ndim and got.shape[got.ndim - expected.ndim :] == expected.shape:
        return (
            "Sum over the leading axes: one entry for each entry of the parameter, added up over the batch."
        )
    if expected.ndim and got.ndim == 0:
        return "Everything was added up to one number; keep the axes that the shape above shows."
    return ""


def _patterns(failure: WrongValue, arguments: tuple[Value, ...]) -> Iterator[str]:
    """Hints in the order of how much they explain; the first one is given."""
    got, expected, wrong = failure.got, failure.expected, failure.wrong
    if not got.any() and expected.any():
        yield "Every entry is 0: is the result ever filled in?"
    if got.ndim == 2 and got.shape[0] == got.shape[1] and np.allclose(got.T, expected, rtol=1e-6):
        yield "It looks transposed: rows and columns have changed places."
    yield from _ratio_hint(got, expected, arguments)
    yield from _region_hint(wrong, arguments)
    if got.ndim == 2:
        yield from _line_hint(wrong)


def _ratio_hint(got: Array, expected: Array, arguments: tuple[Value, ...]) -> Iterator[str]:
    telling = np.abs(expected) > 1e-8 * np.max(np.abs(expected), initial=1e-300)
    if not telling.any() or np.any(got[~telling] != 0.0):
        return
    ratios = got[telling] / expected[telling]
    ratio = float(np.median(ratios))
    if not np.allclose(ratios, ratio, rtol=1e-4) or ratio == 0 or not np.isfinite(ratio):
        return
    if abs(ratio - 1) < 1e-3:
        if not np.allclose(ratios - 1, ratio - 1, rtol=0.1, atol=0):
            return  # small, but not by one factor
        yield f"Every entry is off by the same {abs(ratio - 1):.1e}: a rounded constant?"
        return
    if np.isclose(ratio, -1, rtol=1e-4):
        yield "Every entry has the wrong sign."
        return
    for name, size in _sizes(arguments):
        if np.isclose(ratio, size, rtol=1e-4):
            yield f"Every entry is {size} times too large, and {size} is {name}: is a division missing?"
            return
        if np.isclose(ratio, 1 / size, rtol=1e-4):
            yield f"Every entry is {size} times too small, and {size} is {name}: one division too many?"
            return
    if telling.sum() > 1:
        yield f"Every entry is {ratio:.4g} times what it should be: look for a constant factor."


def _sizes(arguments: tuple[Value, ...]) -> list[tuple[str, int]]:
    """Numbers a student may have divided by, or forgotten to."""
    first = next((a for a in arguments if isinstance(a, np.ndarray) and a.ndim), None)
    if first is None:
        return []
    sizes = [("the number of examples in the batch", first.shape[0])]
    if first.ndim > 1:
        sizes += [
            ("the size of the last axis", first.shape[-1]),
            ("the number of entries", first.size),
        ]
    return [(name, size) for name, size in sizes if size > 1]


def _region_hint(wrong: Array, arguments: tuple[Value, ...]) -> Iterator[str]:
    """Where in the first argument the errors are: left or right of 0, at 0, far out."""
    x = next((a for a in arguments if isinstance(a, np.ndarray)), None)
    if x is None or x.shape != wrong.shape or wrong.all():
        return
    with np.errstate(all="ignore"):
        regions = {
            "exactly where x = 0": x == 0,
            "only where x < 0": x < 0,
            "only where x <= 0": x <= 0,
            "only where x > 0": x > 0,
            "only where x >= 0": x >= 0,
            "only where |x| is large": np.abs(x) > 20,
        }
    for words, region in regions.items():
        if region.any() and not region.all() and not wrong[~region].any() and wrong[region].mean() > 0.5:
            yield f"It is wrong {words} and right elsewhere."
            return


def _line_hint(wrong: Array) -> Iterator[str]:
    rows, columns = wrong.any(axis=1), wrong.any(axis=0)
    if rows.sum() == 1 and wrong.shape[0] > 2:
        yield f"Only row {int(np.argmax(rows))} is wrong."
    elif columns.sum() == 1 and wrong.shape[1] > 2:
        yield f"Only column {int(np.argmax(columns))} is wrong."
