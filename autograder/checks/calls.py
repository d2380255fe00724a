"""`student` and `reference`: objects whose functions are called by name with plain arrays.

The two look alike to a check, wherever the functions run: in a sandboxed child, in the student's
own notebook, or in the judge. A `Backend` is that place; it answers calls and never judges.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np

from autograder.checks import failures as failure
from autograder.checks.pipeline import Pipeline, settled
from autograder.checks.values import Value, as_sentence, bytes_of, call_text, copy_of, show
from autograder.report import Curve, Evidence

__all__ = ["MOST_KEPT", "Answer", "Backend", "Call", "CallContext", "Function", "Functions"]

T = TypeVar("T")
MOST_KEPT = 64 * 1024**2  # bytes of the arguments and answers of a check's calls


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one call."""

    kind: Literal["value", "unusable", "raised", "missing", "timeout", "memory", "crashed"]
    value: Value = None
    text: str = ""  # what happened, when it is not a value
    trace: str = ""  # for an exception: the student's own line
    changed: tuple[int, ...] = ()  # positions of the arguments that were modified in place
    dtypes: tuple[str, ...] = ()  # types that had to be converted, such as float32
    warnings: tuple[str, ...] = ()  # warnings cost nothing; feedback mentions them
    printed: str = ""


class Backend(Protocol):
    """A place where functions run."""

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        """Make the calls in order, each with its own copies of the arguments, and return the answers.

        With `lend`, large arguments may be lent instead of copied and are not watched for changes.
        """
        ...


@runtime_checkable
class RestartableBackend(Backend, Protocol):
    """A place that can forget everything a submission has kept in memory."""

    def answer_in_fresh_process(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float
    ) -> list[Answer]:
        """As `answer`, by a process that has run the submission's definitions and nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class _FreshBackend:
    """A backend that answers each request in a fresh process, where it can start one."""

    backend: Backend

    def answer(
        self, function: str, calls: Sequence[tuple[Value, ...]], cpu_seconds: float, lend: bool = False
    ) -> list[Answer]:
        if isinstance(self.backend, RestartableBackend):
            return self.backend.answer_in_fresh_process(function, calls, cpu_seconds)
        return self.backend.answer(function, calls, cpu_seconds, lend)


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its arguments and its answer."""

    function: str
    arguments: tuple[Value, ...]
    answer: Answer
    is_whole: bool = True  # whether arguments and value were kept


@dataclass(slots=True)
class Findings:
    """What a check saw on its way: calls, curves worth drawing, remarks that cost nothing."""

    calls: list[Call] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)  # for the instructor
    left: int = MOST_KEPT  # bytes of arguments and answers that may still be kept

    def keep(self, call: Call) -> None:
        """Note a call for the diagnosis; values are left out where calls are far too large to keep."""
        size = bytes_of([call.answer.value, *call.arguments])
        if size > self.left:
            call = replace(call, arguments=(), answer=replace(call.answer, value=None), is_whole=False)
        else:
            self.left -= size
            # A check may write into its arrays afterwards, those that came back too.
            value = copy_of(call.answer.value)
            call = replace(call, arguments=copy_of(call.arguments), answer=replace(call.answer, value=value))
        self.calls.append(call)


@dataclass(slots=True)
class CallContext:
    """How the functions of one proxy are called, and what the calls of the running check brought."""

    backend: Backend
    parameters: Mapping[str, tuple[str, ...]]  # the functions' parameters, for messages
    cpu_seconds: Callable[[str], float]  # processor time that one call of a function gets
    findings: Findings = field(default_factory=Findings)  # of the running check; a new one for each check
    memory: dict[tuple[object, ...], object] = field(default_factory=dict)
    training: bool = False  # thousands of calls: none is kept for the diagnosis, arguments are lent
    pipeline: Pipeline | None = None  # of the training run, where calls may be sent together
    latest: dict[str, Value] = field(default_factory=dict)  # in training, what each function returned last

    def remember(self, key: tuple[object, ...], compute: Callable[[], T]) -> T:
        """Compute something once per proxy; only for functions that always give the same answer."""
        if key not in self.memory:
            self.memory[key] = compute()
        return self.memory[key]  # type: ignore[return-value]  # stored under the same key by the same caller


