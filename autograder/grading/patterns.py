"""Patterns: what all answers of a function have in common with the right ones, told as an effect.

A factor, a sign, a transpose, an argument that is handed back, errors on one side of 0. A pattern is told
only where every call that was compared shows it, and at least two could have shown something else. It says
what the numbers do, not why; `diagnosis` tells it where no known mistake and no idiom explains the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import NamedTuple

import numpy as np

from autograder.checks.calls import Call
from autograder.checks.values import Array, Value, to_array
from autograder.grading.causes import (
    ABNORMAL,
    LEAST_TELLING,
    Answers,
    Cause,
    Outcome,
    equal,
    outcome_of,
    settled_calls,
)
from autograder.report import CauseKind

__all__ = ["WEAK", "Signature", "pattern_cause"]

#: Patterns that say where answers are wrong, not how: a check's own hint says more.
WEAK = {
    *("one_region", "far_out", "default", "more_axes", "batch_of_one", "large_numbers"),
    *("parameter_per_feature", "parameter_a_number"),
}

SAME = (
    "It returned the same in every call of the checks: no argument is used, or nothing that is made of them "
    "reaches the result."
)
#: What the code does with its parameters and its results: a habit, which the numbers prove.
CODE_PATTERNS = {
    *("arguments_exchanged", "default_always_used", "argument_returned", "nothing_returned"),
    *("results_exchanged", "reversed", "part_returned", "more_returned", "grouped_otherwise"),
}

ORDINALS = ("first", "second", "third", "fourth")
MOST_REGROUPED = 40  # arrays of an answer that are looked for in another order
REGION_SHARE = 0.5  # of the entries of a region that have to be wrong
FACTORS = (
    (1 / np.log(10), "0.4343 = 1 / ln 10 times the right one: np.log10 in place of np.log"),
    (1 / np.log(2), "1.4427 = 1 / ln 2 times the right one: np.log2 in place of np.log"),
    (2.0, "twice the right one"),
    (0.5, "half of the right one"),
)


@dataclass(frozen=True)
class Signature:
    """The parameters of a function as the handout has them, and the defaults of the last ones."""

    parameters: tuple[str, ...] = ()
    defaults: tuple[Value, ...] = ()

    def name(self, position: int) -> str:
        """A parameter's name for a sentence."""
        return self.parameters[position] if position < len(self.parameters) else f"argument {position + 1}"

    def completed(self, arguments: tuple[Value, ...]) -> tuple[Value, ...]:
        """The arguments of a call, with the defaults of those that were left out."""
        missing = len(self.parameters) - len(arguments)
        return (*arguments, *self.defaults[len(self.defaults) - missing :]) if missing > 0 else arguments


class _Pair(NamedTuple):
    """An answer beside the right one, both as numbers."""

    arguments: tuple[Value, ...]
    got: Array
    right: Array


class _Compared(NamedTuple):
    """A call with both answers."""

    call: Call
    got: Outcome
    right: Outcome


Sentence = tuple[str, str]  # the pattern's name, and what is told


def pattern_cause(function: str, calls: Sequence[Call], answers: Answers, signature: Signature) -> Cause:
    """The pattern that all answers of a function show; kind "" where there is none."""
    calls = [call for call in calls if call.function == function and call.is_whole]
    nothing = Cause(function, calls=len(calls))
    if not calls or any(call.answer.kind in (*ABNORMAL, "missing") for call in calls):
        return nothing
    calls = settled_calls(calls, answers)
    compared = [_Compared(call, outcome_of(call.answer), answers.right(call)) for call in calls]
    compared = [each for each in compared if each.right.kind == "value"]
    if len(compared) < LEAST_TELLING or any(each.got.kind != "value" for each in compared):
        return nothing
    wrong = [not equal(each.right.value, each.got.value) for each in compared]
    if sum(wrong) < LEAST_TELLING:
        return nothing
    found = next(_patterns(compared, wrong, answers, signature), None)
    if found is None:
        return nothing
    name, sentence = found
    kind: CauseKind = "idiom" if name in CODE_PATTERNS else "pattern"
    return replace(nothing, kind=kind, name=name, sentence=sentence, agrees=len(compared), telling=sum(wrong))


