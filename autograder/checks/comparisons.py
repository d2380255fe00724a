"""Comparison of a submission's results with the expected ones.

The rule for numbers is |got - expected| <= atol + rtol * max(|got|, |expected|), entry by entry; a
NaN is never equal, and shapes have to match exactly: nothing is broadcast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autograder.checks.calls import Function, Functions
from autograder.checks.failures import (
    Failure,
    InputChanged,
    NotFinite,
    Raised,
    WrongShape,
    WrongType,
    WrongValue,
)
from autograder.checks.values import Array, Value, number, numbers_apart, show, show_apart, to_array
from autograder.report import Curve, Evidence, Worst

__all__ = [
    "assert_close",
    "assert_depends",
    "assert_float64_and_unmodified",
    "assert_no_mutation",
    "assert_plausible",
    "assert_raises",
    "assert_same",
    "assert_same_curve",
    "assert_same_widely",
    "draw_curve",
    "draw_losses",
    "kind_of",
    "leaves",
    "require_float64_and_unmodified",
    "require_no_mutation",
    "structure_of",
    "with_call",
    "worst_entry",
]

DIGITS = {
    name: f"Keep float64 throughout: {name} has {digits} digits, and gradient checks need more."
    for name, digits in (("float32", 7), ("float16", 3))
}
LARGEST_MAP = 24  # rows and columns of the map of wrong entries
LEAST_CORRELATION = 0.1  # of an answer that goes with the right one, of either sign
STANDARD_ERRORS = 3.0  # and so many times what chance makes of unrelated numbers
FEWEST_PAIRS = 3  # of which a correlation says nothing
LEAST_RIGHT = 0.25  # or of its entries that are right, among those that are not 0
LEAST_FINITE = 1 / 3
SCALES = 1e-4, 5.0, 50.0  # of the same arrays: a cap, a clip or another branch shows at one of them


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
        require_float64_and_unmodified(student, arguments)
    try:
        assert_close(got, expected, rtol=rtol, atol=atol, call=student.describe(arguments), names=names)
    except Failure as problem:
        problem.evidence = with_call(problem.evidence, student.evidence(arguments))
        raise


def assert_same_widely(
    student: Function,
    reference: Function,
    *arguments: Value,
    optional: Sequence[Value] = (),
    scales: Sequence[float] = SCALES,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    names: Sequence[str] = (),
) -> None:
    """As assert_same, also where the arrays are small and large, and for every optional argument.

    The arrays of floats among `arguments` come as they are and multiplied by each of `scales`. `optional` are
    unusual values of the optional arguments, in order: they are all given, and left out from the last one on.
    Arguments have to be as they were, and the numbers float64.
    """
    calls = [(*arguments, *optional[:count]) for count in range(len(optional) + 1)]
    calls += [(*(_times(argument, scale) for argument in arguments), *optional) for scale in scales]
    for call in calls:
        assert_same(student, reference, *call, rtol=rtol, atol=atol, names=names, pure=True)


def _times(value: Value, factor: float) -> Value:
    is_float = isinstance(value, np.ndarray) and value.dtype == np.float64
    return value * factor if is_float else value


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
        for position, (value, expected_value) in enumerate(zip(got, expected, strict=True)):
            name = names[position] if position < len(names) else f"result {position + 1}"
            assert_close(value, expected_value, rtol=rtol, atol=atol, call=call, parameter=name)
        return
    if wanted is None:
        if isinstance(got, np.ndarray) or got != expected:  # an array compares entry by entry
            raise Failure(f"{call} returned {show(got)}; {show(expected)} is right.")
        return
    array = to_array(got)
    if array is None:
        raise WrongType(
            f"{call} returned {kind_of(got)}; {kind_of(expected)} is expected.",
            hint="Did you forget the return statement?" if got is None else "",
            evidence=Evidence(got=show(got), expected=show(expected), parameter=parameter),
        )
    _compare_arrays(array, wanted, rtol, atol, call, parameter)


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
    shown, shown_right = show_apart(got, expected)
    evidence = Evidence(got=shown, expected=shown_right, parameter=parameter, wrong=wrong_map(wrong))
    strange = ~np.isfinite(got)
    if strange.any() and np.isfinite(expected).all():
        raise NotFinite(
            f"{subject} is {got[strange][0]} in {_count(int(strange.sum()), got.size)}; "
            "every entry should be an ordinary number.",
            evidence=evidence.model_copy(update={"wrong": wrong_map(strange)}),
        )
    worst = worst_entry(got, expected, wrong)
    position = f" at [{', '.join(map(str, worst.index))}]" if worst.index else ""
    value, right_value = numbers_apart(worst.got, worst.expected)
    raise WrongValue(
        f"{subject} is {value}{position}; {right_value} is right"
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


def kind_of(value: Value) -> str:
    """The kind of a value in words, such as `an array of shape (3,)`."""
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


def structure_of(value: Value, depth: int = 2) -> str:
    """The kind of a value and of what is in it, such as `a list of 5, each an array of shape (3,)`."""
    if isinstance(value, np.ndarray) and value.dtype != np.float64:
        return f"{kind_of(value)} of {value.dtype}"
    if not isinstance(value, (list, tuple)) or not value or not depth:
        return kind_of(value)
    items = [structure_of(item, depth - 1) for item in value]
    if len(items) > 1 and len(set(items)) == 1:
        return f"{kind_of(value)}, each {items[0]}"
    return f"{kind_of(value)}: {' and '.join(items[:2])}" + (", …" if len(items) > 2 else "")


MOST_POINTS = 60  # of a loss curve


def assert_same_curve(
    student: Function,
    reference: Function,
    over: Array,
    *rest: Value,
    result: int | None = None,
    label: str = "",
    rtol: float = 1e-6,
    atol: float = 1e-9,
    pure: bool = False,
) -> None:
    """Fail unless two functions of one variable agree over a range; both curves are kept for the page.

    `over` (n,) is the first argument, `rest` are the others; `result` picks one of several results. With
    `pure`, the arguments have to be as they were afterwards, and the numbers float64.
    """
    arguments = (over, *rest)
    expected, got = reference(*arguments), student(*arguments)
    if pure:
        require_float64_and_unmodified(student, arguments)
    if result is not None:
        expected = expected[result]
        if not isinstance(got, (list, tuple)) or len(got) <= result:
            raise WrongType(
                f"{student.describe(arguments)} returned {kind_of(got)}; a tuple of results is expected.",
                evidence=student.evidence(arguments),
            )
        got = got[result]
    draw_curve(student, label or student.describe(arguments), over, got, expected)
    try:
        assert_close(got, expected, rtol=rtol, atol=atol, call=student.describe(arguments))
    except Failure as problem:
        problem.evidence = with_call(problem.evidence, student.evidence(arguments))
        raise


def draw_curve(student: Function, label: str, x: Array, got: Value, expected: Value) -> None:
    """Keep the student's curve (n,) and the expected one (n,) for the page.

    Does nothing when the student's result does not have the shape of `x`: there is nothing to draw.
    """
    values, right_values = to_array(got), to_array(expected)
    if values is None or right_values is None or not values.shape == right_values.shape == x.shape:
        return
    student.context.findings.curves.append(
        Curve(
            label=label,
            x=x.tolist(),
            got=[number(value) for value in values.tolist()],
            expected=[number(value) for value in right_values.tolist()],
        )
    )


def draw_losses(functions: Functions, got: list[float], expected: list[float]) -> None:
    """Keep two loss curves for the page, a mean over a stretch of updates at each point."""
    count = min(len(got), len(expected))
    stretch = max(1, count // MOST_POINTS)
    starts = range(0, count - stretch + 1, stretch)
    means, right_means = (
        [float(np.mean(losses[i : i + stretch])) for i in starts] for losses in (got, expected)
    )
    functions.context_.findings.curves.append(
        Curve(
            label="training loss over the updates",
            x=[i + (stretch + 1) / 2 for i in starts],
            got=[number(value) for value in means],
            expected=[number(value) for value in right_means],
        )
    )


def assert_no_mutation(student: Function, *arguments: Value) -> Value:
    """Fail when the call modifies one of its arguments in place; returns its value, not looked at."""
    value = student(*arguments)
    require_no_mutation(student, arguments)
    return value


def assert_float64_and_unmodified(student: Function, *arguments: Value) -> Value:
    """Fail when the call modifies an argument, or returns numbers of another type than float64.

    Returns its value, not looked at otherwise.
    """
    value = student(*arguments)
    require_float64_and_unmodified(student, arguments)
    return value


def require_float64_and_unmodified(student: Function, arguments: Sequence[Value]) -> None:
    """As assert_float64_and_unmodified, for the latest call, which was made with these arguments."""
    arguments = tuple(arguments)
    require_no_mutation(student, arguments)
    converted = [name for name in student.last_answer.dtypes if name.startswith(("float", "complex"))]
    if converted:
        raise WrongType(
            f"{student.describe(arguments)} returned {converted[0]}; the inputs are float64.",
            hint=DIGITS.get(
                converted[0], f"Keep float64 throughout, the type of the inputs, not {converted[0]}."
            ),
            evidence=student.evidence(arguments),
        )


def require_no_mutation(student: Function, arguments: Sequence[Value]) -> None:
    """As assert_no_mutation, for the latest call, which was made with these arguments."""
    changed = student.last_answer.changed
    if changed:
        which = " and ".join(_parameter(student, i) for i in changed)
        raise InputChanged(
            f"{student.describe(tuple(arguments))} changed {which} in place.",
            hint="Work on a copy, or build a new array: the caller still needs the old one.",
            evidence=student.evidence(tuple(arguments)),
        )


def assert_raises(student: Function, exception: type[Exception], *arguments: Value) -> None:
    """Fail unless the call raises this exception, or one that is derived from it.

    Only the exception's name leaves the sandbox: one that the submission defines counts under its exact name.
    """
    try:
        value = student(*arguments)
    except Raised:
        name = student.last_answer.text.partition(":")[0].strip()
        if name in {kind.__name__ for kind in (exception, *_derived(exception))}:
            return
        raise
    raise WrongType(
        f"{student.describe(arguments)} returned {kind_of(value)}; it has to raise {exception.__name__}.",
        hint=f"Look at the arguments first: raise {exception.__name__}(...) where they are not allowed.",
        evidence=student.evidence(arguments),
    )


def _derived(exception: type[Exception]) -> list[type[Exception]]:
    children = exception.__subclasses__()
    return [*children, *(kind for child in children for kind in _derived(child))]


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
    others = (first[position] for first in calls if _is_another(first[position], call[position]))
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
    a sum, or right in a quarter of its entries. `part` picks what is looked at from a value. Of a function
    that returns one number, a dozen calls tell a slip from chance; three never do.
    """
    values = _values_that_depend(student, calls, uses)
    right = _side_by_side([leaves(part(reference(*arguments))) for arguments in calls])
    answers = [leaves(part(value)) for value in values]
    different = [result for result in _side_by_side(answers) if not _is_an_argument(result, calls)]
    if not any(_go_together(got, expected) for got in different for expected in right):
        raise Failure(
            f"{student.describe(calls[0])} has little to do with what it should return.",
            hint="Compare your lines with the formula, one by one, on an example small enough for paper.",
            evidence=student.evidence(calls[0]),
        )


