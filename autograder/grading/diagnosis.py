"""Diagnosis: from the failures of a task to what students are told, function by function.

A cause is worked out from all calls of a function that the task's checks made: a known mistake that explains
them, an idiom of Python or NumPy, or a pattern of the numbers. A check that failed gets the cause of the
function that is wrong in its own calls, or else what the check itself says. `evaluation` asks for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.checks.calls import Call
from autograder.checks.failures import Failure, NotWritten, Raised, WrongShape, WrongValue
from autograder.checks.values import Array
from autograder.checks.variants import Variant
from autograder.grading.causes import Answers, Cause, alike, known_cause, outcome_of
from autograder.grading.idioms import PRECISE, idiom_cause
from autograder.grading.near_misses import NearMisses, near_miss_cause
from autograder.grading.patterns import WEAK, Signature, pattern_cause
from autograder.grading.repairs import RepairSource, repair_cause
from autograder.grading.student_source import StudentSource

__all__ = ["Diagnosis", "TaskEvidence", "find_cause", "signature_of"]


NOTHING = Cause("")


@dataclass(frozen=True)
class Diagnosis:
    """What to tell the student about one failure."""

    hint: str = ""
    cause: Cause = NOTHING

    @property
    def mistake(self) -> str:
        """The proven known mistake as `function: name`; "" for anything less."""
        return self.cause.label if self.cause.kind == "named" else ""


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
    repairs: Callable[[], RepairSource | None] = lambda: None,
) -> Cause:
    """What is told for one function: a known mistake, idiom, repair, pattern or near miss; "" for nothing.

    `calls` are all calls of the function that the checks of its task make, with the submission's answers.
    """
    known = known_cause(function, calls, answers, mistakes)
    idiom = idiom_cause(function, calls, answers, signature, source)
    if known.kind == "named" and idiom.name not in PRECISE:
        return known.at(idiom.place)
    if idiom.kind:
        return idiom
    if known.kind:
        return known
    repair = repair_cause(function, calls, answers, source, repairs())
    if repair.kind or function in answers.canonical_forms:
        return repair  # where many answers are right, patterns beside one of them show nothing
    pattern = pattern_cause(function, calls, answers, signature)
    if pattern.kind or near_misses is None:
        return pattern
    return near_miss_cause(function, calls, answers, near_misses, source)


@dataclass
class TaskEvidence:
    """All calls that the checks of one task made, and the causes found in them."""

    answers: Answers | None  # None for public checks, which know no reference
    mistakes: Sequence[Variant] = ()
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    sources: Mapping[str, StudentSource] = field(default_factory=dict)
    near_misses: NearMisses | None = None
    #: More calls of a function, with their answers, which no check came to.
    more_calls: Callable[[str, Sequence[Call]], Sequence[Call]] = lambda function, calls: ()
    #: Versions of a function with one change, where they can be made.
    repairs: Callable[[str], RepairSource | None] = lambda function: None
    calls: list[Call] = field(default_factory=list)
    _causes: dict[str, Cause] = field(default_factory=dict)

    def diagnose(self, failure: Failure, calls: Sequence[Call]) -> Diagnosis:
        """Explain a failure; `calls` are those of its check, which are among the task's."""
        if isinstance(failure, NotWritten):
            return Diagnosis(failure.hint)
        for function in self._wrong_functions(failure, calls):
            cause = self.cause_of(function)
            if cause.kind and not (cause.name in WEAK and failure.hint):
                return Diagnosis(cause.sentence, cause)
        if failure.hint:
            return Diagnosis(failure.hint)
        if isinstance(failure, WrongShape):
            return Diagnosis(_shape_hint(failure.got, failure.expected))
        if isinstance(failure, WrongValue) and self.answers is None:
            return Diagnosis(next(_hints_of_one_value(failure), ""))
        return Diagnosis()

    def cause_of(self, function: str) -> Cause:
        """What is told for a function, worked out once."""
        if function not in self._causes:
            made = [call for call in self.calls if call.function == function]
            if self.answers is None:
                self._causes[function] = idiom_cause(
                    function, made, None, self._signature(function), self.sources.get(function)
                )
            else:
                self._causes[function] = find_cause(
                    function,
                    [*made, *self.more_calls(function, made)],
                    self.answers,
                    self.mistakes,
                    self._signature(function),
                    self.sources.get(function),
                    self.near_misses,
                    lambda: self.repairs(function),
                )
        return self._causes[function]

    def _signature(self, function: str) -> Signature:
        return self.signatures.get(function, Signature())

    def _wrong_functions(self, failure: Failure, calls: Sequence[Call]) -> list[str]:
        """The functions that answered wrongly in a check: first the one that its failure is about."""
        wrong = list(dict.fromkeys(call.function for call in reversed(calls) if self._is_wrong(call)))
        about = failure.evidence.call.split("(")[0]
        if not calls and isinstance(failure, Raised):
            wrong = [about]  # training, whose calls are not kept: an exception is the same everywhere
        return sorted(wrong, key=lambda function: function != about)

    def _is_wrong(self, call: Call) -> bool:
        if call.answer.kind != "value" or any(name.startswith("float") for name in call.answer.dtypes):
            return True
        if self.answers is None:
            return True  # nobody knows; the last call is asked about first
        if not call.is_whole:
            return False
        right = self.answers.right(call)
        return right.kind == "value" and not alike(right, outcome_of(call.answer))


def _shape_hint(got: Array, expected: Array) -> str:
    if got.shape == expected.shape[::-1] and got.ndim > 1:
        return "The shape is the transposed one: rows and columns have changed places."
    if expected.ndim == 0 and got.ndim:
        return "One number is asked for: combine the entries, by a mean or a sum as the text says."
    if got.ndim > expected.ndim and got.shape[got.ndim - expected.ndim :] == expected.shape:
        return "The result still has the axes of the batch; its shape should be the parameter's."
    if expected.ndim and got.ndim == 0:
        return "Everything was added up to one number; keep the axes that the shape above shows."
    return ""


def _hints_of_one_value(failure: WrongValue) -> Iterator[str]:
    """What one wrong value of a public check shows: there is no reference to ask for more."""
    got, expected = failure.got, failure.expected
    if not got.any() and expected.any() and expected.size > 1:
        yield "Every entry is 0 here: is the result ever filled in?"
    if got.ndim == 2 and got.shape[0] == got.shape[1] and np.allclose(got.T, expected, rtol=1e-6):
        yield "It looks transposed: rows and columns have changed places."
    if expected.size > 1 and expected.any() and np.allclose(got, -expected, rtol=1e-6):
        yield "Every entry has the wrong sign here."