def _patterns(
    compared: Sequence[_Compared], wrong: Sequence[bool], answers: Answers, signature: Signature
) -> Iterator[Sentence]:
    yield from _whole_answers(compared, signature)
    yield from _other_arguments(compared, answers, signature)
    positions, pairs = _wrong_parts(compared)
    if pairs:
        subject = _subject(positions, compared)
        yield from _shapes(pairs, subject)
        same_shape = [pair for pair in pairs if pair.got.shape == pair.right.shape]
        if len(same_shape) == len(pairs):
            yield from _numbers(pairs, subject, signature)
            yield from _places(pairs, subject, answers, compared, signature)
    yield from _calls_apart(compared, wrong, signature)


# --- Answers as a whole -------------------------------------------------------------------------


def _whole_answers(compared: Sequence[_Compared], signature: Signature) -> Iterator[Sentence]:
    got = [each.got.value for each in compared]
    if all(value is None for value in got):
        yield "nothing_returned", "It returns None: a return statement is missing, or is not reached."
        return
    arguments = [signature.completed(each.call.arguments) for each in compared]
    for position in range(min(map(len, arguments))):
        if all(equal(given[position], value) for given, value in zip(arguments, got, strict=True)):
            name = signature.name(position)
            yield "argument_returned", f"It returns {name} as it was given."
            return
    arrays = [to_array(value) for value in got]
    if all(array is not None and array.size and not np.any(array) for array in arrays):
        yield "always_zero", "Every number that it returns is 0: is the result ever filled in?"
        return
    if all(equal(got[0], value) for value in got[1:]) and signature.parameters:
        yield "always_the_same", SAME
        return
    right = [each.right.value for each in compared]
    pairs = list(zip(got, right, strict=True))
    if all(
        _is_list(a) and _is_list(b) and len(a) == len(b) > 1 and equal(list(reversed(a)), list(b))
        for a, b in pairs
    ):
        yield "reversed", "The results are right, but they come in reverse order."
        return
    if all(_is_list(a) and _is_list(b) and 2 <= len(b) == len(a) <= 4 for a, b in pairs):
        for order in permutations(range(len(right[0]))):
            if all(
                len(b) == len(order) and equal([a[number] for number in order], list(b)) for a, b in pairs
            ):
                yield "results_exchanged", "The results are right, but they stand in another order."
                return
    flat = [(_parts(a), _parts(b)) for a, b in pairs]
    if all(a is not None and b is not None and _are_regrouped(a, b) for a, b in flat):
        yield (
            "grouped_otherwise",
            (
                "All numbers are right, but they are grouped otherwise: compare the lists and tuples that "
                "you return, and their order, with the form that the handout states."
            ),
        )
        return
    if all(_is_list(b) and len(b) > 1 for b in right):
        for part in range(len(right[0])):
            if all(len(b) > part and equal(a, b[part]) for a, b in pairs):
                yield (
                    "part_returned",
                    f"It returns the {_ordinal(part)} result alone; {len(right[0])} are asked for.",
                )
                return
    if not any(_is_list(b) for b in right):
        for part in range(2):
            if all(_is_list(a) and len(a) > part and equal(a[part], b) for a, b in pairs):
                yield (
                    "more_returned",
                    f"It returns {_kind_of(got[0])} of which the {_ordinal(part)} entry is right: return "
                    "that alone.",
                )
                return


def _are_regrouped(got: Sequence[Array], right: Sequence[Array]) -> bool:
    """Whether the right arrays are all there, each once, in whatever order they come."""
    if len(got) != len(right) or len(right) < 2 or len(right) > MOST_REGROUPED:
        return False
    left = list(got)
    for array in right:
        place = next((i for i, each in enumerate(left) if equal(each, array)), None)
        if place is None:
            return False
        del left[place]
    return True


