"""A probe: what students are told for a wrong function, asked in this process, without a sandbox or training.

For the course's own wrong functions only: known mistakes, mutants, and lists written to measure the feedback.
A function that loops for ever is not stopped here.
"""

from __future__ import annotations

import inspect
import io
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout

from autograder.checks.calls import Answer, Call, Functions
from autograder.checks.convergence_checks import is_convergence
from autograder.checks.values import Value, fingerprint
from autograder.checks.variants import Variant
from autograder.course.assignment import Assignment, input_generators
from autograder.grading.backends import NotebookBackend, ReferenceBackend
from autograder.grading.causes import LEAST_TELLING, Answers, Cause, alike, outcome_of
from autograder.grading.diagnosis import find_cause, signature_of
from autograder.grading.evaluation import evaluate
from autograder.grading.near_misses import load_near_misses
from autograder.grading.prefetch import record_calls, with_recorders
from autograder.grading.repairs import LocalRepairs
from autograder.grading.student_source import find_source

__all__ = ["CauseProbe"]


class CauseProbe:
    """Answers what is told for wrong functions of one assignment."""

    def __init__(self, assignment: Assignment, seed: int = 15) -> None:
        self.assignment, self.seed = assignment, seed
        backend = self._reference_backend = ReferenceBackend(assignment.reference)
        self._reference = Functions(backend, assignment.parameters)
        self._recorded = record_calls(assignment.hidden_checks, backend, self._reference, seed)
        self._near_misses = load_near_misses(assignment)
        self._answers = Answers(
            self._reference, assignment.alternatives, assignment.canonical_forms, input_generators(assignment)
        )

    def told_cause(self, function: str, source: str, *, repairs: bool = True) -> Cause:
        """What is told for a function's source; the other functions of the assignment are right.

        `source` may hold helpers and imports beside the function. Kind "" where nothing is told. Without
        `repairs` no version of the function is run, as for functions that take too long for that.
        """
        backend = self._backend(function, source)
        calls = [*self.checked_calls(function, backend), *self._recorded_calls(function, backend)]
        return find_cause(
            function,
            calls,
            self._answers,
            self.assignment.mistakes,
            signature_of(self.assignment.reference[function]),
            find_source([(1, source)], function),
            self._near_misses,
            lambda: self._repairs(function, source, backend) if repairs else None,
        )

    def why_not_named(self, mistake: Variant, source: str) -> str:
        """Why a submission with a known mistake is not told its name; "" where nothing here shows it.

        `source` is the mistake with the helpers of its file. Nothing is shown of functions that are compared
        in a canonical form.
        """
        if mistake.function in self.assignment.canonical_forms:
            return ""
        backend = self._backend(mistake.function, source)
        checked = self.checked_calls(mistake.function, backend)
        calls = _each_once([*checked, *self._recorded_calls(mistake.function, backend)])
        outcomes = [self._answers.of(mistake, call) for call in calls]
        for call, outcome in zip(calls, outcomes, strict=True):
            if outcome.kind == "raised" and not alike(outcome, outcome_of(call.answer)):
                return f"it raises {outcome.text} in its own file: import or define there what it uses"
        if not all(alike(o, outcome_of(call.answer)) for o, call in zip(outcomes, calls, strict=True)):
            return "it answers the same call differently again: add stateful=True if it keeps something"
        neighbours = {"the right answer": [self._answers.right(call) for call in calls]} | {
            f"mistake {other.name}": [self._answers.of(other, call) for call in calls]
            for other in self.assignment.mistakes
            if other.function == mistake.function and other.feedback != mistake.feedback
        }
        for name, answers in neighbours.items():
            telling = sum(not alike(a, b) for a, b in zip(answers, outcomes, strict=True))
            if telling < LEAST_TELLING:
                return (
                    f"{telling} of {len(calls)} calls that the checks make of {mistake.function} "
                    f"{'tells' if telling == 1 else 'tell'} it from {name}, and {LEAST_TELLING} have to: "
                    "add inputs on which they differ"
                )
        return ""

    def _backend(self, function: str, source: str) -> NotebookBackend:
        namespace, file = dict(self.assignment.reference), f"<{function}>"
        exec(compile(source, file, "exec", dont_inherit=True), namespace)
        return _SourceBackend(namespace, source, file)

    def checked_calls(self, function: str, backend: NotebookBackend) -> list[Call]:
        """The calls of a function that the checks of its task make."""
        student = Functions(backend, self._parameters(backend))
        calls: list[Call] = []
        for check in self.assignment.hidden_checks:
            if check.task == self.assignment.task_of(function) and not is_convergence(check.body):
                evaluate(check, student, self._reference, self.seed)
                calls += [call for call in student.context_.findings.calls if call.function == function]
        return calls

    def _recorded_calls(self, function: str, backend: NotebookBackend) -> list[Call]:
        task = self.assignment.task_of(function)
        recorded = [with_recorders(each) for each in self._recorded.of_task.get(task, {}).get(function, [])]
        answers: list[Answer] = [backend.answer(function, [arguments], 5.0)[0] for arguments in recorded]
        return [Call(function, *pair) for pair in zip(recorded, answers, strict=True)]

    def _repairs(self, function: str, source: str, backend: NotebookBackend) -> LocalRepairs | None:
        found = find_source([(1, source)], function)
        work = self._reference_backend.usual_work(function)
        return LocalRepairs(found.text, function, dict(backend.namespace), work) if found else None

    def _parameters(self, backend: NotebookBackend) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(inspect.signature(backend.namespace[name]).parameters)
            for name in self.assignment.functions
            if callable(backend.namespace.get(name))
        }


def _each_once(calls: Sequence[Call]) -> list[Call]:
    """The calls, of those with the same arguments only the first."""
    made: dict[object, Call] = {}
    for number, call in enumerate(calls):
        try:
            made.setdefault(fingerprint(call.arguments), call)
        except TypeError:  # a function among them
            made[number] = call
    return list(made.values())


class _SourceBackend(NotebookBackend):
    """A backend for a source without a file: it finds an exception's line in the text, and prints nothing."""

    def __init__(self, namespace: dict[str, object], source: str, file: str) -> None:
        super().__init__(namespace, self._own_line)
        self._lines, self._file = source.split("\n"), file

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """As in a notebook."""
        with redirect_stdout(io.StringIO()):
            return super().answer(function, calls, cpu_seconds, lend)

    def _own_line(self, problem: BaseException) -> str:
        steps = traceback.extract_tb(problem.__traceback__)
        number = next((step.lineno for step in reversed(steps) if step.filename == self._file), None)
        if number is None or number > len(self._lines):
            return ""
        return f"cell 1, line {number}: {self._lines[number - 1].strip()}"
