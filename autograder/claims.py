"""A lecture's claims about training, shown by the course's own references.

    @claim(better=["ReLU"], than="sigmoid")
    def relu_trains_deep_networks(references, images, rng):
        \"\"\"Eight hidden layers: ReLU learns where sigmoid stays at chance.\"\"\"
        return {"ReLU": Run(...), "sigmoid": Run(...)}

They stand in `solutions/claims.py`. `references` maps each assignment's id to its reference module.
A claim holds for a seed when everything it calls better ends with the higher test accuracy.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from types import ModuleType

import numpy as np

from autograder.checks.datasets.images import Images
from autograder.course.assignment import load_file
from autograder.course.course import Course
from autograder.environment import one_thread
from autograder.errors import ContentError

__all__ = ["Claim", "Measured", "Run", "claim", "load_claims", "measure"]

FILE = "claims.py"


@dataclass(frozen=True)
class Run:
    """One training run: the test accuracy after so many updates."""

    updates: list[int]
    accuracies: list[float]

    @property
    def final(self) -> float:
        """The test accuracy at the end."""
        return self.accuracies[-1]


Body = Callable[[Mapping[str, ModuleType], Images, np.random.Generator], dict[str, Run]]


@dataclass(frozen=True)
class Claim:
    """What the lecture says, and the training that shows it."""

    title: str
    text: str
    better: tuple[str, ...]
    than: str
    body: Body


@dataclass(frozen=True)
class Measured:
    """A claim with its runs, one set for each seed."""

    claim: Claim
    runs: list[dict[str, Run]]

    @property
    def holds(self) -> int:
        """For how many seeds the claim holds."""
        worst = [min(runs[name].final for name in self.claim.better) for runs in self.runs]
        return sum(low > runs[self.claim.than].final for low, runs in zip(worst, self.runs, strict=True))

    @property
    def names(self) -> list[str]:
        """What is compared, the better first."""
        return [*self.claim.better, self.claim.than]

    def finals(self, name: str) -> list[float]:
        """The test accuracies at the end, one a seed."""
        return [runs[name].final for runs in self.runs]

    def figures(self) -> list[tuple[str, float, float]]:
        """Name, mean and standard deviation of what is compared."""
        return [(name, fmean(self.finals(name)), _spread(self.finals(name))) for name in self.names]


def claim(*, better: Sequence[str], than: str) -> Callable[[Body], Body]:
    """Mark a function as a claim: its docstring says it, its result maps names to runs."""

    def mark(body: Body) -> Body:
        body.__claim__ = (tuple(better), than)  # type: ignore[attr-defined]  # read by load_claims
        return body

    return mark


def load_claims(course: Course) -> list[Claim]:
    """The claims of a course, in the order they stand in its file."""
    path = course.root / "solutions" / FILE
    if not path.is_file():
        raise ContentError(
            f"The course makes no claims: there is no {path}.",
            next_step="Write them there; autograder/claims.py shows how.",
        )
    module = load_file(path, "claims")
    found = []
    for name, body in vars(module).items():
        if hasattr(body, "__claim__"):
            better, than = body.__claim__
            title, _, text = (inspect.getdoc(body) or name).partition("\n")
            found.append(Claim(title.rstrip("."), " ".join(text.split()), better, than, body))
    return found


def measure(course: Course, claims: Sequence[Claim], images: Images, seeds: int) -> Iterator[Measured]:
    """Run each claim's training for several seeds."""
    references = {
        name: load_file(course.folders(name)[1] / "reference.py", "reference")
        for name in course.assignment_ids()
    }
    for one in claims:
        with one_thread():
            runs = [one.body(references, images, np.random.default_rng([15, seed])) for seed in range(seeds)]
        wrong = {*one.better, one.than} ^ runs[0].keys()
        if wrong:
            raise ContentError(
                f"The claim “{one.title}” compares {sorted(wrong)}, which has no run or no name."
            )
        yield Measured(one, runs)


def _spread(values: list[float]) -> float:
    return stdev(values) if len(values) > 1 else 0.0
