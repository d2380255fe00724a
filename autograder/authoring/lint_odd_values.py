"""Proof with odd results: no check ends in an error, or passes, whatever wrong thing a function returns.

A function of the reference is replaced by one that answers every call oddly, and every check that calls it is
run. This happens in the linting process: what a function returns reaches a check as it does through the
sandbox, since both convert it by `frames.plain` and send it as a frame (a test compares the two). What a
process can do besides returning, a hang or an end, never reaches a check. So some thousands of runs take
seconds.

A check that passes whatever a function returns does not judge it: the check of a gradient only remarks on a
wrong forward function. Each function needs a hidden check that does.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.authoring.lint_files import Fault
from autograder.authoring.odd_values import ACCEPTED, ODD_VALUES, OddValue
from autograder.checks.calls import Answer, Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.definition import Check, Materials
from autograder.checks.values import Value, bytes_of, fingerprint
from autograder.course.assignment import Assignment
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.jupyter.local import PUBLIC_SEED
from autograder.report import CheckResult, Status
from autograder.sandbox import frames
from autograder.yaml_source import source_location

__all__ = ["FramedBackend", "OddValueProof"]

MOST = 4 * 1024**2  # bytes of an answer, beside four times those of the arguments; as in a session


class FramedBackend(NotebookBackend):
    """Functions in this process; what they return goes through a frame, as from the sandbox."""

    def _call(self, name: str, target: Any, arguments: tuple[Value, ...]) -> Answer:
        answer = super()._call(name, target, arguments)
        if answer.kind != "value":
            return answer
        packer = frames.Packer()
        try:
            spec = packer.text(answer.value)
            if (
                packer.size > MOST + 4 * bytes_of(list(arguments))
                or len(spec) > frames.MOST_HEADER - 64 * 1024
            ):
                raise frames.FrameError("far more than was asked for")
            frames.Unpacker(b"".join(packer.buffers)).value(json.loads(spec))
        except frames.FrameError as problem:
            return Answer("unusable", text=str(problem))
        return answer


class _Recorder(ReferenceBackend):
    """The reference's functions; notes which of them return something for odd values to stand for."""

    def __init__(self, namespace: Any) -> None:
        super().__init__(namespace)
        self.called: set[str] = set()

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        answers = super().answer(function, calls, cpu_seconds, lend)
        if any(answer.kind == "value" for answer in answers):
            self.called.add(function)
        return answers


class OddValueProof:
    """Puts odd results to the checks of one assignment, function by function."""

    def __init__(
        self, assignment: Assignment, materials: Materials | None = None, seed: int = PUBLIC_SEED
    ) -> None:
        """Training is left out where there are no `materials`."""
        self._assignment, self._materials, self._seed = assignment, materials, seed
        self._reference = Functions(ReferenceBackend(assignment.reference), assignment.parameters)
        self._checks = [(check, True) for check in assignment.hidden_checks] + [
            (check, False) for check in assignment.public_checks
        ]
        self._called = {id(check): self._functions_of(check, hidden) for check, hidden in self._checks}
        self._right: dict[bytes, Value] = {}

    def faults(
        self,
        function: str,
        values: Sequence[OddValue] = ODD_VALUES,
        accepted: Sequence[OddValue] = ACCEPTED,
    ) -> Iterator[Fault]:
        """What is wrong with the checks that call a function, where it answers oddly."""
        self._right.clear()
        judged = False
        for check, hidden in self._checks:
            if function not in self._called[id(check)]:
                continue
            if is_convergence(check.body):
                yield from self._faults_in_training(check, function, values)
                continue
            faults, judges = self._faults_in_check(check, hidden, function, values)
            judged |= judges and hidden
            yield from faults
            if judges:
                yield from self._unfair(check, hidden, function, accepted)
        if not judged:
            place = source_location(self._assignment.reference[function])
            yield Fault(place, f"no hidden check fails where {function} returns odd values.")

    def fault_of(self, check: Check) -> str:
        """The first thing that is wrong with a check where a function answers oddly; "" for nothing."""
        hidden = next(hidden for each, hidden in self._checks if each is check)
        for function in sorted(self._called[id(check)]):
            self._right.clear()
            faults, _ = self._faults_in_check(check, hidden, function, ODD_VALUES)
            if faults:
                return faults[0].message
        return ""

    def _faults_in_check(
        self, check: Check, hidden: bool, function: str, values: Sequence[OddValue]
    ) -> tuple[list[Fault], bool]:
        """Errors and passes of one check, and whether it judges the function."""
        place, faults, passed, failed = source_location(check.body), [], [], False
        for value in values:
            result = self._result(check, hidden, function, value)
            what = f"where {function} returns {value.name}"
            if result.status is Status.ERROR:
                faults.append(Fault(place, f"{check.id} ends in an error {what}: {_last_line(result)}"))
            elif result.status is not Status.PASSED:
                failed = True
            elif not value.may_pass:
                passed.append(Fault(place, f"{check.id} passes {what}."))
        return faults + passed * failed, failed

    def _faults_in_training(self, check: Check, function: str, values: Sequence[OddValue]) -> Iterator[Fault]:
        """Errors alone: a network can learn with a slightly wrong piece, so long runs would prove no more."""
        for value in values if self._materials is not None else ():
            if not value.needs_right and not value.may_pass:
                result = self._result(check, True, function, value)
                if result.status is Status.ERROR:
                    message = f"{check.id} ends in an error where {function} returns {value.name}"
                    yield Fault(source_location(check.body), f"{message}: {_last_line(result)}")

    def _unfair(
        self, check: Check, hidden: bool, function: str, accepted: Sequence[OddValue]
    ) -> Iterator[Fault]:
        """Right numbers that do not pass, though they are wrapped as the course allows."""
        for value in accepted:
            result = self._result(check, hidden, function, value)
            if result.status is not Status.PASSED:
                yield Fault(
                    source_location(check.body),
                    f"{check.id} does not pass where {function} returns the right numbers {value.name}: "
                    f"{result.message or _last_line(result)}",
                )

    def _functions_of(self, check: Check, hidden: bool) -> set[str]:
        """The functions whose values a check looks at; those that it wants to raise alone are none."""
        if is_convergence(check.body):
            task = next(task for task in self._assignment.file.tasks if task.id == check.task)
            return set(task.functions)
        recorder = _Recorder(self._assignment.reference)
        student = Functions(recorder, self._assignment.parameters)
        evaluate(check, student, self._reference if hidden else None, self._seed)
        return recorder.called

    def _result(self, check: Check, hidden: bool, function: str, value: OddValue) -> CheckResult:
        def answer(*arguments: Value) -> Value:
            return value.make(lambda: self._right_value(function, arguments), arguments)

        student = Functions(
            FramedBackend({**self._assignment.reference, function: answer}), self._assignment.parameters
        )
        reference = self._reference if hidden else None
        return evaluate(check, student, reference, self._seed, (), self._materials if hidden else None)

    def _right_value(self, function: str, arguments: tuple[Value, ...]) -> Value:
        """What the reference returns; asked once for all odd values of a function."""
        try:
            key = fingerprint(arguments)
        except TypeError:  # a callable among them
            return _listed(self._assignment.reference[function](*arguments))
        if key not in self._right:
            self._right[key] = _listed(self._assignment.reference[function](*copy.deepcopy(arguments)))
        return copy.deepcopy(self._right[key])


def _listed(value: Value) -> Value:
    return list(value) if hasattr(value, "__next__") else value


def _last_line(result: CheckResult) -> str:
    return (result.evidence.trace.strip().splitlines() or [""])[-1]
