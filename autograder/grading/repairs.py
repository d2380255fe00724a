"""Repairs: one change of the student's own function with which all its answers are right, told as an effect.

`autograder/sandbox/edits.py` makes the versions where the submission runs; here their answers are compared
with the right ones. A repair is told only where the changed function answers every call of the task's checks
as one right answer does, so what is told, that this one change is enough, is proven. The line is the
student's own; the sentence says what is wrong in it and shows parts of it alone. `diagnosis` asks for a
repair where no known mistake and no idiom explains the answers.
"""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Protocol

import numpy as np

from autograder.checks.calls import Answer, Call
from autograder.checks.memory import limited_memory
from autograder.checks.values import Value, bytes_of, to_array
from autograder.checks.variants import Variant
from autograder.grading.backends import NotebookBackend
from autograder.grading.causes import (
    ABNORMAL,
    LEAST_TELLING,
    MOST_RTOL,
    RTOL,
    Answers,
    Cause,
    Outcome,
    alike,
    equal,
    outcome_of,
)
from autograder.grading.student_source import StudentSource
from autograder.sandbox.edits import MOST_VERSIONS, Edits
from autograder.sandbox.session import Session

__all__ = ["LocalRepairs", "RepairSource", "SandboxRepairs", "repair_cause"]

EDITS = "edits."  # how a child's own functions for this are named
SECONDS = 5.0  # of processor time for one request
MOST_WORK = 3_000_000  # of the reference for as many calls as versions are made; two or three seconds
LEAST_VERSIONS = 100
MOST_TRIED = 24  # versions that are right in one call, and are asked for all of them
MOST_REMOVED = 3  # parts left out, each one around the last
PROVEN = "With this alone changed, all your answers are right."
PROVEN_OF_MANY = "With this changed, here and where it stands again, all your answers are right."
ROUNDED, MOST_WRONG = 1e-3, 0.05  # elsewhere: relative distance of equal answers, and share of others
LEAST_SETTLED = 2 / 3  # of the calls: elsewhere many answers are right, and none is the one to compare with

