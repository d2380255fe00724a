"""Gradient checks: a backward function against finite differences of a forward function.

Central differences (f(x+h) - f(x-h)) / 2h in float64 with h = 1e-5 * max(1, |x|), made exactly
representable; every entry of every parameter is checked. Two comparisons give four outcomes:
differences of the *reference's* forward say whether the gradient is right, differences of the
*student's own* forward say whether it belongs to what they wrote. At a kink any value between the
left and the right derivative is right. Numeric gradients of the reference are computed once per run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from autograder.checks.calls import Function
from autograder.checks.comparisons import assert_close, require_float64_and_unmodified
from autograder.checks.failures import Failure, NotFinite, WrongType, WrongValue
from autograder.checks.values import Array, Value, fingerprint, numbers_apart, show, to_array

__all__ = ["assert_fits", "gradient_check", "numeric_gradient"]

STEP = 1e-5
KINK = 1e-3  # one-sided derivatives differ by more than this share of the steeper one; curvature makes 1e-5

ManyCalls = Callable[[Sequence[tuple[Value, ...]]], list[Value]]


@dataclass(frozen=True)
class Slopes:
    """The derivative from both sides: equal where the function is smooth."""

    central: Array
    left: Array
    right: Array
    kinked: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]  # where they differ, the weights left aside


def gradient_check(
    forward: Function,
    backward: Function,
    *,
    at: tuple[Value, ...],
    grad_out: Array | None = None,
    names: tuple[str, ...] = (),
    wrt: tuple[int, ...] | None = None,
    rtol: float = 1e-6,
    kinks: bool = False,
    pure: bool = False,
) -> None:
    """Fail unless the student's `backward` is the gradient of the reference's `forward`.

    `at` are the forward's arguments; `wrt` are the positions of those that `backward` returns a
    gradient for, by default every float one. With `grad_out` (the shape
    of the forward's output) the call is `backward(at[0], grad_out, *at[1:])`; without it the forward
    is a loss and the call is `backward(*at)`. `names` name the results, `grad_x` first by default.
    `kinks` accepts anything between the left and the right derivative. With `pure`, the arguments have to
    be as they were afterwards, and the numbers float64.
    """
    wrt = wrt or tuple(i for i, value in enumerate(at) if _is_differentiable(value))
    arguments = at if grad_out is None else (at[0], grad_out, *at[1:])
    slopes = [_reference_slopes(forward, at, which, grad_out) for which in wrt]
    got = backward(*arguments)
    if pure:
        require_float64_and_unmodified(backward, arguments)
    call = backward.describe(arguments)
    is_public = forward.context is backward.context  # both are the student's
    forward_name = forward.name if is_public else ""
    results = [got] if len(wrt) == 1 else got
    if not isinstance(results, (list, tuple)) or len(results) != len(wrt):
        raise WrongType(
            f"{call} should return {len(wrt)} gradients: {', '.join(_names(forward, wrt, names))}.",
            evidence=backward.evidence(arguments).model_copy(update={"got": show(got)}),
        )
    for which, name, result, slope in zip(wrt, _names(forward, wrt, names), results, slopes, strict=True):
        try:
            _compare(result, slope, call, name if len(wrt) > 1 else "", rtol, kinks, forward_name)
        except Failure as problem:
            shown = backward.evidence(arguments)
            problem.evidence = problem.evidence.model_copy(
                update={"call": shown.call, "arguments": shown.arguments}
            )
            if isinstance(problem, WrongValue):
                problem.hint = problem.hint or _own_forward(
                    forward, backward, at, which, grad_out, result, rtol
                )
            raise
    _remark_on_forward(forward, backward, at)


def numeric_gradient(
    many: ManyCalls, at: tuple[Value, ...], which: int, grad_out: Array | None, step: float = STEP
) -> Slopes:
    """Differences of sum(grad_out * f(*at)) with respect to `at[which]`, entry by entry.

    `many` makes several calls of f in one go. The results have the shape of `at[which]`. Raises WrongType
    where f returns another shape for another x.
    """
    x = np.asarray(at[which], dtype=np.float64)
    calls: list[tuple[Value, ...]] = [at]
    widths = np.empty((2, x.size))
    for entry in range(x.size):
        value = x.flat[entry]
        for side, sign in enumerate((-1.0, 1.0)):
            moved = x.copy()
            moved.flat[entry] = value + sign * step * max(1.0, abs(value))
            widths[side, entry] = abs(moved.flat[entry] - value)  # what the rounding made of h
            shifted = float(moved) if isinstance(at[which], float) else moved
            calls.append((*at[:which], shifted, *at[which + 1 :]))
    here, *around = map(_numbers, many(calls))
    if any(value.shape != here.shape for value in around):
        raise WrongType("The forward function returns another shape for another x of the same shape.")
    weight = np.ones_like(here) if grad_out is None else grad_out
    # Weigh the difference of the outputs, not the outputs: entries that do not move cancel exactly.
    falls = np.array([np.sum(weight * (here - low)) for low in around[0::2]])
    rises = np.array([np.sum(weight * (high - here)) for high in around[1::2]])
    spans = np.array([np.sum(weight * (h - low)) for low, h in zip(around[0::2], around[1::2], strict=True)])
    kinked = [
        _is_kink((here - low) / before, (high - here) / after)
        for low, high, before, after in zip(around[0::2], around[1::2], *widths, strict=True)
    ]
    return Slopes(
        central=(spans / widths.sum(axis=0)).reshape(x.shape),
        left=(falls / widths[0]).reshape(x.shape),
        right=(rises / widths[1]).reshape(x.shape),
        kinked=np.array(kinked, dtype=bool).reshape(x.shape),
    )


def _is_kink(left: Array, right: Array) -> bool:
    """Whether the outputs' one-sided derivatives differ; a small upstream gradient hides nothing here."""
    steepest = np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    return bool(np.any(np.abs(right - left) > KINK * steepest))


def _numbers(value: Value) -> Array:
    array = to_array(value)
    if array is None:
        raise WrongType(f"The forward function returns {show(value)}, which has no derivative.")
    return np.asarray(array, dtype=np.float64)


def _is_differentiable(value: Value) -> bool:
    if isinstance(value, np.ndarray):
        return bool(value.dtype == np.float64)
    return isinstance(value, float)


def _names(forward: Function, wrt: tuple[int, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    parameters = forward.context.parameters.get(forward.name, ())
    return names or tuple(
        f"grad_{parameters[i]}" if i < len(parameters) else f"gradient {i + 1}" for i in wrt
    )


def _reference_slopes(forward: Function, at: tuple[Value, ...], which: int, grad_out: Array | None) -> Slopes:
    key = ("slopes", forward.name, which, fingerprint((*at, grad_out)))
    return forward.context.remember(key, lambda: numeric_gradient(forward.many, at, which, grad_out))


def assert_fits(
    got: Value,
    slopes: Array,
    forward: str,
    *,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    call: str = "the result",
    parameter: str = "",
) -> None:
    """Fail unless a gradient agrees with differences of the student's own forward.

    Nobody knows that forward to be right, so these differences are never called right: where they are NaN,
    `forward` is named to be mended first, and where the two disagree, either may be wrong.
    """
    if not np.isfinite(slopes).all():
        raise NotFinite(
            f"{forward} returns NaN or infinity here, so there is nothing to compare with: "
            f"mend {forward} first."
        )
    try:
        assert_close(got, slopes, rtol=rtol, atol=atol, call=call, parameter=parameter)
    except WrongValue as problem:
        worst = problem.evidence.worst
        place = f" at [{', '.join(map(str, worst.index))}]" if worst and worst.index else ""
        subject = f"{parameter} of {call}" if parameter else call
        if worst:
            value, slope = numbers_apart(worst.got, worst.expected)
            problem.message = (
                f"{subject} is {value}{place}, where your {forward} has the slope {slope}: one of the two is "
                "wrong."
            )
        problem.hint = (
            problem.hint or f"If the checks of {forward} alone pass, the mistake is in the gradient."
        )
        problem.evidence = problem.evidence.model_copy(update={"expected": ""})
        raise


def _compare(
    got: Value, slopes: Slopes, call: str, parameter: str, rtol: float, kinks: bool, forward_name: str = ""
) -> None:
    """Compare with differences of the reference's forward, or of the student's own where `own` names it."""
    atol = 1e-9 * max(1.0, float(np.max(np.abs(slopes.central), initial=0.0)))
    expected = slopes.central
    array = to_array(got)
    if kinks and array is not None and array.shape == expected.shape:
        low, high = np.minimum(slopes.left, slopes.right), np.maximum(slopes.left, slopes.right)
        # Inside, any number is right.
        accepted = slopes.kinked & np.isfinite(array)
        expected = np.where(accepted, np.clip(array, low, high), expected)
    if forward_name:
        assert_fits(got, expected, forward_name, rtol=rtol, atol=atol, call=call, parameter=parameter)
    else:
        assert_close(got, expected, rtol=rtol, atol=atol, call=call, parameter=parameter)


def _own_forward(
    forward: Function,
    backward: Function,
    at: tuple[Value, ...],
    which: int,
    grad_out: Array | None,
    got: Value,
    rtol: float,
) -> str:
    """The second comparison: is this wrong gradient at least the gradient of the student's forward?"""
    if _forward_agrees(forward, backward, at):
        return ""  # the forward is right, so the mistake is here
    own_function = Function(backward.context, forward.name)
    try:
        slopes = numeric_gradient(own_function.many, at, which, grad_out)
        _compare(got, slopes, "", "", max(rtol, 1e-5), kinks=True)
    except (Failure, ValueError):  # their forward may not even have the right shape
        return ""
    return (
        f"{backward.name} is the right gradient of your {forward.name}, so the mistake is in {forward.name}."
    )


def _remark_on_forward(forward: Function, backward: Function, at: tuple[Value, ...]) -> None:
    """The fourth outcome: the gradient is right, yet not the gradient of what the student wrote."""
    if _forward_agrees(forward, backward, at):
        return
    remark = f"{backward.name} is right, but it is not the gradient of your {forward.name}, which is wrong."
    if remark not in backward.context.findings.remarks:  # a check may look at several inputs
        backward.context.findings.remarks.append(remark)


def _forward_agrees(forward: Function, backward: Function, at: tuple[Value, ...]) -> bool:
    """Whether the student's forward is right at this point; asked once per function and submission."""

    def ask() -> bool:
        if backward.context is forward.context:
            return True  # a public check: both are the student's
        try:
            assert_close(Function(backward.context, forward.name)(*at), forward(*at))
        except Failure:
            return False
        return True

    return backward.context.remember(("forward agrees", forward.name), ask)
