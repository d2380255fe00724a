"""Canonical forms: what answers have in common where many are right, such as batches in any order.

    @canonical_form(function="minibatches")
    def sizes_and_rows(calls):
        return [tuple(len(x) for x, _ in call.value) for call in calls]

A form takes all calls of a function in order and returns one comparable value for each: numbers, texts and
tuples of them. The diagnosis compares a submission, the reference and the known mistakes in this form, so
that a mistake is recognised whatever generator drew the order, and mistakes that show only between calls too.
Forms stand in `solutions/<assignment>/canonical_forms.py`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from autograder.checks.values import Value

__all__ = ["AnsweredCall", "AskedFunction", "CanonicalForm", "canonical_form", "collect_canonical_forms"]

Body = TypeVar("Body", bound=Callable[..., object])
MOST_ASKED = 2_000  # call-backs of one call that are kept


@dataclass(frozen=True)
class AnsweredCall:
    """A call of a function, its value, and what it asked the callables among its arguments for."""

    arguments: tuple[Value, ...]
    value: Value
    asked: tuple[tuple[tuple[Value, ...], Value], ...] = ()  # arguments and result of each call-back


CanonicalForm = Callable[[Sequence[AnsweredCall]], Sequence[Value]]


class AskedFunction:
    """A callable argument that keeps what it was called with."""

    def __init__(self, function: Callable[..., Value]) -> None:
        self.function = function
        self.asked: list[tuple[tuple[Value, ...], Value]] = []

    def __call__(self, *arguments: Value, **named: Value) -> Value:
        """Call the function; its arguments are kept as they are now, in the order of its parameters."""
        kept, kept_named = copy.deepcopy((arguments, named))
        result = self.function(*arguments, **named)
        if len(self.asked) < MOST_ASKED:
            bound = inspect.signature(self.function).bind(*kept, **kept_named) if named else None
            in_order = (*bound.args, *bound.kwargs.values()) if bound else kept
            self.asked.append((in_order, copy.deepcopy(result)))
        return result


def canonical_form(*, function: str) -> Callable[[Body], Body]:
    """Mark the canonical form of a function's answers."""

    def mark(body: Body) -> Body:
        body.__canonical_form__ = function  # type: ignore[attr-defined]  # read by collect_canonical_forms
        return body

    return mark


def collect_canonical_forms(module: ModuleType) -> dict[str, CanonicalForm]:
    """The canonical forms of a file by function."""
    return {
        body.__canonical_form__: body
        for body in vars(module).values()
        if hasattr(body, "__canonical_form__") and callable(body)
    }