class Functions:
    """Functions by name: `student.relu(x)`.

    Public attributes are the functions; what the engine needs has a trailing underscore, so that
    no function a course may ask for is hidden.
    """

    def __init__(
        self,
        backend: Backend,
        parameters: Mapping[str, tuple[str, ...]] | None = None,
        cpu_seconds: Callable[[str], float] = lambda function: 5.0,
    ) -> None:
        self.context_ = CallContext(backend, dict(parameters or {}), cpu_seconds)

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__") or name.endswith("_"):
            raise AttributeError(name)
        function = self.__dict__[name] = Function(
            self.context_, name
        )  # a training loop asks thousands of times
        return function

    def in_fresh_process_(self) -> Functions:
        """The same functions, each asked in a fresh process: no cache of an earlier call answers.

        Where there is no sandbox, as in a notebook, they are asked where they are.
        """
        backend = _FreshBackend(self.context_.backend)
        fresh = Functions(backend)
        # What it finds belongs to the same check.
        fresh.context_ = replace(self.context_, backend=backend)
        return fresh

    def remember_(self, key: tuple[object, ...], compute: Callable[[], T]) -> T:
        """Compute something once per proxy; only for functions that always give the same answer."""
        return self.context_.remember(key, compute)


class Function:
    """One function: call it, or call it many times in one go."""

    def __init__(self, context: CallContext, name: str) -> None:
        self.context, self.name = context, name

    def __call__(self, *arguments: Value) -> Value:
        """Call it; raises a `Failure` when no value comes back."""
        context = self.context
        if context.pipeline is not None:
            return context.pipeline.call(self.name, arguments, context.cpu_seconds, self._call_now)
        return self.many([arguments])[0]

    def _call_now(self, function: str, arguments: tuple[Value, ...]) -> Value:
        return self.many([arguments])[0]

    def many(self, calls: Sequence[tuple[Value, ...]]) -> list[Value]:
        """Call it once for each tuple of arguments, in order; cheaper than one by one."""
        context = self.context
        if context.pipeline is not None:
            context.pipeline.flush()  # in the order in which they were written
            calls = settled(list(calls))
        limit = context.cpu_seconds(self.name)
        answers = context.backend.answer(self.name, calls, limit, context.training)
        values = []
        for arguments, answer in zip(calls, answers, strict=True):
            call = Call(self.name, arguments, answer)
            if not context.training:
                context.findings.keep(call)
            if answer.kind != "value":
                raise failure_of(call, self.describe(arguments))
            values.append(answer.value)
        if context.training:
            context.latest[self.name] = values[-1] if values else None
        return values

    @property
    def last_answer(self) -> Answer:
        """The answer to the latest call of this function."""
        return next(
            call.answer for call in reversed(self.context.findings.calls) if call.function == self.name
        )

    def describe(self, arguments: tuple[Value, ...]) -> str:
        """The call as text, such as `leaky_relu(x, 0.3)`."""
        return call_text(self.name, self.context.parameters.get(self.name, ()), arguments)

    def evidence(self, arguments: tuple[Value, ...]) -> Evidence:
        """Evidence that names the call and shows its arguments."""
        names = self.context.parameters.get(self.name, ())
        shown = {
            (names[i] if i < len(names) else f"argument {i + 1}"): show(argument)
            for i, argument in enumerate(arguments)
        }
        return Evidence(call=self.describe(arguments), arguments=shown)


def failure_of(call: Call, described: str) -> failure.Failure:
    """The failure that a call without a value is."""
    kinds: dict[str, type[failure.Failure]] = {
        "unusable": failure.WrongType,
        "raised": failure.Raised,
        "missing": failure.NotWritten,
        "timeout": failure.TimedOut,
        "memory": failure.OutOfMemory,
        "crashed": failure.Crashed,
    }
    answer = call.answer
    words = {
        "raised": as_sentence(f"{described} raised {answer.text}"),
        "unusable": as_sentence(f"{described} returned {answer.text}"),
    }
    message = words.get(answer.kind, answer.text)
    evidence = Evidence(call=described, trace=answer.trace, printed=answer.printed[:2000])
    return kinds[answer.kind](message, evidence=evidence)


@contextmanager
def quiet() -> Iterator[list[warnings.WarningMessage]]:
    """NumPy's error state and the warnings as every call finds them; warnings are kept, not shown."""
    with (
        np.errstate(divide="warn", over="warn", invalid="warn", under="ignore"),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        yield warned
