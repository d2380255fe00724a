"""Variants of the reference: known mistakes, and right answers in other styles.

    @mistake(function="relu", severity="slip", feedback="You keep the negative side.")
    def minimum(x):
        return np.minimum(0.0, x)

    @alternative(function="relu")
    def with_a_loop(x): ...

A submission that answers as a mistake does is told its sentence. Mistakes also prove that the checks
are sharp (each has to lose points, in its own task only, and be recognised) and even: a slip, such as
a wrong sign, a factor, results in another order or a wrong default, keeps about half of its task's
points, and what makes the function useless keeps at most a quarter. Alternatives prove that the checks
are fair (each keeps full marks). Variants may import helpers from the reference.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal, TypeVar

from autograder.errors import ContentError, choose_one

__all__ = ["KEPT", "Seeding", "Severity", "Variant", "alternative", "collect_variants", "mistake"]

Severity = Literal["slip", "useless"]
#: What a function can do wrong with its seed; each has to be a known mistake of every seeded function.
Seeding = Literal["unseeded", "zero is none", "used once", "cached", "hashed", "clock"]
#: The least and the largest share of its task's points that a mistake of each severity keeps.
KEPT: dict[Severity, tuple[float, float]] = {"slip": (0.40, 0.65), "useless": (0.0, 0.25)}

Body = TypeVar("Body", bound=Callable[..., object])


@dataclass(frozen=True)
class Variant:
    """Another version of one function of the reference."""

    name: str
    function: str  # the function it stands in for
    feedback: str  # for a mistake, the sentence for the student
    body: Callable[..., object]
    severity: Severity | None = None  # None for a right answer
    seeding: Seeding | None = None
    #: Whether the same call may have another answer next time: then answers do not tell which mistake it is.
    stateful: bool = False

    def source(self) -> str:
        """The variant as a student would have written it: under the function's own name."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.body)))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)  # collect_variants takes nothing else
        definition.decorator_list, definition.name = [], self.function
        return ast.unparse(definition)


def mistake(
    *,
    function: str,
    feedback: str,
    severity: Severity,
    seeding: Seeding | None = None,
    stateful: bool = False,
) -> Callable[[Body], Body]:
    """Mark a function as a known mistake in `function`.

    `severity` says how much of its task's points it keeps: see `KEPT`. `seeding` names what is wrong with
    the use of a seed. A `stateful` mistake answers the same call differently, by chance or by counting.
    """
    return _marked(
        function=function,
        feedback=" ".join(feedback.split()),
        severity=severity,
        seeding=seeding,
        stateful=stateful,
    )


def alternative(*, function: str) -> Callable[[Body], Body]:
    """Mark a function as a right answer for `function`, in another style."""
    return _marked(function=function, feedback="")


def _marked(**what: Any) -> Callable[[Body], Body]:
    def mark(body: Body) -> Body:
        body.__variant__ = what  # type: ignore[attr-defined]  # read by collect_variants
        return body

    return mark


def collect_variants(module: ModuleType) -> list[Variant]:
    """The variants of a file, in order; raises ContentError for one that is not a plain function."""
    variants = []
    for name, body in vars(module).items():
        if not hasattr(body, "__variant__"):
            continue
        if not inspect.isfunction(body):
            raise ContentError(
                f"{module.__file__}: variant {name} is not a plain function.", next_step="Write it with def."
            )
        what = body.__variant__  # type: ignore[attr-defined]  # set by _marked
        if what.get("severity", "slip") not in KEPT:
            raise ContentError(
                f"{module.__file__}: mistake {name} has severity {what['severity']!r}.",
                next_step=choose_one(KEPT),
            )
        variants.append(Variant(name=name, body=body, **what))
    return variants