def _kind_of(value: Sequence[Value]) -> str:
    return f"a {'list' if isinstance(value, list) else 'tuple'} of {len(value)},"


def _is_list(value: Value) -> bool:
    return isinstance(value, (list, tuple))


def _ordinal(number: int) -> str:
    return ORDINALS[number] if number < len(ORDINALS) else f"{number + 1}th"


# --- Right answers for other arguments ----------------------------------------------------------


def _other_arguments(
    compared: Sequence[_Compared], answers: Answers, signature: Signature
) -> Iterator[Sentence]:
    """Answers that are right for other arguments: two exchanged, or one fixed at its default."""
    count = len(signature.parameters)
    first_optional = count - len(signature.defaults)
    for first in range(count):
        for other in range(first + 1, count):
            if _explained(compared, answers, partial(_exchanged, first, other)):
                names = f"{signature.name(first)} and {signature.name(other)}"
                order = ", ".join(signature.parameters)
                yield (
                    "arguments_exchanged",
                    f"The answers are right for {names} exchanged: arguments are passed by position, in the "
                    f"order ({order}).",
                )
                return
    for position in range(first_optional, count):
        default = signature.defaults[position - first_optional]

        def fixed(given: tuple[Value, ...], at: int = position, value: Value = default) -> tuple[Value, ...]:
            return (*given[:at], value, *given[at + 1 :]) if len(given) > at else given

        if _explained(compared, answers, fixed):
            yield (
                "default_always_used",
                f"{signature.name(position)} is not used: the answers are those for its default, "
                f"{default:g}.",
            )
            return


def _exchanged(first: int, other: int, given: tuple[Value, ...]) -> tuple[Value, ...]:
    if other >= len(given):
        return given
    values = list(given)
    values[first], values[other] = values[other], values[first]
    return tuple(values)


def _explained(
    compared: Sequence[_Compared],
    answers: Answers,
    change: Callable[[tuple[Value, ...]], tuple[Value, ...]],
) -> bool:
    """Whether every answer is the right one for changed arguments, and at least two calls could tell."""
    telling = 0
    for call, got, right in compared:
        changed = change(call.arguments)
        other = right if changed is call.arguments else answers.right(replace(call, arguments=changed))
        if other.kind != "value" or not equal(other.value, got.value):
            return False
        telling += not equal(other.value, right.value)
    return telling >= LEAST_TELLING


# --- Parts of answers ---------------------------------------------------------------------------


def _wrong_parts(compared: Sequence[_Compared]) -> tuple[set[int], list[_Pair]]:
    """The positions of the results that are wrong in some call, and those results over all calls."""
    rows = []
    for call, got, right in compared:
        ours, theirs = _parts(right.value), _parts(got.value)
        if ours is None or theirs is None or len(ours) != len(theirs):
            return set(), []
        rows.append((call, theirs, ours))
    if len({len(ours) for _, _, ours in rows}) != 1:
        positions = set(range(max(len(ours) for _, _, ours in rows)))
    else:
        positions = {
            position
            for _, theirs, ours in rows
            for position, pair in enumerate(zip(ours, theirs, strict=True))
            if not equal(*pair)
        }
    pairs = [
        _Pair(call.arguments, theirs[position].astype(np.float64), ours[position].astype(np.float64))
        for call, theirs, ours in rows
        for position in sorted(positions)
        if position < len(ours)
    ]
    return positions, pairs


def _parts(value: Value) -> list[Array] | None:
    """The arrays of an answer, in order; None where it holds anything else."""
    array = to_array(value)
    if array is not None:
        return [array]
    if not _is_list(value):
        return None
    parts: list[Array] = []
    for item in value:
        inner = _parts(item)
        if inner is None:
            return None
        parts += inner
    return parts


