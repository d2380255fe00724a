"""Variants of the reference: known mistakes, and right answers in other styles.

    @mistake(of="relu_backward", says="Your mask looks at grad_out; it has to look at x.")
    def mask_from_grad_out(x, grad_out):
        return grad_out * (grad_out > 0)

    @alternative(of="relu")
    def with_a_loop(x): ...

A submission that answers as a mistake does is told its sentence. Mistakes also prove that the checks
are sharp (each has to lose points, in its own task only, and be recognised), alternatives that they
are fair (each keeps full marks). Variants may import helpers from the reference.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from autograder.errors import ContentError

__all__ = ["Variant", "alternative", "collect_variants", "mistake"]

Body = TypeVar("Body", bound=Callable[..., object])


@dataclass(frozen=True)
class Variant:
    """Another version of one function of the reference."""

    name: str
    of: str  # the function it stands in for
    says: str  # for a mistake, the sentence for the student
    body: Callable[..., object]

    def source(self) -> str:
        """The variant as a student would have written it: under the function's own name."""
        tree = ast.parse(textwrap.dedent(inspect.getsource(self.body)))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)  # collect_variants takes nothing else
        definition.decorator_list, definition.name = [], self.of
        return ast.unparse(definition)


def mistake(*, of: str, says: str) -> Callable[[Body], Body]:
    """Mark a function as a known mistake in the function `of`."""
    return _marked(of, says)


def alternative(*, of: str) -> Callable[[Body], Body]:
    """Mark a function as a right answer for the function `of`, in another style."""
    return _marked(of, "")


def _marked(of: str, says: str) -> Callable[[Body], Body]:
    def mark(body: Body) -> Body:
        body.__variant__ = (of, " ".join(says.split()))  # type: ignore[attr-defined]  # read by collect_variants
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
        of, says = body.__variant__  # type: ignore[attr-defined]  # set by _marked
        variants.append(Variant(name, of, says, body))
    return variants