SIDES = {
    "plus": "is added",
    "minus": "is subtracted",
    "times": "is a factor",
    "divide": "is divided by",
    "power": "is an exponent",
    "floor": "is divided by and the result rounded down",
    "rest": "is divided by and only the rest is kept",
    "matmul": "is a factor of a matrix product",
}
BELONGS = {
    "plus": "it has to be added",
    "minus": "it has to be subtracted",
    "times": "it has to be a factor",
    "divide": "it has to divide",
    "power": "it has to be an exponent",
    "floor": "the quotient has to be rounded down",
    "rest": "only the rest of the division is needed",
    "matmul": "a matrix product is needed",
}
SWAPPED = {
    ("divide", "floor"): "the division by {part} is not rounded down",
    ("floor", "divide"): "the division by {part} is rounded down, which does not belong there",
    ("matmul", "times"): "a matrix product with {part} stands where a product entry by entry belongs",
    ("times", "matmul"): "a product entry by entry with {part} stands where a matrix product belongs",
    (
        "rest",
        "floor",
    ): "% gives the rest of a division; how often it fits, which // gives, belongs there",
    ("floor", "rest"): "// gives how often a number fits; the rest, which % gives, belongs there",
}
NOUNS = {
    "sum": "a sum",
    "mean": "a mean",
    "median": "a median",
    "prod": "a product of all entries",
    "max": "the largest entry",
    "min": "the smallest entry",
    "maximum": "the larger one of two numbers, entry by entry,",
    "minimum": "the smaller one of two numbers, entry by entry,",
    "exp": "the exponential",
    "exp2": "a power of 2",
    "expm1": "exp minus 1",
    "log": "the natural logarithm",
    "log2": "the logarithm to base 2",
    "log10": "the logarithm to base 10",
    "log1p": "log(1 + z)",
    "sqrt": "a square root",
    "cbrt": "a cube root",
    "square": "a square",
    "abs": "the absolute value",
    "argmax": "the position of the largest entry",
    "argmin": "the position of the smallest entry",
    "zeros": "zeros",
    "ones": "ones",
    "zeros_like": "zeros",
    "ones_like": "ones",
}
SENTENCES = {
    **{f"drop_{kind}": "{part} " + text + ", which does not belong there" for kind, text in SIDES.items()},
    **{f"drop_left_{kind}": "{part} is too much" for kind in SIDES},
    "sides": "{part} and {other} have changed places",
    "brackets": "brackets are missing or stand in the wrong place: Python calculates from left to right, and "
    "* and / before + and -",
    "compare": "the comparison {part} is the wrong way round",
    "edge": "the comparison {part} decides wrongly where both sides are equal",
    "equality": "the comparison {part} is true in other cases than it has to be",
    "unwrap": "{part} is taken, which does not belong there",
    "cases": "the two cases of {part} are exchanged",
    "first_case": "{part} makes two cases, and one of them is too much",
    "second_case": "{part} makes two cases, and one of them is too much",
    "arguments": "the arguments of {part} have changed places",
    "axis": "{part} runs along another axis than it has to",
    "all_entries": "{part} runs along one axis, and has to run over all entries",
    "no_axis": "{part} runs over all entries, and has to run along one axis",
    "keepdims": "{part} loses the axis that it runs along, and a later step needs it: keepdims=True",
    "no_keepdims": "{part} keeps an axis that is too much",
    "no_minus": "the minus of {part} does not belong there",
    "no_not": "the condition {part} is the wrong way round",
    "condition": "the condition {part} is the wrong way round",
    "constant": "{part} is not the number that belongs there",
    "switch": "{part} stands where {other} belongs",
    "text": "the text {part} is not the one that the handout names",
    "whole": "{part} picks a part where the whole belongs",
    "slice": "the part that is picked begins or ends at the wrong place",
    "range": "{part} begins or ends at the wrong number",
    "drop_condition": "the condition {part} does not belong there",
    "no_transpose": "{part} is transposed, which does not belong there",
    "results": "the results come in another order than the handout's",
    "reversed": "the results come in reverse order",
    "replaced": "{part} grows in each round, where it has to be replaced",
    "not_added_up": "{part} is replaced, where it has to be added to",
    "line": "the line does not belong there",
    "late": "the line stands too late: it has to come before the one above it",
    "default": "the default of {part} changes the answers: the handout has another one, or no {part} at all",
    "replace": "{part} stands where {other} belongs",
    "copy": "{part} gets a second name, not a copy: what is changed under one name changes under both",
    "first_entry": "{part} is an array with one entry or several, where a number of it belongs",
    "wrap_sqrt": "the square root of {part} belongs there",
    "wrap_square": "the square of {part} belongs there",
    "wrap_abs": "the absolute value of {part} belongs there",
    "wrap_exp": "the exponential of {part} belongs there",
    "wrap_log": "the logarithm of {part} belongs there",
    "wrap_negate": "{part} has the wrong sign",
    "wrap_one_minus": "1 minus {part} belongs there",
    "wrap_inverse": "1 divided by {part} belongs there",
    "wrap_sum": "{part} is not summed",
    "wrap_mean": "the mean of {part} is not taken",
    "wrap_max": "the largest entry of {part} is not taken",
    "wrap_mask": "only where {part} is positive is what is needed, 1 there and 0 elsewhere",
    "wrap_relu": "{part} needs its negative entries set to 0",
    "wrap_transpose": "{part} has to be transposed",
    "wrap_column": "{part} needs one more axis at its end, so that every row gets its own number",
    "insert_times": "the factor {other} is missing at {part}",
    "insert_divide": "the division by {other} is missing at {part}",
    "insert_plus": "{other} is not added to {part}",
    "insert_minus": "{other} is not subtracted from {part}",
    "insert_power": "the exponent {other} is missing at {part}",
}
TO_ONE_OR_ZERO = {"insert_divide": "1", "insert_minus": "0"}  # of a part with itself
OTHERS = {
    "True": "`True`",
    "False": "`False`",
    "len": "the number of examples",
    "0": "0",
    "1": "1",
    "2": "2",
    "0.5": "0.5",
}