def _subject(positions: set[int], compared: Sequence[_Compared]) -> str:
    """What a sentence is about: every number, or every number of one of the results."""
    counts = {len(_parts(each.right.value) or []) for each in compared}
    if counts == {1} or len(positions) >= max(counts):
        return "Every number"
    if len(positions) == 1 and max(counts) <= len(ORDINALS):
        return f"Every number of the {_ordinal(min(positions))} result"
    return "Every wrong number"


# --- Shapes -------------------------------------------------------------------------------------


def _shapes(pairs: Sequence[_Pair], subject: str) -> Iterator[Sentence]:
    def all_of(relation: Callable[[Array, Array], bool]) -> bool:
        return all(relation(pair.got, pair.right) for pair in pairs)

    where = "" if subject == "Every number" else f" ({subject[0].lower()}{subject[1:]})"
    if all_of(lambda got, right: right.ndim > 1 and got.shape == right.shape[::-1] and equal(got.T, right)):
        yield "transposed", f"It is transposed: rows and columns have changed places{where}."
    if all(pair.got.shape == pair.right.shape for pair in pairs):
        return
    if all_of(lambda got, right: got.size == right.size and equal(got.ravel(), right.ravel())):
        if all(pair.got.size == 1 and pair.right.ndim == 0 for pair in pairs):
            yield (
                "one_entry",
                "The number is right, but it stands in an array with one entry: return a plain number, such "
                f"as float(...){where}.",
            )
        elif all(pair.got.ndim == 1 for pair in pairs):
            yield "flattened", f"The numbers are right, but in one row: give them the shape back{where}."
        else:
            yield "other_shape", f"The numbers are right, but their shape is not the one asked for{where}."
    if all_of(lambda got, right: right.ndim == 0 and got.ndim > 0):
        if all_of(lambda got, right: equal(np.mean(got), right)):
            yield "mean_not_taken", "One number is asked for: the mean of what you return is right."
        if all_of(lambda got, right: equal(np.sum(got), right)):
            yield "sum_not_taken", f"One number is asked for: the sum of what you return is right{where}."
        if all_of(lambda got, right: equal(np.sqrt(np.sum(np.square(got))), right)):
            yield (
                "norm_not_taken",
                f"Numbers are asked for: the norm of each array you return is right{where}.",
            )
    if all_of(
        lambda got, right: (
            got.ndim == right.ndim + 1
            and got.shape[:-1] == right.shape
            and bool(np.array_equal(np.argmax(got, axis=-1), right))
        )
    ):
        yield (
            "argmax_not_taken",
            "You return a row of numbers for each example; asked for is the position of the largest one of "
            "each "
            "row.",
        )
    if all_of(lambda got, right: got.ndim == 0 and equal(got, np.sum(right))):
        yield "summed_to_one_number", f"Everything was added up to one number; keep the entries apart{where}."
    if all_of(lambda got, right: got.ndim == 0 and equal(got, np.mean(right))):
        yield "averaged_to_one_number", f"It is the mean of all right entries; keep the entries apart{where}."
    for axis, which in ((0, "first"), (-1, "last")):
        for name, take in (("sum", np.sum), ("mean", np.mean)):
            if all(pair.right.ndim > 0 and equal(pair.got, take(pair.right, axis=axis)) for pair in pairs):
                yield (
                    f"{name}_over_the_{which}_axis",
                    f"It is the {name} of the right result over its {which} axis; nothing is added up here"
                    f"{where}.",
                )


# --- Numbers ------------------------------------------------------------------------------------


