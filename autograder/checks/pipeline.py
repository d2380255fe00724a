"""Calls of a training run, made together: a call that nobody waits for goes with the next one.

An author writes a training loop as one call after another. Most results are not looked at before the next
call is made (four parameters are updated in turn, a loss is put into a list), and each message to the
sandbox and back costs as much as a small call. So a call whose result has a known form returns a
`PendingValue`, and the calls that are waiting are sent in one frame when somebody looks at one of them.
Arguments are copied when the call is made, answers are copied when they come: nothing changes afterwards.

The form (one array, a number, a tuple of these, their shapes) is that of the function's earlier answer to
arguments of the same form. Where it turns out otherwise, or a call brings no value, `Unforeseen` ends the
run, and the caller repeats it without a pipeline, one call at a time: no submission is judged by a guess.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from autograder.checks.values import Value

__all__ = [
    "Batch",
    "BatchingBackend",
    "CallSite",
    "Form",
    "PendingValue",
    "Pipeline",
    "Unforeseen",
    "settled",
]

# What an answer is, but for its numbers:
Form = tuple[Any, ...]  # ("array", dtype, shape), ("float",), or ("tuple" or "list", forms)
UNKNOWN = object()
MOST_FORMS = 1000


class Unforeseen(BaseException):
    """A pipeline's answers are not what was foreseen; no training loop that catches Exception catches it."""


class CallSite:
    """Calls of one function with arguments of one form, and what is worked out once for all of them."""

    __slots__ = ("cpu_seconds", "form", "function", "is_needed", "packing")

    def __init__(self, function: str, form: Form, cpu_seconds: float) -> None:
        self.function, self.form = function, form
        self.cpu_seconds = cpu_seconds  # processor time that one call gets
        self.is_needed = False  # whether such a call's result is looked at at once
        self.packing: Any = None  # what a batch keeps with it


class Batch(Protocol):
    """Calls that are sent together."""

    @property
    def is_full(self) -> bool:
        """Whether it should be sent before more is added."""
        ...

    def add(self, site: CallSite, arguments: tuple[Value, ...]) -> None:
        """Add a call; its arguments are copied now."""
        ...

    def send(self) -> Sequence[Value] | None:
        """The values of all calls; None where one brought none, or a value of another form."""
        ...

    def abandon(self) -> None:
        """Let later calls be answered by a process that these calls have not touched."""
        ...


@runtime_checkable
class BatchingBackend(Protocol):
    """A place that can be asked for calls of several functions at once."""

    def batch(self) -> Batch | None:
        """An empty batch; None where none is possible now."""
        ...


class Pipeline:
    """The calls of one training run that are waiting, and the forms of earlier answers."""

    def __init__(self, backend: BatchingBackend) -> None:
        self._backend = backend
        self._sites: dict[tuple[Any, ...], CallSite | None] = {}
        self._batch: Batch | None = None
        self._waiting: list[Value] = []  # what each call of the batch has returned, until its answer is here
        self._last: CallSite | None = None  # the latest call's

    def call(
        self,
        function: str,
        arguments: tuple[Value, ...],
        cpu_seconds: Callable[[str], float],
        call_now: Callable[[str, tuple[Value, ...]], Value],
    ) -> Value:
        """The value of a call, or one that is pending; `call_now` makes a call at once."""
        known: list[Value] = []
        parts: list[Any] = [function]
        for argument in arguments:
            kind = type(argument)
            if kind is PendingValue:
                argument = argument.look_()
                kind = type(argument)
            elif kind is tuple or kind is list or kind is dict:
                argument = settled(argument)
            known.append(argument)
            if kind is np.ndarray:
                parts += argument.shape, argument.dtype
            else:
                parts.append(kind if kind is float else _form_of(argument))
        arguments, key = tuple(known), tuple(parts)
        site = self._sites.get(key)
        if site is None:
            self.flush()
            value = call_now(function, arguments)
            # A data type equals None, which stands for float64 there.
            if key not in self._sites and len(self._sites) < MOST_FORMS and all(p is not None for p in key):
                form = form_of(value)
                self._sites[key] = form and CallSite(function, form, cpu_seconds(function))
            return value
        if self._batch is None:
            self._batch = self._backend.batch()
            if self._batch is None:
                return call_now(function, arguments)
        self._batch.add(site, arguments)
        if site.is_needed:
            self._waiting.append(None)
            return self._answers()[-1]
        value = _pending(self, site.form)
        self._waiting.append(value)
        self._last = site
        if self._batch.is_full:
            self.flush()
        return value

    def look(self, value: PendingValue) -> None:
        """Make the calls that are waiting, since a value is asked for."""
        if self._waiting:
            last = self._waiting[-1]
            if self._last is not None and (
                last is value or (type(last) is tuple and any(item is value for item in last))
            ):
                self._last.is_needed = True  # nothing came between the call and the look: it did not wait
        self.flush()

    def flush(self) -> None:
        """Make the calls that are waiting; raises Unforeseen unless their answers have the expected forms."""
        if self._batch is not None:
            self._answers()

    def abandon(self) -> None:
        """Make none of the calls that are waiting; later ones are answered by a fresh process."""
        batch = self._batch or self._backend.batch()
        self._batch, self._waiting = None, []
        if batch is not None:
            batch.abandon()

    def _answers(self) -> Sequence[Value]:
        """The values of all calls of the batch; those that wait for them have theirs."""
        assert self._batch is not None  # callers check this
        batch, waiting = self._batch, self._waiting
        self._batch, self._waiting = None, []
        values = batch.send()
        if values is None:
            raise Unforeseen
        for pending, value in zip(waiting, values, strict=True):
            if pending is not None:
                _settle(pending, value)
        return values