class RepairSource(Protocol):
    """Where the versions of a submission's function run."""

    def tried(self, start: int, arguments: tuple[Value, ...]) -> Value:
        """Versions from `start` on, which answer each gives, the answers, and the next start."""
        ...

    def answers(self, number: int, calls: Sequence[tuple[Value, ...]]) -> list[Answer]:
        """The answers of one version, up to the first that is not a value."""
        ...

    def removals(self, number: int) -> Value:
        """The versions that leave out something around the place of a version's change."""
        ...

    def described(self, number: int) -> Value:
        """Kind, line, part, other part and number of places of a version."""
        ...


class LocalRepairs:
    """Versions that run in this very process: for the course's own wrong functions only."""

    def __init__(
        self, source: str, function: str, namespace: dict[str, Any], reference_work: int = 0
    ) -> None:
        """`reference_work` is what an ordinary call of the reference takes, as its backend counts it."""
        most = _most_versions(reference_work)
        self._edits = Edits(source, function, namespace, most)
        self._function = function

    def tried(self, start: int, arguments: tuple[Value, ...]) -> Value:
        """As the sandbox answers; nothing where the versions took too long."""
        try:
            with _bounded_here():
                return self._edits.tried(start, arguments)
        except TimeoutError:
            return None

    def answers(self, number: int, calls: Sequence[tuple[Value, ...]]) -> list[Answer]:
        """As the sandbox answers."""
        backend = NotebookBackend({self._function: partial(self._edits.answer, number)})
        found = []
        for call in calls:
            with _bounded_here():
                found += backend.answer(self._function, [call], 5.0)
            if found[-1].kind != "value":
                break
        return found

    def removals(self, number: int) -> Value:
        """As the sandbox answers."""
        return self._edits.removals(number)

    def described(self, number: int) -> Value:
        """As the sandbox answers."""
        return self._edits.described(number)


@contextmanager
def _bounded_here() -> Iterator[None]:
    """Bound the memory, and in the main thread the time, of versions that run in this process.

    A changed formula may ask for an array of any size. Raises TimeoutError.
    """

    def stop(*_: object) -> None:
        raise TimeoutError("versions of a function took too long")

    with limited_memory():
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGVTALRM, stop)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS, SECONDS / 20)  # again for each version after it
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            signal.signal(signal.SIGVTALRM, before)