def _numbers(pairs: Sequence[_Pair], subject: str, signature: Signature) -> Iterator[Sentence]:
    yield from _ratios(pairs, subject, signature)
    yield from _steps(pairs, signature)
    for name, words, change in (
        ("squared", "the square of the right one", np.square),
        ("rooted", "the root of the right one", lambda right: np.sqrt(np.where(right >= 0, right, np.nan))),
        ("inverted", "1 divided by the right one", lambda right: 1 / right),
        ("absolute", "the right one without its sign", np.abs),
        ("rounded_down", "the right one rounded down to a whole number", np.floor),
        ("cut_to_integers", "the right one without its digits after the point", np.trunc),
        ("rounded", "the right one rounded to a whole number", np.round),
    ):
        if _all_are(pairs, change):
            yield name, f"{subject} is {words}."
            return
    offsets = np.concatenate([(pair.got - pair.right).ravel() for pair in pairs])
    finite = offsets.size > 1 and np.isfinite(offsets).all()
    if finite and abs(offsets[0]) > 1e-9 and np.ptp(offsets) <= 1e-9 * max(1.0, _largest(pairs)):
        side = "large" if offsets[0] > 0 else "small"
        yield "shifted", f"{subject} is too {side} by the same {abs(offsets[0]):.6g}."
    if all(pair.got.ndim > 0 and equal(pair.got[::-1], pair.right) for pair in pairs):
        yield "reversed", "The numbers are right, but they come in reverse order."


def _largest(pairs: Sequence[_Pair]) -> float:
    return max((float(np.max(np.abs(pair.right), initial=0.0)) for pair in pairs), default=0.0)


def _all_are(pairs: Sequence[_Pair], change: Callable[[Array], Array]) -> bool:
    """Whether every answer is a function of the right one, and not by chance that itself."""
    with np.errstate(all="ignore"):
        changed = [np.asarray(change(pair.right)) for pair in pairs]
    telling = sum(not equal(new, pair.right) for new, pair in zip(changed, pairs, strict=True))
    return telling >= LEAST_TELLING and all(
        np.isfinite(pair.got).all() and equal(new, pair.got) for new, pair in zip(changed, pairs, strict=True)
    )


def _ratios(pairs: Sequence[_Pair], subject: str, signature: Signature) -> Iterator[Sentence]:
    factors = _factors(pairs)
    if factors is None:
        return
    if np.allclose(factors, -1, rtol=1e-5):
        yield "sign", f"{subject} has the wrong sign."
        return
    sized = [(each, pair) for each, pair in zip(factors, pairs, strict=True) if np.isfinite(each)]
    for name, words, sizes in _sizes([pair for _, pair in sized], signature):
        for power, verb in ((1.0, "multiplied"), (-1.0, "divided")):
            if len(set(sizes)) > 1 and np.allclose(
                [each for each, _ in sized], np.power(sizes, power), rtol=1e-5
            ):
                yield f"{verb}_by_{name}", f"{subject} is the right one {verb} by {words}."
                return
    constant = float(factors[0])
    if not np.allclose(factors, constant, rtol=1e-5):
        return
    if abs(constant - 1) < 1e-7:
        return
    if abs(constant - 1) < 1e-3:
        yield "rounded_constant", f"{subject} is off by the same {abs(constant - 1):.1e}: a rounded constant?"
        return
    for value, words in FACTORS:
        if np.isclose(constant, value, rtol=1e-6):
            yield "constant_factor", f"{subject} is {words}."
            return
    yield "constant_factor", f"{subject} is {constant:.6g} times the right one: look for a constant factor."


def _factors(pairs: Sequence[_Pair]) -> Array | None:
    """What each answer is, as a multiple of the right one; None where one is not a multiple."""
    factors = []
    for pair in pairs:
        telling = np.abs(pair.right) > 1e-8 * np.max(np.abs(pair.right), initial=1e-300)
        if np.any(pair.got[~telling] != 0.0):
            return None
        if not telling.any():
            continue
        ratios = pair.got[telling] / pair.right[telling]
        ratio = float(np.median(ratios))
        if not np.isfinite(ratio) or ratio == 0 or not np.allclose(ratios, ratio, rtol=1e-6):
            return None
        if telling.sum() == 1 and len(pairs) < 3:
            return None
        factors.append(ratio)
    if len(factors) != len(pairs) or len(factors) < LEAST_TELLING:
        return None
    return np.array(factors)


