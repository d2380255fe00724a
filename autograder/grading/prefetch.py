"""Prefetching: the calls of the checks are known before they are made, and are sent in one frame.

A run's inputs are the same for all its submissions, so running the checks once with the reference records
the calls they make. A submission's first call of a function prefetches all the others in one frame, which
costs three times as much as a call. Only returned values are kept; a call that brought no value is made
again when a check makes it, alone and with its own time, so no call is judged by others. An answer serves
one call: a function that is called twice with the same arguments is called twice, prefetched or not. The
grader wraps each submission's session in a `PrefetchingBackend`. The diagnosis asks for the answers to all
recorded calls, those too that a failed check did not come to.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from autograder.checks.calls import Answer, Call, Functions
from autograder.checks.canonical_forms import AskedFunction
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Check
from autograder.checks.values import Value, bytes_of, copy_of, fingerprint
from autograder.grading.backends import ReferenceBackend, copied
from autograder.grading.evaluation import trace_with_reference
from autograder.sandbox.session import CallBatch, Session

__all__ = ["PrefetchingBackend", "RecordedCalls", "answer_recorded", "record_calls", "with_recorders"]

LARGEST = 64 * 1024  # bytes of arguments that are prefetched at once
MOST_KEPT = 16 * LARGEST  # bytes of a function's answers
MOST_RECORDED, MOST_CALLS = 4 * 1024**2, 400  # bytes of arguments and calls of a function that are recorded
DIAGNOSIS_WORK = 1_500_000  # of the reference, about a second: more calls than that are not asked for
MOST_EXCEPTIONS = 50  # calls without a value after which no more are made for the diagnosis
SECONDS, TIMES = 0.5, 10.0  # processor time of a prefetch: at least, and as a multiple of the reference's
# The same for the diagnosis: thousands of call-backs take a second on a busy machine, and a cause that is
# told on one machine has to be told on another. Only what hangs comes near it.
DIAGNOSIS_SECONDS = 6.0

Calls = list[tuple[bytes, tuple[Value, ...]]]  # fingerprint and arguments, in the order of the calls


@dataclass
class RecordedCalls:
    """The calls that the checks make of a correct submission, by function."""

    prefetched: dict[str, Calls] = field(default_factory=dict)
    #: The arguments of all calls of each task, those with callables too: {task: {function: [arguments]}}.
    of_task: dict[str, dict[str, list[tuple[Value, ...]]]] = field(default_factory=dict)


class _Recorder:
    """A backend that answers as the reference does and records the calls."""

    def __init__(self, reference: ReferenceBackend) -> None:
        self._reference = reference
        self.task = ""
        self.calls = RecordedCalls()
        self._bytes: dict[str, int] = {}
        self._recorded_bytes: dict[tuple[str, str], int] = {}

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        for arguments in calls:
            self._record_of_task(function, arguments)
        if len(calls) == 1:  # several calls at once are in one frame anyway
            self._record(function, calls[0])
        return self._reference.answer(function, calls, cpu_seconds, lend)

    def answer_in_fresh_process(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float
    ) -> list[Answer]:
        return self._reference.answer(function, calls, cpu_seconds)  # not one that can be prefetched

    def _record(self, function: str, arguments: tuple[Value, ...]) -> None:
        size = sum(argument.nbytes for argument in arguments if isinstance(argument, np.ndarray))
        if self._bytes.get(function, 0) + size > LARGEST:
            return
        try:
            key = fingerprint(arguments)
        except TypeError:  # a callable among them: its own calls depend on the submission
            return
        self._bytes[function] = self._bytes.get(function, 0) + size
        self.calls.prefetched.setdefault(function, []).append((key, copy_of(arguments)))

    def _record_of_task(self, function: str, arguments: tuple[Value, ...]) -> None:
        recorded = self.calls.of_task.setdefault(self.task, {}).setdefault(function, [])
        size = bytes_of(arguments) + self._recorded_bytes.get((self.task, function), 0)
        if size <= MOST_RECORDED and len(recorded) < MOST_CALLS:
            self._recorded_bytes[self.task, function] = size
            recorded.append(copied(arguments))


def answer_recorded(
    session: Session, function: str, recorded: Sequence[tuple[Value, ...]], reference: ReferenceBackend
) -> list[Call]:
    """A submission's answers to recorded calls, for the diagnosis; those that it had no time for are missing.

    That costs the submission nothing. How many calls are asked for follows from the reference's work.
    """
    most = min(MOST_CALLS, max(1, DIAGNOSIS_WORK // max(1, reference.usual_work(function))))
    reference_seconds = reference.slowest.get(function, 0.0)
    left, calls = list(map(with_recorders, recorded[:most])), []
    for _ in range(MOST_EXCEPTIONS):
        if not left:
            break
        seconds = max(DIAGNOSIS_SECONDS, TIMES * len(left) * reference_seconds)
        answers = session.prefetch(function, left, seconds)
        brought = next((i + 1 for i, each in enumerate(answers) if each.kind != "value"), len(answers))
        if not brought:
            break
        calls += [Call(function, *pair) for pair in zip(left[:brought], answers, strict=False)]
        left = left[brought:]
    return calls


def with_recorders(arguments: tuple[Value, ...]) -> tuple[Value, ...]:
    """The arguments, callables as such that keep what they are asked for."""
    return tuple(AskedFunction(each) if callable(each) else each for each in arguments)


def record_calls(
    checks: Iterable[Check],
    backend: ReferenceBackend,
    reference: Functions,
    seed: int,
) -> RecordedCalls:
    """The calls that the checks make of a correct submission, training left out.

    `backend` and `reference` are the reference's; the latter remembers which checks run through with it.
    """
    recorder = _Recorder(backend)
    for check in checks:
        if is_convergence(check.body):
            continue
        recorder.task = check.task
        trace_with_reference(check, Functions(recorder, reference.context_.parameters), reference, seed)
    return recorder.calls


class PrefetchingBackend:
    """A session whose calls are prefetched; a backend like the session itself."""

    def __init__(
        self, session: Session, recorded: RecordedCalls, reference_seconds: Callable[[str], float]
    ) -> None:
        self._session, self._recorded = session, recorded.prefetched
        self._reference_seconds = reference_seconds
        self._keys = {function: {key for key, _ in calls} for function, calls in self._recorded.items()}
        self._answers: defaultdict[tuple[str, bytes], deque[Answer]] = defaultdict(deque)
        self._prefetched: set[str] = set()

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """The prefetched answer, or else the session's."""
        expected = self._recorded.get(function)
        if lend or expected is None or len(calls) != 1:
            return self._session.answer(function, calls, cpu_seconds, lend)
        try:
            key = fingerprint(calls[0])
        except TypeError:
            return self._session.answer(function, calls, cpu_seconds, lend)
        if key in self._keys[function] and len(expected) > 1 and function not in self._prefetched:
            self._prefetch(function, expected)
        if prefetched := self._answers.get((function, key)):
            return [prefetched.popleft()]
        return self._session.answer(function, calls, cpu_seconds, lend)

    def answer_in_fresh_process(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float
    ) -> list[Answer]:
        """The session's answers from a fresh child; nothing that was prefetched serves here."""
        return self._session.answer_in_fresh_process(function, calls, cpu_seconds)

    def batch(self) -> CallBatch | None:
        """A batch of calls, as the session makes them; training is not prefetched."""
        return self._session.batch()

    def _prefetch(self, function: str, expected: Calls) -> None:
        self._prefetched.add(function)
        seconds = max(SECONDS, TIMES * len(expected) * self._reference_seconds(function))
        answers = self._session.prefetch(function, [arguments for _, arguments in expected], seconds)
        left = MOST_KEPT
        for (key, _), answer in zip(expected, answers, strict=False):  # fewer where one ended the child
            left -= bytes_of(answer.value)
            if answer.kind != "value" or left < 0:
                return
            self._answers[function, key].append(answer)
