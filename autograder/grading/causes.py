"""Causes: the known mistake that explains every answer of one function.

A known mistake is *named* where it answers every call as the submission does and at least two calls tell it
from each of its neighbours: the reference, and the other known mistakes of the function. It is a "looks
like" where it agrees on every call that tells it from a neighbour, but the rest is too thin to be sure.
Otherwise nothing is told. `diagnosis` tells causes to students.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from autograder.checks.calls import Answer, Call, Functions, quiet
from autograder.checks.values import Value, bytes_of, fingerprint, to_array
from autograder.checks.variants import Variant
from autograder.grading.backends import copied, same
from autograder.sandbox import frames

__all__ = [
    "ABNORMAL",
    "LEAST_TELLING",
    "Answers",
    "Cause",
    "CauseKind",
    "Outcome",
    "known_cause",
    "outcome_of",
]

ABNORMAL = ("timeout", "memory", "crashed")  # no known mistake ends like this
LEAST_TELLING = 2  # calls that have to tell a named mistake from each of its neighbours
MOST_REMEMBERED = 32 * 1024**2  # bytes of the answers of a function's mistakes

#: "" where nothing is told. An idiom is a habit of Python or NumPy; a pattern is what the numbers show.
CauseKind = Literal["", "named", "looks like", "idiom", "pattern"]


@dataclass(frozen=True)
class Cause:
    """What is told for one function, and what it rests on."""

    function: str
    kind: CauseKind = ""
    name: str = ""  # of the known mistake, the idiom or the pattern
    sentence: str = ""  # for the student
    agrees: int = 0  # calls that the cause answers as the submission does
    calls: int = 0  # calls that were compared
    telling: int = 0  # calls that tell it from the neighbour that is hardest to tell apart
    place: str = ""  # in the student's own code, such as `cell 3, line 5: if x > 0:`

    @property
    def label(self) -> str:
        """The function and the cause, such as `relu_backward: no_mask`."""
        return f"{self.function}: {self.name}"


class Outcome(NamedTuple):
    """How a function answered a call, as far as it can be compared."""

    kind: str
    value: Value = None
    changed: tuple[int, ...] = ()  # positions of the arguments that were modified in place
    text: str = ""  # of an exception: its type, and for a submission its message too


def outcome_of(answer: Answer) -> Outcome:
    """The outcome of a submission's call."""
    return Outcome(answer.kind, answer.value, answer.changed, answer.text)


def run_trusted(function: Callable[..., Any], arguments: tuple[Value, ...]) -> Outcome:
    """How one of the course's own functions answers a call."""
    copies = copied(arguments)
    try:
        with quiet():
            value, _ = frames.plain(function(*copies))
    except NotImplementedError:
        return Outcome("missing")
    except frames.FrameError:
        return Outcome("unusable")
    except Exception as problem:
        return Outcome("raised", text=type(problem).__name__)
    changed = tuple(i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not same(a, b))
    return Outcome("value", value, changed)


class Answers:
    """The answers of the reference and of known mistakes, each worked out once per call and run."""

    def __init__(self, reference: Functions) -> None:
        self._reference = reference
        self._kept: dict[tuple[str, str, bytes], Outcome] = {}
        self._left = MOST_REMEMBERED

    def right(self, call: Call) -> Outcome:
        """How the reference answers; kind "raised" for arguments that it cannot take."""
        backend, name = self._reference.context_.backend, call.function
        return self._answer(
            ("", name), lambda *arguments: backend.answer(name, [arguments], 60.0)[0].value, call.arguments
        )

    def of(self, variant: Variant, call: Call) -> Outcome:
        """How a known mistake answers."""
        return self._answer((variant.name, variant.function), variant.body, call.arguments)

    def _answer(
        self, who: tuple[str, str], function: Callable[..., Any], arguments: tuple[Value, ...]
    ) -> Outcome:
        try:
            key = (*who, fingerprint(arguments))
        except TypeError:  # a callable among them
            return run_trusted(function, arguments)
        if key in self._kept:
            return self._kept[key]
        outcome = run_trusted(function, arguments)
        size = bytes_of(outcome.value) + 200
        if size <= self._left:
            self._left -= size
            self._kept[key] = outcome
        return outcome


def alike(expected: Outcome, outcome: Outcome) -> bool:
    """Whether two outcomes are the same answer, rounding aside; the first one is of a trusted function."""
    if expected.kind != outcome.kind:
        return False
    if expected.kind == "raised":
        return outcome.text.startswith(expected.text)
    return expected.changed == outcome.changed and equal(expected.value, outcome.value)


def equal(left: Value, right: Value) -> bool:
    """Equal as answers: a NaN agrees with a NaN, up to rounding."""
    left_array, right_array = to_array(left), to_array(right)
    if left_array is not None and right_array is not None:
        return left_array.shape == right_array.shape and bool(
            np.allclose(left_array, right_array, rtol=1e-6, atol=1e-12, equal_nan=True)
        )
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(equal, left, right))
    return left_array is None and right_array is None and left == right


def known_cause(function: str, calls: Sequence[Call], answers: Answers, mistakes: Sequence[Variant]) -> Cause:
    """The known mistake that explains a function's answers to these calls; kind "" where none does.

    `calls` are all calls of the function that the task's checks made. A mistake whose answers depend on
    earlier calls is never told.
    """
    known = [each for each in mistakes if each.function == function and not each.stateful]
    calls = [call for call in calls if call.function == function and call.arguments]
    if not calls or any(call.answer.kind in ABNORMAL for call in calls):
        return Cause(function)
    outcomes = [outcome_of(call.answer) for call in calls]
    nothing = Cause(function, calls=len(calls))
    if all(alike(answers.right(call), outcome) for call, outcome in zip(calls, outcomes, strict=True)):
        return nothing
    likely = nothing
    for mistake in known:
        cause = _weighed(mistake, calls, outcomes, answers, known)
        if cause.kind == "named":
            return cause
        if cause.kind and not likely.kind:
            likely = cause
    return likely


def _weighed(
    mistake: Variant,
    calls: Sequence[Call],
    outcomes: Sequence[Outcome],
    answers: Answers,
    known: Sequence[Variant],
) -> Cause:
    """How sure it is that a submission made this mistake."""
    nothing = Cause(mistake.function)
    neighbours: list[Callable[[Call], Outcome]] = [answers.right]
    neighbours += [
        lambda call, other=other: answers.of(other, call)  # type: ignore[misc]  # the default binds it here
        for other in known
        if other.feedback != mistake.feedback
    ]
    agrees, deviations = 0, 0
    for call, outcome in zip(calls, outcomes, strict=True):
        mistaken = answers.of(mistake, call)
        if alike(mistaken, outcome):
            agrees += 1
        elif any(not alike(mistaken, neighbour(call)) for neighbour in neighbours):
            return nothing  # a call that could tell says no
        else:
            deviations += 1
    telling = min(
        sum(not alike(answers.of(mistake, call), neighbour(call)) for call in calls)
        for neighbour in neighbours
    )
    if not agrees or not any(not alike(answers.of(mistake, call), answers.right(call)) for call in calls):
        return nothing
    sure = not deviations and telling >= LEAST_TELLING
    return replace(
        nothing,
        kind="named" if sure else "looks like",
        name=mistake.name,
        sentence=mistake.feedback,
        agrees=agrees,
        calls=len(calls),
        telling=telling,
    )