def _sizes(pairs: Sequence[_Pair], signature: Signature) -> Iterator[tuple[str, str, list[float]]]:
    """Numbers that a student may have multiplied or divided by: names, words and one value for each pair."""
    firsts = [
        next((a for a in pair.arguments if isinstance(a, np.ndarray) and a.ndim), None) for pair in pairs
    ]
    if all(first is not None for first in firsts):
        arrays = [first for first in firsts if first is not None]
        yield "batch_size", "N, the number of examples in the batch", [float(len(a)) for a in arrays]
        if all(array.ndim > 1 for array in arrays):
            yield "last_axis", "the size of the last axis", [float(a.shape[-1]) for a in arrays]
            yield "entries", "the number of entries", [float(a.size) for a in arrays]
    for position in range(len(signature.parameters)):
        values = [signature.completed(pair.arguments) for pair in pairs]
        if not all(len(given) > position and isinstance(given[position], (int, float)) for given in values):
            continue
        numbers = [float(given[position]) for given in values]
        if all(number > 0 for number in numbers):
            name = signature.name(position)
            yield name, name, numbers
            yield f"{name}_squared", f"{name} squared", [number**2 for number in numbers]
            yield f"2_{name}", f"2 {name}", [2 * number for number in numbers]
            yield f"1_minus_{name}", f"1 - {name}", [abs(1 - number) or np.nan for number in numbers]


def _steps(pairs: Sequence[_Pair], signature: Signature) -> Iterator[Sentence]:
    """Updates: what was added to the first argument, as a multiple of what should have been."""
    steps = []
    for pair in pairs:
        start = to_array(pair.arguments[0])
        if start is None or start.shape != pair.right.shape or start.dtype != np.float64 or start.ndim == 0:
            return
        steps.append(_Pair(pair.arguments, pair.got - start, pair.right - start))
    if not signature.name(0).startswith("theta"):
        return
    factors = _factors_of_steps(steps)
    if factors is None:
        return
    if np.allclose(factors, -1, rtol=1e-4):
        yield "step_the_other_way", "theta moves by the right distance, but the other way."
        return
    for name, words, sizes in _sizes(steps, signature):
        for power, verb in ((1.0, "multiplied"), (-1.0, "divided")):
            if len(set(sizes)) > 1 and np.allclose(factors, np.power(sizes, power), rtol=1e-4):
                yield f"step_{verb}_by_{name}", f"theta's step is the right one {verb} by {words}."
                return
    if np.allclose(factors, factors[0], rtol=1e-4) and abs(factors[0] - 1) > 1e-3:
        yield "step_factor", f"theta's step is {factors[0]:.4g} times as long as it should be."


def _factors_of_steps(steps: Sequence[_Pair]) -> Array | None:
    factors = []
    for _, got, right in steps:
        telling = np.abs(right) > 1e-3 * np.max(np.abs(right), initial=1e-300)
        if not telling.any():
            continue
        ratios = got[telling] / right[telling]
        ratio = float(np.median(ratios))
        if not np.isfinite(ratio) or ratio == 0 or not np.allclose(ratios, ratio, rtol=1e-5):
            return None
        factors.append(ratio)
    return np.array(factors) if len(factors) == len(steps) >= LEAST_TELLING else None


# --- Where the errors are -----------------------------------------------------------------------


def _places(
    pairs: Sequence[_Pair],
    subject: str,
    answers: Answers,
    compared: Sequence[_Compared],
    signature: Signature,
) -> Iterator[Sentence]:
    wrong = [_wrong_entries(pair) for pair in pairs]
    yield from _limits(pairs, wrong)
    if len(pairs) == len(compared) and acts_entry_by_entry(compared, answers):
        yield from _regions(pairs, wrong, signature)
    yield from _lines(wrong, subject)


def _wrong_entries(pair: _Pair) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(~np.isclose(pair.got, pair.right, rtol=1e-6, atol=1e-9, equal_nan=True))


