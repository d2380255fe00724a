"""Comparing what a submission returned with what is right.

The rule for numbers is |got - expected| <= atol + rtol * max(|got|, |expected|), entry by entry; a
NaN is never equal, and shapes have to match exactly: nothing is broadcast.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.calls import Function
from autograder.failure import Failure, NotFinite, WrongShape, WrongType, WrongValue
from autograder.properties import require_pure
from autograder.report import Evidence, Worst
from autograder.values import Array, Value, number, show, to_array

__all__ = [
    "assert_close",
    "assert_same",
    "kind_of",
    "with_call",
    "worst_entry",
]

LARGEST_MAP = 24  # rows and columns of the map of wrong entries


def assert_same(
    student: Function,
    reference: Function,
    *arguments: Value,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    names: Sequence[str] = (),
    pure: bool = False,
) -> None:
    """Fail unless the student's function returns what the reference returns for these arguments.

    `names` name the results where there are several. With `pure`, the arguments have to be as they were
    afterwards, and the numbers float64.
    """
    expected = reference(*arguments)
    got = student(*arguments)
    if pure:
        require_pure(student, arguments)
    try:
        assert_close(got, expected, rtol=rtol, atol=atol, call=student.describe(arguments), names=names)
    except Failure as problem:
        problem.evidence = with_call(problem.evidence, student.evidence(arguments))
        raise


def assert_close(
    got: Value,
    expected: Value,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    call: str = "the result",
    parameter: str = "",
    names: Sequence[str] = (),
) -> None:
    """Fail unless `got` is `expected`: same structure, same shapes, numbers within the tolerance.

    A float is anything of shape (): a Python number or a 0-d array. A list is as good as a tuple,
    and a list of numbers as good as an array of one axis.
    """
    wanted = to_array(expected)
    if isinstance(expected, (list, tuple)) and (wanted is None or to_array(got) is None):
        _require_as_many(got, expected, call)
        for position, (one, other) in enumerate(zip(got, expected, strict=True)):
            name = names[position] if position < len(names) else f"result {position + 1}"
            assert_close(one, other, rtol=rtol, atol=atol, call=call, parameter=name)
        return
    if wanted is None:
        if got != expected:
            raise Failure(f"{call} returned {show(got)}; {show(expected)} is right.")
        return
    found = to_array(got)
    if found is None:
        raise WrongType(
            f"{call} returned {kind_of(got)}; {kind_of(expected)} is expected.",
            hint="Did you forget the return statement?" if got is None else "",
            evidence=Evidence(got=show(got), expected=show(expected), parameter=parameter),
        )
    _compare_arrays(found, wanted, rtol, atol, call, parameter)


def _require_as_many(got: Value, expected: Sequence[Value], call: str) -> None:
    if not isinstance(got, (list, tuple)):
        raise WrongType(
            f"{call} returned {kind_of(got)}; {len(expected)} results are expected, as a tuple or a list.",
            evidence=Evidence(got=show(got), expected=show(expected)),
        )
    if len(got) != len(expected):
        raise WrongType(
            f"{call} returned {len(got)} results; {len(expected)} are expected.",
            evidence=Evidence(got=show(got), expected=show(expected)),
        )


def _compare_arrays(got: Array, expected: Array, rtol: float, atol: float, call: str, parameter: str) -> None:
    subject = f"{parameter} of {call}" if parameter else call
    if got.shape != expected.shape:
        raise WrongShape(
            f"{subject} has shape {got.shape}; shape {expected.shape} is expected.",
            hint="Return a plain number, such as float(...): shape () and shape (1,) differ."
            if expected.shape == () and got.shape == (1,)
            else "",
            got=got,
            expected=expected,
            evidence=Evidence(got=show(got), expected=show(expected), parameter=parameter),
        )
    got, expected = got.astype(np.float64), expected.astype(np.float64)
    with np.errstate(all="ignore"):
        right = np.abs(got - expected) <= atol + rtol * np.maximum(np.abs(got), np.abs(expected))
    wrong = ~(right & np.isfinite(got))  # against an infinity any difference would be small
    if not wrong.any():
        return
    evidence = Evidence(got=show(got), expected=show(expected), parameter=parameter, wrong=wrong_map(wrong))
    strange = ~np.isfinite(got)
    if strange.any() and np.isfinite(expected).all():
        raise NotFinite(
            f"{subject} is {got[strange][0]} in {_count(int(strange.sum()), got.size)}; "
            "every entry should be an ordinary number.",
            evidence=evidence.model_copy(update={"wrong": wrong_map(strange)}),
        )
    worst = worst_entry(got, expected, wrong)
    place = f" at [{', '.join(map(str, worst.index))}]" if worst.index else ""
    raise WrongValue(
        f"{subject} is {_short(worst.got)}{place}; {_short(worst.expected)} is right"
        + (f" ({_count(int(wrong.sum()), got.size)} wrong)." if got.size > 1 else "."),
        got=got,
        expected=expected,
        wrong=wrong,
        evidence=evidence.model_copy(update={"worst": worst}),
    )


def worst_entry(got: Array, expected: Array, wrong: Array) -> Worst:
    """The wrong entry that is furthest off, by relative error and then by size."""
    with np.errstate(all="ignore"):
        difference = np.abs(got - expected)
        relative: Array = difference / np.maximum(np.maximum(np.abs(got), np.abs(expected)), 1e-300)
    rank = np.where(wrong, np.nan_to_num(relative, nan=np.inf) + 1e-12 * np.nan_to_num(difference), -1.0)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(rank)), got.shape)) if got.shape else ()
    return Worst(
        index=list(index),
        got=number(got[index]),
        expected=number(expected[index]),
        relative_error=number(relative[index]),
    )


def wrong_map(wrong: Array) -> list[list[bool]]:
    """The wrong entries as rows of the last two axes, any over the other axes."""
    if wrong.ndim == 0:
        return []
    rows: Array = np.any(wrong.reshape(-1, *np.atleast_2d(wrong).shape[-2:]), axis=0)
    result: list[list[bool]] = rows[:LARGEST_MAP, :LARGEST_MAP].tolist()
    return result


def with_call(evidence: Evidence, call: Evidence) -> Evidence:
    """Evidence about a value, completed by the call that it came from."""
    return evidence.model_copy(update={"call": call.call, "arguments": call.arguments})


def _count(some: int, all_: int) -> str:
    return f"{some} of {all_} entries" if all_ > 1 else "1 entry"


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value + 0.0:.6g}"  # 0.0 turns -0 into 0


def kind_of(value: Value) -> str:
    """What sort of value it is, for people."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    return "text" if isinstance(value, str) else f"a {type(value).__name__}"
