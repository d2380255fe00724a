"""A snippet: one short function, judged by checks that came as text.

A question of a quiz has no folder, no handout and no ledger; solution and checks stand in a file of others.
Everything else is as for an assignment: the function runs in the sandbox, the judge asks and compares.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
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
from autograder.checks.variants import Variant
from autograder.course.assignment import Limits
from autograder.environment import one_thread
from autograder.errors import ContentError, SandboxError
from autograder.grading.backends import ReferenceBackend
from autograder.grading.evaluation import evaluate
from autograder.grading.grader import check_isolation
from autograder.report import CheckResult, Note
from autograder.sandbox.session import Session
from autograder.sandbox.worker import Worker

__all__ = ["FunctionTask", "FunctionTaskGrader", "FunctionTaskResult"]

LIMITS = Limits(memory_gb=1.0, call_seconds=2.0, deaths=2, most_seconds=60.0, sleep_seconds=20.0)
IN_SIGHT = {  # what the checks of a snippet need not import
    "np": np,
    **{
        one.__name__: one
        for one in (
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
    """A function to be written: its name, the solution, and checks in Python.

    A function of `checks` whose first parameter is `student` is a check; its docstring is what the student
    reads. NumPy as `np` is there for everybody, the checks have the engine's comparisons in sight as well.
    """

    name: str  # for messages
    function: str
    reference: str
    checks: str
    mistakes: tuple[tuple[str, str], ...] = ()  # known ones: the source, and what to say to whoever wrote it


@dataclass(frozen=True)
class FunctionTaskResult:
    """What the checks found, and what was noticed while the definitions ran."""

    results: list[CheckResult]
    notes: list[Note]


class FunctionTaskGrader:
    """Judges snippets one after another in one sandbox; a context manager."""

    def __init__(self, sandbox: str = "good") -> None:
        """`sandbox` is the least that has to hold; raises UsageError where it does not."""
        self._threads = one_thread()
        self._worker = self._start()
        if refusal := check_isolation(self._worker.level, sandbox):
            self.close()
            raise refusal

    def judge(self, snippet: FunctionTask, source: str, seed: int) -> FunctionTaskResult:
        """What the checks say of a source; raises ContentError for checks that cannot be loaded.

        Raises SandboxError when the sandbox ended under it twice; the next snippet gets a fresh one.
        """
        try:
            return self._judge(snippet, source, seed)
        except SandboxError:  # nothing of it was kept; a fresh zygote may do better
            self._restart()
        try:
            return self._judge(snippet, source, seed)
        except SandboxError:
            self._restart()
            raise

    def _judge(self, snippet: FunctionTask, source: str, seed: int) -> FunctionTaskResult:
        checks = _checks(snippet)
        backend = ReferenceBackend(_run(snippet.reference, f"<reference of {snippet.name}>", {"np": np}))
        reference = Functions(backend)
        cells = [(0, "import numpy as np"), (1, source)]
        budget = LIMITS.budget(lambda: backend.seconds)
        with (
            limited_memory(),
            Session(self._worker, cells, [snippet.function], LIMITS.deaths, budget) as session,
        ):
            session.load()
            student = Functions(
                session,
                session.parameters,
                lambda function: LIMITS.seconds(function, backend.slowest.get(function, 0.0)),
            )
            mistakes = _mistakes(snippet)
            results = [evaluate(check, student, reference, seed, mistakes) for check in checks]
            return FunctionTaskResult(results, session.notes)

    def _start(self) -> Worker:
        return Worker(int(LIMITS.memory_gb * 1024**3))

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


def _checks(snippet: FunctionTask) -> Sequence[Check]:
    namespace = _run(snippet.checks, f"<checks of {snippet.name}>", dict(IN_SIGHT))
    own = [one for name, one in namespace.items() if inspect.isfunction(one) and name not in IN_SIGHT]
    found = [
        Check(
            body.__name__,
            " ".join((inspect.getdoc(body) or body.__name__.replace("_", " ")).split()),
            snippet.function,
            1.0,
            (),
            tuple(inspect.signature(body).parameters),
            _with_plain_asserts(body),
        )
        for body in own
        if next(iter(inspect.signature(body).parameters), "") == "student"
    ]
    if not found:
        raise ContentError(
            f"The checks of {snippet.name} hold no function of `student`.",
            next_step="Write one: def it_doubles(student, reference, rng).",
        )
    return found


def _mistakes(snippet: FunctionTask) -> list[Variant]:
    found = []
    for number, (source, says) in enumerate(snippet.mistakes, start=1):
        name = f"mistake {number}"
        body = _run(source, f"<{name} of {snippet.name}>", {"np": np})[snippet.function]
        found.append(Variant(name, snippet.function, says, body))
    return found


def _with_plain_asserts(body: Callable[..., object]) -> Callable[..., object]:
    """The check; a plain `assert` in it says that the answer is wrong."""

    @wraps(body)
    def run(**given: object) -> None:
        try:
            body(**given)
        except AssertionError as problem:
            fail(str(problem) or "This does not hold for your function.")

    return run


def _run(source: str, name: str, namespace: dict[str, Any]) -> dict[str, Any]:
    """What an author's text defines; raises ContentError with the line where it fails."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for tracebacks
    try:
        exec(compile(source, name, "exec", dont_inherit=True), namespace)
    except Exception as problem:
        raise ContentError(f"{name[1:-1]}: {type(problem).__name__}: {problem}.".capitalize()) from problem
    return namespace