def _limits(pairs: Sequence[_Pair], wrong: Sequence[Array]) -> Iterator[Sentence]:
    """Numbers that stop at a limit where the right ones go on."""
    got = np.concatenate([pair.got[bad].ravel() for pair, bad in zip(pairs, wrong, strict=True)])
    right = np.concatenate([pair.right[bad].ravel() for pair, bad in zip(pairs, wrong, strict=True)])
    if sum(bool(bad.any()) for bad in wrong) < LEAST_TELLING or got.size < 3 or np.ptp(right) == 0:
        return
    if got.size and np.all(got == got[0]) and np.isfinite(got[0]) and got[0] != 0:
        limit = float(got[0])
        kept = np.concatenate([pair.right[~bad].ravel() for pair, bad in zip(pairs, wrong, strict=True)])
        if not kept.size:
            return
        if np.all(right > limit) and np.all(kept <= limit + 1e-9):
            yield "upper_limit", f"No number that it returns is above {limit:.6g}; the right ones go on."
        elif np.all(right < limit) and np.all(kept >= limit - 1e-9):
            yield "lower_limit", f"No number that it returns is below {limit:.6g}; the right ones go on."


def acts_entry_by_entry(compared: Sequence[_Compared], answers: Answers) -> bool:
    """Whether each entry of the right result depends on the same entry of the first argument alone."""
    looked = 0
    for call, _, right in compared:
        x, value = call.arguments[0], to_array(right.value)
        if not isinstance(x, np.ndarray) or value is None or value.shape != x.shape or x.size < 2:
            return False
        if looked == 2:
            continue
        for entry in (0, x.size - 1):
            moved = x.copy()
            moved.flat[entry] = moved.flat[entry] * 0.75 + 0.31
            other = to_array(answers.right(replace(call, arguments=(moved, *call.arguments[1:]))).value)
            if other is None or other.shape != value.shape:
                return False
            rest = np.delete(other.ravel(), entry), np.delete(value.ravel(), entry)
            if not equal(*rest):
                return False
        looked += 1
    return looked > 0


def _regions(pairs: Sequence[_Pair], wrong: Sequence[Array], signature: Signature) -> Iterator[Sentence]:
    """Errors on one side of 0, or far out, by the entries of an argument that has the result's shape."""
    for position in range(min(len(pair.arguments) for pair in pairs)):
        values = [pair.arguments[position] for pair in pairs]
        if not all(
            isinstance(value, np.ndarray) and value.shape == pair.right.shape
            for value, pair in zip(values, pairs, strict=True)
        ):
            continue
        name = signature.name(position)
        x = np.concatenate([np.ravel(value) for value in values])
        bad = np.concatenate([each.ravel() for each in wrong])
        for words, region in (
            (f"exactly where {name} is 0", x == 0),
            (f"only where {name} is negative", x < 0),
            (f"only where {name} is 0 or negative", x <= 0),
            (f"only where {name} is positive", x > 0),
            (f"only where {name} is 0 or positive", x >= 0),
        ):
            is_apart = region.any() and not region.all() and not bad[~region].any()
            if is_apart and bad[region].mean() > REGION_SHARE:
                inside = next(_inside(pairs, wrong, words, signature), None)
                yield inside or ("one_region", f"It is wrong {words}, and right elsewhere.")
                return
        size = np.abs(x)
        edge = float(size[bad].min())
        if bad.sum() >= 3 and (~bad).sum() >= 3 and 0 < float(size[~bad].max()) < edge:
            yield (
                "far_out",
                f"It is right up to |{name}| = {size[~bad].max():.3g}, and wrong from {edge:.3g} on.",
            )
            return


def _inside(
    pairs: Sequence[_Pair], wrong: Sequence[Array], words: str, signature: Signature
) -> Iterator[Sentence]:
    """What the wrong numbers of a region are, as a multiple of the right ones."""
    inner = [
        _Pair(pair.arguments, pair.got[bad], pair.right[bad])
        for pair, bad in zip(pairs, wrong, strict=True)
        if bad.any()
    ]
    subject = f"It is wrong {words}: there, every number"
    yield from _ratios(inner, subject, signature)
    if all(not pair.got.any() for pair in inner):
        yield "zero_in_a_region", f"{subject} is 0."


