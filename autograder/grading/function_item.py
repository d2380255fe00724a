"""Function items of quizzes: one short function, graded by checks that are given as text.

A quiz question has no directory, no handout and no ledger; its solution and checks are part of a bank.
Everything else is as in an assignment: the function runs in the sandbox, the judge calls and compares.
`quizzes.content` grades answers and lints banks with it.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from autograder.checks.calls import Functions
from autograder.checks.comparisons import (
    assert_close,
    assert_float64_and_unmodified,
    assert_no_mutation,
    assert_same,
)
from autograder.checks.definition import Check
from autograder.checks.failures import fail, require
from autograder.checks.gradients import gradient_check
from autograder.checks.memory import limited_memory
from autograder.checks.values import as_sentence, exception_text
from autograder.checks.variants import Variant
from autograder.course.assignment import Limits
from autograder.environment import one_thread
from autograder.errors import ContentError, MachineError, SandboxError
from autograder.grading.backends import ReferenceBackend
from autograder.grading.causes import Answers
from autograder.grading.diagnosis import TaskEvidence, signature_of
from autograder.grading.evaluation import explain, run_check
from autograder.grading.grader import check_isolation
from autograder.grading.student_source import find_source
from autograder.report import CheckResult, Note
from autograder.sandbox.sandbox_process import SandboxProcess
from autograder.sandbox.session import Session

__all__ = ["FunctionTask", "FunctionTaskGrader", "FunctionTaskResult"]

LIMITS = Limits(memory_gb=1.0, call_seconds=2.0, restarts=2, most_seconds=60.0, sleep_seconds=20.0)
PREDEFINED = {  # what the checks of a function item need not import
    "np": np,
    **{
        function.__name__: function
        for function in (
            assert_close,
            assert_no_mutation,
            assert_float64_and_unmodified,
            assert_same,
            fail,
            gradient_check,
            require,
        )
    },
    # As version 0.1 called them: a published quiz keeps the text of its checks, and is graded by it later.
    "assert_leaves_inputs": assert_no_mutation,
    "assert_pure": assert_float64_and_unmodified,
}


@dataclass(frozen=True)
class FunctionTask:
    """A function to write: its name, the solution, and checks in Python.

    A function of `checks` whose first parameter is `student` is a check; its docstring is the line that the
    student reads. NumPy is predefined as `np`, for the checks also the engine's comparisons.
    """

    name: str  # for messages
    function: str
    reference: str
    checks: str
    mistakes: tuple[tuple[str, str], ...] = ()  # known ones: the source, and the feedback to it


@dataclass(frozen=True)
class FunctionTaskResult:
    """The checks' results, and notes from running the definitions."""

    results: list[CheckResult]
    notes: list[Note]


class FunctionTaskGrader:
    """Grades function items one after another in one sandbox; a context manager."""

    def __init__(self, sandbox: str = "good") -> None:
        """`sandbox` is the minimum isolation level; raises UsageError where it is not available."""
        self._threads = one_thread()
        self._worker = self._start()
        if refusal := check_isolation(self._worker.level, sandbox):
            self.close()
            raise refusal

    def judge(self, task: FunctionTask, source: str, seed: int) -> FunctionTaskResult:
        """The checks' results for a source; raises ContentError for checks that cannot be loaded.

        Raises SandboxError when the sandbox ended twice while it ran; the next item gets a fresh one.
        """
        try:
            return self._judge(task, source, seed)
        except MachineError:
            raise
        except SandboxError:  # nothing of it was kept; a fresh zygote may succeed
            self._restart()
        try:
            return self._judge(task, source, seed)
        except SandboxError:
            self._restart()
            raise

    def _judge(self, task: FunctionTask, source: str, seed: int) -> FunctionTaskResult:
        checks = _checks(task)
        backend = ReferenceBackend(_run(task.reference, f"<reference of {task.name}>", {"np": np}))
        reference = Functions(backend)
        cells = [(0, "import numpy as np"), (1, source)]
        budget = LIMITS.budget(lambda: backend.seconds, lambda function: backend.slowest.get(function, 0.0))
        with (
            limited_memory(),
            Session(self._worker, cells, [task.function], LIMITS.restarts, budget) as session,
        ):
            session.load()
            student = Functions(
                session,
                session.parameters,
                lambda function: LIMITS.seconds(function, backend.slowest.get(function, 0.0)),
            )
            runs = [run_check(check, student, reference, seed) for check in checks]
            written = find_source(cells, task.function)
            evidence = TaskEvidence(
                Answers(reference),
                _mistakes(task),
                {task.function: signature_of(backend.namespace[task.function])},
                {task.function: written} if written else {},
            )
            return FunctionTaskResult(explain(runs, evidence), session.notes)

    def _start(self) -> SandboxProcess:
        return SandboxProcess(int(LIMITS.memory_gb * 1024**3))

    def _restart(self) -> None:
        self._worker.close()
        self._worker = self._start()

    def close(self) -> None:
        """End the sandbox's processes."""
        self._worker.close()
        self._threads.restore_original_limits()

    def __enter__(self) -> FunctionTaskGrader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _checks(task: FunctionTask) -> Sequence[Check]:
    namespace = _run(task.checks, f"<checks of {task.name}>", dict(PREDEFINED))
    functions = [
        value for name, value in namespace.items() if inspect.isfunction(value) and name not in PREDEFINED
    ]
    checks = [
        Check(
            body.__name__,
            " ".join((inspect.getdoc(body) or body.__name__.replace("_", " ")).split()),
            task.function,
            1.0,
            (),
            tuple(inspect.signature(body).parameters),
            body,
        )
        for body in functions
        if next(iter(inspect.signature(body).parameters), "") == "student"
    ]
    if not checks:
        raise ContentError(
            f"The checks of {task.name} hold no function of `student`.",
            next_step="Write one: def it_doubles(student, reference, rng).",
        )
    return checks


def _mistakes(task: FunctionTask) -> list[Variant]:
    mistakes = []
    for number, (source, feedback) in enumerate(task.mistakes, start=1):
        name = f"mistake {number}"
        body = _run(source, f"<{name} of {task.name}>", {"np": np})[task.function]
        mistakes.append(Variant(name, task.function, feedback, body))
    return mistakes


def _run(source: str, name: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """What an author's text defines; raises ContentError with the line where it fails."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for tracebacks
    try:
        exec(compile(source, name, "exec", dont_inherit=True), namespace)
    except Exception as problem:
        what = as_sentence(f"{name[1:-1]}: {exception_text(problem)}")
        raise ContentError(
            what[:1].upper() + what[1:], next_step="Correct this part of the item in its bank."
        ) from problem
    return namespace