def _parameter(student: Function, position: int) -> str:
    names = student.context.parameters.get(student.name, ())
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


def _is_another(first: Value, other: Value) -> bool:
    if callable(first):
        return first is not other
    return not _alike(leaves(first), leaves(other))


def _alike(first: list[Array], other: list[Array]) -> bool:
    """Whether two answers agree, rounding aside: a sum in another order is no other sum."""
    return len(first) == len(other) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)
        for a, b in zip(first, other, strict=True)
    )


def _side_by_side(answers: list[list[Array]]) -> list[list[Array]]:
    """Each result over all calls; results that some call lacks are left out."""
    return [list(result) for result in zip(*answers, strict=False)]


def _is_an_argument(result: list[Array], calls: Sequence[tuple[Value, ...]]) -> bool:
    """Whether a result is one of the arguments, as it came."""
    given = _side_by_side([[leaf for first in call for leaf in _leaves_or_none(first)] for call in calls])
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
    if np.ptp(found) == 0 or np.ptp(expected) == 0 or found.size <= FEWEST_PAIRS:
        return False
    # Fisher's z: the inverse tanh of a correlation by chance has the standard error 1/sqrt(n - 3).
    least = max(LEAST_CORRELATION, np.tanh(STANDARD_ERRORS / np.sqrt(found.size - FEWEST_PAIRS)))
    return bool(abs(np.corrcoef(found, expected)[0, 1]) >= least)


def _of_one_size(first: Array, other: Array) -> tuple[Array, Array] | None:
    """Both as vectors; where one was not summed over its leading axes, or should not have been, it is now."""
    if first.size == other.size:
        return first.ravel(), other.ravel()
    small = min(first, other, key=lambda array: array.size)
    if not small.size or any(
        array.shape[array.ndim - small.ndim :] != small.shape for array in (first, other)
    ):
        return None
    first, other = (array.reshape(-1, *small.shape).sum(axis=0).ravel() for array in (first, other))
    return first, other