def _lines(wrong: Sequence[Array], subject: str) -> Iterator[Sentence]:
    """Only the first or the last row, column or entry is wrong, in every call."""
    tables = [each for each in wrong if each.any()]
    if len(tables) < LEAST_TELLING or any(each.ndim == 0 or len(each) < 2 for each in tables):
        return
    where = "" if subject == "Every number" else " of the wrong result"
    for axis, noun in ((0, "row" if any(each.ndim > 1 for each in tables) else "entry"), (-1, "column")):
        if axis == -1 and any(each.ndim < 2 or each.shape[-1] < 2 for each in tables):
            continue
        lines = [np.any(np.moveaxis(each, axis, 0).reshape(each.shape[axis], -1), axis=1) for each in tables]
        for words, right_lines in (
            ("last", [line[-1] and not line[:-1].any() for line in lines]),
            ("first", [line[0] and not line[1:].any() for line in lines]),
        ):
            if all(right_lines) and any(len(line) > 2 for line in lines):
                yield f"{words}_{noun}", f"Only the {words} {noun}{where} is wrong."
                return
        if all(len(line) > 1 and not line[0] and line[1:].all() for line in lines):
            yield f"only_first_{noun}_right", f"Only the first {noun}{where} is right."
            return


# --- Calls that are right beside calls that are wrong --------------------------------------------


def _calls_apart(
    compared: Sequence[_Compared], wrong: Sequence[bool], signature: Signature
) -> Iterator[Sentence]:
    """A property of the calls that tells the wrong ones from the right ones, without exception."""
    if all(wrong):
        return
    properties: list[tuple[str, str, Callable[[tuple[Value, ...]], bool]]] = []
    for position in range(len(signature.parameters) - len(signature.defaults), len(signature.parameters)):
        name = signature.name(position)
        properties.append(
            (
                "default",
                f"It is right wherever {name} is given, and wrong where it is left out: compare your default "
                "with the handout's.",
                partial(_is_left_out, position),
            )
        )
    properties += [
        (
            "more_axes",
            "It is right for arrays of up to two axes, and wrong for more.",
            lambda given: _axes(given) > 2,
        ),
        (
            "batch_of_one",
            "It is right for larger batches, and wrong for a batch of one.",
            lambda given: _axes(given) > 1 and len(given[0]) == 1,
        ),
        (
            "parameter_per_feature",
            "It is right where the parameter is one number, and wrong where it has one entry per feature.",
            lambda given: isinstance(given[-1], np.ndarray) and given[-1].ndim == 1 and _axes(given) > 1,
        ),
        (
            "parameter_a_number",
            "It is right where the parameter has one entry per feature, and wrong where it is one number.",
            lambda given: isinstance(given[-1], float),
        ),
        (
            "large_numbers",
            "It is right for numbers of ordinary size, and wrong for very large ones.",
            lambda given: _size(given) > 100,
        ),
    ]
    for name, sentence, has in properties:
        flags = [bool(has(each.call.arguments)) for each in compared]
        fits = all(flag for flag, bad in zip(flags, wrong, strict=True) if bad)
        if (fits if name == "default" else flags == list(wrong)) and LEAST_TELLING <= sum(flags) <= len(
            flags
        ) - LEAST_TELLING:
            yield name, sentence
            return


def _is_left_out(position: int, given: tuple[Value, ...]) -> bool:
    return len(given) <= position


def _axes(given: tuple[Value, ...]) -> int:
    return given[0].ndim if isinstance(given[0], np.ndarray) else 0


def _size(given: tuple[Value, ...]) -> float:
    array = to_array(given[0])
    return (
        float(np.max(np.abs(array), initial=0.0)) if array is not None and array.dtype.kind in "fi" else 0.0
    )
