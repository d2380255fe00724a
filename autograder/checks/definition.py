"""A check: an ordinary function of `student` and `reference`, marked with the decorator `check`.

    @check(task="prelu", points=2)
    def prelu_backward_sums_over_the_batch(student, reference, rng):
        \"\"\"grad_alpha has one entry per feature.\"\"\"
        ...

The docstring is the line that students see. A check passes when it returns, and does not pass when it
raises a `Failure` or an AssertionError, or anything else on a student's values; what it raises with the
reference's too is the author's bug. Public checks live beside the handout, need no reference, run in the
student's notebook and carry no points: what is shown can be memorised. Hidden checks live beside the
solution.
"""

from __future__ import annotations

import inspect
import math
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import numpy as np

from autograder.checks.calibration import CalibrationFile
from autograder.checks.calls import Functions
from autograder.checks.datasets.images import Images
from autograder.errors import ContentError, UsageError

__all__ = ["Check", "check", "collect", "malformed", "marked_checks"]

Body = TypeVar("Body", bound=Callable[..., object])
KNOWN_PARAMETERS = ("student", "reference", "rng", "seed", "materials")


@dataclass(frozen=True)
class Materials:
    """The images and the calibration that convergence checks need besides functions."""

    images: Images
    calibration: CalibrationFile


@dataclass(frozen=True)
class Check:
    """One check of an assignment."""

    id: str
    title: str
    task: str
    points: float
    requires: tuple[str, ...]  # ids of checks that have to pass first
    parameters: tuple[str, ...]  # which of student, reference and rng the body asks for
    body: Callable[..., object]

    def run(
        self, student: Functions, reference: Functions | None, seed: int, materials: Materials | None = None
    ) -> None:
        """Run the body; raises a `Failure` when the submission does not pass."""
        given: dict[str, Any] = {
            "student": student,
            "reference": reference,
            "rng": self.generator(seed) if "rng" in self.parameters else None,
            "seed": self.seed(seed),
            "materials": materials,
        }
        self.body(**{name: given[name] for name in self.parameters})

    def seed(self, seed: int) -> int:
        """The check's own seed in a run with this one."""
        return seed ^ zlib.crc32(self.id.encode())

    def generator(self, seed: int) -> np.random.Generator:
        """The check's own random numbers: the same for all students of a run."""
        return np.random.default_rng([seed, zlib.crc32(self.id.encode())])


def check(
    *misplaced: object, task: str = "", points: float = 0, requires: Iterable[str] = ()
) -> Callable[[Body], Body]:
    """Mark a function as a check of `task` worth `points`.

    `requires` names checks of the same file that have to pass first; otherwise this one is skipped.
    Raises ContentError without a task or for points that are not a number, and UsageError where a notebook's
    `check("relu")` was meant.
    """
    if misplaced and isinstance(misplaced[0], str):
        raise UsageError(
            "This is the decorator `check` of autograder.checks, which defines a check; to run the checks "
            f"of {misplaced[0]!r} in a notebook, write: from autograder import check",
            next_step="Correct the import.",
        )
    if misplaced or not task:
        raise ContentError(
            "A check names its task.", next_step='Write @check(task="…", points=…) above the function.'
        )

    if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points < math.inf:
        raise ContentError(
            f"A check has points={points!r}.",
            next_step="Write a number that is not negative, such as points=2.",
        )

    def mark(body: Body) -> Body:
        body.__check__ = (task, float(points), tuple(requires))  # type: ignore[attr-defined]  # read by collect
        return body

    return mark


def collect(module: ModuleType) -> list[Check]:
    """The checks of a file, in the order they stand in it; raises ContentError for a malformed one."""
    for problem in malformed(module):
        raise problem
    return marked_checks(module)


def marked_checks(module: ModuleType) -> list[Check]:
    """The checks of a file, well formed or not."""
    return [_made(body) for body in _marked(module)]


def malformed(module: ModuleType) -> Iterator[ContentError]:
    """What is wrong with the checks of a file."""
    bodies = _marked(module)
    if not bodies:
        yield ContentError(
            f"{module.__file__} contains no check.",
            next_step='Mark a function with @check(task="…"), and in solutions/ with its points.',
        )
    seen: set[str] = set()
    for body in bodies:
        made = _made(body)
        if not made.title:
            yield ContentError(
                f"{module.__file__}: check {made.id} has no docstring.",
                next_step="Add a docstring of one sentence that says what is checked; students read it.",
            )
        if not set(made.parameters) <= set(KNOWN_PARAMETERS) or "student" not in made.parameters:
            yield ContentError(
                f"{module.__file__}: check {made.id} takes ({', '.join(made.parameters)}); expected student "
                f"and, if it needs them, {', '.join(KNOWN_PARAMETERS[1:])}.",
                next_step=f"Write `def {made.id}(student):` with those it uses.",
            )
        for name in made.requires:
            if name not in seen:
                yield ContentError(
                    f"{module.__file__}: {made.id} requires {name}, which is not a check above it.",
                    next_step="Move it up, or correct the name.",
                )
        seen.add(made.id)


def _marked(module: ModuleType) -> list[Callable[..., object]]:
    return [body for body in vars(module).values() if hasattr(body, "__check__") and callable(body)]


def _made(body: Callable[..., object]) -> Check:
    task, points, requires = body.__check__  # type: ignore[attr-defined]  # set by check
    name = getattr(body, "__name__", repr(body))
    title = " ".join((inspect.getdoc(body) or "").split())
    parameters = tuple(inspect.signature(body).parameters)
    return Check(name, title, task, points, requires, parameters, body)
