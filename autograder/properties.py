"""Properties that every function of a course has: inputs left alone, float64 kept, an answer that fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autograder.calls import Function
from autograder.failure import Failure, InputChanged, NotFinite, WrongType
from autograder.values import Array, Value, to_array

__all__ = [
    "assert_depends",
    "assert_leaves_inputs",
    "assert_plausible",
    "assert_pure",
    "leaves",
    "require_pure",
    "require_unchanged",
]

LEAST_CORRELATION = 0.1  # of an answer that goes with the right one, of either sign
STANDARD_ERRORS = 3.0  # and so many times what chance makes of unrelated numbers
LEAST_RIGHT = 0.25  # or of its entries that are right, among those that are not 0
LEAST_FINITE = 1 / 3


def assert_leaves_inputs(student: Function, *arguments: Value) -> None:
    """Fail when the call modifies one of its arguments in place."""
    student(*arguments)
    require_unchanged(student, arguments)


def assert_pure(student: Function, *arguments: Value) -> None:
    """Fail when the call modifies an argument, or returns numbers of another type than float64."""
    student(*arguments)
    require_pure(student, arguments)


def require_pure(student: Function, arguments: Sequence[Value]) -> None:
    """As assert_pure, for the latest call of the function, which was made with these arguments."""
    arguments = tuple(arguments)
    require_unchanged(student, arguments)
    converted = [name for name in student.last_answer.dtypes if name.startswith(("float", "complex"))]
    if converted:
        raise WrongType(
            f"{student.describe(arguments)} returned {converted[0]}; the inputs are float64.",
            hint="Keep float64 throughout: float32 has 7 digits, and gradient checks need more.",
            evidence=student.evidence(arguments),
        )


def require_unchanged(student: Function, arguments: Sequence[Value]) -> None:
    """As assert_leaves_inputs, for the latest call of the function, which was made with these arguments."""
    changed = student.last_answer.changed
    if changed:
        which = " and ".join(_parameter(student, i) for i in changed)
        raise InputChanged(
            f"{student.describe(tuple(arguments))} changed {which} in place.",
            hint="Work on a copy, or build a new array: the caller still needs the old one.",
            evidence=student.evidence(tuple(arguments)),
        )


def assert_depends(student: Function, *calls: tuple[Value, ...], uses: Sequence[int] = (0,)) -> None:
    """Fail unless the function returns numbers, most of them finite, and each argument in `uses` matters.

    `calls` are the arguments of at least two calls, alike in shape; `uses` are positions. An argument
    matters where that of another call in its place changes the result of at least one of the calls.
    """
    _values_that_depend(student, calls, uses)


def _values_that_depend(
    student: Function, calls: Sequence[tuple[Value, ...]], uses: Sequence[int]
) -> list[Value]:
    """The values of the calls, after what assert_depends asks for."""
    values = [student(*arguments) for arguments in calls]
    answers = [_numbers(student, call, value) for call, value in zip(calls, values, strict=True)]
    for position in uses:
        if all(
            _alike(_numbers(student, other, student(*other)), answer)
            for call, answer in zip(calls, answers, strict=True)
            if (other := _with_another(call, position, calls)) is not None
        ):
            name = _parameter(student, position)
            raise Failure(
                f"{student.name} returns the same whatever {name} is.",
                hint=f"The result depends on {name}: is it used at all?",
                evidence=student.evidence(calls[0]),
            )
    return values


def _with_another(
    call: tuple[Value, ...], position: int, calls: Sequence[tuple[Value, ...]]
) -> tuple[Value, ...] | None:
    """A call with the argument at this position from the first other call where it is another, if any."""
    others = (one[position] for one in calls if _is_another(one[position], call[position]))
    another = next(others, None)
    return None if another is None else (*call[:position], another, *call[position + 1 :])


def assert_plausible(
    student: Function,
    reference: Function,
    *calls: tuple[Value, ...],
    uses: Sequence[int] = (0,),
    part: Callable[[Value], Value] = lambda value: value,
) -> None:
    """Fail unless the function, right or with a slip in it, does what it is for.

    As assert_depends, and at least one result, that is not an argument handed back, has to go with a right
    one over all calls: correlated with it, of either sign, in any order of the results and before or after
    a sum, or right in a quarter of its entries. `part` picks what is looked at from a value.
    """
    values = _values_that_depend(student, calls, uses)
    right = _side_by_side([leaves(part(reference(*arguments))) for arguments in calls])
    answers = [leaves(part(value)) for value in values]
    own = [result for result in _side_by_side(answers) if not _handed_back(result, calls)]
    if not any(_go_together(got, expected) for got in own for expected in right):
        raise Failure(
            f"{student.describe(calls[0])} has little to do with what it should return.",
            hint="Compare your lines with the formula, one by one, on an example small enough for paper.",
            evidence=student.evidence(calls[0]),
        )


def _parameter(student: Function, position: int) -> str:
    names = student.owner.parameters_.get(student.name, ())
    return names[position] if position < len(names) else f"argument {position + 1}"


def leaves(value: Value) -> list[Array]:
    """All arrays of numbers in a result, however they are nested."""
    found = to_array(value)
    if found is not None:
        return [found.astype(np.float64)]
    if isinstance(value, (list, tuple)):
        rows = [row for row in map(to_array, value) if row is not None]
        is_table = bool(value) and all(isinstance(row, list) for row in value) and len(rows) == len(value)
        if is_table and len({row.shape for row in rows}) == 1:
            return [np.array(rows, dtype=np.float64)]  # a matrix as a list of lists
        return [leaf for item in value for leaf in leaves(item)]
    return []


def _numbers(student: Function, arguments: tuple[Value, ...], value: Value) -> list[Array]:
    """The numbers of an answer; fails where there are none, or most of them are not finite."""
    found = leaves(value)
    together = np.concatenate([np.zeros(0), *(leaf.ravel() for leaf in found)])
    if not together.size:
        raise WrongType(
            f"{student.describe(arguments)} does not return numbers.",
            hint="Did you forget the return statement?",
            evidence=student.evidence(arguments),
        )
    if np.isfinite(together).mean() < LEAST_FINITE:
        raise NotFinite(
            f"{student.describe(arguments)} is mostly NaN or infinite.", evidence=student.evidence(arguments)
        )
    return found


def _is_another(one: Value, other: Value) -> bool:
    if callable(one):
        return one is not other
    return not _alike(leaves(one), leaves(other))


def _alike(one: list[Array], other: list[Array]) -> bool:
    """Whether two answers agree, rounding aside: a sum in another order is no other sum."""
    return len(one) == len(other) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(one, other, strict=True)
    )


def _side_by_side(answers: list[list[Array]]) -> list[list[Array]]:
    """Each result over all calls; results that some call lacks are left out."""
    return [list(result) for result in zip(*answers, strict=False)]


def _handed_back(result: list[Array], calls: Sequence[tuple[Value, ...]]) -> bool:
    """Whether a result is one of the arguments, as it came."""
    given = _side_by_side([[leaf for one in call for leaf in _leaves_or_none(one)] for call in calls])
    return any(_alike(result, argument) for argument in given)


def _leaves_or_none(value: Value) -> list[Array]:
    return [] if callable(value) else leaves(value)


def _go_together(got: list[Array], right: list[Array]) -> bool:
    pairs = [_of_one_size(found, expected) for found, expected in zip(got, right, strict=True)]
    if any(pair is None for pair in pairs):
        return False
    found, expected = (np.concatenate(side) for side in zip(*(pair for pair in pairs if pair), strict=True))
    usable = np.isfinite(found) & np.isfinite(expected)
    found, expected = found[usable], expected[usable]
    if not expected.any() or not found.any():
        return False
    if np.isclose(found, expected)[expected != 0].mean() >= LEAST_RIGHT:
        return True
    if np.ptp(found) == 0 or np.ptp(expected) == 0:
        return False
    least = max(LEAST_CORRELATION, STANDARD_ERRORS / np.sqrt(found.size))
    return bool(abs(np.corrcoef(found, expected)[0, 1]) >= least)


def _of_one_size(one: Array, other: Array) -> tuple[Array, Array] | None:
    """Both as vectors; where one was not summed over its leading axes, or should not have been, it is now."""
    if one.size == other.size:
        return one.ravel(), other.ravel()
    small = min(one, other, key=lambda array: array.size)
    if not small.size or any(array.shape[array.ndim - small.ndim :] != small.shape for array in (one, other)):
        return None
    one, other = (array.reshape(-1, *small.shape).sum(axis=0).ravel() for array in (one, other))
    return one, other