def form_of(value: Value) -> Form | None:
    """The form of an answer that may be pending; None for any other."""
    kind = type(value)
    if kind is np.ndarray:
        return "array", value.dtype, value.shape
    if kind is float:
        return ("float",)
    if (kind is tuple or kind is list) and len(value) <= 8:
        forms = [form_of(item) for item in value]
        if all(form is not None and form[0] in ("array", "float") for form in forms):
            return kind.__name__, tuple(forms)
    return None


def _form_of(value: Value) -> Any:
    """What of an argument an answer's form may depend on; None where it cannot be told."""
    if isinstance(value, np.ndarray):  # an array in shared memory
        return value.shape, value.dtype
    kind = type(value)
    if kind in (float, bool, str) or value is None:
        return kind
    return value if kind is int else None


def _pending(pipeline: Pipeline, form: Form) -> Value:
    if form[0] == "tuple":
        return tuple([PendingValue(pipeline, part) for part in form[1]])
    if form[0] == "list":
        return [PendingValue(pipeline, part) for part in form[1]]
    return PendingValue(pipeline, form)


def _settle(pending: Value, value: Value) -> None:
    if type(pending) is PendingValue:
        pending.value_ = value
        return
    for part, item in zip(pending, value, strict=True):
        part.value_ = item


def settled(value: Value) -> Value:
    """The value itself where it was pending, also inside lists, tuples and dicts."""
    kind = type(value)
    if kind is PendingValue:
        return value.look_()
    if kind is tuple:
        return tuple([settled(item) for item in value])
    if kind is list:
        return [settled(item) for item in value]
    if kind is dict:
        return {key: settled(item) for key, item in value.items()}
    return value


class PendingValue:
    """An array or a float that a call returns: its form is known, its content is asked for on first use."""

    __slots__ = ("__weakref__", "form_", "pipeline_", "value_")

    def __init__(self, pipeline: Pipeline, form: Form) -> None:
        self.pipeline_, self.form_, self.value_ = pipeline, form, UNKNOWN

    def look_(self) -> Value:
        """The value; makes the calls that are waiting where it is not here yet."""
        if self.value_ is UNKNOWN:
            self.pipeline_.look(self)
        if self.value_ is UNKNOWN:  # an earlier flush ended in Unforeseen, and somebody caught it
            raise Unforeseen
        return self.value_

    @property  # type: ignore[misc]  # isinstance asks for it, and shall say what the value is
    def __class__(self) -> type:
        return np.ndarray if self.form_[0] == "array" else float

    def __getattr__(self, name: str) -> Any:
        if self.form_[0] == "array" and self.value_ is UNKNOWN:
            if name == "dtype":
                return self.form_[1]
            if name == "shape":
                return self.form_[2]
            if name == "ndim":
                return len(self.form_[2])
        return getattr(self.look_(), name)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        value = np.asarray(self.look_(), dtype)
        return value.copy() if copy else value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        known = [value.look_() if type(value) is PendingValue else value for value in inputs]
        result = getattr(ufunc, method)(*known, **(settled(kwargs) if kwargs else kwargs))
        return self if result is self.value_ else result

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is np.shape and args and args[0] is self:
            return self.form_[2] if self.form_[0] == "array" else ()
        return function(*settled(args), **settled(kwargs))

    def __deepcopy__(self, memory: Any) -> Value:
        return _copied(self.look_())

    def __copy__(self) -> Value:
        return _copied(self.look_())

    def __reduce_ex__(self, protocol: Any) -> Any:
        return settled, (self.look_(),)

    def __setitem__(self, key: Any, item: Any) -> None:
        self.look_()[settled(key)] = settled(item)

    def __round__(self, *digits: Any) -> Any:
        return round(self.look_(), *digits)

    def __format__(self, spec: str) -> str:
        return format(self.look_(), spec)


def _copied(value: Value) -> Value:
    return value.copy() if isinstance(value, np.ndarray) else value


BINARY = "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor"
OTHERS = ("lt", "le", "eq", "ne", "gt", "ge", "neg", "pos", "abs", "invert", "index", "getitem", "contains")
BUILTIN = float, int, bool, complex, len, iter, repr, str, hash, divmod, math.trunc, math.floor, math.ceil


def _add_operators() -> None:
    """Give `PendingValue` Python's operators; each works on the values, as if they had been there."""

    def unary(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, *others: function(self.look_(), *map(settled, others))

    def reflected(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, other: function(settled(other), self.look_())

    def in_place(function: Callable[..., Any]) -> Callable[..., Any]:
        def operate(self: PendingValue, other: Any) -> Any:
            result = function(self.look_(), settled(other))
            return self if result is self.value_ else result  # an array is changed, a float is not

        return operate

    for name in BINARY:
        plain = name.rstrip("_")
        setattr(PendingValue, f"__{plain}__", unary(getattr(operator, name)))
        setattr(PendingValue, f"__r{plain}__", reflected(getattr(operator, name)))
        setattr(PendingValue, f"__i{plain}__", in_place(getattr(operator, f"i{plain}")))
    for name in OTHERS:
        setattr(PendingValue, f"__{name}__", unary(getattr(operator, name)))
    for function in BUILTIN:
        setattr(PendingValue, f"__{function.__name__}__", unary(function))
    PendingValue.__rdivmod__ = reflected(divmod)  # type: ignore[attr-defined]


_add_operators()