def _most_versions(reference_work: int) -> int:
    """How many versions of a function are run; none of one that takes long."""
    most = min(MOST_WORK // max(reference_work, 1), MOST_VERSIONS)
    return most if most >= LEAST_VERSIONS else 0


class SandboxRepairs:
    """Versions that run in a submission's session, after its checks: what they take costs it nothing."""

    def __init__(self, session: Session, source: StudentSource, function: str, reference_work: int) -> None:
        """`reference_work` is what an ordinary call of the reference takes, as its backend counts it."""
        self._session, self._function = session, function
        most = _most_versions(reference_work)
        self._has_begun = most > 0 and isinstance(self._ask("begin", source.text, most), int)

    def _ask(self, what: str, *arguments: Value) -> Value:
        call = (self._function, *arguments)
        answers = self._session.prefetch(EDITS + what, [call], SECONDS)
        return answers[0].value if answers and answers[0].kind == "value" else None

    def tried(self, start: int, arguments: tuple[Value, ...]) -> Value:
        """As the submission's child answers."""
        return self._ask("tried", start, *arguments) if self._has_begun else None

    def answers(self, number: int, calls: Sequence[tuple[Value, ...]]) -> list[Answer]:
        """As the submission's child answers."""
        asked = [(self._function, number, *call) for call in calls]
        answers = self._session.prefetch(EDITS + "answer", asked, SECONDS)
        return [
            replace(answer, changed=tuple(position - 2 for position in answer.changed))
            for answer in answers
            if answer.kind == "value"
        ]

    def removals(self, number: int) -> Value:
        """As the submission's child answers."""
        return self._ask("removals", number)

    def described(self, number: int) -> Value:
        """As the submission's child answers."""
        return self._ask("described", number)


def repair_cause(
    function: str,
    calls: Sequence[Call],
    answers: Answers,
    source: StudentSource | None,
    repairs: RepairSource | None,
) -> Cause:
    """The likeliest change with which a function's answers to these calls are right; kind "" for none.

    `calls` are all calls of the function that the task's checks made.
    """
    calls = [call for call in calls if call.function == function and call.is_whole and call.arguments]
    with redirect_stdout(io.StringIO()):  # an alternative may print
        return _cause(function, calls, answers, source, repairs)


def _cause(
    function: str,
    calls: Sequence[Call],
    answers: Answers,
    source: StudentSource | None,
    repairs: RepairSource | None,
) -> Cause:
    nothing = Cause(function)
    if source is None or repairs is None or not calls or any(c.answer.kind in ABNORMAL for c in calls):
        return nothing
    settled = [call for call in calls if answers.spread(call) <= MOST_RTOL]
    rtol, unsettled = RTOL, list[Call]()
    if len(settled) >= LEAST_SETTLED * len(calls):
        unsettled = [call for call in calls if answers.spread(call) > MOST_RTOL]
        calls = settled
        rtol = min(MOST_RTOL, max([RTOL, *(3 * answers.spread(call) for call in calls)]))
    targets = _right_answers(function, answers)
    calls = [call for call in calls if answers.right(call).kind == "value"]
    wrong = [
        call
        for call in calls
        if not any(alike(target(call), outcome_of(call.answer), rtol) for target in targets)
    ]
    if len(wrong) < LEAST_TELLING:
        return nothing
    first = sorted(wrong, key=lambda call: bytes_of(call.arguments))[len(wrong) // 3]
    numbers = {id(call) for call in wrong}
    rest = sorted((call for call in calls if call is not first), key=lambda call: id(call) not in numbers)
    more = [call for call in answers.unseen(function) if answers.right(call).kind == "value"]

    def repaired(number: int) -> bool:
        return (
            _is_right(number, repairs, rest[:2], targets, rtol)
            and _is_right(number, repairs, [first, *rest], targets, rtol)
            and _is_between(number, repairs, unsettled, targets)
            and _holds_elsewhere(number, repairs, more, targets)
        )

    for number in islice(_right_once(repairs, first, targets, rtol), MOST_TRIED):
        if not repaired(number):
            continue
        for _ in range(MOST_REMOVED):  # outwards, as long as still more can be left out
            around = next(filter(repaired, _numbers(repairs.removals(number))), None)
            if around is None:
                break
            number = around
        kind, sentence, line = _sentence(repairs.described(number), source)
        if sentence:
            return Cause(
                function,
                kind="looks like",
                name=f"repair: {kind}",
                sentence=sentence,
                proven=True,
                agrees=len(calls),
                calls=len(calls),
                telling=len(wrong),
                place=source.place(line),
            )
    return nothing


def _numbers(value: Value) -> list[int]:
    """The version numbers that a child has sent, as far as they can be some."""
    is_list = isinstance(value, (list, tuple))
    return [each for each in value[:MOST_TRIED] if type(each) is int and each >= 0] if is_list else []


Target = Callable[[Call], Outcome]


def _right_answers(function: str, answers: Answers) -> list[Target]:
    """The reference and the alternatives: what they answer."""

    def of(variant: Variant) -> Target:
        return lambda call: answers.of(variant, call)

    right = [each for each in answers.alternatives if each.function == function and not each.stateful]
    return [answers.right, *map(of, right)]


def _right_once(repairs: RepairSource, call: Call, targets: Sequence[Target], rtol: float) -> Iterator[int]:
    """The versions that answer one call as a right function does, the likeliest first."""
    right = [outcome for outcome in (target(call) for target in targets) if outcome.kind == "value"]
    start = 0
    while start < MOST_VERSIONS:
        brought = repairs.tried(start, call.arguments)
        if not (isinstance(brought, (list, tuple)) and len(brought) == 4):
            return
        numbers, places, values, following = brought
        if not isinstance(following, int) or following <= start or not _are_lists(numbers, places, values):
            return
        fits = [any(alike(each, Outcome("value", value), rtol) for each in right) for value in values]
        for number, place in zip(numbers, places, strict=False):
            is_known = isinstance(number, int) and isinstance(place, int) and 0 <= place < len(fits)
            if is_known and fits[place]:
                yield number
        start = following


def _are_lists(*values: Value) -> bool:
    return all(isinstance(value, (list, tuple)) for value in values)


def _is_right(
    number: int, repairs: RepairSource, calls: Sequence[Call], targets: Sequence[Target], rtol: float
) -> bool:
    """Whether a version answers all calls as one right function does."""
    given = repairs.answers(number, [call.arguments for call in calls])
    return len(given) == len(calls) and any(
        all(alike(target(call), outcome_of(answer), rtol) for call, answer in zip(calls, given, strict=True))
        for target in targets
    )


def _is_between(number: int, repairs: RepairSource, calls: Sequence[Call], targets: Sequence[Target]) -> bool:
    """Whether a version's answers lie among those of the right functions, where these differ."""
    given = repairs.answers(number, [call.arguments for call in calls]) if calls else []
    return len(given) == len(calls) and all(
        _lies_between(answer.value, [target(call).value for target in targets])
        for call, answer in zip(calls, given, strict=True)
    )


def _holds_elsewhere(
    number: int, repairs: RepairSource, calls: Sequence[Call], targets: Sequence[Target]
) -> bool:
    """Whether a version is right for arguments that no check has drawn, rounding and rare exceptions aside.

    A threshold that no entry of the checks' arrays came near is not a repair.
    """
    given = repairs.answers(number, [call.arguments for call in calls]) if calls else []
    if len(given) != len(calls):
        return False
    wrong = sum(
        not any(alike(target(call), outcome_of(answer), ROUNDED) for target in targets)
        and not _lies_between(answer.value, [target(call).value for target in targets])
        for call, answer in zip(calls, given, strict=True)
    )
    return wrong <= MOST_WRONG * len(calls)


def _lies_between(value: Value, right: Sequence[Value]) -> bool:
    """Whether each number lies between the smallest and the largest right one; other values equal one."""
    if any(equal(each, value) for each in right):
        return True
    if isinstance(value, (list, tuple)) and to_array(value) is None:
        parts = [each for each in right if isinstance(each, (list, tuple)) and len(each) == len(value)]
        return bool(parts) and all(
            _lies_between(part, [each[i] for each in parts]) for i, part in enumerate(value)
        )
    array = to_array(value)
    others = [each for each in map(to_array, right) if array is not None and each is not None]
    others = [each for each in others if array is not None and each.shape == array.shape]
    if array is None or not others:
        return False
    with np.errstate(all="ignore"):
        lowest, highest = np.minimum.reduce(others), np.maximum.reduce(others)
        room = MOST_RTOL * np.maximum(np.abs(lowest), np.abs(highest))
        return bool(np.all((array >= lowest - room) & (array <= highest + room)))


def _sentence(described: Value, source: StudentSource) -> tuple[str, str, int]:
    """The kind, the clause and the line in the cell. The words are ours; parts shown stand in the source."""
    types = tuple(map(type, described)) if isinstance(described, (list, tuple)) else ()
    if types != (str, int, str, str, int):
        return "", "", 0
    kind, line, part, other, places = described
    if not 1 <= line <= len(source.lines):
        return "", "", 0
    text = " ".join(source.text.split())
    shown = f"`{part}`" if part and part in text else "a part of it"
    template = SENTENCES.get(kind, "")
    words = kind.split("_")
    if words[0] == "swap" and len(words) == 3 and words[1] in SIDES and words[2] in BELONGS:
        template = "{part} " + SIDES[words[1]] + ", where " + BELONGS[words[2]]
        template = SWAPPED.get((words[1], words[2]), template)
    named = OTHERS.get(other) or (f"`{other}`" if other and other in text else "something else")
    if kind == "other_function":
        noun = NOUNS.get(other, "another function")
        template = "{part} is called where " + noun.rstrip(",") + " belongs"
    if other == part and kind in TO_ONE_OR_ZERO:
        template = "{part} stands where " + TO_ONE_OR_ZERO[kind] + " belongs"
    if not template:
        return "", "", 0
    clause = template.format(part=shown, other=named)
    proven = PROVEN if places == 1 else PROVEN_OF_MANY
    start = f"{clause[0].upper()}{clause[1:]}" if kind in ("line", "late") else f"In this line, {clause}"
    return kind, f"{start}. {proven}", source.line + line - 1
