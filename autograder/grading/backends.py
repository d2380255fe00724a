"""Backends without a sandbox: the judge's reference, and a student's own notebook.

The grader calls the reference here; the notebook's `check` calls the student's functions.
"""

from __future__ import annotations

import copy
import os
import sys
import sysconfig
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from autograder.checks.calls import Answer, quiet
from autograder.checks.memory import unlimited_memory
from autograder.checks.values import Value, bytes_of, copy_of, exception_text, fingerprint
from autograder.sandbox import frames
from autograder.sandbox.cells import unwritten
from autograder.sandbox.edits import no_collection

__all__ = ["NotebookBackend", "ReferenceBackend"]

LARGEST_CACHED = 16 * 1024  # bytes of a call's arrays
LARGEST_SAMPLE = 256 * 1024  # bytes of a call's arguments
SAMPLES = 9  # calls of a function that say what an ordinary one takes


class ReferenceBackend:
    """The judge's own functions: trusted, cached, timed until `settle` is called."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self.slowest: dict[str, float] = {}  # CPU seconds of the longest call of each function
        self.seconds = 0.0  # CPU seconds of all calls
        self._is_settled = False
        self._samples: dict[str, list[tuple[Value, ...]]] = {}
        self._work: dict[str, int] = {}
        self._answers: dict[tuple[str, bytes], Answer] = {}

    def settle(self) -> None:
        """Keep `slowest` and `seconds` as they are: limits are the same for every submission that follows."""
        self._is_settled = True

    def usual_work(self, function: str) -> int:
        """What an ordinary call takes, in calls that Python makes on its way; 0 for one never made.

        Whatever decides what a student is told rests on this: a clock would say something else on another
        machine, and in another minute. Large arguments count as well, since NumPy works through them in one
        call.
        """
        if function not in self._work:
            samples = self._samples.get(function)
            if not samples:
                return 0
            called = self.namespace[function]
            self._work[function] = int(median(_work(called, arguments) for arguments in samples))
        return self._work[function]

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """Answer from the cache where possible; errors are the author's and pass through."""
        return [self._answer(function, arguments, lend) for arguments in calls]

    def _answer(self, function: str, arguments: tuple[Value, ...], lend: bool) -> Answer:
        if lend:
            return self._call(function, arguments)
        if (
            sum(argument.nbytes for argument in arguments if isinstance(argument, np.ndarray))
            > LARGEST_CACHED
        ):
            return self._call(function, copied(arguments))  # too much to keep
        try:
            key = (function, fingerprint(arguments))
        except TypeError:  # a callable among them: cannot be cached
            return self._call(function, copied(arguments))
        if key not in self._answers:
            self._answers[key] = self._call(function, copied(arguments))
        # A check may write into what it gets; the next submission's checks get what the reference said.
        return replace(self._answers[key], value=copy_of(self._answers[key].value))

    def _call(self, function: str, arguments: tuple[Value, ...]) -> Answer:
        samples = self._samples.setdefault(function, [])
        is_small = not samples or bytes_of(arguments) <= LARGEST_SAMPLE
        if len(samples) < SAMPLES and is_small and not self._is_settled:
            samples.append(copied(arguments))
        started = time.process_time()
        with quiet(), unlimited_memory():
            value = _listed(self.namespace[function](*arguments))
        if not self._is_settled:
            seconds = time.process_time() - started
            self.seconds += seconds
            self.slowest[function] = max(self.slowest.get(function, 0.0), seconds)
        return Answer("value", value)


def _listed(value: Any) -> Any:
    return list(value) if hasattr(value, "__next__") else value


def _work(function: Callable[..., Any], arguments: tuple[Value, ...]) -> int:
    """How many calls and returns a call takes, and one more for each kilobyte of its arguments."""
    events = 0

    def count(*_: object) -> None:
        nonlocal events
        events += 1

    before, copies = sys.getprofile(), copied(arguments)
    with quiet(), unlimited_memory(), no_collection():
        sys.setprofile(count)
        try:
            _listed(function(*copies))
        finally:
            sys.setprofile(before)
    return events + bytes_of(arguments) // 1024


class NotebookBackend:
    """Functions in this very process, for students who check their own work."""

    def __init__(
        self, namespace: Mapping[str, Any], line_of: Callable[[BaseException], str] | None = None
    ) -> None:
        """`line_of` finds the student's own line of an exception."""
        self.namespace, self._line_of = namespace, line_of or _notebook_line

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """Call the student's function; an exception becomes an answer, as in the sandbox."""
        target = self.namespace.get(function)
        if not callable(target):
            return [Answer("missing", text=f"There is no function {function} yet.")] * len(calls)
        return [self._call(function, target, arguments) for arguments in calls]

    def _call(self, name: str, target: Callable[..., Any], arguments: tuple[Value, ...]) -> Answer:
        copies = copied(arguments)
        try:
            with quiet() as warned:
                value, dtypes = frames.plain(target(*copies))
            (value,) = copied((value,))  # the next call may write into what this one returned
        except NotImplementedError as problem:
            for namespace in (self.namespace, getattr(target, "__globals__", {})):
                if text := unwritten(problem, namespace, name):
                    return Answer("missing", text=text)
            return Answer("raised", text=_summary(problem), trace=self._line_of(problem))
        except MemoryError:
            return Answer("memory", text=f"{name} asked for more memory than there is.")
        except frames.FrameError as problem:
            return Answer("unusable", text=str(problem))
        except Exception as problem:
            return Answer("raised", text=_summary(problem), trace=self._line_of(problem))
        changed = tuple(i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not same(a, b))
        texts = tuple(sorted({str(warning.message)[:100] for warning in warned})[:3])
        return Answer("value", value, changed=changed, dtypes=tuple(dtypes), warnings=texts)


def copied(arguments: tuple[Value, ...]) -> tuple[Value, ...]:
    """Copies of the arrays among plain arguments; callables are passed on."""
    return tuple(a if callable(a) else copy.deepcopy(a) for a in arguments)


def same(left: Value, right: Value) -> bool:
    """Whether two plain values agree bit for bit."""
    if callable(left):
        return True
    return fingerprint((left,)) == fingerprint((right,))


#: Where Python, its packages and this engine are: a line of theirs does not help a student.
LIBRARIES = tuple(
    f"{folder}{os.sep}"
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(np.__file__).parent,
        Path(__file__).parent.parent,
    )
)


def _summary(problem: BaseException) -> str:
    return exception_text(problem)[:500]


def _notebook_line(problem: BaseException) -> str:
    """The deepest line that the student wrote; empty where none raised: the call has too many arguments."""
    steps = traceback.extract_tb(problem.__traceback__)
    student_steps = [step for step in steps if step.line and not step.filename.startswith(LIBRARIES)]
    return f"line {student_steps[-1].lineno}: {student_steps[-1].line}" if student_steps else ""
