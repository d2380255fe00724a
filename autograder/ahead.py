"""Calls made ahead: what the checks will ask for is known before they ask.

A run's inputs are the same for all its submissions, so a rehearsal with the reference shows which calls
the checks make. A submission's first call of a function brings all the others along in one frame: a frame
costs three times as much as a call. Only what truly came back is kept; a call that brought no value is
made again when a check asks for it, alone and with its own time, so nothing is judged by its neighbours.
An answer serves one call: a function that is asked the same twice is called twice, ahead of time or not.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from autograder.backends import ReferenceBackend
from autograder.calls import Answer, Functions
from autograder.checks import Check
from autograder.convergence import is_convergence
from autograder.fingerprint import fingerprint
from autograder.sandbox.session import Session
from autograder.values import Value

__all__ = ["Ahead", "Script", "rehearse"]

LARGEST = 64 * 1024  # bytes of arguments that are sent ahead at once
SECONDS, TIMES = 0.5, 10.0  # processor time that calls ahead get, at least, and in those of the reference

Calls = list[tuple[bytes, tuple[Value, ...]]]  # fingerprint and arguments, in the order of asking
Script = dict[str, Calls]


class _Recorder:
    """A backend that answers as the reference does and writes down what it was asked."""

    def __init__(self, reference: ReferenceBackend) -> None:
        self._reference = reference
        self.script: Script = {}
        self._bytes: dict[str, int] = {}

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        if len(calls) == 1:  # several in one go are in one frame anyway
            self._note(function, calls[0])
        return self._reference.answer(function, calls, cpu_seconds, lend)

    def _note(self, function: str, arguments: tuple[Value, ...]) -> None:
        size = sum(one.nbytes for one in arguments if isinstance(one, np.ndarray))
        if self._bytes.get(function, 0) + size > LARGEST:
            return
        try:
            key = fingerprint(arguments)
        except TypeError:  # a callable among them: what it is asked depends on the submission
            return
        self._bytes[function] = self._bytes.get(function, 0) + size
        self.script.setdefault(function, []).append((key, arguments))


def rehearse(
    checks: Iterable[Check],
    backend: ReferenceBackend,
    parameters: Mapping[str, tuple[str, ...]],
    seed: int,
) -> Script:
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


class Ahead:
    """A session that has calls made ahead; a backend like the session itself."""

    def __init__(self, session: Session, script: Script, reference_seconds: Callable[[str], float]) -> None:
        self._session, self._script = session, script
        self._reference_seconds = reference_seconds
        self._keys = {function: {key for key, _ in calls} for function, calls in script.items()}
        self._answers: defaultdict[tuple[str, bytes], deque[Answer]] = defaultdict(deque)
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
        if key in self._keys[function] and len(expected) > 1 and function not in self._asked:
            self._ask(function, expected)
        if ready := self._answers.get((function, key)):
            return [ready.popleft()]
        return self._session.answer(function, calls, cpu_seconds, lend)

    def _ask(self, function: str, expected: Calls) -> None:
        self._asked.add(function)
        seconds = max(SECONDS, TIMES * len(expected) * self._reference_seconds(function))
        answers = self._session.ahead(function, [arguments for _, arguments in expected], seconds)
        for (key, _), answer in zip(expected, answers, strict=False):  # fewer where one ended the child
            if answer.kind != "value":
                return
            self._answers[function, key].append(answer)
