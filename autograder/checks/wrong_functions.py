"""Wrong functions as students write them, to measure the feedback with.

    @wrong(task="relu", cause="keeps the sign of the negative side")
    def relu(x):
        return np.minimum(0.0, x)

A list holds functions that nobody tuned the feedback for: it is written from the handout alone and kept
before anything is measured. Later, `true` names the causes that a person found to be true of a function.
`autograder lint --feedback` reads such lists.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

__all__ = ["WrongFunction", "collect_wrong_functions", "wrong"]

Body = TypeVar("Body", bound=Callable[..., object])
_ATTRIBUTE = "__wrong_functions__"  # of the module: functions of one name may follow one another


@dataclass(frozen=True)
class WrongFunction:
    """A wrong version of one function of a task."""

    task: str
    function: str
    cause: str  # what is wrong with it, in the words of whoever wrote it
    source: str  # without the decorator
    line: int  # in its file
    #: Names of known mistakes, idioms and patterns that are true of it, as a person judged.
    true: tuple[str, ...] = ()


def wrong(*, task: str, cause: str, true: Sequence[str] = ()) -> Callable[[Body], Body]:
    """Mark a function as a wrong answer of a task; its name is that of the function it stands in for."""

    def mark(body: Body) -> Body:
        listed = body.__globals__.setdefault(_ATTRIBUTE, [])
        lines, first = inspect.getsourcelines(body)
        definition = ast.parse(textwrap.dedent("".join(lines))).body[0]
        assert isinstance(definition, ast.FunctionDef)  # a decorated def
        text = "".join(lines[definition.lineno - 1 :])
        listed.append(WrongFunction(task, body.__name__, cause, textwrap.dedent(text), first, tuple(true)))
        return body

    return mark


def collect_wrong_functions(module: ModuleType) -> list[WrongFunction]:
    """The wrong functions of a file, in their order."""
    return list(getattr(module, _ATTRIBUTE, []))
