"""Calls made ahead: what the checks will ask for is known before they ask.

A run's inputs are the same for all its submissions, so a rehearsal with the reference shows which calls
the checks make. A submission's first call of a function brings all the others along in one frame: a frame
costs three times as much as a call. Only what truly came back is kept; a call that brought no value is
made again when a check asks for it, alone and with its own time, so nothing is judged by its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from autograder.checks.calls import Answer, Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Check
from autograder.checks.values import Value, bytes_of, fingerprint
from autograder.grading.backends import ReferenceBackend
from autograder.sandbox.session import Session

__all__ = ["PrefetchingBackend", "RecordedCalls", "record_calls"]

LARGEST = 64 * 1024  # bytes of arguments that are sent ahead at once
MOST_KEPT = 16 * LARGEST  # bytes of a function's answers
SECONDS, TIMES = 0.5, 10.0  # processor time that calls ahead get, at least, and in those of the reference

Calls = dict[bytes, tuple[Value, ...]]  # by fingerprint, in the order of asking

RecordedCalls = dict[str, Calls]


class _Recorder:
    """A backend that answers as the reference does and writes down what it was asked."""

    def __init__(self, reference: ReferenceBackend) -> None:
        self._reference = reference
        self.script: RecordedCalls = {}
        self._bytes: dict[str, int] = {}

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        for arguments in calls:
            self._note(function, arguments)
        return self._reference.answer(function, calls, cpu_seconds, lend)

    def answer_in_fresh_process(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float
    ) -> list[Answer]:
        return self._reference.answer(function, calls, cpu_seconds)  # not one that can be made ahead

    def _note(self, function: str, arguments: tuple[Value, ...]) -> None:
        size = sum(one.nbytes for one in arguments if isinstance(one, np.ndarray))
        if self._bytes.get(function, 0) + size > LARGEST:
            return
        try:
            key = fingerprint(arguments)
        except TypeError:  # a callable among them: what it is asked depends on the submission
            return
        self._bytes[function] = self._bytes.get(function, 0) + size
        self.script.setdefault(function, {})[key] = arguments


def record_calls(
    checks: Iterable[Check],
    backend: ReferenceBackend,
    parameters: Mapping[str, tuple[str, ...]],
    seed: int,
) -> RecordedCalls:
    """The calls that the checks make of a right submission, training left out."""
    recorder = _Recorder(backend)
    for check in checks:
        if is_convergence(check.body):
            continue
        student = Functions(recorder, parameters)
        try:
            with np.errstate(all="ignore"):
                check.run(student, Functions(backend, parameters), seed)
        except Exception:  # a broken check is found when it counts
            continue
    return recorder.script


class PrefetchingBackend:
    """A session that has calls made ahead; a backend like the session itself."""

    def __init__(
        self, session: Session, script: RecordedCalls, reference_seconds: Callable[[str], float]
    ) -> None:
        self._session, self._script = session, script
        self._reference_seconds = reference_seconds
        self._answers: dict[tuple[str, bytes], Answer] = {}
        self._asked: set[str] = set()

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """Answers that are here already, or else the session's."""
        expected = self._script.get(function)
        if lend or expected is None or len(calls) != 1:
            return self._session.answer(function, calls, cpu_seconds, lend)
        try:
            key = fingerprint(calls[0])
        except TypeError:
            return self._session.answer(function, calls, cpu_seconds, lend)
        if key in expected and len(expected) > 1 and function not in self._asked:
            self._ask(function, expected)
        known = self._answers.get((function, key))
        return [known] if known else self._session.answer(function, calls, cpu_seconds, lend)

    def answer_in_fresh_process(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float
    ) -> list[Answer]:
        """The session's answers from a fresh child; nothing that was asked ahead serves here."""
        return self._session.answer_in_fresh_process(function, calls, cpu_seconds)

    def _ask(self, function: str, expected: Calls) -> None:
        self._asked.add(function)
        seconds = max(SECONDS, TIMES * len(expected) * self._reference_seconds(function))
        answers = self._session.ahead(function, [*expected.values()], seconds)
        left = MOST_KEPT
        for key, answer in zip(expected, answers, strict=False):  # fewer where one ended the child
            left -= bytes_of(answer.value)
            if answer.kind != "value" or left < 0:
                return
            self._answers[function, key] = answer
